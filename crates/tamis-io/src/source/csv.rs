//! CSV and TSV: a header, then one row for each record.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Number, Value as Json};
use tamis_core::Type;
use tamis_core::place::{self, Section};
use tamis_core::source::{RowError, SharedSource, SourceError, Wanted};

use super::files::{self, base_name, extension, io_error};
use super::format::{Format, RawRow, RawRows, typed};
use super::typing::Need;

/// Opens a file with a header line. Fields are separated by tabs in `.tsv` files, else by commas, or by the semicolons or
/// tabs of which the header has more; a field in double quotes may hold separators and line breaks.
///
/// A field is read in the type that the recipe asks for: numbers and `true`/`false` as such, lists, boxes and structs
/// as JSON, an empty field of an optional type as missing. A row with more or fewer fields than the header, or not in
/// UTF-8, is an error of that row alone. Media paths are relative to the directory of the file.
pub(crate) fn open(path: &Path, wanted: &Wanted) -> Result<SharedSource, SourceError> {
    let separator = separator(path).map_err(|e| io_error(path, &e))?;
    let mut table = Table { path: path.to_path_buf(), separator, header: Vec::new(), len: OnceLock::new() };
    let header = table.reader()?.byte_headers().cloned();
    let header = header.map_err(|e| SourceError::new(format!("{}: {e}", path.display())))?;
    table.header = header_names(&header).map_err(|why| SourceError::new(format!("{}: {why}", path.display())))?;
    if let Some(twice) = table.header.iter().enumerate().find_map(|(i, n)| table.header[..i].contains(n).then_some(n)) {
        return Err(SourceError::new(format!("{}: the header has `{twice}` twice", path.display())));
    }
    typed(table, wanted)
}

/// Most bytes of the header that are looked at for its separator.
const HEADER_START: u64 = 1 << 16;

/// What stands between the names of the header.
fn separator(path: &Path) -> std::io::Result<u8> {
    if extension(path).is_some_and(|ext| ext == "tsv" || ext == "tab") {
        return Ok(b'\t');
    }
    let mut start = Vec::new();
    place::open(path)?.whole().take(HEADER_START).read_to_end(&mut start)?;
    let mut quoted = false;
    let header = start.iter().take_while(|byte| !matches!(byte, b'\n' | b'\r')).filter(|byte| {
        quoted ^= **byte == b'"';
        !quoted
    });
    let mut counts = [(b'\t', 0), (b';', 0), (b',', 0)];
    header.for_each(|byte| counts.iter_mut().filter(|(sign, _)| sign == byte).for_each(|(_, count)| *count += 1));
    // The comma is last: of equals, `max_by_key` takes the last.
    Ok(counts.into_iter().max_by_key(|(_, count)| *count).map_or(b',', |(sign, _)| sign))
}

fn header_names(header: &csv::ByteRecord) -> Result<Vec<String>, String> {
    let name = |field: &[u8]| match std::str::from_utf8(field) {
        Ok(name) => Ok(name.trim_start_matches('\u{feff}').trim().to_string()),
        Err(_) => Err(format!("the header is not in UTF-8: {}", field.escape_ascii())),
    };
    header.iter().map(name).collect()
}

struct Table {
    path: PathBuf,
    separator: u8,
    header: Vec<String>,
    len: OnceLock<Option<u64>>,
}

impl Format for Table {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn columns(&self) -> Option<Vec<(String, Type)>> {
        Some(self.header.iter().map(|name| (name.clone(), Type::Text)).collect())
    }

    fn aliases(&self) -> &'static [(&'static str, &'static str)] {
        super::ROW_ALIASES
    }

    fn len(&self) -> Option<u64> {
        *self.len.get_or_init(|| {
            let count = || Some(self.reader().ok()?.into_byte_records().count() as u64);
            if files::are_countable(std::slice::from_ref(&self.path)) { count() } else { None }
        })
    }

    fn files(&self) -> Vec<(String, PathBuf)> {
        vec![(base_name(&self.path), self.path.clone())]
    }

    fn rows(&self, from: u64, need: &Need) -> Result<RawRows<'_>, SourceError> {
        let mut reader = self.reader()?;
        let mut skipped = csv::ByteRecord::new();
        for _ in 0..from {
            if !reader.read_byte_record(&mut skipped).unwrap_or(false) {
                break;
            }
        }
        let name = base_name(&self.path);
        let folder: Arc<Path> = self.path.parent().unwrap_or(Path::new("")).into();
        let types: Vec<Option<Type>> = self.header.iter().map(|own| need.asked(own).cloned()).collect();
        let mut broken = false;
        let rows = reader.into_byte_records().map_while(move |record| {
            if broken {
                return None;
            }
            broken = record.is_err();
            let line = record.as_ref().ok().and_then(|r| r.position()).map_or(0, csv::Position::line);
            let key = format!("{name}:{line}");
            let fields = match record {
                Ok(record) => self.fields(&record, &types),
                Err(error) => Err(format!("the file cannot be read any further: {error}")),
            };
            Some(match fields {
                Ok(fields) => Ok(RawRow { key, fields, embedded: Vec::new(), folder: Arc::clone(&folder) }),
                Err(message) => Err(RowError { key, message }),
            })
        });
        Ok(Box::new(rows))
    }
}

impl Table {
    fn reader(&self) -> Result<csv::Reader<Section>, SourceError> {
        let mut builder = csv::ReaderBuilder::new();
        builder.flexible(true).delimiter(self.separator);
        let file = place::open(&self.path).map_err(|e| io_error(&self.path, &e))?;
        Ok(builder.buffer_capacity(1 << 17).from_reader(file.whole()))
    }

    fn fields(&self, record: &csv::ByteRecord, types: &[Option<Type>]) -> Result<Map<String, Json>, String> {
        if record.len() != self.header.len() {
            let lines = record.iter().flatten().filter(|byte| **byte == b'\n').count();
            let open = if lines > 0 { "; a double quote in it may not be closed" } else { "" };
            let (want, have) = (self.header.len(), record.len());
            return Err(format!("expected {want} fields as in the header, found {have}{open}"));
        }
        let mut fields = Map::new();
        for ((own, ty), bytes) in self.header.iter().zip(types).zip(record.iter()) {
            let text = std::str::from_utf8(bytes).map_err(|e| {
                format!("field `{own}`: expected UTF-8, found the byte 0x{:02x}", bytes[e.valid_up_to()])
            })?;
            fields.insert(own.clone(), cell(text, ty.as_ref()));
        }
        Ok(fields)
    }
}

/// A field as JSON of the wanted type; what does not look like it stays a text, which the typing then refuses by name.
fn cell(text: &str, ty: Option<&Type>) -> Json {
    let Some(ty) = ty else { return Json::String(text.to_string()) };
    if ty.is_optional() && text.is_empty() {
        return Json::Null;
    }
    let plain = text.trim();
    let read = match ty.required() {
        Type::Bool => match plain {
            "true" | "True" | "TRUE" | "1" => Some(Json::Bool(true)),
            "false" | "False" | "FALSE" | "0" => Some(Json::Bool(false)),
            _ => None,
        },
        Type::Int => plain.parse::<i64>().ok().map(Json::from),
        Type::Float => plain.parse::<f64>().ok().and_then(Number::from_f64).map(Json::Number),
        Type::Text | Type::Enum(_) | Type::Image | Type::Mask | Type::Audio | Type::Video => None,
        _ => serde_json::from_str(plain).ok(),
    };
    read.unwrap_or_else(|| Json::String(text.to_string()))
}
