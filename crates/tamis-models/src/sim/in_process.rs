//! The simulator as a backend in this process.

use std::borrow::Cow;
use std::sync::Arc;

use futures::future::BoxFuture;
use tamis_core::media::{Bytes, Limits, Media, MediaHash, MediaStore, decode};
use tamis_core::model::{
    Answer, ChatReply, CodeEnd, CodeReply, CodeRequest, Finish, ImageReply, ImageRequest, Part, Reply, Request, Usage,
};
use tamis_core::vector::Vector;

use super::reply::{Completion, Knobs, reply};
use super::wire::{Ask, Spoken};
use super::{embed, likely, ocr, paint};
use crate::backend::{self, Answered, Backend, Talk};
use crate::digest;
use crate::fault::Fault;
use crate::limits::concurrency::OnSend;
use crate::tokens::roughly;

/// Answers like [`super::run`] without a server between.
pub(crate) struct InProcess {
    /// the length of vectors
    dimension: u32,
    /// the size of painted pictures
    size: (u32, u32),
}

impl InProcess {
    pub(crate) fn new(dimension: Option<u32>, size: Option<(u32, u32)>) -> InProcess {
        InProcess { dimension: dimension.unwrap_or(embed::DIMENSION), size: size.unwrap_or(paint::SIZE) }
    }

    fn answer(&self, ask: &backend::Ask<'_>) -> Result<Answered, String> {
        let key = digest::of_question(ask.request, ask.media).map_err(|e| e.to_string())?;
        let mut digest = [0; 16];
        digest.copy_from_slice(&key.as_bytes()[..16]);
        if let Some(talk) = backend::talk(ask.request) {
            return Ok(talked(&talk, ask, digest));
        }
        let (reply, pictures) = match ask.request {
            Request::Embed(embed) => (Reply::Embed(self.vector(&embed.item, ask.media)?), Vec::new()),
            Request::Image(image) => self.painted(image, digest, ask.media)?,
            Request::Ocr(asked) => {
                let header = asked.image.header(ask.media).map_err(|e| e.to_string())?;
                (Reply::Ocr(ocr::read(header.width, header.height, digest)), Vec::new())
            }
            Request::Code(code) => ran(code, digest),
            Request::Chat(_) | Request::Complete(_) => return Err("a talk is answered above".into()),
        };
        let usage = match ask.request {
            Request::Embed(embed) => Usage { input: read_of(&embed.item), output: 0 },
            _ => Usage::default(),
        };
        Ok(Answered { reply, usage: Some(usage), notes: Vec::new(), pictures })
    }

    fn vector(&self, item: &Part, media: &dyn MediaStore) -> Result<Vector, String> {
        match item {
            Part::Text(text) => Ok(embed::text(text, self.dimension)),
            Part::Image(image) => {
                let bytes = media.read(image).map_err(|e| e.to_string())?;
                embed::picture(&bytes, self.dimension).map_err(|e| image.error(e).to_string())
            }
        }
    }

    fn painted(
        &self,
        image: &ImageRequest,
        digest: [u8; 16],
        media: &dyn MediaStore,
    ) -> Result<(Reply, Vec<Bytes>), String> {
        let text = format!("{} {}", image.prompt, hex(digest));
        let size = image.size.unwrap_or(self.size);
        let bytes: Bytes = match image.images.first() {
            None => paint::scene(&text, size.0.min(paint::LARGEST), size.1.min(paint::LARGEST)).into(),
            Some(first) => {
                let mask = image.mask.as_ref().map(|mask| pixels(mask, media)).transpose()?;
                paint::edited(&pixels(first, media)?, &text, mask.map(|mask| mask.to_luma8()).as_ref()).into()
            }
        };
        let reply = ImageReply { image: MediaHash::of(&bytes), revised_prompt: None };
        Ok((Reply::Image(reply), vec![bytes]))
    }
}

impl Backend for InProcess {
    fn send<'a>(&'a self, ask: &'a backend::Ask<'a>, _: OnSend) -> BoxFuture<'a, Result<Answered, Fault>> {
        Box::pin(async move { self.answer(ask).map_err(Fault::unsendable) })
    }
}

fn talked(talk: &Talk<'_>, ask: &backend::Ask<'_>, digest: [u8; 16]) -> Answered {
    let asked = read(talk, ask, digest);
    if let Some(forced) = talk.forced {
        let context: String = asked.messages.iter().map(|message| message.text.as_ref()).collect();
        let tokens = likely::tokens(forced, &context, digest, 0);
        let usage = Usage { input: (roughly(&context) + roughly(forced)) as u64, output: 1 };
        let answers = vec![Answer { text: forced.to_string(), finish: Finish::Stop, tokens }];
        return Answered {
            reply: Reply::Chat(ChatReply { answers }),
            usage: Some(usage),
            notes: Vec::new(),
            pictures: Vec::new(),
        };
    }
    answered(reply(&asked, &Knobs::default()))
}

fn read<'a>(talk: &Talk<'a>, ask: &backend::Ask<'_>, digest: [u8; 16]) -> Ask<'a> {
    let mut images = 0;
    let mut spoken = |message: &'a tamis_core::model::Message| {
        let mut text = String::new();
        for part in &message.parts {
            match part {
                Part::Text(part) => {
                    text.push_str(if text.is_empty() { "" } else { "\n" });
                    text.push_str(part);
                }
                Part::Image(_) => images += 1,
            }
        }
        Spoken { role: digest::speaker(message.speaker).into(), text: text.into() }
    };
    let messages = talk.messages.iter().map(&mut spoken).collect();
    Ask {
        messages,
        images,
        schema: talk.schema.map(|schema| Cow::Borrowed(schema.as_ref())),
        json: false,
        n: talk.n,
        max_tokens: ask.sampling.max_tokens,
        stop: ask.sampling.stop.clone(),
        open: matches!(ask.request, Request::Complete(_)),
        logprobs: talk.logprobs,
        scored: false,
        stream: false,
        messages_digest: digest,
        digest,
    }
}

fn answered(completion: Completion) -> Answered {
    let usage = Some(Usage { input: completion.prompt_tokens, output: completion.completion_tokens });
    let answer = |written: super::Written| {
        let finish = match (written.refused, written.cut) {
            (true, _) => Finish::Refused,
            (_, true) => Finish::Length,
            _ => Finish::Stop,
        };
        Answer { text: written.text, finish, tokens: written.tokens }
    };
    let answers = completion.answers.into_iter().map(answer).collect();
    Answered { reply: Reply::Chat(ChatReply { answers }), usage, notes: Vec::new(), pictures: Vec::new() }
}

/// A program that was not run: it ended well, said nothing, and drew what was expected of it.
fn ran(code: &CodeRequest, digest: [u8; 16]) -> (Reply, Vec<Bytes>) {
    let names = code.outputs.iter().map(|name| name.replace('*', "plot"));
    let mut drawn: Vec<(String, Bytes)> = names
        .map(|name| {
            let (width, height) = paint::SIZE;
            let bytes = paint::scene(&format!("{name} {}", hex(digest)), width, height);
            (name, bytes.into())
        })
        .collect();
    drawn.sort_by(|a, b| a.0.cmp(&b.0));
    drawn.dedup_by(|a, b| a.0 == b.0);
    let images = drawn.iter().map(|(name, bytes)| (name.clone(), MediaHash::of(bytes))).collect();
    let reply = CodeReply { end: CodeEnd::Exit(0), stdout: String::new(), stderr: String::new(), images };
    (Reply::Code(reply), drawn.into_iter().map(|(_, bytes)| bytes).collect())
}

fn pixels(image: &Arc<Media>, media: &dyn MediaStore) -> Result<image::DynamicImage, String> {
    let bytes = media.read(image).map_err(|e| e.to_string())?;
    decode(&bytes, &Limits::default()).map_err(|e| image.error(e).to_string())
}

fn read_of(item: &Part) -> u64 {
    match item {
        Part::Text(text) => roughly(text) as u64,
        Part::Image(_) => 576,
    }
}

fn hex(digest: [u8; 16]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
