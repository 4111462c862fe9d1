//! Questions in records: what the `ask.*` steps share.

use std::collections::{BTreeSet, HashMap};

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Reject, Verdict};
use tamis_core::{Field, Name, Record, StepError, Type, Value};
use tamis_question::{Ask, Asked, Question, QuestionKind, QuestionType};

/// What the config of an `ask.*` step says.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// How many questions of one picture at most, 1 to 100. Default 10.
    #[serde(default = "ten")]
    pub count: usize,
    /// How few questions will do: a record with fewer is rejected. Default 1; with 0 the list may be empty.
    #[serde(default = "one")]
    pub least: usize,
    /// Types of questions and their shares: `{ comparison: 2, trend: 1 }`. Default: all that fit, alike.
    #[serde(default)]
    pub types: indexmap::IndexMap<QuestionType, f64>,
    /// Kinds of questions. Default: all.
    #[serde(default)]
    pub kinds: Vec<QuestionKind>,
    /// The share of questions with options to choose from, 0 to 1. Default 0.3.
    #[serde(default = "third")]
    pub choice: f64,
    /// Fewest and most steps of reasoning. Default `[1, 20]`.
    #[serde(default = "steps")]
    pub steps: [usize; 2],
    /// How many questions of one picture may be about what is not there ("Not Applicable"). Default 1.
    #[serde(default = "one")]
    pub not_applicable: usize,
}

fn ten() -> usize {
    10
}

fn third() -> f64 {
    0.3
}

fn steps() -> [usize; 2] {
    [1, 20]
}

fn one() -> usize {
    1
}

impl Default for Wanted {
    fn default() -> Wanted {
        Wanted {
            count: ten(),
            least: one(),
            types: indexmap::IndexMap::new(),
            kinds: Vec::new(),
            choice: third(),
            steps: steps(),
            not_applicable: one(),
        }
    }
}

/// The fields of an `ask.*` step, bound.
pub(crate) struct Questions {
    pub(crate) ask: Ask,
    least: usize,
    into: Name,
    elements: Option<FieldRef>,
}

impl Questions {
    pub(crate) fn bind(scope: &mut Scope<'_>, wanted: Wanted, into: &str, elements: Option<&str>) -> Option<Questions> {
        check(scope, &wanted);
        let elements = match elements {
            Some(name) => Some(scope.read_any("elements", name)?),
            None => None,
        };
        let frame = elements.as_ref().and_then(|field| field.of.clone());
        if elements.is_some() && frame.is_none() {
            scope.problem(
                "elements",
                "expected the elements that a `draw.*` step wrote, in the pixels of their picture",
            );
        }
        let ty = question_type(frame.is_some());
        let into = scope.write("into", into, Field { ty, of: frame })?;
        let least = wanted.least;
        let ask = Ask {
            count: wanted.count,
            types: wanted.types.into_iter().collect(),
            kinds: wanted.kinds,
            choice: wanted.choice,
            steps: wanted.steps,
            not_applicable: wanted.not_applicable,
            ..Ask::default()
        };
        Some(Questions { ask, least, into, elements })
    }

    /// The ids of all that was drawn, if the step was told of it.
    pub(crate) fn ids(&self, record: &Record) -> Option<BTreeSet<String>> {
        let elements = self.elements.as_ref()?.get(record).as_list()?;
        Some(elements.iter().filter_map(|e| Some(e.get("id")?.as_text()?.to_string())).collect())
    }

    /// Writes what was asked; a picture of which too little can be asked is rejected.
    pub(crate) fn write(&self, asked: Asked, record: &mut Record) -> Result<Verdict, StepError> {
        if asked.questions.len() < self.least {
            let given_up: Vec<String> = asked.refused.iter().map(|(why, n)| format!("{why} ({n})")).collect();
            let found = Value::Int(asked.questions.len() as i64);
            let values = [("questions", found), ("given_up", Value::text(given_up.join(", ")))];
            return Ok(Reject::because("too few questions have an answer beyond doubt", values));
        }
        let boxes = self.elements.as_ref().map(|field| boxes_of(field.get(record)));
        let questions = asked.questions.iter().map(|q| question(q, boxes.as_ref())).collect::<Result<_, _>>()?;
        record.set(&self.into, Value::list(questions));
        Ok(Verdict::Pass)
    }
}

fn check(scope: &mut Scope<'_>, wanted: &Wanted) {
    if !(1..=100).contains(&wanted.count) {
        scope.problem("count", format!("expected 1 to 100 questions, found {}", wanted.count));
    }
    if wanted.least > wanted.count {
        let message = format!("expected at most `count`, which is {}, found {}", wanted.count, wanted.least);
        scope.problem("least", message);
    }
    if !(0.0..=1.0).contains(&wanted.choice) {
        scope.problem("choice", format!("expected a share of 0 to 1, found {}", wanted.choice));
    }
    let [low, high] = wanted.steps;
    if low == 0 || low > high {
        scope.problem("steps", format!("expected the fewest and the most steps, 1 or more, found [{low}, {high}]"));
    }
    let bad = wanted.types.values().any(|share| !share.is_finite() || *share < 0.0);
    if bad || (!wanted.types.is_empty() && wanted.types.values().all(|share| *share == 0.0)) {
        scope.problem("types", "expected shares of 0 or more, at least one above 0");
    }
}

fn question_type(with_boxes: bool) -> Type {
    let texts = || Type::list(Type::Text);
    let sub = [("var", Type::Text), ("question", Type::Text), ("answer", Type::Text)];
    let mut fields = vec![
        ("id", Type::Text),
        ("type", Type::Text),
        ("kind", Type::Text),
        ("task", Type::optional(Type::Text)),
        ("question", Type::Text),
        ("answer", Type::Text),
        ("number", Type::optional(Type::Json)),
        ("program", Type::Text),
        ("script", Type::Text),
        ("rationale", texts()),
        ("sub_questions", Type::list(structure(sub))),
        ("elements", texts()),
        ("steps", Type::Int),
        ("template", Type::Text),
        ("phrasing", Type::Int),
        ("slots", Type::Map(Box::new(Type::Text))),
        ("options", texts()),
        ("letter", Type::optional(Type::Text)),
        ("stem", Type::Text),
        ("solution", Type::Text),
    ];
    if with_boxes {
        fields.push(("boxes", Type::list(Type::Box)));
    }
    Type::list(structure(fields))
}

fn structure(fields: impl IntoIterator<Item = (&'static str, Type)>) -> Type {
    Type::Struct(fields.into_iter().map(|(name, ty)| (Name::from(name), ty)).collect())
}

/// A question as a value. `question` and `answer` are as they stand in a conversation, with the options and the letter of a
/// multiple choice; `stem` and `solution` are without them.
fn question(question: &Question, boxes: Option<&HashMap<String, Value>>) -> Result<Value, StepError> {
    let json = serde_json::to_value(question).map_err(|e| StepError::failed(e.to_string()))?;
    let number = |name: &str| json.get(name).and_then(serde_json::Value::as_i64).map_or(Value::Null, Value::Int);
    let given = |name: &str| json.get(name).map_or(Value::Null, Value::from_plain_json);
    let texts = |name: &str| json.get(name).map_or_else(|| Value::list(Vec::new()), Value::from_plain_json);
    let script = json.get("script").map_or_else(|| Value::text(""), Value::from_plain_json);
    let answered = question.letter.as_deref().unwrap_or(&question.answer);
    let mut fields = vec![
        ("id", given("id")),
        ("type", given("type")),
        ("kind", given("kind")),
        ("task", given("task")),
        ("question", Value::text(question.with_options())),
        ("answer", Value::text(answered)),
        ("number", given("number")),
        ("program", given("program")),
        ("script", script),
        ("rationale", texts("rationale")),
        ("sub_questions", texts("sub_questions")),
        ("elements", texts("elements")),
        ("steps", number("steps")),
        ("template", given("template")),
        ("phrasing", number("phrasing")),
        ("slots", given("slots")),
        ("options", texts("options")),
        ("letter", given("letter")),
        ("stem", given("question")),
        ("solution", given("answer")),
    ];
    if let Some(boxes) = boxes {
        let found = question.elements.iter().filter_map(|id| boxes.get(id).cloned());
        fields.push(("boxes", Value::list(found.collect())));
    }
    Ok(Value::map(fields.into_iter().map(|(name, value)| (Name::from(name), value)).collect::<Vec<_>>()))
}

/// The boxes of elements by their ids.
fn boxes_of(elements: &Value) -> HashMap<String, Value> {
    let items = elements.as_list().unwrap_or_default();
    let entry = |element: &Value| Some((element.get("id")?.as_text()?.to_string(), element.get("box")?.clone()));
    items.iter().filter_map(entry).collect()
}
