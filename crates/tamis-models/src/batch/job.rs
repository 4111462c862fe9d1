//! The life of one batch: uploaded, written down, submitted, waited for, collected, done.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::DeserializeOwned;
use serde_json::json;
use tamis_core::error::StopReason;
use tokio::time::Instant;

use super::log::{Begun, Line};
use super::spool::Spool;
use super::wire::{Batch, Page, Uploaded, submission};
use super::{Ended, Inner};
use crate::fault::{Fault, FaultKind};

/// How long a server may be out of reach before the run stops; its batches go on.
const PATIENCE: Duration = Duration::from_secs(3600);
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How far the clocks of this machine and the server may differ.
const CLOCK_SKEW: f64 = 3600.0;
/// Most pages of batches that are looked through for a tag, of 100 each.
const PAGES: usize = 200;
/// Batches in a row without any answer after which the run stops.
pub(super) const FRUITLESS: u32 = 3;

/// Makes a batch of gathered requests and sees it through.
pub(super) async fn begin(inner: Arc<Inner>, spool: Spool) {
    let lines = spool.lines.clone();
    let result = submit(&inner, spool).await;
    see_through(&inner, lines, result).await;
}

/// Sees a batch through that an earlier process began.
pub(super) async fn take_up(inner: Arc<Inner>, begun: Begun) {
    let result = find_again(&inner, &begun).await;
    see_through(&inner, begun.lines, result).await;
}

/// A batch that is at the server.
pub(super) struct Running {
    pub(super) tag: String,
    pub(super) id: String,
}

async fn see_through(inner: &Arc<Inner>, lines: Vec<Line>, result: Result<Option<Running>, StopReason>) {
    let result = match result {
        Ok(Some(running)) => watch(inner, &running, &lines).await,
        Ok(None) => {
            lines.iter().for_each(|line| inner.deliver(&line.key, Ended::Lost));
            Ok(())
        }
        Err(stop) => Err(stop),
    };
    if let Err(stop) = result {
        lines.iter().for_each(|line| inner.deliver(&line.key, Ended::Stop(stop.clone())));
    }
}

/// Uploads, writes the intent down, submits. `None` when the run was left before.
async fn submit(inner: &Arc<Inner>, spool: Spool) -> Result<Option<Running>, StopReason> {
    let file: Uploaded = patiently(inner, "upload a batch", || inner.http().upload(spool.path())).await?;
    if inner.services.batches.is_left() {
        return Ok(None);
    }
    let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    inner.log(|log| log.intent(&spool.tag, time, &spool.lines))?;
    let body = submission(&file.id, &inner.spec.window, &spool.tag);
    let mut patience = Patience::new();
    let batch: Batch = loop {
        match inner.http().post("batches", body.clone(), Default::default()).await.and_then(|bytes| read(inner, &bytes))
        {
            Ok(batch) => break batch,
            Err(fault) => {
                patience.pause(inner, "submit a batch", fault).await?;
                // The answer was lost, the batch perhaps not: submitting it again would pay for it twice.
                if let Some(batch) = find(inner, &spool.tag, time).await? {
                    break batch;
                }
            }
        }
    };
    inner.log(|log| log.submitted(&spool.tag, &batch.id))?;
    inner.services.meter.add_batch(spool.lines.len());
    inner.tell("batch_submitted", json!({ "batch": batch.id, "requests": spool.lines.len() }));
    Ok(Some(Running { tag: spool.tag.clone(), id: batch.id }))
}

async fn find_again(inner: &Arc<Inner>, begun: &Begun) -> Result<Option<Running>, StopReason> {
    let id = match &begun.id {
        Some(id) => id.clone(),
        None => match find(inner, &begun.tag, begun.time).await? {
            Some(batch) => {
                inner.log(|log| log.submitted(&begun.tag, &batch.id))?;
                batch.id
            }
            None => {
                inner.log(|log| log.done(&begun.tag))?;
                return Ok(None);
            }
        },
    };
    inner.services.meter.add_batch(begun.lines.len());
    inner.tell("batch_taken_up", json!({ "batch": id, "requests": begun.lines.len() }));
    Ok(Some(Running { tag: begun.tag.clone(), id }))
}

/// The batch with this tag, if the server has one.
async fn find(inner: &Arc<Inner>, tag: &str, since: u64) -> Result<Option<Batch>, StopReason> {
    let mut after = String::new();
    for _ in 0..PAGES {
        let path = format!("batches?limit=100{after}");
        let page: Page = patiently(inner, "look for a batch", || inner.http().get(&path)).await?;
        let oldest = page.data.iter().filter_map(|batch| batch.created_at).fold(f64::INFINITY, f64::min);
        let last = page.data.last().map(|batch| batch.id.clone());
        if let Some(found) = page.data.into_iter().find(|batch| batch.has_tag(tag)) {
            return Ok(Some(found));
        }
        match last {
            Some(last) if page.has_more && oldest + CLOCK_SKEW >= since as f64 => after = format!("&after={last}"),
            _ => break,
        }
    }
    Ok(None)
}

/// Waits until a batch is over, then collects it.
async fn watch(inner: &Arc<Inner>, running: &Running, lines: &[Line]) -> Result<(), StopReason> {
    let path = format!("batches/{}", running.id);
    let (mut pause, mut counted, mut patience) = (inner.spec.poll_s, 0, Patience::new());
    loop {
        match inner.http().get(&path).await.and_then(|bytes| read::<Batch>(inner, &bytes)) {
            Ok(batch) => {
                patience = Patience::new();
                let ended = batch.ended().min(lines.len() as u64);
                if ended > counted {
                    inner.services.meter.add_batch_done(ended - counted);
                    inner.tell("batch_progress", json!({ "batch": batch.id, "done": ended, "requests": lines.len() }));
                    counted = ended;
                }
                if batch.is_over() {
                    return inner.collect(running, &batch, lines, counted).await;
                }
            }
            Err(fault) if fault.message.contains(" 404 ") => {
                let fault = Fault::broken(format!("batch {} is gone: {}", running.id, fault.message));
                inner.over(running, lines.len() as u64 - counted)?;
                lines.iter().for_each(|line| inner.deliver(&line.key, Ended::Again(fault.clone())));
                return Ok(());
            }
            Err(fault) => patience.check(inner, "ask after a batch", &fault)?,
        }
        tokio::time::sleep(Duration::from_secs_f64(pause)).await;
        pause = (pause * 1.5).min(inner.spec.poll_max_s.max(inner.spec.poll_s));
    }
}

/// How long a server was out of reach.
pub(super) struct Patience {
    since: Instant,
    pause: Duration,
}

impl Patience {
    pub(super) fn new() -> Patience {
        Patience { since: Instant::now(), pause: FIRST_PAUSE }
    }

    /// Waits before the next try.
    ///
    /// Errors: a fault that will not pass, or has not for too long.
    pub(super) async fn pause(&mut self, inner: &Inner, what: &str, fault: Fault) -> Result<(), StopReason> {
        self.check(inner, what, &fault)?;
        let wish = match fault.kind {
            FaultKind::Busy { wish } | FaultKind::Broken { wish } => wish.unwrap_or_default(),
            _ => Duration::ZERO,
        };
        tokio::time::sleep(self.pause.max(wish.min(PATIENCE))).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Ok(())
    }

    fn check(&self, inner: &Inner, what: &str, fault: &Fault) -> Result<(), StopReason> {
        if Inner::may_pass(fault) && self.since.elapsed() < PATIENCE {
            return Ok(());
        }
        let hint = match fault.kind {
            FaultKind::Unusable | FaultKind::Rejected if !inner.has_answered.load(Relaxed) => {
                "; does this server have the batch API? Without it, take `batch` out of the binding"
            }
            _ => "; what was submitted goes on there and is collected when the run is taken up",
        };
        Err(StopReason::BackendDown(format!("cannot {what}: {}{hint}", fault.message)))
    }
}

async fn patiently<T, F>(inner: &Inner, what: &str, mut exchange: impl FnMut() -> F) -> Result<T, StopReason>
where
    T: DeserializeOwned,
    F: Future<Output = Result<Vec<u8>, Fault>>,
{
    let mut patience = Patience::new();
    loop {
        match exchange().await.and_then(|bytes| read(inner, &bytes)) {
            Ok(value) => return Ok(value),
            Err(fault) => patience.pause(inner, what, fault).await?,
        }
    }
}

fn read<T: DeserializeOwned>(inner: &Inner, bytes: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(bytes).map_err(|e| inner.http().broken(&format!("answered with something unexpected: {e}")))
}

impl Inner {
    fn tell(&self, event: &str, details: serde_json::Value) {
        self.services.batches.tell(event, details);
    }

    /// Nothing more will come of a batch, and all its answers are in the journal. Written down before anybody is told
    /// that there is no answer: who asks again is in another batch then, and only there.
    pub(super) fn over(&self, running: &Running, uncounted: u64) -> Result<(), StopReason> {
        self.services.meter.add_batch_done(uncounted);
        self.services.meter.end_batch();
        self.log(|log| log.done(&running.tag))
    }

    /// Writes to the log.
    pub(super) fn log(&self, write: impl FnOnce(&mut super::Log) -> std::io::Result<()>) -> Result<(), StopReason> {
        match &mut self.lock().log {
            Some(log) => write(log).map_err(|e| StopReason::Machine(format!("the log of batches: {e}"))),
            None => Ok(()),
        }
    }
}
