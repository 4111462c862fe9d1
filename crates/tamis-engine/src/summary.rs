//! What a run came to, read from the manifests of its parts.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::digest::Digest;
use crate::error::EngineError;
use crate::layout::RunDir;
use crate::part::{self, Calls};

/// What a run came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    /// whether every part of every stage is done
    pub complete: bool,
    /// input rows seen
    pub inputs: u64,
    /// records that fan-outs added on the way
    pub added: i64,
    /// samples
    pub accepted: u64,
    /// rejected records
    pub rejected: u64,
    /// failed records
    pub failed: u64,
    /// records that went into others
    pub gathered: u64,
    /// the digest of the samples
    pub digest: Digest,
    /// the digest of the rejected records
    pub rejects_digest: Digest,
    /// rejections by step and reason, most first
    pub reasons: Vec<(String, u64)>,
    /// failures by step and beginning of the error, most first
    pub errors: Vec<(String, u64)>,
    /// what the models did
    pub calls: Calls,
}

impl Summary {
    /// Reads the manifests of all stages.
    pub fn read(dir: &RunDir, stages: usize) -> Result<Summary, EngineError> {
        let mut summary = Summary::default();
        let (mut reasons, mut errors) = (BTreeMap::new(), BTreeMap::new());
        let total = part::total(dir)?;
        summary.complete = total.is_some();
        for stage in 0..stages {
            let manifests = part::manifests(dir, stage)?;
            summary.complete &= total.is_some_and(|t| manifests.len() as u64 == t.parts);
            for m in &manifests {
                summary.rejected += m.rejected;
                summary.failed += m.failed;
                summary.gathered += m.gathered;
                summary.rejects_digest.merge(&m.rejects_digest);
                m.reasons.iter().for_each(|(why, n)| *reasons.entry(why.clone()).or_default() += n);
                m.errors.iter().for_each(|(why, n)| *errors.entry(why.clone()).or_default() += n);
                if stage == 0 {
                    summary.inputs += m.inputs;
                }
                if stage + 1 == stages {
                    summary.accepted += m.accepted;
                    summary.digest.merge(&m.digest);
                    // A record's story goes on from stage to stage; what passed is counted where it ends.
                    summary.calls.merge(&m.passed_calls);
                }
                summary.calls.merge(&m.calls);
            }
        }
        let ended = (summary.accepted + summary.rejected + summary.failed + summary.gathered) as i64;
        summary.added = ended - summary.inputs as i64;
        summary.reasons = most_first(reasons);
        summary.errors = most_first(errors);
        Ok(summary)
    }
}

fn most_first(counts: BTreeMap<String, u64>) -> Vec<(String, u64)> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    counts
}
