//! The services that steps get from a run: media, models, pixels decoded once, CPU work kept from holding up others.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

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

/// The host of a run.
pub struct RunHost {
    seed: u64,
    media: Arc<dyn MediaStore>,
    models: BTreeMap<Name, Arc<dyn Model>>,
    tables: BTreeMap<Name, Arc<dyn Table>>,
    cpu: Semaphore,
    pixels: Mutex<PixelCache>,
}

impl RunHost {
    /// With `jobs` pieces of heavy work at a time.
    pub fn new(
        seed: u64,
        media: Arc<dyn MediaStore>,
        models: BTreeMap<Name, Arc<dyn Model>>,
        tables: BTreeMap<Name, Arc<dyn Table>>,
        jobs: usize,
    ) -> RunHost {
        RunHost { seed, media, models, tables, cpu: Semaphore::new(jobs.max(1)), pixels: Mutex::default() }
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
        self.models.get(role)
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
