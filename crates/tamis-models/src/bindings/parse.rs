//! `models.yaml` as written, and what is checked in it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};
use tamis_core::error::did_you_mean;
use tamis_core::model::Sampling;

use super::batch::{self, WrittenBatch};
use super::kinds::{Thoughts, WrittenComplete, WrittenEmbed, WrittenPainting};
use super::spec::{BackendKind, Images, Limits, ModelSpec, Player, Price, Structured};
use super::{BindingError, Bindings, Roles};
use crate::local::Options;
use crate::tokens::ImageTokens;

/// Reads and checks the text of a `models.yaml`.
pub(super) fn parse(file: &str, text: &str) -> Result<Bindings, BindingError> {
    let written: File = serde_saphyr::from_str(text).map_err(|e| of_yaml(file, &e))?;
    let at = |location: Location, message: String| BindingError {
        file: Some(file.to_string()),
        position: Some((location.line(), location.column())),
        message,
    };
    let mut models = BTreeMap::new();
    for (name, model) in written.models {
        let defined = model.defined;
        let spec = model
            .value
            .check(file)
            .map_err(|(place, message)| at(place.unwrap_or(defined), format!("model `{name}`: {message}")))?;
        models.insert(name, spec);
    }
    let mut roles = BTreeMap::new();
    for (role, players) in written.roles {
        for (player, place) in &players.value.0 {
            check_player(player, &models)
                .map_err(|m| at(place.unwrap_or(players.defined), format!("role `{role}`: {m}")))?;
        }
        roles.insert(role, players.value.0.into_iter().map(|(player, _)| player).collect());
    }
    Ok(Bindings { source: file.to_string(), roles: Roles::Named(roles), models })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    roles: BTreeMap<String, Spanned<Players>>,
    models: BTreeMap<String, Spanned<Model>>,
}

/// `qwen`, `{ model: qwen, weight: 2 }` or a list of these.
struct Players(Vec<(Player, Option<Location>)>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPlayer {
    model: Spanned<String>,
    weight: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Model {
    backend: WrittenBackend,
    url: Option<Spanned<String>>,
    urls: Option<Vec<Spanned<String>>>,
    model: Option<String>,
    key: Option<Spanned<String>>,
    #[serde(default)]
    price: WrittenPrice,
    limits: Option<Spanned<WrittenLimits>>,
    images: Option<Spanned<WrittenImages>>,
    sampling: Option<Spanned<Sampling>>,
    #[serde(default)]
    structured: WrittenStructured,
    options: Option<Spanned<serde_json::Value>>,
    batch: Option<Spanned<WrittenBatch>>,
    #[serde(default)]
    thoughts: Thoughts,
    complete: Option<Spanned<WrittenComplete>>,
    embed: Option<Spanned<WrittenEmbed>>,
    picture: Option<Spanned<WrittenPainting>>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WrittenBackend {
    Openai,
    Anthropic,
    Gemini,
    Sim,
    Python,
    Tesseract,
    Onnx,
    Comfyui,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenStructured {
    #[default]
    JsonSchema,
    JsonObject,
    Prompt,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPrice {
    #[serde(default)]
    input: f64,
    #[serde(default)]
    output: f64,
    #[serde(default)]
    image: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenLimits {
    concurrency: Option<usize>,
    requests_per_minute: Option<f64>,
    tokens_per_minute: Option<f64>,
    timeout_s: Option<f64>,
    attempts: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenImages {
    max_side: Option<u32>,
    max_bytes: Option<u64>,
    tokens: Option<WrittenTokens>,
    min_pixels: Option<u64>,
    max_pixels: Option<u64>,
}

/// The name of a formula, or a number.
enum WrittenTokens {
    Formula(String),
    Fixed(f64),
}

impl WrittenBackend {
    fn kind(self) -> BackendKind {
        match self {
            WrittenBackend::Openai => BackendKind::Openai,
            WrittenBackend::Anthropic => BackendKind::Anthropic,
            WrittenBackend::Gemini => BackendKind::Gemini,
            WrittenBackend::Sim => BackendKind::Sim,
            WrittenBackend::Python => BackendKind::Python,
            WrittenBackend::Tesseract => BackendKind::Tesseract,
            WrittenBackend::Onnx => BackendKind::Onnx,
            WrittenBackend::Comfyui => BackendKind::Comfyui,
        }
    }
}

type Problem = (Option<Location>, String);

impl Model {
    /// `file` is the bindings' own, beside which files are looked for.
    fn check(self, file: &str) -> Result<ModelSpec, Problem> {
        let backend = self.backend.kind();
        let urls = self.check_urls()?;
        if backend.home().is_some() {
            self.check_vendor(backend)?;
        }
        let key = self.key.map(|key| check_key(&key.value).map_err(|m| (Some(key.defined), m))).transpose()?;
        let limits = self.limits.map(|l| check_limits(&l.value).map_err(|m| (Some(l.defined), m))).transpose()?;
        let images = self.images.map(|i| check_images(&i.value).map_err(|m| (Some(i.defined), m))).transpose()?;
        let sampling =
            self.sampling.map(|s| check_sampling(s.value, backend).map_err(|m| (Some(s.defined), m))).transpose()?;
        let complete = self.complete.map(|c| c.value.check(file).map_err(|m| (Some(c.defined), m))).transpose()?;
        let embed = self.embed.map(|e| e.value.check().map_err(|m| (Some(e.defined), m))).transpose()?;
        let picture = self.picture.map(|p| p.value.check().map_err(|m| (Some(p.defined), m))).transpose()?;
        let price = Price { input: self.price.input, output: self.price.output, image: self.price.image };
        if ![price.input, price.output, price.image].iter().all(|usd| usd.is_finite() && *usd >= 0.0) {
            return Err((None, "a price is US dollars for a million tokens or for a picture, 0 or more".into()));
        }
        let default_name = if backend == BackendKind::Sim { ModelSpec::sim().model } else { None };
        let (written, place) = self.options.map(|options| (options.value, options.defined)).unzip();
        let folder = Path::new(file).parent().unwrap_or_else(|| Path::new(""));
        let own = Options::read(backend, written.as_ref(), folder).map_err(|m| (place, m))?;
        if let (Some(_), true) = (&self.model, own.is_some()) {
            let message = format!("backend {} tells its version by itself and takes no `model`", backend.name());
            return Err((None, message));
        }
        let structured = match self.structured {
            WrittenStructured::JsonSchema => Structured::JsonSchema,
            WrittenStructured::JsonObject => Structured::JsonObject,
            WrittenStructured::Prompt => Structured::Prompt,
        };
        let batch = self.batch.map(|b| batch::check(&b.value, backend, urls.len()).map_err(|m| (Some(b.defined), m)));
        let batch = batch.transpose()?.flatten();
        if let Some(why) = backend.dislikes(structured) {
            return Err((None, why.into()));
        }
        Ok(ModelSpec {
            backend,
            urls,
            model: self.model.or(default_name),
            key,
            price,
            limits: limits.unwrap_or_default(),
            images: images.unwrap_or_default().over(backend.images()),
            sampling: sampling.unwrap_or_default(),
            structured,
            own,
            batch,
            thoughts: self.thoughts,
            complete: complete.unwrap_or_default(),
            embed: embed.unwrap_or_default(),
            picture: picture.unwrap_or_default(),
        })
    }

    /// What a vendor needs, and what it has no use for.
    fn check_vendor(&self, backend: BackendKind) -> Result<(), Problem> {
        let name = backend.name();
        if self.model.is_none() {
            return Err((None, format!("backend {name} serves many models; write which one as `model`")));
        }
        let others = [
            ("complete", self.complete.as_ref().map(|c| c.defined)),
            ("embed", self.embed.as_ref().map(|e| e.defined)),
            ("picture", self.picture.as_ref().map(|p| p.defined)),
        ];
        match others.into_iter().find_map(|(field, place)| Some((field, place?))) {
            Some((field, place)) => {
                Err((Some(place), format!("`{field}` belongs to backend openai; backend {name} plays chat roles only")))
            }
            None => Ok(()),
        }
    }

    fn check_urls(&self) -> Result<Vec<String>, Problem> {
        let urls: Vec<&Spanned<String>> = self.url.iter().chain(self.urls.iter().flatten()).collect();
        match self.backend {
            WrittenBackend::Anthropic | WrittenBackend::Gemini if urls.is_empty() => {
                return Ok(self.backend.kind().home().map(str::to_string).into_iter().collect());
            }
            WrittenBackend::Openai if urls.is_empty() => {
                return Err((None, "backend openai needs `url` (or `urls`), like http://localhost:8000/v1".into()));
            }
            WrittenBackend::Comfyui if urls.is_empty() => {
                return Err((None, "backend comfyui needs `url` (or `urls`), like http://localhost:8188".into()));
            }
            WrittenBackend::Python | WrittenBackend::Tesseract | WrittenBackend::Onnx if !urls.is_empty() => {
                return Err((Some(urls[0].defined), "this backend runs on this machine and takes no `url`".into()));
            }
            WrittenBackend::Sim if !urls.is_empty() => {
                let message =
                    "backend sim runs in this process and takes no `url`; for `tamis sim` write backend: openai";
                return Err((Some(urls[0].defined), message.into()));
            }
            _ => {}
        }
        if self.url.is_some() && self.urls.is_some() {
            return Err((Some(urls[0].defined), "`url` and `urls` are both given; keep one".into()));
        }
        for url in &urls {
            if !["http://", "https://", "${"].iter().any(|start| url.value.starts_with(start)) {
                let message = format!("`{}` is no URL: expected something like http://localhost:8000/v1", url.value);
                return Err((Some(url.defined), message));
            }
        }
        Ok(urls.iter().map(|url| url.value.trim_end_matches('/').to_string()).collect())
    }
}

fn check_player(player: &Player, models: &BTreeMap<String, ModelSpec>) -> Result<(), String> {
    if !models.contains_key(&player.model) {
        let hint = did_you_mean(&player.model, models.keys().map(String::as_str));
        return Err(format!("no model is called `{}` under `models`{hint}", player.model));
    }
    match player.weight.is_finite() && player.weight > 0.0 {
        true => Ok(()),
        false => Err(format!("the weight of `{}` is {}; expected a number above 0", player.model, player.weight)),
    }
}

/// The environment variable that `${NAME}` names.
fn check_key(text: &str) -> Result<String, String> {
    let name = text.trim().strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    let valid = |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    name.filter(valid).map(str::to_string).ok_or_else(|| {
        "a key is not written into a file, where it would be shared and kept by mistake; \
         put it into an environment variable and write its name, as in key: ${OPENAI_API_KEY}"
            .to_string()
    })
}

fn check_limits(written: &WrittenLimits) -> Result<Limits, String> {
    let above = |name: &str, value: Option<f64>| match value {
        Some(v) if !(v.is_finite() && v > 0.0) => Err(format!("`{name}` is {v}; expected a number above 0")),
        _ => Ok(value),
    };
    let default = Limits::default();
    let concurrency = above("concurrency", written.concurrency.map(|n| n as f64))?;
    let attempts = above("attempts", written.attempts.map(f64::from))?;
    Ok(Limits {
        concurrency: concurrency.map_or(default.concurrency, |n| n as usize),
        requests_per_minute: above("requests_per_minute", written.requests_per_minute)?,
        tokens_per_minute: above("tokens_per_minute", written.tokens_per_minute)?,
        timeout_s: above("timeout_s", written.timeout_s)?.unwrap_or(default.timeout_s),
        attempts: attempts.map_or(default.attempts, |n| n as u32),
    })
}

fn check_images(written: &WrittenImages) -> Result<Images, String> {
    if written.max_side.is_some_and(|side| side < 16) {
        return Err("`max_side` is below 16 pixels; no model reads such a picture".into());
    }
    if written.max_bytes.is_some_and(|bytes| bytes < 1000) {
        return Err("`max_bytes` is below 1000; no picture is that small".into());
    }
    let mut tokens = match &written.tokens {
        None => None,
        Some(WrittenTokens::Fixed(n)) => Some(ImageTokens::Fixed(*n)),
        Some(WrittenTokens::Formula(name)) => Some(ImageTokens::named(name).ok_or_else(|| {
            let hint = did_you_mean(name, ImageTokens::NAMES.iter().copied());
            let names = ImageTokens::NAMES.join(", ");
            format!("no formula for image tokens is called `{name}`{hint} (there are: {names}, or a number)")
        })?),
    };
    match (&mut tokens, written.min_pixels, written.max_pixels) {
        (_, None, None) => {}
        (Some(ImageTokens::Qwen { min_pixels, max_pixels }), least, most) => {
            *min_pixels = least.unwrap_or(*min_pixels);
            *max_pixels = most.unwrap_or(*max_pixels);
        }
        _ => return Err("`min_pixels` and `max_pixels` belong to tokens: qwen2-vl".into()),
    }
    Ok(Images { max_side: written.max_side, max_bytes: written.max_bytes, tokens })
}

fn check_sampling(sampling: Sampling, backend: BackendKind) -> Result<Sampling, String> {
    match sampling.extra.keys().find(|name| backend.reserved().contains(&name.as_str())) {
        Some(name) => Err(format!("`sampling.extra` may not set `{name}`, which Tamis sets itself")),
        None => Ok(sampling),
    }
}

fn of_yaml(file: &str, error: &serde_saphyr::Error) -> BindingError {
    use serde_saphyr::Error;
    let position = error.location().map(|l| (l.line(), l.column()));
    let message = match error.without_snippet() {
        Error::SerdeUnknownField { field, expected, .. } => {
            let hint = did_you_mean(field, expected.iter().copied());
            format!("there is no field `{field}` here{hint} (fields: {})", expected.join(", "))
        }
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            let hint = did_you_mean(variant, expected.iter().copied());
            format!("`{variant}` is not known here{hint} (known: {})", expected.join(", "))
        }
        Error::SerdeMissingField { field, .. } => format!("the field `{field}` is missing"),
        Error::SerdeInvalidType { unexpected, expected, .. } => format!("found {unexpected}, expected {expected}"),
        other => other.to_string(),
    };
    BindingError { file: Some(file.to_string()), position, message }
}

impl<'de> Deserialize<'de> for Players {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Players, D::Error> {
        struct AsWritten;
        impl<'de> Visitor<'de> for AsWritten {
            type Value = Players;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the name of a model, or a list like [{ model: big, weight: 3 }, { model: small }]")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Players, E> {
                Ok(Players(vec![(Player { model: name.to_string(), weight: 1.0 }, None)]))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Players, A::Error> {
                WrittenPlayer::deserialize(de::value::MapAccessDeserializer::new(map))
                    .map(|p| Players(vec![p.player()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Players, A::Error> {
                let mut players = Vec::new();
                while let Some(player) = items.next_element::<WrittenPlayer>()? {
                    players.push(player.player());
                }
                match players.is_empty() {
                    true => Err(de::Error::invalid_length(0, &"at least one model")),
                    false => Ok(Players(players)),
                }
            }
        }
        deserializer.deserialize_any(AsWritten)
    }
}

impl WrittenPlayer {
    fn player(self) -> (Player, Option<Location>) {
        let player = Player { model: self.model.value, weight: self.weight.unwrap_or(1.0) };
        (player, Some(self.model.defined))
    }
}

impl<'de> Deserialize<'de> for WrittenTokens {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<WrittenTokens, D::Error> {
        struct AsWritten;
        impl Visitor<'_> for AsWritten {
            type Value = WrittenTokens;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "a number of tokens or one of {}", ImageTokens::NAMES.join(", "))
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<WrittenTokens, E> {
                Ok(WrittenTokens::Formula(name.to_string()))
            }

            fn visit_u64<E: de::Error>(self, tokens: u64) -> Result<WrittenTokens, E> {
                Ok(WrittenTokens::Fixed(tokens as f64))
            }

            fn visit_i64<E: de::Error>(self, tokens: i64) -> Result<WrittenTokens, E> {
                self.visit_f64(tokens as f64)
            }

            fn visit_f64<E: de::Error>(self, tokens: f64) -> Result<WrittenTokens, E> {
                match tokens.is_finite() && tokens >= 0.0 {
                    true => Ok(WrittenTokens::Fixed(tokens)),
                    false => Err(E::invalid_value(de::Unexpected::Float(tokens), &self)),
                }
            }
        }
        deserializer.deserialize_any(AsWritten)
    }
}
