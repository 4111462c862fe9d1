//! Gates: steps that may reject.

pub mod require;
