//! `score.normalise`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::barrier::{Applying, BarrierOperator, Decide, Merging, Parts};
use tamis_core::bind::Scope;
use tamis_core::operator::{Bound, Context, OperatorConfig, Verdict};
use tamis_core::{Name, Record, StepError, Type, Value};

use crate::whole::Missing;
use crate::whole::answers::Answers;
use crate::whole::group::By;
use crate::whole::numbers::{InGroups, Numbers, Sample, moments};

/// Writes where a score stands among all scores: z-score, percentile, place between least and greatest, or rank.
///
/// - `z`: how many standard deviations it lies above the mean; 0 where all scores are equal
/// - `percentile`: 0 for the least, 100 for the greatest, in between by how many are smaller; equal scores have their
///   middle; 50 where there is only one
/// - `min_max`: 0 for the least, 1 for the greatest, in between by the number; 0 where all scores are equal
/// - `rank`: 1 for the greatest; equal scores have the same rank
///
/// Scores of different models become comparable, can be added up, and `gate.require` can look at them.
///
/// Reads what `score` and `by` name, writes `into`, which is missing where `missing: keep` lets a record without a score
/// on. With `missing: reject` it rejects those.
///
/// # Example
/// ```yaml example
/// step: { score.normalise: { score: clip, method: min_max, by: model, into: clip } }
/// types: { clip: float }
/// in: [ { model: a, clip: 20 }, { model: a, clip: 40 }, { model: a, clip: 25 }, { model: b, clip: 0.3 } ]
/// outs: [ { clip: 0 }, { clip: 1 }, { clip: 0.25 }, { clip: 0 } ]
/// ```
///
/// Source: SynthVLM (arXiv:2407.20756), a weighted sum of CLIP score and SSIM, which lie on different scales.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScoreNormalise {
    /// The score: a field of numbers, or an expression.
    score: String,
    /// What is written: `z` (default), `percentile`, `min_max` or `rank`.
    #[serde(default)]
    method: Method,
    /// A field or expression, or a list of them: the place in each group. Default: among all records.
    by: Option<By>,
    /// Whether low scores are good, for `rank`. Default: no.
    #[serde(default)]
    lowest: bool,
    /// The field that receives the number; it may be the score's own.
    into: String,
    /// What becomes of a record without a score: `fail` (default), `reject`, or `keep`.
    #[serde(default)]
    missing: Missing,
}

/// What is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// standard deviations above the mean
    #[default]
    Z,
    /// 0 to 100, by how many are smaller
    Percentile,
    /// 0 to 1, by the number
    MinMax,
    /// 1 for the best
    Rank,
}

impl OperatorConfig for ScoreNormalise {
    const NAME: &'static str = "score.normalise";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let numbers = Numbers::bind(scope, &self.score, self.by.as_ref(), None, self.missing);
        let ty = if self.method == Method::Rank { Type::Int } else { Type::Float };
        let ty = if self.missing == Missing::Keep { Type::optional(ty) } else { ty };
        let into = scope.write("into", &self.into, ty);
        if self.lowest && self.method != Method::Rank {
            scope.problem("lowest", "only a rank depends on which scores are good");
            return None;
        }
        Bound::barrier(Normalise { numbers: numbers?, method: self.method, lowest: self.lowest, into: into? })
    }
}

struct Normalise {
    numbers: Numbers,
    method: Method,
    lowest: bool,
    into: Name,
}

impl BarrierOperator for Normalise {
    type Summary = Vec<Sample>;
    type Decision = Vec<(u32, f64)>;

    fn map(&self, records: &[Record], ctx: &Context<'_>) -> (Vec<Sample>, Vec<(usize, StepError)>) {
        self.numbers.map(records, ctx)
    }

    fn merge(
        &self,
        parts: &Parts<'_, Vec<Sample>>,
        decide: &mut Decide<'_, Vec<(u32, f64)>>,
        ctx: &Merging<'_>,
    ) -> Result<(), StepError> {
        let (groups, ends) = Numbers::sort(parts, ctx)?;
        let mut answers = Answers::<2>::new(ctx.scratch);
        match self.method {
            Method::Z | Method::MinMax => self.scale(&groups, &mut answers)?,
            Method::Percentile | Method::Rank => self.place(&groups, &mut answers)?,
        }
        answers.each_part(&ends, |answers| {
            decide.put(&answers.into_iter().map(|(row, [_, number])| (row, f64::from_bits(number))).collect())
        })
    }

    fn apply(
        &self,
        record: &mut Record,
        row: usize,
        places: &Vec<(u32, f64)>,
        _: &Applying<'_>,
    ) -> Result<Verdict, StepError> {
        let Ok(found) = places.binary_search_by_key(&row, |(row, _)| *row as usize) else {
            if self.numbers.missing == Missing::Keep {
                record.set(&self.into, Value::Null);
            }
            return Ok(self.numbers.missing.verdict(&self.numbers.number.name));
        };
        let number = places[found].1;
        let rank = self.method == Method::Rank;
        record.set(&self.into, if rank { Value::Int(number as i64) } else { Value::Float(number) });
        Ok(Verdict::Pass)
    }
}

impl Normalise {
    /// `(score - zero) / unit` for each score of a group.
    fn scale(&self, groups: &InGroups, answers: &mut Answers<2>) -> Result<(), StepError> {
        let (mut first, mut second, mut rows) = (groups.walk()?, groups.walk()?, groups.walk()?);
        while let Some(group) = first.group() {
            let (zero, unit) = if self.method == Method::Z {
                moments(&mut first, &mut second, group)?.unwrap_or_default()
            } else {
                let (mut least, mut greatest) = (None, 0.0);
                first.counting(group, |number, _| {
                    least.get_or_insert(number);
                    greatest = number;
                })?;
                let least = least.unwrap_or_default();
                (least, greatest - least)
            };
            rows.each(group, |row| {
                let scaled = if unit > 0.0 { (row.number - zero) / unit } else { 0.0 };
                answers.push([row.at, scaled.to_bits()])
            })?;
        }
        Ok(())
    }

    /// The place of each score by how many are smaller and how many are equal.
    fn place(&self, groups: &InGroups, answers: &mut Answers<2>) -> Result<(), StepError> {
        let (mut sizes, mut equals, mut rows) = (groups.walk()?, groups.walk()?, groups.walk()?);
        while let Some(group) = sizes.group() {
            let n = sizes.counting(group, |_, _| ())?;
            let mut smaller = 0;
            while smaller < n {
                let equal = equals.equal(|_| Ok(()))?;
                let place = match self.method {
                    Method::Rank if self.lowest => smaller as f64 + 1.0,
                    Method::Rank => (n - smaller - equal) as f64 + 1.0,
                    _ if n == 1 => 50.0,
                    _ => 100.0 * (smaller as f64 + (equal - 1) as f64 / 2.0) / (n - 1) as f64,
                };
                rows.equal(|row| answers.push([row.at, place.to_bits()]))?;
                smaller += equal;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::testing::{check, problems};
    use crate::whole::trial::{Trial, rows};

    fn written(step: &str, scores: &[f64]) -> Vec<f64> {
        let rows: Vec<_> = scores.iter().map(|score| vec![("s", (*score).into())]).collect();
        let ended = Trial::of(step, "s: float").run(&rows, 2);
        ended.passed.iter().map(|record| record.get("x").unwrap().as_float().unwrap()).collect()
    }

    #[test]
    fn each_method_says_where_a_score_stands() {
        let step = |method: &str| format!("{{ score.normalise: {{ score: s, into: x, method: {method} }} }}");
        assert_eq!(written(&step("z"), &[1.0, 3.0]), [-1.0, 1.0]);
        assert_eq!(written(&step("z"), &[2.0, 2.0]), [0.0, 0.0]);
        assert_eq!(written(&step("percentile"), &[5.0, 1.0, 5.0]), [75.0, 0.0, 75.0]);
        assert_eq!(written(&step("percentile"), &[5.0]), [50.0]);
        assert_eq!(written(&step("rank"), &[5.0, 1.0, 5.0]), [1.0, 3.0, 1.0]);
        assert_eq!(written(&step("rank, lowest: true"), &[5.0, 1.0, 5.0]), [2.0, 1.0, 2.0]);
    }

    #[test]
    fn a_record_without_a_score_may_go_on_without_a_place() {
        check(
            r#"
            step: { score.normalise: { score: s, method: rank, into: r, missing: keep } }
            types: { s: int? }
            in: [ { s: 4 }, { s: null } ]
            outs: [ { r: 1 }, { r: null } ]
            "#,
        );
        let told = problems("{ step: { score.normalise: { score: s, into: r, lowest: true } }, in: [{ s: 1 }] }");
        assert!(told.contains("only a rank"), "{told}");
    }

    proptest! {
        #[test]
        fn places_are_those_among_the_scores_of_the_group(rows in rows(), size in 1_usize..9) {
            for (method, in_all) in [("percentile", 100.0), ("rank", 1.0)] {
                let step = format!("{{ score.normalise: {{ score: score, into: x, by: kind, method: {method} }} }}");
                let ended = Trial::of(&step, "kind: text, score: int").run_rows(&rows, size);
                for (row, record) in rows.iter().zip(&ended.passed) {
                    let group: Vec<i64> = rows.iter().filter(|r| r.kind == row.kind).map(|r| r.score).collect();
                    let count = |holds: &dyn Fn(i64) -> bool| group.iter().filter(|score| holds(**score)).count() as f64;
                    let expected = match (method, group.len()) {
                        ("rank", _) => count(&|score| score > row.score) + 1.0,
                        (_, 1) => 50.0,
                        (_, n) => {
                            let equal = count(&|score| score == row.score) - 1.0;
                            in_all * (count(&|score| score < row.score) + equal / 2.0) / (n - 1) as f64
                        }
                    };
                    let found = record.get("x").unwrap().as_float().unwrap();
                    prop_assert!((found - expected).abs() < 1e-9, "{} instead of {}", found, expected);
                }
            }
        }
    }
}
