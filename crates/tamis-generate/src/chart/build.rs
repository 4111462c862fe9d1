//! `build.chart`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_chart::data::call::{Call, CallsError, Plan};
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Transform, Verdict};
use tamis_core::{Name, Record, StepError, Type, Value};

use crate::value::{read, to_value};

/// Makes the spec of a figure from data that a model wrote: the same spec that `make.chart` makes, by the same checks.
///
/// `calls` has one entry for each chart of the plan, in their order; the first few are enough for a figure whose other
/// cells are still empty. A call is what ECD asks a model for in place of a program:
///
/// ```text
/// {subject: text, story: text, title: text, x: text?, y: text?, y2: text?,
///  columns: list<{name: text, channel: text, unit: text?, additive: bool?,
///                 names: list<text?>?, numbers: list<float?>?}>,
///  annotations: list<{kind: enum(threshold|band|callout|highlight), label: text?, value: float?, from: float?,
///                     to: float?, series: text?, row: int?}>?}
/// ```
///
/// `channel` is what a column is drawn as: `x`, `y`, `value`, `parent` and so on; the plan says in `wants` which ones a
/// kind has and what holds for them. A column has its cells in `names` (names, and times such as `2021 Q3`) or in
/// `numbers`. All 48 kinds of charts can be written so. The first call's `subject` becomes the title over a grid, its
/// `story` the scenario of the figure.
///
/// Reads `plan` and `calls`. Writes `into`. Rejects what does not fit with `error`: the chart, the column and the row, what
/// was expected, what was found, and what to do. With `repeat` and `route.on_fail` the error goes back to the writer.
///
/// # Example
///
/// ```yaml example
/// steps:
///   - plan.chart: { kinds: { pie: 1 }, theme: Sports, size: [640, 480], into: plan }
///   - build.chart: { plan: plan, calls: calls, into: figure }
///   - draw.chart: { from: figure, into: image, summary: summary }
/// in:
///   calls:
///     - subject: Regatta medals
///       story: Medals that three clubs won at the regatta of 2024.
///       title: Medals by club
///       columns:
///         - { name: Club, channel: x, names: [Wannsee, Alster, Isar] }
///         - { name: Medals, channel: y, additive: true, numbers: [9, 5, 4] }
/// out:
///   summary: "## Medals by club\n\n- type: pie chart\n- x axis: Club\n- y axis: Medals\n\n| Club | Medals |\n| --- | ---: |\n| Wannsee | 9 |\n| Alster | 5 |\n| Isar | 4 |"
/// ```
///
/// Source: ECD (arXiv:2508.06492), which separates the plotting function from the data.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BuildChart {
    /// The plan that `plan.chart` drew.
    #[serde(default = "plan")]
    plan: String,
    /// The calls: a list with an entry for each chart.
    calls: String,
    /// The field for the spec.
    #[serde(default = "figure")]
    into: String,
}

fn plan() -> String {
    "plan".into()
}

fn figure() -> String {
    "figure".into()
}

impl OperatorConfig for BuildChart {
    const NAME: &'static str = "build.chart";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let plan = scope.read("plan", &self.plan, &Type::Json);
        let calls = scope.read("calls", &self.calls, &Type::Json);
        let into = scope.write("into", &self.into, Type::Json);
        Bound::transform(Build { plan: plan?, calls: calls?, into: into? })
    }
}

struct Build {
    plan: FieldRef,
    calls: FieldRef,
    into: Name,
}

impl Transform for Build {
    fn apply(&self, record: &mut Record, _: &Context<'_>) -> Result<Verdict, StepError> {
        let plan: Plan = read(&self.plan, record).map_err(|e| StepError::field(&self.plan.name, e))?;
        let calls = read::<Vec<Call>>(&self.calls, record);
        let figure = calls.and_then(|calls| plan.figure(&calls).map_err(|e: CallsError| e.to_string()));
        match figure {
            Ok(figure) => record.set(&self.into, to_value(&self.into, &figure)?),
            Err(error) => {
                return Ok(Reject::because("the data do not make the chart", [("error", Value::text(error))]));
            }
        }
        Ok(Verdict::Pass)
    }
}
