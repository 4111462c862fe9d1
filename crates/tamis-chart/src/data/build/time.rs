//! Charts along time (or another ordered quantity): lines, areas, steps, candlesticks, Gantt charts.

use tamis_core::rng::Rng;

use super::super::calendar;
use super::super::course;
use super::super::library::{Curve, Form};
use super::super::random::{between, chance, normal, rounded, some_of};
use super::super::story::Story;
use super::super::title;
use super::matrix::{Asked, Heads, Matrix, heads, series_count};
use super::{Sheet, labelled, room};
use crate::spec::{Axis, Channel, Chart, Kind, Scale};
use crate::table::{Cells, Column, Time, Unit};

/// Lines over time, or a curve over another quantity.
pub(super) fn line(story: &Story, rng: &mut Rng) -> Chart {
    if !story.theme.curves.is_empty() && chance(rng, 0.2) {
        let curve = &story.theme.curves[rng.below(story.theme.curves.len())];
        return curves(curve, story, rng);
    }
    let mut chart = series(Kind::Line, story, rng);
    let several = chart.columns(Channel::Y).count() > 1;
    if several && chart.table.rows() > 6 && chance(rng, 0.06) {
        let row = 1 + rng.below(chart.table.rows() - 2);
        let column = 1 + rng.below(chart.table.columns.len() - 1);
        if let Cells::Number(values) = &mut chart.table.columns[column].cells {
            values[row] = None;
        }
    }
    chart
}

/// Series over time.
pub(super) fn series(kind: Kind, story: &Story, rng: &mut Rng) -> Chart {
    let matrix = match kind {
        Kind::StackedArea => stack(story, rng),
        Kind::Area => {
            let measure = story.measure(Asked::Positive, rng);
            let ranks = story.some_entities(1, 3, rng);
            story.over_time(measure, &ranks)
        }
        Kind::Step => {
            let measure = story.measure(Asked::Any, rng);
            let ranks = story.some_entities(1, 3, rng);
            story.over_time(measure, &ranks)
        }
        _ => {
            let parts = if chance(rng, 0.2) { story.parts_over_time(story.focus, room(story, 6, 4)) } else { None };
            parts.unwrap_or_else(|| {
                let count = if chance(rng, 0.22) { 1 } else { series_count(story, rng) };
                let ranks = story.some_entities(count, count, rng);
                story.over_time(story.measure(Asked::Any, rng), &ranks)
            })
        }
    };
    let matrix = matrix.latest(room(story, usize::MAX, 16));
    let marks = matrix.marks();
    let mut chart = matrix.chart(kind, story, rng);
    chart.value_labels = kind == Kind::Line && labelled(marks, 0.15, rng);
    chart
}

fn stack(story: &Story, rng: &mut Rng) -> Matrix {
    let parts = if chance(rng, 0.7) { story.parts_over_time(story.focus, usize::MAX) } else { None };
    parts.unwrap_or_else(|| {
        let ranks = story.some_entities(3, room(story, 6, 4), rng);
        story.over_time(story.measure(Asked::Sum, rng), &ranks)
    })
}

/// A quantity as a function of another.
fn curves(curve: &'static Curve, story: &Story, rng: &mut Rng) -> Chart {
    let count = between(rng, 9, room(story, 26, 16));
    let [low, high] = curve.x.range;
    let spaced = |i: usize| {
        let u = i as f64 / (count - 1) as f64;
        if curve.log { low * (high / low).powf(u) } else { low + (high - low) * u }
    };
    let decimals = if curve.log {
        curve.x.decimals().max((2.0 - low.log10()).clamp(0.0, 8.0) as u8)
    } else {
        curve.x.decimals() + 1
    };
    let mut xs: Vec<f64> = (0..count).map(|i| rounded(spaced(i), decimals)).collect();
    xs.dedup();
    let shown = between(rng, 1, 4);
    let chosen = some_of(rng, curve.series.len(), shown);
    let mut sheet = Sheet::default();
    sheet.add(
        Channel::X,
        Column::numbers(
            &curve.x.name,
            Unit { symbol: curve.x.unit.clone(), decimals, additive: false },
            xs.iter().copied(),
        ),
    );
    let [floor, ceiling] = curve.y.range;
    for series in chosen {
        let (top, place, pace) = (rng.range(0.55, 1.0), rng.range(0.25, 0.65), rng.range(0.7, 1.5));
        let mut drift = 0.0;
        let value = |i: usize| {
            let u = i as f64 / (xs.len() - 1).max(1) as f64;
            drift = 0.4 * drift + 0.013 * normal(rng);
            let height = form(curve.form, u, place, pace) * top + drift;
            course::settled(&curve.y, floor + (ceiling - floor) * height)
        };
        let values: Vec<f64> = (0..xs.len()).map(value).collect();
        sheet.add(
            Channel::Y,
            Column::numbers(&curve.series[series], Unit { additive: false, ..curve.y.table_unit() }, values),
        );
    }
    let mut x = title::axis(story, &curve.x);
    if curve.log {
        x.scale = Scale::Log;
    }
    sheet.chart(Kind::Line, curve.title.clone(), x, title::axis(story, &curve.y))
}

/// The height of a curve, about 0 to 1, at `u` from 0 to 1.
fn form(form: Form, u: f64, place: f64, pace: f64) -> f64 {
    match form {
        Form::Decay => (-3.2 * pace * u).exp(),
        Form::Saturation => u * (1.0 + 0.25 / pace) / (u + 0.25 / pace),
        Form::Sigmoid => 1.0 / (1.0 + (-(u - place) * 11.0 * pace).exp()),
        Form::Growth => ((2.6 * pace * u).exp() - 1.0) / ((2.6 * pace).exp() - 1.0),
        Form::Peak => {
            let off = (u - place) * 6.0 * pace;
            1.0 / (1.0 + off * off)
        }
        Form::Ringing => 0.5 + 0.48 * (-2.4 * pace * u).exp() * (std::f64::consts::TAU * (2.5 * u + place)).cos(),
    }
}

/// Prices of trading days.
pub(super) fn candles(kind: Kind, story: &Story, rng: &mut Rng) -> Chart {
    let Some(traded) = rng.pick(&story.theme.traded) else { return series(Kind::Line, story, rng) };
    let count = between(rng, 15, room(story, 45, 26));
    let days = calendar::trading_days(2019 + rng.below(6) as i32, rng.below(300) as u32, count);
    let [low, high] = traded.price.range;
    let decimals = traded.price.decimals();
    let rise = [0.004, -0.004, 0.0][rng.below(3)];
    let swing = rng.range(0.008, 0.022);
    let mut price = low + (high - low) * rng.range(0.25, 0.75);
    let mut columns: [Vec<f64>; 5] = Default::default();
    let busy = traded.volume.range[0] + (traded.volume.range[1] - traded.volume.range[0]) * rng.range(0.15, 0.5);
    for _ in 0..count {
        let open = price * (1.0 + 0.25 * swing * normal(rng));
        let close = (open * (1.0 + rise + swing * normal(rng))).clamp(low * 0.6, high * 1.4);
        let reach = |rng: &mut Rng| 0.6 * swing * normal(rng).abs() * open;
        let (top, bottom) = (open.max(close) + reach(rng), (open.min(close) - reach(rng)).max(low * 0.4));
        let moved = (close / open - 1.0).abs() / swing;
        let volume = busy * (0.6 + 0.35 * moved + 0.5 * rng.unit());
        for (column, value) in columns.iter_mut().zip([open, top, bottom, close]) {
            column.push(rounded(value, decimals));
        }
        columns[4].push(rounded(volume, traded.volume.decimals()));
        price = close;
    }
    let mut sheet = Sheet::default();
    sheet.add(Channel::X, heads(&story.phrases.day, Heads::Times(days)));
    let unit = Unit { additive: false, ..traded.price.table_unit() };
    let channels = [(Channel::Open, "Open"), (Channel::High, "High"), (Channel::Low, "Low"), (Channel::Close, "Close")];
    let [open, top, bottom, close, volume] = columns;
    for ((channel, name), values) in channels.into_iter().zip([open, top, bottom, close]) {
        sheet.add(channel, Column::numbers(name, unit.clone(), values));
    }
    let mut y2 = None;
    if kind == Kind::CandlestickVolume {
        sheet.add(Channel::Volume, Column::numbers(&traded.volume.name, traded.volume.table_unit(), volume));
        y2 = Some(title::axis(story, &traded.volume));
    }
    let x = title::plain_axis(&story.phrases.day, rng);
    let mut chart = sheet.chart(kind, traded.title.clone(), x, title::axis(story, &traded.price));
    chart.y2 = y2;
    chart
}

/// Tasks that follow each other with overlaps.
pub(super) fn gantt(story: &Story, rng: &mut Rng) -> Chart {
    let Some(project) = rng.pick(&story.theme.projects) else { return series(Kind::Line, story, rng) };
    let tasks: Vec<(&str, &str)> =
        project.phases.iter().flat_map(|(p, tasks)| tasks.iter().map(move |t| (p.as_str(), t.as_str()))).collect();
    let most = room(story, 14, 7);
    // Dropping tasks at random keeps phases in their order.
    let keep = some_of(rng, tasks.len(), most.min(tasks.len()));
    let year = 2018 + rng.below(8) as i32;
    let mut start = rng.below(200) as u32;
    let [shortest, longest] = project.days;
    let (mut starts, mut ends): (Vec<Option<Time>>, Vec<Option<Time>>) = Default::default();
    for _ in &keep {
        let length = between(rng, shortest, longest) as u32;
        starts.push(Some(calendar::day_of_year(year, start)));
        ends.push(Some(calendar::day_of_year(year, start + length)));
        start += (f64::from(length) * rng.range(0.25, 1.05)) as u32 + 1;
    }
    let mut sheet = Sheet::default();
    sheet.add(Channel::X, Column::text("Task", keep.iter().map(|k| tasks[*k].1)));
    for (channel, name, cells) in [(Channel::Start, "Start", starts), (Channel::End, "End", ends)] {
        sheet.add(channel, Column { name: name.into(), unit: Unit::default(), cells: Cells::Time(cells) });
    }
    if chance(rng, 0.75) {
        sheet.add(Channel::Group, Column::text(&project.name, keep.iter().map(|k| tasks[*k].0)));
    }
    let y = title::plain_axis(&story.phrases.day, rng);
    sheet.chart(Kind::Gantt, project.title.clone(), Axis::default(), y)
}
