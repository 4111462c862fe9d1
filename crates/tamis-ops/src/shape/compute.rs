//! `shape.compute`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::Scope;
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::template::{Expression, Vars};
use tamis_core::{Name, Record, StepError, Type};

use crate::typing::framed;
use tamis_core::typing::fit;

/// Computes a field from others.
///
/// The value is an expression of the template language: arithmetic, comparisons, filters (`turns | length`), lists and
/// maps (`[first] + rest`, `{'question': q, 'answer': a}`), members (`image.width`, `regions[0].label`). For texts with
/// words around, `text.template` reads better.
///
/// Reads the fields that the expression names, writes `into`. A record fails when the value cannot be computed or is not
/// of the stated type.
///
/// # Example
/// ```yaml example
/// step:
///   shape.compute:
///     into: area
///     value: (box[2] - box[0]) * (box[3] - box[1])
///     type: float
/// types: { box: box of image }
/// images: { image: 64x48 }
/// in: { box: [10, 10, 30, 20] }
/// out: { area: 200 }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShapeCompute {
    /// The field that receives the value.
    into: String,
    /// The expression.
    value: String,
    /// The type of the value. Whole numbers fit `float`, lists of numbers fit `point`, `box` and `polygon`.
    #[serde(rename = "type")]
    ty: Type,
    /// For types with coordinates: the image in whose grid they are. Default: the record's only image.
    of: Option<String>,
}

impl OperatorConfig for ShapeCompute {
    const NAME: &'static str = "shape.compute";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let value = scope.expression("value", &self.value);
        let field = framed(scope, self.ty.clone(), self.of.as_deref());
        let into = scope.write("into", &self.into, field.clone().unwrap_or_else(|| self.ty.clone().into()));
        Bound::transform(Compute { value: value?, ty: field?.ty, into: into? })
    }
}

struct Compute {
    value: Expression,
    ty: Type,
    into: Name,
}

impl Transform for Compute {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let value = self
            .value
            .eval(&Vars::of(record, ctx))
            .and_then(|value| fit(value, &self.ty).map_err(|error| format!("`{}`: {error}", self.value.source())));
        record.set(&self.into, value.map_err(|error| StepError::field(&self.into, error))?);
        Ok(Verdict::Pass)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, problems};

    #[test]
    fn lists_and_maps_are_built_with_their_types() {
        check(
            r#"
            step:
              shape.compute:
                { into: turns, value: "turns + [{'question': q, 'answer': a}]", type: "list<{question: text, answer: text}>" }
            types: { turns: "list<{question: text, answer: text}>" }
            in: { turns: [{ question: 1?, answer: one }], q: 2?, a: two }
            out: { turns: [{ question: 1?, answer: one }, { question: 2?, answer: two }] }
            "#,
        );
    }

    #[test]
    fn a_value_of_another_type_fails_the_record_with_both_types_in_the_error() {
        check(
            "{ step: { shape.compute: { into: n, value: n / 2, type: int } }, in: { n: 3 }, fails: 'expected int, found 1.5' }",
        );
        check("{ step: { shape.compute: { into: n, value: 'l[5]', type: int } }, in: { l: [3] }, fails: undefined }");
    }

    #[test]
    fn coordinates_without_an_image_are_a_problem() {
        let told = problems("{ step: { shape.compute: { into: b, value: '[1, 2, 3, 4]', type: box } }, in: { n: 3 } }");
        assert!(told.contains("needs the image"), "{told}");
        let told = problems("{ step: { shape.compute: { into: b, value: n, type: txet } }, in: { n: 3 } }");
        assert!(told.contains("did you mean `text`"), "{told}");
    }
}
