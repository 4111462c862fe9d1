//! The JSON schema of a recipe, for editors: completion, hover texts and red lines before `tamis check` runs.

use serde_json::{Map, Value as Json, json};
use tamis_core::model::RoleKind;
use tamis_core::operator::OperatorSpec;

use crate::recipe::PARAM_KEYS;
use crate::shape::MOST_RETRIES;

/// The schema of `recipe.yaml` with the operators of a registry, JSON schema draft 2020-12.
///
/// Descriptions are the operators' own manual pages. Any value in a step
/// may also be written as `$parameter`.
pub fn recipe_schema(registry: &[OperatorSpec]) -> Json {
    let mut defs = Map::new();
    for spec in registry {
        operator(spec, &mut defs);
    }
    defs.insert("Steps".into(), steps());
    defs.insert("Step".into(), step(registry));
    defs.insert("FieldType".into(), field_type());
    defs.insert("Role".into(), role());
    defs.insert("Parameter".into(), parameter_declaration());
    defs.insert("Table".into(), table());
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tamis recipe",
        "description": "How a dataset is made: roles, inputs, steps and output.",
        "type": "object",
        "properties": properties(),
        "required": ["recipe", "steps", "output"],
        "additionalProperties": false,
        "$defs": defs,
    })
}

fn properties() -> Json {
    let fields = |text: &str| json!({"description": text, "type": ["object", "null"], "additionalProperties": {"$ref": "#/$defs/FieldType"}});
    json!({
        "recipe": {
            "description": "The recipe's name: letters, digits, `-`, `_` and `.`",
            "type": "string",
            "pattern": "^[^\\s/#]+$",
        },
        "about": {"description": "What it does, in a line", "type": "string"},
        "paper": {"description": "The paper: `arXiv:2304.08485`", "type": ["string", "number"]},
        "licence": {"description": "A note on the licence of datasets made with it", "type": "string"},
        "params": {
            "description": "Numbers and choices with their defaults. `--set name=value` overrides them for a run; \
                `$name` stands for them in a step, `{{ name }}` in a prompt",
            "type": ["object", "null"],
            "propertyNames": {"pattern": NAME},
            "additionalProperties": {"$ref": "#/$defs/Parameter"},
        },
        "data": {
            "description": "Lists and tables for prompts and operators: written here, or the path of a .yaml, .json, \
                .txt (a list of lines) or .md file of the recipe",
            "type": ["object", "null"],
            "propertyNames": {"pattern": NAME},
        },
        "tables": {
            "description": "Rows beside the input, looked up by key: the fields of a row with their types, or \
                `{from: FILE, fields: {...}}` for a file of the recipe, or `any` for a table of any columns. `--table name=PATH` says where they are",
            "type": ["object", "null"],
            "propertyNames": {"pattern": NAME},
            "additionalProperties": {"$ref": "#/$defs/Table"},
        },
        "roles": {
            "description": "What models are asked to be; `models.yaml` says who plays them",
            "type": ["object", "null"],
            "additionalProperties": {"$ref": "#/$defs/Role"},
        },
        "inputs": fields("The fields asked of the input, with their types"),
        "steps": {"description": "What happens to a record, in order", "$ref": "#/$defs/Steps"},
        "output": fields("The fields of a sample, with their types"),
    })
}

const NAME: &str = "^[^\\s\\d.-][^\\s.-]*$";

fn field_type() -> Json {
    json!({
        "type": "string",
        "description": "bool, int, float, text, image, mask, audio, video, point, box, polygon, region, turn, \
            conversation, json, enum(a|b), list<T>, map<T>, {field: T}, T?; behind coordinates ` of FIELD` names their \
            image",
    })
}

fn role() -> Json {
    let names: Vec<&str> = RoleKind::ALL.iter().map(|kind| kind.name()).collect();
    json!({
        "anyOf": [
            {"description": "The kind of the role", "enum": names},
            {
                "type": "object",
                "properties": {
                    "kind": {"description": "The kind of the role", "enum": names},
                    "about": {"description": "Which model suits it, and why", "type": "string"},
                },
                "required": ["kind"],
                "additionalProperties": false,
            },
        ],
    })
}

fn parameter_declaration() -> Json {
    let keys: Map<String, Json> = PARAM_KEYS.iter().map(|key| (key.to_string(), declaration_key(key))).collect();
    json!({
        "anyOf": [
            {"description": "The default", "not": {"type": "object", "required": ["default"]}},
            {"type": "object", "properties": keys, "required": ["default"], "additionalProperties": false},
        ],
    })
}

fn declaration_key(key: &str) -> Json {
    match key {
        "default" => json!({"description": "The default"}),
        "one_of" => json!({"description": "The values that it may have", "type": "array", "minItems": 1}),
        "at_least" => json!({"description": "The smallest number that it may be", "type": "number"}),
        "at_most" => json!({"description": "The greatest number that it may be", "type": "number"}),
        _ => json!({"description": "What it is", "type": "string"}),
    }
}

fn table() -> Json {
    let fields = json!({"type": "object", "minProperties": 1, "additionalProperties": {"$ref": "#/$defs/FieldType"}});
    json!({
        "anyOf": [
            fields.clone(),
            {"description": "Any columns; a run may name it or not", "const": "any"},
            {
                "type": "object",
                "properties": {
                    "from": {"description": "A file of the recipe", "type": "string"},
                    "optional": {"description": "Whether a run may leave it out", "type": "boolean"},
                    "fields": fields,
                },
                "required": ["fields"],
                "additionalProperties": false,
            },
        ],
    })
}

fn steps() -> Json {
    json!({"type": "array", "items": {"$ref": "#/$defs/Step"}})
}

fn step(registry: &[OperatorSpec]) -> Json {
    let forms: Vec<Json> = registry.iter().map(step_of).collect();
    json!({"description": "One operator, with `id`, `when` and `retry` beside it", "type": "object", "oneOf": forms})
}

fn step_of(spec: &OperatorSpec) -> Json {
    let reference = json!({"$ref": format!("#/$defs/{}", spec.name)});
    let needs_options = (spec.schema)().get("required").and_then(Json::as_array).is_some_and(|r| !r.is_empty());
    let config = if needs_options { reference } else { json!({"anyOf": [reference, {"type": "null"}]}) };
    let mut properties = Map::new();
    properties.insert(spec.name.to_string(), config);
    properties.insert(
        "id".into(),
        json!({
            "description": "A name for this step, unique in the recipe",
            "type": "string",
            "pattern": "^[^\\s/#]+$",
        }),
    );
    properties.insert(
        "when".into(),
        json!({"description": "Records for which this does not hold skip the step", "type": ["string", "boolean"]}),
    );
    let tries = json!({"type": "integer", "minimum": 0, "maximum": MOST_RETRIES});
    properties.insert(
        "retry".into(),
        json!({"description": "How often a failure is tried again", "anyOf": [tries, parameter()]}),
    );
    let required = [spec.name];
    let title = spec.name;
    json!({"title": title, "properties": properties, "required": required, "additionalProperties": false})
}

fn parameter() -> Json {
    json!({"description": "A parameter of the recipe", "type": "string", "pattern": "^\\$[^\\s\\d.-]"})
}

/// Adds the schema of an operator's options, its parts under names of its own.
fn operator(spec: &OperatorSpec, defs: &mut Map<String, Json>) {
    let Json::Object(mut schema) = (spec.schema)().to_value() else { return };
    schema.remove("$schema");
    let parts = match schema.remove("$defs") {
        Some(Json::Object(parts)) => parts,
        _ => Map::new(),
    };
    let mut add = |name: String, mut schema: Json| {
        move_references(&mut schema, spec.name);
        allow_parameters(&mut schema);
        defs.insert(name, schema);
    };
    for (name, part) in parts.into_iter().filter(|(name, _)| name != "Steps") {
        add(format!("{}.{name}", spec.name), part);
    }
    add(spec.name.to_string(), Json::Object(schema));
}

fn move_references(schema: &mut Json, operator: &str) {
    match schema {
        Json::Array(items) => items.iter_mut().for_each(|item| move_references(item, operator)),
        Json::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), value) {
                    ("$ref", Json::String(target)) if target != "#/$defs/Steps" => {
                        *target = target.replacen("#/$defs/", &format!("#/$defs/{operator}."), 1);
                    }
                    ("default" | "const" | "enum" | "examples", _) => {}
                    (_, value) => move_references(value, operator),
                }
            }
        }
        _ => {}
    }
}

/// Lets a parameter stand for every value but a nested list of steps; texts without rules take one as they are.
fn allow_parameters(schema: &mut Json) {
    let Json::Object(fields) = schema else { return };
    for key in ["anyOf", "oneOf", "allOf"] {
        if let Some(Json::Array(forms)) = fields.get_mut(key) {
            forms.iter_mut().for_each(allow_parameters);
        }
    }
    if let Some(Json::Object(properties)) = fields.get_mut("properties") {
        properties.values_mut().for_each(allow_parameter);
    }
    if let Some(Json::Array(items)) = fields.get_mut("prefixItems") {
        items.iter_mut().for_each(allow_parameter);
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = fields.get_mut(key) {
            allow_parameter(inner);
        }
    }
}

/// Lets a parameter stand for one value.
fn allow_parameter(value: &mut Json) {
    allow_parameters(value);
    let Json::Object(fields) = value else { return };
    let is_text = fields.get("type").is_some_and(|ty| ty == "string" || ty == &json!(["string", "null"]));
    let any_text = is_text && ["enum", "const", "pattern", "format"].iter().all(|rule| !fields.contains_key(*rule));
    if any_text || fields.get("$ref").is_some_and(|target| target == "#/$defs/Steps") {
        return;
    }
    let mut outer = Map::new();
    for key in ["description", "default"] {
        outer.extend(fields.remove(key).map(|value| (key.to_string(), value)));
    }
    let plain = Json::Object(std::mem::take(fields));
    outer.insert("anyOf".into(), json!([plain, parameter()]));
    *fields = outer;
}
