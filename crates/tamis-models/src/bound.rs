//! One model as it is bound: its servers, its price, how it samples, what a request to it would cost.

use std::sync::Arc;

use tamis_core::media::MediaStore;
use tamis_core::model::{CallError, Estimate, Part, Reply, Request, Sampling, Usage};
use tamis_core::rng::Rng;

use crate::backend::{self, Answered, Ask, Talk};
use crate::batch::{Batcher, Outcome};
use crate::bindings::ModelSpec;
use crate::endpoint::{Endpoint, Tried};
use crate::fault::{Fault, FaultKind};
use crate::journal::Key;
use crate::limits::retry::{Next, Retries};
use crate::tokens::{self, ImageTokens};

/// Tokens an answer is reserved at when neither recipe nor binding limits it.
const ANSWER: f64 = 1024.0;
/// What a picture of unknown cost is taken to be: one of the published formulas, in the middle of the field.
const UNKNOWN: ImageTokens = ImageTokens::Qwen { min_pixels: 56 * 56, max_pixels: 1280 * 28 * 28 };

/// A model and its servers.
pub(crate) struct BoundModel {
    /// its name in the bindings
    pub(crate) label: String,
    /// its name on the server
    pub(crate) model: String,
    pub(crate) spec: ModelSpec,
    /// all serve the same model; none for a plan
    pub(crate) endpoints: Vec<Arc<Endpoint>>,
    /// where chat requests go that are not sent one by one
    pub(crate) batcher: Option<Batcher>,
}

/// What became of a call to one model.
pub(crate) enum Called {
    /// answered after so many attempts
    Answered(Answered, u32),
    /// no answer after so many attempts
    Failed(Fault, u32),
    /// the run has to stop
    Stop(CallError),
}

impl BoundModel {
    /// The recipe's sampling, completed by the binding's; nothing where the role does not write text.
    pub(crate) fn sampling(&self, request: &Request) -> Sampling {
        backend::talk(request).map_or_else(Sampling::default, |talk| self.completed(talk.sampling))
    }

    fn completed(&self, recipe: &Sampling) -> Sampling {
        let own = &self.spec.sampling;
        let mut extra = own.extra.clone();
        extra.extend(recipe.extra.clone());
        Sampling {
            temperature: recipe.temperature.or(own.temperature),
            top_p: recipe.top_p.or(own.top_p),
            max_tokens: recipe.max_tokens.or(own.max_tokens),
            stop: if recipe.stop.is_empty() { own.stop.clone() } else { recipe.stop.clone() },
            extra,
        }
    }

    /// Asks the servers in turn until one answers or trying does not help any more.
    pub(crate) async fn call(
        &self,
        ask: &Ask<'_>,
        key: &Key,
        expected: &Estimate,
        keep: &(dyn Fn(&Answered) -> Result<(), CallError> + Sync),
    ) -> Called {
        let before = match self.in_a_batch(ask, key, expected).await {
            Some(Outcome::Answered(answered, batches)) => return Called::Answered(answered, batches),
            Some(Outcome::Failed(fault, batches)) => return Called::Failed(fault, batches),
            Some(Outcome::Stop(reason)) => return Called::Stop(CallError::Stop(reason)),
            Some(Outcome::Left(batches)) => batches,
            None => 0,
        };
        match self.one_by_one(ask, key, expected.input + expected.output_high, keep).await {
            Called::Answered(answered, attempts) => Called::Answered(answered, before + attempts),
            Called::Failed(fault, attempts) => Called::Failed(fault, before + attempts),
            stop => stop,
        }
    }

    /// Through the batch API, where the binding says so and the request is one for it.
    async fn in_a_batch(&self, ask: &Ask<'_>, key: &Key, expected: &Estimate) -> Option<Outcome> {
        let (batcher, Request::Chat(_)) = (self.batcher.as_ref()?, ask.request) else { return None };
        let talk = backend::talk(ask.request)?;
        let outcome = batcher.call(&talk, ask, key, expected).await;
        // A server that took a batch and said what became of it is not to blame for a request that failed in it.
        if matches!(outcome, Outcome::Answered(..) | Outcome::Left(_) | Outcome::Failed(_, 1..)) {
            self.endpoints.iter().for_each(|endpoint| endpoint.breaker.answered());
        }
        Some(outcome)
    }

    async fn one_by_one(
        &self,
        ask: &Ask<'_>,
        key: &Key,
        expected_tokens: f64,
        keep: &(dyn Fn(&Answered) -> Result<(), CallError> + Sync),
    ) -> Called {
        let mut retries = Retries::new(self.spec.limits.attempts, *key.as_bytes());
        let mut attempts = 0;
        let mut turn = first_of(key, self.endpoints.len());
        loop {
            let Some(endpoint) = self.next_endpoint(turn) else {
                return Called::Failed(Fault::new(FaultKind::Unusable, self.why_given_up()), attempts);
            };
            let fault = match endpoint.attempt(ask, expected_tokens, attempts > 0, keep).await {
                Tried::Answered(answered) => return Called::Answered(answered, attempts + 1),
                Tried::GivenUp => continue,
                Tried::Stop(reason) => return Called::Stop(CallError::Stop(reason)),
                Tried::Failed(fault) => fault,
            };
            attempts += 1;
            let others = self.endpoints.iter().filter(|e| e.breaker.given_up().is_none()).count() > 1;
            match (retries.after(&fault, endpoint.last_success()), fault.kind) {
                (_, FaultKind::Unsendable) => return Called::Failed(fault, attempts),
                (Next::GiveUp, FaultKind::Unusable) if others => endpoint.breaker.failed(&fault),
                (Next::GiveUp, _) => {
                    endpoint.breaker.failed(&fault);
                    return Called::Failed(fault, attempts);
                }
                // Another server of the same model can be asked at once; waiting is for those already asked.
                (Next::Again(_), _) if others && attempts < self.endpoints.len() as u32 => {}
                (Next::Again(delay), _) => tokio::time::sleep(delay).await,
            }
            turn += 1;
        }
    }

    /// Whether any of its servers ever answered anything.
    pub(crate) fn has_answered(&self) -> bool {
        self.endpoints.iter().any(|endpoint| endpoint.last_success().is_some())
    }

    /// Waits for it to show whether its servers are to blame; see [`crate::limits::breaker::Breaker::verdict`].
    pub(crate) async fn verdict(&self) {
        for endpoint in &self.endpoints {
            endpoint.breaker.verdict().await;
        }
    }

    /// Whether all its servers were given up.
    pub(crate) fn is_given_up(&self) -> bool {
        self.endpoints.iter().all(|endpoint| endpoint.breaker.reason().is_some())
    }

    /// Why its servers were given up, in words.
    pub(crate) fn why_given_up(&self) -> String {
        let reasons: Vec<_> = self.endpoints.iter().filter_map(|e| e.breaker.reason()).collect();
        format!("model `{}` ({}): {}", self.label, self.model, reasons.join("; "))
    }

    /// US dollars of an answer of this many tokens.
    pub(crate) fn usd(&self, usage: Usage, reply: &Reply) -> f64 {
        let pictures = f64::from(u8::from(matches!(reply, Reply::Image(_))));
        self.spec.price.of(usage.input as f64, usage.output as f64) + pictures * self.spec.price.image
    }

    /// What the request would cost, with texts counted by `count`.
    pub(crate) fn estimate(&self, request: &Request, media: &dyn MediaStore, count: fn(&str) -> f64) -> Estimate {
        let counter = Counter {
            model: self,
            formula: self.spec.image_tokens(),
            media,
            count,
            exact: self.spec.image_tokens().is_some(),
        };
        if let Some(talk) = backend::talk(request) {
            return counter.talk(&talk);
        }
        match request {
            Request::Embed(embed) => counter.embed(&embed.item),
            Request::Image(_) => {
                let usd = self.spec.price.image;
                Estimate { usd_low: usd, usd_high: usd, exact_images: true, ..Estimate::default() }
            }
            _ => Estimate { exact_images: true, ..Estimate::default() },
        }
    }

    /// Tokens of a picture after it was made to fit the binding's `max_side`.
    fn image_tokens(&self, formula: ImageTokens, width: u32, height: u32) -> f64 {
        let shrink = match self.spec.images.max_side {
            Some(most) => (f64::from(most) / f64::from(width.max(height).max(1))).min(1.0),
            None => 1.0,
        };
        let scaled = |length: u32| (f64::from(length) * shrink).round() as u32;
        formula.of(scaled(width), scaled(height))
    }

    /// The server whose turn it is, or the next that was not given up.
    fn next_endpoint(&self, turn: usize) -> Option<&Arc<Endpoint>> {
        let count = self.endpoints.len();
        let in_turn = (0..count).map(|i| &self.endpoints[(turn + i) % count]);
        in_turn.into_iter().find(|endpoint| endpoint.breaker.given_up().is_none())
    }
}

/// Counts the tokens of one request.
struct Counter<'a> {
    model: &'a BoundModel,
    formula: Option<ImageTokens>,
    media: &'a dyn MediaStore,
    count: fn(&str) -> f64,
    /// whether all pictures were counted by the model's own formula
    exact: bool,
}

impl Counter<'_> {
    fn talk(mut self, talk: &Talk<'_>) -> Estimate {
        let mut input = 3.0;
        for message in talk.messages {
            input += tokens::PER_MESSAGE + message.parts.iter().map(|part| self.part(part)).sum::<f64>();
        }
        if let Some(forced) = talk.forced {
            let input = input + (self.count)(forced);
            return self.priced(input, 0.0, 1.0);
        }
        let answers = f64::from(talk.n);
        let most = self.model.completed(talk.sampling).max_tokens.map_or(ANSWER, f64::from);
        self.priced(input, (most * 0.05).max(1.0) * answers, most * answers)
    }

    fn embed(mut self, item: &Part) -> Estimate {
        let input = self.part(item);
        self.priced(input, 0.0, 0.0)
    }

    fn part(&mut self, part: &Part) -> f64 {
        let header = match part {
            Part::Text(text) => return (self.count)(text),
            Part::Image(image) => image.header(self.media),
        };
        self.exact &= header.is_ok();
        let formula = self.formula.unwrap_or(UNKNOWN);
        header.map_or(ANSWER, |header| self.model.image_tokens(formula, header.width, header.height))
    }

    fn priced(self, input: f64, low: f64, high: f64) -> Estimate {
        let price = self.model.spec.price;
        Estimate {
            input,
            output_low: low,
            output_high: high,
            usd_low: price.of(input, low),
            usd_high: price.of(input, high),
            exact_images: self.exact,
        }
    }
}

/// The models of a role in the order in which this question is put to them: the first drawn by weight, the others after
/// it, each drawn from the rest. The same question always draws the same.
pub(crate) fn order(question: &Key, weights: &[f64]) -> Vec<usize> {
    let mut rng = Rng::keyed(0, record_of(question), "which model", &[]);
    let mut left: Vec<usize> = (0..weights.len()).collect();
    let mut order = Vec::with_capacity(weights.len());
    while !left.is_empty() {
        let among: Vec<f64> = left.iter().map(|i| weights[*i]).collect();
        order.push(left.remove(rng.weighted(&among)));
    }
    order
}

fn first_of(key: &Key, count: usize) -> usize {
    Rng::keyed(0, record_of(key), "which server", &[]).below(count)
}

fn record_of(key: &Key) -> tamis_core::RecordId {
    let mut id = [0; 16];
    id.copy_from_slice(&key.as_bytes()[..16]);
    tamis_core::RecordId(id)
}
