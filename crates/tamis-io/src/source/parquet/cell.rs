//! One value of an Arrow array as JSON.

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef, StructArray};
use arrow_schema::{DataType, TimeUnit};
use serde_json::{Map, Number, Value as Json};
use tamis_core::Type;
use tamis_core::media::Bytes;

use crate::source::embedded::Embedded;

/// The type of a column that nobody has asked for.
pub(super) fn natural(data: &DataType) -> Type {
    match data {
        DataType::Boolean => Type::Bool,
        data if data.is_integer() => Type::Int,
        data if data.is_floating() => Type::Float,
        DataType::Utf8 | DataType::Date32 | DataType::Timestamp(..) => Type::Text,
        DataType::Binary => Type::Image,
        DataType::Struct(fields) if is_media(fields.iter().map(|f| f.name().as_str())) => Type::Image,
        DataType::List(item) if natural(item.data_type()).holds_media() => Type::list(natural(item.data_type())),
        DataType::List(item) if *item.data_type() == DataType::Utf8 => Type::list(Type::Text),
        _ => Type::Json,
    }
}

/// Whether these are the fields of an `Image`, `Audio` or `Video` of Hugging Face.
fn is_media<'a>(fields: impl Iterator<Item = &'a str>) -> bool {
    let mut names: Vec<&str> = fields.collect();
    names.sort_unstable();
    names == ["bytes", "path"]
}

/// Reads values; media go into a list beside, with a token in their place.
pub(super) struct Cells<'a> {
    pub embedded: &'a mut Vec<Embedded>,
    /// whether bytes are media
    pub media: bool,
}

impl Cells<'_> {
    pub(super) fn read(&mut self, array: &ArrayRef, row: usize) -> Result<Json, String> {
        if array.is_null(row) {
            return Ok(Json::Null);
        }
        macro_rules! number {
            ($ty:ty) => {
                Ok(Json::from(array.as_primitive::<$ty>().value(row)))
            };
        }
        macro_rules! time {
            ($ty:ty) => {
                Ok(array.as_primitive::<$ty>().value_as_datetime(row).map_or(Json::Null, |t| t.to_string().into()))
            };
        }
        match array.data_type() {
            DataType::Null => Ok(Json::Null),
            DataType::Boolean => Ok(Json::Bool(array.as_boolean().value(row))),
            DataType::Int8 => number!(Int8Type),
            DataType::Int16 => number!(Int16Type),
            DataType::Int32 => number!(Int32Type),
            DataType::Int64 => number!(Int64Type),
            DataType::UInt8 => number!(UInt8Type),
            DataType::UInt16 => number!(UInt16Type),
            DataType::UInt32 => number!(UInt32Type),
            DataType::UInt64 => number!(UInt64Type),
            DataType::Float16 => Ok(float(array.as_primitive::<Float16Type>().value(row).to_f64())),
            // The shortest decimal of a 32-bit float is what was meant: 0.1, not 0.10000000149.
            DataType::Float32 => Ok(shortest(array.as_primitive::<Float32Type>().value(row))),
            DataType::Float64 => Ok(float(array.as_primitive::<Float64Type>().value(row))),
            DataType::Utf8 => Ok(Json::from(array.as_string::<i32>().value(row))),
            DataType::Binary => self.bytes(array.as_binary::<i32>().value(row), String::new()),
            DataType::List(_) => self.list(&array.as_list::<i32>().value(row)),
            DataType::FixedSizeList(..) => self.list(&array.as_fixed_size_list().value(row)),
            DataType::Struct(_) => self.object(array.as_struct(), row),
            DataType::Map(..) => self.map(&array.as_map().value(row)),
            DataType::Date32 => {
                let date = array.as_primitive::<Date32Type>().value_as_date(row);
                Ok(date.map_or(Json::Null, |date| date.to_string().into()))
            }
            DataType::Timestamp(TimeUnit::Second, _) => time!(TimestampSecondType),
            DataType::Timestamp(TimeUnit::Millisecond, _) => time!(TimestampMillisecondType),
            DataType::Timestamp(TimeUnit::Microsecond, _) => time!(TimestampMicrosecondType),
            DataType::Timestamp(TimeUnit::Nanosecond, _) => time!(TimestampNanosecondType),
            other => Err(format!("columns of type {other} are not read; convert it to a number or text")),
        }
    }

    fn list(&mut self, items: &ArrayRef) -> Result<Json, String> {
        (0..items.len()).map(|i| self.read(items, i)).collect()
    }

    fn map(&mut self, entries: &StructArray) -> Result<Json, String> {
        let mut fields = Map::new();
        for i in 0..entries.len() {
            let key = match self.read(entries.column(0), i)? {
                Json::String(key) => key,
                other => other.to_string(),
            };
            fields.insert(key, self.read(entries.column(1), i)?);
        }
        Ok(Json::Object(fields))
    }

    fn object(&mut self, object: &StructArray, row: usize) -> Result<Json, String> {
        if self.media && is_media(object.column_names().into_iter()) {
            return self.media(object, row);
        }
        let mut fields = Map::new();
        for (name, array) in object.column_names().into_iter().zip(object.columns()) {
            fields.insert(name.to_string(), self.read(array, row)?);
        }
        Ok(Json::Object(fields))
    }

    /// An `Image` of Hugging Face: its bytes if they are there, else its path.
    fn media(&mut self, object: &StructArray, row: usize) -> Result<Json, String> {
        let path = match object.column_by_name("path") {
            Some(paths) => self.read(paths, row)?,
            None => Json::Null,
        };
        match object.column_by_name("bytes") {
            Some(bytes) if !bytes.is_null(row) && *bytes.data_type() == DataType::Binary => {
                let name = path.as_str().unwrap_or_default().to_string();
                self.bytes(bytes.as_binary::<i32>().value(row), name)
            }
            _ => Ok(path),
        }
    }

    fn bytes(&mut self, bytes: &[u8], name: String) -> Result<Json, String> {
        if self.media {
            self.embedded.push(Embedded::Bytes(Bytes::from(bytes), name));
            return Ok(Embedded::token(self.embedded.len() - 1));
        }
        let text = std::str::from_utf8(bytes);
        text.map(Json::from).map_err(|_| format!("expected text, found {} bytes that are not UTF-8", bytes.len()))
    }
}

fn float(n: f64) -> Json {
    Number::from_f64(n).map_or(Json::Null, Json::Number)
}

fn shortest(n: f32) -> Json {
    n.to_string().parse().map_or(Json::Null, float)
}
