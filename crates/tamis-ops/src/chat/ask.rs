//! `chat.ask`

use std::collections::BTreeMap;

use futures::future::{BoxFuture, FutureExt};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use tamis_core::bind::Scope;
use tamis_core::model::{RoleKind, Speaker};
use tamis_core::operator::{Bound, Context, OperatorConfig, Process, Verdict};
use tamis_core::record::StoryEvent;
use tamis_core::schema::Field;
use tamis_core::{Name, Record, StepError, Type, Value};

use super::answer::Expected;
use super::call::{self, Call, Good, Refusals, Truncated};
use super::messages;
use super::prompt::{Options, Prompt, optional};
use super::tokens;
use crate::typing::framed;

/// Asks a chat role and writes its answer: captions, questions, rewrites, anything a model writes.
///
/// The request holds, in this order: `system`, the `shots`, the turns of `history`, then one user message of `hidden`,
/// `images` and `prompt`. Pictures stand where the prompt names them (`Compare {{ before }} with {{ after }}.`); they
/// are sent as the bytes they are and are not decoded.
///
/// With `returns`, the request carries a JSON schema, and the answer is read as a value of that type. A reply that does
/// not fit gets one repair turn, in which the model sees its reply and what is wrong with it; then the record fails.
/// An enum is also taken from a bare word, in any case.
///
/// File names may hold enum fields: `prompts/{{ kind }}.md`. Every file that this can be is read and checked before the
/// run starts.
///
/// Reads the fields named in the texts, `images` and `history`. Writes `into`, `conversation_into` and `logprobs_into`.
/// A refusal and an answer cut off at the token limit reject the record.
///
/// # Example
///
/// ```yaml example
/// step:
///   chat.ask:
///     role: writer
///     system: You describe pictures in one sentence.
///     prompt: "Describe {{ image }} for {{ reader }}."
///     into: caption
///     conversation_into: turns
/// types: { image: image, reader: text }
/// images: { image: 64x48 }
/// in: { reader: a child }
/// replies: ["A grey noise pattern."]
/// out: { caption: "A grey noise pattern." }
/// ```
///
/// A typed answer, the majority of three:
///
/// ```yaml example
/// step:
///   chat.ask:
///     role: writer
///     prompt: "Is there an animal in this caption? {{ caption }}"
///     returns: enum(yes|no)
///     n: 3
///     vote: true
///     into: animal
/// in: { caption: Two dogs on a beach. }
/// replies: ["Yes", "no", "yes."]
/// out: { animal: "yes" }
/// ```
///
/// How sure the model was of each word:
///
/// ```yaml example
/// step: { chat.ask: { role: writer, prompt: "{{ image }} What is this?", into: name, logprobs_into: tokens } }
/// types: { image: image }
/// images: { image: 64x48 }
/// replies:
///   - text: A dog
///     finish: stop
///     tokens: [{ token: A, logprob: -0.1 }, { token: " dog", logprob: -1.5 }]
/// out: { name: A dog, tokens: [{ token: A, logprob: -0.1 }, { token: " dog", logprob: -1.5 }] }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChatAsk {
    /// The chat role that is asked.
    role: String,
    /// System message: a text or a file, a template either way. Default: none.
    system: Option<String>,
    /// What is asked: a text or a file, a template either way. Pictures stand where it names them.
    prompt: String,
    /// Pictures put before the prompt if the prompt itself shows none: fields of type `image` or `list<image>`; missing
    /// ones are left out.
    #[serde(default)]
    images: Vec<String>,
    /// File of few-shot examples, sent as they are: a YAML list of `{user: .., assistant: ..}` or of lists of
    /// `{role: .., content: ..}`.
    shots: Option<String>,
    /// A text or file that the model sees before the prompt and that the emitted conversation does not hold: captions,
    /// boxes, answers of an earlier step.
    hidden: Option<String>,
    /// A conversation whose turns are sent before the prompt; may be missing.
    history: Option<String>,
    /// Type of the answer. Default `text`: the reply as it is, without white space around it.
    #[serde(default = "text")]
    returns: Type,
    /// The image field in whose pixels boxes and points of the answer are. Default: the only image field there is.
    of: Option<String>,
    /// The field for the answer.
    into: String,
    /// How many answers, 1 to 64. Default 1; with more, `into` is a list unless they `vote`.
    #[serde(default = "one")]
    n: u32,
    /// Whether the most frequent of the `n` answers is taken, the earlier one where two are as frequent. Texts are
    /// compared without regard to case, white space and a full stop; answers that do not fit do not vote. Default false.
    #[serde(default)]
    vote: bool,
    /// A field for the conversation: the turns of `history`, the prompt and the answer, without `system`, `shots` and
    /// `hidden`.
    conversation_into: Option<String>,
    /// A field for the answer's tokens with their log-probabilities: `list<{token: text, logprob: float}>`, for each
    /// answer one such list where `into` is a list. The tokens are those of the reply as it was written, JSON included.
    /// A record fails whose model gives none. Default: they are not asked for.
    logprobs_into: Option<String>,
    /// With `logprobs_into`: how many alternatives to each token are kept, as a further member `top:
    /// list<{token: text, logprob: float}>`, most likely first; 1 to 20, and some servers give fewer. Default: none.
    top_logprobs: Option<u8>,
    /// What becomes of a refusal, one among the `n` answers included unless they vote: `reject` (default) or `keep`.
    #[serde(default)]
    refusals: Refusals,
    /// What becomes of an answer cut off at the token limit, as with a refusal: `reject` (default), `keep` or `fail`.
    #[serde(default)]
    truncated: Truncated,
    /// Temperature, 0 (greedy) to 2. Default: the server's.
    temperature: Option<f64>,
    /// Nucleus sampling, above 0 to 1. Default: the server's.
    top_p: Option<f64>,
    /// Most tokens in an answer. Default: the server's.
    max_tokens: Option<u32>,
    /// Texts at which an answer ends.
    #[serde(default)]
    stop: Vec<String>,
    /// Fields passed to the server as they are: `{top_k: 20}`.
    #[serde(default)]
    extra: BTreeMap<String, Json>,
}

fn text() -> Type {
    Type::Text
}

fn one() -> u32 {
    1
}

impl OperatorConfig for ChatAsk {
    const NAME: &'static str = "chat.ask";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let role = scope.role("role", &self.role, RoleKind::Chat);
        let prompt = Prompt::bind(
            scope,
            &Options {
                system: self.system.as_deref(),
                shots: self.shots.as_deref(),
                hidden: self.hidden.as_deref(),
                history: self.history.as_deref(),
                prompt: Some(&self.prompt),
                images: &self.images,
            },
        );
        let n = check_n(scope, self.n, self.vote, self.conversation_into.is_some());
        let expected = Expected::of(&self.returns);
        if expected.is_none() {
            scope.problem("returns", format!("a chat role writes text and cannot answer with {}", self.returns));
        }
        let field = framed(scope, self.returns, self.of.as_deref());
        let sampling = call::sampling(scope, self.temperature, self.top_p, self.max_tokens, self.stop, self.extra);
        let several = self.n > 1 && !self.vote;
        let logprobs = tokens::check(scope, self.logprobs_into.is_some(), self.top_logprobs);
        let field = field.map(|field| if several { Field { ty: Type::list(field.ty), of: field.of } } else { field });
        let into = field.and_then(|field| scope.write("into", &self.into, field));
        let conversation_into =
            optional(self.conversation_into, |name| scope.write("conversation_into", &name, Type::Conversation));
        let logprobs_into = optional(self.logprobs_into, |name| {
            let ty = tokens::ty(self.top_logprobs.is_some());
            scope.write("logprobs_into", &name, if several { Type::list(ty) } else { ty })
        });
        let expected = expected?;
        let call = Call {
            role: role?,
            schema: expected.schema.clone(),
            wanted: wanted(&expected),
            n: n?,
            one_is_enough: self.vote,
            sampling,
            logprobs: logprobs?,
            refusals: self.refusals,
            truncated: self.truncated,
        };
        Bound::process(Ask {
            call,
            prompt: prompt?,
            expected,
            vote: self.vote,
            several,
            into: into?,
            conversation_into: conversation_into?,
            logprobs_into: logprobs_into?,
        })
    }
}

fn check_n(scope: &mut Scope<'_>, n: u32, vote: bool, conversation: bool) -> Option<u32> {
    if !(1..=64).contains(&n) {
        scope.problem("n", format!("expected 1 to 64, found {n}"));
        return None;
    }
    if vote && n == 1 {
        scope.problem_with_help("vote", "one answer cannot vote", "ask for several: `n: 5`");
    }
    if conversation && n > 1 && !vote {
        let message = format!("a conversation holds one answer, but `n` is {n}");
        scope.problem_with_help("conversation_into", message, "take the majority with `vote: true`, or ask for one");
    }
    Some(n)
}

fn wanted(expected: &Expected) -> String {
    match &expected.ty {
        Type::Text => "text".to_string(),
        ty => format!("JSON for {ty}"),
    }
}

struct Ask {
    call: Call,
    prompt: Prompt,
    expected: Expected,
    vote: bool,
    several: bool,
    into: Name,
    conversation_into: Option<Name>,
    logprobs_into: Option<Name>,
}

impl Process for Ask {
    fn run<'a>(&'a self, record: &'a mut Record, ctx: &'a Context<'a>) -> BoxFuture<'a, Result<Verdict, StepError>> {
        async move {
            let exchange = self.prompt.exchange(record, ctx)?;
            let read = |reply: &str| self.expected.read(reply);
            let answers = match self.call.ask(record, ctx, exchange.asked(None)?, &read).await? {
                Ok(answers) => answers,
                Err(verdict) => return Ok(verdict),
            };
            let answers = if self.vote { majority(answers, record, ctx) } else { answers };
            if let Some(name) = &self.logprobs_into {
                let top = self.call.logprobs.is_some_and(|top| top > 0);
                let values = answers.iter().map(|good| tokens::value(&self.call.role, &good.tokens, top));
                let values = values.collect::<Result<Vec<Value>, _>>()?;
                record.set(name, self.one_or_all(values));
            }
            if let Some(name) = &self.conversation_into {
                let mut turns = exchange.before;
                turns.push(messages::turn(Speaker::User, &exchange.prompt));
                turns.extend(answers.first().map(|good| Value::turn("assistant", vec![spoken(good)])));
                record.set(name, Value::list(turns));
            }
            let values = answers.into_iter().map(|good| good.value).collect();
            record.set(&self.into, self.one_or_all(values));
            Ok(Verdict::Pass)
        }
        .boxed()
    }
}

impl Ask {
    fn one_or_all(&self, mut values: Vec<Value>) -> Value {
        if self.several { Value::list(values) } else { values.swap_remove(0) }
    }
}

/// The most frequent answer, the earliest of those as frequent.
fn majority(answers: Vec<Good>, record: &mut Record, ctx: &Context<'_>) -> Vec<Good> {
    let ballots: Vec<String> = answers.iter().map(|answer| ballot(&answer.value)).collect();
    let votes = |ballot: &String| ballots.iter().filter(|other| *other == ballot).count();
    let most = ballots.iter().map(votes).max().unwrap_or_default();
    let winner = ballots.iter().position(|ballot| votes(ballot) == most).unwrap_or_default();
    record.tell(ctx.step, StoryEvent::Note(format!("{most} of {} answers agreed", answers.len())));
    answers.into_iter().skip(winner).take(1).collect()
}

/// An answer as it counts in a vote.
fn ballot(value: &Value) -> String {
    let text = value.as_text().map_or_else(|| value.to_canonical_json().to_string(), str::to_string);
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ").trim_end_matches('.').to_string()
}

/// An answer as the assistant's turn shows it.
fn spoken(good: &Good) -> Value {
    match &good.value {
        Value::Text(text) => Value::Text(text.clone()),
        other => Value::text(other.to_json().to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::kit::{Place, Run, Scripted, run, shown};
    use tamis_core::model::{Answer, Finish, TokenProb};

    fn ask(place: Place, config: &str, replies: &[&str]) -> Run {
        run::<ChatAsk>(place, config, Scripted::saying(replies))
    }

    fn pictures() -> Place {
        Place::new("a: image, b: image, more: list<image>, c: text").picture("a", 8, 8).picture("b", 4, 4)
    }

    #[test]
    fn texts_and_pictures_go_in_the_order_of_the_prompt() {
        let run = ask(pictures(), "{role: writer, prompt: 'Compare {{ b }} with {{ a }}.', into: x}", &["Smaller."]);
        assert_eq!(shown(&run.requests[0].messages), ["user: Compare <4x4> with <8x8> ."]);
        assert_eq!(run.get("x"), "Smaller.");
    }

    #[test]
    fn images_stand_before_a_prompt_that_shows_none() {
        let run = ask(pictures(), "{role: writer, prompt: Which is larger?, images: [a, b], into: x}", &["a"]);
        assert_eq!(shown(&run.requests[0].messages), ["user: <8x8> <4x4> Which is larger?"]);
    }

    #[test]
    fn hidden_system_and_shots_are_sent_and_not_emitted() {
        let place = pictures().file("shots.yaml", "- {user: U, assistant: A}").value("c", "two cats");
        let config = "{role: writer, system: S, shots: shots.yaml, hidden: 'Known: {{ c }}', images: [b], \
                       prompt: Describe., into: x, conversation_into: talk}";
        let run = ask(place, config, &["Cats."]);
        assert_eq!(
            shown(&run.requests[0].messages),
            ["system: S", "user: U", "assistant: A", "user: Known: two cats <4x4> Describe."]
        );
        assert_eq!(run.turns("talk"), ["user: <4x4> Describe.", "assistant: Cats."]);
    }

    #[test]
    fn history_goes_before_the_prompt_and_stays_in_the_conversation() {
        let config = "{role: writer, prompt: And now?, history: talk, into: x, conversation_into: talk}";
        let talk =
            Value::list(vec![Value::turn("user", vec!["Hi".into()]), Value::turn("assistant", vec!["Yo".into()])]);
        let run = ask(Place::new("talk: conversation").value("talk", talk), config, &["Bye"]);
        assert_eq!(shown(&run.requests[0].messages), ["user: Hi", "assistant: Yo", "user: And now?"]);
        assert_eq!(run.turns("talk"), ["user: Hi", "assistant: Yo", "user: And now?", "assistant: Bye"]);
    }

    #[test]
    fn a_reply_that_does_not_fit_gets_one_repair_turn() {
        let config = "{role: writer, prompt: Count., returns: '{n: int}', into: x}";
        let run = ask(Place::new(""), config, &["{\"n\": \"three\"}", "{\"n\": 3}"]);
        assert_eq!(run.get("x"), serde_json::json!({"n": 3}));
        let repair = shown(&run.requests[1].messages);
        assert_eq!(repair[1], "assistant: {\"n\": \"three\"}");
        assert!(repair[2].contains("at `n`: expected int, found \"three\""), "{repair:?}");
        assert_ne!(run.requests[0].seed, run.requests[1].seed);
    }

    #[test]
    fn a_second_reply_that_does_not_fit_fails_with_its_start() {
        let config = "{role: writer, prompt: Count., returns: '{n: int}', into: x}";
        let run = ask(Place::new(""), config, &["no", "still no"]);
        let error = run.failed();
        assert!(error.contains("{n: int}") && error.contains("\"still no\""), "{error}");
        assert_eq!(run.requests.len(), 2);
    }

    #[test]
    fn a_refusal_rejects_unless_kept() {
        let refusal = "I'm sorry, but I can't help with that.";
        let run_reject = ask(Place::new(""), "{role: writer, prompt: p, into: x}", &[refusal]);
        assert_eq!(run_reject.rejected(), "the model refused");
        let run_keep = ask(Place::new(""), "{role: writer, prompt: p, into: x, refusals: keep}", &[refusal]);
        assert_eq!(run_keep.get("x"), refusal);
        let typed = ask(Place::new(""), "{role: writer, prompt: p, returns: list<int>, into: x}", &[refusal]);
        assert_eq!(typed.rejected(), "the model refused");
        let filtered = Scripted::default().then("", Finish::Refused);
        let run_filter = run::<ChatAsk>(Place::new(""), "{role: writer, prompt: p, into: x}", filtered);
        assert_eq!(run_filter.rejected(), "the model refused");
    }

    #[test]
    fn an_answer_cut_off_is_rejected_kept_or_failed() {
        let cut = |option: &str| {
            let config = format!("{{role: writer, prompt: p, into: x{option}}}");
            run::<ChatAsk>(Place::new(""), &config, Scripted::default().then("Once upon", Finish::Length))
        };
        assert_eq!(cut("").rejected(), "the answer was cut off at the token limit");
        assert_eq!(cut(", truncated: keep").get("x"), "Once upon");
        assert!(cut(", truncated: fail").failed().contains("max_tokens"));
    }

    #[test]
    fn several_answers_make_a_list_or_vote() {
        let list = ask(Place::new(""), "{role: writer, prompt: p, n: 2, into: x}", &["a", "b"]);
        assert_eq!((list.get("x"), list.requests[0].n), (serde_json::json!(["a", "b"]), 2));
        let config = "{role: writer, prompt: p, n: 4, vote: true, returns: int, into: x, conversation_into: t}";
        let vote = ask(Place::new(""), config, &["1", "2", "broken", "{\"answer\": 2}"]);
        assert_eq!(vote.get("x"), 2);
        assert_eq!(vote.requests.len(), 1, "an answer that does not fit abstains");
        assert_eq!(vote.turns("t"), ["user: p", "assistant: 2"]);
    }

    #[test]
    fn log_probabilities_are_asked_for_and_kept_with_their_alternatives() {
        let token = |top| TokenProb { token: "Yes".into(), logprob: -0.25, top };
        let top = vec![("Yes".to_string(), -0.25), ("No".to_string(), -1.5)];
        let answer = |top| Answer { tokens: vec![token(top)], ..Answer::new("Yes", Finish::Stop) };
        let config = "{role: writer, prompt: p, into: x, logprobs_into: t, top_logprobs: 2}";
        let run = run::<ChatAsk>(Place::new(""), config, Scripted::default().answering(answer(top)));
        assert_eq!(run.requests[0].logprobs, Some(2));
        let likely = serde_json::json!([{"token": "Yes", "logprob": -0.25}, {"token": "No", "logprob": -1.5}]);
        assert_eq!(run.get("t"), serde_json::json!([{"token": "Yes", "logprob": -0.25, "top": likely}]));
        let ty = |config: &str| Place::new("").schema_behind::<ChatAsk>(config).get("t").unwrap().to_string();
        assert_eq!(ty(config), "list<{token: text, logprob: float, top: list<{token: text, logprob: float}>}>");
        let several = "{role: writer, prompt: p, into: x, logprobs_into: t, n: 2}";
        assert_eq!(ty(several), "list<list<{token: text, logprob: float}>>");
    }

    #[test]
    fn a_model_that_gives_no_log_probabilities_fails_the_record() {
        let error = ask(Place::new(""), "{role: writer, prompt: p, into: x, logprobs_into: t}", &["a"]).failed();
        assert!(error.contains("`writer` gave no log-probabilities"), "{error}");
        let problems = Place::new("").problems::<ChatAsk>("{role: writer, prompt: p, into: x, top_logprobs: 21}");
        assert_eq!(problems.len(), 2, "{problems:?}");
    }

    #[test]
    fn seeds_belong_to_record_and_step() {
        let seed = || ask(Place::new(""), "{role: writer, prompt: p, into: x}", &["a"]).requests[0].seed;
        assert_eq!(seed(), seed());
    }

    #[test]
    fn every_file_a_field_can_name_is_checked_before_the_run() {
        let place = || Place::new("kind: enum(short|long)").file("p/short.md", "Be short.").value("kind", "short");
        let config = "{role: writer, prompt: 'p/{{ kind }}.md', into: x}";
        let problems = place().problems::<ChatAsk>(config);
        assert!(problems[0].contains("p/long.md"), "{problems:?}");
        let wrong = place().file("p/long.md", "{{ nothing }}").problems::<ChatAsk>(config);
        assert!(wrong[0].contains("`nothing`"), "{wrong:?}");
        let run = ask(place().file("p/long.md", "Be long."), config, &["ok"]);
        assert_eq!(shown(&run.requests[0].messages), ["user: Be short."]);
    }

    #[test]
    fn all_problems_are_told_at_once_with_their_option() {
        let config = "{role: wrtier, prompt: '{{ nothing }}', returns: image, n: 65, temperature: 3, into: x}";
        let problems = Place::new("").problems::<ChatAsk>(config);
        let at: Vec<&str> = problems.iter().filter_map(|p| p.split(':').next()).collect();
        assert_eq!(at, ["role", "prompt", "n", "returns", "temperature"]);
    }

    #[test]
    fn a_picture_is_sent_undecoded() {
        let broken = Place::new("a: image").held("a", b"\xff\xd8\xff no picture at all");
        let run = ask(broken, "{role: writer, prompt: 'See {{ a }}', into: x}", &["ok"]);
        assert_eq!(run.get("x"), "ok");
    }
}
