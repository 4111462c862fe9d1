//! A store on disk: append-only packs of many media and append-only indexes, one set for each writing process.
//!
//! `pack-<writer>-<number>.pack` holds bytes back to back, `index-<writer>.jsonl` says where which are. Bytes are
//! written before their line, so that at any instant every whole line is true; what a crash cut off is garbage that
//! nobody points to.

use std::collections::{BTreeSet, HashMap};
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use super::in_place::{self, InPlace};
use super::index::{self, Entry, Index, Place};
use super::origin::{self, io_text};
use super::packs::{Elsewhere, Packs};
use super::{Facts, MediaStore, ReadSeek, is_picture};
use crate::media::{Bytes, Media, MediaError, MediaErrorKind, MediaHash, MediaKind};
use crate::place::Section;

/// A directory of packs and indexes; see the methods for how it is opened.
///
/// Many processes may have one directory open at once, each writing under its own name; each sees what the others
/// had stored when it was opened.
#[derive(Debug)]
pub struct DiskStore {
    dir: PathBuf,
    origin_limit: u64,
    places: RwLock<HashMap<MediaHash, Place>>,
    packs: Packs,
    in_place: InPlace,
    leaves_files: bool,
    writer: Option<Mutex<Writer>>,
    dropped: Vec<String>,
}

impl DiskStore {
    /// Opens a directory, made if it is missing, to read everything in it and to append as `writer`: the name of the
    /// process or shard, such as `1-of-4`, in letters, digits, `.`, `_` and `-`.
    ///
    /// What a crash left behind is put in order: lines cut off or without their bytes are dropped (and listed by
    /// [`verify`](Self::verify)); what other processes had not yet forced to the disk is, so that it can be relied on.
    ///
    /// Errors: a bad name, another process that writes under this name, a directory that cannot be read or written.
    pub fn open(dir: &Path, writer: &str) -> Result<DiskStore, MediaError> {
        DiskStore::open_copy(dir, writer, None)
    }

    /// The same for a directory that is the copy of one elsewhere. What was synced is never touched again: each
    /// [`sync`](MediaStore::sync) ends a pack, so that it can be copied there once and for all.
    pub fn open_copy(dir: &Path, writer: &str, elsewhere: Option<Arc<dyn Elsewhere>>) -> Result<DiskStore, MediaError> {
        check_writer(dir, writer)?;
        std::fs::create_dir_all(dir).map_err(|e| error(dir, &e))?;
        let own = format!("index-{writer}.jsonl");
        let file = lock(&dir.join(&own), writer)?;
        let (mut index, tail) = load(dir, Some(&own), elsewhere.clone())?;
        let in_place = in_place(dir, Some(writer), &mut index)?;
        for path in index.unsynced.iter().map(PathBuf::as_path).chain([dir]) {
            File::open(path).and_then(|file| file.sync_all()).map_err(|e| error(path, &e))?;
        }
        file.set_len(tail.end).map_err(|e| error(&dir.join(&own), &e))?;
        let number = next_pack(dir, writer).map_err(|e| error(dir, &e))?;
        let mut writer = Writer {
            dir: dir.to_path_buf(),
            name: writer.to_string(),
            index: file,
            index_end: tail.end,
            pack: None,
            number,
            pack_limit: PACK_LIMIT,
            dirty: true,
            ends_packs: elsewhere.is_some(),
            unsynced: Vec::new(),
            write: |file, bytes, at| file.write_all_at(bytes, at),
        };
        // A pack is only continued if no line of the index could come to point at new bytes by that.
        if number > 0 && !tail.dropped && elsewhere.is_none() {
            let last = index.add_pack(writer.pack_name(number - 1));
            writer.continue_pack(last, number - 1)?;
        }
        Ok(DiskStore::new(dir, index, in_place, Some(writer), elsewhere))
    }

    /// Opens a directory to read everything in it; nothing in it is changed.
    ///
    /// Errors: a directory that is missing or cannot be read.
    pub fn read_only(dir: &Path) -> Result<DiskStore, MediaError> {
        DiskStore::read_only_copy(dir, None)
    }

    /// The same for a directory that is the copy of one elsewhere; packs are brought when they are needed.
    pub fn read_only_copy(dir: &Path, elsewhere: Option<Arc<dyn Elsewhere>>) -> Result<DiskStore, MediaError> {
        let (mut index, _) = load(dir, None, elsewhere.clone())?;
        let in_place = in_place(dir, None, &mut index)?;
        Ok(DiskStore::new(dir, index, in_place, None, elsewhere))
    }

    /// The same store, which leaves media in the files of this machine where they were found: it notes where, and
    /// under which hash, and copies nothing. What is [`put`](MediaStore::put) and what lies elsewhere is stored.
    pub fn leaving_files(mut self) -> DiskStore {
        self.leaves_files = true;
        self
    }

    /// The same store with another limit for bytes read from an origin; 512 MiB unless said otherwise.
    pub fn with_origin_limit(mut self, bytes: u64) -> DiskStore {
        self.origin_limit = bytes;
        self
    }

    /// How many media are stored; those left in place are not.
    pub fn len(&self) -> usize {
        self.places.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether nothing is stored.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is stored and where, in the order of packs and positions: the order in which reading is fast.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        let names = self.packs.names();
        self.in_order().into_iter().map(move |(hash, place)| Entry {
            hash,
            pack: names.get(place.pack as usize).cloned().unwrap_or_default(),
            offset: place.offset.into(),
            bytes: place.bytes.into(),
            kind: place.kind,
            header: place.header,
        })
    }

    /// Hashes every byte again, stored or left in place, and returns what is wrong, in words: media whose bytes changed
    /// or are gone, and index lines that were not believed when the store was opened. Nothing is repaired.
    ///
    /// Errors: none at present; damage is an answer, not an error.
    pub fn verify(&self) -> Result<Vec<String>, MediaError> {
        let mut problems = self.dropped.clone();
        for (hash, place) in self.in_order() {
            match self.packs.section(&place).and_then(|section| self.packs.bytes(&section, &place)) {
                Ok(bytes) if MediaHash::of(&bytes) == hash => {}
                Ok(_) => problems.push(format!("{hash}: the bytes in {} have changed", self.packs.text(&place))),
                Err(e) => problems.push(format!("{hash}: {e}")),
            }
        }
        problems.extend(self.in_place.problems(true, self.origin_limit));
        Ok(problems)
    }

    /// What is wrong with media left in place, as far as it shows without reading them: files that are gone or have
    /// another size than they had.
    pub fn look_for_files(&self) -> Vec<String> {
        self.in_place.problems(false, self.origin_limit)
    }

    fn new(
        dir: &Path,
        index: Index,
        in_place: InPlace,
        writer: Option<Writer>,
        elsewhere: Option<Arc<dyn Elsewhere>>,
    ) -> DiskStore {
        let Index { packs, places, dropped, .. } = index;
        DiskStore {
            dir: dir.to_path_buf(),
            origin_limit: origin::LIMIT,
            places: RwLock::new(places),
            packs: Packs::new(dir, packs, elsewhere),
            in_place,
            leaves_files: false,
            writer: writer.map(Mutex::new),
            dropped,
        }
    }

    fn place(&self, hash: MediaHash) -> Option<Place> {
        self.places.read().unwrap_or_else(PoisonError::into_inner).get(&hash).cloned()
    }

    fn section(&self, media: &Media) -> Result<Option<(Section, Place)>, MediaError> {
        let Some(place) = media.known_hash().and_then(|hash| self.place(hash)) else { return Ok(None) };
        Ok(Some((self.packs.section(&place)?, place)))
    }

    fn in_order(&self) -> Vec<(MediaHash, Place)> {
        let places = self.places.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = places.iter().map(|(hash, place)| (*hash, place.clone())).collect();
        drop(places);
        all.sort_unstable_by_key(|(_, place)| (place.pack, place.offset, place.bytes));
        all
    }

    fn is_stored(&self, hash: MediaHash) -> bool {
        self.places.read().unwrap_or_else(PoisonError::into_inner).contains_key(&hash)
    }

    /// Notes where the bytes are instead of storing them.
    fn leave(&self, facts: &Facts, media: &Media) -> Result<(), MediaError> {
        match self.is_stored(facts.hash) {
            true => Ok(()),
            false => self.in_place.note(facts, media).map_err(|e| media.io_error(&e)),
        }
    }

    fn insert(&self, facts: &Facts, kind: MediaKind, bytes: &[u8]) -> Result<(), MediaError> {
        if self.is_stored(facts.hash) {
            return Ok(());
        }
        let mut writer = self.writer()?;
        // Looked up again: another thread may have stored the same bytes while this one waited.
        if self.is_stored(facts.hash) {
            return Ok(());
        }
        let place = writer.append(facts, kind, bytes, &self.packs)?;
        self.places.write().unwrap_or_else(PoisonError::into_inner).insert(facts.hash, place);
        Ok(())
    }

    /// What [`MediaStore::adopt`] does, but for letting go of bytes in memory.
    fn take_in(&self, media: &Media) -> Result<MediaHash, MediaError> {
        if let Some(hash) = media.known_hash()
            && let Some(place) = self.place(hash)
            && (place.header.is_some() || media.header.get().is_some() || !is_picture(media.kind()))
        {
            let header = place.header.map(Ok);
            return Ok(Facts { hash, bytes: place.bytes.into(), header }.tell(media));
        }
        if let Some(facts) = media.known_hash().and_then(|hash| self.in_place.facts(hash)) {
            return Ok(facts.tell(media));
        }
        let bytes = self.read(media)?;
        let facts = Facts::checked(media, &bytes)?;
        if self.leaves_files && self.writer.is_some() && in_place::can_stay(media) {
            self.leave(&facts, media)?;
        } else {
            self.insert(&facts, media.kind(), &bytes)?;
        }
        Ok(facts.tell(media))
    }

    fn writer(&self) -> Result<MutexGuard<'_, Writer>, MediaError> {
        match &self.writer {
            Some(writer) => Ok(writer.lock().unwrap_or_else(PoisonError::into_inner)),
            None => Err(MediaError {
                kind: MediaErrorKind::Unreadable,
                origin: self.dir.display().to_string(),
                message: "this media store was opened to be read, not written".to_string(),
            }),
        }
    }
}

impl MediaStore for DiskStore {
    fn put(&self, kind: MediaKind, bytes: &[u8]) -> Result<Arc<Media>, MediaError> {
        let facts = Facts::of(kind, bytes);
        self.insert(&facts, kind, bytes)?;
        Ok(facts.handle(kind))
    }

    fn adopt(&self, media: &Arc<Media>) -> Result<MediaHash, MediaError> {
        let hash = self.take_in(media)?;
        media.let_go();
        Ok(hash)
    }

    fn read(&self, media: &Media) -> Result<Bytes, MediaError> {
        if let Some((section, place)) = self.section(media)? {
            return self.packs.bytes(&section, &place);
        }
        let left = media.known_hash().and_then(|hash| self.in_place.read(hash, self.origin_limit));
        left.unwrap_or_else(|| origin::read(media, self.origin_limit))
    }

    fn open(&self, media: &Media) -> Result<Box<dyn ReadSeek>, MediaError> {
        if let Some((section, _)) = self.section(media)? {
            return Ok(Box::new(section));
        }
        let left = media.known_hash().and_then(|hash| self.in_place.handle(hash));
        origin::reader(left.as_ref().unwrap_or(media))
    }

    fn contains(&self, hash: MediaHash) -> bool {
        self.is_stored(hash) || self.in_place.contains(hash)
    }

    fn sync(&self) -> Result<(), MediaError> {
        self.in_place.sync().map_err(|e| error(&self.dir, &e))?;
        match self.writer {
            Some(_) => self.writer()?.sync(),
            None => Ok(()),
        }
    }
}

/// The most bytes in a pack, unless one media alone has more.
const PACK_LIMIT: u64 = 1 << 30;

/// Writes all bytes at a position of a file.
type WriteAt = fn(&File, &[u8], u64) -> io::Result<()>;

/// The end of what this process writes.
#[derive(Debug)]
struct Writer {
    dir: PathBuf,
    name: String,
    /// also holds the lock on this writer's name
    index: File,
    index_end: u64,
    pack: Option<OpenPack>,
    /// of the next pack
    number: u32,
    pack_limit: u64,
    /// whether anything was written after the last sync
    dirty: bool,
    /// whether each sync ends the pack
    ends_packs: bool,
    /// full packs that were not forced to the disk yet
    unsynced: Vec<OpenPack>,
    /// writes bytes at a position; replaced in tests by one that fails
    write: WriteAt,
}

/// A pack that is written.
#[derive(Debug)]
struct OpenPack {
    pack: u32,
    path: PathBuf,
    file: File,
    end: u64,
}

impl Writer {
    fn append(&mut self, facts: &Facts, kind: MediaKind, bytes: &[u8], packs: &Packs) -> Result<Place, MediaError> {
        let Ok(size) = u32::try_from(bytes.len()) else {
            let message = format!("{} bytes; at most 4 GiB are stored for one media", bytes.len());
            return Err(MediaError { kind: MediaErrorKind::Unreadable, origin: facts.hash.to_string(), message });
        };
        let write = self.write;
        self.dirty = true;
        let pack = self.pack_for(u64::from(size), packs)?;
        let offset = pack.end;
        if let Err(e) = write(&pack.file, bytes, offset) {
            // Best effort, to give the space back: what is left is overwritten by the next bytes.
            let _ = pack.file.set_len(offset);
            return Err(error(&pack.path, &e));
        }
        // From here on these bytes stay, whatever becomes of the line: it may reach the disk after all.
        pack.end += u64::from(size);
        let id = pack.pack;
        let header = facts.good_header().cloned();
        let entry = Entry { hash: facts.hash, pack: packs.name(id), offset, bytes: size.into(), kind, header };
        self.append_line(&entry)?;
        // A pack begins a new file before it reaches the limit, except that one media may be larger alone: it then
        // starts at 0.
        Ok(Place { pack: id, offset: offset as u32, bytes: size, kind, header: entry.header })
    }

    fn append_line(&mut self, entry: &Entry) -> Result<(), MediaError> {
        let mut line = serde_json::to_string(entry).map_err(|e| error(&self.index_path(), &e.into()))?;
        line.push('\n');
        self.append_text(&line)
    }

    fn append_text(&mut self, line: &str) -> Result<(), MediaError> {
        if let Err(e) = (self.write)(&self.index, line.as_bytes(), self.index_end) {
            let _ = self.index.set_len(self.index_end);
            return Err(error(&self.index_path(), &e));
        }
        self.index_end += line.len() as u64;
        Ok(())
    }

    /// The pack that the next `size` bytes go into.
    fn pack_for(&mut self, size: u64, packs: &Packs) -> Result<&mut OpenPack, MediaError> {
        let full = self.pack.take_if(|pack| pack.end > 0 && pack.end + size > self.pack_limit);
        self.unsynced.extend(full);
        match self.pack {
            Some(ref mut pack) => Ok(pack),
            None => {
                let name = self.pack_name(self.number);
                let path = self.dir.join(&name);
                let options = OpenOptions::new().write(true).create_new(true).open(&path);
                let file = options.map_err(|e| error(&path, &e))?;
                self.number += 1;
                Ok(self.pack.insert(OpenPack { pack: packs.add(name), path, file, end: 0 }))
            }
        }
    }

    fn continue_pack(&mut self, pack: u32, number: u32) -> Result<(), MediaError> {
        let path = self.dir.join(self.pack_name(number));
        let file = OpenOptions::new().write(true).open(&path).map_err(|e| error(&path, &e))?;
        let end = file.metadata().map_err(|e| error(&path, &e))?.len();
        self.pack = Some(OpenPack { pack, path, file, end });
        Ok(())
    }

    fn sync(&mut self) -> Result<(), MediaError> {
        if !self.dirty {
            return Ok(());
        }
        for pack in self.unsynced.iter().chain(&self.pack) {
            pack.file.sync_data().map_err(|e| error(&pack.path, &e))?;
        }
        self.unsynced.clear();
        self.index.sync_data().map_err(|e| error(&self.index_path(), &e))?;
        // The names of new files are in the directory.
        File::open(&self.dir).and_then(|dir| dir.sync_all()).map_err(|e| error(&self.dir, &e))?;
        self.append_text(index::SYNCED)?;
        self.dirty = false;
        if self.ends_packs {
            self.pack = None;
        }
        Ok(())
    }

    fn pack_name(&self, number: u32) -> String {
        format!("pack-{}-{number}.pack", self.name)
    }

    fn index_path(&self) -> PathBuf {
        self.dir.join(format!("index-{}.jsonl", self.name))
    }
}

fn check_writer(dir: &Path, writer: &str) -> Result<(), MediaError> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if !writer.is_empty() && writer.len() <= 100 && writer.chars().all(good) {
        return Ok(());
    }
    let message = format!("`{writer}` cannot name a writer: 1 to 100 letters, digits, `.`, `_` and `-` are expected");
    Err(MediaError { kind: MediaErrorKind::Unreadable, origin: dir.display().to_string(), message })
}

/// Opens the index to be written and locks it against a second process of the same name.
fn lock(path: &Path, writer: &str) -> Result<File, MediaError> {
    let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    let file = options.map_err(|e| error(path, &e))?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            let message = format!("another process writes here as `{writer}`; wait for it or take another name");
            Err(MediaError { kind: MediaErrorKind::Unreadable, origin: path.display().to_string(), message })
        }
        // Some network file systems have no locks: then it is up to the caller.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(file),
    }
}

/// Reads all indexes of a directory; also tells how the index named `own` ended.
fn load(
    dir: &Path,
    own: Option<&str>,
    elsewhere: Option<Arc<dyn Elsewhere>>,
) -> Result<(Index, index::Tail), MediaError> {
    let mut index = Index::with(elsewhere);
    let mut own_tail = index::Tail::default();
    let names = names(dir).map_err(|e| error(dir, &e))?;
    for name in names.iter().filter(|name| index::is_index_name(name)) {
        let tail = index.load(dir, name).map_err(|e| error(&dir.join(name), &e))?;
        if Some(name.as_str()) == own {
            own_tail = tail;
        }
    }
    Ok((index, own_tail))
}

/// Reads what is known of media in place.
fn in_place(dir: &Path, writer: Option<&str>, index: &mut Index) -> Result<InPlace, MediaError> {
    let loaded = names(dir).and_then(|names| InPlace::load(dir, &names, writer, &mut index.dropped));
    loaded.map_err(|e| error(dir, &e))
}

/// One more than the highest number of a pack of this writer, whether or not an index mentions it.
fn next_pack(dir: &Path, writer: &str) -> io::Result<u32> {
    let prefix = format!("pack-{writer}-");
    let number = |name: &String| name.strip_prefix(&prefix)?.strip_suffix(".pack")?.parse::<u32>().ok();
    Ok(names(dir)?.iter().filter_map(number).max().map_or(0, |last| last + 1))
}

/// The file names in a directory, in order; names that are not text are none of ours.
fn names(dir: &Path) -> io::Result<BTreeSet<String>> {
    let entries = std::fs::read_dir(dir)?;
    entries.filter_map(|entry| entry.map(|e| e.file_name().into_string().ok()).transpose()).collect()
}

fn error(path: &Path, e: &io::Error) -> MediaError {
    MediaError { kind: MediaErrorKind::of(e), origin: path.display().to_string(), message: io_text(e) }
}

#[cfg(test)]
impl DiskStore {
    pub(super) fn set_pack_limit(&self, bytes: u64) {
        self.writer().unwrap().pack_limit = bytes;
    }

    /// Replaces what writes bytes and returns what did so before.
    pub(super) fn set_write(&self, write: WriteAt) -> WriteAt {
        std::mem::replace(&mut self.writer().unwrap().write, write)
    }
}
