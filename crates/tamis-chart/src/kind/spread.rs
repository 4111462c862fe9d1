//! Boxes and violins.

use tamis_draw::Color;
use tamis_draw::kurbo::{BezPath, Circle, Line as Segment, Point, Rect};
use tamis_draw::scene::{Node, Outline, Stroke};
use tamis_draw::text::Anchor;

use super::parts::{domain, label_gap, numbers, whisker};
use crate::cell::{Cell, Spot};
use crate::frame::{Axes, Domain, Frame};
use crate::layout::DrawError;
use crate::spec::{Channel, Kind};
use crate::stats::{BoxSummary, Kde};
use crate::table::Column;

/// Boxes, violins, or both.
pub(super) fn groups(cell: &mut Cell) -> Result<(), DrawError> {
    let series = cell.columns(Channel::Y);
    let names = Domain::Categories(series.iter().map(|c| c.name.clone()).collect());
    let frame = cell.axes(Axes::new(cell.chart, names, domain(series.iter().copied())))?;
    let kind = cell.chart.kind;
    let one_colour = cell.rng.unit() < 0.35;
    let hollow = kind == Kind::Box && cell.rng.unit() < 0.25;
    let width = if kind == Kind::Box { 0.35 + 0.25 * cell.rng.unit() } else { 0.78 };
    let densest = series.iter().filter_map(|c| kde(c)).map(|k| peak(&k)).fold(0.0, f64::max);
    let by_area = cell.rng.unit() < 0.4;
    for (s, column) in series.iter().enumerate() {
        let Some(summary) = BoxSummary::of(&numbers(column)) else { continue };
        let color = cell.color(if one_colour { 0 } else { s });
        let mut parts = Vec::new();
        if let Some(kde) = kde(column).filter(|_| kind != Kind::Box) {
            let highest = if by_area { densest } else { peak(&kde) };
            parts.push(violin(cell, &frame, s, &kde, color, width / highest));
        }
        match kind {
            Kind::Box => parts.extend(boxed(cell, &frame, s, &summary, &Look::of(cell, color, width, hollow))),
            Kind::Violin => parts.extend(quartiles(cell, &frame, s, column, &summary, color, width, densest, by_area)),
            _ => parts.extend(slim(cell, &frame, s, &summary, color)),
        }
        let bbox = frame.rect([s as f64 - width / 2.0, s as f64 + width / 2.0], [summary.low, summary.high]);
        let role = if kind == Kind::Box { "box" } else { "violin" };
        cell.mark_group(s, 0, role, bbox, parts);
    }
    for (s, column) in series.iter().enumerate() {
        if let Some(summary) = BoxSummary::of(&numbers(column)) {
            label(cell, &frame, s, column, &summary, width);
        }
    }
    Ok(())
}

fn kde(column: &Column) -> Option<Kde> {
    Kde::of(numbers(column).into_iter().flatten())
}

fn peak(kde: &Kde) -> f64 {
    kde.curve(120, 0.0).iter().map(|p| p[1]).fold(f64::MIN_POSITIVE, f64::max)
}

/// How a box is drawn.
struct Look {
    fill: Option<Color>,
    line: Stroke,
    median: Stroke,
    outlier: Color,
    width: f64,
    cap: f64,
    hollow_points: bool,
}

impl Look {
    fn of(cell: &Cell, color: Color, width: f64, hollow: bool) -> Look {
        let k = cell.style.scale;
        let ground = cell.style.ground();
        let ink = cell.style.readable(cell.style.text.tick.color, ground);
        let line = Stroke::new(if hollow { color } else { ink }, (1.3 * k).max(0.9));
        let on_fill = if hollow { cell.style.palette.accent } else { cell.ink_over(ink, color, true) };
        let median = Stroke::new(on_fill, (2.0 * k).max(1.2));
        Look { fill: (!hollow).then_some(color), line, median, outlier: ink, width, cap: 0.5, hollow_points: true }
    }
}

fn boxed(cell: &Cell, frame: &Frame, s: usize, of: &BoxSummary, look: &Look) -> Vec<Node> {
    let at = s as f64;
    let id = |part: &str| cell.part(s, 0, part);
    let half = look.width / 2.0;
    let cap = frame.x.unit() * look.width * look.cap;
    let area = frame.rect([at - half, at + half], [of.q1, of.q3]);
    let mut nodes = Vec::new();
    for (name, from, to) in [("whisker/low", of.q1, of.low), ("whisker/high", of.q3, of.high)] {
        if frame.point(at, from) != frame.point(at, to) {
            nodes.push(Node::stroke(id(name), "whisker", one_sided(frame, at, from, to, cap), look.line.clone()));
        }
    }
    if area.width() > 0.0 && area.height() > 0.0 {
        let fill = look.fill.map(|c| cell.paint_of(c, s, None));
        nodes.push(Node::shape(id("box"), "box body", area, fill, Some(look.line.clone())));
    }
    let median = Segment::new(frame.point(at - half, of.median), frame.point(at + half, of.median));
    nodes.push(Node::stroke(id("median"), "median line", median, look.median.clone()));
    let radius = (cell.style.points.size * 0.36).clamp(1.8, 4.5);
    for (i, (_, value)) in of.outliers.iter().enumerate() {
        let disc = Circle::new(frame.point(at, *value), radius);
        let id = id(&format!("outlier/{i}"));
        nodes.push(if look.hollow_points {
            Node::stroke(id, "outlier", disc, Stroke::new(look.outlier, look.line.width))
        } else {
            Node::fill(id, "outlier", disc, look.outlier)
        });
    }
    nodes
}

/// A whisker with a cap at its far end only.
fn one_sided(frame: &Frame, at: f64, from: f64, to: f64, cap: f64) -> BezPath {
    let (a, b) = (frame.point(at, from), frame.point(at, to));
    let half = if frame.horizontal { (0.0, cap / 2.0) } else { (cap / 2.0, 0.0) };
    let mut path = BezPath::new();
    path.move_to(a);
    path.line_to(b);
    path.move_to(b - half);
    path.line_to(b + half);
    path
}

/// The density, mirrored, from the lowest to the highest sample.
fn violin(cell: &Cell, frame: &Frame, s: usize, kde: &Kde, color: Color, scale: f64) -> Node {
    let at = s as f64;
    let curve = kde.curve(120, 0.0);
    let side = |sign: f64| curve.iter().map(move |[v, d]| (at + sign * d * scale / 2.0, *v));
    let mut points: Vec<Point> = side(1.0).map(|(x, v)| frame.point(x, v)).collect();
    points.extend(side(-1.0).rev().map(|(x, v)| frame.point(x, v)));
    let edge = Stroke::new(color.mix(cell.style.text.tick.color, 0.45), (1.1 * cell.style.scale).max(0.8));
    let fill = color.with_alpha(0.82 * cell.style.bars.opacity);
    Node::shape(cell.part(s, 0, "violin"), "violin body", Outline::polygon(&points), Some(fill.into()), Some(edge))
}

/// Lines across a violin at its quartiles, as long as it is broad there.
#[allow(clippy::too_many_arguments)]
fn quartiles(
    cell: &Cell,
    frame: &Frame,
    s: usize,
    column: &Column,
    of: &BoxSummary,
    color: Color,
    width: f64,
    densest: f64,
    by_area: bool,
) -> Vec<Node> {
    let Some(kde) = kde(column) else { return Vec::new() };
    let scale = width / if by_area { densest } else { peak(&kde) };
    let ink = cell.ink_over(cell.style.text.tick.color, color.with_alpha(0.82).over(cell.style.ground()), true);
    let k = cell.style.scale;
    [("q1", of.q1, false), ("median", of.median, true), ("q3", of.q3, false)]
        .into_iter()
        .map(|(name, value, bold)| {
            let half = kde.at(value) * scale / 2.0;
            let line = Segment::new(frame.point(s as f64 - half, value), frame.point(s as f64 + half, value));
            let stroke = if bold {
                Stroke::new(ink, (1.8 * k).max(1.2))
            } else {
                Stroke::new(ink, (1.1 * k).max(0.8)).dashed(&[4.0 * k, 3.0 * k])
            };
            Node::stroke(cell.part(s, 0, name), if bold { "median line" } else { "quartile line" }, line, stroke)
        })
        .collect()
}

/// A slim box in a violin: whiskers, a dark bar from quartile to quartile, a light disc at the median.
fn slim(cell: &Cell, frame: &Frame, s: usize, of: &BoxSummary, color: Color) -> Vec<Node> {
    let at = s as f64;
    let k = cell.style.scale;
    let dark = cell.ink_over(cell.style.text.tick.color, color.with_alpha(0.82).over(cell.style.ground()), true);
    let light = if dark.luminance() > 0.5 { Color::rgb(0x1a1a1a) } else { Color::WHITE };
    let half = (0.055f64).min(6.0 * k / frame.x.unit());
    let area = frame.rect([at - half, at + half], [of.q1, of.q3]);
    let line = Stroke::new(dark, (1.2 * k).max(0.9));
    let mut nodes =
        vec![Node::stroke(cell.part(s, 0, "whisker"), "whisker", whisker(frame, at, [of.low, of.high], 0.0), line)];
    if area.width() > 0.0 && area.height() > 0.0 {
        nodes.push(Node::fill(cell.part(s, 0, "box"), "box body", area, dark));
    }
    let disc = Circle::new(frame.point(at, of.median), (2.6 * k).max(1.8).min(frame.x.unit() * 0.12).max(1.0));
    nodes.push(Node::fill(cell.part(s, 0, "median"), "median mark", disc, light));
    nodes
}

/// The median, beside the box.
fn label(cell: &mut Cell, frame: &Frame, s: usize, column: &Column, of: &BoxSummary, width: f64) {
    if !cell.chart.value_labels {
        return;
    }
    // Between two data a median has one decimal more.
    let decimals = usize::from(column.unit.decimals);
    let whole = (of.median * 10f64.powi(decimals as i32)).fract().abs() < 1e-6;
    let text = cell.style.numbers.write(of.median, decimals + usize::from(!whole));
    let half = width / 2.0;
    let gap = label_gap(cell);
    let end = frame.point(s as f64 + half, of.median);
    let (spot, room) = if frame.horizontal {
        (Spot::new((end.x, end.y + gap + cell.style.text.label.size * 0.4), Anchor::CENTER), frame.plot)
    } else {
        (Spot::new((end.x + gap, end.y), Anchor::LEFT), frame.plot)
    };
    let word =
        [cell.word(cell.id(format_args!("label/{s}.0")), "value label", &text, &cell.style.text.label, f64::MAX)];
    let next = frame.rect([s as f64 + half, s as f64 + 1.0 - half], [frame.y.min, frame.y.max]);
    let room =
        if s + 1 < cell.chart.columns(Channel::Y).count() { next } else { Rect { x0: next.x0, y0: next.y0, ..room } };
    let fits = super::polar::box_of(&word, spot.at, spot.anchor);
    if room.inflate(2.0, 2.0).contains_rect(fits) && cell.words(&word, &[spot]) {
        cell.value_written(s, 0);
    }
}
