//! A bound role: the journal first, then the budget, then the models that play it, one after the other.

use std::sync::Arc;

use futures::future::BoxFuture;
use tamis_core::error::StopReason;
use tamis_core::model::{
    CallError, CallSite, ChatRequest, Estimate, Model, Receipt, Reply, Request, RoleKind, Sampling, Usage,
};
use tamis_core::value::Name;

use crate::backend::{Answered, Ask};
use crate::bindings::Services;
use crate::bound::{BoundModel, Called, order};
use crate::budget::Spent;
use crate::digest;
use crate::fault::{Fault, FaultKind};
use crate::flight::{Flights, Outcome, Turn};
use crate::journal::{Entry, Key, Paid};
use crate::tokens;

/// A role with the models that play it.
pub(crate) struct Role {
    pub(crate) name: Name,
    pub(crate) kind: RoleKind,
    pub(crate) players: Vec<(Arc<BoundModel>, f64)>,
    pub(crate) services: Services,
    pub(crate) flights: Arc<Flights>,
}

/// A question to one of the models, with all that depends on which one it is.
struct Candidate<'a> {
    model: &'a BoundModel,
    sampling: Sampling,
    key: Key,
}

impl Model for Role {
    fn kind(&self) -> RoleKind {
        self.kind
    }

    fn call<'a>(&'a self, request: Request, site: &'a CallSite<'a>) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            match request {
                Request::Chat(chat) => self.chat(&chat, site).await,
                other => Err(failed(format!("the role `{}` cannot answer {other:?}", self.name), 0)),
            }
        })
    }

    fn estimate(&self, request: &Request, site: &CallSite<'_>) -> Estimate {
        let Request::Chat(chat) = request else { return Estimate::default() };
        let total: f64 = self.players.iter().map(|(_, weight)| weight).sum();
        let mut mean = Estimate { exact_images: true, ..Estimate::default() };
        for (model, weight) in &self.players {
            let one = model.estimate(chat, site.media, |text| tokens::count(text) as f64);
            let share = weight / total;
            mean.input += share * one.input;
            mean.output_low += share * one.output_low;
            mean.output_high += share * one.output_high;
            mean.usd_low += share * one.usd_low;
            mean.usd_high += share * one.usd_high;
            mean.exact_images &= one.exact_images;
        }
        mean
    }
}

impl Role {
    async fn chat(&self, chat: &ChatRequest, site: &CallSite<'_>) -> Outcome {
        let question = digest::of_question(chat, site.media).map_err(|e| failed(e.to_string(), 0))?;
        let candidates = self.candidates(chat, &question);
        if let Some(known) = self.look_up(&candidates) {
            return Ok(known);
        }
        let outcome = match self.flights.join(candidates[0].key).await {
            Turn::Shared(outcome) => return self.shared(outcome),
            Turn::Ask(flight) => {
                // An identical request may have been answered between the look into the journal and now.
                let outcome = match self.look_up(&candidates) {
                    Some(known) => Ok(known),
                    None => self.ask(chat, site, &candidates).await,
                };
                flight.land(&outcome);
                outcome
            }
        };
        if matches!(outcome, Err(CallError::Failed { .. })) {
            self.services.meter.add_failure();
        }
        outcome
    }

    fn candidates(&self, chat: &ChatRequest, question: &Key) -> Vec<Candidate<'_>> {
        let weights: Vec<f64> = self.players.iter().map(|(_, weight)| *weight).collect();
        let candidate = |i: usize| {
            let model = self.players[i].0.as_ref();
            let sampling = model.sampling(&chat.sampling);
            let key = digest::of_request(question, &model.spec, &model.model, &sampling);
            Candidate { model, sampling, key }
        };
        order(question, &weights).into_iter().map(candidate).collect()
    }

    /// An answer that was paid for before, by whichever of the models.
    fn look_up(&self, candidates: &[Candidate<'_>]) -> Option<(Reply, Receipt)> {
        let journal = self.services.journal.as_ref()?;
        let (candidate, (entry, paid)) = candidates.iter().find_map(|c| Some((c, journal.get(&c.key)?)))?;
        self.services.meter.add_cached();
        // A run that was taken up has paid for its own answers all the same: they stay on its bill.
        let usd = if paid == Paid::ByThisRun { candidate.model.usd(entry.usage) } else { 0.0 };
        let receipt = Receipt { usd, cached: true, notes: entry.notes, ..self.receipt(candidate, entry.usage) };
        Some((entry.reply, receipt))
    }

    /// The outcome of an identical call that somebody else made.
    fn shared(&self, outcome: Outcome) -> Outcome {
        let (reply, receipt) = outcome?;
        self.services.meter.add_cached();
        let role = self.name.to_string();
        Ok((reply, Receipt { role, usd: 0.0, cached: true, attempts: 0, ..receipt }))
    }

    async fn ask(&self, chat: &ChatRequest, site: &CallSite<'_>, candidates: &[Candidate<'_>]) -> Outcome {
        if candidates.iter().any(|candidate| candidate.model.endpoints.is_empty()) {
            return Err(failed(format!("the role `{}` is bound for a plan, which makes no calls", self.name), 0));
        }
        let mut total_attempts = 0;
        let mut last = None;
        for candidate in candidates {
            let expected = candidate.model.estimate(chat, site.media, tokens::roughly);
            let most = Spent {
                requests: 1,
                tokens: (expected.input + expected.output_high).ceil() as u64,
                usd: expected.usd_high,
            };
            let reservation = self.services.budget.reserve(most).await.map_err(CallError::Stop)?;
            let ask = Ask { chat, sampling: &candidate.sampling, media: site.media };
            let keep = |answered: &Answered| self.keep(candidate, answered, expected.input);
            let tokens = expected.input + expected.output_high;
            match candidate.model.call(&ask, &candidate.key, tokens, &keep).await {
                Called::Answered(answered, attempts) => {
                    let receipt = self.paid(candidate, &answered, expected.input, total_attempts + attempts);
                    let tokens = receipt.usage.input + receipt.usage.output;
                    reservation.settle(Spent { requests: 1, tokens, usd: receipt.usd });
                    return Ok((answered.reply, receipt));
                }
                Called::Stop(stop) => return Err(stop),
                Called::Failed(fault, attempts) => {
                    total_attempts += attempts;
                    last = Some((candidate.model, fault));
                }
            }
        }
        let sent = last.as_ref().is_some_and(|(_, fault)| fault.kind != FaultKind::Unsendable);
        if sent && !self.players.iter().any(|(model, _)| model.has_answered()) {
            for (model, _) in &self.players {
                model.verdict().await;
            }
        }
        Err(self.verdict(last, total_attempts))
    }

    /// Whether a call that nobody answered is one record's failure or the end of the run.
    fn verdict(&self, last: Option<(&BoundModel, Fault)>, attempts: u32) -> CallError {
        if self.players.iter().all(|(model, _)| model.is_given_up()) {
            let reasons: Vec<_> = self.players.iter().map(|(model, _)| model.why_given_up()).collect();
            return CallError::Stop(StopReason::BackendDown(format!("role `{}`: {}", self.name, reasons.join("; "))));
        }
        let Some((model, fault)) = last else {
            return failed(format!("no model plays the role `{}`", self.name), attempts);
        };
        let times = match attempts {
            0 | 1 => String::new(),
            n => format!(" after {n} attempts"),
        };
        failed(format!("model `{}` gave no answer{times}: {}", model.label, fault.message), attempts)
    }

    fn keep(&self, candidate: &Candidate<'_>, answered: &Answered, input: f64) -> Result<(), CallError> {
        let Some(journal) = &self.services.journal else { return Ok(()) };
        let (usage, notes) = usage_of(answered, input);
        let entry = Entry { reply: answered.reply.clone(), usage, notes };
        let lost = |e: crate::journal::JournalError| CallError::Stop(StopReason::Machine(e.to_string()));
        journal.put(&candidate.key, &entry).map_err(lost)
    }

    fn paid(&self, candidate: &Candidate<'_>, answered: &Answered, input: f64, attempts: u32) -> Receipt {
        let (usage, notes) = usage_of(answered, input);
        let usd = candidate.model.usd(usage);
        self.services.meter.add_answer(usage, usd);
        Receipt { usd, attempts, notes, ..self.receipt(candidate, usage) }
    }

    fn receipt(&self, candidate: &Candidate<'_>, usage: Usage) -> Receipt {
        Receipt {
            role: self.name.to_string(),
            backend: candidate.model.spec.backend.name().to_string(),
            model: candidate.model.model.clone(),
            request: candidate.key.to_hex().to_string(),
            usage,
            usd: 0.0,
            cached: false,
            attempts: 0,
            notes: Vec::new(),
        }
    }
}

/// Tokens as the server counted them, or as estimated, with a note that says so.
fn usage_of(answered: &Answered, input: f64) -> (Usage, Vec<String>) {
    let mut notes = answered.notes.clone();
    let usage = answered.usage.unwrap_or_else(|| {
        notes.push("tokens are estimated, the server does not count them".into());
        let written = match &answered.reply {
            Reply::Chat(reply) => reply.answers.iter().map(|answer| tokens::roughly(&answer.text)).sum(),
            _ => 0.0,
        };
        Usage { input: input as u64, output: written as u64 }
    });
    (usage, notes)
}

fn failed(message: String, attempts: u32) -> CallError {
    CallError::Failed { message, attempts }
}
