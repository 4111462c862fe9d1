//! Between two stages: waiting for the other shards, the barrier's decision, and carrying it out on each part.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;
use tamis_core::StepError;
use tamis_core::block::{Counts, Outcome, Rejected};
use tamis_core::error::StopReason;
use tamis_core::operator::{Bound, Context, Verdict};
use tokio::sync::mpsc;

use crate::error::EngineError;
use crate::layout;
use crate::part::{self, Total};
use crate::run::{Run, Work, failure};

/// How often a waiting shard looks for the others' parts.
const SHARD_POLL: Duration = Duration::from_millis(300);

impl Run {
    /// The parts of the stage before, with the barrier's decision carried out.
    pub(crate) fn read_stage(
        &self,
        stage: usize,
        done: &HashSet<u64>,
        sender: &mpsc::Sender<Work>,
    ) -> Result<Option<Total>, EngineError> {
        let before = &self.job.plan.stages[stage - 1];
        let Some(step) = &before.barrier else { return Ok(None) };
        let Bound::Barrier(barrier) = &step.bound else { return Ok(None) };
        let decision = std::fs::read(self.decision_path(stage))
            .map_err(|e| EngineError::machine("cannot read the barrier's decision", &e))?;
        let decided = barrier.decided(&decision).map_err(part::stopped)?;
        let ctx = Context { host: &self.host, step: &step.id };
        let total = part::total(&self.job.dir)?.unwrap_or(Total { parts: 0, rows: 0 });
        for part in (0..total.parts).filter(|p| self.job.options.shard.owns(*p) && !done.contains(p)) {
            let records = part::accepted(&self.job.dir, stage - 1, part, &before.schema)?;
            let inputs = records.len() as u64;
            let mut work = Work { part, first: 0, inputs, records: Vec::new(), outcome: Outcome::default() };
            for mut record in records {
                match decided.apply(&mut record, &ctx) {
                    Ok(Verdict::Reject(reject)) => work.outcome.rejected.push(Rejected {
                        record,
                        step: step.id.clone(),
                        reason: reject.reason,
                        values: reject.values,
                    }),
                    Ok(_) => work.records.push(record),
                    Err(StepError::Stop(reason)) => return Err(reason.into()),
                    Err(error) => work.outcome.failed.push(failure(record, &step.id, error.to_string())),
                }
            }
            step.tally.add(Counts {
                entered: inputs,
                rejected: work.outcome.rejected.len() as u64,
                failed: work.outcome.failed.len() as u64,
                ..Counts::default()
            });
            if sender.blocking_send(work).is_err() {
                return Ok(None);
            }
        }
        Ok(Some(total))
    }

    /// Merges the summaries of the stage before into the decision that opens this stage.
    pub(crate) fn decide(&self, stage: usize) -> Result<(), EngineError> {
        let path = self.decision_path(stage);
        if path.exists() {
            return Ok(());
        }
        let dir = &self.job.dir;
        let Some(step) = &self.job.plan.stages[stage - 1].barrier else { return Ok(()) };
        let Bound::Barrier(barrier) = &step.bound else { return Ok(()) };
        let total = part::total(dir)?.unwrap_or(Total { parts: 0, rows: 0 });
        let mut summaries = (0..total.parts).map(|part| {
            part::summary(dir, stage - 1, part).map_err(|e| StepError::Stop(StopReason::Machine(e.to_string())))
        });
        let ctx = Context { host: &self.host, step: &step.id };
        let decision = barrier.merge(&mut summaries, &ctx).map_err(part::stopped)?;
        let write = || {
            std::fs::create_dir_all(dir.stage(stage))?;
            layout::write_atomically(&path, &decision)
        };
        self.events.tell("barrier", json!({ "step": &*step.id, "decision_bytes": decision.len() }));
        write().map_err(|e| EngineError::machine("cannot write the barrier's decision", &e))
    }

    fn decision_path(&self, stage: usize) -> PathBuf {
        self.job.dir.stage(stage).join("decision.json")
    }

    pub(crate) async fn wait_for_shards(&self, stage: usize) -> Result<(), EngineError> {
        let dir = &self.job.dir;
        let mut told = false;
        loop {
            let total = part::total(dir)?.unwrap_or(Total { parts: 0, rows: 0 });
            let done = part::committed(dir, stage)?.len() as u64;
            if done >= total.parts {
                return Ok(());
            }
            let message = format!("{} of {} parts are done before the barrier", done, total.parts);
            if !self.job.options.wait_for_shards {
                let help = "run the other shards, then this one again";
                return Err(EngineError::Stopped(StopReason::Machine(format!("{message}; {help}"))));
            }
            if !told {
                self.events.tell("waiting for shards", json!({ "why": message }));
                told = true;
            }
            tokio::select! {
                () = tokio::time::sleep(SHARD_POLL) => {}
                () = self.job.stop.asked() => return Err(self.job.stop.reason().unwrap_or(StopReason::Interrupted).into()),
            }
        }
    }
}
