//! Anthropic's Messages API.

mod answer;
mod body;

use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use futures::future::BoxFuture;
use tamis_core::model::{ChatReply, Reply, Request, Usage};

use super::dialect::ANTHROPIC;
use super::http::Http;
use super::timeout_of;
use crate::backend::{self, Answered, Ask, Backend, Talk};
use crate::bindings::{Images, ModelSpec, Structured};
use crate::fault::{Fault, FaultKind};
use crate::limits::concurrency::OnSend;
use crate::secret::Secret;

/// Fields of the body that neither a recipe nor a binding may set through `extra`.
pub(crate) const RESERVED_FIELDS: &[&str] = &[
    "model",
    "messages",
    "system",
    "max_tokens",
    "temperature",
    "top_p",
    "stop_sequences",
    "stream",
    "tools",
    "tool_choice",
];

/// How an answer of a given schema is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    /// a tool that has to be used: what the API has had from the start
    Tool,
    /// `output_config.format`: for models that refuse to be forced to use a tool
    Format,
    /// by the prompt alone
    Prompt,
}

/// The ways to ask for a schema, best first.
const WAYS: [Way; 3] = [Way::Tool, Way::Format, Way::Prompt];

/// One server that speaks the Messages API.
pub(crate) struct Anthropic {
    http: Http,
    model: String,
    images: Images,
    /// how a schema is asked for; steps down when the model does not know a way
    way: AtomicU8,
}

impl Anthropic {
    /// A client of the server at `url`. Sends nothing.
    ///
    /// Errors: a URL or key that cannot be used.
    pub(crate) fn new(spec: &ModelSpec, url: &str, model: &str, key: Option<Secret>) -> Result<Anthropic, String> {
        let http = Http::speaking(&ANTHROPIC, url, key, timeout_of(spec), spec.limits.concurrency)?;
        let first = if spec.structured == Structured::Prompt { Way::Prompt } else { Way::Tool };
        Ok(Anthropic { http, model: model.into(), images: spec.images, way: AtomicU8::new(first as u8) })
    }

    /// Asks `n` times: the API gives one answer to a request, and recipes vote among several. They are one request to
    /// everybody else: one entry of the journal, with the tokens of all.
    async fn chat(&self, talk: &Talk<'_>, ask: &Ask<'_>, mut on_send: OnSend) -> Result<Answered, Fault> {
        if talk.logprobs.is_some() {
            return Err(Fault::unsendable(
                "the Messages API gives no log-probabilities; bind the role to a model whose server does",
            ));
        }
        let (mut answers, mut notes, mut total) = (Vec::new(), Vec::new(), Some(Usage::default()));
        for time in 0..talk.n {
            let (message, more) = self.exchange(talk, ask, std::mem::take(&mut on_send)).await?;
            total = total
                .zip(message.usage)
                .map(|(sum, one)| Usage { input: sum.input + one.input, output: sum.output + one.output });
            answers.push(message.answer);
            if time == 0 {
                notes = more;
            }
        }
        if talk.n > 1 {
            notes.push(format!("asked {0} times, the Messages API gives one answer at a time", talk.n));
        }
        Ok(Answered { reply: Reply::Chat(ChatReply { answers }), usage: total, notes, pictures: Vec::new() })
    }

    async fn exchange(
        &self,
        talk: &Talk<'_>,
        ask: &Ask<'_>,
        mut on_send: OnSend,
    ) -> Result<(answer::Message, Vec<String>), Fault> {
        loop {
            let step = self.way.load(Relaxed);
            let way = body::way_for(talk, WAYS[usize::from(step)]);
            let form =
                body::Form { sampling: ask.sampling, media: ask.media, model: &self.model, images: &self.images, way };
            let (bytes, mut notes) = body::write(talk, &form)?;
            let result = match self.http.post("messages", bytes, std::mem::take(&mut on_send)).await {
                Ok(bytes) => answer::read(&bytes).map_err(|e| self.http.broken(&e)),
                Err(fault) => Err(fault),
            };
            match result {
                Err(fault) if talk.schema.is_some() && way != Way::Prompt && dislikes(&fault, way) => {
                    // Whoever comes first steps down; for the others it is done already.
                    let _ = self.way.compare_exchange(step, step + 1, Relaxed, Relaxed);
                }
                Err(fault) if fault.kind == FaultKind::Unusable => {
                    return Err(self.http.explain(fault, &self.model).await);
                }
                Err(fault) => return Err(fault),
                Ok(message) => {
                    notes.extend(talk.schema.and(note(way)).map(str::to_string));
                    return Ok((message, notes));
                }
            }
        }
    }
}

impl Backend for Anthropic {
    fn send<'a>(&'a self, ask: &'a Ask<'a>, on_send: OnSend) -> BoxFuture<'a, Result<Answered, Fault>> {
        Box::pin(async move {
            match (ask.request, backend::talk(ask.request)) {
                (Request::Chat(_), Some(talk)) => self.chat(&talk, ask, on_send).await,
                _ => Err(Fault::unsendable("the Messages API does not play such a role")),
            }
        })
    }
}

/// Whether the server refused a request because of how a schema was asked for.
fn dislikes(fault: &Fault, way: Way) -> bool {
    let words: &[&str] = match way {
        Way::Tool => &["tool_choice", "forces tool use", "tools", "input_schema"],
        Way::Format => &["output_config", "output_format", "schema"],
        Way::Prompt => &[],
    };
    fault.kind == FaultKind::Rejected && words.iter().any(|word| fault.message.contains(word))
}

fn note(way: Way) -> Option<&'static str> {
    match way {
        Way::Tool => None,
        Way::Format => Some("the schema was asked for as output_config.format"),
        Way::Prompt => Some("the schema was asked for in the prompt alone"),
    }
}
