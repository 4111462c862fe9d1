//! Media that stay in the files where they were found: a store holds a line for each that says where, not the bytes.
//!
//! `in-place-<writer>.jsonl` stands beside the packs. Nothing keeps those files as they were, so bytes that are read
//! from them by their hash are hashed again each time.

use std::collections::{BTreeSet, HashMap};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use serde::{Deserialize, Serialize};

use super::{Facts, origin};
use crate::media::{Bytes, Header, Media, MediaError, MediaHash, MediaKind, Origin};
use crate::place;

/// One media and where its bytes are; also a line of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Line {
    hash: MediaHash,
    /// with an absolute path, so that it can be read from any working directory
    at: Origin,
    bytes: u64,
    kind: MediaKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    header: Option<Header>,
}

impl Line {
    fn handle(&self) -> Media {
        Media::at(self.kind, self.at.clone()).with_facts(Some(self.hash), Some(self.bytes), self.header.clone())
    }

    /// The bytes, if they are still those that were found.
    fn read(&self, limit: u64) -> Result<Bytes, MediaError> {
        let media = self.handle();
        let bytes = origin::read(&media, limit)?;
        Facts::checked(&media, &bytes).map(|_| bytes)
    }
}

/// What a store on disk knows of media in place.
#[derive(Debug)]
pub(super) struct InPlace {
    /// the file of this process
    own: Option<PathBuf>,
    lines: RwLock<HashMap<MediaHash, Line>>,
    /// lines that are not yet in the file
    fresh: Mutex<Vec<u8>>,
    /// held while the file is written
    writing: Mutex<()>,
}

impl InPlace {
    /// Reads what all processes wrote. `writer` goes on with its own file; the end of a line that a crash cut off is
    /// taken away. Lines that say nothing are added to `dropped`.
    pub(super) fn load(
        dir: &Path,
        names: &BTreeSet<String>,
        writer: Option<&str>,
        dropped: &mut Vec<String>,
    ) -> io::Result<InPlace> {
        let own = writer.map(|writer| format!("in-place-{writer}.jsonl"));
        let mut lines = HashMap::new();
        for name in names.iter().filter(|name| name.starts_with("in-place-") && name.ends_with(".jsonl")) {
            let mut text = Vec::new();
            File::open(dir.join(name))?.read_to_end(&mut text)?;
            let end = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
            for (number, line) in text[..end].split_inclusive(|byte| *byte == b'\n').enumerate() {
                match serde_json::from_slice::<Line>(line) {
                    Ok(line) => drop(lines.insert(line.hash, line)),
                    Err(e) => dropped.push(format!("{name}:{}: no line of media in place: {e}", number + 1)),
                }
            }
            if own.as_ref() == Some(name) && end < text.len() {
                OpenOptions::new().write(true).open(dir.join(name))?.set_len(end as u64)?;
            }
        }
        let own = own.map(|name| dir.join(name));
        Ok(InPlace { own, lines: RwLock::new(lines), fresh: Mutex::default(), writing: Mutex::default() })
    }

    /// Notes where the bytes of this media are; whatever is known already stays.
    pub(super) fn note(&self, facts: &Facts, media: &Media) -> io::Result<()> {
        if self.contains(facts.hash) {
            return Ok(());
        }
        let (at, header) = (absolute(media.origin())?, facts.good_header().cloned());
        let line = Line { hash: facts.hash, at, bytes: facts.bytes, kind: media.kind(), header };
        let mut text = serde_json::to_vec(&line)?;
        text.push(b'\n');
        let mut lines = self.lines.write().unwrap_or_else(PoisonError::into_inner);
        if lines.insert(line.hash, line).is_none() {
            self.fresh().extend(text);
        }
        Ok(())
    }

    pub(super) fn contains(&self, hash: MediaHash) -> bool {
        self.lines.read().unwrap_or_else(PoisonError::into_inner).contains_key(&hash)
    }

    /// What was noted of a media.
    pub(super) fn facts(&self, hash: MediaHash) -> Option<Facts> {
        let line = self.get(hash)?;
        Some(Facts { hash, bytes: line.bytes, header: line.header.map(Ok) })
    }

    /// The bytes, if they are here. Errors: they have changed or are gone.
    pub(super) fn read(&self, hash: MediaHash, limit: u64) -> Option<Result<Bytes, MediaError>> {
        self.get(hash).map(|line| line.read(limit))
    }

    /// The handle of the place itself.
    pub(super) fn handle(&self, hash: MediaHash) -> Option<Media> {
        self.get(hash).map(|line| line.handle())
    }

    /// What was noted is in the file, and survives a power cut, when this returns.
    pub(super) fn sync(&self) -> io::Result<()> {
        let Some(own) = &self.own else { return Ok(()) };
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = std::mem::take(&mut *self.fresh());
        if lines.is_empty() {
            return Ok(());
        }
        append(own, &lines).inspect_err(|_| {
            self.fresh().splice(..0, lines);
        })
    }

    fn fresh(&self) -> MutexGuard<'_, Vec<u8>> {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is wrong, in words: files that are gone or have other bytes (`hashed`), or another size, than they had.
    pub(super) fn problems(&self, hashed: bool, limit: u64) -> Vec<String> {
        let mut lines: Vec<Line> = {
            let lines = self.lines.read().unwrap_or_else(PoisonError::into_inner);
            lines.values().cloned().collect()
        };
        lines.sort_by_cached_key(|line| line.handle().origin_text());
        let wrong = |line: &Line| {
            let found = if hashed { line.read(limit).map(|_| ()) } else { origin::reader(&line.handle()).map(|_| ()) };
            found.err().map(|e| format!("{e} (left in place by --media in-place; hash {})", line.hash))
        };
        lines.iter().filter_map(wrong).collect()
    }

    fn get(&self, hash: MediaHash) -> Option<Line> {
        self.lines.read().unwrap_or_else(PoisonError::into_inner).get(&hash).cloned()
    }
}

/// Writes lines behind those that are there, all or none, and forces them to the disk.
fn append(path: &Path, lines: &[u8]) -> io::Result<()> {
    let is_new = !path.exists();
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    let before = file.metadata()?.len();
    if let Err(error) = file.write_all(lines) {
        let _ = file.set_len(before);
        return Err(error);
    }
    file.sync_data()?;
    match path.parent() {
        Some(dir) if is_new => File::open(dir)?.sync_all(),
        _ => Ok(()),
    }
}

/// Whether these bytes can stay where they are: in a file of this machine.
pub(super) fn can_stay(media: &Media) -> bool {
    media.held_bytes().is_none() && media.place().is_some_and(|path| !place::is_url(path))
}

fn absolute(origin: &Origin) -> io::Result<Origin> {
    let mut origin = origin.clone();
    if let Origin::File { path } | Origin::Range { path, .. } = &mut origin {
        *path = std::path::absolute(&*path)?;
    }
    Ok(origin)
}
