//! Writing records for others: one JSON object a line, pictures beside it.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json, json};
use tamis_core::barrier::{Before, Merging};
use tamis_core::error::StopReason;
use tamis_core::media::{Media, MediaHash, MediaKind, MediaStore};
use tamis_core::{Record, Schema, StepError, Value};

/// Stands in the folder when everything else does.
pub(super) const MANIFEST: &str = "manifest.json";
const DATA: &str = "data.jsonl";
const MEDIA: &str = "media";

/// Writes all records aside, then puts them into the folder of the hand-over, the manifest last.
pub(super) fn write(
    before: &dyn Before,
    schema: &Schema,
    note: Option<&str>,
    ctx: &Merging<'_>,
) -> Result<(), StepError> {
    let mut writer = Writer::open(ctx.scratch, &**ctx.ctx.media()).map_err(cannot)?;
    for part in 0..before.parts() {
        for record in before.records(part)? {
            writer.add(&record, schema)?;
        }
    }
    let written = writer.close().map_err(cannot)?;
    let fields: Map<String, Json> =
        schema.iter().map(|(name, field)| (name.to_string(), Json::String(field.to_string()))).collect();
    let step = ctx.ctx.step;
    let manifest = json!({
        "tamis": 1,
        "step": step,
        "run": "../../run.json",
        "note": note,
        "data": DATA,
        "records": written.records,
        "fields": fields,
        "digest": format!("blake3:{}", written.digest),
        "media": { "folder": MEDIA, "files": written.media },
        "next": format!("tamis resume DIR --trained {step}=models.yaml"),
    });
    put_in_place(ctx.scratch, ctx.handover, &manifest).map_err(cannot)
}

fn cannot(error: io::Error) -> StepError {
    StepError::Stop(StopReason::Machine(format!("cannot hand the records over: {error}")))
}

struct Writer<'a> {
    folder: PathBuf,
    file: BufWriter<File>,
    hasher: blake3::Hasher,
    records: u64,
    written: HashSet<MediaHash>,
    store: &'a dyn MediaStore,
}

struct Written {
    records: u64,
    media: usize,
    digest: String,
}

impl<'a> Writer<'a> {
    fn open(folder: &Path, store: &'a dyn MediaStore) -> io::Result<Writer<'a>> {
        fs::create_dir_all(folder.join(MEDIA))?;
        let file = BufWriter::with_capacity(1 << 16, File::create(folder.join(DATA))?);
        let (hasher, written) = (blake3::Hasher::new(), HashSet::new());
        Ok(Writer { folder: folder.to_path_buf(), file, hasher, records: 0, written, store })
    }

    fn add(&mut self, record: &Record, schema: &Schema) -> Result<(), StepError> {
        let mut row = Map::new();
        row.insert("_id".into(), json!(record.id));
        for name in schema.names() {
            let value = record.get(name).cloned().unwrap_or_default();
            row.insert(name.to_string(), self.plain(&value)?);
        }
        let line = format!("{}\n", Json::Object(row));
        self.hasher.update(line.as_bytes());
        self.records += 1;
        self.file.write_all(line.as_bytes()).map_err(cannot)
    }

    /// A value as JSON, media as paths of the files that hold them.
    fn plain(&mut self, value: &Value) -> Result<Json, StepError> {
        Ok(match value {
            Value::Media(media) => Json::String(self.file_of(media)?),
            Value::List(items) => items.iter().map(|item| self.plain(item)).collect::<Result<Json, _>>()?,
            Value::Map(fields) => {
                let fields =
                    fields.iter().map(|(name, value)| Ok::<_, StepError>((name.to_string(), self.plain(value)?)));
                Json::Object(fields.collect::<Result<_, _>>()?)
            }
            other => other.to_json(),
        })
    }

    fn file_of(&mut self, media: &Media) -> Result<String, StepError> {
        let unreadable = |e: tamis_core::media::MediaError| {
            StepError::Stop(StopReason::Machine(format!("cannot hand a picture over: {e}")))
        };
        let hash = media.hash(self.store).map_err(unreadable)?;
        let path = format!("{MEDIA}/{hash}{}", self.ending(media));
        if self.written.insert(hash) {
            let bytes = self.store.read(media).map_err(unreadable)?;
            let file = File::create(self.folder.join(&path)).and_then(|mut file| {
                file.write_all(&bytes)?;
                file.sync_all()
            });
            file.map_err(cannot)?;
        }
        Ok(path)
    }

    fn ending(&self, media: &Media) -> String {
        if matches!(media.kind(), MediaKind::Image | MediaKind::Mask) {
            return media.header(self.store).map_or(String::new(), |header| format!(".{}", header.format.extension()));
        }
        let plain = |ending: &&str| ending.len() <= 5 && ending.chars().all(|c| c.is_ascii_alphanumeric());
        let name = media.file_name().unwrap_or_default();
        name.rsplit_once('.')
            .map(|(_, ending)| ending)
            .filter(plain)
            .map_or(String::new(), |ending| format!(".{ending}"))
    }

    fn close(self) -> io::Result<Written> {
        self.file.into_inner()?.sync_all()?;
        let digest = self.hasher.finalize().to_hex().to_string();
        Ok(Written { records: self.records, media: self.written.len(), digest })
    }
}

/// Moves what was written aside. Two shards write the same bytes, so the first one's may stay.
fn put_in_place(aside: &Path, place: &Path, manifest: &Json) -> io::Result<()> {
    fs::create_dir_all(place)?;
    let media = place.join(MEDIA);
    if !place.join(MANIFEST).exists() && media.exists() {
        fs::remove_dir_all(&media)?;
    }
    match fs::rename(aside.join(MEDIA), &media) {
        Err(error) if !media.exists() => return Err(error),
        _ => fs::rename(aside.join(DATA), place.join(DATA))?,
    }
    let last = aside.join(MANIFEST);
    let mut file = File::create(&last)?;
    file.write_all(format!("{manifest:#}\n").as_bytes())?;
    file.sync_all()?;
    fs::rename(&last, place.join(MANIFEST))?;
    File::open(place)?.sync_all()
}
