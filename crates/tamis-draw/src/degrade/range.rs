//! Options that are drawn anew for each sample, and what is wrong with options.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::draw::Draw;

/// A number drawn uniformly between two ends for each sample; written `[low, high]`, or as one number if it is fixed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Form", into = "Form")]
#[schemars(with = "Form")]
pub struct Range {
    /// The least it can be.
    pub low: f64,
    /// The most it can be.
    pub high: f64,
}

/// How a range is written.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Form {
    /// always this
    One(f64),
    /// [low, high]
    Two([f64; 2]),
}

impl From<Form> for Range {
    fn from(form: Form) -> Range {
        match form {
            Form::One(value) => Range::of(value, value),
            Form::Two([low, high]) => Range::of(low, high),
        }
    }
}

impl From<Range> for Form {
    fn from(range: Range) -> Form {
        if range.low == range.high { Form::One(range.low) } else { Form::Two([range.low, range.high]) }
    }
}

impl Range {
    /// From `low` to `high`.
    pub const fn of(low: f64, high: f64) -> Range {
        Range { low, high }
    }

    /// Always `value`.
    pub const fn always(value: f64) -> Range {
        Range { low: value, high: value }
    }

    pub(super) fn draw(&self, draw: &mut Draw<'_>) -> f64 {
        draw.between(self.low, self.high)
    }

    /// Uniform over the whole numbers from `low` to `high`, both included.
    pub(super) fn whole(&self, draw: &mut Draw<'_>) -> usize {
        let (low, high) = (self.low.ceil().max(0.0) as usize, self.high.floor().max(0.0) as usize);
        low + draw.below(high.saturating_sub(low) + 1)
    }
}

/// An option that no picture can be made with.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Where: the step's name and the option's, such as "skew.angle".
    pub option: String,
    /// What may stand there.
    pub expected: String,
    /// What stood there.
    pub found: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, found {}", self.option, self.expected, self.found)
    }
}

/// Gathers what is wrong with a chain.
pub(super) struct Check {
    pub(super) step: &'static str,
    pub(super) problems: Vec<Problem>,
}

impl Check {
    /// Whether the range lies within `least` to `most`, its lower end first.
    pub(super) fn range(&mut self, option: &str, range: &Range, least: f64, most: f64) {
        let fine = range.low >= least && range.high <= most && range.low <= range.high;
        if !fine {
            let expected = format!("[low, high] within {least} to {most}, the lower end first");
            self.problem(option, expected, format!("[{}, {}]", range.low, range.high));
        }
    }

    pub(super) fn share(&mut self, option: &str, value: f64) {
        if !(0.0..=1.0).contains(&value) {
            self.problem(option, "a share from 0 to 1".to_owned(), value.to_string());
        }
    }

    pub(super) fn problem(&mut self, option: &str, expected: String, found: String) {
        self.problems.push(Problem { option: format!("{}.{option}", self.step), expected, found });
    }
}
