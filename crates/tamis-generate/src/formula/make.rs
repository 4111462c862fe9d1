//! `make.formula`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::{Name, Record, StepError, Type};
use tamis_page::formula::{FormulaSpec, Level, sample};

use crate::value::to_value;

/// Makes up a formula in LaTeX and how it is written: typeface or hand, ink, paper, size.
///
/// Fractions, radicals, scripts, matrices, cases, sums, integrals, tensors and diagrams' arrows, from school to abstract
/// algebra, and identities of science, finance and engineering; never an empty argument. With `latex`, a formula of your
/// own is written in the looks of the sampler.
///
/// Reads `latex` if it is named. Writes `into`.
///
/// # Example
///
/// ```yaml example
/// steps:
///   - make.formula: { latex: written, into: formula }
///   - draw.formula: { from: formula, into: image, latex: latex }
/// in: { written: '\frac{a}{b}' }
/// out: { latex: '\frac{a}{b}' }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeFormula {
    /// The field for the spec.
    #[serde(default = "formula")]
    into: String,
    /// `school`, `university`, `abstract`, `life` (science, finance, engineering), drawn alike. Default: all.
    #[serde(default)]
    levels: Vec<Level>,
    /// A field with a formula of your own in LaTeX, without dollars, instead of a sampled one.
    latex: Option<String>,
}

fn formula() -> String {
    "formula".into()
}

impl OperatorConfig for MakeFormula {
    const NAME: &'static str = "make.formula";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let latex = match &self.latex {
            Some(field) => Some(scope.read("latex", field, &Type::Text)?),
            None => None,
        };
        let into = scope.write("into", &self.into, Type::Json)?;
        Bound::transform(Make { latex, levels: self.levels, into })
    }
}

struct Make {
    latex: Option<FieldRef>,
    levels: Vec<Level>,
    into: Name,
}

impl Transform for Make {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let mut rng = ctx.rng(record);
        let level = rng.pick(&self.levels).copied();
        let mut spec = sample(level, &mut rng);
        if let Some(own) = self.latex.as_ref().and_then(|field| field.get(record).as_text()) {
            spec = FormulaSpec { latex: own.to_string(), level: None, topic: String::new(), ..spec };
        }
        record.set(&self.into, to_value(&self.into, &spec)?);
        Ok(Verdict::Pass)
    }
}
