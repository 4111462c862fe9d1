//! `chat.ask`

use std::collections::BTreeMap;

use futures::future::{BoxFuture, FutureExt};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::model::{Message, Part, RoleKind, Speaker};
use tamis_core::operator::{Bound, Context, OperatorConfig, Process, Verdict};
use tamis_core::record::StoryEvent;
use tamis_core::schema::Field;
use tamis_core::template::{Template, Vars};
use tamis_core::{Name, Record, StepError, Type, Value};

use super::answer::Expected;
use super::call::{self, Call, Good, Refusals, Truncated};
use super::messages::{self, say};
use super::shots;
use super::variants::Variants;
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
/// Reads the fields named in the texts, `images` and `history`. Writes `into` and `conversation_into`. A refusal and an
/// answer cut off at the token limit reject the record.
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
        let template = |scope: &mut Scope<'_>, at: &str, source: &str| scope.template(at, source);
        let prompt = Variants::load(scope, "prompt", &self.prompt, template);
        let system = self.system.map(|source| Variants::load(scope, "system", &source, template));
        let hidden = self.hidden.map(|source| Variants::load(scope, "hidden", &source, template));
        let shots = self.shots.map(|source| Variants::load(scope, "shots", &source, shots::load));
        let images = messages::picture_fields(scope, "images", &self.images);
        let history = self.history.map(|name| history(scope, &name));
        let n = check_n(scope, self.n, self.vote, self.conversation_into.is_some());
        let expected = Expected::of(&self.returns);
        if expected.is_none() {
            scope.problem("returns", format!("a chat role writes text and cannot answer with {}", self.returns));
        }
        let field = framed(scope, self.returns, self.of.as_deref());
        let sampling = call::sampling(scope, self.temperature, self.top_p, self.max_tokens, self.stop, self.extra);
        let several = self.n > 1 && !self.vote;
        let field = field.map(|field| if several { Field { ty: Type::list(field.ty), of: field.of } } else { field });
        let into = field.and_then(|field| scope.write("into", &self.into, field));
        let conversation_into =
            self.conversation_into.map(|name| scope.write("conversation_into", &name, Type::Conversation));
        let expected = expected?;
        let call = Call {
            role: role?,
            schema: expected.schema.clone(),
            wanted: wanted(&expected),
            n: n?,
            one_is_enough: self.vote,
            sampling,
            refusals: self.refusals,
            truncated: self.truncated,
        };
        Bound::process(Ask {
            call,
            prompt: prompt?,
            // An option that is given has to have bound.
            system: system.map_or(Some(None), |s| s.map(Some))?,
            hidden: hidden.map_or(Some(None), |h| h.map(Some))?,
            shots: shots.map_or(Some(None), |s| s.map(Some))?,
            images: images?,
            history: history.map_or(Some(None), |h| h.map(Some))?,
            expected,
            vote: self.vote,
            several,
            into: into?,
            conversation_into: conversation_into.map_or(Some(None), |c| c.map(Some))?,
        })
    }
}

fn history(scope: &mut Scope<'_>, name: &str) -> Option<FieldRef> {
    let field = scope.read_any("history", name)?;
    if field.ty.required().fits(&Type::Conversation) {
        return Some(field);
    }
    scope.problem("history", format!("expected conversation, but `{name}` is {}", field.ty));
    None
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
    prompt: Variants<Template>,
    system: Option<Variants<Template>>,
    hidden: Option<Variants<Template>>,
    shots: Option<Variants<Vec<Message>>>,
    images: Vec<FieldRef>,
    history: Option<FieldRef>,
    expected: Expected,
    vote: bool,
    several: bool,
    into: Name,
    conversation_into: Option<Name>,
}

impl Process for Ask {
    fn run<'a>(&'a self, record: &'a mut Record, ctx: &'a Context<'a>) -> BoxFuture<'a, Result<Verdict, StepError>> {
        async move {
            let exchange = self.exchange(record, ctx)?;
            let read = |reply: &str| self.expected.read(reply);
            let answers = match self.call.ask(record, ctx, exchange.messages, &read).await? {
                Ok(answers) => answers,
                Err(verdict) => return Ok(verdict),
            };
            let answer = if self.vote { majority(answers, record, ctx) } else { answers };
            if let Some(name) = &self.conversation_into {
                let mut turns = exchange.before;
                turns.push(messages::turn(Speaker::User, &exchange.prompt));
                turns.extend(answer.first().map(|good| Value::turn("assistant", vec![spoken(good)])));
                record.set(name, Value::list(turns));
            }
            let mut values: Vec<Value> = answer.into_iter().map(|good| good.value).collect();
            let value = if self.several { Value::list(values) } else { values.swap_remove(0) };
            record.set(&self.into, value);
            Ok(Verdict::Pass)
        }
        .boxed()
    }
}

/// What is sent, and what of it the emitted conversation keeps.
struct Exchange {
    messages: Vec<Message>,
    before: Vec<Value>,
    prompt: Vec<Part>,
}

impl Ask {
    fn exchange(&self, record: &Record, ctx: &Context<'_>) -> Result<Exchange, StepError> {
        let vars = Vars::of(record, ctx);
        let mut messages = Vec::new();
        if let Some(system) = &self.system {
            let text = system.of(record)?.render(&vars).map_err(|e| StepError::failed(format!("system: {e}")))?;
            messages.push(Message::text(Speaker::System, text.trim()));
        }
        if let Some(shots) = &self.shots {
            messages.extend(shots.of(record)?.iter().cloned());
        }
        let mut before = Vec::new();
        if let Some(history) = &self.history {
            for turn in history.get(record).as_list().unwrap_or_default() {
                let message = messages::message(&history.name, turn)?;
                // A system message of this step takes the place of an earlier one.
                if message.speaker != Speaker::System {
                    messages.push(message);
                } else if self.system.is_none() {
                    messages.insert(0, message);
                }
                before.push(turn.clone());
            }
        }
        let render = |name: &str, template: &Variants<Template>| {
            template.of(record)?.render_parts(&vars).map_err(|e| StepError::failed(format!("{name}: {e}")))
        };
        let mut user = self.hidden.as_ref().map_or(Ok(Vec::new()), |hidden| render("hidden", hidden))?;
        let mut prompt = render("prompt", &self.prompt)?;
        if !messages::show_a_picture(&prompt) {
            prompt.splice(0..0, messages::pictures(&self.images, record));
        }
        if prompt.is_empty() {
            return Err(StepError::failed("the prompt is empty"));
        }
        user.extend(prompt.iter().cloned());
        say(&mut messages, Message { speaker: Speaker::User, parts: user });
        Ok(Exchange { messages, before, prompt })
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
    use tamis_core::model::Finish;

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
