//! `cluster.kmeans`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::barrier::{Applying, BarrierOperator, Decide, Merging, Parts};
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Verdict};
use tamis_core::rng::Rng;
use tamis_core::{Name, Record, RecordId, StepError, Type, Value};

use crate::matrix::{Metric, Points, Summaries, Training, Vectors, sampled, vector};

/// Puts records into clusters by their vectors (k-means).
///
/// Centres are begun by k-means++ and moved until no record changes its cluster; with many records, on a sample of them.
/// The clusters are the same for every cut into parts and every number of threads.
///
/// Reads `vector`; writes the number of the cluster, from 0, to `into`, and how far its centre is to `distance_into`.
/// With fewer different vectors than `clusters` there are fewer clusters. With `cosine`, a record whose vector has no
/// direction fails.
///
/// # Example
/// ```yaml example
/// step: { cluster.kmeans: { vector: v, clusters: 2, into: cluster, distance_into: off } }
/// types: { v: vector }
/// in: [ { v: AAAAAAAAgD8= }, { v: AACAPwAAAAA= }, { v: AAAAQAAAAAA= } ]
/// outs: [ { cluster: 1, off: 0.0 }, { cluster: 0, off: 0.0 }, { cluster: 0, off: 0.0 } ]
/// ```
///
/// Source: Arthur and Vassilvitskii 2007 (k-means++); training on a sample as in FAISS.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClusterKmeans {
    /// The vector.
    vector: String,
    /// How many clusters: 1 to 65536.
    clusters: usize,
    /// How distance is measured: `cosine` (1 - cosine; centres have length 1) or `l2` (length of the difference).
    /// Default: `cosine`.
    #[serde(default)]
    metric: Metric,
    /// The field that receives the number of the cluster.
    into: String,
    /// The field that receives the distance from the cluster's centre. Default: none.
    distance_into: Option<String>,
    /// At most so many rounds of moving the centres: 1 to 1000. Default: 25.
    rounds: Option<usize>,
    /// The centres are found on at most so many records for each cluster, drawn at random. Default: 256.
    sample: Option<usize>,
}

impl OperatorConfig for ClusterKmeans {
    const NAME: &'static str = "cluster.kmeans";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let (rounds, sample) = (self.rounds.unwrap_or(25), self.sample.unwrap_or(256));
        let mut whole = true;
        for (at, found, range) in
            [("clusters", self.clusters, 1..=65_536), ("rounds", rounds, 1..=1000), ("sample", sample, 1..=1_000_000)]
        {
            if !range.contains(&found) {
                scope.problem(at, format!("expected {} to {}, found {found}", range.start(), range.end()));
                whole = false;
            }
        }
        if self.metric == Metric::Dot {
            scope.problem("metric", "expected `cosine` or `l2`: products have no centres");
            whole = false;
        }
        let vector = scope.read("vector", &self.vector, &Type::Vector);
        let into = scope.write("into", &self.into, Type::Int);
        let distance = self.distance_into.map(|name| scope.write("distance_into", &name, Type::Float));
        let (vector, into) = (vector?, into?);
        let distance = distance.map_or(Some(None), |name| name.map(Some))?;
        whole.then_some(())?;
        let (clusters, metric) = (self.clusters, self.metric);
        Bound::barrier(Kmeans { vector, metric, clusters, rounds, sample, into, distance })
    }
}

struct Kmeans {
    vector: FieldRef,
    metric: Metric,
    clusters: usize,
    rounds: usize,
    sample: usize,
    into: Name,
    distance: Option<Name>,
}

/// The cluster of each row with the distance from its centre.
type Clustered = Vec<(u32, f64)>;

impl BarrierOperator for Kmeans {
    type Summary = Vectors;
    type Decision = Clustered;

    fn map(&self, records: &[Record], _: &Context<'_>) -> (Vectors, Vec<(usize, StepError)>) {
        Vectors::of(records, |record| Ok(self.metric.prepared(vector(record, &self.vector, self.metric)?)))
    }

    fn merge(
        &self,
        parts: &Parts<'_, Vectors>,
        decide: &mut Decide<'_, Clustered>,
        ctx: &Merging<'_>,
    ) -> Result<(), StepError> {
        let points = Summaries(parts);
        let mut count = 0;
        points.each(&mut |_, part| {
            count += part.len();
            Ok(())
        })?;
        if count == 0 {
            return (0..parts.len()).try_for_each(|_| decide.put(&Vec::new()));
        }
        let mut rng = Rng::keyed(ctx.ctx.host.seed(), RecordId::input(""), ctx.ctx.step, &[]);
        let sample = sampled(&points, count, self.sample * self.clusters, &mut rng)?;
        let spherical = self.metric == Metric::Cosine;
        let training = Training { clusters: self.clusters, rounds: self.rounds, spherical };
        let centroids = training.run(&sample, &mut rng)?;
        points.each(&mut |_, part| {
            let nearest = centroids.nearest(&part)?;
            let clustered = |(row, (cluster, _)): (usize, &(u32, f32))| {
                (*cluster, self.metric.distance(part.row(row), centroids.centres.row(*cluster as usize)))
            };
            decide.put(&nearest.iter().enumerate().map(clustered).collect())
        })
    }

    fn apply(
        &self,
        record: &mut Record,
        row: usize,
        clustered: &Clustered,
        _: &Applying<'_>,
    ) -> Result<Verdict, StepError> {
        let (cluster, distance) = clustered[row];
        record.set(&self.into, i64::from(cluster));
        if let Some(name) = &self.distance {
            record.set(name, Value::Float(distance));
        }
        Ok(Verdict::Pass)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, problems};

    #[test]
    fn lengths_count_where_differences_do() {
        check(
            "{ step: { cluster.kmeans: { vector: v, clusters: 3, metric: l2, into: c, distance_into: d } },
               types: { v: vector }, in: [{ v: AACAPw== }, { v: AAAAQA== }, { v: AACAPw== }],
               outs: [{ d: 0.0 }, { d: 0.0 }, { d: 0.0 }] }",
        );
    }

    #[test]
    fn no_records_are_no_clusters_and_numbers_out_of_range_are_problems() {
        let step = |options: &str| format!("step: {{ cluster.kmeans: {{ vector: v, into: c, {options} }} }}");
        check(&format!("{{ {}, types: {{ v: vector }}, in: [], kept: [] }}", step("clusters: 2")));
        let told =
            problems(&format!("{{ {}, types: {{ v: vector }}, in: [] }}", step("clusters: 0, rounds: 0, metric: dot")));
        assert!(told.contains("1 to 65536") && told.contains("1 to 1000") && told.contains("no centres"), "{told}");
    }
}
