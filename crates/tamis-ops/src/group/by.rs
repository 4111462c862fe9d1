//! `group.by`

use std::collections::HashMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tamis_core::barrier::{Applying, BarrierOperator, Decide, Merging, Parts, Place, each};
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Verdict};
use tamis_core::{Field, Name, Record, RecordId, StepError, Type, Value};

/// Brings records with the same key together into one.
///
/// For questions that were asked one by one and become one conversation, pages that become a document, pictures of the
/// same thing. The first record of a group in the order of the input becomes the group's; the fields in `collect` hold
/// the values of all of them, in that order, and its other fields are its own. Behind `shape.explode`, this brings what
/// was taken apart together again, with barriers in between. Inside one record, `each` does so without waiting.
///
/// A group with more than `max` records becomes several, one after the other.
///
/// Reads `by` and the fields in `collect`, writes the lists and `count_into`. A field that was collected is gone, unless
/// its list has its name. Rejects the records of a group of less than `min` with reason `too few in the group`.
///
/// # Example
/// ```yaml example
/// step: { group.by: { by: book, collect: { pages: page }, min: 2, count_into: n } }
/// in:
///   - { book: a, page: one, cover: red }
///   - { book: b, page: alone, cover: blue }
///   - { book: a, page: two, cover: green }
/// outs: [ { book: a, pages: [one, two], cover: red, page: null, n: 2 } ]
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupBy {
    /// The field, or fields, whose values have to be equal; pictures by their bytes.
    by: OneOrMore,
    /// Our lists, each with the field whose values it receives.
    collect: IndexMap<String, String>,
    /// The least number of records in a group. Default: 1.
    #[serde(default = "one")]
    min: usize,
    /// The greatest number of records in a group, at most 100000; further ones make a group of their own. Default: 1000.
    #[serde(default = "most")]
    max: usize,
    /// The field that receives the number of records in the group. Default: none.
    count_into: Option<String>,
}

/// A field or several.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMore {
    /// one field
    One(String),
    /// several fields
    More(Vec<String>),
}

fn one() -> usize {
    1
}

fn most() -> usize {
    1000
}

impl OperatorConfig for GroupBy {
    const NAME: &'static str = "group.by";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let bounded = self.min >= 1 && self.min <= self.max && self.max <= 100_000;
        if !bounded {
            let message = format!("expected 1 <= min <= max <= 100000, found {} and {}", self.min, self.max);
            scope.problem("min", message);
        }
        let by = self.keys(scope)?;
        let collect = self.lists(scope, &by)?;
        let count_into = match &self.count_into {
            Some(name) => Some(scope.write("count_into", name, Type::Int)?),
            None => None,
        };
        Bound::barrier(Group { by, collect, count_into, min: self.min, max: self.max }).filter(|_| bounded)
    }
}

impl GroupBy {
    fn keys(&self, scope: &mut Scope<'_>) -> Option<Vec<FieldRef>> {
        let (names, several): (Vec<&String>, bool) = match &self.by {
            OneOrMore::One(name) => (vec![name], false),
            OneOrMore::More(names) => (names.iter().collect(), true),
        };
        if names.is_empty() {
            scope.problem("by", "expected at least one field, found none");
        }
        let mut keys = Vec::new();
        for (i, name) in names.iter().enumerate() {
            let at = if several { format!("by[{i}]") } else { "by".to_string() };
            let Some(key) = scope.read_any(&at, name) else { continue };
            let plain = matches!(key.ty, Type::Text | Type::Int | Type::Bool | Type::Enum(_) | Type::Image);
            if plain {
                keys.push(key);
            } else {
                let message =
                    format!("expected a text, a whole number, a bool or an image, but `{name}` is {}", key.ty);
                scope.problem(&at, message);
            }
        }
        (keys.len() == names.len() && !keys.is_empty()).then_some(keys)
    }

    fn lists(&self, scope: &mut Scope<'_>, by: &[FieldRef]) -> Option<Vec<(Name, FieldRef)>> {
        if self.collect.is_empty() {
            scope.problem("collect", "expected at least one `list: field`, found none");
        }
        let mut lists: Vec<(Name, FieldRef)> = Vec::new();
        let mut written = Vec::new();
        for (into, from) in &self.collect {
            let at = format!("collect.{into}");
            let Some(found) = scope.read_any(&at, from) else { continue };
            let of = found.of.clone().filter(|image| found.ty.holds_geometry() && *image != found.name);
            if let Some(image) = of.as_ref().filter(|image| !by.iter().any(|key| key.name == **image)) {
                let message = format!("`{from}` is in the grid of `{image}`, which may differ inside a group");
                scope.problem_with_help(&at, message, format!("group by `{image}` too"));
                continue;
            }
            written.push((at, into, Field { ty: Type::list(found.ty.clone()), of: found.of.clone() }));
            lists.push((into.as_str().into(), found));
        }
        for (_, from) in &lists {
            let stays = from.members.len() + by.iter().filter(|key| key.name == from.name).count();
            if stays == 0 {
                scope.remove(&from.name);
            }
        }
        for (at, into, field) in written {
            scope.write(&at, into, field)?;
        }
        (lists.len() == self.collect.len() && !lists.is_empty()).then_some(lists)
    }
}

struct Group {
    by: Vec<FieldRef>,
    collect: Vec<(Name, FieldRef)>,
    count_into: Option<Name>,
    min: usize,
    max: usize,
}

/// 128 bits of a record's key, and its id.
type Row = (u128, RecordId);

/// What becomes of a row.
#[derive(Serialize, Deserialize)]
enum Fate {
    /// it becomes the group's record; the others
    Carries(Vec<Place>),
    /// it goes into this record
    Joins(RecordId),
    /// its group has too few
    TooFew(u32),
}

/// A group in the order of the input: its record, and how many further rows it has.
struct Members {
    first: RecordId,
    places: Vec<Place>,
}

impl BarrierOperator for Group {
    type Summary = Vec<Row>;
    type Decision = Vec<Fate>;

    fn map(&self, records: &[Record], ctx: &Context<'_>) -> (Vec<Row>, Vec<(usize, StepError)>) {
        each(records, |record| Ok((self.key(record, ctx)?, record.id)))
    }

    fn merge(
        &self,
        parts: &Parts<'_, Vec<Row>>,
        decide: &mut Decide<'_, Vec<Fate>>,
        ctx: &Merging<'_>,
    ) -> Result<(), StepError> {
        // The groups of a key, in order; a full one is followed by a new one.
        let mut groups: Vec<Members> = Vec::new();
        let mut open: HashMap<u128, usize> = HashMap::new();
        let mut group_of: Vec<u32> = Vec::new();
        for (part, rows) in parts.iter().enumerate() {
            for (row, (key, id)) in rows?.into_iter().enumerate() {
                let place = Place { part: part as u32, row: row as u32 };
                let group = match open.get(&key).filter(|group| groups[**group].places.len() < self.max) {
                    Some(group) => *group,
                    None => {
                        groups.push(Members { first: id, places: Vec::new() });
                        open.insert(key, groups.len() - 1);
                        groups.len() - 1
                    }
                };
                groups[group].places.push(place);
                group_of.push(group as u32);
            }
        }
        drop(open);
        let mut groups_of = group_of.into_iter();
        for part in 0..parts.len() {
            let rows = parts.get(part)?;
            let fates = rows.iter().zip(groups_of.by_ref()).map(|((_, id), group)| {
                let group = &mut groups[group as usize];
                if group.places.len() < self.min && !group.places.is_empty() {
                    Fate::TooFew(group.places.len() as u32)
                } else if group.first == *id {
                    Fate::Carries(std::mem::take(&mut group.places).split_off(1))
                } else {
                    Fate::Joins(group.first.child(ctx.ctx.step, 0))
                }
            });
            decide.put(&fates.collect())?;
        }
        Ok(())
    }

    fn apply(
        &self,
        record: &mut Record,
        row: usize,
        decision: &Vec<Fate>,
        ctx: &Applying<'_>,
    ) -> Result<Verdict, StepError> {
        match decision.get(row) {
            Some(Fate::Carries(others)) => self.gathered(record, others, ctx),
            Some(Fate::Joins(group)) => Ok(Verdict::Gathered(vec![*group])),
            Some(Fate::TooFew(found)) => {
                let number = |n: usize| Value::Int(n as i64);
                let values = [("records", number(*found as usize)), ("min", number(self.min))];
                Ok(Reject::because("too few in the group", values))
            }
            None => Err(StepError::failed("nothing was decided about this record; please report it")),
        }
    }
}

impl Group {
    fn key(&self, record: &Record, ctx: &Context<'_>) -> Result<u128, StepError> {
        let mut hasher = blake3::Hasher::new();
        for key in &self.by {
            let value = key.get(record);
            let text = match value {
                Value::Media(media) => {
                    let store = &**ctx.media();
                    media.hash(store).map_err(|e| StepError::field(&key.name, e.to_string()))?.to_string()
                }
                Value::Null => return Err(crate::fields::unlike("a value to group by", record, key)),
                other => other.to_canonical_json().to_string(),
            };
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
        let mut first = [0; 16];
        first.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        Ok(u128::from_le_bytes(first))
    }

    /// The group's record: the first one, with the lists.
    fn gathered(&self, record: &Record, others: &[Place], ctx: &Applying<'_>) -> Result<Verdict, StepError> {
        let mut lists: Vec<Vec<Value>> = self.collect.iter().map(|(_, from)| vec![from.get(record).clone()]).collect();
        for place in others {
            let other = ctx.before.record(*place)?;
            for (list, (_, from)) in lists.iter_mut().zip(&self.collect) {
                list.push(from.get(&other).clone());
            }
        }
        let mut group = record.child(ctx.ctx.step, 0);
        for (_, from) in &self.collect {
            if from.members.is_empty() && !self.by.iter().any(|key| key.name == from.name) {
                group.remove(&from.name);
            }
        }
        for ((into, _), list) in self.collect.iter().zip(lists) {
            group.set(into, Value::list(list));
        }
        if let Some(count) = &self.count_into {
            group.set(count, others.len() as i64 + 1);
        }
        Ok(Verdict::Split(vec![group]))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, example, problems};

    fn with(options: &str, keys: &[&str]) -> String {
        let rows: Vec<String> = keys.iter().enumerate().map(|(i, key)| format!("{{ k: {key}, x: {i} }}")).collect();
        format!("{{ step: {{ group.by: {{ by: k, collect: {{ xs: x }}, {options} }} }}, in: [ {} ] }}", rows.join(", "))
    }

    #[test]
    fn a_full_group_is_followed_by_another() {
        let yaml = with("max: 2", &["a", "b", "a", "a", "b", "a", "a"]);
        check(&yaml.replace(
            "in:",
            "outs: [ { k: a, xs: [0, 2] }, { k: b, xs: [1, 4] }, { k: a, xs: [3, 5] }, { k: a, xs: [6] } ], in:",
        ));
    }

    #[test]
    fn those_of_a_small_group_are_rejected_and_the_others_go_into_one() {
        let example = example(&with("min: 2", &["a", "b", "a"])).unwrap();
        for part in 1..4 {
            let outcome = example.run_barrier(&example.bind().unwrap().0, part).unwrap();
            assert_eq!((outcome.passed.len(), outcome.rejected.len(), outcome.gathered.len()), (1, 1, 1));
            assert_eq!(outcome.gathered[0].into, [outcome.passed[0].id]);
            assert_eq!(outcome.rejected[0].reason, "too few in the group");
        }
    }

    #[test]
    fn a_list_may_take_the_name_of_its_field_and_a_key_stays() {
        check(
            "{ step: { group.by: { by: [k, l], collect: { x: x, ks: k } } }, in: [ { k: a, l: 1, x: 1 }, { k: a, l: 2, x: 2 }, { k: a, l: 1, x: 3 } ], outs: [ { k: a, x: [1, 3], ks: [a, a] }, { x: [2] } ] }",
        );
    }

    #[test]
    fn what_cannot_be_a_key_or_a_list_is_a_problem() {
        let told = problems("{ step: { group.by: { by: f, collect: { xs: x } } }, in: [ { f: 1.5, x: 1 } ] }");
        assert!(told.contains("expected a text, a whole number"), "{told}");
        let told = problems(
            "{ step: { group.by: { by: k, collect: { bs: b } } }, images: { i: 8x8 }, types: { b: box }, in: [ { k: a, b: [0, 0, 1, 1] } ] }",
        );
        assert!(told.contains("in the grid of `i`") && told.contains("group by `i` too"), "{told}");
        assert!(problems(&with("min: 3, max: 2", &["a"])).contains("min <= max"));
        assert!(problems(&with("", &["a"]).replace("{ xs: x }", "{}")).contains("at least one"));
    }
}
