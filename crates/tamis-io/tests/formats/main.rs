//! Sources, sinks and what they do with bad input.

#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;

mod bad_input;
mod round_trips;
mod sources;
