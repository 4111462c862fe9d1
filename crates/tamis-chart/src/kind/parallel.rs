//! Parallel coordinates: an upright axis for each column, a line for each row.

use tamis_draw::Color;
use tamis_draw::kurbo::{BezPath, Line as Segment, Point, Rect};
use tamis_draw::scene::{Node, Outline, Stroke};
use tamis_draw::text::{Anchor, Height};

use super::parts::{domain, numbers, written};
use crate::cell::words::Words;
use crate::cell::{Cell, Entry, Layer, Sample, Spot, marker};
use crate::frame::Domain;
use crate::frame::ticks::{self, Range, Ticks};
use crate::layout::DrawError;
use crate::look::Marker;
use crate::spec::Channel;

/// Rows that have colours and names of their own.
const NAMED: usize = 14;

/// Lines through upright axes.
pub(super) fn parallel(cell: &mut Cell) -> Result<(), DrawError> {
    let (x, series) = (cell.column(Channel::X)?, cell.columns(Channel::Y));
    let rows = x.len();
    let named = rows <= NAMED;
    if named {
        let sample = |row| Sample::Line(Stroke { dashes: Vec::new(), ..cell.line_stroke(row) }, None);
        let entries = (0..rows).map(|row| Entry { series: row, name: x.written(row), sample: sample(row) }).collect();
        cell.legend(entries);
    }
    let room = cell.plain()?;
    let style = cell.style.text.tick.clone();
    let (size, axis) = (style.size, cell.style.text.axis.clone());
    let n = series.len();
    let slot = room.width() / (n as f64 - 0.2);
    let small = axis.sized((axis.size * 0.92).max(7.0));
    let heads: Vec<Words> = (0..n)
        .map(|s| cell.wrap(cell.id(format_args!("y/{s}/title")), "axis title", &series[s].name, &small, slot * 0.94, 3))
        .collect();
    let head =
        heads.iter().map(|w| crate::cell::words::measure(std::slice::from_ref(w)).1).fold(0.0, f64::max) + size * 1.4;
    let below = cell.rng.unit() < 0.4;
    let plot = Rect::new(
        room.x0 + slot * 0.4,
        room.y0 + if below { size } else { head },
        room.x1 - slot * 0.4,
        room.y1 - if below { head } else { size },
    );
    if plot.height() < size * 4.0 || slot < size * 2.5 {
        return Err(DrawError::TooSmall {
            what: format!("{n} parallel axes"),
            needed: size * 2.5 * n as f64,
            found: room.width(),
        });
    }
    let at = |s: usize| plot.x0 + plot.width() * s as f64 / (n - 1) as f64;
    let scales: Vec<Ticks> = series.iter().map(|c| scale(cell, c, plot.height())).collect();
    let y = |s: usize, v: f64| plot.y1 - (v - scales[s].min) / (scales[s].max - scales[s].min) * plot.height();
    let curved = cell.rng.unit() < 0.25;
    for row in 0..rows {
        let points: Vec<Point> =
            (0..n).filter_map(|s| series[s].number(row).map(|v| Point::new(at(s), y(s, v)))).collect();
        let color =
            if named { cell.color(row) } else { cell.color(0).with_alpha((24.0 / rows as f64).clamp(0.15, 0.6)) };
        let mut stroke = Stroke { dashes: Vec::new(), ..cell.line_stroke(row) };
        stroke.color = color;
        stroke.join = tamis_draw::scene::Join::Round;
        let path = if curved { smooth(&points) } else { Outline::polyline(&points) };
        cell.ink_line(&points);
        cell.push(Layer::Marks, Node::stroke(cell.id(format_args!("line/{row}")), "line", path, stroke.clone()));
        for (s, column) in series.iter().enumerate() {
            let Some(v) = column.number(row) else { continue };
            let diameter = if named { cell.style.lines.marker_size.clamp(4.0, 7.0) } else { stroke.width.max(1.0) };
            cell.mark(
                s,
                row,
                "point",
                marker(Marker::Circle, Point::new(at(s), y(s, v)), diameter),
                Some(color.into()),
                None,
            );
        }
    }
    for s in 0..n {
        upright(cell, s, at(s), plot, &scales[s], |v| y(s, v), s + 1 == n);
        let (anchor, y) =
            if below { (Height::Top, plot.y1 + size * 0.7) } else { (Height::Bottom, plot.y0 - size * 0.7) };
        cell.words(std::slice::from_ref(&heads[s]), &[Spot::new((at(s), y), Anchor { x: 0.5, y: anchor })]);
    }
    labels(cell, &series, |s, v| Point::new(at(s), y(s, v)));
    Ok(())
}

fn scale(cell: &Cell, column: &crate::table::Column, height: f64) -> Ticks {
    let (low, high) = match domain([column]) {
        Domain::Numbers { low, high, .. } => (low, high),
        _ => (0.0, 1.0),
    };
    let range = Range {
        data: [low, high],
        fixed: [None; 2],
        zero: low >= 0.0 && low < 0.4 * high,
        slack: 0.04,
        ends_at_ticks: true,
    };
    ticks::linear(range, (height / (cell.style.ticks.every * 1.2)).clamp(2.0, 6.0))
}

fn smooth(points: &[Point]) -> Outline {
    let mut path = BezPath::new();
    for (i, p) in points.iter().enumerate() {
        match i.checked_sub(1).map(|b| points[b]) {
            None => path.move_to(*p),
            Some(before) => {
                let bend = (p.x - before.x) * 0.45;
                path.curve_to((before.x + bend, before.y), (p.x - bend, p.y), (p.x, p.y));
            }
        }
    }
    path.into()
}

/// An axis line with its tick labels at the left, over the lines of data.
fn upright(cell: &mut Cell, s: usize, x: f64, plot: Rect, ticks: &Ticks, y: impl Fn(f64) -> f64, last: bool) {
    let color = cell.style.text.tick.color.mix(cell.style.background, 0.25);
    let stroke = Stroke::new(color, cell.style.spines.stroke.width.clamp(0.8, 1.6));
    let line = Segment::new((x, plot.y0), (x, plot.y1));
    cell.push(Layer::Grid, Node::stroke(cell.id(format_args!("y/{s}")), "axis line", line, stroke.clone()));
    let length = 3.5 * cell.style.scale.max(0.6);
    let side = if last { 1.0 } else { -1.0 };
    let mut marks = BezPath::new();
    let written = cell.style.numbers.axis(&ticks.values, ticks.step);
    let style = cell.style.text.tick.sized((cell.style.text.tick.size * 0.86).max(7.0));
    let ground: Color = cell.style.background;
    for (i, (value, text)) in ticks.values.iter().zip(written).enumerate() {
        marks.move_to((x, y(*value)));
        marks.line_to((x + side * length, y(*value)));
        let anchor = if last { Anchor::LEFT } else { Anchor::RIGHT };
        let mut run =
            crate::cell::text::shape(&text, &style).at((x + side * (length + style.size * 0.3), y(*value)), anchor);
        run.color = cell.style.readable(run.color, ground);
        let Some(bbox) = run.ink().map(|b| run.transform().transform_rect_bbox(b)) else { continue };
        if !cell.is_free(bbox) {
            continue;
        }
        let veil = Node::fill(
            cell.id(format_args!("y/{s}/veil/{i}")),
            "veil",
            bbox.inflate(1.5, 1.0),
            ground.with_alpha(0.75),
        );
        cell.push(Layer::Axes, veil);
        cell.text(Layer::Axes, cell.id(format_args!("y/{s}/tick/{i}")), "tick label", run);
    }
    cell.push(Layer::Grid, Node::stroke(cell.id(format_args!("y/{s}/marks")), "tick marks", marks, stroke));
}

/// Values to the right of their points, where no tick label stands.
fn labels(cell: &mut Cell, series: &[&crate::table::Column], at: impl Fn(usize, f64) -> Point) {
    if !cell.chart.value_labels {
        return;
    }
    let style = cell.style.text.label.sized((cell.style.text.label.size * 0.9).max(7.0));
    for (s, column) in series.iter().enumerate() {
        for (row, value) in numbers(column).into_iter().enumerate() {
            let Some(value) = value else { continue };
            let p = at(s, value);
            let word = [cell.word(
                cell.id(format_args!("label/{s}.{row}")),
                "value label",
                &written(cell, column, value),
                &style,
                f64::MAX,
            )];
            let gap = style.size * 0.7;
            let spots = [
                Spot::new((p.x + gap, p.y - gap * 0.8), Anchor::LEFT),
                Spot::new((p.x + gap, p.y + gap * 0.9), Anchor::LEFT),
            ];
            if cell.words(&word, &spots) {
                cell.value_written(s, row);
            }
        }
    }
}
