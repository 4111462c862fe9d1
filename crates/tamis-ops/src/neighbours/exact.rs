//! All pairs: for as many records as fit into memory.
//!
//! Points that are near each other are put next to each other first. So floors are high soon, and of most pairs it is known
//! after some of their dimensions that they are too far from each other.
//!
//! Which pairs are looked at depends on chance and on the number of threads, as floors rise earlier or later; which
//! candidates are the best does not.

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tamis_core::StepError;

use super::arranged::Arranged;
use super::query::Query;
use crate::matrix::{BLOCK, Best, Limits, Matrix, Metric, Near, Nearest, Panels, Tail, in_order, tails};

/// Rows at a time: two blocks, so that the candidates of a strip are fetched half as often.
const ROWS: usize = 2 * BLOCK;
/// Columns at a time.
const STRIP: usize = 2 * ROWS;
/// Rows at a time at first, when there is no floor yet below which a pair need not be looked at.
const FEW: usize = 24;

/// The nearest of each point. Each pair is multiplied once and counts for both.
pub(crate) fn nearest(points: Matrix, query: &Query) -> Result<Vec<Nearest>, StepError> {
    let Arranged { points, order } = Arranged::new(points, STRIP, query.metric == Metric::Cosine)?;
    let search = Search::new(&points, &order, query);
    search.begin()?;
    search.go_on()?;
    search.rank()
}

struct Search<'a> {
    points: &'a Matrix,
    /// the number of each point, as it is asked for
    numbers: &'a [u32],
    query: &'a Query,
    halves: Vec<f32>,
    tails: Vec<Tail>,
    right: Panels,
    /// what has been found for the points of each strip
    strips: Vec<Mutex<Found>>,
}

impl Search<'_> {
    fn new<'a>(points: &'a Matrix, numbers: &'a [u32], query: &'a Query) -> Search<'a> {
        let strip = |strip: usize| strip * STRIP..((strip + 1) * STRIP).min(points.len());
        let strips = (0..points.len().div_ceil(STRIP))
            .map(|number| Mutex::new(Found::new(query.best(points.dims), strip(number))));
        Search {
            points,
            numbers,
            query,
            halves: query.halves(points),
            tails: tails(&points.numbers, points.dims),
            right: Panels::right(&points.numbers, points.dims),
            strips: strips.collect(),
        }
    }

    /// The points of each strip with each other, in small steps: behind them every point has a floor.
    fn begin(&self) -> Result<(), StepError> {
        in_order(self.strips.len(), Near::default, |near, number| {
            let strip = &self.strips[number];
            let points = locked(strip).points.clone();
            for from in points.clone().step_by(FEW) {
                let rows = from..(from + FEW).min(points.end);
                self.meet(near, rows.clone(), &self.left(rows), &self.strips[number..=number]);
            }
            Ok(())
        })?;
        Ok(())
    }

    /// Each block with the strips behind its own.
    fn go_on(&self) -> Result<(), StepError> {
        in_order(self.points.len().div_ceil(ROWS), Near::default, |near, block| {
            let rows = block * ROWS..((block + 1) * ROWS).min(self.points.len());
            self.meet(near, rows.clone(), &self.left(rows.clone()), &self.strips[rows.start / STRIP + 1..]);
            Ok(())
        })?;
        Ok(())
    }

    fn left(&self, rows: Range<usize>) -> Panels {
        Panels::left(self.points.rows(rows), self.points.dims)
    }

    fn limits(&self, points: Range<usize>, found: &Found) -> Limits {
        Limits::new(&self.halves[points.clone()], found.floors(points.clone()), &self.tails[points])
    }

    /// Offers the points in `rows` and those of some strips to each other, as far as these stand behind them.
    fn meet(&self, near: &mut Near, rows: Range<usize>, left: &Panels, strips: &[Mutex<Found>]) {
        let home = &self.strips[rows.start / STRIP];
        let mut own = locked(home).begun(self.query.best(self.points.dims), rows.clone());
        for strip in strips {
            let (columns, limits) = {
                let theirs = locked(strip);
                // Blocks of columns begin at multiples of 32.
                let columns = (rows.start / ROWS * ROWS).max(theirs.points.start)..theirs.points.end;
                (columns.clone(), self.limits(columns, &theirs))
            };
            let above = |column: usize| (columns.start + column).saturating_sub(rows.start);
            let own_limits = self.limits(rows.clone(), &own);
            let pairs = near.pairs(left, &self.right, columns.clone(), above, (&own_limits, &limits));
            let mut theirs = locked(strip);
            theirs.refresh();
            for pair in pairs {
                let (row, column) = (rows.start + pair.row as usize, columns.start + pair.column as usize);
                if column > row {
                    self.offer(&mut own, row, column, pair.product);
                    self.offer(&mut theirs, column, row, pair.product);
                }
            }
        }
        locked(home).absorb(&own);
    }

    /// Offers one point to another.
    fn offer(&self, found: &mut Found, point: usize, other: usize, product: f32) {
        let score = product - self.halves[other];
        let (number, candidate) = (self.numbers[point], self.numbers[other]);
        if score >= found.floor(point)
            && self.query.admits(number as usize, candidate as usize, score, self.halves[point])
        {
            found.offer(point, score, candidate);
        }
    }

    /// The exact nearest of each point, by the points' numbers.
    fn rank(&self) -> Result<Vec<Nearest>, StepError> {
        let Search { points, numbers, query, strips, .. } = self;
        let mut places = vec![0; numbers.len()];
        numbers.iter().enumerate().for_each(|(place, number)| places[*number as usize] = place);
        let ranked = in_order(
            strips.len(),
            || (),
            |(), strip| {
                let found = locked(&strips[strip]);
                let rank = |place: usize| {
                    let itself = query.itself.then_some(numbers[place]);
                    let candidates = itself.into_iter().chain(found.best[place % STRIP].candidates());
                    query
                        .rank(points.row(place), candidates.map(|number| (number, points.row(places[number as usize]))))
                };
                Ok(found.points.clone().map(rank).collect::<Vec<_>>())
            },
        )?;
        let mut ranked: Vec<Nearest> = ranked.into_iter().flatten().collect();
        Ok(places.into_iter().map(|place| std::mem::take(&mut ranked[place])).collect())
    }
}

/// The best candidates so far of points that stand one behind the other.
struct Found {
    points: Range<usize>,
    best: Vec<Best>,
    /// the score below which a candidate cannot be among the best
    floors: Vec<f32>,
}

impl Found {
    fn new(none: Best, points: Range<usize>) -> Found {
        let count = points.len();
        Found { points, best: vec![none; count], floors: vec![f32::NEG_INFINITY; count] }
    }

    /// Nothing yet for some of the points, but the floors of what is here: what lies below need not be found again.
    fn begun(&self, none: Best, points: Range<usize>) -> Found {
        let floors = self.floors(points.clone()).to_vec();
        Found { floors, ..Found::new(none, points) }
    }

    fn floors(&self, points: Range<usize>) -> &[f32] {
        &self.floors[points.start - self.points.start..points.end - self.points.start]
    }

    fn floor(&self, point: usize) -> f32 {
        self.floors[point - self.points.start]
    }

    fn offer(&mut self, point: usize, score: f32, candidate: u32) {
        let at = point - self.points.start;
        self.best[at].offer(score, candidate);
        self.floors[at] = self.floors[at].max(self.best[at].floor());
    }

    /// Reads all floors anew, which fetches the candidates into the caches before they are looked at one by one.
    fn refresh(&mut self) {
        self.floors.iter_mut().zip(&self.best).for_each(|(floor, best)| *floor = floor.max(best.floor()));
    }

    /// Takes over what was found for some of the points.
    fn absorb(&mut self, other: &Found) {
        for (best, point) in other.best.iter().zip(other.points.clone()) {
            let at = point - self.points.start;
            self.best[at].absorb(best);
            self.floors[at] = self.floors[at].max(self.best[at].floor());
        }
    }
}

/// A panic elsewhere ends the run anyway.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::matrix::heaps;

    /// Looks at every pair.
    pub(crate) fn by_hand(points: &Matrix, query: &Query) -> Vec<Nearest> {
        let others = |row: usize| {
            let apart = move |other: &usize| {
                (query.itself || *other != row)
                    && (query.groups.is_empty() || query.groups[row] != query.groups[*other])
            };
            (0..points.len()).filter(apart).map(|other| (other as u32, points.row(other)))
        };
        (0..points.len()).map(|row| query.rank(points.row(row), others(row))).collect()
    }

    pub(crate) fn query(metric: Metric) -> Query {
        Query { metric, k: 3, itself: false, min: None, max: None, groups: Vec::new() }
    }

    #[test]
    fn nothing_nearer_is_missed() {
        let points = heaps(600, 5, 20, 0.3, 3);
        for metric in [Metric::Cosine, Metric::Dot, Metric::L2] {
            let query = query(metric);
            assert_eq!(nearest(points.clone(), &query).unwrap(), by_hand(&points, &query), "{metric:?}");
        }
        let groups: Vec<u64> = (0..600).map(|i| i % 2).collect();
        let apart = Query { groups, max: Some(0.5), ..query(Metric::L2) };
        assert_eq!(nearest(points.clone(), &apart).unwrap(), by_hand(&points, &apart));
        let far = Query { min: Some(0.1), ..query(Metric::Cosine) };
        assert_eq!(nearest(points.clone(), &far).unwrap(), by_hand(&points, &far));
    }

    #[test]
    fn what_lies_in_other_strips_and_blocks_is_found() {
        // With dimensions enough for products to be given up half way.
        let points = heaps(2 * STRIP + ROWS / 2, 64, 50, 0.3, 3);
        for metric in [Metric::Cosine, Metric::L2] {
            let query = query(metric);
            let found = nearest(points.clone(), &query).unwrap();
            for row in (0..points.len()).step_by(37) {
                let others = (0..points.len()).filter(|other| *other != row);
                let others = others.map(|other| (other as u32, points.row(other)));
                assert_eq!(found[row], query.rank(points.row(row), others), "{metric:?} {row}");
            }
        }
    }

    #[test]
    fn of_equal_ones_the_first_are_the_neighbours() {
        let points = Matrix { dims: 1, numbers: vec![1.0; 600] };
        let found = nearest(points.clone(), &query(Metric::Cosine)).unwrap();
        assert_eq!(found[0], [(1, 0.0), (2, 0.0), (3, 0.0)]);
        assert_eq!(found[599], [(0, 0.0), (1, 0.0), (2, 0.0)]);
        let with_itself = Query { itself: true, ..query(Metric::Cosine) };
        assert_eq!(nearest(points, &with_itself).unwrap()[1], [(0, 0.0), (1, 0.0), (2, 0.0)]);
    }
}
