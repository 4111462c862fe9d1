//! A chat request as it comes over the wire, read without copying pictures.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value as Json;

use super::opened::{Seen, SeenPart, by_template};

/// What a request asks, as far as the simulator cares.
#[derive(Clone, Debug, Default)]
pub struct Ask<'a> {
    /// the messages in their order
    pub messages: Vec<Spoken<'a>>,
    /// how many pictures there are
    pub images: usize,
    /// the JSON schema to satisfy
    pub schema: Option<Cow<'a, Json>>,
    /// whether any JSON is asked for, without a schema
    pub json: bool,
    /// how many answers
    pub n: u32,
    /// most tokens of an answer
    pub max_tokens: Option<u32>,
    /// texts at which an answer ends
    pub stop: Vec<String>,
    /// whether the last message is left open, to be gone on with
    pub open: bool,
    /// log-probabilities of what is written, each with this many alternatives
    pub logprobs: Option<u8>,
    /// whether the log-probabilities of what is read are asked for
    pub scored: bool,
    /// whether the answer shall come as events
    pub stream: bool,
    /// the content address of the messages, pictures included
    pub messages_digest: [u8; 16],
    /// the content address of messages, schema, seed and what else decides the answer
    pub digest: [u8; 16],
}

/// The text of one message.
#[derive(Clone, Debug)]
pub struct Spoken<'a> {
    /// `system`, `user` or `assistant`
    pub role: Cow<'a, str>,
    /// its texts, one below the other
    pub text: Cow<'a, str>,
}

impl<'a> Ask<'a> {
    /// Reads the body of a chat request in OpenAI's form.
    ///
    /// Errors, in words: a body that is no such request.
    pub fn read(body: &'a [u8]) -> Result<Ask<'a>, String> {
        let wire: Wire<'a> = serde_json::from_slice(body).map_err(|e| format!("no chat request: {e}"))?;
        if wire.messages.is_empty() {
            return Err("no chat request: `messages` is empty".into());
        }
        let mut ask = Ask { n: wire.n.unwrap_or(1).clamp(1, 64), max_tokens: wire.max_tokens, ..Ask::default() };
        let mut hash = blake3::Hasher::new();
        let kept = opened(&wire)?;
        for message in wire.messages {
            ask.take(message, &mut hash)?;
        }
        if let (Some(kept), Some(last)) = (kept, ask.messages.last_mut()) {
            hash.update(b"open").update(kept.as_bytes());
            (ask.open, last.text) = (true, kept.into());
        }
        ask.logprobs = wire.logprobs.unwrap_or(false).then(|| wire.top_logprobs.unwrap_or(0).min(20));
        ask.scored = wire.prompt_logprobs.is_some();
        ask.messages_digest = first_half(&hash);
        ask.json = wire.response_format.as_ref().is_some_and(|format| format.kind == "json_object");
        ask.schema = wire.response_format.and_then(|format| format.json_schema).map(|named| Cow::Owned(named.schema));
        ask.stop = wire.stop.map(Stop::texts).unwrap_or_default();
        ask.stream = wire.stream.unwrap_or(false);
        if let Some(schema) = &ask.schema {
            hash.update(schema.to_string().as_bytes());
        }
        hash.update(format!("{:?} {:?} {:?}", wire.seed, wire.temperature, wire.max_tokens).as_bytes());
        ask.digest = first_half(&hash);
        Ok(ask)
    }

    fn take(&mut self, message: WireMessage<'a>, hash: &mut blake3::Hasher) -> Result<(), String> {
        let text = match message.content {
            None => Cow::Borrowed(""),
            Some(WireContent::Text(text)) => text,
            Some(WireContent::Parts(parts)) => {
                let mut text = String::new();
                for part in parts {
                    if let Some(image) = part.image_url {
                        check_data(&image.url)?;
                        hash.update(b"i").update(image.url.as_bytes());
                        self.images += 1;
                    }
                    if let Some(part) = part.text {
                        text.push_str(if text.is_empty() { "" } else { "\n" });
                        text.push_str(&part);
                        hash.update(b"t").update(part.as_bytes());
                    }
                }
                Cow::Owned(text)
            }
        };
        hash.update(message.role.as_bytes()).update(b"\0").update(text.as_bytes()).update(b"\0");
        self.messages.push(Spoken { role: message.role, text });
        Ok(())
    }
}

/// What the last message's text is when the request leaves it open, be it by its template or by asking for it.
fn opened(wire: &Wire<'_>) -> Result<Option<String>, String> {
    let generation = wire.add_generation_prompt.unwrap_or(true);
    if let Some(template) = &wire.chat_template {
        return by_template(template, wire.messages.iter().map(WireMessage::seen).collect(), generation).map(Some);
    }
    if !wire.continue_final_message.unwrap_or(false) {
        return Ok(None);
    }
    if generation {
        return Err("continue_final_message and add_generation_prompt exclude each other".into());
    }
    match wire.messages.last().and_then(|message| message.seen().parts.pop()) {
        Some(SeenPart::Text(text)) if !text.is_empty() => Ok(Some(text)),
        _ => Err("continue_final_message needs a text at the end of the last message".into()),
    }
}

/// A first look at a picture: whether it is a data URL at all. Decoding is not the simulator's business.
fn check_data(url: &str) -> Result<(), String> {
    match url.starts_with("data:image/") && url.contains(";base64,") || url.starts_with("http") {
        true => Ok(()),
        false => Err("an image_url is neither a data URL of an image nor an address".into()),
    }
}

fn first_half(hash: &blake3::Hasher) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&hash.finalize().as_bytes()[..16]);
    half
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    messages: Vec<WireMessage<'a>>,
    n: Option<u32>,
    seed: Option<i64>,
    temperature: Option<f64>,
    #[serde(alias = "max_completion_tokens")]
    max_tokens: Option<u32>,
    stop: Option<Stop>,
    stream: Option<bool>,
    response_format: Option<ResponseFormat>,
    logprobs: Option<bool>,
    top_logprobs: Option<u8>,
    prompt_logprobs: Option<u8>,
    #[serde(borrow)]
    chat_template: Option<Cow<'a, str>>,
    add_generation_prompt: Option<bool>,
    continue_final_message: Option<bool>,
}

#[derive(Deserialize)]
struct WireMessage<'a> {
    #[serde(borrow)]
    role: Cow<'a, str>,
    #[serde(borrow, default)]
    content: Option<WireContent<'a>>,
}

/// Read by hand: an untagged enum would first copy every picture.
enum WireContent<'a> {
    Text(Cow<'a, str>),
    Parts(Vec<WirePart<'a>>),
}

impl WireMessage<'_> {
    fn seen(&self) -> Seen {
        let part = |part: &WirePart<'_>| match (&part.image_url, &part.text) {
            (Some(_), _) => Some(SeenPart::Image),
            (None, text) => text.as_ref().map(|text| SeenPart::Text(text.to_string())),
        };
        let parts = match &self.content {
            None => Vec::new(),
            Some(WireContent::Text(text)) => vec![SeenPart::Text(text.to_string())],
            Some(WireContent::Parts(parts)) => parts.iter().filter_map(part).collect(),
        };
        Seen { role: self.role.to_string(), parts }
    }
}

#[derive(Deserialize)]
struct WirePart<'a> {
    #[serde(borrow, default)]
    text: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    image_url: Option<WireImage<'a>>,
}

#[derive(Deserialize)]
struct WireImage<'a> {
    #[serde(borrow)]
    url: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Stop {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct ResponseFormat {
    #[serde(rename = "type")]
    kind: String,
    json_schema: Option<NamedSchema>,
}

#[derive(Deserialize)]
struct NamedSchema {
    schema: Json,
}

impl Stop {
    fn texts(self) -> Vec<String> {
        match self {
            Stop::One(text) => vec![text],
            Stop::Many(texts) => texts,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for WireContent<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<WireContent<'a>, D::Error> {
        struct AsWritten;
        impl<'de> serde::de::Visitor<'de> for AsWritten {
            type Value = WireContent<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text or a list of parts")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<WireContent<'de>, E> {
                Ok(WireContent::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<WireContent<'de>, E> {
                Ok(WireContent::Text(Cow::Owned(text.to_string())))
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut items: A) -> Result<WireContent<'de>, A::Error> {
                let mut parts = Vec::new();
                while let Some(part) = items.next_element()? {
                    parts.push(part);
                }
                Ok(WireContent::Parts(parts))
            }
        }
        deserializer.deserialize_any(AsWritten)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_pictures_and_options_are_read() {
        let body = br#"{"model":"m","messages":[
            {"role":"system","content":"be \"brief\""},
            {"role":"user","content":[{"type":"text","text":"a"},
              {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},{"type":"text","text":"b"}]}],
            "stop":"x","n":2,"response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"type":"object"}}}}"#;
        let ask = Ask::read(body).unwrap();
        let texts: Vec<_> = ask.messages.iter().map(|m| m.text.as_ref()).collect();
        assert_eq!(texts, ["be \"brief\"", "a\nb"]);
        assert_eq!((ask.images, ask.n, ask.stop.as_slice()), (1, 2, ["x".to_string()].as_slice()));
        assert!(ask.schema.is_some());
        assert!(Ask::read(br#"{"messages":[]}"#).is_err());
        assert!(Ask::read(br#"{"messages":[{"role":"user","content":"x"}"#).is_err());
    }
}
