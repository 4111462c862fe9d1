//! `make.document`

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::Scope;
use tamis_core::error::did_you_mean;
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::{Name, Record, StepError, Type, Value};
use tamis_document::spec::Language;
use tamis_document::{Kind, Options, sample};

use crate::value::to_value;

/// Makes up a document: letter, invoice, receipt, form, contract, report, paper in one or two columns, newspaper, exam,
/// slides, menu, résumé, bank statement or timetable.
///
/// Contents add up (totals, taxes, balances), names and dates are plausible, in eleven languages. What is said is the spec,
/// the truth of `draw.document` and `ask.document`. No model is asked.
///
/// Writes `into`.
///
/// # Example
///
/// ```yaml example
/// steps:
///   - make.document: { kinds: { receipt: 1 }, languages: [en], into: document }
///   - draw.document: { from: document, into: image, markdown: markdown, pages: pages }
/// in: { id: 1 }
/// out: { pages: 1 }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeDocument {
    /// The field for the spec.
    #[serde(default = "document")]
    into: String,
    /// Kinds of documents and their shares: `{ invoice: 2, letter: 1 }`. Default: so that every kind has as many pages, for
    /// a page is a sample.
    #[serde(default)]
    kinds: IndexMap<String, f64>,
    /// Languages by ISO 639-1 (`en`, `zh`), drawn alike. Default: all eleven.
    #[serde(default)]
    languages: Vec<String>,
    /// Pixels per inch, 50 to 600. Default 144.
    #[serde(default = "dpi")]
    dpi: f64,
}

fn document() -> String {
    "document".into()
}

fn dpi() -> f64 {
    Options::default().dpi
}

impl OperatorConfig for MakeDocument {
    const NAME: &'static str = "make.document";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let kinds = kinds(scope, &self.kinds);
        let languages = languages(scope, &self.languages);
        if !(50.0..=600.0).contains(&self.dpi) {
            scope.problem("dpi", format!("expected 50 to 600 pixels per inch, found {}", self.dpi));
        }
        let into = scope.write("into", &self.into, Type::Json);
        Bound::transform(Make { kinds: kinds?, languages: languages?, dpi: self.dpi, into: into? })
    }
}

/// What a kind is called in recipes: `two-column-paper`.
fn kind_name(kind: Kind) -> String {
    serde_json::to_value(kind).ok().and_then(|v| v.as_str().map(str::to_string)).unwrap_or_default()
}

fn kinds(scope: &mut Scope<'_>, shares: &IndexMap<String, f64>) -> Option<Vec<(Kind, f64)>> {
    if shares.is_empty() {
        return Some(Kind::ALL.into_iter().map(|kind| (kind, 1.0 / kind.pages())).collect());
    }
    let names = Kind::ALL.map(kind_name);
    let mut kinds = Vec::new();
    for (name, share) in shares {
        match Kind::ALL.into_iter().find(|kind| kind_name(*kind) == *name) {
            Some(kind) if *share >= 0.0 && share.is_finite() => kinds.push((kind, *share)),
            Some(_) => scope.problem("kinds", format!("expected a share of 0 or more for `{name}`, found {share}")),
            None => {
                let hint = did_you_mean(name, names.iter().map(String::as_str));
                scope.problem("kinds", format!("expected one of {}, found `{name}`{hint}", names.join(", ")));
            }
        }
    }
    if kinds.iter().all(|(_, share)| *share == 0.0) && kinds.len() == shares.len() {
        scope.problem("kinds", "expected a share above 0");
        return None;
    }
    (kinds.len() == shares.len()).then_some(kinds)
}

fn languages(scope: &mut Scope<'_>, codes: &[String]) -> Option<Vec<Language>> {
    let mut found = Vec::new();
    for (i, code) in codes.iter().enumerate() {
        match Language::ALL.into_iter().find(|language| language.code() == code) {
            Some(language) => found.push(language),
            None => {
                let all = Language::ALL.map(Language::code).join(", ");
                scope.problem(&format!("languages[{i}]"), format!("expected one of {all}, found `{code}`"));
            }
        }
    }
    (found.len() == codes.len()).then_some(found)
}

struct Make {
    kinds: Vec<(Kind, f64)>,
    languages: Vec<Language>,
    dpi: f64,
    into: Name,
}

impl Transform for Make {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let mut rng = ctx.rng(record);
        let shares: Vec<f64> = self.kinds.iter().map(|(_, share)| *share).collect();
        let (kind, _) = self.kinds[rng.weighted(&shares)];
        let language = rng.pick(&self.languages).copied();
        let options = Options { language, dpi: self.dpi, charts: true, formulas: true, tables: true };
        let spec: Value = to_value(&self.into, &sample(kind, &options, &mut rng))?;
        record.set(&self.into, spec);
        Ok(Verdict::Pass)
    }
}
