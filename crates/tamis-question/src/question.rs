//! The record of a question.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A question with its answer and all that proves it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// `q1`, `q2`, ... in the order in which they were asked of a picture.
    pub id: String,
    /// What has to be done to answer it.
    #[serde(rename = "type")]
    pub kind_of: QuestionType,
    /// The coarser kind.
    pub kind: QuestionKind,
    /// MMC's task (arXiv:2311.10774), where it is one of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// As it is asked. The options of a multiple choice are not in it: see [`Question::with_options`].
    pub question: String,
    /// The answer as text, with its unit: `12.5 million USD`.
    pub answer: String,
    /// The answer as a number, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<NumberAnswer>,
    /// The reasoning program; see [`crate::program`].
    pub program: String,
    /// The same as calls to a reader of single values and Python; see [`crate::script`]. Empty where it has no such form.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub script: String,
    /// The executed steps in words, with the values shown.
    pub rationale: Vec<String>,
    /// The questions about single values that the script asks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sub_questions: Vec<SubQuestion>,
    /// Ids of the scene's elements that the answer is read from.
    #[serde(default)]
    pub elements: Vec<String>,
    /// Difficulty: how many operations were executed; at least 1.
    pub steps: usize,
    /// Which template.
    pub template: String,
    /// Which of its phrasings, from 0.
    pub phrasing: usize,
    /// What its slots hold, by name; `c` and `d` are the numbers of the charts.
    #[serde(default)]
    pub slots: BTreeMap<String, String>,
    /// The options of a multiple choice, in order; empty for a free answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// The letter of the right option, `A` for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub letter: Option<String>,
}

/// An answer that is a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberAnswer {
    /// The digits as decimal text, rounded: exact.
    pub digits: String,
    /// The same as a binary number.
    pub value: f64,
    /// The unit; empty for a pure number.
    #[serde(default)]
    pub unit: String,
    /// Decimals that it is rounded to.
    pub decimals: u8,
    /// How it is rounded: always [`ROUNDING`].
    pub rounding: String,
    /// How far off an answer read from the picture may be and still be right: 0 where values are written, else what
    /// 2% of the axis for each value read comes to.
    pub tolerance: f64,
}

/// The one rounding rule: see [`crate::Exact`].
pub const ROUNDING: &str = "half away from zero";

/// A question about one value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubQuestion {
    /// The name of its answer in the script: `ans_0`.
    pub var: String,
    /// As it is asked.
    pub question: String,
    /// Its answer.
    pub answer: String,
}

/// What has to be done to answer a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuestionType {
    /// Find one value or its place (Synthesize Step-by-Step, arXiv:2403.16385, as the six that follow).
    ValueRetrieval,
    /// Say which is more.
    Comparison,
    /// Largest minus smallest.
    Range,
    /// Means and medians.
    Average,
    /// Ranks and orders.
    Sorting,
    /// Sums, differences, ratios, shares.
    Arithmetic,
    /// Several of these.
    MultiStep,
    /// Direction over time, or relation of two quantities (ECD, arXiv:2508.06492).
    Trend,
    /// Of two charts in one picture (ECD).
    CrossChart,
    /// A claim that the picture supports or not (ChartInstruct, arXiv:2403.09028).
    FactCheck,
    /// What is written (ECD's descriptive kinds, as the two that follow).
    Textual,
    /// How many there are.
    Numerical,
    /// What is drawn, and how.
    Graphical,
    /// What it is about.
    Topic,
    /// The data, the table or the page as text in a format.
    DataTable,
    /// The cell of a row and a column.
    Lookup,
    /// The row and the column of a cell.
    Locate,
    /// Several cells as they stand.
    Reading,
    /// What comes before what on a page.
    ReadingOrder,
    /// A field of a form.
    KeyValue,
    /// A formula in LaTeX.
    Formula,
}

/// The coarser kind of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// What is there and how it looks.
    Descriptive,
    /// What follows from it.
    Reasoning,
    /// What is written or drawn at one place.
    Extraction,
    /// The whole in another format.
    Parsing,
    /// Which of known classes.
    Classification,
}

impl Question {
    /// The question with its options, one a line: `A. 12.5`.
    pub fn with_options(&self) -> String {
        let lines = self.options.iter().enumerate().map(|(i, option)| format!("\n{}. {option}", letter(i)));
        format!("{}{}", self.question, lines.collect::<String>())
    }
}

/// `A` for 0.
pub(crate) fn letter(i: usize) -> char {
    char::from(b'A' + u8::try_from(i.min(25)).unwrap_or(25))
}
