//! Tables of typed columns: the data behind a chart.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Columns of equal length (samples of a distribution may have columns of different lengths; the rest is missing).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The columns; names differ.
    pub columns: Vec<Column>,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// As it is written in a legend or a table head.
    pub name: String,
    /// The unit of its numbers.
    #[serde(default, skip_serializing_if = "Unit::is_none")]
    pub unit: Unit,
    /// The cells.
    pub cells: Cells,
}

/// The unit of a column's numbers, and how they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// As it is written after a number in running text: "%", "million USD", "°C", "kg"; empty for a pure number.
    #[serde(default)]
    pub symbol: String,
    /// Decimal places the data have; numbers in the table are exact multiples of 10^-decimals.
    #[serde(default)]
    pub decimals: u8,
    /// Whether sums over rows mean something (revenue: yes; a temperature, a rate, a share of different wholes: no).
    #[serde(default)]
    pub additive: bool,
}

/// The cells of a column, all of one type; `null` where a value is missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "values", rename_all = "snake_case")]
pub enum Cells {
    /// Names.
    Text(Vec<Option<String>>),
    /// Finite numbers.
    Number(Vec<Option<f64>>),
    /// Points in time.
    Time(Vec<Option<Time>>),
}

/// A calendar date, or the coarser period it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Time {
    /// A year.
    Year(i32),
    /// A quarter, 1 to 4, of a year.
    Quarter(i32, u8),
    /// A month, 1 to 12, of a year.
    Month(i32, u8),
    /// A day: year, month 1 to 12, day 1 to 31 (proleptic Gregorian).
    Day(i32, u8, u8),
}

impl Unit {
    /// A pure number without decimals that may be summed.
    pub fn count() -> Unit {
        Unit { symbol: String::new(), decimals: 0, additive: true }
    }

    /// Whether nothing is known of it.
    pub fn is_none(&self) -> bool {
        *self == Unit::default()
    }
}

impl Table {
    /// The length of the longest column.
    pub fn rows(&self) -> usize {
        self.columns.iter().map(Column::len).max().unwrap_or(0)
    }

    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == name)
    }
}

impl Column {
    /// A column of names.
    pub fn text<S: Into<String>>(name: impl Into<String>, cells: impl IntoIterator<Item = S>) -> Column {
        let cells = Cells::Text(cells.into_iter().map(|c| Some(c.into())).collect());
        Column { name: name.into(), unit: Unit::default(), cells }
    }

    /// A column of numbers.
    pub fn numbers(name: impl Into<String>, unit: Unit, cells: impl IntoIterator<Item = f64>) -> Column {
        Column { name: name.into(), unit, cells: Cells::Number(cells.into_iter().map(Some).collect()) }
    }

    /// How many cells there are, missing ones included.
    pub fn len(&self) -> usize {
        match &self.cells {
            Cells::Text(v) => v.len(),
            Cells::Number(v) => v.len(),
            Cells::Time(v) => v.len(),
        }
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number in a row; `None` when it is missing, out of range or no number.
    pub fn number(&self, row: usize) -> Option<f64> {
        match &self.cells {
            Cells::Number(v) => v.get(row).copied().flatten(),
            _ => None,
        }
    }

    /// The cell as it is written in a table: names as they are, numbers with the unit's decimals, times as
    /// `2021`, `2021 Q3`, `Mar 2021`, `2021-03-14`; empty when missing.
    pub fn written(&self, row: usize) -> String {
        match &self.cells {
            Cells::Text(v) => v.get(row).cloned().flatten().unwrap_or_default(),
            Cells::Number(v) => v.get(row).copied().flatten().map(|n| self.unit.write(n)).unwrap_or_default(),
            Cells::Time(v) => v.get(row).copied().flatten().map(|t| t.to_string()).unwrap_or_default(),
        }
    }
}

impl Unit {
    /// A number with this unit's decimals and without its symbol: `1234.5`.
    pub fn write(&self, number: f64) -> String {
        let written = format!("{number:.*}", usize::from(self.decimals));
        // A small negative number rounds to "-0.0", which nobody writes.
        if written.bytes().all(|b| matches!(b, b'-' | b'0' | b'.')) { written.replace('-', "") } else { written }
    }
}

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        match *self {
            Time::Year(y) => write!(f, "{y}"),
            Time::Quarter(y, q) => write!(f, "{y} Q{q}"),
            Time::Month(y, m) => write!(f, "{} {y}", MONTHS[usize::from(m.clamp(1, 12)) - 1]),
            Time::Day(y, m, d) => write!(f, "{y}-{m:02}-{d:02}"),
        }
    }
}
