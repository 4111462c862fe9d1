//! Small programs inside a recipe.

mod engine;
pub mod rhai;
mod values;
