//! Texts: building, taking apart, cleaning and measuring them.

pub mod contains;
pub mod length;
pub mod matches;
pub mod parse_json;
pub mod parse_tags;
pub mod parse_turns;
pub mod phrases;
pub mod repetition;
pub mod strip_phrases;
pub mod template;
pub mod tolerant_json;
pub mod words;

use schemars::JsonSchema;
use serde::Deserialize;

/// What becomes of a record in whose text nothing is found.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Otherwise {
    /// it is rejected
    #[default]
    Reject,
    /// the fields stay missing
    Missing,
}

/// Which of several finds counts.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Which {
    /// the first
    #[default]
    First,
    /// the last
    Last,
}
