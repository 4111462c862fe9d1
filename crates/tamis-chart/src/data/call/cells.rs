//! The cells of a written column, in the type that the chart wants.

use super::super::own::cells::{DayOrder, Decimals, LARGEST, number, time};
use super::super::random::rounded;
use super::{CallColumn, MOST_ROWS, line};
use crate::channels::{CellType, SpecError};
use crate::spec::Kind;
use crate::table::{Cells, Time};

/// Decimal places a column may have.
const MOST_DECIMALS: u8 = 6;

/// The cells of `column`, and how many decimals its numbers have.
pub(super) fn typed(column: &CallColumn, kind: Kind, name: &str, unit: &str) -> Result<(Cells, u8), SpecError> {
    let reading = Reading { column, kind, name };
    let none = |len: Option<usize>| len.unwrap_or(0) == 0;
    let (names, numbers) = (column.names.as_ref().map(Vec::len), column.numbers.as_ref().map(Vec::len));
    if let Some(rows) = names.into_iter().chain(numbers).find(|rows| *rows > MOST_ROWS) {
        let expected = format!("at most {MOST_ROWS} cells");
        return Err(reading.error(None, expected, rows.to_string(), "leave rows out"));
    }
    match (&column.names, &column.numbers) {
        (Some(names), _) if !names.is_empty() && none(numbers) => reading.names(names),
        (_, Some(numbers)) if !numbers.is_empty() && none(names) => reading.numbers(numbers, unit),
        _ => {
            let found = if none(names) { "neither" } else { "both" };
            Err(reading.error(None, "either `names` or `numbers`", found, "give the cells once"))
        }
    }
}

struct Reading<'c> {
    column: &'c CallColumn,
    kind: Kind,
    name: &'c str,
}

impl Reading<'_> {
    /// Whether the channel takes cells of this type. A channel that the kind lacks takes all; it is refused later.
    fn takes(&self, cells: CellType) -> bool {
        self.kind.wants().iter().find(|w| w.channel == self.column.channel).is_none_or(|w| w.cells.contains(&cells))
    }

    fn error(
        &self,
        row: Option<usize>,
        expected: impl Into<String>,
        found: impl Into<String>,
        advice: &str,
    ) -> SpecError {
        let (channel, column) = (Some(self.column.channel), Some(self.name.to_string()));
        let (expected, found) = (expected.into(), found.into());
        SpecError { kind: self.kind, channel, column, row, expected, found, advice: advice.into() }
    }

    fn names(&self, given: &[Option<String>]) -> Result<(Cells, u8), SpecError> {
        let mut names = Vec::with_capacity(given.len());
        for (row, name) in given.iter().enumerate() {
            let said = line(name.as_deref().unwrap_or_default());
            let said =
                said.map_err(|n| self.error(Some(row), "a short name", format!("{n} characters"), "shorten it"))?;
            names.push((!said.is_empty()).then_some(said));
        }
        if self.takes(CellType::Time) {
            match times(&names) {
                Ok(times) => return Ok((Cells::Time(times), 0)),
                Err(row) if !self.takes(CellType::Text) => {
                    let found = names[row].clone().unwrap_or_default();
                    let expected = "times all told alike: 2021, 2021 Q3, 2021-03 or 2021-03-14";
                    return Err(self.error(Some(row), expected, format!("`{found}`"), "write it like the others"));
                }
                Err(_) => {}
            }
        }
        if self.takes(CellType::Text) {
            return Ok((Cells::Text(names), 0));
        }
        let read = |(row, name): (usize, &Option<String>)| {
            let Some(name) = name else { return Ok(None) };
            let found = number(name, Decimals::Point).map(|n| Some(n.0));
            found.ok_or_else(|| self.error(Some(row), "a number", format!("`{name}`"), "give `numbers`"))
        };
        self.decimal(&names.iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?)
    }

    fn numbers(&self, given: &[Option<f64>], unit: &str) -> Result<(Cells, u8), SpecError> {
        let all = |holds: &dyn Fn(f64) -> bool| given.iter().flatten().all(|v| holds(*v));
        let year = |low: f64, high: f64| move |v: f64| v.fract() == 0.0 && (low..=high).contains(&v);
        // Numbers that nobody would take for anything but years; any, where numbers are not wanted at all.
        let years = if self.takes(CellType::Number) { year(1900.0, 2100.0) } else { year(1000.0, 2999.0) };
        if self.takes(CellType::Time) && unit.is_empty() && all(&years) {
            return Ok((Cells::Time(given.iter().map(|v| v.map(|v| Time::Year(v as i32))).collect()), 0));
        }
        if self.takes(CellType::Number) || !self.takes(CellType::Text) {
            return self.decimal(given);
        }
        Ok((Cells::Text(given.iter().map(|v| v.map(|v| v.to_string())).collect()), 0))
    }

    /// Numbers as exact multiples of their last decimal.
    fn decimal(&self, given: &[Option<f64>]) -> Result<(Cells, u8), SpecError> {
        let wrong = given.iter().enumerate().find_map(|(row, v)| (*v).filter(|v| !fits(*v)).map(|v| (row, v)));
        if let Some((row, value)) = wrong {
            let expected = format!("numbers of at most {MOST_DECIMALS} decimals and 15 digits");
            return Err(self.error(Some(row), expected, value.to_string(), "choose another unit"));
        }
        let exact = |places: &u8| given.iter().flatten().all(|v| is_multiple(*v, *places));
        let decimals = (0..MOST_DECIMALS).find(exact).unwrap_or(MOST_DECIMALS);
        Ok((Cells::Number(given.iter().map(|v| v.map(|v| rounded(v, decimals))).collect()), decimals))
    }
}

/// Whether a number is left of it when it is rounded, and whether it can be.
fn fits(value: f64) -> bool {
    value.is_finite() && value.abs() < LARGEST && (value == 0.0 || rounded(value, MOST_DECIMALS) != 0.0)
}

fn is_multiple(value: f64, decimals: u8) -> bool {
    let scaled = value * 10f64.powi(i32::from(decimals));
    (scaled - scaled.round()).abs() <= 1e-9 * scaled.abs().max(1.0)
}

/// All of them as times of one step, or the first row that is none.
fn times(names: &[Option<String>]) -> Result<Vec<Option<Time>>, usize> {
    let mut step = None;
    let mut found = Vec::with_capacity(names.len());
    for (row, name) in names.iter().enumerate() {
        let Some(name) = name else {
            found.push(None);
            continue;
        };
        let time = time(name, DayOrder::DayFirst, true).ok_or(row)?;
        if *step.get_or_insert(std::mem::discriminant(&time)) != std::mem::discriminant(&time) {
            return Err(row);
        }
        found.push(Some(time));
    }
    step.map(|_| found).ok_or(0)
}
