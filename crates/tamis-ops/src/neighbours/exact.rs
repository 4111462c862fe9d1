//! All pairs: for as many records as fit into memory.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tamis_core::StepError;

use super::query::{Query, padded, sift};
use crate::matrix::{BLOCK, Best, Matrix, Nearest, Panels, Products, in_order};

/// Columns at a time: a whole number of blocks.
const STRIP: usize = 3 * BLOCK;

/// The nearest of each point. Each pair is multiplied once and counts for both.
pub(crate) fn nearest(points: &Matrix, query: &Query) -> Result<Vec<Nearest>, StepError> {
    let right = Panels::right(&points.numbers, points.dims);
    let halves = query.halves(points);
    let strips = points.len().div_ceil(STRIP);
    let table: Vec<Mutex<Vec<Best>>> = (0..strips).map(|_| Mutex::new(vec![query.best(); STRIP])).collect();
    in_order(points.blocks(), Products::default, |products, block| {
        let rows = points.block(block);
        let left = Panels::left(points.rows(rows.clone()), points.dims);
        let mut own = vec![query.best(); rows.len()];
        let home = rows.start / STRIP;
        for (strip, theirs) in table.iter().enumerate().skip(home) {
            let columns = strip * STRIP..((strip + 1) * STRIP).min(points.len());
            products.fill(&left, &right, columns.clone());
            let strip_halves = padded(halves[columns.clone()].iter().copied(), f32::NAN);
            let floors = padded(locked(theirs)[..columns.len()].iter().map(Best::floor), f32::INFINITY);
            let mut hits = Vec::new();
            for (best, row) in own.iter_mut().zip(rows.clone()) {
                let products = products.row(row - rows.start);
                sift(products, (&strip_halves, best.floor()), (halves[row], &floors), |at| {
                    let column = columns.start + at;
                    if column <= row || column >= columns.end {
                        return;
                    }
                    let (theirs, mine) = (products[at] - halves[column], products[at] - halves[row]);
                    if theirs >= best.floor() && query.admits(row, column, theirs, halves[row]) {
                        best.offer(theirs, column as u32);
                    }
                    if mine >= floors[at] && query.admits(column, row, mine, halves[column]) {
                        hits.push((at, mine, row as u32));
                    }
                });
            }
            let mut theirs = locked(theirs);
            hits.into_iter().for_each(|(at, score, row)| theirs[at].offer(score, row));
        }
        let mut home = locked(&table[home]);
        own.iter().zip(rows).for_each(|(best, row)| home[row % STRIP].absorb(best));
        Ok(())
    })?;
    let ranked = in_order(
        strips,
        || (),
        |(), strip| {
            let strip_best = locked(&table[strip]);
            let rows = strip * STRIP..((strip + 1) * STRIP).min(points.len());
            let rank = |row: usize| {
                let itself = query.itself.then_some(row as u32);
                let candidates = itself.into_iter().chain(strip_best[row % STRIP].candidates());
                query.rank(points.row(row), candidates.map(|c| (c, points.row(c as usize))))
            };
            Ok(rows.map(rank).collect::<Vec<_>>())
        },
    )?;
    Ok(ranked.into_iter().flatten().collect())
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
    fn of_equal_ones_the_first_are_the_neighbours() {
        let points = Matrix { dims: 1, numbers: vec![1.0; 600] };
        let found = nearest(&points, &query(Metric::Cosine)).unwrap();
        assert_eq!(found[0], [(1, 0.0), (2, 0.0), (3, 0.0)]);
        assert_eq!(found[599], [(0, 0.0), (1, 0.0), (2, 0.0)]);
        let with_itself = Query { itself: true, ..query(Metric::Cosine) };
        assert_eq!(nearest(&points, &with_itself).unwrap()[1], [(0, 0.0), (1, 0.0), (2, 0.0)]);
    }
}
