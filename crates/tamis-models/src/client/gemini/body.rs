//! The body of a request to generateContent.

use serde_json::{Map, Value as Json, json};
use tamis_core::media::{Limits, MediaStore, decode, encode_png};
use tamis_core::model::{Message, Part, Sampling, Speaker};

use super::super::body::{Body, asking_for, pictures, size};
use super::super::picture::Picture;
use super::{RESERVED_FIELDS, schema};
use crate::backend::Talk;
use crate::bindings::{Images, Structured};
use crate::fault::Fault;

/// Fields of `extra` that stand beside `generationConfig` and not in it.
const AT_THE_TOP: &[&str] = &["safetySettings", "cachedContent", "labels", "serviceTier"];
/// What recipes call things that have another name here.
const NAMES: &[(&str, &str)] =
    &[("top_k", "topK"), ("presence_penalty", "presencePenalty"), ("frequency_penalty", "frequencyPenalty")];

/// What of the body is not in the request.
pub(super) struct Form<'a> {
    pub(super) sampling: &'a Sampling,
    pub(super) media: &'a dyn MediaStore,
    pub(super) images: &'a Images,
    pub(super) structured: Structured,
    pub(super) n: u32,
    pub(super) seed: u64,
}

/// Writes the body; also tells what was done to pictures and to the schema.
///
/// Errors: a picture that cannot be read; nothing to answer.
pub(super) fn write(talk: &Talk<'_>, form: &Form<'_>) -> Result<(Vec<u8>, Vec<String>), Fault> {
    let (pictures, mut notes) = pictures(talk.messages, form.images, form.media)?;
    let pictures = readable(pictures, &mut notes)?;
    let mut body = Body(Vec::with_capacity(size(talk, &pictures)));
    let schema = talk.schema.filter(|_| form.structured == Structured::JsonSchema).and_then(|s| schema::convert(s));
    let in_prompt = talk.schema.filter(|_| schema.is_none());
    if in_prompt.is_some() && form.structured == Structured::JsonSchema {
        notes.push("the schema was asked for in the prompt: generateContent cannot say it".into());
    }
    body.raw("{");
    contents(talk.messages, pictures, in_prompt.map(|s| asking_for(s)), &mut body)?;
    let config = config(form, talk.schema.is_some(), schema);
    body.raw(",\"generationConfig\":").json(&config);
    for name in AT_THE_TOP {
        body.option(name, form.sampling.extra.get(*name));
    }
    body.raw("}");
    Ok((body.0, notes))
}

/// The system's messages apart, the others in their order.
fn contents(messages: &[Message], pictures: Vec<Picture>, extra: Option<String>, body: &mut Body) -> Result<(), Fault> {
    let mut pictures = pictures.into_iter();
    let mut of_message: Vec<(&Message, Vec<Piece<'_>>)> =
        messages.iter().map(|m| (m, pieces(m, &mut pictures))).collect();
    if let (Some(extra), Some((_, last))) =
        (extra, of_message.iter_mut().rfind(|(message, _)| message.speaker == Speaker::User))
    {
        last.push(Piece::Said(extra));
    }
    let (system, spoken): (Vec<_>, Vec<_>) =
        of_message.into_iter().filter(|(_, p)| !p.is_empty()).partition(|(m, _)| m.speaker == Speaker::System);
    if spoken.is_empty() {
        return Err(Fault::unsendable("there is no message beside the system's; write a prompt"));
    }
    body.raw("\"contents\":[");
    for (i, (message, pieces)) in spoken.iter().enumerate() {
        let role = if message.speaker == Speaker::User { "user" } else { "model" };
        body.raw(if i > 0 { "," } else { "" }).raw("{\"role\":\"").raw(role).raw("\",\"parts\":[");
        write_pieces(pieces.iter(), body);
        body.raw("]}");
    }
    body.raw("]");
    if !system.is_empty() {
        body.raw(",\"systemInstruction\":{\"parts\":[");
        write_pieces(system.iter().flat_map(|(_, pieces)| pieces), body);
        body.raw("]}");
    }
    Ok(())
}

enum Piece<'a> {
    Text(&'a str),
    Said(String),
    Image(Picture),
}

fn pieces<'a>(message: &'a Message, pictures: &mut impl Iterator<Item = Picture>) -> Vec<Piece<'a>> {
    let piece = |part: &'a Part| match part {
        Part::Text(text) if text.is_empty() => None,
        Part::Text(text) => Some(Piece::Text(text)),
        Part::Image(_) => pictures.next().map(Piece::Image),
    };
    message.parts.iter().filter_map(piece).collect()
}

fn write_pieces<'a>(pieces: impl Iterator<Item = &'a Piece<'a>>, body: &mut Body) {
    for (i, piece) in pieces.enumerate() {
        body.raw(if i > 0 { "," } else { "" });
        match piece {
            Piece::Text(text) => body.raw("{\"text\":").json(*text).raw("}"),
            Piece::Said(text) => body.raw("{\"text\":").json(text).raw("}"),
            Piece::Image(picture) => body
                .raw("{\"inlineData\":{\"mimeType\":")
                .json(picture.mime)
                .raw(",\"data\":\"")
                .base64(&picture.bytes)
                .raw("\"}}"),
        };
    }
}

fn config(form: &Form<'_>, typed: bool, schema: Option<Json>) -> Json {
    let sampling = form.sampling;
    let mut config = Map::new();
    for (name, value) in &sampling.extra {
        let name = NAMES.iter().find(|(ours, _)| ours == name).map_or(name.as_str(), |(_, theirs)| theirs);
        if !AT_THE_TOP.contains(&name) && !RESERVED_FIELDS.contains(&name) {
            config.insert(name.to_string(), value.clone());
        }
    }
    let mut set = |name: &str, value: Option<Json>| config.extend(value.map(|value| (name.to_string(), value)));
    set("candidateCount", (form.n > 1).then(|| json!(form.n)));
    set("temperature", sampling.temperature.map(Json::from));
    set("topP", sampling.top_p.map(Json::from));
    set("maxOutputTokens", sampling.max_tokens.map(Json::from));
    set("stopSequences", Some(json!(sampling.stop)).filter(|_| !sampling.stop.is_empty()));
    set("seed", Some(json!(form.seed & 0x7fff_ffff)));
    set("responseMimeType", (typed && form.structured != Structured::Prompt).then(|| json!("application/json")));
    set("responseSchema", schema);
    config.into()
}

/// GIFs are not taken; their first frame is sent as PNG.
fn readable(pictures: Vec<Picture>, notes: &mut Vec<String>) -> Result<Vec<Picture>, Fault> {
    let mut convert = |(i, picture): (usize, Picture)| {
        if picture.mime != "image/gif" {
            return Ok(picture);
        }
        let png = decode(&picture.bytes, &Limits::default()).and_then(|image| encode_png(&image));
        let png = png.map_err(|e| Fault::unsendable(format!("image {}, a GIF, cannot be made a PNG: {e}", i + 1)))?;
        notes.push(format!("image {} re-encoded from GIF to PNG of {} bytes", i + 1, png.len()));
        Ok(Picture { bytes: png.into(), mime: "image/png" })
    };
    pictures.into_iter().enumerate().map(&mut convert).collect()
}
