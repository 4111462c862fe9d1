//! What is remembered of objects: their facts, which directories were listed whole, the bytes of small ones.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tamis_core::media::Bytes;
use tamis_core::place::Facts;

/// Objects up to this size are read whole and kept a while: 16 MiB.
pub(crate) const SMALL: u64 = 16 << 20;

/// How many bytes are kept.
const KEPT: usize = 256 << 20;

/// How many facts are kept; beyond, all are asked for anew.
const FACTS: usize = 4_000_000;

/// The memory of a process.
#[derive(Default)]
pub(crate) struct Cache(Mutex<Remembered>);

#[derive(Default)]
struct Remembered {
    facts: HashMap<String, Facts>,
    whole: HashSet<String>,
    bytes: HashMap<String, Bytes>,
    order: VecDeque<String>,
    held: usize,
    /// directories that were listed, the last ones
    listed: VecDeque<(String, Arc<Vec<String>>)>,
}

/// What is known without asking.
pub(crate) enum Known {
    Yes(Facts),
    /// it lies in a directory that was listed whole, and was not there
    NotThere,
    No,
}

impl Cache {
    fn lock(&self) -> MutexGuard<'_, Remembered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn facts(&self, url: &str) -> Known {
        let known = self.lock();
        if let Some(facts) = known.facts.get(url) {
            return Known::Yes(facts.clone());
        }
        let above = url.match_indices('/').map(|(at, _)| &url[..at]);
        if above.into_iter().any(|dir| known.whole.contains(dir)) { Known::NotThere } else { Known::No }
    }

    pub(crate) fn learn(&self, url: &str, facts: Facts) {
        let mut known = self.lock();
        if known.facts.len() >= FACTS {
            known.facts.clear();
            known.whole.clear();
        }
        known.facts.insert(url.to_string(), facts);
    }

    /// Notes that everything below a directory is known.
    pub(crate) fn learn_whole(&self, dir: &str) {
        self.lock().whole.insert(dir.to_string());
    }

    /// What was found directly in a directory.
    pub(crate) fn listed(&self, dir: &str) -> Option<Arc<Vec<String>>> {
        self.lock().listed.iter().find(|(known, _)| known == dir).map(|(_, urls)| urls.clone())
    }

    pub(crate) fn keep_listed(&self, dir: &str, urls: Arc<Vec<String>>) {
        const MOST: usize = 8;
        let mut known = self.lock();
        if known.listed.len() >= MOST {
            known.listed.pop_front();
        }
        known.listed.push_back((dir.to_string(), urls));
    }

    pub(crate) fn bytes(&self, url: &str) -> Option<Bytes> {
        self.lock().bytes.get(url).cloned()
    }

    /// Keeps the bytes of an object until others need the room.
    pub(crate) fn keep(&self, url: &str, bytes: &Bytes) {
        let mut known = self.lock();
        if known.bytes.insert(url.to_string(), Arc::clone(bytes)).is_none() {
            known.held += bytes.len();
            known.order.push_back(url.to_string());
        }
        while known.held > KEPT {
            let Some(oldest) = known.order.pop_front() else { break };
            if let Some(bytes) = known.bytes.remove(&oldest) {
                known.held -= bytes.len();
            }
        }
    }
}
