//! `--accept N`: go on until N samples passed, and keep exactly the first N in the order of the input.

use std::collections::BTreeMap;

use tamis_core::block::{Outcome, Rejected};
use tamis_recipe::plan::Plan;

use crate::error::EngineError;
use crate::layout::RunDir;
use crate::part::{self, Manifest, Total};
use crate::run::Job;

/// Counts accepted samples in the order of the parts, so that the order of work does not matter.
pub(crate) struct Counter {
    wanted: Option<u64>,
    parts: BTreeMap<u64, u64>,
}

impl Counter {
    pub(crate) fn new(job: &Job, stage: usize) -> Result<Counter, EngineError> {
        let last = stage + 1 == job.plan.stages.len();
        let wanted = job.options.accept.filter(|_| last);
        let before = if wanted.is_some() { part::manifests(&job.dir, stage)? } else { Vec::new() };
        Ok(Counter { wanted, parts: before.iter().map(|m| (m.part, m.accepted)).collect() })
    }

    pub(crate) fn add(&mut self, manifest: &Manifest) {
        if self.wanted.is_some() {
            self.parts.insert(manifest.part, manifest.accepted);
        }
    }

    /// Whether the parts from the first on, without a gap, hold enough.
    pub(crate) fn reached(&self) -> bool {
        self.wanted.is_some_and(|wanted| cut(&self.parts, wanted).is_some())
    }
}

/// The part in which the `wanted`th sample lies, and how many of that part are kept.
fn cut(parts: &BTreeMap<u64, u64>, wanted: u64) -> Option<(u64, u64)> {
    let mut before = 0;
    for (number, (part, accepted)) in (0..).zip(parts) {
        if *part != number {
            return None;
        }
        if before + accepted >= wanted {
            return Some((*part, wanted - before));
        }
        before += accepted;
    }
    None
}

/// Takes away what was made beyond the `wanted`th sample: later parts are dropped, as if never begun; later samples of
/// the same part become rejected.
pub(crate) fn trim(dir: &RunDir, plan: &Plan, wanted: u64) -> Result<(), EngineError> {
    let manifests = part::manifests(dir, 0)?;
    let counts = manifests.iter().map(|m| (m.part, m.accepted)).collect();
    let Some((last, keep)) = cut(&counts, wanted) else { return Ok(()) };
    for manifest in manifests.iter().filter(|m| m.part > last) {
        let path = dir.part(0, manifest.part);
        std::fs::remove_dir_all(&path)
            .map_err(|e| EngineError::machine(&format!("cannot remove {}", path.display()), &e))?;
        dir.tell(|mirror| mirror.removed(0, manifest.part))?;
    }
    let Some(manifest) = manifests.iter().find(|m| m.part == last) else { return Ok(()) };
    part::set_total(dir, Total { parts: last + 1, rows: manifest.first + manifest.inputs })?;
    if manifest.accepted > keep {
        rewrite(dir, plan, manifest, keep)?;
    }
    Ok(())
}

fn rewrite(dir: &RunDir, plan: &Plan, manifest: &Manifest, keep: u64) -> Result<(), EngineError> {
    let mut records = part::accepted(dir, 0, manifest.part, &plan.output)?;
    let surplus = records.split_off(keep as usize);
    let rejected = surplus.into_iter().map(|record| Rejected {
        record,
        step: "--accept".into(),
        reason: "enough samples had passed before".to_string(),
        values: Vec::new(),
    });
    let outcome = Outcome { passed: records, rejected: rejected.collect(), ..Outcome::default() };
    part::recommit(dir, 0, manifest, outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_count_only_without_a_gap() {
        let parts = |list: &[(u64, u64)]| list.iter().copied().collect::<BTreeMap<_, _>>();
        assert_eq!(cut(&parts(&[(0, 5), (1, 5), (2, 5)]), 7), Some((1, 2)));
        assert_eq!(cut(&parts(&[(0, 5), (2, 5)]), 7), None);
        assert_eq!(cut(&parts(&[(0, 5)]), 5), Some((0, 5)));
    }
}
