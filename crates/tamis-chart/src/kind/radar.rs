//! Radars: a spoke for each category, a closed line for each series.

use tamis_draw::kurbo::{BezPath, Circle, Point, Shape as _};
use tamis_draw::scene::{Node, Outline, Stroke};

use super::parts::{numbers, point_spots, written};
use super::polar::{self, Rim, Rings};
use crate::cell::{Cell, Layer, marker};
use crate::layout::DrawError;
use crate::look::Marker;
use crate::spec::Channel;

/// A closed line for each series.
pub(super) fn radar(cell: &mut Cell) -> Result<(), DrawError> {
    let (x, series) = (cell.column(Channel::X)?, cell.columns(Channel::Y));
    cell.legend_of_series(Cell::line_sample);
    let room = cell.plain()?;
    let n = x.len();
    let slot = 360.0 / n as f64;
    let names: Vec<(f64, String)> = (0..n).map(|row| (slot * row as f64, x.written(row))).collect();
    let rim = Rim::new(cell, room, &names);
    let highest = series.iter().flat_map(|c| numbers(c)).flatten().fold(0.0, f64::max);
    let rings = Rings::new(cell, rim.center, rim.radius, highest);
    let round = n > 24 || cell.rng.unit() < 0.35;
    grid(cell, &rings, n, slot, round);
    let filled = cell.rng.unit() < 0.75;
    let marked = cell.rng.unit() < 0.7;
    for (s, column) in series.iter().enumerate() {
        let points: Vec<Point> =
            (0..n).map(|row| rings.point(slot * row as f64, column.number(row).unwrap_or(0.0))).collect();
        let color = cell.color(s);
        let outline = Outline::polygon(&points);
        if filled && outline.path().area().abs() > 1.0 {
            let share = if series.len() > 3 { 0.1 } else { 0.22 };
            let node = Node::fill(cell.id(format_args!("area/{s}")), "area", outline.clone(), color.with_alpha(share));
            cell.push(Layer::Marks, node);
        }
        let stroke = Stroke { join: tamis_draw::scene::Join::Round, ..cell.line_stroke(s) };
        cell.push(Layer::Marks, Node::stroke(cell.id(format_args!("mark/{s}")), "line", outline, stroke.clone()));
        cell.ink_line(&points);
        let diameter = if marked { cell.style.lines.marker_size.clamp(4.0, 9.0) } else { stroke.width.max(1.0) };
        let form = cell.line_marker(s).filter(|_| marked).unwrap_or(Marker::Circle);
        for (row, point) in points.iter().enumerate() {
            cell.mark(s, row, "point", marker(form, *point, diameter), Some(color.into()), None);
        }
    }
    rim.draw(cell, &names);
    let diameter = cell.style.lines.marker_size.clamp(4.0, 9.0);
    for (s, column) in series.iter().enumerate() {
        for row in 0..n {
            let Some(value) = column.number(row) else { continue };
            let text = written(cell, column, value);
            let spots = point_spots(cell, rings.point(slot * row as f64, value), diameter / 2.0);
            cell.label(s, row, &text, &spots);
        }
    }
    rings.labels(cell, if round { slot / 2.0 } else { 0.0 });
    Ok(())
}

fn grid(cell: &mut Cell, rings: &Rings, n: usize, slot: f64, round: bool) {
    let stroke = rings.stroke(cell);
    for (i, value) in rings.values().enumerate().collect::<Vec<_>>() {
        let outline: Outline = if round {
            Circle::new(rings.center, rings.reach(value)).into()
        } else {
            let corners: Vec<Point> = (0..n).map(|k| rings.point(slot * k as f64, value)).collect();
            Outline::polygon(&corners)
        };
        cell.push(Layer::Grid, Node::stroke(cell.id(format_args!("y/grid/{i}")), "gridlines", outline, stroke.clone()));
    }
    let mut spokes = BezPath::new();
    for k in 0..n.min(120) {
        spokes.move_to(rings.center);
        spokes.line_to(polar::at(rings.center, rings.radius, slot * k as f64));
    }
    cell.push(Layer::Grid, Node::stroke(cell.id("x/grid"), "gridlines", spokes, stroke));
}
