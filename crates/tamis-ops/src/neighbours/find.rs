//! `neighbours.find`

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tamis_core::barrier::{Applying, BarrierOperator, Decide, Merging, Parts, Place};
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Verdict};
use tamis_core::rng::Rng;
use tamis_core::value::Fields;
use tamis_core::{Name, Record, RecordId, StepError, Type, Value};

use super::exact;
use super::index::Index;
use super::query::Query;
use crate::matrix::{HasVectors, Metric, Nearest, Points, Summaries, Vectors, vector};
use crate::take::Take;

/// Looks up, for each record, the records whose vectors are nearest.
///
/// Up to `exact_up_to` records all pairs are compared; beyond, records are put into lists by k-means and only the nearest
/// `probes` lists are looked through (an inverted file), which misses a few neighbours. Either way the answer is the same
/// on every machine: candidates are found by 32-bit products and ranked by 64-bit distances, and of equal ones the one
/// that is first in the input is nearer.
///
/// Reads `vector`, `group` and the fields in `take`; writes `into`: a list of what is taken of each neighbour with its
/// `distance`, nearest first, of at most `k`. A record whose vector has no direction fails where `metric` is `cosine`.
///
/// # Example
/// ```yaml example
/// step: { neighbours.find: { vector: v, k: 1, take: { name: name }, into: near } }
/// types: { v: vector }
/// in:
///   - { name: north, v: AAAAAAAAgD8= }
///   - { name: east, v: AACAPwAAAAA= }
///   - { name: far east, v: AAAAQAAAAAA= }
/// outs:
///   - { near: [ { name: east, distance: 1.0 } ] }
///   - { near: [ { name: far east, distance: 0.0 } ] }
///   - { near: [ { name: east, distance: 0.0 } ] }
/// ```
///
/// Source: inverted file with exact ranking as in FAISS (Johnson et al. 2017, arXiv:1702.08734, section 2.2).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NeighboursFind {
    /// The vector.
    vector: String,
    /// How many neighbours at most: 1 to 1000. Default: 5.
    k: Option<usize>,
    /// How distance is measured: `cosine` (1 - cosine: 0 to 2), `l2` (length of the difference) or `dot` (the negative
    /// scalar product). Default: `cosine`.
    #[serde(default)]
    metric: Metric,
    /// What is taken of each neighbour: `{name: field}`.
    #[serde(default)]
    take: IndexMap<String, String>,
    /// The field that receives the list.
    into: String,
    /// Whether a record is its own neighbour. Default: false.
    #[serde(default)]
    itself: bool,
    /// Records with the same value in this field are no neighbours. Default: none.
    group: Option<String>,
    /// Nearer records are no neighbours, such as copies. Default: none.
    min_distance: Option<f64>,
    /// Farther records are no neighbours. Default: none.
    max_distance: Option<f64>,
    /// Up to so many records, all pairs are compared. Default: 50000.
    exact_up_to: Option<usize>,
    /// Lists beyond `exact_up_to`: 1 to 65536. Default: the square root of the number of records.
    lists: Option<usize>,
    /// Lists that are looked through for each record. More find more and take longer. Default: 32.
    probes: Option<usize>,
}

impl OperatorConfig for NeighboursFind {
    const NAME: &'static str = "neighbours.find";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let (k, probes) = (self.k.unwrap_or(5), self.probes.unwrap_or(32));
        let mut whole = true;
        let mut need = |holds: bool, at: &str, message: String| {
            if !holds {
                scope.problem(at, message);
                whole = false;
            }
        };
        need((1..=1000).contains(&k), "k", format!("expected 1 to 1000, found {k}"));
        need(probes > 0, "probes", "expected at least 1, found 0".to_string());
        let lists = self.lists.unwrap_or(1);
        need((1..=65536).contains(&lists), "lists", format!("expected 1 to 65536, found {lists}"));
        let empty = |(min, max): (f64, f64)| min > max;
        let nothing = self.min_distance.zip(self.max_distance).is_some_and(empty);
        need(!nothing, "max_distance", "expected at least `min_distance`".to_string());
        let vector = scope.read("vector", &self.vector, &Type::Vector);
        let group = match &self.group {
            Some(path) => scope.read_any("group", path).map(Some),
            None => Some(None),
        };
        let take = Take::bind(scope, &self.take);
        let (vector, group, take) = (vector?, group?, take?);
        if self.take.contains_key("distance") {
            scope.problem("take.distance", "`distance` is the neighbour's distance; choose another name");
            return None;
        }
        let mut member: IndexMap<Name, Type> = take.types().map(|(n, t)| (n.clone(), t.clone())).collect();
        member.insert("distance".into(), Type::Float);
        let into = scope.write("into", &self.into, Type::list(Type::Struct(member)))?;
        whole.then_some(())?;
        Bound::barrier(Find {
            vector,
            group,
            take,
            into,
            metric: self.metric,
            k,
            itself: self.itself,
            min: self.min_distance,
            max: self.max_distance,
            exact_up_to: self.exact_up_to.unwrap_or(50_000),
            lists: self.lists,
            probes,
        })
    }
}

struct Find {
    vector: FieldRef,
    group: Option<FieldRef>,
    take: Take,
    into: Name,
    metric: Metric,
    k: usize,
    itself: bool,
    min: Option<f64>,
    max: Option<f64>,
    exact_up_to: usize,
    lists: Option<usize>,
    probes: usize,
}

/// The vectors of a part, and the hashes of what `group` holds.
#[derive(Default, Serialize, Deserialize)]
struct Summary {
    vectors: Vectors,
    groups: Vec<u64>,
}

/// The neighbours of each row.
type Neighbours = Vec<Vec<(Place, f64)>>;

impl BarrierOperator for Find {
    type Summary = Summary;
    type Decision = Neighbours;

    fn map(&self, records: &[Record], _: &Context<'_>) -> (Summary, Vec<(usize, StepError)>) {
        let (mut summary, mut errors) = (Summary::default(), Vec::new());
        for (i, record) in records.iter().enumerate() {
            match vector(record, &self.vector, self.metric) {
                Ok(vector) => summary.vectors.push(&self.metric.prepared(vector)),
                Err(error) => {
                    errors.push((i, error));
                    continue;
                }
            }
            summary.groups.extend(self.group.as_ref().map(|group| hash(group.get(record))));
        }
        (summary, errors)
    }

    fn merge(
        &self,
        parts: &Parts<'_, Summary>,
        decide: &mut Decide<'_, Neighbours>,
        ctx: &Merging<'_>,
    ) -> Result<(), StepError> {
        let (mut firsts, mut groups, mut count) = (Vec::new(), Vec::new(), 0);
        for part in parts.iter() {
            let part = part?;
            firsts.push(count);
            count += part.vectors.len();
            groups.extend(part.groups);
        }
        let (metric, itself) = (self.metric, self.itself);
        let query = Query { metric, k: self.k, itself, min: self.min, max: self.max, groups };
        let vectors = Summaries(parts);
        let found = if count <= self.exact_up_to {
            exact::nearest(vectors.all()?, &query)?
        } else {
            let lists = self.lists.unwrap_or_else(|| count.isqrt().min(65_536));
            let mut rng = Rng::keyed(ctx.ctx.host.seed(), RecordId::input(""), ctx.ctx.step, &[]);
            Index { lists, probes: self.probes }.nearest(&vectors, count, &query, ctx.scratch, &mut rng)?
        };
        let place = |row: u32| {
            let part = firsts.partition_point(|first| *first <= row as usize) - 1;
            Place { part: part as u32, row: row - firsts[part] as u32 }
        };
        let placed = |nearest: &Nearest| nearest.iter().map(|(row, distance)| (place(*row), *distance)).collect();
        for (part, first) in firsts.iter().enumerate() {
            let end = firsts.get(part + 1).copied().unwrap_or(count);
            decide.put(&found[*first..end].iter().map(placed).collect())?;
        }
        Ok(())
    }

    fn apply(
        &self,
        record: &mut Record,
        row: usize,
        neighbours: &Neighbours,
        ctx: &Applying<'_>,
    ) -> Result<Verdict, StepError> {
        let neighbour = |(place, distance): &(Place, f64)| {
            let mut fields = match self.take.types().next() {
                Some(_) => self.take.of(&ctx.before.record(*place)?),
                None => Fields::new(),
            };
            fields.insert("distance".into(), Value::Float(*distance));
            Ok(Value::Map(fields.into()))
        };
        let neighbours = neighbours[row].iter().map(neighbour).collect::<Result<_, StepError>>()?;
        record.set(&self.into, Value::list(neighbours));
        Ok(Verdict::Pass)
    }
}

fn hash(value: &Value) -> u64 {
    let hash = blake3::hash(value.to_canonical_json().to_string().as_bytes());
    hash.as_bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

impl HasVectors for Summary {
    fn vectors(&self) -> &Vectors {
        &self.vectors
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, example, problems};

    const FOUR: &str = "types: { v: vector }
in:
  - { name: a, g: 1, v: AACAPwAAAAA= }
  - { name: b, g: 1, v: AACAPwAAgD8= }
  - { name: c, g: 2, v: AAAAAAAAgD8= }
  - { name: d, g: 2, v: AACAPwAAAAA= }
";

    #[test]
    fn the_same_group_copies_and_far_ones_can_be_left_out() {
        let run = |options: &str, outs: &str| {
            check(&format!(
                "step: {{ neighbours.find: {{ vector: v, into: n, take: {{ x: name }}, {options} }} }}\n{FOUR}{outs}"
            ));
        };
        run("k: 1, group: g", "outs: [{ n: [{ x: d, distance: 0.0 }] }, {}, {}, { n: [{ x: a, distance: 0.0 }] }]");
        run("k: 1, itself: true", "outs: [{ n: [{ x: a, distance: 0.0 }] }, {}, {}, { n: [{ x: a, distance: 0.0 }] }]");
        run("metric: l2, k: 1, min_distance: 0.5", "outs: [{ n: [{ x: b, distance: 1.0 }] }, {}, {}, {}]");
        run("metric: l2, max_distance: 0.5", "outs: [{ n: [{ x: d, distance: 0.0 }] }, { n: [] }, { n: [] }, {}]");
        run("metric: dot, k: 1", "outs: [{ n: [{ x: b, distance: -1.0 }] }, {}, {}, {}]");
        run("k: 1, exact_up_to: 0", "outs: [{ n: [{ x: d, distance: 0.0 }] }, {}, {}, {}]");
    }

    #[test]
    fn vectors_of_different_models_end_the_step_with_words() {
        let example = example(
            "{ step: { neighbours.find: { vector: v, into: n } }, types: { v: vector }, in: [{ v: AACAPw== }, { v: AACAPwAAgD8= }] }",
        )
        .unwrap();
        let error = example.run_barrier(&example.bind().unwrap().0, 1).unwrap_err();
        assert!(error.contains("come from one model"), "{error}");
    }

    #[test]
    fn a_vector_without_a_direction_fails_its_record_alone() {
        let example = example(
            "{ step: { neighbours.find: { vector: v, into: n } }, types: { v: vector }, in: [{ v: AACAPw== }, { v: AAAAAA== }] }",
        )
        .unwrap();
        let outcome = example.run_barrier(&example.bind().unwrap().0, 2).unwrap();
        assert_eq!((outcome.passed.len(), outcome.failed.len()), (1, 1));
    }

    #[test]
    fn options_that_contradict_themselves_are_problems() {
        let told = problems(
            "{ step: { neighbours.find: { vector: v, into: n, k: 0, min_distance: 1, max_distance: 0.5, take: { r: r } } },
               types: { v: vector, r: region, i: image }, in: [] }",
        );
        for part in ["1 to 1000", "at least `min_distance`", "stays with it"] {
            assert!(told.contains(part), "{told}");
        }
    }
}
