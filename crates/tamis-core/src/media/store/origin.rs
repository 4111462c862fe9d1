//! Reading media where they were found: files and stretches of files.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use crate::media::header::ReadSeek;
use crate::media::{Bytes, Media, MediaError, Origin};

/// The most bytes that are read into memory for one media unless said otherwise: 512 MiB.
pub(super) const LIMIT: u64 = 512 << 20;

/// All bytes at the origin, refused if there are more than `limit`.
pub(super) fn read(media: &Media, limit: u64) -> Result<Bytes, MediaError> {
    if let Some(bytes) = media.held_bytes() {
        return Ok(Bytes::clone(bytes));
    }
    let section = open(media)?;
    if section.length > limit {
        let message = format!("{} bytes; at most {limit} are read for one media", section.length);
        return Err(media.error(message));
    }
    section.all().map_err(|e| media.error(io_text(&e)))
}

/// A reader of the bytes at the origin, or of those that the handle carries.
pub(super) fn reader(media: &Media) -> Result<Box<dyn ReadSeek>, MediaError> {
    match media.held_bytes() {
        Some(bytes) => Ok(Box::new(io::Cursor::new(Bytes::clone(bytes)))),
        None => Ok(Box::new(open(media)?)),
    }
}

/// A reader of the bytes at the origin; nothing is read yet.
fn open(media: &Media) -> Result<Section, MediaError> {
    let section = locate(media.origin()).map_err(|message| media.error(message))?;
    match media.known_bytes() {
        Some(known) if known != section.length => {
            let found = section.length;
            Err(media.error(format!("the file has changed: it had {known} bytes, now it has {found}")))
        }
        _ => Ok(section),
    }
}

fn locate(origin: &Origin) -> Result<Section, String> {
    match origin {
        Origin::File { path } => {
            let (file, length) = open_file(path)?;
            Ok(Section::new(Arc::new(file), 0, length))
        }
        Origin::Range { path, offset, length, .. } => {
            let (file, size) = open_file(path)?;
            match offset.checked_add(*length) {
                Some(end) if end <= size => Ok(Section::new(Arc::new(file), *offset, *length)),
                _ => Err(format!("{length} bytes were expected at byte {offset}, the file has only {size} bytes")),
            }
        }
        Origin::Stored => Err("not in this media store, and no file is known that has it".to_string()),
    }
}

/// Opens a regular file and tells its size.
fn open_file(path: &Path) -> Result<(File, u64), String> {
    // Looked at before it is opened: opening a pipe would wait for a writer.
    let metadata = std::fs::metadata(path).map_err(|e| io_text(&e))?;
    if metadata.is_dir() {
        return Err("this is a directory; a file was expected".to_string());
    }
    if !metadata.is_file() {
        return Err("this is a device, pipe or socket; a regular file was expected".to_string());
    }
    let file = File::open(path).map_err(|e| io_text(&e))?;
    Ok((file, metadata.len()))
}

/// An operating system error in words.
pub(super) fn io_text(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "no such file".to_string(),
        ErrorKind::PermissionDenied => "permission denied".to_string(),
        ErrorKind::UnexpectedEof => "the file became shorter while it was read".to_string(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            format!("the disk is full ({error}); free some space and start again, what was stored before is kept")
        }
        _ => error.to_string(),
    }
}

/// A stretch of a file as a reader of its own, with its own position.
#[derive(Debug)]
pub(super) struct Section {
    file: Arc<File>,
    start: u64,
    length: u64,
    at: u64,
}

impl Section {
    pub(super) fn new(file: Arc<File>, start: u64, length: u64) -> Section {
        Section { file, start, length, at: 0 }
    }

    /// All of it, wherever the position is.
    pub(super) fn all(&self) -> io::Result<Bytes> {
        let length = usize::try_from(self.length).map_err(io::Error::other)?;
        let mut bytes: Bytes = std::iter::repeat_n(0, length).collect();
        self.file.read_exact_at(Arc::make_mut(&mut bytes), self.start)?;
        Ok(bytes)
    }
}

impl Read for Section {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.length.saturating_sub(self.at);
        let count = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let read = self.file.read_at(&mut buffer[..count], self.start + self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Section {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(distance) => self.length.checked_add_signed(distance),
            SeekFrom::Current(distance) => self.at.checked_add_signed(distance),
        };
        self.at = position.ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "a position before the start"))?;
        Ok(self.at)
    }
}
