//! The simulator as a backend in this process.

use std::borrow::Cow;

use futures::future::BoxFuture;
use tamis_core::model::{Answer, ChatReply, Finish, Part, Reply, Usage};

use super::reply::{Completion, Knobs, reply};
use super::wire::{Ask, Spoken};
use crate::backend::{self, Answered, Backend, Talk};
use crate::digest;
use crate::fault::Fault;
use crate::limits::concurrency::OnSend;

/// Answers like [`super::run`] without a server between.
pub(crate) struct InProcess;

impl Backend for InProcess {
    fn send<'a>(&'a self, ask: &'a backend::Ask<'a>, _: OnSend) -> BoxFuture<'a, Result<Answered, Fault>> {
        Box::pin(async move {
            let Some(talk) = backend::talk(ask.request) else {
                return Err(Fault::unsendable("the simulator does not play such a role"));
            };
            let asked = read(&talk, ask).map_err(|e| Fault::unsendable(e.to_string()))?;
            Ok(answered(reply(&asked, &Knobs::default())))
        })
    }
}

fn read<'a>(talk: &Talk<'a>, ask: &backend::Ask<'_>) -> Result<Ask<'a>, tamis_core::StepError> {
    let key = digest::of_question(ask.request, ask.media)?;
    let mut digest = [0; 16];
    digest.copy_from_slice(&key.as_bytes()[..16]);
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
    Ok(Ask {
        messages,
        images,
        schema: talk.schema.map(|schema| Cow::Borrowed(schema.as_ref())),
        json: false,
        n: talk.n,
        max_tokens: ask.sampling.max_tokens,
        stop: ask.sampling.stop.clone(),
        stream: false,
        messages_digest: digest,
        digest,
    })
}

fn answered(completion: Completion) -> Answered {
    let usage = Some(Usage { input: completion.prompt_tokens, output: completion.completion_tokens });
    let answer = |written: super::Written| {
        let finish = match (written.refused, written.cut) {
            (true, _) => Finish::Refused,
            (_, true) => Finish::Length,
            _ => Finish::Stop,
        };
        Answer::new(written.text, finish)
    };
    let answers = completion.answers.into_iter().map(answer).collect();
    Answered { reply: Reply::Chat(ChatReply { answers }), usage, notes: Vec::new(), pictures: Vec::new() }
}
