//! What holds between the columns of a chart.

use std::collections::{BTreeMap, BTreeSet};

use super::SpecError;
use crate::spec::{Channel, Chart};
use crate::table::{Cells, Column, Time};

/// A law that the columns of a chart keep together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Law {
    /// At least and at most so many rows.
    Rows(usize, usize),
    /// The values of the series in each row sum to this, up to the rounding of the data.
    RowsSumTo(f64),
    /// As many `error` columns as `y` columns, in the same order.
    OneErrorForEachSeries,
    /// The samples of a series are not all the same number.
    SamplesDiffer,
    /// `parent` names another row or is missing (a child of the root); no circles. Leaves have a `value`; the value of
    /// an inner node is missing (it is the sum of its children) or equal to that sum.
    Tree,
    /// No edge from a node to itself, no edge twice.
    Edges,
    /// No way along the edges leads back to where it started.
    Acyclic,
    /// `low` is at most `open` and `close`, `high` at least.
    HighAndLow,
    /// Each pair of an x and a y comes exactly once, at least 3 different ones of each.
    FullGrid,
    /// The `y2` values, named by `group`, sum to the largest `y`: its parts.
    PartsOfLargest,
    /// No task ends before it starts.
    StartBeforeEnd,
    /// `group` is "row,column", both counted from 0.
    Places,
    /// The value lies between the ends of the value axis, where they are given.
    OnTheDial,
}

impl Law {
    pub(super) fn check(self, chart: &Chart) -> Result<(), SpecError> {
        let broken = match self {
            Law::Rows(least, most) => rows(chart, least, most),
            Law::RowsSumTo(sum) => rows_sum_to(chart, sum),
            Law::OneErrorForEachSeries => one_error_for_each_series(chart),
            Law::SamplesDiffer => samples_differ(chart),
            Law::Tree => tree(chart),
            Law::Edges => edges(chart),
            Law::Acyclic => acyclic(chart),
            Law::HighAndLow => high_and_low(chart),
            Law::FullGrid => full_grid(chart),
            Law::PartsOfLargest => parts_of_largest(chart),
            Law::StartBeforeEnd => start_before_end(chart),
            Law::Places => places(chart),
            Law::OnTheDial => on_the_dial(chart),
        };
        match broken {
            None => Ok(()),
            Some(Broken { channel, row, expected, found, advice }) => {
                let column = channel.and_then(|c| chart.drawn(c).next());
                Err(chart.error(channel, column, row, &expected, found, advice))
            }
        }
    }
}

struct Broken {
    channel: Option<Channel>,
    row: Option<usize>,
    expected: String,
    found: String,
    advice: &'static str,
}

fn broken(
    channel: Channel,
    row: Option<usize>,
    expected: impl Into<String>,
    found: impl Into<String>,
    advice: &'static str,
) -> Option<Broken> {
    Some(Broken { channel: Some(channel), row, expected: expected.into(), found: found.into(), advice })
}

fn numbers(chart: &Chart, channel: Channel) -> Vec<Option<f64>> {
    chart.drawn(channel).next().map(|c| (0..c.len()).map(|r| c.number(r)).collect()).unwrap_or_default()
}

fn texts(chart: &Chart, channel: Channel) -> Vec<Option<&str>> {
    match chart.drawn(channel).next().map(|c| &c.cells) {
        Some(Cells::Text(v)) => v.iter().map(Option::as_deref).collect(),
        _ => Vec::new(),
    }
}

fn step(column: &Column) -> f64 {
    10f64.powi(-i32::from(column.unit.decimals))
}

fn rows(chart: &Chart, least: usize, most: usize) -> Option<Broken> {
    let found = chart.table.rows();
    let expected = match most {
        usize::MAX => format!("at least {least} rows"),
        _ if least == most => format!("exactly {least} row"),
        _ => format!("{least} to {most} rows"),
    };
    let broken = Broken { channel: None, row: None, expected, found: found.to_string(), advice: "add or drop rows" };
    (found < least || found > most).then_some(broken)
}

fn rows_sum_to(chart: &Chart, sum: f64) -> Option<Broken> {
    let series: Vec<&Column> = chart.drawn(Channel::Y).collect();
    let rounding: f64 = series.iter().map(|c| step(c) / 2.0).sum();
    (0..chart.table.rows()).find_map(|row| {
        let found: f64 = series.iter().filter_map(|c| c.number(row)).sum();
        let off = (found - sum).abs() > rounding + 1e-6;
        off.then(|| {
            broken(
                Channel::Y,
                Some(row),
                format!("series that sum to {sum}"),
                found.to_string(),
                "give shares in percent",
            )
        })?
    })
}

fn one_error_for_each_series(chart: &Chart) -> Option<Broken> {
    let (series, errors) = (chart.columns(Channel::Y).count(), chart.columns(Channel::Error).count());
    (series != errors).then(|| {
        broken(
            Channel::Error,
            None,
            format!("{series} columns, one for each series"),
            errors.to_string(),
            "add or drop error columns",
        )
    })?
}

fn samples_differ(chart: &Chart) -> Option<Broken> {
    chart.drawn(Channel::Y).find_map(|column| {
        let mut values = (0..column.len()).filter_map(|r| column.number(r));
        let first = values.next()?;
        let found = format!("only {first} in `{}`", column.name);
        values
            .all(|v| v == first)
            .then(|| broken(Channel::Y, None, "samples that differ", found, "leave the series out"))?
    })
}

fn tree(chart: &Chart) -> Option<Broken> {
    let (names, parents, values) =
        (texts(chart, Channel::X), texts(chart, Channel::Parent), numbers(chart, Channel::Value));
    let row_of: BTreeMap<&str, usize> = names.iter().enumerate().filter_map(|(r, n)| n.map(|n| (n, r))).collect();
    let mut sums = vec![None; names.len()];
    for (row, parent) in parents.iter().enumerate() {
        let Some(parent) = parent else { continue };
        let Some(above) = row_of.get(parent) else {
            return broken(
                Channel::Parent,
                Some(row),
                "the name of another row",
                format!("`{parent}`"),
                "add a row of that name",
            );
        };
        let mut up = Some(*above);
        for _ in 0..=names.len() {
            up = up.and_then(|r| parents[r]).and_then(|p| row_of.get(p).copied());
        }
        if up.is_some() {
            return broken(
                Channel::Parent,
                Some(row),
                "a way up to the root",
                "a circle",
                "make one of the parents missing",
            );
        }
        *sums[*above].get_or_insert(0.0) += subtotal(row, &parents, &values, &names);
    }
    (0..names.len()).find_map(|row| match (values.get(row).copied().flatten(), sums[row]) {
        (None, None) => {
            broken(Channel::Value, Some(row), "a value for every leaf", "a missing cell", "give the leaf a value")
        }
        (Some(value), Some(sum)) if (value - sum).abs() > 1e-6 * value.abs().max(1.0) => broken(
            Channel::Value,
            Some(row),
            format!("the sum of the children, {sum}"),
            value.to_string(),
            "leave the value of inner nodes out",
        ),
        _ => None,
    })
}

/// The sum of the leaves under a row (its own value if it is one).
fn subtotal(row: usize, parents: &[Option<&str>], values: &[Option<f64>], names: &[Option<&str>]) -> f64 {
    let children: Vec<usize> =
        (0..names.len()).filter(|r| parents[*r].is_some() && parents[*r] == names[row] && *r != row).collect();
    match children.is_empty() {
        true => values.get(row).copied().flatten().unwrap_or(0.0),
        false => children.into_iter().map(|r| subtotal(r, parents, values, names)).sum(),
    }
}

fn edges(chart: &Chart) -> Option<Broken> {
    let (from, to) = (texts(chart, Channel::Source), texts(chart, Channel::Target));
    let mut seen = BTreeSet::new();
    if from.is_empty() {
        return broken(Channel::Source, None, "at least one edge", "none", "add rows");
    }
    from.iter().zip(&to).enumerate().find_map(|(row, (a, b))| {
        if a == b {
            return broken(Channel::Target, Some(row), "an edge to another node", "one to itself", "leave the row out");
        }
        let again = !seen.insert((a, b));
        again.then(|| {
            broken(Channel::Source, Some(row), "every edge once", "the edge again", "add the two values up in one row")
        })?
    })
}

fn acyclic(chart: &Chart) -> Option<Broken> {
    let mut edges: Vec<(&str, &str)> = texts(chart, Channel::Source)
        .into_iter()
        .zip(texts(chart, Channel::Target))
        .filter_map(|(a, b)| Some((a?, b?)))
        .collect();
    // Nodes nothing flows into are taken away with their edges until none is left; what stays runs in circles.
    loop {
        let targets: BTreeSet<&str> = edges.iter().map(|e| e.1).collect();
        let before = edges.len();
        edges.retain(|(from, _)| targets.contains(from));
        if edges.len() == before {
            break;
        }
    }
    let (from, to) = edges.first()?;
    broken(
        Channel::Source,
        None,
        "flows that never lead back",
        format!("a circle through `{from}` and `{to}`"),
        "drop or turn one of its flows",
    )
}

fn high_and_low(chart: &Chart) -> Option<Broken> {
    let [open, high, low, close] =
        [Channel::Open, Channel::High, Channel::Low, Channel::Close].map(|channel| numbers(chart, channel));
    (0..open.len()).find_map(|row| {
        let (open, high, low, close) = (open[row]?, high[row]?, low[row]?, close[row]?);
        if low > open.min(close) {
            return broken(
                Channel::Low,
                Some(row),
                format!("at most {}", open.min(close)),
                low.to_string(),
                "exchange the prices",
            );
        }
        (high < open.max(close)).then(|| {
            broken(
                Channel::High,
                Some(row),
                format!("at least {}", open.max(close)),
                high.to_string(),
                "exchange the prices",
            )
        })?
    })
}

fn full_grid(chart: &Chart) -> Option<Broken> {
    let (x, y) = (numbers(chart, Channel::X), numbers(chart, Channel::Y));
    let bits = |v: &[Option<f64>]| -> BTreeSet<u64> { v.iter().flatten().map(|v| v.to_bits()).collect() };
    let (across, up) = (bits(&x).len(), bits(&y).len());
    if across < 3 || up < 3 {
        return broken(
            Channel::X,
            None,
            "at least 3 different x and y",
            format!("{across} and {up}"),
            "take a finer grid",
        );
    }
    let pairs: BTreeSet<(u64, u64)> =
        x.iter().flatten().zip(y.iter().flatten()).map(|(x, y)| (x.to_bits(), y.to_bits())).collect();
    let full = pairs.len() == across * up && x.len() == pairs.len();
    let found = format!("{} rows for {across} x {up} places", x.len());
    (!full).then(|| broken(Channel::Value, None, "one row for each pair of x and y", found, "fill the grid"))?
}

fn parts_of_largest(chart: &Chart) -> Option<Broken> {
    let (names, values) = (texts(chart, Channel::X), numbers(chart, Channel::Y));
    let (parts, amounts) = (texts(chart, Channel::Group), numbers(chart, Channel::Y2));
    let unpaired = |names: &[Option<&str>], values: &[Option<f64>]| {
        (0..names.len()).find(|r| names[*r].is_some() != values[*r].is_some())
    };
    if let Some(row) = unpaired(&names, &values) {
        return broken(
            Channel::Y,
            Some(row),
            "a name and a value, or neither",
            "one of the two",
            "fill or clear both cells",
        );
    }
    if let Some(row) = unpaired(&parts, &amounts) {
        return broken(
            Channel::Y2,
            Some(row),
            "a part's name and its value, or neither",
            "one of the two",
            "fill or clear both cells",
        );
    }
    let largest = values.iter().flatten().copied().fold(0.0, f64::max);
    let sum: f64 = amounts.iter().flatten().sum();
    let off = (sum - largest).abs() > 1e-6 * largest.max(1.0);
    off.then(|| {
        broken(
            Channel::Y2,
            None,
            format!("parts that sum to the largest slice, {largest}"),
            sum.to_string(),
            "correct the parts",
        )
    })?
}

fn start_before_end(chart: &Chart) -> Option<Broken> {
    let times = |channel| match chart.drawn(channel).next().map(|c| &c.cells) {
        Some(Cells::Time(v)) => v.clone(),
        _ => Vec::new(),
    };
    let (starts, ends): (Vec<Option<Time>>, Vec<Option<Time>>) = (times(Channel::Start), times(Channel::End));
    starts.iter().zip(&ends).enumerate().find_map(|(row, (start, end))| {
        let (start, end) = ((*start)?, (*end)?);
        if std::mem::discriminant(&start) != std::mem::discriminant(&end) {
            return broken(
                Channel::End,
                Some(row),
                "start and end told alike (both days, both months)",
                format!("{start} and {end}"),
                "write both as days",
            );
        }
        (end < start).then(|| {
            broken(Channel::End, Some(row), format!("an end from {start} on"), end.to_string(), "exchange them")
        })?
    })
}

fn places(chart: &Chart) -> Option<Broken> {
    texts(chart, Channel::Group).iter().enumerate().find_map(|(row, place)| {
        let place = (*place)?;
        let fits = place.split_once(',').is_some_and(|(r, c)| [r, c].iter().all(|n| n.trim().parse::<u16>().is_ok()));
        (!fits).then(|| {
            broken(
                Channel::Group,
                Some(row),
                "a place as \"row,column\"",
                format!("`{place}`"),
                "write two whole numbers from 0",
            )
        })?
    })
}

fn on_the_dial(chart: &Chart) -> Option<Broken> {
    let value = numbers(chart, Channel::Y).first().copied().flatten()?;
    let (min, max) = (chart.y.min.unwrap_or(f64::NEG_INFINITY), chart.y.max.unwrap_or(f64::INFINITY));
    let off = value < min || value > max;
    off.then(|| {
        broken(Channel::Y, Some(0), format!("a value from {min} to {max}"), value.to_string(), "widen the axis")
    })?
}
