//! Random figures of every kind, small and plausible enough to ask about.
#![allow(dead_code, reason = "each test uses its part")]

use tamis_chart::spec::{Axis, Channel, Chart, Encoding, Figure, Kind, LookSpec, Scenario};
use tamis_chart::table::{Cells, Column, Table, Time, Unit};
use tamis_core::RecordId;
use tamis_core::rng::Rng;

pub(crate) fn rng(seed: u64) -> Rng {
    Rng::keyed(seed, RecordId::input("question"), "test", &[])
}

pub(crate) fn unit(symbol: &str, decimals: u8, additive: bool) -> Unit {
    Unit { symbol: symbol.to_owned(), decimals, additive }
}

const NAMES: [&str; 14] = [
    "Germany",
    "Japan",
    "Brazil",
    "Kenya",
    "Canada",
    "India",
    "Norway",
    "Peru",
    "Chad",
    "Spain",
    "Greece",
    "Oman",
    "Fiji",
    "Nepal, West",
];
const SERIES: [&str; 6] = ["Solar", "Wind", "Hydro", "Coal \"old\"", "Gas", "Biomass"];
const UNITS: [(&str, u8, bool); 6] =
    [("million USD", 1, true), ("kg", 0, true), ("%", 1, false), ("°C", 1, false), ("", 0, true), ("TWh", 2, true)];

/// A number with the unit's decimals.
pub(crate) fn number(rng: &mut Rng, low: f64, high: f64, decimals: u8) -> f64 {
    format!("{:.*}", usize::from(decimals), rng.range(low, high)).parse().unwrap()
}

fn x_column(kind: Kind, rows: usize, rng: &mut Rng) -> Column {
    let names_only = matches!(
        kind,
        Kind::Pie
            | Kind::Donut
            | Kind::Waffle
            | Kind::Funnel
            | Kind::Radar
            | Kind::Waterfall
            | Kind::Slope
            | Kind::Parallel
            | Kind::Gauge
            | Kind::Pareto
            | Kind::Treemap
            | Kind::Sunburst
            | Kind::TileMap
            | Kind::Gantt
            | Kind::PieBar
    );
    let line = matches!(
        kind,
        Kind::Line | Kind::Area | Kind::Step | Kind::StackedArea | Kind::Candlestick | Kind::CandlestickVolume
    );
    let start = 1990 + rng.below(20) as i32;
    let times = |f: &dyn Fn(i32) -> Time| Cells::Time((0..rows as i32).map(|i| Some(f(i))).collect());
    let cells = match (names_only, if line { rng.below(3) } else { rng.below(5) }) {
        (true, _) | (false, 3 | 4) => return Column::text("Country", NAMES.iter().take(rows).copied()),
        (_, 0) => times(&|i| Time::Year(start + i)),
        (_, 1) => times(&|i| Time::Month(start + i / 12, (i % 12) as u8 + 1)),
        _ => times(&|i| Time::Quarter(start + i / 4, (i % 4) as u8 + 1)),
    };
    Column { name: "Period".to_owned(), unit: Unit::default(), cells }
}

/// A chart of a kind with values that are not near-ties too often.
pub(crate) fn chart(kind: Kind, rng: &mut Rng) -> Chart {
    let rows = 3 + rng.below(8);
    let (symbol, decimals, additive) = UNITS[rng.below(UNITS.len())];
    let u = unit(symbol, decimals, additive);
    let mut columns = vec![x_column(kind, rows, rng)];
    let mut encodings = vec![(Channel::X, columns[0].name.clone())];
    let n = columns[0].len();
    let trend = [0.0, 8.0, -5.0][rng.below(3)];
    let mut add = |channel: Channel, name: &str, unit: Unit, columns: &mut Vec<Column>, rng: &mut Rng| {
        let decimals = unit.decimals;
        let cells = (0..n)
            .map(|i| number(rng, 20.0, 60.0, decimals) + trend * (i as f64))
            .map(|v| format!("{:.*}", usize::from(decimals), v.max(1.0)).parse().unwrap());
        columns.push(Column::numbers(name, unit, cells.collect::<Vec<f64>>()));
        encodings.push((channel, name.to_owned()));
    };
    match kind {
        Kind::BarLine => {
            add(Channel::Y, "Revenue", unit("million USD", 1, true), &mut columns, rng);
            add(Channel::Y2, "Growth rate", unit("%", 1, false), &mut columns, rng);
        }
        Kind::Candlestick | Kind::CandlestickVolume => {
            for (channel, name) in
                [(Channel::Open, "Open"), (Channel::High, "High"), (Channel::Low, "Low"), (Channel::Close, "Close")]
            {
                add(channel, name, unit("USD", 2, false), &mut columns, rng);
            }
        }
        Kind::Treemap | Kind::Sunburst => {
            let parents = vec![None; n];
            columns.push(Column { name: "Parent".into(), unit: Unit::default(), cells: Cells::Text(parents) });
            add(Channel::Value, "Budget", unit("million USD", 1, true), &mut columns, rng);
            encodings.push((Channel::Parent, "Parent".into()));
        }
        Kind::TileMap => add(Channel::Value, "Rate", u, &mut columns, rng),
        Kind::Gantt => {
            let (mut from, mut to) = (Vec::new(), Vec::new());
            for _ in 0..n {
                let (start, end) = (1 + rng.below(6) as u8, 7 + rng.below(6) as u8);
                from.push(Some(Time::Day(2024, start, 1 + rng.below(28) as u8)));
                to.push(Some(Time::Day(2024, end, 1 + rng.below(28) as u8)));
            }
            columns.push(Column { name: "From".into(), unit: Unit::default(), cells: Cells::Time(from) });
            columns.push(Column { name: "To".into(), unit: Unit::default(), cells: Cells::Time(to) });
            encodings.push((Channel::Start, "From".into()));
            encodings.push((Channel::End, "To".into()));
        }
        Kind::Box | Kind::BoxViolin | Kind::Violin | Kind::Histogram | Kind::Density | Kind::HistogramDensity => {
            columns.clear();
            encodings.clear();
            for name in &SERIES[..1 + rng.below(5)] {
                let centre = rng.range(0.0, 60.0);
                let samples: Vec<f64> = (0..20).map(|_| number(rng, centre, centre + 30.0, 1)).collect();
                columns.push(Column::numbers(*name, unit("ms", 1, false), samples));
                encodings.push((Channel::Y, (*name).to_owned()));
            }
        }
        Kind::Scatter | Kind::Bubble | Kind::ScatterHistogram | Kind::ScatterDensity | Kind::HexHistogram => {
            let slope = [1.0, -1.0, 0.0][rng.below(3)];
            let xs: Vec<f64> = (0..60).map(|_| number(rng, 0.0, 100.0, 1)).collect();
            let ys: Vec<f64> = xs.iter().map(|x| number(rng, 0.0, 30.0, 1) + slope * x).collect();
            columns = vec![
                Column::numbers("Dose", unit("mg", 1, false), xs),
                Column::numbers("Effect", unit("", 1, false), ys),
            ];
            encodings = vec![(Channel::X, "Dose".into()), (Channel::Y, "Effect".into())];
        }
        Kind::Sankey | Kind::Node => {
            columns = vec![
                Column::text("From", NAMES.iter().take(n).copied()),
                Column::text("To", SERIES.iter().cycle().take(n).copied()),
            ];
            add(Channel::Value, "Flow", unit("TWh", 1, true), &mut columns, rng);
        }
        _ => {
            let single = matches!(
                kind,
                Kind::Pie
                    | Kind::Donut
                    | Kind::Waffle
                    | Kind::Funnel
                    | Kind::Waterfall
                    | Kind::Lollipop
                    | Kind::Gauge
                    | Kind::Pareto
                    | Kind::PieBar
            );
            let two = matches!(kind, Kind::Slope | Kind::Dumbbell | Kind::Pyramid);
            let count = if single {
                1
            } else if two {
                2
            } else {
                1 + rng.below(4)
            };
            let count = if matches!(kind, Kind::StackedBar | Kind::PercentBar | Kind::StackedArea | Kind::Parallel) {
                count.max(3)
            } else {
                count
            };
            if count == 1 {
                add(Channel::Y, "Electricity output", u, &mut columns, rng);
            } else {
                SERIES[..count].iter().for_each(|name| add(Channel::Y, name, u.clone(), &mut columns, rng));
            }
        }
    }
    let y = if symbol.is_empty() { "Electricity output".to_owned() } else { format!("Electricity output ({symbol})") };
    if matches!(kind, Kind::Sankey | Kind::Node) {
        encodings[0] = (Channel::Source, "From".into());
        encodings.push((Channel::Target, "To".into()));
    }
    Chart {
        kind,
        title: format!("Energy report {}", rng.below(900)),
        subtitle: if rng.below(2) == 0 { String::new() } else { "All plants".into() },
        note: String::new(),
        table: Table { columns },
        encodings: encodings.into_iter().map(|(channel, column)| Encoding { channel, column }).collect(),
        x: Axis { title: "Period".into(), ..Axis::default() },
        y: Axis { title: y, ..Axis::default() },
        y2: (kind == Kind::BarLine).then(|| Axis { title: "Growth rate (%)".into(), ..Axis::default() }),
        annotations: Vec::new(),
        legend: true,
        value_labels: rng.below(2) == 0,
        horizontal: matches!(kind, Kind::Bar) && rng.below(3) == 0,
    }
}

/// A figure of one chart, or of several.
pub(crate) fn figure(rng: &mut Rng) -> Figure {
    let several = rng.below(3) == 0;
    let charts: Vec<Chart> = if several {
        let mut charts: Vec<Chart> =
            (0..2 + rng.below(3)).map(|_| chart(Kind::ALL[rng.below(Kind::ALL.len())], rng)).collect();
        if rng.below(2) == 0 {
            // The same places and units, as one scenario gives them.
            let mut twin = chart(Kind::Bar, rng);
            twin.table = Table {
                columns: vec![
                    Column::text("Country", NAMES[..6].to_vec()),
                    Column::numbers(
                        "Output",
                        unit("kg", 0, true),
                        (0..6).map(|_| number(rng, 5.0, 90.0, 0)).collect::<Vec<_>>(),
                    ),
                ],
            };
            twin.encodings = vec![
                Encoding { channel: Channel::X, column: "Country".into() },
                Encoding { channel: Channel::Y, column: "Output".into() },
            ];
            let mut other = twin.clone();
            other.kind = Kind::Lollipop;
            other.title = "Twin".into();
            other.table.columns[1] = Column::numbers(
                "Demand",
                unit("kg", 0, true),
                (0..6).map(|_| number(rng, 5.0, 90.0, 0)).collect::<Vec<_>>(),
            );
            other.encodings[1].column = "Demand".into();
            charts[0] = twin;
            charts[1] = other;
        }
        charts
    } else {
        vec![chart(Kind::ALL[rng.below(Kind::ALL.len())], rng)]
    };
    let columns = if several { 2 } else { 1 };
    Figure {
        size: [800, 600],
        grid: [charts.len().div_ceil(columns), columns],
        title: several.then(|| "Energy around the world".into()),
        charts,
        look: LookSpec { name: "plain".into(), seed: 1, diversify: None },
        scenario: Scenario { theme: "Engineering".into(), story: "Energy.".into(), source: None },
    }
}
