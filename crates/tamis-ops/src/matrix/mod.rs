//! Vectors by the thousand: products, nearest, clusters. What every operator on distances is built of.
//!
//! Whatever the number of threads and the machine, the bits are the same: products are chains in a fixed order
//! ([`kernel`]), sums are made in the order of the rows, and of two equals the first is taken.

mod best;
mod kernel;
mod kmeans;
mod near;
mod parallel;
mod points;
mod shelves;
mod stops;
mod sums;
mod tails;

pub(crate) use best::{Best, Nearest};
pub(crate) use kernel::{Panels, Products};
pub(crate) use kmeans::{Centroids, Training};
pub(crate) use near::{Limits, Near};
pub(crate) use parallel::in_order;
pub(crate) use points::{HasVectors, Points, Summaries, sampled};
pub(crate) use shelves::Shelves;
pub(crate) use sums::{dot, squared_distance};
pub(crate) use tails::{Tail, tails};

use serde::{Deserialize, Serialize};
use tamis_core::bind::FieldRef;
use tamis_core::{Record, StepError, Vector};

use crate::fields;

/// Rows of a left factor that are worked on at a time.
pub(crate) const BLOCK: usize = 192;

/// Vectors of the same number of dimensions, one after the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Matrix {
    pub(crate) dims: usize,
    pub(crate) numbers: Vec<f32>,
}

impl Matrix {
    /// How many vectors.
    pub(crate) fn len(&self) -> usize {
        self.numbers.len().checked_div(self.dims).unwrap_or(0)
    }

    /// One vector.
    pub(crate) fn row(&self, row: usize) -> &[f32] {
        &self.numbers[row * self.dims..][..self.dims]
    }

    /// Some vectors that stand one behind the other.
    pub(crate) fn rows(&self, rows: std::ops::Range<usize>) -> &[f32] {
        &self.numbers[rows.start * self.dims..rows.end * self.dims]
    }

    /// The rows of block `number`, [`BLOCK`] or fewer.
    pub(crate) fn block(&self, number: usize) -> std::ops::Range<usize> {
        number * BLOCK..((number + 1) * BLOCK).min(self.len())
    }

    /// How many blocks there are.
    pub(crate) fn blocks(&self) -> usize {
        self.len().div_ceil(BLOCK)
    }

    /// Adds a vector; the first one says how many dimensions they all have.
    pub(crate) fn push(&mut self, vector: &[f32]) -> Result<(), StepError> {
        let dims = if self.numbers.is_empty() { vector.len() } else { self.dims };
        self.push_like(vector, dims)
    }

    /// Adds a vector that has to be of `dims` dimensions.
    pub(crate) fn push_like(&mut self, vector: &[f32], dims: usize) -> Result<(), StepError> {
        if vector.len() != dims {
            let message = format!(
                "expected a vector of {dims} numbers as in the first record, found one of {}; vectors that are \
                 compared have to come from one model",
                vector.len()
            );
            return Err(StepError::failed(message));
        }
        self.dims = dims;
        self.numbers.extend_from_slice(vector);
        Ok(())
    }

    /// Half of each row's squared length: what is taken off a product so that the nearest has the greatest score.
    pub(crate) fn halves(&self) -> Vec<f32> {
        (0..self.len()).map(|row| (dot(self.row(row), self.row(row)) / 2.0) as f32).collect()
    }
}

/// How near two vectors are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Metric {
    /// 1 - the cosine of the angle between them: 0 to 2
    #[default]
    Cosine,
    /// - their scalar product: the greatest product is the nearest
    Dot,
    /// the length of their difference
    L2,
}

impl Metric {
    /// The vector as it is compared: of length 1 where only directions count.
    pub(crate) fn prepared(self, vector: &Vector) -> Vector {
        if self == Metric::Cosine { vector.normalised() } else { vector.clone() }
    }

    /// The distance of two prepared vectors.
    pub(crate) fn distance(self, a: &[f32], b: &[f32]) -> f64 {
        self.of_sum(if self == Metric::Dot { dot(a, b) } else { squared_distance(a, b) })
    }

    /// The distances of a prepared vector from others.
    pub(crate) fn distances(self, a: &[f32], others: &[&[f32]]) -> Vec<f64> {
        let sums = if self == Metric::Dot { sums::dots(a, others) } else { sums::squared_distances(a, others) };
        sums.into_iter().map(|sum| self.of_sum(sum)).collect()
    }

    /// The distance, by the scalar product or the squared length of the difference.
    fn of_sum(self, sum: f64) -> f64 {
        match self {
            // Of unit vectors, this keeps the digits that 1 - product would lose between near ones.
            Metric::Cosine => sum / 2.0,
            Metric::Dot => -sum,
            Metric::L2 => sum.sqrt(),
        }
    }

    /// The score at a distance from a vector with half of its squared length `half`; see [`Matrix::halves`].
    pub(crate) fn score(self, distance: f64, half: f32) -> f64 {
        match self {
            Metric::Cosine => 1.0 - distance,
            Metric::Dot => -distance,
            Metric::L2 => f64::from(half) - distance * distance / 2.0,
        }
    }
}

/// The vectors of a part, as a barrier sums them up.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Vectors {
    lengths: Vec<u32>,
    numbers: Vec<f32>,
}

impl Vectors {
    /// The vectors of records, and the errors of those that have none, by their index.
    pub(crate) fn of(
        records: &[Record],
        mut vector: impl FnMut(&Record) -> Result<Vector, StepError>,
    ) -> (Vectors, Vec<(usize, StepError)>) {
        let (mut vectors, mut errors) = (Vectors::default(), Vec::new());
        for (i, record) in records.iter().enumerate() {
            match vector(record) {
                Ok(vector) => vectors.push(&vector),
                Err(error) => errors.push((i, error)),
            }
        }
        (vectors, errors)
    }

    /// Adds one.
    pub(crate) fn push(&mut self, vector: &[f32]) {
        self.lengths.push(vector.len() as u32);
        self.numbers.extend_from_slice(vector);
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.lengths.len()
    }

    /// One after the other.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[f32]> {
        let mut rest = &*self.numbers;
        self.lengths.iter().map(move |length| {
            let (vector, behind) = rest.split_at(*length as usize);
            rest = behind;
            vector
        })
    }
}

/// The vector in a field that was bound as one, and that has a direction if that is what is compared.
pub(crate) fn vector<'r>(record: &'r Record, field: &FieldRef, metric: Metric) -> Result<&'r Vector, StepError> {
    let vector = field.get(record).as_vector().ok_or_else(|| fields::unlike("a vector", record, field))?;
    if vector.is_empty() || (metric == Metric::Cosine && vector.norm() == 0.0) {
        let message = format!("expected a vector with a direction in `{}`, found one without length", field.dotted());
        return Err(StepError::field(&field.name, message));
    }
    Ok(vector)
}

/// Vectors for the tests and measurements: `clusters` heaps of points, of length 1.
#[cfg(test)]
pub(crate) fn heaps(rows: usize, dims: usize, clusters: usize, spread: f64, seed: u64) -> Matrix {
    use tamis_core::RecordId;
    use tamis_core::rng::Rng;

    let mut rng = Rng::keyed(seed, RecordId::input("heaps"), "heaps", &[]);
    let normal = |rng: &mut Rng| (0..4).map(|_| rng.unit() - 0.5).sum::<f64>();
    let centres: Vec<f64> = (0..clusters * dims).map(|_| normal(&mut rng)).collect();
    let mut matrix = Matrix::default();
    for _ in 0..rows {
        let centre = rng.below(clusters);
        let centre = &centres[centre * dims..][..dims];
        let point: Vec<f32> = centre.iter().map(|c| (c + spread * normal(&mut rng)) as f32).collect();
        matrix.push(&Vector::new(point).unwrap().normalised()).unwrap();
    }
    matrix
}
