//! Operators that make data without a model: one operator, one file.
//!
//! `make.*` writes a spec, `draw.*` draws it and says where everything is, `ask.*` asks what cannot be answered wrong,
//! `degrade.*` ages a picture and moves the truth with it.

use tamis_core::operator::OperatorSpec;

/// Every operator of this crate, by name.
pub static REGISTRY: &[OperatorSpec] = &[];
