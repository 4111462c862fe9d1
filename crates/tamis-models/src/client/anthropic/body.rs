//! The body of a request to the Messages API.

use serde_json::{Value as Json, json};
use tamis_core::media::MediaStore;
use tamis_core::model::{Message, Part, Sampling, Speaker};

use super::super::body::{Body, asking_for, pictures, size};
use super::super::picture::Picture;
use super::{RESERVED_FIELDS, Way};
use crate::backend::Talk;
use crate::bindings::Images;
use crate::fault::Fault;

/// `max_tokens` is required; this where neither recipe nor binding says it.
pub(super) const MAX_TOKENS: u32 = 4096;
/// With more pictures than this in a request each may be [`MANY_SIDE`] pixels wide and high only.
const MANY: usize = 20;
const MANY_SIDE: u32 = 2000;
/// The tool whose input is the answer.
pub(super) const TOOL: &str = "answer";

/// What of the body is not in the request.
pub(super) struct Form<'a> {
    pub(super) sampling: &'a Sampling,
    pub(super) media: &'a dyn MediaStore,
    pub(super) model: &'a str,
    pub(super) images: &'a Images,
    pub(super) way: Way,
}

/// How this request asks for its schema, if it may be asked for in `way` at all: a tool takes an object, and an open
/// answer of the model itself can be gone on with in the prompt's way only.
pub(super) fn way_for(talk: &Talk<'_>, way: Way) -> Way {
    let object = talk.schema.is_some_and(|schema| schema.get("type").and_then(Json::as_str) == Some("object"));
    if object && !is_open(talk.messages) { way } else { Way::Prompt }
}

/// Writes the body; also tells what was done to pictures.
///
/// Errors: a picture that cannot be read or stands in a system message; nothing to answer.
pub(super) fn write(talk: &Talk<'_>, form: &Form<'_>) -> Result<(Vec<u8>, Vec<String>), Fault> {
    let system = system(talk.messages)?;
    let (pictures, mut notes) = pictures(talk.messages, &limits(talk.messages, form.images), form.media)?;
    let mut body = Body(Vec::with_capacity(size(talk, &pictures)));
    let max_tokens = form.sampling.max_tokens.unwrap_or(MAX_TOKENS);
    body.raw("{\"model\":").json(&form.model).raw(",\"max_tokens\":").json(&max_tokens);
    body.option("system", Some(&system).filter(|text| !text.is_empty()));
    body.raw(",\"messages\":[");
    messages(talk, form.way, pictures, &mut body, &mut notes)?;
    body.raw("]");
    options(form.sampling, &mut body);
    structured(talk, form.way, &mut body);
    body.raw("}");
    Ok((body.0, notes))
}

/// All system messages, one below the other: the API has one place for them, before the conversation.
fn system(messages: &[Message]) -> Result<String, Fault> {
    let mut texts = Vec::new();
    for part in messages.iter().filter(|m| m.speaker == Speaker::System).flat_map(|m| &m.parts) {
        match part {
            Part::Text(text) if text.trim().is_empty() => {}
            Part::Text(text) => texts.push(text.as_ref()),
            Part::Image(_) => {
                return Err(Fault::unsendable(
                    "a system message holds a picture, and the Messages API takes only text there; put the picture into \
                     the prompt",
                ));
            }
        }
    }
    Ok(texts.join("\n\n"))
}

fn messages(
    talk: &Talk<'_>,
    way: Way,
    pictures: Vec<Picture>,
    body: &mut Body,
    notes: &mut Vec<String>,
) -> Result<(), Fault> {
    let mut pictures = pictures.into_iter();
    let spoken: Vec<&Message> = talk.messages.iter().filter(|m| m.speaker != Speaker::System).collect();
    let last_user = spoken.iter().rposition(|m| m.speaker == Speaker::User);
    let mut any = false;
    for (i, message) in spoken.iter().enumerate() {
        let extra = talk.schema.filter(|_| way == Way::Prompt && last_user == Some(i)).map(|s| asking_for(s));
        let open = i + 1 == spoken.len() && message.speaker == Speaker::Assistant;
        let blocks: Vec<Block<'_>> = blocks(message, &mut pictures, extra, open, notes);
        if blocks.is_empty() {
            continue;
        }
        body.raw(if any { "," } else { "" });
        any = true;
        let role = if message.speaker == Speaker::User { "user" } else { "assistant" };
        body.raw("{\"role\":\"").raw(role).raw("\",\"content\":[");
        for (i, block) in blocks.iter().enumerate() {
            body.raw(if i > 0 { "," } else { "" });
            block.write(body);
        }
        body.raw("]}");
    }
    if any { Ok(()) } else { Err(Fault::unsendable("there is no message beside the system's; write a prompt")) }
}

enum Block<'a> {
    Text(&'a str),
    Said(String),
    Image(Picture),
}

impl Block<'_> {
    fn write(&self, body: &mut Body) {
        match self {
            Block::Text(text) => body.raw("{\"type\":\"text\",\"text\":").json(*text).raw("}"),
            Block::Said(text) => body.raw("{\"type\":\"text\",\"text\":").json(text).raw("}"),
            Block::Image(picture) => body
                .raw("{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":")
                .json(picture.mime)
                .raw(",\"data\":\"")
                .base64(&picture.bytes)
                .raw("\"}}"),
        };
    }
}

/// The blocks of a message. Empty texts are refused by the API and say nothing; so is white space at the end of an
/// answer that the model shall go on with.
fn blocks<'a>(
    message: &'a Message,
    pictures: &mut impl Iterator<Item = Picture>,
    extra: Option<String>,
    open: bool,
    notes: &mut Vec<String>,
) -> Vec<Block<'a>> {
    let last = message.parts.len().saturating_sub(1);
    let mut blocks = Vec::new();
    for (i, part) in message.parts.iter().enumerate() {
        match part {
            Part::Image(_) => blocks.extend(pictures.next().map(Block::Image)),
            Part::Text(text) => {
                let kept = if open && i == last { text.trim_end() } else { text };
                if kept.len() < text.len() {
                    notes.push("white space at the end of the begun answer was left away".into());
                }
                blocks.extend(Some(kept).filter(|text| !text.trim().is_empty()).map(Block::Text));
            }
        }
    }
    blocks.extend(extra.map(Block::Said));
    blocks
}

fn options(sampling: &Sampling, body: &mut Body) {
    body.option("temperature", sampling.temperature.as_ref());
    body.option("top_p", sampling.top_p.as_ref());
    body.option("stop_sequences", Some(&sampling.stop).filter(|stop| !stop.is_empty()));
    for (name, value) in sampling.extra.iter().filter(|(name, _)| !RESERVED_FIELDS.contains(&name.as_str())) {
        body.option(name, Some(value));
    }
}

fn structured(talk: &Talk<'_>, way: Way, body: &mut Body) {
    let Some(schema) = talk.schema else { return };
    match way {
        Way::Tool => {
            let tool = json!({ "name": TOOL, "description": "Gives the answer.", "input_schema": schema });
            body.option("tools", Some(&[tool]));
            body.option("tool_choice", Some(&json!({ "type": "tool", "name": TOOL })));
        }
        Way::Format => {
            body.option("output_config", Some(&json!({ "format": { "type": "json_schema", "schema": schema } })));
        }
        Way::Prompt => {}
    }
}

/// Whether the last message is an answer that the model shall go on with.
fn is_open(messages: &[Message]) -> bool {
    messages.last().is_some_and(|message| message.speaker == Speaker::Assistant)
}

fn limits(messages: &[Message], images: &Images) -> Images {
    let parts = messages.iter().flat_map(|message| &message.parts);
    let many = parts.filter(|part| matches!(part, Part::Image(_))).count() > MANY;
    let most = if many { Some(images.max_side.map_or(MANY_SIDE, |side| side.min(MANY_SIDE))) } else { images.max_side };
    Images { max_side: most, ..*images }
}
