//! `sample.proximity`

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tamis_core::barrier::{Applying, BarrierOperator, Decide, Merging, Parts, Place};
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Verdict};
use tamis_core::rng::Rng;
use tamis_core::{Name, Record, RecordId, StepError, Type, Value};

use super::walk::Walk;
use crate::matrix::{HasVectors, Matrix, Metric, Vectors, vector};
use crate::take::Take;

/// Makes groups of records that are near each other, drawn at random by the distance of their vectors.
///
/// A seed is drawn, then one record after the other, each in proportion to `1 / (sum of d^power + epsilon)` over its
/// distances `d` to those drawn before: near ones often, far ones seldom. Within a group no record is drawn twice; it may
/// be in several groups. Records are worked on in batches in the order of the input. Distances are those of the
/// directions of the vectors: 0 to 2.
///
/// Reads `vector` and the fields in `take`; writes a list for each name in `take`, with the values of the group's records
/// in the order in which they were drawn. A group is a new record made of its seed, whose other fields it keeps; a seed
/// of several groups becomes several records. Records that are only in groups of others end there; a record in no group
/// is rejected with reason `in no group`. A record whose vector has no direction fails.
///
/// # Example
/// ```yaml example
/// step: { sample.proximity: { vector: v, batch: 2, groups: 1, sizes: { 2: 1 }, take: { names: name } } }
/// types: { v: vector }
/// in: [ { name: a, v: AAAAAAAAgD8= }, { name: b, v: AACAPwAAAAA= } ]
/// outs: [ { names: [a, b] } ]
/// ```
///
/// Source: SMiR (arXiv:2501.03675), random sampling with iteration.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleProximity {
    /// The vector.
    vector: String,
    /// How many records are drawn from at a time: 2 to 1000000. Default: 20000.
    batch: Option<usize>,
    /// How many groups are drawn in a batch; in the last, smaller one in proportion. Default: 5000.
    groups: Option<usize>,
    /// The sizes of groups, seed included, with their weights: 2 to 100. Default: `{4: 0.35, 5: 0.65}`.
    #[serde(default)]
    sizes: IndexMap<String, f64>,
    /// The power of the distance: 1 to 100. The greater, the tighter the groups. Default: 12.
    power: Option<u32>,
    /// What is added to the sum of powers, so that copies do not weigh infinitely; records nearer than its root weigh
    /// alike. Above 0. Default: 1e-12.
    epsilon: Option<f64>,
    /// What is taken of each record of a group: `{list: field}`.
    take: IndexMap<String, String>,
}

impl OperatorConfig for SampleProximity {
    const NAME: &'static str = "sample.proximity";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let (batch, groups) = (self.batch.unwrap_or(20_000), self.groups.unwrap_or(5000));
        let (power, epsilon) = (self.power.unwrap_or(12), self.epsilon.unwrap_or(1e-12));
        let mut whole = true;
        let mut need = |holds: bool, at: &str, message: String| {
            if !holds {
                scope.problem(at, message);
                whole = false;
            }
        };
        need((2..=1_000_000).contains(&batch), "batch", format!("expected 2 to 1000000, found {batch}"));
        need((1..=1_000_000).contains(&groups), "groups", format!("expected 1 to 1000000, found {groups}"));
        need((1..=100).contains(&power), "power", format!("expected 1 to 100, found {power}"));
        need(epsilon > 0.0 && epsilon.is_finite(), "epsilon", format!("expected a number above 0, found {epsilon}"));
        need(!self.take.is_empty(), "take", "expected at least one field, found none".to_string());
        let sizes = sizes(&self.sizes, &mut need);
        let vector = scope.read("vector", &self.vector, &Type::Vector);
        let take = Take::bind(scope, &self.take);
        let (vector, take) = (vector?, take?);
        for (name, ty) in take.types().collect::<Vec<_>>() {
            whole &= scope.write(&format!("take.{name}"), name, Type::list(ty.clone())).is_some();
        }
        whole.then_some(())?;
        Bound::barrier(Proximity { vector, batch, groups, walk: Walk { power, epsilon, sizes }, take })
    }
}

fn sizes(sizes: &IndexMap<String, f64>, need: &mut impl FnMut(bool, &str, String)) -> Vec<(usize, f64)> {
    if sizes.is_empty() {
        return vec![(4, 0.35), (5, 0.65)];
    }
    let mut read = Vec::new();
    for (size, weight) in sizes {
        let at = format!("sizes.{size}");
        let number = size.parse().unwrap_or(0);
        need((2..=100).contains(&number), &at, format!("expected a size of 2 to 100, found `{size}`"));
        need(*weight >= 0.0 && weight.is_finite(), &at, format!("expected a weight of 0 or more, found {weight}"));
        read.push((number, *weight));
    }
    need(sizes.values().sum::<f64>() > 0.0, "sizes", "expected a weight above 0, found none".to_string());
    read
}

struct Proximity {
    vector: FieldRef,
    batch: usize,
    groups: usize,
    walk: Walk,
    take: Take,
}

/// The vectors of a part and whose they are.
#[derive(Default, Serialize, Deserialize)]
struct Summary {
    ids: Vec<RecordId>,
    vectors: Vectors,
}

impl HasVectors for Summary {
    fn vectors(&self) -> &Vectors {
        &self.vectors
    }
}

/// What becomes of a record.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Fate {
    /// it is in no group
    Alone,
    /// it is in these groups of others
    Gathered(Vec<RecordId>),
    /// it is the seed of these groups: the places of their records, its own first
    Seed(Vec<Vec<Place>>),
}

/// Records that are drawn from together.
#[derive(Default)]
struct Batch {
    points: Matrix,
    ids: Vec<RecordId>,
    places: Vec<Place>,
}

impl BarrierOperator for Proximity {
    type Summary = Summary;
    type Decision = Vec<Fate>;

    fn map(&self, records: &[Record], _: &Context<'_>) -> (Summary, Vec<(usize, StepError)>) {
        let mut ids = Vec::with_capacity(records.len());
        let (vectors, errors) = Vectors::of(records, |record| {
            let vector = vector(record, &self.vector, Metric::Cosine)?.normalised();
            ids.push(record.id);
            Ok(vector)
        });
        (Summary { ids, vectors }, errors)
    }

    fn merge(
        &self,
        parts: &Parts<'_, Summary>,
        decide: &mut Decide<'_, Vec<Fate>>,
        ctx: &Merging<'_>,
    ) -> Result<(), StepError> {
        // A part is decided when all batches in which it has records are drawn.
        let (mut batch, mut drawn, mut dims) = (Batch::default(), 0, None);
        let (mut fates, mut lengths) = (Vec::new(), std::collections::VecDeque::new());
        for (part, summary) in parts.iter().enumerate() {
            let summary = summary?;
            lengths.push_back(summary.ids.len());
            for (row, (vector, id)) in summary.vectors.iter().zip(&summary.ids).enumerate() {
                batch.points.push_like(vector, *dims.get_or_insert(vector.len()))?;
                batch.ids.push(*id);
                batch.places.push(Place { part: part as u32, row: row as u32 });
                if batch.ids.len() == self.batch {
                    fates.extend(self.draw(&std::mem::take(&mut batch), drawn, ctx.ctx)?);
                    drawn += 1;
                }
            }
            while let Some(length) = lengths.front().copied().filter(|length| *length <= fates.len()) {
                decide.put(&fates.drain(..length).collect())?;
                lengths.pop_front();
            }
        }
        if !batch.ids.is_empty() {
            fates.extend(self.draw(&batch, drawn, ctx.ctx)?);
        }
        lengths.into_iter().try_for_each(|length| decide.put(&fates.drain(..length).collect()))
    }

    fn apply(
        &self,
        record: &mut Record,
        row: usize,
        fates: &Vec<Fate>,
        ctx: &Applying<'_>,
    ) -> Result<Verdict, StepError> {
        match &fates[row] {
            Fate::Alone => Ok(Reject::because("in no group", Vec::<(Name, Value)>::new())),
            Fate::Gathered(into) => Ok(Verdict::Gathered(into.clone())),
            Fate::Seed(groups) => {
                let child = |(index, group): (usize, &Vec<Place>)| self.child(record, index as u32, group, ctx);
                Ok(Verdict::Split(groups.iter().enumerate().map(child).collect::<Result<_, _>>()?))
            }
        }
    }
}

impl Proximity {
    /// Draws the groups of a batch.
    fn draw(&self, batch: &Batch, number: u32, ctx: &Context<'_>) -> Result<Vec<Fate>, StepError> {
        let count = batch.ids.len();
        if count < 2 {
            return Ok(vec![Fate::Alone; count]);
        }
        let groups = (self.groups * count).div_ceil(self.batch);
        let rng = |group: usize| Rng::keyed(ctx.host.seed(), RecordId::input(""), ctx.step, &[number, group as u32]);
        let groups = self.walk.groups(&batch.points, groups, rng)?;
        let mut fates = vec![Fate::Alone; count];
        for group in &groups {
            let places = group.iter().map(|member| batch.places[*member as usize]).collect();
            match &mut fates[group[0] as usize] {
                Fate::Seed(groups) => groups.push(places),
                fate => *fate = Fate::Seed(vec![places]),
            }
        }
        let mut children = vec![0; count];
        for group in &groups {
            let seed = group[0] as usize;
            let child = batch.ids[seed].child(ctx.step, children[seed]);
            children[seed] += 1;
            for member in &group[1..] {
                match &mut fates[*member as usize] {
                    Fate::Seed(_) => {}
                    Fate::Gathered(into) => into.push(child),
                    fate => *fate = Fate::Gathered(vec![child]),
                }
            }
        }
        Ok(fates)
    }

    /// A group as a record.
    fn child(&self, seed: &Record, index: u32, group: &[Place], ctx: &Applying<'_>) -> Result<Record, StepError> {
        let mut lists: Vec<(&Name, Vec<Value>)> = self.take.types().map(|(name, _)| (name, Vec::new())).collect();
        for place in group {
            let taken =
                if *place == ctx.place { self.take.of(seed) } else { self.take.of(&ctx.before.record(*place)?) };
            lists.iter_mut().zip(taken.into_values()).for_each(|((_, list), value)| list.push(value));
        }
        let mut child = seed.child(ctx.ctx.step, index);
        lists.into_iter().for_each(|(name, list)| child.set(name, Value::list(list)));
        Ok(child)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, example, problems};

    #[test]
    fn batches_do_not_mix_and_parts_do_not_matter() {
        let yaml = "
            step: { sample.proximity: { vector: v, batch: 3, groups: 4, sizes: { 2: 1 }, take: { names: name, vs: v } } }
            types: { v: vector }
            in: [{ name: a, v: [1, 0] }, { name: b, v: [1, 1] }, { name: c, v: [0, 1] },
                 { name: d, v: [1, 0] }, { name: e, v: [1, 1] }, { name: f, v: [0, 1] }, { name: g, v: [0, 1] }]";
        let example = example(yaml).unwrap();
        let block = example.bind().unwrap().0;
        let outcome = example.run_barrier(&block, 2).unwrap();
        assert_eq!(outcome.passed.len(), 8, "four a batch; the last batch is one record");
        for group in &outcome.passed {
            let names = group.get("names").and_then(|names| names.as_list()).unwrap();
            let batch = |name: &str| "abc".contains(name);
            let [one, other] = names else { panic!("{names:?}") };
            assert_eq!(batch(one.as_text().unwrap()), batch(other.as_text().unwrap()));
            assert_eq!(one, group.get("name").unwrap(), "the seed comes first");
        }
        assert!(outcome.rejected.iter().any(|rejected| rejected.record.root.ordinal == 6));
        let children: Vec<_> = outcome.passed.iter().map(|group| group.id).collect();
        assert!(outcome.gathered.iter().all(|gathered| gathered.into.iter().all(|child| children.contains(child))));
    }

    #[test]
    fn options_out_of_range_are_problems_all_at_once() {
        let told = problems(
            "{ step: { sample.proximity: { vector: v, batch: 1, groups: 0, power: 0, epsilon: 0, sizes: { x: 1, 4: -1 }, take: {} } },
               types: { v: vector }, in: [] }",
        );
        for option in ["batch", "groups", "power", "epsilon", "sizes.x", "sizes.4", "take"] {
            assert!(told.contains(&format!("proximity.{option}`")), "{option}: {told}");
        }
        check(
            "{ step: { sample.proximity: { vector: v, take: { n: n } } }, types: { v: vector }, in: [{ n: 1, v: [1] }],
               rejects: in no group }",
        );
    }
}
