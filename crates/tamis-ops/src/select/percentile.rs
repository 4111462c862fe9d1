//! `select.percentile`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tamis_core::barrier::{Applying, BarrierOperator, Decide, Merging, Parts};
use tamis_core::bind::Scope;
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Verdict};
use tamis_core::{Record, StepError, Value};

use crate::whole::Missing;
use crate::whole::answers::Answers;
use crate::whole::group::By;
use crate::whole::numbers::{Numbers, Sample};

/// Keeps the records whose score lies between two percentiles of all scores.
///
/// Percentiles are exact, with linear interpolation between two scores; a score that equals a bound stays, so records with
/// equal scores share their fate. With `among`, the percentiles are those of some records only, such as real ones with
/// which made ones are compared. To keep so many records exactly, see `select.top`.
///
/// Reads what `score`, `by` and `among` name. Rejects with reason `below the percentile` or `above the percentile`, the
/// score, `low` and `high`; with reason `nothing to compare with` where no record of a group makes up a distribution.
///
/// # Example
/// ```yaml example
/// step: { select.percentile: { score: clip, from: 25, to: 75 } }
/// in: [ { clip: 0.1 }, { clip: 0.2 }, { clip: 0.3 }, { clip: 0.4 }, { clip: 0.9 } ]
/// kept: [1, 2, 3]
/// ```
///
/// Source: MAGID (arXiv:2403.03194), a threshold set at a percentile of real pairs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelectPercentile {
    /// The score: a field of numbers, or an expression.
    score: String,
    /// The lower percentile, 0 to 100. Default 0.
    #[serde(default)]
    from: f64,
    /// The upper percentile, 0 to 100. Default 100.
    #[serde(default = "hundred")]
    to: f64,
    /// A field or expression, or a list of them: percentiles of each group. Default: of all records.
    by: Option<By>,
    /// A condition: percentiles are those of the records for which it holds. Default: of all.
    among: Option<String>,
    /// What becomes of a record without a score: `fail` (default), `reject`, or `keep`; it does not count.
    #[serde(default)]
    missing: Missing,
}

fn hundred() -> f64 {
    100.0
}

impl OperatorConfig for SelectPercentile {
    const NAME: &'static str = "select.percentile";
    const GATE: bool = true;

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let numbers = Numbers::bind(scope, &self.score, self.by.as_ref(), self.among.as_deref(), self.missing);
        let mut whole = true;
        for (at, percentile) in [("from", self.from), ("to", self.to)] {
            if !(0.0..=100.0).contains(&percentile) {
                scope.problem(at, format!("expected a percentile from 0 to 100, found {percentile}"));
                whole = false;
            }
        }
        if self.from > self.to {
            scope.problem("from", format!("nothing lies from {} to {}", self.from, self.to));
            whole = false;
        }
        let percentile = Percentile { numbers: numbers?, from: self.from, to: self.to };
        if whole { Bound::barrier(percentile) } else { None }
    }
}

struct Percentile {
    numbers: Numbers,
    from: f64,
    to: f64,
}

/// A record that goes, with the bounds of its group if there are any.
#[derive(Serialize, Deserialize)]
struct Out {
    row: u32,
    bounds: Option<(f64, f64)>,
}

/// Where a percentile lies between two of `n` sorted numbers: the first of them and how far it is to the next.
fn place(percentile: f64, n: u64) -> (u64, f64) {
    let at = percentile / 100.0 * (n - 1) as f64;
    (at.floor() as u64, at.fract())
}

/// Finds percentiles while sorted numbers go by.
struct Finder {
    first: u64,
    fraction: f64,
    found: f64,
}

impl Finder {
    fn new(percentile: f64, n: u64) -> Finder {
        let (first, fraction) = if n == 0 { (0, 0.0) } else { place(percentile, n) };
        Finder { first, fraction, found: 0.0 }
    }

    fn see(&mut self, number: f64, i: u64) {
        if i == self.first {
            self.found = number;
        } else if i == self.first + 1 && self.fraction > 0.0 {
            self.found += (number - self.found) * self.fraction;
        }
    }
}

impl BarrierOperator for Percentile {
    type Summary = Vec<Sample>;
    type Decision = Vec<Out>;

    fn map(&self, records: &[Record], ctx: &Context<'_>) -> (Vec<Sample>, Vec<(usize, StepError)>) {
        self.numbers.map(records, ctx)
    }

    fn merge(
        &self,
        parts: &Parts<'_, Vec<Sample>>,
        decide: &mut Decide<'_, Vec<Out>>,
        ctx: &Merging<'_>,
    ) -> Result<(), StepError> {
        let (groups, ends) = Numbers::sort(parts, ctx)?;
        let mut answers = Answers::<4>::new(ctx.scratch);
        let (mut sizes, mut bounds, mut rows) = (groups.walk()?, groups.walk()?, groups.walk()?);
        while let Some(group) = sizes.group() {
            let n = sizes.counting(group, |_, _| ())?;
            let (mut low, mut high) = (Finder::new(self.from, n), Finder::new(self.to, n));
            bounds.counting(group, |number, i| {
                low.see(number, i);
                high.see(number, i);
            })?;
            let (low, high) = (low.found, high.found);
            rows.each(group, |row| {
                if n > 0 && (low..=high).contains(&row.number) {
                    return Ok(());
                }
                answers.push([row.at, u64::from(n > 0), low.to_bits(), high.to_bits()])
            })?;
        }
        answers.each_part(&ends, |answers| {
            let bounds = |known, low, high| (known == 1).then(|| (f64::from_bits(low), f64::from_bits(high)));
            let out = |(row, [_, known, low, high]): (u32, [u64; 4])| Out { row, bounds: bounds(known, low, high) };
            decide.put(&answers.into_iter().map(out).collect())
        })
    }

    fn apply(&self, record: &mut Record, row: usize, out: &Vec<Out>, ctx: &Applying<'_>) -> Result<Verdict, StepError> {
        let number = &self.numbers.number;
        let Some(score) = number.of(record, ctx.ctx)? else { return Ok(self.numbers.missing.verdict(&number.name)) };
        let Ok(found) = out.binary_search_by_key(&row, |out| out.row as usize) else { return Ok(Verdict::Pass) };
        let mut values = self.numbers.groups.shown(record, ctx.ctx)?;
        values.push((number.name.clone(), Value::Float(score)));
        let Some((low, high)) = out[found].bounds else {
            return Ok(Reject::because("nothing to compare with", values));
        };
        values.extend([("low".into(), Value::Float(low)), ("high".into(), Value::Float(high))]);
        let reason = if score < low { "below the percentile" } else { "above the percentile" };
        Ok(Reject::because(reason, values))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::testing::problems;
    use crate::whole::trial::{Trial, rows, shuffled};

    #[test]
    fn bounds_may_be_those_of_other_records() {
        let trial = Trial::of("{ select.percentile: { score: s, from: 10, among: real } }", "s: float, real: bool");
        let row = |s: f64, real: bool| vec![("s", s.into()), ("real", real.into())];
        let ended = trial.run(&[row(0.0, true), row(1.0, true), row(0.05, false), row(7.0, false), row(0.5, false)], 2);
        assert_eq!(ended.kept, [1, 4]);
        assert_eq!(ended.rejected[1], "2: below the percentile s=0.05 low=0.1 high=1.0");
        assert_eq!(ended.rejected[2], "3: above the percentile s=7.0 low=0.1 high=1.0");
        assert_eq!(trial.run(&[row(1.0, false)], 1).rejected, ["0: nothing to compare with s=1.0"]);
    }

    #[test]
    fn percentiles_that_cannot_be_are_problems() {
        let bad = |options: &str| {
            problems(&format!("{{ step: {{ select.percentile: {{ score: n, {options} }} }}, in: [{{ n: 1 }}] }}"))
        };
        assert!(bad("from: -1").contains("from 0 to 100"));
        assert!(bad("from: 60, to: 40").contains("nothing lies"));
        assert!(bad("among: m").contains("not defined"));
    }

    proptest! {
        #[test]
        fn what_lies_between_the_percentiles_stays(
            rows in rows(), from in 0_u32..50, to in 50_u32..=100, size in 1_usize..9, seed in any::<u64>(),
        ) {
            let step = format!("{{ select.percentile: {{ score: score, from: {from}, to: {to}, by: kind }} }}");
            let trial = Trial::of(&step, "kind: text, score: int");
            let ended = trial.run_rows(&rows, size);
            let percentile = |scores: &[i64], p: u32| {
                let at = f64::from(p) / 100.0 * (scores.len() - 1) as f64;
                let (low, high) = (scores[at.floor() as usize] as f64, scores[at.ceil() as usize] as f64);
                low + (high - low) * at.fract()
            };
            for row in &rows {
                let mut scores: Vec<i64> = rows.iter().filter(|r| r.kind == row.kind).map(|r| r.score).collect();
                scores.sort_unstable();
                let within = (percentile(&scores, from)..=percentile(&scores, to)).contains(&(row.score as f64));
                prop_assert_eq!(ended.kept.contains(&row.ordinal), within);
            }
            prop_assert_eq!(&trial.run_rows(&shuffled(&rows, seed), 3).kept, &ended.kept);
        }
    }
}
