//! ms-swift: the custom dataset with which Qwen-VL, InternVL and others are fine-tuned.

use std::path::Path;

use serde_json::{Map, Value as Json, json};
use tamis_core::media::MediaKind;
use tamis_core::record::Record;
use tamis_core::schema::Schema;
use tamis_core::sink::{Dataset, Sink, SinkError};
use tamis_core::{Type, Value};

use super::folder::MediaFolder;
use super::json::JsonFile;
use super::{at_record, chat};

/// `data.jsonl`, a line `{"messages": [{"role", "content"}], "images": [path, ...]}` for each record, and `images/`.
///
/// Every picture is an `<image>` in the text, in its place, as many as there are paths; a conversation that shows no
/// picture gets those of the record's image fields at its start. `videos` and `audios` likewise. A text field
/// `rejected` becomes `rejected_response`, the worse answer of a preference pair (DPO, ORPO, ...). Train with
/// `swift sft --dataset <export>/data.jsonl`, run inside the export because paths are relative to it. Source: ms-swift,
/// Custom Dataset.
pub(super) struct Swift;

const KINDS: [(&str, MediaKind); 3] =
    [("images", MediaKind::Image), ("videos", MediaKind::Video), ("audios", MediaKind::Audio)];

impl Sink for Swift {
    fn format(&self) -> &'static str {
        "swift"
    }

    fn about(&self) -> &'static str {
        "data.jsonl with messages for ms-swift (Qwen-VL and others), and a folder of pictures; needs a conversation"
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
        let mut file = JsonFile::lines(out.join("data.jsonl"))?;
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
    let turn = |(role, text): &(String, String)| json!({"role": role, "content": text});
    row.insert("messages".to_string(), flat.turns.iter().map(turn).collect());
    for (column, kind) in KINDS {
        let paths: Result<Vec<String>, SinkError> = flat.of_kind(kind).map(|media| folder.put(media)).collect();
        let paths = paths?;
        if !paths.is_empty() {
            row.insert(column.to_string(), json!(paths));
        }
    }
    let is_text = schema.get("rejected").is_some_and(|field| *field.ty.required() == Type::Text);
    if let Some(worse) = record.get("rejected").and_then(Value::as_text).filter(|_| is_text) {
        row.insert("rejected_response".to_string(), json!(worse));
    }
    row.insert("id".to_string(), json!(record.id.to_string()));
    Ok(Json::Object(row))
}
