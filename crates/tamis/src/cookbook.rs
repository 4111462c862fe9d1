//! The cookbook inside the binary, and how a recipe is found by its name.

use std::path::Path;
use std::sync::Arc;

use include_dir::{Dir, include_dir};
use serde::Deserialize;
use tamis_core::error::did_you_mean;
use tamis_recipe::files::{DiskFolder, Files, MemoryFolder};

use crate::error::Error;

static COOKBOOK: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../cookbook");

/// A recipe of the cookbook, as its first lines tell.
#[derive(Debug, Deserialize)]
pub struct Entry {
    /// the folder's name
    #[serde(rename = "recipe")]
    pub slug: String,
    /// what it does, in a line
    #[serde(default)]
    pub about: String,
    /// the paper
    #[serde(default)]
    pub paper: Option<String>,
    /// the roles it asks for
    #[serde(default)]
    pub roles: serde_json::Map<String, serde_json::Value>,
    /// the fields it asks of its input
    #[serde(default)]
    pub inputs: serde_json::Map<String, serde_json::Value>,
}

/// The recipes of the cookbook, by name.
pub fn entries() -> Vec<Entry> {
    let mut entries: Vec<Entry> = COOKBOOK.dirs().filter_map(entry).collect();
    entries.sort_by(|a, b| a.slug.cmp(&b.slug));
    entries
}

fn entry(dir: &Dir<'static>) -> Option<Entry> {
    let text = dir.get_file(dir.path().join("recipe.yaml"))?.contents_utf8()?;
    // The steps are the bulk of a recipe and do not matter for a list.
    let head = text.split("\nsteps:").next().unwrap_or(text);
    serde_saphyr::from_str(head).ok()
}

/// The files of a recipe of the cookbook, with their paths inside its folder.
pub fn files(slug: &str) -> Option<Vec<(String, &'static [u8])>> {
    let dir = COOKBOOK.get_dir(slug)?;
    let mut files = Vec::new();
    collect(dir, dir.path(), &mut files);
    Some(files)
}

fn collect(dir: &Dir<'static>, root: &Path, files: &mut Vec<(String, &'static [u8])>) {
    for file in dir.files() {
        if let Ok(path) = file.path().strip_prefix(root) {
            files.push((path.to_string_lossy().into_owned(), file.contents()));
        }
    }
    dir.dirs().for_each(|inner| collect(inner, root, files));
}

/// The folder of a recipe named on the command line: a folder, a recipe.yaml, or a name in the cookbook.
pub fn find(name: &str) -> Result<Arc<dyn Files>, Error> {
    let path = Path::new(name);
    // A folder without a recipe, such as a run directory called like its recipe, does not hide the cookbook's.
    let holds_one = path.is_file() || path.join("recipe.yaml").exists();
    match files(name) {
        Some(files) if !holds_one => Ok(Arc::new(MemoryFolder::new(name, files))),
        _ if path.exists() => open(path),
        _ => {
            let known = entries();
            let hint = did_you_mean(name, known.iter().map(|e| e.slug.as_str()));
            let message = format!("no recipe is called `{name}`, and there is no such folder{hint}");
            Err(Error::refused(message).help("`tamis list` shows the cookbook"))
        }
    }
}

fn open(path: &Path) -> Result<Arc<dyn Files>, Error> {
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new(".")) };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    match DiskFolder::open(folder) {
        Ok(folder) => Ok(Arc::new(folder)),
        Err(why) => Err(Error::refused(why)),
    }
}
