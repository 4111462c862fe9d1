//! `select.balance`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::Scope;
use tamis_core::operator::{Bound, OperatorConfig};

use crate::whole::group::{By, Group, Groups};
use crate::whole::rank::{Census, Limiting, Limits, Order, Ranking, Take};
use crate::whole::{is_share, one_of};

/// Makes frequent values rarer: a record stays with a probability proportional to one over how frequent its values are.
///
/// A value that occurs `f` times is left with `c * f^(1 - power)` records, but never more than it has: with the power 1,
/// the default, all values above a level are left with the same number; with 0.5, with numbers in proportion to the square
/// root of what they had. `to` says the level, or `n` or `share` how many records stay in all, and the level follows.
///
/// In mode `exact`, the numbers hold exactly (a fraction of a record is rounded up in some values and down in others, so
/// that the whole is exact). In mode `expected`, each record is drawn on its own and the numbers hold on average. Records
/// are drawn by the seed and their ids: the order of the input does not matter.
///
/// Reads what `by` names. Rejects with reason `not drawn: its value is frequent`, the values, how many records have them
/// (`of`) and how many of them stay (`kept`), or the `chance` that the record had.
///
/// # Example
/// ```yaml example
/// step: { select.balance: { by: answer, to: rarest } }
/// in: [ { answer: "yes" }, { answer: "no" }, { answer: "yes" }, { answer: "yes" } ]
/// kept: [1, 2]
/// ```
///
/// Source: UI-E2I-Synth (arXiv:2504.11257), resampling towards rare types and sizes; for draws by frequent values inside
/// of a record as in ProVision (arXiv:2412.07012), see `shape.count`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelectBalance {
    /// A field or expression, or a list of them: what shall be balanced.
    by: By,
    /// How many records of a value stay at most: a number, `rarest` (as many as the rarest value has), `median` or `mean`.
    to: Option<Level>,
    /// How many records stay in all instead.
    n: Option<u64>,
    /// Which share of all records stays instead, from 0 to 1.
    share: Option<f64>,
    /// How strongly frequent values are damped, from 0 (not at all) to 1. With `n` and `share` only. Default 1.
    #[serde(default = "one")]
    power: f64,
    /// Whether numbers hold exactly (`exact`, default) or on average (`expected`).
    #[serde(default)]
    mode: Mode,
}

fn one() -> f64 {
    1.0
}

/// How many records of a value stay.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Level {
    /// so many
    Records(u64),
    /// as many as other values have
    Like(Like),
}

/// As many as which value has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Like {
    /// the rarest
    Rarest,
    /// the one in the middle
    Median,
    /// all on average
    Mean,
}

/// How numbers hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// exactly
    #[default]
    Exact,
    /// on average
    Expected,
}

impl OperatorConfig for SelectBalance {
    const NAME: &'static str = "select.balance";
    const GATE: bool = true;

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let groups = Groups::bind(scope, "by", Some(&self.by));
        let given = [("to", self.to.is_some()), ("n", self.n.is_some()), ("share", self.share.is_some())];
        let mut whole = one_of(scope, &given);
        whole &= is_share(scope, "share", self.share);
        if !(0.0..=1.0).contains(&self.power) {
            scope.problem("power", format!("expected a power from 0 to 1, found {}", self.power));
            whole = false;
        } else if self.to.is_some() && self.power != 1.0 {
            scope.problem("power", "`to` says how many stay of each value; a power goes with `n` and `share`");
            whole = false;
        }
        let goal = match (self.to, self.n, self.share) {
            (Some(level), _, _) => Goal::Level(level),
            (_, Some(n), _) => Goal::Records(n),
            (_, _, share) => Goal::Share(share.unwrap_or_default()),
        };
        let limits = Balance { goal, power: self.power, mode: self.mode };
        let ranking = Ranking { groups: groups?, order: Order::Random, limits };
        if whole { Bound::barrier(ranking) } else { None }
    }
}

enum Goal {
    Level(Level),
    Records(u64),
    Share(f64),
}

struct Balance {
    goal: Goal,
    power: f64,
    mode: Mode,
}

impl Limits for Balance {
    fn looks_at(&self) -> Option<Vec<Group>> {
        Some(Vec::new())
    }

    fn set(&self, census: &Census) -> (Limiting<'_>, Vec<(String, String)>) {
        let (factor, power) = match self.goal {
            Goal::Level(level) => (level.of(census), 1.0),
            Goal::Records(n) => (factor(census, n as f64, self.power), self.power),
            Goal::Share(share) => (factor(census, share * census.records as f64, self.power), self.power),
        };
        let target = move |size: u64| target(size, factor, power);
        if self.mode == Mode::Expected {
            return (Box::new(move |_, size| Take::Chance(target(size) / size as f64).into()), Vec::new());
        }
        // What is left over of a record in one value goes on to the next, so that the whole is exact.
        let mut given = Rounding::default();
        (Box::new(move |_, size| Take::First(given.next(target(size)).min(size)).into()), Vec::new())
    }

    fn reason(&self, _: Group) -> &str {
        "not drawn: its value is frequent"
    }
}

/// Whole numbers whose sums are those of fractions, rounded down.
#[derive(Default)]
pub(super) struct Rounding {
    sum: f64,
    given: u64,
}

impl Rounding {
    /// The whole number for the next fraction.
    pub(super) fn next(&mut self, fraction: f64) -> u64 {
        self.sum += fraction;
        // The error of a sum of fractions is far below this, what is left over of a record far above.
        let until = (self.sum + 1e-6).floor() as u64;
        let next = until.saturating_sub(self.given);
        self.given += next;
        next
    }
}

impl Level {
    fn of(self, census: &Census) -> f64 {
        let values: u64 = census.sizes.values().sum();
        match self {
            Level::Records(n) => n as f64,
            Level::Like(Like::Rarest) => census.sizes.keys().next().map_or(0.0, |size| *size as f64),
            Level::Like(Like::Mean) => census.records as f64 / values.max(1) as f64,
            Level::Like(Like::Median) => {
                let mut before = 0;
                let middle = census.sizes.iter().find(|(_, count)| {
                    before += **count;
                    2 * before >= values
                });
                middle.map_or(0.0, |(size, _)| *size as f64)
            }
        }
    }
}

fn target(size: u64, factor: f64, power: f64) -> f64 {
    (factor * (size as f64).powf(1.0 - power)).min(size as f64)
}

/// The factor for which the targets add up to `n`. Rare values are full first: those whose size to the power is below the
/// factor.
fn factor(census: &Census, n: f64, power: f64) -> f64 {
    let part = |(size, count): (&u64, &u64)| (*size as f64).powf(1.0 - power) * *count as f64;
    let mut rest: f64 = census.sizes.iter().map(part).sum();
    let mut left = n;
    for (size, count) in &census.sizes {
        let factor = left / rest;
        if factor <= (*size as f64).powf(power) {
            return factor.max(0.0);
        }
        left -= (size * count) as f64;
        rest -= part((size, count));
    }
    f64::INFINITY
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::testing::problems;
    use crate::whole::trial::{Row, Trial, rows, shuffled};

    fn census(sizes: &[u64]) -> Census {
        let mut census = Census { records: sizes.iter().sum(), ..Census::default() };
        sizes.iter().for_each(|size| *census.sizes.entry(*size).or_default() += 1);
        census
    }

    proptest! {
        #[test]
        fn the_targets_add_up(
            sizes in prop::collection::vec(1_u64..1000, 1..40), share in 0.01..1.0, power in 0.0..1.0,
        ) {
            let n = sizes.iter().sum::<u64>() as f64 * share;
            let factor = factor(&census(&sizes), n, power);
            let sum: f64 = sizes.iter().map(|size| target(*size, factor, power)).sum();
            prop_assert!((sum - n).abs() < 1e-6 * n.max(1.0), "{} instead of {}", sum, n);
        }

        #[test]
        fn exactly_so_many_stay_and_as_even_as_can_be(rows in rows(), n in 0_u64..60, seed in any::<u64>()) {
            let trial = Trial::of(&format!("{{ select.balance: {{ by: kind, n: {n} }} }}"), "kind: text, score: int");
            let ended = trial.run_rows(&rows, 4);
            prop_assert_eq!(ended.kept.len() as u64, n.min(rows.len() as u64));
            prop_assert_eq!(&trial.run_rows(&shuffled(&rows, seed), 7).kept, &ended.kept);
            let mut counts: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
            for row in &rows {
                let count = counts.entry(row.kind).or_default();
                count.0 += 1;
                count.1 += u64::from(ended.kept.contains(&row.ordinal));
            }
            let most = counts.values().map(|(_, kept)| *kept).max().unwrap_or_default();
            for (there, kept) in counts.values() {
                prop_assert!(kept == there || kept + 1 >= most, "{:?}", counts);
            }
        }
    }

    #[test]
    fn expected_numbers_hold_on_average_and_show_the_chance() {
        let row = |ordinal| Row { ordinal, kind: if ordinal % 10 == 0 { "b" } else { "a" }, score: 0 };
        let rows: Vec<Row> = (0..4000).map(row).collect();
        let trial = Trial::of("{ select.balance: { by: kind, to: rarest, mode: expected } }", "kind: text, score: int");
        let ended = trial.run_rows(&rows, 1000);
        let of_a = ended.passed.iter().filter(|record| record.get("kind").unwrap().as_text() == Some("a")).count();
        assert_eq!(ended.passed.len() - of_a, 400);
        assert!((330..470).contains(&of_a), "{of_a}");
        assert!(
            ended.rejected[0].ends_with("frequent kind=\"a\" of=3600 chance=0.1111111111111111"),
            "{}",
            ended.rejected[0]
        );
    }

    #[test]
    fn the_median_and_the_mean_are_those_of_the_values() {
        let census = census(&[1, 2, 3, 10]);
        assert_eq!(Level::Like(Like::Median).of(&census), 2.0);
        assert_eq!(Level::Like(Like::Mean).of(&census), 4.0);
        assert_eq!(Level::Like(Like::Rarest).of(&Census::default()), 0.0);
    }

    #[test]
    fn goals_that_contradict_are_problems() {
        let bad = |options: &str| {
            problems(&format!("{{ step: {{ select.balance: {{ by: k, {options} }} }}, in: [{{ k: x }}] }}"))
        };
        assert!(bad("mode: exact").contains("one of `to`, `n`, `share`"));
        assert!(bad("n: 1, power: 2").contains("from 0 to 1"));
        assert!(bad("to: 1, power: 0.5").contains("goes with"));
        assert!(bad("to: most").contains("to"));
    }
}
