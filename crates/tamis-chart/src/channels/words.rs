//! What a kind of chart wants of its data, in the words of its own checks: for those who write the data.

use super::check::columns;
use super::{CellType, Law, Rule, Want};
use crate::spec::Kind;

impl Kind {
    /// What this kind wants, a line for each channel and one for each law between them.
    pub fn wants_in_words(self) -> String {
        let channels = self.wants().iter().map(Want::words);
        let laws = self.laws().iter().map(|law| format!("- together: {}", law.words()));
        let lengths = self.is_of_samples().then(|| "- columns may have different lengths".to_string());
        channels.chain(laws).chain(lengths).collect::<Vec<_>>().join("\n")
    }
}

impl Want {
    fn words(&self) -> String {
        let cells: Vec<&str> = self.cells.iter().map(|c| c.words()).collect();
        let many = match self.least {
            0 => format!("may be left out, else {}", columns(&Want { least: 1, ..*self })),
            _ => columns(self),
        };
        let mut words = format!("- `{}`: {many} of {}", self.channel.name(), cells.join(" or "));
        self.rules.iter().for_each(|rule| words += &format!("; {}", rule.words()));
        if self.gaps {
            words += "; `null` where a cell is missing";
        }
        words
    }
}

impl CellType {
    pub(super) fn words(self) -> &'static str {
        match self {
            CellType::Text => "names",
            CellType::Number => "numbers",
            CellType::Time => "times",
        }
    }
}

impl Rule {
    pub(super) fn words(self) -> String {
        match self {
            Rule::Distinct => "every value once".into(),
            Rule::Increasing => "times and numbers that grow from row to row".into(),
            Rule::Falling => "no value above the one before".into(),
            Rule::NonNegative => "values of at least 0".into(),
            Rule::Whole => "whole numbers".into(),
            Rule::SumsTo(sum) => format!("values that sum to {sum}"),
            Rule::SomeAboveZero => "some value above 0".into(),
            Rule::Samples(least) => format!("at least {least} samples"),
        }
    }
}

impl Law {
    fn words(self) -> String {
        match self {
            Law::Rows(least, usize::MAX) if least <= 1 => "at least one row, all columns of equal length".into(),
            Law::Rows(least, usize::MAX) => format!("at least {least} rows, all columns of equal length"),
            Law::Rows(least, most) if least == most => format!("exactly {least} row"),
            Law::Rows(least, most) => format!("{least} to {most} rows"),
            Law::RowsSumTo(sum) => format!("the values of the series sum to {sum} in every row"),
            Law::OneErrorForEachSeries => {
                "one `error` column for each `y` column, in the same order: half the length of its error bars".into()
            }
            Law::SamplesDiffer => "the samples of a series are not all the same number".into(),
            Law::Tree => {
                "each row's `parent` is the `x` of another row, or `null` for the largest groups; leaves have a `value`, \
                 that of inner rows is `null`"
                    .into()
            }
            Law::Edges => "no edge from a node to itself, and none twice".into(),
            Law::Acyclic => "no way along the edges leads back to where it started".into(),
            Law::HighAndLow => "`low` is at most `open` and `close`, `high` at least".into(),
            Law::FullGrid => {
                "one row for each pair of an x and a y, at least 3 different ones of each (a grid of 8 x 8 is good)".into()
            }
            Law::PartsOfLargest => {
                "`group` and `y2` break the largest `y` down: the names of its parts and their values, which sum to it \
                 exactly; the shorter ones of the columns end in `null`"
                    .into()
            }
            Law::StartBeforeEnd => "no task ends before it starts".into(),
            Law::Places => "`group` is \"row,column\", both counted from 0".into(),
            Law::OnTheDial => "the value lies on the dial".into(),
        }
    }
}
