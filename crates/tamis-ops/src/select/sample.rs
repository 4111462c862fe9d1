//! `select.sample`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::Scope;
use tamis_core::operator::{Bound, OperatorConfig};

use super::balance::Rounding;
use crate::whole::group::{By, Group, Groups};
use crate::whole::number::Number;
use crate::whole::rank::{Census, Limiting, Limits, Order, Ranking, Take};
use crate::whole::{is_share, one_of};

/// Draws a random sample of the records, without replacement.
///
/// So many, or a share; with `weight`, records with a greater weight are more likely to be drawn. With `by`, the sample is
/// stratified: each group has the share of the sample that it has of the whole (`n`, `share`), or gives so many records
/// (`each`). Draws belong to the seed and each record's id: the order of the input does not matter, and a sample of 100 is
/// part of one of 200.
///
/// Reads what `by` and `weight` name. Rejects with reason `not drawn`, the weight, how many there are (`of`) and how many
/// stay (`kept`); records of weight 0 with reason `its weight is 0`. A record whose weight is missing or negative fails.
///
/// # Example
/// ```yaml example
/// step: { select.sample: { each: 1, by: image_id, weight: 1 / common } }
/// in: [ { image_id: 7, common: 2.5 }, { image_id: 8, common: 1 } ]
/// kept: [0, 1]
/// ```
///
/// Source: Efraimidis and Spirakis 2006, weighted random sampling with a reservoir; ProVision (arXiv:2412.07012), one
/// candidate for each picture and generator.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelectSample {
    /// How many records stay in all.
    n: Option<u64>,
    /// Which share stays instead, from 0 to 1, rounded down.
    share: Option<f64>,
    /// How many records stay of each group instead; needs `by`.
    each: Option<u64>,
    /// A field or expression, or a list of them: the groups. Default: all records are one.
    by: Option<By>,
    /// A field or expression: how likely a record is drawn, compared with the others of its group; 0 or more. Default: all
    /// alike.
    weight: Option<String>,
}

impl OperatorConfig for SelectSample {
    const NAME: &'static str = "select.sample";
    const GATE: bool = true;

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let groups = Groups::bind(scope, "by", self.by.as_ref());
        let order = match &self.weight {
            Some(weight) => Number::bind(scope, "weight", weight).map(Order::Weighted),
            None => Some(Order::Random),
        };
        let given = [("n", self.n.is_some()), ("share", self.share.is_some()), ("each", self.each.is_some())];
        let mut whole = one_of(scope, &given);
        whole &= is_share(scope, "share", self.share);
        if self.each.is_some() && self.by.is_none() {
            scope.problem("each", "expected the groups in `by`, found none");
            whole = false;
        }
        let limits = Sample { n: self.n, share: self.share.unwrap_or_default(), each: self.each };
        let ranking = Ranking { groups: groups?, order: order?, limits };
        if whole { Bound::barrier(ranking) } else { None }
    }
}

struct Sample {
    n: Option<u64>,
    share: f64,
    each: Option<u64>,
}

impl Limits for Sample {
    fn looks_at(&self) -> Option<Vec<Group>> {
        self.n.is_some().then(Vec::new)
    }

    fn set(&self, census: &Census) -> (Limiting<'_>, Vec<(String, String)>) {
        if let Some(each) = self.each {
            return (Box::new(move |_, _| Take::First(each).into()), Vec::new());
        }
        let records = census.records;
        let share = self.n.map_or(self.share, |n| n as f64 / records.max(1) as f64).min(1.0);
        let mut given = Rounding::default();
        (Box::new(move |_, size| Take::First(given.next(share * size as f64).min(size)).into()), Vec::new())
    }

    fn reason(&self, _: Group) -> &str {
        "not drawn"
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::testing::problems;
    use crate::whole::trial::{Row, Trial, rows, shuffled};

    #[test]
    fn weights_say_how_likely_a_record_is_drawn_first() {
        // In pairs of weights 1 and 3, the heavier one is drawn first in 3 of 4 pairs.
        let trial = Trial::of("{ select.sample: { each: 1, by: pair, weight: w } }", "pair: int, w: int");
        let records: Vec<_> =
            (0..4000_i64).map(|i| vec![("pair", (i / 2).into()), ("w", (1 + i % 2 * 2).into())]).collect();
        let heavy = trial.run(&records, 999).kept.iter().filter(|i| *i % 2 == 1).count();
        assert!((1420..1580).contains(&heavy), "{heavy}");
    }

    #[test]
    fn weights_below_zero_fail_and_those_of_zero_are_never_drawn() {
        let trial = Trial::of("{ select.sample: { n: 3, weight: w } }", "w: int");
        let ended = trial.run(&[-1, 0, 1].map(|w: i64| vec![("w", w.into())]), 2);
        assert_eq!((ended.kept, ended.failed), (vec![2], vec![0]));
        assert_eq!(ended.rejected, ["1: its weight is 0 w=0.0"]);
    }

    #[test]
    fn sizes_that_contradict_are_problems() {
        let bad =
            |options: &str| problems(&format!("{{ step: {{ select.sample: {{ {options} }} }}, in: [{{ k: x }}] }}"));
        assert!(bad("by: k").contains("one of `n`, `share`, `each`"));
        assert!(bad("each: 1").contains("groups in `by`"));
        assert!(bad("share: -1").contains("from 0 to 1"));
        assert!(bad("n: 1, weight: k").contains("expected a number"));
    }

    proptest! {
        #[test]
        fn a_stratified_sample_has_the_shares_of_the_whole(rows in rows(), n in 0_usize..60, seed in any::<u64>()) {
            let trial = Trial::of(&format!("{{ select.sample: {{ n: {n}, by: kind }} }}"), "kind: text, score: int");
            let ended = trial.run_rows(&rows, 4);
            let n = n.min(rows.len());
            prop_assert_eq!(ended.kept.len(), n);
            for kind in ["a", "b", "c"] {
                let of = |rows: &[&Row]| rows.iter().filter(|row| row.kind == kind).count() as f64;
                let kept: Vec<&Row> = rows.iter().filter(|row| ended.kept.contains(&row.ordinal)).collect();
                let exact = of(&rows.iter().collect::<Vec<_>>()) * n as f64 / rows.len().max(1) as f64;
                prop_assert!((of(&kept) - exact).abs() < 1.0 + 1e-6);
            }
            prop_assert_eq!(&trial.run_rows(&shuffled(&rows, seed), 9).kept, &ended.kept);
        }

        #[test]
        fn a_smaller_sample_is_part_of_a_larger_one(rows in rows(), n in 1_usize..30) {
            let sample = |n: usize| {
                Trial::of(&format!("{{ select.sample: {{ n: {n} }} }}"), "kind: text, score: int").run_rows(&rows, 4).kept
            };
            let larger = sample(n + 3);
            prop_assert!(sample(n).iter().all(|row| larger.contains(row)));
        }
    }
}
