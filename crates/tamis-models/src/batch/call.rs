//! One request that waits for its batch.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tamis_core::error::StopReason;
use tamis_core::model::Estimate;
use tokio::sync::oneshot;

use super::log::{Line, Log};
use super::spool::{self, Spool};
use super::{Batcher, Ended, Inner, State, Waiting, job};
use crate::backend::{Answered, Ask, Talk};
use crate::bindings::Unfinished;
use crate::fault::{Fault, FaultKind};
use crate::journal::{Entry, Key};

/// What became of a request, after so many batches that it was in.
pub(crate) enum Outcome {
    /// answered, and in the journal
    Answered(Answered, u32),
    /// no answer
    Failed(Fault, u32),
    /// no answer, and the binding says to send it by itself
    Left(u32),
    /// the run has to stop
    Stop(StopReason),
}

enum Joined {
    Ended(Ended),
    Wait(oneshot::Receiver<Ended>),
}

impl Batcher {
    /// Puts the request into a batch, or finds it in one that is under way, and waits for the answer.
    pub(crate) async fn call(&self, talk: &Talk<'_>, ask: &Ask<'_>, key: &Key, expected: &Estimate) -> Outcome {
        let inner = &self.inner;
        if inner.log_path.is_none() {
            return Outcome::Failed(Fault::unsendable("the batch API needs a journal, which remembers batches"), 0);
        }
        if let Err(stop) = inner.opened.get_or_init(|| async { inner.open() }).await {
            return Outcome::Stop(stop.clone());
        }
        let mut times = 0;
        loop {
            let ended = match inner.join(talk, ask, key, expected) {
                Ok(Joined::Ended(ended)) => ended,
                Ok(Joined::Wait(result)) => tokio::select! {
                    ended = result => ended.unwrap_or(Ended::Stop(StopReason::Interrupted)),
                    () = inner.services.batches.left() => Ended::Stop(StopReason::Interrupted),
                },
                Err(fault) => return Outcome::Failed(fault, times),
            };
            match ended {
                Ended::Answered(entry) => return Outcome::Answered(answered(&entry), times + 1),
                Ended::Refused(fault) => return Outcome::Failed(fault, times + 1),
                Ended::Stop(reason) => return Outcome::Stop(reason),
                Ended::Lost => {}
                Ended::Again(fault) => {
                    times += 1;
                    match inner.spec.unfinished {
                        Unfinished::Send => return Outcome::Left(times),
                        Unfinished::Resubmit if times < inner.attempts => {}
                        _ => return Outcome::Failed(fault, times),
                    }
                }
            }
        }
    }
}

impl Inner {
    /// Reads the log and takes up what is open.
    fn open(self: &Arc<Self>) -> Result<(), StopReason> {
        let Some(path) = &self.log_path else { return Ok(()) };
        spool::sweep(path.parent().unwrap_or(path));
        let (log, begun) =
            Log::open(path).map_err(|e| StopReason::Machine(format!("the log of batches {}: {e}", path.display())))?;
        let mut state = self.lock();
        state.log = Some(log);
        for batch in begun {
            for line in &batch.lines {
                if self.journal.as_ref().is_none_or(|journal| journal.get(&line.key).is_none()) {
                    let waiting = Waiting { line: line.clone(), callers: Vec::new() };
                    state.waiting.insert(line.key, waiting);
                }
            }
            self.spawn(job::take_up(self.clone(), batch));
        }
        Ok(())
    }

    /// Finds the request where it is, or adds it to the file that is being filled.
    fn join(self: &Arc<Self>, talk: &Talk<'_>, ask: &Ask<'_>, key: &Key, expected: &Estimate) -> Result<Joined, Fault> {
        if let Some(joined) = self.known(&mut self.lock(), key) {
            return Ok(joined);
        }
        if self.services.batches.is_left() {
            return Ok(Joined::Ended(Ended::Stop(StopReason::Interrupted)));
        }
        let rendered = self.client.render(talk, ask)?;
        let request = spool::request(key, &rendered.body);
        if request.len() as u64 > self.spec.max_bytes {
            let message =
                format!("the request is {} bytes, more than batch.max_bytes, {}", request.len(), self.spec.max_bytes);
            return Err(Fault::unsendable(message));
        }
        let line = Line {
            key: *key,
            n: talk.n,
            input: expected.input as u64,
            way: rendered.way,
            typed: talk.schema.is_some(),
            notes: rendered.notes,
        };
        let mut state = self.lock();
        if let Some(joined) = self.known(&mut state, key) {
            return Ok(joined);
        }
        if let Err(error) = self.gather(&mut state, line.clone(), &request) {
            let stop = StopReason::Machine(format!("requests cannot be gathered for a batch: {error}"));
            return Ok(Joined::Ended(Ended::Stop(stop)));
        }
        self.services.meter.add_request(false);
        let (sender, result) = oneshot::channel();
        state.waiting.insert(*key, Waiting { line, callers: vec![sender] });
        Ok(Joined::Wait(result))
    }

    fn known(&self, state: &mut State, key: &Key) -> Option<Joined> {
        if let Some(ended) = state.late.remove(key) {
            return Some(Joined::Ended(ended));
        }
        if let Some(waiting) = state.waiting.get_mut(key) {
            let (sender, result) = oneshot::channel();
            waiting.callers.push(sender);
            return Some(Joined::Wait(result));
        }
        // The answer may have come in since the caller looked.
        let (entry, _) = self.journal.as_ref()?.get(key)?;
        Some(Joined::Ended(Ended::Answered(Arc::new(entry))))
    }

    fn gather(self: &Arc<Self>, state: &mut State, line: Line, request: &[u8]) -> std::io::Result<()> {
        let overfull = |spool: &Spool| spool.bytes + request.len() as u64 > self.spec.max_bytes;
        if state.gathering.as_ref().is_some_and(overfull) {
            self.close(state);
        }
        if state.gathering.is_none() {
            let dir = self.log_path.as_deref().and_then(|path| path.parent()).unwrap_or(std::path::Path::new("."));
            let spool = Spool::create(dir)?;
            self.spawn(close_when_quiet(self.clone(), spool.tag.clone()));
            state.gathering = Some(spool);
        }
        let Some(spool) = &mut state.gathering else { return Ok(()) };
        spool.add(line, request)?;
        if spool.lines.len() >= self.spec.max_requests {
            self.close(state);
        }
        Ok(())
    }

    /// Makes a batch of the file that is being filled.
    fn close(self: &Arc<Self>, state: &mut State) {
        if let Some(spool) = state.gathering.take() {
            self.spawn(job::begin(self.clone(), spool));
        }
    }
}

/// Closes the file once nothing was added for a while.
async fn close_when_quiet(inner: Arc<Inner>, tag: String) {
    let wait = Duration::from_secs_f64(inner.spec.wait_s);
    loop {
        let due = match &inner.lock().gathering {
            Some(spool) if spool.tag == tag => spool.last + wait,
            _ => return,
        };
        tokio::time::sleep_until(due).await;
        let mut state = inner.lock();
        let quiet = |spool: &Spool| spool.tag == tag && spool.last + wait <= tokio::time::Instant::now();
        if inner.services.batches.is_left() {
            return;
        }
        if state.gathering.as_ref().is_some_and(quiet) {
            inner.close(&mut state);
        }
    }
}

fn answered(entry: &Entry) -> Answered {
    Answered { reply: entry.reply.clone(), usage: Some(entry.usage), notes: entry.notes.clone(), pictures: Vec::new() }
}

impl Inner {
    /// Tells everybody who waits for a request how it ended; what nobody waits for is kept for who will.
    pub(super) fn deliver(&self, key: &Key, ended: Ended) {
        let mut state = self.lock();
        let Some(waiting) = state.waiting.remove(key) else { return };
        if matches!(ended, Ended::Answered(_)) {
            self.has_answered.store(true, Relaxed);
        }
        let mut told = false;
        for caller in waiting.callers {
            told |= caller.send(ended.clone()).is_ok();
        }
        if !told && matches!(ended, Ended::Again(_) | Ended::Refused(_)) {
            state.late.insert(*key, ended);
        }
    }

    /// Whether a fault may pass.
    pub(super) fn may_pass(fault: &Fault) -> bool {
        matches!(
            fault.kind,
            FaultKind::Busy { .. } | FaultKind::Broken { .. } | FaultKind::TimedOut | FaultKind::Unreachable
        )
    }
}
