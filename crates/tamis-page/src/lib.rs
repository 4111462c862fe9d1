//! What stands on a page: tables ([`table`]), formulas ([`formula`]) and packed pages ([`bestfit`]).
//!
//! Everything follows **spec -> scene -> pixels**: the spec is the truth that questions are answered from, boxes come
//! from the scene, and nothing is read back from pixels.

pub mod bestfit;
pub mod formula;
pub mod table;
