//! Model servers over HTTP: OpenAI's protocol, as vLLM, SGLang, llama.cpp, Ollama, LiteLLM and OpenAI speak it, and,
//! each in its folder, the protocols of other vendors.

mod answer;
pub(crate) mod anthropic;
mod body;
pub(crate) mod comfyui;
mod completions;
mod dialect;
mod embed;
mod fetch;
mod files;
mod form;
pub(crate) mod gemini;
mod http;
mod paint;
mod picture;

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering::Relaxed};
use std::time::Duration;

use futures::future::BoxFuture;
use tamis_core::model::{Answer, ChatReply, Finish, Part, Reply, Request, SIMULATED, Usage};

use crate::backend::{self, Answered, Ask, Backend, Talk};
use crate::bindings::{Complete, ModelSpec, Structured, Thoughts, Way};
use crate::fault::{Fault, FaultKind};
use crate::limits::concurrency::OnSend;
use crate::secret::Secret;

pub(crate) use anthropic::Anthropic;
use embed::Waiting;

pub(crate) use body::RESERVED_FIELDS;
pub(crate) use gemini::Gemini;
pub(crate) use http::Http;

/// One server that speaks OpenAI's protocol.
pub(crate) struct OpenAi {
    http: Http,
    model: String,
    /// how a schema is asked for; steps down when the server does not know a way
    structured: AtomicU8,
    spec: ModelSpec,
    /// texts that wait to be embedded
    waiting: Waiting,
    /// whether the server has refused a seed for pictures
    seedless: AtomicBool,
}

/// A request in the file of a batch.
pub(crate) struct Rendered {
    pub(crate) body: Vec<u8>,
    /// what was changed on the way
    pub(crate) notes: Vec<String>,
    /// which of the ways a schema was asked for in
    pub(crate) way: u8,
}

/// The ways to ask for a schema, best first.
const WAYS: [Structured; 3] = [Structured::JsonSchema, Structured::JsonObject, Structured::Prompt];

impl OpenAi {
    /// A client of the server at `url`. Sends nothing.
    ///
    /// Errors: a URL or key that cannot be used.
    pub(crate) fn new(spec: &ModelSpec, url: &str, model: &str, key: Option<Secret>) -> Result<OpenAi, String> {
        let http = Http::new(url, key, timeout_of(spec), spec.limits.concurrency)?;
        let way = WAYS.iter().position(|way| *way == spec.structured).unwrap_or(0);
        Ok(OpenAi {
            http,
            model: model.into(),
            structured: AtomicU8::new(way as u8),
            spec: spec.clone(),
            waiting: Waiting::default(),
            seedless: AtomicBool::new(false),
        })
    }

    /// Its connections.
    pub(crate) fn http(&self) -> &Http {
        &self.http
    }

    /// The body of a request as it stands in the file of a batch.
    ///
    /// Errors: a picture that cannot be read.
    pub(crate) fn render(&self, talk: &Talk<'_>, ask: &Ask<'_>) -> Result<Rendered, Fault> {
        let way = self.structured.load(Relaxed);
        let (body, mut notes) = body::write(talk, &self.chat_form(ask, None, way, talk.n, talk.seed))?;
        notes.extend(self.structured_note(talk, way));
        Ok(Rendered { body, notes, way })
    }

    /// Reads an answer from the file of a batch: the answers, their tokens, whether they are the simulator's.
    ///
    /// Errors, in words: those of a chat completion.
    pub(crate) fn read(&self, bytes: &[u8], typed: bool) -> Result<(Vec<Answer>, Option<Usage>, bool), String> {
        let completion = answer::read(bytes, self.spec.thoughts == Thoughts::Keep && !typed)?;
        Ok((completion.answers, completion.usage, completion.simulated))
    }

    /// Whether a request was refused because of how its schema was asked for, and another way is left.
    pub(crate) fn step_down(&self, way: u8, fault: &Fault) -> bool {
        if usize::from(way) + 1 >= WAYS.len() || !http::dislikes_schema(fault) {
            return false;
        }
        // Whoever comes first steps down; for the others it is done already.
        let _ = self.structured.compare_exchange(way, way + 1, Relaxed, Relaxed);
        true
    }

    fn chat_form<'a>(
        &'a self,
        ask: &Ask<'a>,
        open: Option<body::Open<'a>>,
        way: u8,
        n: u32,
        seed: u64,
    ) -> body::Form<'a> {
        body::Form {
            open,
            sampling: ask.sampling,
            media: ask.media,
            model: &self.model,
            structured: WAYS[usize::from(way)],
            images: &self.spec.images,
            n,
            seed,
        }
    }

    /// Asks until there are `n` answers: some servers give one whatever `n` is.
    async fn talk(&self, talk: &Talk<'_>, ask: &Ask<'_>, mut on_send: OnSend) -> Result<Answered, Fault> {
        // A continuation that is given has one score however often it is asked for.
        let wanted = if talk.forced.is_some() { 1 } else { talk.n };
        let mut answers = Vec::new();
        let (mut total, mut notes, mut exchanges) = (Some(Usage::default()), Vec::new(), 0);
        while (answers.len() as u32) < wanted {
            let given = answers.len() as u32;
            let seed = talk.seed.wrapping_add(given.into());
            let (completion, more) =
                self.exchange(talk, ask, wanted - given, seed, std::mem::take(&mut on_send)).await?;
            total = total
                .zip(completion.usage)
                .map(|(sum, one)| Usage { input: sum.input + one.input, output: sum.output + one.output });
            answers.extend(completion.answers);
            exchanges += 1;
            if exchanges == 1 {
                notes = more;
            }
        }
        answers.truncate(wanted as usize);
        if exchanges > 1 {
            notes.push(format!("asked {exchanges} times, the server does not give {wanted} answers at once"));
        }
        Ok(Answered { reply: Reply::Chat(ChatReply { answers }), usage: total, notes, pictures: Vec::new() })
    }

    async fn exchange(
        &self,
        talk: &Talk<'_>,
        ask: &Ask<'_>,
        n: u32,
        seed: u64,
        mut on_send: OnSend,
    ) -> Result<(answer::Completion, Vec<String>), Fault> {
        let open = match (ask.request, &self.spec.complete) {
            (Request::Complete(_), Complete { way: Way::Completions, template: Some(template) }) => {
                return self.completions(talk, ask, template, n, seed, on_send).await;
            }
            (Request::Complete(_), Complete { template: Some(template), .. }) => Some(body::Open::Template(template)),
            (Request::Complete(_), _) => Some(continued(talk)?),
            _ => None,
        };
        let thoughts = self.spec.thoughts == Thoughts::Keep && talk.schema.is_none() && open.is_none();
        loop {
            let way = self.structured.load(Relaxed);
            let (bytes, mut notes) = body::write(talk, &self.chat_form(ask, open, way, n, seed))?;
            let result = match self.http.post("chat/completions", bytes, std::mem::take(&mut on_send)).await {
                Ok(bytes) => answer::read(&bytes, thoughts).map_err(|e| self.http.broken(&e)),
                Err(fault) => Err(fault),
            };
            match result {
                Err(fault) if talk.schema.is_some() && self.step_down(way, &fault) => {}
                Err(fault) if fault.kind == FaultKind::Unusable => {
                    return Err(self.http.explain(fault, &self.model).await);
                }
                Err(fault) => return Err(fault),
                Ok(mut completion) => {
                    self.check_tokens(talk, &mut completion)?;
                    notes.extend(self.structured_note(talk, way));
                    notes.extend(completion.simulated.then(|| SIMULATED.to_string()));
                    return Ok((completion, notes));
                }
            }
        }
    }

    /// Sees to it that log-probabilities that were asked for are there; of a continuation that was given, they are those
    /// of the tokens that were read.
    fn check_tokens(&self, talk: &Talk<'_>, completion: &mut answer::Completion) -> Result<(), Fault> {
        let rejected = |what: &str| Fault { kind: FaultKind::Rejected, ..self.http.broken(what) };
        if let Some(forced) = talk.forced {
            let tokens = answer::end_of(std::mem::take(&mut completion.read), forced).map_err(|e| rejected(&e))?;
            completion.answers = vec![Answer { text: forced.to_string(), finish: Finish::Stop, tokens }];
        }
        let lacking = |answer: &Answer| answer.tokens.is_empty() && !answer.text.is_empty();
        match talk.logprobs.is_some() && completion.answers.iter().any(lacking) {
            true => {
                Err(rejected("gave no log-probabilities (`logprobs`), which the step asks for; bind another server"))
            }
            false => Ok(()),
        }
    }

    fn structured_note(&self, talk: &Talk<'_>, way: u8) -> Option<String> {
        let stepped_down = talk.schema.is_some() && way > 0;
        stepped_down.then(|| match WAYS[usize::from(way)] {
            Structured::Prompt => "the schema was asked for in the prompt, without response_format".to_string(),
            way => format!("the schema was asked for as response_format {} and in the prompt", way.name()),
        })
    }
}

impl Backend for OpenAi {
    fn send<'a>(&'a self, ask: &'a Ask<'a>, on_send: OnSend) -> BoxFuture<'a, Result<Answered, Fault>> {
        Box::pin(async move {
            match ask.request {
                Request::Embed(embed) => self.embed(&embed.item, ask, on_send).await,
                Request::Image(image) => self.paint(image, ask, on_send).await,
                request => match backend::talk(request) {
                    Some(talk) => self.talk(&talk, ask, on_send).await,
                    None => Err(Fault::unsendable("this backend does not play such a role")),
                },
            }
        })
    }
}

/// How long one exchange may take.
fn timeout_of(spec: &ModelSpec) -> Duration {
    Duration::from_secs_f64(spec.limits.timeout_s.min(86_400.0))
}

/// Servers go on behind a text only.
fn continued(talk: &Talk<'_>) -> Result<body::Open<'static>, Fault> {
    let last = talk.messages.last().and_then(|message| message.parts.last());
    let text = matches!(last, Some(Part::Text(text)) if !text.trim().is_empty()) || talk.forced.is_some();
    text.then_some(body::Open::Continue).ok_or_else(|| {
        Fault::unsendable(
            "`complete.way: continue` needs a text at the end of the last message, and it ends with a picture or is \
             empty; write `complete: { template: chat_template.jinja }` with the model's own template under the model",
        )
    })
}
