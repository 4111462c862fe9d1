//! `chat.complete`

use std::collections::BTreeMap;

use futures::future::{BoxFuture, FutureExt};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use tamis_core::bind::Scope;
use tamis_core::model::{Answer, CompleteRequest, Finish, Request, RoleKind, Sampling};
use tamis_core::operator::{Bound, Context, OperatorConfig, Process, Reject, Verdict};
use tamis_core::{Name, Record, StepError, Type, Value};

use super::call::{self, Truncated};
use super::open::{Open, Turn};
use super::prompt::Options;

/// Lets a model go on writing inside a message that is left open: the user's, or its own.
///
/// An instruction-tuned model whose conversation ends just behind the pictures of a user's message writes what a user
/// would ask about them. Nothing prompts it for questions, so that what comes is as varied as what it has seen. With
/// `open: assistant` it goes on with an answer whose beginning you write.
///
/// The conversation holds `system`, the turns of `history` and one user message of `images` and `prompt`; with `open:
/// assistant` also the beginning of the answer. All of it may be left out but the message that is open. It takes a role of
/// the kind `complete`: a server that lets a conversation end inside a message, not any chat endpoint.
///
/// Reads the fields named in the texts, `images` and `history`. Writes `into`: what the model wrote, without white space
/// around it and without the `prompt` or `begin` before it. Rejects a record for which nothing was written, or what the
/// server's filter refused; an answer cut off at the token limit as `truncated` says. What begins like a refusal is
/// taken like any other text: it is the user who speaks.
///
/// # Example
///
/// ```yaml example
/// step: { chat.complete: { role: hook, images: [image], temperature: 1, top_p: 1, extra: { top_k: 20 }, into: wrote } }
/// types: { image: image }
/// images: { image: 64x48 }
/// roles: { hook: complete }
/// replies: ["How many boats are in the harbour?\n"]
/// out: { wrote: How many boats are in the harbour? }
/// ```
///
/// An answer with a given beginning:
///
/// ```yaml example
/// step:
///   chat.complete:
///     role: writer
///     open: assistant
///     prompt: "{{ image }} Count the boats."
///     begin: "Let me go from left to right:"
///     into: reasoning
/// types: { image: image }
/// images: { image: 64x48 }
/// roles: { writer: complete }
/// replies: ["a red one, then two blue ones."]
/// out: { reasoning: "a red one, then two blue ones." }
/// ```
///
/// Source: Oasis (arXiv:2503.08741), after Magpie (arXiv:2406.08464).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChatComplete {
    /// The role that goes on writing, of the kind `complete`.
    role: String,
    /// System message: a text or a file, a template either way. Default: none.
    system: Option<String>,
    /// A conversation whose turns are sent before the user's message; may be missing.
    history: Option<String>,
    /// The user's message: a text or a file, a template either way. With `open: user` its beginning. Pictures stand where
    /// it names them. Default: none.
    prompt: Option<String>,
    /// Pictures put before the prompt if the prompt itself shows none: fields of type `image` or `list<image>`; missing
    /// ones are left out.
    #[serde(default)]
    images: Vec<String>,
    /// Whose message is left open: `user` (default) or `assistant`.
    #[serde(default = "user")]
    open: Turn,
    /// With `open: assistant`: how the answer begins; a text or a file, a template either way. Default: not at all.
    begin: Option<String>,
    /// The field for what the model wrote.
    into: String,
    /// How many texts, 1 to 64. Default 1; with more, `into` is a list, without those that are empty, refused or, unless
    /// they are kept, cut off.
    #[serde(default = "one")]
    n: u32,
    /// What becomes of a text cut off at the token limit: `reject` (default), `keep` or `fail`.
    #[serde(default)]
    truncated: Truncated,
    /// Temperature, 0 (greedy) to 2. Default: the server's.
    temperature: Option<f64>,
    /// Nucleus sampling, above 0 to 1. Default: the server's.
    top_p: Option<f64>,
    /// Most tokens in a text. Default: the server's.
    max_tokens: Option<u32>,
    /// Texts at which the writing ends.
    #[serde(default)]
    stop: Vec<String>,
    /// Fields passed to the server as they are: `{top_k: 20}`.
    #[serde(default)]
    extra: BTreeMap<String, Json>,
}

fn user() -> Turn {
    Turn::User
}

fn one() -> u32 {
    1
}

impl OperatorConfig for ChatComplete {
    const NAME: &'static str = "chat.complete";

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
        if !(1..=64).contains(&self.n) {
            scope.problem("n", format!("expected 1 to 64, found {}", self.n));
        }
        let sampling = call::sampling(scope, self.temperature, self.top_p, self.max_tokens, self.stop, self.extra);
        let ty = if self.n > 1 { Type::list(Type::Text) } else { Type::Text };
        let into = scope.write("into", &self.into, ty);
        let (n, truncated) = (self.n, self.truncated);
        Bound::process(Complete { role: role?, open: open?, n, truncated, sampling, into: into? })
    }
}

struct Complete {
    role: Name,
    open: Open,
    n: u32,
    truncated: Truncated,
    sampling: Sampling,
    into: Name,
}

impl Process for Complete {
    fn run<'a>(&'a self, record: &'a mut Record, ctx: &'a Context<'a>) -> BoxFuture<'a, Result<Verdict, StepError>> {
        async move {
            let request = CompleteRequest {
                messages: self.open.messages(record, ctx)?,
                forced: None,
                n: self.n,
                seed: ctx.rng(record).bits(),
                sampling: self.sampling.clone(),
            };
            let reply = ctx.call(record, &self.role, Request::Complete(request)).await?;
            let answers = call::answers(&self.role, self.n, reply)?;
            let heard: Vec<Result<&str, &'static str>> = answers.iter().map(|answer| self.hear(answer)).collect();
            if self.truncated == Truncated::Fail && heard.contains(&Err(CUT_OFF)) {
                return Err(StepError::failed(format!("{CUT_OFF}; raise `max_tokens`")));
            }
            let mut texts: Vec<Value> = heard.iter().flatten().map(|text| Value::text(*text)).collect();
            if texts.is_empty() {
                let reason = heard.iter().find_map(|heard| heard.err()).unwrap_or(NOTHING);
                let wrote = answers.iter().map(|answer| Value::text(answer.text.as_str())).collect();
                return Ok(Reject::because(reason, [("wrote", Value::list(wrote))]));
            }
            let value = if self.n == 1 { texts.swap_remove(0) } else { Value::list(texts) };
            record.set(&self.into, value);
            Ok(Verdict::Pass)
        }
        .boxed()
    }
}

const NOTHING: &str = "the model wrote nothing";
const CUT_OFF: &str = "the text was cut off at the token limit";

impl Complete {
    /// The text, or why it does not count.
    fn hear<'t>(&self, answer: &'t Answer) -> Result<&'t str, &'static str> {
        let text = answer.text.trim();
        match answer.finish {
            Finish::Refused => Err("the model refused"),
            Finish::Length if self.truncated != Truncated::Keep => Err(CUT_OFF),
            _ if text.is_empty() => Err(NOTHING),
            _ => Ok(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::chat::kit::{Place, Run, Scripted, run, shown};
    use crate::testing::problems;

    fn complete(config: &str, model: Scripted) -> Run {
        let talk =
            Value::list(vec![Value::turn("user", vec!["Hi".into()]), Value::turn("assistant", vec!["Yo".into()])]);
        let place = Place::new("image: image, talk: conversation, q: text").kind(RoleKind::Complete);
        let place = place.picture("image", 8, 8).value("talk", talk).value("q", "Why?");
        run::<ChatComplete>(place, &format!("{{role: writer, into: x, {config}}}"), model)
    }

    fn asked(config: &str) -> Vec<String> {
        let run = complete(config, Scripted::saying(&["ok"]));
        assert_eq!(run.get("x"), "ok");
        shown(&run.completed[0].messages)
    }

    #[test]
    fn the_users_message_is_open_behind_its_pictures() {
        assert_eq!(asked("images: [image]"), ["user: <8x8>"]);
        assert_eq!(asked("images: [image], system: S, prompt: In French"), ["system: S", "user: <8x8> In French"]);
        assert_eq!(asked("history: talk"), ["user: Hi", "assistant: Yo", "user: "]);
    }

    #[test]
    fn the_assistants_message_is_open_behind_its_beginning() {
        let begun = asked("open: assistant, images: [image], prompt: '{{ q }}', begin: Because");
        assert_eq!(begun, ["user: <8x8> Why?", "assistant: Because"]);
        assert_eq!(asked("open: assistant, prompt: '{{ q }}'"), ["user: Why?", "assistant: "]);
        assert_eq!(asked("open: assistant, history: talk"), ["user: Hi", "assistant: Yo"]);
    }

    #[test]
    fn sampling_is_passed_on_with_a_seed_of_record_and_step() {
        let config = "images: [image], temperature: 1, top_p: 0.9, max_tokens: 512, stop: [X], extra: {top_k: 20}";
        let request = |n: u32| {
            let replies: Vec<&str> = (0..n).map(|_| "ok").collect();
            complete(&format!("{config}, n: {n}"), Scripted::saying(&replies)).completed.remove(0)
        };
        let one = request(1);
        assert_eq!((one.sampling.temperature, one.sampling.max_tokens, one.n), (Some(1.0), Some(512), 1));
        assert_eq!(one.sampling.extra["top_k"], 20);
        assert_eq!(one.seed, request(2).seed);
        assert!(one.forced.is_none());
    }

    #[test]
    fn nothing_written_and_refused_are_reasons_to_reject() {
        assert_eq!(complete("images: [image]", Scripted::saying(&[" \n"])).rejected(), "the model wrote nothing");
        let refused = Scripted::default().then("", Finish::Refused);
        assert_eq!(complete("images: [image]", refused).rejected(), "the model refused");
        let user = "I'm sorry, but I can't read this. What does it say?";
        assert_eq!(complete("images: [image]", Scripted::saying(&[user])).get("x"), user);
    }

    #[test]
    fn a_text_that_is_cut_off_is_rejected_kept_or_failed() {
        let cut = |option: &str| {
            complete(&format!("images: [image]{option}"), Scripted::default().then("Once", Finish::Length))
        };
        assert_eq!(cut("").rejected(), "the text was cut off at the token limit");
        assert_eq!(cut(", truncated: keep").get("x"), "Once");
        assert!(cut(", truncated: fail").failed().contains("max_tokens"));
    }

    #[test]
    fn of_several_texts_those_that_count_are_kept() {
        let model = Scripted::saying(&["a", ""]).then("b", Finish::Length).then("c", Finish::Stop);
        assert_eq!(complete("images: [image], n: 4", model).get("x"), serde_json::json!(["a", "c"]));
        let none = Scripted::saying(&["", " "]);
        assert_eq!(complete("images: [image], n: 2", none).rejected(), "the model wrote nothing");
        let few = complete("images: [image], n: 3", Scripted::saying(&["a"])).failed();
        assert!(few.contains("asked for 3 answers and gave 1"), "{few}");
    }

    #[test]
    fn a_call_that_gets_no_reply_fails_the_record() {
        let place = Place::new("image: image").kind(RoleKind::Complete).picture("image", 4, 4);
        let model = Scripted::failing("the server does not answer");
        let run = run::<ChatComplete>(place, "{role: writer, images: [image], into: x}", model);
        assert_eq!(run.failed(), "the server does not answer");
    }

    #[test]
    fn sound_is_refused_with_its_name() {
        let sound = tamis_core::Media::file(tamis_core::media::MediaKind::Audio, "a.wav");
        let place = Place::new("a: audio").kind(RoleKind::Complete).value("a", Value::Media(Arc::new(sound)));
        let run = run::<ChatComplete>(place, "{role: writer, prompt: '{{ a }}', into: x}", Scripted::default());
        assert!(run.failed().contains("a.wav (audio)"), "{}", run.failed());
    }

    #[test]
    fn problems_name_their_option() {
        let told = |config: &str| {
            let example = format!(
                "{{ step: {{ chat.complete: {{ role: r, into: x, {config} }} }}, in: {{ q: why }}, roles: {{ r: complete }} }}"
            );
            problems(&example)
        };
        assert!(told("begin: a").contains("chat.complete.begin"));
        assert!(told("open: assistant").contains("expected what the assistant answers"));
        assert!(told("images: [q], n: 65").contains("chat.complete.n"));
        let chat = problems("{ step: { chat.complete: { role: r, into: x } }, in: { q: why } }");
        assert!(chat.contains("expected a role of the kind complete, but `r` is declared as chat"), "{chat}");
    }
}
