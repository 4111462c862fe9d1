//! What is behind URLs: `s3://`, `gs://`, `az://` through the crate `object_store`, `http(s)://` with limits.
//!
//! - [`install`]: makes inputs and their pictures readable by URL ([`tamis_core::place`])
//! - [`mirror`]: a run directory in a bucket, worked on in a local copy
//! - [`upload`]: a directory written into a bucket
//!
//! Buckets take their options from the environment, as the vendors' tools do; nothing of it is written anywhere.

mod address;
mod cache;
mod error;
mod http;
pub mod mirror;
mod objects;
mod private;
mod stores;
mod upload;
mod wait;

pub use objects::install;
pub use upload::{exists, upload};
