//! From records to rows of cells, and from cells to Arrow arrays.

use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, BooleanArray, Float64Array, Int64Array, ListArray, StringArray, StructArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::DataType;
use tamis_core::media::{Bytes, MediaKind};
use tamis_core::record::Record;
use tamis_core::sink::{Dataset, SinkError};
use tamis_core::{Media, Type, Value};

use super::columns::{Columns, Pictures, is_image_field};
use crate::sink::chat::flatten;
use crate::sink::folder::file_name;
use crate::sink::media_error;

/// One value of a column.
#[derive(Debug)]
pub(super) enum Cell {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Arc<str>),
    Media(Bytes, String),
    List(Vec<Cell>),
    Struct(Vec<Cell>),
}

/// Rows that wait to be written.
pub(super) struct Rows<'a> {
    columns: &'a Columns,
    dataset: &'a Dataset<'a>,
    rows: Vec<Vec<Cell>>,
    bytes: usize,
}

impl<'a> Rows<'a> {
    pub(super) fn new(columns: &'a Columns, dataset: &'a Dataset<'a>) -> Rows<'a> {
        Rows { columns, dataset, rows: Vec::new(), bytes: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The size of the texts and media that wait.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn take(&mut self) -> Vec<Vec<Cell>> {
        self.bytes = 0;
        std::mem::take(&mut self.rows)
    }

    pub(super) fn push(&mut self, record: &Record) -> Result<(), SinkError> {
        let mut row = vec![self.text(&record.id.to_string())];
        for field in &self.columns.fields {
            let mut shown = Vec::new();
            let value = record.get(&field.name).unwrap_or(&Value::Null);
            row.push(self.cell(value, &field.ty, &mut shown)?);
            if let Some(other) = shown.iter().find(|media| media.kind() != MediaKind::Image) {
                let what = format!("field `{}` shows {:?} media in a conversation", field.name, other.kind());
                return Err(SinkError(format!("{what}, which parquet has no place for; export it as jsonl")));
            }
            match &field.pictures {
                Pictures::None => {}
                Pictures::All(_) => row.push(self.media_list(&shown)?),
                Pictures::Named(_, rest) => {
                    let (names, more) = self.named(record, &shown, &rest.name)?;
                    row.push(names);
                    row.push(self.media_list(&more)?);
                }
            }
        }
        self.rows.push(row);
        Ok(())
    }

    /// For every picture the column that has it, and those that no image field has.
    fn named(
        &mut self,
        record: &Record,
        shown: &[Arc<Media>],
        rest: &str,
    ) -> Result<(Cell, Vec<Arc<Media>>), SinkError> {
        let store = self.dataset.media;
        let mut known = Vec::new();
        for field in self.columns.fields.iter().filter(|field| is_image_field(&field.ty)) {
            match record.get(&field.name) {
                Some(Value::Media(media)) => {
                    known.push((media.hash(store).map_err(media_error)?, field.name.to_string()))
                }
                Some(Value::List(items)) => {
                    for (i, media) in items.iter().enumerate().filter_map(|(i, v)| Some((i, v.as_media()?))) {
                        known.push((media.hash(store).map_err(media_error)?, format!("{}[{i}]", field.name)));
                    }
                }
                _ => {}
            }
        }
        let (mut names, mut more) = (Vec::new(), Vec::new());
        for media in shown {
            let hash = media.hash(store).map_err(media_error)?;
            let name = match known.iter().find(|(other, _)| *other == hash) {
                Some((_, name)) => name.clone(),
                None => {
                    more.push(Arc::clone(media));
                    let name = format!("{rest}[{}]", more.len() - 1);
                    known.push((hash, name.clone()));
                    name
                }
            };
            names.push(self.text(&name));
        }
        Ok((Cell::List(names), more))
    }

    /// A value as a cell; pictures inside turns go to `shown`.
    fn cell(&mut self, value: &Value, ty: &Type, shown: &mut Vec<Arc<Media>>) -> Result<Cell, SinkError> {
        Ok(match (ty.required(), value) {
            (_, Value::Null) => Cell::Null,
            (Type::Json, value) => self.text(&value.to_json().to_string()),
            (Type::Turn, turn) => {
                let text = flatten(turn, shown)?;
                let role = turn.get("role").and_then(Value::as_text).unwrap_or_default();
                Cell::Struct(vec![self.text(role), self.text(&text)])
            }
            (Type::Conversation, Value::List(turns)) => self.list(turns, &Type::Turn, shown)?,
            (Type::List(inner), Value::List(items)) => self.list(items, inner, shown)?,
            (Type::Map(inner), Value::Map(fields)) => {
                let entry = |(key, value): (&Arc<str>, &Value)| {
                    Ok(Cell::Struct(vec![self.text(key), self.cell(value, inner, shown)?]))
                };
                Cell::List(fields.iter().map(entry).collect::<Result<_, SinkError>>()?)
            }
            (Type::Struct(types), value) if types.is_empty() => self.text(&value.to_json().to_string()),
            (Type::Region, value) => return self.cell(value, &Type::region_fields(), shown),
            (Type::Struct(types), value) => {
                let member =
                    |(name, ty): (&Arc<str>, &Type)| self.cell(value.get(name).unwrap_or(&Value::Null), ty, shown);
                Cell::Struct(types.iter().map(member).collect::<Result<_, SinkError>>()?)
            }
            (_, Value::Bool(b)) => Cell::Bool(*b),
            (Type::Float, Value::Int(n)) => Cell::Float(*n as f64),
            (_, Value::Int(n)) => Cell::Int(*n),
            (_, Value::Float(n)) => Cell::Float(*n),
            (_, Value::Text(text)) => self.text(text),
            (_, Value::Point(point)) => floats(&point.0),
            (_, Value::Box(bbox)) => floats(&bbox.0),
            (_, Value::Vector(vector)) => Cell::List(vector.iter().map(|n| Cell::Float((*n).into())).collect()),
            (_, Value::Polygon(polygon)) => Cell::List(polygon.0.iter().map(|corner| floats(corner)).collect()),
            (_, Value::Media(media)) => self.media(media)?,
            (ty, other) => {
                let found = tamis_core::convert::shorten(&other.to_json().to_string());
                return Err(SinkError(format!("expected a value of type {ty}, found {found}")));
            }
        })
    }

    fn list(&mut self, items: &[Value], ty: &Type, shown: &mut Vec<Arc<Media>>) -> Result<Cell, SinkError> {
        items.iter().map(|item| self.cell(item, ty, shown)).collect::<Result<_, _>>().map(Cell::List)
    }

    fn media_list(&mut self, media: &[Arc<Media>]) -> Result<Cell, SinkError> {
        media.iter().map(|media| self.media(media)).collect::<Result<_, _>>().map(Cell::List)
    }

    fn media(&mut self, media: &Media) -> Result<Cell, SinkError> {
        let bytes = self.dataset.media.read(media).map_err(media_error)?;
        let name = file_name(media, &bytes, self.dataset.media)?;
        self.bytes += bytes.len();
        Ok(Cell::Media(bytes, name))
    }

    fn text(&mut self, text: &str) -> Cell {
        self.bytes += text.len();
        Cell::Text(Arc::from(text))
    }
}

fn floats(numbers: &[f64]) -> Cell {
    Cell::List(numbers.iter().map(|n| Cell::Float(*n)).collect())
}

/// The cells of a column as an array of this type; what is not of it becomes null.
pub(super) fn array(data: &DataType, cells: &[&Cell]) -> Result<ArrayRef, SinkError> {
    macro_rules! primitive {
        ($array:ty, $cell:ident) => {
            Arc::new(
                cells.iter().map(|cell| if let Cell::$cell(v) = cell { Some(*v) } else { None }).collect::<$array>(),
            )
        };
    }
    let present = || NullBuffer::from_iter(cells.iter().map(|cell| !matches!(cell, Cell::Null)));
    Ok(match data {
        DataType::Boolean => primitive!(BooleanArray, Bool),
        DataType::Int64 => primitive!(Int64Array, Int),
        DataType::Float64 => primitive!(Float64Array, Float),
        DataType::Utf8 => Arc::new(cells.iter().map(|cell| text(cell)).collect::<StringArray>()),
        DataType::Binary => Arc::new(cells.iter().map(|cell| bytes(cell)).collect::<BinaryArray>()),
        DataType::List(item) => {
            let items = |cell: &&&Cell| if let Cell::List(items) = **cell { items.len() } else { 0 };
            let lengths = OffsetBuffer::from_lengths(cells.iter().map(|cell| items(&cell)));
            let inner: Vec<&Cell> =
                cells.iter().flat_map(|cell| if let Cell::List(i) = cell { &i[..] } else { &[] }).collect();
            let values = array(item.data_type(), &inner)?;
            Arc::new(ListArray::try_new(Arc::clone(item), lengths, values, Some(present())).map_err(arrow_error)?)
        }
        DataType::Struct(fields) => {
            let member = |i: usize| -> Result<ArrayRef, SinkError> {
                let inner: Vec<&Cell> = cells.iter().map(|cell| inside(cell, i)).collect();
                array(fields[i].data_type(), &inner)
            };
            let arrays = (0..fields.len()).map(member).collect::<Result<Vec<_>, _>>()?;
            Arc::new(StructArray::try_new(fields.clone(), arrays, Some(present())).map_err(arrow_error)?)
        }
        other => return Err(SinkError(format!("no column of type {other} is written"))),
    })
}

/// The `i`th member of a struct; of media the bytes, then the path, which look into the same cell.
fn inside(cell: &Cell, i: usize) -> &Cell {
    match cell {
        Cell::Struct(members) => members.get(i).unwrap_or(&Cell::Null),
        Cell::Media(..) => cell,
        _ => &Cell::Null,
    }
}

fn text(cell: &Cell) -> Option<&str> {
    match cell {
        Cell::Text(text) => Some(text),
        Cell::Media(_, path) => Some(path),
        _ => None,
    }
}

fn bytes(cell: &Cell) -> Option<&[u8]> {
    match cell {
        Cell::Media(bytes, _) => Some(bytes),
        _ => None,
    }
}

fn arrow_error(error: arrow_schema::ArrowError) -> SinkError {
    SinkError(error.to_string())
}
