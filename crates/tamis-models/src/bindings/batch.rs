//! `batch` in `models.yaml`, and how many records under way it wants.

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use tamis_core::model::RoleKind;
use tamis_core::value::Name;

use super::Bindings;
use super::spec::{BackendKind, BatchSpec, Unfinished};

/// Records under way at a time, however large a batch may be: each takes some ten kilobytes while it waits.
const MOST_IN_FLIGHT: usize = 10_000;

/// `true`, `false`, or the options.
pub(super) enum WrittenBatch {
    Switch(bool),
    Options(WrittenOptions),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenOptions {
    max_requests: Option<usize>,
    max_bytes: Option<u64>,
    wait_s: Option<f64>,
    poll_s: Option<f64>,
    poll_max_s: Option<f64>,
    window: Option<String>,
    unfinished: Option<WrittenUnfinished>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WrittenUnfinished {
    Resubmit,
    Send,
    Fail,
}

/// Checks the options for a model of `backend` with so many servers.
///
/// Errors, in words: what cannot be used.
pub(super) fn check(written: &WrittenBatch, backend: BackendKind, servers: usize) -> Result<Option<BatchSpec>, String> {
    let spec = match written {
        WrittenBatch::Switch(false) => return Ok(None),
        WrittenBatch::Switch(true) => BatchSpec::default(),
        WrittenBatch::Options(options) => options.check()?,
    };
    if backend != BackendKind::Openai {
        return Err(format!("`batch` is the batch API of backend openai; backend {} has none here", backend.name()));
    }
    if servers != 1 {
        return Err("`batch` needs one `url`: the files of a batch are on one server".into());
    }
    Ok(Some(spec))
}

impl WrittenOptions {
    fn check(&self) -> Result<BatchSpec, String> {
        let default = BatchSpec::default();
        let seconds = |name: &str, value: Option<f64>, default: f64| match value {
            Some(v) if !(v.is_finite() && v > 0.0) => Err(format!("`batch.{name}` is {v}; expected seconds above 0")),
            value => Ok(value.unwrap_or(default)),
        };
        let max_requests = self.max_requests.unwrap_or(default.max_requests);
        if max_requests == 0 {
            return Err("`batch.max_requests` is 0; expected at least 1".into());
        }
        let max_bytes = self.max_bytes.unwrap_or(default.max_bytes);
        if max_bytes < 10_000 {
            return Err(format!("`batch.max_bytes` is {max_bytes}; expected at least 10000, for a request has to fit"));
        }
        let unfinished = match self.unfinished {
            None | Some(WrittenUnfinished::Resubmit) => Unfinished::Resubmit,
            Some(WrittenUnfinished::Send) => Unfinished::Send,
            Some(WrittenUnfinished::Fail) => Unfinished::Fail,
        };
        Ok(BatchSpec {
            max_requests,
            max_bytes,
            wait_s: seconds("wait_s", self.wait_s, default.wait_s)?,
            poll_s: seconds("poll_s", self.poll_s, default.poll_s)?,
            poll_max_s: seconds("poll_max_s", self.poll_max_s, default.poll_max_s)?,
            window: self.window.clone().unwrap_or(default.window),
            unfinished,
        })
    }
}

impl Bindings {
    /// How many records should be under way so that batches become large, where any of the roles is asked through the
    /// batch API.
    pub fn wanted_in_flight(&self, roles: &[(Name, RoleKind)]) -> Option<usize> {
        let labels = self.used(roles).into_iter();
        let batches = labels.filter_map(|label| self.models.get(&label)?.batch.as_ref());
        batches.map(|batch| batch.max_requests.min(MOST_IN_FLIGHT)).max()
    }
}

impl BatchSpec {
    /// For a run's metadata.
    pub(super) fn describe(&self) -> serde_json::Value {
        serde_json::json!({
            "max_requests": self.max_requests, "max_bytes": self.max_bytes, "wait_s": self.wait_s,
            "poll_s": self.poll_s, "poll_max_s": self.poll_max_s, "window": self.window,
            "unfinished": self.unfinished.name(),
        })
    }
}

impl<'de> Deserialize<'de> for WrittenBatch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<WrittenBatch, D::Error> {
        struct AsWritten;
        impl<'de> Visitor<'de> for AsWritten {
            type Value = WrittenBatch;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("true, false, or options like { max_requests: 10000, window: 24h }")
            }

            fn visit_bool<E: de::Error>(self, on: bool) -> Result<WrittenBatch, E> {
                Ok(WrittenBatch::Switch(on))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<WrittenBatch, A::Error> {
                WrittenOptions::deserialize(de::value::MapAccessDeserializer::new(map)).map(WrittenBatch::Options)
            }
        }
        deserializer.deserialize_any(AsWritten)
    }
}
