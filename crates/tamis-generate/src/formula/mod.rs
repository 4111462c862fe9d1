//! Formulas: specs and pictures.

pub mod ask;
pub mod draw;
pub mod make;
