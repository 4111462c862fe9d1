//! Charts with known truth: **spec -> scene**.
//!
//! A [`spec::Figure`] says everything there is to know: the data, what is drawn from it and how. Scenes are laid out
//! from it alone, so a figure can be drawn again bit for bit; questions are answered from it alone.

mod cell;
pub mod channels;
pub mod data;
mod frame;
mod kind;
pub mod layout;
pub mod look;
pub mod spec;
pub mod stats;
pub mod table;

pub use layout::{AxisView, DrawError, Drawn, View, scene};
