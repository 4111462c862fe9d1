//! Files, datasets and small questions for the tests of sources and sinks.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use tamis_core::convert::NoMedia;
use tamis_core::media::{MediaStore, MemoryStore};
use tamis_core::record::{Record, Root};
use tamis_core::sink::{Dataset, SinkError};
use tamis_core::source::{SharedSource, SourceError, SourceItem, SourceRow, Wanted};
use tamis_core::{BBox, Field, Media, MediaKind, Name, Polygon, RecordId, Schema, Type, Value};
use tamis_io::source::open_source;

/// A PNG of this size whose pixels depend on `seed`.
pub fn png(width: u32, height: u32, seed: u8) -> Vec<u8> {
    let pixels = image::RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8 ^ seed, y as u8, seed]));
    let mut bytes = Cursor::new(Vec::new());
    pixels.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

pub fn write(path: &Path, bytes: impl AsRef<[u8]>) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// A schema from `image: image, caption: text`.
pub fn schema(fields: &str) -> Schema {
    let Type::Struct(fields) = format!("{{{fields}}}").parse().unwrap() else { panic!("a struct was expected") };
    fields.into_iter().map(|(name, ty)| (name, Field::new(ty))).collect()
}

pub fn wanted(fields: &str) -> Wanted {
    Wanted { schema: schema(fields), renames: Vec::new() }
}

pub fn open(path: &Path, fields: &str) -> Result<SharedSource, SourceError> {
    open_source(path, None, &wanted(fields))
}

/// All rows of an input.
pub fn items(path: &Path, fields: &str) -> Vec<SourceItem> {
    let source = open(path, fields).unwrap();
    let items: Vec<SourceItem> = source.rows(0).unwrap().collect();
    check_laws(&source, &items);
    items
}

/// All rows of an input without a bad one.
pub fn rows(path: &Path, fields: &str) -> Vec<SourceRow> {
    items(path, fields).into_iter().map(|item| item.unwrap()).collect()
}

/// What holds for every source.
fn check_laws(source: &SharedSource, items: &[SourceItem]) {
    assert!(source.len().is_none_or(|len| len == items.len() as u64), "{:?} {}", source.len(), items.len());
    for from in [1, items.len() / 2, items.len(), items.len() + 3] {
        let rest: Vec<SourceItem> = source.rows(from as u64).unwrap().collect();
        assert_eq!(rest, items[from.min(items.len())..], "from row {from}");
    }
    let mut keys = std::collections::HashSet::new();
    for row in items.iter().flatten() {
        assert!(!row.key.starts_with('/'), "{}", row.key);
        assert!(keys.insert(row.key.clone()), "{} comes twice", row.key);
        let names: Vec<&Name> = row.fields.iter().map(|(name, _)| name).collect();
        assert_eq!(names, source.schema().names().collect::<Vec<_>>());
    }
}

pub fn field<'a>(row: &'a SourceRow, name: &str) -> &'a Value {
    &row.fields.iter().find(|(n, _)| &**n == name).unwrap().1
}

pub fn text<'a>(row: &'a SourceRow, name: &str) -> &'a str {
    field(row, name).as_text().unwrap()
}

/// The bytes of the media in a field.
pub fn bytes(value: &Value) -> Vec<u8> {
    MemoryStore::new().read(value.as_media().unwrap()).unwrap().to_vec()
}

/// A value from JSON without media.
pub fn value(json: Json, ty: &str) -> Value {
    Value::from_json(&json, &ty.parse().unwrap(), &NoMedia).unwrap()
}

/// A value with its media replaced by the digests of their bytes, to compare what came by different ways.
pub fn known(value: &Value, store: &dyn MediaStore) -> Json {
    match value {
        Value::Media(media) => json!(media.hash(store).unwrap().to_string()),
        Value::List(items) => items.iter().map(|item| known(item, store)).collect(),
        Value::Map(fields) => {
            fields.iter().filter(|(_, v)| !v.is_null()).map(|(n, v)| (n.to_string(), known(v, store))).collect()
        }
        other => other.to_json(),
    }
}

/// A dataset with something of everything.
pub struct Sample {
    pub schema: Schema,
    pub store: MemoryStore,
    pub records: Vec<Record>,
}

impl Sample {
    /// `count` records with pictures, boxes, conversations and the rest.
    pub fn full(count: u8) -> Sample {
        let fields = "image: image, crops: list<image>, captions: list<text>, regions: list<region>, turns: conversation, \
                      kind: enum(a|b), score: float?, steps: int, ok: bool, facts: json, tags: map<int>, \
                      answers: list<{question: text, box: box?}>";
        let mut sample = Sample { schema: schema(fields), store: MemoryStore::new(), records: Vec::new() };
        let fields: Vec<Name> = ["regions"].map(Name::from).to_vec();
        for name in fields {
            sample.schema.set(name, Field::in_frame(Type::list(Type::Region), "image".into()));
        }
        for i in 0..count {
            let record = sample.record(i);
            sample.records.push(record);
        }
        sample
    }

    /// The same without some fields.
    pub fn only(mut self, keep: &[&str]) -> Sample {
        let names: Vec<Name> = self.schema.names().cloned().collect();
        for name in names.iter().filter(|name| !keep.contains(&&***name)) {
            self.schema.remove(name);
            self.records.iter_mut().for_each(|record| drop(record.remove(name)));
        }
        self
    }

    /// The same with a question, a better and a worse answer to it.
    pub fn with_pairs(mut self) -> Sample {
        for (name, word) in [("prompt", "question"), ("chosen", "better"), ("rejected", "worse")] {
            self.schema.set(name, Type::Text);
            let said = |(i, record): (usize, &mut Record)| record.set(&name.into(), format!("{word} {i}"));
            self.records.iter_mut().enumerate().for_each(said);
        }
        self
    }

    fn put(&self, width: u32, height: u32, seed: u8) -> Arc<Media> {
        self.store.put(MediaKind::Image, &png(width, height, seed)).unwrap()
    }

    fn record(&self, i: u8) -> Record {
        let image = self.put(40, 30, i);
        let crop = self.put(8, 8, i);
        let shown = self.put(16, 4, i);
        let mut region = Value::region("a dog", BBox([1.0, 2.0, 11.5, 22.25]));
        if i.is_multiple_of(2) {
            let triangle = Polygon(vec![[1.0, 2.0], [11.5, 2.0], [1.0, 22.25]]);
            region = Value::map([
                ("label", Value::text("a dog")),
                ("box", Value::Box(BBox([1.0, 2.0, 11.5, 22.25]))),
                ("polygon", Value::Polygon(Arc::new(triangle))),
            ]);
        }
        let turns = vec![
            Value::turn(
                "user",
                vec![Value::Media(image.clone()), "How does it compare to".into(), Value::Media(shown), "?".into()],
            ),
            Value::turn("assistant", vec![Value::text(format!("Record {i}: naïve “quotes”\nand lines"))]),
        ];
        let mut fields = vec![
            ("image", Value::Media(image)),
            ("crops", Value::list(vec![Value::Media(crop)])),
            ("captions", value(json!(["one", format!("two of {i}")]), "list<text>")),
            ("regions", Value::list(vec![region])),
            ("turns", Value::list(turns)),
            ("kind", if i.is_multiple_of(2) { "a".into() } else { "b".into() }),
            ("score", if i.is_multiple_of(3) { Value::Null } else { Value::Float(f64::from(i) / 8.0) }),
            ("steps", Value::Int(i64::from(i))),
            ("ok", Value::Bool(i % 2 == 1)),
            ("facts", value(json!({"deep": [1, {"x": null}], "n": i}), "json")),
            ("tags", value(json!({"x": i, "y": 2}), "map<int>")),
            (
                "answers",
                value(
                    json!([{"question": "where?", "box": [1.0, 2.0, 3.0, 4.0]}, {"question": "who?", "box": null}]),
                    "list<{question: text, box: box?}>",
                ),
            ),
        ];
        let fields = fields.drain(..).map(|(name, value)| (Name::from(name), value)).collect();
        let key = format!("row {i}");
        let root = Root { id: RecordId::input(&key), ordinal: i.into(), key };
        Record::from_input(root, fields)
    }

    /// Exports to a new directory below `dir`.
    pub fn export(&self, format: &str, out: &Path) -> Result<(), SinkError> {
        std::fs::create_dir_all(out).unwrap();
        let sink = tamis_io::sink::sink(format)?;
        sink.accepts(&self.schema)?;
        let dataset =
            Dataset { schema: &self.schema, media: &self.store, len: self.records.len() as u64, name: "sample" };
        sink.write(&dataset, &mut self.records.iter().cloned().map(Ok), out)
    }

    /// The fields of each record, comparable.
    pub fn known(&self, names: &[&str]) -> Vec<Json> {
        let one = |record: &Record| names.iter().map(|n| known(record.get(n).unwrap(), &self.store)).collect();
        self.records.iter().map(one).collect()
    }
}

/// The fields of each row, comparable with [`Sample::known`].
pub fn known_rows(rows: &[SourceRow], names: &[&str]) -> Vec<Json> {
    let store = MemoryStore::new();
    rows.iter().map(|row| names.iter().map(|name| known(field(row, name), &store)).collect()).collect()
}

/// Every file below a directory with its bytes.
pub fn tree(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut open = vec![dir.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => open.push(path),
                false => {
                    files.push((path.strip_prefix(dir).unwrap().display().to_string(), std::fs::read(&path).unwrap()))
                }
            }
        }
    }
    files.sort();
    files
}
