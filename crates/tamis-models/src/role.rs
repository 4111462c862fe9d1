//! A bound role: the journal first, then the budget, then the models that play it, one after the other.

use std::sync::{Arc, OnceLock};

use futures::future::BoxFuture;
use tamis_core::error::StopReason;
use tamis_core::model::{CallError, CallSite, Estimate, Model, Receipt, Reply, Request, RoleKind, Sampling, Usage};
use tamis_core::value::Name;

use crate::backend::{Answered, Ask};
use crate::bindings::Services;
use crate::bound::{BoundModel, Called, order};
use crate::budget::Spent;
use crate::digest;
use crate::fault::{Fault, FaultKind};
use crate::flight::{Flights, Outcome, Turn};
use crate::journal::{Entry, Key, Paid};
use crate::{painted, tokens};

/// A role with the models that play it.
pub(crate) struct Role {
    pub(crate) name: Name,
    pub(crate) kind: RoleKind,
    pub(crate) players: Vec<(Arc<BoundModel>, f64)>,
    pub(crate) services: Services,
    pub(crate) flights: Arc<Flights>,
    /// how many numbers the vectors of this role have, once there is one
    pub(crate) dimension: OnceLock<usize>,
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
            match request.is_for(self.kind) {
                true => self.answer(&request, site).await,
                false => Err(failed(self.mistaken(&request, site), 0)),
            }
        })
    }

    fn estimate(&self, request: &Request, site: &CallSite<'_>) -> Estimate {
        let total: f64 = self.players.iter().map(|(_, weight)| weight).sum();
        let mut mean = Estimate { exact_images: true, ..Estimate::default() };
        for (model, weight) in &self.players {
            let one = model.estimate(request, site.media, |text| tokens::count(text) as f64);
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
    async fn answer(&self, request: &Request, site: &CallSite<'_>) -> Outcome {
        let question = digest::of_question(request, site.media).map_err(|e| failed(e.to_string(), 0))?;
        let candidates = self.candidates(request, &question);
        if let Some(known) = self.look_up(&candidates, site)? {
            return Ok(known);
        }
        let outcome = match self.flights.join(candidates[0].key).await {
            Turn::Shared(outcome) => return self.shared(outcome),
            Turn::Ask(flight) => {
                // An identical request may have been answered between the look into the journal and now.
                let outcome = match self.look_up(&candidates, site) {
                    Ok(Some(known)) => Ok(known),
                    Ok(None) => self.ask(request, site, &candidates).await,
                    Err(error) => Err(error),
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

    /// What is wrong with a request of another kind than the role's: the operator is to blame, not the model.
    fn mistaken(&self, request: &Request, site: &CallSite<'_>) -> String {
        let kinds = RoleKind::ALL.iter().filter(|kind| request.is_for(**kind)).map(|kind| kind.name());
        format!(
            "step `{}` asks the role `{}` what only a role of the kind {} can answer; its kind is {}",
            site.step,
            self.name,
            kinds.collect::<Vec<_>>().join(" or "),
            self.kind
        )
    }

    fn candidates(&self, request: &Request, question: &Key) -> Vec<Candidate<'_>> {
        let weights: Vec<f64> = self.players.iter().map(|(_, weight)| *weight).collect();
        let candidate = |i: usize| {
            let model = self.players[i].0.as_ref();
            let sampling = model.sampling(request);
            let key = digest::of_request(question, request, &model.spec, &model.model, &sampling);
            Candidate { model, sampling, key }
        };
        order(question, &weights).into_iter().map(candidate).collect()
    }

    /// An answer that was paid for before, by whichever of the models.
    fn look_up(
        &self,
        candidates: &[Candidate<'_>],
        site: &CallSite<'_>,
    ) -> Result<Option<(Reply, Receipt)>, CallError> {
        let Some(journal) = &self.services.journal else { return Ok(None) };
        let found = candidates.iter().find_map(|c| Some((c, journal.get(&c.key)?)));
        let Some((candidate, (entry, paid))) = found else { return Ok(None) };
        if !painted::fetch(&entry.reply, journal, site.media).map_err(machine)? {
            return Ok(None);
        }
        self.check_dimension(&entry.reply, candidate.model)?;
        self.services.meter.add_cached();
        // A run that was taken up has paid for its own answers all the same: they stay on its bill.
        let usd = if paid == Paid::ByThisRun { candidate.model.usd(entry.usage, &entry.reply) } else { 0.0 };
        let receipt = Receipt { usd, cached: true, notes: entry.notes, ..self.receipt(candidate, entry.usage) };
        Ok(Some((entry.reply, receipt)))
    }

    /// The outcome of an identical call that somebody else made.
    fn shared(&self, outcome: Outcome) -> Outcome {
        let (reply, receipt) = outcome?;
        self.services.meter.add_cached();
        let role = self.name.to_string();
        Ok((reply, Receipt { role, usd: 0.0, cached: true, attempts: 0, ..receipt }))
    }

    async fn ask(&self, request: &Request, site: &CallSite<'_>, candidates: &[Candidate<'_>]) -> Outcome {
        if candidates.iter().any(|candidate| candidate.model.endpoints.is_empty()) {
            return Err(failed(format!("the role `{}` is bound for a plan, which makes no calls", self.name), 0));
        }
        let mut total_attempts = 0;
        let mut last = None;
        for candidate in candidates {
            let expected = candidate.model.estimate(request, site.media, tokens::roughly);
            let most = Spent {
                requests: 1,
                tokens: (expected.input + expected.output_high).ceil() as u64,
                usd: expected.usd_high,
            };
            let reservation = self.services.budget.reserve(most).await.map_err(CallError::Stop)?;
            let ask = Ask { request, sampling: &candidate.sampling, media: site.media };
            let keep = |answered: &Answered| self.keep(candidate, answered, expected.input, site);
            match candidate.model.call(&ask, &candidate.key, &expected, &keep).await {
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

    /// Puts the answer where it survives: its pictures first, so that no journaled answer lacks them.
    fn keep(
        &self,
        candidate: &Candidate<'_>,
        answered: &Answered,
        input: f64,
        site: &CallSite<'_>,
    ) -> Result<(), CallError> {
        self.check_dimension(&answered.reply, candidate.model)?;
        painted::store(&answered.pictures, site.media).map_err(machine)?;
        let Some(journal) = &self.services.journal else { return Ok(()) };
        let (usage, notes) = usage_of(answered, input);
        let entry = Entry { reply: answered.reply.clone(), usage, notes };
        journal.put(&candidate.key, &entry).map_err(machine)
    }

    /// Vectors can be compared only where all have as many numbers.
    fn check_dimension(&self, reply: &Reply, model: &BoundModel) -> Result<(), CallError> {
        let Reply::Embed(vector) = reply else { return Ok(()) };
        let expected = *self.dimension.get_or_init(|| vector.len());
        match vector.len() == expected {
            true => Ok(()),
            false => Err(failed(
                format!(
                    "the vectors of the role `{}` have {expected} numbers, but the model `{}` gave one of {}; bind one \
                     model to the role, or write `embed: {{ dimensions: {expected} }}`",
                    self.name,
                    model.label,
                    vector.len()
                ),
                1,
            )),
        }
    }

    fn paid(&self, candidate: &Candidate<'_>, answered: &Answered, input: f64, attempts: u32) -> Receipt {
        let (usage, notes) = usage_of(answered, input);
        let usd = candidate.model.usd(usage, &answered.reply);
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
pub(crate) fn usage_of(answered: &Answered, input: f64) -> (Usage, Vec<String>) {
    let mut notes = answered.notes.clone();
    let mut estimated = |written: f64| {
        notes.push("tokens are estimated, the server does not count them".into());
        Usage { input: input as u64, output: written as u64 }
    };
    let usage = match (answered.usage, &answered.reply) {
        (Some(usage), _) => usage,
        (None, Reply::Chat(reply)) => estimated(reply.answers.iter().map(|a| tokens::roughly(&a.text)).sum()),
        (None, Reply::Embed(_)) => estimated(0.0),
        // Who paints, reads or runs programs does not live by tokens.
        (None, Reply::Image(_) | Reply::Ocr(_) | Reply::Code(_)) => Usage::default(),
    };
    (usage, notes)
}

fn machine(error: impl std::fmt::Display) -> CallError {
    CallError::Stop(StopReason::Machine(error.to_string()))
}

fn failed(message: String, attempts: u32) -> CallError {
    CallError::Failed { message, attempts }
}
