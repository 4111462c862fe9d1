//! Parquet, with the `Image` columns of Hugging Face datasets.

mod cell;
mod chunks;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use arrow_array::RecordBatch;
use serde_json::Map;
use tamis_core::source::{RowError, SharedSource, SourceError, Wanted};
use tamis_core::{Type, place};

use self::cell::Cells;
use self::chunks::Chunks;
use super::files::io_error;
use super::format::{Format, RawRow, RawRows, typed};
use super::typing::Need;

/// Opens one file, or those of a directory in name order. Only the columns that are asked for are read, a few rows at
/// a time.
///
/// A struct of `bytes` and `path`, or plain bytes, becomes an image where one is asked for. Parquet compresses its
/// pages, so such bytes have no place in the file that a handle could point at: the handle carries them until a media
/// store adopts it. Timestamps and dates are texts.
///
/// Errors: a file without footer (cut off, or no Parquet). A page that cannot be decoded is an error of each of the
/// rows in its row group that were not read yet.
pub(crate) fn open(root: &Path, paths: Vec<PathBuf>, wanted: &Wanted) -> Result<SharedSource, SourceError> {
    let shards: Result<Vec<Shard>, SourceError> = paths.iter().map(|path| Shard::open(root, path)).collect();
    typed(Shards { root: root.to_path_buf(), shards: shards? }, wanted)
}

struct Shards {
    root: PathBuf,
    shards: Vec<Shard>,
}

struct Shard {
    name: String,
    path: PathBuf,
    metadata: ArrowReaderMetadata,
}

impl Shard {
    fn open(root: &Path, path: &Path) -> Result<Shard, SourceError> {
        let file = Chunks(place::open(path).map_err(|e| io_error(path, &e))?);
        // Without the writer's own Arrow schema there are fewer types: no dictionaries, no large or view arrays.
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let metadata = ArrowReaderMetadata::load(&file, options).map_err(|e| {
            SourceError::new(format!("{}: expected a Parquet file: {e}", path.display()))
                .help("if it begins with PAR1 it was cut off: copy it again")
        })?;
        Ok(Shard { name: super::name_of(root, path), path: path.to_path_buf(), metadata })
    }

    fn groups(&self) -> impl Iterator<Item = u64> + '_ {
        self.metadata.metadata().row_groups().iter().map(|group| group.num_rows().max(0) as u64)
    }
}

impl Format for Shards {
    fn name(&self) -> &'static str {
        "parquet"
    }

    fn place(&self) -> String {
        self.root.display().to_string()
    }

    fn aliases(&self) -> &'static [(&'static str, &'static str)] {
        super::ROW_ALIASES
    }

    fn columns(&self) -> Option<Vec<(String, Type)>> {
        let schema = self.shards.first()?.metadata.schema();
        let natural = |data: &_, nullable| {
            let ty = cell::natural(data);
            if nullable { Type::optional(ty) } else { ty }
        };
        Some(schema.fields().iter().map(|f| (f.name().clone(), natural(f.data_type(), f.is_nullable()))).collect())
    }

    fn len(&self) -> Option<u64> {
        Some(self.shards.iter().flat_map(Shard::groups).sum())
    }

    fn files(&self) -> Vec<(String, PathBuf)> {
        self.shards.iter().map(|shard| (shard.name.clone(), shard.path.clone())).collect()
    }

    fn rows(&self, from: u64, need: &Need) -> Result<RawRows<'_>, SourceError> {
        let mut groups = Vec::new();
        let mut skip = from;
        for (number, shard) in self.shards.iter().enumerate() {
            let mut first = 0;
            for (group, rows) in shard.groups().enumerate() {
                let skipped = skip.min(rows);
                skip -= skipped;
                if skipped < rows {
                    groups.push(Group { shard: number, group, at: first + skipped, skipped, end: first + rows });
                }
                first += rows;
            }
        }
        let wanted = self.shards.iter().map(|shard| shard.wanted(need)).collect();
        groups.reverse();
        Ok(Box::new(Rows { source: self, wanted, groups, state: State::Closed, batch: None }))
    }
}

impl Shard {
    /// The columns to read: number, name, whether bytes in them are media.
    fn wanted(&self, need: &Need) -> Vec<(usize, String, bool)> {
        let fields = self.metadata.schema().fields().iter().enumerate();
        let wanted = fields.filter(|(_, field)| need.includes(field.name()));
        wanted.map(|(i, field)| (i, field.name().clone(), need.media(field.name()))).collect()
    }

    fn reader(&self, group: &Group, wanted: &[(usize, String, bool)]) -> Result<ParquetRecordBatchReader, String> {
        // So few rows that a batch of large pictures stays small.
        const BATCH: usize = 32;
        let file = Chunks(place::open(&self.path).map_err(|e| io_error(&self.path, &e).message)?);
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
        let roots = wanted.iter().map(|(i, _, _)| *i);
        let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
        let builder = builder.with_projection(mask).with_batch_size(BATCH).with_row_groups(vec![group.group]);
        builder.with_offset(group.skipped as usize).build().map_err(|e| e.to_string())
    }
}

/// A row group that is still to be read.
struct Group {
    shard: usize,
    group: usize,
    /// the next row, counted in the file
    at: u64,
    /// rows at its start that nobody wants
    skipped: u64,
    /// the row after its last, counted in the file
    end: u64,
}

enum State {
    Closed,
    Reading(ParquetRecordBatchReader),
    /// the rest of the row group cannot be read
    Broken(String),
}

struct Rows<'a> {
    source: &'a Shards,
    wanted: Vec<Vec<(usize, String, bool)>>,
    /// the current one last
    groups: Vec<Group>,
    state: State,
    batch: Option<(RecordBatch, usize)>,
}

impl Iterator for Rows<'_> {
    type Item = Result<RawRow, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let group = self.groups.last_mut()?;
            if group.at >= group.end {
                self.groups.pop();
                (self.state, self.batch) = (State::Closed, None);
                continue;
            }
            let shard = &self.source.shards[group.shard];
            let wanted = &self.wanted[group.shard];
            if let Some((batch, row)) = &mut self.batch
                && *row < batch.num_rows()
            {
                *row += 1;
                group.at += 1;
                return Some(shard.row(batch, *row - 1, group.at - 1, wanted));
            }
            self.batch = None;
            match &mut self.state {
                State::Closed => {
                    self.state = shard.reader(group, wanted).map_or_else(State::Broken, State::Reading);
                }
                State::Reading(reader) => match reader.next() {
                    Some(Ok(batch)) => self.batch = Some((batch, 0)),
                    Some(Err(error)) => self.state = State::Broken(error.to_string()),
                    None => self.state = State::Broken("the row group has fewer rows than the footer says".to_string()),
                },
                State::Broken(message) => {
                    group.at += 1;
                    let message = format!("row group {} cannot be read any further: {message}", group.group);
                    return Some(Err(RowError { key: shard.key(group.at - 1), message }));
                }
            }
        }
    }
}

impl Shard {
    fn key(&self, row: u64) -> String {
        format!("{}[{row}]", self.name)
    }

    fn row(
        &self,
        batch: &RecordBatch,
        row: usize,
        number: u64,
        wanted: &[(usize, String, bool)],
    ) -> Result<RawRow, RowError> {
        let key = self.key(number);
        let mut embedded = Vec::new();
        let mut fields = Map::new();
        for ((_, name, media), array) in wanted.iter().zip(batch.columns()) {
            let cell = Cells { embedded: &mut embedded, media: *media }.read(array, row);
            let json = cell.map_err(|why| RowError { key: key.clone(), message: format!("field `{name}`: {why}") })?;
            fields.insert(name.clone(), json);
        }
        let folder: Arc<Path> = self.path.parent().unwrap_or(Path::new("")).into();
        Ok(RawRow { key, fields, embedded, folder })
    }
}
