//! Choices: by chance, by a field, by a condition.

pub mod case;
pub mod pick;
pub mod share;
pub mod when;

use tamis_core::bind::{Scope, Steps};
use tamis_core::block::{self, Block};
use tamis_core::operator::{Context, Verdict};
use tamis_core::record::StoryEvent;
use tamis_core::{Record, Schema, StepError};

/// One way a record may take: its name in the record's story, and the steps.
pub(crate) struct Branch {
    pub(crate) name: String,
    pub(crate) block: Block,
}

impl Branch {
    /// Binds the steps at `at` for records as they are at this place.
    pub(crate) fn bind(scope: &mut Scope<'_>, at: &str, name: &str, steps: &Steps) -> Option<(Branch, Schema)> {
        let schema = scope.schema().clone();
        // Nothing behind the colon: a branch without steps.
        let (block, behind) = if steps.0.is_null() { (Block::default(), schema) } else { scope.block(at, &schema)? };
        Some((Branch { name: name.to_string(), block }, behind))
    }

    /// Whether records may wait in it.
    pub(crate) fn waits(&self) -> bool {
        !block::never_waits(&self.block.steps)
    }

    /// Takes a record down this branch.
    pub(crate) async fn take(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        record.tell(ctx.step, StoryEvent::Branch(self.name.clone()));
        if self.block.steps.is_empty() {
            return Ok(Verdict::Pass);
        }
        let outcome = block::run(&self.block.steps, record.clone(), ctx.host).await.map_err(StepError::Stop)?;
        Ok(Verdict::Became(outcome))
    }
}
