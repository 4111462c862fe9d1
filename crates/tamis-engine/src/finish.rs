//! The end of a part: samples get their shape and their media a place, records their order, and the part is committed.

use serde_json::json;
use tamis_core::block::{self, Outcome};
use tamis_core::error::StopReason;
use tamis_core::media::MediaError;
use tamis_core::operator::{Bound, Context, Host};
use tamis_core::typing::settled;
use tamis_core::{Field, Name, Record, Value};

use crate::error::EngineError;
use crate::part::{self, Manifest};
use crate::remote;
use crate::run::{Run, failure};

impl Run {
    pub(crate) fn finish_part(
        &self,
        stage: usize,
        part: u64,
        first: u64,
        inputs: u64,
        mut outcome: Outcome,
    ) -> Result<Manifest, EngineError> {
        let plan = &self.job.plan;
        if stage + 1 == plan.stages.len() {
            self.shape(&mut outcome)?;
        }
        self.keep_held(values(outcome.passed.iter().chain(ended(&outcome))))?;
        sort(&mut outcome);
        let summary = match &plan.stages[stage].barrier {
            Some(step) => Some(self.sum_up(step, &mut outcome)?),
            None => None,
        };
        let manifest = part::count(part, first, inputs, &outcome);
        let media = || self.job.media.sync().map_err(|e| EngineError::Stopped(StopReason::Machine(e.to_string())));
        part::commit(&self.job.dir, stage, &manifest, &outcome, summary.as_deref(), media)?;
        self.events.tell(
            "part",
            json!({
                "stage": stage, "part": part, "inputs": manifest.inputs, "accepted": manifest.accepted,
                "rejected": manifest.rejected, "failed": manifest.failed, "usd": manifest.calls.usd,
            }),
        );
        Ok(manifest)
    }

    /// Samples keep the fields of the output, as values of its types, and have their media in the store; one whose media
    /// cannot be read fails.
    fn shape(&self, outcome: &mut Outcome) -> Result<(), EngineError> {
        let output = &self.job.plan.output;
        let names: Vec<Name> = output.names().cloned().collect();
        for mut record in std::mem::take(&mut outcome.passed) {
            match self.adopt(&names, &record) {
                Ok(()) => {
                    // As they are read back: the digest is over what lies on disk.
                    let value =
                        |value: &Value, field: &Field| settled(value, &field.ty).unwrap_or_else(|| value.clone());
                    let fields =
                        output.iter().map(|(n, f)| (n.clone(), record.get(n).map_or(Value::Null, |v| value(v, f))));
                    let fields = fields.collect();
                    record.set_fields(fields);
                    outcome.passed.push(record);
                }
                Err(error) if remote::stops(&error) => {
                    return Err(EngineError::Stopped(StopReason::Machine(error.to_string())));
                }
                Err(error) => outcome.failed.push(failure(record, "output", error.to_string())),
            }
        }
        Ok(())
    }

    /// Media that are nowhere but in memory go into the store with whatever record holds them.
    fn keep_held<'r>(&self, values: impl Iterator<Item = &'r Value>) -> Result<(), EngineError> {
        let mut result = Ok(());
        for value in values {
            value.each_media(&mut |media| {
                if result.is_ok() && media.held_bytes().is_some() {
                    result = self.job.media.adopt(media).map(|_| ());
                }
            });
        }
        result.map_err(|e| EngineError::Stopped(StopReason::Machine(e.to_string())))
    }

    /// Media are stored as each record is done, many at a time, not one after the other when the part is: those of
    /// samples that `which` says, and those of all others that are nowhere but in memory. What goes wrong shows again
    /// when the part is finished.
    pub(crate) fn keep(&self, stage: usize, outcome: &Outcome, which: fn(&Record) -> bool) {
        let plan = &self.job.plan;
        if stage + 1 == plan.stages.len() {
            let names: Vec<Name> = plan.output.names().cloned().collect();
            for record in &outcome.passed {
                let _ = match which(record) {
                    true => self.adopt(&names, record).map_err(drop),
                    false => self.keep_held(names.iter().filter_map(|n| record.get(n))).map_err(drop),
                };
            }
            let _ = self.keep_held(values(ended(outcome)));
        } else {
            let _ = self.keep_held(values(outcome.passed.iter().chain(ended(outcome))));
        }
    }

    fn adopt(&self, names: &[Name], record: &Record) -> Result<(), MediaError> {
        let mut result = Ok(());
        for value in names.iter().filter_map(|n| record.get(n)) {
            value.each_media(&mut |media| {
                if result.is_ok() {
                    let store = &self.job.media;
                    let adopted = store
                        .adopt(media)
                        .and_then(|_| media.hash(&**store))
                        .and_then(|_| media.header(&**store).map(|_| ()));
                    result = adopted;
                }
            });
        }
        result
    }

    fn sum_up(&self, step: &block::Step, outcome: &mut Outcome) -> Result<Vec<u8>, EngineError> {
        let Bound::Barrier(barrier) = &step.bound else { return Ok(Vec::new()) };
        let ctx = Context { host: &self.host as &dyn Host, step: &step.id };
        let (summary, errors) = barrier.map(&outcome.passed, &ctx).map_err(part::stopped)?;
        for (index, error) in errors.into_iter().rev() {
            let record = outcome.passed.remove(index);
            outcome.failed.push(failure(record, &step.id, error.to_string()));
        }
        Ok(summary)
    }
}

fn values<'r>(records: impl Iterator<Item = &'r Record>) -> impl Iterator<Item = &'r Value> {
    records.flat_map(|record| record.fields()).map(|(_, value)| value)
}

/// The records that did not go through.
fn ended(outcome: &Outcome) -> impl Iterator<Item = &Record> {
    let rejected = outcome.rejected.iter().map(|r| &r.record);
    rejected.chain(outcome.failed.iter().map(|f| &f.record)).chain(outcome.gathered.iter().map(|g| &g.record))
}

fn sort(outcome: &mut Outcome) {
    outcome.passed.sort_by(|a, b| a.rank().cmp(&b.rank()));
    outcome.rejected.sort_by(|a, b| a.record.rank().cmp(&b.record.rank()));
    outcome.failed.sort_by(|a, b| a.record.rank().cmp(&b.record.rank()));
    outcome.gathered.sort_by(|a, b| a.record.rank().cmp(&b.record.rank()));
}
