//! InternVL's fine-tuning scripts.

use std::path::Path;

use serde_json::{Map, Value as Json, json};
use tamis_core::media::{MediaKind, MediaStore};
use tamis_core::record::Record;
use tamis_core::schema::Schema;
use tamis_core::sink::{Dataset, Sink, SinkError};

use super::folder::MediaFolder;
use super::json::{JsonFile, create};
use super::llava::speaker;
use super::{at_record, chat, io_error, media_error};

/// `data.jsonl`, a line `{"id", "image", "width", "height", "conversations": [{"from": "human" | "gpt", "value"}]}` for
/// each record (`width_list` and `height_list` where it shows several pictures), `images/`, and `meta.json`, which
/// InternVL's scripts take as `--meta_path`.
///
/// Sizes are those of the upright picture, in pixels. `root` in `meta.json` is relative: start the training inside the
/// export, or make it absolute. Source: internvl.readthedocs.io, Chat Data Format.
pub(super) struct InternVl;

impl Sink for InternVl {
    fn format(&self) -> &'static str {
        "internvl"
    }

    fn about(&self) -> &'static str {
        "data.jsonl and meta.json for InternVL's fine-tuning, and a folder of pictures; needs a conversation"
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
        let mut length = 0;
        for record in records {
            let record = record?;
            let row = row(&record, &field, dataset, &folder).map_err(|e| at_record(&record, e))?;
            file.push(&row)?;
            length += 1;
        }
        file.finish()?;
        let meta = json!({dataset.name: {
            "root": ".",
            "annotation": "data.jsonl",
            "data_augment": false,
            "repeat_time": 1,
            "length": length,
        }});
        let path = out.join("meta.json");
        serde_json::to_writer_pretty(create(&path)?, &meta).map_err(|e| io_error(&path, &e.into()))
    }
}

fn row(record: &Record, field: &str, dataset: &Dataset<'_>, folder: &MediaFolder<'_>) -> Result<Json, SinkError> {
    let flat = chat::flat(record, field, dataset.schema)?;
    let mut row = Map::new();
    row.insert("id".to_string(), json!(record.id.to_string()));
    let (mut paths, mut widths, mut heights) = (Vec::new(), Vec::new(), Vec::new());
    for media in flat.of_kind(MediaKind::Image) {
        let (width, height) = size(media, dataset.media)?;
        paths.push(folder.put(media)?);
        widths.push(width);
        heights.push(height);
    }
    let fields = match paths.len() {
        0 => vec![],
        1 => vec![("image", json!(paths[0])), ("width", json!(widths[0])), ("height", json!(heights[0]))],
        _ => vec![("image", json!(paths)), ("width_list", json!(widths)), ("height_list", json!(heights))],
    };
    row.extend(fields.into_iter().map(|(name, value)| (name.to_string(), value)));
    let videos: Result<Vec<String>, SinkError> =
        flat.of_kind(MediaKind::Video).map(|media| folder.put(media)).collect();
    match videos?.as_slice() {
        [] => {}
        [video] => drop(row.insert("video".to_string(), json!(video))),
        several => return Err(SinkError(format!("InternVL takes one video for each record, found {}", several.len()))),
    }
    let turn = |(role, text): &(String, String)| json!({"from": speaker(role), "value": text});
    row.insert("conversations".to_string(), flat.turns.iter().map(turn).collect());
    Ok(Json::Object(row))
}

fn size(media: &tamis_core::Media, store: &dyn MediaStore) -> Result<(u32, u32), SinkError> {
    let header = media.header(store).map_err(media_error)?;
    Ok((header.width, header.height))
}
