//! The contract of a barrier: a decision that needs to see all records.
//!
//! `map` sums up each part, `merge` decides from the summaries, `apply` carries the decision out on each part. So a
//! barrier runs on any engine that can run a map, a reduce and a map.
//!
//! Memory: a summary is written to disk with its part and read back when `merge` asks for it, a decision is made and
//! written part by part, and the records themselves can be looked up one by one ([`Before::record`]). What is held is
//! what `merge` chooses to hold; what does not fit goes into [`Merging::scratch`].
//!
//! Summaries and decisions are kept in postcard's format: compact, but not self-describing, so their types must not
//! skip fields or be untagged.

use std::marker::PhantomData;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::StepError;
use crate::operator::{Context, Verdict};
use crate::record::Record;

/// A barrier with its own types for summary and decision.
pub trait BarrierOperator: Send + Sync {
    /// what `merge` needs to know of a part
    type Summary: Serialize + DeserializeOwned + Send;
    /// what `apply` needs to know for a part
    type Decision: Serialize + DeserializeOwned + Send + Sync;

    /// Sums up a part. A record that cannot be summed up gets its error by its index; it fails and takes no part in the
    /// decision, so the summary must leave it out: its rows are those of the remaining records, in their order. See
    /// [`each`].
    fn map(&self, records: &[Record], ctx: &Context<'_>) -> (Self::Summary, Vec<(usize, StepError)>);

    /// Decides: gives one decision for each part to `decide`, in the order of the parts. The parts stand in the order
    /// of the input, whatever the order of work was.
    fn merge(
        &self,
        parts: &Parts<'_, Self::Summary>,
        decide: &mut Decide<'_, Self::Decision>,
        ctx: &Merging<'_>,
    ) -> Result<(), StepError>;

    /// Carries the decision out on the record in `row` of its part, counted from 0 among those that were summed up.
    fn apply(
        &self,
        record: &mut Record,
        row: usize,
        decision: &Self::Decision,
        ctx: &Applying<'_>,
    ) -> Result<Verdict, StepError>;
}

/// Sums up records one by one: the rows of those that could be, and the errors of the others by their index.
pub fn each<T>(
    records: &[Record],
    mut row: impl FnMut(&Record) -> Result<T, StepError>,
) -> (Vec<T>, Vec<(usize, StepError)>) {
    let (mut rows, mut errors) = (Vec::with_capacity(records.len()), Vec::new());
    for (i, record) in records.iter().enumerate() {
        match row(record) {
            Ok(row) => rows.push(row),
            Err(error) => errors.push((i, error)),
        }
    }
    (rows, errors)
}

/// Where a record stands in the stage before a barrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// the part's number, from 0
    pub part: u32,
    /// the row in the part, from 0
    pub row: u32,
}

/// The stage before a barrier, as it lies on disk.
pub trait Before: Send + Sync {
    /// How many parts it has.
    fn parts(&self) -> usize;

    /// What [`Barrier::map`] gave for a part.
    fn summary(&self, part: usize) -> Result<Vec<u8>, StepError>;

    /// The record at a place, read on demand.
    fn record(&self, place: Place) -> Result<Record, StepError>;

    /// All records of a part.
    fn records(&self, part: usize) -> Result<Vec<Record>, StepError>;
}

/// The summaries of all parts, read on demand and as often as wanted.
pub struct Parts<'a, S> {
    before: &'a dyn Before,
    of: PhantomData<S>,
}

impl<'a, S: DeserializeOwned> Parts<'a, S> {
    /// How many parts there are.
    pub fn len(&self) -> usize {
        self.before.parts()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The summary of a part.
    pub fn get(&self, part: usize) -> Result<S, StepError> {
        postcard::from_bytes(&self.before.summary(part)?).map_err(broken)
    }

    /// The summaries in order.
    pub fn iter(&self) -> impl Iterator<Item = Result<S, StepError>> {
        (0..self.len()).map(|part| self.get(part))
    }

    /// The records behind the summaries.
    pub fn before(&self) -> &'a dyn Before {
        self.before
    }
}

/// Takes the decisions, one for each part, in order.
pub struct Decide<'a, D> {
    put: &'a mut dyn FnMut(Vec<u8>) -> Result<(), StepError>,
    of: PhantomData<D>,
}

impl<D: Serialize> Decide<'_, D> {
    /// The decision for the next part.
    pub fn put(&mut self, decision: &D) -> Result<(), StepError> {
        (self.put)(postcard::to_stdvec(decision).map_err(broken)?)
    }
}

/// The file in [`Merging::handover`] with which others say that they are done: who plays the roles behind the barrier.
/// Where it stands, an engine binds those roles anew for the stages behind.
pub const HANDED_BACK: &str = "models.yaml";

/// What `merge` can ask for.
pub struct Merging<'a> {
    /// the run's services and the step's id
    pub ctx: &'a Context<'a>,
    /// an empty directory of its own, for what does not fit into memory; removed afterwards
    pub scratch: &'a Path,
    /// the directory `handover/<step>` of the run, for what is handed to others and back; may not exist yet
    pub handover: &'a Path,
}

/// What `apply` can ask for.
pub struct Applying<'a> {
    /// the run's services and the step's id
    pub ctx: &'a Context<'a>,
    /// the other records, by their places
    pub before: &'a dyn Before,
    /// where the record itself stands
    pub place: Place,
}

/// What `map` gives for a part: the summary as bytes, and the errors of records that could not be summed up, by their
/// index.
pub type Summed = (Vec<u8>, Vec<(usize, StepError)>);

/// A barrier as the engine sees it: summaries and decisions are bytes.
pub trait Barrier: Send + Sync {
    /// See [`BarrierOperator::map`].
    fn map(&self, records: &[Record], ctx: &Context<'_>) -> Result<Summed, StepError>;

    /// See [`BarrierOperator::merge`]; `decide` is called once for each part.
    fn merge(
        &self,
        before: &dyn Before,
        decide: &mut dyn FnMut(Vec<u8>) -> Result<(), StepError>,
        ctx: &Merging<'_>,
    ) -> Result<(), StepError>;

    /// Reads the decision of a part, to apply it.
    fn decided<'a>(&'a self, decision: &[u8]) -> Result<Box<dyn Decided + 'a>, StepError>;
}

/// The decision of a part, ready to be applied to its records.
pub trait Decided: Send + Sync {
    /// See [`BarrierOperator::apply`].
    fn apply(&self, record: &mut Record, row: usize, ctx: &Applying<'_>) -> Result<Verdict, StepError>;
}

impl<B: BarrierOperator> Barrier for B {
    fn map(&self, records: &[Record], ctx: &Context<'_>) -> Result<Summed, StepError> {
        let (summary, errors) = BarrierOperator::map(self, records, ctx);
        Ok((postcard::to_stdvec(&summary).map_err(broken)?, errors))
    }

    fn merge(
        &self,
        before: &dyn Before,
        decide: &mut dyn FnMut(Vec<u8>) -> Result<(), StepError>,
        ctx: &Merging<'_>,
    ) -> Result<(), StepError> {
        let parts = Parts { before, of: PhantomData };
        BarrierOperator::merge(self, &parts, &mut Decide { put: decide, of: PhantomData }, ctx)
    }

    fn decided<'a>(&'a self, decision: &[u8]) -> Result<Box<dyn Decided + 'a>, StepError> {
        let decision: B::Decision = postcard::from_bytes(decision).map_err(broken)?;
        Ok(Box::new(Applied { barrier: self, decision }))
    }
}

fn broken(error: postcard::Error) -> StepError {
    StepError::failed(format!("a barrier's summary or decision cannot be read or written: {error}"))
}

struct Applied<'a, B: BarrierOperator> {
    barrier: &'a B,
    decision: B::Decision,
}

impl<B: BarrierOperator> Decided for Applied<'_, B> {
    fn apply(&self, record: &mut Record, row: usize, ctx: &Applying<'_>) -> Result<Verdict, StepError> {
        self.barrier.apply(record, row, &self.decision, ctx)
    }
}
