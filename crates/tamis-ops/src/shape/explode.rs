//! `shape.explode`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Transform, Verdict};
use tamis_core::{Field, Name, Record, StepError, Type, Value};

use crate::fields;

/// Makes one record of each element of a list.
///
/// For one sample per region, per question, per page. To work on elements and bring them back together, use `each`.
///
/// Reads `over`, writes `as` and `index_as`; the other fields are the same in all records. A record with an empty list is
/// rejected with reason `the list is empty`.
///
/// # Example
/// ```yaml example
/// step: { shape.explode: { over: questions, as: question, index_as: i } }
/// in: { questions: [Who?, Why?], source: book }
/// outs: [ { question: Who?, i: 0, source: book }, { question: Why?, i: 1, source: book } ]
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShapeExplode {
    /// The list.
    over: String,
    /// The field that receives the element; it may be the list's own.
    #[serde(rename = "as")]
    item: String,
    /// The field that receives the element's place in the list, from 0. Default: none.
    index_as: Option<String>,
}

impl OperatorConfig for ShapeExplode {
    const NAME: &'static str = "shape.explode";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let (over, element) = fields::list_field(scope, "over", &self.over)?;
        let item = scope.write("as", &self.item, Field { ty: element, of: over.of.clone() });
        let index = match &self.index_as {
            Some(name) if *name == self.item => {
                scope.problem("index_as", format!("`{name}` receives the element"));
                return None;
            }
            Some(name) => Some(scope.write("index_as", name, Type::Int)?),
            None => None,
        };
        Bound::transform(Explode { over, item: item?, index })
    }
}

struct Explode {
    over: FieldRef,
    item: Name,
    index: Option<Name>,
}

impl Transform for Explode {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let items = fields::items(record, &self.over)?;
        if items.is_empty() {
            return Ok(Reject::because("the list is empty", [(self.over.name.clone(), Value::list(Vec::new()))]));
        }
        let child = |(i, item): (usize, &Value)| {
            let mut child = record.child(ctx.step, i as u32);
            child.set(&self.item, item.clone());
            if let Some(index) = &self.index {
                child.set(index, i as i64);
            }
            child
        };
        Ok(Verdict::Split(items.iter().enumerate().map(child).collect()))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, example, problems};

    #[test]
    fn an_empty_list_rejects_and_a_missing_one_is_a_problem() {
        check(
            "{ step: { shape.explode: { over: l, as: x } }, types: { l: list<int> }, in: { l: [] }, rejects: empty }",
        );
        let told = problems("{ step: { shape.explode: { over: l, as: x } }, types: { l: list<int>? }, in: { l: [] } }");
        assert!(told.contains("may be missing"), "{told}");
    }

    #[test]
    fn boxes_of_an_image_stay_in_its_grid() {
        let yaml = "{ step: { shape.explode: { over: l, as: x } }, types: { l: list<box> }, images: { i: 8x8 }, in: { l: [] } }";
        let (_, schema) = example(yaml).unwrap().bind().unwrap();
        assert_eq!(schema.get("x").unwrap().to_string(), "box of i");
    }

    #[test]
    fn records_of_one_list_have_ids_of_their_own() {
        let example = example("{ step: { shape.explode: { over: l, as: l } }, in: { l: [1, 1] } }").unwrap();
        let outcome = example.run(&example.bind().unwrap().0, 0).unwrap();
        assert_ne!(outcome.passed[0].id, outcome.passed[1].id);
        assert_eq!(outcome.splits[0].children, [outcome.passed[0].id, outcome.passed[1].id]);
    }
}
