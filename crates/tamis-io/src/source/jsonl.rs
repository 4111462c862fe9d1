//! JSON Lines: one object for each line.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value as Json};
use tamis_core::convert::shorten;
use tamis_core::source::{RowError, SharedSource, SourceError, Wanted};

use super::files::{self, Lines, TooLong, io_error};
use super::format::{Format, RawRow, RawRows, typed};
use super::typing::Need;

/// Opens one file, or the files of a directory in name order. Media paths are relative to the directory of their file.
///
/// A line that is not an object in UTF-8, or longer than 64 MiB, is an error of that row alone. A byte order mark,
/// `\r\n` and blank lines are let pass.
pub(crate) fn open(root: &Path, paths: Vec<PathBuf>, wanted: &Wanted) -> Result<SharedSource, SourceError> {
    typed(Jsonl { root: root.to_path_buf(), paths, len: OnceLock::new() }, wanted)
}

struct Jsonl {
    root: PathBuf,
    paths: Vec<PathBuf>,
    len: OnceLock<Option<u64>>,
}

impl Format for Jsonl {
    fn name(&self) -> &'static str {
        "jsonl"
    }

    fn place(&self) -> String {
        self.root.display().to_string()
    }

    fn aliases(&self) -> &'static [(&'static str, &'static str)] {
        super::ROW_ALIASES
    }

    fn len(&self) -> Option<u64> {
        *self.len.get_or_init(|| files::are_countable(&self.paths).then(|| self.count().ok()).flatten())
    }

    fn files(&self) -> Vec<(String, PathBuf)> {
        super::named(&self.root, &self.paths)
    }

    fn rows(&self, from: u64, _: &Need) -> Result<RawRows<'_>, SourceError> {
        let mut rows = Rows { source: self, next: 0, open: None, line: Vec::new() };
        for _ in 0..from {
            if rows.step().is_none() {
                break;
            }
        }
        Ok(Box::new(rows))
    }
}

impl Jsonl {
    fn count(&self) -> std::io::Result<u64> {
        let (mut count, mut line) = (0, Vec::new());
        for path in &self.paths {
            let mut lines = Lines::open(path)?;
            while lines.next(&mut line)?.is_some() {
                count += 1;
            }
        }
        Ok(count)
    }
}

struct Rows<'a> {
    source: &'a Jsonl,
    next: usize,
    open: Option<OpenFile>,
    line: Vec<u8>,
}

struct OpenFile {
    name: String,
    folder: Arc<Path>,
    lines: Lines,
}

impl OpenFile {
    fn key(&self) -> String {
        format!("{}:{}", self.name, self.lines.number)
    }

    fn error(&self, message: impl Into<String>) -> RowError {
        RowError { key: self.key(), message: message.into() }
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<RawRow, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let place = self.step()?;
        Some(place.and_then(|(key, folder)| match object(&self.line) {
            Ok(fields) => Ok(RawRow { key, fields, embedded: Vec::new(), folder }),
            Err(message) => Err(RowError { key, message }),
        }))
    }
}

impl Rows<'_> {
    /// Reads the next line, in the next file if need be; the row's key and directory.
    fn step(&mut self) -> Option<Result<(String, Arc<Path>), RowError>> {
        loop {
            let Some(open) = &mut self.open else {
                match self.open_next()? {
                    Ok(()) => continue,
                    Err(error) => return Some(Err(error)),
                }
            };
            match open.lines.next(&mut self.line) {
                Ok(Some(Ok(()))) => return Some(Ok((open.key(), Arc::clone(&open.folder)))),
                Ok(Some(Err(TooLong))) => {
                    let most = files::LONGEST >> 20;
                    return Some(Err(open.error(format!("the line is longer than {most} MiB"))));
                }
                Ok(None) => self.open = None,
                Err(error) => {
                    let key = format!("{}:{}", open.name, open.lines.number + 1);
                    let error = RowError { key, message: format!("the file cannot be read any further: {error}") };
                    self.open = None;
                    return Some(Err(error));
                }
            }
        }
    }

    fn open_next(&mut self) -> Option<Result<(), RowError>> {
        let path = self.source.paths.get(self.next)?;
        self.next += 1;
        let name = super::name_of(&self.source.root, path);
        match Lines::open(path) {
            Ok(lines) => {
                let folder = path.parent().unwrap_or(Path::new("")).into();
                self.open = Some(OpenFile { name, folder, lines });
                Some(Ok(()))
            }
            Err(error) => Some(Err(RowError { key: name, message: io_error(path, &error).message })),
        }
    }
}

/// The object in a line, or what is there instead and at which column.
pub(crate) fn object(line: &[u8]) -> Result<Map<String, Json>, String> {
    let text = std::str::from_utf8(line).map_err(|e| {
        format!("column {}: expected UTF-8, found the byte 0x{:02x}", e.valid_up_to() + 1, line[e.valid_up_to()])
    })?;
    match serde_json::from_str(text.trim_end()) {
        Ok(Json::Object(fields)) => Ok(fields),
        Ok(other) => Err(format!("expected an object, found {}", shorten(&other.to_string()))),
        Err(error) => Err(format!("column {}: {}", error.column(), reason(&error))),
    }
}

/// What a JSON error says, without the place inside the text, which means nothing to somebody who sees the file.
pub(crate) fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text[..end].to_string(),
        None => text,
    }
}
