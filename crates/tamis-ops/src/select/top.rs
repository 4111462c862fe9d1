//! `select.top`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::Scope;
use tamis_core::operator::{Bound, OperatorConfig};

use crate::whole::group::{By, Group, Groups};
use crate::whole::number::Number;
use crate::whole::rank::{Census, Limiting, Limits, Order, Ranking, Take};
use crate::whole::{Missing, is_share, one_of, share_of};

/// Keeps the records with the best scores: so many, or a share, of all or of each group.
///
/// Of equal scores, the records with the smaller ids stay, so that the choice does not depend on the order of the input.
/// To keep everything beyond a percentile or a number of standard deviations, see `select.percentile` and
/// `select.above`.
///
/// Reads what `score` and `by` name. Rejects the others with reason `not among the best`, the score, its rank, how many
/// there are (`of`) and how many stay (`kept`).
///
/// # Example
/// ```yaml example
/// step: { select.top: { score: quality, n: 1, by: kind } }
/// in:
///   - { kind: chart, quality: 0.4 }
///   - { kind: photo, quality: 0.1 }
///   - { kind: chart, quality: 0.9 }
/// kept: [1, 2]
/// ```
///
/// Source: SynthVLM (arXiv:2407.20756), the best 40% of captions by CLIP score, then the best 10% of pictures.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelectTop {
    /// The score: a field of numbers, or an expression. True is 1, false is 0.
    score: String,
    /// How many stay, of each group if `by` is given.
    n: Option<u64>,
    /// Which share stays instead, from 0 to 1, rounded down.
    share: Option<f64>,
    /// With `share`: how many stay at least, as far as there are so many. Default 0.
    #[serde(default)]
    min: u64,
    /// A field or expression, or a list of them: the best of each group of records with the same values. Default: the best
    /// of all.
    by: Option<By>,
    /// Whether low scores are good. Default: no.
    #[serde(default)]
    lowest: bool,
    /// What becomes of a record without a score: `fail` (default), `reject`, or `keep`, which does not count against `n`.
    #[serde(default)]
    missing: Missing,
}

impl OperatorConfig for SelectTop {
    const NAME: &'static str = "select.top";
    const GATE: bool = true;

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let score = Number::bind(scope, "score", &self.score);
        let groups = Groups::bind(scope, "by", self.by.as_ref());
        let mut whole = one_of(scope, &[("n", self.n.is_some()), ("share", self.share.is_some())]);
        whole &= is_share(scope, "share", self.share);
        if self.min > 0 && self.share.is_none() {
            scope.problem("min", "`min` goes with `share`; `n` says how many stay");
            whole = false;
        }
        let order = Order::Score { score: score?, lowest: self.lowest, missing: self.missing };
        let limits = Best { n: self.n, share: self.share.unwrap_or_default(), min: self.min };
        let ranking = Ranking { groups: groups?, order, limits };
        if whole { Bound::barrier(ranking) } else { None }
    }
}

struct Best {
    n: Option<u64>,
    share: f64,
    min: u64,
}

impl Limits for Best {
    fn set(&self, _: &Census) -> (Limiting<'_>, Vec<(String, String)>) {
        let most = |_, size| self.n.unwrap_or_else(|| share_of(self.share, size).max(self.min));
        (Box::new(move |group, size| Take::First(most(group, size)).into()), Vec::new())
    }

    fn reason(&self, _: Group) -> &str {
        "not among the best"
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::testing::{check, problems};
    use crate::whole::trial::{Trial, rows, shuffled};

    #[test]
    fn a_share_is_rounded_down_but_for_the_least() {
        let step = |options: &str| format!("{{ select.top: {{ score: n, {options} }} }}");
        let input = "in: [{ n: 1 }, { n: 5 }, { n: 4 }, { n: 2 }, { n: 3 }]";
        check(&format!("step: {}\n{input}\nkept: [1, 2]", step("share: 0.5")));
        check(&format!("step: {}\n{input}\nkept: [0]", step("share: 0.1, min: 1, lowest: true")));
        check(&format!("step: {}\n{input}\nkept: []", step("share: 0.1")));
    }

    #[test]
    fn a_missing_score_fails_unless_said_otherwise() {
        let outcome = |missing: &str| {
            Trial::of(&format!("{{ select.top: {{ score: n, n: 1{missing} }} }}"), "n: int?")
                .run(&[vec![("n", 1.into())], vec![], vec![("n", 2.into())]], 2)
        };
        assert_eq!(outcome("").failed, [1]);
        assert_eq!((outcome(", missing: keep").kept, outcome(", missing: keep").rejected.len()), (vec![1, 2], 1));
        let rejected = outcome(", missing: reject").rejected;
        assert_eq!(rejected[1], "1: the score is missing n=null");
        assert_eq!(rejected[0], "0: not among the best n=1.0 rank=2 of=2 kept=1");
    }

    #[test]
    fn a_score_may_be_computed() {
        check(
            r#"
            step: { select.top: { score: "text | length", n: 1 } }
            in: [ { text: ab }, { text: abc } ]
            kept: [1]
            "#,
        );
    }

    #[test]
    fn options_that_contradict_or_are_missing_are_problems() {
        let bad =
            |options: &str| problems(&format!("{{ step: {{ select.top: {{ {options} }} }}, in: [{{ t: x, n: 1 }}] }}"));
        assert!(bad("score: n").contains("expected one of `n`, `share`, found none"));
        assert!(bad("score: n, n: 1, share: 0.1").contains("found n and share"));
        assert!(bad("score: n, share: 2").contains("from 0 to 1, found 2"));
        assert!(bad("score: t, n: 1").contains("expected a number, but `t` is text"));
        assert!(bad("score: n, n: 1, min: 2").contains("goes with `share`"));
        assert!(bad("score: n, n: 1, by: []").contains("at least one field"));
    }

    proptest! {
        #[test]
        fn the_best_of_each_group_stay_however_the_input_is_cut_and_ordered(
            rows in rows(), n in 0_usize..5, size in 1_usize..9, seed in any::<u64>(),
        ) {
            let trial = Trial::of(&format!("{{ select.top: {{ score: score, n: {n}, by: kind }} }}"), "kind: text, score: int");
            let mut expected: Vec<u64> = Vec::new();
            for kind in ["a", "b", "c"] {
                let mut group: Vec<_> = rows.iter().filter(|row| row.kind == kind).collect();
                group.sort_by_key(|row| (-row.score, row.id()));
                expected.extend(group.iter().take(n).map(|row| row.ordinal));
            }
            expected.sort_unstable();
            prop_assert_eq!(&trial.run_rows(&rows, size).kept, &expected);
            prop_assert_eq!(&trial.run_rows(&shuffled(&rows, seed), size).kept, &expected);
        }
    }
}
