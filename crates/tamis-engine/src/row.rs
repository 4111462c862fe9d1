//! How records stand in the files of a run: one JSON object a line, fields by name, the engine's own keys with `_`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use tamis_core::block::{Failed, Gathered, Rejected};
use tamis_core::convert::NoMedia;
use tamis_core::record::{Root, StoryEntry};
use tamis_core::{Name, Record, RecordId, Schema, Value};

/// A sample, or a record between two stages, as a line.
pub fn accepted(record: &Record) -> Json {
    Json::Object(base(record))
}

/// A rejected record as a line: the fields it had, the step, the reason and the values that decided.
pub fn rejected(rejected: &Rejected) -> Json {
    let mut row = base(&rejected.record);
    row.insert("_step".into(), json!(&*rejected.step));
    row.insert("_reason".into(), json!(rejected.reason));
    let values: Map<String, Json> = rejected.values.iter().map(|(n, v)| (n.to_string(), v.to_json())).collect();
    row.insert("_values".into(), Json::Object(values));
    Json::Object(row)
}

/// A failed record as a line: the fields it had, the step, the error, the field at fault and the attempts.
pub fn failed(failed: &Failed) -> Json {
    let mut row = base(&failed.record);
    row.insert("_step".into(), json!(&*failed.step));
    row.insert("_error".into(), json!(failed.error));
    row.insert("_field".into(), json!(failed.field));
    row.insert("_attempts".into(), json!(failed.attempts));
    Json::Object(row)
}

/// A record that went into others as a line: its lineage, the step and the records that hold it now. Its fields stand
/// in the stage before.
pub fn gathered(gathered: &Gathered) -> Json {
    let mut row = lineage(&gathered.record);
    if !gathered.record.story.is_empty() {
        row.insert("_story".into(), json!(gathered.record.story));
    }
    row.insert("_step".into(), json!(&*gathered.step));
    row.insert("_into".into(), json!(gathered.into));
    Json::Object(row)
}

fn lineage(record: &Record) -> Map<String, Json> {
    let mut row = Map::new();
    row.insert("_id".into(), json!(record.id));
    row.insert("_root".into(), json!(*record.root));
    if !record.path.is_empty() {
        row.insert("_path".into(), json!(record.path));
    }
    row
}

fn base(record: &Record) -> Map<String, Json> {
    let mut row = lineage(record);
    for (name, value) in record.fields() {
        row.insert(name.to_string(), value.to_json());
    }
    if !record.story.is_empty() {
        row.insert("_story".into(), json!(record.story));
    }
    row
}

#[derive(Deserialize, Serialize)]
struct Lineage {
    #[serde(rename = "_id")]
    id: RecordId,
    #[serde(rename = "_root")]
    root: Root,
    #[serde(rename = "_path", default)]
    path: Vec<u32>,
    #[serde(rename = "_story", default)]
    story: Vec<StoryEntry>,
}

/// A record from its line; fields that the line lacks are missing.
pub fn read(line: &str, schema: &Schema) -> Result<Record, String> {
    let row: Json = serde_json::from_str(line).map_err(|e| e.to_string())?;
    let lineage = Lineage::deserialize(&row).map_err(|e| e.to_string())?;
    let mut fields: Vec<(Name, Value)> = Vec::with_capacity(schema.len());
    for (name, field) in schema.iter() {
        if let Some(json) = row.get(&**name).filter(|json| !json.is_null()) {
            let value = Value::from_json(json, &field.ty, &NoMedia).map_err(|e| format!("`{name}`: {e}"))?;
            fields.push((name.clone(), value));
        } else if row.get(&**name).is_some() {
            fields.push((name.clone(), Value::Null));
        }
    }
    Ok(Record::restore(lineage.id, Arc::new(lineage.root), lineage.path, lineage.story, fields))
}
