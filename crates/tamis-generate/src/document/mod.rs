//! Documents: specs, pages with their truth, questions.

mod artist;
pub mod ask;
pub mod draw;
pub mod make;
