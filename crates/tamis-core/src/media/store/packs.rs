//! The files that hold media one behind the other.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::index::Place;
use super::origin::io_text;
use crate::media::{Bytes, MediaError, MediaErrorKind};
use crate::place::{Opened, Section};

/// Where the packs are of a directory that is a copy.
pub trait Elsewhere: std::fmt::Debug + Send + Sync {
    /// The size of a pack there; none if it is not there.
    fn bytes(&self, pack: &str) -> Option<u64>;

    /// Brings a pack into the directory.
    fn bring(&self, pack: &str) -> io::Result<()>;
}

/// The packs of a directory, opened when they are needed.
#[derive(Debug)]
pub(super) struct Packs {
    dir: PathBuf,
    /// file names, by number
    names: RwLock<Vec<String>>,
    files: Mutex<HashMap<u32, Arc<Opened>>>,
    elsewhere: Option<Arc<dyn Elsewhere>>,
}

impl Packs {
    /// Those with these file names, by number.
    pub(super) fn new(dir: &Path, names: Vec<String>, elsewhere: Option<Arc<dyn Elsewhere>>) -> Packs {
        Packs { dir: dir.to_path_buf(), names: RwLock::new(names), files: Mutex::default(), elsewhere }
    }

    /// All file names, by number.
    pub(super) fn names(&self) -> Vec<String> {
        self.names.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The stretch of a pack.
    pub(super) fn section(&self, place: &Place) -> Result<Section, MediaError> {
        let file = self.file(place.pack).map_err(|e| self.error(place, &e))?;
        Ok(Section::new(file, place.offset.into(), place.bytes.into()))
    }

    /// All bytes of a stretch.
    pub(super) fn bytes(&self, section: &Section, place: &Place) -> Result<Bytes, MediaError> {
        section.all().map_err(|e| match e.kind() {
            io::ErrorKind::UnexpectedEof => {
                self.error(place, &io::Error::other("the pack is shorter than its index says"))
            }
            _ => self.error(place, &e),
        })
    }

    fn file(&self, pack: u32) -> io::Result<Arc<Opened>> {
        // Well below the usual limit of 1024 open files, most of which are needed elsewhere.
        const MOST_OPEN: usize = 128;
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = files.get(&pack) {
            return Ok(Arc::clone(file));
        }
        if files.len() >= MOST_OPEN {
            files.clear();
        }
        let file = Arc::new(Opened::file(self.open(&self.name(pack))?)?);
        files.insert(pack, Arc::clone(&file));
        Ok(file)
    }

    fn open(&self, name: &str) -> io::Result<File> {
        let path = self.dir.join(name);
        match (File::open(&path), &self.elsewhere) {
            (Err(e), Some(elsewhere)) if e.kind() == io::ErrorKind::NotFound => {
                elsewhere.bring(name)?;
                File::open(&path)
            }
            (opened, _) => opened,
        }
    }

    /// A new pack; its number.
    pub(super) fn add(&self, name: String) -> u32 {
        let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
        names.push(name);
        (names.len() - 1) as u32
    }

    /// The file name of a pack.
    pub(super) fn name(&self, pack: u32) -> String {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        names.get(pack as usize).cloned().unwrap_or_default()
    }

    /// A place in words.
    pub(super) fn text(&self, place: &Place) -> String {
        format!("{} ({} bytes at byte {})", self.name(place.pack), place.bytes, place.offset)
    }

    fn error(&self, place: &Place, e: &io::Error) -> MediaError {
        let origin = format!("{}/{}", self.dir.display(), self.text(place));
        MediaError { kind: MediaErrorKind::of(e), origin, message: io_text(e) }
    }
}
