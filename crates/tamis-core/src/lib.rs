//! The words of Tamis as Rust types: what a value, a record, a picture, an operator, a model and a
//! source are. Every other crate depends on this one; this one depends on none of them.
//!
//! Rooms, in the order in which a newcomer meets them:
//!
//! - [`types`], [`value`], [`vector`], [`convert`], [`typing`]: the type language of recipes and the values it describes
//! - [`schema`], [`record`], [`id`], [`rng`]: one row, where it came from, and its own randomness
//! - [`media`], [`geometry`]: pictures as handles, and the boxes that move with their pixels
//! - [`template`]: prompts and conditions
//! - [`operator`], [`bind`], [`barrier`], [`block`]: the contract of a step and how steps are run
//! - [`model`]: what a recipe asks of a model
//! - [`source`], [`table`], [`sink`]: where records come from and where a dataset goes
//! - [`place`]: files and objects behind URLs, read alike

pub mod barrier;
pub mod bind;
pub mod block;
pub mod convert;
pub mod error;
pub mod geometry;
pub mod id;
pub mod media;
pub mod model;
pub mod operator;
pub mod place;
pub mod record;
pub mod rng;
pub mod schema;
pub mod sink;
pub mod source;
pub mod table;
pub mod template;
pub mod testing;
pub mod types;
pub mod typing;
pub mod value;
pub mod vector;

pub use error::StepError;
pub use geometry::{Affine, BBox, Point, Polygon};
pub use id::RecordId;
pub use media::{Media, MediaKind};
pub use record::Record;
pub use schema::{Field, Schema};
pub use types::Type;
pub use value::{Name, Value};
pub use vector::Vector;
