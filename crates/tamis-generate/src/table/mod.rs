//! Tables: specs, pictures with their truth in three notations, questions.

pub mod ask;
pub mod draw;
pub mod make;
