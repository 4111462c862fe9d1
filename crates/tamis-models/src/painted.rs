//! Pictures that come with replies: a reply names them by hash, their bytes are in the run's media store.

use tamis_core::media::{Bytes, Limits, Media, MediaError, MediaHash, MediaKind, MediaStore, Origin, decode};
use tamis_core::model::Reply;

use crate::journal::Journal;

/// The hash of bytes that came back as a picture.
///
/// Errors, in words: bytes that cannot be decoded to the end.
pub(crate) fn check(bytes: &Bytes) -> Result<MediaHash, String> {
    decode(bytes, &Limits::default()).map_err(|e| format!("{} bytes that are no picture: {e}", bytes.len()))?;
    Ok(MediaHash::of(bytes))
}

/// Puts the bytes of a reply's pictures into the run's store.
///
/// Errors: a store that cannot be written.
pub(crate) fn store(pictures: &[Bytes], media: &dyn MediaStore) -> Result<(), MediaError> {
    pictures.iter().try_for_each(|bytes| media.put(MediaKind::Image, bytes).map(drop))
}

/// Whether all pictures of a journaled reply are in the run's store; those that an earlier run has are copied first.
///
/// Errors: a store that cannot be written.
pub(crate) fn fetch(reply: &Reply, journal: &Journal, media: &dyn MediaStore) -> Result<bool, MediaError> {
    for hash in named(reply) {
        if media.contains(hash) {
            continue;
        }
        let Some(bytes) = journal.picture(hash) else { return Ok(false) };
        media.put(MediaKind::Image, &bytes)?;
    }
    Ok(true)
}

/// The bytes of a picture in a store, if it has them.
pub(crate) fn read(hash: MediaHash, store: &dyn MediaStore) -> Option<Bytes> {
    let media = Media::at(MediaKind::Image, Origin::Stored).with_facts(Some(hash), None, None);
    store.read(&media).ok().filter(|bytes| MediaHash::of(bytes) == hash)
}

/// The pictures that a reply names.
fn named(reply: &Reply) -> Vec<MediaHash> {
    match reply {
        Reply::Image(reply) => vec![reply.image],
        Reply::Code(reply) => reply.images.iter().map(|(_, hash)| *hash).collect(),
        Reply::Chat(_) | Reply::Embed(_) | Reply::Ocr(_) => Vec::new(),
    }
}
