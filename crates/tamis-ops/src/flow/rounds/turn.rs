//! Between two rounds: versions are kept, the number goes up, what was hidden is forgotten.

use tamis_core::operator::{Context, Transform, Verdict};
use tamis_core::{Name, Record, StepError, Value};

use super::memory::Memory;

/// The end of one round and the beginning of the next.
pub(super) struct Turn {
    pub(super) memory: Memory,
    pub(super) counter: Option<Name>,
    /// fields with the lists of their versions
    pub(super) versions: Vec<(Name, Name)>,
    /// the rounds that are over
    pub(super) done: u32,
    /// whether there is no further one
    pub(super) last: bool,
}

impl Turn {
    pub(super) fn writes(&self) -> Vec<Name> {
        self.versions.iter().map(|(_, into)| into.clone()).chain(self.counter.clone()).collect()
    }
}

impl Transform for Turn {
    fn apply(&self, record: &mut Record, _: &Context<'_>) -> Result<Verdict, StepError> {
        let state = self.memory.take(record);
        for (field, into) in &self.versions {
            let now = if state.fallen { Value::Null } else { record.get(field).cloned().unwrap_or_default() };
            let before = if self.done == 0 { None } else { record.get(into).and_then(Value::as_list) };
            let mut versions = before.map(<[Value]>::to_vec).unwrap_or_default();
            versions.push(now);
            record.set(into, Value::list(versions));
        }
        if let Some(counter) = &self.counter {
            if self.last {
                record.remove(counter);
            } else {
                record.set(counter, i64::from(self.done) + 1);
            }
        }
        Ok(Verdict::Pass)
    }
}
