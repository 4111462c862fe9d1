//! From the files of a batch that is over to its callers.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use serde_json::json;
use tamis_core::error::StopReason;
use tamis_core::model::{ChatReply, Reply};

use super::job::{FRUITLESS, Patience, Running};
use super::log::Line;
use super::{Ended, Inner, wire};
use crate::backend::Answered;
use crate::fault::{Fault, FaultKind, shorten};
use crate::journal::{Entry, Key};
use crate::role::usage_of;

/// Refused requests after which it is the binding's fault, where nothing was ever answered.
const REFUSED_AT_FIRST: usize = 8;
/// Requests of a batch below which it says nothing about a server that has answered before: the last stragglers of a run
/// meet an expired batch three times in a row by chance, and have their own attempts.
const STRAGGLERS: usize = 8;

/// What became of the requests that were not answered, told after all answers.
#[derive(Default)]
struct Rest {
    answered: usize,
    ended: HashMap<Key, Ended>,
}

impl Inner {
    /// Journals and hands out all answers, then tells the others how they ended.
    pub(super) async fn collect(
        &self,
        running: &Running,
        batch: &wire::Batch,
        lines: &[Line],
        counted: u64,
    ) -> Result<(), StopReason> {
        let mut rest = Rest::default();
        for file in [&batch.output_file_id, &batch.error_file_id].into_iter().flatten() {
            self.read_file(running, file, &mut rest).await?;
        }
        if let Some(journal) = &self.journal {
            journal.sync().map_err(|e| StopReason::Machine(e.to_string()))?;
        }
        self.over(running, (lines.len() as u64).saturating_sub(counted))?;
        let problems = batch.problems();
        let why = problems.first().map_or("", |(_, words)| words);
        for (line, words) in problems.iter().filter_map(|(line, words)| Some((lines.get((*line)?)?, words))) {
            let fault = Fault::new(FaultKind::Rejected, format!("batch {} refuses the request: {words}", running.id));
            rest.ended.insert(line.key, Ended::Refused(fault));
        }
        if lines.len() >= STRAGGLERS || rest.answered > 0 || !self.has_answered.load(Relaxed) {
            self.stop_if_fruitless(&rest, running, batch, why)?;
        }
        self.leave_unanswered(&mut rest, running, batch, lines, why);
        let refused = rest.ended.values().filter(|ended| matches!(ended, Ended::Refused(_))).count();
        let details = json!({
            "batch": running.id, "status": batch.status, "requests": lines.len(), "answered": rest.answered,
            "refused": refused, "unfinished": rest.ended.len() - refused,
        });
        self.services.batches.tell("batch_collected", details);
        for (key, ended) in rest.ended {
            self.deliver(&key, ended);
        }
        Ok(())
    }

    /// Requests of which the files say nothing.
    fn leave_unanswered(&self, rest: &mut Rest, running: &Running, batch: &wire::Batch, lines: &[Line], why: &str) {
        let said = if why.is_empty() { String::new() } else { format!(": {why}") };
        let fault = Fault::broken(format!("batch {} is {} and has no answer{said}", running.id, batch.status));
        let state = self.lock();
        for line in lines.iter().filter(|line| state.waiting.contains_key(&line.key)) {
            rest.ended.entry(line.key).or_insert_with(|| Ended::Again(fault.clone()));
        }
    }

    /// Reads a file to its end, again from the start where it breaks off: what was read before is in the journal.
    async fn read_file(&self, running: &Running, file: &str, rest: &mut Rest) -> Result<(), StopReason> {
        let path = format!("files/{file}/content");
        let mut patience = Patience::new();
        loop {
            let mut stop = None;
            let read = self.http().lines(&path, |line| match self.settle(running, line, rest) {
                Ok(()) => true,
                Err(reason) => {
                    stop = Some(reason);
                    false
                }
            });
            match (read.await, stop.take()) {
                (_, Some(reason)) => return Err(reason),
                (Ok(()), None) => return Ok(()),
                (Err(fault), None) => patience.pause(self, "read the answers of a batch", fault).await?,
            }
        }
    }

    /// One line of a file. What it says of requests that are not waited for was read before, or is not ours.
    fn settle(&self, running: &Running, line: &[u8], rest: &mut Rest) -> Result<(), StopReason> {
        let Ok(result) = serde_json::from_slice::<wire::Told>(line) else { return Ok(()) };
        let Ok(key) = Key::from_hex(&result.custom_id) else { return Ok(()) };
        let Some(asked) = self.lock().waiting.get(&key).map(|waiting| waiting.line.clone()) else { return Ok(()) };
        match self.judge(running, result, &asked) {
            Ok(entry) => {
                if let Some(journal) = &self.journal {
                    journal.put(&key, &entry).map_err(|e| StopReason::Machine(e.to_string()))?;
                }
                rest.answered += 1;
                self.deliver(&key, Ended::Answered(Arc::new(entry)));
            }
            Err(ended) => drop(rest.ended.insert(key, ended)),
        }
        Ok(())
    }

    /// Whether a line is an answer, and if not, whether another try may help.
    fn judge(&self, running: &Running, result: wire::Told, asked: &Line) -> Result<Entry, Ended> {
        let what = |words: &str| format!("batch {}: {}", running.id, self.http().clean(words));
        let again = |words: &str| Ended::Again(Fault::broken(what(words)));
        let Some(response) = result.response.filter(|response| response.status_code > 0) else {
            let error = result.error.unwrap_or_default();
            return Err(again(&shorten(&error.to_string(), 300)));
        };
        if response.status_code != 200 {
            let said = response.body.pointer("/error/message").and_then(|m| m.as_str()).map(str::to_string);
            let said = shorten(&said.unwrap_or_else(|| response.body.to_string()), 400);
            let fault = Fault::new(
                FaultKind::Rejected,
                what(&format!("answered {} to the request: {said}", response.status_code)),
            );
            return Err(match response.status_code {
                408 | 409 | 425 | 429 | 500.. => Ended::Again(fault),
                _ if asked.typed && self.client.step_down(asked.way, &fault) => Ended::Again(fault),
                _ => Ended::Refused(fault),
            });
        }
        let bytes = response.body.to_string();
        let (answers, usage, simulated) =
            self.client.read(bytes.as_bytes(), asked.typed).map_err(|words| again(&words))?;
        if (answers.len() as u32) < asked.n {
            return Err(again(&format!("gave {} of {} answers", answers.len(), asked.n)));
        }
        let mut notes = asked.notes.clone();
        notes.extend(simulated.then(|| tamis_core::model::SIMULATED.to_string()));
        notes.push(format!("answered in batch {}", running.id));
        let mut answers = answers;
        answers.truncate(asked.n as usize);
        let answered = Answered { reply: Reply::Chat(ChatReply { answers }), usage, notes, pictures: Vec::new() };
        let (usage, notes) = usage_of(&answered, asked.input as f64);
        Ok(Entry { reply: answered.reply, usage, notes })
    }

    /// A run must not write thousands of failures because a server takes no batch.
    fn stop_if_fruitless(
        &self,
        rest: &Rest,
        running: &Running,
        batch: &wire::Batch,
        why: &str,
    ) -> Result<(), StopReason> {
        if rest.answered > 0 {
            self.fruitless.store(0, Relaxed);
            return Ok(());
        }
        let fruitless = self.fruitless.fetch_add(1, Relaxed) + 1;
        let refused = rest.ended.values().filter_map(|ended| match ended {
            Ended::Refused(fault) => Some(fault.message.as_str()),
            _ => None,
        });
        let refused: Vec<&str> = refused.collect();
        let at_first = !self.has_answered.load(Relaxed) && refused.len() >= REFUSED_AT_FIRST;
        if !at_first && fruitless < FRUITLESS {
            return Ok(());
        }
        let said = refused.first().copied().unwrap_or(if why.is_empty() { "it says nothing more" } else { why });
        let message = format!("batch {} is {} and answered none of its requests: {said}", running.id, batch.status);
        Err(StopReason::BackendDown(message))
    }
}
