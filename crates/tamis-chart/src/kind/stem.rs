//! Lollipops, dumbbells and slopes: points joined by straight lines.

use tamis_draw::kurbo::{Circle, Line, Point, Rect};
use tamis_draw::scene::{Node, Stroke};
use tamis_draw::text::Anchor;

use super::parts::{bar_spots, domain, label_gap, numbers, point_spots, written};
use crate::cell::{Cell, Entry, Layer, Sample, Spot, marker};
use crate::frame::{Axes, Domain};
use crate::layout::DrawError;
use crate::look::Marker;
use crate::spec::Channel;
use crate::table::Column;

/// A dot on a stem for every category.
pub(super) fn lollipops(cell: &mut Cell) -> Result<(), DrawError> {
    let (x, y) = (cell.column(Channel::X)?, cell.column(Channel::Y)?);
    let frame = cell.axes(Axes::new(cell.chart, Domain::categories(x), domain([y]).with_zero()))?;
    let size = dot(cell, frame.x.unit());
    let color = cell.color(0);
    let stem = Stroke::new(color.mix(cell.style.ground(), 0.25), (size * 0.18).clamp(1.0, 3.0));
    let values = numbers(y);
    for (row, value) in values.iter().enumerate() {
        let Some(value) = *value else { continue };
        let at = row as f64;
        let (foot, head) = (frame.point(at, frame.y.base()), frame.point(at, value));
        let mut parts = Vec::new();
        if (head - foot).hypot() > 1e-3 {
            parts.push(Node::stroke(cell.part(0, row, "stem"), "stem", Line::new(foot, head), stem.clone()));
        }
        parts.push(Node::fill(cell.part(0, row, "head"), "point", Circle::new(head, size / 2.0), color));
        let reach = size / 2.0;
        cell.mark_group(0, row, "lollipop", Rect::from_points(foot, head).inflate(reach, reach), parts);
    }
    for (row, value) in values.iter().enumerate() {
        let Some(value) = *value else { continue };
        let head = frame.point(row as f64, value);
        let text = written(cell, y, value);
        let area = Rect::from_center_size(head, (size, size));
        let outside = bar_spots(cell, &frame, area, 0, value < frame.y.base()).into_iter().find(|s| s.over.is_none());
        cell.label(0, row, &text, outside.as_slice());
    }
    Ok(())
}

/// The diameter of a dot on a category whose slot is this wide.
fn dot(cell: &Cell, slot: f64) -> f64 {
    (cell.style.points.size.max(cell.style.lines.marker_size) * 1.45).min(slot * 0.8).max(2.0)
}

/// Two dots for every category, joined by a bar.
pub(super) fn dumbbells(cell: &mut Cell) -> Result<(), DrawError> {
    let (x, series) = (cell.column(Channel::X)?, cell.columns(Channel::Y));
    cell.legend_of_series(|cell, s| Sample::Point(Marker::Circle, cell.color(s)));
    let frame = cell.axes(Axes::new(cell.chart, Domain::categories(x), domain(series.iter().copied())))?;
    let size = dot(cell, frame.x.unit());
    let join = Stroke::new(cell.style.palette.neutral.mix(cell.style.ground(), 0.45), (size * 0.28).clamp(1.2, 5.0));
    for row in 0..x.len() {
        let ends: Vec<Point> = series.iter().filter_map(|c| Some(frame.point(row as f64, c.number(row)?))).collect();
        if let [a, b] = ends[..]
            && a.distance(b) > 1e-3
        {
            let id = cell.id(format_args!("join/{row}"));
            cell.push(Layer::Marks, Node::stroke(id, "connector", Line::new(a, b), join.clone()));
            cell.ink_line(&[a, b]);
        }
    }
    for (s, column) in series.iter().enumerate() {
        for (row, value) in numbers(column).into_iter().enumerate() {
            let Some(value) = value else { continue };
            let at = frame.point(row as f64, value);
            let (fill, edge) = (cell.color(s).into(), cell.style.lines.marker_edge.clone());
            cell.mark(s, row, "point", marker(Marker::Circle, at, size), Some(fill), edge);
        }
    }
    for (s, column) in series.iter().enumerate() {
        for (row, value) in numbers(column).into_iter().enumerate() {
            let (Some(value), other) = (value, series[1 - s.min(1)].number(row)) else { continue };
            let at = frame.point(row as f64, value);
            let text = written(cell, column, value);
            let low = other.is_none_or(|o| value < o);
            let spot = dumbbell_spot(cell, frame.horizontal, at, size, low);
            cell.label(s, row, &text, &[spot]);
        }
    }
    Ok(())
}

/// A value stands outside the pair.
fn dumbbell_spot(cell: &Cell, horizontal: bool, at: Point, size: f64, low: bool) -> Spot {
    let gap = label_gap(cell) + size / 2.0;
    match (horizontal, low) {
        (true, true) => Spot::new((at.x - gap, at.y), Anchor::RIGHT),
        (true, false) => Spot::new((at.x + gap, at.y), Anchor::LEFT),
        (false, low) => point_spots(cell, at, size / 2.0)[usize::from(low)],
    }
}

/// A line for every row from its first to its second value.
pub(super) fn slopes(cell: &mut Cell) -> Result<(), DrawError> {
    let (x, series) = (cell.column(Channel::X)?, cell.columns(Channel::Y));
    let names: Vec<String> = series.iter().map(|c| c.name.clone()).collect();
    let entries = (0..x.len())
        .map(|row| Entry { series: row, name: x.written(row), sample: Sample::Line(slope(cell, row), None) })
        .collect();
    cell.lines_have_ends();
    cell.names_at_ends(entries);
    let mut axes = Axes::new(cell.chart, Domain::Categories(names), domain(series.iter().copied()));
    axes.horizontal = false;
    axes.ends = 0.28;
    // Rows are lines here: their common name is no name of the axis.
    axes.x_title.clear();
    let frame = cell.axes(axes)?;
    let size = cell.style.lines.marker_size.max(5.0);
    for row in 0..x.len() {
        let ends: Vec<Option<Point>> =
            series.iter().zip(0..).map(|(c, s)| c.number(row).map(|v| frame.point(f64::from(s), v))).collect();
        if let [Some(a), Some(b)] = ends[..] {
            let id = cell.id(format_args!("mark/line/{row}"));
            let stroke = slope(cell, row);
            cell.push(Layer::Marks, Node::stroke(id, "line", Line::new(a, b), stroke));
            cell.ink_line(&[a, b]);
            cell.line_end(row, b);
        }
        for (s, at) in ends.iter().enumerate() {
            let Some(at) = *at else { continue };
            let color = cell.color(row);
            cell.mark(s, row, "point", marker(Marker::Circle, at, size), Some(color.into()), None);
        }
    }
    slope_labels(cell, &frame, &series, size);
    Ok(())
}

fn slope(cell: &Cell, row: usize) -> Stroke {
    Stroke { dashes: Vec::new(), ..cell.line_stroke(row) }
}

/// First values stand to the left of their points, second ones to the right.
fn slope_labels(cell: &mut Cell, frame: &crate::frame::Frame, series: &[&Column], size: f64) {
    let gap = label_gap(cell) + size / 2.0;
    for (s, column) in series.iter().enumerate() {
        for (row, value) in numbers(column).into_iter().enumerate() {
            let Some(value) = value else { continue };
            let at = frame.point(s as f64, value);
            let spot = if s == 0 {
                Spot::new((at.x - gap, at.y), Anchor::RIGHT)
            } else {
                Spot::new((at.x + gap, at.y), Anchor::LEFT)
            };
            let text = written(cell, column, value);
            cell.label(s, row, &text, &[spot]);
        }
    }
}
