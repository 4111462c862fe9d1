//! WebDataset: samples as adjacent members of tar files.

mod members;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value as Json};
use tamis_core::media::Origin;
use tamis_core::place::{self, Opened};
use tamis_core::source::{RowError, SharedSource, SourceError, Wanted};

use self::members::{Cut, Member, Members};
use super::embedded::Embedded;
use super::files::{self, io_error, is_image};
use super::format::{Format, RawRow, RawRows, typed};
use super::jsonl;
use super::typing::Need;

/// Opens one tar file, or those of a directory in name order.
///
/// Adjacent members whose names are the same up to the first dot of their last part are one sample. Fields: `__key__`;
/// every member under its extension (`jpg`, `seg.png`), text files as text, `.cls` as a whole number, `.json` parsed;
/// `image` for the first picture; the fields of an object in `.json`. Pictures stay where they are: their handles
/// point into the tar.
///
/// A tar that is cut off, or lacks the end mark that every tar has, gives its whole samples; the one at the cut is an
/// error of that row, because nobody can tell whether it had more members.
/// Errors: a file that is no tar, a compressed tar.
pub(crate) fn open(root: &Path, paths: Vec<PathBuf>, wanted: &Wanted) -> Result<SharedSource, SourceError> {
    for path in &paths {
        let mut members = Members::open(path).map_err(|e| io_error(path, &e))?;
        if let Err(cut) = members.next().transpose() {
            let message = format!("{}: expected a tar file: {}", path.display(), cut.message);
            return Err(
                SourceError::new(message).help("a compressed tar is read after unpacking it: `gunzip`, `zstd -d`")
            );
        }
    }
    typed(Tars { root: root.to_path_buf(), paths, len: OnceLock::new() }, wanted)
}

struct Tars {
    root: PathBuf,
    paths: Vec<PathBuf>,
    len: OnceLock<Option<u64>>,
}

impl Format for Tars {
    fn name(&self) -> &'static str {
        "webdataset"
    }

    fn place(&self) -> String {
        self.root.display().to_string()
    }

    fn aliases(&self) -> &'static [(&'static str, &'static str)] {
        &[("caption", "txt"), ("text", "txt"), ("images", "image"), ("label", "cls")]
    }

    fn len(&self) -> Option<u64> {
        // Headers only: one seek for each member, which is cheap up to some 100,000 members.
        const COUNTED: u64 = 16 << 30;
        // Behind a URL the seeks would read it all.
        const COUNTED_URL: u64 = 64 << 20;
        *self.len.get_or_init(|| {
            let most = if place::is_url(&self.root) { COUNTED_URL } else { COUNTED };
            let size: u64 = self.paths.iter().filter_map(|path| place::facts(path).ok()).map(|facts| facts.bytes).sum();
            (size <= most).then(|| self.samples().count() as u64)
        })
    }

    fn files(&self) -> Vec<(String, PathBuf)> {
        super::named(&self.root, &self.paths)
    }

    fn rows(&self, from: u64, need: &Need) -> Result<RawRows<'_>, SourceError> {
        let texts = need.beyond(&["image", "__key__"]);
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        Ok(Box::new(self.samples().skip(from).map(move |sample| sample.and_then(|sample| sample.row(texts)))))
    }
}

impl Tars {
    fn samples(&self) -> impl Iterator<Item = Result<Sample, RowError>> + '_ {
        self.paths.iter().flat_map(|path| Samples::open(super::name_of(&self.root, path), path))
    }
}

/// Adjacent members with one key.
struct Sample {
    tar: Arc<Path>,
    file: Arc<Opened>,
    shard: String,
    key: String,
    /// how many samples before it in the tar have the same key
    repeat: u32,
    members: Vec<Member>,
}

impl Sample {
    fn row(self, texts: bool) -> Result<RawRow, RowError> {
        let key = match self.repeat {
            0 => format!("{}/{}", self.shard, self.key),
            times => format!("{}/{}#{}", self.shard, self.key, times + 1),
        };
        let mut row = RawRow { key, fields: Map::new(), embedded: Vec::new(), folder: Path::new("").into() };
        row.fields.insert("__key__".to_string(), Json::String(self.key.clone()));
        let mut objects = Vec::new();
        for member in &self.members {
            let (_, extension) = member.split();
            let value = match extension.rsplit('.').next().unwrap_or_default() {
                "json" | "txt" | "text" | "caption" | "cls" | "cls2" | "index" | "id" if !texts => continue,
                "json" => self.json(member, &row.key)?,
                "txt" | "text" | "caption" => Json::String(self.text(member, &row.key)?),
                "cls" | "cls2" | "index" | "id" => number_or_text(self.text(member, &row.key)?.trim()),
                _ => {
                    row.embedded.push(Embedded::At(self.origin(member), member.name.clone()));
                    Embedded::token(row.embedded.len() - 1)
                }
            };
            if let ("json", Json::Object(fields)) = (extension.as_str(), &value) {
                objects.push(fields.clone());
            }
            row.fields.insert(extension, value);
        }
        if let Some(token) = self.picture().and_then(|extension| row.fields.get(&extension)) {
            row.fields.insert("image".to_string(), token.clone());
        }
        for (own, value) in objects.into_iter().flatten() {
            // A path or URL from before the packing does not hide the picture that was packed.
            let hides =
                row.fields.get(&own).is_some_and(Embedded::is_token) && !row.embedded.iter().any(|e| e.is(&value));
            if !hides {
                row.fields.insert(own, value);
            }
        }
        Ok(row)
    }

    /// The extension of the picture that is called `image`: one without further dots, else the first.
    fn picture(&self) -> Option<String> {
        let pictures = || self.members.iter().filter(|m| is_image(Path::new(&m.name))).map(|m| m.split().1);
        pictures().find(|extension| !extension.contains('.')).or_else(|| pictures().next())
    }

    fn origin(&self, member: &Member) -> Origin {
        let (path, member_name) = (self.tar.to_path_buf(), member.name.clone());
        Origin::Range { path, offset: member.offset, length: member.length, member: member_name }
    }

    fn text(&self, member: &Member, key: &str) -> Result<String, RowError> {
        let error = |message: String| RowError { key: key.to_string(), message: format!("{}: {message}", member.name) };
        if member.length > files::LONGEST as u64 {
            return Err(error(format!("the text is longer than {} MiB", files::LONGEST >> 20)));
        }
        let bytes = self.file.near(member.offset, member.length).map_err(|e| error(e.to_string()))?;
        String::from_utf8(bytes).map_err(|e| error(format!("expected UTF-8: {e}")))
    }

    fn json(&self, member: &Member, key: &str) -> Result<Json, RowError> {
        let text = self.text(member, key)?;
        serde_json::from_str(&text).map_err(|e| RowError {
            key: key.to_string(),
            message: format!("{}: line {} column {}: {}", member.name, e.line(), e.column(), jsonl::reason(&e)),
        })
    }
}

fn number_or_text(text: &str) -> Json {
    text.parse::<i64>().map_or_else(|_| Json::String(text.to_string()), Json::from)
}

/// The samples of one tar.
struct Samples {
    tar: Arc<Path>,
    file: Option<Arc<Opened>>,
    shard: String,
    members: Option<Members>,
    next: Option<Member>,
    failed: Option<Cut>,
    /// how often each key came, by its hash
    seen: HashMap<u64, u32>,
}

impl Samples {
    fn open(shard: String, path: &Path) -> Samples {
        let opened = Members::open(path).and_then(|members| Ok((members, place::open(path)?)));
        let (members, file, failed) = match opened {
            Ok((members, file)) => (Some(members), Some(file), None),
            Err(error) => (None, None, Some(Cut { member: None, message: error.to_string() })),
        };
        Samples { tar: path.into(), file, shard, members, next: None, failed, seen: HashMap::new() }
    }

    fn pull(&mut self) -> Option<Member> {
        if let Some(member) = self.next.take() {
            return Some(member);
        }
        match self.members.as_mut()?.next()? {
            Ok(member) => Some(member),
            Err(cut) => {
                self.failed = Some(cut);
                self.members = None;
                None
            }
        }
    }
}

impl Iterator for Samples {
    type Item = Result<Sample, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut members = Vec::new();
        let mut key = String::new();
        while let Some(member) = self.pull() {
            if members.is_empty() {
                key = member.split().0.to_string();
            } else if member.split().0 != key {
                self.next = Some(member);
                break;
            }
            members.push(member);
        }
        // A sample is surely whole when the member at the cut belongs to another.
        let at_cut = |cut: &mut Cut| members.is_empty() || cut.member.as_ref().is_none_or(|m| m.split().0 == key);
        if let Some(cut) = self.failed.take_if(at_cut) {
            let key = cut.member.as_ref().map_or(key.as_str(), |member| member.split().0);
            let place = if key.is_empty() { self.shard.clone() } else { format!("{}/{key}", self.shard) };
            return Some(Err(RowError { key: place, message: cut.message }));
        }
        if members.is_empty() {
            return None;
        }
        let (tar, file, shard) = (Arc::clone(&self.tar), Arc::clone(self.file.as_ref()?), self.shard.clone());
        let hash = blake3::hash(key.as_bytes());
        let times = self.seen.entry(u64::from_le_bytes(std::array::from_fn(|i| hash.as_bytes()[i]))).or_default();
        *times += 1;
        Some(Ok(Sample { tar, file, shard, repeat: *times - 1, key, members }))
    }
}
