//! Pies, rings, and a pie whose largest slice is broken down beside it.

use tamis_draw::Color;
use tamis_draw::kurbo::{BezPath, Line as Segment, Point, Rect};
use tamis_draw::scene::{Node, Outline, Stroke};
use tamis_draw::text::{Anchor, Height};

use super::parts::numbers;
use super::polar::{self, box_of};
use crate::cell::words::{Words, measure};
use crate::cell::{Cell, Entry, Layer, Sample, Spot};
use crate::layout::DrawError;
use crate::look::LegendPlace;
use crate::spec::{Channel, Kind};
use crate::stats::shares;
use crate::table::Column;

/// One slice, its angles clockwise from the top.
struct Slice {
    row: usize,
    degrees: [f64; 2],
    /// Its own middle: away from the pie's where it is pulled out.
    center: Point,
    color: Color,
    solid: bool,
}

impl Slice {
    fn middle(&self) -> f64 {
        (self.degrees[0] + self.degrees[1]) / 2.0
    }
}

/// What is written at a slice.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Value {
    Number,
    Share,
    Both,
}

/// Pies and rings.
pub(super) fn slices(cell: &mut Cell) -> Result<(), DrawError> {
    let (x, y) = (cell.column(Channel::X)?, cell.column(Channel::Y)?);
    let values: Vec<f64> = numbers(y).into_iter().map(|v| v.unwrap_or(0.0)).collect();
    let value = value_of(cell, y);
    let start = if cell.rng.unit() < 0.72 { 0.0 } else { 90.0 };
    let clockwise = start == 0.0 || cell.rng.unit() < 0.3;
    let named = !names_in_legend(cell, x.len());
    if !named {
        legend(cell, x);
    }
    let room = cell.plain()?;
    let degrees = angles(&values, start, clockwise);
    // Values that have no room inside their slice stand outside with the names.
    let outer: Vec<(f64, Vec<Words>)> = (0..x.len())
        .map(|row| {
            let middle = (degrees[row][0] + degrees[row][1]) / 2.0;
            (middle, outside(cell, x, y, &values, row, value, named))
        })
        .collect();
    let gap = cell.style.text.label.size * 1.5;
    let (center, radius) = polar::circle_within(room, &outer, gap);
    let ring = cell.chart.kind == Kind::Donut;
    let hole = if ring { radius * (0.45 + 0.2 * cell.rng.unit()) } else { 0.0 };
    let pulled = !ring && x.len() <= 8 && cell.rng.unit() < 0.14;
    let largest = largest(&values);
    let slices: Vec<Slice> = (0..values.len())
        .map(|row| {
            let pull = if pulled && Some(row) == largest { radius * 0.06 } else { 0.0 };
            let middle = (degrees[row][0] + degrees[row][1]) / 2.0;
            slice(cell, row, cell.color(row), degrees[row], polar::at(center, pull, middle))
        })
        .collect();
    for slice in &slices {
        draw(cell, 0, slice, [hole, radius]);
    }
    let inside = labels_inside(cell, y, &values, &slices, [hole, radius], value);
    let mut waiting: Vec<(&Slice, Vec<Words>)> = Vec::new();
    for slice in &slices {
        if values[slice.row] <= 0.0 && !named {
            continue;
        }
        let words = outside(cell, x, y, &values, slice.row, value, named);
        let words = words.into_iter().filter(|w| !(w.role == "value label" && inside[slice.row])).collect::<Vec<_>>();
        if !words.is_empty() {
            waiting.push((slice, words));
        }
    }
    let written = around(cell, waiting, radius, room);
    if named {
        let whole = |row: usize| written.iter().any(|(r, whole)| *r == row && *whole);
        cell.view.names = (0..x.len()).all(whole);
    }
    if ring {
        total(cell, y, &values, center, hole, value);
    }
    Ok(())
}

fn largest(values: &[f64]) -> Option<usize> {
    (0..values.len()).reduce(|a, b| if values[b] > values[a] { b } else { a })
}

fn value_of(cell: &mut Cell, y: &Column) -> Value {
    let draw = cell.rng.unit();
    match y.unit.symbol.as_str() {
        "%" => Value::Number,
        _ if draw < 0.45 => Value::Share,
        _ if draw < 0.8 => Value::Number,
        _ => Value::Both,
    }
}

/// Whether slices are named in a legend rather than beside them.
fn names_in_legend(cell: &mut Cell, count: usize) -> bool {
    let draw = cell.rng.unit();
    let many = count > 14;
    cell.chart.legend && (many || (cell.style.legend.place != LegendPlace::Direct && draw < 0.5))
}

fn legend(cell: &mut Cell, x: &Column) {
    let entry = |row: usize| Entry { series: row, name: x.written(row), sample: sample(cell, row) };
    let entries = (0..x.len()).map(entry).collect();
    cell.legend(entries);
}

/// The legend's sample of a row.
pub(super) fn sample(cell: &Cell, row: usize) -> Sample {
    Sample::Area(cell.area_paint(row, None), cell.area_edge())
}

/// From where to where each slice reaches, clockwise from the top.
fn angles(values: &[f64], start: f64, clockwise: bool) -> Vec<[f64; 2]> {
    let mut at = start;
    let step = |share: &f64| {
        let sweep = share * 3.6 * if clockwise { 1.0 } else { -1.0 };
        at += sweep;
        if clockwise { [at - sweep, at] } else { [at, at - sweep] }
    };
    shares(values).iter().map(step).collect()
}

fn slice(cell: &Cell, row: usize, color: Color, degrees: [f64; 2], center: Point) -> Slice {
    let bars = &cell.style.bars;
    let hatched = bars.hatches.get(row % bars.hatches.len().max(1)).copied().flatten().is_some();
    Slice { row, degrees, center, color, solid: !hatched }
}

fn draw(cell: &mut Cell, series: usize, slice: &Slice, radii: [f64; 2]) {
    let sweep = slice.degrees[1] - slice.degrees[0];
    if sweep * radii[1].to_radians() < 0.02 {
        return cell.anchor(series, slice.row, polar::at(slice.center, radii[1], slice.middle()));
    }
    let outline = polar::sector(slice.center, radii, slice.degrees);
    let fill = cell.paint_of(slice.color, slice.row, None);
    // A seam would eat up thin slices.
    let edge = separator(cell).filter(|_| sweep < 359.9 && sweep.to_radians() * radii[1] > 3.0);
    cell.mark(series, slice.row, "slice", outline, Some(fill), edge);
}

/// The line between neighbouring areas.
pub(super) fn separator(cell: &Cell) -> Option<Stroke> {
    let own = cell.style.separator.clone().or_else(|| cell.style.bars.edge.clone());
    let mut stroke = own?;
    stroke.join = tamis_draw::scene::Join::Round;
    Some(stroke)
}

/// A colour as it is seen at the opacity of the style's areas, without pattern: words and other areas lie on it.
pub(super) fn solid(cell: &Cell, color: Color) -> Color {
    color.with_alpha(f64::from(color.a) / 255.0 * cell.style.bars.opacity).over(cell.below())
}

/// A share as it is written: one decimal, none for whole numbers.
pub(super) fn share_text(cell: &Cell, share: f64) -> String {
    cell.style.numbers.write(share, 1) + "%"
}

fn value_text(cell: &Cell, y: &Column, values: &[f64], row: usize, value: Value) -> String {
    let number = super::parts::written(cell, y, values[row]);
    let share = || share_text(cell, shares(values)[row]);
    match value {
        Value::Number => number,
        Value::Share => share(),
        Value::Both => format!("{number} ({})", share()),
    }
}

/// Name and value as they stand beside a slice.
fn outside(cell: &Cell, x: &Column, y: &Column, values: &[f64], row: usize, value: Value, named: bool) -> Vec<Words> {
    let width = (cell.room.width() * 0.26).max(cell.style.text.label.size * 4.0);
    let mut parts = Vec::new();
    if named {
        let style = &cell.style.text.tick;
        parts.push(cell.wrap(cell.id(format_args!("name/0.{row}")), "slice label", &x.written(row), style, width, 2));
    }
    if cell.chart.value_labels {
        let text = value_text(cell, y, values, row, value);
        let id = cell.id(format_args!("label/0.{row}"));
        parts.push(cell.word(id, "value label", &text, &cell.style.text.label, width));
    }
    parts
}

/// Writes values within the slices where they fit; says for each row whether it did.
fn labels_inside(
    cell: &mut Cell,
    y: &Column,
    values: &[f64],
    slices: &[Slice],
    radii: [f64; 2],
    value: Value,
) -> Vec<bool> {
    let mut written = vec![false; values.len()];
    if !cell.chart.value_labels {
        return written;
    }
    for slice in slices.iter().filter(|s| s.solid) {
        let text = value_text(cell, y, values, slice.row, value);
        let id = cell.id(format_args!("label/0.{}", slice.row));
        let parts = [cell.word(id, "value label", &text, &cell.style.text.label, radii[1] * 1.4)];
        let fill = cell.paint_of(slice.color, slice.row, None).main_color();
        let sweep = slice.degrees[1] - slice.degrees[0];
        let reach = [0.66, 0.74, 0.56, 0.82]
            .map(|share| if radii[0] > 0.0 { (radii[0] + radii[1]) / 2.0 } else { radii[1] * share });
        let spot = reach.into_iter().find_map(|r| {
            let at = if sweep > 359.9 && radii[0] == 0.0 {
                slice.center
            } else {
                polar::at(slice.center, r, slice.middle())
            };
            holds(slice, radii, box_of(&parts, at, Anchor::CENTER)).then_some(at)
        });
        let Some(at) = spot else { continue };
        let spot = Spot { over: Some(fill), ..Spot::new(at, Anchor::CENTER) };
        if cell.words(&parts, &[spot]) {
            written[slice.row] = true;
            if value != Value::Share {
                cell.value_written(0, slice.row);
            }
        }
    }
    written
}

/// Whether a box lies within a slice.
fn holds(slice: &Slice, [inner, outer]: [f64; 2], bbox: Rect) -> bool {
    let [from, to] = slice.degrees;
    let points = (0..=6).flat_map(|i| {
        let t = f64::from(i) / 6.0;
        let (x, y) = (bbox.x0 + bbox.width() * t, bbox.y0 + bbox.height() * t);
        [Point::new(x, bbox.y0), Point::new(x, bbox.y1), Point::new(bbox.x0, y), Point::new(bbox.x1, y)]
    });
    points.into_iter().all(|p| {
        let d = p - slice.center;
        let angle = d.x.atan2(-d.y).to_degrees();
        let turned = (angle - from).rem_euclid(360.0);
        d.hypot() <= outer - 1.0 && d.hypot() >= inner + 1.0 && (turned <= to - from || to - from > 359.9)
    })
}

/// Writes words beside the slices, moved apart at each side, with a line to the slice where they stand away from it.
/// Gives the rows written and whether their names are whole.
fn around(cell: &mut Cell, words: Vec<(&Slice, Vec<Words>)>, radius: f64, room: Rect) -> Vec<(usize, bool)> {
    let size = cell.style.text.label.size;
    let mut written = Vec::new();
    for right in [true, false] {
        let side = words.iter().filter(|(s, _)| (polar::direction(s.middle()).x >= 0.0) == right);
        let mut side: Vec<(&Slice, &Vec<Words>, f64)> =
            side.map(|(s, w)| (*s, w, measure(w).1 + size * 0.75)).collect();
        // The smallest slices go without words where a side is full.
        while side.iter().map(|s| s.2).sum::<f64>() > room.height() && side.len() > 1 {
            let sweep = |s: &Slice| s.degrees[1] - s.degrees[0];
            let smallest = (0..side.len()).reduce(|a, b| if sweep(side[b].0) < sweep(side[a].0) { b } else { a });
            side.remove(smallest.unwrap_or(0));
        }
        let reach = radius + size * 0.9;
        side.sort_by(|a, b| polar::direction(a.0.middle()).y.total_cmp(&polar::direction(b.0.middle()).y));
        let wanted: Vec<(f64, f64)> =
            side.iter().map(|(s, _, h)| (polar::at(s.center, reach, s.middle()).y, *h)).collect();
        for ((slice, parts, _), y) in side.iter().zip(apart(&wanted, room.y0, room.y1)) {
            if let Some(whole) = beside(cell, slice, parts, y, radius, right) {
                written.push((slice.row, whole));
            }
        }
    }
    written
}

/// Middles of blocks that rise, moved apart by their heights within `top..bottom`.
fn apart(wanted: &[(f64, f64)], top: f64, bottom: f64) -> Vec<f64> {
    let mut places: Vec<f64> = wanted.iter().map(|w| w.0).collect();
    let mut least = top;
    for (place, (_, height)) in places.iter_mut().zip(wanted) {
        *place = place.max(least + height / 2.0);
        least = *place + height / 2.0;
    }
    let mut most = bottom;
    for (place, (_, height)) in places.iter_mut().zip(wanted).rev() {
        *place = place.min(most - height / 2.0);
        most = *place - height / 2.0;
    }
    places
}

fn beside(cell: &mut Cell, slice: &Slice, parts: &[Words], y: f64, radius: f64, right: bool) -> Option<bool> {
    let size = cell.style.text.label.size;
    let side = if right { 1.0 } else { -1.0 };
    let edge = polar::at(slice.center, radius, slice.middle());
    let near = polar::at(slice.center, radius + size * 0.9, slice.middle());
    // A block that was not moved stands at its slice; others on a line just outside the circle.
    let moved = (near.y - y).abs() > size * 0.35;
    // Where the circle is at the height of the block: words stay clear of it.
    let (_, h) = measure(parts);
    let nearest = if (slice.center.y - y).abs() <= h / 2.0 { 0.0 } else { (slice.center.y - y).abs() - h / 2.0 };
    let clear = (radius * radius - nearest * nearest).max(0.0).sqrt() + size * 0.9;
    let x = slice.center.x + side * clear.max((near.x - slice.center.x) * side);
    let x = if moved { x + side * size * 0.6 } else { x };
    let anchor = if right { Anchor::LEFT } else { Anchor::RIGHT };
    let spot = Spot::new((x + side * size * 0.25, y), anchor);
    if !cell.words(parts, &[spot, Spot { at: Point::new(x, y), ..spot }]) {
        return None;
    }
    if parts.iter().any(|w| w.role == "value label") {
        cell.value_written(0, slice.row);
    }
    let inner = polar::at(slice.center, radius * 0.985, slice.middle());
    let mut path = BezPath::new();
    path.move_to(inner);
    if moved || (x - edge.x).abs() > size * 1.4 {
        path.line_to(near);
        path.line_to((x, y));
        let stroke = Stroke::new(leader(cell), (cell.style.spines.stroke.width * 0.8).clamp(0.6, 1.5));
        let id = cell.id(format_args!("leader/0.{}", slice.row));
        cell.push(Layer::Axes, Node::stroke(id, "leader line", path, stroke));
    }
    Some(
        parts.iter().filter(|w| w.role == "slice label").all(|w| w.lines.iter().all(|l| !l.text.ends_with('\u{2026}'))),
    )
}

fn leader(cell: &Cell) -> Color {
    cell.style.text.tick.color.mix(cell.style.background, 0.45)
}

/// The sum in the hole of a ring, where there is room.
fn total(cell: &mut Cell, y: &Column, values: &[f64], center: Point, hole: f64, value: Value) {
    let wanted = cell.rng.unit() < 0.4;
    if !wanted || !y.unit.additive || value == Value::Share || y.unit.symbol == "%" {
        return;
    }
    let sum: f64 = values.iter().sum();
    let text = cell.style.numbers.write(sum, usize::from(y.unit.decimals));
    let (big, small) = (cell.style.text.title.clone(), cell.style.text.label.clone());
    let width = hole * 1.5;
    let parts = [
        cell.word(cell.id("total"), "total", &text, &big, width),
        cell.word(cell.id("total/name"), "total name", "Total", &small, width),
    ];
    let room = Rect::from_center_size(center, (hole * 1.5, hole * 1.1));
    cell.words(&parts, &[Spot { within: Some(room), ..Spot::new(center, Anchor::CENTER) }]);
}

/// A pie at the left; the parts of its largest slice as a bar at the right.
pub(super) fn with_bar(cell: &mut Cell) -> Result<(), DrawError> {
    let (x, y) = (cell.column(Channel::X)?, cell.column(Channel::Y)?);
    let (parts, amounts) = (cell.column(Channel::Group)?, cell.column(Channel::Y2)?);
    let rows: Vec<usize> = (0..x.len()).filter(|r| y.number(*r).is_some()).collect();
    let values: Vec<f64> = rows.iter().map(|r| y.number(*r).unwrap_or(0.0)).collect();
    let value = value_of(cell, y);
    let Some(first) = largest(&values) else { return Ok(()) };
    let room = cell.plain()?;
    let size = cell.style.text.label.size;
    let pie = Rect { x1: room.x0 + room.width() * 0.6, ..room };
    let total: f64 = values.iter().sum();
    // The largest slice has its middle at the right, where its bar stands.
    let sweep = values[first] / total * 360.0;
    let mut at = 90.0 - sweep / 2.0;
    let mut degrees = vec![[0.0; 2]; values.len()];
    for i in (0..values.len()).map(|i| (first + i) % values.len()) {
        degrees[i] = [at, at + values[i] / total * 360.0];
        at = degrees[i][1];
    }
    let outer: Vec<(f64, Vec<Words>)> = (0..values.len())
        .filter(|i| *i != first)
        .map(|i| {
            ((degrees[i][0] + degrees[i][1]) / 2.0, outside(cell, x, y, &by_row(&rows, &values), rows[i], value, true))
        })
        .collect();
    let (center, radius) = polar::circle_within(pie, &outer, size * 1.5);
    let radius = radius.min(pie.width() * 0.42);
    let slices: Vec<Slice> =
        (0..values.len()).map(|i| slice(cell, rows[i], cell.color(i), degrees[i], center)).collect();
    let bar = Rect::from_center_size((room.x0 + room.width() * 0.7, center.y), (radius * 0.42, radius * 1.5));
    connect(cell, &slices[first], center, radius, bar);
    for slice in &slices {
        draw(cell, 0, slice, [0.0, radius]);
    }
    let table = by_row(&rows, &values);
    let inside = labels_inside(cell, y, &table, &slices, [0.0, radius], value);
    let headed: Vec<Words> = outside(cell, x, y, &table, rows[first], value, true)
        .into_iter()
        .filter(|w| w.role != "value label" || !inside[rows[first]])
        .collect();
    let named = name_largest(cell, &slices[first], radius, bar, &headed);
    let mut waiting = Vec::new();
    for (i, slice) in slices.iter().enumerate() {
        let words = outside(cell, x, y, &table, rows[i], value, true);
        let words: Vec<Words> = words.into_iter().filter(|w| w.role != "value label" || !inside[rows[i]]).collect();
        if i != first {
            waiting.push((slice, words));
        }
    }
    let written = around(cell, waiting, radius, pie);
    let mut all = named && rows.iter().enumerate().all(|(i, r)| i == first || written.iter().any(|w| w.0 == *r && w.1));
    all &= breakdown(cell, bar, room, slices[first].color, [parts, amounts], value);
    cell.view.names = all;
    Ok(())
}

/// Writes the name of the largest slice within it, or else as a heading over its bar: beside it are the lines to the
/// bar. Says whether it is written.
fn name_largest(cell: &mut Cell, slice: &Slice, radius: f64, bar: Rect, words: &[Words]) -> bool {
    let fill = cell.paint_of(slice.color, slice.row, None).main_color();
    if slice.solid {
        for share in [0.42, 0.35, 0.5, 0.28, 0.58, 0.68, 0.76] {
            let at = polar::at(slice.center, radius * share, slice.middle());
            let spot = Spot { over: Some(fill), ..Spot::new(at, Anchor::CENTER) };
            if holds(slice, [0.0, radius], box_of(words, at, Anchor::CENTER)) && cell.words(words, &[spot]) {
                return true;
            }
        }
    }
    let gap = cell.style.text.label.size * 0.6;
    let above = Spot::new((bar.center().x, bar.y0 - gap), Anchor { x: 0.5, y: Height::Bottom });
    let below = Spot::new((bar.center().x, bar.y1 + gap), Anchor { x: 0.5, y: Height::Top });
    cell.words(words, &[above, below])
}

fn by_row(rows: &[usize], values: &[f64]) -> Vec<f64> {
    let mut table = vec![0.0; rows.last().map_or(0, |r| r + 1)];
    rows.iter().zip(values).for_each(|(r, v)| table[*r] = *v);
    table
}

/// Lines from the ends of a slice to the ends of its bar.
fn connect(cell: &mut Cell, slice: &Slice, center: Point, radius: f64, bar: Rect) {
    // Where the slice is more than half, lines start at the top and the bottom of the pie.
    let [from, to] = [slice.degrees[0].max(20.0), slice.degrees[1].min(160.0)];
    let stroke = Stroke::new(leader(cell), cell.style.spines.stroke.width.clamp(0.7, 1.4));
    let ends = [(from, Point::new(bar.x0, bar.y0)), (to, Point::new(bar.x0, bar.y1))];
    for (i, (degrees, end)) in ends.into_iter().enumerate() {
        let line = Segment::new(polar::at(center, radius, degrees), end);
        cell.push(Layer::Grid, Node::stroke(cell.id(format_args!("connector/{i}")), "connector", line, stroke.clone()));
    }
}

/// The parts as a bar from top to bottom, names at its right. Says whether all names are whole.
fn breakdown(
    cell: &mut Cell,
    bar: Rect,
    room: Rect,
    color: Color,
    [parts, amounts]: [&Column; 2],
    value: Value,
) -> bool {
    let rows: Vec<usize> = (0..parts.len()).filter(|r| amounts.number(*r).is_some()).collect();
    let values: Vec<f64> = rows.iter().map(|r| amounts.number(*r).unwrap_or(0.0)).collect();
    let total: f64 = values.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let size = cell.style.text.label.size;
    let mut y = bar.y0;
    let mut areas = Vec::new();
    for (i, (row, value)) in rows.iter().zip(&values).enumerate() {
        let height = value / total * bar.height();
        let area = Rect::new(bar.x0, y, bar.x1, y + height);
        y += height;
        // From dark to light in the colour of the slice.
        let share = i as f64 / rows.len().max(2) as f64;
        let shade = if share < 0.34 {
            color.mix(Color::BLACK, 0.3 - share * 0.9)
        } else {
            color.mix(Color::WHITE, (share - 0.34) * 1.1)
        };
        areas.push((area, shade));
        if height < 1e-3 {
            cell.anchor(1, *row, area.center());
            continue;
        }
        let edge = separator(cell).filter(|_| height > 2.0);
        cell.mark(1, *row, "bar", Outline::Rect(area), Some(shade.into()), edge);
    }
    let width = room.x1 - bar.x1 - size;
    let table = by_row(&rows, &values);
    let mut blocks = Vec::new();
    for (row, (area, shade)) in rows.iter().zip(&areas) {
        let mut words = vec![cell.wrap(
            cell.id(format_args!("name/1.{row}")),
            "part label",
            &parts.written(*row),
            &cell.style.text.tick,
            width,
            2,
        )];
        if cell.chart.value_labels {
            let text = value_text(cell, amounts, &table, *row, value);
            let word =
                cell.word(cell.id(format_args!("label/1.{row}")), "value label", &text, &cell.style.text.label, width);
            let spot =
                Spot { over: Some(*shade), within: Some(area.inset(-1.0)), ..Spot::new(area.center(), Anchor::CENTER) };
            if cell.words(std::slice::from_ref(&word), &[spot]) {
                cell.value_written(1, *row);
            } else {
                words.push(word);
            }
        }
        let height = measure(&words).1 + size * 0.55;
        blocks.push((*row, area.center().y, height, words));
    }
    while blocks.iter().map(|b| b.2).sum::<f64>() > room.height() && blocks.len() > 1 {
        blocks.pop();
    }
    let mut all = blocks.len() == rows.len();
    let wanted: Vec<(f64, f64)> = blocks.iter().map(|b| (b.1, b.2)).collect();
    for ((row, middle, _, words), y) in blocks.iter().zip(apart(&wanted, room.y0, room.y1)) {
        let moved = (y - middle).abs() > size * 0.3;
        let x = bar.x1 + size * if moved { 1.0 } else { 0.5 };
        let done = cell.words(words, &[Spot::new((x, y), Anchor::LEFT)]);
        all &= done && polar::is_whole(&words[..1], &parts.written(*row));
        if done && words.len() > 1 && value != Value::Share {
            cell.value_written(1, *row);
        }
        if moved && done {
            let line = Segment::new((bar.x1, *middle), (x - size * 0.2, y));
            let stroke = Stroke::new(leader(cell), 0.8);
            cell.push(Layer::Grid, Node::stroke(cell.id(format_args!("leader/1.{row}")), "leader line", line, stroke));
        }
    }
    all
}
