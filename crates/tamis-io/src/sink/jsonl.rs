//! JSON Lines and a folder of pictures.

use std::path::Path;

use serde_json::{Map, json};
use tamis_core::record::Record;
use tamis_core::schema::Schema;
use tamis_core::sink::{Dataset, Sink, SinkError};

use super::folder::MediaFolder;
use super::json::{JsonFile, plain};
use super::{at_record, id_field};

/// `data.jsonl` with one record for each line, and `images/` with every picture once, named by its hash.
///
/// Fields keep their names; a picture is its path relative to `data.jsonl`, the content of a turn is a list of
/// `{"type": "text", "text": ...}` and `{"type": "image", "image": path}`. Reading it again as `jsonl` gives the same
/// records. For an image folder of Hugging Face with pictures as columns take `parquet`.
pub(super) struct Jsonl;

impl Sink for Jsonl {
    fn format(&self) -> &'static str {
        "jsonl"
    }

    fn about(&self) -> &'static str {
        "data.jsonl and a folder of pictures: every field under its own name, for your own scripts"
    }

    fn accepts(&self, _: &Schema) -> Result<(), SinkError> {
        Ok(())
    }

    fn write(
        &self,
        dataset: &Dataset<'_>,
        records: &mut dyn Iterator<Item = Result<Record, SinkError>>,
        out: &Path,
    ) -> Result<(), SinkError> {
        let folder = MediaFolder::new(dataset.media, out);
        let mut file = JsonFile::lines(out.join("data.jsonl"))?;
        for record in records {
            let record = record?;
            let mut line = Map::new();
            line.insert(id_field(dataset.schema).to_string(), json!(record.id.to_string()));
            for (name, field) in dataset.schema.iter() {
                let Some(value) = record.get(name) else { continue };
                let json = plain(value, &field.ty, &mut |media| folder.put(media));
                line.insert(name.to_string(), json.map_err(|e| at_record(&record, e))?);
            }
            file.push(&line.into())?;
        }
        file.finish()
    }
}
