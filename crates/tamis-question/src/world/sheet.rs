//! Data that can be read: series over rows, with how well each value can be read.

use tamis_chart::table::Unit;

use crate::number::Exact;
use crate::program::{Point, Points, Quantity};
use crate::refusal::Refusal;

/// Series over rows, as a reader of the picture sees them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// What tells the rows apart: categories, times.
    pub rows: Vec<String>,
    /// The series.
    pub series: Vec<Series>,
    /// Whether the rows have an order that means something (times, numbers): trends, "from ... to".
    pub ordered: bool,
    /// Whether the rows are times, said with "in" rather than "for".
    pub times: bool,
    /// Whether the values of a series are parts of one whole: shares may be asked.
    pub whole: bool,
    /// Whether the rows of different series may be summed: same unit, additive.
    pub stacks: bool,
    /// What a row is, singular and plural: "year", "years".
    pub row_noun: [String; 2],
    /// What a series is, singular and plural: "series", "series"; "group", "groups".
    pub series_noun: [String; 2],
    /// What the values are: "revenue"; empty when nothing says it.
    pub measure: String,
}

/// One series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// As it is written in the legend.
    pub name: String,
    /// What its values are, where that is not the sheet's measure.
    pub measure: Option<String>,
    /// Of its values.
    pub unit: Unit,
    /// Whether a value can be read as a number: a scale or labels show it.
    pub numeric: bool,
    /// By row; `None` where missing.
    pub cells: Vec<Option<Cell>>,
}

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Exactly.
    pub value: Exact,
    /// How far off a careful reader may be.
    pub error: f64,
    /// What stands in place of the number (a date), if anything.
    pub shown: Option<String>,
    /// The id of the element that shows it.
    pub element: String,
}

/// How the values of a series can be read from a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reading {
    /// They are written.
    Written,
    /// Against an axis from `min` to `max`, by length or by logarithm.
    Axis {
        /// Value at one end.
        min: f64,
        /// Value at the other.
        max: f64,
        /// Lengths follow the logarithm.
        log: bool,
    },
    /// By size only, as part of a whole of this much.
    Part(f64),
    /// By colour only, between the smallest value and the largest.
    Color(f64, f64),
    /// By area only.
    Area,
}

/// The share of an axis below which a difference is not seen.
pub const VISIBLE: f64 = 0.02;
/// The same for a scale of colours, and for an area against another.
const VISIBLE_COLOR: f64 = 0.15;

impl Reading {
    /// How far off a careful reader may be at a value.
    pub fn error(&self, value: f64) -> f64 {
        match *self {
            Reading::Written => 0.0,
            Reading::Axis { min, max, log: false } => VISIBLE * (max - min).abs(),
            Reading::Axis { min, max, log: true } => {
                let decades = (max / min).abs().log10().abs() * VISIBLE;
                value.abs() * (10f64.powf(decades) - 1.0)
            }
            Reading::Part(whole) => VISIBLE * whole.abs(),
            Reading::Color(low, high) => VISIBLE_COLOR * (high - low).abs(),
            Reading::Area => VISIBLE_COLOR * value.abs(),
        }
    }

    /// Whether values can be read as numbers.
    pub fn numeric(&self) -> bool {
        matches!(self, Reading::Written | Reading::Axis { .. })
    }
}

impl Sheet {
    /// The series of this name.
    pub fn series(&self, name: &str) -> Result<&Series, Refusal> {
        one(self.series.iter().filter(|s| s.name == name), name)
    }

    /// The place of the row of this name.
    pub fn row(&self, name: &str) -> Result<usize, Refusal> {
        one((0..self.rows.len()).filter(|r| self.rows[*r] == name), name)
    }

    /// One datum; its key is the row.
    pub fn point(&self, series: &Series, row: usize) -> Result<Point, Refusal> {
        let cell = series.cells.get(row).and_then(Option::as_ref).ok_or(Refusal::Missing)?;
        Ok(Point {
            key: self.rows[row].clone(),
            words: self.datum(series, row),
            value: Quantity {
                value: cell.value,
                unit: series.unit.symbol.clone(),
                decimals: series.unit.decimals,
                error: cell.error,
                shown: cell.shown.clone(),
            },
            elements: vec![cell.element.clone()],
        })
    }

    /// The data of one series, by row. A missing one is an error: a reader cannot know how it counts.
    pub fn select(&self, series: &Series) -> Result<Points, Refusal> {
        let points: Result<Vec<_>, _> = (0..self.rows.len()).map(|r| self.point(series, r)).collect();
        some(Points { words: self.it(series), points: points? })
    }

    /// The data of one row, by series; a missing one is an error.
    pub fn across(&self, row: usize) -> Result<Points, Refusal> {
        let point = |s: &Series| Ok(Point { key: s.name.clone(), ..self.point(s, row)? });
        let points: Result<Vec<_>, Refusal> = self.series.iter().map(point).collect();
        some(Points { words: format!("{} {}", self.each_series(), self.at(row)), points: points? })
    }

    /// What the values of a series are: "revenue of Germany", "revenue".
    pub fn it(&self, series: &Series) -> String {
        let measure = series.measure.as_deref().unwrap_or(&self.measure);
        let measure = if measure.is_empty() { "value" } else { measure };
        if self.series.len() == 1 || series.measure.is_some() {
            return measure.to_owned();
        }
        let by = if looks_like_time(&series.name) { "in" } else { "of" };
        format!("{measure} {by} {}", series.name)
    }

    /// Where a row is: "in 2020", "for Germany".
    pub fn at(&self, row: usize) -> String {
        self.at_name(&self.rows[row])
    }

    /// The same, by the row's name.
    pub fn at_name(&self, name: &str) -> String {
        let day = name.len() == 10 && name.bytes().filter(|b| *b == b'-').count() == 2;
        match self.times {
            true if day => format!("on {name}"),
            true => format!("in {name}"),
            false => format!("for {name}"),
        }
    }

    /// One datum: "revenue of Germany in 2020".
    pub fn datum(&self, series: &Series, row: usize) -> String {
        format!("{} {}", self.it(series), self.at(row))
    }

    fn each_series(&self) -> String {
        let measure = if self.measure.is_empty() { "value" } else { &self.measure };
        format!("{measure} of each {}", self.series_noun[0])
    }
}

/// Whether a name is a year, or a time that starts or ends with one.
pub(crate) fn looks_like_time(name: &str) -> bool {
    let year = |t: &str| t.len() == 4 && t.bytes().all(|b| b.is_ascii_digit()) && matches!(&t[..1], "1" | "2");
    name.split(' ').any(year)
}

fn one<T>(mut found: impl Iterator<Item = T>, name: &str) -> Result<T, Refusal> {
    let first = found.next().ok_or_else(|| Refusal::Unknown(name.to_owned()))?;
    if name.is_empty() || found.next().is_some() { Err(Refusal::Labels) } else { Ok(first) }
}

fn some(points: Points) -> Result<Points, Refusal> {
    if points.points.is_empty() { Err(Refusal::Empty) } else { Ok(points) }
}
