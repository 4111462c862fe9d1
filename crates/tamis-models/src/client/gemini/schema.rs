//! JSON schemas as Gemini takes them: a part of OpenAPI's, with types in capitals.
//!
//! Source: the `Schema` object of the Gemini API reference (`type`, `format`, `title`, `description`, `nullable`,
//! `enum`, `items`, `minItems`, `maxItems`, `properties`, `required`, `propertyOrdering`, `anyOf`, `minimum`,
//! `maximum`, `minLength`, `maxLength`, `pattern`). Fields that it does not know are refused, so they are left away.

use serde_json::{Map, Value as Json, json};

/// Fields that are taken over as they are.
const SAME: &[&str] = &[
    "title",
    "description",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "pattern",
    "required",
];

/// The schema in Gemini's form, or `None` where it cannot be said in it: maps with open keys, any JSON, references.
pub(super) fn convert(schema: &Json) -> Option<Json> {
    let object = schema.as_object()?;
    if let Some(branches) = object.get("anyOf").or(object.get("oneOf")).and_then(Json::as_array) {
        return any_of(branches);
    }
    let mut out = Map::new();
    let (kind, nullable) = kind_of(object)?;
    out.insert("type".into(), kind.to_uppercase().into());
    if nullable {
        out.insert("nullable".into(), true.into());
    }
    for name in SAME {
        out.extend(object.get(*name).map(|value| (name.to_string(), value.clone())));
    }
    match kind {
        "object" => properties(object, &mut out)?,
        "array" => drop(out.insert("items".into(), convert(object.get("items")?)?)),
        "string" => out.extend(choices(object)),
        _ => {}
    }
    Some(out.into())
}

/// `anyOf` a schema and null is how an optional value is written.
fn any_of(branches: &[Json]) -> Option<Json> {
    let is_null = |branch: &&Json| branch.get("type").and_then(Json::as_str) == Some("null");
    let nullable = branches.iter().any(|b| is_null(&b));
    let mut rest: Vec<Json> = branches.iter().filter(|b| !is_null(b)).map(convert).collect::<Option<_>>()?;
    let mut schema = match rest.len() {
        0 => return None,
        1 => rest.remove(0),
        _ => json!({ "anyOf": rest }),
    };
    if let (true, Some(fields)) = (nullable, schema.as_object_mut()) {
        fields.insert("nullable".into(), true.into());
    }
    Some(schema)
}

/// The type, and whether null is allowed beside it.
fn kind_of(object: &Map<String, Json>) -> Option<(&str, bool)> {
    match object.get("type") {
        Some(Json::String(kind)) if kind != "null" => Some((kind, false)),
        Some(Json::Array(kinds)) => {
            let names: Vec<&str> = kinds.iter().filter_map(Json::as_str).collect();
            match names.as_slice() {
                [kind, "null"] | ["null", kind] => Some((kind, true)),
                [kind] => Some((kind, false)),
                _ => None,
            }
        }
        None if object.contains_key("enum") || object.contains_key("const") => Some(("string", false)),
        _ => None,
    }
}

/// An object without fields is refused.
fn properties(object: &Map<String, Json>, out: &mut Map<String, Json>) -> Option<()> {
    let fields = object.get("properties")?.as_object().filter(|fields| !fields.is_empty())?;
    let converted: Map<String, Json> =
        fields.iter().map(|(name, schema)| Some((name.clone(), convert(schema)?))).collect::<Option<_>>()?;
    let order: Vec<&String> = fields.keys().collect();
    out.insert("propertyOrdering".into(), json!(order));
    out.insert("properties".into(), converted.into());
    Some(())
}

fn choices(object: &Map<String, Json>) -> Option<(String, Json)> {
    let one = object.get("const").map(|only| json!([only]));
    object.get("enum").cloned().or(one).map(|values| ("enum".to_string(), values))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_in_capitals_null_is_nullable_and_what_gemini_does_not_know_is_left_away() {
        let schema = json!({
            "type": "object", "additionalProperties": false, "$schema": "x", "required": ["b", "a"],
            "properties": {
                "b": { "type": "array", "items": { "type": "number" }, "minItems": 4, "maxItems": 4 },
                "a": { "anyOf": [{ "type": "string", "enum": ["x", "y"] }, { "type": "null" }] },
                "c": { "type": ["integer", "null"], "default": 3 },
                "d": { "const": "only" },
            },
        });
        let expected = json!({
            "type": "OBJECT", "required": ["b", "a"], "propertyOrdering": ["b", "a", "c", "d"],
            "properties": {
                "b": { "type": "ARRAY", "items": { "type": "NUMBER" }, "minItems": 4, "maxItems": 4 },
                "a": { "type": "STRING", "enum": ["x", "y"], "nullable": true },
                "c": { "type": "INTEGER", "nullable": true },
                "d": { "type": "STRING", "enum": ["only"] },
            },
        });
        assert_eq!(convert(&schema), Some(expected));
    }

    #[test]
    fn what_cannot_be_said_is_not_said() {
        for schema in [
            json!({}),
            json!({ "type": "object", "additionalProperties": { "type": "string" } }),
            json!({ "type": "array", "items": {} }),
            json!({ "$ref": "#/$defs/x" }),
            json!({ "type": "object", "properties": { "deep": { "type": "object", "properties": {} } } }),
        ] {
            assert_eq!(convert(&schema), None, "{schema}");
        }
    }
}
