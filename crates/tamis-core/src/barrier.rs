//! The contract of a barrier: a decision that needs to see all records.
//!
//! `map` sums up each part, `merge` decides from the summaries, `apply` carries the decision out on each part. So a
//! barrier runs on any engine that can run a map, a reduce and a map, and summaries are all it keeps of the whole.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::StepError;
use crate::operator::{Context, Verdict};
use crate::record::Record;

/// A barrier with its own types for summary and decision.
pub trait BarrierOperator: Send + Sync {
    /// what `merge` needs to know of a part
    type Summary: Serialize + DeserializeOwned + Send;
    /// what `apply` needs to know of the whole
    type Decision: Serialize + DeserializeOwned + Send + Sync;

    /// Sums up a part. A record that cannot be summed up gets its error; it fails and takes no part in the decision.
    fn map(&self, records: &[Record], ctx: &Context<'_>) -> (Self::Summary, Vec<(usize, StepError)>);

    /// Decides. The summaries come in the order of the input, whatever the order of work was.
    fn merge(
        &self,
        summaries: &mut dyn Iterator<Item = Self::Summary>,
        ctx: &Context<'_>,
    ) -> Result<Self::Decision, StepError>;

    /// Carries the decision out on one record.
    fn apply(&self, record: &mut Record, decision: &Self::Decision, ctx: &Context<'_>) -> Result<Verdict, StepError>;
}

/// What `map` gives for a part: the summary as bytes, and the errors of records that could not be summed up, by their
/// index.
pub type Summed = (Vec<u8>, Vec<(usize, StepError)>);

/// A barrier as the engine sees it: summaries and decisions are bytes.
pub trait Barrier: Send + Sync {
    /// See [`BarrierOperator::map`].
    fn map(&self, records: &[Record], ctx: &Context<'_>) -> Result<Summed, StepError>;

    /// See [`BarrierOperator::merge`]; `summaries` yields what `map` gave, in the order of the parts.
    fn merge(
        &self,
        summaries: &mut dyn Iterator<Item = Result<Vec<u8>, StepError>>,
        ctx: &Context<'_>,
    ) -> Result<Vec<u8>, StepError>;

    /// Reads a decision, to apply it.
    fn decided<'a>(&'a self, decision: &[u8]) -> Result<Box<dyn Decided + 'a>, StepError>;
}

/// A decision, ready to be applied to records.
pub trait Decided: Send + Sync {
    /// See [`BarrierOperator::apply`].
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError>;
}

impl<B: BarrierOperator> Barrier for B {
    fn map(&self, records: &[Record], ctx: &Context<'_>) -> Result<Summed, StepError> {
        let (summary, errors) = BarrierOperator::map(self, records, ctx);
        Ok((serde_json::to_vec(&summary).map_err(broken)?, errors))
    }

    fn merge(
        &self,
        summaries: &mut dyn Iterator<Item = Result<Vec<u8>, StepError>>,
        ctx: &Context<'_>,
    ) -> Result<Vec<u8>, StepError> {
        let mut error = None;
        let mut typed =
            summaries.map_while(|bytes| match bytes.and_then(|bytes| serde_json::from_slice(&bytes).map_err(broken)) {
                Ok(summary) => Some(summary),
                Err(e) => {
                    error = Some(e);
                    None
                }
            });
        let decision = BarrierOperator::merge(self, &mut typed, ctx);
        match error {
            Some(error) => Err(error),
            None => serde_json::to_vec(&decision?).map_err(broken),
        }
    }

    fn decided<'a>(&'a self, decision: &[u8]) -> Result<Box<dyn Decided + 'a>, StepError> {
        let decision: B::Decision = serde_json::from_slice(decision).map_err(broken)?;
        Ok(Box::new(Applied { barrier: self, decision }))
    }
}

fn broken(error: serde_json::Error) -> StepError {
    StepError::failed(format!("a barrier's summary cannot be read or written: {error}"))
}

struct Applied<'a, B: BarrierOperator> {
    barrier: &'a B,
    decision: B::Decision,
}

impl<B: BarrierOperator> Decided for Applied<'_, B> {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        self.barrier.apply(record, &self.decision, ctx)
    }
}
