//! Reading a run: its samples, its rejects and failures, the story of one record.

use serde_json::Value as Json;
use tamis_core::{Record, RecordId, Schema};

use crate::error::EngineError;
use crate::layout::{RunDir, RunFile};
use crate::part;

/// The samples of a run, in the order of the input, one part in memory at a time.
pub fn samples(
    dir: &RunDir,
    run: &RunFile,
) -> Result<impl Iterator<Item = Result<Record, EngineError>> + use<>, EngineError> {
    let stage = run.stages - 1;
    let mut parts = part::committed(dir, stage)?;
    parts.sort_unstable();
    let (dir, schema): (RunDir, Schema) = (dir.clone(), run.output.clone());
    Ok(parts.into_iter().flat_map(move |part| match part::accepted(&dir, stage, part, &schema) {
        Ok(records) => records.into_iter().map(Ok).collect::<Vec<_>>(),
        Err(error) => vec![Err(error)],
    }))
}

/// Where a record ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// it is a sample
    Accepted,
    /// a gate rejected it
    Rejected,
    /// it failed
    Failed,
    /// it went into other records
    Gathered,
}

impl Ending {
    /// Every ending.
    pub const ALL: [Ending; 4] = [Ending::Accepted, Ending::Rejected, Ending::Failed, Ending::Gathered];

    /// The word for it, and the name of its file.
    pub fn word(self) -> &'static str {
        match self {
            Ending::Accepted => "accepted",
            Ending::Rejected => "rejected",
            Ending::Failed => "failed",
            Ending::Gathered => "gathered",
        }
    }
}

/// The rows of records with this ending in all stages; accepted ones only of the last stage.
pub fn rows(
    dir: &RunDir,
    run: &RunFile,
    ending: Ending,
) -> Result<impl Iterator<Item = Result<Json, EngineError>> + use<>, EngineError> {
    let first = if ending == Ending::Accepted { run.stages - 1 } else { 0 };
    let mut files = Vec::new();
    for stage in first..run.stages {
        let mut parts = part::committed(dir, stage)?;
        parts.sort_unstable();
        files.extend(parts.into_iter().map(|part| (stage, part)));
    }
    let dir = dir.clone();
    Ok(files.into_iter().flat_map(move |(stage, part)| {
        let rows: Box<dyn Iterator<Item = Result<Json, EngineError>>> =
            match part::rows(&dir, stage, part, ending.word()) {
                Ok(rows) => Box::new(rows),
                Err(error) => Box::new(std::iter::once(Err(error))),
            };
        rows
    }))
}

/// The rows of every record whose id, or whose input row's id or key, begins with `wanted`.
pub fn find(dir: &RunDir, run: &RunFile, wanted: &str) -> Result<Vec<(Ending, Json)>, EngineError> {
    let mut found = Vec::new();
    for ending in Ending::ALL {
        for row in rows(dir, run, ending)? {
            let row = row?;
            if is_meant(&row, wanted) {
                found.push((ending, row));
            }
        }
    }
    Ok(found)
}

fn is_meant(row: &Json, wanted: &str) -> bool {
    let text = |path: &str| row.pointer(path).and_then(Json::as_str).unwrap_or_default();
    let long_enough = wanted.len() >= 4;
    (long_enough && (text("/_id").starts_with(wanted) || text("/_root/id").starts_with(wanted)))
        || text("/_root/key") == wanted
}

/// The id of a row.
pub fn id(row: &Json) -> Option<RecordId> {
    row.get("_id").and_then(Json::as_str)?.parse().ok()
}
