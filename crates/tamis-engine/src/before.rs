//! The stage before a barrier, as it lies on disk: summaries, and records one by one.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, PoisonError};

use tamis_core::barrier::{Before, Place};
use tamis_core::error::StopReason;
use tamis_core::{Record, Schema, StepError};

use crate::error::EngineError;
use crate::layout::RunDir;
use crate::{part, row};

/// A committed stage.
pub(crate) struct Committed {
    pub(crate) dir: RunDir,
    pub(crate) stage: usize,
    pub(crate) parts: u64,
    pub(crate) schema: Schema,
    opened: Mutex<HashMap<u32, Arc<Lines>>>,
}

/// A part's accepted records, to be read at any line.
struct Lines {
    file: File,
    starts: Vec<u64>,
}

/// How many parts are kept open; a part that is asked for again is opened again.
const OPEN: usize = 256;

impl Committed {
    pub(crate) fn new(dir: RunDir, stage: usize, parts: u64, schema: Schema) -> Committed {
        Committed { dir, stage, parts, schema, opened: Mutex::default() }
    }

    fn lines(&self, part: u32) -> Result<Arc<Lines>, EngineError> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lines) = opened.get(&part) {
            return Ok(lines.clone());
        }
        let (file, starts) = part::line_starts(&self.dir, self.stage, part.into())?;
        let lines = Arc::new(Lines { file, starts });
        if opened.len() >= OPEN {
            opened.clear();
        }
        opened.insert(part, lines.clone());
        Ok(lines)
    }

    fn read(&self, place: Place) -> Result<Record, EngineError> {
        let lines = self.lines(place.part)?;
        let row = place.row as usize;
        let damaged =
            |why: &str| EngineError::Damaged(format!("stage {} part {} row {row}: {why}", self.stage, place.part));
        let (Some(from), Some(to)) = (lines.starts.get(row), lines.starts.get(row + 1)) else {
            return Err(damaged("there is no such row"));
        };
        let mut bytes = vec![0; (to - from) as usize];
        lines.file.read_exact_at(&mut bytes, *from).map_err(|e| EngineError::machine("cannot read a record", &e))?;
        let text = std::str::from_utf8(&bytes).map_err(|e| damaged(&e.to_string()))?;
        row::read(text, &self.schema).map_err(|e| damaged(&e))
    }
}

impl Before for Committed {
    fn parts(&self) -> usize {
        self.parts as usize
    }

    fn summary(&self, part: usize) -> Result<Vec<u8>, StepError> {
        part::summary(&self.dir, self.stage, part as u64).map_err(stop)
    }

    fn record(&self, place: Place) -> Result<Record, StepError> {
        self.read(place).map_err(stop)
    }

    fn records(&self, part: usize) -> Result<Vec<Record>, StepError> {
        part::accepted(&self.dir, self.stage, part as u64, &self.schema).map_err(stop)
    }
}

fn stop(error: EngineError) -> StepError {
    StepError::Stop(StopReason::Machine(error.to_string()))
}
