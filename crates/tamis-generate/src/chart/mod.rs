//! Charts: specs, pictures, questions.

pub mod ask;
pub mod draw;
pub mod make;
mod seen;
mod summary;
