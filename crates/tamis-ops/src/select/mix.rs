//! `select.mix`

use std::collections::HashMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::Scope;
use tamis_core::operator::{Bound, OperatorConfig};

use super::best_or_random;
use crate::whole::Missing;
use crate::whole::group::{By, Group, Groups, named};
use crate::whole::rank::{Census, Limit, Limiting, Limits, Ranking, Take};

/// Mixes sources by shares: keeps the largest set in which they hold, or one of a given size.
///
/// No record is repeated. So the source that has the fewest records for its share decides how large the set can be: its
/// name is told with each rejected record (`limited_by`), and in the story of its own first record. With `n`, the set has
/// so many records if all sources have enough; if one has not, `short` says what gives: the size or the shares.
///
/// Which records of a source stay: random ones, chosen by the seed and each record's id, so that the order of the input
/// does not matter; or the best, if a `score` is given.
///
/// Reads what `by` and `score` name. Rejects with reason `more than its share` or `no share for this source`, the source,
/// how many records it has (`of`) and how many of them stay (`kept`).
///
/// # Example
/// ```yaml example
/// step: { select.mix: { by: source, shares: { llava: 2, sharegpt: 1 }, score: rating } }
/// in:
///   - { source: llava, rating: 1 }
///   - { source: llava, rating: 3 }
///   - { source: llava, rating: 2 }
///   - { source: sharegpt, rating: 1 }
/// kept: [1, 2, 3]
/// ```
///
/// Source: Infinity-MM (arXiv:2410.18558), mixing by category.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelectMix {
    /// The source: a field or an expression.
    by: String,
    /// The sources with their shares, each above 0; they may add up to anything.
    shares: IndexMap<String, f64>,
    /// How many records stay in all. Default: as many as can.
    n: Option<u64>,
    /// With `n`, if a source has too few records: `hold` (default) keeps the shares and makes the set smaller, `take` takes
    /// what there is and gives the other sources no more than their shares of `n`.
    #[serde(default)]
    short: Short,
    /// Which records stay: the best by this field or expression. Default: random ones.
    score: Option<String>,
    /// Whether low scores are good. Default: no.
    #[serde(default)]
    lowest: bool,
    /// What becomes of a record without a score: `fail` (default), `reject`, or `keep`, which does not count.
    #[serde(default)]
    missing: Missing,
}

/// What gives when a source has too few records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Short {
    /// the size of the whole
    #[default]
    Hold,
    /// the shares
    Take,
}

impl OperatorConfig for SelectMix {
    const NAME: &'static str = "select.mix";
    const GATE: bool = true;

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let groups = Groups::bind(scope, "by", Some(&By::One(self.by.clone())));
        let order = best_or_random(scope, self.score.as_deref(), self.lowest, self.missing);
        let mut whole = true;
        if self.shares.is_empty() {
            scope.problem("shares", "expected at least one source, found none");
            whole = false;
        }
        for (source, share) in self.shares.iter().filter(|(_, share)| !(share.is_finite() && **share > 0.0)) {
            scope.problem(&format!("shares.{source}"), format!("expected a share above 0, found {share}"));
            whole = false;
        }
        if self.short == Short::Take && self.n.is_none() {
            scope.problem("short", "without `n` the largest set in which the shares hold is taken");
            whole = false;
        }
        let limits = Mix { shares: self.shares.into_iter().collect(), n: self.n, short: self.short };
        let ranking = Ranking { groups: groups?, order: order?, limits };
        if whole { Bound::barrier(ranking) } else { None }
    }
}

struct Mix {
    shares: Vec<(String, f64)>,
    n: Option<u64>,
    short: Short,
}

impl Limits for Mix {
    fn looks_at(&self) -> Option<Vec<Group>> {
        Some(self.shares.iter().map(|(source, _)| named(source)).collect())
    }

    fn set(&self, census: &Census) -> (Limiting<'_>, Vec<(String, String)>) {
        let sizes: Vec<u64> = self.shares.iter().map(|(source, _)| size_of(census, source)).collect();
        let shares: Vec<f64> = self.shares.iter().map(|(_, share)| *share).collect();
        let (kept, scarcest) = apportion(&sizes, &shares, self.n, self.short);
        let mut limits: HashMap<Group, (u64, Option<String>)> = HashMap::new();
        for (i, (source, share)) in self.shares.iter().enumerate() {
            let note = (scarcest == Some(i)).then(|| {
                format!("`{source}` has {} records; with its share of {share} it sets the size of the mix", sizes[i])
            });
            limits.insert(named(source), (kept[i], note));
        }
        let limiting = move |group: Group, _| match limits.remove(&group) {
            Some((most, note)) => Limit { take: Take::First(most), note },
            None => Take::First(0).into(),
        };
        let told = scarcest.map(|i| ("limited_by".to_string(), self.shares[i].0.clone()));
        (Box::new(limiting), told.into_iter().collect())
    }

    fn reason(&self, group: Group) -> &str {
        let known = self.shares.iter().any(|(source, _)| named(source) == group);
        if known { "more than its share" } else { "no share for this source" }
    }
}

fn size_of(census: &Census, source: &str) -> u64 {
    census.named.get(&named(source)).copied().unwrap_or_default()
}

/// How many records of each source stay, and the source that has too few, if one keeps the whole from being larger.
fn apportion(sizes: &[u64], shares: &[f64], n: Option<u64>, short: Short) -> (Vec<u64>, Option<usize>) {
    let sum: f64 = shares.iter().sum();
    let reach = |i: &usize| sizes[*i] as f64 / shares[*i];
    let scarcest = (0..sizes.len()).min_by(|a, b| reach(a).total_cmp(&reach(b)));
    let most = scarcest.map_or(0.0, |i| reach(&i) * sum);
    match n {
        Some(n) => {
            let wanted = largest_remainder(n, shares);
            let scarce =
                (0..sizes.len()).filter(|i| wanted[*i] > sizes[*i]).min_by(|a, b| reach(a).total_cmp(&reach(b)));
            match (scarce, short) {
                (None, _) => (wanted, None),
                (scarce, Short::Take) => (wanted.iter().zip(sizes).map(|(n, size)| *n.min(size)).collect(), scarce),
                (scarce, Short::Hold) => (whole_shares(most, shares, sum), scarce),
            }
        }
        None => (whole_shares(most, shares, sum), scarcest),
    }
}

/// Each source's share of `total`, rounded down.
fn whole_shares(total: f64, shares: &[f64], sum: f64) -> Vec<u64> {
    shares.iter().map(|share| (total * share / sum + 1e-6).floor() as u64).collect()
}

/// `n` in whole numbers by shares; what is left over goes to the largest remainders, the first of equal ones.
fn largest_remainder(n: u64, shares: &[f64]) -> Vec<u64> {
    let sum: f64 = shares.iter().sum();
    let mut whole = whole_shares(n as f64, shares, sum);
    let remainder = |i: usize, whole: u64| n as f64 * shares[i] / sum - whole as f64;
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by(|a, b| remainder(*b, whole[*b]).total_cmp(&remainder(*a, whole[*a])));
    let left = n.saturating_sub(whole.iter().sum());
    order.iter().cycle().take(left as usize).for_each(|i| whole[*i] += 1);
    whole
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::problems;
    use crate::whole::trial::{Trial, rows, shuffled};

    #[test]
    fn the_scarcest_source_sets_the_size_and_is_told() {
        assert_eq!(apportion(&[100, 10], &[3.0, 1.0], None, Short::Hold), (vec![30, 10], Some(1)));
        assert_eq!(apportion(&[100, 10], &[3.0, 1.0], Some(20), Short::Hold), (vec![15, 5], None));
        assert_eq!(apportion(&[100, 10], &[3.0, 1.0], Some(80), Short::Hold), (vec![30, 10], Some(1)));
        assert_eq!(apportion(&[100, 10], &[3.0, 1.0], Some(80), Short::Take), (vec![60, 10], Some(1)));
        assert_eq!(apportion(&[9, 0], &[1.0, 1.0], None, Short::Hold), (vec![0, 0], Some(1)));
        assert_eq!(largest_remainder(10, &[1.0, 1.0, 1.0]), [4, 3, 3]);
    }

    #[test]
    fn a_source_without_a_share_and_one_with_too_few_are_told() {
        let trial = Trial::of("{ select.mix: { by: k, shares: { a: 1, b: 1 } } }", "k: text");
        let ended = trial.run(&["a", "b", "a", "c"].map(|k| vec![("k", k.into())]), 2);
        assert_eq!(ended.kept.len(), 2);
        assert!(
            ended.rejected[0].ends_with("more than its share k=\"a\" of=2 kept=1 limited_by=\"b\""),
            "{:?}",
            ended.rejected
        );
        assert!(ended.rejected[1].contains("no share for this source k=\"c\""));
        assert!(ended.passed.iter().any(|record| format!("{:?}", record.story).contains("`b` has 1 records")));
    }

    #[test]
    fn shares_that_say_nothing_are_problems() {
        let bad = |options: &str| {
            problems(&format!("{{ step: {{ select.mix: {{ by: k, {options} }} }}, in: [{{ k: x }}] }}"))
        };
        assert!(bad("shares: {}").contains("at least one source"));
        assert!(bad("shares: { x: 0 }").contains("shares.x"));
        assert!(bad("shares: { x: 1 }, short: take").contains("without `n`"));
    }

    proptest! {
        #[test]
        fn no_larger_set_holds_the_shares(rows in rows(), a in 1_u64..5, b in 1_u64..5, seed in any::<u64>()) {
            let step = format!("{{ select.mix: {{ by: kind, shares: {{ a: {a}, b: {b} }} }} }}");
            let trial = Trial::of(&step, "kind: text, score: int");
            let ended = trial.run_rows(&rows, 5);
            let of = |kind| rows.iter().filter(move |row| row.kind == kind);
            let kept = |kind| of(kind).filter(|row| ended.kept.contains(&row.ordinal)).count() as u64;
            let (of_a, of_b) = (of("a").count() as u64, of("b").count() as u64);
            // In thirds of records and the like, the scarcer source is used up.
            prop_assert_eq!(kept("a"), of_a.min(of_b * a / b));
            prop_assert_eq!(kept("b"), of_b.min(of_a * b / a));
            prop_assert_eq!(kept("c"), 0);
            prop_assert_eq!(&trial.run_rows(&shuffled(&rows, seed), 2).kept, &ended.kept);
        }
    }
}
