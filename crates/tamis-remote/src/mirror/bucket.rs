//! The place of a run in its bucket: objects by names relative to it.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use futures::{StreamExt, TryStreamExt};
use object_store::path::Path as Key;
use object_store::{ObjectMeta, ObjectStoreExt, PutMode, UpdateVersion};

use crate::address::Address;
use crate::error::io_error;
use crate::stores::{Store, store};
use crate::upload::{AT_ONCE, below, put_file, writable};
use crate::wait::wait;

/// A prefix of a bucket.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    address: Address,
    store: Store,
    root: Key,
}

/// An object below the prefix.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// relative to the prefix
    pub name: String,
    pub bytes: u64,
    pub tag: String,
}

/// Bytes with the entity tag that they had.
pub(super) struct Tagged {
    pub bytes: Vec<u8>,
    pub tag: String,
}

impl Bucket {
    pub(super) fn open(url: &str) -> io::Result<Bucket> {
        let address = writable(url)?;
        let (store, root) = store(&address)?;
        Ok(Bucket { address, store, root })
    }

    pub(super) fn url(&self) -> String {
        self.address.url()
    }

    /// What lies below a directory of it, with names relative to the whole.
    pub(super) fn list(&self, dir: &str) -> io::Result<Vec<Found>> {
        let (store, key, address, root) =
            (self.store.clone(), below(&self.root, dir), self.address.clone(), self.root.clone());
        wait(async move {
            let found: Vec<ObjectMeta> =
                store.list(Some(&key)).try_collect().await.map_err(|e| io_error(&address, &e))?;
            let root = if root.as_ref().is_empty() { String::new() } else { format!("{root}/") };
            let named = found.into_iter().filter_map(|meta| {
                let name = meta.location.as_ref().strip_prefix(&root)?.to_string();
                let tag = meta.e_tag.unwrap_or_else(|| meta.last_modified.to_rfc3339());
                Some(Found { name, bytes: meta.size, tag })
            });
            Ok(named.collect())
        })
    }

    /// An object's bytes; none if it is not there.
    pub(super) fn get(&self, name: &str) -> io::Result<Option<Tagged>> {
        let (store, key, address) = (self.store.clone(), below(&self.root, name), self.address.clone());
        wait(async move {
            let got = async {
                let got = store.get(&key).await?;
                let tag = got.meta.e_tag.clone().unwrap_or_else(|| got.meta.last_modified.to_rfc3339());
                Ok(Tagged { tag, bytes: got.bytes().await?.to_vec() })
            };
            match got.await {
                Ok(tagged) => Ok(Some(tagged)),
                Err(error @ object_store::Error::NotFound { .. }) => {
                    let error = io_error(&address, &error);
                    if error.to_string().contains("no bucket") { Err(error) } else { Ok(None) }
                }
                Err(error) => Err(io_error(&address, &error)),
            }
        })
    }

    /// Brings objects into files, many at a time; each file is there whole or not at all.
    pub(super) fn bring(&self, files: Vec<(String, PathBuf)>) -> io::Result<()> {
        let bucket = self.clone();
        wait(async move {
            let each = futures::stream::iter(files).map(|(name, path)| bucket.bring_one(name, path));
            each.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await.map(|_| ())
        })
    }

    async fn bring_one(&self, name: String, path: PathBuf) -> io::Result<()> {
        let fail = |e: &object_store::Error| io_error(&self.named(&name), e);
        let mut stream = self.store.get(&below(&self.root, &name)).await.map_err(|e| fail(&e))?.into_stream();
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        let temporary = path.with_extension(format!("fetch-{}", std::process::id()));
        let mut file = fs::File::create(&temporary)?;
        while let Some(chunk) = stream.try_next().await.map_err(|e| fail(&e))? {
            file.write_all(&chunk)?;
        }
        drop(file);
        fs::rename(&temporary, &path)
    }

    fn named(&self, name: &str) -> Address {
        Address { key: below(&self.root, name).to_string(), ..self.address.clone() }
    }

    /// Writes an object and returns its entity tag.
    pub(super) fn put(&self, name: &str, bytes: Vec<u8>, mode: Mode) -> io::Result<String> {
        let (store, key, address) = (self.store.clone(), below(&self.root, name), self.named(name));
        wait(async move {
            let put = store.put_opts(&key, bytes.into(), mode.options().into()).await;
            let put = put.map_err(|e| match e {
                // Which of the two a server says for an object that is there already differs.
                object_store::Error::Precondition { .. } if mode == Mode::New => {
                    io::Error::new(ErrorKind::AlreadyExists, format!("{}: it exists already", address.url()))
                }
                other => io_error(&address, &other),
            })?;
            Ok(put.e_tag.unwrap_or_default())
        })
    }

    /// Copies files into objects, many at a time.
    pub(super) fn put_files(&self, files: Vec<(String, PathBuf)>) -> io::Result<()> {
        let bucket = self.clone();
        wait(async move {
            let each = futures::stream::iter(files).map(|(name, path)| {
                let (bucket, key) = (&bucket, below(&bucket.root, &name));
                async move { put_file(&bucket.store, &key, &path).await.map_err(|e| e.into_io(&bucket.named(&name))) }
            });
            each.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await.map(|_| ())
        })
    }

    /// Removes an object; one that is not there is no error.
    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        let (store, key, address) = (self.store.clone(), below(&self.root, name), self.named(name));
        wait(async move {
            match store.delete(&key).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(io_error(&address, &error)),
            }
        })
    }
}

/// On what condition an object is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// on none
    Over,
    /// that it is not there
    New,
    /// that it is still the one with this entity tag
    Instead(String),
}

impl Mode {
    fn options(&self) -> PutMode {
        match self {
            Mode::Over => PutMode::Overwrite,
            Mode::New => PutMode::Create,
            Mode::Instead(tag) => PutMode::Update(UpdateVersion { e_tag: Some(tag.clone()), version: None }),
        }
    }
}

/// The files directly in a directory, by name.
pub(super) fn files_in(dir: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(e),
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            files.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
        }
    }
    files.sort();
    Ok(files)
}
