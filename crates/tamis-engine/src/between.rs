//! Between two stages: waiting for the other shards, the barrier's decision, and carrying it out on each part.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use tamis_core::StepError;
use tamis_core::barrier::{Applying, Barrier, HANDED_BACK, Merging, Place};
use tamis_core::block::{self, Counts, Outcome, Step};
use tamis_core::error::StopReason;
use tamis_core::operator::{Bound, Context};
use tokio::sync::mpsc;

use crate::before::Committed;
use crate::error::EngineError;
use crate::host::Models;
use crate::layout;
use crate::part::{self, Total};
use crate::run::{Run, Work};

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
        let Some((step, barrier)) = self.barrier_before(stage) else { return Ok(None) };
        let total = part::total(&self.job.dir)?.unwrap_or(Total { parts: 0, rows: 0 });
        let before = self.before(stage, total);
        let ctx = Context { host: &self.host, step: &step.id };
        for part in (0..total.parts).filter(|p| self.job.options.shard.owns(*p) && !done.contains(p)) {
            let decision = std::fs::read(self.decision_path(stage, part))
                .map_err(|e| EngineError::machine("cannot read the barrier's decision", &e))?;
            let decided = barrier.decided(&decision).map_err(part::stopped)?;
            let records = part::accepted(&self.job.dir, stage - 1, part, &before.schema)?;
            let inputs = records.len() as u64;
            let mut outcome = Outcome::default();
            for (row, mut record) in records.into_iter().enumerate() {
                let place = Place { part: part as u32, row: row as u32 };
                let verdict = decided.apply(&mut record, row, &Applying { ctx: &ctx, before: &before, place });
                outcome.append(block::after_barrier(&step.id, record, verdict).map_err(EngineError::Stopped)?);
            }
            step.tally.add(Counts {
                entered: inputs,
                rejected: outcome.rejected.len() as u64,
                failed: outcome.failed.len() as u64,
                ..Counts::default()
            });
            let records = std::mem::take(&mut outcome.passed);
            if sender.blocking_send(Work { part, first: 0, inputs, records, outcome }).is_err() {
                return Ok(None);
            }
        }
        Ok(Some(total))
    }

    /// Merges the summaries of the stage before into the decisions that open this stage.
    pub(crate) fn decide(&self, stage: usize) -> Result<(), EngineError> {
        let dir = &self.job.dir;
        dir.tell(|mirror| mirror.decisions(stage))?;
        if dir.decisions(stage).exists() {
            return Ok(());
        }
        let Some((step, barrier)) = self.barrier_before(stage) else { return Ok(()) };
        let total = part::total(dir)?.unwrap_or(Total { parts: 0, rows: 0 });
        let before = self.before(stage, total);
        let ctx = Context { host: &self.host, step: &step.id };
        // Several shards may decide at the same time; each does so aside, and the first one's decisions stand.
        let aside = dir.stage(stage).join(format!("deciding-{}", self.job.options.shard.name()));
        let scratch = dir.stage(stage).join(format!("scratch-{}", self.job.options.shard.name()));
        let cannot = |e: io::Error| EngineError::machine("cannot write the barrier's decision", &e);
        fresh(&aside).and_then(|()| fresh(&scratch)).map_err(cannot)?;
        let (mut parts, mut bytes) = (0, 0);
        let mut put = |decision: Vec<u8>| {
            bytes += decision.len();
            parts += 1;
            std::fs::write(aside.join(decision_name(parts - 1)), decision)
                .map_err(|e| StepError::Stop(StopReason::Machine(format!("cannot write the barrier's decision: {e}"))))
        };
        let merging = Merging { ctx: &ctx, scratch: &scratch, handover: &dir.handover(&step.id) };
        let merged = barrier.merge(&before, &mut put, &merging);
        let _ = std::fs::remove_dir_all(&scratch);
        merged.map_err(part::stopped)?;
        if parts != total.parts {
            let message = format!("`{}` decided for {parts} parts of {}; please report it", step.id, total.parts);
            return Err(EngineError::Damaged(message));
        }
        self.events.tell("barrier", json!({ "step": &*step.id, "decision_bytes": bytes }));
        layout::put_in_place(&aside, &dir.decisions(stage)).map_err(cannot)?;
        dir.tell(|mirror| mirror.decided(stage))
    }

    /// The models that whoever got the records of the stage before has handed back.
    pub(crate) async fn handed_back(&self, stage: usize) -> Result<Option<Models>, EngineError> {
        let (Some((step, _)), Some(rebind)) = (self.barrier_before(stage), &self.job.rebind) else { return Ok(None) };
        let file = self.job.dir.handover(&step.id).join(HANDED_BACK);
        if !file.exists() {
            return Ok(None);
        }
        let models = rebind.models(&file).await.map_err(EngineError::refused)?;
        let roles: Vec<&str> = models.keys().map(|role| &**role).collect();
        self.events.tell("handed back", json!({ "step": &*step.id, "roles": roles }));
        Ok(Some(models))
    }

    fn barrier_before(&self, stage: usize) -> Option<(&Step, &dyn Barrier)> {
        let step = self.job.plan.stages[stage - 1].barrier.as_ref()?;
        match &step.bound {
            Bound::Barrier(barrier) => Some((step, &**barrier)),
            _ => None,
        }
    }

    fn before(&self, stage: usize, total: Total) -> Committed {
        let schema = self.job.plan.stages[stage - 1].schema.clone();
        Committed::new(self.job.dir.clone(), stage - 1, total.parts, schema)
    }

    fn decision_path(&self, stage: usize, part: u64) -> PathBuf {
        self.job.dir.decisions(stage).join(decision_name(part))
    }

    pub(crate) async fn wait_for_shards(&self, stage: usize) -> Result<(), EngineError> {
        let dir = &self.job.dir;
        let pause = dir.mirror().map_or(SHARD_POLL, |mirror| mirror.pause());
        let mut told = false;
        loop {
            dir.tell(|mirror| mirror.refresh(stage))?;
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
                eprintln!("waiting for the other shards: {message}");
                self.events.tell("waiting for shards", json!({ "why": message }));
                told = true;
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.job.stop.asked() => return Err(self.job.stop.reason().unwrap_or(StopReason::Interrupted).into()),
            }
        }
    }
}

fn decision_name(part: u64) -> String {
    format!("part-{part:06}.bin")
}

/// An empty directory.
fn fresh(path: &Path) -> io::Result<()> {
    if path.exists() {
        std::fs::remove_dir_all(path)?;
    }
    std::fs::create_dir_all(path)
}
