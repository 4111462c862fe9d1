//! `tamis export`: the samples of a run in a format that trainers read, with a dataset card.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Value as Json, json};
use tamis_core::sink::{Dataset, SinkError};
use tamis_core::{Record, place};
use tamis_engine::dataset;
use tamis_engine::layout::Player;
use tamis_engine::{RunDir, RunFile, Summary};
use tamis_io::card::{Card, CardModel, Counts};

use tempfile::TempDir;

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
    let dir = launch::finished_run(dir, &args.work)?;
    let run = dir.read()?;
    let summary = Summary::read(&dir, run.stages)?;
    refuse_incomplete(args, &dir, &summary)?;
    sink.accepts(&run.output).map_err(|e| Error::refused(e.to_string()))?;
    let target = Target::new(out)?;
    let media = launch::media(&dir)?;
    let dataset = Dataset { schema: &run.output, media: &*media, len: summary.accepted, name: &run.identity.recipe };
    let mut samples = dataset::samples(&dir, &run)?.map(|r| r.map_err(|e| SinkError(e.to_string())));
    let failed = |message: String| Error { message, help: None, code: FAILED };
    sink.write(&dataset, &mut samples, target.dir()).map_err(|e| failed(e.to_string()))?;
    card(&dir, &run, &summary, format)?.write(target.dir()).map_err(|e| failed(e.to_string()))?;
    target.finish(out).map_err(|e| failed(e.to_string()))?;
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

/// Where an export is written: a directory, or one of this machine that is then copied into a bucket.
enum Target {
    Here(PathBuf),
    Bucket(TempDir),
}

impl Target {
    fn new(out: &Path) -> Result<Target, Error> {
        let help = "name a new directory with --out";
        if let Some(url) = out.to_str().filter(|_| place::is_url(out)) {
            if tamis_remote::exists(url).map_err(|e| Error::refused(e.to_string()))? {
                return Err(Error::refused(format!("{url} is not empty")).help(help));
            }
            let scratch = TempDir::new().map_err(|e| Error::refused(format!("no temporary directory: {e}")))?;
            return Ok(Target::Bucket(scratch));
        }
        if std::fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(Error::refused(format!("{} is not empty", out.display())).help(help));
        }
        std::fs::create_dir_all(out).map_err(|e| Error::refused(format!("cannot make {}: {e}", out.display())))?;
        Ok(Target::Here(out.to_path_buf()))
    }

    fn dir(&self) -> &Path {
        match self {
            Target::Here(dir) => dir,
            Target::Bucket(scratch) => scratch.path(),
        }
    }

    fn finish(self, out: &Path) -> std::io::Result<()> {
        match self {
            Target::Here(_) => Ok(()),
            Target::Bucket(scratch) => tamis_remote::upload(scratch.path(), &out.to_string_lossy()),
        }
    }
}

fn refuse_incomplete(args: &ExportArgs, dir: &RunDir, summary: &Summary) -> Result<(), Error> {
    let path = dir.shown();
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
