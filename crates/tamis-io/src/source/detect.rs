//! Telling what a path holds.

use std::fmt;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use serde::Deserializer;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use tamis_core::error::did_you_mean;
use tamis_core::place;
use tamis_core::source::SourceError;

use super::coco;
use super::files::{base_name, entries, extension, io_error, is_image, walk};
use super::images::census;

/// A format with the files to read.
pub(crate) enum Kind {
    Images,
    Jsonl(Vec<PathBuf>),
    Json(PathBuf),
    Coco(Vec<PathBuf>),
    Csv(PathBuf),
    Parquet(Vec<PathBuf>),
    WebDataset(Vec<PathBuf>),
}

/// Tells by names first, and by content where names are not enough.
pub(crate) fn look(path: &Path) -> Result<Kind, SourceError> {
    check_there(path)?;
    if place::is_dir(path) { look_into(path) } else { look_at(path) }
}

/// The same where the user says which format it is.
pub(crate) fn as_format(path: &Path, format: &str) -> Result<Kind, SourceError> {
    check_there(path)?;
    let files = |extensions: &[&str]| {
        if place::is_dir(path) { shards(path, extensions) } else { Ok(vec![path.to_path_buf()]) }
    };
    let found = match format {
        "images" => return Ok(Kind::Images),
        "coco" if place::is_dir(path) => Kind::Coco(coco::annotation_files(path)?),
        "coco" => Kind::Coco(vec![path.to_path_buf()]),
        "jsonl" => Kind::Jsonl(files(JSONL)?),
        "parquet" => Kind::Parquet(files(PARQUET)?),
        "webdataset" => Kind::WebDataset(files(&["tar"])?),
        "json" => Kind::Json(one(path, &["json"])?),
        _ => Kind::Csv(one(path, CSV)?),
    };
    match &found {
        Kind::Jsonl(files) | Kind::Parquet(files) | Kind::WebDataset(files) | Kind::Coco(files) if files.is_empty() => {
            let message = format!("{}: no {format} files in it; it holds {}", path.display(), census(&walk(path)?));
            Err(SourceError::new(message))
        }
        _ => Ok(found),
    }
}

const JSONL: &[&str] = &["jsonl", "ndjson"];
const PARQUET: &[&str] = &["parquet", "pq"];
const CSV: &[&str] = &["csv", "tsv", "tab"];

fn check_there(path: &Path) -> Result<(), SourceError> {
    let Err(error) = place::facts(path) else { return Ok(()) };
    if error.kind() != std::io::ErrorKind::NotFound || place::is_url(path) {
        return Err(io_error(path, &error));
    }
    let beside = path.parent().map(|dir| if dir.as_os_str().is_empty() { Path::new(".") } else { dir });
    let beside = beside.and_then(|dir| entries(dir).ok()).unwrap_or_default();
    let names: Vec<String> = beside.iter().map(|path| base_name(path)).collect();
    let hint = did_you_mean(&base_name(path), names.iter().map(String::as_str));
    let message = format!("{}: there is no such file or directory{hint}", path.display());
    Err(SourceError::new(message).help("check the path given with `--input`"))
}

/// The files with one of these extensions in a directory, or else in its `data/`, in name order.
fn shards(dir: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>, SourceError> {
    shards_among(&entries(dir)?, dir, extensions)
}

/// The same where the entries of the directory are known.
fn shards_among(here: &[PathBuf], dir: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>, SourceError> {
    let fits = |path: &&PathBuf| extension(path).is_some_and(|ext| extensions.contains(&ext.as_str()));
    let files: Vec<PathBuf> = here.iter().filter(fits).cloned().collect();
    if files.is_empty() && place::is_dir(&dir.join("data")) {
        return Ok(entries(&dir.join("data"))?.iter().filter(fits).cloned().collect());
    }
    Ok(files)
}

fn one(path: &Path, extensions: &[&str]) -> Result<PathBuf, SourceError> {
    if !place::is_dir(path) {
        return Ok(path.to_path_buf());
    }
    let files = shards(path, extensions)?;
    match files.as_slice() {
        [file] => Ok(file.clone()),
        _ => {
            let count = files.len();
            let message = format!("{}: expected one .{} file in it, found {count}", path.display(), extensions[0]);
            Err(SourceError::new(message).help("give the path of the file itself"))
        }
    }
}

fn look_into(dir: &Path) -> Result<Kind, SourceError> {
    let coco = coco::annotation_files(dir)?;
    if !coco.is_empty() {
        return Ok(Kind::Coco(coco));
    }
    let here = entries(dir)?;
    type Make = fn(Vec<PathBuf>) -> Kind;
    let sharded: [(&[&str], Make); 3] = [(PARQUET, Kind::Parquet), (&["tar"], Kind::WebDataset), (JSONL, Kind::Jsonl)];
    for (extensions, make) in sharded {
        let files = shards_among(&here, dir, extensions)?;
        if !files.is_empty() {
            return Ok(make(files));
        }
    }
    if let [file] = shards_among(&here, dir, CSV)?.as_slice() {
        return Ok(Kind::Csv(file.clone()));
    }
    if let Some(file) = only_array(&here, dir)? {
        return Ok(Kind::Json(file));
    }
    let files = walk(dir)?;
    if files.iter().any(|(_, path)| is_image(path)) {
        return Ok(Kind::Images);
    }
    let message = format!("{}: nothing in it that can be read; it holds {}", dir.display(), census(&files));
    Err(SourceError::new(message).help(UNDERSTOOD))
}

/// The one JSON file in a directory that holds an array; beside it there may be others that describe it.
fn only_array(here: &[PathBuf], dir: &Path) -> Result<Option<PathBuf>, SourceError> {
    // More of them are what is known about pictures, one each.
    const MOST: usize = 16;
    let files = shards_among(here, dir, &["json"])?;
    let is_array = |path: &&PathBuf| files.len() <= MOST && matches!(first_value(path), Ok(First::Array));
    let arrays: Vec<&PathBuf> = files.iter().filter(is_array).collect();
    Ok(if let [file] = arrays.as_slice() { Some((*file).clone()) } else { None })
}

const UNDERSTOOD: &str = "an input is a folder of pictures, a COCO directory, or .jsonl, .json, .csv, .tsv, .parquet or \
                          .tar files; `--format` says which it is when its name does not";

fn look_at(path: &Path) -> Result<Kind, SourceError> {
    let size = place::facts(path).map_err(|e| io_error(path, &e))?.bytes;
    if size == 0 {
        return Err(SourceError::new(format!("{}: the file is empty (0 bytes)", path.display())));
    }
    let files = vec![path.to_path_buf()];
    match extension(path).unwrap_or_default().as_str() {
        "jsonl" | "ndjson" => Ok(Kind::Jsonl(files)),
        "csv" | "tsv" | "tab" => Ok(Kind::Csv(path.to_path_buf())),
        "parquet" | "pq" => Ok(Kind::Parquet(files)),
        "tar" => Ok(Kind::WebDataset(files)),
        "json" => look_at_json(path),
        _ if is_image(path) => Ok(Kind::Images),
        _ => look_at_bytes(path),
    }
}

fn look_at_bytes(path: &Path) -> Result<Kind, SourceError> {
    let mut start = Vec::new();
    let read = place::open(path).and_then(|file| file.whole().take(512).read_to_end(&mut start));
    read.map_err(|e| io_error(path, &e))?;
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start).trim_ascii_start();
    let packed = |tool: &str| {
        let message = format!("{}: a compressed file; compressed inputs are not read", path.display());
        Err(SourceError::new(message).help(format!("unpack it first: `{tool}`")))
    };
    match text {
        [b'P', b'A', b'R', b'1', ..] => Ok(Kind::Parquet(vec![path.to_path_buf()])),
        [0x1f, 0x8b, ..] => packed("gunzip"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => packed("zstd -d"),
        [b'P', b'K', 3, 4, ..] => packed("unzip"),
        [b'{' | b'[', ..] => look_at_json(path),
        _ if start.get(257..262) == Some(b"ustar") => Ok(Kind::WebDataset(vec![path.to_path_buf()])),
        _ => {
            let shown = start[..start.len().min(16)].escape_ascii();
            let message = format!("{}: cannot tell what it is; it begins with `{shown}`", path.display());
            Err(SourceError::new(message).help(UNDERSTOOD))
        }
    }
}

fn look_at_json(path: &Path) -> Result<Kind, SourceError> {
    match first_value(path)? {
        First::Array => Ok(Kind::Json(path.to_path_buf())),
        First::Coco => Ok(Kind::Coco(vec![path.to_path_buf()])),
        First::Object { followed: true, .. } => Ok(Kind::Jsonl(vec![path.to_path_buf()])),
        First::Object { keys, .. } => {
            let message = format!(
                "{}: expected an array of objects or a COCO object with `images` and `annotations`, found one object \
                 with {}",
                path.display(),
                if keys.is_empty() { "no fields".to_string() } else { keys.join(", ") }
            );
            Err(SourceError::new(message))
        }
    }
}

/// Whether a file is a COCO object; one that cannot be read is not.
pub(crate) fn is_coco(path: &Path) -> bool {
    matches!(first_value(path), Ok(First::Coco))
}

enum First {
    Array,
    Coco,
    Object { keys: Vec<String>, followed: bool },
}

/// What a JSON file begins with, read no further than needed.
fn first_value(path: &Path) -> Result<First, SourceError> {
    let mut reader = BufReader::new(place::open(path).map_err(|e| io_error(path, &e))?.whole());
    skip_mark(&mut reader).map_err(|e| io_error(path, &e))?;
    let mut peek = Peek::default();
    let mut json = serde_json::Deserializer::from_reader(reader);
    let read = json.deserialize_any(&mut peek);
    match read {
        _ if peek.array => Ok(First::Array),
        _ if peek.coco => Ok(First::Coco),
        Ok(()) => Ok(First::Object { keys: peek.keys, followed: json.end().is_err() }),
        // A first line that is broken does not make the lines after it unreadable.
        Err(error) if error.line() == 1 && !error.is_eof() => Ok(First::Object { keys: peek.keys, followed: true }),
        Err(error) => {
            let place = format!("{}:{}:{}", path.display(), error.line(), error.column());
            Err(SourceError::new(format!("{place}: {}", super::jsonl::reason(&error))))
        }
    }
}

fn skip_mark(reader: &mut BufReader<place::Section>) -> std::io::Result<()> {
    use std::io::BufRead;
    if reader.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
        reader.consume(3);
    }
    Ok(())
}

/// Looks at the keys of an object until it is clear whether it is COCO.
#[derive(Default)]
struct Peek {
    array: bool,
    coco: bool,
    keys: Vec<String>,
}

impl<'de> Visitor<'de> for &mut Peek {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array or an object")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        self.array = true;
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while let Some(key) = fields.next_key::<String>()? {
            if key == "annotations" {
                self.coco = true;
                return Ok(());
            }
            // The pictures of COCO are objects; a list of paths is a row of some other format.
            if key == "images" {
                self.coco = fields.next_value::<AnObject>()?.0;
                if self.coco {
                    return Ok(());
                }
            } else {
                fields.next_value::<IgnoredAny>()?;
            }
            self.keys.push(key);
        }
        Ok(())
    }
}

/// Whether a value is a list whose first item is an object with a `file_name`.
struct AnObject(bool);

impl<'de> serde::Deserialize<'de> for AnObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<AnObject, D::Error> {
        deserializer.deserialize_any(AnObjectVisitor)
    }
}

struct AnObjectVisitor;

impl<'de> Visitor<'de> for AnObjectVisitor {
    type Value = AnObject;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_str<E>(self, _: &str) -> Result<AnObject, E> {
        Ok(AnObject(false))
    }

    fn visit_unit<E>(self) -> Result<AnObject, E> {
        Ok(AnObject(false))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<AnObject, A::Error> {
        let first = items.next_element::<serde_json::Value>()?;
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(AnObject(first.is_some_and(|item| item.get("file_name").is_some())))
    }
}
