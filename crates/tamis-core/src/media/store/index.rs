//! The index of a store on disk: one line of JSON for each media, and what is believed of it after a crash.
//!
//! A line is written after the bytes that it points to, and a mark is written after lines and bytes were forced to
//! the disk. Lines before the last mark are believed if they point into their pack; the bytes of lines after it are
//! hashed, because a power cut may have kept a line and lost its bytes.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::packs::Elsewhere;
use crate::media::{Header, MediaHash, MediaKind};
use crate::place::{Opened, Section};

/// The line that says: everything before is on the disk.
pub(super) const SYNCED: &str = "{\"synced\":true}\n";

/// Where the bytes of one media are in a store on disk; also a line of its index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// blake3 of the bytes
    pub hash: MediaHash,
    /// file name of the pack in the directory of the store
    pub pack: String,
    /// position of the first byte in the pack
    pub offset: u64,
    /// number of bytes
    pub bytes: u64,
    /// what the bytes are meant to be
    pub kind: MediaKind,
    /// format and size of a picture; none for other media and for pictures whose header could not be read
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Header>,
}

/// An entry in memory, small because there are millions: packs by number, positions within 4 GiB.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) pack: u32,
    pub(super) offset: u32,
    pub(super) bytes: u32,
    pub(super) kind: MediaKind,
    pub(super) header: Option<Header>,
}

/// Everything that the indexes of a directory say and that is believed.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// file names of the packs, by number
    pub(super) packs: Vec<String>,
    pub(super) places: HashMap<MediaHash, Place>,
    /// lines that were not believed, in words
    pub(super) dropped: Vec<String>,
    /// files with lines after their last mark: the index and the packs
    pub(super) unsynced: BTreeSet<PathBuf>,
    /// where packs are that are not in the directory
    pub(super) elsewhere: Option<Arc<dyn Elsewhere>>,
    numbers: HashMap<String, u32>,
    lengths: HashMap<u32, u64>,
}

/// What was found at the end of one index file.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tail {
    /// where the lines end that can be kept when the file is written on
    pub(super) end: u64,
    /// whether any line was dropped, apart from one cut off at the end
    pub(super) dropped: bool,
}

/// A line with no mark after it yet.
struct Unsynced {
    /// position of its first byte
    start: u64,
    /// line number, from 1
    number: usize,
    /// what it says, or why it is not believed
    found: Result<(MediaHash, Place), String>,
}

impl Index {
    pub(super) fn with(elsewhere: Option<Arc<dyn Elsewhere>>) -> Index {
        Index { elsewhere, ..Index::default() }
    }

    /// Reads one index file of `dir`, line by line.
    pub(super) fn load(&mut self, dir: &Path, name: &str) -> io::Result<Tail> {
        let mut reader = BufReader::new(File::open(dir.join(name))?);
        let (mut line, mut number, mut tail) = (Vec::new(), 0, Tail::default());
        // The lines after the last mark, believed or not.
        let mut unsynced: Vec<Unsynced> = Vec::new();
        loop {
            line.clear();
            let start = tail.end;
            let read = reader.read_until(b'\n', &mut line)? as u64;
            number += 1;
            if line.last() != Some(&b'\n') {
                // The end of the file, or a line that was cut off by a crash: nobody was told that it was stored.
                break;
            }
            tail.end += read;
            match line == SYNCED.as_bytes() {
                true => tail.dropped |= self.believe(name, unsynced.drain(..)),
                false => unsynced.push(Unsynced { start, number, found: self.place(dir, &line) }),
            }
        }
        self.load_unsynced(dir, name, unsynced, &mut tail);
        Ok(tail)
    }

    /// Takes in lines; says whether some had to be dropped.
    fn believe(&mut self, name: &str, lines: impl Iterator<Item = Unsynced>) -> bool {
        let before = self.dropped.len();
        for line in lines {
            match line.found {
                Ok((hash, place)) => {
                    self.places.insert(hash, place);
                }
                Err(message) => self.dropped.push(format!("{name}:{}: {message}", line.number)),
            }
        }
        self.dropped.len() > before
    }

    /// Takes in the lines after the last mark up to the first whose bytes are not there. The rest goes with it, so
    /// that its writer can cut the file off there.
    fn load_unsynced(&mut self, dir: &Path, name: &str, mut lines: Vec<Unsynced>, tail: &mut Tail) {
        if lines.is_empty() {
            return;
        }
        self.unsynced.insert(dir.join(name));
        let mut good = 0;
        for line in &mut lines {
            if let Ok((hash, place)) = &line.found {
                let pack = dir.join(&self.packs[place.pack as usize]);
                match bytes_hash_to(&pack, place, *hash) {
                    Ok(()) => {
                        self.unsynced.insert(pack);
                    }
                    Err(message) => line.found = Err(message),
                }
            }
            if line.found.is_err() {
                break;
            }
            good += 1;
        }
        let bad = lines.split_off(good);
        self.believe(name, lines.into_iter());
        if let Some(first) = bad.first() {
            tail.end = first.start;
            tail.dropped = true;
            let rest = bad.len() - 1;
            self.believe(name, bad.into_iter().take(1));
            self.dropped.extend((rest > 0).then(|| format!("{name}: {rest} lines after that one")));
        }
    }

    /// Numbers a pack.
    pub(super) fn add_pack(&mut self, name: String) -> u32 {
        let next = self.packs.len() as u32;
        *self.numbers.entry(name).or_insert_with_key(|name| {
            self.packs.push(name.clone());
            next
        })
    }

    fn place(&mut self, dir: &Path, line: &[u8]) -> Result<(MediaHash, Place), String> {
        let entry: Entry = serde_json::from_slice(line).map_err(|e| format!("no index line: {e}"))?;
        if !is_pack_name(&entry.pack) {
            return Err(format!("`{}` is no file name of a pack", entry.pack));
        }
        let pack = self.add_pack(entry.pack);
        let (Ok(offset), Ok(bytes)) = (u32::try_from(entry.offset), u32::try_from(entry.bytes)) else {
            return Err(format!("{} bytes at {}: packs hold at most 4 GiB", entry.bytes, entry.offset));
        };
        let end = entry.offset + entry.bytes;
        if end > self.length(dir, pack, end) {
            return Err(format!("points past the end of {}", self.packs[pack as usize]));
        }
        Ok((entry.hash, Place { pack, offset, bytes, kind: entry.kind, header: entry.header }))
    }

    /// The length of a pack; looked up again if `needed` is more than is known, for another process may be writing.
    fn length(&mut self, dir: &Path, pack: u32, needed: u64) -> u64 {
        let known = self.lengths.entry(pack).or_default();
        if *known < needed {
            let path = dir.join(&self.packs[pack as usize]);
            let here = std::fs::metadata(path).ok().map(|metadata| metadata.len());
            let there = || self.elsewhere.as_ref()?.bytes(&self.packs[pack as usize]);
            *known = here.or_else(there).unwrap_or(0);
        }
        *known
    }
}

fn bytes_hash_to(pack: &Path, place: &Place, hash: MediaHash) -> Result<(), String> {
    let read = |file| {
        let pack = Arc::new(Opened::file(file)?);
        Section::new(pack, place.offset.into(), place.bytes.into()).all()
    };
    let bytes = File::open(pack).and_then(read).map_err(|e| format!("cannot read {}: {e}", pack.display()))?;
    match MediaHash::of(&bytes) == hash {
        true => Ok(()),
        false => Err(format!("the bytes in {} are not those that were stored", pack.display())),
    }
}

/// Whether this is a plain file name of a pack: an index must not lead out of its directory.
pub(super) fn is_pack_name(name: &str) -> bool {
    name.starts_with("pack-") && name.ends_with(".pack") && !name.contains(['/', '\0'])
}

/// Whether this is the file name of an index.
pub(super) fn is_index_name(name: &str) -> bool {
    name.starts_with("index-") && name.ends_with(".jsonl")
}
