//! Charts: specs, pictures, questions.

pub mod ask;
pub mod build;
pub mod draw;
pub mod execute;
pub mod make;
pub mod plan;
mod seen;
mod summary;
mod wanted;
