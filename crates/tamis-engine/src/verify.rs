//! The proof that nothing vanished and nothing was changed: sums, digests, lineage and media, checked from the files.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value as Json;
use tamis_core::media::MediaHash;
use tamis_core::{RecordId, Schema};

use crate::dataset;
use crate::digest::Digest;
use crate::error::EngineError;
use crate::layout::{RunDir, RunFile};
use crate::part::{self, Manifest, Total};

/// What was checked and what was found.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// parts read
    pub parts: u64,
    /// records read
    pub records: u64,
    /// media looked up
    pub media: u64,
    /// fan-outs followed
    pub splits: u64,
    /// whether every part is there
    pub complete: bool,
    /// the digest computed from the samples
    pub digest: Digest,
    /// everything that is wrong, in words; empty when all is proved
    pub problems: Vec<String>,
}

/// Reads every line of a run and proves: what went in came out accepted, rejected, failed or
/// gathered into other records, exactly once; counts and
/// digests are those of the manifests; every sample's media are there (`has_media` says so).
pub fn verify(dir: &RunDir, run: &RunFile, has_media: &dyn Fn(MediaHash) -> bool) -> Result<Report, EngineError> {
    let mut report = Report::default();
    let total = part::total(dir)?;
    report.complete = total.is_some();
    for stage in 0..run.stages {
        let mut numbers = part::committed(dir, stage)?;
        numbers.sort_unstable();
        report.complete &= total.is_some_and(|t| t.parts == numbers.len() as u64);
        for number in numbers {
            // What cannot be read is a problem of its part; the other parts are read all the same.
            let manifest = match part::manifest(dir, stage, number) {
                Ok(Some(manifest)) => manifest,
                Ok(None) => {
                    report.problems.push(format!("stage {stage} part {number}: there is no manifest"));
                    continue;
                }
                Err(error) => {
                    report.problems.push(format!("stage {stage} part {number}: {error}"));
                    continue;
                }
            };
            let manifest = &manifest;
            let last = stage + 1 == run.stages;
            let schema = if last { Some(&run.output) } else { run.stage_schemas.get(stage) };
            let Some(schema) = schema else {
                return Err(EngineError::Damaged(format!("{}: run.json knows no stage {stage}", dir.path().display())));
            };
            let checked = Checked { dir, stage, manifest, last, schema };
            if let Err(error) = checked.check(&mut report, total, run.identity.part_rows, has_media) {
                checked.problem(&mut report, error.to_string());
            }
        }
    }
    if !report.complete {
        report.problems.push("the run is not complete; take it up with `tamis resume`".to_string());
    }
    Ok(report)
}

struct Checked<'a> {
    dir: &'a RunDir,
    stage: usize,
    manifest: &'a Manifest,
    last: bool,
    schema: &'a Schema,
}

/// How often each record is expected (above 0) or was found (below 0); all zero when the sum is right.
type Ledger = HashMap<RecordId, i64>;

impl Checked<'_> {
    fn check(
        &self,
        report: &mut Report,
        total: Option<Total>,
        part_rows: u64,
        has_media: &dyn Fn(MediaHash) -> bool,
    ) -> Result<(), EngineError> {
        report.parts += 1;
        let mut ledger = Ledger::new();
        let mut roots: HashMap<u64, RecordId> = HashMap::new();
        let mut found = [0; 4];
        for (i, ending) in dataset::Ending::ALL.into_iter().enumerate() {
            for row in part::rows(self.dir, self.stage, self.manifest.part, ending.word())? {
                let row = row?;
                found[i] += 1;
                let Some(id) = dataset::id(&row) else {
                    self.problem(report, format!("a {} record has no id", ending.word()));
                    continue;
                };
                *ledger.entry(id).or_default() -= 1;
                self.note_root(&row, &mut roots, report);
            }
        }
        report.records += found.iter().sum::<u64>();
        self.compare_counts(found, report);
        self.expect_inputs(&mut ledger, &roots, total, part_rows, report)?;
        self.follow_splits(&mut ledger, report)?;
        let astray = ledger.values().filter(|n| **n != 0).count();
        if let Some((id, n)) = ledger.iter().find(|(_, n)| **n != 0) {
            let what = if *n > 0 { "has vanished" } else { "appears without coming from anywhere, or twice" };
            self.problem(report, format!("record {id} {what} ({astray} such records)"));
        }
        self.compare_samples(report, has_media)
    }

    fn problem(&self, report: &mut Report, what: String) {
        report.problems.push(format!("stage {} part {}: {what}", self.stage, self.manifest.part));
    }

    fn note_root(&self, row: &Json, roots: &mut HashMap<u64, RecordId>, report: &mut Report) {
        let root = row.get("_root").and_then(|r| serde_json::from_value::<tamis_core::record::Root>(r.clone()).ok());
        let Some(root) = root else { return self.problem(report, "a record has no root".to_string()) };
        if root.id != RecordId::input(&root.key) {
            self.problem(report, format!("the id of input row `{}` is not made of its key", root.key));
        }
        roots.insert(root.ordinal, root.id);
    }

    fn compare_counts(&self, found: [u64; 4], report: &mut Report) {
        let stated = [self.manifest.accepted, self.manifest.rejected, self.manifest.failed, self.manifest.gathered];
        for (ending, (found, stated)) in dataset::Ending::ALL.into_iter().zip(found.into_iter().zip(stated)) {
            let word = ending.word();
            if found != stated {
                self.problem(report, format!("{stated} {word} records are stated, {found} were found"));
            }
        }
    }

    /// The first stage expects each row of its stretch of the input, a later one what passed the stage before.
    fn expect_inputs(
        &self,
        ledger: &mut Ledger,
        roots: &HashMap<u64, RecordId>,
        total: Option<Total>,
        part_rows: u64,
        report: &mut Report,
    ) -> Result<(), EngineError> {
        if self.stage > 0 {
            for row in part::rows(self.dir, self.stage - 1, self.manifest.part, "accepted")? {
                if let Some(id) = dataset::id(&row?) {
                    *ledger.entry(id).or_default() += 1;
                }
            }
            return Ok(());
        }
        let first = self.manifest.part * part_rows;
        let rows = total.map_or(self.manifest.inputs, |t| t.rows.saturating_sub(first).min(part_rows));
        if (self.manifest.first, self.manifest.inputs) != (first, rows) {
            self.problem(
                report,
                format!("covers rows {}+{}, expected {first}+{rows}", self.manifest.first, self.manifest.inputs),
            );
        }
        for ordinal in first..first + rows {
            match roots.get(&ordinal) {
                Some(id) => *ledger.entry(*id).or_default() += 1,
                None => self.problem(report, format!("input row {ordinal} has vanished")),
            }
        }
        Ok(())
    }

    fn follow_splits(&self, ledger: &mut Ledger, report: &mut Report) -> Result<(), EngineError> {
        for split in part::splits(self.dir, self.stage, self.manifest.part)? {
            report.splits += 1;
            if !split.parent_stays {
                *ledger.entry(split.parent).or_default() -= 1;
            }
            split.children.iter().for_each(|child| *ledger.entry(*child).or_default() += 1);
            split.gathered.iter().for_each(|child| *ledger.entry(*child).or_default() -= 1);
        }
        Ok(())
    }

    fn compare_samples(&self, report: &mut Report, has_media: &dyn Fn(MediaHash) -> bool) -> Result<(), EngineError> {
        let mut digest = Digest::default();
        for record in part::accepted(self.dir, self.stage, self.manifest.part, self.schema)? {
            digest.add_sample(&record);
            if !self.last {
                continue;
            }
            for (_, value) in record.fields() {
                value.each_media(&mut |media| {
                    report.media += 1;
                    if !media.known_hash().is_some_and(has_media) {
                        self.problem(
                            report,
                            format!("record {}: its media {} are not stored", record.id, media.origin_text()),
                        );
                    }
                });
            }
        }
        if digest != self.manifest.digest {
            self.problem(report, format!("the digest is {digest}, stated is {}", self.manifest.digest));
        }
        if self.last {
            report.digest.merge(&digest);
        }
        Ok(())
    }
}
