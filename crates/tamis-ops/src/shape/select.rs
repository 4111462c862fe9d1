//! `shape.select`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::Scope;
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::{Name, Record, Schema, StepError};

use super::{check_frames, read_names};

/// Keeps the named fields in the named order and drops all others.
///
/// To end hidden context: what the writer has seen and the reader must not. `shape.drop` is its mirror image.
///
/// Reads `fields`; no other field is there behind the step. Boxes, points and masks cannot stay without their image.
///
/// # Example
/// ```yaml example
/// step: { shape.select: { fields: [answer, question] } }
/// in: { question: What?, captions: [a, b], answer: This. }
/// out: { answer: This., question: What?, captions: null }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShapeSelect {
    /// The fields to keep.
    fields: Vec<String>,
}

impl OperatorConfig for ShapeSelect {
    const NAME: &'static str = "shape.select";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let names = read_names(scope, "fields", &self.fields)?;
        let left: Schema = names.iter().filter_map(|n| Some((n.clone(), scope.schema().get(n)?.clone()))).collect();
        let whole = check_frames(scope, "fields", &left);
        scope.replace_schema(left);
        Bound::transform(Select { names }).filter(|_| whole)
    }
}

struct Select {
    names: Vec<Name>,
}

impl Transform for Select {
    fn apply(&self, record: &mut Record, _: &Context<'_>) -> Result<Verdict, StepError> {
        let kept = self.names.iter().filter_map(|name| Some((name.clone(), record.get(name)?.clone()))).collect();
        record.set_fields(kept);
        Ok(Verdict::Pass)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::problems;

    #[test]
    fn a_box_cannot_stay_without_its_image() {
        let told = problems(
            "{ step: { shape.select: { fields: [b] } }, types: { b: box }, images: { i: 8x8 }, in: { b: [1, 2, 3, 4] } }",
        );
        assert!(told.contains("`b` is in the grid of `i`"), "{told}");
    }

    #[test]
    fn unknown_and_repeated_names_are_told_together() {
        let told = problems("{ step: { shape.select: { fields: [a, a, answr] } }, in: { a: 1, answer: 2 } }");
        assert!(told.contains("fields[1]") && told.contains("did you mean `answer`"), "{told}");
    }
}
