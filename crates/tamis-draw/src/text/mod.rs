//! Text: fonts of our own, shaped lines, wrapped paragraphs, glyph boxes.

mod font;
pub(crate) mod outline;
pub(crate) mod run;
mod shape;

pub use font::{FaceId, Font, Style};
pub use outline::{CharacterOutline, character_outline};
pub use run::{Anchor, Glyph, Height, Line, TextRun, Word};
pub use shape::{line, paragraph};
