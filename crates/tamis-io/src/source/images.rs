//! A folder of pictures, with what is known about each in a file beside it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value as Json};
use tamis_core::media::Origin;
use tamis_core::place;
use tamis_core::source::{RowError, SharedSource, SourceError, Wanted};

use super::embedded::Embedded;
use super::files::{self, extension, io_error, is_image};
use super::format::{Format, RawRow, RawRows, typed};
use super::jsonl;
use super::typing::Need;

/// Opens a directory with everything below it, in name order, or a single picture.
///
/// Fields: `image`; `file_name`, relative to the directory; the fields of an object in `x.json` beside `x.jpg`; the
/// text in `x.txt` as `caption` (or `text`, whichever is asked for). Symbolic links are followed, hidden files and
/// directories are left out.
///
/// Errors: no picture in it, by its name; what was found instead is told.
pub(crate) fn open(root: &Path, wanted: &Wanted) -> Result<SharedSource, SourceError> {
    let (root, files) = if place::is_dir(root) {
        (root.to_path_buf(), files::walk(root)?)
    } else {
        let folder = root.parent().unwrap_or(Path::new("")).to_path_buf();
        let name = files::name_in(&folder, root);
        (folder, vec![(name, root.to_path_buf())])
    };
    let images: Vec<usize> = (0..files.len()).filter(|i| is_image(&files[*i].1)).collect();
    if images.is_empty() {
        let message = format!("{}: no pictures in it; it holds {}", root.display(), census(&files));
        return Err(SourceError::new(message).help("pictures are told by their names: .jpg, .png, .webp, .gif, ..."));
    }
    typed(Images { root, files, images }, wanted)
}

struct Images {
    root: PathBuf,
    files: Vec<(String, PathBuf)>,
    /// the pictures among them
    images: Vec<usize>,
}

impl Format for Images {
    fn name(&self) -> &'static str {
        "images"
    }

    fn place(&self) -> String {
        self.root.display().to_string()
    }

    fn aliases(&self) -> &'static [(&'static str, &'static str)] {
        &[("text", "caption")]
    }

    fn len(&self) -> Option<u64> {
        Some(self.images.len() as u64)
    }

    fn files(&self) -> Vec<(String, PathBuf)> {
        self.files.clone()
    }

    fn rows(&self, from: u64, need: &Need) -> Result<RawRows<'_>, SourceError> {
        let sidecars = need.beyond(&["image", "file_name"]);
        let from = usize::try_from(from).unwrap_or(usize::MAX).min(self.images.len());
        Ok(Box::new(self.images[from..].iter().map(move |i| {
            let (name, path) = &self.files[*i];
            row(name, path, sidecars).map_err(|message| RowError { key: name.clone(), message })
        })))
    }
}

fn row(name: &str, path: &Path, sidecars: bool) -> Result<RawRow, String> {
    let mut fields = Map::new();
    fields.insert("image".to_string(), Embedded::token(0));
    fields.insert("file_name".to_string(), Json::String(name.to_string()));
    if sidecars {
        if let Some(bytes) = sidecar(path, "json")? {
            let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
            let more = jsonl::object(text).map_err(|why| format!("the .json file beside it: {why}"))?;
            for (own, value) in more {
                fields.entry(own).or_insert(value);
            }
        }
        if let Some(bytes) = sidecar(path, "txt")? {
            let text = String::from_utf8(bytes).map_err(|_| "the .txt file beside it is not in UTF-8".to_string())?;
            let text = text.trim_start_matches('\u{feff}').trim();
            fields.entry("caption").or_insert_with(|| Json::String(text.to_string()));
        }
    }
    let image = Embedded::At(Origin::File { path: path.to_path_buf() }, String::new());
    let folder: Arc<Path> = path.parent().unwrap_or(Path::new("")).into();
    Ok(RawRow { key: name.to_string(), fields, embedded: vec![image], folder })
}

/// The bytes of the file with the same name and another extension, if there is one.
fn sidecar(path: &Path, extension: &str) -> Result<Option<Vec<u8>>, String> {
    let beside = path.with_extension(extension);
    match place::facts(&beside) {
        Ok(facts) if facts.bytes > files::LONGEST as u64 => {
            Err(format!("the .{extension} file beside it is larger than {} MiB", files::LONGEST >> 20))
        }
        Ok(_) => {
            let bytes = place::read(&beside, files::LONGEST as u64).map_err(|e| io_error(&beside, &e).message)?;
            Ok(Some(bytes.to_vec()))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_error(&beside, &error).message),
    }
}

/// What is there, by extension: `12 .txt, 3 .pdf`.
pub(crate) fn census(files: &[(String, PathBuf)]) -> String {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for (_, path) in files {
        let ext = extension(path).map_or("without extension".to_string(), |ext| format!(".{ext}"));
        match counts.iter_mut().find(|(known, _)| *known == ext) {
            Some((_, count)) => *count += 1,
            None => counts.push((ext, 1)),
        }
    }
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let shown: Vec<String> = counts.iter().take(6).map(|(ext, count)| format!("{count} {ext}")).collect();
    if shown.is_empty() { "no files".to_string() } else { shown.join(", ") }
}
