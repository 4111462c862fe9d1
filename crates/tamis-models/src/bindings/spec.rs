//! What a binding says of one model, after it was checked.

use serde_json::{Value as Json, json};
use tamis_core::model::{Request, RoleKind, Sampling};

use super::kinds::{Complete, Embed, Painting, Thoughts};
use crate::local::Options;
use crate::tokens::ImageTokens;

/// A model that plays a role.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Player {
    /// its name in the bindings
    pub(crate) model: String,
    /// its share among those that play the role, above 0
    pub(crate) weight: f64,
}

/// How one model is reached, driven and paid.
#[derive(Clone, Debug)]
pub(crate) struct ModelSpec {
    pub(crate) backend: BackendKind,
    /// base addresses without a slash at the end; may hold `${ENV}`
    pub(crate) urls: Vec<String>,
    /// the name on the server; `None` until the server was asked
    pub(crate) model: Option<String>,
    /// the environment variable of the key
    pub(crate) key: Option<String>,
    pub(crate) price: Price,
    pub(crate) limits: Limits,
    pub(crate) images: Images,
    pub(crate) sampling: Sampling,
    pub(crate) structured: Structured,
    /// what only its backend knows
    pub(crate) own: Option<Options>,
    /// whether chat requests go through the batch API
    pub(crate) batch: Option<BatchSpec>,
    pub(crate) thoughts: Thoughts,
    pub(crate) complete: Complete,
    pub(crate) embed: Embed,
    pub(crate) picture: Painting,
}

/// How requests are gathered into batches, and how batches are waited for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BatchSpec {
    /// most requests in a batch
    pub(crate) max_requests: usize,
    /// most bytes of a batch's file
    pub(crate) max_bytes: u64,
    /// seconds without a new request after which a batch is submitted
    pub(crate) wait_s: f64,
    /// seconds between the first two looks at a batch; grows by half each time
    pub(crate) poll_s: f64,
    /// most seconds between two looks
    pub(crate) poll_max_s: f64,
    /// how long the server may take, in its own words
    pub(crate) window: String,
    pub(crate) unfinished: Unfinished,
}

/// What is done with requests to which a batch gave no answer, though another try may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfinished {
    /// they go into another batch, as often as `limits.attempts` says
    Resubmit,
    /// they are sent one by one
    Send,
    /// their records fail
    Fail,
}

/// What speaks to a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BackendKind {
    /// HTTP, OpenAI's protocol
    Openai,
    /// HTTP, Anthropic's Messages API
    Anthropic,
    /// HTTP, Google's generateContent
    Gemini,
    /// the simulator in this process
    Sim,
    /// programs in a sandbox on this machine
    Python,
    /// the `tesseract` program on this machine
    Tesseract,
    /// an ONNX model in this process
    Onnx,
    /// a ComfyUI server
    Comfyui,
}

/// US dollars for a million tokens, and for a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Price {
    pub(crate) input: f64,
    pub(crate) output: f64,
    /// for each painted picture
    pub(crate) image: f64,
}

/// How hard each server of a model may be driven.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Limits {
    /// most requests in flight
    pub(crate) concurrency: usize,
    pub(crate) requests_per_minute: Option<f64>,
    pub(crate) tokens_per_minute: Option<f64>,
    /// seconds until an answer is given up
    pub(crate) timeout_s: f64,
    /// how often a request is sent at most; refusals do not count
    pub(crate) attempts: u32,
}

/// What pictures the model takes, and what they cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Images {
    /// most pixels of the longer side
    pub(crate) max_side: Option<u32>,
    /// most bytes of a picture as sent, before base64
    pub(crate) max_bytes: Option<u64>,
    /// how tokens of pictures are counted, where it is known
    pub(crate) tokens: Option<ImageTokens>,
}

/// How an answer of a given schema is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Structured {
    /// by `response_format`: the server keeps to the schema
    #[default]
    JsonSchema,
    /// by `response_format`: the server keeps to JSON, the prompt shows the schema
    JsonObject,
    /// by the prompt alone
    Prompt,
}

impl ModelSpec {
    /// A server without an address, everything else by default.
    pub(crate) fn openai() -> ModelSpec {
        ModelSpec {
            backend: BackendKind::Openai,
            urls: Vec::new(),
            model: None,
            key: None,
            price: Price::default(),
            limits: Limits::default(),
            images: Images::default(),
            sampling: Sampling::default(),
            structured: Structured::default(),
            own: None,
            batch: None,
            thoughts: Thoughts::default(),
            complete: Complete::default(),
            embed: Embed::default(),
            picture: Painting::default(),
        }
    }

    /// The simulator in this process.
    pub(crate) fn sim() -> ModelSpec {
        let model = Some(crate::sim::MODEL.to_string());
        ModelSpec { backend: BackendKind::Sim, model, ..ModelSpec::openai() }
    }

    /// What of the binding decides the answer to this request, beside the model and the sampling.
    pub(crate) fn asked(&self, request: &Request) -> Option<Json> {
        if let Some(own) = &self.own {
            return Some(own.asked());
        }
        match request {
            Request::Chat(_) => (self.thoughts == Thoughts::Drop).then(|| json!({ "thoughts": "drop" })),
            Request::Complete(_) => Some(self.complete.describe()),
            Request::Embed(_) => Some(self.embed.describe()),
            Request::Image(_) => Some(self.picture.describe()),
            Request::Ocr(_) | Request::Code(_) => None,
        }
    }

    /// Whether roles of this kind can be bound to it.
    pub(crate) fn plays(&self, kind: RoleKind) -> bool {
        self.backend.plays(kind) && self.own.as_ref().is_none_or(|own| own.plays(kind))
    }

    /// What decides the answers of all kinds of roles, for the record.
    pub(super) fn options(&self) -> Json {
        json!({
            "own": self.own.as_ref().map(Options::asked),
            "thoughts": if self.thoughts == Thoughts::Keep { "keep" } else { "drop" },
            "complete": self.complete.describe(),
            "embed": self.embed.describe(),
            "picture": self.picture.describe(),
        })
    }

    /// How tokens of pictures are counted: as the binding says, or as this model is known to.
    pub(crate) fn image_tokens(&self) -> Option<ImageTokens> {
        self.images.tokens.or_else(|| self.model.as_deref().and_then(ImageTokens::of_model))
    }
}

impl BackendKind {
    /// Every kind.
    pub(crate) const ALL: &[BackendKind] = &[
        BackendKind::Openai,
        BackendKind::Anthropic,
        BackendKind::Gemini,
        BackendKind::Sim,
        BackendKind::Python,
        BackendKind::Tesseract,
        BackendKind::Onnx,
        BackendKind::Comfyui,
    ];

    /// Whether roles of this kind can be bound to it.
    pub(crate) fn plays(self, kind: RoleKind) -> bool {
        match self {
            BackendKind::Openai => !matches!(kind, RoleKind::Ocr | RoleKind::CodeRunner),
            BackendKind::Anthropic | BackendKind::Gemini => kind == RoleKind::Chat,
            BackendKind::Sim => true,
            BackendKind::Python => kind == RoleKind::CodeRunner,
            BackendKind::Tesseract => kind == RoleKind::Ocr,
            BackendKind::Onnx => matches!(kind, RoleKind::TextEmbed | RoleKind::ImageEmbed),
            BackendKind::Comfyui => matches!(kind, RoleKind::TextToImage | RoleKind::ImageEdit),
        }
    }

    /// The word in `models.yaml` and in receipts.
    pub(crate) fn name(self) -> &'static str {
        match self {
            BackendKind::Openai => "openai",
            BackendKind::Anthropic => "anthropic",
            BackendKind::Gemini => "gemini",
            BackendKind::Sim => "sim",
            BackendKind::Python => "python",
            BackendKind::Tesseract => "tesseract",
            BackendKind::Onnx => "onnx",
            BackendKind::Comfyui => "comfyui",
        }
    }
}

impl Structured {
    /// The word in `models.yaml`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Structured::JsonSchema => "json_schema",
            Structured::JsonObject => "json_object",
            Structured::Prompt => "prompt",
        }
    }
}

impl Price {
    /// US dollars of this many tokens.
    pub(crate) fn of(self, input: f64, output: f64) -> f64 {
        (input * self.input + output * self.output) / 1e6
    }
}

impl Images {
    /// Whether pictures may have to be made smaller.
    pub(crate) fn resizes(&self) -> bool {
        self.max_side.is_some() || self.max_bytes.is_some()
    }
}

impl Unfinished {
    /// The word in `models.yaml`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Unfinished::Resubmit => "resubmit",
            Unfinished::Send => "send",
            Unfinished::Fail => "fail",
        }
    }
}

impl Default for BatchSpec {
    /// The limits that OpenAI publishes for a file, below by what a request may be larger than it looks.
    fn default() -> BatchSpec {
        BatchSpec {
            max_requests: 50_000,
            max_bytes: 190_000_000,
            wait_s: 10.0,
            poll_s: 10.0,
            poll_max_s: 300.0,
            window: "24h".into(),
            unfinished: Unfinished::Resubmit,
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { concurrency: 64, requests_per_minute: None, tokens_per_minute: None, timeout_s: 120.0, attempts: 8 }
    }
}
