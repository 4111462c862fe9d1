//! Reading media where they were found: files and objects, and stretches of them.

use std::io::{self, ErrorKind};

use crate::media::header::ReadSeek;
use crate::media::{Bytes, Media, MediaError, Origin};
use crate::place::{self, Section};

/// The most bytes that are read into memory for one media unless said otherwise: 512 MiB.
pub(super) const LIMIT: u64 = 512 << 20;

/// All bytes at the origin, refused if there are more than `limit`.
pub(super) fn read(media: &Media, limit: u64) -> Result<Bytes, MediaError> {
    if let Some(bytes) = media.held_bytes() {
        return Ok(bytes);
    }
    let section = open(media)?;
    if section.length > limit {
        let message = format!("{} bytes; at most {limit} are read for one media", section.length);
        return Err(media.error(message));
    }
    section.all().map_err(|e| media.io_error(&e))
}

/// A reader of the bytes at the origin, or of those that the handle carries.
pub(super) fn reader(media: &Media) -> Result<Box<dyn ReadSeek>, MediaError> {
    match media.held_bytes() {
        Some(bytes) => Ok(Box::new(io::Cursor::new(bytes))),
        None => Ok(Box::new(open(media)?)),
    }
}

/// A reader of the bytes at the origin; nothing is read yet.
fn open(media: &Media) -> Result<Section, MediaError> {
    let section = match media.origin() {
        Origin::File { path } => place::open(path).map_err(|e| media.io_error(&e))?.whole(),
        Origin::Range { path, offset, length, .. } => {
            let opened = place::open(path).map_err(|e| media.io_error(&e))?;
            match offset.checked_add(*length) {
                Some(end) if end <= opened.bytes() => Section::new(opened, *offset, *length),
                _ => {
                    let size = opened.bytes();
                    let message =
                        format!("{length} bytes were expected at byte {offset}, the file has only {size} bytes");
                    return Err(media.error(message));
                }
            }
        }
        Origin::Stored => return Err(media.error("not in this media store, and no file is known that has it")),
    };
    match media.known_bytes() {
        Some(known) if known != section.length => {
            let found = section.length;
            Err(media.error(format!("the file has changed: it had {known} bytes, now it has {found}")))
        }
        _ => Ok(section),
    }
}

/// An operating system error in words.
pub(in crate::media) fn io_text(error: &io::Error) -> String {
    match error.kind() {
        // Of an object, the error says it itself, and more.
        ErrorKind::NotFound if error.raw_os_error().is_some() => "no such file".to_string(),
        ErrorKind::PermissionDenied if error.raw_os_error().is_some() => "permission denied".to_string(),
        ErrorKind::UnexpectedEof => "the file became shorter while it was read".to_string(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            format!("the disk is full ({error}); free some space and start again, what was stored before is kept")
        }
        _ => error.to_string(),
    }
}
