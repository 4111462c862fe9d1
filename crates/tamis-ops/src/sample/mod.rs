//! Drawing groups of records.

pub mod proximity;
mod walk;
