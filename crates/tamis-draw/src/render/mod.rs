//! From a scene to pixels and to SVG; nothing is decided here.

mod encode;
mod glyph;
mod lossless;
mod pixels;

mod svg;

pub use encode::{EncodeError, jpeg, png, webp};
pub use pixels::{mask, pixels};
pub(crate) use pixels::{skia_path, stroke_bounds};
pub use svg::svg;
