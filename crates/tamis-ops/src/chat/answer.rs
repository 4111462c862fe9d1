//! Typed answers: the schema a request carries, and how a reply becomes a value.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use tamis_core::convert::NoMedia;
use tamis_core::{Type, Value};

use crate::text::tolerant_json;

/// The member that holds an answer which is not an object itself: strict structured output wants objects.
const WRAPPER: &str = "answer";

/// What a reply has to be.
pub(super) struct Expected {
    /// the type of the value
    pub(super) ty: Type,
    /// the schema in the request; `None` for free text and for `json`, of which a schema would say nothing
    pub(super) schema: Option<Arc<Json>>,
    wrapped: bool,
}

impl Expected {
    /// Of a type; `None` when a model cannot write it (pictures, conversations).
    pub(super) fn of(ty: &Type) -> Option<Expected> {
        let plain = ty.json_schema()?;
        let (schema, wrapped) = match ty.required() {
            Type::Text | Type::Json => (None, false),
            _ if plain["type"] == "object" => (Some(plain), false),
            _ => (Some(wrap(plain)), true),
        };
        Some(Expected { ty: ty.clone(), schema: schema.map(Arc::new), wrapped })
    }

    /// The value in a reply, or what is wrong with it.
    pub(super) fn read(&self, reply: &str) -> Result<Value, String> {
        let reply = reply.trim();
        if reply.is_empty() {
            return Err("the reply is empty".to_string());
        }
        if *self.ty.required() == Type::Text {
            return Ok(Value::text(reply));
        }
        let json = match (tolerant_json::parse(reply), self.ty.required()) {
            (Ok(json), _) => self.unwrap(json),
            // A bare word is a good answer to a question with named answers.
            (Err(_), Type::Enum(_)) => Json::String(reply.to_string()),
            (Err(error), _) => return Err(format!("the reply is not JSON: {error}")),
        };
        Value::from_json(&settle_enums(json, &self.ty), &self.ty, &NoMedia).map_err(|e| e.to_string())
    }

    /// Takes the answer out of its wrapper; servers that ignore the schema leave the wrapper out.
    fn unwrap(&self, json: Json) -> Json {
        match json {
            Json::Object(mut fields) if self.wrapped && fields.len() == 1 && fields.contains_key(WRAPPER) => {
                fields.remove(WRAPPER).unwrap_or_default()
            }
            other => other,
        }
    }
}

fn wrap(schema: Json) -> Json {
    json!({"type": "object", "properties": {WRAPPER: schema}, "required": [WRAPPER], "additionalProperties": false})
}

/// Enum values as the type spells them, whatever their case and the quotes or full stop around them.
fn settle_enums(json: Json, ty: &Type) -> Json {
    match (ty.required(), json) {
        (Type::Enum(values), Json::String(text)) => {
            let bare = text.trim_matches(|c: char| c.is_whitespace() || "\"'`*.".contains(c)).to_lowercase();
            let known = values.iter().find(|value| value.to_lowercase() == bare);
            Json::String(known.map_or(text, |value| value.to_string()))
        }
        (Type::List(inner), Json::Array(items)) => items.into_iter().map(|item| settle_enums(item, inner)).collect(),
        (Type::Map(inner), Json::Object(fields)) => {
            fields.into_iter().map(|(name, value)| (name, settle_enums(value, inner))).collect()
        }
        (Type::Struct(types), Json::Object(fields)) => fields
            .into_iter()
            .map(|(name, value)| match types.get(&*name) {
                Some(ty) => (name, settle_enums(value, ty)),
                None => (name, value),
            })
            .collect(),
        (_, other) => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(ty: &str, reply: &str) -> Result<Json, String> {
        Expected::of(&ty.parse().unwrap()).unwrap().read(reply).map(|v| v.to_json())
    }

    #[test]
    fn what_is_no_object_is_wrapped_in_one() {
        let list = Expected::of(&"list<int>".parse().unwrap()).unwrap();
        assert_eq!(list.schema.unwrap()["required"], json!(["answer"]));
        let object = Expected::of(&"{a: int}".parse().unwrap()).unwrap();
        assert_eq!(object.schema.unwrap()["required"], json!(["a"]));
        assert!(Expected::of(&Type::Text).unwrap().schema.is_none());
        assert!(Expected::of(&Type::Image).is_none());
    }

    #[test]
    fn the_wrapper_may_be_there_or_not() {
        assert_eq!(read("list<int>", "{\"answer\": [1, 2]}"), Ok(json!([1, 2])));
        assert_eq!(read("list<int>", "[1, 2]"), Ok(json!([1, 2])));
        assert_eq!(read("json", "{\"answer\": 1}"), Ok(json!({"answer": 1})), "nobody asked for a wrapper");
    }

    #[test]
    fn enums_are_taken_in_any_case_and_other_values_strictly() {
        for reply in ["Yes", " yes.\n", "{\"answer\": \"YES\"}", "\"yes\"", "**Yes**"] {
            assert_eq!(read("enum(yes|no)", reply), Ok(json!("yes")), "{reply}");
        }
        assert!(read("enum(yes|no)", "maybe").unwrap_err().contains("enum(yes|no)"));
        assert_eq!(read("{v: list<enum(A|B)>}", "{\"v\": [\"a\", \"B\"]}"), Ok(json!({"v": ["A", "B"]})));
        assert!(read("{n: int}", "{\"n\": \"3\"}").is_err());
    }
}
