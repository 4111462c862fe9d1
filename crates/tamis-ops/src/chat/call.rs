//! Asking a chat role for answers that fit, with one repair turn for each that does not.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use tamis_core::bind::Scope;
use tamis_core::model::{
    Answer, ChatReply, ChatRequest, Finish, Message, Reply, Request, Sampling, Speaker, TokenProb,
};
use tamis_core::operator::{Context, Reject, Verdict};
use tamis_core::{Name, Record, StepError, Value};

use super::messages::only_pictures;
use super::refusal::is_refusal;

/// What becomes of a refusal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Refusals {
    /// the record is rejected
    #[default]
    Reject,
    /// it is an answer like any other
    Keep,
}

/// What becomes of an answer that was cut off at the token limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Truncated {
    /// the record is rejected
    #[default]
    Reject,
    /// it is an answer like any other
    Keep,
    /// the record fails, so that `retry` tries again
    Fail,
}

/// How a role is asked.
pub(super) struct Call {
    pub(super) role: Name,
    pub(super) schema: Option<Arc<Json>>,
    /// what a good reply is, in words
    pub(super) wanted: String,
    pub(super) n: u32,
    /// one good answer among the `n` is enough
    pub(super) one_is_enough: bool,
    pub(super) sampling: Sampling,
    /// log-probabilities, with so many alternatives
    pub(super) logprobs: Option<u8>,
    pub(super) refusals: Refusals,
    pub(super) truncated: Truncated,
}

/// An answer that fits.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Good {
    pub(super) value: Value,
    pub(super) text: String,
    pub(super) tokens: Vec<TokenProb>,
}

/// An answer that was listened to.
enum Heard {
    Good(Good),
    Refused(String),
    CutOff(String),
    Unfit { text: String, why: String },
}

/// Reads a reply: its value, or what is wrong with it.
pub(super) type Read<'r> = &'r (dyn Fn(&str) -> Result<Value, String> + Sync);

impl Call {
    /// The answers, all of them good, or what becomes of the record instead.
    pub(super) async fn ask(
        &self,
        record: &mut Record,
        ctx: &Context<'_>,
        messages: Vec<Message>,
        read: Read<'_>,
    ) -> Result<Result<Vec<Good>, Verdict>, StepError> {
        messages.iter().try_for_each(|message| only_pictures(&message.parts))?;
        let mut seeds = ctx.rng(record);
        let answers = self.send(record, ctx, messages.clone(), self.n, seeds.bits()).await?;
        let mut heard: Vec<Heard> = answers.iter().map(|answer| self.hear(answer, read)).collect();
        if self.one_is_enough && heard.iter().any(|h| matches!(h, Heard::Good(_))) {
            heard.retain(|h| matches!(h, Heard::Good(_)));
        }
        let mut good = Vec::with_capacity(heard.len());
        for heard in heard {
            let settled = match heard {
                Heard::Unfit { text, why } => {
                    let messages = self.repair(&messages, &text, &why);
                    let answers = self.send(record, ctx, messages, 1, seeds.bits()).await?;
                    self.hear(&answers[0], read)
                }
                settled => settled,
            };
            match self.settle(settled)? {
                Ok(answer) => good.push(answer),
                Err(verdict) => return Ok(Err(verdict)),
            }
        }
        Ok(Ok(good))
    }

    async fn send(
        &self,
        record: &mut Record,
        ctx: &Context<'_>,
        messages: Vec<Message>,
        n: u32,
        seed: u64,
    ) -> Result<Vec<Answer>, StepError> {
        let request = ChatRequest {
            messages,
            schema: self.schema.clone(),
            n,
            seed,
            sampling: self.sampling.clone(),
            logprobs: self.logprobs,
        };
        let reply = ctx.call(record, &self.role, Request::Chat(request)).await?;
        answers(&self.role, n, reply)
    }

    fn hear(&self, answer: &Answer, read: Read<'_>) -> Heard {
        let text = answer.text.trim().to_string();
        let may_refuse = self.refusals == Refusals::Reject;
        if answer.finish == Finish::Refused && may_refuse {
            return Heard::Refused(text);
        }
        if answer.finish == Finish::Length && self.truncated != Truncated::Keep {
            return Heard::CutOff(text);
        }
        // JSON of the wanted type is an answer, even if a text in it begins like a refusal.
        match read(&text) {
            Ok(Value::Text(_)) | Err(_) if may_refuse && is_refusal(&text) => Heard::Refused(text),
            Ok(value) => Heard::Good(Good { value, text, tokens: answer.tokens.clone() }),
            Err(why) => Heard::Unfit { text, why },
        }
    }

    /// The messages of a repair turn: what was asked, the reply, what is wrong with it.
    fn repair(&self, messages: &[Message], reply: &str, why: &str) -> Vec<Message> {
        let mut messages = messages.to_vec();
        // Servers refuse empty messages, and there is nothing to show: the question is asked again.
        if !reply.is_empty() {
            let mut request = format!("Your reply could not be used: {why}.\nExpected: {}.", self.wanted);
            if let Some(schema) = &self.schema {
                request.push_str(&format!("\nIts JSON schema: {schema}"));
            }
            request.push_str("\nReply again with that and nothing else.");
            messages.push(Message::text(Speaker::Assistant, reply));
            messages.push(Message::text(Speaker::User, request));
        }
        messages
    }

    fn settle(&self, heard: Heard) -> Result<Result<Good, Verdict>, StepError> {
        let reject = |reason: &str, text: String| Reject::because(reason, [("reply", Value::text(text))]);
        match heard {
            Heard::Good(good) => Ok(Ok(good)),
            Heard::Refused(text) => Ok(Err(reject("the model refused", text))),
            Heard::CutOff(text) if self.truncated == Truncated::Fail => Err(StepError::failed(format!(
                "the answer was cut off at the token limit; raise `max_tokens`. It begins: {}",
                start_of(&text)
            ))),
            Heard::CutOff(text) => Ok(Err(reject("the answer was cut off at the token limit", text))),
            Heard::Unfit { text, why } => Err(StepError::failed(format!(
                "the reply of `{}` does not fit, a repair turn included: {why}. Expected: {}. The reply begins: {}",
                self.role,
                self.wanted,
                start_of(&text)
            ))),
        }
    }
}

/// The `n` answers in a reply.
pub(super) fn answers(role: &str, n: u32, reply: Reply) -> Result<Vec<Answer>, StepError> {
    let Reply::Chat(ChatReply { answers }) = reply else {
        return Err(StepError::failed(format!("`{role}` did not answer as a chat role does")));
    };
    match answers.len() as u32 == n {
        true => Ok(answers),
        false => Err(StepError::failed(format!("`{role}` was asked for {n} answers and gave {}", answers.len()))),
    }
}

fn start_of(text: &str) -> String {
    let start: String = text.chars().take(200).collect();
    format!("{start:?}{}", if start.len() < text.len() { " ..." } else { "" })
}

/// The sampling options of a step, checked.
pub(super) fn sampling(
    scope: &mut Scope<'_>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    max_tokens: Option<u32>,
    stop: Vec<String>,
    extra: BTreeMap<String, Json>,
) -> Sampling {
    if let Some(t) = temperature.filter(|t| !(0.0..=2.0).contains(t)) {
        scope.problem("temperature", format!("expected 0 to 2, found {t}"));
    }
    if let Some(p) = top_p.filter(|p| !(*p > 0.0 && *p <= 1.0)) {
        scope.problem("top_p", format!("expected above 0 and at most 1, found {p}"));
    }
    if max_tokens == Some(0) {
        scope.problem("max_tokens", "expected at least 1, found 0");
    }
    Sampling { temperature, top_p, max_tokens, stop, extra }
}
