//! `select.quota`

use std::collections::HashMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::Scope;
use tamis_core::operator::{Bound, OperatorConfig};

use super::best_or_random;
use crate::whole::group::{By, Group, Groups, named};
use crate::whole::rank::{Census, Limit, Limiting, Limits, Order, Ranking, Take};
use crate::whole::{Missing, is_share, share_of};

/// Keeps at most so many records of each value of a key.
///
/// Which ones: random ones, chosen by the seed and each record's id, so that the order of the input does not matter; the
/// best, if a `score` is given; or the first of the input. A value that has fewer records than its quota keeps all of
/// them, and the story of its first record says so.
///
/// Reads what `key` and `score` name. Rejects with reason `the quota is full`, the key's value, how many there are (`of`)
/// and how many stay (`kept`); or with `no quota for this value`.
///
/// # Example
/// ```yaml example
/// step: { select.quota: { key: kind, quotas: { chart: 1 }, n: 2, score: quality } }
/// in:
///   - { kind: chart, quality: 1 }
///   - { kind: chart, quality: 2 }
///   - { kind: photo, quality: 1 }
///   - { kind: photo, quality: 1 }
/// kept: [1, 2, 3]
/// ```
///
/// Source: TaskGalaxy (arXiv:2502.09925), at most 55 samples of each task type.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelectQuota {
    /// The key: a field or an expression; a list of them where combinations of values have quotas.
    key: By,
    /// How many stay of each value that has no quota of its own. Default: values without a quota are rejected.
    n: Option<u64>,
    /// How many stay of single values: `{chart: 1000, photo: 5000}`.
    #[serde(default)]
    quotas: IndexMap<String, u64>,
    /// Which share of single values stays, from 0 to 1, rounded down: `{not answerable: 0.2}`.
    #[serde(default)]
    shares: IndexMap<String, f64>,
    /// What becomes of values that have neither a quota nor a share, without `n`: `reject` (default) or `keep`.
    #[serde(default)]
    others: Others,
    /// Which ones stay: the best by this field or expression.
    score: Option<String>,
    /// Whether low scores are good. Default: no.
    #[serde(default)]
    lowest: bool,
    /// Which ones stay without a `score`: `random` ones (default) or the `first` of the input.
    #[serde(default)]
    which: Which,
    /// What becomes of a record without a score: `fail` (default), `reject`, or `keep`, which does not count.
    #[serde(default)]
    missing: Missing,
}

/// What becomes of values without a quota.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Others {
    /// they are rejected
    #[default]
    Reject,
    /// they stay
    Keep,
}

/// Which records stay where no score decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Which {
    /// random ones
    #[default]
    Random,
    /// the first of the input
    First,
}

impl OperatorConfig for SelectQuota {
    const NAME: &'static str = "select.quota";
    const GATE: bool = true;

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let groups = Groups::bind(scope, "key", Some(&self.key));
        let mut order = best_or_random(scope, self.score.as_deref(), self.lowest, self.missing);
        let whole = self.check(scope);
        if self.which == Which::First {
            order = order.map(|_| Order::Input);
        }
        let quotas = self.quotas.iter().map(|(value, n)| (named(value), (value.clone(), Quota::Records(*n))));
        let shares = self.shares.iter().map(|(value, share)| (named(value), (value.clone(), Quota::Share(*share))));
        let limits = Quotas { n: self.n, others: self.others, quotas: quotas.chain(shares).collect() };
        let ranking = Ranking { groups: groups?, order: order?, limits };
        if whole { Bound::barrier(ranking) } else { None }
    }
}

impl SelectQuota {
    fn check(&self, scope: &mut Scope<'_>) -> bool {
        let mut whole = true;
        let mut wrong = |at: &str, message: &str| {
            scope.problem(at, message);
            whole = false;
        };
        let single = !self.quotas.is_empty() || !self.shares.is_empty();
        if self.n.is_none() && !single {
            wrong("n", "expected `n`, `quotas` or `shares`, found none");
        }
        if single && matches!(&self.key, By::Several(keys) if keys.len() > 1) {
            wrong("key", "quotas of single values need a single key; combine fields in an expression: `a ~ '/' ~ b`");
        }
        if self.n.is_some() && self.others == Others::Keep {
            wrong("others", "`n` is the quota of the others already");
        }
        if self.which == Which::First && self.score.is_some() {
            wrong("which", "the `score` says which ones stay");
        }
        for value in self.shares.keys().filter(|value| self.quotas.contains_key(*value)) {
            wrong(&format!("shares.{value}"), "this value has a quota already");
        }
        self.shares
            .iter()
            .fold(whole, |whole, (value, share)| is_share(scope, &format!("shares.{value}"), Some(*share)) && whole)
    }
}

#[derive(Clone, Copy)]
enum Quota {
    Records(u64),
    Share(f64),
}

struct Quotas {
    n: Option<u64>,
    others: Others,
    quotas: HashMap<Group, (String, Quota)>,
}

impl Limits for Quotas {
    fn set(&self, _: &Census) -> (Limiting<'_>, Vec<(String, String)>) {
        let limit = |group: Group, size: u64| match self.quotas.get(&group) {
            Some((value, Quota::Records(quota))) => {
                let short = || format!("`{value}` has {size} records of the {quota} that its quota allows");
                Limit { take: Take::First(*quota), note: (size < *quota).then(short) }
            }
            Some((_, Quota::Share(share))) => Take::First(share_of(*share, size)).into(),
            None => match (self.n, self.others) {
                (Some(n), _) => Take::First(n).into(),
                (None, Others::Keep) => Take::First(size).into(),
                (None, Others::Reject) => Take::First(0).into(),
            },
        };
        (Box::new(limit), Vec::new())
    }

    fn reason(&self, group: Group) -> &str {
        let known = self.n.is_some() || self.quotas.contains_key(&group);
        if known { "the quota is full" } else { "no quota for this value" }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::testing::{check, problems};
    use crate::whole::trial::{Trial, rows, shuffled};

    #[test]
    fn a_value_that_cannot_fill_its_quota_says_so_once() {
        let trial = Trial::of("{ select.quota: { key: k, quotas: { '1': 3 }, which: first } }", "k: int");
        let ended = trial.run(&[vec![("k", 1.into())], vec![("k", 2.into())], vec![("k", 1.into())]], 2);
        assert_eq!(
            (ended.kept, ended.rejected.join("")),
            (vec![0, 2], "1: no quota for this value k=2 of=1 kept=0".into())
        );
        assert_eq!(ended.passed.iter().map(|record| record.story.len()).collect::<Vec<_>>(), [1, 0]);
        assert!(format!("{:?}", ended.passed[0].story).contains("`1` has 2 records of the 3"));
    }

    #[test]
    fn shares_of_single_values_leave_the_others_alone() {
        check(
            r#"
            step: { select.quota: { key: answer, shares: { "n/a": 0.5 }, others: keep, which: first } }
            in: [ { answer: n/a }, { answer: "7" }, { answer: n/a }, { answer: n/a } ]
            kept: [0, 1]
            "#,
        );
    }

    #[test]
    fn quotas_that_say_nothing_or_contradict_are_problems() {
        let bad = |options: &str| {
            problems(&format!("{{ step: {{ select.quota: {{ {options} }} }}, in: [{{ k: x, n: 1 }}] }}"))
        };
        assert!(bad("key: k").contains("`n`, `quotas` or `shares`"));
        assert!(bad("key: [k, n], quotas: { x: 1 }").contains("single key"));
        assert!(bad("key: k, n: 1, others: keep").contains("already"));
        assert!(bad("key: k, n: 1, which: first, score: n").contains("which"));
        assert!(bad("key: k, quotas: { x: 1 }, shares: { x: 1 }").contains("a quota already"));
        assert!(bad("key: k, shares: { x: 1.5 }").contains("shares.x"));
        assert!(bad("key: k, n: 1, lowest: true").contains("lowest"));
    }

    proptest! {
        #[test]
        fn random_ones_fill_the_quotas_and_do_not_depend_on_the_order(
            rows in rows(), size in 1_usize..9, seed in any::<u64>(),
        ) {
            let trial = Trial::of("{ select.quota: { key: kind, quotas: { b: 2 }, n: 5 } }", "kind: text, score: int");
            let ended = trial.run_rows(&rows, size);
            for (kind, quota) in [("a", 5), ("b", 2), ("c", 5)] {
                let there = rows.iter().filter(|row| row.kind == kind).count();
                let kept = ended.passed.iter().filter(|r| r.get("kind").unwrap().as_text() == Some(kind)).count();
                prop_assert_eq!(kept, there.min(quota));
            }
            prop_assert_eq!(trial.run_rows(&shuffled(&rows, seed), 3).kept, ended.kept);
        }
    }
}
