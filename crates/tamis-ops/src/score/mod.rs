//! Barriers that compare a record's score with those of all records.

pub mod normalise;
