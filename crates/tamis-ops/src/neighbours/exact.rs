//! All pairs: for as many records as fit into memory.
//!
//! Which pairs are looked at depends on chance and on the number of threads, as floors rise earlier or later; which
//! candidates are the best does not.

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tamis_core::StepError;

use super::query::Query;
use crate::matrix::{BLOCK, Best, Limits, Matrix, Near, Nearest, Panels, Tail, in_order, tails};

/// Rows at a time: two blocks, so that the candidates of a strip are fetched half as often.
const ROWS: usize = 2 * BLOCK;
/// Columns at a time.
const STRIP: usize = 2 * ROWS;
/// Rows at a time at first, when there is no floor yet below which a pair need not be looked at.
const FEW: usize = 24;

/// The nearest of each point. Each pair is multiplied once and counts for both.
pub(crate) fn nearest(points: &Matrix, query: &Query) -> Result<Vec<Nearest>, StepError> {
    let search = Search::new(points, query);
    search.begin()?;
    search.go_on()?;
    search.rank()
}

struct Search<'a> {
    points: &'a Matrix,
    query: &'a Query,
    halves: Vec<f32>,
    tails: Vec<Tail>,
    right: Panels,
    /// what has been found for the points of each strip
    strips: Vec<Mutex<Found>>,
}

impl Search<'_> {
    fn new<'a>(points: &'a Matrix, query: &'a Query) -> Search<'a> {
        let strip = |strip: usize| strip * STRIP..((strip + 1) * STRIP).min(points.len());
        let strips = (0..points.len().div_ceil(STRIP))
            .map(|number| Mutex::new(Found::new(query.best(points.dims), strip(number))));
        Search {
            points,
            query,
            halves: query.halves(points),
            tails: tails(&points.numbers, points.dims),
            right: Panels::right(&points.numbers, points.dims),
            strips: strips.collect(),
        }
    }

    /// The first block with all points, in small steps: behind them every point has a floor.
    fn begin(&self) -> Result<(), StepError> {
        let first = self.rows(0);
        let few = |near: &mut Near, strip: &Mutex<Found>| {
            let mut own = locked(&self.strips[0]).begun(self.none(), first.clone());
            for from in first.clone().step_by(FEW) {
                let rows = from..(from + FEW).min(first.end);
                self.meet(near, rows.clone(), &self.left(rows), &mut own, strip);
            }
            own
        };
        let Some((home, others)) = self.strips.split_first() else { return Ok(()) };
        let own = few(&mut Near::default(), home);
        locked(home).absorb(&own);
        let found = in_order(others.len(), Near::default, |near, strip| Ok(few(near, &others[strip])))?;
        found.iter().for_each(|own| locked(home).absorb(own));
        Ok(())
    }

    /// Each further block with the points from itself on.
    fn go_on(&self) -> Result<(), StepError> {
        let further = self.points.len().div_ceil(ROWS).saturating_sub(1);
        in_order(further, Near::default, |near, block| {
            let rows = self.rows(block + 1);
            let left = self.left(rows.clone());
            let home = rows.start / STRIP;
            let mut own = locked(&self.strips[home]).begun(self.none(), rows.clone());
            for strip in &self.strips[home..] {
                self.meet(near, rows.clone(), &left, &mut own, strip);
            }
            locked(&self.strips[home]).absorb(&own);
            Ok(())
        })?;
        Ok(())
    }

    fn none(&self) -> Best {
        self.query.best(self.points.dims)
    }

    fn rows(&self, block: usize) -> Range<usize> {
        block * ROWS..((block + 1) * ROWS).min(self.points.len())
    }

    fn left(&self, rows: Range<usize>) -> Panels {
        Panels::left(self.points.rows(rows), self.points.dims)
    }

    fn limits(&self, points: Range<usize>, found: &Found) -> Limits {
        Limits::new(&self.halves[points.clone()], found.floors(points.clone()), &self.tails[points])
    }

    /// Offers the points in `rows` and those of a strip to each other, as far as these stand behind them.
    fn meet(&self, near: &mut Near, rows: Range<usize>, left: &Panels, own: &mut Found, strip: &Mutex<Found>) {
        let (columns, limits) = {
            let theirs = locked(strip);
            let columns = (rows.start / ROWS * ROWS).max(theirs.points.start)..theirs.points.end;
            let limits = self.limits(columns.clone(), &theirs);
            (columns, limits)
        };
        let own_limits = self.limits(rows.clone(), own);
        let above = |column: usize| (columns.start + column).saturating_sub(rows.start);
        let pairs = near.pairs(left, &self.right, columns.clone(), above, (&own_limits, &limits));
        let mut theirs = locked(strip);
        theirs.refresh();
        for pair in pairs {
            let (row, column) = (rows.start + pair.row as usize, columns.start + pair.column as usize);
            if column <= row {
                continue;
            }
            for (found, a, b) in [(&mut *own, row, column), (&mut *theirs, column, row)] {
                let score = pair.product - self.halves[b];
                if score >= found.floor(a) && self.query.admits(a, b, score, self.halves[a]) {
                    found.offer(a, score, b as u32);
                }
            }
        }
    }

    fn rank(&self) -> Result<Vec<Nearest>, StepError> {
        let Search { points, query, strips, .. } = self;
        let ranked = in_order(
            strips.len(),
            || (),
            |(), strip| {
                let found = locked(&strips[strip]);
                let rank = |row: usize| {
                    let itself = query.itself.then_some(row as u32);
                    let candidates = itself.into_iter().chain(found.best[row % STRIP].candidates());
                    query.rank(points.row(row), candidates.map(|c| (c, points.row(c as usize))))
                };
                Ok(found.points.clone().map(rank).collect::<Vec<_>>())
            },
        )?;
        Ok(ranked.into_iter().flatten().collect())
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
    use crate::matrix::{Metric, heaps};

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
            assert_eq!(nearest(&points, &query).unwrap(), by_hand(&points, &query), "{metric:?}");
        }
        let groups: Vec<u64> = (0..600).map(|i| i % 2).collect();
        let apart = Query { groups, max: Some(0.5), ..query(Metric::L2) };
        assert_eq!(nearest(&points, &apart).unwrap(), by_hand(&points, &apart));
        let far = Query { min: Some(0.1), ..query(Metric::Cosine) };
        assert_eq!(nearest(&points, &far).unwrap(), by_hand(&points, &far));
    }

    #[test]
    fn what_lies_in_other_strips_and_blocks_is_found() {
        let (points, query) = (heaps(1000, 5, 20, 0.3, 3), query(Metric::L2));
        assert!(points.len() > STRIP + ROWS / 2);
        let found = nearest(&points, &query).unwrap();
        for row in (0..points.len()).step_by(37) {
            let others = (0..points.len()).filter(|other| *other != row).map(|other| (other as u32, points.row(other)));
            assert_eq!(found[row], query.rank(points.row(row), others), "{row}");
        }
    }

    #[test]
    fn of_equal_ones_the_first_are_the_neighbours() {
        let points = Matrix { dims: 1, numbers: vec![1.0; 600] };
        let found = nearest(&points, &query(Metric::Cosine)).unwrap();
        assert_eq!(found[0], [(1, 0.0), (2, 0.0), (3, 0.0)]);
        assert_eq!(found[599], [(0, 0.0), (1, 0.0), (2, 0.0)]);
        let with_itself = Query { itself: true, ..query(Metric::Cosine) };
        assert_eq!(nearest(&points, &with_itself).unwrap()[1], [(0, 0.0), (1, 0.0), (2, 0.0)]);
    }
}
