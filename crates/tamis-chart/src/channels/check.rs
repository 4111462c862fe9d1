//! The checks that are the same for every kind: tables, encodings, types, rules, axes, annotations.

use super::{CellType, Rule, SpecError, Want};
use crate::spec::{Annotation, Axis, Channel, Chart, Kind, Scale};
use crate::table::{Cells, Column, Time};

impl Chart {
    /// Whether this chart can be drawn as what it says it is.
    ///
    /// # Errors
    /// The first thing that does not fit, with the column and row.
    pub fn validate(&self) -> Result<(), SpecError> {
        self.check_table()?;
        self.check_encodings()?;
        for want in self.kind.wants() {
            for column in self.drawn(want.channel) {
                check_column(self.kind, want, column)?;
            }
        }
        for law in self.kind.laws() {
            law.check(self)?;
        }
        self.check_axes()?;
        self.annotations.iter().try_for_each(|a| self.check_annotation(a))
    }

    /// The columns drawn as `channel`, in order.
    pub(crate) fn drawn(&self, channel: Channel) -> impl Iterator<Item = &Column> {
        self.columns(channel).filter_map(|name| self.table.column(name))
    }

    fn check_table(&self) -> Result<(), SpecError> {
        let rows = self.table.rows();
        for (i, column) in self.table.columns.iter().enumerate() {
            let error = |row, expected: &str, found: String, advice: &str| {
                Err(self.error(None, Some(column), row, expected, found, advice))
            };
            if column.name.trim().is_empty() {
                let found = format!("an empty name for column {i}");
                return error(None, "a name for every column", found, "name it as a legend would");
            }
            if self.table.columns[..i].iter().any(|c| c.name == column.name) {
                return error(None, "columns with different names", "the name twice".into(), "rename one of them");
            }
            if column.len() != rows && !self.kind.is_of_samples() {
                let found = format!("{} cells where the longest column has {rows}", column.len());
                return error(None, "columns of equal length", found, "fill up with missing cells or drop rows");
            }
            if let Some((row, found)) = odd_cell(column) {
                return error(
                    Some(row),
                    "finite rounded numbers, real dates and names that are not empty",
                    found,
                    "mend the cell or make it missing",
                );
            }
        }
        Ok(())
    }

    fn check_encodings(&self) -> Result<(), SpecError> {
        for (i, encoding) in self.encodings.iter().enumerate() {
            let error = |expected: String, found: &str, advice: &str| {
                let mut error = self.error(Some(encoding.channel), None, None, &expected, found.into(), advice);
                error.column = Some(encoding.column.clone());
                Err(error)
            };
            if self.table.column(&encoding.column).is_none() {
                let names: Vec<&str> = self.table.columns.iter().map(|c| c.name.as_str()).take(12).collect();
                return error(
                    format!("a column of the table ({})", names.join(", ")),
                    "no such column",
                    "correct its name",
                );
            }
            if self.kind.wants().iter().all(|w| w.channel != encoding.channel) {
                let names: Vec<&str> = self.kind.wants().iter().map(|w| w.channel.name()).collect();
                return error(format!("the channels {}", names.join(", ")), "another", "leave this encoding out");
            }
            if self.encodings[..i].iter().any(|e| e.column == encoding.column) {
                return error(
                    "each column drawn as one thing".into(),
                    "a second encoding of it",
                    "leave one of the two out",
                );
            }
        }
        for want in self.kind.wants() {
            let count = self.columns(want.channel).count();
            if count < want.least || count > want.most {
                let advice = format!("encode more or fewer columns as `{}`", want.channel.name());
                return Err(self.error(Some(want.channel), None, None, &columns(want), count_of(count), &advice));
            }
        }
        Ok(())
    }

    fn check_axes(&self) -> Result<(), SpecError> {
        if let (Some(_), true) = (
            &self.y2,
            self.kind.wants().iter().all(|w| w.channel != Channel::Y2)
                && !matches!(self.kind, Kind::CandlestickVolume | Kind::Pareto),
        ) {
            let found = "a second value axis".to_string();
            return Err(self.error(None, None, None, "one value axis", found, "leave `y2` out"));
        }
        let numbers = |channels: &[Channel]| -> Vec<&Column> { channels.iter().flat_map(|c| self.drawn(*c)).collect() };
        let values = [Channel::Y, Channel::High, Channel::Low];
        self.check_axis("x", &self.x, &numbers(&[Channel::X]), true)?;
        self.check_axis("y", &self.y, &numbers(&values), self.kind.takes_log())?;
        self.y2.as_ref().map_or(Ok(()), |axis| self.check_axis("y2", axis, &numbers(&[Channel::Y2]), false))
    }

    fn check_axis(&self, name: &str, axis: &Axis, columns: &[&Column], log: bool) -> Result<(), SpecError> {
        let error = |column: Option<&Column>, row, expected: &str, found: String, advice: &str| {
            Err(self.error(None, column, row, &format!("on axis `{name}` {expected}"), found, advice))
        };
        if let Some(end) = [axis.min, axis.max].into_iter().flatten().find(|v| !v.is_finite()) {
            return error(None, None, "finite ends", end.to_string(), "leave the end out or give a number");
        }
        if let (Some(min), Some(max)) = (axis.min, axis.max)
            && min >= max
        {
            return error(None, None, "`min` below `max`", format!("{min} and {max}"), "exchange or drop them");
        }
        if axis.scale == Scale::Linear {
            return Ok(());
        }
        if !log {
            let advice = "take a linear scale, or a kind whose marks do not start at 0";
            return error(None, None, "a linear scale for this kind", "a logarithmic one".into(), advice);
        }
        for column in columns {
            let low = (0..column.len()).find_map(|r| column.number(r).filter(|v| *v <= 0.0).map(|v| (r, v)));
            if let Some((row, value)) = low {
                return error(
                    Some(column),
                    Some(row),
                    "values above 0 for its logarithm",
                    value.to_string(),
                    "take a linear scale",
                );
            }
        }
        match axis.min {
            Some(min) if min <= 0.0 => {
                error(None, None, "a start above 0 for its logarithm", min.to_string(), "leave `min` out")
            }
            _ => Ok(()),
        }
    }

    fn check_annotation(&self, annotation: &Annotation) -> Result<(), SpecError> {
        let error = |row, expected: &str, found: String| {
            Err(self.error(
                None,
                None,
                row,
                &format!("an annotation with {expected}"),
                found,
                "correct or drop the annotation",
            ))
        };
        match annotation {
            Annotation::Threshold { value, .. } if !value.is_finite() => {
                error(None, "a finite value", value.to_string())
            }
            Annotation::Band { from, to, .. } if !(from.is_finite() && to.is_finite() && from < to) => {
                error(None, "`from` below `to`", format!("{from} and {to}"))
            }
            Annotation::Callout { series, row, .. } | Annotation::Highlight { series, row } => {
                let Some(column) = [Channel::Y, Channel::Y2, Channel::Close]
                    .into_iter()
                    .flat_map(|c| self.drawn(c))
                    .find(|c| c.name == *series)
                else {
                    return error(None, "the name of a series that is drawn", format!("`{series}`"));
                };
                match column.number(*row) {
                    Some(_) => Ok(()),
                    None => error(Some(*row), "a row that has a value", "none there".into()),
                }
            }
            _ => Ok(()),
        }
    }

    pub(super) fn error(
        &self,
        channel: Option<Channel>,
        column: Option<&Column>,
        row: Option<usize>,
        expected: &str,
        found: String,
        advice: &str,
    ) -> SpecError {
        let column = column.map(|c| c.name.clone());
        SpecError { kind: self.kind, channel, column, row, expected: expected.into(), found, advice: advice.into() }
    }
}

pub(super) fn columns(want: &Want) -> String {
    match (want.least, want.most) {
        (1, 1) => "one column".into(),
        (1, usize::MAX) => "one column or more".into(),
        (least, most) if least == most => format!("{least} columns"),
        (least, usize::MAX) => format!("{least} columns or more"),
        (least, most) => format!("{least} to {most} columns"),
    }
}

fn count_of(count: usize) -> String {
    if count == 0 { "none".into() } else { count.to_string() }
}

/// The first cell that no table may have.
fn odd_cell(column: &Column) -> Option<(usize, String)> {
    match &column.cells {
        Cells::Text(v) => {
            v.iter().position(|c| c.as_ref().is_some_and(|c| c.trim().is_empty())).map(|r| (r, "an empty name".into()))
        }
        Cells::Number(v) => v.iter().enumerate().find_map(|(row, cell)| {
            let value = (*cell)?;
            if !value.is_finite() {
                return Some((row, value.to_string()));
            }
            let scaled = value * 10f64.powi(i32::from(column.unit.decimals));
            let off = (scaled - scaled.round()).abs();
            (off > 1e-6 * scaled.abs().max(1.0))
                .then(|| (row, format!("{value} in a column with {} decimals", column.unit.decimals)))
        }),
        Cells::Time(v) => {
            v.iter().enumerate().find_map(|(row, t)| t.filter(|t| !is_real(*t)).map(|t| (row, format!("{t:?}"))))
        }
    }
}

/// Whether there is such a date.
fn is_real(time: Time) -> bool {
    match time {
        Time::Year(_) => true,
        Time::Quarter(_, q) => (1..=4).contains(&q),
        Time::Month(_, m) => (1..=12).contains(&m),
        Time::Day(y, m, d) => (1..=12).contains(&m) && (1..=crate::data::calendar::days_in_month(y, m)).contains(&d),
    }
}

fn cell_type(column: &Column) -> CellType {
    match column.cells {
        Cells::Text(_) => CellType::Text,
        Cells::Number(_) => CellType::Number,
        Cells::Time(_) => CellType::Time,
    }
}

fn has(column: &Column, row: usize) -> bool {
    match &column.cells {
        Cells::Text(v) => v[row].is_some(),
        Cells::Number(v) => v[row].is_some(),
        Cells::Time(v) => v[row].is_some(),
    }
}

fn check_column(kind: Kind, want: &Want, column: &Column) -> Result<(), SpecError> {
    let error = |row, expected: &str, found: String, advice: &str| {
        let (expected, advice) = (expected.into(), advice.into());
        let column = Some(column.name.clone());
        Err(SpecError { kind, channel: Some(want.channel), column, row, expected, found, advice })
    };
    let found = cell_type(column);
    if !want.cells.contains(&found) {
        let names: Vec<&str> = want.cells.iter().map(|c| c.words()).collect();
        return error(None, &names.join(" or "), found.words().into(), "encode another column");
    }
    if let (false, Some(row)) = (want.gaps, (0..column.len()).find(|r| !has(column, *r))) {
        return error(Some(row), "a value in every row", "a missing cell".into(), "fill it or leave the row out");
    }
    for rule in want.rules {
        if let Some((row, expected, found)) = broken(*rule, column) {
            return error(row, &expected, found, "correct the data or take another kind of chart");
        }
    }
    Ok(())
}

type Broken = (Option<usize>, String, String);

/// Where the rule is broken, what was expected and what was found.
fn broken(rule: Rule, column: &Column) -> Option<Broken> {
    let number = |r: usize| column.number(r);
    let first =
        |bad: &dyn Fn(f64) -> bool| (0..column.len()).find_map(|r| number(r).filter(|v| bad(*v)).map(|v| (r, v)));
    let present = || (0..column.len()).filter_map(number);
    match rule {
        Rule::Distinct => repeated(column).map(|r| (Some(r), rule.words(), format!("`{}` again", column.written(r)))),
        Rule::Increasing => falling_back(column).map(|r| (Some(r), rule.words(), column.written(r))),
        Rule::Falling => (1..column.len())
            .find(|r| matches!((number(r - 1), number(*r)), (Some(a), Some(b)) if b > a))
            .map(|r| (Some(r), rule.words(), column.written(r))),
        Rule::NonNegative => first(&|v| v < 0.0).map(|(r, v)| (Some(r), rule.words(), v.to_string())),
        Rule::Whole => first(&|v| v.fract() != 0.0).map(|(r, v)| (Some(r), rule.words(), v.to_string())),
        Rule::SumsTo(sum) => {
            let found: f64 = present().sum();
            ((found - sum).abs() > 1e-6).then(|| (None, rule.words(), found.to_string()))
        }
        Rule::SomeAboveZero => present().all(|v| v <= 0.0).then(|| (None, rule.words(), "none".into())),
        Rule::Samples(least) => {
            let count = present().count();
            (count < least).then(|| (None, rule.words(), count.to_string()))
        }
    }
}

fn repeated(column: &Column) -> Option<usize> {
    let mut seen = std::collections::BTreeSet::new();
    match &column.cells {
        Cells::Text(v) => v.iter().position(|c| c.as_ref().is_some_and(|c| !seen.insert(c.clone()))),
        Cells::Time(v) => {
            let mut seen = std::collections::BTreeSet::new();
            v.iter().position(|c| c.is_some_and(|c| !seen.insert(c)))
        }
        Cells::Number(v) => {
            let mut seen = std::collections::BTreeSet::new();
            v.iter().position(|c| c.is_some_and(|c| !seen.insert(c.to_bits())))
        }
    }
}

fn falling_back(column: &Column) -> Option<usize> {
    match &column.cells {
        Cells::Text(_) => None,
        Cells::Number(v) => (1..v.len()).find(|r| v[*r] <= v[r - 1]),
        Cells::Time(v) => (1..v.len()).find(|r| v[*r] <= v[r - 1]),
    }
}
