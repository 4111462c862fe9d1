//! `ordered.running`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::barrier::{Applying, BarrierOperator, Decide, Merging, Parts, each};
use tamis_core::bind::Scope;
use tamis_core::operator::{Bound, Context, OperatorConfig, Verdict};
use tamis_core::{Name, Record, StepError, Type, Value};

use crate::whole::answers::{Answers, Ends};
use crate::whole::group::{By, Group, Groups};
use crate::whole::number::Number;
use crate::whole::numbers::Sum;
use crate::whole::sort::Sorter;

/// Writes the count, sum, mean, least or greatest of a number over the records so far, in the order of the input.
///
/// The record itself is included, unless `before: true`. A condition counts as 1 where it holds, so that its mean is a
/// rate: with `{of: "label == 'yes'", what: mean, into: yes_rate}`, a later `gate.require` can hold a rate down. A record
/// without a number adds nothing and receives what there was before it.
///
/// Reads what `of` and `by` name, writes `into`: `int` for a count, else `float`; missing while there is nothing a mean,
/// least or greatest could be of. A sum of nothing is 0.
///
/// # Example
/// ```yaml example
/// step: { ordered.running: { of: score, what: mean, by: kind, into: so_far } }
/// in: [ { kind: a, score: 1 }, { kind: b, score: 7 }, { kind: a, score: 2 } ]
/// outs: [ { so_far: 1 }, { so_far: 7 }, { so_far: 1.5 } ]
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderedRunning {
    /// A field of numbers, or an expression; true is 1, false is 0. Default with `count`: every record counts.
    of: Option<String>,
    /// `count`, `sum`, `mean`, `min` or `max`.
    what: What,
    /// A field or expression, or a list of them: each group for itself. Default: all records together.
    by: Option<By>,
    /// Whether the record itself is left out. Default: no.
    #[serde(default)]
    before: bool,
    /// The field that receives the number.
    into: String,
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// how many there were
    Count,
    /// their sum
    Sum,
    /// their mean
    Mean,
    /// the least
    Min,
    /// the greatest
    Max,
}

impl OperatorConfig for OrderedRunning {
    const NAME: &'static str = "ordered.running";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let of = self.of.as_ref().map(|of| Number::bind(scope, "of", of));
        let groups = Groups::bind(scope, "by", self.by.as_ref());
        let ty = match self.what {
            What::Count => Type::Int,
            What::Sum => Type::Float,
            _ => Type::optional(Type::Float),
        };
        let into = scope.write("into", &self.into, ty);
        if of.is_none() && self.what != What::Count {
            scope.problem("of", "expected a field of numbers or an expression, found none");
            return None;
        }
        let of = match of {
            Some(bound) => Some(bound?),
            None => None,
        };
        Bound::barrier(Running { of, groups: groups?, what: self.what, before: self.before, into: into? })
    }
}

struct Running {
    of: Option<Number>,
    groups: Groups,
    what: What,
    before: bool,
    into: Name,
}

/// What was seen of a group so far.
#[derive(Default)]
struct State {
    count: u64,
    sum: Sum,
    least: Option<f64>,
    greatest: Option<f64>,
}

impl State {
    fn add(&mut self, number: f64) {
        self.count += 1;
        self.sum.add(number);
        self.least = Some(self.least.map_or(number, |least| least.min(number)));
        self.greatest = Some(self.greatest.map_or(number, |greatest| greatest.max(number)));
    }

    fn tell(&self, what: What) -> Option<f64> {
        match what {
            What::Count => Some(self.count as f64),
            What::Sum => Some(self.sum.value()),
            What::Mean => (self.count > 0).then(|| self.sum.value() / self.count as f64),
            What::Min => self.least,
            What::Max => self.greatest,
        }
    }
}

impl BarrierOperator for Running {
    type Summary = Vec<(Group, Option<f64>)>;
    type Decision = Vec<Option<f64>>;

    fn map(&self, records: &[Record], ctx: &Context<'_>) -> (Self::Summary, Vec<(usize, StepError)>) {
        each(records, |record| {
            let number = self.of.as_ref().map_or(Ok(Some(1.0)), |of| of.of(record, ctx))?;
            Ok((self.groups.of(record, ctx)?, number))
        })
    }

    fn merge(
        &self,
        parts: &Parts<'_, Self::Summary>,
        decide: &mut Decide<'_, Vec<Option<f64>>>,
        ctx: &Merging<'_>,
    ) -> Result<(), StepError> {
        let mut sorter = Sorter::<5>::new(ctx.scratch, "groups");
        let ends = Ends::of(parts, |at, (group, number): (Group, Option<f64>)| {
            sorter.push([group[0], group[1], at, number.is_some().into(), number.unwrap_or_default().to_bits()])
        })?;
        let sorted = sorter.finish()?;
        let mut answers = Answers::<3>::new(ctx.scratch);
        let mut rows = sorted.cursor()?;
        while let Some(group) = rows.prefix::<2>() {
            let mut state = State::default();
            rows.each_in(&group, |[_, _, at, known, number]| {
                let before = state.tell(self.what);
                if known == 1 {
                    state.add(f64::from_bits(number));
                }
                let told = if self.before { before } else { state.tell(self.what) };
                answers.push([at, told.is_some().into(), told.unwrap_or_default().to_bits()])
            })?;
        }
        answers.each_part(&ends, |answers| {
            let told = |(_, [_, known, number]): (u32, [u64; 3])| (known == 1).then(|| f64::from_bits(number));
            decide.put(&answers.into_iter().map(told).collect())
        })
    }

    fn apply(
        &self,
        record: &mut Record,
        row: usize,
        told: &Vec<Option<f64>>,
        _: &Applying<'_>,
    ) -> Result<Verdict, StepError> {
        let value = match (told.get(row).copied().flatten(), self.what) {
            (Some(count), What::Count) => Value::Int(count as i64),
            (Some(number), _) => Value::Float(number),
            (None, _) => Value::Null,
        };
        record.set(&self.into, value);
        Ok(Verdict::Pass)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::testing::{check, problems};
    use crate::whole::trial::{Trial, rows};

    #[test]
    fn a_rate_so_far_leaves_the_record_out_if_asked() {
        check(
            r#"
            step: { ordered.running: { of: "label == 'yes'", what: mean, before: true, into: rate } }
            in: [ { label: "yes" }, { label: "no" }, { label: "yes" } ]
            outs: [ { rate: null }, { rate: 1 }, { rate: 0.5 } ]
            "#,
        );
    }

    #[test]
    fn a_record_without_a_number_receives_what_was_before() {
        check(
            r#"
            step: { ordered.running: { of: n, what: max, into: most } }
            types: { n: int? }
            in: [ { n: null }, { n: 3 }, { n: null }, { n: 1 } ]
            outs: [ { most: null }, { most: 3 }, { most: 3 }, { most: 3 } ]
            "#,
        );
        let told = problems("{ step: { ordered.running: { what: sum, into: s } }, in: [{ n: 1 }] }");
        assert!(told.contains("expected a field of numbers"), "{told}");
    }

    proptest! {
        #[test]
        fn counts_and_sums_are_those_of_the_records_so_far(rows in rows(), size in 1_usize..9, before in any::<bool>()) {
            for what in ["count", "sum", "min"] {
                let step = format!(
                    "{{ ordered.running: {{ of: score, what: {what}, by: kind, before: {before}, into: x }} }}"
                );
                let ended = Trial::of(&step, "kind: text, score: int").run_rows(&rows, size);
                for (i, record) in ended.passed.iter().enumerate() {
                    let seen = rows.iter().take(i + usize::from(!before)).filter(|row| row.kind == rows[i].kind);
                    let scores: Vec<i64> = seen.map(|row| row.score).collect();
                    let expected = match what {
                        "count" => Some(scores.len() as f64),
                        "sum" => Some(scores.iter().sum::<i64>() as f64),
                        _ => scores.iter().min().map(|least| *least as f64),
                    };
                    prop_assert_eq!(record.get("x").unwrap().as_float(), expected);
                }
            }
        }
    }
}
