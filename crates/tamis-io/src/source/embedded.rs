//! Media that a row points at: files beside the input, stretches of an archive, bytes in a column.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value as Json;
use tamis_core::convert::{Folder, MediaResolver, shorten};
use tamis_core::media::{Bytes, Origin};
use tamis_core::{Media, MediaKind, place};

/// Media inside the input itself.
#[derive(Clone, Debug)]
pub(crate) enum Embedded {
    /// a stretch of an archive, under the member's name
    At(Origin, String),
    /// bytes that have no place of their own, because the file around them is compressed
    Bytes(Bytes, String),
}

/// No file name begins with this, so no text of a row is taken for a token.
const TOKEN: &str = "\u{0}media:";

impl Embedded {
    /// The text that stands in a row's fields for the `index`th of its embedded media.
    pub(crate) fn token(index: usize) -> Json {
        Json::String(format!("{TOKEN}{index}"))
    }

    /// Whether a field holds such a text.
    pub(crate) fn is_token(json: &Json) -> bool {
        json.as_str().is_some_and(|text| text.starts_with(TOKEN))
    }

    /// Whether a field names it.
    pub(crate) fn is(&self, json: &Json) -> bool {
        json.as_str().is_some_and(|text| text == self.name())
    }

    /// The name it had where it was found.
    fn name(&self) -> &str {
        match self {
            Embedded::At(_, name) | Embedded::Bytes(_, name) => name,
        }
    }

    fn handle(&self, kind: MediaKind) -> Media {
        match self {
            Embedded::At(origin, _) => Media::at(kind, origin.clone()),
            Embedded::Bytes(bytes, name) => Media::held(kind, bytes.clone(), name.clone()),
        }
    }
}

/// Finds what a row's texts point at: its embedded media by token or name, `data:` URLs, files in its directory.
pub(crate) struct RowMedia<'a> {
    pub embedded: &'a [Embedded],
    pub folder: &'a Path,
}

impl MediaResolver for RowMedia<'_> {
    fn resolve(&self, kind: MediaKind, text: &str) -> Result<Arc<Media>, String> {
        if text.is_empty() {
            return Err("the path is empty".to_string());
        }
        if let Some(index) = text.strip_prefix(TOKEN).and_then(|index| index.parse::<usize>().ok()) {
            let found = self.embedded.get(index).ok_or("a media token without its media")?;
            return Ok(Arc::new(found.handle(kind)));
        }
        if let Some(found) = self.embedded.iter().find(|e| e.name() == text) {
            return Ok(Arc::new(found.handle(kind)));
        }
        if let Some(data) = text.strip_prefix("data:") {
            return data_url(kind, data);
        }
        if place::is_url(Path::new(text)) {
            return Ok(Arc::new(Media::file(kind, text)));
        }
        if text.contains("://") {
            let known = place::SCHEMES.join("://, ");
            return Err(format!("`{}`: URLs that are read begin with {known}://", shorten(text)));
        }
        if text.starts_with('/') && place::is_url(self.folder) {
            let found = shorten(text);
            return Err(format!(
                "`{found}` is a path of some machine; beside an object, relative paths and URLs are read"
            ));
        }
        Folder(PathBuf::from(self.folder)).resolve(kind, text)
    }
}

/// `data:image/png;base64,...`
fn data_url(kind: MediaKind, data: &str) -> Result<Arc<Media>, String> {
    let Some((_, text)) = data.split_once(";base64,") else {
        return Err(format!("`data:{}` is no base64 data URL", shorten(data)));
    };
    let bytes = base64::STANDARD.decode_to_vec(text).map_err(|e| format!("a data URL with bad base64: {e}"))?;
    Ok(Arc::new(Media::held(kind, Bytes::from(bytes), String::new())))
}
