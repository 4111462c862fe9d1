//! Pictures and other media as handles: where the bytes are, what they are, never the bytes themselves.
//!
//! A handle is cheap to make: nothing is read until somebody asks. The header (format and size) is read without
//! decoding, the hash when the media is stored or written to a dataset, the pixels when an operator looks at them.

mod decode;
mod header;
mod store;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};

pub use decode::{Limits, decode, encode_png};
pub use header::{Format, Header, Orientation, ReadSeek};
pub use store::{DiskStore, Elsewhere, Entry, Keeping, MediaStore, MemoryStore};

/// The content address of media: blake3 of the bytes as they are.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MediaHash(pub [u8; 32]);

/// What the bytes are meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MediaKind {
    /// a picture
    Image,
    /// a one-channel picture in the grid of another
    Mask,
    /// sound
    Audio,
    /// moving pictures
    Video,
}

/// Where bytes can be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// a whole file, or an object
    File {
        /// its path, or its URL; see [`crate::place`]
        path: PathBuf,
    },
    /// a stretch of a file: a member of an archive, a value in a column
    Range {
        /// the containing file or object
        path: PathBuf,
        /// first byte
        offset: u64,
        /// number of bytes
        length: u64,
        /// the member's or column's name
        member: String,
    },
    /// only in a media store, under its hash
    Stored,
}

/// A handle of an image, mask, audio or video.
///
/// Two handles are equal when their hashes are known and equal, or else when their origins are.
#[derive(Debug)]
pub struct Media {
    kind: MediaKind,
    origin: Origin,
    hash: OnceLock<MediaHash>,
    bytes: OnceLock<u64>,
    header: OnceLock<Result<Header, MediaError>>,
    held: Option<Held>,
}

/// Bytes that have no place of their own, such as a value in a compressed column, and the name they had there.
struct Held {
    /// none once a store has them
    bytes: Mutex<Option<Bytes>>,
    name: String,
}

impl Held {
    fn bytes(&self) -> std::sync::MutexGuard<'_, Option<Bytes>> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.bytes().as_ref().map_or(0, |bytes| bytes.len()))
    }
}

/// Why media could not be read, with what was expected and found.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{origin}: {message}")]
pub struct MediaError {
    /// what is to blame
    pub kind: MediaErrorKind,
    /// where the bytes were
    pub origin: String,
    /// what was wrong
    pub message: String,
}

/// What is to blame for media that could not be read or stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaErrorKind {
    /// nothing is there
    NotFound,
    /// the bytes, their place or their permissions: trying again changes nothing
    Unreadable,
    /// this machine has no space left: no other media can be stored either
    DiskFull,
    /// a server that did not answer, or not well, however often it was asked
    Network,
}

impl MediaErrorKind {
    /// What an error of the operating system, or of a server, is about.
    pub fn of(error: &io::Error) -> MediaErrorKind {
        use io::ErrorKind;
        match error.kind() {
            ErrorKind::NotFound => MediaErrorKind::NotFound,
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => MediaErrorKind::DiskFull,
            ErrorKind::TimedOut
            | ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown => MediaErrorKind::Network,
            _ => MediaErrorKind::Unreadable,
        }
    }
}

impl Media {
    /// A handle of bytes at `origin`; nothing is read.
    pub fn at(kind: MediaKind, origin: Origin) -> Media {
        Media { kind, origin, hash: OnceLock::new(), bytes: OnceLock::new(), header: OnceLock::new(), held: None }
    }

    /// A handle that carries its bytes, until a store adopts them, and is written as [`Origin::Stored`]: for sources
    /// whose bytes cannot be read again from a file, and for what steps make. `name` is the file name they had, or
    /// empty.
    pub fn held(kind: MediaKind, bytes: Bytes, name: impl Into<String>) -> Media {
        let facts = (MediaHash::of(&bytes), bytes.len() as u64);
        let media = Media::at(kind, Origin::Stored).with_facts(Some(facts.0), Some(facts.1), None);
        Media { held: Some(Held { bytes: Mutex::new(Some(bytes)), name: name.into() }), ..media }
    }

    /// The bytes, if the handle carries them.
    pub fn held_bytes(&self) -> Option<Bytes> {
        self.held.as_ref().and_then(|held| held.bytes().clone())
    }

    /// Drops the bytes that the handle carries: a store has them.
    fn let_go(&self) {
        if let Some(held) = &self.held {
            held.bytes().take();
        }
    }

    /// A handle of a whole file; nothing is read.
    pub fn file(kind: MediaKind, path: impl Into<PathBuf>) -> Media {
        Media::at(kind, Origin::File { path: path.into() })
    }

    /// The same handle with facts that are known already, as written in a dataset.
    pub fn with_facts(self, hash: Option<MediaHash>, bytes: Option<u64>, header: Option<Header>) -> Media {
        if let Some(hash) = hash {
            let _ = self.hash.set(hash);
        }
        if let Some(bytes) = bytes {
            let _ = self.bytes.set(bytes);
        }
        if let Some(header) = header {
            let _ = self.header.set(Ok(header));
        }
        self
    }

    /// What it is meant to be.
    pub fn kind(&self) -> MediaKind {
        self.kind
    }

    /// Where its bytes were found.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The hash, if somebody has computed it.
    pub fn known_hash(&self) -> Option<MediaHash> {
        self.hash.get().copied()
    }

    /// The size in bytes, if known.
    pub fn known_bytes(&self) -> Option<u64> {
        self.bytes.get().copied()
    }

    /// The header, if it was read already and was good.
    pub fn known_header(&self) -> Option<&Header> {
        self.header.get().and_then(|h| h.as_ref().ok())
    }

    /// The hash; reads the bytes through `store` the first time.
    pub fn hash(&self, store: &dyn MediaStore) -> Result<MediaHash, MediaError> {
        if let Some(hash) = self.hash.get() {
            return Ok(*hash);
        }
        let bytes = store.read(self)?;
        let _ = self.bytes.set(bytes.len() as u64);
        Ok(*self.hash.get_or_init(|| MediaHash::of(&bytes)))
    }

    /// Format and size, read without decoding the first time.
    pub fn header(&self, store: &dyn MediaStore) -> Result<&Header, MediaError> {
        let read = || header::read(&mut *store.open(self)?).map_err(|message| self.error(message));
        self.header.get_or_init(read).as_ref().map_err(Clone::clone)
    }

    /// An error about these bytes.
    pub fn error(&self, message: impl Into<String>) -> MediaError {
        MediaError { kind: MediaErrorKind::Unreadable, origin: self.origin_text(), message: message.into() }
    }

    /// An error of the operating system, or of a server, about these bytes.
    pub fn io_error(&self, error: &io::Error) -> MediaError {
        MediaError { kind: MediaErrorKind::of(error), ..self.error(store::io_text(error)) }
    }

    /// The file or object around its bytes, if it has one.
    pub fn place(&self) -> Option<&Path> {
        match &self.origin {
            Origin::File { path } | Origin::Range { path, .. } => Some(path),
            Origin::Stored => None,
        }
    }

    /// The origin in words: a path, a member of an archive, or the hash.
    pub fn origin_text(&self) -> String {
        match &self.origin {
            Origin::File { path } => path.display().to_string(),
            Origin::Range { path, member, .. } => format!("{} in {}", member, path.display()),
            Origin::Stored => self.known_hash().map_or("unknown media".to_string(), |h| h.to_string()),
        }
    }

    /// The file name it had at its origin, if it had one.
    pub fn file_name(&self) -> Option<String> {
        let name = match &self.origin {
            Origin::File { path } => path.file_name(),
            Origin::Range { member, .. } => Path::new(member).file_name(),
            Origin::Stored => self.held.as_ref().and_then(|held| Path::new(&held.name).file_name()),
        };
        name.map(|n| n.to_string_lossy().into_owned())
    }
}

impl PartialEq for Media {
    fn eq(&self, other: &Media) -> bool {
        self.kind == other.kind
            && match (self.known_hash(), other.known_hash()) {
                (Some(a), Some(b)) => a == b,
                _ => self.origin == other.origin && self.origin != Origin::Stored,
            }
    }
}

impl MediaHash {
    /// The address of these bytes.
    pub fn of(bytes: &[u8]) -> MediaHash {
        MediaHash(*blake3::hash(bytes).as_bytes())
    }
}

impl fmt::Display for MediaHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        blake3::Hash::from_bytes(self.0).to_hex().fmt(f)
    }
}

impl fmt::Debug for MediaHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl std::str::FromStr for MediaHash {
    type Err = String;

    fn from_str(text: &str) -> Result<MediaHash, String> {
        let hash = blake3::Hash::from_hex(text).map_err(|e| format!("`{text}` is no media hash: {e}"))?;
        Ok(MediaHash(*hash.as_bytes()))
    }
}

impl Serialize for MediaHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MediaHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<MediaHash, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Bytes of media, shared.
pub type Bytes = Arc<[u8]>;
