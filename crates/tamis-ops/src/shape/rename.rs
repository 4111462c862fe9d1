//! `shape.rename`

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::Scope;
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::{Field, Name, Record, Schema, StepError};

/// Gives fields other names: `shape.rename: { old: new }`.
///
/// To fit a source's columns to a recipe, or a recipe's fields to an output. Two fields may swap their names.
///
/// Reads the old names, writes the new ones; the old ones are not there behind the step.
///
/// # Example
/// ```yaml example
/// step: { shape.rename: { reply: answer } }
/// in: { reply: A cat. }
/// out: { answer: A cat., reply: null }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ShapeRename(IndexMap<String, String>);

impl OperatorConfig for ShapeRename {
    const NAME: &'static str = "shape.rename";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        if self.0.is_empty() {
            scope.problem("", "expected at least one `old: new`, found none");
            return None;
        }
        let mut moved: Vec<(Name, Field)> = Vec::new();
        for (old, new) in &self.0 {
            let taken = scope.schema().contains(new) && !self.0.contains_key(new);
            let twice = self.0.values().filter(|name| *name == new).count() > 1;
            if taken || twice {
                let what = if taken { "there is a field of that name already" } else { "two fields get that name" };
                scope.problem(old, format!("`{new}`: {what}"));
            } else if old.contains('.') {
                scope.problem(old, format!("expected a whole field, found the member `{old}`"));
            } else if let Some(field) = scope.read_any(old, old) {
                moved.push((field.name, Field { ty: field.ty, of: field.of }));
            }
        }
        if moved.len() < self.0.len() {
            return None;
        }
        let carried = self.carried(scope.schema());
        // All old names go before the new ones come, so that names can be swapped.
        moved.iter().for_each(|(old, _)| scope.remove(old));
        let mut names = Vec::new();
        for (old, field) in moved {
            let new = scope.write(&old, &self.0[&*old], self.following(field))?;
            names.push((old, new));
        }
        for (name, field) in carried {
            let old = field.of.clone().unwrap_or_default();
            scope.write(&old, &name, self.following(field));
        }
        Bound::transform(Rename { names })
    }
}

impl ShapeRename {
    /// Fields that keep their names and lie in the grid of images that do not.
    fn carried(&self, schema: &Schema) -> Vec<(Name, Field)> {
        let follows = |name: &Name, field: &Field| {
            !self.0.contains_key(&**name) && field.of.as_ref().is_some_and(|image| self.0.contains_key(&**image))
        };
        schema.iter().filter(|(name, field)| follows(name, field)).map(|(n, f)| (n.clone(), f.clone())).collect()
    }

    /// Geometry stays in the grid of its image, whatever that is called now.
    fn following(&self, field: Field) -> Field {
        let of = field.of.map(|image| self.0.get(&*image).map_or(image, |new| new.as_str().into()));
        Field { ty: field.ty, of }
    }
}

struct Rename {
    names: Vec<(Name, Name)>,
}

impl Transform for Rename {
    fn apply(&self, record: &mut Record, _: &Context<'_>) -> Result<Verdict, StepError> {
        let values: Vec<_> = self.names.iter().map(|(old, _)| record.remove(old)).collect();
        for ((_, new), value) in self.names.iter().zip(values) {
            if let Some(value) = value {
                record.set(new, value);
            }
        }
        Ok(Verdict::Pass)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, example, problems};

    #[test]
    fn two_fields_may_swap_their_names() {
        check("{ step: { shape.rename: { a: b, b: a } }, in: { a: 1, b: 2 }, out: { a: 2, b: 1 } }");
    }

    #[test]
    fn boxes_follow_their_image() {
        let yaml =
            "{ step: { shape.rename: { i: photo } }, types: { b: box }, images: { i: 8x8 }, in: { b: [1, 2, 3, 4] } }";
        let (_, schema) = example(yaml).unwrap().bind().unwrap();
        assert_eq!(schema.get("b").unwrap().to_string(), "box of photo");
    }

    #[test]
    fn boxes_follow_images_that_swap_their_names() {
        let yaml = "{ step: { shape.rename: { i: j, j: i } }, types: { b: box of i, c: box of j }, \
                     images: { i: 8x8, j: 4x4 }, in: { b: [1, 2, 3, 4], c: [0, 0, 1, 1] } }";
        let (_, schema) = example(yaml).unwrap().bind().unwrap();
        assert_eq!(schema.get("b").unwrap().to_string(), "box of j");
        assert_eq!(schema.get("c").unwrap().to_string(), "box of i");
    }

    #[test]
    fn a_name_that_is_taken_is_a_problem() {
        assert!(problems("{ step: { shape.rename: { a: b } }, in: { a: 1, b: 2 } }").contains("already"));
        assert!(problems("{ step: { shape.rename: { a: c, b: c } }, in: { a: 1, b: 2 } }").contains("two fields"));
    }
}
