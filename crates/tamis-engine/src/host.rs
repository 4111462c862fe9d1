//! The services that steps get from a run: media, models, pixels decoded once, CPU work kept from holding up others.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use futures::future::{BoxFuture, FutureExt};
use image::DynamicImage;
use tamis_core::Name;
use tamis_core::media::{Limits, Media, MediaError, MediaHash, MediaStore, Origin, decode};
use tamis_core::model::Model;
use tamis_core::operator::Host;
use tamis_core::table::{OwnTable, Table};
use tokio::sync::Semaphore;

use crate::progress::Progress;

/// How many bytes of decoded pictures are kept for the next step that looks.
const PIXEL_CACHE: usize = 96 << 20;

/// How many decoded pictures are kept: small ones are quick to decode and slow to find among too many.
const PIXEL_ENTRIES: usize = 512;

/// Who plays which role.
pub type Models = BTreeMap<Name, Arc<dyn Model>>;

/// Rows beside the input.
#[derive(Clone, Default)]
pub struct Tables {
    /// looked up by key
    pub rows: BTreeMap<Name, Arc<dyn Table>>,
    /// of any columns, read through; several where a folder was named
    pub own: BTreeMap<Name, Vec<OwnTable>>,
}

/// The host of a run.
pub struct RunHost {
    seed: u64,
    media: Arc<dyn MediaStore>,
    /// who plays the roles from each stage on; a stage without an entry goes on with those before it
    players: Vec<OnceLock<Models>>,
    stage: AtomicUsize,
    tables: Tables,
    cpu: Semaphore,
    pixels: Mutex<PixelCache>,
    progress: Arc<Progress>,
}

impl RunHost {
    /// With `models` from the first of `stages` on, and `jobs` pieces of heavy work at a time.
    pub(crate) fn new(
        seed: u64,
        media: Arc<dyn MediaStore>,
        models: Models,
        stages: usize,
        tables: Tables,
        jobs: usize,
        progress: Arc<Progress>,
    ) -> RunHost {
        let mut players = vec![OnceLock::from(models)];
        players.resize_with(stages.max(1), OnceLock::new);
        let stage = AtomicUsize::new(0);
        let cpu = Semaphore::new(jobs.max(1));
        RunHost { seed, media, players, stage, tables, cpu, pixels: Mutex::default(), progress }
    }

    /// Lets a stage begin; `changed` are the roles that others play from here on.
    pub(crate) fn begin_stage(&self, stage: usize, changed: Option<Models>) {
        if let (Some(changed), Some(place)) = (changed, self.players.get(stage)) {
            let mut models = self.models().clone();
            models.extend(changed);
            let _ = place.set(models);
        }
        self.stage.store(stage, Ordering::SeqCst);
    }

    fn models(&self) -> &Models {
        static NONE: Models = BTreeMap::new();
        let begun = self.players.iter().take(self.stage.load(Ordering::SeqCst) + 1);
        begun.rev().find_map(OnceLock::get).unwrap_or(&NONE)
    }
}

impl Host for RunHost {
    fn seed(&self) -> u64 {
        self.seed
    }

    fn media(&self) -> &Arc<dyn MediaStore> {
        &self.media
    }

    fn model(&self, role: &str) -> Option<&Arc<dyn Model>> {
        self.models().get(role)
    }

    fn table(&self, name: &str) -> Option<&Arc<dyn Table>> {
        self.tables.rows.get(name)
    }

    fn own_tables(&self, name: &str) -> &[OwnTable] {
        self.tables.own.get(name).map_or(&[], Vec::as_slice)
    }

    fn pixels(&self, media: &Arc<Media>) -> Result<Arc<DynamicImage>, MediaError> {
        let key = PixelKey::of(media);
        let slot = self.cache().slot(&key);
        // Whoever comes first decodes; others that look at the same picture wait for it.
        let result = slot.get_or_init(|| self.decode(media));
        match result {
            Ok(pixels) => self.cache().fill(&key, pixels.as_bytes().len()),
            // Not kept: a server that did not answer may do so the next time.
            Err(_) => self.cache().forget(&key),
        }
        result.clone()
    }

    fn heavy<'a>(&'a self, work: Box<dyn FnOnce() + Send + 'a>) -> BoxFuture<'a, ()> {
        async move {
            // The permit bounds both the cores that pixels take and the memory that decoding takes.
            let Ok(_permit) = self.cpu.acquire().await else { return };
            tokio::task::block_in_place(work);
        }
        .boxed()
    }
}

impl RunHost {
    fn cache(&self) -> std::sync::MutexGuard<'_, PixelCache> {
        self.pixels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn decode(&self, media: &Media) -> Result<Arc<DynamicImage>, MediaError> {
        let bytes = self.media.read(media)?;
        self.progress.decoded();
        decode(&bytes, &Limits::default()).map(Arc::new).map_err(|message| media.error(message))
    }
}

/// By its origin where it has one: that stays the same when its hash becomes known between two looks.
#[derive(Clone, PartialEq)]
enum PixelKey {
    Origin(Origin),
    Stored(Option<MediaHash>),
}

impl PixelKey {
    fn of(media: &Media) -> PixelKey {
        match media.origin() {
            Origin::Stored => PixelKey::Stored(media.known_hash()),
            origin => PixelKey::Origin(origin.clone()),
        }
    }
}

/// The pixels of one picture, empty until they are decoded.
type Slot = Arc<OnceLock<Result<Arc<DynamicImage>, MediaError>>>;

/// The pictures looked at last, oldest first, bounded by bytes; the newest stays however large it is.
#[derive(Default)]
struct PixelCache {
    entries: VecDeque<Entry>,
    bytes: usize,
}

struct Entry {
    key: PixelKey,
    slot: Slot,
    /// 0 until it is decoded
    bytes: usize,
}

impl PixelCache {
    /// The slot of a picture, moved to the end of the queue.
    fn slot(&mut self, key: &PixelKey) -> Slot {
        let known = self.entries.iter().position(|entry| entry.key == *key).and_then(|at| self.entries.remove(at));
        let entry = known.unwrap_or_else(|| Entry { key: key.clone(), slot: Slot::default(), bytes: 0 });
        let slot = entry.slot.clone();
        self.entries.push_back(entry);
        slot
    }

    fn fill(&mut self, key: &PixelKey, bytes: usize) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.key == *key && entry.bytes == 0) {
            entry.bytes = bytes;
            self.bytes += bytes;
        }
        while self.entries.len() > 1 && (self.bytes > PIXEL_CACHE || self.entries.len() > PIXEL_ENTRIES) {
            self.bytes -= self.entries.pop_front().map_or(0, |oldest| oldest.bytes);
        }
    }

    fn forget(&mut self, key: &PixelKey) {
        self.entries.retain(|entry| entry.key != *key || entry.bytes > 0);
    }
}

#[cfg(test)]
mod tests {
    use tamis_core::media::MediaKind;

    use super::*;

    fn key(name: &str) -> PixelKey {
        PixelKey::of(&Media::file(MediaKind::Image, name))
    }

    #[test]
    fn what_was_looked_at_last_stays() {
        let mut cache = PixelCache::default();
        let half = PIXEL_CACHE / 2;
        let slots = ["a", "b"].map(|name| {
            let slot = cache.slot(&key(name));
            cache.fill(&key(name), half);
            slot
        });
        assert!(Arc::ptr_eq(&slots[0], &cache.slot(&key("a"))));
        cache.slot(&key("c"));
        cache.fill(&key("c"), half);
        assert!(Arc::ptr_eq(&slots[0], &cache.slot(&key("a"))), "looked at after b");
        assert!(!Arc::ptr_eq(&slots[1], &cache.slot(&key("b"))));
    }

    #[test]
    fn one_picture_larger_than_the_cache_is_kept_until_the_next() {
        let mut cache = PixelCache::default();
        let large = cache.slot(&key("large"));
        cache.fill(&key("large"), 3 * PIXEL_CACHE);
        assert!(Arc::ptr_eq(&large, &cache.slot(&key("large"))));
        cache.slot(&key("next"));
        cache.fill(&key("next"), 10);
        assert_eq!((cache.entries.len(), cache.bytes), (1, 10));
    }

    #[test]
    fn a_hash_that_becomes_known_makes_no_second_picture() {
        let media = Media::file(MediaKind::Image, "a.jpg");
        let before = PixelKey::of(&media);
        let media = media.with_facts(Some(MediaHash::of(b"a")), None, None);
        assert!(before == PixelKey::of(&media));
    }
}
