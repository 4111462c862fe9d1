//! `make.table`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::Scope;
use tamis_core::error::did_you_mean;
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Transform, Verdict};
use tamis_core::rng::Rng;
use tamis_core::{Name, Record, StepError, Type, Value};
use tamis_page::table::{DOMAINS, TableSpec, languages, sample_table, table_from_rows, theme_for};

use crate::own::{Own, Readable, Rows};
use crate::value::to_value;

/// Makes up a table of 3 to 20 rows and columns: contents, structure and theme.
///
/// Statistics, surveys, technical data, accounts, prices, grades, leagues, timetables, contracts, with merged cells, heads
/// of several levels, groups of rows, footnotes and units, in several languages, borderless to ruled. Totals are sums of
/// what they stand under. No model is asked.
///
/// With `own`, contents come from a table that the run names instead: `--table own=sales.csv`, a CSV, Parquet or JSON
/// Lines file, several of them, or a folder of them. Each record shows other rows in a run and other columns of one of
/// them, in another theme: the first column where it holds words, 3 to 20 rows among the first 2,000 and 2 to 8 columns,
/// as far as there are. Where the run names no table, contents are made up.
///
/// Writes `into`. A record is rejected when its table cannot be read.
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
    /// A table of the recipe that takes any columns; it is shown where the run names it. Default: made-up contents.
    own: Option<String>,
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
        let own = match &self.own {
            Some(name) => Some(Own::bind(scope, "own", name)?),
            None => None,
        };
        Bound::transform(Make { domains: self.domains, languages: self.languages, own, into })
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
    own: Option<Own<Grid>>,
    into: Name,
}

impl Transform for Make {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let mut rng = ctx.rng(record);
        if let Some(own) = self.own.as_ref().and_then(|own| own.draw(ctx, &mut rng, Grid::read)) {
            let shown = own.and_then(|grid| {
                let unfit = |e: String| Reject::because("the table cannot be shown", [("error", Value::text(e))]);
                grid.part(&mut rng).map_err(unfit)
            });
            return match shown {
                Ok(table) => {
                    record.set(&self.into, to_value(&self.into, &table)?);
                    Ok(Verdict::Pass)
                }
                Err(reject) => Ok(reject),
            };
        }
        let domain = rng.pick(&self.domains).map(String::as_str);
        let language = rng.pick(&self.languages).map(String::as_str);
        let table = sample_table(domain, language, &mut rng);
        let table = table.ok_or_else(|| StepError::failed("no table of this domain in this language came out"))?;
        record.set(&self.into, to_value(&self.into, &table)?);
        Ok(Verdict::Pass)
    }
}

/// The first rows of a user's table.
struct Grid {
    name: String,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// Rows kept of a table.
const MOST_ROWS: usize = 2_000;
/// Bytes kept of a table.
const MOST_BYTES: usize = 32 << 20;
/// Columns kept of a table.
const MOST_COLUMNS: usize = 256;

impl Grid {
    fn read(rows: Rows<'_>, _: &mut Rng) -> Result<Grid, String> {
        let mut readable = Readable::new(rows.rows);
        let mut bytes = 0;
        let mut kept = Vec::new();
        for mut row in readable.by_ref().take(MOST_ROWS) {
            row.truncate(MOST_COLUMNS);
            bytes += row.iter().map(String::len).sum::<usize>();
            kept.push(row);
            if bytes > MOST_BYTES {
                break;
            }
        }
        match (readable.refusal(), kept.is_empty(), rows.header.is_empty()) {
            (Some(error), ..) => Err(error),
            (None, false, false) => {
                let header = rows.header.into_iter().take(MOST_COLUMNS).collect();
                Ok(Grid { name: rows.name.to_string(), header, rows: kept })
            }
            _ => Err("expected a header and at least one row, found none".to_string()),
        }
    }

    /// Some rows in a run and some of the columns, in their order.
    fn part(&self, rng: &mut Rng) -> Result<TableSpec, String> {
        let rows = (3 + rng.below(18)).min(self.rows.len());
        let from = rng.below(self.rows.len() - rows + 1);
        let mut others: Vec<usize> = (1..self.header.len()).collect();
        rng.shuffle(&mut others);
        others.truncate(1 + rng.below(7));
        others.sort_unstable();
        let columns: Vec<usize> = std::iter::once(0).chain(others).collect();
        let cells = |row: &Vec<String>| columns.iter().map(|c| row.get(*c).cloned().unwrap_or_default()).collect();
        let shown: Vec<Vec<String>> = self.rows[from..from + rows].iter().map(cells).collect();
        let (table, _) = table_from_rows(&cells(&self.header), &shown, theme_for("statistics", rng)).map_err(|e| {
            // The table's own name says which of several it was.
            format!("{}: {e}", self.name)
        })?;
        Ok(table)
    }
}
