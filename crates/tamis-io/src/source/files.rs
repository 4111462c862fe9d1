//! Finding files, and reading lines of any length without trusting them.

use std::collections::HashSet;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use tamis_core::place::{self, Section};
use tamis_core::source::SourceError;

/// What is taken for a picture by its name. Which of them can be decoded is for the reader of the pixels to say.
const IMAGES: &[&str] = &["jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff", "heic", "avif"];

/// Whether the name is one of a picture.
pub(crate) fn is_image(path: &Path) -> bool {
    extension(path).is_some_and(|ext| IMAGES.contains(&ext.as_str()))
}

/// The extension in lower case, without its dot.
pub(crate) fn extension(path: &Path) -> Option<String> {
    Path::new(&base_name(path)).extension().map(|ext| ext.to_string_lossy().to_lowercase())
}

/// A path as a name inside the input: parts joined by `/` on every system.
pub(crate) fn name_in(root: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = inside.components().map(|c| c.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

/// The last part of a path, for messages and keys; of a web address without its query.
pub(crate) fn base_name(path: &Path) -> String {
    match path.file_name().map(|name| name.to_string_lossy()) {
        Some(name) if matches!(place::scheme(path), Some("http" | "https")) => {
            name.split(['?', '#']).next().unwrap_or_default().to_string()
        }
        Some(name) => name.into_owned(),
        None => path.display().to_string(),
    }
}

/// An error about a file or directory.
pub(crate) fn io_error(path: &Path, error: &io::Error) -> SourceError {
    let help = match error.kind() {
        io::ErrorKind::NotFound => "check the path given with `--input`",
        io::ErrorKind::PermissionDenied => "make it readable for the user who runs this",
        _ => return SourceError::new(format!("{}: {error}", path.display())),
    };
    SourceError::new(format!("{}: {error}", path.display())).help(help)
}

/// The entries of one directory in name order, hidden ones left out.
pub(crate) fn entries(dir: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let mut paths = place::entries(dir).map_err(|e| io_error(dir, &e))?;
    paths.retain(|path| !is_hidden(path));
    // They differ in their last part only: comparing the bytes is enough, and quicker than comparing paths.
    paths.sort_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
    Ok(paths)
}

/// The directories in a directory, in name order, and its other entries, in none; hidden ones left out.
pub(crate) fn dirs_and_files(dir: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>), SourceError> {
    let listed = place::listing(dir).map_err(|e| io_error(dir, &e))?;
    let (dirs, files): (Vec<_>, Vec<_>) =
        listed.into_iter().filter(|(path, _)| !is_hidden(path)).partition(|(_, is_dir)| *is_dir);
    let mut dirs: Vec<PathBuf> = dirs.into_iter().map(|(path, _)| path).collect();
    dirs.sort();
    Ok((dirs, files.into_iter().map(|(path, _)| path).collect()))
}

fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy());
    name.is_none_or(|name| name.starts_with('.') || name == "__MACOSX")
}

/// All files below a directory, each with its name relative to it, in name order. Symbolic links are followed, each
/// directory is entered once, so that a loop of links comes to an end.
pub(crate) fn walk(root: &Path) -> Result<Vec<(String, PathBuf)>, SourceError> {
    if place::is_url(root) {
        return walk_url(root);
    }
    let mut files = Vec::new();
    let mut seen = HashSet::new();
    let mut open = vec![root.to_path_buf()];
    while let Some(dir) = open.pop() {
        if !seen.insert(dir.canonicalize().map_err(|e| io_error(&dir, &e))?) {
            continue;
        }
        let (dirs, rest) = dirs_and_files(&dir)?;
        open.extend(dirs.into_iter().rev());
        files.extend(rest.into_iter().map(|path| (name_in(root, &path), path)));
    }
    files.sort();
    Ok(files)
}

/// The same behind a URL, where directories are only parts of names.
fn walk_url(root: &Path) -> Result<Vec<(String, PathBuf)>, SourceError> {
    let paths = place::walk_url(root).map_err(|e| io_error(root, &e))?;
    let mut files: Vec<_> = paths.into_iter().map(|path| (name_in(root, &path), path)).collect();
    files.retain(|(name, _)| !Path::new(name).components().any(|part| is_hidden(Path::new(part.as_os_str()))));
    files.sort();
    Ok(files)
}

/// The most bytes of one line or element: 64 MiB.
pub(crate) const LONGEST: usize = 64 << 20;

/// Whether files are so small that they are read through to count rows: 256 MiB, of objects 4 MiB.
pub(crate) fn are_countable(paths: &[PathBuf]) -> bool {
    let most = if paths.first().is_some_and(|path| place::is_url(path)) { 4 << 20 } else { 256 << 20 };
    paths.iter().filter_map(|path| place::facts(path).ok()).map(|facts| facts.bytes).sum::<u64>() <= most
}

/// The lines of a file, as bytes without their end.
pub(crate) struct Lines {
    reader: BufReader<Section>,
    /// the number of the line read last, from 1
    pub number: u64,
}

/// A line longer than [`LONGEST`]; the lines after it can be read.
pub(crate) struct TooLong;

impl Lines {
    pub(crate) fn open(path: &Path) -> io::Result<Lines> {
        Ok(Lines { reader: BufReader::with_capacity(1 << 17, place::open(path)?.whole()), number: 0 })
    }

    /// Reads the next line that is not blank into `line`; `None` at the end.
    pub(crate) fn next(&mut self, line: &mut Vec<u8>) -> io::Result<Option<Result<(), TooLong>>> {
        loop {
            line.clear();
            let Some(fits) = self.read(line)? else { return Ok(None) };
            self.number += 1;
            if self.number == 1 && line.starts_with(b"\xef\xbb\xbf") {
                line.drain(..3);
            }
            if !fits {
                return Ok(Some(Err(TooLong)));
            }
            if !line.trim_ascii().is_empty() {
                return Ok(Some(Ok(())));
            }
        }
    }

    /// One line; what is over the limit is stepped over.
    fn read(&mut self, line: &mut Vec<u8>) -> io::Result<Option<bool>> {
        let (mut any, mut fits) = (false, true);
        loop {
            let chunk = self.reader.fill_buf()?;
            if chunk.is_empty() {
                return Ok(any.then_some(fits));
            }
            any = true;
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let part = &chunk[..end.unwrap_or(chunk.len())];
            fits &= line.len() + part.len() <= LONGEST;
            if fits {
                line.extend_from_slice(part);
            }
            let used = part.len() + usize::from(end.is_some());
            self.reader.consume(used);
            if end.is_some() {
                return Ok(Some(fits));
            }
        }
    }
}
