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
use tamis_core::table::Table;
use tokio::sync::Semaphore;

/// How many bytes of decoded pictures are kept for the next step that looks.
const PIXEL_CACHE: usize = 96 << 20;

/// Who plays which role.
pub type Models = BTreeMap<Name, Arc<dyn Model>>;

/// The host of a run.
pub struct RunHost {
    seed: u64,
    media: Arc<dyn MediaStore>,
    /// who plays the roles from each stage on; a stage without an entry goes on with those before it
    players: Vec<OnceLock<Models>>,
    stage: AtomicUsize,
    tables: BTreeMap<Name, Arc<dyn Table>>,
    cpu: Semaphore,
    pixels: Mutex<PixelCache>,
}

impl RunHost {
    /// With `models` from the first of `stages` on, and `jobs` pieces of heavy work at a time.
    pub(crate) fn new(
        seed: u64,
        media: Arc<dyn MediaStore>,
        models: Models,
        stages: usize,
        tables: BTreeMap<Name, Arc<dyn Table>>,
        jobs: usize,
    ) -> RunHost {
        let mut players = vec![OnceLock::from(models)];
        players.resize_with(stages.max(1), OnceLock::new);
        let stage = AtomicUsize::new(0);
        RunHost { seed, media, players, stage, tables, cpu: Semaphore::new(jobs.max(1)), pixels: Mutex::default() }
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
        self.tables.get(name)
    }

    fn pixels(&self, media: &Arc<Media>) -> Result<Arc<DynamicImage>, MediaError> {
        let key = PixelKey::of(media);
        if let Some(found) = self.cache().get(&key) {
            return Ok(found);
        }
        let bytes = self.media.read(media)?;
        let pixels = Arc::new(decode(&bytes, &Limits::default()).map_err(|message| media.error(message))?);
        self.cache().put(key, pixels.clone());
        Ok(pixels)
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
}

#[derive(Clone, PartialEq)]
enum PixelKey {
    Hash(MediaHash),
    Origin(Origin),
}

impl PixelKey {
    fn of(media: &Media) -> PixelKey {
        media.known_hash().map_or_else(|| PixelKey::Origin(media.origin().clone()), PixelKey::Hash)
    }
}

/// The pictures decoded last, oldest first, bounded by bytes.
#[derive(Default)]
struct PixelCache {
    entries: VecDeque<(PixelKey, Arc<DynamicImage>)>,
    bytes: usize,
}

impl PixelCache {
    fn get(&mut self, key: &PixelKey) -> Option<Arc<DynamicImage>> {
        self.entries.iter().find(|(k, _)| k == key).map(|(_, pixels)| pixels.clone())
    }

    fn put(&mut self, key: PixelKey, pixels: Arc<DynamicImage>) {
        self.bytes += pixels.as_bytes().len();
        self.entries.push_back((key, pixels));
        while self.bytes > PIXEL_CACHE {
            match self.entries.pop_front() {
                Some((_, oldest)) => self.bytes -= oldest.as_bytes().len(),
                None => break,
            }
        }
    }
}
