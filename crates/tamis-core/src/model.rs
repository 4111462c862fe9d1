//! Roles: what a recipe asks of a model, and what it gets back. Backends play roles; recipes never name a backend.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::error::{StepError, StopReason};
use crate::geometry::BBox;
use crate::id::RecordId;
use crate::media::{Media, MediaHash, MediaStore};
use crate::vector::Vector;

/// What a model is asked to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RoleKind {
    /// reads texts and pictures in their order, writes text
    Chat,
    /// goes on writing a message that is left open, whoever speaks in it; or says how likely a given continuation is
    Complete,
    /// turns a text into a vector
    TextEmbed,
    /// turns a picture into a vector
    ImageEmbed,
    /// paints a picture from a text
    TextToImage,
    /// changes a picture as a text says
    ImageEdit,
    /// reads the text in a picture, with its places
    Ocr,
    /// runs a program away from the network and from the machine's files
    CodeRunner,
}

impl RoleKind {
    /// Every kind.
    pub const ALL: &[RoleKind] = &[
        RoleKind::Chat,
        RoleKind::Complete,
        RoleKind::TextEmbed,
        RoleKind::ImageEmbed,
        RoleKind::TextToImage,
        RoleKind::ImageEdit,
        RoleKind::Ocr,
        RoleKind::CodeRunner,
    ];

    /// The word in recipes.
    pub fn name(self) -> &'static str {
        match self {
            RoleKind::Chat => "chat",
            RoleKind::Complete => "complete",
            RoleKind::TextEmbed => "text-embed",
            RoleKind::ImageEmbed => "image-embed",
            RoleKind::TextToImage => "text-to-image",
            RoleKind::ImageEdit => "image-edit",
            RoleKind::Ocr => "ocr",
            RoleKind::CodeRunner => "code-runner",
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

/// A request to a role.
#[derive(Clone, Debug)]
pub enum Request {
    /// to a chat role
    Chat(ChatRequest),
    /// to a role that completes
    Complete(CompleteRequest),
    /// to a role that embeds texts or pictures
    Embed(EmbedRequest),
    /// to a role that paints or edits pictures
    Image(ImageRequest),
    /// to a role that reads text in pictures
    Ocr(OcrRequest),
    /// to a role that runs programs
    Code(CodeRequest),
}

impl Request {
    /// Whether a role of this kind can be asked so.
    pub fn is_for(&self, kind: RoleKind) -> bool {
        match self {
            Request::Chat(_) => kind == RoleKind::Chat,
            Request::Complete(_) => kind == RoleKind::Complete,
            Request::Embed(request) => match request.item {
                Part::Text(_) => kind == RoleKind::TextEmbed,
                Part::Image(_) => kind == RoleKind::ImageEmbed,
            },
            Request::Image(request) => match request.images.is_empty() {
                true => kind == RoleKind::TextToImage,
                false => kind == RoleKind::ImageEdit,
            },
            Request::Ocr(_) => kind == RoleKind::Ocr,
            Request::Code(_) => kind == RoleKind::CodeRunner,
        }
    }
}

/// A reply from a role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// from a chat role or one that completes
    Chat(ChatReply),
    /// from a role that embeds
    Embed(Vector),
    /// from a role that paints or edits
    Image(ImageReply),
    /// from a role that reads
    Ocr(OcrReply),
    /// from a role that runs programs
    Code(CodeReply),
}

/// What a role is asked that goes on writing.
#[derive(Clone, Debug, Default)]
pub struct CompleteRequest {
    /// the conversation so far; the last message is left open, without the marks that would end it: the model goes on
    /// inside it, be it the user's or its own
    pub messages: Vec<Message>,
    /// a continuation that the model does not write but whose tokens' log-probabilities are asked for
    pub forced: Option<Arc<str>>,
    /// how many answers, at least 1
    pub n: u32,
    /// seed of the sampler, a function of (run seed, record, step, visits)
    pub seed: u64,
    /// sampling parameters; what is `None` is left to the binding, then to the server
    pub sampling: Sampling,
}

/// What a role is asked that embeds: one text or one picture.
#[derive(Clone, Debug)]
pub struct EmbedRequest {
    /// what is embedded
    pub item: Part,
}

/// What a role is asked that paints or edits one picture.
#[derive(Clone, Debug, Default)]
pub struct ImageRequest {
    /// what the picture shows, or what is to be changed
    pub prompt: Arc<str>,
    /// what it shall not show
    pub negative: Option<Arc<str>>,
    /// width and height in pixels; `None` leaves it to the binding, then to the server
    pub size: Option<(u32, u32)>,
    /// the pictures to be edited, or to take after, in their order; empty for painting
    pub images: Vec<Arc<Media>>,
    /// where the first picture may be changed: white may, black stays
    pub mask: Option<Arc<Media>>,
    /// seed of the sampler
    pub seed: u64,
    /// fields passed to the server as they are (`steps`, `guidance_scale`, `quality`)
    pub extra: BTreeMap<String, Json>,
}

/// A painted or edited picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageReply {
    /// the content address of the picture, which is in the media store of the run
    pub image: MediaHash,
    /// what the server made of the prompt, where it says so
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revised_prompt: Option<String>,
}

/// What a role is asked that reads text in a picture.
#[derive(Clone, Debug)]
pub struct OcrRequest {
    /// the picture
    pub image: Arc<Media>,
    /// languages to expect, as ISO 639-3 codes (`eng`, `deu`, `chi_sim`); empty leaves it to the binding
    pub languages: Vec<String>,
}

/// The text in a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OcrReply {
    /// words in reading order
    pub words: Vec<OcrWord>,
}

/// A word in a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OcrWord {
    /// as read
    pub text: String,
    /// absolute pixels of the upright picture
    #[serde(rename = "box")]
    pub bbox: BBox,
    /// how sure the reader is, 0 to 1
    pub confidence: f64,
    /// the line it stands in, counted from 0 through the picture
    pub line: u32,
    /// the block it stands in, counted from 0 through the picture
    pub block: u32,
}

/// What a role is asked that runs programs.
#[derive(Clone, Debug, Default)]
pub struct CodeRequest {
    /// the program, in Python
    pub program: Arc<str>,
    /// what it reads from its standard input
    pub input: Arc<str>,
    /// pictures it finds in its directory, by file name
    pub files: Vec<(String, Arc<Media>)>,
    /// the names of pictures that it is expected to write (`*.png` for all)
    pub outputs: Vec<String>,
    /// seconds until it is stopped; `None` leaves it to the binding
    pub timeout_s: Option<f64>,
}

/// What a program did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CodeReply {
    /// how it ended
    pub end: CodeEnd,
    /// its standard output, cut at the binding's limit
    pub stdout: String,
    /// its standard error, cut at the binding's limit
    pub stderr: String,
    /// the pictures it wrote, by file name, in the order of names; they are in the media store of the run
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<(String, MediaHash)>,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeEnd {
    /// by itself, with this exit status; 0 is success
    Exit(i32),
    /// stopped because it took too long
    Timeout,
    /// stopped because it took too much memory, disk or too many processes; says what
    Limit(String),
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
    /// log-probabilities of the answer's tokens, each with this many alternatives (0 to 20); `None` for none
    pub logprobs: Option<u8>,
}

/// How a role samples that writes text.
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
    /// its tokens with their log-probabilities, where they were asked for
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<TokenProb>,
}

impl Answer {
    /// An answer without log-probabilities.
    pub fn new(text: impl Into<String>, finish: Finish) -> Answer {
        Answer { text: text.into(), finish, tokens: Vec::new() }
    }
}

/// A token with its log-probability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenProb {
    /// the token's text
    pub token: String,
    /// natural logarithm of its probability, at most 0
    pub logprob: f64,
    /// what else could have stood there, most likely first
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub top: Vec<(String, f64)>,
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
