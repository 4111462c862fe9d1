//! `chat.likelihood`

use futures::future::{BoxFuture, FutureExt};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::Scope;
use tamis_core::model::{CompleteRequest, Request, RoleKind, Sampling, TokenProb};
use tamis_core::operator::{Bound, Context, OperatorConfig, Process, Verdict};
use tamis_core::template::{Template, Vars};
use tamis_core::{Name, Record, StepError, Type, Value};

use super::call;
use super::open::{Open, Turn};
use super::prompt::{self, Options, optional};
use super::tokens;
use super::variants::Variants;

/// How likely a model finds a text that it did not write: its log-probability behind a conversation.
///
/// For choosing among answers, for how much a picture helps (the answer's likelihood with it and without), for how hard
/// an instruction is to follow. The model writes nothing; it reads `continuation` as the going on of the message that is
/// left open, token by token. It takes a role of the kind `complete` whose server gives the log-probabilities of a prompt.
///
/// Log-probabilities are natural logarithms. Compare sums of the same text, and means of texts of different length; both
/// depend on the model's tokens, so never compare two models. Write white space between what stands before and the
/// continuation into one of the two: it is part of the tokens.
///
/// Reads the fields named in the texts, `images` and `history`. Writes `into`: `{sum: float, mean: float, tokens: int}`. A
/// record fails when the continuation is empty or no log-probabilities come back.
///
/// # Example
///
/// ```yaml example
/// step:
///   chat.likelihood:
///     role: scorer
///     prompt: "{{ image }} {{ question }}"
///     continuation: "{{ answer }}"
///     into: likelihood
/// types: { image: image }
/// images: { image: 64x48 }
/// in: { question: How many boats?, answer: Three boats. }
/// roles: { scorer: complete }
/// replies:
///   - text: ""
///     finish: stop
///     tokens: [{ token: Three, logprob: -1.5 }, { token: " boats", logprob: -0.25 }, { token: ., logprob: -0.5 }]
/// out: { likelihood: { sum: -2.25, mean: -0.75, tokens: 3 } }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChatLikelihood {
    /// The role that reads, of the kind `complete`.
    role: String,
    /// System message: a text or a file, a template either way. Default: none.
    system: Option<String>,
    /// A conversation whose turns are sent before the user's message; may be missing.
    history: Option<String>,
    /// The user's message: a text or a file, a template either way. Pictures stand where it names them. Default: none.
    prompt: Option<String>,
    /// Pictures put before the prompt if the prompt itself shows none: fields of type `image` or `list<image>`; missing
    /// ones are left out.
    #[serde(default)]
    images: Vec<String>,
    /// In whose message the continuation stands: `assistant` (default) or `user`.
    #[serde(default = "assistant")]
    open: Turn,
    /// With `open: assistant`: the beginning of the answer, which is not scored. Default: none.
    begin: Option<String>,
    /// What is scored: a text or a file, a template either way; as it is, white space included.
    continuation: String,
    /// The field for the likelihood.
    into: String,
    /// A field for the tokens of the continuation: `list<{token: text, logprob: float}>`. Default: none.
    logprobs_into: Option<String>,
}

fn assistant() -> Turn {
    Turn::Assistant
}

impl OperatorConfig for ChatLikelihood {
    const NAME: &'static str = "chat.likelihood";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let role = scope.role("role", &self.role, RoleKind::Complete);
        let options = Options {
            system: self.system.as_deref(),
            history: self.history.as_deref(),
            prompt: self.prompt.as_deref(),
            images: &self.images,
            ..Options::default()
        };
        let open = Open::bind(scope, &options, self.open, self.begin.as_deref());
        let continuation = prompt::template(scope, "continuation", &self.continuation);
        let members = [("sum", Type::Float), ("mean", Type::Float), ("tokens", Type::Int)];
        let ty = Type::Struct(members.into_iter().map(|(n, ty)| (Name::from(n), ty)).collect::<IndexMap<_, _>>());
        let into = scope.write("into", &self.into, ty);
        let logprobs_into = optional(self.logprobs_into, |name| scope.write("logprobs_into", &name, tokens::ty(false)));
        Bound::process(Likelihood {
            role: role?,
            open: open?,
            continuation: continuation?,
            into: into?,
            logprobs_into: logprobs_into?,
        })
    }
}

struct Likelihood {
    role: Name,
    open: Open,
    continuation: Variants<Template>,
    into: Name,
    logprobs_into: Option<Name>,
}

impl Process for Likelihood {
    fn run<'a>(&'a self, record: &'a mut Record, ctx: &'a Context<'a>) -> BoxFuture<'a, Result<Verdict, StepError>> {
        async move {
            let text = self.continuation.of(record)?.render(&Vars::of(record, ctx));
            let text = text.map_err(|e| StepError::failed(format!("continuation: {e}")))?;
            if text.is_empty() {
                return Err(StepError::failed("the continuation is empty"));
            }
            let request = CompleteRequest {
                messages: self.open.messages(record, ctx)?,
                forced: Some(text.into()),
                n: 1,
                seed: ctx.rng(record).bits(),
                sampling: Sampling::default(),
            };
            let reply = ctx.call(record, &self.role, Request::Complete(request)).await?;
            let scored = call::answers(&self.role, 1, reply)?.swap_remove(0).tokens;
            let value = tokens::value(&self.role, &scored, false)?;
            record.set(&self.into, likelihood(&scored));
            if let Some(name) = &self.logprobs_into {
                record.set(name, value);
            }
            Ok(Verdict::Pass)
        }
        .boxed()
    }
}

fn likelihood(tokens: &[TokenProb]) -> Value {
    let sum: f64 = tokens.iter().map(|token| token.logprob).sum();
    Value::map([
        ("sum", Value::Float(sum)),
        ("mean", Value::Float(sum / tokens.len() as f64)),
        ("tokens", Value::Int(tokens.len() as i64)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::kit::{Place, Run, Scripted, run, shown};
    use serde_json::json;
    use tamis_core::model::{Answer, Finish};

    fn score(config: &str, logprobs: &[f64]) -> Run {
        let token = |logprob: &f64| TokenProb { token: "t".into(), logprob: *logprob, top: vec![] };
        let answer = Answer { tokens: logprobs.iter().map(token).collect(), ..Answer::new("", Finish::Stop) };
        let place =
            Place::new("image: image, a: text").kind(RoleKind::Complete).picture("image", 8, 8).value("a", " A");
        run::<ChatLikelihood>(
            place,
            &format!("{{role: writer, into: x, {config}}}"),
            Scripted::default().answering(answer),
        )
    }

    #[test]
    fn the_continuation_is_forced_as_it_is_behind_the_open_message() {
        let run = score("images: [image], prompt: Q, begin: The answer is, continuation: '{{ a }}'", &[-1.0, -3.0]);
        assert_eq!(shown(&run.completed[0].messages), ["user: <8x8> Q", "assistant: The answer is"]);
        assert_eq!(run.completed[0].forced.as_deref(), Some(" A"));
        assert_eq!(run.get("x"), json!({"sum": -4.0, "mean": -2.0, "tokens": 2}));
        let user = score("open: user, images: [image], continuation: '{{ a }}', logprobs_into: l", &[-1.0]);
        assert_eq!(shown(&user.completed[0].messages), ["user: <8x8>"]);
        assert_eq!(user.get("l"), json!([{"token": "t", "logprob": -1.0}]));
    }

    #[test]
    fn a_reply_without_probabilities_or_with_impossible_ones_fails() {
        assert!(score("prompt: Q, continuation: A", &[]).failed().contains("gave no log-probabilities"));
        assert!(score("prompt: Q, continuation: A", &[0.5]).failed().contains("expected at most 0"));
        assert!(score("prompt: Q, continuation: A", &[f64::NEG_INFINITY]).failed().contains("expected at most 0"));
    }

    #[test]
    fn an_empty_continuation_fails_before_anything_is_asked() {
        let run = score("prompt: Q, continuation: '{% if a == 1 %}x{% endif %}'", &[-1.0]);
        assert_eq!((run.failed().as_str(), run.completed.len()), ("the continuation is empty", 0));
    }
}
