//! The file in which requests are gathered. It is on disk, so that thousands of requests with pictures take no memory,
//! and gone once it was uploaded: what became of it is in the log.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use super::log::Line;
use crate::journal::Key;

/// Requests that will be one batch.
pub(super) struct Spool {
    /// by which the batch is found again at the server
    pub(super) tag: String,
    pub(super) lines: Vec<Line>,
    pub(super) bytes: u64,
    /// when the last request was added
    pub(super) last: Instant,
    file: File,
    path: PathBuf,
}

impl Spool {
    /// An empty one in `dir`.
    pub(super) fn create(dir: &Path) -> io::Result<Spool> {
        let tag = tag();
        let path = dir.join(format!("batch-{tag}.jsonl"));
        let file = File::create_new(&path)?;
        Ok(Spool { tag, lines: Vec::new(), bytes: 0, last: Instant::now(), file, path })
    }

    /// Adds a request.
    pub(super) fn add(&mut self, line: Line, request: &[u8]) -> io::Result<()> {
        self.file.write_all(request)?;
        self.bytes += request.len() as u64;
        self.lines.push(line);
        self.last = Instant::now();
        Ok(())
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Removes what a killed process was gathering: it was never submitted from these files.
pub(super) fn sweep(dir: &Path) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("batch-") && name.ends_with(".jsonl") {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// The line of a request in the file.
pub(super) fn request(key: &Key, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{{\"custom_id\":\"{}\",\"method\":\"POST\",\"url\":\"{}\",\"body\":",
        key.to_hex(),
        super::wire::ENDPOINT
    );
    [head.as_bytes(), body, b"}\n"].concat()
}

/// A name that no other batch has, of this run or another.
fn tag() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos());
    let mut hasher = blake3::Hasher::new_derive_key("tamis batch tag");
    hasher.update(&now.to_le_bytes()).update(&std::process::id().to_le_bytes());
    hasher.update(&COUNT.fetch_add(1, Relaxed).to_le_bytes());
    hasher.finalize().to_hex()[..32].to_string()
}
