//! `shape.drop`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::Scope;
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::{Name, Record, StepError};

use super::{check_frames, read_names};

/// Drops the named fields.
///
/// For hidden context (the captions that only the writer may see) and for intermediate results. `shape.select` is its
/// mirror image.
///
/// Reads `fields`, which are not there behind the step. An image cannot go while boxes, points or masks in its grid stay.
///
/// # Example
/// ```yaml example
/// step: { shape.drop: { fields: [captions] } }
/// in: { question: What?, captions: [a, b] }
/// out: { question: What?, captions: null }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShapeDrop {
    /// The fields to drop.
    fields: Vec<String>,
}

impl OperatorConfig for ShapeDrop {
    const NAME: &'static str = "shape.drop";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let names = read_names(scope, "fields", &self.fields)?;
        names.iter().for_each(|name| scope.remove(name));
        let left = scope.schema().clone();
        let whole = check_frames(scope, "fields", &left);
        Bound::transform(Drop { names }).filter(|_| whole)
    }
}

struct Drop {
    names: Vec<Name>,
}

impl Transform for Drop {
    fn apply(&self, record: &mut Record, _: &Context<'_>) -> Result<Verdict, StepError> {
        self.names.iter().for_each(|name| std::mem::drop(record.remove(name)));
        Ok(Verdict::Pass)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, problems};

    #[test]
    fn an_image_goes_with_its_boxes_or_not_at_all() {
        let step = |fields: &str| format!("step: {{ shape.drop: {{ fields: [{fields}] }} }}");
        let rest =
            "types: { b: box }\nimages: { i: 8x8 }\nin: { b: [1, 2, 3, 4], t: x }\nout: { t: x, b: null, i: null }";
        check(&format!("{}\n{rest}", step("i, b")));
        assert!(problems(&format!("{}\n{rest}", step("i"))).contains("`b` is in the grid of `i`"));
    }
}
