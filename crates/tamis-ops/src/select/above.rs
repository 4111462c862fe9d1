//! `select.above`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tamis_core::barrier::{Applying, BarrierOperator, Decide, Merging, Parts};
use tamis_core::bind::Scope;
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Verdict};
use tamis_core::{Record, StepError, Value};

use crate::whole::Missing;
use crate::whole::answers::Answers;
use crate::whole::group::By;
use crate::whole::numbers::{Numbers, Sample, moments};

/// Keeps the records whose score is above the mean by so many standard deviations, or below it.
///
/// The threshold is `mean + times * std`; a score that equals it goes. Mean and standard deviation (of all records, not of
/// a sample) are exact and do not depend on the order of the input. With `among`, they are those of some records only.
/// `min` keeps so many of the best in any case; of equal scores at its edge, the first of the input.
///
/// Reads what `score`, `by` and `among` name. Rejects with reason `not above the threshold` (or `not below`), the score,
/// `mean`, `std` and `threshold`; with reason `nothing to compare with` where no record of a group makes up a distribution.
///
/// # Example
/// ```yaml example
/// step: { select.above: { score: fit, times: 0.4, by: label, min: 1 } }
/// in:
///   - { label: wren, fit: 1 }
///   - { label: wren, fit: 2 }
///   - { label: wren, fit: 6 }
///   - { label: finch, fit: 1 }
/// kept: [2, 3]
/// ```
///
/// Source: self-synthesized data (arXiv:2502.14044), concepts above the label's mean by 0.4 standard deviations, never
/// fewer than 3.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelectAbove {
    /// The score: a field of numbers, or an expression.
    score: String,
    /// How many standard deviations the threshold lies above the mean; negative: below it. Default 0.
    #[serde(default)]
    times: f64,
    /// Whether scores below the threshold stay instead. Default: no.
    #[serde(default)]
    below: bool,
    /// How many of the highest (with `below`, lowest) scores stay in any case, of each group if `by` is given. Default 0.
    #[serde(default)]
    min: u64,
    /// A field or expression, or a list of them: the threshold of each group. Default: of all records.
    by: Option<By>,
    /// A condition: mean and standard deviation are those of the records for which it holds. Default: of all.
    among: Option<String>,
    /// What becomes of a record without a score: `fail` (default), `reject`, or `keep`; it does not count.
    #[serde(default)]
    missing: Missing,
}

impl OperatorConfig for SelectAbove {
    const NAME: &'static str = "select.above";
    const GATE: bool = true;

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let numbers = Numbers::bind(scope, &self.score, self.by.as_ref(), self.among.as_deref(), self.missing);
        Bound::barrier(Above { numbers: numbers?, times: self.times, below: self.below, min: self.min })
    }
}

struct Above {
    numbers: Numbers,
    times: f64,
    below: bool,
    min: u64,
}

/// A record that goes, with mean and standard deviation of its group if there are any.
#[derive(Serialize, Deserialize)]
struct Out {
    row: u32,
    moments: Option<(f64, f64)>,
}

impl Above {
    /// What a score is multiplied with so that the best ones come first.
    fn sign(&self) -> f64 {
        if self.below { 1.0 } else { -1.0 }
    }

    fn threshold(&self, mean: f64, std: f64) -> f64 {
        mean + self.times * std
    }

    fn stays(&self, score: f64, threshold: f64) -> bool {
        if self.below { score < threshold } else { score > threshold }
    }
}

impl BarrierOperator for Above {
    type Summary = Vec<Sample>;
    type Decision = Vec<Out>;

    fn map(&self, records: &[Record], ctx: &Context<'_>) -> (Vec<Sample>, Vec<(usize, StepError)>) {
        let (mut samples, errors) = self.numbers.map(records, ctx);
        samples.iter_mut().for_each(|sample| sample.number = sample.number.map(|number| self.sign() * number));
        (samples, errors)
    }

    fn merge(
        &self,
        parts: &Parts<'_, Vec<Sample>>,
        decide: &mut Decide<'_, Vec<Out>>,
        ctx: &Merging<'_>,
    ) -> Result<(), StepError> {
        let (groups, ends) = Numbers::sort(parts, ctx)?;
        let mut answers = Answers::<4>::new(ctx.scratch);
        let (mut first, mut second, mut rows) = (groups.walk()?, groups.walk()?, groups.walk()?);
        while let Some(group) = first.group() {
            let moments = moments(&mut first, &mut second, group)?.map(|(mean, std)| (self.sign() * mean, std));
            let (mean, std) = moments.unwrap_or_default();
            let mut rank = 0;
            rows.each(group, |row| {
                rank += 1;
                let beyond = self.stays(self.sign() * row.number, self.threshold(mean, std));
                if rank <= self.min || (moments.is_some() && beyond) {
                    return Ok(());
                }
                answers.push([row.at, moments.is_some().into(), mean.to_bits(), std.to_bits()])
            })?;
        }
        answers.each_part(&ends, |answers| {
            let moments = |known, mean, std| (known == 1).then(|| (f64::from_bits(mean), f64::from_bits(std)));
            let out = |(row, [_, known, mean, std]): (u32, [u64; 4])| Out { row, moments: moments(known, mean, std) };
            decide.put(&answers.into_iter().map(out).collect())
        })
    }

    fn apply(&self, record: &mut Record, row: usize, out: &Vec<Out>, ctx: &Applying<'_>) -> Result<Verdict, StepError> {
        let number = &self.numbers.number;
        let Some(score) = number.of(record, ctx.ctx)? else { return Ok(self.numbers.missing.verdict(&number.name)) };
        let Ok(found) = out.binary_search_by_key(&row, |out| out.row as usize) else { return Ok(Verdict::Pass) };
        let mut values = self.numbers.groups.shown(record, ctx.ctx)?;
        values.push((number.name.clone(), Value::Float(score)));
        let Some((mean, std)) = out[found].moments else {
            return Ok(Reject::because("nothing to compare with", values));
        };
        let threshold = self.threshold(mean, std);
        let told = [("mean", mean), ("std", std), ("threshold", threshold)];
        values.extend(told.map(|(name, number)| (name.into(), Value::Float(number))));
        let reason = if self.below { "not below the threshold" } else { "not above the threshold" };
        Ok(Reject::because(reason, values))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::testing::problems;
    use crate::whole::trial::{Trial, rows, shuffled};

    #[test]
    fn a_rejected_record_shows_mean_deviation_and_threshold() {
        let trial = Trial::of("{ select.above: { score: n, times: 0.5 } }", "n: int");
        let ended = trial.run(&[1, 5].map(|n: i64| vec![("n", n.into())]), 1);
        assert_eq!(ended.kept, [1]);
        assert_eq!(ended.rejected, ["0: not above the threshold n=1.0 mean=3.0 std=2.0 threshold=4.0"]);
    }

    #[test]
    fn the_distribution_may_be_that_of_others() {
        let trial = Trial::of("{ select.above: { score: n, among: real, below: true } }", "n: int, real: bool");
        let row = |n: i64, real: bool| vec![("n", n.into()), ("real", real.into())];
        assert_eq!(trial.run(&[row(4, true), row(6, true), row(4, false), row(99, false)], 3).kept, [0, 2]);
        assert_eq!(trial.run(&[row(4, false)], 3).rejected, ["0: nothing to compare with n=4.0"]);
    }

    #[test]
    fn a_threshold_needs_numbers() {
        let told = problems("{ step: { select.above: { score: t, by: u } }, in: [{ t: x }] }");
        assert!(told.contains("expected a number, but `t` is text") && told.contains("`u`"), "{told}");
    }

    proptest! {
        #[test]
        fn what_is_beyond_the_threshold_stays_and_the_best_in_any_case(
            rows in rows(), min in 0_usize..4, below in any::<bool>(), size in 1_usize..9, seed in any::<u64>(),
        ) {
            let step = format!("{{ select.above: {{ score: score, times: 0.5, min: {min}, below: {below}, by: kind }} }}");
            let trial = Trial::of(&step, "kind: text, score: int");
            let mut expected = Vec::new();
            for kind in ["a", "b", "c"] {
                let mut group: Vec<_> = rows.iter().filter(|row| row.kind == kind).collect();
                let n = group.len() as f64;
                let mean = group.iter().map(|row| row.score as f64).sum::<f64>() / n;
                let std = (group.iter().map(|row| (row.score as f64 - mean).powi(2)).sum::<f64>() / n).sqrt();
                let threshold = mean + 0.5 * std;
                // A score at the threshold up to rounding is nobody's business.
                prop_assume!(group.iter().all(|row| (row.score as f64 - threshold).abs() > 1e-9 || std == 0.0));
                group.sort_by_key(|row| if below { row.score } else { -row.score });
                let stays = |score: f64| if below { score < threshold } else { score > threshold };
                let kept = group.iter().enumerate().filter(|(i, row)| *i < min || stays(row.score as f64));
                expected.extend(kept.map(|(_, row)| row.ordinal));
            }
            expected.sort_unstable();
            prop_assert_eq!(&trial.run_rows(&rows, size).kept, &expected);
            if min == 0 {
                prop_assert_eq!(&trial.run_rows(&shuffled(&rows, seed), size).kept, &expected);
            }
        }
    }
}
