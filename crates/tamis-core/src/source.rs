//! Sources: where input records come from.

use std::sync::Arc;

use crate::schema::Schema;
use crate::value::{Name, Value};

/// One row of an input, or why it could not be read.
pub type SourceItem = Result<SourceRow, RowError>;

/// One row of an input.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceRow {
    /// its name in the input, unique in it and the same on every machine: a path relative to the input,
    /// `file.jsonl:17`, `shard.tar/key`; the record's id is made of it
    pub key: String,
    /// the fields it has, already of the types of [`Source::schema`]
    pub fields: Vec<(Name, Value)>,
}

/// A row that could not be read. It becomes a failed record; the rows after it are read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {message}")]
pub struct RowError {
    /// the row's name in the input, as in [`SourceRow::key`]
    pub key: String,
    /// what was expected and what was found
    pub message: String,
}

/// A source that cannot be opened or read any further: the run is refused or stops.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct SourceError {
    /// what was expected, what was found, what to do
    pub message: String,
    /// a suggestion
    pub help: Option<String>,
}

impl SourceError {
    /// An error without a suggestion.
    pub fn new(message: impl Into<String>) -> SourceError {
        SourceError { message: message.into(), help: None }
    }

    /// The same error with a suggestion.
    pub fn help(mut self, help: impl Into<String>) -> SourceError {
        self.help = Some(help.into());
        self
    }
}

/// Rows in a fixed order. Opening it again gives the same rows in the same order.
pub trait Source: Send + Sync {
    /// The name of the format: `jsonl`, `coco`, ...
    fn format(&self) -> &'static str;

    /// What its rows hold, as far as known before reading them all: the fields that it will deliver, in the types asked
    /// for by the recipe where the format leaves a choice.
    fn schema(&self) -> &Schema;

    /// The number of rows, where it is known without reading them all.
    fn len(&self) -> Option<u64>;

    /// Whether it is known to have no rows.
    fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// A digest of what it will deliver, cheap to compute (names, sizes and times of files), to notice on resume that
    /// the input has changed.
    fn fingerprint(&self) -> String;

    /// The rows from number `from` (counted from 0) on.
    fn rows(&self, from: u64) -> Result<Box<dyn Iterator<Item = SourceItem> + Send + '_>, SourceError>;
}

/// What a recipe's input asks of a source.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// the fields of the recipe's input with their types
    pub schema: Schema,
    /// renamings given by the user: recipe field to the source's own name (`image` to `img_path`)
    pub renames: Vec<(Name, String)>,
}

/// An opened source, shared.
pub type SharedSource = Arc<dyn Source>;
