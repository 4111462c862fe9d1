//! Packed pages: elements of drawn or annotated pages, laid out densely, with boxes and classes.

mod pages;
#[cfg(test)]
mod tests;

pub mod draw;
pub mod make;
