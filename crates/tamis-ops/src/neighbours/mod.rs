//! Records that are near each other.

mod arranged;
mod exact;
pub mod find;
mod index;
mod query;
#[cfg(test)]
mod speed;
