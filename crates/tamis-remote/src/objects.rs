//! Reading objects: as files are read, with what was seen of them remembered.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use futures::TryStreamExt;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStoreExt};
use tamis_core::media::Bytes;
use tamis_core::place::{self, Facts, Remote};
use tokio::sync::Semaphore;

use crate::address::Address;
use crate::cache::{Cache, Known, SMALL};
use crate::error::io_error;
use crate::http::Web;
use crate::stores::{Store, store};
use crate::wait::wait;

/// Makes URLs readable in this process. `named` are those that the user named: their hosts may be of a private network,
/// those that a dataset names may not.
pub fn install(named: &[&str]) {
    static OBJECTS: OnceLock<Arc<Objects>> = OnceLock::new();
    let objects = OBJECTS.get_or_init(Arc::default);
    named.iter().for_each(|url| objects.web.trust(url));
    place::install(objects.clone());
}

/// How many objects are fetched at a time.
const AT_ONCE: usize = 64;

struct Objects {
    cache: Cache,
    web: Arc<Web>,
    room: Arc<Semaphore>,
}

impl Default for Objects {
    fn default() -> Objects {
        Objects { cache: Cache::default(), web: Arc::default(), room: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Remote for Objects {
    fn facts(&self, url: &str) -> io::Result<Facts> {
        let address = Address::parse(url)?;
        let url = &address.url();
        match self.cache.facts(url) {
            Known::Yes(facts) => return Ok(facts),
            Known::NotThere => return Err(not_there(url)),
            Known::No => {}
        }
        let facts = if address.is_web() { self.web_facts(url)? } else { stored_facts(address)? };
        self.cache.learn(url, facts.clone());
        Ok(facts)
    }

    fn entries(&self, url: &str) -> io::Result<Vec<String>> {
        let address = listable(url)?;
        // Finding out what a directory holds looks at it again and again.
        if let Some(urls) = self.cache.listed(&address.url()) {
            return Ok(urls.to_vec());
        }
        let (store, key) = store(&address)?;
        let told = address.clone();
        let found = wait(async move { store.list_with_delimiter(Some(&key)).await.map_err(|e| io_error(&told, &e)) })?;
        let mut urls = Vec::with_capacity(found.objects.len() + found.common_prefixes.len());
        for meta in found.objects {
            let url = address.with_key(meta.location.as_ref());
            self.cache.learn(&url, of_meta(&meta));
            urls.push(url);
        }
        for prefix in found.common_prefixes {
            let url = address.with_key(prefix.as_ref());
            self.cache.learn(&url, directory());
            urls.push(url);
        }
        self.cache.keep_listed(&address.url(), Arc::new(urls.clone()));
        Ok(urls)
    }

    fn walk(&self, url: &str) -> io::Result<Vec<String>> {
        let address = listable(url)?;
        let root = address.url();
        let mut urls = Vec::new();
        let mut dirs = BTreeSet::new();
        for meta in list(&address)? {
            let url = address.with_key(meta.location.as_ref());
            let inside = url.match_indices('/').map(|(at, _)| at).filter(|at| *at >= root.len());
            dirs.extend(inside.map(|at| url[..at].to_string()));
            self.cache.learn(&url, of_meta(&meta));
            urls.push(url);
        }
        dirs.iter().for_each(|dir| self.cache.learn(dir, directory()));
        self.cache.learn_whole(&root);
        Ok(urls)
    }

    fn read(&self, url: &str, facts: &Facts, range: Range<u64>) -> io::Result<Bytes> {
        let address = Address::parse(url)?;
        let url = &address.url();
        if range.end > facts.bytes {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        if range.is_empty() {
            return Ok(Bytes::from([]));
        }
        if let Some(whole) = self.cache.bytes(url).filter(|whole| whole.len() as u64 == facts.bytes) {
            return Ok(whole[range.start as usize..range.end as usize].into());
        }
        let whole = range == (0..facts.bytes);
        let bytes = if address.is_web() {
            let (web, url, facts, room) = (self.web.clone(), url.clone(), facts.clone(), self.room.clone());
            wait(async move {
                let _room = room.acquire().await;
                web.range(&url, &facts, range).await
            })?
        } else {
            self.stored_range(address, facts, range)?
        };
        if whole && facts.bytes <= SMALL {
            self.cache.keep(url, &bytes);
        }
        Ok(bytes)
    }

    fn warm(&self, url: &str) -> io::Result<()> {
        let address = Address::parse(url)?;
        let url = &address.url();
        if self.cache.bytes(url).is_some() {
            return Ok(());
        }
        let facts = match self.cache.facts(url) {
            Known::Yes(facts) => facts,
            Known::NotThere => return Err(not_there(url)),
            Known::No if address.is_web() => return self.web_facts(url).map(|_| ()),
            Known::No => self.facts(url)?,
        };
        if !facts.is_dir && facts.bytes <= SMALL {
            self.read(url, &facts, 0..facts.bytes)?;
        }
        Ok(())
    }
}

impl Objects {
    /// What a server says of a web address; what it sent along is kept.
    fn web_facts(&self, url: &str) -> io::Result<Facts> {
        let (web, room, asked) = (self.web.clone(), self.room.clone(), url.to_string());
        let (facts, whole) = wait(async move {
            let _room = room.acquire().await;
            web.look(&asked).await
        })?;
        if let Some(bytes) = whole {
            self.cache.keep(url, &bytes);
        }
        self.cache.learn(url, facts.clone());
        Ok(facts)
    }

    fn stored_range(&self, address: Address, facts: &Facts, range: Range<u64>) -> io::Result<Bytes> {
        let (store, key) = store(&address)?;
        let (room, stamp) = (self.room.clone(), facts.stamp.clone());
        wait(async move {
            let _room = room.acquire().await;
            let wanted = range.end - range.start;
            let if_match = stamp.starts_with('"').then_some(stamp);
            let range = Some(GetRange::Bounded(range));
            let options = GetOptions { range, if_match, ..GetOptions::default() };
            let got = async { store.get_opts(&key, options).await?.bytes().await }.await;
            let bytes = got.map_err(|e| io_error(&address, &e))?;
            if bytes.len() as u64 != wanted {
                let message = format!("{}: {} bytes came, {wanted} were asked for", address.url(), bytes.len());
                return Err(io::Error::new(ErrorKind::TimedOut, message));
            }
            Ok(Bytes::from(&bytes[..]))
        })
    }
}

/// All objects below a URL.
pub(crate) fn list(address: &Address) -> io::Result<Vec<ObjectMeta>> {
    let (store, key) = store(address)?;
    let address = address.clone();
    wait(async move { store.list(Some(&key)).try_collect().await.map_err(|e| io_error(&address, &e)) })
}

fn stored_facts(address: Address) -> io::Result<Facts> {
    if address.key.is_empty() {
        return Ok(directory());
    }
    let (store, key) = store(&address)?;
    wait(async move {
        match store.head(&key).await {
            Ok(meta) => Ok(of_meta(&meta)),
            Err(object_store::Error::NotFound { .. }) => directory_at(&store, &key, &address).await,
            Err(error) => Err(io_error(&address, &error)),
        }
    })
}

/// A directory is there when an object lies below it.
async fn directory_at(store: &Store, key: &object_store::path::Path, address: &Address) -> io::Result<Facts> {
    match store.list(Some(key)).try_next().await {
        Ok(Some(_)) => Ok(directory()),
        Ok(None) => Err(not_there(&address.url())),
        Err(error) => Err(io_error(address, &error)),
    }
}

fn of_meta(meta: &ObjectMeta) -> Facts {
    let stamp = meta.e_tag.clone().unwrap_or_else(|| meta.last_modified.to_rfc3339());
    Facts { is_dir: false, bytes: meta.size, stamp }
}

fn directory() -> Facts {
    Facts { is_dir: true, bytes: 0, stamp: String::new() }
}

fn not_there(url: &str) -> io::Error {
    io::Error::new(ErrorKind::NotFound, format!("{}: there is no such object", crate::address::shown(url)))
}

fn listable(url: &str) -> io::Result<Address> {
    let address = Address::parse(url)?;
    if address.is_web() {
        let message = format!("{}: a web address cannot be listed; name one file", crate::address::shown(url));
        return Err(io::Error::new(ErrorKind::Unsupported, message));
    }
    Ok(address)
}
