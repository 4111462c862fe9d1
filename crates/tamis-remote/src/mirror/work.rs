//! The directory on this machine that a remote run is worked on in.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// What says of which run a directory is a copy, and which copy it is.
#[derive(Debug, Serialize, Deserialize)]
struct Copy {
    url: String,
    name: String,
}

/// A working directory.
#[derive(Debug)]
pub(super) struct Work {
    pub root: PathBuf,
    /// the name of this copy
    pub name: String,
}

impl Work {
    /// Opens the working directory of a run, made if need be.
    ///
    /// Errors: a directory that is the copy of another run, or of none.
    pub(super) fn open(url: &str, dir: Option<&Path>) -> io::Result<Work> {
        let root = dir.map_or_else(|| default_place(url), |dir| Ok(dir.to_path_buf()))?;
        fs::create_dir_all(&root)?;
        let path = root.join("copy.json");
        match fs::read(&path) {
            Ok(bytes) => {
                let copy: Copy = serde_json::from_slice(&bytes)?;
                if copy.url != url {
                    let message = format!(
                        "{} is the working directory of {}; name another one with --work",
                        root.display(),
                        copy.url
                    );
                    return Err(io::Error::new(ErrorKind::AlreadyExists, message));
                }
                Ok(Work { root, name: copy.name })
            }
            Err(e) if e.kind() == ErrorKind::NotFound => {
                if fs::read_dir(&root)?.next().is_some() {
                    let message = format!("{} is not empty; name a new directory with --work", root.display());
                    return Err(io::Error::new(ErrorKind::AlreadyExists, message));
                }
                Work::begin(root, url)
            }
            Err(e) => Err(e),
        }
    }

    fn begin(root: PathBuf, url: &str) -> io::Result<Work> {
        let copy = Copy { url: url.to_string(), name: new_name() };
        fs::write(root.join("copy.json"), serde_json::to_vec_pretty(&copy)?)?;
        Ok(Work { root, name: copy.name })
    }

    /// Puts everything in the directory aside, because it is of another run than the one in the bucket. Nothing is
    /// deleted: answers in it may have been paid for.
    pub(super) fn put_aside(&self) -> io::Result<()> {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |t| t.as_secs());
        let aside = self.root.join(format!("before-{seconds}.lock"));
        fs::create_dir_all(&aside)?;
        for name in ["run.json", "recipe", "stages", "media", "replies", "handover", "events.jsonl"] {
            match fs::rename(self.root.join(name), aside.join(name)) {
                Err(e) if e.kind() != ErrorKind::NotFound => return Err(e),
                _ => {}
            }
        }
        Ok(())
    }
}

/// A name that no other copy has.
fn new_name() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |t| t.as_nanos());
    let mut hasher = blake3::Hasher::new();
    hasher.update(&now.to_le_bytes());
    hasher.update(&std::process::id().to_le_bytes());
    hasher.update(super::owner::machine().as_bytes());
    hasher.finalize().to_hex()[..8].to_string()
}

/// Below the user's cache directory, under a name made of the URL and of the server it is on.
fn default_place(url: &str) -> io::Result<PathBuf> {
    let cache = match (std::env::var_os("XDG_CACHE_HOME"), std::env::var_os("HOME")) {
        (Some(cache), _) if !cache.is_empty() => PathBuf::from(cache),
        (_, Some(home)) => PathBuf::from(home).join(".cache"),
        _ => {
            let message = "neither XDG_CACHE_HOME nor HOME is set; name a working directory with --work";
            return Err(io::Error::new(ErrorKind::NotFound, message));
        }
    };
    let server = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT", "AZURE_STORAGE_ENDPOINT"];
    let server = server.iter().find_map(|name| std::env::var(name).ok()).unwrap_or_default();
    let digest = blake3::hash(format!("{server} {url}").as_bytes()).to_hex()[..12].to_string();
    let last: String =
        url.rsplit('/').next().unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    Ok(cache.join("tamis").join("runs").join(format!("{last}-{digest}")))
}
