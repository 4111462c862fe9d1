//! What is in a tar and where, without reading it all.

use std::collections::VecDeque;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use tamis_core::place::{self, Section};

/// A regular file in a tar.
pub(super) struct Member {
    pub name: String,
    pub offset: u64,
    pub length: u64,
}

impl Member {
    /// The name up to the first dot of its last part, and what comes after that dot in lower case.
    pub(super) fn split(&self) -> (&str, String) {
        let base = self.name.rfind('/').map_or(0, |slash| slash + 1);
        match self.name[base..].find('.') {
            Some(dot) => (&self.name[..base + dot], self.name[base + dot + 1..].to_lowercase()),
            None => (&self.name, String::new()),
        }
    }
}

/// The regular files in a tar, found by reading headers and seeking over what they hold.
pub(super) struct Members {
    path: PathBuf,
    size: u64,
    /// where the next header is
    at: u64,
    found: VecDeque<Member>,
    failed: Option<Cut>,
    done: bool,
}

/// Where a tar cannot be read any further.
pub(super) struct Cut {
    /// the member whose bytes are not all there
    pub member: Option<Member>,
    /// what is wrong
    pub message: String,
}

impl From<io::Error> for Cut {
    fn from(error: io::Error) -> Cut {
        Cut { member: None, message: error.to_string() }
    }
}

impl Members {
    pub(super) fn open(path: &Path) -> io::Result<Members> {
        let size = place::facts(path)?.bytes;
        Ok(Members { path: path.to_path_buf(), size, at: 0, found: VecDeque::new(), failed: None, done: false })
    }

    /// Reads the next headers, so that a tar of any size takes little memory.
    fn refill(&mut self) -> Result<(), Cut> {
        // Behind a URL what is read on the way is kept for whoever reads the members next, so it must not be much.
        let most = if place::is_url(&self.path) { 64 } else { 1000 };
        let mut file = place::open(&self.path)?.whole();
        file.seek(SeekFrom::Start(self.at))?;
        let mut archive = tar::Archive::new(Tail { file, start: self.at });
        let start = self.at;
        let mut count = 0;
        for entry in archive.entries_with_seek()?.take(most) {
            let entry =
                entry.map_err(|e| Cut { member: None, message: format!("the tar was cut off or damaged: {e}") })?;
            count += 1;
            let (offset, length) = (start + entry.raw_file_position(), entry.size());
            let end = offset.saturating_add(length);
            let name = String::from_utf8_lossy(&entry.path_bytes()).trim_start_matches("./").to_string();
            if end > self.size {
                let missing = end - self.size;
                let message = format!("the tar was cut off: {missing} bytes of `{name}` are missing");
                return Err(Cut { member: Some(Member { name, offset, length }), message });
            }
            self.at = end.next_multiple_of(512);
            if entry.header().entry_type().is_file() {
                self.found.push_back(Member { name, offset, length });
            }
        }
        self.done = count < most;
        // Every tar ends with blocks of zeros.
        if self.done && self.at >= self.size {
            let message = "the tar was cut off: its end mark is missing, so there may have been more".to_string();
            return Err(Cut { member: None, message });
        }
        Ok(())
    }
}

impl Iterator for Members {
    type Item = Result<Member, Cut>;

    fn next(&mut self) -> Option<Result<Member, Cut>> {
        while self.found.is_empty() && !self.done && self.failed.is_none() {
            self.failed = self.refill().err();
        }
        match self.found.pop_front() {
            Some(member) => Some(Ok(member)),
            None => {
                self.done = true;
                self.failed.take().map(Err)
            }
        }
    }
}

/// A file from some byte on, as if it began there.
struct Tail {
    file: Section,
    start: u64,
}

impl Read for Tail {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}

impl Seek for Tail {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(at) => SeekFrom::Start(self.start + at),
            other => other,
        };
        Ok(self.file.seek(to)? - self.start)
    }
}
