//! Where records come from and where a dataset goes: the formats of the field, one file each.
//!
//! - [`source`]: opens what a path holds and gives its rows in the types that a recipe asks for
//! - [`sink`]: writes a dataset in a format that trainers and libraries read
//! - [`card`]: the page that goes with an exported dataset
//!
//! A new format is a file in `source/` or `sink/` and a line in the list of its `mod.rs`.

pub mod card;
pub mod sink;
pub mod source;
