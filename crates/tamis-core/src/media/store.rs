//! Where the bytes of media are kept: once each, under their hash.

mod disk;
mod in_place;
mod index;
mod origin;
mod packs;

use std::collections::HashMap;
use std::fmt;
use std::io::Cursor;
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock};

pub use disk::DiskStore;
pub use index::Entry;
pub(super) use origin::io_text;
pub use packs::Elsewhere;

use serde::{Deserialize, Serialize};

use super::header::{self, Header, ReadSeek};
use super::{Bytes, Media, MediaError, MediaHash, MediaKind, Origin};

/// Bytes of media under their hashes; used from many threads at once.
pub trait MediaStore: Send + Sync {
    /// Stores bytes once under their hash and returns their handle, with hash, size and (of pictures) header known.
    ///
    /// Bytes whose header cannot be read are stored all the same; the handle then answers with that error.
    /// Errors: a store that is read-only, a full disk, a write that failed. Nothing is stored then.
    fn put(&self, kind: MediaKind, bytes: &[u8]) -> Result<Arc<Media>, MediaError>;

    /// Makes sure that the bytes of this handle are in the store (copied from the origin if needed); hash, size and
    /// header of the handle are known afterwards, and bytes that it carried are the store's alone.
    ///
    /// Errors: those of [`read`](Self::read) and [`put`](Self::put), and bytes that have another hash than the one
    /// that the handle knows.
    fn adopt(&self, media: &Arc<Media>) -> Result<MediaHash, MediaError>;

    /// The bytes, from the store if they are there, else from the origin.
    ///
    /// Errors: no such file, a directory, no permission, a range past the end of its file, a file of another size
    /// than the handle knows, an origin over the size limit (512 MiB unless said otherwise), a hash that the store
    /// does not have.
    fn read(&self, media: &Media) -> Result<Bytes, MediaError>;

    /// A reader at the start of the bytes (for headers): no more is read than asked for.
    ///
    /// Errors: those of [`read`](Self::read), but for the size limit.
    fn open(&self, media: &Media) -> Result<Box<dyn ReadSeek>, MediaError>;

    /// Whether bytes with this hash are in the store.
    fn contains(&self, hash: MediaHash) -> bool;

    /// Everything put so far survives a power cut when this returns.
    fn sync(&self) -> Result<(), MediaError>;
}

/// What becomes of samples' media that were found in files of this machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keeping {
    /// they are copied into the store
    #[default]
    Copy,
    /// they stay where they are; see [`DiskStore::leaving_files`]
    InPlace,
}

impl Keeping {
    /// Whether it is the usual one.
    pub fn is_copy(&self) -> bool {
        *self == Keeping::Copy
    }
}

impl fmt::Display for Keeping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Keeping::Copy => "copy",
            Keeping::InPlace => "in-place",
        })
    }
}

impl FromStr for Keeping {
    type Err = String;

    fn from_str(text: &str) -> Result<Keeping, String> {
        match text {
            "copy" => Ok(Keeping::Copy),
            "in-place" => Ok(Keeping::InPlace),
            _ => Err(format!("`{text}` is neither `copy` nor `in-place`")),
        }
    }
}

/// A store in memory, for tests and previews; nothing survives it.
#[derive(Debug)]
pub struct MemoryStore {
    stored: RwLock<HashMap<MediaHash, Bytes>>,
    origin_limit: u64,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> MemoryStore {
        MemoryStore { stored: RwLock::default(), origin_limit: origin::LIMIT }
    }

    /// How many media are stored.
    pub fn len(&self) -> usize {
        self.stored.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether nothing is stored.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn get(&self, media: &Media) -> Option<Bytes> {
        let hash = media.known_hash()?;
        self.stored.read().unwrap_or_else(PoisonError::into_inner).get(&hash).cloned()
    }

    fn insert(&self, hash: MediaHash, bytes: impl Into<Bytes>) {
        let mut stored = self.stored.write().unwrap_or_else(PoisonError::into_inner);
        stored.entry(hash).or_insert_with(|| bytes.into());
    }
}

impl Default for MemoryStore {
    fn default() -> MemoryStore {
        MemoryStore::new()
    }
}

impl MediaStore for MemoryStore {
    fn put(&self, kind: MediaKind, bytes: &[u8]) -> Result<Arc<Media>, MediaError> {
        let facts = Facts::of(kind, bytes);
        self.insert(facts.hash, bytes);
        Ok(facts.handle(kind))
    }

    fn adopt(&self, media: &Arc<Media>) -> Result<MediaHash, MediaError> {
        let bytes = self.read(media)?;
        let facts = Facts::checked(media, &bytes)?;
        self.insert(facts.hash, bytes);
        media.let_go();
        Ok(facts.tell(media))
    }

    fn read(&self, media: &Media) -> Result<Bytes, MediaError> {
        self.get(media).map_or_else(|| origin::read(media, self.origin_limit), Ok)
    }

    fn open(&self, media: &Media) -> Result<Box<dyn ReadSeek>, MediaError> {
        match self.get(media) {
            Some(bytes) => Ok(Box::new(Cursor::new(bytes))),
            None => origin::reader(media),
        }
    }

    fn contains(&self, hash: MediaHash) -> bool {
        self.stored.read().unwrap_or_else(PoisonError::into_inner).contains_key(&hash)
    }

    fn sync(&self) -> Result<(), MediaError> {
        Ok(())
    }
}

/// What the bytes themselves say.
struct Facts {
    hash: MediaHash,
    bytes: u64,
    /// of pictures
    header: Option<Result<Header, String>>,
}

impl Facts {
    fn of(kind: MediaKind, bytes: &[u8]) -> Facts {
        let header = is_picture(kind).then(|| header::read(&mut Cursor::new(bytes)));
        Facts { hash: MediaHash::of(bytes), bytes: bytes.len() as u64, header }
    }

    /// The facts of bytes that were read for `media`; an error if the handle knows another hash.
    fn checked(media: &Media, bytes: &[u8]) -> Result<Facts, MediaError> {
        let facts = Facts::of(media.kind(), bytes);
        match media.known_hash() {
            Some(known) if known != facts.hash => {
                Err(media.error(format!("the bytes have changed: they had hash {known}, now {}", facts.hash)))
            }
            _ => Ok(facts),
        }
    }

    fn good_header(&self) -> Option<&Header> {
        self.header.as_ref().and_then(|header| header.as_ref().ok())
    }

    fn handle(self, kind: MediaKind) -> Arc<Media> {
        let media = Media::at(kind, Origin::Stored);
        self.tell(&media);
        Arc::new(media)
    }

    /// Writes what is known into the handle.
    fn tell(self, media: &Media) -> MediaHash {
        media.hash.get_or_init(|| self.hash);
        media.bytes.get_or_init(|| self.bytes);
        if let Some(header) = self.header {
            media.header.get_or_init(|| header.map_err(|message| media.error(message)));
        }
        self.hash
    }
}

fn is_picture(kind: MediaKind) -> bool {
    matches!(kind, MediaKind::Image | MediaKind::Mask)
}

#[cfg(test)]
mod tests;
