//! `shape.count`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tamis_core::barrier::{Applying, BarrierOperator, Decide, Merging, Parts, each};
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Verdict};
use tamis_core::{Name, Record, StepError, Type, Value};

use crate::fields;
use crate::whole::answers::{Answers, Ends};
use crate::whole::group::{By, Group, Groups, of_value};
use crate::whole::sort::Sorter;

/// Counts how many records have the same value, or how frequent the values in a list are.
///
/// With `by`: the number of records with the same values. With `each`: a list's values are counted over all records, as
/// often as they stand there, and the record receives the mean of `count^power` over its own values, 1 for an empty list.
/// One over that is a weight which damps frequent values: `select.sample: {each: 1, by: image_id, weight: 1 / common}`.
///
/// Reads what `by` or `each` names, writes `into`.
///
/// # Example
/// ```yaml example
/// step: { shape.count: { by: label, into: same } }
/// in: [ { label: dog }, { label: cat }, { label: dog } ]
/// outs: [ { same: 2 }, { same: 1 }, { same: 2 } ]
/// ```
///
/// ```yaml example
/// step: { shape.count: { each: objects, power: 3, into: common } }
/// in: [ { objects: [dog, cat] }, { objects: [dog] } ]
/// outs: [ { common: 4.5 }, { common: 8 } ]
/// ```
///
/// Source: ProVision (arXiv:2412.07012), one over the mean of the cubes of the counts.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShapeCount {
    /// A field or expression, or a list of them.
    by: Option<By>,
    /// A list whose values are counted instead.
    each: Option<String>,
    /// With `each`: what counts are raised to before their mean is taken, 0.01 to 10. Default 1.
    power: Option<f64>,
    /// The field that receives the number: `int` with `by`, `float` with `each`.
    into: String,
}

impl OperatorConfig for ShapeCount {
    const NAME: &'static str = "shape.count";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let what = match (&self.by, &self.each) {
            (Some(by), None) => Groups::bind(scope, "by", Some(by)).map(What::Records),
            (None, Some(each)) => fields::list_field(scope, "each", each).map(|(field, _)| What::Values(field)),
            _ => {
                scope.problem("", "expected one of `by` and `each`");
                None
            }
        };
        let power = self.power.unwrap_or(1.0);
        let ty = if self.each.is_some() { Type::Float } else { Type::Int };
        let into = scope.write("into", &self.into, ty);
        if !(0.01..=10.0).contains(&power) {
            scope.problem("power", format!("expected a power from 0.01 to 10, found {power}"));
            return None;
        }
        if self.power.is_some() && self.each.is_none() {
            scope.problem("power", "a power goes with `each`");
            return None;
        }
        Bound::barrier(Count { what: what?, power, into: into? })
    }
}

enum What {
    Records(Groups),
    Values(FieldRef),
}

struct Count {
    what: What,
    power: f64,
    into: Name,
}

/// What was found for a record: how often its value occurs, or sum and number of its values' counts.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Found {
    row: u32,
    values: u32,
    sum: f64,
}

impl BarrierOperator for Count {
    type Summary = Vec<Vec<Group>>;
    type Decision = Vec<Found>;

    fn map(&self, records: &[Record], ctx: &Context<'_>) -> (Vec<Vec<Group>>, Vec<(usize, StepError)>) {
        each(records, |record| match &self.what {
            What::Records(groups) => Ok(vec![groups.of(record, ctx)?]),
            What::Values(field) => Ok(fields::items(record, field)?.iter().map(of_value).collect()),
        })
    }

    fn merge(
        &self,
        parts: &Parts<'_, Vec<Vec<Group>>>,
        decide: &mut Decide<'_, Vec<Found>>,
        ctx: &Merging<'_>,
    ) -> Result<(), StepError> {
        let mut sorter = Sorter::<3>::new(ctx.scratch, "values");
        let ends = Ends::of(parts, |at, values: Vec<Group>| {
            values.into_iter().try_for_each(|[high, low]| sorter.push([high, low, at]))
        })?;
        let sorted = sorter.finish()?;
        let mut answers = Answers::<2>::new(ctx.scratch);
        let (mut counts, mut rows) = (sorted.cursor()?, sorted.cursor()?);
        while let Some(value) = counts.prefix::<2>() {
            let mut count = 0;
            counts.each_in(&value, |_| {
                count += 1;
                Ok(())
            })?;
            rows.each_in(&value, |[_, _, at]| answers.push([at, count]))?;
        }
        answers.each_part(&ends, |answers| {
            let mut found: Vec<Found> = Vec::new();
            for (row, [_, count]) in answers {
                let count = (count as f64).powf(self.power);
                match found.last_mut().filter(|last| last.row == row) {
                    Some(last) => *last = Found { row, values: last.values + 1, sum: last.sum + count },
                    None => found.push(Found { row, values: 1, sum: count }),
                }
            }
            decide.put(&found)
        })
    }

    fn apply(
        &self,
        record: &mut Record,
        row: usize,
        found: &Vec<Found>,
        _: &Applying<'_>,
    ) -> Result<Verdict, StepError> {
        let at = found.binary_search_by_key(&row, |found| found.row as usize).ok();
        let (sum, values) = at.map_or((1.0, 1), |at| (found[at].sum, found[at].values));
        record.set(
            &self.into,
            match self.what {
                What::Records(_) => Value::Int(sum as i64),
                What::Values(_) => Value::Float(sum / f64::from(values)),
            },
        );
        Ok(Verdict::Pass)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::testing::{check, problems};
    use crate::whole::trial::{Trial, rows};

    #[test]
    fn an_empty_list_counts_like_values_that_occur_once() {
        check(
            r#"
            step: { shape.count: { each: l, into: c } }
            types: { l: list<text> }
            in: [ { l: [] }, { l: [a, a, b] } ]
            outs: [ { c: 1 }, { c: 1.6666666666666667 } ]
            "#,
        );
    }

    #[test]
    fn what_is_counted_has_to_be_said_once() {
        let bad = |options: &str| {
            problems(&format!("{{ step: {{ shape.count: {{ into: c{options} }} }}, in: [{{ k: x, l: [1] }}] }}"))
        };
        assert!(bad("").contains("`by` and `each`") && bad(", by: k, each: l").contains("`by` and `each`"));
        assert!(bad(", by: k, power: 2").contains("goes with `each`"));
        assert!(bad(", each: l, power: 0").contains("0.01 to 10"));
        assert!(bad(", each: k").contains("expected a list"));
    }

    proptest! {
        #[test]
        fn records_are_counted_over_all_parts(rows in rows(), size in 1_usize..9) {
            let trial = Trial::of("{ shape.count: { by: [kind, score], into: n } }", "kind: text, score: int");
            for (row, record) in rows.iter().zip(&trial.run_rows(&rows, size).passed) {
                let same = rows.iter().filter(|r| r.kind == row.kind && r.score == row.score).count() as i64;
                prop_assert_eq!(record.get("n").unwrap().as_int(), Some(same));
            }
        }
    }
}
