//! From a scene to pixels and to SVG; nothing is decided here.

mod areas;
mod blend;
mod clip;
mod encode;
mod lossless;
mod pen;
mod pixels;
mod rect;
mod svg;

pub use encode::{EncodeError, jpeg, png, webp};
pub use pixels::{mask, pixels};
pub(crate) use pixels::{skia_path, stroke_bounds};
pub use svg::svg;
