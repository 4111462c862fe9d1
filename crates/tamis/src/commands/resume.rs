//! `tamis resume`: takes up a run with the arguments it was begun with.

use std::sync::Arc;

use crate::args::{ResumeArgs, RunArgs};
use crate::commands::run::{Launch, arguments_of};
use crate::error::Outcome;
use crate::launch;

/// Goes on where the run stopped.
pub fn run(args: &ResumeArgs) -> Outcome {
    let dir = launch::finished_run(&args.dir, &args.work)?;
    let mut begun = arguments_of(&dir.read()?, &dir, &args.dir);
    begun.input.table.extend(args.table.iter().cloned());
    let run_args = RunArgs {
        trained: args.trained.clone(),
        json: args.json,
        work: args.work.clone(),
        quiet: args.quiet,
        budget_usd: args.budget_usd.or(begun.budget_usd),
        budget_tokens: args.budget_tokens.or(begun.budget_tokens),
        budget_requests: args.budget_requests.or(begun.budget_requests),
        ..begun
    };
    let plan = launch::plan(launch::check(&run_args.recipe)?)?;
    Launch::new(Arc::new(plan), run_args)?.go()
}
