//! `choose.share`

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::Scope;
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::{Name, Record, StepError, Type, Value};

/// Draws a label for each record by shares.
///
/// For mixtures: 58 conversations, 23 descriptions and 77 reasoning questions in 158. The draw belongs to the record, so
/// that order and number of threads do not change it; `choose.case` then takes each label its way.
///
/// Reads nothing, writes `into`: an enum of the labels.
///
/// # Example
/// ```yaml example
/// step: { choose.share: { into: kind, shares: { conversation: 0, detail: 1 } } }
/// in: { id: 7 }
/// out: { kind: detail }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChooseShare {
    /// The field that receives the label.
    into: String,
    /// The labels with their shares, each 0 or more, at least one above 0; together 1, 100, or `total`.
    shares: IndexMap<String, f64>,
    /// What the shares add up to where that is neither 1 nor 100. Default: 1 or 100.
    total: Option<f64>,
}

/// How far the sum may be off, relative to the total: the error of adding decimal fractions.
const TOLERANCE: f64 = 1e-9;

impl OperatorConfig for ChooseShare {
    const NAME: &'static str = "choose.share";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let names: Vec<Name> = self.shares.keys().map(|name| name.as_str().into()).collect();
        let into = scope.write("into", &self.into, Type::Enum(names.clone()));
        let whole = self.check(scope);
        let weights = self.shares.values().copied().collect();
        Bound::transform(Draw { into: into?, names, weights }).filter(|_| whole)
    }
}

impl ChooseShare {
    fn check(&self, scope: &mut Scope<'_>) -> bool {
        let mut whole = true;
        let mut wrong = |at: &str, message: String| {
            scope.problem(at, message);
            whole = false;
        };
        for (name, share) in &self.shares {
            let at = format!("shares.{name}");
            if name.trim().is_empty() || name.contains(['|', '(', ')']) {
                wrong(&at, format!("`{name}` is no label: at least one character, and none of `|`, `(`, `)`"));
            }
            if share.is_nan() || *share < 0.0 {
                wrong(&at, format!("expected a share of 0 or more, found {share}"));
            }
        }
        let sum: f64 = self.shares.values().sum();
        let near = |total: f64| (sum - total).abs() <= TOLERANCE * total.abs().max(1.0);
        match self.total {
            _ if self.shares.is_empty() => wrong("shares", "expected at least one label, found none".to_string()),
            _ if sum <= 0.0 => wrong("shares", "expected at least one share above 0".to_string()),
            Some(total) if !near(total) => {
                wrong("shares", format!("shares that do not sum: expected {total} as `total` says, found {sum}"));
            }
            None if !near(1.0) && !near(100.0) => {
                let message = format!("shares that do not sum: expected 1 or 100, found {sum}");
                scope.problem_with_help("shares", message, format!("if {sum} is right, say so with `total: {sum}`"));
                whole = false;
            }
            _ => {}
        }
        whole
    }
}

struct Draw {
    into: Name,
    names: Vec<Name>,
    weights: Vec<f64>,
}

impl Transform for Draw {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let drawn = ctx.rng(record).weighted(&self.weights);
        record.set(&self.into, Value::Text(self.names[drawn].clone()));
        Ok(Verdict::Pass)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{example, problems};

    #[test]
    fn records_are_drawn_by_their_shares() {
        let yaml = "{ step: { choose.share: { into: k, shares: { a: 58, b: 23, c: 77 }, total: 158 } }, in: { x: 1 } }";
        let example = example(yaml).unwrap();
        let block = example.bind().unwrap().0;
        let drawn = (0..1580).map(|row| example.run(&block, row).unwrap().passed[0].get("k").cloned().unwrap());
        let a = drawn.filter(|k| k.as_text() == Some("a")).count();
        assert!((520..640).contains(&a), "{a}");
    }

    #[test]
    fn shares_that_do_not_sum_are_a_problem() {
        let bad = |shares: &str| {
            problems(&format!("{{ step: {{ choose.share: {{ into: k, {shares} }} }}, in: {{ x: 1 }} }}"))
        };
        assert!(bad("shares: { a: 0.5, b: 0.4 }").contains("shares that do not sum: expected 1 or 100, found 0.9"));
        assert!(bad("shares: { a: 50, b: 50 }, total: 99").contains("expected 99"));
        assert!(bad("shares: { a: -1, b: 2 }").contains("shares.a"));
        assert!(bad("shares: { a: 0 }, total: 0").contains("above 0"));
        assert!(bad("shares: {}").contains("at least one"));
    }
}
