//! What is asked for, and how candidates are ranked.

use pulp::{Arch, Simd, WithSimd};

use crate::matrix::{Best, CHUNK, Matrix, Metric, Nearest};

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

/// Candidates beyond k that are ranked exactly: what 32-bit products cannot tell apart.
const SPARE: usize = 8;

impl Query {
    /// No candidates yet.
    pub(crate) fn best(&self) -> Best {
        Best::new(self.k + SPARE)
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
        let distance = |(number, vector)| (number, self.metric.distance(row, vector));
        let within = |(_, d): &(u32, f64)| self.min.is_none_or(|min| *d >= min) && self.max.is_none_or(|max| *d <= max);
        let mut nearest: Nearest = candidates.map(distance).filter(within).collect();
        nearest.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        nearest.truncate(self.k);
        nearest
    }
}

/// Calls `visit` with the places at which one of two scores may reach its floor, a chunk at a time. The scores are
/// products minus `halves`, against `floor`, and products minus `half`, against `floors`.
pub(crate) fn sift(
    products: &[f32],
    (halves, floor): (&[f32], f32),
    (half, floors): (f32, &[f32]),
    mut visit: impl FnMut(usize),
) {
    let (products, halves, floors) = (products.as_chunks().0, halves.as_chunks().0, floors.as_chunks().0);
    let mut at = 0;
    while let Some(found) = Arch::new().dispatch(Next { at, products, halves, floor, half, floors }) {
        (found * CHUNK..(found + 1) * CHUNK).for_each(&mut visit);
        at = found + 1;
    }
}

/// Finds the next chunk with a score that reaches its floor, in registers as wide as the machine has.
struct Next<'a> {
    at: usize,
    products: &'a [[f32; CHUNK]],
    halves: &'a [[f32; CHUNK]],
    floor: f32,
    half: f32,
    floors: &'a [[f32; CHUNK]],
}

impl WithSimd for Next<'_> {
    type Output = Option<usize>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Option<usize> {
        let Next { at, products, halves, floor, half, floors } = self;
        let chunks = products.iter().zip(halves).zip(floors).enumerate().skip(at);
        for (i, ((products, halves), floors)) in chunks {
            let mut any = false;
            for ((product, h), f) in products.iter().zip(halves).zip(floors) {
                any |= (product - h >= floor) | (product - half >= *f);
            }
            if any {
                return Some(i);
            }
        }
        None
    }
}

/// Numbers filled up so that a chunk more than they are is never near anything.
pub(crate) fn padded(numbers: impl ExactSizeIterator<Item = f32>, with: f32) -> Vec<f32> {
    let len = numbers.len();
    let mut padded: Vec<f32> = numbers.collect();
    padded.resize(len.next_multiple_of(CHUNK), with);
    padded
}
