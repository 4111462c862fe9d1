//! `tamis sim`: a model server on this machine that answers deterministically, with faults on request.

use std::process::ExitCode;

use tamis_models::sim::{self, Options};

use crate::args::SimArgs;
use crate::error::{Error, Outcome};
use crate::launch;

/// Serves until it is killed.
pub fn run(args: &SimArgs) -> Outcome {
    let options = Options {
        port: args.port,
        latency_ms: args.latency_ms,
        latency_jitter: args.latency_jitter,
        max_in_flight: args.max_in_flight,
        retry_after_s: args.retry_after_s,
        requests_per_minute: args.requests_per_minute,
        error_share: args.error_share,
        malformed_share: args.malformed_share,
        truncated_share: args.truncated_share,
        wrong_schema_share: args.wrong_schema_share,
        refusal_share: args.refusal_share,
        html_share: args.html_share,
        stall_share: args.stall_share,
        empty_share: args.empty_share,
        hallucination: args.hallucination,
        always_status: args.always_status,
        seed: args.seed,
        model: args.model.clone(),
        batch: sim::BatchOptions {
            time_ms: args.batch_time_ms,
            line_error_share: args.batch_line_error_share,
            expired_share: args.batch_expired_share,
            failed_share: args.batch_failed_share,
            poll_error_share: args.batch_poll_error_share,
            lost_share: args.batch_lost_share,
            cut_share: args.batch_cut_share,
        },
        embed_dimension: args.embed_dimension,
    };
    let runtime = launch::runtime(launch::jobs(None))?;
    let ready = |address| println!("listening on http://{address}/v1");
    runtime.block_on(sim::run(options, ready)).map_err(|e| {
        Error::refused(format!("cannot listen on 127.0.0.1:{}: {e}", args.port)).help("choose another --port")
    })?;
    Ok(ExitCode::SUCCESS)
}
