//! A host without an engine: everything in memory, on the caller's thread. For tests and examples.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::future::BoxFuture;
use image::DynamicImage;

use crate::barrier::{Applying, Barrier, Before, HANDED_BACK, Merging, Place};
use crate::block::{self, Failed, Outcome};
use crate::error::StepError;
use crate::id::RecordId;
use crate::media::{Limits, Media, MediaError, MediaStore, MemoryStore, decode};
use crate::model::Model;
use crate::operator::{Context, Host};
use crate::record::{Record, Root};
use crate::schema::Schema;
use crate::table::{OwnTable, Table};
use crate::value::{Fields, Name, Value};

/// A [`Host`] in memory.
pub struct LocalHost {
    seed: u64,
    media: Arc<dyn MediaStore>,
    models: BTreeMap<Name, Arc<dyn Model>>,
    tables: BTreeMap<Name, Arc<dyn Table>>,
    own: BTreeMap<Name, Vec<OwnTable>>,
}

impl LocalHost {
    /// With a seed and no models.
    pub fn new(seed: u64) -> LocalHost {
        let media = Arc::new(MemoryStore::default());
        LocalHost { seed, media, models: BTreeMap::new(), tables: BTreeMap::new(), own: BTreeMap::new() }
    }

    /// The same with a model for a role.
    pub fn with_model(mut self, role: &str, model: Arc<dyn Model>) -> LocalHost {
        self.models.insert(Name::from(role), model);
        self
    }
}

impl LocalHost {
    /// The same with a table.
    pub fn with_table(mut self, name: &str, table: Arc<dyn Table>) -> LocalHost {
        self.tables.insert(Name::from(name), table);
        self
    }

    /// The same with tables of any columns.
    pub fn with_own(mut self, name: &str, tables: Vec<OwnTable>) -> LocalHost {
        self.own.insert(Name::from(name), tables);
        self
    }
}

impl Host for LocalHost {
    fn seed(&self) -> u64 {
        self.seed
    }

    fn media(&self) -> &Arc<dyn MediaStore> {
        &self.media
    }

    fn model(&self, role: &str) -> Option<&Arc<dyn Model>> {
        self.models.get(role)
    }

    fn table(&self, name: &str) -> Option<&Arc<dyn Table>> {
        self.tables.get(name)
    }

    fn own_tables(&self, name: &str) -> &[OwnTable] {
        self.own.get(name).map_or(&[], Vec::as_slice)
    }

    fn pixels(&self, media: &Arc<Media>) -> Result<Arc<DynamicImage>, MediaError> {
        let bytes = self.media.read(media)?;
        decode(&bytes, &Limits::default()).map(Arc::new).map_err(|message| media.error(message))
    }

    fn heavy<'a>(&'a self, work: Box<dyn FnOnce() + Send + 'a>) -> BoxFuture<'a, ()> {
        work();
        Box::pin(std::future::ready(()))
    }
}

/// A [`Table`] in memory.
pub struct Rows {
    schema: Schema,
    rows: Vec<Fields>,
}

impl Rows {
    /// With its rows.
    pub fn new(schema: Schema, rows: Vec<Fields>) -> Rows {
        Rows { schema, rows }
    }
}

impl Table for Rows {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn len(&self) -> u64 {
        self.rows.len() as u64
    }

    fn row(&self, number: u64) -> Result<Fields, StepError> {
        self.rows.get(number as usize).cloned().ok_or_else(|| StepError::failed("there is no such row"))
    }

    fn find(&self, field: &str, key: &Value) -> Result<Vec<u64>, StepError> {
        let alike = |(number, row): (usize, &Fields)| (row.get(field) == Some(key)).then_some(number as u64);
        Ok(self.rows.iter().enumerate().filter_map(alike).collect())
    }
}

/// Takes records through a barrier, `size` to a part, as an engine does. A barrier whose `merge` fails is an error.
pub fn through_barrier(
    barrier: &dyn Barrier,
    records: Vec<Record>,
    size: usize,
    ctx: &Context<'_>,
) -> Result<Outcome, StepError> {
    let step: Arc<str> = ctx.step.into();
    let mut outcome = Outcome::default();
    let mut before = InMemory::default();
    let mut records = records.into_iter().peekable();
    while records.peek().is_some() {
        let mut part: Vec<Record> = records.by_ref().take(size.max(1)).collect();
        let (summary, errors) = barrier.map(&part, ctx)?;
        for (index, error) in errors.into_iter().rev() {
            let failed = Failed {
                record: part.remove(index),
                step: step.clone(),
                error: error.to_string(),
                field: None,
                attempts: 1,
            };
            outcome.failed.push(failed);
        }
        before.summaries.push(summary);
        before.parts.push(part);
    }
    let mut decisions = Vec::new();
    let mut decide = |decision| {
        decisions.push(decision);
        Ok(())
    };
    let folder = tempdir();
    let handover = folder.0.join("handover");
    // Whoever was to hand something back has done so.
    let handed_back = std::fs::create_dir_all(&handover).and_then(|()| std::fs::write(handover.join(HANDED_BACK), ""));
    handed_back.map_err(|e| StepError::failed(e.to_string()))?;
    barrier.merge(&before, &mut decide, &Merging { ctx, scratch: &folder.0, handover: &handover })?;
    if decisions.len() != before.parts.len() {
        let message = format!("{} decisions for {} parts", decisions.len(), before.parts.len());
        return Err(StepError::failed(message));
    }
    for (part, decision) in decisions.iter().enumerate() {
        let decided = barrier.decided(decision)?;
        for (row, record) in before.parts[part].iter().enumerate() {
            let place = Place { part: part as u32, row: row as u32 };
            let mut record = record.clone();
            let verdict = decided.apply(&mut record, row, &Applying { ctx, before: &before, place });
            outcome.append(block::after_barrier(&step, record, verdict).map_err(StepError::Stop)?);
        }
    }
    Ok(outcome)
}

#[derive(Default)]
struct InMemory {
    summaries: Vec<Vec<u8>>,
    parts: Vec<Vec<Record>>,
}

impl Before for InMemory {
    fn parts(&self) -> usize {
        self.parts.len()
    }

    fn summary(&self, part: usize) -> Result<Vec<u8>, StepError> {
        Ok(self.summaries[part].clone())
    }

    fn record(&self, place: Place) -> Result<Record, StepError> {
        Ok(self.parts[place.part as usize][place.row as usize].clone())
    }

    fn records(&self, part: usize) -> Result<Vec<Record>, StepError> {
        Ok(self.parts[part].clone())
    }
}

/// A directory that goes away with its owner.
struct Folder(PathBuf);

fn tempdir() -> Folder {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let name = format!("tamis-barrier-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let path = std::env::temp_dir().join(name);
    let _ = std::fs::create_dir_all(&path);
    Folder(path)
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A record as if read from row `ordinal` of an input.
pub fn record<N: Into<Name>>(ordinal: u64, fields: impl IntoIterator<Item = (N, Value)>) -> Record {
    let key = format!("row {ordinal}");
    let fields = fields.into_iter().map(|(n, v)| (n.into(), v)).collect();
    Record::from_input(Root { id: RecordId::input(&key), ordinal, key }, fields)
}
