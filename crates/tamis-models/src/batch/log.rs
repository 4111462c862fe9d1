//! What was submitted, so that a run that was killed finds it again: an append-only file of JSON lines beside the
//! journal, synced at each line.
//!
//! An intent is written before a batch is submitted, its id after. An intent without an id may or may not have reached
//! the server, which is asked for the intent's tag.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::journal::Key;

/// The log of one model at one server.
pub(super) struct Log {
    path: PathBuf,
    file: File,
    length: u64,
}

/// One request of a batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Line {
    /// the content address of the request, which is its `custom_id`
    #[serde(with = "hex")]
    pub(super) key: Key,
    /// how many answers were asked for
    pub(super) n: u32,
    /// tokens read, as estimated
    pub(super) input: u64,
    /// which way of asking for a schema, counted from the best
    #[serde(default)]
    pub(super) way: u8,
    /// whether there is a schema
    #[serde(default)]
    pub(super) typed: bool,
    /// what was changed on the way
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) notes: Vec<String>,
}

/// A batch that was begun and whose answers are not all in the journal.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Begun {
    pub(super) tag: String,
    /// seconds since 1970, by this machine
    pub(super) time: u64,
    /// the server's id, if it is known that it was submitted
    pub(super) id: Option<String>,
    pub(super) lines: Vec<Line>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Event {
    Intent { tag: String, time: u64, lines: Vec<Line> },
    Submitted { tag: String, id: String },
    Done { tag: String },
}

/// The name of the log: one for each model of each server.
pub(super) fn file_name(address: &str, model: &str) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("tamis batch log 1");
    hasher.update(address.as_bytes()).update(&[0]).update(model.as_bytes());
    format!("batches-{}.jsonl", &hasher.finalize().to_hex()[..16])
}

impl Log {
    /// Opens the log and tells what is still open. A torn last line is cut off.
    ///
    /// Errors: a file that cannot be read or written.
    pub(super) fn open(path: &Path) -> io::Result<(Log, Vec<Begun>)> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let (begun, length) = replay(&text);
        file.set_len(length)?;
        Ok((Log { path: path.to_path_buf(), file, length }, begun))
    }

    /// A batch is about to be submitted.
    pub(super) fn intent(&mut self, tag: &str, time: u64, lines: &[Line]) -> io::Result<()> {
        self.append(&Event::Intent { tag: tag.into(), time, lines: lines.to_vec() })
    }

    /// The server has it under this id.
    pub(super) fn submitted(&mut self, tag: &str, id: &str) -> io::Result<()> {
        self.append(&Event::Submitted { tag: tag.into(), id: id.into() })
    }

    /// All its answers are in the journal, or it was never submitted.
    pub(super) fn done(&mut self, tag: &str) -> io::Result<()> {
        self.append(&Event::Done { tag: tag.into() })
    }

    fn append(&mut self, event: &Event) -> io::Result<()> {
        let mut line = serde_json::to_vec(event)?;
        line.push(b'\n');
        let written = self.file.write_all(&line).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // Half a line would hide all later ones.
            let _ = self.file.set_len(self.length);
            return Err(io::Error::new(error.kind(), format!("{}: {error}", self.path.display())));
        }
        self.length += line.len() as u64;
        Ok(())
    }
}

/// What is open after all whole lines, and where the last of them ends.
fn replay(text: &[u8]) -> (Vec<Begun>, u64) {
    let mut begun: BTreeMap<String, (usize, Begun)> = BTreeMap::new();
    let mut end = 0;
    for (order, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let event = line.strip_suffix(b"\n").and_then(|line| serde_json::from_slice(line).ok());
        match event {
            Some(Event::Intent { tag, time, lines }) => {
                begun.insert(tag.clone(), (order, Begun { tag, time, id: None, lines }));
            }
            Some(Event::Submitted { tag, id }) => {
                if let Some((_, batch)) = begun.get_mut(&tag) {
                    batch.id = Some(id);
                }
            }
            Some(Event::Done { tag }) => drop(begun.remove(&tag)),
            None => break,
        }
        end += line.len() as u64;
    }
    let mut open: Vec<(usize, Begun)> = begun.into_values().collect();
    open.sort_by_key(|(order, _)| *order);
    (open.into_iter().map(|(_, batch)| batch).collect(), end)
}

/// Keys as they stand in the files of a batch.
mod hex {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    use crate::journal::Key;

    pub(super) fn serialize<S: Serializer>(key: &Key, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&key.to_hex())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Key, D::Error> {
        Key::from_hex(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(n: u8) -> Line {
        Line { key: blake3::hash(&[n]), n: 1, input: 7, way: 0, typed: false, notes: Vec::new() }
    }

    #[test]
    fn what_is_not_done_is_open_and_a_torn_line_is_cut_off() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let (mut log, open) = Log::open(&path).unwrap();
        assert_eq!(open, []);
        log.intent("b", 1, &[line(1), line(2)]).unwrap();
        log.intent("a", 2, &[line(3)]).unwrap();
        log.submitted("b", "batch_1").unwrap();
        log.intent("c", 3, &[line(4)]).unwrap();
        log.done("c").unwrap();
        drop(log);
        let whole = std::fs::read(&path).unwrap();
        for torn in [&b""[..], b"{\"intent\":{\"tag\":\"d\"", b"\xff\n"] {
            std::fs::write(&path, [&whole, torn].concat()).unwrap();
            let (mut log, open) = Log::open(&path).unwrap();
            let told: Vec<_> = open.iter().map(|b| (b.tag.as_str(), b.id.as_deref(), b.lines.len())).collect();
            assert_eq!(told, [("b", Some("batch_1"), 2), ("a", None, 1)]);
            assert_eq!(open[0].lines[1], line(2));
            log.done("b").unwrap();
            assert_eq!(Log::open(&path).unwrap().1.len(), 1);
        }
    }
}
