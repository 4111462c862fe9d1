//! Making a dataset again: the proof that it is what its recipe, input, seed and answers give, bit for bit.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use tamis_core::{Record, Value};
use tamis_engine::digest::Digest;
use tamis_engine::{RunDir, RunFile, dataset};

use crate::commands::run::{Launch, arguments_of};
use crate::error::{Error, FAILED};
use crate::{human, launch};

/// What came out of it.
#[derive(Debug, Default, serde::Serialize)]
pub struct Redrawn {
    /// samples made again
    pub samples: u64,
    /// pictures among them that were compared by content
    pub pictures: u64,
    /// what is not the same, in words
    pub problems: Vec<String>,
}

/// Runs the recipe of a run again in a directory of its own, with the answers on file, and compares every sample.
///
/// Nothing is asked of any model. The directory lies beside the run and is removed.
pub fn redraw(dir: &RunDir, run: &RunFile, place: &Path) -> Result<Redrawn, Error> {
    let aside = tempfile::Builder::new().prefix(".redraw-").tempdir_in(beside(place));
    let aside = aside.map_err(|e| Error::refused(format!("cannot make a directory beside {}: {e}", dir.shown())))?;
    let mut args = arguments_of(run, dir, aside.path());
    // Answers come from the journal of the run; not one may be asked for.
    let asks = !run.players.is_empty();
    (args.budget_usd, args.budget_tokens, args.budget_requests) = (None, None, asks.then_some(0));
    args.reuse.extend(asks.then(|| place.to_path_buf()));
    args.quiet = true;
    let plan = launch::plan(launch::check(&args.recipe)?)?;
    let ended = Launch::new(Arc::new(plan), args)?.execute()?;
    ended.result.map_err(|e| Error {
        message: format!("the samples could not be made again: {e}"),
        help: Some("an answer that is not on file cannot be had again; the input must lie where it lay".to_string()),
        code: FAILED,
    })?;
    let again = RunDir::at(aside.path());
    compare((dir, run), (&again, &again.read()?))
}

fn beside(place: &Path) -> &Path {
    place.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// How many differences are told one by one.
const TOLD: usize = 10;

fn compare(one: (&RunDir, &RunFile), other: (&RunDir, &RunFile)) -> Result<Redrawn, Error> {
    let mut redrawn = Redrawn::default();
    let mut differences = 0;
    let (mut before, mut after) = (dataset::samples(one.0, one.1)?, dataset::samples(other.0, other.1)?);
    loop {
        let (old, new) = (before.next().transpose()?, after.next().transpose()?);
        let difference = match (&old, &new) {
            (None, None) => break,
            (Some(old), Some(new)) => {
                redrawn.samples += 1;
                let mut found = BTreeSet::new();
                old.fields().iter().for_each(|(_, value)| pictures(value, &mut found));
                redrawn.pictures += found.len() as u64;
                difference(old, new)
            }
            (Some(old), None) => Some(format!("sample {} did not come out again", old.id)),
            (None, Some(new)) => Some(format!("sample {} is new", new.id)),
        };
        differences += usize::from(difference.is_some());
        redrawn.problems.extend(difference.filter(|_| differences <= TOLD));
    }
    if differences > TOLD {
        let more = human::counted((differences - TOLD) as u64, "sample");
        redrawn.problems.push(format!("{more} more came out otherwise"));
    }
    Ok(redrawn)
}

fn difference(old: &Record, new: &Record) -> Option<String> {
    let digest = |record: &Record| {
        let mut digest = Digest::default();
        digest.add_sample(record);
        digest
    };
    if digest(old) == digest(new) {
        return None;
    }
    if old.id != new.id {
        return Some(format!("sample {} stands where {} stood", new.id, old.id));
    }
    let fields: Vec<&str> = old
        .fields()
        .iter()
        .filter(|(name, value)| new.get(name).map(Value::to_canonical_json) != Some(value.to_canonical_json()))
        .map(|(name, _)| &**name)
        .collect();
    Some(format!("sample {}: made again, {} came out otherwise", old.id, fields.join(", ")))
}

/// The media of a value, each once.
fn pictures(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Media(_) => {
            found.insert(value.to_canonical_json().to_string());
        }
        Value::List(items) => items.iter().for_each(|v| pictures(v, found)),
        Value::Map(fields) => fields.iter().for_each(|(_, v)| pictures(v, found)),
        _ => {}
    }
}
