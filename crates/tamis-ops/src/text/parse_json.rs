//! `text.parse_json`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::convert::NoMedia;
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Transform, Verdict};
use tamis_core::{Name, Record, StepError, Type, Value};

use super::phrases::shown;
use super::{Otherwise, tolerant_json};
use crate::fields;
use crate::typing::framed;

/// Reads a typed value from JSON that stands in a text.
///
/// For replies of models that were not asked for structured output (`chat.ask` with `returns` reads its own) and for
/// columns that hold JSON. Fences, prose around the value, trailing commas, curly and single quotes, comments and
/// Python's `True` and `None` do not matter; a value that was cut off is never completed.
///
/// Reads `from`, writes `into`. Rejects with reason `no JSON of the wanted type`, the error and the beginning of the
/// text.
///
/// # Example
/// ```yaml example
/// step: { text.parse_json: { from: reply, returns: "list<{question: text, answer: text}>", into: turns } }
/// in: { reply: "Sure!\n```json\n[{\"question\": \"What is it?\", \"answer\": \"A cat.\",}]\n```" }
/// out: { turns: [{ question: What is it?, answer: A cat. }] }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParseJson {
    /// The text.
    from: String,
    /// The type of the value.
    returns: Type,
    /// The field that receives the value.
    into: String,
    /// For types with coordinates: the image in whose grid they are. Default: the record's only image.
    of: Option<String>,
    /// What becomes of a record without such JSON: `reject`, or `missing` to leave the field missing. Default: `reject`.
    #[serde(default)]
    otherwise: Otherwise,
}

impl OperatorConfig for ParseJson {
    const NAME: &'static str = "text.parse_json";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let from = scope.read("from", &self.from, &Type::Text);
        if self.returns.json_schema().is_none() {
            scope.problem(
                "returns",
                format!("expected a type that JSON can hold, but {} has pictures in it", self.returns),
            );
            return None;
        }
        let field = framed(scope, self.returns.clone(), self.of.as_deref());
        let mut written = field.clone().unwrap_or_else(|| self.returns.clone().into());
        if self.otherwise == Otherwise::Missing {
            written.ty = Type::optional(written.ty);
        }
        let into = scope.write("into", &self.into, written);
        let operator = Parse { from: from?, ty: field?.ty, into: into?, otherwise: self.otherwise };
        Bound::transform(operator)
    }
}

struct Parse {
    from: FieldRef,
    ty: Type,
    into: Name,
    otherwise: Otherwise,
}

impl Transform for Parse {
    fn apply(&self, record: &mut Record, _: &Context<'_>) -> Result<Verdict, StepError> {
        let text = fields::text(record, &self.from)?;
        let value = tolerant_json::parse(text)
            .and_then(|json| Value::from_json(&json, &self.ty, &NoMedia).map_err(|e| e.to_string()));
        match (value, self.otherwise) {
            (Ok(value), _) => record.set(&self.into, value),
            (Err(_), Otherwise::Missing) => record.set(&self.into, Value::Null),
            (Err(error), Otherwise::Reject) => {
                let values = [("error", Value::text(error)), ("found", shown(text))];
                return Ok(Reject::because("no JSON of the wanted type", values));
            }
        }
        Ok(Verdict::Pass)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, problems};

    #[test]
    fn json_of_another_type_is_rejected() {
        check(
            r#"{ step: { text.parse_json: { from: t, returns: "list<int>", into: n } }, in: { t: '["a"]' }, rejects: no JSON }"#,
        );
        check(
            "{ step: { text.parse_json: { from: t, returns: int, into: n, otherwise: missing } }, in: { t: no }, out: { n: null } }",
        );
    }

    #[test]
    fn boxes_need_the_image_in_whose_grid_they_are() {
        let told = problems("{ step: { text.parse_json: { from: t, returns: list<box>, into: b } }, in: { t: x } }");
        assert!(told.contains("needs the image"), "{told}");
        let told = problems("{ step: { text.parse_json: { from: t, returns: image, into: b } }, in: { t: x } }");
        assert!(told.contains("pictures"), "{told}");
    }
}
