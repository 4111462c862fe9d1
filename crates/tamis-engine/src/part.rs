//! Parts: the unit of work and of commit. A part is in its place whole, or it is not there.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::thread::{self, ScopedJoinHandle};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use tamis_core::block::{Outcome, Split};
use tamis_core::error::StopReason;
use tamis_core::model::{Receipt, SIMULATED};
use tamis_core::record::StoryEvent;
use tamis_core::{Record, Schema};

use crate::digest::Digest;
use crate::error::EngineError;
use crate::layout::{RunDir, sync_dir, write_atomically};
use crate::row;

/// What a part holds, for counting without reading it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// its number in the stage
    pub part: u64,
    /// the first input row of a part of the first stage, counted from 0
    pub first: u64,
    /// records that came in
    pub inputs: u64,
    /// records that went through
    pub accepted: u64,
    /// records that a gate rejected
    pub rejected: u64,
    /// records that failed
    pub failed: u64,
    /// records that went into others
    pub gathered: u64,
    /// the digest of the accepted
    pub digest: Digest,
    /// the digest of the rejected
    pub rejects_digest: Digest,
    /// rejections by step and reason
    pub reasons: BTreeMap<String, u64>,
    /// failures by step and the beginning of the error
    pub errors: BTreeMap<String, u64>,
    /// what the models did for records that ended here
    pub calls: Calls,
    /// what the models did so far for records that went through
    pub passed_calls: Calls,
}

/// What the models did for a part or a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calls {
    /// answers used, paid or taken from the journal
    pub answers: u64,
    /// of them from the journal
    pub cached: u64,
    /// of them made up by the simulator
    pub simulated: u64,
    /// tokens read
    pub input_tokens: u64,
    /// tokens written
    pub output_tokens: u64,
    /// US dollars
    pub usd: f64,
}

impl Calls {
    /// Adds a record's calls. Records of one parent share the calls made before they parted: `seen` counts them once.
    fn add<'r>(&mut self, record: &'r Record, seen: &mut HashSet<&'r str>) {
        for entry in &record.story {
            if let StoryEvent::Call(receipt) = &entry.event
                && seen.insert(&receipt.request)
            {
                self.answers += 1;
                self.cached += u64::from(receipt.cached);
                self.simulated += u64::from(is_simulated(receipt));
                self.input_tokens += receipt.usage.input;
                self.output_tokens += receipt.usage.output;
                self.usd += receipt.usd;
            }
        }
    }

    /// Adds another's numbers.
    pub fn merge(&mut self, other: &Calls) {
        self.answers += other.answers;
        self.cached += other.cached;
        self.simulated += other.simulated;
        self.input_tokens += other.input_tokens;
        self.output_tokens += other.output_tokens;
        self.usd += other.usd;
    }
}

fn is_simulated(receipt: &Receipt) -> bool {
    receipt.backend == "sim" || receipt.notes.iter().any(|note| note == SIMULATED)
}

/// Writes a finished part and puts it in its place: write, sync, rename.
///
/// `summary` is what the barrier behind the stage needs to know of the part. `media` sees to it that the media which the
/// part names survive a power cut; it is called while the part is written, and has ended before the part is in its place.
pub fn commit(
    dir: &RunDir,
    stage: usize,
    manifest: &Manifest,
    outcome: &Outcome,
    summary: Option<&[u8]>,
    media: impl FnOnce() -> Result<(), EngineError> + Send,
) -> Result<(), EngineError> {
    let place = dir.part(stage, manifest.part);
    let temporary = place.with_extension("tmp");
    let cannot = |e: io::Error| EngineError::machine(&format!("cannot commit {}", place.display()), &e);
    empty_dir(&temporary).map_err(cannot)?;
    // Side by side, as syncing is waiting for the disk.
    let (media, passed, others) = thread::scope(|scope| {
        let media = scope.spawn(media);
        let passed =
            scope.spawn(|| write_lines(&temporary.join("accepted.jsonl"), outcome.passed.iter().map(row::accepted)));
        let others = write_others(&temporary, manifest, outcome, summary);
        (joined(media), joined(passed), others)
    });
    media?;
    let put = || -> io::Result<()> {
        sync_dir(&temporary)?;
        if place.exists() {
            fs::remove_dir_all(&place)?;
        }
        fs::rename(&temporary, &place)?;
        place.parent().map_or(Ok(()), sync_dir)
    };
    passed.and(others).and_then(|()| put()).map_err(cannot)?;
    dir.tell(|mirror| mirror.committed(stage, manifest.part))
}

/// All files of a part but its accepted records.
fn write_others(dir: &Path, manifest: &Manifest, outcome: &Outcome, summary: Option<&[u8]>) -> io::Result<()> {
    write_lines(&dir.join("rejected.jsonl"), outcome.rejected.iter().map(row::rejected))?;
    write_lines(&dir.join("failed.jsonl"), outcome.failed.iter().map(row::failed))?;
    write_lines(&dir.join("gathered.jsonl"), outcome.gathered.iter().map(row::gathered))?;
    write_lines(&dir.join("splits.jsonl"), outcome.splits.iter().map(|s| serde_json::json!(s)))?;
    if let Some(summary) = summary {
        write_synced(&dir.join("summary.bin"), summary)?;
    }
    write_synced(&dir.join("manifest.json"), &serde_json::to_vec(manifest)?)
}

/// A directory with nothing in it, whatever a process that was killed left there.
fn empty_dir(dir: &Path) -> io::Result<()> {
    if dir.exists() {
        fs::remove_dir_all(dir)?;
    }
    fs::create_dir_all(dir)
}

fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// The counts of a part's outcome.
pub fn count(part: u64, first: u64, inputs: u64, outcome: &Outcome) -> Manifest {
    let mut manifest = Manifest { part, first, inputs, ..Manifest::default() };
    let mut seen = HashSet::new();
    manifest.accepted = outcome.passed.len() as u64;
    manifest.rejected = outcome.rejected.len() as u64;
    manifest.failed = outcome.failed.len() as u64;
    for record in &outcome.passed {
        manifest.digest.add_sample(record);
        manifest.passed_calls.add(record, &mut seen);
    }
    for rejected in &outcome.rejected {
        manifest.rejects_digest.add_reject(&rejected.record, &rejected.step, &rejected.reason);
        *manifest.reasons.entry(format!("{}: {}", rejected.step, rejected.reason)).or_default() += 1;
        manifest.calls.add(&rejected.record, &mut seen);
    }
    manifest.gathered = outcome.gathered.len() as u64;
    outcome.gathered.iter().for_each(|gathered| manifest.calls.add(&gathered.record, &mut seen));
    for failed in &outcome.failed {
        let error: String = failed.error.lines().next().unwrap_or_default().chars().take(120).collect();
        *manifest.errors.entry(format!("{}: {error}", failed.step)).or_default() += 1;
        manifest.calls.add(&failed.record, &mut seen);
    }
    manifest
}

/// The manifest of a part, if the part is committed.
pub fn manifest(dir: &RunDir, stage: usize, part: u64) -> Result<Option<Manifest>, EngineError> {
    let path = dir.part(stage, part).join("manifest.json");
    match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|e| damaged(&path, &e)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(EngineError::machine(&format!("cannot read {}", path.display()), &e)),
    }
}

/// The manifests of a stage's committed parts, in order.
pub fn manifests(dir: &RunDir, stage: usize) -> Result<Vec<Manifest>, EngineError> {
    let mut numbers = committed(dir, stage)?;
    numbers.sort_unstable();
    numbers.iter().filter_map(|part| manifest(dir, stage, *part).transpose()).collect()
}

/// The numbers of a stage's committed parts.
pub fn committed(dir: &RunDir, stage: usize) -> Result<Vec<u64>, EngineError> {
    let path = dir.stage(stage);
    let entries = match fs::read_dir(&path) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(EngineError::machine(&format!("cannot read {}", path.display()), &e)),
    };
    let number = |entry: io::Result<fs::DirEntry>| {
        let name = entry.ok()?.file_name().into_string().ok()?;
        name.strip_prefix("part-")?.parse().ok()
    };
    Ok(entries.filter_map(number).collect())
}

/// The summary of a part for the barrier behind its stage.
pub fn summary(dir: &RunDir, stage: usize, part: u64) -> Result<Vec<u8>, EngineError> {
    let path = dir.part(stage, part).join("summary.bin");
    dir.bytes(&path).map_err(|e| EngineError::machine(&format!("cannot read {}", path.display()), &e))
}

/// The accepted records of a part, in the order of the input.
pub fn accepted(dir: &RunDir, stage: usize, part: u64, schema: &Schema) -> Result<Vec<Record>, EngineError> {
    let path = dir.part(stage, part).join("accepted.jsonl");
    let records = lines(dir, &path)?.enumerate().map(|(i, line)| {
        row::read(&line?, schema).map_err(|e| EngineError::Damaged(format!("{}:{}: {e}", path.display(), i + 1)))
    });
    records.collect()
}

/// Where each line of a part's accepted records begins, in bytes, and where the last one ends.
pub fn line_starts(dir: &RunDir, stage: usize, part: u64) -> Result<(File, Vec<u64>), EngineError> {
    let path = dir.part(stage, part).join("accepted.jsonl");
    let read = || -> io::Result<(File, Vec<u64>)> {
        let file = dir.open(&path)?;
        let mut reader = BufReader::with_capacity(1 << 16, &file);
        let (mut starts, mut at) = (vec![0], 0);
        loop {
            let length = reader.skip_until(b'\n')? as u64;
            if length == 0 {
                break;
            }
            at += length;
            starts.push(at);
        }
        Ok((file, starts))
    };
    read().map_err(|e| EngineError::machine(&format!("cannot read {}", path.display()), &e))
}

/// The rows of one of a part's files (`accepted`, `rejected`, `failed`, `gathered`) as JSON.
pub fn rows(
    dir: &RunDir,
    stage: usize,
    part: u64,
    which: &str,
) -> Result<impl Iterator<Item = Result<Json, EngineError>> + use<>, EngineError> {
    let path = dir.part(stage, part).join(format!("{which}.jsonl"));
    let lines = lines(dir, &path)?;
    Ok(lines.map(move |line| serde_json::from_str(&line?).map_err(|e| damaged(&path, &e))))
}

/// The fan-outs and gatherings of a part.
pub fn splits(dir: &RunDir, stage: usize, part: u64) -> Result<Vec<Split>, EngineError> {
    let path = dir.part(stage, part).join("splits.jsonl");
    lines(dir, &path)?.map(|line| serde_json::from_str(&line?).map_err(|e| damaged(&path, &e))).collect()
}

fn lines(dir: &RunDir, path: &Path) -> Result<impl Iterator<Item = Result<String, EngineError>> + use<>, EngineError> {
    let path: PathBuf = path.to_path_buf();
    let file = dir.open(&path).map_err(|e| EngineError::machine(&format!("cannot read {}", path.display()), &e))?;
    let lines = BufReader::with_capacity(1 << 16, file).lines();
    Ok(lines.map(move |line| line.map_err(|e| EngineError::machine(&format!("cannot read {}", path.display()), &e))))
}

fn write_lines(path: &Path, rows: impl Iterator<Item = Json>) -> io::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 16, File::create(path)?);
    let mut is_empty = true;
    for row in rows {
        is_empty = false;
        serde_json::to_writer(&mut file, &row)?;
        file.write_all(b"\n")?;
    }
    synced(&file.into_inner()?, is_empty)
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    synced(&file, bytes.is_empty())
}

/// Of an empty file there is only the name, which is synced with its directory.
fn synced(file: &File, is_empty: bool) -> io::Result<()> {
    if is_empty { Ok(()) } else { file.sync_all() }
}

fn damaged(path: &Path, error: &serde_json::Error) -> EngineError {
    EngineError::Damaged(format!("{} is damaged: {error}", path.display()))
}

/// How many parts a stage has, known once the input's end was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// parts
    pub parts: u64,
    /// input rows in them
    pub rows: u64,
}

/// The stage's total, if the input's end was seen.
pub fn total(dir: &RunDir) -> Result<Option<Total>, EngineError> {
    let path = dir.stage(0).join("total.json");
    match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|e| damaged(&path, &e)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(EngineError::machine(&format!("cannot read {}", path.display()), &e)),
    }
}

/// Writes the total down.
pub fn set_total(dir: &RunDir, total: Total) -> Result<(), EngineError> {
    let path = dir.stage(0).join("total.json");
    write_file(&path, &serde_json::json!(total))?;
    dir.tell(|mirror| mirror.wrote(Path::new("stages/0/total.json")))
}

/// Writes a JSON file of the run whole.
pub fn write_file(path: &Path, json: &Json) -> Result<(), EngineError> {
    let write = || {
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        write_atomically(path, json.to_string().as_bytes())
    };
    write().map_err(|e| EngineError::machine(&format!("cannot write {}", path.display()), &e))
}

/// The step error of a stop as an engine error.
pub fn stopped(error: tamis_core::StepError) -> EngineError {
    match error {
        tamis_core::StepError::Stop(reason) => EngineError::Stopped(reason),
        failed => EngineError::Stopped(StopReason::Machine(failed.to_string())),
    }
}

/// Replaces the accepted records of a committed part; records that `outcome` rejects are added to its rejected.
pub fn recommit(dir: &RunDir, stage: usize, old: &Manifest, outcome: Outcome) -> Result<(), EngineError> {
    let fresh = count(old.part, old.first, old.inputs, &outcome);
    let mut manifest = old.clone();
    (manifest.accepted, manifest.digest) = (fresh.accepted, fresh.digest);
    manifest.rejected += fresh.rejected;
    manifest.rejects_digest.merge(&fresh.rejects_digest);
    for (reason, n) in fresh.reasons {
        *manifest.reasons.entry(reason).or_default() += n;
    }
    let place = dir.part(stage, old.part);
    let write = || -> io::Result<()> {
        let temporary = place.with_extension("tmp");
        let before = dir.bytes(&place.join("rejected.jsonl"))?;
        empty_dir(&temporary)?;
        for name in ["failed.jsonl", "gathered.jsonl", "splits.jsonl"] {
            write_synced(&temporary.join(name), &dir.bytes(&place.join(name))?)?;
        }
        write_lines(&temporary.join("accepted.jsonl"), outcome.passed.iter().map(row::accepted))?;
        let mut rejected = before;
        for row in outcome.rejected.iter().map(row::rejected) {
            rejected.extend_from_slice(row.to_string().as_bytes());
            rejected.push(b'\n');
        }
        write_synced(&temporary.join("rejected.jsonl"), &rejected)?;
        write_synced(&temporary.join("manifest.json"), &serde_json::to_vec(&manifest)?)?;
        sync_dir(&temporary)?;
        fs::remove_dir_all(&place)?;
        fs::rename(&temporary, &place)?;
        place.parent().map_or(Ok(()), sync_dir)
    };
    write().map_err(|e| EngineError::machine(&format!("cannot commit {}", place.display()), &e))?;
    dir.tell(|mirror| mirror.replaced(stage, old.part))
}
