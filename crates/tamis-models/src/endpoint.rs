//! One server with its limits: how it is asked, again where that helps, until an answer is in the journal.

use std::sync::Arc;

use tamis_core::error::StopReason;
use tamis_core::model::CallError;
use tokio::time::Instant;

use crate::backend::{Answered, Ask, Backend};
use crate::bindings::ModelSpec;
use crate::fault::{Fault, FaultKind};
use crate::limits::breaker::Breaker;
use crate::limits::concurrency::{Gate, Outcome};
use crate::limits::rate::Rate;
use crate::meter::Meter;

/// A server with everything that limits how it is driven.
pub(crate) struct Endpoint {
    backend: Box<dyn Backend>,
    gate: Arc<Gate>,
    requests: Option<Rate>,
    tokens: Option<Rate>,
    /// what became of the calls to it
    pub(crate) breaker: Breaker,
    meter: Arc<Meter>,
}

/// One try's result.
pub(crate) enum Tried {
    /// answered and kept
    Answered(Answered),
    /// no answer
    Failed(Fault),
    /// not sent: the server was given up meanwhile
    GivenUp,
    /// the run has to stop
    Stop(StopReason),
}

impl Endpoint {
    pub(crate) fn new(backend: Box<dyn Backend>, spec: &ModelSpec, meter: Arc<Meter>) -> Endpoint {
        Endpoint {
            backend,
            gate: Gate::new(spec.limits.concurrency, meter.clone()),
            requests: spec.limits.requests_per_minute.map(Rate::new),
            tokens: spec.limits.tokens_per_minute.map(Rate::new),
            breaker: Breaker::default(),
            meter,
        }
    }

    /// When it last answered anything.
    pub(crate) fn last_success(&self) -> Option<Instant> {
        self.breaker.last_success()
    }

    /// Sends the request once, when it is its turn. `keep` records the answer; the place in flight is held until then,
    /// so that at most what is in flight can be paid for twice.
    pub(crate) async fn attempt(
        &self,
        ask: &Ask<'_>,
        expected_tokens: f64,
        repeated: bool,
        keep: impl FnOnce(&Answered) -> Result<(), CallError>,
    ) -> Tried {
        if let Some(rate) = &self.requests {
            rate.take(1.0).await;
        }
        if let Some(rate) = &self.tokens {
            rate.take(expected_tokens).await;
        }
        let mut permit = self.gate.enter(repeated).await;
        if self.breaker.given_up().is_some() {
            return Tried::GivenUp;
        }
        self.meter.add_request(repeated);
        let result = self.backend.send(ask, permit.on_send()).await;
        self.settle(expected_tokens, &result);
        match result {
            Ok(answered) => {
                let kept = keep(&answered);
                permit.leave(Outcome::Answered);
                self.breaker.answered();
                match kept {
                    Ok(()) => Tried::Answered(answered),
                    Err(CallError::Stop(reason)) => Tried::Stop(reason),
                    Err(CallError::Failed { message, .. }) => Tried::Failed(Fault::unsendable(message)),
                }
            }
            Err(fault) => {
                permit.leave(outcome(&fault));
                if matches!(fault.kind, FaultKind::Busy { .. }) {
                    self.meter.add_refusal();
                }
                Tried::Failed(fault)
            }
        }
    }

    fn settle(&self, expected: f64, result: &Result<Answered, Fault>) {
        let Some(rate) = &self.tokens else { return };
        match result {
            Ok(Answered { usage: Some(usage), .. }) => rate.settle(expected, (usage.input + usage.output) as f64),
            Ok(_) => {}
            Err(_) => rate.settle(expected, 0.0),
        }
    }
}

fn outcome(fault: &Fault) -> Outcome {
    match fault.kind {
        FaultKind::Busy { wish } => Outcome::Refused(wish),
        FaultKind::Broken { .. } | FaultKind::Unreachable => Outcome::Broken,
        FaultKind::TimedOut => Outcome::TimedOut,
        FaultKind::Rejected | FaultKind::Unusable | FaultKind::Unsendable => Outcome::Abandoned,
    }
}
