//! A barrier in a round: records that fell back before it take no part, and those that it would end fall back.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tamis_core::barrier::{Applying, Barrier, Before, Decided, Merging, Place, Summed};
use tamis_core::block::{Counts, Tally};
use tamis_core::error::StopReason;
use tamis_core::operator::{Context, Verdict};
use tamis_core::{Record, StepError};

use super::Forgives;
use super::guard::splitting;
use super::memory::Memory;

/// A barrier with its summaries and decisions as bytes.
pub(super) struct GuardedBarrier {
    pub(super) barrier: Box<dyn Barrier>,
    pub(super) memory: Memory,
    pub(super) forgives: Forgives,
    pub(super) round: u32,
    pub(super) id: Arc<str>,
    pub(super) tally: Arc<Tally>,
}

/// The barrier's own summary or decision of a part, and the rows that it knows nothing of.
#[derive(Serialize, Deserialize)]
struct Wrapped {
    /// rows that took no part, ascending; with the error where it could not be summed up
    out: Vec<(u32, Option<String>)>,
    inner: Vec<u8>,
}

impl Wrapped {
    fn read(bytes: &[u8]) -> Result<Wrapped, StepError> {
        postcard::from_bytes(bytes).map_err(broken)
    }

    fn bytes(&self) -> Result<Vec<u8>, StepError> {
        postcard::to_stdvec(self).map_err(broken)
    }
}

fn broken(error: postcard::Error) -> StepError {
    StepError::Stop(StopReason::Machine(format!("what a barrier in a round decided cannot be read: {error}")))
}

impl Barrier for GuardedBarrier {
    fn map(&self, records: &[Record], ctx: &Context<'_>) -> Result<Summed, StepError> {
        let (mut live, mut rows, mut out) = (Vec::with_capacity(records.len()), Vec::new(), BTreeMap::new());
        for (row, record) in records.iter().enumerate() {
            let mut record = record.clone();
            if self.memory.take(&mut record).fallen {
                out.insert(row as u32, None);
            } else {
                live.push(record);
                rows.push(row);
            }
        }
        let (inner, errors) = self.barrier.map(&live, ctx)?;
        let errors: Vec<(usize, StepError)> = errors.into_iter().map(|(row, error)| (rows[row], error)).collect();
        if !self.forgives.failed {
            // The engine takes those that failed out, so the rows behind them move up.
            let shift = |row: u32| row - errors.iter().filter(|(failed, _)| *failed < row as usize).count() as u32;
            let out = out.into_iter().map(|(row, why)| (shift(row), why)).collect();
            return Ok((Wrapped { out, inner }.bytes()?, errors));
        }
        out.extend(errors.into_iter().map(|(row, error)| (row as u32, Some(error.to_string()))));
        Ok((Wrapped { out: out.into_iter().collect(), inner }.bytes()?, Vec::new()))
    }

    fn merge(
        &self,
        before: &dyn Before,
        decide: &mut dyn FnMut(Vec<u8>) -> Result<(), StepError>,
        ctx: &Merging<'_>,
    ) -> Result<(), StepError> {
        let rows = Rows::default();
        let mut part = 0;
        let mut put = |inner: Vec<u8>| {
            let out = Wrapped::read(&before.summary(part)?)?.out;
            part += 1;
            decide(Wrapped { out, inner }.bytes()?)
        };
        self.barrier.merge(&Live { before, memory: &self.memory, rows: &rows }, &mut put, ctx)
    }

    fn decided<'a>(&'a self, decision: &[u8]) -> Result<Box<dyn Decided + 'a>, StepError> {
        let Wrapped { out, inner } = Wrapped::read(decision)?;
        let inner = self.barrier.decided(&inner)?;
        Ok(Box::new(GuardedDecided { guard: self, out, inner, rows: Rows::default() }))
    }
}

struct GuardedDecided<'a> {
    guard: &'a GuardedBarrier,
    out: Vec<(u32, Option<String>)>,
    inner: Box<dyn Decided + 'a>,
    rows: Rows,
}

impl Decided for GuardedDecided<'_> {
    fn apply(&self, record: &mut Record, row: usize, ctx: &Applying<'_>) -> Result<Verdict, StepError> {
        let GuardedBarrier { memory, round, id, tally, .. } = self.guard;
        let mut state = memory.take(record);
        let fields = record.fields().to_vec();
        let passed_over = match self.out.binary_search_by_key(&(row as u32), |(row, _)| *row) {
            Ok(at) => {
                if let Some(error) = &self.out[at].1 {
                    tally.add(Counts { failed: 1, ..Counts::default() });
                    state.fall_back(record, &fields, id, *round, error);
                }
                memory.put(record, state);
                return Ok(Verdict::Pass);
            }
            Err(before) => before,
        };
        let row = row - passed_over;
        let before = Live { before: ctx.before, memory, rows: &self.rows };
        let place = Place { part: ctx.place.part, row: row as u32 };
        let verdict = self.inner.apply(record, row, &Applying { ctx: ctx.ctx, before: &before, place });
        let forgives = self.guard.forgives;
        match verdict {
            Ok(Verdict::Pass) => state.remember(&fields, record),
            Ok(Verdict::Reject(reject)) if forgives.rejected => {
                tally.add(Counts { rejected: 1, ..Counts::default() });
                state.fall_back(record, &fields, id, *round, &reject.reason);
            }
            Err(StepError::Failed { message, .. }) if forgives.failed => {
                tally.add(Counts { failed: 1, ..Counts::default() });
                state.fall_back(record, &fields, id, *round, &message);
            }
            Ok(Verdict::Split(_) | Verdict::Gathered(_) | Verdict::Became(_)) => return Err(splitting(id)),
            ended => return ended,
        }
        memory.put(record, state);
        Ok(Verdict::Pass)
    }
}

/// The stage before the barrier as the barrier sees it: without the records that took no part, and without what is
/// hidden in the others.
struct Live<'a> {
    before: &'a dyn Before,
    memory: &'a Memory,
    rows: &'a Rows,
}

/// The rows of parts that took no part, read on demand.
#[derive(Default)]
struct Rows(Mutex<HashMap<u32, Arc<Vec<u32>>>>);

/// How many parts' rows are held; those of a part that is asked for again are read again.
const HELD: usize = 1024;

impl Live<'_> {
    fn out(&self, part: u32) -> Result<Arc<Vec<u32>>, StepError> {
        let mut held = self.rows.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(out) = held.get(&part) {
            return Ok(out.clone());
        }
        let wrapped = Wrapped::read(&self.before.summary(part as usize)?)?;
        let out = Arc::new(wrapped.out.into_iter().map(|(row, _)| row).collect::<Vec<_>>());
        if held.len() >= HELD {
            held.clear();
        }
        held.insert(part, out.clone());
        Ok(out)
    }

    fn seen(&self, mut record: Record) -> Record {
        self.memory.take(&mut record);
        record
    }
}

impl Before for Live<'_> {
    fn parts(&self) -> usize {
        self.before.parts()
    }

    fn summary(&self, part: usize) -> Result<Vec<u8>, StepError> {
        Ok(Wrapped::read(&self.before.summary(part)?)?.inner)
    }

    fn record(&self, place: Place) -> Result<Record, StepError> {
        let mut row = place.row;
        for out in self.out(place.part)?.iter() {
            if *out > row {
                break;
            }
            row += 1;
        }
        self.before.record(Place { part: place.part, row }).map(|record| self.seen(record))
    }

    fn records(&self, part: usize) -> Result<Vec<Record>, StepError> {
        let out = self.out(part as u32)?;
        let records = self.before.records(part)?.into_iter().enumerate();
        let live = records.filter(|(row, _)| out.binary_search(&(*row as u32)).is_err());
        Ok(live.map(|(_, record)| self.seen(record)).collect())
    }
}
