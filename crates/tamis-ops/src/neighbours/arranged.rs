//! Points that are near each other, next to each other.
//!
//! Floors rise as soon as a few near points have been seen, and where all of a tile's points are far from each other most of
//! its products need not be made.

use tamis_core::rng::Rng;
use tamis_core::{RecordId, StepError};

use crate::matrix::{Matrix, Training};

/// Points by which the centres are found, for each.
const SAMPLE: usize = 96;
/// Rounds of k-means: what is near is hardly ever torn apart after the first few.
const ROUNDS: usize = 3;

/// Points in another order.
pub(super) struct Arranged {
    pub(super) points: Matrix,
    /// the number that each point had before
    pub(super) order: Vec<u32>,
}

impl Arranged {
    /// Puts the points into heaps of about `heap`. What is found among them must not depend on the order: it is chosen for
    /// speed alone.
    pub(super) fn new(points: Matrix, heap: usize, spherical: bool) -> Result<Arranged, StepError> {
        let clusters = points.len() / heap;
        let mut order: Vec<u32> = (0..points.len() as u32).collect();
        if clusters < 2 {
            return Ok(Arranged { points, order });
        }
        let step = (heap / SAMPLE).max(1);
        let mut sample = Matrix::default();
        (0..points.len()).step_by(step).try_for_each(|row| sample.push(points.row(row)))?;
        let mut rng = Rng::keyed(0, RecordId::input(""), "arranged", &[]);
        let centroids = Training { clusters, rounds: ROUNDS, spherical }.run(&sample, &mut rng)?;
        let nearest = centroids.few(&points, 1)?;
        // Of numbers so great that a product overflows, none is the nearest.
        let labels: Vec<u32> = nearest.iter().map(|best| best.candidates().next().unwrap_or_default()).collect();
        order.sort_by_key(|point| labels[*point as usize]);
        let mut numbers = Vec::with_capacity(points.numbers.len());
        order.iter().for_each(|point| numbers.extend_from_slice(points.row(*point as usize)));
        Ok(Arranged { points: Matrix { dims: points.dims, numbers }, order })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::{heaps, squared_distance};

    #[test]
    fn the_points_are_the_same_and_neighbours_are_nearer() {
        let points = heaps(400, 16, 8, 0.3, 1);
        let gap = |points: &Matrix| {
            (1..points.len()).map(|row| squared_distance(points.row(row - 1), points.row(row))).sum::<f64>()
        };
        let arranged = Arranged::new(points.clone(), 50, true).unwrap();
        assert!(gap(&arranged.points) < gap(&points) / 2.0);
        let mut seen = arranged.order.clone();
        seen.sort_unstable();
        assert!(seen.iter().copied().eq(0..400));
        for (row, point) in arranged.order.iter().enumerate() {
            assert_eq!(arranged.points.row(row), points.row(*point as usize));
        }
    }

    #[test]
    fn numbers_that_overflow_lose_no_point() {
        let points = Matrix { dims: 2, numbers: (1..=120).map(|number| number as f32 * 1e30).collect() };
        let mut order = Arranged::new(points, 8, false).unwrap().order;
        order.sort_unstable();
        assert!(order.into_iter().eq(0..60));
    }

    #[test]
    fn few_points_and_equal_ones_stay_where_they_are() {
        for points in [heaps(10, 4, 2, 0.3, 1), Matrix { dims: 2, numbers: vec![1.0; 200] }, Matrix::default()] {
            let arranged = Arranged::new(points.clone(), 8, false).unwrap();
            assert!(arranged.order.iter().copied().eq(0..points.len() as u32));
            assert_eq!(arranged.points.numbers, points.numbers);
        }
    }
}
