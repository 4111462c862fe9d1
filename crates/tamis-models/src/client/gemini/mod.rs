//! Google's generateContent, as the Gemini API speaks it.

mod answer;
mod body;
mod schema;

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use futures::future::BoxFuture;
use tamis_core::model::{ChatReply, Reply, Request, Usage};

use super::dialect::GEMINI;
use super::http::Http;
use super::timeout_of;
use crate::backend::{self, Answered, Ask, Backend, Talk};
use crate::bindings::{Images, ModelSpec, Structured};
use crate::fault::{Fault, FaultKind};
use crate::limits::concurrency::OnSend;
use crate::secret::Secret;

/// Fields of the body that neither a recipe nor a binding may set through `extra`.
pub(crate) const RESERVED_FIELDS: &[&str] = &[
    "contents",
    "systemInstruction",
    "generationConfig",
    "candidateCount",
    "temperature",
    "topP",
    "maxOutputTokens",
    "stopSequences",
    "seed",
    "responseMimeType",
    "responseSchema",
];
/// Most answers to one request.
const MOST_CANDIDATES: u32 = 8;

/// One server that speaks generateContent.
pub(crate) struct Gemini {
    http: Http,
    model: String,
    images: Images,
    structured: Structured,
    /// the model gives one candidate at a time
    single: AtomicBool,
}

impl Gemini {
    /// A client of the server at `url`. Sends nothing.
    ///
    /// Errors: a URL or key that cannot be used; a name that is no model's.
    pub(crate) fn new(spec: &ModelSpec, url: &str, model: &str, key: Option<Secret>) -> Result<Gemini, String> {
        let model = model.strip_prefix("models/").unwrap_or(model);
        // The name is a part of the path.
        if model.is_empty() || !model.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c)) {
            return Err(format!("`{model}` is no name of a Gemini model; expected something like gemini-2.5-flash"));
        }
        let http = Http::speaking(&GEMINI, url, key, timeout_of(spec), spec.limits.concurrency)?;
        let single = AtomicBool::new(false);
        Ok(Gemini { http, model: model.into(), images: spec.images, structured: spec.structured, single })
    }

    /// Asks until there are `n` answers: not every model gives several at once.
    async fn chat(&self, talk: &Talk<'_>, ask: &Ask<'_>, mut on_send: OnSend) -> Result<Answered, Fault> {
        if talk.logprobs.is_some() {
            return Err(Fault::unsendable(
                "log-probabilities are not read from backend gemini; bind the role to backend openai",
            ));
        }
        let (mut answers, mut notes, mut total, mut exchanges) = (Vec::new(), Vec::new(), Some(Usage::default()), 0);
        while (answers.len() as u32) < talk.n {
            let given = answers.len() as u32;
            let wanted = if self.single.load(Relaxed) { 1 } else { (talk.n - given).min(MOST_CANDIDATES) };
            let seed = talk.seed.wrapping_add(given.into());
            let (bytes, more) = body::write(talk, &self.form(ask, wanted, seed))?;
            let completion = match self.exchange(bytes, wanted, std::mem::take(&mut on_send)).await {
                Err(fault) if wanted > 1 && dislikes_candidates(&fault) => {
                    self.single.store(true, Relaxed);
                    continue;
                }
                other => other?,
            };
            total = total
                .zip(completion.usage)
                .map(|(sum, one)| Usage { input: sum.input + one.input, output: sum.output + one.output });
            answers.extend(completion.answers);
            exchanges += 1;
            if exchanges == 1 {
                notes = more;
            }
        }
        answers.truncate(talk.n as usize);
        if exchanges > 1 {
            notes.push(format!("asked {exchanges} times, the model does not give {} answers at once", talk.n));
        }
        Ok(Answered { reply: Reply::Chat(ChatReply { answers }), usage: total, notes, pictures: Vec::new() })
    }

    async fn exchange(&self, bytes: Vec<u8>, wanted: u32, on_send: OnSend) -> Result<answer::Completion, Fault> {
        let path = format!("models/{}:generateContent", self.model);
        match self.http.post(&path, bytes, on_send).await {
            Ok(bytes) => answer::read(&bytes, wanted).map_err(|e| self.http.broken(&e)),
            Err(fault) if fault.kind == FaultKind::Unusable => Err(self.http.explain(fault, &self.model).await),
            Err(fault) => Err(fault),
        }
    }

    fn form<'a>(&'a self, ask: &Ask<'a>, n: u32, seed: u64) -> body::Form<'a> {
        body::Form {
            sampling: ask.sampling,
            media: ask.media,
            images: &self.images,
            structured: self.structured,
            n,
            seed,
        }
    }
}

impl Backend for Gemini {
    fn send<'a>(&'a self, ask: &'a Ask<'a>, on_send: OnSend) -> BoxFuture<'a, Result<Answered, Fault>> {
        Box::pin(async move {
            match (ask.request, backend::talk(ask.request)) {
                (Request::Chat(_), Some(talk)) => self.chat(&talk, ask, on_send).await,
                _ => Err(Fault::unsendable("generateContent does not play such a role")),
            }
        })
    }
}

fn dislikes_candidates(fault: &Fault) -> bool {
    let message = fault.message.to_lowercase();
    fault.kind == FaultKind::Rejected && message.contains("candidate")
}
