//! LLaVA: the JSON that its training scripts and many others read.

use std::path::Path;

use serde_json::{Map, Value as Json, json};
use tamis_core::media::MediaKind;
use tamis_core::record::Record;
use tamis_core::schema::Schema;
use tamis_core::sink::{Dataset, Sink, SinkError};

use super::folder::MediaFolder;
use super::json::{JsonFile, plain};
use super::{at_record, chat};

/// `data.json`, an array of `{"id", "image", "conversations": [{"from": "human" | "gpt", "value"}]}`, and `images/`.
///
/// Every picture of the conversation is an `<image>` in the text, in its place; `image` is a path, or a list of paths
/// when there are several, and is left out when there is none. A conversation that shows no picture gets those of the
/// record's image fields at its start. Fields without media come along under their names. Source: the LLaVA
/// repository, `docs/Finetune_Custom_Data.md`.
pub(super) struct Llava;

impl Sink for Llava {
    fn format(&self) -> &'static str {
        "llava"
    }

    fn about(&self) -> &'static str {
        "data.json with conversations of human and gpt, and a folder of pictures; needs a conversation"
    }

    fn accepts(&self, schema: &Schema) -> Result<(), SinkError> {
        chat::field(schema, self.format()).map(drop)
    }

    fn write(
        &self,
        dataset: &Dataset<'_>,
        records: &mut dyn Iterator<Item = Result<Record, SinkError>>,
        out: &Path,
    ) -> Result<(), SinkError> {
        let field = chat::field(dataset.schema, self.format())?;
        let folder = MediaFolder::new(dataset.media, out);
        let mut file = JsonFile::array(out.join("data.json"))?;
        for record in records {
            let record = record?;
            let row = row(&record, &field, dataset.schema, &folder).map_err(|e| at_record(&record, e))?;
            file.push(&row)?;
        }
        file.finish()
    }
}

fn row(record: &Record, field: &str, schema: &Schema, folder: &MediaFolder<'_>) -> Result<Json, SinkError> {
    let flat = chat::flat(record, field, schema)?;
    let mut row = Map::new();
    row.insert("id".to_string(), json!(record.id.to_string()));
    for (key, kind) in [("image", MediaKind::Image), ("video", MediaKind::Video), ("audio", MediaKind::Audio)] {
        let paths: Result<Vec<String>, SinkError> = flat.of_kind(kind).map(|media| folder.put(media)).collect();
        match paths?.as_slice() {
            [] => {}
            [path] => drop(row.insert(key.to_string(), json!(path))),
            paths => drop(row.insert(key.to_string(), json!(paths))),
        }
    }
    let turn = |(role, text): &(String, String)| json!({"from": speaker(role), "value": text});
    row.insert("conversations".to_string(), flat.turns.iter().map(turn).collect());
    for (name, field) in schema.iter().filter(|(_, field)| !field.ty.holds_media()) {
        if let (Some(value), false) = (record.get(name), row.contains_key(&**name)) {
            row.insert(name.to_string(), plain(value, &field.ty, &mut |_| Ok(String::new()))?);
        }
    }
    Ok(Json::Object(row))
}

/// The name of a speaker in this family of formats.
pub(super) fn speaker(role: &str) -> &str {
    match role {
        "user" => "human",
        "assistant" => "gpt",
        other => other,
    }
}
