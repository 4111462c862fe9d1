//! Removing records that say the same.

pub mod embeddings;
pub mod keys;
mod lsh;
pub mod minhash;
pub mod near;
pub mod phash;
mod shingles;
pub mod simhash;
