//! Writing into a bucket: single objects, files in pieces, whole directories.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use futures::{StreamExt, TryStreamExt};
use object_store::path::Path as Key;
use object_store::{ObjectStoreExt, WriteMultipart};
use tokio::io::AsyncReadExt;

use crate::address::Address;
use crate::error::io_error;
use crate::objects::list;
use crate::stores::{Store, store};
use crate::wait::wait;

/// How many objects are written at a time.
pub(crate) const AT_ONCE: usize = 16;

/// The size of the pieces of a large file.
const PIECE: usize = 16 << 20;

/// Whether anything lies at or below a URL.
pub fn exists(url: &str) -> io::Result<bool> {
    let address = writable(url)?;
    Ok(!list(&address)?.is_empty())
}

/// Copies all files below a directory to below a URL, a README last.
pub fn upload(from: &Path, url: &str) -> io::Result<()> {
    let address = writable(url)?;
    let (store, root) = store(&address)?;
    let mut files = Vec::new();
    collect(from, "", &mut files)?;
    // What is there last says that the rest is there.
    let (last, first): (Vec<_>, Vec<_>) = files.into_iter().partition(|(name, _)| name == "README.md");
    for files in [first, last] {
        let (store, root, address) = (store.clone(), root.clone(), address.clone());
        wait(async move {
            let each = futures::stream::iter(files).map(|(name, path)| {
                let (store, key, address) = (&store, below(&root, &name), &address);
                async move { put_file(store, &key, &path).await.map_err(|e| e.into_io(address)) }
            });
            each.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await.map(|_| ())
        })?;
    }
    Ok(())
}

/// The address, if it can be written to.
pub(crate) fn writable(url: &str) -> io::Result<Address> {
    let address = Address::parse(url)?;
    if address.is_web() {
        let message = format!("{}: a web address cannot be written to; s3://, gs:// and az:// can", address.url());
        return Err(io::Error::new(ErrorKind::Unsupported, message));
    }
    Ok(address)
}

/// The key of a name below a key.
pub(crate) fn below(root: &Key, name: &str) -> Key {
    name.split('/').filter(|part| !part.is_empty()).fold(root.clone(), |key, part| key.join(part))
}

/// Files below a directory, by their names in it.
pub(crate) fn collect(dir: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        match entry.file_type()?.is_dir() {
            true => collect(&entry.path(), &format!("{name}/"), files)?,
            false => files.push((name, entry.path())),
        }
    }
    Ok(())
}

/// Why a file was not written: because of the store, or of this machine.
pub(crate) enum NotPut {
    Store(object_store::Error),
    File(io::Error),
}

impl NotPut {
    pub(crate) fn into_io(self, address: &Address) -> io::Error {
        match self {
            NotPut::Store(error) => io_error(address, &error),
            NotPut::File(error) => error,
        }
    }
}

/// Writes a file, large ones in pieces.
pub(crate) async fn put_file(store: &Store, key: &Key, path: &Path) -> Result<(), NotPut> {
    let size = tokio::fs::metadata(path).await.map_err(NotPut::File)?.len();
    if size <= PIECE as u64 {
        let bytes = tokio::fs::read(path).await.map_err(NotPut::File)?;
        return store.put(key, bytes.into()).await.map(|_| ()).map_err(NotPut::Store);
    }
    const PIECES_AT_ONCE: usize = 4;
    let mut file = tokio::fs::File::open(path).await.map_err(NotPut::File)?;
    let upload = store.put_multipart(key).await.map_err(NotPut::Store)?;
    let mut upload = WriteMultipart::new_with_chunk_size(upload, PIECE);
    let mut piece = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut piece).await.map_err(NotPut::File)?;
        if read == 0 {
            break;
        }
        upload.wait_for_capacity(PIECES_AT_ONCE).await.map_err(NotPut::Store)?;
        upload.write(&piece[..read]);
    }
    upload.finish().await.map(|_| ()).map_err(NotPut::Store)
}
