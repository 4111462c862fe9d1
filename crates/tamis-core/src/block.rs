//! Blocks: steps in a row, and how one record goes through them.
//!
//! This is all the control flow that the engine knows. Branches, loops and fan-outs are operators that run blocks of
//! their own with [`run`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::future::{BoxFuture, FutureExt, join_all};
use serde::{Deserialize, Serialize};

use crate::error::{StepError, StopReason};
use crate::id::RecordId;
use crate::media::MediaStore;
use crate::operator::{Bound, Context, Host, Transform, Verdict};
use crate::record::Record;
use crate::template::{Expression, Vars};
use crate::value::{Name, Value};

/// Steps in a row.
#[derive(Default)]
pub struct Block {
    /// the steps, in order
    pub steps: Vec<Step>,
}

/// One use of an operator.
pub struct Step {
    /// unique in the recipe: `chat.ask`, `route.on_fail/long/chat.judge#2`
    pub id: Arc<str>,
    /// the operator's name
    pub operator: &'static str,
    /// what runs
    pub bound: Bound,
    /// the record skips the step unless this holds
    pub when: Option<Expression>,
    /// how often a failure is tried again
    pub retry: u32,
    /// the fields it writes
    pub writes: Vec<Name>,
    /// the line of the recipe it stands on, counted from 1
    pub line: u32,
    /// what it did so far in this process
    pub tally: Arc<Tally>,
}

/// A step as others see it, nested ones too: what it is and what it did.
#[derive(Clone, Debug)]
pub struct StepInfo {
    /// its id
    pub id: Arc<str>,
    /// its operator's name
    pub operator: &'static str,
    /// the line of the recipe it stands on
    pub line: u32,
    /// the place where it is written, in bytes; equal for a step that stands in several rounds
    pub at: usize,
    /// whether it is there to reject
    pub gate: bool,
    /// what it did so far in this process
    pub tally: Arc<Tally>,
}

/// What a step did so far in this process.
#[derive(Debug, Default)]
pub struct Tally {
    entered: AtomicU64,
    skipped: AtomicU64,
    rejected: AtomicU64,
    failed: AtomicU64,
}

/// The numbers of a [`Tally`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// records that came to the step, skips included
    pub entered: u64,
    /// records that skipped it because `when` did not hold
    pub skipped: u64,
    /// records it rejected
    pub rejected: u64,
    /// records that failed in it
    pub failed: u64,
}

impl Tally {
    /// Adds what a barrier did to a part; other steps are counted where they run.
    pub fn add(&self, counts: Counts) {
        self.entered.fetch_add(counts.entered, Ordering::Relaxed);
        self.skipped.fetch_add(counts.skipped, Ordering::Relaxed);
        self.rejected.fetch_add(counts.rejected, Ordering::Relaxed);
        self.failed.fetch_add(counts.failed, Ordering::Relaxed);
    }

    /// The numbers so far.
    pub fn counts(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            entered: read(&self.entered),
            skipped: read(&self.skipped),
            rejected: read(&self.rejected),
            failed: read(&self.failed),
        }
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// What became of a record and its descendants in a block. Together they are all there is: nothing vanishes.
#[derive(Debug, Default)]
pub struct Outcome {
    /// went through
    pub passed: Vec<Record>,
    /// rejected by a gate
    pub rejected: Vec<Rejected>,
    /// could not be worked on
    pub failed: Vec<Failed>,
    /// went into other records
    pub gathered: Vec<Gathered>,
    /// fan-outs and gatherings on the way, so that the sum can be proved
    pub splits: Vec<Split>,
}

/// A rejected record.
#[derive(Debug)]
pub struct Rejected {
    /// as it was
    pub record: Record,
    /// the step
    pub step: Arc<str>,
    /// why
    pub reason: String,
    /// the values that decided
    pub values: Vec<(Name, Value)>,
}

/// A failed record.
#[derive(Debug)]
pub struct Failed {
    /// as it was
    pub record: Record,
    /// the step
    pub step: Arc<str>,
    /// the error's text
    pub error: String,
    /// the field at fault
    pub field: Option<Name>,
    /// how often it was tried
    pub attempts: u32,
}

/// A record that ended because what it held went into others.
#[derive(Debug)]
pub struct Gathered {
    /// as it was
    pub record: Record,
    /// the step
    pub step: Arc<str>,
    /// the records that hold it now
    pub into: Vec<RecordId>,
}

/// One record became several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// the record that was split
    pub parent: RecordId,
    /// the step
    pub step: String,
    /// its children
    pub children: Vec<RecordId>,
    /// the children that came back into their parent; the parent itself went on
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gathered: Vec<RecordId>,
    /// whether the parent went on beside its children (gathering) instead of being replaced by them
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub parent_stays: bool,
}

impl Split {
    /// A record that its children replace.
    fn replacing(parent: &Record, step: &str, children: &[Record]) -> Split {
        let children = children.iter().map(|child| child.id).collect();
        Split { parent: parent.id, step: step.to_string(), children, gathered: Vec::new(), parent_stays: false }
    }
}

impl Outcome {
    /// Only passed records.
    pub fn passed(records: Vec<Record>) -> Outcome {
        Outcome { passed: records, ..Outcome::default() }
    }

    /// Adds another outcome behind this one.
    pub fn append(&mut self, mut other: Outcome) {
        self.passed.append(&mut other.passed);
        self.rejected.append(&mut other.rejected);
        self.failed.append(&mut other.failed);
        self.gathered.append(&mut other.gathered);
        self.splits.append(&mut other.splits);
    }
}

/// Takes a record through the steps, its descendants too.
///
/// An error means that the whole run stops; otherwise every descendant is in the outcome.
pub fn run<'a>(steps: &'a [Step], record: Record, host: &'a dyn Host) -> BoxFuture<'a, Result<Outcome, StopReason>> {
    async move {
        let mut record = record;
        for (i, step) in steps.iter().enumerate() {
            match one_step(step, record, host).await? {
                After::Next(next) => record = next,
                After::Ended(outcome) => return Ok(outcome),
                After::Several(mut outcome) => {
                    let passed = std::mem::take(&mut outcome.passed);
                    let rest = &steps[i + 1..];
                    for result in join_all(passed.into_iter().map(|child| run(rest, child, host))).await {
                        outcome.append(result?);
                    }
                    return Ok(outcome);
                }
            }
        }
        Ok(Outcome::passed(vec![record]))
    }
    .boxed()
}

/// Whether none of the steps waits, so that a record goes through without an executor.
pub fn never_waits(steps: &[Step]) -> bool {
    steps.iter().all(|step| match &step.bound {
        Bound::Transform(_) => true,
        Bound::Process(process) => !process.waits(),
        Bound::Barrier(_) | Bound::Sequence(_) => false,
    })
}

enum After {
    Next(Record),
    Ended(Outcome),
    Several(Outcome),
}

async fn one_step(step: &Step, mut record: Record, host: &dyn Host) -> Result<After, StopReason> {
    count(&step.tally.entered);
    let ctx = Context { host, step: &step.id };
    match holds(step, &record, &ctx) {
        Ok(true) => {}
        Ok(false) => {
            count(&step.tally.skipped);
            return Ok(After::Next(record));
        }
        Err(error) => return failed(step, record, error, 1),
    }
    let depth = record.visits.len();
    let mut tries = 0;
    loop {
        tries += 1;
        let before = (tries <= step.retry).then(|| record.clone());
        match apply(step, &mut record, &ctx).await {
            Ok(mut verdict) => {
                // What a further try drew afresh does not go on with the records it made.
                record.visits.truncate(depth);
                match &mut verdict {
                    Verdict::Split(records) | Verdict::Became(Outcome { passed: records, .. }) => {
                        records.iter_mut().for_each(|record| record.visits.truncate(depth));
                    }
                    Verdict::Pass | Verdict::Reject(_) | Verdict::Gathered(_) => {}
                }
                return Ok(after(step, record, verdict));
            }
            Err(StepError::Stop(reason)) => return Err(reason),
            Err(error) => match before {
                Some(mut before) => {
                    // The story keeps what the failed try cost; a further try draws afresh.
                    before.story = record.story;
                    before.visits.truncate(depth);
                    before.visits.push(tries);
                    record = before;
                }
                None => return failed(step, record, error, tries),
            },
        }
    }
}

fn holds(step: &Step, record: &Record, ctx: &Context<'_>) -> Result<bool, StepError> {
    match &step.when {
        Some(condition) => condition.holds(&Vars::of(record, ctx)).map_err(StepError::failed),
        None => Ok(true),
    }
}

async fn apply(step: &Step, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
    match &step.bound {
        Bound::Transform(transform) if transform.touches_pixels() => heavy(&**transform, record, ctx).await,
        Bound::Transform(transform) => transform.apply(record, ctx),
        Bound::Process(process) => {
            if process.waits() {
                store_held(record, &**ctx.host.media());
            }
            process.run(record, ctx).await
        }
        Bound::Barrier(_) | Bound::Sequence(_) => Err(StepError::failed("a barrier cannot stand inside a block")),
    }
}

/// Puts pictures that earlier steps made into the store: a record that waits should hold little memory. Whatever goes
/// wrong shows when the record ends.
fn store_held(record: &Record, store: &dyn MediaStore) {
    for (_, value) in record.fields() {
        value.each_media(&mut |media| {
            if media.held_bytes().is_some() {
                let _ = store.adopt(media);
            }
        });
    }
}

async fn heavy(transform: &dyn Transform, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
    let mut result = None;
    ctx.host.heavy(Box::new(|| result = Some(transform.apply(record, ctx)))).await;
    result.unwrap_or_else(|| Err(StepError::Stop(StopReason::Interrupted)))
}

fn after(step: &Step, record: Record, verdict: Verdict) -> After {
    match verdict {
        Verdict::Pass => After::Next(record),
        Verdict::Gathered(into) => {
            let gathered = Gathered { record, step: step.id.clone(), into };
            After::Ended(Outcome { gathered: vec![gathered], ..Outcome::default() })
        }
        Verdict::Reject(reject) => {
            count(&step.tally.rejected);
            let rejected = Rejected { record, step: step.id.clone(), reason: reject.reason, values: reject.values };
            After::Ended(Outcome { rejected: vec![rejected], ..Outcome::default() })
        }
        Verdict::Split(children) => {
            let split = Split::replacing(&record, &step.id, &children);
            After::Several(Outcome { passed: children, splits: vec![split], ..Outcome::default() })
        }
        Verdict::Became(outcome) => {
            // What nested steps decided is in their own tallies; what this step decided itself is not yet.
            outcome.rejected.iter().filter(|r| r.step == step.id).for_each(|_| count(&step.tally.rejected));
            outcome.failed.iter().filter(|f| f.step == step.id).for_each(|_| count(&step.tally.failed));
            After::Several(outcome)
        }
    }
}

/// What becomes of a record that a barrier has decided on; an error means that the run stops.
pub fn after_barrier(
    step: &Arc<str>,
    record: Record,
    verdict: Result<Verdict, StepError>,
) -> Result<Outcome, StopReason> {
    Ok(match verdict {
        Ok(Verdict::Pass) => Outcome::passed(vec![record]),
        Ok(Verdict::Reject(reject)) => {
            let rejected = Rejected { record, step: step.clone(), reason: reject.reason, values: reject.values };
            Outcome { rejected: vec![rejected], ..Outcome::default() }
        }
        Ok(Verdict::Split(children)) => {
            let split = Split::replacing(&record, step, &children);
            Outcome { passed: children, splits: vec![split], ..Outcome::default() }
        }
        Ok(Verdict::Gathered(into)) => {
            Outcome { gathered: vec![Gathered { record, step: step.clone(), into }], ..Outcome::default() }
        }
        Ok(Verdict::Became(outcome)) => outcome,
        Err(StepError::Stop(reason)) => return Err(reason),
        Err(StepError::Failed { message, field, attempts }) => {
            let failed = Failed { record, step: step.clone(), error: message, field, attempts };
            Outcome { failed: vec![failed], ..Outcome::default() }
        }
    })
}

fn failed(step: &Step, record: Record, error: StepError, tries: u32) -> Result<After, StopReason> {
    count(&step.tally.failed);
    match error {
        StepError::Stop(reason) => Err(reason),
        StepError::Failed { message, field, attempts } => {
            let attempts = attempts.max(tries);
            let failed = Failed { record, step: step.id.clone(), error: message, field, attempts };
            Ok(After::Ended(Outcome { failed: vec![failed], ..Outcome::default() }))
        }
    }
}
