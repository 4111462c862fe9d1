//! `ask.chart`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_chart::spec::Figure;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Transform, Verdict};
use tamis_core::{Record, StepError, Type, Value};
use tamis_question::ask;

use crate::chart::seen::Seen;
use crate::questions::{Questions, Wanted};
use crate::value::read;

/// Asks questions of charts whose answers cannot be wrong.
///
/// Answers are computed from the spec by small typed programs, never read from pixels. Each question carries its program,
/// the executed steps as a rationale, the answer with its unit and rounding, the ids and boxes of the elements it is read
/// from, and its difficulty in steps. What a careful reader could not tell - ties, equal labels, differences below 2% of
/// the axis, values that no scale shows - is not asked. Templates after Synthesize Step-by-Step (arXiv:2403.16385), ECD
/// (arXiv:2508.06492), MMC (arXiv:2311.10774) and ChartInstruct (arXiv:2403.09028).
///
/// Reads `from`, `view`, and `elements` if it is named. Writes `into`. A record is rejected when nothing can be asked.
///
/// # Example
///
/// ```yaml example
/// steps:
///   - make.chart: { kinds: { bar: 1 }, theme: Sports, size: [800, 600], looks: [matplotlib], languages: 0, into: figure }
///   - draw.chart: { from: figure, into: image, elements: elements, view: view }
///   - ask.chart: { from: figure, view: view, elements: elements, into: questions, wanted: { count: 1, choice: 0 } }
/// in: { id: 1 }
/// out: { questions: [ { question: Which quarter shows the widest gap between its highest and its lowest series?, answer: 2019 Q4 } ] }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AskChart {
    /// The spec.
    #[serde(default = "figure")]
    from: String,
    /// What a reader can see of scales and colours, as `draw.chart` wrote it.
    view: String,
    /// The elements that `draw.chart` wrote; then each question has the boxes of those it is read from.
    elements: Option<String>,
    /// The field for the questions.
    #[serde(default = "into")]
    into: String,
    /// Which questions, and how many.
    #[serde(default)]
    wanted: Wanted,
}

fn figure() -> String {
    "figure".into()
}

fn into() -> String {
    "questions".into()
}

impl OperatorConfig for AskChart {
    const NAME: &'static str = "ask.chart";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let from = scope.read("from", &self.from, &Type::Json);
        let view = scope.read("view", &self.view, &Type::Json);
        let questions = Questions::bind(scope, self.wanted, &self.into, self.elements.as_deref());
        Bound::transform(AskOf { from: from?, view: view?, questions: questions? })
    }
}

struct AskOf {
    from: FieldRef,
    view: FieldRef,
    questions: Questions,
}

impl Transform for AskOf {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let figure = match read::<Figure>(&self.from, record) {
            Ok(figure) => figure,
            Err(error) => return Ok(Reject::because("the spec is no chart", [("error", Value::text(error))])),
        };
        let seen: Seen = read(&self.view, record).map_err(|e| StepError::field(&self.view.name, e))?;
        let view = seen.view(self.questions.ids(record));
        let asked = ask(&figure, &view, &self.questions.ask, &mut ctx.rng(record));
        self.questions.write(asked, record)
    }

    fn touches_pixels(&self) -> bool {
        true
    }
}
