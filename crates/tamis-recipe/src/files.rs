//! The files of a recipe: a folder on disk, or bytes in memory. Nobody reads outside of it.

use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// The largest file that a recipe may have.
pub const MAX_FILE_BYTES: u64 = 16 << 20;
/// How many files of a folder are listed.
const MAX_LISTED: usize = 10_000;

/// The files of one recipe. Paths are relative, with `/` between their parts.
pub trait Files {
    /// The bytes of a file.
    ///
    /// # Errors
    /// A sentence for people: the file is missing, unreadable, too large, or its path leaves the folder.
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;

    /// The paths of all files, sorted.
    fn list(&self) -> Vec<String>;

    /// A name that two values share only if they are the same folder; used to find recipes that use themselves.
    fn identity(&self) -> String;

    /// The folder at a path beside or inside this one (`../other`), for recipes that use each other.
    ///
    /// # Errors
    /// A sentence for people: there is no such folder, or these files have no neighbours.
    fn beside(&self, path: &str) -> Result<Arc<dyn Files>, String>;
}

/// A recipe's folder on disk.
#[derive(Clone, Debug)]
pub struct DiskFolder {
    root: PathBuf,
}

impl DiskFolder {
    /// Opens a folder.
    ///
    /// # Errors
    /// There is no folder at this path.
    pub fn open(path: impl AsRef<Path>) -> Result<DiskFolder, String> {
        let path = path.as_ref();
        let root = path.canonicalize().map_err(|e| format!("`{}`: {}", path.display(), reason(&e)))?;
        if root.is_dir() { Ok(DiskFolder { root }) } else { Err(format!("`{}` is not a folder", path.display())) }
    }

    /// The folder, absolute, without symlinks.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn collect(&self, folder: &Path, found: &mut Vec<String>) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        let mut entries: Vec<_> = entries.flatten().collect();
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            let Ok(kind) = entry.file_type() else { continue };
            if hidden || found.len() >= MAX_LISTED {
                continue;
            }
            // Symlinks to folders are not followed: they may lead in a circle.
            if kind.is_dir() {
                self.collect(&entry.path(), found);
            } else if let Ok(path) = entry.path().strip_prefix(&self.root) {
                let parts: Vec<_> = path.components().map(|c| c.as_os_str().to_string_lossy()).collect();
                found.push(parts.join("/"));
            }
        }
    }
}

impl Files for DiskFolder {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        stays_inside(path)?;
        let full = self.root.join(path);
        let real = full.canonicalize().map_err(|e| format!("`{path}`: {}", reason(&e)))?;
        if !real.starts_with(&self.root) {
            return Err(format!("`{path}` is a symlink that leaves the recipe's folder"));
        }
        if !real.is_file() {
            return Err(format!("`{path}` is not a file"));
        }
        let file = std::fs::File::open(&real).map_err(|e| format!("`{path}`: {}", reason(&e)))?;
        let mut bytes = Vec::new();
        // One byte more than allowed shows that there is more, also in a file that grows while it is read.
        file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|e| format!("`{path}`: {}", reason(&e)))?;
        within_limit(path, bytes.len())?;
        Ok(bytes)
    }

    fn list(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.collect(&self.root, &mut found);
        found.sort();
        found
    }

    fn identity(&self) -> String {
        self.root.to_string_lossy().into_owned()
    }

    fn beside(&self, path: &str) -> Result<Arc<dyn Files>, String> {
        if Path::new(path).is_absolute() {
            return Err(format!("`{path}` is absolute; write the path from this recipe's folder"));
        }
        let other = DiskFolder::open(self.root.join(path)).map_err(|_| format!("there is no folder `{path}`"))?;
        Ok(Arc::new(other))
    }
}

/// Files in memory: recipes inside the program, and tests.
#[derive(Clone, Debug, Default)]
pub struct MemoryFolder {
    name: String,
    files: Vec<(String, Vec<u8>)>,
}

impl MemoryFolder {
    /// Paths with their bytes; `name` tells folders apart.
    pub fn new<P, B>(name: &str, files: impl IntoIterator<Item = (P, B)>) -> MemoryFolder
    where
        P: Into<String>,
        B: Into<Vec<u8>>,
    {
        let mut files: Vec<(String, Vec<u8>)> = files.into_iter().map(|(p, b)| (p.into(), b.into())).collect();
        files.sort();
        MemoryFolder { name: name.to_string(), files }
    }
}

impl Files for MemoryFolder {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        stays_inside(path)?;
        let plain = path.strip_prefix("./").unwrap_or(path);
        let found = self.files.iter().find(|(name, _)| name == plain);
        let (_, bytes) = found.ok_or_else(|| format!("`{path}`: no such file"))?;
        within_limit(path, bytes.len())?;
        Ok(bytes.clone())
    }

    fn list(&self) -> Vec<String> {
        self.files.iter().map(|(path, _)| path.clone()).collect()
    }

    fn identity(&self) -> String {
        format!("memory:{}", self.name)
    }

    fn beside(&self, path: &str) -> Result<Arc<dyn Files>, String> {
        Err(format!("there is no folder `{path}`: this recipe does not lie on disk"))
    }
}

fn stays_inside(path: &str) -> Result<(), String> {
    for part in Path::new(path).components() {
        match part {
            Component::Normal(_) | Component::CurDir => {}
            Component::ParentDir => return Err(format!("`{path}` climbs out of the recipe's folder with `..`")),
            _ => return Err(format!("`{path}` is absolute; paths begin in the recipe's folder")),
        }
    }
    if path.contains('\0') { Err("a path cannot hold a zero byte".to_string()) } else { Ok(()) }
}

fn within_limit(path: &str, bytes: usize) -> Result<(), String> {
    if bytes as u64 <= MAX_FILE_BYTES {
        return Ok(());
    }
    Err(format!("`{path}` has more than {} MiB, the most that a recipe's file may have", MAX_FILE_BYTES >> 20))
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".to_string(),
        std::io::ErrorKind::PermissionDenied => "no permission to read it".to_string(),
        _ => error.to_string(),
    }
}

/// The bytes of a file as text, a byte order mark at its beginning left out.
///
/// # Errors
/// A sentence for people: the bytes are no UTF-8, or no text at all.
pub fn as_text(path: &str, bytes: Vec<u8>) -> Result<String, String> {
    let utf16 = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
    if utf16 {
        return Err(format!("`{path}` is written in UTF-16; save it as UTF-8"));
    }
    if bytes.contains(&0) {
        return Err(format!("`{path}` is not a text: it holds zero bytes"));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{FEFF}').map_or(text.clone(), str::to_string)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let line = 1 + error.as_bytes()[..at].iter().filter(|b| **b == b'\n').count();
            Err(format!("`{path}` is not UTF-8: byte {at}, on line {line}, is no character; save it as UTF-8"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_in_its_folder() {
        let outer = tempfile::tempdir().unwrap();
        std::fs::write(outer.path().join("secret.txt"), "x").unwrap();
        let inner = outer.path().join("recipe");
        std::fs::create_dir(&inner).unwrap();
        std::fs::write(inner.join("ok.txt"), "y").unwrap();
        std::os::unix::fs::symlink(outer.path().join("secret.txt"), inner.join("link.txt")).unwrap();
        std::os::unix::fs::symlink(inner.join("ok.txt"), inner.join("fine.txt")).unwrap();
        std::os::unix::fs::symlink(&inner, inner.join("loop")).unwrap();
        let folder = DiskFolder::open(&inner).unwrap();
        assert_eq!(folder.read("ok.txt"), Ok(b"y".to_vec()));
        assert_eq!(folder.read("fine.txt"), Ok(b"y".to_vec()));
        let refused = |path: &str| folder.read(path).unwrap_err();
        assert_eq!(refused("../secret.txt"), "`../secret.txt` climbs out of the recipe's folder with `..`");
        assert_eq!(refused("/etc/passwd"), "`/etc/passwd` is absolute; paths begin in the recipe's folder");
        assert_eq!(refused("link.txt"), "`link.txt` is a symlink that leaves the recipe's folder");
        assert_eq!(refused("gone.txt"), "`gone.txt`: no such file");
        assert_eq!(refused("loop"), "`loop` is not a file");
        assert_eq!(folder.list(), ["fine.txt", "link.txt", "loop", "ok.txt"]);
    }

    #[test]
    fn a_file_beyond_the_limit_is_refused() {
        let folder = MemoryFolder::new("t", [("big.txt", vec![b'a'; MAX_FILE_BYTES as usize + 1])]);
        assert!(folder.read("big.txt").unwrap_err().contains("more than 16 MiB"));
    }

    #[test]
    fn only_utf8_is_text() {
        assert_eq!(as_text("a", b"\xEF\xBB\xBFhi".to_vec()), Ok("hi".to_string()));
        assert!(as_text("a", b"\xFF\xFEh\0".to_vec()).unwrap_err().contains("UTF-16"));
        assert!(as_text("a", b"one\ntw\xE9".to_vec()).unwrap_err().contains("byte 6, on line 2"));
        assert!(as_text("a", b"a\0b".to_vec()).unwrap_err().contains("zero bytes"));
    }
}
