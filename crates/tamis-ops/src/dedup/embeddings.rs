//! `dedup.embeddings`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tamis_core::barrier::{Applying, BarrierOperator, Decide, Merging, Parts};
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Verdict};
use tamis_core::rng::Rng;
use tamis_core::{Record, RecordId, StepError, Type, Value};

use crate::matrix::{
    BLOCK, HasVectors, Matrix, Metric, Panels, Points, Products, Shelves, Summaries, Training, Vectors, in_order,
    sampled, vector,
};

/// Removes records that mean the same as another one, by the cosine of their vectors (SemDeDup).
///
/// Records are put into clusters by k-means; within each, every pair is compared. `keep` says in which order records are
/// taken up; a record goes if one that was taken up before it, and stays, is as similar as `similarity`. Pairs in
/// different clusters are not compared, so that a few are missed when there are many clusters.
///
/// Reads `vector`. Rejects with reason `same meaning`, the record that stays in `of` and the cosine in `similarity`. A
/// record whose vector has no direction fails.
///
/// # Example
/// ```yaml example
/// step: { dedup.embeddings: { vector: v, keep: first } }
/// types: { v: vector }
/// in: [ { v: AAAAAAAAgD8= }, { v: AACAPwAAAAA= }, { v: AAAAQAAAAAA= } ]
/// kept: [0, 1]
/// ```
///
/// Source: SemDeDup (arXiv:2303.09540), where the record farthest from its centre stays. There a record goes because of
/// any that comes before it; here only because of one that stays itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DedupEmbeddings {
    /// The vector.
    vector: String,
    /// From which cosine on two records mean the same: above 0, at most 1. Default: 0.95.
    similarity: Option<f64>,
    /// How many clusters: 1 to 65536. Default: one for each 1000 records begun.
    clusters: Option<usize>,
    /// Which of several alike records stays: the one `farthest` from the centre of its cluster, the `nearest`, or the
    /// `first` in the input. Default: `farthest`.
    #[serde(default)]
    keep: Keep,
}

/// Which of several alike records stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// the one farthest from the centre of its cluster
    #[default]
    Farthest,
    /// the one nearest to the centre of its cluster
    Nearest,
    /// the first in the input
    First,
}

impl OperatorConfig for DedupEmbeddings {
    const NAME: &'static str = "dedup.embeddings";
    const GATE: bool = true;

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let similarity = self.similarity.unwrap_or(0.95);
        let mut whole = true;
        if !(similarity > 0.0 && similarity <= 1.0) {
            scope.problem("similarity", format!("expected above 0 and at most 1, found {similarity}"));
            whole = false;
        }
        if let Some(clusters) = self.clusters.filter(|clusters| !(1..=65_536).contains(clusters)) {
            scope.problem("clusters", format!("expected 1 to 65536, found {clusters}"));
            whole = false;
        }
        let vector = scope.read("vector", &self.vector, &Type::Vector)?;
        whole.then_some(())?;
        Bound::barrier(Dedup { vector, similarity, clusters: self.clusters, keep: self.keep })
    }
}

struct Dedup {
    vector: FieldRef,
    similarity: f64,
    clusters: Option<usize>,
    keep: Keep,
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

/// The rows of a part that go, each with the record because of which it goes and the cosine.
type Duplicates = Vec<(u32, RecordId, f64)>;

/// Of a row that goes: the row because of which it goes, and the cosine.
type Because = Option<(u32, f64)>;

const ROUNDS: usize = 25;
/// The centres are found on so many records for each cluster.
const SAMPLE: usize = 256;
/// What 32-bit products may be off.
const ROUNDING: f32 = 1e-5;

impl BarrierOperator for Dedup {
    type Summary = Summary;
    type Decision = Duplicates;

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
        decide: &mut Decide<'_, Duplicates>,
        ctx: &Merging<'_>,
    ) -> Result<(), StepError> {
        let (mut ids, mut ends) = (Vec::new(), Vec::new());
        for part in parts.iter() {
            ids.extend(part?.ids);
            ends.push(ids.len());
        }
        let because = if ids.is_empty() { Vec::new() } else { self.compare(&Summaries(parts), ids.len(), ctx)? };
        let mut first = 0;
        for end in ends {
            let goes =
                |row: usize| because[row].map(|(kept, cosine)| ((row - first) as u32, ids[kept as usize], cosine));
            decide.put(&(first..end).filter_map(goes).collect())?;
            first = end;
        }
        Ok(())
    }

    fn apply(
        &self,
        _: &mut Record,
        row: usize,
        duplicates: &Duplicates,
        _: &Applying<'_>,
    ) -> Result<Verdict, StepError> {
        let Ok(found) = duplicates.binary_search_by_key(&row, |(row, ..)| *row as usize) else {
            return Ok(Verdict::Pass);
        };
        let (_, of, cosine) = &duplicates[found];
        let values = [("of", Value::text(of.to_string())), ("similarity", Value::Float(*cosine))];
        Ok(Reject::because("same meaning", values))
    }
}

impl Dedup {
    fn compare(&self, points: &dyn Points, count: usize, ctx: &Merging<'_>) -> Result<Vec<Because>, StepError> {
        let mut rng = Rng::keyed(ctx.ctx.host.seed(), RecordId::input(""), ctx.ctx.step, &[]);
        let clusters = self.clusters.unwrap_or(count.div_ceil(1000).min(65_536));
        let sample = sampled(points, count, SAMPLE * clusters, &mut rng)?;
        let centroids = Training { clusters, rounds: ROUNDS, spherical: true }.run(&sample, &mut rng)?;
        drop(sample);
        let mut nearest = Vec::with_capacity(count);
        points.each(&mut |_, part| {
            nearest.extend(centroids.nearest(&part)?);
            Ok(())
        })?;
        let labels: Vec<u32> = nearest.iter().map(|(label, _)| *label).collect();
        let shelves = Shelves::new(ctx.scratch, centroids.centres.dims, &labels, centroids.centres.len())?;
        points.each(&mut |first, part| (0..part.len()).try_for_each(|row| shelves.put(first + row, part.row(row))))?;
        let found = in_order(centroids.centres.len(), Products::default, |products, cluster| {
            let mut rows = shelves.rows[cluster].clone();
            let distance = |row: &u32| nearest[*row as usize].1;
            match self.keep {
                Keep::First => {}
                Keep::Nearest => rows.sort_by(|a, b| distance(a).total_cmp(&distance(b)).then(a.cmp(b))),
                Keep::Farthest => rows.sort_by(|a, b| distance(b).total_cmp(&distance(a)).then(a.cmp(b))),
            }
            let because = within(&shelves.pick(&rows)?, self.similarity, products);
            let told =
                |(row, because): (&u32, Because)| because.map(|(kept, cosine)| (*row, rows[kept as usize], cosine));
            Ok(rows.iter().zip(because).filter_map(told).collect::<Vec<_>>())
        })?;
        let mut because = vec![None; count];
        found.into_iter().flatten().for_each(|(row, kept, cosine)| because[row as usize] = Some((kept, cosine)));
        Ok(because)
    }
}

/// Takes up points in their order: one goes if an earlier one that stays is as similar.
fn within(points: &Matrix, similarity: f64, products: &mut Products) -> Vec<Because> {
    let right = Panels::right(&points.numbers, points.dims);
    let screen = similarity as f32 - ROUNDING;
    let mut because: Vec<Because> = vec![None; points.len()];
    for block in 0..points.len().div_ceil(BLOCK) {
        let rows = points.block(block);
        products.fill(&Panels::left(points.rows(rows.clone()), points.dims), &right, 0..rows.end);
        for row in rows.clone() {
            let earlier = products.row(row - rows.start)[..row].iter().enumerate();
            let mut near = earlier.filter(|(other, cosine)| **cosine >= screen && because[*other].is_none());
            because[row] = near.find_map(|(other, _)| {
                let cosine = 1.0 - Metric::Cosine.distance(points.row(row), points.row(other));
                // A copy is a copy, whatever is lost in making its length 1.
                (cosine >= similarity - f64::EPSILON * 1e8).then_some((other as u32, cosine))
            });
        }
    }
    because
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::heaps;
    use crate::testing::{example, kept_of, problems};

    #[test]
    fn only_points_that_stay_remove_others_across_blocks() {
        let points = heaps(500, 6, 8, 0.2, 2);
        let because = within(&points, 0.95, &mut Products::default());
        for (row, found) in because.iter().enumerate() {
            let near = |other: &usize| {
                because[*other].is_none() && crate::matrix::dot(points.row(row), points.row(*other)) >= 0.95
            };
            assert_eq!(found.map(|(kept, _)| kept as usize), (0..row).find(near), "{row}");
        }
        assert!(because.iter().flatten().count() > 100);
    }

    #[test]
    fn which_one_stays_follows_from_its_distance() {
        // Two near directions and one between: the centre is nearest to the one between.
        let kept = |keep: &str| {
            let yaml = format!(
                "{{ step: {{ dedup.embeddings: {{ vector: v, similarity: 0.9, clusters: 1, keep: {keep} }} }}, types: {{ v: vector }},
                    in: [{{ v: [1.0, 0.2] }}, {{ v: [1.0, 0.0] }}, {{ v: [1.0, -0.3] }}] }}"
            );
            let example = example(&yaml).unwrap();
            kept_of(&example.run_barrier(&example.bind().unwrap().0, 2).unwrap())
        };
        assert_eq!(kept("first"), [0, 2]);
        assert_eq!(kept("nearest"), [1]);
        assert_eq!(kept("farthest"), [0, 2]);
    }

    #[test]
    fn numbers_out_of_range_are_problems() {
        let told = problems(
            "{ step: { dedup.embeddings: { vector: v, similarity: 2, clusters: 0 } }, types: { v: vector }, in: [] }",
        );
        assert!(told.contains("at most 1") && told.contains("1 to 65536"), "{told}");
    }
}
