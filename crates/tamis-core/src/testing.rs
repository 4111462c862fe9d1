//! A host without an engine: everything in memory, on the caller's thread. For tests and examples.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::BoxFuture;
use image::DynamicImage;

use crate::id::RecordId;
use crate::media::{Limits, Media, MediaError, MediaStore, MemoryStore, decode};
use crate::model::Model;
use crate::operator::Host;
use crate::record::{Record, Root};
use crate::value::{Name, Value};

/// A [`Host`] in memory.
pub struct LocalHost {
    seed: u64,
    media: Arc<dyn MediaStore>,
    models: BTreeMap<Name, Arc<dyn Model>>,
}

impl LocalHost {
    /// With a seed and no models.
    pub fn new(seed: u64) -> LocalHost {
        LocalHost { seed, media: Arc::new(MemoryStore::default()), models: BTreeMap::new() }
    }

    /// The same with a model for a role.
    pub fn with_model(mut self, role: &str, model: Arc<dyn Model>) -> LocalHost {
        self.models.insert(Name::from(role), model);
        self
    }
}

impl Host for LocalHost {
    fn seed(&self) -> u64 {
        self.seed
    }

    fn media(&self) -> &Arc<dyn MediaStore> {
        &self.media
    }

    fn model(&self, role: &str) -> Option<&Arc<dyn Model>> {
        self.models.get(role)
    }

    fn pixels(&self, media: &Arc<Media>) -> Result<Arc<DynamicImage>, MediaError> {
        let bytes = self.media.read(media)?;
        decode(&bytes, &Limits::default()).map(Arc::new).map_err(|message| media.error(message))
    }

    fn heavy<'a>(&'a self, work: Box<dyn FnOnce() + Send + 'a>) -> BoxFuture<'a, ()> {
        work();
        Box::pin(std::future::ready(()))
    }
}

/// A record as if read from row `ordinal` of an input.
pub fn record<N: Into<Name>>(ordinal: u64, fields: impl IntoIterator<Item = (N, Value)>) -> Record {
    let key = format!("row {ordinal}");
    let fields = fields.into_iter().map(|(n, v)| (n.into(), v)).collect();
    Record::from_input(Root { id: RecordId::input(&key), ordinal, key }, fields)
}
