//! Values of one column, and how well they can be read.

use tamis_chart::spec::{Channel, Chart, Kind, Scale};
use tamis_chart::table::{Column, Time};

use super::View;
use crate::number::Exact;
use crate::world::sheet::{Cell, Reading, Series};

/// Where the values of a series come from.
pub(super) struct Source<'a> {
    pub(super) chart: &'a Chart,
    /// Which chart of the figure.
    pub(super) k: usize,
    pub(super) channel: Channel,
    /// The rank of the series among all of them: its element's number.
    pub(super) rank: usize,
    pub(super) column: &'a Column,
}

/// The values of a column in these rows.
pub(super) fn series(source: &Source<'_>, view: &View, rows: &[usize]) -> Series {
    let Source { chart, k, rank, column, .. } = source;
    let decimals = column.unit.decimals;
    let as_drawn = reading(source, view);
    let label = |row: usize| format!("chart.{k}/label/{rank}.{row}");
    let written = |row: usize| chart.value_labels && labels_say_values(chart.kind) && view.shows(&label(row));
    let cells: Vec<Option<Cell>> = rows
        .iter()
        .map(|&row| {
            let value = Exact::of_data(column.number(row)?, decimals)?;
            let reading = if written(row) { Reading::Written } else { as_drawn };
            let element = format!("chart.{k}/mark/{rank}.{row}");
            Some(Cell { value, error: reading.error(value.float()), shown: None, element })
        })
        .collect();
    Series {
        name: column.name.clone(),
        measure: None,
        unit: column.unit.clone(),
        numeric: as_drawn.numeric() || rows.iter().all(|r| written(*r)),
        cells,
    }
}

/// Whether value labels, when there are any, are the values and not shares.
fn labels_say_values(kind: Kind) -> bool {
    !matches!(kind, Kind::Pie | Kind::Donut | Kind::PieBar | Kind::Sunburst)
}

/// How the values of a series can be read where no label says them.
pub(super) fn reading(source: &Source<'_>, view: &View) -> Reading {
    let Source { chart, k, channel, column, .. } = source;
    let numbers: Vec<f64> = (0..column.len()).filter_map(|r| column.number(r)).collect();
    let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if numbers.is_empty() {
        return Reading::Area;
    }
    let seen = view.chart(*k);
    let (ends, axis) = match channel {
        Channel::Y2 => (seen.y2, chart.y2.as_ref()),
        _ => (seen.y, Some(&chart.y)),
    };
    match chart.kind {
        Kind::Pie | Kind::Donut | Kind::PieBar | Kind::Sunburst => Reading::Part(numbers.iter().sum()),
        Kind::Funnel => Reading::Part(high),
        Kind::Parallel => Reading::Part(high - low),
        Kind::Waffle => Reading::Axis { min: 0.0, max: 100.0, log: false },
        Kind::Treemap | Kind::Sankey | Kind::Node => Reading::Area,
        Kind::Heatmap | Kind::TileMap => Reading::Color(low, high),
        _ => {
            let log = axis.is_some_and(|a| a.scale == Scale::Log) && low > 0.0;
            let [min, max] = ends.unwrap_or_else(|| guessed_ends(chart, log));
            Reading::Axis { min, max, log }
        }
    }
}

/// The ends of a value axis that nobody told: from all values, from 0 where nothing else is said.
fn guessed_ends(chart: &Chart, log: bool) -> [f64; 2] {
    let stacked = matches!(chart.kind, Kind::StackedBar | Kind::StackedArea | Kind::Waterfall | Kind::PercentBar);
    let columns: Vec<&Column> = chart.columns(Channel::Y).filter_map(|name| chart.table.column(name)).collect();
    let rows = chart.table.rows();
    let numbers: Vec<f64> = match stacked {
        true => (0..rows).map(|r| columns.iter().filter_map(|c| c.number(r)).sum()).collect(),
        false => (0..rows).flat_map(|r| columns.iter().filter_map(move |c| c.number(r))).collect(),
    };
    let low = numbers.iter().copied().fold(if log { f64::INFINITY } else { 0.0 }, f64::min);
    let high = numbers.iter().copied().fold(if log { f64::NEG_INFINITY } else { 0.0 }, f64::max);
    [chart.y.min.unwrap_or(low), chart.y.max.unwrap_or(high)]
}

/// A time as the number of its period: years, quarters, months or days.
pub(super) fn ordinal(time: Time) -> Option<i64> {
    Some(match time {
        Time::Year(y) => i64::from(y),
        Time::Quarter(y, q) => i64::from(y) * 4 + i64::from(q),
        Time::Month(y, m) => i64::from(y) * 12 + i64::from(m),
        Time::Day(y, m, d) => day_number(i64::from(y), i64::from(m), i64::from(d))?,
    })
}

/// Days since 1970-01-01 in the Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn day_number(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468)
}

/// What a difference of two of these is counted in.
pub(super) fn period(times: &[Option<Time>]) -> &'static str {
    match times.iter().flatten().next() {
        Some(Time::Year(_)) => "years",
        Some(Time::Quarter(..)) => "quarters",
        Some(Time::Month(..)) => "months",
        _ => "days",
    }
}
