//! The pictures of a test run: kept small beside the snapshot, and shown where they have changed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value as Json;
use tamis_core::media::{DiskStore, Media, MediaStore};
use tamis_core::{Name, Value};
use tamis_draw::render;
use tamis_engine::{RunDir, dataset};

use crate::error::Error;
use crate::{launch, pictures};

/// The most bytes of a picture beside a snapshot.
const LARGEST: usize = 30_000;
/// Its longest side, pixels; less where it would be larger than [`LARGEST`].
const SIDES: [u32; 5] = [400, 320, 256, 200, 144];

/// The samples of a run with the first of their pictures.
pub struct Gallery {
    store: Arc<DiskStore>,
    field: Option<Name>,
    values: Vec<Option<Value>>,
}

impl Gallery {
    /// Those of a finished run.
    pub fn of(dir: &RunDir) -> Result<Gallery, Error> {
        let run = dir.read()?;
        let field = pictures::fields(&run.output).first().map(|name| (*name).clone());
        let mut values = Vec::new();
        for record in dataset::samples(dir, &run)? {
            let record = record?;
            values.push(field.as_ref().and_then(|name| record.get(name)).cloned());
        }
        Ok(Gallery { store: launch::media(dir)?, field, values })
    }

    fn picture(&self, sample: usize) -> Option<&Media> {
        self.values.get(sample)?.as_ref().and_then(pictures::first)
    }

    /// Writes small pictures of `count` samples, spread evenly, beside the snapshot; others that lay there are removed.
    pub fn keep(&self, fixtures: &Path, count: usize) -> Result<(), Error> {
        let folder = fixtures.join("pictures");
        let refused = |e: String| Error::refused(format!("{}: {e}", folder.display()));
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(|e| refused(e.to_string()))?;
        }
        let shown = count.min(self.values.len());
        for at in (0..shown).map(|k| k * self.values.len() / shown) {
            let Some(handle) = self.picture(at) else { continue };
            std::fs::create_dir_all(&folder).map_err(|e| refused(e.to_string()))?;
            let file = self.reference(handle).map_err(refused)?;
            std::fs::write(kept(fixtures, at), file).map_err(|e| refused(e.to_string()))?;
        }
        Ok(())
    }

    fn reference(&self, handle: &Media) -> Result<Vec<u8>, String> {
        let mut file = Vec::new();
        for side in SIDES {
            let (pixels, _) = pictures::small(handle, &*self.store, side)?;
            file = render::png(&pixels).map_err(|e| e.to_string())?;
            if file.len() <= LARGEST {
                break;
            }
        }
        Ok(file)
    }

    /// Writes the pictures that are not those of the snapshot into a folder for temporary files; says where they are, and
    /// where one can see what they were like.
    pub fn show_changed(&self, recipe: &str, fixtures: &Path, expected: &str) -> Result<String, Error> {
        let Some(field) = &self.field else { return Ok(String::new()) };
        let snapshot: Json = serde_json::from_str(expected).unwrap_or_default();
        let was = |at: usize| first_hash(&snapshot["samples"][at]["fields"][&**field]);
        let slug = Path::new(recipe).file_name().map_or("recipe".into(), |n| n.to_string_lossy().into_owned());
        let folder = std::env::temp_dir().join("tamis-test").join(slug);
        let mut said = String::new();
        for at in 0..self.values.len() {
            let Some(handle) = self.picture(at) else { continue };
            let failed = |e: String| Error::refused(format!("the picture of sample {at}: {e}"));
            let hash = handle.hash(&*self.store).map_err(|e| failed(e.to_string()))?.to_string();
            if was(at) == Some(&hash) {
                continue;
            }
            let new = self.write(handle, &folder, at).map_err(failed)?;
            said += &format!("\n    sample {at}: its picture is now {}", new.display());
            if kept(fixtures, at).exists() {
                said += &format!(", it was {}", kept(fixtures, at).display());
            }
        }
        Ok(said)
    }

    fn write(&self, handle: &Media, folder: &Path, at: usize) -> Result<PathBuf, String> {
        let bytes = self.store.read(handle).map_err(|e| e.to_string())?;
        let format = image::guess_format(&bytes).map_err(|e| e.to_string())?;
        let extension = format.extensions_str().first().copied().unwrap_or("bin");
        let path = folder.join(format!("{at}.{extension}"));
        std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, &bytes)).map_err(|e| e.to_string())?;
        Ok(path)
    }
}

/// Where the small picture of a sample lies.
fn kept(fixtures: &Path, sample: usize) -> PathBuf {
    fixtures.join("pictures").join(format!("{sample}.png"))
}

/// The hash of the first picture of a value in a snapshot.
fn first_hash(value: &Json) -> Option<&str> {
    match value {
        Json::Array(items) => items.iter().find_map(first_hash),
        _ => value["hash"].as_str(),
    }
}
