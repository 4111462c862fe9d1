//! What the models are doing, in numbers: for the progress display and the run's bill.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use tamis_core::model::Usage;

/// Counters shared by all models of a run; cheap to update from many threads.
#[derive(Debug, Default)]
pub struct Meter {
    requests: AtomicU64,
    answered: AtomicU64,
    cached: AtomicU64,
    refused: AtomicU64,
    retried: AtomicU64,
    failed: AtomicU64,
    input: AtomicU64,
    output: AtomicU64,
    nano_usd: AtomicU64,
    in_flight: AtomicI64,
    limit: AtomicI64,
    batches: AtomicU64,
    batches_open: AtomicI64,
    batch_requests: AtomicU64,
    batch_done: AtomicU64,
}

/// The counters at one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Snapshot {
    /// requests sent, repetitions included
    pub requests: u64,
    /// calls answered by a server
    pub answered: u64,
    /// calls answered from the journal, or by the answer to an identical call
    pub cached: u64,
    /// requests refused with 429
    pub refused: u64,
    /// requests sent again, after refusals and errors
    pub retried: u64,
    /// calls that failed for good
    pub failed: u64,
    /// tokens read in answered calls
    pub input_tokens: u64,
    /// tokens written in answered calls
    pub output_tokens: u64,
    /// US dollars by the bindings' prices
    pub usd: f64,
    /// requests in flight
    pub in_flight: u64,
    /// how many may be in flight now, over all servers
    pub limit: u64,
    /// batches submitted or taken up
    pub batches: u64,
    /// batches that are not collected yet
    pub batches_open: u64,
    /// requests in all batches
    pub batch_requests: u64,
    /// requests in batches that have ended
    pub batch_done: u64,
}

impl Meter {
    /// The counters now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            requests: self.requests.load(Relaxed),
            answered: self.answered.load(Relaxed),
            cached: self.cached.load(Relaxed),
            refused: self.refused.load(Relaxed),
            retried: self.retried.load(Relaxed),
            failed: self.failed.load(Relaxed),
            input_tokens: self.input.load(Relaxed),
            output_tokens: self.output.load(Relaxed),
            usd: self.nano_usd.load(Relaxed) as f64 / 1e9,
            in_flight: self.in_flight.load(Relaxed).max(0) as u64,
            limit: self.limit.load(Relaxed).max(0) as u64,
            batches: self.batches.load(Relaxed),
            batches_open: self.batches_open.load(Relaxed).max(0) as u64,
            batch_requests: self.batch_requests.load(Relaxed),
            batch_done: self.batch_done.load(Relaxed),
        }
    }

    pub(crate) fn add_request(&self, repeated: bool) {
        self.requests.fetch_add(1, Relaxed);
        self.retried.fetch_add(u64::from(repeated), Relaxed);
    }

    pub(crate) fn add_answer(&self, usage: Usage, usd: f64) {
        self.answered.fetch_add(1, Relaxed);
        self.input.fetch_add(usage.input, Relaxed);
        self.output.fetch_add(usage.output, Relaxed);
        self.nano_usd.fetch_add((usd * 1e9).round() as u64, Relaxed);
    }

    pub(crate) fn add_cached(&self) {
        self.cached.fetch_add(1, Relaxed);
    }

    pub(crate) fn add_refusal(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    pub(crate) fn add_failure(&self) {
        self.failed.fetch_add(1, Relaxed);
    }

    pub(crate) fn add_in_flight(&self, change: i64) {
        self.in_flight.fetch_add(change, Relaxed);
    }

    pub(crate) fn add_limit(&self, change: i64) {
        self.limit.fetch_add(change, Relaxed);
    }

    pub(crate) fn add_batch(&self, requests: usize) {
        self.batches.fetch_add(1, Relaxed);
        self.batches_open.fetch_add(1, Relaxed);
        self.batch_requests.fetch_add(requests as u64, Relaxed);
    }

    pub(crate) fn add_batch_done(&self, requests: u64) {
        self.batch_done.fetch_add(requests, Relaxed);
    }

    pub(crate) fn end_batch(&self) {
        self.batches_open.fetch_sub(1, Relaxed);
    }
}
