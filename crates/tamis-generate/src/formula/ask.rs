//! `ask.formula`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::{Record, StepError, Type};
use tamis_question::ask_world;
use tamis_question::world::{View, World};

use crate::questions::{Questions, Wanted};

/// Asks for the LaTeX of a formula, in several phrasings.
///
/// Reads `latex`, and `elements` if it is named. Writes `into`.
///
/// # Example
///
/// ```yaml example
/// steps:
///   - make.formula: { latex: written, into: formula }
///   - draw.formula: { from: formula, into: image, elements: symbols, latex: latex }
///   - ask.formula: { latex: latex, elements: symbols, into: questions, wanted: { count: 1 } }
/// in: { written: 'x^2 + 1' }
/// out: { questions: [ { question: "What is the LaTeX source of the formula?", answer: "x^{2}+1" } ] }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AskFormula {
    /// The formula in LaTeX, as `draw.formula` wrote it.
    latex: String,
    /// The elements that `draw.formula` wrote; then each question has the box of the formula.
    elements: Option<String>,
    /// The field for the questions.
    #[serde(default = "into")]
    into: String,
    /// Which questions, and how many.
    #[serde(default)]
    wanted: Wanted,
}

fn into() -> String {
    "questions".into()
}

impl OperatorConfig for AskFormula {
    const NAME: &'static str = "ask.formula";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let latex = scope.read("latex", &self.latex, &Type::Text);
        let questions = Questions::bind(scope, self.wanted, &self.into, self.elements.as_deref());
        Bound::transform(AskOf { latex: latex?, questions: questions? })
    }
}

struct AskOf {
    latex: FieldRef,
    questions: Questions,
}

impl Transform for AskOf {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let latex = self.latex.get(record).as_text().unwrap_or_default();
        let world = World::of_formula(latex, "formula");
        let view = View { charts: Vec::new(), elements: self.questions.ids(record) };
        let asked = ask_world(&world, &view, &self.questions.ask, &mut ctx.rng(record));
        self.questions.write(asked, record)
    }
}
