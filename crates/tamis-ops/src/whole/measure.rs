//! How much time and memory decisions over ten million records take, with their summaries on disk.

use std::fs;
use std::path::Path;
use std::time::Instant;

use serde::Serialize;
use tamis_core::barrier::{Before, Merging, Place};
use tamis_core::operator::{Bound, Context};
use tamis_core::rng::Rng;
use tamis_core::testing::LocalHost;
use tamis_core::{Record, RecordId, StepError};

use super::numbers::Sample;
use super::trial::Trial;

const PARTS: usize = 1000;
const ROWS: u64 = 10_000;

struct OnDisk<'a>(&'a Path);

impl Before for OnDisk<'_> {
    fn parts(&self) -> usize {
        PARTS
    }

    fn summary(&self, part: usize) -> Result<Vec<u8>, StepError> {
        fs::read(self.0.join(part.to_string())).map_err(|error| StepError::failed(error.to_string()))
    }

    fn record(&self, _: Place) -> Result<Record, StepError> {
        Err(StepError::failed("there are summaries only"))
    }

    fn records(&self, _: usize) -> Result<Vec<Record>, StepError> {
        Err(StepError::failed("there are summaries only"))
    }
}

fn summaries<T: Serialize>(folder: &Path, row: impl Fn(&mut Rng) -> T) {
    for part in 0..PARTS {
        let mut rng = Rng::keyed(part as u64, RecordId([0; 16]), "measure", &[]);
        let rows: Vec<T> = (0..ROWS).map(|_| row(&mut rng)).collect();
        fs::write(folder.join(part.to_string()), postcard::to_stdvec(&rows).unwrap()).unwrap();
    }
}

fn id(rng: &mut Rng) -> RecordId {
    RecordId((u128::from(rng.bits()) << 64 | u128::from(rng.bits())).to_be_bytes())
}

fn peak_mib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

fn measure(step: &str, folder: &Path) {
    let scratch = tempfile::tempdir().unwrap();
    let trial = Trial::of(step, "kind: text, score: float");
    let Bound::Barrier(barrier) = &trial.0.steps[0].bound else { panic!("the step is no barrier") };
    let host = LocalHost::new(7);
    let ctx = Context { host: &host, step: "measure" };
    let merging = Merging { ctx: &ctx, scratch: scratch.path(), handover: scratch.path() };
    // Forgets the peak so far.
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let begin = Instant::now();
    let mut bytes = 0;
    let mut put = |decision: Vec<u8>| {
        bytes += decision.len();
        fs::write(scratch.path().join("decision"), decision).map_err(|error| StepError::failed(error.to_string()))
    };
    barrier.merge(&OnDisk(folder), &mut put, &merging).unwrap();
    let seconds = begin.elapsed().as_secs_f64();
    println!("{step}: {seconds:.1} s, peak {} MiB, decisions {} MiB", peak_mib(), bytes >> 20);
    assert!(peak_mib() < 512, "memory grows with the records");
}

#[test]
#[ignore = "measurement: cargo test --release -p tamis-ops --lib measure -- --ignored --nocapture"]
fn ten_million_records_are_decided_on_in_bounded_memory() {
    let folder = tempfile::tempdir().unwrap();
    println!("peak before {} MiB", peak_mib());
    let groups = |n: usize| move |rng: &mut Rng| ([rng.below(n) as u64, 1], Some(rng.bits()), id(rng));
    summaries(folder.path(), groups(1000));
    measure("{ select.top: { score: score, n: 1000, by: kind } }", folder.path());
    measure("{ select.quota: { key: kind, n: 5000 } }", folder.path());
    measure("{ select.balance: { by: kind, n: 5000000 } }", folder.path());
    summaries(folder.path(), groups(3_000_000));
    measure("{ select.top: { score: score, n: 1, by: kind } }", folder.path());
    summaries(folder.path(), |rng| Sample { group: [0, 0], number: Some(rng.unit()), counts: true });
    measure("{ select.percentile: { score: score, from: 10, to: 90 } }", folder.path());
    measure("{ select.above: { score: score, times: 1 } }", folder.path());
    measure("{ score.normalise: { score: score, into: z, method: percentile } }", folder.path());
}
