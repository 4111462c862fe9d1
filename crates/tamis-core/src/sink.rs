//! Sinks: the formats that a dataset is exported to.

use std::path::Path;

use crate::media::MediaStore;
use crate::record::Record;
use crate::schema::Schema;

/// A dataset that was not written: what was expected, what was found, what to do.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct SinkError(pub String);

/// What is exported.
pub struct Dataset<'a> {
    /// the fields of every record
    pub schema: &'a Schema,
    /// the media of the records
    pub media: &'a dyn MediaStore,
    /// how many records will come
    pub len: u64,
    /// the recipe's name
    pub name: &'a str,
}

/// A format that datasets are exported to.
pub trait Sink: Send + Sync {
    /// The name of the format: `parquet`, `llava`, ...
    fn format(&self) -> &'static str;

    /// What it is for, in a line.
    fn about(&self) -> &'static str;

    /// Whether a dataset of this schema can be written, and if not, what is missing.
    fn accepts(&self, schema: &Schema) -> Result<(), SinkError>;

    /// Writes the records, in their order, into the directory `out`, which is empty. The same records give the same
    /// bytes. The dataset card is written by the caller.
    fn write(
        &self,
        dataset: &Dataset<'_>,
        records: &mut dyn Iterator<Item = Result<Record, SinkError>>,
        out: &Path,
    ) -> Result<(), SinkError>;
}
