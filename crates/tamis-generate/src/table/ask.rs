//! `ask.table`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Transform, Verdict};
use tamis_core::{Record, StepError, Type, Value};
use tamis_page::table::TableSpec;
use tamis_question::ask_world;
use tamis_question::world::{View, World};

use crate::questions::{Questions, Wanted};
use crate::value::read;

/// Asks questions of a table whose answers cannot be wrong: cells to look up and to locate, sums, means, comparisons.
///
/// Works as `ask.chart` does, over the table's spec.
///
/// Reads `from`, and `elements` if it is named. Writes `into`. A record is rejected when nothing can be asked.
///
/// # Example
///
/// ```yaml example
/// steps:
///   - make.table: { domains: [sports], languages: [en], into: table }
///   - draw.table: { from: table, into: image, elements: elements }
///   - ask.table: { from: table, elements: elements, into: questions, wanted: { count: 1, choice: 0 } }
/// in: { id: 1 }
/// out: { questions: [ { question: 'Which row holds the entry "57"?', answer: Stanmore } ] }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AskTable {
    /// The spec.
    #[serde(default = "table")]
    from: String,
    /// The elements that `draw.table` wrote; then each question has the boxes of those it is read from.
    elements: Option<String>,
    /// The field for the questions.
    #[serde(default = "into")]
    into: String,
    /// Which questions, and how many.
    #[serde(default)]
    wanted: Wanted,
}

fn table() -> String {
    "table".into()
}

fn into() -> String {
    "questions".into()
}

impl OperatorConfig for AskTable {
    const NAME: &'static str = "ask.table";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let from = scope.read("from", &self.from, &Type::Json);
        let questions = Questions::bind(scope, self.wanted, &self.into, self.elements.as_deref());
        Bound::transform(AskOf { from: from?, questions: questions? })
    }
}

struct AskOf {
    from: FieldRef,
    questions: Questions,
}

impl Transform for AskOf {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let table = match read::<TableSpec>(&self.from, record) {
            Ok(table) => table,
            Err(error) => return Ok(Reject::because("the spec is no table", [("error", Value::text(error))])),
        };
        let view = View { charts: Vec::new(), elements: self.questions.ids(record) };
        let asked = ask_world(&World::of_table(&table, ""), &view, &self.questions.ask, &mut ctx.rng(record));
        self.questions.write(asked, record)
    }
}
