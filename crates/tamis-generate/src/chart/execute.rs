//! `ask.execute`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_chart::spec::Figure;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Transform, Verdict};
use tamis_core::{Name, Record, StepError, Type, Value};
use tamis_question::SubQuestion;
use tamis_question::script::{self, NotExecuted};
use tamis_question::world::World;

use crate::chart::seen::Seen;
use crate::value::read;

/// Executes the program of a question over the charts that were drawn, and takes its result as the answer.
///
/// A program asks for single values and computes the rest, as Synthesize Step-by-Step has it (arXiv:2403.16385):
///
/// ```text
/// ans_0=VQA("What is the revenue of Asia in 2003?")
/// ans_1=VQA("What is the revenue of Africa in 2003?")
/// ans_0 - ans_1
/// ```
///
/// Each `VQA` is looked up in the data behind the picture, by the labels that its question names; the value is exact
/// because the chart was drawn from it. One that names nothing, could mean two values, or asks for what no scale and no
/// label shows has no answer. No Python runs: only a small part of it does, on exact numbers: numbers, texts, lists,
/// `+ - * / // % **`, comparisons, `and or not in`, `a if c else b`, indices, comprehensions over one list, and `abs
/// float int len max min range round sorted str sum`. Anything else is refused, and so is what takes more than 20,000
/// steps.
///
/// It is a gate: a record whose program does not parse, does not run, asks for no value or comes to nothing is
/// rejected with the reason.
///
/// Reads `from`, `view` and `program`. Writes `into`, and `sub_questions` where it is named.
///
/// # Example
///
/// ```yaml example
/// steps:
///   - make.chart: { kinds: { bar: 1 }, theme: Sports, looks: [matplotlib], languages: 0, into: figure }
///   - draw.chart: { from: figure, into: image, view: view }
///   - ask.execute: { from: figure, view: view, program: program, into: answer, sub_questions: sub_questions }
/// in: { program: "import os" }
/// rejects: the program does not parse
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AskExecute {
    /// The spec.
    #[serde(default = "figure")]
    from: String,
    /// What a reader can see of scales and colours, as `draw.chart` wrote it.
    view: String,
    /// The program.
    program: String,
    /// The field for the answer: `12.5`, `Yes`, `Asia`.
    into: String,
    /// The field for the values that it asked for: `list<{var: text, question: text, answer: text}>`.
    sub_questions: Option<String>,
    /// How many decimals an answer is rounded to that has more, half away from zero, 0 to 6. Default 2.
    #[serde(default = "two")]
    decimals: u8,
}

fn figure() -> String {
    "figure".into()
}

fn two() -> u8 {
    2
}

impl OperatorConfig for AskExecute {
    const NAME: &'static str = "ask.execute";
    const GATE: bool = true;

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let from = scope.read("from", &self.from, &Type::Json);
        let view = scope.read("view", &self.view, &Type::Json);
        let program = scope.read("program", &self.program, &Type::Text);
        if self.decimals > 6 {
            scope.problem("decimals", format!("expected 0 to 6 decimals, found {}", self.decimals));
        }
        let into = scope.write("into", &self.into, Type::Text);
        let sub_questions = match &self.sub_questions {
            Some(name) => Some(scope.write("sub_questions", name, sub_questions())?),
            None => None,
        };
        let decimals = self.decimals;
        Bound::transform(Execute { from: from?, view: view?, program: program?, into: into?, sub_questions, decimals })
    }
}

fn sub_questions() -> Type {
    let fields = ["var", "question", "answer"].map(|name| (Name::from(name), Type::Text));
    Type::list(Type::Struct(fields.into_iter().collect()))
}

struct Execute {
    from: FieldRef,
    view: FieldRef,
    program: FieldRef,
    into: Name,
    sub_questions: Option<Name>,
    decimals: u8,
}

impl Transform for Execute {
    fn apply(&self, record: &mut Record, _: &Context<'_>) -> Result<Verdict, StepError> {
        let figure = match read::<Figure>(&self.from, record) {
            Ok(figure) => figure,
            Err(error) => return Ok(Reject::because("the spec is no chart", [("error", Value::text(error))])),
        };
        let seen: Seen = read(&self.view, record).map_err(|e| StepError::field(&self.view.name, e))?;
        let world = World::of_figure(&figure, &seen.view(None));
        let program = self.program.get(record).as_text().unwrap_or_default().to_string();
        let done = match script::execute(&program, &world, self.decimals) {
            Ok(done) => done,
            Err(error) => {
                let values = [("error", Value::text(error.to_string())), ("program", Value::text(program))];
                return Ok(Reject::because(reason(&error), values));
            }
        };
        record.set(&self.into, Value::text(done.answer));
        if let Some(name) = &self.sub_questions {
            let fields = |s: SubQuestion| [("var", s.var), ("question", s.question), ("answer", s.answer)];
            let value = |s| Value::map(fields(s).map(|(name, text)| (Name::from(name), Value::text(text))).to_vec());
            record.set(name, Value::list(done.sub_questions.into_iter().map(value).collect()));
        }
        Ok(Verdict::Pass)
    }
}

/// The same words for all programs of a kind; what is wrong with each stands in the values.
fn reason(error: &NotExecuted) -> &'static str {
    match error {
        NotExecuted::Parse(_) => "the program does not parse",
        NotExecuted::Run(_) => "the program does not run",
        NotExecuted::NoCall => "the program reads nothing",
        NotExecuted::Answer(_) => "the program comes to no answer",
    }
}
