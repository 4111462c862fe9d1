//! `tamis verify`: the proof that nothing vanished and nothing was changed.

use std::process::ExitCode;

use serde_json::json;
use tamis_core::media::MediaStore;
use tamis_engine::verify::verify;

use crate::args::VerifyArgs;
use crate::error::{Error, FAILED, Outcome};
use crate::{human, launch, redraw};

/// Proves, or tells everything that is wrong.
pub fn run(args: &VerifyArgs) -> Outcome {
    let dir = launch::finished_run(&args.dir, &args.work)?;
    let run = dir.read()?;
    let media = launch::media(&dir)?;
    let mut report = verify(&dir, &run, &|hash| media.contains(hash))?;
    if args.fast {
        report.problems.extend(media.look_for_files());
    } else {
        report.problems.extend(media.verify().map_err(|e| Error {
            message: e.to_string(),
            help: None,
            code: FAILED,
        })?);
    }
    let redrawn = if args.redraw && report.problems.is_empty() {
        let redrawn = redraw::redraw(&dir, &run, &args.dir)?;
        report.problems.extend(redrawn.problems.iter().cloned());
        Some(redrawn)
    } else {
        None
    };
    let good = report.problems.is_empty();
    if args.json {
        println!("{}", json!({ "ok": good, "report": report, "redrawn": redrawn }));
    } else {
        report.problems.iter().for_each(|problem| eprintln!("{} {problem}", human::red("✘")));
        if good {
            let records = human::counted(report.records, "record");
            let parts = human::counted(report.parts, "part");
            println!(
                "{} {records} in {parts}: each input is accepted, rejected, failed or gathered, once",
                human::green("✔")
            );
            let splits = human::counted(report.splits, "fan-out");
            println!(
                "  {splits} followed, {} media found{}",
                human::count(report.media),
                if args.fast { "" } else { " and hashed again" }
            );
            if let Some(redrawn) = &redrawn {
                let samples = human::counted(redrawn.samples, "sample");
                println!(
                    "  {samples} made again, {} the same bit for bit",
                    human::counted(redrawn.pictures, "picture")
                );
            }
            println!("  digest   {}", report.digest);
        }
    }
    let message = if args.json { String::new() } else { human::counted(report.problems.len() as u64, "problem") };
    if good { Ok(ExitCode::SUCCESS) } else { Err(Error { message, help: None, code: FAILED }) }
}
