//! Parquet as `datasets.load_dataset` opens it, with pictures as real `Image` columns.

mod cells;
mod columns;

use std::collections::HashMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::{EnabledStatistics, WriterProperties};
use ::parquet::schema::types::ColumnPath;
use arrow_array::RecordBatch;
use arrow_schema::{Schema as ArrowSchema, SchemaRef};
use serde_json::{Map, json};
use tamis_core::record::Record;
use tamis_core::schema::Schema;
use tamis_core::sink::{Dataset, Sink, SinkError};

use self::cells::{Cell, Rows};
use self::columns::Columns;
use super::json::create;
use super::{at_record, io_error};

/// `data/train-00000-of-0000N.parquet`: shards of about 500 MB, row groups of at most 1000 rows and 32 MB of media,
/// zstd for everything but the media, which are written as they are.
///
/// - image, mask, audio, video: struct of `bytes` and `path`, an `Image`, `Audio` or `Video` of `datasets`
/// - point, box: list of floats in pixels; polygon: list of points; map: list of `key` and `value`; json: its text
/// - conversation: list of `role` and `content`, a text with an `<image>` in the place of each picture. The pictures
///   are in `images`, in order. In a dataset that has image fields, `<conversation>_images` names for each token the
///   column that has it (`image`, `pages[1]`, `<conversation>_media[0]`), and only what no image field has is stored
///   once more, in `<conversation>_media`.
///
/// The features of `datasets` (4 or newer) are in the schema's metadata under `huggingface`.
pub(super) struct Parquet {
    /// a shard is closed when it has this many bytes
    shard: usize,
    /// the most rows of a row group
    group: usize,
}

/// The most bytes of media and text of a row group; a single row may have more.
const GROUP_BYTES: usize = 32 << 20;

impl Default for Parquet {
    fn default() -> Parquet {
        Parquet { shard: 500_000_000, group: 1000 }
    }
}

impl Sink for Parquet {
    fn format(&self) -> &'static str {
        "parquet"
    }

    fn about(&self) -> &'static str {
        "shards that datasets.load_dataset opens, with Image columns"
    }

    fn accepts(&self, schema: &Schema) -> Result<(), SinkError> {
        if schema.is_empty() { Err(SinkError("the dataset has no fields".to_string())) } else { Ok(()) }
    }

    fn write(
        &self,
        dataset: &Dataset<'_>,
        records: &mut dyn Iterator<Item = Result<Record, SinkError>>,
        out: &Path,
    ) -> Result<(), SinkError> {
        let columns = Columns::of(dataset.schema);
        let mut rows = Rows::new(&columns, dataset);
        let mut shards = Shards::new(&columns, &out.join("data"), self);
        for record in records {
            let record = record?;
            rows.push(&record).map_err(|e| at_record(&record, e))?;
            if rows.len() >= self.group || rows.bytes() >= GROUP_BYTES {
                shards.write(rows.take())?;
            }
        }
        shards.write(rows.take())?;
        shards.finish()
    }
}

struct Shards {
    dir: PathBuf,
    schema: SchemaRef,
    properties: WriterProperties,
    limit: usize,
    open: Option<(PathBuf, ArrowWriter<BufWriter<File>>)>,
    count: usize,
}

impl Shards {
    fn new(columns: &Columns, dir: &Path, sink: &Parquet) -> Shards {
        let features: Map<_, _> = columns.all().map(|column| (column.name.clone(), column.shape.feature())).collect();
        let metadata = json!({"info": {"features": features}}).to_string();
        let fields: Vec<_> = columns.all().map(|column| column.shape.field(&column.name)).collect();
        let schema = ArrowSchema::new_with_metadata(fields, HashMap::from([("huggingface".to_string(), metadata)]));
        let media = columns.all().flat_map(|column| column.shape.media_paths(&column.name)).collect();
        Shards {
            dir: dir.to_path_buf(),
            schema: Arc::new(schema),
            properties: properties(media, sink.group),
            limit: sink.shard,
            open: None,
            count: 0,
        }
    }

    fn write(&mut self, rows: Vec<Vec<Cell>>) -> Result<(), SinkError> {
        if rows.is_empty() && self.count > 0 {
            return Ok(());
        }
        let arrays = (0..self.schema.fields().len()).map(|i| {
            let cells: Vec<&Cell> = rows.iter().map(|row| &row[i]).collect();
            cells::array(self.schema.field(i).data_type(), &cells)
        });
        let dir = self.dir.clone();
        let failed = |error: ParquetError| SinkError(format!("{}: {error}", dir.display()));
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays.collect::<Result<_, _>>()?);
        let batch = batch.map_err(|e| failed(e.into()))?;
        if self.open.is_none() {
            let path = self.dir.join(format!("train-{:05}.parquet", self.count));
            let writer = ArrowWriter::try_new(create(&path)?, Arc::clone(&self.schema), Some(self.properties.clone()));
            self.count += 1;
            self.open = Some((path, writer.map_err(&failed)?));
        }
        let Some((_, writer)) = &mut self.open else { return Ok(()) };
        writer.write(&batch).and_then(|()| writer.flush()).map_err(&failed)?;
        if writer.bytes_written() >= self.limit {
            self.close()?;
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), SinkError> {
        let Some((path, writer)) = self.open.take() else { return Ok(()) };
        let file = writer.into_inner().map_err(|e| SinkError(format!("{}: {e}", path.display())))?;
        file.into_inner().map(drop).map_err(|e| io_error(&path, e.error()))
    }

    /// Gives the shards the names that say how many there are.
    fn finish(mut self) -> Result<(), SinkError> {
        self.close()?;
        for number in 0..self.count {
            let from = self.dir.join(format!("train-{number:05}.parquet"));
            let to = self.dir.join(format!("train-{number:05}-of-{:05}.parquet", self.count));
            std::fs::rename(&from, &to).map_err(|e| io_error(&from, &e))?;
        }
        Ok(())
    }
}

/// Media are compressed already, and an index of their first bytes helps nobody.
fn properties(media: Vec<Vec<String>>, group: usize) -> WriterProperties {
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(group));
    for path in media {
        let path = ColumnPath::new(path);
        builder = builder
            .set_column_compression(path.clone(), Compression::UNCOMPRESSED)
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_statistics_enabled(path, EnabledStatistics::None);
    }
    builder.build()
}

#[cfg(test)]
mod tests {
    use ::parquet::file::reader::{FileReader, SerializedFileReader};
    use tamis_core::media::{MediaStore, MemoryStore};
    use tamis_core::record::Root;
    use tamis_core::{Field, MediaKind, RecordId, Type, Value};

    use super::*;

    fn export(sink: &Parquet, rows: u8, out: &Path) {
        let store = MemoryStore::new();
        let fields = [("pages", Type::list(Type::Image)), ("text", Type::Text)];
        let schema: Schema = fields.into_iter().map(|(name, ty)| (name, Field::new(ty))).collect();
        let mut records = (0..rows).map(|i| {
            let page = Value::Media(store.put(MediaKind::Image, &[i; 1000]).unwrap());
            let fields = vec![("pages".into(), Value::list(vec![page])), ("text".into(), "x".into())];
            let root = Root { id: RecordId::input(&i.to_string()), ordinal: i.into(), key: i.to_string() };
            Ok(Record::from_input(root, fields))
        });
        let dataset = Dataset { schema: &schema, media: &store, len: rows.into(), name: "test" };
        sink.write(&dataset, &mut records, out).unwrap();
    }

    #[test]
    fn shards_are_named_by_how_many_there_are() {
        let dir = tempfile::tempdir().unwrap();
        export(&Parquet { shard: 1, group: 4 }, 9, dir.path());
        let entries = std::fs::read_dir(dir.path().join("data")).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        let expected: Vec<_> = (0..3).map(|i| format!("train-{i:05}-of-00003.parquet")).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn media_are_written_as_they_are_and_everything_else_compressed() {
        let dir = tempfile::tempdir().unwrap();
        export(&Parquet::default(), 3, dir.path());
        let file = File::open(dir.path().join("data/train-00000-of-00001.parquet")).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let group = reader.metadata().row_group(0);
        let told =
            group.columns().iter().map(|c| (c.column_path().string(), c.compression() == Compression::UNCOMPRESSED));
        let bytes = told.filter(|(_, plain)| *plain).map(|(path, _)| path).collect::<Vec<_>>();
        assert_eq!(bytes, ["pages.list.item.bytes"]);
    }
}
