//! A step of a round that sends records back instead of ending them.

use futures::future::{BoxFuture, FutureExt};
use tamis_core::block::{self, Outcome, Step};
use tamis_core::operator::{Context, Process, Verdict};
use tamis_core::{Name, Record, StepError, Value};

use super::Forgives;
use super::memory::{Memory, State};

/// A whole step with its condition, its tries and its tally.
pub(super) struct Guard {
    pub(super) step: Step,
    pub(super) memory: Memory,
    pub(super) forgives: Forgives,
    pub(super) round: u32,
}

impl Process for Guard {
    fn run<'a>(&'a self, record: &'a mut Record, ctx: &'a Context<'a>) -> BoxFuture<'a, Result<Verdict, StepError>> {
        async move {
            let mut state = self.memory.take(record);
            if state.fallen {
                self.memory.put(record, state);
                return Ok(Verdict::Pass);
            }
            let steps = std::slice::from_ref(&self.step);
            let outcome = block::run(steps, record.clone(), ctx.host).await.map_err(StepError::Stop)?;
            if outcome.splits.iter().any(|split| split.parent == record.id && !split.parent_stays) {
                return Err(splitting(&self.step.id));
            }
            self.ended(record, &mut state, outcome)
        }
        .boxed()
    }

    fn waits(&self) -> bool {
        !block::never_waits(std::slice::from_ref(&self.step))
    }
}

/// What is told of a step that makes several records of one.
pub(super) fn splitting(step: &str) -> StepError {
    let help = "do it before or behind the rounds, or say `fallback: false`";
    StepError::failed(format!("`{step}` makes several records of one in a round with a fallback; {help}"))
}

impl Guard {
    /// Finds the record in what became of it; items of a list that ended on their own stay where they are.
    fn ended(&self, record: &mut Record, state: &mut State, mut outcome: Outcome) -> Result<Verdict, StepError> {
        let (id, before) = (record.id, record.fields().to_vec());
        if let Some(at) = outcome.passed.iter().position(|passed| passed.id == id) {
            *record = outcome.passed.remove(at);
            state.remember(&before, record);
            return Ok(self.goes_on(record, state, outcome));
        }
        let rejected = outcome.rejected.iter().position(|rejected| rejected.record.id == id);
        if let Some(at) = rejected.filter(|_| self.forgives.rejected) {
            let rejected = outcome.rejected.remove(at);
            self.back(record, state, rejected.record, &before, &rejected.step, &rejected.reason);
            return Ok(self.goes_on(record, state, outcome));
        }
        let failed = outcome.failed.iter().position(|failed| failed.record.id == id);
        if let Some(at) = failed.filter(|_| self.forgives.failed) {
            let failed = outcome.failed.remove(at);
            self.back(record, state, failed.record, &before, &failed.step, &failed.error);
            return Ok(self.goes_on(record, state, outcome));
        }
        Ok(Verdict::Became(outcome))
    }

    fn back(
        &self,
        record: &mut Record,
        state: &mut State,
        ended: Record,
        before: &[(Name, Value)],
        step: &str,
        why: &str,
    ) {
        // The story keeps what the round cost.
        record.story = ended.story;
        state.fall_back(record, before, step, self.round, why);
    }

    fn goes_on(&self, record: &mut Record, state: &mut State, mut outcome: Outcome) -> Verdict {
        self.memory.put(record, std::mem::take(state));
        let alone = outcome.passed.is_empty()
            && outcome.rejected.is_empty()
            && outcome.failed.is_empty()
            && outcome.splits.is_empty()
            && outcome.gathered.is_empty();
        if alone {
            return Verdict::Pass;
        }
        outcome.passed.push(record.clone());
        Verdict::Became(outcome)
    }
}
