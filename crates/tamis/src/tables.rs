//! The recipe's tables: which file holds each, opened before anything runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tamis_core::error::did_you_mean;
use tamis_core::source::{SharedSource, Wanted};
use tamis_core::table::{OwnTable, Table};
use tamis_core::{Name, Schema, place};
use tamis_engine::{DiskTable, host};
use tamis_recipe::plan::{Plan, TablePlan};
use tempfile::TempDir;

use crate::error::Error;
use crate::launch::split;

/// The tables of a recipe, opened.
pub struct Tables {
    opened: Vec<Opened>,
    own: BTreeMap<Name, Vec<OwnTable>>,
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
        let mut paths: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
        for pair in given {
            let (name, path) = split(pair, "--table", "captions=captions.csv")?;
            if !plan.tables.contains_key(name.as_str()) {
                let hint = did_you_mean(&name, plan.tables.keys().map(|name| &**name));
                return Err(Error::refused(format!("--table {pair}: the recipe has no table `{name}`{hint}")));
            }
            paths.entry(name).or_default().push(PathBuf::from(path));
        }
        let mut tables = Tables { opened: Vec::new(), own: BTreeMap::new(), _unpacked: None };
        for (name, table) in &plan.tables {
            let given = paths.remove(&**name).unwrap_or_default();
            if table.any {
                tables.own.insert(name.clone(), own(name, &given)?);
                continue;
            }
            let opened = match (one(name, &given)?, &table.file) {
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
        let rows = self.opened.iter().map(|table| (table.name.to_string(), table.fingerprint.clone()));
        let own = self.own.iter().filter(|(_, tables)| !tables.is_empty()).map(|(name, tables)| {
            let all: Vec<String> = tables.iter().map(|t| format!("{} {}", t.name, t.source.fingerprint())).collect();
            (name.to_string(), all.join(", "))
        });
        rows.chain(own).collect()
    }

    /// Reads the rows that are looked up by key into scratch files in `folder`.
    pub fn read(&self, folder: &Path) -> Result<host::Tables, Error> {
        let read = |table: &Opened| {
            let rows = DiskTable::read(&table.name, &*table.source, &table.schema, folder)?;
            Ok((table.name.clone(), Arc::new(rows) as Arc<dyn Table>))
        };
        let rows = self.opened.iter().map(read).collect::<Result<_, Error>>()?;
        Ok(host::Tables { rows, own: self.own.clone() })
    }
}

fn source(path: &Path, name: &str, table: &TablePlan) -> Result<SharedSource, Error> {
    let wanted = Wanted { schema: table.schema.clone(), renames: Vec::new() };
    tamis_io::source::open_source(path, None, &wanted).map_err(|error| {
        let error = Error::from(error);
        Error { message: format!("the table `{name}`: {}", error.message), ..error }
    })
}

/// The one file of a table whose rows are looked up.
fn one<'p>(name: &str, given: &'p [PathBuf]) -> Result<Option<&'p PathBuf>, Error> {
    match given {
        [] => Ok(None),
        [path] => Ok(Some(path)),
        several => {
            let count = several.len();
            Err(Error::refused(format!(
                "expected one file for the table `{name}`, found {count} times --table {name}="
            )))
        }
    }
}

/// Most tables of a user's own.
const MOST_OWN: usize = 10_000;

/// A table for each file, and for each file with rows in a folder.
fn own(name: &str, given: &[PathBuf]) -> Result<Vec<OwnTable>, Error> {
    let mut tables = Vec::new();
    for path in given {
        let files = if place::is_dir(path) { files_in(name, path)? } else { vec![path.clone()] };
        if tables.len() + files.len() > MOST_OWN {
            return Err(Error::refused(format!("expected at most {MOST_OWN} tables for `{name}`, found more")));
        }
        for file in files {
            let source = tamis_io::source::open_source(&file, None, &Wanted::default()).map_err(|error| {
                let error = Error::from(error);
                Error { message: format!("the table `{name}`: {}", error.message), ..error }
            })?;
            let stem = file.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
            tables.push(OwnTable { name: stem, source });
        }
    }
    Ok(tables)
}

fn files_in(name: &str, folder: &Path) -> Result<Vec<PathBuf>, Error> {
    const ROWS: [&str; 7] = ["csv", "tsv", "tab", "parquet", "pq", "jsonl", "ndjson"];
    let cannot = |e: std::io::Error| Error::refused(format!("the table `{name}`: {}: {e}", folder.display()));
    let has_rows = |path: &PathBuf| {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        ending.is_some_and(|ending| ROWS.contains(&ending.as_str()))
    };
    let mut files: Vec<PathBuf> = place::entries(folder).map_err(cannot)?.into_iter().filter(has_rows).collect();
    files.sort();
    if files.is_empty() {
        let message = format!("the table `{name}`: {}: no .{} file in it", folder.display(), ROWS.join(", ."));
        return Err(Error::refused(message));
    }
    Ok(files)
}

fn missing(plan: &Plan, name: &str, table: &TablePlan) -> Error {
    let fields: Vec<String> = table.schema.iter().map(|(name, field)| format!("{name}: {field}")).collect();
    let message = format!("`{}` needs the table `{name}` with the fields {}", plan.name, fields.join(", "));
    Error::refused(message).help(format!("name it with --table {name}=PATH"))
}
