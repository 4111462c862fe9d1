//! Charts with known truth: **spec -> scene**.
//!
//! A [`spec::Figure`] says everything there is to know: the data, what is drawn from it and how. Scenes are laid out
//! from it alone, so a figure can be drawn again bit for bit; questions are answered from it alone.

pub mod spec;
pub mod table;
