//! JSON that satisfies a schema, with texts drawn from the prompt.

use serde_json::{Map, Value as Json, json};
use tamis_core::rng::Rng;

use super::judgement;
use super::material::Material;
use super::write::{question, reasoning};

/// How deep a schema is followed; below, recursive schemas get their smallest value.
const DEEPEST: usize = 12;

/// A value that satisfies `schema`; `imagined` is put into the first text that describes something.
pub(super) fn satisfy(schema: &Json, material: &Material, imagined: Option<&str>, rng: &mut Rng) -> Json {
    let mut writer = Writer { root: schema, material, imagined: imagined.map(str::to_string), thing: None, rng };
    writer.value(schema, "", 0)
}

/// The same value with one mistake: a field missing, or of another type.
pub(super) fn spoil(value: Json, rng: &mut Rng) -> Json {
    match value {
        Json::Object(mut fields) if !fields.is_empty() => {
            let names: Vec<String> = fields.keys().cloned().collect();
            let name = rng.pick(&names).cloned().unwrap_or_default();
            match rng.below(2) {
                0 => fields.remove(&name),
                _ => fields.insert(name, json!({ "unexpected": true })),
            };
            Json::Object(fields)
        }
        Json::Array(_) => json!("a text in place of a list"),
        _ => json!({ "unexpected": true }),
    }
}

/// A schema of values like `example`.
pub(super) fn of_example(example: &Json) -> Json {
    match example {
        Json::Object(fields) => {
            let properties: Map<String, Json> = fields.iter().map(|(n, v)| (n.clone(), of_example(v))).collect();
            json!({ "type": "object", "properties": properties, "required": fields.keys().collect::<Vec<_>>() })
        }
        Json::Array(items) => json!({ "type": "array", "items": items.first().map_or(json!({}), of_example) }),
        Json::Number(n) if n.is_f64() => json!({ "type": "number" }),
        Json::Number(_) => json!({ "type": "integer" }),
        Json::Bool(_) => json!({ "type": "boolean" }),
        _ => json!({ "type": "string" }),
    }
}

struct Writer<'a> {
    root: &'a Json,
    material: &'a Material,
    imagined: Option<String>,
    /// what a question was asked about, so that the answer beside it is about the same
    thing: Option<String>,
    rng: &'a mut Rng,
}

impl Writer<'_> {
    /// `name` is the field's name, which tells much about what belongs there.
    fn value(&mut self, schema: &Json, name: &str, depth: usize) -> Json {
        let Some(fields) = schema.as_object() else { return Json::String(self.text(name)) };
        if let Some(target) = fields.get("$ref").and_then(Json::as_str).and_then(|r| self.resolve(r)) {
            return if depth > DEEPEST { Json::Null } else { self.value(&target, name, depth + 1) };
        }
        if let Some(value) = fields.get("const") {
            return value.clone();
        }
        if let Some(values) = fields.get("enum").and_then(Json::as_array) {
            return self.rng.pick(values).cloned().unwrap_or(Json::Null);
        }
        if let Some(choices) = ["anyOf", "oneOf"].iter().find_map(|key| fields.get(*key)?.as_array()) {
            return self.choice(choices, name, depth);
        }
        if let Some(all) = fields.get("allOf").and_then(Json::as_array) {
            let merged = all.iter().fold(Map::new(), |mut sum, one| {
                merge(&mut sum, one);
                sum
            });
            return self.value(&Json::Object(merged), name, depth + 1);
        }
        match type_of(fields) {
            "object" => self.object(fields, depth),
            "array" => self.array(fields, name, depth),
            "integer" | "number" if scores(name) => self.score(fields, name),
            "integer" => {
                let (low, high) = range(fields, name, 0.0, 10.0);
                json!(low.ceil() as i64 + self.rng.below((high.floor() - low.ceil()).max(0.0) as usize + 1) as i64)
            }
            "number" => {
                let (low, high) = range(fields, name, 0.0, 1.0);
                json!((self.rng.range(low, high) * 100.0).round().clamp(low * 100.0, high * 100.0) / 100.0)
            }
            "boolean" => json!(self.rng.unit() < 0.9),
            "null" => Json::Null,
            _ => Json::String(self.fitting_text(fields, name)),
        }
    }

    /// A score on the field's scale.
    fn score(&mut self, fields: &Map<String, Json>, name: &str) -> Json {
        let (low, high) = range(fields, name, 1.0, 10.0);
        match type_of(fields) {
            "integer" => json!(judgement::whole(low.ceil() as i64, high.floor() as i64, self.rng)),
            _ => json!(judgement::decimal(low, high, self.rng)),
        }
    }

    /// Mostly the alternative that says something.
    fn choice(&mut self, choices: &[Json], name: &str, depth: usize) -> Json {
        let null = |schema: &&Json| schema.get("type").is_some_and(|t| t == "null");
        let (empty, full): (Vec<&Json>, Vec<&Json>) = choices.iter().partition(null);
        let nothing = !empty.is_empty() && (full.is_empty() || depth > DEEPEST || self.rng.unit() < 0.15);
        match self.rng.pick(&full) {
            Some(schema) if !nothing => self.value(schema, name, depth + 1),
            _ => Json::Null,
        }
    }

    fn object(&mut self, fields: &Map<String, Json>, depth: usize) -> Json {
        let mut object = Map::new();
        let required: Vec<&str> =
            fields.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect();
        if let Some(properties) = fields.get("properties").and_then(Json::as_object) {
            self.thing = None;
            for (name, schema) in properties {
                if required.contains(&name.as_str()) || depth < DEEPEST {
                    object.insert(name.clone(), self.value(schema, name, depth + 1));
                }
            }
        } else if let Some(values @ Json::Object(_)) = fields.get("additionalProperties") {
            for _ in 0..1 + self.rng.below(2) {
                let key = self.material.thing(self.rng);
                object.insert(key, self.value(values, "", depth + 1));
            }
        }
        Json::Object(object)
    }

    fn array(&mut self, fields: &Map<String, Json>, name: &str, depth: usize) -> Json {
        if let Some(each) = fields.get("prefixItems").and_then(Json::as_array) {
            return each.iter().map(|schema| self.value(schema, name, depth + 1)).collect();
        }
        let limit = |key: &str| fields.get(key).and_then(Json::as_u64).map(|n| n as usize);
        let least = limit("minItems").unwrap_or(1.min(limit("maxItems").unwrap_or(1)));
        let most = limit("maxItems").unwrap_or(least.max(4)).min(least.max(4));
        if depth > DEEPEST {
            return json!([]);
        }
        let count = least + self.rng.below(most - least + 1);
        let empty = json!({});
        let schema = fields.get("items").unwrap_or(&empty);
        let singular = name.strip_suffix('s').unwrap_or(name).to_string();
        let mut items: Vec<Json> = (0..count).map(|_| self.value(schema, &singular, depth + 1)).collect();
        if fields.get("uniqueItems").is_some_and(|unique| unique == true) {
            self.make_unique(&mut items, least, schema, &singular, depth);
        }
        if name.contains("box") && items.len() == 4 && items.iter().all(Json::is_number) {
            order_box(&mut items);
        }
        Json::Array(items)
    }

    fn make_unique(&mut self, items: &mut Vec<Json>, least: usize, schema: &Json, name: &str, depth: usize) {
        let mut unique: Vec<Json> = Vec::new();
        unique.extend(items.drain(..).filter_map({
            let mut seen = Vec::new();
            move |item| (!seen.contains(&item)).then(|| seen.push(item.clone())).map(|()| item)
        }));
        for _ in 0..100 {
            if unique.len() >= least {
                break;
            }
            let another = self.value(schema, name, depth + 1);
            if !unique.contains(&another) {
                unique.push(another);
            }
        }
        *items = unique;
    }

    fn fitting_text(&mut self, fields: &Map<String, Json>, name: &str) -> String {
        let limit = |key: &str| fields.get(key).and_then(Json::as_u64).map(|n| n as usize);
        let mut text = match fields.get("format").and_then(Json::as_str) {
            Some("date") => "2024-05-17".to_string(),
            Some("date-time") => "2024-05-17T10:30:00Z".to_string(),
            Some("uri") => "https://example.org/".to_string(),
            _ => self.text(name),
        };
        while text.chars().count() < limit("minLength").unwrap_or(0) {
            text = format!("{text} {}", self.material.sentence(self.rng));
        }
        match limit("maxLength") {
            Some(most) => text.chars().take(most).collect(),
            None => text,
        }
    }

    /// A text that belongs into a field of this name.
    fn text(&mut self, name: &str) -> String {
        let name = name.to_lowercase();
        let is = |words: &[&str]| words.iter().any(|word| name.contains(word));
        if is(&["question", "query", "instruction"]) {
            let thing = self.material.thing(self.rng);
            let text = question(&thing, self.rng);
            self.thing = Some(thing);
            return text;
        }
        if is(&["label", "object", "name", "category", "class", "tag", "keyword", "subject", "noun", "entity", "title"])
        {
            return self.material.thing(self.rng);
        }
        let text = match (is(&["think", "reason", "rationale", "steps", "thought"]), self.thing.clone()) {
            (true, _) => reasoning(self.material, false, self.rng),
            (_, Some(thing)) if is(&["answer", "response"]) => self.material.about(&thing, self.rng),
            _ => self.material.sentence(self.rng),
        };
        match self.imagined.take() {
            Some(imagined) => format!("{text} {imagined}"),
            None => text,
        }
    }

    fn resolve(&self, reference: &str) -> Option<Json> {
        self.root.pointer(reference.strip_prefix('#')?).cloned()
    }
}

fn type_of(fields: &Map<String, Json>) -> &str {
    match fields.get("type") {
        Some(Json::String(name)) => name,
        Some(Json::Array(names)) => names.iter().filter_map(Json::as_str).find(|n| *n != "null").unwrap_or("null"),
        _ if fields.contains_key("properties") => "object",
        _ if fields.contains_key("items") => "array",
        _ => "string",
    }
}

/// Whether a field of this name says how good something is.
fn scores(name: &str) -> bool {
    let name = name.to_lowercase();
    ["score", "rating"].iter().any(|word| name.contains(word))
}

/// The numbers that a field may hold: as the schema says, else as its name suggests.
fn range(fields: &Map<String, Json>, name: &str, low: f64, high: f64) -> (f64, f64) {
    let name = name.to_lowercase();
    let is = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let (low, high) = match () {
        () if is(&["confidence", "probability", "similarity"]) => (0.6, 1.0),
        () if is(&["box", "point", "width", "height"]) || ["x", "y"].contains(&name.as_str()) => (0.0, 400.0),
        () if is(&["year"]) => (1950.0, 2024.0),
        () => (low, high),
    };
    let step = if type_of(fields) == "integer" { 1.0 } else { 0.01 };
    let limit = |key: &str| fields.get(key).and_then(Json::as_f64);
    let least = limit("minimum").or(limit("exclusiveMinimum").map(|n| n + step));
    let most = limit("maximum").or(limit("exclusiveMaximum").map(|n| n - step));
    match (least, most) {
        (Some(least), Some(most)) => (least, most),
        (Some(least), None) => (least, high.max(least + 1.0)),
        (None, Some(most)) => (low.min(most - 1.0), most),
        (None, None) => (low, high),
    }
}

/// `[x0, y0, x1, y1]` with both sides at least 1.
fn order_box(items: &mut [Json]) {
    for (low, high) in [(0, 2), (1, 3)] {
        let (a, b) = (items[low].as_f64().unwrap_or(0.0), items[high].as_f64().unwrap_or(0.0));
        if a > b {
            items.swap(low, high);
        }
    }
}

fn merge(sum: &mut Map<String, Json>, one: &Json) {
    for (key, value) in one.as_object().into_iter().flatten() {
        match (sum.get_mut(key), value) {
            (Some(Json::Object(known)), Json::Object(more)) => known.extend(more.clone()),
            (Some(Json::Array(known)), Json::Array(more)) => known.extend(more.clone()),
            _ => {
                sum.insert(key.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tamis_core::RecordId;

    use super::super::wire::{Ask, Spoken};
    use super::*;

    fn satisfied(schema: &Json, seed: u64) -> Json {
        let text = "A brown dog runs on the beach. A man throws a ball.";
        let ask = Ask { messages: vec![Spoken { role: "user".into(), text: text.into() }], ..Ask::default() };
        satisfy(schema, &Material::of(&ask), None, &mut Rng::keyed(seed, RecordId([0; 16]), "test", &[]))
    }

    #[test]
    fn values_satisfy_the_schema() {
        let schema = json!({
            "type": "object", "required": ["pairs", "score", "ok", "kind", "box", "note"],
            "properties": {
                "pairs": { "type": "array", "minItems": 2, "maxItems": 3, "items": { "$ref": "#/$defs/pair" } },
                "score": { "type": "integer", "minimum": 1, "maximum": 5 },
                "share": { "type": "number", "minimum": 0, "maximum": 1 },
                "ok": { "type": "boolean" },
                "kind": { "enum": ["a", "b"] },
                "box": { "type": "array", "minItems": 4, "maxItems": 4, "items": { "type": "number" } },
                "note": { "anyOf": [{ "type": "string", "maxLength": 10 }, { "type": "null" }] }
            },
            "$defs": { "pair": { "type": "object", "properties": {
                "question": { "type": "string" }, "answer": { "type": "string" } } } }
        });
        for seed in 0..50 {
            let value = satisfied(&schema, seed);
            let pairs = value["pairs"].as_array().unwrap();
            assert!((2..=3).contains(&pairs.len()));
            assert!(pairs.iter().all(|p| p["question"].as_str().unwrap().ends_with('?') && p["answer"].is_string()));
            assert!((1..=5).contains(&value["score"].as_i64().unwrap()));
            assert!((0.0..=1.0).contains(&value["share"].as_f64().unwrap()));
            assert!(value["ok"].is_boolean());
            assert!(["a", "b"].contains(&value["kind"].as_str().unwrap()));
            assert!(value["box"][0].as_f64() <= value["box"][2].as_f64());
            assert!(value["note"].is_null() || value["note"].as_str().unwrap().chars().count() <= 10);
        }
    }

    #[test]
    fn a_schema_that_holds_itself_comes_to_an_end() {
        let schema = json!({ "$ref": "#/$defs/tree", "$defs": { "tree": { "type": "object", "required": ["next"],
            "properties": { "next": { "anyOf": [{ "$ref": "#/$defs/tree" }, { "type": "null" }] } } } } });
        (0..20).for_each(|seed| assert!(satisfied(&schema, seed).is_object()));
    }
}
