//! Reading the input part by part, on a thread of its own, and only the parts that are still to be done.

use std::collections::HashSet;
use std::sync::Arc;

use tamis_core::block::{Failed, Outcome};
use tamis_core::media::Origin;
use tamis_core::place;
use tamis_core::record::Root;
use tamis_core::schema::Schema;
use tamis_core::source::{RowError, SharedSource, Source, SourceError, SourceItem, SourceRow};
use tamis_core::{Name, Record, RecordId};
use tokio::sync::mpsc::Sender;

use crate::layout::Shard;
use crate::part::Total;

/// The rows of one part.
pub struct PartRows {
    /// its number
    pub part: u64,
    /// its first row, counted from 0 in the whole input
    pub first: u64,
    /// rows and unreadable rows
    pub rows: Vec<SourceItem>,
}

/// Which rows are wanted.
pub struct Reading {
    /// rows in a part
    pub part_rows: u64,
    /// at most this many rows
    pub take: u64,
    /// the share of the parts
    pub shard: Shard,
    /// parts that are done
    pub done: HashSet<u64>,
}

/// Sends the wanted parts and returns how many there are in all; stops early when nobody listens any more.
pub fn read(source: &SharedSource, reading: &Reading, parts: &Sender<PartRows>) -> Result<Option<Total>, SourceError> {
    match source.len() {
        Some(len) => read_known(&**source, reading, len.min(reading.take), parts),
        None => read_unknown(&**source, reading, parts),
    }
}

impl Reading {
    fn wants(&self, part: u64) -> bool {
        self.shard.owns(part) && !self.done.contains(&part)
    }
}

/// The number of rows is known: parts that are not wanted are jumped over.
fn read_known(
    source: &dyn Source,
    reading: &Reading,
    len: u64,
    parts: &Sender<PartRows>,
) -> Result<Option<Total>, SourceError> {
    let total = Total { parts: len.div_ceil(reading.part_rows), rows: len };
    let mut open: Option<(u64, Box<dyn Iterator<Item = SourceItem> + Send + '_>)> = None;
    for part in (0..total.parts).filter(|part| reading.wants(*part)) {
        let first = part * reading.part_rows;
        let wanted = reading.part_rows.min(len - first) as usize;
        let mut rows = match open.take() {
            Some((at, rows)) if at == first => rows,
            _ => source.rows(first)?,
        };
        let read: Vec<SourceItem> = rows.by_ref().take(wanted).collect();
        if read.len() < wanted {
            let found = first + read.len() as u64;
            return Err(SourceError::new(format!("the input ends after {found} rows; {len} were announced")));
        }
        open = Some((first + wanted as u64, rows));
        if parts.blocking_send(PartRows { part, first, rows: read }).is_err() {
            return Ok(None);
        }
    }
    Ok(Some(total))
}

/// The number of rows is not known: everything is read, what is not wanted is dropped.
fn read_unknown(
    source: &dyn Source,
    reading: &Reading,
    parts: &Sender<PartRows>,
) -> Result<Option<Total>, SourceError> {
    let take = usize::try_from(reading.take).unwrap_or(usize::MAX);
    let mut rows = source.rows(0)?.take(take);
    let (mut part, mut first) = (0, 0);
    loop {
        let read: Vec<SourceItem> = rows.by_ref().take(reading.part_rows as usize).collect();
        let count = read.len() as u64;
        if count > 0 && reading.wants(part) && parts.blocking_send(PartRows { part, first, rows: read }).is_err() {
            return Ok(None);
        }
        if count > 0 {
            part += 1;
            first += count;
        }
        if count < reading.part_rows {
            return Ok(Some(Total { parts: part, rows: first }));
        }
    }
}

/// The records of a part; rows that could not be read are failures already.
pub fn records(part: PartRows) -> (Vec<Record>, Outcome) {
    let mut outcome = Outcome::default();
    let mut records = Vec::with_capacity(part.rows.len());
    for (i, row) in part.rows.into_iter().enumerate() {
        let root = |key: String| Root { id: RecordId::input(&key), ordinal: part.first + i as u64, key };
        match row {
            Ok(row) => match missing_file(&row) {
                Some((field, error)) => {
                    let record = Record::from_input(root(row.key), row.fields);
                    let step = Arc::from("input");
                    outcome.failed.push(Failed { record, step, error, field: Some(field), attempts: 1 });
                }
                None => records.push(Record::from_input(root(row.key), row.fields)),
            },
            Err(error) => outcome.failed.push(unreadable(root(error.key.clone()), &error)),
        }
    }
    (records, outcome)
}

/// The first field whose file is not there. Found before anything is paid for the row; what is in the file is looked
/// at by the steps that need it. Objects behind URLs are fetched where records go side by side.
fn missing_file(row: &SourceRow) -> Option<(Name, String)> {
    row.fields.iter().find_map(|(name, value)| {
        let mut missing = None;
        value.each_media(&mut |media| {
            if let Origin::File { path } = media.origin()
                && missing.is_none()
                && !place::is_url(path)
                && !path.exists()
            {
                missing = Some(media.error("no such file").to_string());
            }
        });
        missing.map(|error| (name.clone(), error))
    })
}

fn unreadable(root: Root, error: &RowError) -> Failed {
    let record = Record::from_input(root, Vec::new());
    Failed { record, step: Arc::from("input"), error: error.message.clone(), field: None, attempts: 1 }
}

/// The input of a recipe that needs none: empty rows without end.
#[derive(Debug, Default)]
pub struct NoInput {
    schema: Schema,
}

impl Source for NoInput {
    fn format(&self) -> &'static str {
        "none"
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn len(&self) -> Option<u64> {
        None
    }

    fn fingerprint(&self) -> String {
        "none".to_string()
    }

    fn rows(&self, from: u64) -> Result<Box<dyn Iterator<Item = SourceItem> + Send + '_>, SourceError> {
        Ok(Box::new((from..).map(|n| Ok(SourceRow { key: n.to_string(), fields: Vec::new() }))))
    }
}
