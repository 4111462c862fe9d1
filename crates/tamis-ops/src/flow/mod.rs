//! Ways through a recipe that are not straight: loops, fan-outs, detours, other recipes.

pub mod each;
pub mod on_fail;
pub mod repeat;
pub mod rounds;
mod schema;
pub mod subrecipe;

use std::collections::HashSet;

use tamis_core::bind::Scope;
use tamis_core::block::{Block, Failed, Outcome, Rejected};
use tamis_core::operator::{Context, Reject, Verdict};
use tamis_core::{Name, Record, RecordId, Schema, Value};

/// A scope at another place of the same step, for names that only nested steps see. Its problems are told to `scope`.
pub(crate) fn inside<T>(scope: &mut Scope<'_>, schema: &Schema, bind: impl FnOnce(&mut Scope<'_>) -> T) -> (T, Schema) {
    let mut inner = Scope::new(scope.step.clone(), schema.clone(), scope.surroundings());
    let bound = bind(&mut inner);
    let (problems, _, _, behind) = inner.finish();
    for problem in problems {
        match &problem.help {
            Some(help) => scope.problem_with_help(&problem.at, problem.message, help),
            None => scope.problem(&problem.at, problem.message),
        }
    }
    (bound, behind)
}

/// The fields that the steps write.
pub(crate) fn written(block: &Block) -> HashSet<Name> {
    block.steps.iter().flat_map(|step| step.writes.iter().cloned()).collect()
}

/// The records in an outcome that are items of a list on their way back into their parent. What becomes of them is
/// the business of the step that gathers them.
pub(crate) fn items(outcome: &Outcome) -> HashSet<RecordId> {
    let mut items: HashSet<RecordId> = HashSet::new();
    loop {
        let more = outcome.splits.iter().filter(|split| split.parent_stays || items.contains(&split.parent));
        let before = items.len();
        items.extend(more.flat_map(|split| split.children.iter().copied()).collect::<Vec<_>>());
        if items.len() == before {
            return items;
        }
    }
}

/// Rejects a record in this step, beside what its nested steps decided.
pub(crate) fn reject(
    outcome: &mut Outcome,
    record: Record,
    ctx: &Context<'_>,
    reason: &str,
    values: Vec<(Name, Value)>,
) {
    if let Verdict::Reject(Reject { reason, values }) = Reject::because(reason, values) {
        outcome.rejected.push(Rejected { record, step: ctx.step.into(), reason, values });
    }
}

/// Fails a record in this step, beside what its nested steps decided.
pub(crate) fn fail(outcome: &mut Outcome, record: Record, ctx: &Context<'_>, error: String, field: Option<Name>) {
    outcome.failed.push(Failed { record, step: ctx.step.into(), error, field, attempts: 1 });
}
