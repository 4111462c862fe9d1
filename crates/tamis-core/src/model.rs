//! Roles: what a recipe asks of a model, and what it gets back. Backends play roles; recipes never name a backend.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::error::{StepError, StopReason};
use crate::id::RecordId;
use crate::media::{Media, MediaStore};

/// What a model is asked to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RoleKind {
    /// reads texts and pictures in their order, writes text
    Chat,
}

impl RoleKind {
    /// Every kind.
    pub const ALL: &[RoleKind] = &[RoleKind::Chat];

    /// The word in recipes.
    pub fn name(self) -> &'static str {
        match self {
            RoleKind::Chat => "chat",
        }
    }
}

impl fmt::Display for RoleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for RoleKind {
    type Err = String;

    fn from_str(text: &str) -> Result<RoleKind, String> {
        RoleKind::ALL.iter().copied().find(|k| k.name() == text).ok_or_else(|| {
            let names: Vec<_> = RoleKind::ALL.iter().map(|k| k.name()).collect();
            format!("no role kind is called `{text}`; there are: {}", names.join(", "))
        })
    }
}

/// A request to a role. One variant for each [`RoleKind`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Request {
    /// to a chat role
    Chat(ChatRequest),
}

/// A reply from a role. One variant for each [`RoleKind`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reply {
    /// from a chat role
    Chat(ChatReply),
}

/// What a chat role is asked.
#[derive(Clone, Debug, Default)]
pub struct ChatRequest {
    /// system, user and assistant messages in their order
    pub messages: Vec<Message>,
    /// the JSON schema the answer has to satisfy; `None` for free text
    pub schema: Option<Arc<Json>>,
    /// how many answers, at least 1
    pub n: u32,
    /// seed of the sampler, a function of (run seed, record, step, visits)
    pub seed: u64,
    /// sampling parameters; what is `None` is left to the binding, then to the server
    pub sampling: Sampling,
}

/// How a chat role samples.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sampling {
    /// 0 = greedy
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// nucleus, 0 to 1
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// at most this many tokens in an answer
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// texts at which the answer ends
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// fields passed to the server as they are, for what only some servers know (`top_k`, `repetition_penalty`)
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, Json>,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    /// instructions
    System,
    /// the one who asks
    User,
    /// the model
    Assistant,
}

/// One message: parts in their order.
#[derive(Clone, Debug)]
pub struct Message {
    /// who speaks
    pub speaker: Speaker,
    /// texts and pictures in the order in which the model shall see them
    pub parts: Vec<Part>,
}

/// A piece of a message.
#[derive(Clone, Debug)]
pub enum Part {
    /// text
    Text(Arc<str>),
    /// a picture; sent as the bytes it is unless the backend states a maximum size
    Image(Arc<Media>),
}

impl Message {
    /// A message of one text.
    pub fn text(speaker: Speaker, text: impl Into<Arc<str>>) -> Message {
        Message { speaker, parts: vec![Part::Text(text.into())] }
    }
}

/// What a chat role answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChatReply {
    /// `n` answers
    pub answers: Vec<Answer>,
}

/// One answer of a chat role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// what the model wrote
    pub text: String,
    /// why it ended
    pub finish: Finish,
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// the model was done
    Stop,
    /// cut at the token limit
    Length,
    /// a content filter ended it, or the model refused in a structured way
    Refused,
}

/// Tokens of one call as counted by the server (or estimated where it does not say).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// tokens read, pictures included
    pub input: u64,
    /// tokens written
    pub output: u64,
}

/// The note of a [`Receipt`] for an answer that the simulator made up, in this process or behind a URL.
pub const SIMULATED: &str = "made up by the simulator";

/// What one call was, for the sample's story and the run's bill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// the role's name in the recipe
    pub role: String,
    /// the kind of backend: `openai`, `sim`, ...
    pub backend: String,
    /// the model's name as bound
    pub model: String,
    /// content address of the request: equal requests have equal digests
    pub request: String,
    /// tokens
    pub usage: Usage,
    /// price in US dollars by the binding's price list, paid by this run now or before it was taken up; 0 when the list
    /// states none or another run paid
    pub usd: f64,
    /// whether the answer came from the journal, so that nothing was paid now
    pub cached: bool,
    /// how often the request was sent before it was answered
    pub attempts: u32,
    /// what was changed on the way, in words ("image 2 re-encoded to 1024 px"); usually empty
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Which record and step a call is for, and where the media are.
pub struct CallSite<'a> {
    /// the record
    pub record: RecordId,
    /// the step's id
    pub step: &'a str,
    /// where pictures are read
    pub media: &'a dyn MediaStore,
}

/// Why a call gave no reply.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CallError {
    /// this request will not be answered; the record fails
    #[error("{message}")]
    Failed {
        /// what was asked of whom, what came back, what to do
        message: String,
        /// how often it was sent
        attempts: u32,
    },
    /// the whole run has to stop
    #[error("{0}")]
    Stop(StopReason),
}

impl From<CallError> for StepError {
    fn from(error: CallError) -> StepError {
        match error {
            CallError::Failed { message, attempts } => StepError::Failed { message, field: None, attempts },
            CallError::Stop(reason) => StepError::Stop(reason),
        }
    }
}

/// A bound role: something that answers requests of one kind.
///
/// Implementations share one client for each server and take care of limits, retries, the reply cache and budgets, so
/// that callers just ask. A reply is recorded durably before it is returned: what was paid for is never asked twice.
pub trait Model: Send + Sync {
    /// What it plays.
    fn kind(&self) -> RoleKind;

    /// Asks and waits for the answer.
    fn call<'a>(
        &'a self,
        request: Request,
        site: &'a CallSite<'a>,
    ) -> BoxFuture<'a, Result<(Reply, Receipt), CallError>>;

    /// What the request would cost; makes no call.
    fn estimate(&self, request: &Request, site: &CallSite<'_>) -> Estimate;
}

/// What a request is expected to cost before it is made.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// tokens read, pictures included
    pub input: f64,
    /// tokens written, at the least
    pub output_low: f64,
    /// tokens written, at the most
    pub output_high: f64,
    /// US dollars, at the least
    pub usd_low: f64,
    /// US dollars, at the most
    pub usd_high: f64,
    /// whether the image tokens were computed by the model's own formula
    pub exact_images: bool,
}
