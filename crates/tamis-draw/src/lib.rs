//! Drawing with known truth: **spec -> scene -> pixels**.
//!
//! A [`scene::Scene`] is a vector tree in which every node has an id, a role in words and an exact box. Pixels are
//! drawn from the scene alone ([`render`]), and boxes, polygons and masks are computed from the scene alone
//! ([`scene::Scene::elements`]); nothing is read back from pixels. Same scene, same bytes, on any number of threads.
//!
//! Frame everywhere: pixels, origin at the top left corner of the top left pixel, x to the right, y down. Angles are in
//! degrees, counter-clockwise as the reader sees them.

pub mod check;
pub mod color;
pub mod degrade;
pub mod render;
pub mod scene;
pub mod text;

pub use color::Color;
pub use kurbo;
