//! Many records into one.

pub mod by;
