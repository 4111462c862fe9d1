//! What a format has to do to become a source; the rest (types, renamings, digests) is the same for all.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value as Json};
use tamis_core::place;
use tamis_core::source::{RowError, SharedSource, Source, SourceError, SourceItem, Wanted};
use tamis_core::{Schema, Type};

use super::embedded::Embedded;
use super::typing::{Found, Need, Typing};

/// A row as its format has it, before it gets the types of a recipe.
#[derive(Debug)]
pub(crate) struct RawRow {
    /// its name in the input, as in [`tamis_core::source::SourceRow::key`]
    pub key: String,
    /// its fields under the names of the format
    pub fields: Map<String, Json>,
    /// media inside the input itself, which the fields point at with [`Embedded::token`]
    pub embedded: Vec<Embedded>,
    /// the directory that its relative media paths start from
    pub folder: Arc<Path>,
}

/// Rows before typing, in order.
pub(crate) type RawRows<'a> = Box<dyn Iterator<Item = Result<RawRow, RowError>> + Send + 'a>;

/// One way of keeping rows in files.
pub(crate) trait Format: Send + Sync {
    /// Its name: `jsonl`, `coco`, ...
    fn name(&self) -> &'static str;

    /// What is being read, for messages: a path relative to where the user stands.
    fn place(&self) -> String;

    /// Its fields where the files state them; `None` where only the rows tell.
    fn columns(&self) -> Option<Vec<(String, Type)>> {
        None
    }

    /// Other names under which a field is looked for, as (asked for, own name).
    fn aliases(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// The number of rows, where it is cheap to know.
    fn len(&self) -> Option<u64>;

    /// The files that decide what is delivered, each with its name relative to the input.
    fn files(&self) -> Vec<(String, PathBuf)>;

    /// The rows from number `from` on, with at least the fields in `need`.
    fn rows(&self, from: u64, need: &Need) -> Result<RawRows<'_>, SourceError>;
}

/// Opens a format as a source: looks at its first rows and binds its fields to those that the recipe asks for.
pub(crate) fn typed<F: Format + 'static>(format: F, wanted: &Wanted) -> Result<SharedSource, SourceError> {
    let found = match format.columns() {
        Some(columns) => Found::stated(columns),
        None => Found::sampled(format.rows(0, &Need::everything())?, &format.place())?,
    };
    let typing = Typing::bind(wanted, &found, format.aliases(), &format.place())?;
    Ok(Arc::new(Typed { format, typing }))
}

/// A format whose rows get the types of a recipe.
struct Typed<F> {
    format: F,
    typing: Typing,
}

impl<F: Format> Source for Typed<F> {
    fn format(&self) -> &'static str {
        self.format.name()
    }

    fn schema(&self) -> &Schema {
        self.typing.schema()
    }

    fn len(&self) -> Option<u64> {
        self.format.len()
    }

    fn fingerprint(&self) -> String {
        fingerprint(self.format.name(), &self.format.files())
    }

    fn rows(&self, from: u64) -> Result<Box<dyn Iterator<Item = SourceItem> + Send + '_>, SourceError> {
        let rows = self.format.rows(from, self.typing.need())?;
        Ok(Box::new(rows.map(|row| row.and_then(|row| self.typing.apply(row)))))
    }
}

/// A digest of names, sizes and times of change (of objects, entity tags). A file that is gone counts with its name alone.
fn fingerprint(format: &str, files: &[(String, PathBuf)]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(format.as_bytes());
    for (name, path) in files {
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
        if let Ok(facts) = place::facts(path) {
            hasher.update(&facts.bytes.to_le_bytes());
            hasher.update(facts.stamp.as_bytes());
        }
    }
    hasher.finalize().to_hex()[..32].to_string()
}
