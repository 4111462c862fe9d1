//! The log of a run: one JSON object a line, with the time. It tells what happened; nothing is read back from it.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value as Json, json};

/// An append-only log.
pub struct Events {
    file: Mutex<Option<File>>,
}

impl Events {
    /// Appends to the file at `path`. A log that cannot be written is left out; it never stops a run.
    pub fn open(path: &Path) -> Events {
        Events { file: Mutex::new(OpenOptions::new().create(true).append(true).open(path).ok()) }
    }

    /// Adds an event; `details` is an object.
    pub fn tell(&self, event: &str, details: Json) {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |t| t.as_secs_f64());
        let mut line = json!({ "time": (seconds * 1000.0).round() / 1000.0, "event": event });
        if let (Some(line), Json::Object(details)) = (line.as_object_mut(), details) {
            line.extend(details);
        }
        if let Some(file) = self.file.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            // In one write, so that others may append to the same file.
            let _ = file.write_all(format!("{line}\n").as_bytes());
        }
    }
}
