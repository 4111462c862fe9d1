//! The body of a chat request, written once, as bytes.
//!
//! By hand and not through a JSON library: pictures are encoded straight into the body, so that a picture is copied
//! once, and never scanned for characters to escape.

use std::io::Write;

use serde::Serialize;
use tamis_core::media::MediaStore;
use tamis_core::model::{Message, Part, Sampling};

use super::picture::{self, Picture};
use crate::backend::Talk;
use crate::bindings::{Images, Structured};
use crate::chat_template::{self, ChatTemplate};
use crate::digest::speaker;
use crate::fault::Fault;

/// Fields of the body that neither a recipe nor a binding may set through `extra`.
pub(crate) const RESERVED_FIELDS: &[&str] = &[
    "model",
    "messages",
    "prompt",
    "n",
    "seed",
    "stream",
    "response_format",
    "temperature",
    "top_p",
    "max_tokens",
    "stop",
    "logprobs",
    "top_logprobs",
    "prompt_logprobs",
    "echo",
    "chat_template",
    "add_generation_prompt",
    "continue_final_message",
];

/// What of the body is not in the request.
pub(super) struct Form<'a> {
    pub(super) sampling: &'a Sampling,
    pub(super) media: &'a dyn MediaStore,
    pub(super) model: &'a str,
    pub(super) structured: Structured,
    pub(super) images: &'a Images,
    pub(super) n: u32,
    pub(super) seed: u64,
    /// how the last message is left open; `None` for an answer
    pub(super) open: Option<Open<'a>>,
}

/// How a server is told to go on inside the last message.
#[derive(Clone, Copy)]
pub(super) enum Open<'a> {
    /// by the model's template, cut off at a mark
    Template(&'a ChatTemplate),
    /// by `continue_final_message`
    Continue,
}

/// A text behind the last message's own.
struct Tail {
    text: String,
    /// whether it is the end of the last text, or a text of its own
    joined: bool,
}

/// Writes the body; also tells what was done to pictures.
///
/// Errors: a picture that cannot be read.
pub(super) fn write(talk: &Talk<'_>, form: &Form<'_>) -> Result<(Vec<u8>, Vec<String>), Fault> {
    let (pictures, notes) = pictures(talk.messages, form.images, form.media)?;
    let mut body = Body(Vec::with_capacity(size(talk, &pictures)));
    body.raw("{\"model\":").json(&form.model).raw(",\"messages\":[");
    let mut pictures = pictures.iter();
    let last = talk.messages.len().saturating_sub(1);
    for (i, message) in talk.messages.iter().enumerate() {
        let tail = (i == last).then(|| tail(talk, form)).flatten();
        body.raw(if i > 0 { "," } else { "" });
        body.message(message, &mut pictures, tail.as_ref());
    }
    body.raw("]");
    body.options(talk, form);
    body.raw("}");
    Ok((body.0, notes))
}

/// JSON that is written as it goes.
pub(super) struct Body(pub(super) Vec<u8>);

impl Body {
    pub(super) fn raw(&mut self, text: &str) -> &mut Body {
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    pub(super) fn json(&mut self, value: &(impl Serialize + ?Sized)) -> &mut Body {
        // Writing into memory fails for values without a JSON form only; none of ours is one.
        let _ = serde_json::to_writer(&mut self.0, value);
        self
    }

    pub(super) fn base64(&mut self, bytes: &[u8]) -> &mut Body {
        base64::STANDARD.encode_append(bytes, &mut self.0);
        self
    }

    fn message(&mut self, message: &Message, pictures: &mut std::slice::Iter<'_, Picture>, tail: Option<&Tail>) {
        self.raw("{\"role\":\"").raw(speaker(message.speaker)).raw("\",\"content\":");
        match (message.parts.as_slice(), tail) {
            // Servers that know no parts still know a plain text.
            ([Part::Text(text)], None) => {
                self.json(text.as_ref());
            }
            ([Part::Text(text)], Some(tail)) => {
                self.json(&format!("{text}{}", tail.text));
            }
            (parts, tail) => self.parts(parts, pictures, tail),
        }
        self.raw("}");
    }

    fn parts(&mut self, parts: &[Part], pictures: &mut std::slice::Iter<'_, Picture>, mut tail: Option<&Tail>) {
        self.raw("[");
        for (i, part) in parts.iter().enumerate() {
            self.raw(if i > 0 { "," } else { "" });
            match part {
                Part::Text(text) => {
                    let end = tail.take_if(|tail| tail.joined && i + 1 == parts.len()).map_or("", |tail| &tail.text);
                    self.text(&format!("{text}{end}"));
                }
                Part::Image(_) => self.picture(pictures.next()),
            }
        }
        if let Some(tail) = tail {
            self.raw(if parts.is_empty() { "" } else { "," });
            self.text(if tail.joined { &tail.text } else { tail.text.trim_start() });
        }
        self.raw("]");
    }

    fn text(&mut self, text: &str) {
        self.raw("{\"type\":\"text\",\"text\":").json(text).raw("}");
    }

    fn picture(&mut self, picture: Option<&Picture>) {
        let Some(picture) = picture else { return };
        self.raw("{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:").raw(picture.mime).raw(";base64,");
        self.base64(&picture.bytes).raw("\"}}");
    }

    fn options(&mut self, talk: &Talk<'_>, form: &Form<'_>) {
        // Servers take seeds of different widths; 31 bits are fine with all of them.
        let _ = write!(self.0, ",\"seed\":{}", form.seed & 0x7fff_ffff);
        if form.n > 1 {
            let _ = write!(self.0, ",\"n\":{}", form.n);
        }
        let sampling = form.sampling;
        self.option("temperature", sampling.temperature.as_ref());
        self.option("top_p", sampling.top_p.as_ref());
        // Servers write at least one token; the continuation that is scored is part of what is read.
        let most = if talk.forced.is_some() { Some(1) } else { sampling.max_tokens };
        self.option("max_tokens", most.as_ref());
        self.option("stop", Some(&sampling.stop).filter(|stop| !stop.is_empty()));
        for (name, value) in sampling.extra.iter().filter(|(name, _)| !RESERVED_FIELDS.contains(&name.as_str())) {
            self.option(name, Some(value));
        }
        if let Some(alternatives) = talk.logprobs {
            let _ = write!(self.0, ",\"logprobs\":true,\"top_logprobs\":{}", alternatives.min(20));
        }
        if talk.forced.is_some() {
            self.raw(",\"prompt_logprobs\":0");
        }
        match form.open {
            None => {}
            Some(Open::Template(template)) => {
                self.raw(",\"add_generation_prompt\":false,\"chat_template\":").json(&template.cut());
            }
            Some(Open::Continue) => {
                self.raw(",\"add_generation_prompt\":false,\"continue_final_message\":true");
            }
        }
        match (talk.schema, form.structured) {
            (Some(schema), Structured::JsonSchema) => {
                self.raw(",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"answer\",");
                self.raw("\"strict\":true,\"schema\":").json(schema.as_ref()).raw("}}");
            }
            (Some(_), Structured::JsonObject) => {
                self.raw(",\"response_format\":{\"type\":\"json_object\"}");
            }
            _ => {}
        }
    }

    pub(super) fn option(&mut self, name: &str, value: Option<&impl Serialize>) {
        if let Some(value) = value {
            self.raw(",").json(name).raw(":").json(value);
        }
    }
}

/// What is put behind the last message.
fn tail(talk: &Talk<'_>, form: &Form<'_>) -> Option<Tail> {
    let Some(open) = form.open else {
        return instruction(talk, form.structured).map(|text| Tail { text, joined: false });
    };
    let mark = if matches!(open, Open::Template(_)) { chat_template::OPEN } else { "" };
    let text = format!("{}{mark}", talk.forced.unwrap_or_default());
    (!text.is_empty()).then_some(Tail { text, joined: true })
}

/// What the last message says of the schema when the server does not keep to it by itself.
fn instruction(talk: &Talk<'_>, structured: Structured) -> Option<String> {
    let schema = talk.schema.filter(|_| structured != Structured::JsonSchema)?;
    Some(format!("\n\n{}", asking_for(schema)))
}

/// A schema as it stands in a prompt.
pub(super) fn asking_for(schema: &serde_json::Value) -> String {
    format!("Answer with one JSON value that satisfies this JSON schema, and with nothing else:\n{schema}")
}

/// The pictures of all messages, ready to be sent, and what was done to them.
///
/// Errors: a picture that cannot be read.
pub(super) fn pictures(
    messages: &[Message],
    images: &Images,
    store: &dyn MediaStore,
) -> Result<(Vec<Picture>, Vec<String>), Fault> {
    let media = messages.iter().flat_map(|message| &message.parts).filter_map(|part| match part {
        Part::Image(media) => Some(media),
        Part::Text(_) => None,
    });
    let (mut pictures, mut notes) = (Vec::new(), Vec::new());
    for (i, media) in media.enumerate() {
        let (picture, note) = picture::prepare(media, images, store).map_err(Fault::unsendable)?;
        notes.extend(note.map(|note| format!("image {} {note}", i + 1)));
        pictures.push(picture);
    }
    Ok((pictures, notes))
}

/// About how long a body will be.
pub(super) fn size(talk: &Talk<'_>, pictures: &[Picture]) -> usize {
    let texts = talk.messages.iter().flat_map(|message| &message.parts).map(|part| match part {
        Part::Text(text) => text.len() + text.len() / 16 + 40,
        Part::Image(_) => 80,
    });
    let schema = if talk.schema.is_some() { 2048 } else { 0 };
    texts.sum::<usize>() + pictures.iter().map(|p| p.bytes.len().div_ceil(3) * 4).sum::<usize>() + schema + 512
}
