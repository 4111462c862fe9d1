//! How fast neighbours are found, beside what the cores can do:
//! `cargo test --release -p tamis-ops --lib speed -- --ignored --nocapture --test-threads 1`.

use std::time::Instant;

use pulp::{Arch, Simd, WithSimd};
use tamis_core::rng::Rng;
use tamis_core::{RecordId, StepError};

use super::exact;
use super::index::Index;
use super::query::Query;
use crate::matrix::{Matrix, Metric, Points, heaps, in_order};

/// CPU seconds of this process so far, all threads (Linux).
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit(')').next().unwrap();
    let ticks: Vec<f64> = after_name.split_whitespace().skip(11).take(2).map(|n| n.parse().unwrap()).collect();
    (ticks[0] + ticks[1]) / 100.0
}

/// Multiply-adds in registers alone, of all cores at once: what a core can do at most, in GFLOP a CPU second.
fn peak() -> f64 {
    let begin = cpu_seconds();
    let cores = std::thread::available_parallelism().unwrap().get();
    let done: f64 = std::thread::scope(|scope| {
        let running: Vec<_> = (0..cores).map(|_| scope.spawn(|| Arch::new().dispatch(Peak))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    done / (cpu_seconds() - begin) / 1e9
}

/// One core's; tells how many operations it made.
struct Peak;

impl WithSimd for Peak {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        const ROUNDS: usize = 50_000_000;
        // So many in a turn of the loop, so that neither it nor where it stands in memory matters.
        const TOGETHER: usize = 6;
        let (factor, term) = (simd.splat_f32s(0.999_999), simd.splat_f32s(1e-7));
        let mut sums = [simd.splat_f32s(1.0); 12];
        for _ in 0..ROUNDS {
            for _ in 0..TOGETHER {
                sums.iter_mut().for_each(|sum| *sum = simd.mul_add_f32s(*sum, factor, term));
            }
        }
        let all = sums.into_iter().fold(simd.splat_f32s(0.0), |a, b| simd.add_f32s(a, b));
        assert!(simd.reduce_sum_f32s(all) > 0.0);
        (ROUNDS * TOGETHER * 12 * 2 * S::F32_LANES) as f64
    }
}

fn query() -> Query {
    Query { metric: Metric::Cosine, k: 10, itself: false, min: None, max: None, groups: Vec::new() }
}

#[test]
#[ignore = "a measurement: cargo test --release -p tamis-ops --lib speed -- --ignored --nocapture --test-threads 1"]
fn speed_of_exact_neighbours() {
    exact_neighbours("clustered", 500, 0.5);
}

#[test]
#[ignore = "a measurement: cargo test --release -p tamis-ops --lib speed -- --ignored --nocapture --test-threads 1"]
fn speed_of_exact_neighbours_that_are_far() {
    exact_neighbours("hardly clustered", 200, 2.0);
}

fn exact_neighbours(name: &str, clusters: usize, spread: f64) {
    let (rows, dims) = (50_000, 512);
    let points = heaps(rows, dims, clusters, spread, 1);
    let before = peak();
    let (begin, cpu) = (Instant::now(), cpu_seconds());
    let found = exact::nearest(points.clone(), &query()).unwrap();
    let (wall, cpu) = (begin.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    let peak = before.max(peak());
    for row in (0..rows).step_by(487) {
        let others = (0..rows).filter(|other| *other != row).map(|other| (other as u32, points.row(other)));
        assert_eq!(found[row], query().rank(points.row(row), others), "{row}");
    }
    let tenth = found.iter().map(|nearest| 1.0 - nearest[9].1).sum::<f64>() / rows as f64;
    // Each pair once, and each row with itself.
    let all = dims as f64 * rows as f64 * (rows as f64 + 1.0) / 1e9 / peak;
    println!("{rows} x {dims}, {name}, the tenth neighbour at a cosine of {tenth:.2}: {wall:.2} s, {cpu:.2} CPU s");
    println!("all products at the peak of {peak:.1} GFLOP a CPU second: {all:.2} CPU s, {:.0} %", 100.0 * all / cpu);
}

struct Whole(Matrix);

impl Points for Whole {
    fn each(&self, visit: &mut dyn FnMut(usize, Matrix) -> Result<(), StepError>) -> Result<(), StepError> {
        let part = |(number, numbers): (usize, &[f32])| {
            visit(number * 10_000, Matrix { dims: self.0.dims, numbers: numbers.to_vec() })
        };
        self.0.numbers.chunks(10_000 * self.0.dims).enumerate().try_for_each(part)
    }
}

#[test]
#[ignore = "a measurement: cargo test --release -p tamis-ops --lib speed -- --ignored --nocapture --test-threads 1"]
fn speed_and_recall_of_the_index() {
    for (name, clusters, spread) in [("clustered", 2_000, 0.5), ("hardly clustered", 200, 2.0)] {
        let points = Whole(heaps(100_000, 128, clusters, spread, 1));
        let truth = exact::nearest(points.0.clone(), &query()).unwrap();
        for probes in [8, 16, 32, 64] {
            let folder = tempfile::tempdir().unwrap();
            let mut rng = Rng::keyed(7, RecordId::input("x"), "find", &[]);
            let begin = Instant::now();
            let index = Index { lists: 316, probes };
            let found = index.nearest(&points, points.0.len(), &query(), folder.path(), &mut rng).unwrap();
            let hits = in_order(
                found.len(),
                || (),
                |(), row| Ok(found[row].iter().filter(|(n, _)| truth[row].iter().any(|(t, _)| t == n)).count()),
            );
            let recall = hits.unwrap().into_iter().sum::<usize>() as f64 / (10.0 * found.len() as f64);
            let seconds = begin.elapsed().as_secs_f64();
            println!("100,000 x 128, {name}, {probes} of 316 lists: recall@10 {recall:.4}, {seconds:.1} s");
        }
    }
}
