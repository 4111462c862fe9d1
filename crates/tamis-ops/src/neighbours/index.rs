//! An inverted file: points by the nearest of many centres, of which only the nearest few lists are looked through.
//!
//! The lists are on disk. In memory are the candidates of each point and the numbers of its lists, not the points.

use std::path::Path;
use std::sync::Mutex;

use tamis_core::StepError;
use tamis_core::rng::Rng;

use super::exact::locked;
use super::query::Query;
use crate::matrix::{
    BLOCK, Best, Centroids, Limits, Metric, Near, Nearest, Panels, Points, Shelves, Training, in_order, sampled,
};

/// How the lists are made and searched.
pub(crate) struct Index {
    pub(crate) lists: usize,
    /// lists that are looked through for each point
    pub(crate) probes: usize,
}

/// Points by which the centres are found, for each list.
const SAMPLE: usize = 64;
/// Rounds of k-means; more hardly change what is found.
const ROUNDS: usize = 10;

impl Index {
    /// The nearest of each of `count` points among those in its nearest lists.
    pub(crate) fn nearest(
        &self,
        points: &dyn Points,
        count: usize,
        query: &Query,
        scratch: &Path,
        rng: &mut Rng,
    ) -> Result<Vec<Nearest>, StepError> {
        let centroids = self.centroids(points, count, query, rng)?;
        let probes = self.probes.min(centroids.centres.len());
        let mut probed: Vec<u32> = Vec::with_capacity(count * probes);
        points.each(&mut |_, part| {
            centroids.few(&part, probes)?.iter().for_each(|best| probed.extend(best.candidates()));
            Ok(())
        })?;
        let labels: Vec<u32> = probed.iter().step_by(probes).copied().collect();
        let shelves = Shelves::new(scratch, centroids.centres.dims, &labels, centroids.centres.len())?;
        points.each(&mut |first, part| (0..part.len()).try_for_each(|row| shelves.put(first + row, part.row(row))))?;
        let mut askers = vec![Vec::new(); centroids.centres.len()];
        for (point, lists) in probed.chunks_exact(probes).enumerate() {
            lists.iter().for_each(|list| askers[*list as usize].push(point as u32));
        }
        drop((probed, labels));
        let table = look_through(&shelves, &askers, count, query)?;
        rank(&shelves, &table, count, query)
    }

    fn centroids(
        &self,
        points: &dyn Points,
        count: usize,
        query: &Query,
        rng: &mut Rng,
    ) -> Result<Centroids, StepError> {
        let sample = sampled(points, count, SAMPLE * self.lists, rng)?;
        let spherical = query.metric == Metric::Cosine;
        Training { clusters: self.lists, rounds: ROUNDS, spherical }.run(&sample, rng)
    }
}

type Table = Vec<Mutex<Vec<Best>>>;

/// Multiplies each list with the points that ask for it.
fn look_through(shelves: &Shelves, askers: &[Vec<u32>], count: usize, query: &Query) -> Result<Table, StepError> {
    let table: Table = (0..count.div_ceil(BLOCK)).map(|_| Mutex::new(vec![query.best(shelves.dims); BLOCK])).collect();
    in_order(askers.len(), Near::default, |near, list| {
        let (members, rows) = (shelves.cluster(list)?, &shelves.rows[list]);
        if rows.is_empty() {
            return Ok(());
        }
        let right = Panels::right(&members.numbers, members.dims);
        let halves = query.halves(&members);
        let never = Limits::new(&halves, &vec![f32::INFINITY; rows.len()], &[]);
        for asking in askers[list].chunks(BLOCK) {
            let block = shelves.pick(asking)?;
            let own_halves = query.halves(&block);
            let floor = |point: &u32| locked(&table[*point as usize / BLOCK])[*point as usize % BLOCK].floor();
            let floors: Vec<f32> = asking.iter().map(floor).collect();
            let limits = Limits::new(&vec![0.0; floors.len()], &floors, &[]);
            let left = Panels::left(&block.numbers, block.dims);
            let mut best = vec![query.best(shelves.dims); asking.len()];
            for pair in near.pairs(&left, &right, 0..rows.len(), |_| usize::MAX, (&limits, &never)) {
                let (row, point) = (pair.row as usize, asking[pair.row as usize]);
                let other = rows[pair.column as usize];
                let score = pair.product - halves[pair.column as usize];
                let wanted = score >= best[row].floor() && other != point;
                if wanted && query.admits(point as usize, other as usize, score, own_halves[row]) {
                    best[row].offer(score, other);
                }
            }
            for (point, best) in asking.iter().map(|point| *point as usize).zip(best) {
                locked(&table[point / BLOCK])[point % BLOCK].absorb(&best);
            }
        }
        Ok(())
    })?;
    Ok(table)
}

fn rank(shelves: &Shelves, table: &Table, count: usize, query: &Query) -> Result<Vec<Nearest>, StepError> {
    let ranked = in_order(
        table.len(),
        || (),
        |(), block| {
            let best = locked(&table[block]);
            let rank = |point: usize| {
                let itself = query.itself.then_some(point as u32);
                let candidates: Vec<u32> = itself.into_iter().chain(best[point % BLOCK].candidates()).collect();
                let (vector, vectors) = (shelves.pick(&[point as u32])?, shelves.pick(&candidates)?);
                let candidates = candidates.iter().enumerate().map(|(i, candidate)| (*candidate, vectors.row(i)));
                Ok(query.rank(vector.row(0), candidates))
            };
            (block * BLOCK..((block + 1) * BLOCK).min(count)).map(rank).collect::<Result<Vec<_>, StepError>>()
        },
    )?;
    Ok(ranked.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use tamis_core::RecordId;

    use super::super::exact::tests::{by_hand, query};
    use super::*;
    use crate::matrix::{Matrix, heaps};

    pub(crate) struct Parts(pub(crate) Matrix, pub(crate) usize);

    impl Points for Parts {
        fn each(&self, visit: &mut dyn FnMut(usize, Matrix) -> Result<(), StepError>) -> Result<(), StepError> {
            for (part, numbers) in self.0.numbers.chunks(self.1 * self.0.dims).enumerate() {
                visit(part * self.1, Matrix { dims: self.0.dims, numbers: numbers.to_vec() })?;
            }
            Ok(())
        }
    }

    fn searched(points: &Matrix, part: usize, probes: usize, query: &Query) -> Vec<Nearest> {
        let folder = tempfile::tempdir().unwrap();
        let mut rng = Rng::keyed(7, RecordId::input("x"), "find", &[]);
        let points = Parts(points.clone(), part);
        let index = Index { lists: 16, probes };
        index.nearest(&points, points.0.len(), query, folder.path(), &mut rng).unwrap()
    }

    #[test]
    fn all_lists_together_miss_nothing_and_a_few_hardly_anything() {
        let points = heaps(600, 6, 12, 0.2, 5);
        for metric in [Metric::Cosine, Metric::L2] {
            let query = query(metric);
            let truth = by_hand(&points, &query);
            assert_eq!(searched(&points, 600, 16, &query), truth);
            let few = searched(&points, 600, 4, &query);
            let found: usize = few.iter().zip(&truth).map(|(f, t)| f.iter().filter(|n| t.contains(n)).count()).sum();
            assert!(found * 100 >= 95 * 3 * 600, "{found} of 1800");
        }
    }

    #[test]
    fn the_cut_into_parts_changes_nothing() {
        let (points, query) = (heaps(300, 6, 12, 0.2, 5), query(Metric::Cosine));
        assert_eq!(searched(&points, 300, 3, &query), searched(&points, 7, 3, &query));
    }
}
