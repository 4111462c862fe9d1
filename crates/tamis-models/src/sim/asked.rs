//! What the simulated server is asked at each of its endpoints, and what it answers.

use image::GrayImage;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use tamis_core::media::{Limits, decode};
use tamis_core::vector::Vector;

use super::reply::{Completion, Knobs, reply};
use super::wire::{Ask, Spoken};
use super::{Written, embed, form, likely, paint};
use crate::tokens::roughly;

/// A request that was understood.
pub(super) enum Asked<'a> {
    Chat(Ask<'a>),
    Text(TextAsk<'a>),
    Embed(EmbedAsk),
    Paint(PaintAsk),
}

/// A prompt to be gone on with.
pub(super) struct TextAsk<'a> {
    ask: Ask<'a>,
    prompt: String,
    echo: bool,
    logprobs: Option<u8>,
}

/// Texts and pictures to be embedded.
pub(super) struct EmbedAsk {
    vectors: Vec<Vector>,
    tokens: u64,
    images: usize,
    base64: bool,
    digest: [u8; 16],
}

/// A picture to be painted or edited.
pub(super) struct PaintAsk {
    text: String,
    size: (u32, u32),
    /// the picture to be edited, as PNG
    edited: Option<Vec<u8>>,
    url: bool,
    n: u32,
    images: usize,
    digest: [u8; 16],
}

impl<'a> Asked<'a> {
    /// Reads the body of a request to the endpoint at `path`.
    ///
    /// Errors, in words: a body that is no such request.
    pub(super) fn read(path: &str, kind: &str, body: &'a [u8], dimension: u32) -> Result<Asked<'a>, String> {
        match path {
            "/v1/chat/completions" => Ask::read(body).map(Asked::Chat),
            "/v1/completions" => TextAsk::read(body).map(Asked::Text),
            "/v1/embeddings" => EmbedAsk::read(body, dimension).map(Asked::Embed),
            "/v1/images/edits" => PaintAsk::read_form(kind, body).map(Asked::Paint),
            _ => PaintAsk::read(body).map(Asked::Paint),
        }
    }

    /// The content address of the request, with seed and all.
    pub(super) fn digest(&self) -> [u8; 16] {
        match self {
            Asked::Chat(ask) | Asked::Text(TextAsk { ask, .. }) => ask.digest,
            Asked::Embed(EmbedAsk { digest, .. }) | Asked::Paint(PaintAsk { digest, .. }) => *digest,
        }
    }

    /// The content address of what is asked, whatever the seed.
    pub(super) fn question(&self) -> [u8; 16] {
        match self {
            Asked::Chat(ask) | Asked::Text(TextAsk { ask, .. }) => ask.messages_digest,
            other => other.digest(),
        }
    }

    /// How many pictures came with it.
    pub(super) fn images(&self) -> usize {
        match self {
            Asked::Chat(ask) | Asked::Text(TextAsk { ask, .. }) => ask.images,
            Asked::Embed(EmbedAsk { images, .. }) | Asked::Paint(PaintAsk { images, .. }) => *images,
        }
    }

    /// The chat's answers, if they shall come as events.
    pub(super) fn streamed(&self, knobs: &Knobs) -> Option<Completion> {
        match self {
            Asked::Chat(ask) if ask.stream => Some(reply(ask, knobs)),
            _ => None,
        }
    }

    /// The answer; `address` is where the server's pictures can be fetched.
    pub(super) fn answer(&self, model: &str, address: &str, knobs: &Knobs) -> Json {
        let mut answer = match self {
            Asked::Chat(ask) => chat(&reply(ask, knobs)),
            Asked::Text(text) => text.answer(knobs),
            Asked::Embed(embed) => embed.answer(),
            Asked::Paint(paint) => paint.answer(address),
        };
        answer["model"] = json!(model);
        answer["created"] = json!(0);
        answer["system_fingerprint"] = json!(super::MODEL);
        answer
    }

    /// An answer with nothing in it.
    pub(super) fn empty(&self) -> Json {
        match self {
            Asked::Chat(_) => json!({ "object": "chat.completion", "choices": [] }),
            Asked::Text(_) => json!({ "object": "text_completion", "choices": [] }),
            Asked::Embed(_) => json!({ "object": "list", "data": [] }),
            Asked::Paint(_) => json!({ "created": 0, "data": [] }),
        }
    }
}

/// What usage says.
pub(super) fn usage(completion: &Completion) -> Json {
    let (read, written) = (completion.prompt_tokens, completion.completion_tokens);
    json!({ "prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written })
}

fn chat(completion: &Completion) -> Json {
    let alternative = |(token, logprob): &(String, f64)| json!({ "token": token, "logprob": logprob });
    let choice = |(index, written): (usize, &Written)| {
        let message = match written.refused {
            true => json!({ "role": "assistant", "content": null, "refusal": written.text }),
            false => json!({ "role": "assistant", "content": written.text }),
        };
        let finish = if written.cut { "length" } else { "stop" };
        let mut choice = json!({ "index": index, "message": message, "finish_reason": finish });
        if !written.tokens.is_empty() {
            let tokens = written.tokens.iter().map(|token| {
                let top: Vec<Json> = token.top.iter().map(alternative).collect();
                json!({ "token": token.token, "logprob": token.logprob, "top_logprobs": top })
            });
            choice["logprobs"] = json!({ "content": tokens.collect::<Vec<_>>() });
        }
        choice
    };
    let choices: Vec<Json> = completion.answers.iter().enumerate().map(choice).collect();
    let mut answer = json!({
        "id": "chatcmpl-simulated", "object": "chat.completion", "choices": choices, "usage": usage(completion),
    });
    if !completion.read.is_empty() {
        let token = |(i, t): (usize, &tamis_core::model::TokenProb)| json!({ i.to_string(): { "logprob": t.logprob, "rank": 1, "decoded_token": t.token } });
        let read = completion.read.iter().enumerate().map(token);
        answer["prompt_logprobs"] = [Json::Null].into_iter().chain(read).collect();
    }
    answer
}

impl TextAsk<'_> {
    fn read(body: &[u8]) -> Result<TextAsk<'static>, String> {
        #[derive(Deserialize)]
        struct Wire {
            prompt: String,
            n: Option<u32>,
            max_tokens: Option<u32>,
            seed: Option<i64>,
            echo: Option<bool>,
            logprobs: Option<u8>,
            stop: Option<Json>,
        }
        let wire: Wire = serde_json::from_slice(body).map_err(|e| format!("no completion request: {e}"))?;
        let lower = wire.prompt.to_lowercase();
        let user = lower.rfind("user") > lower.rfind("assistant");
        let role = if user { "user" } else { "assistant" };
        let messages = vec![Spoken { role: role.into(), text: wire.prompt.clone().into() }];
        let question = digest_of(&[wire.prompt.as_bytes()]);
        let stop = match wire.stop {
            Some(Json::String(text)) => vec![text],
            Some(Json::Array(texts)) => texts.iter().filter_map(Json::as_str).map(str::to_string).collect(),
            _ => Vec::new(),
        };
        let ask = Ask {
            messages,
            n: wire.n.unwrap_or(1).clamp(1, 64),
            max_tokens: wire.max_tokens,
            stop,
            open: true,
            messages_digest: question,
            digest: digest_of(&[&question, format!("{:?} {:?}", wire.seed, wire.max_tokens).as_bytes()]),
            ..Ask::default()
        };
        Ok(TextAsk { ask, prompt: wire.prompt, echo: wire.echo.unwrap_or(false), logprobs: wire.logprobs })
    }

    fn answer(&self, knobs: &Knobs) -> Json {
        let completion = reply(&self.ask, knobs);
        let choice = |(index, written): (usize, &Written)| {
            let text = if self.echo { format!("{}{}", self.prompt, written.text) } else { written.text.clone() };
            let finish = if written.cut { "length" } else { "stop" };
            let mut choice = json!({ "index": index, "text": text, "finish_reason": finish });
            if let Some(top) = self.logprobs {
                let tokens = likely::tokens(&text, "", self.ask.messages_digest, top);
                let (words, probs): (Vec<_>, Vec<_>) = tokens.into_iter().map(|t| (t.token, t.logprob)).unzip();
                choice["logprobs"] = json!({ "tokens": words, "token_logprobs": probs });
            }
            choice
        };
        let choices: Vec<Json> = completion.answers.iter().enumerate().map(choice).collect();
        json!({ "id": "cmpl-simulated", "object": "text_completion", "choices": choices, "usage": usage(&completion) })
    }
}

impl EmbedAsk {
    fn read(body: &[u8], dimension: u32) -> Result<EmbedAsk, String> {
        let wire: Json = serde_json::from_slice(body).map_err(|e| format!("no embedding request: {e}"))?;
        let asked = wire["dimensions"].as_u64().and_then(|n| u32::try_from(n).ok());
        let mut reader = Items { dimension: asked.unwrap_or(dimension), tokens: 0, images: 0 };
        let vectors = match (&wire["input"], &wire["messages"]) {
            (Json::Array(items), _) if !items.is_empty() => {
                items.iter().map(|item| reader.item(item)).collect::<Result<_, _>>()?
            }
            (Json::String(_) | Json::Object(_), _) => vec![reader.item(&wire["input"])?],
            (_, Json::Array(messages)) => vec![reader.messages(messages)?],
            _ => return Err("no embedding request: neither `input` nor `messages`".into()),
        };
        let base64 = wire["encoding_format"] == "base64";
        Ok(EmbedAsk { vectors, tokens: reader.tokens, images: reader.images, base64, digest: digest_of(&[body]) })
    }

    fn answer(&self) -> Json {
        let data = self.vectors.iter().enumerate().map(|(index, vector)| {
            let embedding = if self.base64 { json!(vector.to_base64()) } else { json!(vector.to_vec()) };
            json!({ "object": "embedding", "index": index, "embedding": embedding })
        });
        let usage = json!({ "prompt_tokens": self.tokens, "total_tokens": self.tokens });
        json!({ "object": "list", "data": data.collect::<Vec<_>>(), "usage": usage })
    }
}

/// Reads what is to be embedded.
struct Items {
    dimension: u32,
    tokens: u64,
    images: usize,
}

impl Items {
    fn item(&mut self, item: &Json) -> Result<Vector, String> {
        match (item.as_str().or(item["text"].as_str()), item["image"].as_str()) {
            (_, Some(image)) => self.picture(image),
            (Some(text), None) => Ok(self.text(text)),
            _ => Err("an input is neither a text nor an image".into()),
        }
    }

    /// The picture of a message, or else its text.
    fn messages(&mut self, messages: &[Json]) -> Result<Vector, String> {
        let parts = messages.iter().flat_map(|message| match &message["content"] {
            Json::Array(parts) => parts.clone(),
            text => vec![json!({ "text": text })],
        });
        let parts: Vec<Json> = parts.collect();
        if let Some(url) = parts.iter().find_map(|part| part["image_url"]["url"].as_str()) {
            return self.picture(url);
        }
        let text: Vec<&str> = parts.iter().filter_map(|part| part["text"].as_str()).collect();
        Ok(self.text(&text.join("\n")))
    }

    fn text(&mut self, text: &str) -> Vector {
        self.tokens += roughly(text) as u64;
        embed::text(text, self.dimension)
    }

    fn picture(&mut self, data: &str) -> Result<Vector, String> {
        self.images += 1;
        self.tokens += 576;
        let data = data.rsplit_once("base64,").map_or(data, |(_, data)| data);
        let bytes = base64::STANDARD.decode_to_vec(data).map_err(|_| "an image is not base64".to_string())?;
        embed::picture(&bytes, self.dimension)
    }
}

impl PaintAsk {
    fn read(body: &[u8]) -> Result<PaintAsk, String> {
        let wire: Json = serde_json::from_slice(body).map_err(|e| format!("no request for a picture: {e}"))?;
        let text = |name: &str| wire[name].as_str().unwrap_or_default();
        PaintAsk::of(&text, wire["n"].as_u64(), &wire["seed"].to_string(), None)
    }

    fn read_form(kind: &str, body: &[u8]) -> Result<PaintAsk, String> {
        let fields = form::read(kind, body)?;
        let bytes = |names: &[&str]| fields.iter().find(|f| names.contains(&f.name.as_str())).map(|f| f.bytes);
        let text = |name: &str| bytes(&[name]).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default();
        let image = bytes(&["image", "image[]"]).ok_or("no `image` to be edited")?;
        let image = decode(image, &Limits::default()).map_err(|e| format!("the image: {e}"))?;
        let mask = bytes(&["mask"]).map(|mask| decode(mask, &Limits::default())).transpose()?;
        // What is transparent may be changed.
        let mask = mask.map(|mask| {
            let mask = mask.to_rgba8();
            GrayImage::from_fn(mask.width(), mask.height(), |x, y| image::Luma([255 - mask.get_pixel(x, y).0[3]]))
        });
        let prompt = format!("{} {}", text("prompt"), text("seed"));
        let edited = paint::edited(&image, &prompt, mask.as_ref());
        let images = fields.iter().filter(|field| field.name.starts_with("image")).count();
        let ask = PaintAsk::of(&text, text("n").parse().ok(), text("seed"), Some(edited))?;
        Ok(PaintAsk { images, digest: digest_of(&[body]), ..ask })
    }

    fn of<'t>(
        text: &dyn Fn(&str) -> &'t str,
        n: Option<u64>,
        seed: &str,
        edited: Option<Vec<u8>>,
    ) -> Result<PaintAsk, String> {
        if text("prompt").trim().is_empty() {
            return Err("no request for a picture: `prompt` is empty".into());
        }
        let size = match text("size") {
            "" | "auto" => paint::SIZE,
            size => size_of(size).ok_or_else(|| format!("`size` is `{size}`; expected something like 256x256"))?,
        };
        let words = format!("{} {} {seed}", text("prompt"), text("negative_prompt"));
        Ok(PaintAsk {
            digest: digest_of(&[words.as_bytes(), text("size").as_bytes()]),
            text: words,
            size,
            url: text("response_format") == "url" && edited.is_none(),
            edited,
            n: n.unwrap_or(1).clamp(1, 10) as u32,
            images: 0,
        })
    }

    fn answer(&self, address: &str) -> Json {
        let (width, height) = self.size;
        let picture = |i: u32| {
            let text = if i == 0 { self.text.clone() } else { format!("{} {i}", self.text) };
            if self.url {
                let name = base64::URL_SAFE_NO_PAD.encode_to_string(text.as_bytes());
                return json!({ "url": format!("{address}/pictures/{width}x{height}/{name}.png") });
            }
            let bytes = self.edited.clone().unwrap_or_else(|| paint::scene(&text, width, height));
            json!({ "b64_json": base64::STANDARD.encode_to_string(bytes) })
        };
        json!({ "data": (0..self.n).map(picture).collect::<Vec<_>>() })
    }
}

/// The picture at `/v1/pictures/64x48/<text in base64>.png`.
pub(super) fn picture_at(path: &str) -> Option<Vec<u8>> {
    let (size, name) = path.strip_prefix("/v1/pictures/")?.split_once('/')?;
    let text = base64::URL_SAFE_NO_PAD.decode_to_vec(name.strip_suffix(".png")?).ok()?;
    let (width, height) = size_of(size)?;
    Some(paint::scene(&String::from_utf8(text).ok()?, width, height))
}

/// `64x48`
fn size_of(text: &str) -> Option<(u32, u32)> {
    let (width, height) = text.split_once('x')?;
    let side = |text: &str| text.parse().ok().filter(|side| (1..=paint::LARGEST).contains(side));
    Some((side(width)?, side(height)?))
}

fn digest_of(parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = blake3::Hasher::new();
    for part in parts {
        hash.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    let mut digest = [0; 16];
    digest.copy_from_slice(&hash.finalize().as_bytes()[..16]);
    digest
}
