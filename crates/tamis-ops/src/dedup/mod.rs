//! Removing records that say the same.

pub mod keys;
pub mod near;
pub mod phash;
pub mod simhash;
