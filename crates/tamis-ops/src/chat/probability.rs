//! `chat.probability`

use std::collections::BTreeMap;

use futures::future::{BoxFuture, FutureExt};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use tamis_core::bind::Scope;
use tamis_core::model::{ChatRequest, Finish, Request, RoleKind, Sampling, TokenProb};
use tamis_core::operator::{Bound, Context, OperatorConfig, Process, Reject, Verdict};
use tamis_core::{Name, Record, StepError, Type, Value};

use super::call;
use super::messages::only_pictures;
use super::prompt::{Options, Prompt, optional};
use super::tokens;

/// How likely a model finds each of a few answers: a score in place of a word.
///
/// For yes/no questions whose certainty counts ("Does the picture show {{ caption }}?"), for multiple choice, for a judge
/// that can be ranked by. One call: the probabilities of the answers at the first token, from the alternatives that the
/// server lists there, divided by their sum. Ask so that the model answers at once, with one word.
///
/// Two limits. An answer is found by its first token only, without regard to white space before it: of an answer of
/// several tokens, name the first one (`{ unsure: [uns] }`). And servers list at most 20 alternatives, some 5: an answer
/// that is not among them counts as 0, however likely it is beside the others. `mass_into` tells how much of the
/// probability the answers had together; where it is small, the model would have said something else.
///
/// Reads the fields named in the texts, `images` and `history`. Writes `into`, such as `{yes: 0.8, no: 0.2}`, and
/// `mass_into`. Rejects a record when none of the answers is among the alternatives, or when they have less than
/// `min_mass`.
///
/// # Example
///
/// ```yaml example
/// step:
///   chat.probability:
///     role: judge
///     prompt: "{{ image }} Does this picture show {{ caption }}? Answer with yes or no."
///     answers: [yes, no]
///     into: shown
///     mass_into: sure
/// types: { image: image }
/// images: { image: 64x48 }
/// in: { caption: a dog }
/// replies:
///   - text: "Yes"
///     finish: length
///     tokens:
///       - { token: "Yes", logprob: -0.693147180559945, top: [["Yes", -0.693147180559945], ["No", -2.07944154167984], [" yes", -2.07944154167984]] }
/// out: { shown: { yes: 0.833333333333333, no: 0.166666666666667 }, sure: 0.75 }
/// ```
///
/// Source: VQAScore (arXiv:2404.01291).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChatProbability {
    /// The chat role that is asked; its server has to give log-probabilities.
    role: String,
    /// System message: a text or a file, a template either way. Default: none.
    system: Option<String>,
    /// A conversation whose turns are sent before the prompt; may be missing.
    history: Option<String>,
    /// What is asked: a text or a file, a template either way. Pictures stand where it names them.
    prompt: String,
    /// Pictures put before the prompt if the prompt itself shows none: fields of type `image` or `list<image>`; missing
    /// ones are left out.
    #[serde(default)]
    images: Vec<String>,
    /// The answers, 2 to 20: a list of words (`[yes, no]`), or names with the first tokens that count for each
    /// (`{ yes: [yes, sure], no: [no] }`).
    answers: Answers,
    /// Whether upper and lower case differ. Default: false, so that `Yes` and `yes` are one answer.
    #[serde(default)]
    case_sensitive: bool,
    /// The field for the probabilities: a float for each answer, together 1.
    into: String,
    /// A field for the probability that the answers have together, before they are divided by it, 0 to 1. Default: none.
    mass_into: Option<String>,
    /// The least such probability, 0 to 1. Default 0.
    #[serde(default)]
    min_mass: f64,
    /// How many alternatives are asked for, 1 to 20. Default 20.
    #[serde(default = "twenty")]
    top_logprobs: u8,
    /// Most tokens that the model writes; what is behind the first is not looked at. Default 1.
    #[serde(default = "one")]
    max_tokens: u32,
    /// Fields passed to the server as they are. Temperature and nucleus are 1, so that probabilities are the model's own.
    #[serde(default)]
    extra: BTreeMap<String, Json>,
}

/// Answers as written in a recipe.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(try_from = "Json")]
#[schemars(untagged)]
enum Answers {
    /// words that are their own first tokens
    Words(Vec<String>),
    /// names with their first tokens
    Spelt(IndexMap<String, Vec<String>>),
}

impl TryFrom<Json> for Answers {
    type Error = String;

    fn try_from(json: Json) -> Result<Answers, String> {
        let wrong = || format!("expected `[yes, no]` or `{{ yes: [yes, sure], no: [no] }}`, found {json}");
        match &json {
            Json::Array(_) => Deserialize::deserialize(&json).map(Answers::Words).map_err(|_| wrong()),
            _ => Deserialize::deserialize(&json).map(Answers::Spelt).map_err(|_| wrong()),
        }
    }
}

fn twenty() -> u8 {
    20
}

fn one() -> u32 {
    1
}

impl OperatorConfig for ChatProbability {
    const NAME: &'static str = "chat.probability";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let role = scope.role("role", &self.role, RoleKind::Chat);
        let prompt = Prompt::bind(
            scope,
            &Options {
                system: self.system.as_deref(),
                history: self.history.as_deref(),
                prompt: Some(&self.prompt),
                images: &self.images,
                ..Options::default()
            },
        );
        let answers = check_answers(scope, self.answers, self.case_sensitive);
        if !(0.0..=1.0).contains(&self.min_mass) {
            scope.problem("min_mass", format!("expected 0 to 1, found {}", self.min_mass));
        }
        if !(1..=20).contains(&self.top_logprobs) {
            scope.problem("top_logprobs", format!("expected 1 to 20, found {}", self.top_logprobs));
        }
        let whole = Some(1.0);
        let sampling = call::sampling(scope, whole, whole, Some(self.max_tokens), Vec::new(), self.extra);
        let members = answers.iter().flat_map(IndexMap::keys).map(|name| (name.clone(), Type::Float));
        let into = scope.write("into", &self.into, Type::Struct(members.collect()));
        let mass_into = optional(self.mass_into, |name| scope.write("mass_into", &name, Type::Float));
        Bound::process(Probability {
            role: role?,
            prompt: prompt?,
            answers: answers?,
            case_sensitive: self.case_sensitive,
            min_mass: self.min_mass,
            top: self.top_logprobs,
            sampling,
            into: into?,
            mass_into: mass_into?,
        })
    }
}

/// The first tokens of each answer, as they are compared.
type Tokens = IndexMap<Name, Vec<String>>;

fn check_answers(scope: &mut Scope<'_>, answers: Answers, case_sensitive: bool) -> Option<Tokens> {
    let spelt: Vec<(String, Vec<String>)> = match answers {
        Answers::Words(words) => words.into_iter().map(|word| (word.clone(), vec![word])).collect(),
        Answers::Spelt(spelt) => spelt.into_iter().collect(),
    };
    if !(2..=20).contains(&spelt.len()) {
        scope.problem("answers", format!("expected 2 to 20 answers, found {}", spelt.len()));
        return None;
    }
    let mut found = Tokens::new();
    let mut whole = true;
    for (name, tokens) in spelt {
        let tokens: Vec<String> = tokens.iter().map(|token| compared(token, case_sensitive)).collect();
        let letters = name.starts_with(char::is_alphabetic) && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        let taken = tokens.iter().find(|token| found.values().any(|others| others.contains(token)));
        let problem = if !letters {
            Some(format!("`{name}` cannot name an answer: letters, digits and `_`; write `{{ name: [{name}], .. }}`"))
        } else if tokens.is_empty() || tokens.iter().any(String::is_empty) {
            Some(format!("expected the first tokens of `{name}`, found nothing"))
        } else {
            taken.map(|token| format!("`{token}` counts for two answers"))
        };
        if let Some(problem) = problem {
            scope.problem("answers", problem);
            whole = false;
        }
        found.insert(name.as_str().into(), tokens);
    }
    whole.then_some(found)
}

/// A token without the marks of white space that tokenizers put before words.
fn compared(token: &str, case_sensitive: bool) -> String {
    let bare = token.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{2581}' | '\u{120}' | '\u{10a}'));
    if case_sensitive { bare.to_string() } else { bare.to_lowercase() }
}

struct Probability {
    role: Name,
    prompt: Prompt,
    answers: Tokens,
    case_sensitive: bool,
    min_mass: f64,
    top: u8,
    sampling: Sampling,
    into: Name,
    mass_into: Option<Name>,
}

impl Process for Probability {
    fn run<'a>(&'a self, record: &'a mut Record, ctx: &'a Context<'a>) -> BoxFuture<'a, Result<Verdict, StepError>> {
        async move {
            let messages = self.prompt.exchange(record, ctx)?.asked(None)?;
            messages.iter().try_for_each(|message| only_pictures(&message.parts))?;
            let request = ChatRequest {
                messages,
                schema: None,
                n: 1,
                seed: ctx.rng(record).bits(),
                sampling: self.sampling.clone(),
                logprobs: Some(self.top),
            };
            let reply = ctx.call(record, &self.role, Request::Chat(request)).await?;
            let answer = call::answers(&self.role, 1, reply)?.swap_remove(0);
            if answer.finish == Finish::Refused {
                return Ok(Reject::because("the model refused", [("reply", Value::text(answer.text))]));
            }
            tokens::given(&self.role, &answer.tokens)?;
            Ok(self.decide(record, &answer.tokens[0]))
        }
        .boxed()
    }
}

impl Probability {
    fn decide(&self, record: &mut Record, first: &TokenProb) -> Verdict {
        let likely = alternatives(first);
        let masses: Vec<f64> = self.answers.values().map(|tokens| self.mass(tokens, &likely)).collect();
        // Rounded logarithms may add up to a little more than 1.
        let mass = masses.iter().sum::<f64>().min(1.0);
        if mass <= 0.0 {
            let tokens = likely.iter().map(|(token, _)| Value::text(*token)).collect();
            let values = [("tokens", Value::list(tokens))];
            return Reject::because("none of the answers is among the likely first tokens", values);
        }
        if mass < self.min_mass {
            let values = [("mass", Value::Float(mass)), ("min_mass", Value::Float(self.min_mass))];
            return Reject::because("the answers are too unlikely", values);
        }
        let total: f64 = masses.iter().sum();
        let shares = masses.iter().map(|mass| Value::Float(mass / total));
        record.set(&self.into, Value::map(self.answers.keys().cloned().zip(shares)));
        if let Some(name) = &self.mass_into {
            record.set(name, mass);
        }
        Verdict::Pass
    }

    fn mass(&self, tokens: &[String], likely: &[(&str, f64)]) -> f64 {
        let counts = |token: &str| tokens.contains(&compared(token, self.case_sensitive));
        likely.iter().filter(|(token, _)| counts(token)).map(|(_, logprob)| logprob.min(0.0).exp()).sum()
    }
}

/// What could have stood in a place, the token that does included.
fn alternatives(token: &TokenProb) -> Vec<(&str, f64)> {
    let mut all: Vec<(&str, f64)> =
        token.top.iter().filter(|(_, p)| !p.is_nan()).map(|(token, p)| (token.as_str(), *p)).collect();
    if !all.iter().any(|(other, _)| *other == token.token) {
        all.push((&token.token, token.logprob));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::kit::{Place, Run, Scripted, run};
    use tamis_core::model::Answer;

    fn ask(config: &str, likely: &[(&str, f64)]) -> Run {
        let top: Vec<(String, f64)> = likely.iter().map(|(token, p)| (token.to_string(), p.ln())).collect();
        let token = |(token, logprob): (String, f64)| TokenProb { token, logprob, top: top.clone() };
        let answer = Answer {
            tokens: top.first().cloned().map(token).into_iter().collect(),
            ..Answer::new("x", Finish::Length)
        };
        let config = format!("{{role: writer, prompt: p, into: x, {config}}}");
        run::<ChatProbability>(Place::new(""), &config, Scripted::default().answering(answer))
    }

    fn shares(run: &Run) -> Vec<i64> {
        run.value("x").as_map().unwrap().values().map(|p| (p.as_float().unwrap() * 100.0).round() as i64).collect()
    }

    #[test]
    fn spellings_of_an_answer_add_up_and_the_answers_to_one() {
        let likely = [("Yes", 0.3), ("\u{2581}yes", 0.1), ("\u{120}No", 0.1), ("Maybe", 0.5)];
        let run = ask("answers: ['yes', 'no'], mass_into: m", &likely);
        assert_eq!(shares(&run), [80, 20]);
        assert!((run.value("m").as_float().unwrap() - 0.5).abs() < 1e-12);
        assert_eq!(run.requests[0].logprobs, Some(20));
        assert_eq!((run.requests[0].sampling.max_tokens, run.requests[0].sampling.temperature), (Some(1), Some(1.0)));
        assert_eq!(shares(&ask("answers: ['yes', 'no'], case_sensitive: true", &likely)), [100, 0]);
        assert_eq!(shares(&ask("answers: {good: ['yes', maybe], bad: ['no']}", &likely)), [90, 10]);
    }

    #[test]
    fn answers_that_are_not_among_the_alternatives_reject_the_record() {
        let likely = [("The", 0.9), ("A", 0.1)];
        assert_eq!(
            ask("answers: ['yes', 'no']", &likely).rejected(),
            "none of the answers is among the likely first tokens"
        );
        let unlikely = [("The", 0.9), ("Yes", 0.1)];
        assert_eq!(shares(&ask("answers: ['yes', 'no']", &unlikely)), [100, 0]);
        assert_eq!(ask("answers: ['yes', 'no'], min_mass: 0.5", &unlikely).rejected(), "the answers are too unlikely");
    }

    #[test]
    fn the_token_that_was_taken_counts_without_a_list_of_alternatives() {
        let token = TokenProb { token: "No".into(), logprob: -0.1, top: vec![] };
        let answer = Answer { tokens: vec![token], ..Answer::new("No", Finish::Length) };
        let config = "{role: writer, prompt: p, into: x, answers: ['yes', 'no']}";
        let run = run::<ChatProbability>(Place::new(""), config, Scripted::default().answering(answer));
        assert_eq!(shares(&run), [0, 100]);
    }

    #[test]
    fn no_log_probabilities_fail_and_a_refusal_rejects() {
        assert!(ask("answers: ['yes', 'no']", &[]).failed().contains("gave no log-probabilities"));
        let config = "{role: writer, prompt: p, into: x, answers: ['yes', 'no']}";
        let refused = Scripted::default().then("", Finish::Refused);
        assert_eq!(run::<ChatProbability>(Place::new(""), config, refused).rejected(), "the model refused");
    }

    #[test]
    fn problems_name_their_option() {
        let told = |config: &str| {
            let config = format!("{{role: writer, prompt: p, into: x, {config}}}");
            Place::new("").problems::<ChatProbability>(&config).join("\n")
        };
        assert!(told("answers: ['yes']").starts_with("answers: expected 2 to 20"));
        assert!(told("answers: ['yes', 'Yes']").contains("`yes` counts for two answers"));
        assert!(told("answers: ['yes', not sure]").contains("cannot name an answer"));
        assert!(told("answers: {a: [], b: [x]}").contains("found nothing"));
        let three = told("answers: [a, b], min_mass: 2, top_logprobs: 21, max_tokens: 0");
        assert_eq!(three.lines().count(), 3, "{three}");
    }
}
