//! `tamis export`: the samples of a run in a format that trainers read, with a dataset card.

use std::path::Path;
use std::process::ExitCode;

use serde_json::{Value as Json, json};
use tamis_core::Record;
use tamis_core::sink::{Dataset, SinkError};
use tamis_engine::dataset;
use tamis_engine::layout::Player;
use tamis_engine::{RunDir, RunFile, Summary};
use tamis_io::card::{Card, CardModel, Counts};

use crate::args::ExportArgs;
use crate::error::{Error, FAILED, Outcome};
use crate::{human, launch};

/// Lists the formats, or exports.
pub fn run(args: &ExportArgs) -> Outcome {
    match (&args.dir, &args.to, &args.out) {
        (Some(dir), Some(format), Some(out)) if !args.formats => export(args, dir, format, out),
        _ => {
            let rows: Vec<_> =
                tamis_io::sink::sinks().iter().map(|s| vec![s.format().to_string(), s.about().to_string()]).collect();
            print!("{}", human::table(&rows));
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn export(args: &ExportArgs, dir: &Path, format: &str, out: &Path) -> Outcome {
    let sink = tamis_io::sink::sink(format).map_err(|e| Error::refused(e.to_string()))?;
    let dir = RunDir::at(dir);
    let run = dir.read()?;
    let summary = Summary::read(&dir, run.stages)?;
    refuse_incomplete(args, &dir, &summary)?;
    sink.accepts(&run.output).map_err(|e| Error::refused(e.to_string()))?;
    if std::fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Error::refused(format!("{} is not empty", out.display())).help("name a new directory with --out"));
    }
    std::fs::create_dir_all(out).map_err(|e| Error::refused(format!("cannot make {}: {e}", out.display())))?;
    let media = launch::media(&dir)?;
    let dataset = Dataset { schema: &run.output, media: &*media, len: summary.accepted, name: &run.identity.recipe };
    let mut samples = dataset::samples(&dir, &run)?.map(|r| r.map_err(|e| SinkError(e.to_string())));
    let failed = |message: String| Error { message, help: None, code: FAILED };
    sink.write(&dataset, &mut samples, out).map_err(|e| failed(e.to_string()))?;
    card(&dir, &run, &summary, format)?.write(out).map_err(|e| failed(e.to_string()))?;
    if args.json {
        println!("{}", json!({ "out": out, "format": format, "samples": summary.accepted }));
    } else {
        let samples = human::counted(summary.accepted, "sample");
        println!("{} {samples} as {format} in {}", human::green("✔"), out.display());
        if run.simulated {
            println!("  {}", human::red("made with the simulator: for dry runs and tests, not for training"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn refuse_incomplete(args: &ExportArgs, dir: &RunDir, summary: &Summary) -> Result<(), Error> {
    let path = dir.path().display();
    if !summary.complete && !args.incomplete {
        let message = format!("the run in {path} is not complete: its samples are not yet the dataset");
        return Err(Error::refused(message)
            .help(format!("finish it with `tamis resume {path}`, or export what there is with --incomplete")));
    }
    if summary.accepted == 0 {
        let message =
            format!("the run in {path} has no samples: {} rejected, {} failed", summary.rejected, summary.failed);
        return Err(Error::refused(message).help(format!("`tamis stats {path}` tells why")));
    }
    Ok(())
}

fn card(dir: &RunDir, run: &RunFile, summary: &Summary, format: &str) -> Result<Card, Error> {
    let example = dataset::samples(dir, run)?.next().transpose()?;
    let name = run.identity.recipe.clone();
    Ok(Card {
        name: name.clone(),
        recipe: name,
        recipe_digest: run.identity.recipe_digest.clone(),
        paper: run.paper.clone(),
        models: run.players.iter().map(card_model).collect(),
        seed: run.identity.seed,
        counts: Counts {
            input: summary.inputs,
            accepted: summary.accepted,
            rejected: summary.rejected,
            failed: summary.failed,
        },
        rejects_by_reason: summary.reasons.clone(),
        licence: None,
        licence_note: run.licence.clone().unwrap_or_default(),
        simulated: run.simulated || summary.calls.simulated > 0,
        format: format.to_string(),
        task_categories: Vec::new(),
        schema: run.output.clone(),
        example: example.as_ref().map(fields),
    })
}

fn card_model(player: &Player) -> CardModel {
    CardModel { role: player.role.clone(), model: player.model.clone(), backend: player.backend.clone() }
}

/// A sample's fields; media by kind and hash, since their origins name places on this machine.
fn fields(sample: &Record) -> Json {
    sample.fields().iter().map(|(name, value)| (name.to_string(), value.to_canonical_json())).collect()
}
