//! `chat.judge`

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use tamis_core::bind::Scope;
use tamis_core::model::{Message, Part, RoleKind};
use tamis_core::operator::{Bound, Context, OperatorConfig, Process, Reject, Verdict};
use tamis_core::template::{Expression, Template, Vars};
use tamis_core::{Name, Record, StepError, Type, Value};

use super::answer::Expected;
use super::axis::{Axis, Scale};
use super::call::{self, Call, Good, Refusals, Truncated};
use super::prompt::{self, Options, Prompt, optional};
use super::variants::Variants;

/// Has a chat role score a record on named axes, and gates by the scores.
///
/// The request holds the turns of `history`, then one user message: `images`, `prompt`, the axes with their scales, the
/// `rubric` and the form of the reply, written by this step. With `reply_format: json` the scores come as a typed answer
/// with one repair turn; with `marks` the judge writes freely and ends with its score as `[[n]]`, for models that judge
/// better in prose. Then, in this order, counts
///
/// 1. the last `[[n]]` whose number is on the scale,
/// 2. else the last number on the scale that stands anywhere in the reply,
/// 3. else the score of `missing`, or without that option none: a score that is not there meets no `require`.
///
/// Reads the fields named in the texts, `images` and `history`. Writes `into`: for each axis `{score}`, and the `reason`, such as
/// `{solvable: {score: 4}, reason: ..}`. If `require` does not hold, rejects the record with the scores.
///
/// # Example
///
/// ```yaml example
/// step:
///   chat.judge:
///     role: judge
///     prompt: "A question about {{ image }}: {{ question }}"
///     axes:
///       solvable: { about: The picture is enough to answer the question., scale: [1, 5] }
///       relevant: { about: The question is about this picture., scale: yes-no }
///     require: solvable >= 3 and relevant
///     into: judgement
/// types: { image: image, question: text }
/// images: { image: 64x48 }
/// in: { question: Solve the function problem. }
/// replies: ['{"reason": "No function is shown.", "solvable": {"score": 1}, "relevant": {"score": false}}']
/// rejects: solvable >= 3
/// ```
///
/// A judge that writes prose, and a number for replies without a score:
///
/// ```yaml example
/// step:
///   chat.judge:
///     role: judge
///     prompt: "{{ question }}"
///     axes: { clarity: { about: Only one thing can be meant., scale: [1, 5] } }
///     reply_format: marks
///     missing: -1
///     into: judgement
/// in: { question: And the other one? }
/// replies: ["It is hard to say which one is meant."]
/// out: { judgement: { reason: It is hard to say which one is meant., clarity: { score: -1 } } }
/// ```
///
/// Source of `marks`: Oasis (arXiv:2503.08741), whose four axes are scored so, with -1 where there is no number.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChatJudge {
    /// The chat role that judges.
    role: String,
    /// System message: a text or a file, a template either way. Default: none.
    system: Option<String>,
    /// What is judged: a text or a file, a template either way. Pictures stand where it names them.
    prompt: String,
    /// Pictures put before the prompt if the prompt itself shows none: fields of type `image` or `list<image>`; missing
    /// ones are left out.
    #[serde(default)]
    images: Vec<String>,
    /// A conversation whose turns are sent before the prompt; may be missing.
    history: Option<String>,
    /// The axes: `{name: {about: what is scored, scale: [1, 5]}}`. A scale is `[low, high]` in whole numbers, in
    /// decimals if a bound is written as one (`[0.0, 1.0]`), or `yes-no`.
    axes: IndexMap<Name, Axis>,
    /// How to score, in words: a text or a file, a template either way.
    rubric: Option<String>,
    /// Which reasons the judge gives: `overall` (default) one for all, `each` one for each axis beside that, `none`.
    #[serde(default)]
    reasons: Reasons,
    /// `json` (default) or `marks`; `marks` scores a single axis.
    #[serde(default)]
    reply_format: ReplyFormat,
    /// With `marks`: the score where the reply holds none, such as -1; it may lie off the scale. Default: the score is
    /// missing.
    missing: Option<f64>,
    /// A condition over the axes, each named as itself, and the record's fields: `solvable >= 3 and clarity >= 3`. An
    /// axis hides a field of its name.
    require: Option<String>,
    /// What becomes of a record that does not meet `require`: `reject` (default) or `keep`.
    #[serde(default)]
    on_fail: OnFail,
    /// The field for the scores.
    into: String,
    /// A field that says whether `require` holds.
    verdict_into: Option<String>,
    /// Temperature, 0 (greedy) to 2. Default: the server's.
    temperature: Option<f64>,
    /// Nucleus sampling, above 0 to 1. Default: the server's.
    top_p: Option<f64>,
    /// Most tokens in the reply. Default: the server's.
    max_tokens: Option<u32>,
    /// Texts at which the reply ends.
    #[serde(default)]
    stop: Vec<String>,
    /// Fields passed to the server as they are: `{top_k: 20}`.
    #[serde(default)]
    extra: BTreeMap<String, Json>,
}

/// Which reasons a judge gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Reasons {
    /// one for all axes
    #[default]
    Overall,
    /// one for each axis, and one for all
    Each,
    /// none
    None,
}

/// How a judge replies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum ReplyFormat {
    /// as JSON
    #[default]
    Json,
    /// in prose with `[[n]]`
    Marks,
}

/// What becomes of a record that does not meet the requirement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum OnFail {
    /// it is rejected
    #[default]
    Reject,
    /// it goes on
    Keep,
}

impl OperatorConfig for ChatJudge {
    const NAME: &'static str = "chat.judge";

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
        let rubric = optional(self.rubric, |source| prompt::template(scope, "rubric", &source));
        let marks = self.reply_format == ReplyFormat::Marks;
        let axes = check_axes(scope, self.axes, marks);
        let missing = optional(self.missing, |score| check_missing(scope, score, &axes, marks));
        let ty = judgement(&axes, self.reasons, marks, self.missing.is_some());
        let require = self.require.map(|source| {
            let mut seen = scope.schema().clone();
            axes.iter().for_each(|(name, axis)| seen.set(name.clone(), axis.scale.ty()));
            scope.expression_seeing("require", &source, &seen)
        });
        if require.is_none() && (self.verdict_into.is_some() || self.on_fail == OnFail::Keep) {
            let at = if self.verdict_into.is_some() { "verdict_into" } else { "on_fail" };
            scope.problem(at, "there is no verdict without `require`");
        }
        let sampling = call::sampling(scope, self.temperature, self.top_p, self.max_tokens, self.stop, self.extra);
        let into = scope.write("into", &self.into, ty.clone());
        let verdict_into = self.verdict_into.map(|name| scope.write("verdict_into", &name, Type::Bool));
        let expected = Expected::of(if marks { &Type::Text } else { &ty })?;
        let call = Call {
            role: role?,
            schema: expected.schema.as_deref().map(|schema| Arc::new(bounded(schema.clone(), &axes))),
            wanted: format!("JSON for {ty}"),
            n: 1,
            one_is_enough: false,
            sampling,
            logprobs: None,
            refusals: Refusals::Reject,
            truncated: Truncated::Reject,
        };
        Bound::process(Judge {
            call,
            expected,
            form: form(&axes, self.reasons, marks),
            axes,
            marks,
            missing: missing?,
            prompt: prompt?,
            rubric: rubric?,
            // An option that is given has to have bound.
            require: require.map_or(Some(None), |r| r.map(Some))?,
            on_fail: self.on_fail,
            into: into?,
            verdict_into: verdict_into.map_or(Some(None), |v| v.map(Some))?,
        })
    }
}

fn check_axes(scope: &mut Scope<'_>, axes: IndexMap<Name, Axis>, marks: bool) -> IndexMap<Name, Axis> {
    if axes.is_empty() {
        scope.problem("axes", "expected at least one axis");
    }
    if marks && axes.len() > 1 {
        let message = format!("`[[n]]` holds one score, but there are {} axes", axes.len());
        scope.problem_with_help("reply_format", message, "use `reply_format: json`, or a step for each axis");
    }
    for (name, axis) in &axes {
        let letters = name.chars().all(|c| c.is_alphanumeric() || c == '_');
        if !letters || !name.starts_with(char::is_alphabetic) || &**name == "reason" {
            let message = format!("`{name}` cannot name an axis: letters, digits and `_`, not `reason`");
            scope.problem("axes", message);
        }
        if let Err(why) = axis.scale.check() {
            scope.problem(&format!("axes.{name}.scale"), why);
        }
        if marks && axis.scale == Scale::YesNo {
            scope.problem(&format!("axes.{name}.scale"), "`[[n]]` holds a number; use `[0, 1]`");
        }
    }
    axes
}

/// The score for replies without one, in the type of the only axis.
fn check_missing(scope: &mut Scope<'_>, score: f64, axes: &IndexMap<Name, Axis>, marks: bool) -> Option<Value> {
    if !marks {
        scope.problem("missing", "a typed answer always holds its scores; this is for `reply_format: marks`");
        return None;
    }
    let decimal = matches!(axes.values().next()?.scale, Scale::Decimal(..));
    if !decimal && score.fract() != 0.0 {
        scope.problem("missing", format!("expected a whole number, as on the scale, found {score}"));
        return None;
    }
    Some(if decimal { Value::Float(score) } else { Value::Int(score as i64) })
}

/// The type of the scores. A reason comes first: a model that reasons before it scores scores better.
fn judgement(axes: &IndexMap<Name, Axis>, reasons: Reasons, marks: bool, never_missing: bool) -> Type {
    let mut members = IndexMap::new();
    if marks || reasons != Reasons::None {
        members.insert(Name::from("reason"), Type::Text);
    }
    for (name, axis) in axes {
        let mut member = IndexMap::new();
        if reasons == Reasons::Each && !marks {
            member.insert(Name::from("reason"), Type::Text);
        }
        let score = axis.scale.ty();
        member.insert(Name::from("score"), if marks && !never_missing { Type::optional(score) } else { score });
        members.insert(name.clone(), Type::Struct(member));
    }
    Type::Struct(members)
}

/// The schema with the bounds of each scale.
fn bounded(mut schema: Json, axes: &IndexMap<Name, Axis>) -> Json {
    for (name, axis) in axes {
        if let Some((low, high)) = axis.scale.bounds() {
            let score = &mut schema["properties"][&**name]["properties"]["score"];
            score["minimum"] = low;
            score["maximum"] = high;
        }
    }
    schema
}

/// The words that ask for the scores; the rubric stands between the two.
fn form(axes: &IndexMap<Name, Axis>, reasons: Reasons, marks: bool) -> [String; 2] {
    let lines: Vec<String> =
        axes.iter().map(|(name, axis)| format!("- {name} ({}): {}", axis.scale, axis.about.trim())).collect();
    let about = if axes.len() == 1 { "this axis" } else { "each of these axes" };
    let reply = match marks {
        true => "Give your reasons first, then end with the score in double brackets, such as [[n]].".to_string(),
        false => format!("Reply with JSON of this form: {{{}}}", members(axes, reasons).join(", ")),
    };
    [format!("Score on {about}:\n{}", lines.join("\n")), reply]
}

fn members(axes: &IndexMap<Name, Axis>, reasons: Reasons) -> Vec<String> {
    const REASON: &str = "\"reason\": \"...\"";
    let overall = (reasons != Reasons::None).then(|| REASON.to_string());
    let each = if reasons == Reasons::Each { format!("{REASON}, ") } else { String::new() };
    let axes = axes.iter().map(|(name, axis)| format!("\"{name}\": {{{each}\"score\": <{}>}}", axis.scale));
    overall.into_iter().chain(axes).collect()
}

struct Judge {
    call: Call,
    expected: Expected,
    axes: IndexMap<Name, Axis>,
    form: [String; 2],
    marks: bool,
    missing: Option<Value>,
    prompt: Prompt,
    rubric: Option<Variants<Template>>,
    require: Option<Expression>,
    on_fail: OnFail,
    into: Name,
    verdict_into: Option<Name>,
}

impl Process for Judge {
    fn run<'a>(&'a self, record: &'a mut Record, ctx: &'a Context<'a>) -> BoxFuture<'a, Result<Verdict, StepError>> {
        async move {
            let messages = self.messages(record, ctx)?;
            let judgement = match self.call.ask(record, ctx, messages, &|reply| self.read(reply)).await? {
                Ok(answers) => answers.into_iter().next().map(|Good { value, .. }| value).unwrap_or_default(),
                Err(verdict) => return Ok(verdict),
            };
            let scores = self.scores(&judgement);
            record.set(&self.into, judgement);
            self.decide(record, ctx, scores)
        }
        .boxed()
    }
}

impl Judge {
    fn messages(&self, record: &Record, ctx: &Context<'_>) -> Result<Vec<Message>, StepError> {
        let [axes, reply] = &self.form;
        let rubric = match &self.rubric {
            Some(rubric) => {
                let text = rubric.of(record)?.render(&Vars::of(record, ctx));
                format!("{}\n\n", text.map_err(|e| StepError::failed(format!("rubric: {e}")))?.trim())
            }
            None => String::new(),
        };
        let form = Part::Text(format!("{axes}\n\n{rubric}{reply}").into());
        self.prompt.exchange(record, ctx)?.asked(Some(form))
    }

    fn read(&self, reply: &str) -> Result<Value, String> {
        let value = self.expected.read(reply)?;
        if self.marks {
            let scores = self.axes.iter().map(|(name, axis)| {
                let score = axis.scale.last_in(reply).or_else(|| self.missing.clone()).unwrap_or_default();
                (name.clone(), Value::map([("score", score)]))
            });
            return Ok(Value::map([(Name::from("reason"), value)].into_iter().chain(scores)));
        }
        for (name, axis) in &self.axes {
            let score = value.get(name).and_then(|axis| axis.get("score")).unwrap_or(&Value::Null);
            axis.scale.admits(score).map_err(|why| format!("at `{name}.score`: {why}"))?;
        }
        Ok(value)
    }

    fn scores(&self, judgement: &Value) -> Vec<(Name, Value)> {
        let score = |name: &Name| judgement.get(name).and_then(|axis| axis.get("score")).cloned().unwrap_or_default();
        self.axes.keys().map(|name| (name.clone(), score(name))).collect()
    }

    fn decide(&self, record: &mut Record, ctx: &Context<'_>, scores: Vec<(Name, Value)>) -> Result<Verdict, StepError> {
        let Some(require) = &self.require else { return Ok(Verdict::Pass) };
        let missing = scores.iter().any(|(_, score)| score.is_null());
        // A score that is missing meets no requirement.
        let holds = !missing
            && require.holds(&Vars::of(record, ctx).with(scores.iter().cloned())).map_err(StepError::failed)?;
        if let Some(name) = &self.verdict_into {
            record.set(name, holds);
        }
        if holds || self.on_fail == OnFail::Keep {
            return Ok(Verdict::Pass);
        }
        let reason = match missing {
            true => "the judge gave no score".to_string(),
            false => format!("the scores do not meet `{}`", require.source()),
        };
        let why = record.get(&self.into).and_then(|judgement| judgement.get("reason")).cloned();
        let why = why.map(|reason| (Name::from("reason"), reason));
        Ok(Reject::because(reason, scores.into_iter().chain(why)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::kit::{Place, Run, Scripted, run, shown};
    use serde_json::json;

    const AXES: &str =
        "axes: {solvable: {about: It can be answered., scale: [1, 5]}, clear: {about: It is clear., scale: yes-no}}";

    fn judge(options: &str, replies: &[&str]) -> Run {
        let place = Place::new("image: image, q: text").picture("image", 4, 4).value("q", "How many?");
        let config = format!("{{role: writer, prompt: '{{{{ q }}}}', images: [image], into: j, {options}}}");
        run::<ChatJudge>(place, &config, Scripted::saying(replies))
    }

    fn reply(solvable: i64, clear: bool) -> String {
        json!({"reason": "r", "solvable": {"score": solvable}, "clear": {"score": clear}}).to_string()
    }

    #[test]
    fn the_request_holds_prompt_axes_rubric_and_form_in_this_order() {
        let run = judge(&format!("{AXES}, rubric: Five means certain."), &[&reply(5, true)]);
        let text = shown(&run.requests[0].messages).join("\n");
        let at = |needle: &str| text.find(needle).unwrap_or_else(|| panic!("{needle} in {text}"));
        let order =
            ["<4x4>", "How many?", "- solvable (a whole number from 1 to 5)", "- clear (", "Five means", "Reply with"];
        assert!(order.windows(2).all(|pair| at(pair[0]) < at(pair[1])), "{text}");
        let schema = run.requests[0].schema.as_ref().unwrap();
        assert_eq!(schema["required"], json!(["reason", "solvable", "clear"]));
        let score = &schema["properties"]["solvable"]["properties"]["score"];
        assert_eq!(*score, json!({"type": "integer", "minimum": 1, "maximum": 5}));
        assert_eq!(run.get("j"), json!({"reason": "r", "solvable": {"score": 5}, "clear": {"score": true}}));
    }

    #[test]
    fn scores_below_the_requirement_reject_with_the_scores() {
        let run = judge(&format!("{AXES}, require: solvable >= 3 and clear"), &[&reply(2, true)]);
        assert_eq!(run.rejected(), "the scores do not meet `solvable >= 3 and clear`");
        let Ok(Verdict::Reject(reject)) = &run.result else { unreachable!() };
        assert_eq!(reject.values[0], ("solvable".into(), Value::Int(2)));
    }

    #[test]
    fn a_kept_record_carries_the_verdict() {
        let options = format!("{AXES}, require: solvable >= 3, on_fail: keep, verdict_into: ok");
        assert_eq!(judge(&options, &[&reply(2, true)]).get("ok"), false);
        assert_eq!(judge(&options, &[&reply(3, true)]).get("ok"), true);
    }

    #[test]
    fn a_score_off_the_scale_is_repaired() {
        let run = judge(AXES, &[&reply(9, true), &reply(4, true)]);
        assert!(shown(&run.requests[1].messages)[2].contains("solvable.score"));
        assert_eq!(run.get("j")["solvable"]["score"], 4);
    }

    #[test]
    fn marks_are_read_from_prose() {
        let options = "axes: {fit: {about: It fits., scale: [1, 10]}}, reply_format: marks, require: fit >= 5";
        assert_eq!(judge(options, &["At first [[3]], but no: [[7]]"]).get("j")["fit"]["score"], 7);
        assert_eq!(judge(options, &["I give it 8."]).get("j")["fit"]["score"], 8);
        assert_eq!(judge(options, &["It is fine."]).rejected(), "the judge gave no score");
    }

    #[test]
    fn a_mark_off_the_scale_and_a_reply_without_one_take_the_next_in_the_chain() {
        let options = |more: &str| {
            format!("axes: {{fit: {{about: It fits., scale: [1, 5]}}}}, reply_format: marks{more}, require: fit >= 3")
        };
        let missing = options(", missing: -1");
        for (reply, score) in [("[[9]] or [[4]] of [[10]]", 4), ("[[9]], no: 3", 3)] {
            assert_eq!(judge(&missing, &[reply]).get("j")["fit"]["score"], score, "{reply}");
        }
        assert_eq!(judge(&missing, &["[[9]]"]).rejected(), "the scores do not meet `fit >= 3`");
        let kept = judge(&format!("{missing}, on_fail: keep, verdict_into: ok"), &["[[9]]"]);
        assert_eq!((kept.get("j")["fit"]["score"].as_i64(), kept.get("ok")), (Some(-1), json!(false)));
        let ty = |more: &str| {
            let config = format!("{{role: writer, prompt: p, into: j, {}}}", options(more));
            Place::new("").schema_behind::<ChatJudge>(&config).get("j").unwrap().to_string()
        };
        assert_eq!(ty(""), "{reason: text, fit: {score: int?}}");
        assert_eq!(ty(", missing: -1"), "{reason: text, fit: {score: int}}");
    }

    #[test]
    fn history_stands_before_what_is_judged() {
        let talk =
            Value::list(vec![Value::turn("user", vec!["Hi".into()]), Value::turn("assistant", vec!["Yo".into()])]);
        let place = Place::new("talk: conversation?").value("talk", talk);
        let config = format!("{{role: writer, prompt: And this?, history: talk, into: j, {AXES}}}");
        let run = run::<ChatJudge>(place, &config, Scripted::saying(&[&reply(4, true)]));
        assert_eq!(shown(&run.requests[0].messages)[..2], ["user: Hi", "assistant: Yo"]);
    }

    #[test]
    fn reasons_come_before_scores() {
        let place = Place::new("");
        let config = "{role: writer, prompt: p, into: j, axes: {a: {about: x, scale: [0.0, 1.0]}}, reasons: each}";
        let schema = place.schema_behind::<ChatJudge>(config);
        assert_eq!(schema.get("j").unwrap().to_string(), "{reason: text, a: {reason: text, score: float}}");
    }

    #[test]
    fn problems_name_their_option() {
        let typed = format!("{{role: writer, prompt: p, into: j, missing: 0, {AXES}}}");
        assert!(Place::new("").problems::<ChatJudge>(&typed)[0].starts_with("missing: a typed answer"));
        let config = "{role: writer, prompt: p, into: j, reply_format: marks, require: c > 1, \
                       axes: {a: {about: x, scale: [5, 1]}, reason: {about: x, scale: yes-no}}}";
        let problems = Place::new("").problems::<ChatJudge>(config);
        let at: Vec<&str> = problems.iter().filter_map(|p| p.split(':').next()).collect();
        assert_eq!(at, ["reply_format", "axes.a.scale", "axes", "axes.reason.scale", "require"]);
    }
}
