//! The recipe's tables: which file holds each, opened before anything runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tamis_core::error::did_you_mean;
use tamis_core::source::{SharedSource, Wanted};
use tamis_core::table::Table;
use tamis_core::{Name, Schema};
use tamis_engine::DiskTable;
use tamis_recipe::plan::{Plan, TablePlan};
use tempfile::TempDir;

use crate::error::Error;
use crate::launch::split;

/// The tables of a recipe, opened.
pub struct Tables {
    opened: Vec<Opened>,
    /// holds the tables that are files of the recipe
    _unpacked: Option<TempDir>,
}

struct Opened {
    name: Name,
    schema: Schema,
    source: SharedSource,
    fingerprint: String,
}

impl Tables {
    /// Opens what `given` (`name=path`) and the recipe itself name.
    pub fn open(plan: &Plan, given: &[String]) -> Result<Tables, Error> {
        let mut paths: BTreeMap<String, PathBuf> = BTreeMap::new();
        for pair in given {
            let (name, path) = split(pair, "--table", "captions=captions.csv")?;
            if !plan.tables.contains_key(name.as_str()) {
                let hint = did_you_mean(&name, plan.tables.keys().map(|name| &**name));
                return Err(Error::refused(format!("--table {pair}: the recipe has no table `{name}`{hint}")));
            }
            paths.insert(name, PathBuf::from(path));
        }
        let mut tables = Tables { opened: Vec::new(), _unpacked: None };
        for (name, table) in &plan.tables {
            let opened = match (paths.get(&**name), &table.file) {
                (Some(path), _) => {
                    let source = source(path, name, table)?;
                    Opened {
                        name: name.clone(),
                        schema: table.schema.clone(),
                        fingerprint: source.fingerprint(),
                        source,
                    }
                }
                (None, Some(file)) => {
                    let path = tables.unpack(plan, file)?;
                    let source = source(&path, name, table)?;
                    // The file is part of the recipe, and so of its digest.
                    let fingerprint = "recipe".to_string();
                    Opened { name: name.clone(), schema: table.schema.clone(), fingerprint, source }
                }
                (None, None) if table.optional => continue,
                (None, None) => return Err(missing(plan, name, table)),
            };
            tables.opened.push(opened);
        }
        Ok(tables)
    }

    /// Writes a file of the recipe where it can be read: the recipe may lie inside the program.
    fn unpack(&mut self, plan: &Plan, file: &str) -> Result<PathBuf, Error> {
        let cannot = |e: std::io::Error| Error::refused(format!("cannot unpack {file}: {e}"));
        let folder = match self._unpacked.take() {
            Some(folder) => folder,
            None => tempfile::tempdir().map_err(cannot)?,
        };
        let path = folder.path().join(file);
        let bytes = plan.files.iter().find(|(path, _)| path == file).map(|(_, bytes)| bytes.as_slice());
        path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(cannot)?;
        std::fs::write(&path, bytes.unwrap_or_default()).map_err(cannot)?;
        self._unpacked = Some(folder);
        Ok(path)
    }

    /// What makes two runs' tables the same.
    pub fn fingerprints(&self) -> BTreeMap<String, String> {
        self.opened.iter().map(|table| (table.name.to_string(), table.fingerprint.clone())).collect()
    }

    /// Reads the rows into scratch files in `folder`.
    pub fn read(&self, folder: &Path) -> Result<BTreeMap<Name, Arc<dyn Table>>, Error> {
        let read = |table: &Opened| {
            let rows = DiskTable::read(&table.name, &*table.source, &table.schema, folder)?;
            Ok((table.name.clone(), Arc::new(rows) as Arc<dyn Table>))
        };
        self.opened.iter().map(read).collect()
    }
}

fn source(path: &Path, name: &str, table: &TablePlan) -> Result<SharedSource, Error> {
    let wanted = Wanted { schema: table.schema.clone(), renames: Vec::new() };
    tamis_io::source::open_source(path, None, &wanted).map_err(|error| {
        let error = Error::from(error);
        Error { message: format!("the table `{name}`: {}", error.message), ..error }
    })
}

fn missing(plan: &Plan, name: &str, table: &TablePlan) -> Error {
    let fields: Vec<String> = table.schema.iter().map(|(name, field)| format!("{name}: {field}")).collect();
    let message = format!("`{}` needs the table `{name}` with the fields {}", plan.name, fields.join(", "));
    Error::refused(message).help(format!("name it with --table {name}=PATH"))
}
