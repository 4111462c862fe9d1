//! `ordered.cap`

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tamis_core::barrier::{Applying, BarrierOperator, Decide, Merging, Parts, each};
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Verdict};
use tamis_core::{Record, StepError, Value};

use crate::whole::group::{Group, of_value};

/// Lets each value be used at most so often: a phrase, an object, a picture.
///
/// Goes through the records in the order of the input and counts the values of a field, of a list each of its values. A
/// record that holds a value which was used `at_most` times already is rejected and uses nothing; with `over: drop`, only
/// the values that are used up leave its list, and the record goes on with the rest. A value that a record holds twice
/// counts once. Missing values count nothing.
///
/// Remembers each distinct value with its count, about 40 bytes. For a choice that does not depend on the order of the
/// input, see `select.quota`.
///
/// Reads `of`; with `over: drop`, writes it. Rejects with reason `used up` and the value; with `over: drop`, rejects
/// records of which nothing is left.
///
/// # Example
/// ```yaml example
/// step: { ordered.cap: { of: objects, at_most: 1 } }
/// in: [ { objects: [dog, cat] }, { objects: [cat, owl] }, { objects: [owl] } ]
/// kept: [0, 2]
/// ```
///
/// Source: medical vision-language pretraining with synthetic data (arXiv:2410.13523), at most 15 uses of an entity.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderedCap {
    /// The field with the value, or with a list of values.
    of: String,
    /// How many records may use a value, at least 1.
    at_most: u32,
    /// What becomes of a record with a value that is used up: `reject` (default), or `drop` takes the value out of its list.
    #[serde(default)]
    over: Over,
}

/// What becomes of a record with a value that is used up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Over {
    /// it is rejected
    #[default]
    Reject,
    /// it goes on without the value
    Drop,
}

impl OperatorConfig for OrderedCap {
    const NAME: &'static str = "ordered.cap";
    const GATE: bool = true;

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let of = scope.read_any("of", &self.of);
        let mut whole = true;
        if self.at_most == 0 {
            scope.problem("at_most", "expected at least 1, found 0");
            whole = false;
        }
        let of = of?;
        if self.over == Over::Drop && (of.ty.element().is_none() || !of.members.is_empty()) {
            scope
                .problem("over", format!("only values of a list field can be dropped, but `{}` is {}", self.of, of.ty));
            whole = false;
        }
        if matches!(of.ty.required(), tamis_core::Type::Audio | tamis_core::Type::Video) {
            scope.problem("of", format!("expected values that can be compared, but `{}` is {}", self.of, of.ty));
            whole = false;
        }
        if whole { Bound::barrier(Cap { of, at_most: self.at_most, over: self.over }) } else { None }
    }
}

struct Cap {
    of: FieldRef,
    at_most: u32,
    over: Over,
}

/// A record that holds values which are used up.
#[derive(Serialize, Deserialize)]
struct UsedUp {
    row: u32,
    /// their places among its values
    values: Vec<u32>,
}

impl Cap {
    fn values<'r>(&self, record: &'r Record) -> &'r [Value] {
        match self.of.get(record) {
            Value::Null => &[],
            Value::List(items) => items,
            one => std::slice::from_ref(one),
        }
    }

    fn used_up(&self, values: &[Group], used: &mut HashMap<Group, u32>) -> Vec<u32> {
        let over = |value: &Group| used.get(value).is_some_and(|count| *count >= self.at_most);
        let over: Vec<u32> = (0..values.len() as u32).filter(|i| over(&values[*i as usize])).collect();
        if over.is_empty() || self.over == Over::Drop {
            let mut uses: Vec<&Group> = values.iter().filter(|value| used.get(*value) < Some(&self.at_most)).collect();
            uses.sort_unstable();
            uses.dedup();
            let uses: Vec<Group> = uses.into_iter().copied().collect();
            uses.into_iter().for_each(|value| *used.entry(value).or_default() += 1);
        }
        over
    }
}

impl BarrierOperator for Cap {
    type Summary = Vec<Vec<Group>>;
    type Decision = Vec<UsedUp>;

    fn map(&self, records: &[Record], ctx: &Context<'_>) -> (Vec<Vec<Group>>, Vec<(usize, StepError)>) {
        each(records, |record| {
            let mut unread = None;
            self.of.get(record).each_media(&mut |media| {
                if let Err(error) = media.hash(&**ctx.media()) {
                    unread.get_or_insert(error);
                }
            });
            match unread {
                Some(error) => Err(StepError::field(&self.of.name, error.to_string())),
                None => Ok(self.values(record).iter().map(of_value).collect()),
            }
        })
    }

    fn merge(
        &self,
        parts: &Parts<'_, Vec<Vec<Group>>>,
        decide: &mut Decide<'_, Vec<UsedUp>>,
        _: &Merging<'_>,
    ) -> Result<(), StepError> {
        let mut used = HashMap::new();
        for part in parts.iter() {
            let mut over = Vec::new();
            for (row, values) in part?.iter().enumerate() {
                let values = self.used_up(values, &mut used);
                if !values.is_empty() {
                    over.push(UsedUp { row: row as u32, values });
                }
            }
            decide.put(&over)?;
        }
        Ok(())
    }

    fn apply(
        &self,
        record: &mut Record,
        row: usize,
        over: &Vec<UsedUp>,
        _: &Applying<'_>,
    ) -> Result<Verdict, StepError> {
        let Ok(found) = over.binary_search_by_key(&row, |over| over.row as usize) else { return Ok(Verdict::Pass) };
        let places = &over[found].values;
        let values = self.values(record);
        let left: Vec<Value> =
            (0..values.len()).filter(|i| !places.contains(&(*i as u32))).map(|i| values[i].clone()).collect();
        if self.over == Over::Drop && !left.is_empty() {
            record.set(&self.of.name, Value::list(left));
            return Ok(Verdict::Pass);
        }
        let first = places.first().and_then(|place| values.get(*place as usize)).cloned().unwrap_or_default();
        let told = [("value", first), ("at_most", Value::Int(self.at_most.into()))];
        Ok(Reject::because("used up", told))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;
    use tamis_core::Value;

    use crate::testing::{check, problems};
    use crate::whole::trial::Trial;

    #[test]
    fn values_that_are_used_up_may_leave_their_lists() {
        check(
            r#"
            step: { ordered.cap: { of: l, at_most: 2, over: drop } }
            in: [ { l: [a, a] }, { l: [a, b] }, { l: [a, b] }, { l: [c, a] } ]
            outs: [ { l: [a, a] }, { l: [a, b] }, { l: [b] }, { l: [c] } ]
            "#,
        );
    }

    #[test]
    fn a_picture_is_the_same_by_its_bytes_and_a_missing_value_uses_nothing() {
        check(
            r#"
            step: { ordered.cap: { of: picture, at_most: 1 } }
            types: { picture: image? }
            in: [ { picture: 8x8 }, { picture: 8x8 }, { picture: null }, { picture: "8x8#1" }, { picture: null } ]
            kept: [0, 2, 3, 4]
            "#,
        );
    }

    #[test]
    fn caps_that_cannot_be_are_problems() {
        let bad = |options: &str| {
            problems(&format!("{{ step: {{ ordered.cap: {{ of: k, {options} }} }}, in: [{{ k: x }}] }}"))
        };
        assert!(bad("at_most: 0").contains("at least 1"));
        assert!(bad("at_most: 1, over: drop").contains("only values of a list"));
    }

    proptest! {
        #[test]
        fn the_first_records_that_hold_a_value_stay(
            lists in prop::collection::vec(prop::collection::vec(0_i64..8, 0..4), 0..50),
            at_most in 1_usize..4, size in 1_usize..9,
        ) {
            let mut used: HashMap<i64, usize> = HashMap::new();
            let mut expected = Vec::new();
            for (i, list) in lists.iter().enumerate() {
                if list.iter().all(|value| used.get(value).copied().unwrap_or_default() < at_most) {
                    let mut list = list.clone();
                    list.sort_unstable();
                    list.dedup();
                    list.into_iter().for_each(|value| *used.entry(value).or_default() += 1);
                    expected.push(i as u64);
                }
            }
            let trial = Trial::of(&format!("{{ ordered.cap: {{ of: l, at_most: {at_most} }} }}"), "l: list<int>");
            let list = |list: &Vec<i64>| vec![("l", Value::list(list.iter().map(|n| (*n).into()).collect()))];
            prop_assert_eq!(trial.run(&lists.iter().map(list).collect::<Vec<_>>(), size).kept, expected);
        }
    }
}
