//! A run: stages one after the other, parts side by side, records of a part side by side.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use serde_json::json;
use tamis_core::Record;
use tamis_core::block::{self, Failed, Outcome};
use tamis_core::error::StopReason;
use tamis_core::media::MediaStore;
use tamis_core::source::SharedSource;
use tamis_recipe::plan::Plan;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use crate::accept;
use crate::error::EngineError;
use crate::events::Events;
use crate::host::{Models, RunHost, Tables};
use crate::input::{self, NoInput, Reading};
use crate::layout::{RunDir, Shard};
use crate::part::{self, Manifest, Total};
use crate::progress::Progress;
use crate::remote;
use crate::stop::Stop;
use crate::summary::Summary;

/// What is run, and where.
pub struct Job {
    /// the checked recipe
    pub plan: Arc<Plan>,
    /// the input; `None` for recipes that need none
    pub source: Option<SharedSource>,
    /// who plays the roles
    pub models: Models,
    /// who plays the roles behind a step that handed data to others; `None` changes nothing
    pub rebind: Option<Arc<dyn Rebind>>,
    /// the recipe's tables
    pub tables: Tables,
    /// the run directory, claimed by the caller
    pub dir: RunDir,
    /// the media of the run directory
    pub media: Arc<dyn MediaStore>,
    /// how it is run
    pub options: Options,
    /// live numbers
    pub progress: Arc<Progress>,
    /// how it is told to stop
    pub stop: Arc<Stop>,
}

/// Binds roles anew, between two stages.
pub trait Rebind: Send + Sync {
    /// The models that `file` binds, for the roles that it names; an error is a sentence for people.
    fn models<'a>(&'a self, file: &'a Path) -> BoxFuture<'a, Result<Models, String>>;
}

/// How a recipe is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// the seed
    pub seed: u64,
    /// at most this many inputs
    pub take: Option<u64>,
    /// go on until this many samples passed
    pub accept: Option<u64>,
    /// inputs in a part; see [`part_rows`]
    pub part_rows: u64,
    /// the share of the parts that this process works on
    pub shard: Shard,
    /// pieces of CPU work at a time
    pub jobs: usize,
    /// records waiting for models at a time
    pub in_flight: usize,
    /// stop when more records than this have failed
    pub max_failures: Option<u64>,
    /// at a barrier, wait for the other shards (or stop and be resumed)
    pub wait_for_shards: bool,
}

/// The number of inputs in a part: few where models are asked or records are made from nothing, so that commits come often
/// and the specs and boxes of a part take little memory; many where records fly by.
pub fn part_rows(plan: &Plan, accept: Option<u64>) -> u64 {
    let rows = if plan.roles.is_empty() && !plan.inputs.is_empty() { 4096 } else { 256 };
    accept.map_or(rows, |n| n.clamp(16, rows))
}

/// The fewest records that are worth a thread of their own.
const SHORTEST_STRETCH: usize = 64;

/// How long calls in flight may still take after somebody asked for a stop.
const GRACE: Duration = Duration::from_secs(30);

/// Runs a job to its end, or to a stop from which it can be taken up again.
pub async fn execute(job: Job) -> Result<Summary, EngineError> {
    let jobs = job.options.jobs.max(1);
    let (models, tables, stages) = (job.models.clone(), job.tables.clone(), job.plan.stages.len());
    let host = RunHost::new(job.options.seed, job.media.clone(), models, stages, tables, jobs, job.progress.clone());
    let events = Events::open(&job.dir.events());
    let admission = Arc::new(Semaphore::new(job.options.in_flight.max(1)));
    let stretches = Arc::new(Semaphore::new(jobs));
    let run = Arc::new(Run { job, host, events, admission, stretches });
    run.events.tell("begun", json!({ "recipe": run.job.plan.name, "shard": run.job.options.shard.name() }));
    let result = run.clone().stages().await;
    match &result {
        Ok(()) => run.events.tell("finished", json!({ "decoded": run.job.progress.snapshot().decoded })),
        Err(error) => run.events.tell("stopped", json!({ "why": error.to_string() })),
    }
    result?;
    for stage in 0..run.job.plan.stages.len() {
        run.job.dir.tell(|mirror| mirror.refresh(stage))?;
    }
    Summary::read(&run.job.dir, run.job.plan.stages.len())
}

pub(crate) struct Run {
    pub(crate) job: Job,
    pub(crate) host: RunHost,
    pub(crate) events: Events,
    admission: Arc<Semaphore>,
    /// bounds the threads of steps that never wait
    stretches: Arc<Semaphore>,
}

/// The work of one part of a stage.
pub(crate) struct Work {
    pub(crate) part: u64,
    pub(crate) first: u64,
    pub(crate) inputs: u64,
    pub(crate) records: Vec<Record>,
    pub(crate) outcome: Outcome,
}

impl Run {
    async fn stages(self: Arc<Self>) -> Result<(), EngineError> {
        for stage in 0..self.job.plan.stages.len() {
            if stage > 0 {
                self.wait_for_shards(stage - 1).await?;
                self.decide(stage)?;
                self.host.begin_stage(stage, self.handed_back(stage).await?);
            }
            self.clone().stage(stage).await?;
        }
        if let Some(accept) = self.job.options.accept {
            accept::trim(&self.job.dir, &self.job.plan, accept)?;
        }
        Ok(())
    }

    async fn stage(self: Arc<Self>, stage: usize) -> Result<(), EngineError> {
        let done = self.take_up(stage)?;
        let (sender, mut parts) = mpsc::channel(1);
        let reader = self.clone().spawn_reader(stage, done, sender);
        let mut working = JoinSet::new();
        let mut enough = accept::Counter::new(&self.job, stage)?;
        let mut result = Ok(());
        let mut reading = true;
        while result.is_ok() {
            let room = reading && !enough.reached() && working.len() < self.parts_at_once(stage);
            if !room && working.is_empty() {
                break;
            }
            tokio::select! {
                next = parts.recv(), if room => match next {
                    Some(work) => { working.spawn(self.clone().part(stage, work)); }
                    None => reading = false,
                },
                Some(ended) = working.join_next(), if !working.is_empty() => match ended {
                    Ok(Ok(manifest)) => enough.add(&manifest),
                    Ok(Err(error)) => result = Err(error),
                    Err(lost) => result = Err(EngineError::Damaged(format!("a part was lost: {lost}"))),
                },
                () = self.job.stop.asked() => {
                    result = Err(self.job.stop.reason().unwrap_or(StopReason::Interrupted).into());
                }
            }
        }
        drop(parts);
        if let Err(error) = result {
            self.wind_down(&mut working, &error).await;
            return Err(error);
        }
        let total = reader.await.map_err(|e| EngineError::Damaged(format!("the reader was lost: {e}")))??;
        match total {
            Some(total) if stage == 0 && part::total(&self.job.dir)?.is_none() => part::set_total(&self.job.dir, total),
            _ => Ok(()),
        }
    }

    /// Counts what earlier processes committed and returns it, so that it is not done again.
    fn take_up(&self, stage: usize) -> Result<HashSet<u64>, EngineError> {
        let shard = self.job.options.shard;
        self.job.dir.tell(|mirror| mirror.refresh(stage))?;
        let manifests = part::manifests(&self.job.dir, stage)?;
        let total = part::total(&self.job.dir)?;
        let known = self.job.source.as_ref().and_then(|s| s.len());
        let rows = total.map(|t| t.rows).or(known).map(|rows| rows.min(self.job.options.take.unwrap_or(u64::MAX)));
        let name = self.stage_name(stage);
        self.job.progress.begin_stage(&name, rows.map(|rows| rows.div_ceil(shard.of)));
        for m in manifests.iter().filter(|m| shard.owns(m.part)) {
            let progress = &self.job.progress;
            progress.committed_before(m.inputs, m.accepted as usize, m.rejected as usize, m.failed as usize);
        }
        let taken_up = manifests.len();
        self.events.tell("stage", json!({ "stage": stage, "name": name, "parts_done_before": taken_up }));
        Ok(manifests.into_iter().map(|m| m.part).collect())
    }

    fn stage_name(&self, stage: usize) -> String {
        match stage.checked_sub(1).and_then(|before| self.job.plan.stages[before].barrier.as_ref()) {
            Some(barrier) => format!("after {}", barrier.id),
            None => "first stage".to_string(),
        }
    }

    fn spawn_reader(
        self: Arc<Self>,
        stage: usize,
        done: HashSet<u64>,
        sender: mpsc::Sender<Work>,
    ) -> tokio::task::JoinHandle<Result<Option<Total>, EngineError>> {
        tokio::task::spawn_blocking(move || {
            if stage == 0 { self.read_input(done, &sender) } else { self.read_stage(stage, &done, &sender) }
        })
    }

    fn read_input(&self, done: HashSet<u64>, sender: &mpsc::Sender<Work>) -> Result<Option<Total>, EngineError> {
        let options = &self.job.options;
        if let Some(total) = part::total(&self.job.dir)?
            && (0..total.parts).all(|part| done.contains(&part) || !options.shard.owns(part))
        {
            return Ok(Some(total));
        }
        let none: SharedSource = Arc::new(NoInput::default());
        let source = self.job.source.as_ref().unwrap_or(&none);
        let take = options.take.unwrap_or(u64::MAX);
        let reading = Reading { part_rows: options.part_rows, take, shard: options.shard, done };
        let (rows_sender, mut rows) = mpsc::channel(1);
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let rows_sender = rows_sender;
                input::read(source, &reading, &rows_sender)
            });
            while let Some(rows) = rows.blocking_recv() {
                let (part, first, inputs) = (rows.part, rows.first, rows.rows.len() as u64);
                let (records, outcome) = input::records(rows);
                if sender.blocking_send(Work { part, first, inputs, records, outcome }).is_err() {
                    break;
                }
            }
            drop(rows);
            match reader.join() {
                Ok(total) => total.map_err(|e| EngineError::Stopped(StopReason::Machine(e.to_string()))),
                Err(_) => Err(EngineError::Damaged("the source panicked while it was read".to_string())),
            }
        })
    }

    fn parts_at_once(&self, stage: usize) -> usize {
        let options = &self.job.options;
        if block::never_waits(&self.job.plan.stages[stage].block.steps) {
            options.jobs.max(1)
        } else {
            // Enough parts that the records in flight never run out at the end of one.
            2 + options.in_flight / options.part_rows.max(1) as usize
        }
    }

    async fn part(self: Arc<Self>, stage: usize, work: Work) -> Result<Manifest, EngineError> {
        let result = self.clone().part_unguarded(stage, work).await;
        if let Err(EngineError::Stopped(reason)) = &result {
            self.job.stop.ask(reason.clone());
        }
        result
    }

    async fn part_unguarded(self: Arc<Self>, stage: usize, work: Work) -> Result<Manifest, EngineError> {
        let Work { part, first, inputs, records, outcome: before } = work;
        let waits = remote::any(&records) || !block::never_waits(&self.job.plan.stages[stage].block.steps);
        let mut outcome = if !waits {
            self.clone().straight_through(stage, records).await?
        } else {
            self.clone().side_by_side(stage, records).await?
        };
        outcome.append(before);
        let run = self.clone();
        let manifest = tokio::task::spawn_blocking(move || run.finish_part(stage, part, first, inputs, outcome));
        manifest.await.map_err(|e| EngineError::Damaged(format!("part {part} was lost: {e}")))?
    }

    /// For steps that never wait: stretches of the records side by side, the records of one after the other.
    async fn straight_through(self: Arc<Self>, stage: usize, records: Vec<Record>) -> Result<Outcome, EngineError> {
        let length = records.len().div_ceil(self.job.options.jobs.max(1)).max(SHORTEST_STRETCH);
        let (mut records, mut stretches) = (records.into_iter().peekable(), Vec::new());
        while records.peek().is_some() {
            let stretch: Vec<Record> = records.by_ref().take(length).collect();
            let permit = self.stretches.clone().acquire_owned().await;
            let run = self.clone();
            stretches.push(tokio::task::spawn_blocking(move || {
                let _permit = permit;
                run.stretch(stage, stretch)
            }));
        }
        let mut outcome = Outcome::default();
        for stretch in stretches {
            let ended = stretch.await.map_err(|e| EngineError::Damaged(format!("records were lost: {e}")))?;
            outcome.append(ended?);
        }
        Ok(outcome)
    }

    /// Records one after the other on this thread.
    fn stretch(&self, stage: usize, records: Vec<Record>) -> Result<Outcome, EngineError> {
        let steps = &self.job.plan.stages[stage].block.steps;
        let mut outcome = Outcome::default();
        for record in records {
            if let Some(reason) = self.job.stop.reason() {
                return Err(reason.into());
            }
            self.job.progress.began();
            let whole = record.clone();
            let going = AssertUnwindSafe(|| futures::executor::block_on(block::run(steps, record, &self.host)));
            let ended = std::panic::catch_unwind(going).unwrap_or_else(|_| Ok(panicked(whole)))?;
            self.count(&ended);
            self.keep(stage, &ended, |_| true);
            outcome.append(ended);
        }
        Ok(outcome)
    }

    /// A task for each record, admitted in order.
    async fn side_by_side(self: Arc<Self>, stage: usize, records: Vec<Record>) -> Result<Outcome, EngineError> {
        let mut tasks = Vec::with_capacity(records.len());
        for record in records {
            let permit = tokio::select! {
                permit = self.admission.clone().acquire_owned() => permit,
                () = self.job.stop.asked() => break,
            };
            let run = self.clone();
            tasks.push(tokio::spawn(async move {
                let _permit = permit;
                run.one(stage, record).await
            }));
        }
        let mut outcome = Outcome::default();
        for task in tasks {
            match task.await {
                Ok(ended) => outcome.append(ended?),
                Err(lost) => return Err(EngineError::Damaged(format!("a record was lost: {lost}"))),
            }
        }
        match self.job.stop.reason() {
            Some(reason) => Err(reason.into()),
            None => Ok(outcome),
        }
    }

    async fn one(&self, stage: usize, record: Record) -> Result<Outcome, StopReason> {
        if let Some(reason) = self.job.stop.reason() {
            return Err(reason);
        }
        self.job.progress.began();
        let ended = self.through(stage, record).await;
        match &ended {
            Ok(outcome) => self.count(outcome),
            Err(reason) => self.job.stop.ask(reason.clone()),
        }
        ended
    }

    /// A record's way through the steps; its media behind URLs are fetched before, those of samples stored after.
    async fn through(&self, stage: usize, record: Record) -> Result<Outcome, StopReason> {
        let record = match stage {
            0 => match remote::fetch(record)? {
                Ok(record) => record,
                Err(failed) => return Ok(Outcome { failed: vec![failed], ..Outcome::default() }),
            },
            _ => record,
        };
        let whole = record.clone();
        let steps = &self.job.plan.stages[stage].block.steps;
        let going = AssertUnwindSafe(block::run(steps, record, &self.host)).catch_unwind();
        let ended = going.await.unwrap_or_else(|_| Ok(panicked(whole)))?;
        self.keep(stage, &ended, |record| remote::any(std::slice::from_ref(record)));
        Ok(ended)
    }

    fn count(&self, outcome: &Outcome) {
        self.job.progress.ended(outcome);
        if let Some(most) = self.job.options.max_failures
            && self.job.progress.failures() > most
        {
            let why = format!("more than {most} records failed (--max-failures)");
            self.job.stop.ask(StopReason::Machine(why));
        }
    }

    /// Lets calls in flight end, so that what they cost is in the journal; not for ever.
    async fn wind_down(&self, working: &mut JoinSet<Result<Manifest, EngineError>>, error: &EngineError) {
        let reason = match error {
            EngineError::Stopped(reason) => reason.clone(),
            other => StopReason::Machine(other.to_string()),
        };
        self.job.stop.ask(reason);
        let _ = tokio::time::timeout(GRACE, async { while working.join_next().await.is_some() {} }).await;
        working.abort_all();
    }
}

/// An operator that panics is a bug of ours; the record fails, the run goes on.
fn panicked(record: Record) -> Outcome {
    let failed = failure(record, "panic", "an operator panicked on this record; please report it".to_string());
    Outcome { failed: vec![failed], ..Outcome::default() }
}

/// A record that failed in a step of the engine's own.
pub(crate) fn failure(record: Record, step: &str, error: String) -> Failed {
    Failed { record, step: Arc::from(step), error, field: None, attempts: 1 }
}
