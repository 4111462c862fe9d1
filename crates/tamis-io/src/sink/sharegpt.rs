//! ShareGPT as LLaMA-Factory reads it.

use std::path::Path;

use serde_json::{Map, Value as Json, json};
use tamis_core::media::MediaKind;
use tamis_core::record::Record;
use tamis_core::schema::Schema;
use tamis_core::sink::{Dataset, Sink, SinkError};

use super::folder::MediaFolder;
use super::json::{JsonFile, create};
use super::{at_record, chat, io_error};

/// `data.json`, an array of `{"messages": [{"role", "content"}], "images": [path, ...]}`, `images/`, and the
/// `dataset_info.json` that makes the directory a `dataset_dir` of LLaMA-Factory under the recipe's name.
///
/// Every picture is an `<image>` in the text, in its place, as many as there are paths; a conversation that shows no
/// picture gets those of the record's image fields at its start. `videos` and `audios` likewise, where there are any.
/// Source: LLaMA-Factory, `data/README.md`, sharegpt format.
pub(super) struct ShareGpt;

const KINDS: [(&str, MediaKind); 3] =
    [("images", MediaKind::Image), ("videos", MediaKind::Video), ("audios", MediaKind::Audio)];

impl Sink for ShareGpt {
    fn format(&self) -> &'static str {
        "sharegpt"
    }

    fn about(&self) -> &'static str {
        "data.json and dataset_info.json for LLaMA-Factory, and a folder of pictures; needs a conversation"
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
        let mut seen = [false; KINDS.len()];
        for record in records {
            let record = record?;
            let row = row(&record, &field, dataset.schema, &folder, &mut seen).map_err(|e| at_record(&record, e))?;
            file.push(&row)?;
        }
        file.finish()?;
        write_info(dataset.name, seen, out)
    }
}

fn row(
    record: &Record,
    field: &str,
    schema: &Schema,
    folder: &MediaFolder<'_>,
    seen: &mut [bool; KINDS.len()],
) -> Result<Json, SinkError> {
    let flat = chat::flat(record, field, schema)?;
    let mut row = Map::new();
    let turn = |(role, text): &(String, String)| json!({"role": role, "content": text});
    row.insert("messages".to_string(), flat.turns.iter().map(turn).collect());
    for (i, (column, kind)) in KINDS.into_iter().enumerate() {
        let paths: Result<Vec<String>, SinkError> = flat.of_kind(kind).map(|media| folder.put(media)).collect();
        let paths = paths?;
        seen[i] |= !paths.is_empty();
        if i == 0 || !paths.is_empty() {
            row.insert(column.to_string(), json!(paths));
        }
    }
    row.insert("id".to_string(), json!(record.id.to_string()));
    Ok(Json::Object(row))
}

fn write_info(name: &str, seen: [bool; KINDS.len()], out: &Path) -> Result<(), SinkError> {
    let mut columns = Map::new();
    columns.insert("messages".to_string(), json!("messages"));
    for ((column, _), _) in KINDS.into_iter().zip(seen).filter(|(_, seen)| *seen) {
        columns.insert(column.to_string(), json!(column));
    }
    let info = json!({name: {
        "file_name": "data.json",
        "formatting": "sharegpt",
        "columns": columns,
        "tags": {
            "role_tag": "role",
            "content_tag": "content",
            "user_tag": "user",
            "assistant_tag": "assistant",
            "system_tag": "system",
        },
    }});
    let path = out.join("dataset_info.json");
    let written = serde_json::to_writer_pretty(create(&path)?, &info);
    written.map_err(|e| io_error(&path, &e.into()))
}
