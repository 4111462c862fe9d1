//! Embeddings by ONNX models in this process.
//!
//! The ONNX Runtime library is loaded when the first model is opened; nothing of it is needed to build. A leaf crate: it
//! knows texts, pictures and vectors, nothing of recipes or roles.

mod embedder;
mod picture;
mod pool;
mod runtime;
mod text;

pub use embedder::{Embedder, Error, Model, Prepared};
pub use picture::{Filter, Fit, Pictures};
pub use pool::Pooling;
pub use text::{Padding, Texts};
