//! Tables: rows beside the input, looked up by key or, where a recipe takes any columns, read through.

use crate::error::StepError;
use crate::schema::Schema;
use crate::source::SharedSource;
use crate::value::{Fields, Value};

/// Rows beside the input, in a fixed order. What it holds is on disk; its indexes are in memory.
pub trait Table: Send + Sync {
    /// The fields of a row.
    fn schema(&self) -> &Schema;

    /// The number of rows.
    fn len(&self) -> u64;

    /// Whether it has no rows.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A row by its number, from 0.
    fn row(&self, number: u64) -> Result<Fields, StepError>;

    /// The numbers of the rows whose `field` is equal to `key`, ascending. The first call for a field reads the whole
    /// table to make the index.
    fn find(&self, field: &str, key: &Value) -> Result<Vec<u64>, StepError>;
}

/// A table of whatever columns that a user gave to a recipe, to be read through.
#[derive(Clone)]
pub struct OwnTable {
    /// what it is called: the file's name without its ending
    pub name: String,
    /// its rows, in the types that their format gives them
    pub source: SharedSource,
}
