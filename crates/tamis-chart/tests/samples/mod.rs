//! Small charts of every framed kind.

use tamis_chart::spec::{Axis, Channel, Chart, Encoding, Figure, Kind, LookSpec, Scenario};
use tamis_chart::table::{Cells, Column, Table, Time, Unit};

/// Kinds that are drawn in axes.
pub(crate) const FRAMED: &[Kind] = &[
    Kind::Line,
    Kind::Bar,
    Kind::Area,
    Kind::ErrorPoint,
    Kind::Bubble,
    Kind::Candlestick,
    Kind::ErrorBar,
    Kind::Scatter,
    Kind::BarLine,
    Kind::StackedBar,
    Kind::PercentBar,
    Kind::StackedArea,
    Kind::Waterfall,
    Kind::Gantt,
    Kind::Step,
    Kind::Lollipop,
    Kind::Slope,
    Kind::Dumbbell,
    Kind::CandlestickVolume,
    Kind::Pyramid,
    Kind::Pareto,
];

const NAMES: [&str; 9] =
    ["Lisbon", "Oslo", "Buenos Aires", "Addis Ababa", "Kyoto", "Winnipeg", "Ho Chi Minh City", "Riga", "Perth"];

/// Different names.
pub(crate) fn names(count: usize) -> Vec<String> {
    (0..count).map(|i| if i < NAMES.len() { NAMES[i].to_string() } else { format!("Place {i}") }).collect()
}

pub(crate) fn encode(channel: Channel, column: &str) -> Encoding {
    Encoding { channel, column: column.into() }
}

fn value(seed: u64, i: u64) -> f64 {
    (seed.wrapping_mul(37).wrapping_add(i.wrapping_mul(i + 17).wrapping_mul(29)) % 90 + 8) as f64
}

fn numbers(name: &str, rows: usize, seed: u64) -> Column {
    Column::numbers(name, Unit::count(), (0..rows as u64).map(|i| value(seed, i)))
}

fn times(name: &str, at: impl IntoIterator<Item = Time>) -> Column {
    Column { name: name.into(), unit: Unit::default(), cells: Cells::Time(at.into_iter().map(Some).collect()) }
}

fn day(i: usize) -> Time {
    Time::Day(2023, 1 + (i / 28) as u8 % 12, 1 + (i % 28) as u8)
}

/// A chart of this kind; the seed varies its data, labels and titles.
pub(crate) fn chart(kind: Kind, seed: u64) -> Chart {
    let rows = 5 + (seed % 4) as usize;
    long(empty(kind, seed), rows, seed)
}

fn empty(kind: Kind, seed: u64) -> Chart {
    Chart {
        kind,
        title: [
            "Freight by port and year",
            "A rather long title that tells what was measured, where, and in which years of the century",
        ][seed as usize % 2]
            .into(),
        subtitle: if seed.is_multiple_of(3) { "In thousand tonnes".into() } else { String::new() },
        note: if seed.is_multiple_of(4) { "Source: port authorities".into() } else { String::new() },
        table: Table::default(),
        encodings: Vec::new(),
        x: Axis { title: "Port".into(), ..Axis::default() },
        y: Axis { title: "Freight (thousand tonnes)".into(), ..Axis::default() },
        y2: None,
        annotations: Vec::new(),
        legend: true,
        value_labels: seed % 2 == 1,
        horizontal: false,
    }
}

/// The same chart with so many rows of fresh data.
pub(crate) fn long(chart: Chart, rows: usize, seed: u64) -> Chart {
    use Channel::{Close, End, Error, Group, High, Low, Open, Size, Start, Volume, X, Y, Y2};
    let category = || Column::text("Port", names(rows));
    let ordered = || match seed % 3 {
        0 => times("Year", (0..rows as i32).map(|i| Time::Year(2010 + i))),
        1 => times("Month", (0..rows as i32).map(|i| Time::Month(2021 + i / 12, (i % 12) as u8 + 1))),
        _ => category(),
    };
    let y = |name: &str, k: u64| numbers(name, rows, seed + k);
    let price = |name: &str, k: u64, up: f64| {
        let at = (0..rows as u64)
            .map(|i| (200.0 + value(seed, i / 2) * 0.2).floor() + up + (value(seed + k, i) / 30.0).floor());
        Column::numbers(name, Unit::count(), at)
    };
    let parts: Vec<(Channel, Column)> = match chart.kind {
        Kind::Line | Kind::Area | Kind::Step | Kind::StackedArea => {
            vec![(X, ordered()), (Y, y("Timber", 1)), (Y, y("Grain", 2)), (Y, y("Machine parts", 3))]
        }
        Kind::Bar | Kind::StackedBar => vec![(X, category()), (Y, y("2021", 1)), (Y, y("2022", 2))],
        Kind::PercentBar => {
            let first: Vec<f64> = (0..rows as u64).map(|i| value(seed, i)).collect();
            let rest: Vec<f64> = first.iter().map(|v| 100.0 - v).collect();
            vec![
                (X, category()),
                (Y, Column::numbers("Yes", Unit::count(), first)),
                (Y, Column::numbers("No", Unit::count(), rest)),
            ]
        }
        Kind::ErrorBar | Kind::ErrorPoint => vec![
            (X, category()),
            (Y, y("Before", 1)),
            (Y, y("After", 2)),
            (Error, Column::numbers("e1", Unit::count(), (0..rows).map(|i| 2.0 + (i % 3) as f64))),
            (Error, Column::numbers("e2", Unit::count(), (0..rows).map(|i| 1.0 + (i % 4) as f64))),
        ],
        Kind::Bubble => vec![(X, y("Depth", 1)), (Y, y("Length", 2)), (Size, y("Ships", 3)), (Group, groups(rows))],
        Kind::Scatter => vec![(X, y("Depth", 1)), (Y, y("Length", 2)), (Group, groups(rows))],
        Kind::Candlestick | Kind::CandlestickVolume => {
            let mut parts = vec![
                (X, times("Day", (0..rows).map(day))),
                (Open, price("Open", 1, 10.0)),
                (High, price("High", 2, 20.0)),
                (Low, price("Low", 3, 0.0)),
                (Close, price("Close", 4, 10.0)),
            ];
            if chart.kind == Kind::CandlestickVolume {
                parts.push((Volume, y("Volume", 5)));
            }
            parts
        }
        Kind::BarLine => vec![(X, category()), (Y, y("Ships", 1)), (Y2, y("Delay", 2))],
        Kind::Waterfall => {
            let changes = (0..rows as u64).map(|i| if i % 3 == 1 { -value(seed, i) / 2.0 } else { value(seed, i) });
            vec![(X, category()), (Y, Column::numbers("Change", Unit { decimals: 1, ..Unit::count() }, changes))]
        }
        Kind::Gantt => vec![
            (X, category()),
            (Start, times("Start", (0..rows).map(|i| day(i % 200)))),
            (End, times("End", (0..rows).map(|i| day(i % 200 + 5 + i % 17)))),
            (Group, groups(rows)),
        ],
        Kind::Lollipop => vec![(X, category()), (Y, y("Ships", 1))],
        Kind::Slope | Kind::Dumbbell | Kind::Pyramid => vec![(X, category()), (Y, y("2012", 1)), (Y, y("2022", 2))],
        Kind::Pareto => {
            let mut falling: Vec<f64> = (0..rows as u64).map(|i| value(seed, i)).collect();
            falling.sort_by(|a, b| b.total_cmp(a));
            vec![(X, category()), (Y, Column::numbers("Faults", Unit::count(), falling))]
        }
        other => panic!("{other:?} is not framed"),
    };
    let encodings = parts.iter().map(|(channel, column)| encode(*channel, &column.name)).collect();
    let columns = parts.into_iter().map(|(_, column)| column).collect();
    Chart { table: Table { columns }, encodings, ..chart }
}

fn groups(rows: usize) -> Column {
    Column::text("Kind", (0..rows).map(|i| ["Ferry", "Tanker", "Trawler"][i % 3]))
}

/// Series and row of every datum that must have a mark.
pub(crate) fn data(chart: &Chart) -> Vec<(usize, usize)> {
    let rows = chart.table.rows();
    let series = match chart.kind {
        Kind::Candlestick | Kind::Gantt => 1,
        Kind::CandlestickVolume | Kind::BarLine | Kind::Pareto => 2,
        _ => chart.columns(Channel::Y).count(),
    };
    (0..series).flat_map(|s| (0..rows).map(move |r| (s, r))).collect()
}

/// A figure of one chart.
pub(crate) fn figure(chart: Chart, look: &str, seed: u64) -> Figure {
    Figure {
        size: [800, 600],
        grid: [1, 1],
        charts: vec![chart],
        title: None,
        look: LookSpec { name: look.into(), seed, diversify: None },
        scenario: Scenario::default(),
    }
}
