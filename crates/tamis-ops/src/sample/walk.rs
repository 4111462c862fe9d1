//! Drawing points near those drawn before.

use tamis_core::StepError;
use tamis_core::rng::Rng;

use crate::matrix::{Matrix, Panels, Products, in_order};

/// How groups are drawn.
pub(crate) struct Walk {
    /// the power of the distance: the greater, the tighter the groups
    pub(crate) power: u32,
    /// added to the sum of powers, so that copies do not weigh infinitely
    pub(crate) epsilon: f64,
    /// sizes of groups with their weights
    pub(crate) sizes: Vec<(usize, f64)>,
}

/// Groups that are drawn side by side.
const GROUPS: usize = 96;

impl Walk {
    /// Draws groups of points, each with a randomness of its own; the first of a group is its seed.
    ///
    /// Points have length 1, so that distances are 0 to 2 and their powers, in 64 bits, neither too great nor, beside
    /// epsilon, too small. There is no logarithm in it: those differ from machine to machine.
    pub(crate) fn groups(
        &self,
        points: &Matrix,
        groups: usize,
        rng: impl Fn(usize) -> Rng + Sync,
    ) -> Result<Vec<Vec<u32>>, StepError> {
        let right = Panels::right(&points.numbers, points.dims);
        let drawn = in_order(groups.div_ceil(GROUPS), Products::default, |products, block| {
            let numbers = block * GROUPS..((block + 1) * GROUPS).min(groups);
            let mut drawing: Vec<Drawing> = numbers.map(|number| self.begin(points.len(), rng(number))).collect();
            while drawing.iter().any(Drawing::wants_more) {
                let last: Vec<f32> =
                    drawing.iter().flat_map(|drawing| points.row(drawing.last() as usize).iter().copied()).collect();
                products.fill(&Panels::left(&last, points.dims), &right, 0..points.len());
                for (row, drawing) in drawing.iter_mut().enumerate().filter(|(_, drawing)| drawing.wants_more()) {
                    self.draw(drawing, &products.row(row)[..points.len()]);
                }
            }
            Ok(drawing.into_iter().map(|drawing| drawing.chosen).collect::<Vec<_>>())
        })?;
        Ok(drawn.into_iter().flatten().collect())
    }

    fn begin(&self, points: usize, mut rng: Rng) -> Drawing {
        let weights: Vec<f64> = self.sizes.iter().map(|(_, weight)| *weight).collect();
        let size = self.sizes[rng.weighted(&weights)].0.min(points);
        let seed = rng.below(points) as u32;
        Drawing { rng, size, chosen: vec![seed], sums: vec![0.0; points] }
    }

    /// Draws the next one, in proportion to 1 / (sum of powers of distances + epsilon).
    fn draw(&self, drawing: &mut Drawing, products: &[f32]) {
        for (sum, product) in drawing.sums.iter_mut().zip(products) {
            *sum += power((2.0 - 2.0 * f64::from(*product)).max(0.0), self.power);
        }
        // What was chosen is not drawn again: its weight is 1 / infinity.
        drawing.chosen.iter().for_each(|chosen| drawing.sums[*chosen as usize] = f64::INFINITY);
        let weights: Vec<f64> = drawing.sums.iter().map(|sum| 1.0 / (sum + self.epsilon)).collect();
        let next = drawing.rng.weighted(&weights) as u32;
        drawing.chosen.push(next);
    }
}

/// A group that is being drawn.
struct Drawing {
    rng: Rng,
    size: usize,
    chosen: Vec<u32>,
    /// for each point, the sum of powers of its distances from those chosen
    sums: Vec<f64>,
}

impl Drawing {
    fn wants_more(&self) -> bool {
        self.chosen.len() < self.size
    }

    fn last(&self) -> u32 {
        self.chosen.last().copied().unwrap_or_default()
    }
}

/// The power of a distance of which the square is known.
fn power(square: f64, power: u32) -> f64 {
    let (mut result, mut factor, mut left) = (if power % 2 == 1 { square.sqrt() } else { 1.0 }, square, power / 2);
    while left > 0 {
        if left % 2 == 1 {
            result *= factor;
        }
        factor *= factor;
        left /= 2;
    }
    result
}

#[cfg(test)]
mod tests {
    use tamis_core::RecordId;

    use super::*;
    use crate::matrix::heaps;

    fn rng(number: usize) -> Rng {
        Rng::keyed(7, RecordId::input("x"), "draw", &[number as u32])
    }

    #[test]
    fn powers_are_exact() {
        assert_eq!((power(4.0, 3), power(4.0, 12), power(0.25, 1), power(9.0, 0)), (8.0, 4096.0, 0.5, 1.0));
    }

    #[test]
    fn a_pair_is_drawn_in_proportion_to_its_nearness() {
        // From the first, the others lie at 90 and 180 degrees: squares 2 and 4, so 1/2 to 1/4.
        let points = Matrix { dims: 2, numbers: vec![1.0, 0.0, 0.0, 1.0, -1.0, 0.0] };
        let walk = Walk { power: 2, epsilon: 1e-12, sizes: vec![(2, 1.0)] };
        let groups = walk.groups(&points, 9000, rng).unwrap();
        let from_first: Vec<u32> = groups.iter().filter(|g| g[0] == 0).map(|g| g[1]).collect();
        let near = from_first.iter().filter(|second| **second == 1).count() as f64 / from_first.len() as f64;
        assert!((near - 2.0 / 3.0).abs() < 0.035, "{near} of {}", from_first.len());
    }

    #[test]
    fn groups_have_their_sizes_their_members_once_and_stay_in_one_heap() {
        let points = heaps(60, 8, 4, 0.05, 9);
        let walk = Walk { power: 12, epsilon: 1e-12, sizes: vec![(4, 0.35), (5, 0.65)] };
        let groups = walk.groups(&points, 400, rng).unwrap();
        let fives = groups.iter().filter(|group| group.len() == 5).count();
        assert!((220..=300).contains(&fives), "{fives}");
        for group in &groups {
            let mut members = group.clone();
            members.sort_unstable();
            members.dedup();
            assert!(members.len() == group.len() && (group.len() == 4 || group.len() == 5));
            let near =
                |member: &u32| crate::matrix::dot(points.row(group[0] as usize), points.row(*member as usize)) > 0.8;
            assert!(group.iter().all(near), "{group:?}");
        }
    }

    #[test]
    fn a_group_is_no_larger_than_what_there_is_and_copies_do_no_harm() {
        let copies = Matrix { dims: 1, numbers: vec![1.0; 3] };
        let walk = Walk { power: 12, epsilon: 1e-12, sizes: vec![(5, 1.0)] };
        assert!(walk.groups(&copies, 10, rng).unwrap().iter().all(|group| group.len() == 3));
    }

    #[test]
    #[ignore = "a measurement: cargo test --release -p tamis-ops --lib speed -- --ignored --nocapture"]
    fn speed_of_a_batch_of_smir() {
        let points = heaps(20_000, 1152, 400, 0.3, 9);
        let walk = Walk { power: 12, epsilon: 1e-12, sizes: vec![(4, 0.35), (5, 0.65)] };
        let begin = std::time::Instant::now();
        let groups = walk.groups(&points, 5000, rng).unwrap();
        println!("{} groups of 20,000 x 1152 in {:.1} s", groups.len(), begin.elapsed().as_secs_f64());
    }
}
