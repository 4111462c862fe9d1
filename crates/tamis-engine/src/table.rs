//! Tables on disk: rows in a nameless scratch file, a place of 8 bytes for each row in memory, and 16 bytes a row for
//! each field that is looked up.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;
use tamis_core::convert::NoMedia;
use tamis_core::error::StopReason;
use tamis_core::source::Source;
use tamis_core::table::Table;
use tamis_core::value::Fields;
use tamis_core::{Schema, StepError, Value};

use crate::error::EngineError;

/// A table whose rows are on disk.
pub struct DiskTable {
    name: String,
    schema: Schema,
    file: File,
    /// where each row begins, and where the last one ends
    starts: Vec<u64>,
    indexes: Mutex<HashMap<String, Arc<Index>>>,
}

/// The hashes of a field's values with their rows, sorted.
type Index = Vec<(u64, u64)>;

impl DiskTable {
    /// Reads all rows of a source into a scratch file in `folder`, which goes away with the table.
    ///
    /// # Errors
    /// A row that cannot be read, a disk that cannot be written.
    pub fn read(name: &str, source: &dyn Source, schema: &Schema, folder: &Path) -> Result<DiskTable, EngineError> {
        let refused = |why: String| EngineError::refused(format!("the table `{name}` cannot be read: {why}"));
        let cannot = |e: std::io::Error| EngineError::machine("cannot write a table's rows", &e);
        let mut file = BufWriter::with_capacity(1 << 16, tempfile::tempfile_in(folder).map_err(cannot)?);
        let (mut starts, mut at) = (vec![0], 0);
        for row in source.rows(0).map_err(|e| refused(e.message))? {
            let row = row.map_err(|e| refused(e.to_string()))?;
            let fields = row.fields.iter().map(|(name, value)| (name.to_string(), value.to_json()));
            let line = Json::Object(fields.collect()).to_string();
            file.write_all(line.as_bytes()).map_err(cannot)?;
            at += line.len() as u64;
            starts.push(at);
        }
        let file = file.into_inner().map_err(|e| cannot(e.into_error()))?;
        Ok(DiskTable { name: name.to_string(), schema: schema.clone(), file, starts, indexes: Mutex::default() })
    }

    fn index(&self, field: &str) -> Result<Arc<Index>, StepError> {
        let mut indexes = self.indexes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = indexes.get(field) {
            return Ok(index.clone());
        }
        let mut index = Vec::with_capacity(self.starts.len());
        for number in 0..self.len() {
            if let Some(value) = self.row(number)?.get(field).filter(|value| !value.is_null()) {
                index.push((hash(value), number));
            }
        }
        index.sort_unstable();
        let index = Arc::new(index);
        indexes.insert(field.to_string(), index.clone());
        Ok(index)
    }

    fn stop(&self, why: impl std::fmt::Display) -> StepError {
        StepError::Stop(StopReason::Machine(format!("cannot read the table `{}`: {why}", self.name)))
    }
}

fn hash(value: &Value) -> u64 {
    let hash = blake3::hash(value.to_canonical_json().to_string().as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hash.as_bytes()[..8]);
    u64::from_le_bytes(first)
}

impl Table for DiskTable {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn len(&self) -> u64 {
        self.starts.len() as u64 - 1
    }

    fn row(&self, number: u64) -> Result<Fields, StepError> {
        let at = number as usize;
        let (Some(from), Some(to)) = (self.starts.get(at), self.starts.get(at + 1)) else {
            return Err(StepError::failed(format!("the table `{}` has no row {number}", self.name)));
        };
        let mut bytes = vec![0; (to - from) as usize];
        self.file.read_exact_at(&mut bytes, *from).map_err(|e| self.stop(e))?;
        let row: Json = serde_json::from_slice(&bytes).map_err(|e| self.stop(e))?;
        let mut fields = Fields::with_capacity(self.schema.len());
        for (name, field) in self.schema.iter() {
            let value = match row.get(&**name).filter(|json| !json.is_null()) {
                Some(json) => Value::from_json(json, &field.ty, &NoMedia).map_err(|e| self.stop(e))?,
                None => Value::Null,
            };
            fields.insert(name.clone(), value);
        }
        Ok(fields)
    }

    fn find(&self, field: &str, key: &Value) -> Result<Vec<u64>, StepError> {
        let index = self.index(field)?;
        let hash = hash(key);
        let first = index.partition_point(|(known, _)| *known < hash);
        let alike = index[first..].iter().take_while(|(known, _)| *known == hash);
        let mut rows = Vec::new();
        for (_, number) in alike {
            // Two values may have one hash.
            if self.row(*number)?.get(field) == Some(key) {
                rows.push(*number);
            }
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use tamis_core::source::{SourceError, SourceItem, SourceRow};
    use tamis_core::{Name, Type};

    use super::*;

    struct Squares(Schema);

    impl Source for Squares {
        fn format(&self) -> &'static str {
            "squares"
        }

        fn schema(&self) -> &Schema {
            &self.0
        }

        fn len(&self) -> Option<u64> {
            None
        }

        fn fingerprint(&self) -> String {
            String::new()
        }

        fn rows(&self, _: u64) -> Result<Box<dyn Iterator<Item = SourceItem> + Send + '_>, SourceError> {
            let row = |n: i64| {
                let fields = vec![(Name::from("n"), Value::Int(n % 10)), (Name::from("square"), Value::Int(n * n))];
                Ok(SourceRow { key: n.to_string(), fields })
            };
            Ok(Box::new((0..25).map(row)))
        }
    }

    #[test]
    fn rows_are_found_by_key_in_their_order() {
        let schema: Schema =
            [("n", Type::Int), ("square", Type::Int)].into_iter().map(|(n, ty)| (n, ty.into())).collect();
        let folder = tempfile::tempdir().unwrap();
        let table = DiskTable::read("squares", &Squares(schema.clone()), &schema, folder.path()).unwrap();
        assert_eq!(table.len(), 25);
        assert_eq!(table.find("n", &Value::Int(3)).unwrap(), [3, 13, 23]);
        assert_eq!(table.row(13).unwrap().get("square"), Some(&Value::Int(169)));
        assert_eq!(table.find("n", &Value::Int(77)).unwrap(), Vec::<u64>::new());
        assert!(table.row(25).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the scratch file has no name");
    }
}
