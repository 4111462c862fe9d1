//! A folder of media files, each named by its content, so that what is used often is there once.

use std::path::{Path, PathBuf};

use tamis_core::Media;
use tamis_core::media::MediaStore;
use tamis_core::sink::SinkError;

use super::{io_error, media_error};

/// `images/<hash>.<extension>` below an export.
pub(super) struct MediaFolder<'a> {
    store: &'a dyn MediaStore,
    out: PathBuf,
}

impl<'a> MediaFolder<'a> {
    pub(super) fn new(store: &'a dyn MediaStore, out: &Path) -> MediaFolder<'a> {
        MediaFolder { store, out: out.to_path_buf() }
    }

    /// Makes sure that the bytes are in the folder, as they are, and returns their path relative to the export.
    pub(super) fn put(&self, media: &Media) -> Result<String, SinkError> {
        let bytes = self.store.read(media).map_err(media_error)?;
        let name = format!("images/{}", file_name(media, &bytes, self.store)?);
        let path = self.out.join(&name);
        if !path.exists() {
            let dir = self.out.join("images");
            std::fs::create_dir_all(&dir).map_err(|e| io_error(&dir, &e))?;
            std::fs::write(&path, &bytes).map_err(|e| io_error(&path, &e))?;
        }
        Ok(name)
    }
}

/// `<hash>.<extension>`: the first 32 digits of the hash, which is enough to tell all pictures apart.
pub(super) fn file_name(media: &Media, bytes: &[u8], store: &dyn MediaStore) -> Result<String, SinkError> {
    let hash = media.hash(store).map_err(media_error)?.to_string();
    Ok(format!("{}.{}", &hash[..32], extension(bytes)))
}

/// The usual extension of bytes, told by how they begin; `bin` for what is not known.
pub(super) fn extension(bytes: &[u8]) -> &'static str {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => "jpg",
        [0x89, b'P', b'N', b'G', ..] => "png",
        [b'G', b'I', b'F', b'8', ..] => "gif",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "webp",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => "wav",
        [b'B', b'M', ..] => "bmp",
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => "tif",
        [b'I', b'D', b'3', ..] | [0xff, 0xfb | 0xf3 | 0xf2, ..] => "mp3",
        [b'f', b'L', b'a', b'C', ..] => "flac",
        [b'O', b'g', b'g', b'S', ..] => "ogg",
        [0x1a, 0x45, 0xdf, 0xa3, ..] => "webm",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "mp4",
        _ => "bin",
    }
}
