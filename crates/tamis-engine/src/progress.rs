//! Live numbers of a run, for whoever draws them.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tamis_core::block::Outcome;

/// Live numbers of a run; written by the engine, read by anybody.
#[derive(Debug, Default)]
pub struct Progress {
    read: AtomicU64,
    expected: AtomicU64,
    done: AtomicU64,
    accepted: AtomicU64,
    rejected: AtomicU64,
    failed: AtomicU64,
    decoded: AtomicU64,
    stage: Mutex<String>,
}

/// The numbers at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// records begun in this stage
    pub read: u64,
    /// records that this stage will have, 0 while unknown
    pub expected: u64,
    /// records finished in this stage, those of committed parts included
    pub done: u64,
    /// records that went through
    pub accepted: u64,
    /// rejected ones
    pub rejected: u64,
    /// failed ones
    pub failed: u64,
    /// pictures decoded by this process
    pub decoded: u64,
    /// the stage in words
    pub stage: String,
}

impl Progress {
    /// The numbers now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            read: self.read.load(Relaxed),
            expected: self.expected.load(Relaxed),
            done: self.done.load(Relaxed),
            accepted: self.accepted.load(Relaxed),
            rejected: self.rejected.load(Relaxed),
            failed: self.failed.load(Relaxed),
            decoded: self.decoded.load(Relaxed),
            stage: self.stage.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// A stage begins; what passed the last one begins anew, what was rejected or failed stays counted.
    pub(crate) fn begin_stage(&self, name: &str, expected: Option<u64>) {
        *self.stage.lock().unwrap_or_else(PoisonError::into_inner) = name.to_string();
        self.expected.store(expected.unwrap_or(0), Relaxed);
        [&self.read, &self.done, &self.accepted].iter().for_each(|n| n.store(0, Relaxed));
    }

    pub(crate) fn began(&self) {
        self.read.fetch_add(1, Relaxed);
    }

    pub(crate) fn ended(&self, outcome: &Outcome) {
        self.committed_before(1, outcome.passed.len(), outcome.rejected.len(), outcome.failed.len());
    }

    pub(crate) fn committed_before(&self, inputs: u64, accepted: usize, rejected: usize, failed: usize) {
        self.done.fetch_add(inputs, Relaxed);
        self.accepted.fetch_add(accepted as u64, Relaxed);
        self.rejected.fetch_add(rejected as u64, Relaxed);
        self.failed.fetch_add(failed as u64, Relaxed);
    }

    pub(crate) fn decoded(&self) {
        self.decoded.fetch_add(1, Relaxed);
    }

    pub(crate) fn failures(&self) -> u64 {
        self.failed.load(Relaxed)
    }
}
