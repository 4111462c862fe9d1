//! The data of a chart as a sheet.

use tamis_chart::spec::{Channel, Chart, Kind};
use tamis_chart::table::{Cells, Column, Time};

use super::View;
use super::values::{self, Source};
use crate::number::Exact;
use crate::wording::{lower_first, measure, plural, without_brackets};
use crate::world::sheet::{Cell, Series, Sheet};

/// Longest name of a row or a series that a question says, in characters.
const LONGEST_NAME: usize = 60;

/// The data as a reader sees them; empty where nothing can be read off.
pub(super) fn sheet(chart: &Chart, k: usize, view: &View) -> Sheet {
    let sheet = match chart.kind {
        Kind::Density | Kind::Histogram | Kind::HistogramDensity | Kind::Violin => Sheet::default(),
        Kind::Quiver | Kind::Surface3d | Kind::Contour => Sheet::default(),
        Kind::Box | Kind::BoxViolin => medians(chart, k, view),
        Kind::Scatter | Kind::Bubble | Kind::ScatterHistogram | Kind::ScatterDensity | Kind::HexHistogram => {
            cloud(chart, k)
        }
        Kind::Node | Kind::Sankey => flows(chart, k, view),
        Kind::Gantt => tasks(chart, k),
        Kind::Candlestick | Kind::CandlestickVolume => {
            prices(by_rows(chart, k, view, &[Channel::Open, Channel::High, Channel::Low, Channel::Close]))
        }
        Kind::Treemap | Kind::Sunburst => leaves(chart, k, view),
        Kind::TileMap => by_rows(chart, k, view, &[Channel::Value]),
        Kind::BarLine => by_rows(chart, k, view, &[Channel::Y, Channel::Y2]),
        _ => by_rows(chart, k, view, &[Channel::Y]),
    };
    if hides_rows(chart, k, view) {
        return Sheet::default();
    }
    if sheet.rows.iter().chain(sheet.series.iter().map(|s| &s.name)).any(|n| n.chars().count() > LONGEST_NAME) {
        return Sheet::default();
    }
    sheet
}

/// Whether names of categories were left out at the axis, so that a reader cannot tell which mark is whose.
fn hides_rows(chart: &Chart, k: usize, view: &View) -> bool {
    let Some(elements) = &view.elements else { return false };
    let x = chart.column(Channel::X).and_then(|name| chart.table.column(name));
    let Some(Column { cells: Cells::Text(names), .. }) = x else { return false };
    let prefix = format!("chart.{k}/x/tick/");
    let ticks = elements.range(prefix.clone()..).take_while(|id| id.starts_with(&prefix));
    // Words of a tick may be elements of their own.
    let drawn = ticks.filter(|id| !id[prefix.len()..].contains('/')).count();
    drawn > 0 && drawn < names.len()
}

/// Rows named by the X column, series by the columns drawn as these channels.
fn by_rows(chart: &Chart, k: usize, view: &View, channels: &[Channel]) -> Sheet {
    let Some(x) = chart.column(Channel::X).and_then(|name| chart.table.column(name)) else { return Sheet::default() };
    // Pies with a breakdown have rows without a name: the parts.
    let rows: Vec<usize> = (0..x.len()).filter(|r| !x.written(*r).is_empty()).collect();
    let mut series = Vec::new();
    for channel in channels {
        for name in chart.columns(*channel) {
            let Some(column) = chart.table.column(name) else { continue };
            let source = Source { chart, k, channel: *channel, rank: series.len(), column };
            series.push(values::series(&source, view, &rows));
        }
    }
    let units: Vec<_> = series.iter().map(|s| &s.unit).collect();
    let same_unit = units.windows(2).all(|u| u[0].symbol == u[1].symbol);
    if !same_unit || chart.kind == Kind::BarLine || chart.kind == Kind::Parallel {
        // Series of different things are called by their own names.
        for s in &mut series {
            s.measure = Some(measure(&s.name, &s.unit.symbol));
        }
    }
    Sheet {
        rows: rows.iter().map(|r| x.written(*r)).collect(),
        ordered: is_ordered(chart, x),
        times: matches!(x.cells, Cells::Time(_)),
        whole: is_whole(chart.kind),
        stacks: same_unit && series.iter().all(|s| s.unit.additive) && series.len() > 1,
        row_noun: row_noun(x),
        series_noun: ["series".to_owned(), "series".to_owned()],
        measure: measured(chart, &series),
        series,
    }
}

fn is_whole(kind: Kind) -> bool {
    matches!(kind, Kind::Pie | Kind::Donut | Kind::Waffle | Kind::Treemap | Kind::Sunburst | Kind::PieBar)
}

fn is_ordered(chart: &Chart, x: &Column) -> bool {
    let line = matches!(chart.kind, Kind::Line | Kind::Area | Kind::Step | Kind::StackedArea);
    match x.cells {
        Cells::Time(_) => true,
        Cells::Number(_) => line,
        // The order of names is the drawer's, not the data's.
        Cells::Text(_) => false,
    }
}

/// What a row is, singular and plural.
fn row_noun(x: &Column) -> [String; 2] {
    let noun = match &x.cells {
        Cells::Time(times) => match times.iter().flatten().next() {
            Some(Time::Year(_)) => "year".to_owned(),
            Some(Time::Quarter(..)) => "quarter".to_owned(),
            Some(Time::Month(..)) => "month".to_owned(),
            _ => "date".to_owned(),
        },
        _ => noun_of(&x.name),
    };
    let plural = plural(&noun);
    [noun, plural]
}

/// A column's name as a noun: "Country" is "country"; what is long or odd is "category".
fn noun_of(name: &str) -> String {
    let name = without_brackets(name);
    let plain = name.chars().all(|c| c.is_ascii_alphabetic() || c == ' ') && name.split(' ').count() <= 2;
    let noun = lower_first(&name);
    if plain && noun.len() > 2 && noun.len() <= 20 && noun.ends_with(|c: char| c.is_ascii_lowercase() && c != 's') {
        noun
    } else {
        "category".to_owned()
    }
}

/// What the values are: the value axis' title, else the only series' name. The y axis of a heatmap is its columns.
fn measured(chart: &Chart, series: &[Series]) -> String {
    let unit = series.first().map(|s| s.unit.symbol.as_str()).unwrap_or_default();
    let title = if chart.kind == Kind::Heatmap { "" } else { chart.y.title.trim() };
    let named = match (title.is_empty(), series) {
        (false, _) => measure(title, unit),
        (true, [one]) => measure(&one.name, unit),
        _ => return String::new(),
    };
    if named.chars().count() > LONGEST_NAME { String::new() } else { named }
}

fn prices(sheet: Sheet) -> Sheet {
    let names = ["opening price", "highest price", "lowest price", "closing price"];
    let series = sheet.series.into_iter().zip(names);
    Sheet { series: series.map(|(s, name)| Series { measure: Some(name.to_owned()), ..s }).collect(), ..sheet }
}

/// Flows and edges: one row each.
fn flows(chart: &Chart, k: usize, view: &View) -> Sheet {
    let column = |c| chart.column(c).and_then(|name| chart.table.column(name));
    let (Some(source), Some(target), Some(value)) =
        (column(Channel::Source), column(Channel::Target), column(Channel::Value))
    else {
        return Sheet::default();
    };
    let rows: Vec<usize> = (0..source.len()).collect();
    let from = Source { chart, k, channel: Channel::Value, rank: 0, column: value };
    let series = values::series(&from, view, &rows);
    Sheet {
        rows: rows.iter().map(|r| format!("{} to {}", source.written(*r), target.written(*r))).collect(),
        row_noun: ["flow".to_owned(), "flows".to_owned()],
        series_noun: ["series".to_owned(), "series".to_owned()],
        measure: measure(&series.name, &series.unit.symbol),
        series: vec![series],
        ..Sheet::default()
    }
}

/// The leaves of a tree.
fn leaves(chart: &Chart, k: usize, view: &View) -> Sheet {
    let column = |c| chart.column(c).and_then(|name| chart.table.column(name));
    let (Some(x), Some(parent), Some(value)) = (column(Channel::X), column(Channel::Parent), column(Channel::Value))
    else {
        return Sheet::default();
    };
    let is_parent = |name: &str| (0..parent.len()).any(|r| parent.written(r) == name);
    let rows: Vec<usize> = (0..x.len()).filter(|r| !is_parent(&x.written(*r))).collect();
    let from = Source { chart, k, channel: Channel::Value, rank: 0, column: value };
    let series = values::series(&from, view, &rows);
    Sheet {
        rows: rows.iter().map(|r| x.written(*r)).collect(),
        whole: true,
        row_noun: ["item".to_owned(), "items".to_owned()],
        series_noun: ["series".to_owned(), "series".to_owned()],
        measure: measure(&series.name, &series.unit.symbol),
        series: vec![series],
        ..Sheet::default()
    }
}

/// Medians of groups of samples, which boxes show.
fn medians(chart: &Chart, k: usize, view: &View) -> Sheet {
    let mut rows = Vec::new();
    let mut cells = Vec::new();
    let mut unit = Default::default();
    for (rank, name) in chart.columns(Channel::Y).enumerate() {
        let Some(column) = chart.table.column(name) else { continue };
        let source = Source { chart, k, channel: Channel::Y, rank, column };
        let Some(value) = median(column) else { return Sheet::default() };
        let error = values::reading(&source, view).error(value.float());
        cells.push(Some(Cell { value, error, shown: None, element: format!("chart.{k}/mark/{rank}.0") }));
        rows.push(name.to_owned());
        unit = column.unit.clone();
    }
    // A median lies between two data: it may have one decimal more.
    unit.decimals += 1;
    unit.additive = false;
    let measure = match chart.y.title.trim() {
        "" => "median".to_owned(),
        title => format!("median {}", measure(title, &unit.symbol)),
    };
    let series = Series { name: "Median".to_owned(), measure: None, unit, numeric: true, cells };
    Sheet {
        rows,
        series: vec![series],
        row_noun: ["group".to_owned(), "groups".to_owned()],
        series_noun: ["series".to_owned(), "series".to_owned()],
        measure,
        ..Sheet::default()
    }
}

fn median(column: &Column) -> Option<Exact> {
    let decimals = column.unit.decimals;
    let numbers = (0..column.len()).filter_map(|r| column.number(r)).map(|n| Exact::of_data(n, decimals));
    let mut numbers = numbers.collect::<Option<Vec<_>>>()?;
    numbers.sort_by(|a, b| a.order(*b));
    let (low, high) = (numbers.get(numbers.len().checked_sub(1)? / 2)?, numbers.get(numbers.len() / 2)?);
    low.plus(*high)?.over(Exact::whole(2))
}

/// The two coordinates of points: only their relation is asked.
fn cloud(chart: &Chart, k: usize) -> Sheet {
    let column = |c| chart.column(c).and_then(|name| chart.table.column(name));
    let (Some(x), Some(y)) = (column(Channel::X), column(Channel::Y)) else { return Sheet::default() };
    let n = x.len().min(y.len());
    let series = |c: &Column, title: &str| Series {
        name: c.name.clone(),
        measure: Some(measure(if title.trim().is_empty() { &c.name } else { title }, &c.unit.symbol)),
        unit: c.unit.clone(),
        numeric: false,
        cells: (0..n).map(|r| cell(c, r, k)).collect(),
    };
    Sheet {
        rows: (1..=n).map(|r| r.to_string()).collect(),
        series: vec![series(x, &chart.x.title), series(y, &chart.y.title)],
        row_noun: ["point".to_owned(), "points".to_owned()],
        series_noun: ["series".to_owned(), "series".to_owned()],
        ..Sheet::default()
    }
}

fn cell(column: &Column, row: usize, k: usize) -> Option<Cell> {
    let value = Exact::of_data(column.number(row)?, column.unit.decimals)?;
    Some(Cell { value, error: 0.0, shown: None, element: format!("chart.{k}/mark/0.{row}") })
}

/// Tasks: when they start and end, and how long they take, in days or in the coarser period they are given in.
fn tasks(chart: &Chart, k: usize) -> Sheet {
    let column = |c| chart.column(c).and_then(|name| chart.table.column(name));
    let (Some(x), Some(start), Some(end)) = (column(Channel::X), column(Channel::Start), column(Channel::End)) else {
        return Sheet::default();
    };
    let (Cells::Time(starts), Cells::Time(ends)) = (&start.cells, &end.cells) else { return Sheet::default() };
    let ordinals = |t: &[Option<Time>]| t.iter().map(|t| t.and_then(values::ordinal)).collect::<Vec<_>>();
    let (from, to) = (ordinals(starts), ordinals(ends));
    let all: Vec<i64> = from.iter().chain(&to).flatten().copied().collect();
    let span = all.iter().max().zip(all.iter().min()).map_or(0, |(a, b)| a - b);
    let error = span as f64 * crate::world::VISIBLE;
    let cell = |r: usize, n: Option<i64>, shown: Option<String>| {
        n.map(|n| Cell { value: Exact::whole(n), error, shown, element: format!("chart.{k}/mark/0.{r}") })
    };
    let dates = |name: &str, n: &[Option<i64>], column: &Column| Series {
        name: name.to_owned(),
        measure: Some(name.to_owned()),
        cells: (0..x.len()).map(|r| cell(r, n.get(r).copied().flatten(), Some(column.written(r)))).collect(),
        ..Series::default()
    };
    let length = |r: usize| Some(to.get(r).copied().flatten()? - from.get(r).copied().flatten()?);
    let mut duration = dates("duration", &[], start);
    duration.cells = (0..x.len()).map(|r| cell(r, length(r), None).map(|c| Cell { error: 2.0 * error, ..c })).collect();
    duration.unit.symbol = values::period(starts).to_owned();
    Sheet {
        rows: (0..x.len()).map(|r| x.written(r)).collect(),
        series: vec![dates("start", &from, start), dates("end", &to, end), duration],
        row_noun: ["task".to_owned(), "tasks".to_owned()],
        series_noun: ["series".to_owned(), "series".to_owned()],
        ..Sheet::default()
    }
}
