//! Barriers that go through the records in the order of the input and remember what they saw.

pub mod cap;
pub mod draw;
pub mod running;
