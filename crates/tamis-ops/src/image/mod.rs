//! Steps that measure, hash, change and make pictures.
//!
//! `info`, `size` and `hash: blake3` look at headers and bytes only. Whatever moves pixels moves the geometry in their
//! grid with them: see `picture`.

pub mod crop;
pub mod degrade;
pub mod draw_boxes;
pub mod edit;
pub mod generate;
pub mod hash;
pub mod info;
pub(crate) mod paint;
pub(crate) mod picture;
pub mod resize;
pub mod size;
