//! `draw.formula`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Transform, Verdict};
use tamis_core::{Name, Record, StepError, Type, Value};
use tamis_draw::check::Rules;
use tamis_page::formula::{FormulaSpec, formula_scene, normalise};

use crate::drawing::{Drawing, Format, Options, quality};
use crate::value::read;

/// Draws a formula, with a box for each symbol.
///
/// LaTeX in the grammar of KaTeX. A record is rejected when its LaTeX does not parse or the drawing could not be read.
///
/// Reads `from`. Writes `into`, and `elements` and `latex` where they are named.
///
/// # Example
///
/// ```yaml example
/// steps:
///   - make.formula: { levels: [school], into: formula }
///   - draw.formula: { from: formula, into: image, elements: symbols, latex: latex }
/// in: { id: 1 }
/// out: { latex: 'a_{n}=a_{1}+\left(n-1\right)d' }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DrawFormula {
    /// The spec that `make.formula` makes.
    #[serde(default = "formula")]
    from: String,
    /// The field for the picture.
    into: String,
    /// The field for the symbols with their boxes.
    elements: Option<String>,
    /// The field for its LaTeX in normal form: one way of writing for each formula.
    latex: Option<String>,
    /// `png` (default), `jpeg` or `webp`.
    #[serde(default)]
    format: Format,
    /// Quality of a JPEG, 1 to 100. Default 90.
    #[serde(default = "quality")]
    quality: u8,
}

fn formula() -> String {
    "formula".into()
}

impl OperatorConfig for DrawFormula {
    const NAME: &'static str = "draw.formula";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let from = scope.read("from", &self.from, &Type::Json);
        let elements = self.elements.as_deref();
        let options = Options { into: &self.into, elements, format: self.format, quality: self.quality };
        let drawing = Drawing::bind(scope, options);
        let latex = match &self.latex {
            Some(name) => Some(scope.write("latex", name, Type::Text)?),
            None => None,
        };
        Bound::transform(Draw { from: from?, drawing: drawing?, latex })
    }
}

struct Draw {
    from: FieldRef,
    drawing: Drawing,
    latex: Option<Name>,
}

impl Transform for Draw {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let spec = read::<FormulaSpec>(&self.from, record);
        let drawn = spec.and_then(|spec| Ok((formula_scene(&spec).map_err(|e| e.to_string())?.0, spec.latex)));
        let (scene, latex) = match drawn {
            Ok(drawn) => drawn,
            Err(error) => return Ok(Reject::because("the formula cannot be drawn", [("error", Value::text(error))])),
        };
        if let Some(name) = &self.latex {
            record.set(name, Value::text(normalise(&latex)));
        }
        self.drawing.draw(&scene, &Rules::default(), record, ctx)
    }

    fn touches_pixels(&self) -> bool {
        true
    }
}
