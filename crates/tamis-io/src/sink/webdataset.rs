//! WebDataset: tar shards whose adjacent members are a sample.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json, json};
use tamis_core::media::{Bytes, MediaHash, MediaStore};
use tamis_core::record::Record;
use tamis_core::schema::Schema;
use tamis_core::sink::{Dataset, Sink, SinkError};
use tamis_core::{Media, Value};

use super::folder::extension;
use super::json::{create, plain};
use super::{at_record, id_field, io_error, media_error};

/// `data-000000.tar`, ... of about 500 MB. A sample is `<key>.json` with all fields, and its media: the field `image`
/// as `<key>.jpg` (or what it is), others as `<key>.<field>.jpg`; in the JSON they stand by these names.
///
/// A `json` field whose lists mix numbers with objects is read by `webdataset`, not by `datasets`, which turns all JSON
/// into typed columns.
///
/// Keys are running numbers of nine digits. Members are plain ustar, sorted within a sample, with no time, owner or
/// other trace of the machine, so that the same records give the same bytes.
pub(super) struct WebDataset {
    /// a shard is closed when it has this many bytes
    shard: u64,
}

impl Default for WebDataset {
    fn default() -> WebDataset {
        WebDataset { shard: 500_000_000 }
    }
}

impl Sink for WebDataset {
    fn format(&self) -> &'static str {
        "webdataset"
    }

    fn about(&self) -> &'static str {
        "tar shards with a JSON and the pictures of each record, for streaming"
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
        let mut shard = Shard::create(out, 0)?;
        let mut shards = 1;
        for (number, record) in records.enumerate() {
            let record = record?;
            if shard.bytes >= self.shard {
                std::mem::replace(&mut shard, Shard::create(out, shards)?).finish()?;
                shards += 1;
            }
            let key = format!("{number:09}");
            let sample = Sample::of(&record, &key, dataset).map_err(|e| at_record(&record, e))?;
            for (name, bytes) in sample.members {
                shard.append(&name, &bytes)?;
            }
        }
        shard.finish()
    }
}

/// The members of one record by name.
struct Sample<'a> {
    key: &'a str,
    store: &'a dyn MediaStore,
    members: BTreeMap<String, Bytes>,
    /// names by hash, so that what is used twice is there once
    names: Vec<(MediaHash, String)>,
}

impl<'a> Sample<'a> {
    fn of(record: &Record, key: &'a str, dataset: &Dataset<'a>) -> Result<Sample<'a>, SinkError> {
        let mut sample = Sample { key, store: dataset.media, members: BTreeMap::new(), names: Vec::new() };
        let mut fields = Map::new();
        fields.insert(id_field(dataset.schema).to_string(), json!(record.id.to_string()));
        // The field `image` first: what other fields use again keeps the plain name.
        if let Some(media) = record.get("image").and_then(Value::as_media) {
            sample.put(media, "image")?;
        }
        for (name, field) in dataset.schema.iter() {
            let Some(value) = record.get(name) else { continue };
            fields.insert(name.to_string(), plain(value, &field.ty, &mut |media| sample.put(media, name))?);
        }
        let text = Json::Object(fields).to_string();
        sample.members.insert(format!("{key}.json"), Bytes::from(text.as_bytes()));
        Ok(sample)
    }

    fn put(&mut self, media: &Media, field: &str) -> Result<String, SinkError> {
        let hash = media.hash(self.store).map_err(media_error)?;
        if let Some((_, name)) = self.names.iter().find(|(known, _)| *known == hash) {
            return Ok(name.clone());
        }
        let bytes = self.store.read(media).map_err(media_error)?;
        let field: String = field.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
        let stem = if field == "image" { self.key.to_string() } else { format!("{}.{field}", self.key) };
        let ext = extension(&bytes);
        let mut name = format!("{stem}.{ext}");
        let mut number = 1;
        while self.members.contains_key(&name) {
            name = format!("{stem}.{number}.{ext}");
            number += 1;
        }
        self.members.insert(name.clone(), bytes);
        self.names.push((hash, name.clone()));
        Ok(name)
    }
}

struct Shard {
    path: PathBuf,
    tar: tar::Builder<BufWriter<File>>,
    bytes: u64,
}

impl Shard {
    fn create(out: &Path, number: usize) -> Result<Shard, SinkError> {
        let path = out.join(format!("data-{number:06}.tar"));
        Ok(Shard { tar: tar::Builder::new(create(&path)?), path, bytes: 0 })
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> Result<(), SinkError> {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        header.set_entry_type(tar::EntryType::Regular);
        self.bytes += 512 + (bytes.len() as u64).next_multiple_of(512);
        let written = self.tar.append_data(&mut header, name, bytes);
        written.map_err(|e| io_error(&self.path, &e))
    }

    fn finish(self) -> Result<(), SinkError> {
        let finished = self.tar.into_inner().and_then(|mut file| file.flush());
        finished.map_err(|e| io_error(&self.path, &e))
    }
}
