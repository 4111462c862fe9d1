//! Vectors that come part by part, as often as wanted.

use serde::de::DeserializeOwned;
use tamis_core::StepError;
use tamis_core::barrier::Parts;
use tamis_core::rng::Rng;

use super::{Matrix, Vectors};

/// Vectors in parts.
pub(crate) trait Points {
    /// Calls `visit` with the vectors of each part and the number of the first.
    fn each(&self, visit: &mut dyn FnMut(usize, Matrix) -> Result<(), StepError>) -> Result<(), StepError>;

    /// All of them.
    fn all(&self) -> Result<Matrix, StepError> {
        let mut all = Matrix::default();
        self.each(&mut |_, part| (0..part.len()).try_for_each(|row| all.push(part.row(row))))?;
        Ok(all)
    }
}

/// A summary with vectors in it.
pub(crate) trait HasVectors: DeserializeOwned {
    /// The vectors.
    fn vectors(&self) -> &Vectors;
}

impl HasVectors for Vectors {
    fn vectors(&self) -> &Vectors {
        self
    }
}

/// The vectors in the summaries.
pub(crate) struct Summaries<'a, 'p, S>(pub(crate) &'a Parts<'p, S>);

impl<S: HasVectors> Points for Summaries<'_, '_, S> {
    fn each(&self, visit: &mut dyn FnMut(usize, Matrix) -> Result<(), StepError>) -> Result<(), StepError> {
        let (mut first, mut dims) = (0, None);
        for part in self.0.iter() {
            let mut matrix = Matrix { dims: dims.unwrap_or_default(), numbers: Vec::new() };
            for vector in part?.vectors().iter() {
                matrix.push_like(vector, *dims.get_or_insert(vector.len()))?;
            }
            let count = matrix.len();
            visit(first, matrix)?;
            first += count;
        }
        Ok(())
    }
}

/// `size` of `count` points drawn at random, in their order; all if there are no more.
pub(crate) fn sampled(points: &dyn Points, count: usize, size: usize, rng: &mut Rng) -> Result<Matrix, StepError> {
    if count <= size {
        return points.all();
    }
    let mut rows: Vec<u32> = (0..count as u32).collect();
    rng.shuffle(&mut rows);
    rows.truncate(size);
    rows.sort_unstable();
    let (mut sample, mut rows) = (Matrix::default(), rows.into_iter().map(|row| row as usize).peekable());
    points.each(&mut |first, part| {
        while let Some(row) = rows.next_if(|row| *row < first + part.len()) {
            sample.push(part.row(row - first))?;
        }
        Ok(())
    })?;
    Ok(sample)
}
