//! What a binding says of a sandbox for programs.

use serde::{Deserialize, Serialize};

const MIB: u64 = 1 << 20;

/// `options` of a model with `backend: python`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Options {
    /// the interpreter: a path, or a name that is looked up in `PATH`
    pub(super) python: String,
    /// modules that are imported before any program comes
    pub(super) preload: Vec<String>,
    /// files and directories that programs may read beside the interpreter's own, at the same paths
    pub(super) readable: Vec<String>,
    /// interpreters kept warm; as many programs run at once
    pub(super) workers: usize,
    /// seconds until a program is stopped, where the request says nothing; also the most that a request may ask for
    pub(super) time_s: f64,
    /// address space of a program, the imported modules' included
    pub(super) memory_mb: u64,
    /// what a program may write to its directory
    pub(super) disk_mb: u64,
    /// bytes of standard output, and as many of standard error, that are kept
    pub(super) output_bytes: u64,
    /// pictures that are kept of one program
    pub(super) pictures: u32,
    /// most threads of a program (kept by the kernel unless Tamis runs as root)
    pub(super) threads: u64,
}

/// What the worker inside is told.
#[derive(Serialize)]
pub(super) struct Limits<'a> {
    preload: &'a [String],
    memory_bytes: u64,
    disk_bytes: u64,
    output_bytes: u64,
    open_files: u64,
    threads: u64,
    pictures: u32,
    picture_bytes: u64,
}

impl Default for Options {
    fn default() -> Options {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Options {
            python: "python3".into(),
            preload: Vec::new(),
            readable: Vec::new(),
            workers: cores.min(8),
            time_s: 30.0,
            memory_mb: 2048,
            disk_mb: 64,
            output_bytes: 65_536,
            pictures: 16,
            threads: 64,
        }
    }
}

impl Options {
    /// Whether the numbers make sense.
    ///
    /// Errors, in words: the first that does not.
    pub(crate) fn check(self) -> Result<Options, String> {
        let within = |name: &str, value: f64, least: f64, most: f64| match (least..=most).contains(&value) {
            true => Ok(()),
            false => Err(format!("`{name}` is {value}; expected a number from {least} to {most}")),
        };
        within("workers", self.workers as f64, 1.0, 256.0)?;
        within("time_s", self.time_s, 0.1, 3600.0)?;
        within("memory_mb", self.memory_mb as f64, 64.0, 1_048_576.0)?;
        within("disk_mb", self.disk_mb as f64, 1.0, 65_536.0)?;
        within("output_bytes", self.output_bytes as f64, 1024.0, 16_777_216.0)?;
        within("pictures", f64::from(self.pictures), 0.0, 1000.0)?;
        within("threads", self.threads as f64, 1.0, 4096.0)?;
        if let Some(path) = self.readable.iter().find(|path| !path.starts_with('/') || path.as_str() == "/") {
            return Err(format!("`readable` has `{path}`; expected an absolute path below /"));
        }
        let module = |name: &&String| !name.split('.').all(is_identifier);
        match self.preload.iter().find(module) {
            Some(name) => Err(format!("`preload` has `{name}`; expected names of modules like matplotlib.pyplot")),
            None => Ok(self),
        }
    }

    /// What of them shows in what a program does.
    pub(crate) fn asked(&self) -> impl Serialize + use<> {
        (self.preload.clone(), self.time_s, self.memory_mb, self.disk_mb, self.output_bytes, self.pictures)
    }

    /// Room for what a program writes and for what it is given.
    pub(super) fn room(&self) -> u64 {
        self.disk_mb * MIB + super::MOST_GIVEN
    }

    pub(super) fn limits(&self) -> Limits<'_> {
        Limits {
            preload: &self.preload,
            memory_bytes: self.memory_mb * MIB,
            disk_bytes: self.disk_mb * MIB,
            output_bytes: self.output_bytes,
            open_files: 256,
            threads: self.threads,
            pictures: self.pictures,
            picture_bytes: self.disk_mb * MIB,
        }
    }
}

fn is_identifier(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|c| c.is_alphabetic() || c == '_') && letters.all(|c| c.is_alphanumeric() || c == '_')
}
