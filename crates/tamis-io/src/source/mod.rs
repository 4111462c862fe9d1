//! Sources: opening what a path holds.
//!
//! Every format is one file that turns its rows into JSON and handles of media; what is the same for all of them
//! (finding the fields that a recipe asks for, their types, renamings, digests) is in `format.rs` and `typing.rs`.

mod chat;
mod coco;
mod csv;
mod detect;
mod embedded;
mod files;
mod format;
mod images;
mod json;
mod jsonl;
mod parquet;
mod typing;
mod webdataset;

use std::path::{Path, PathBuf};

use tamis_core::error::did_you_mean;
use tamis_core::place;
use tamis_core::source::{SharedSource, SourceError, Wanted};

use self::detect::Kind;

pub(crate) use self::chat::{IMAGE_TOKEN, token};

/// The formats that are read: name and what it is, in a line.
pub fn formats() -> &'static [(&'static str, &'static str)] {
    &[
        ("images", "a folder of pictures, recursive; x.json and x.txt beside x.jpg give it fields and a caption"),
        ("jsonl", "JSON Lines, or a directory of them; media by paths relative to the file"),
        ("json", "an array of objects; LLaVA and ShareGPT conversations are understood"),
        ("coco", "COCO instances and captions, merged by image; a file or a directory"),
        ("csv", "CSV or TSV with a header"),
        ("parquet", "Parquet, or a directory of it; Hugging Face Image columns become images"),
        ("webdataset", "tar shards whose adjacent members with one key are a sample"),
    ]
}

/// Opens the input at `path`, which may be a URL (see [`place`]), as the format of that name, or as what it looks like.
///
/// The rows come in the types that `wanted` asks for; fields that it does not ask for are left out, unless it asks
/// for nothing: then everything comes in its natural type.
///
/// Errors: nothing there, nothing that is understood (what was found is told), an empty file, a field that the recipe
/// needs and the input does not have (with the fields that it has).
pub fn open_source(path: &Path, format: Option<&str>, wanted: &Wanted) -> Result<SharedSource, SourceError> {
    let path = &without_end(path);
    let kind = match format {
        Some(name) => detect::as_format(path, known(name)?)?,
        None => detect::look(path)?,
    };
    match kind {
        Kind::Images => images::open(path, wanted),
        Kind::Jsonl(files) => jsonl::open(path, files, wanted),
        Kind::Json(file) => json::open(&file, wanted),
        Kind::Coco(files) => coco::open(path, files, wanted),
        Kind::Csv(file) => csv::open(&file, wanted),
        Kind::Parquet(files) => parquet::open(path, files, wanted),
        Kind::WebDataset(files) => webdataset::open(path, files, wanted),
    }
}

/// `s3://bucket/photos/` as `s3://bucket/photos`: names are joined to it.
fn without_end(path: &Path) -> PathBuf {
    match path.to_str() {
        Some(url) if place::is_url(path) => PathBuf::from(url.trim_end_matches('/')),
        _ => path.to_path_buf(),
    }
}

fn known(name: &str) -> Result<&'static str, SourceError> {
    let names = || formats().iter().map(|(name, _)| *name);
    names().find(|known| *known == name).ok_or_else(|| {
        let hint = did_you_mean(name, names());
        let all: Vec<&str> = names().collect();
        SourceError::new(format!("no input format is called `{name}`; there are {}{hint}", all.join(", ")))
    })
}

/// Other names for the fields of formats that hold plain rows: a picture by `file_name` as in the image folders of
/// Hugging Face, `images` with one picture, `image` where a list is asked for.
const ROW_ALIASES: &[(&str, &str)] = &[("image", "file_name"), ("image", "images"), ("images", "image")];

/// The name of a file in an input: its own if it is the input, else its path in the directory.
fn name_of(root: &Path, path: &Path) -> String {
    if root == path { files::base_name(path) } else { files::name_in(root, path) }
}

fn named(root: &Path, paths: &[PathBuf]) -> Vec<(String, PathBuf)> {
    paths.iter().map(|path| (name_of(root, path), path.clone())).collect()
}
