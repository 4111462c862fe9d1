//! Places that bytes are read from: files of this machine, and objects behind URLs.
//!
//! Both are held as a [`Path`]: a URL is joined, split and named like one, so that whoever finds files by their names
//! needs one way of doing it. What is behind URLs is read through a [`Remote`], which a program installs once; this
//! crate knows no protocol.

mod opened;

use std::fs::File;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::UNIX_EPOCH;

pub use self::opened::{Opened, Section};
use crate::media::Bytes;

/// What is behind URLs. Every call waits until it is answered; errors are those of files, in words that say what to do.
pub trait Remote: Send + Sync {
    /// What is at a URL: an object, or a directory if objects lie below it.
    fn facts(&self, url: &str) -> io::Result<Facts>;

    /// The URLs directly below a directory, objects and directories.
    fn entries(&self, url: &str) -> io::Result<Vec<String>>;

    /// The URLs of all objects below a directory.
    fn walk(&self, url: &str) -> io::Result<Vec<String>>;

    /// A stretch of an object that had these facts when it was opened; an error if it has changed since.
    fn read(&self, url: &str, facts: &Facts, range: Range<u64>) -> io::Result<Bytes>;

    /// Fetches a small object, so that looking at it and reading it soon costs no further request.
    fn warm(&self, url: &str) -> io::Result<()>;
}

/// What is known about a place without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// whether it holds other places instead of bytes
    pub is_dir: bool,
    /// its size
    pub bytes: u64,
    /// the time of change of a file, the entity tag of an object: another one means other bytes
    pub stamp: String,
}

static REMOTE: OnceLock<Arc<dyn Remote>> = OnceLock::new();

/// Makes URLs readable in this process; the first one stays.
pub fn install(remote: Arc<dyn Remote>) {
    let _ = REMOTE.set(remote);
}

fn remote(url: &str) -> io::Result<&'static Arc<dyn Remote>> {
    REMOTE.get().ok_or_else(|| io::Error::new(ErrorKind::Unsupported, format!("{url}: this program reads no URLs")))
}

/// The schemes of URLs that are read.
pub const SCHEMES: [&str; 5] = ["s3", "gs", "az", "http", "https"];

/// The scheme, if this is a URL that is read.
pub fn scheme(path: &Path) -> Option<&'static str> {
    let (scheme, _) = path.to_str()?.split_once("://")?;
    SCHEMES.into_iter().find(|known| *known == scheme)
}

/// Whether this is the URL of an object, not a path.
pub fn is_url(path: &Path) -> bool {
    scheme(path).is_some()
}

fn url(path: &Path) -> Option<&str> {
    path.to_str().filter(|_| is_url(path))
}

/// What is at a place. Errors: nothing there, no permission, a server that does not answer.
pub fn facts(path: &Path) -> io::Result<Facts> {
    if let Some(url) = url(path) {
        return remote(url)?.facts(url);
    }
    let found = path.metadata()?;
    let changed = found.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    Ok(Facts { is_dir: found.is_dir(), bytes: found.len(), stamp: changed.as_nanos().to_string() })
}

/// Whether there is a directory.
pub fn is_dir(path: &Path) -> bool {
    facts(path).is_ok_and(|facts| facts.is_dir)
}

/// Whether there is a file or an object.
pub fn is_file(path: &Path) -> bool {
    if is_url(path) { facts(path).is_ok_and(|facts| !facts.is_dir) } else { path.is_file() }
}

/// What a directory holds, in no order.
pub fn entries(dir: &Path) -> io::Result<Vec<PathBuf>> {
    if let Some(url) = url(dir) {
        return Ok(remote(url)?.entries(url)?.into_iter().map(PathBuf::from).collect());
    }
    std::fs::read_dir(dir)?.map(|entry| entry.map(|entry| entry.path())).collect()
}

/// The same, and whether each is a directory; links are followed.
pub fn listing(dir: &Path) -> io::Result<Vec<(PathBuf, bool)>> {
    if is_url(dir) {
        let with_kind = |path: PathBuf| {
            let is_dir = is_dir(&path);
            (path, is_dir)
        };
        return Ok(entries(dir)?.into_iter().map(with_kind).collect());
    }
    let listed = std::fs::read_dir(dir)?.map(|entry| {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        let is_dir = kind.is_dir() || (kind.is_symlink() && path.is_dir());
        Ok((path, is_dir))
    });
    listed.collect()
}

/// All objects below a directory behind a URL, in no order.
pub fn walk_url(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let url = url(dir).ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "not a URL"))?;
    Ok(remote(url)?.walk(url)?.into_iter().map(PathBuf::from).collect())
}

/// Fetches what will be read soon, if it is behind a URL.
pub fn warm(path: &Path) -> io::Result<()> {
    url(path).map_or(Ok(()), |url| remote(url)?.warm(url))
}

/// All bytes of a file or object, refused if there are more than `most`.
pub fn read(path: &Path, most: u64) -> io::Result<Bytes> {
    let section = open(path)?.whole();
    if section.length > most {
        return Err(io::Error::other(format!("{} bytes; at most {most} are read", section.length)));
    }
    section.all()
}

/// Opens a regular file or an object; nothing is read yet.
pub fn open(path: &Path) -> io::Result<Arc<Opened>> {
    let Some(url) = url(path) else { return open_file(path).map(Arc::new) };
    let facts = remote(url)?.facts(url)?;
    if facts.is_dir {
        return Err(io::Error::new(ErrorKind::IsADirectory, DIRECTORY));
    }
    Ok(Arc::new(Opened::object(url, facts)))
}

const DIRECTORY: &str = "this is a directory; a file was expected";

fn open_file(path: &Path) -> io::Result<Opened> {
    // Looked at before it is opened: opening a pipe would wait for a writer.
    let metadata = std::fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(io::Error::new(ErrorKind::IsADirectory, DIRECTORY));
    }
    if !metadata.is_file() {
        return Err(io::Error::other("this is a device, pipe or socket; a regular file was expected"));
    }
    Opened::file(File::open(path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_schemes_are_urls() {
        for url in ["s3://b/k", "gs://b/k", "az://c/k", "http://h/k", "https://h/k"] {
            assert!(is_url(Path::new(url)), "{url}");
        }
        for path in ["a/b.jsonl", "ftp://h/k", "s3:/b", "/s3/b", "C://x"] {
            assert!(!is_url(Path::new(path)), "{path}");
        }
    }

    #[test]
    fn a_url_is_joined_and_split_like_a_path() {
        let url = Path::new("s3://bucket/photos");
        assert_eq!(url.join("a/b.jpg").to_str(), Some("s3://bucket/photos/a/b.jpg"));
        assert_eq!(url.join("a/b.jpg").parent().and_then(Path::to_str), Some("s3://bucket/photos/a"));
        assert_eq!(url.join("a/b.jpg").strip_prefix(url).ok(), Some(Path::new("a/b.jpg")));
        assert_eq!(url.join("a.jpg").with_extension("txt").to_str(), Some("s3://bucket/photos/a.txt"));
    }
}
