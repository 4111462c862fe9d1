//! What is asked for, and how candidates are ranked.

use crate::matrix::{Best, Matrix, Metric, Nearest};

/// What counts as a neighbour.
pub(crate) struct Query {
    pub(crate) metric: Metric,
    pub(crate) k: usize,
    /// whether a record is a neighbour of itself
    pub(crate) itself: bool,
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
    /// rows with the same number are no neighbours; empty where that does not matter
    pub(crate) groups: Vec<u64>,
}

/// Candidates beyond k that are ranked exactly at most: what 32-bit products cannot tell apart.
const SPARE: usize = 8;

impl Query {
    /// No candidates yet, for vectors of `dims` dimensions.
    pub(crate) fn best(&self, dims: usize) -> Best {
        Best::with_slack(self.k, self.slack(dims), self.k + SPARE)
    }

    /// How far apart the scores may be of two vectors at the same distance. The rounding of a chain of multiply-adds is
    /// known where all vectors have length 1; a candidate may also turn out to be too near.
    fn slack(&self, dims: usize) -> f32 {
        match self.metric {
            Metric::Cosine if self.min.is_none() => 2.0 * (dims + 8) as f32 * (f32::EPSILON / 2.0),
            _ => f32::INFINITY,
        }
    }

    /// What is taken off the product with each row, so that the nearest has the greatest score.
    pub(crate) fn halves(&self, points: &Matrix) -> Vec<f32> {
        if self.metric == Metric::L2 { points.halves() } else { vec![0.0; points.len()] }
    }

    /// Whether `b` may be a neighbour of `a`, `half` being half of `a`'s squared length.
    pub(crate) fn admits(&self, a: usize, b: usize, score: f32, half: f32) -> bool {
        let apart = self.groups.is_empty() || self.groups[a] != self.groups[b];
        apart && self.min.is_none_or(|min| f64::from(score) <= self.metric.score(min, half))
    }

    /// The nearest among candidates, by their exact distances.
    pub(crate) fn rank<'v>(&self, row: &[f32], candidates: impl Iterator<Item = (u32, &'v [f32])>) -> Nearest {
        let (numbers, vectors): (Vec<u32>, Vec<&[f32]>) = candidates.unzip();
        let distances = self.metric.distances(row, &vectors);
        let within = |(_, d): &(u32, f64)| self.min.is_none_or(|min| *d >= min) && self.max.is_none_or(|max| *d <= max);
        let mut nearest: Nearest = numbers.into_iter().zip(distances).filter(within).collect();
        nearest.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        nearest.truncate(self.k);
        nearest
    }
}
