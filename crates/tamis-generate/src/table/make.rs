//! `make.table`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::Scope;
use tamis_core::error::did_you_mean;
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::{Name, Record, StepError, Type};
use tamis_page::table::{DOMAINS, languages, sample_table};

use crate::value::to_value;

/// Makes up a table of 3 to 20 rows and columns: contents, structure and theme.
///
/// Statistics, surveys, technical data, accounts, prices, grades, leagues, timetables, contracts, with merged cells, heads
/// of several levels, groups of rows, footnotes and units, in several languages, borderless to ruled. Totals are sums of
/// what they stand under. No model is asked.
///
/// Writes `into`.
///
/// # Example
///
/// ```yaml example
/// steps:
///   - make.table: { domains: [sports], languages: [en], into: table }
///   - draw.table: { from: table, into: image, cells: cells, markdown: markdown }
/// in: { id: 1 }
/// out: { table: { domain: sports, language: en } }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeTable {
    /// The field for the spec.
    #[serde(default = "table")]
    into: String,
    /// What tables are about, drawn alike: `statistics`, `survey`, `technical`, `finance`, `prices`, `bank`, `school`,
    /// `sports`, `timetable`, `contract`, `science`, `health`. Default: all, in plausible shares.
    #[serde(default)]
    domains: Vec<String>,
    /// Languages, as in BCP 47 (`en`, `de`), drawn alike. Default: all there are.
    #[serde(default)]
    languages: Vec<String>,
}

fn table() -> String {
    "table".into()
}

impl OperatorConfig for MakeTable {
    const NAME: &'static str = "make.table";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        known(scope, "domains", &self.domains, &DOMAINS);
        known(scope, "languages", &self.languages, &languages());
        let into = scope.write("into", &self.into, Type::Json)?;
        Bound::transform(Make { domains: self.domains, languages: self.languages, into })
    }
}

fn known(scope: &mut Scope<'_>, at: &str, asked: &[String], all: &[&str]) {
    for (i, name) in asked.iter().enumerate().filter(|(_, name)| !all.contains(&name.as_str())) {
        let hint = did_you_mean(name, all.iter().copied());
        scope.problem(&format!("{at}[{i}]"), format!("expected one of {}, found `{name}`{hint}", all.join(", ")));
    }
}

struct Make {
    domains: Vec<String>,
    languages: Vec<String>,
    into: Name,
}

impl Transform for Make {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let mut rng = ctx.rng(record);
        let domain = rng.pick(&self.domains).map(String::as_str);
        let language = rng.pick(&self.languages).map(String::as_str);
        let table = sample_table(domain, language, &mut rng);
        let table = table.ok_or_else(|| StepError::failed("no table of this domain in this language came out"))?;
        record.set(&self.into, to_value(&self.into, &table)?);
        Ok(Verdict::Pass)
    }
}
