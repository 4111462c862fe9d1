//! Bars between two values: waterfalls, tasks in time, prices, pyramids.

use tamis_draw::Color;
use tamis_draw::kurbo::{BezPath, Point, Rect};
use tamis_draw::scene::{Node, Outline, Stroke};

use super::bar::{self, Bar};
use super::parts::{bar_spots, domain, label_gap, numbers, written};
use super::point::groups;
use crate::cell::{Cell, Entry, Layer, Spot};
use crate::frame::{Axes, Domain, Frame, places, time_index};
use crate::layout::DrawError;
use crate::spec::{Channel, Kind};
use crate::table::{Cells, Column};

/// Changes one after the other, and their total as a bar of its own (`mark/0.N` of N rows).
pub(super) fn waterfall(cell: &mut Cell) -> Result<(), DrawError> {
    let (x, y) = (cell.column(Channel::X)?, cell.column(Channel::Y)?);
    let changes = numbers(y);
    let mut level = 0.0;
    let mut spans: Vec<[f64; 2]> = Vec::with_capacity(changes.len() + 1);
    for change in &changes {
        spans.push([level, level + change.unwrap_or(0.0)]);
        level += change.unwrap_or(0.0);
    }
    spans.push([0.0, level]);
    let Domain::Categories(mut names) = Domain::categories(x) else { return Ok(()) };
    names.push("Total".into());
    let values = Domain::numbers(spans.iter().flatten().copied()).with_zero();
    let frame = cell.axes(Axes::new(cell.chart, Domain::Categories(names), values))?;
    let width = cell.style.bars.width;
    let area =
        |row: usize, [from, to]: [f64; 2]| frame.rect([row as f64 - width / 2.0, row as f64 + width / 2.0], [from, to]);
    for (row, span) in spans.iter().enumerate() {
        let color = step_color(cell, row, spans.len(), *span);
        let bar = area(row, *span);
        if bar.width() < 1e-3 || bar.height() < 1e-3 {
            cell.anchor(0, row, bar.center());
            continue;
        }
        let role = if row + 1 == spans.len() { "total bar" } else { "bar" };
        let fill = cell.paint_of(color, 0, None);
        let edge = cell.area_edge();
        cell.mark(0, row, role, bar, Some(fill), edge);
    }
    connectors(cell, &frame, &spans, width);
    for (row, span) in spans.iter().enumerate() {
        let change = if row < changes.len() { changes[row] } else { Some(level) };
        let Some(change) = change else { continue };
        let mut text = written(cell, y, change);
        if change > 0.0 && row > 0 && row < changes.len() {
            text.insert(0, '+');
        }
        let color = step_color(cell, row, spans.len(), *span);
        let bar = area(row, *span);
        let mut spots = bar_spots(cell, &frame, bar, 0, change < 0.0);
        spots.iter_mut().filter(|s| s.over.is_some()).for_each(|s| s.over = Some(color));
        cell.label(0, row, &text, &spots);
    }
    Ok(())
}

/// The first and the last bar stand for levels, those between for changes.
fn step_color(cell: &Cell, row: usize, count: usize, [from, to]: [f64; 2]) -> Color {
    let palette = &cell.style.palette;
    if row == 0 || row + 1 == count {
        palette.series.first().copied().unwrap_or(palette.neutral)
    } else if to >= from {
        palette.up
    } else {
        palette.down
    }
}

fn connectors(cell: &mut Cell, frame: &Frame, spans: &[[f64; 2]], width: f64) {
    let mut path = BezPath::new();
    for (row, span) in spans.iter().enumerate().take(spans.len().saturating_sub(1)) {
        path.move_to(frame.point(row as f64 + width / 2.0, span[1]));
        path.line_to(frame.point(row as f64 + 1.0 - width / 2.0, span[1]));
    }
    let stroke = Stroke::new(cell.style.palette.neutral, cell.style.scale.max(0.8));
    if !path.elements().is_empty() && width < 0.999 {
        let id = cell.id("connectors");
        cell.push(Layer::Marks, Node::stroke(id, "connectors", path, stroke));
    }
}

/// Tasks as bars from start to end, down the page; a task of no length is a diamond.
pub(super) fn gantt(cell: &mut Cell) -> Result<(), DrawError> {
    let x = cell.column(Channel::X)?;
    let (starts, ends) = (times(cell.column(Channel::Start)?), times(cell.column(Channel::End)?));
    let group_column = cell.columns(Channel::Group).first().copied();
    let (names, group) = groups(group_column, x.len());
    if names.len() > 1 {
        let entries = names.iter().enumerate();
        let entries = entries.map(|(g, n)| Entry { series: g, name: n.clone(), sample: cell.area_sample(g) }).collect();
        cell.legend(entries);
    }
    let all = [Channel::Start, Channel::End].into_iter().flat_map(|c| cell.columns(c)).flat_map(|c| match &c.cells {
        Cells::Time(v) => v.iter().flatten().copied().collect(),
        _ => Vec::new(),
    });
    let no_times = || DrawError::NoColumn { kind: Kind::Gantt, channel: Channel::Start };
    let y = Domain::times(all).ok_or_else(no_times)?;
    let mut axes = Axes::new(cell.chart, Domain::categories(x), y);
    axes.horizontal = true;
    let frame = cell.axes(axes)?;
    let width = cell.style.bars.width.min(0.72);
    for (row, (start, end)) in starts.iter().zip(&ends).enumerate() {
        let (Some(start), Some(end)) = (*start, *end) else { continue };
        let middle = row as f64;
        let bar = frame.rect([middle - width / 2.0, middle + width / 2.0], [start, end]);
        let color = cell.color(group[row]);
        let edge = cell.area_edge();
        if bar.width() < 0.5 {
            let diamond = crate::cell::marker(crate::look::Marker::Diamond, bar.center(), bar.height().min(14.0));
            cell.mark(0, row, "milestone", diamond, Some(color.into()), edge);
            continue;
        }
        let outline = super::parts::bar_outline(cell, &frame, bar, false);
        let fill = cell.paint_of(color, group[row], None);
        cell.mark(0, row, "task", outline, Some(fill), edge);
    }
    Ok(())
}

fn times(column: &Column) -> Vec<Option<f64>> {
    match &column.cells {
        Cells::Time(v) => v.iter().map(|t| t.map(time_index)).collect(),
        _ => vec![None; column.len()],
    }
}

/// Prices: a thin line from lowest to highest, a body from opening to closing.
pub(super) fn candlesticks(cell: &mut Cell) -> Result<(), DrawError> {
    let x = cell.column(Channel::X)?;
    let prices = [Channel::Open, Channel::High, Channel::Low, Channel::Close].map(|c| cell.columns(c));
    let [open, high, low, close] = prices.map(|p| p.first().map(|c| numbers(c)).unwrap_or_default());
    let values = high.iter().chain(&low).flatten().copied();
    let mut axes = Axes::new(cell.chart, Domain::ordered(x), Domain::numbers(values));
    axes.horizontal = false;
    let volume = cell.columns(Channel::Volume).first().copied().filter(|_| cell.chart.kind == Kind::CandlestickVolume);
    if let Some(volume) = volume {
        axes.y2 = Some(domain([volume]).with_zero());
        axes.lower = Some(0.26);
        if axes.y2_title.is_empty() {
            axes.y2_title = volume.name.clone();
        }
    }
    // Candles at the ends need room of half their width.
    if let Domain::Times { low, high, .. } = &mut axes.x {
        *low -= 0.6;
        *high += 0.6;
    }
    let frame = cell.axes(axes)?;
    let at = places(x);
    let width = body(&at, frame.x.unit());
    let rising = |row: usize| close[row] >= open[row];
    for row in 0..x.len() {
        let (Some(x), Some(open), Some(high), Some(low), Some(close)) =
            (at[row], open[row], high[row], low[row], close[row])
        else {
            continue;
        };
        candle(cell, &frame, row, x, [open, high, low, close], width);
    }
    if let Some(volume) = volume {
        let lower = bar::second(&frame);
        for (row, value) in numbers(volume).into_iter().enumerate() {
            let (Some(x), Some(value)) = (at[row], value) else { continue };
            let half = width / 2.0 / frame.x.unit();
            let area = lower.rect([x - half, x + half], [lower.y.base(), value]);
            if area.height() > 1e-3 {
                let palette = &cell.style.palette;
                let color = if rising(row) { palette.up } else { palette.down };
                let fill = color.mix(cell.style.ground(), 0.35);
                cell.mark(1, row, "volume bar", area, Some(fill.into()), None);
            }
        }
    }
    Ok(())
}

/// The width of a body in pixels: most of the least distance between neighbours.
fn body(at: &[Option<f64>], unit: f64) -> f64 {
    let present: Vec<f64> = at.iter().flatten().copied().collect();
    let least = present.windows(2).map(|p| (p[1] - p[0]).abs()).filter(|d| *d > 0.0).fold(f64::INFINITY, f64::min);
    let least = if least.is_finite() { least } else { 1.0 };
    (least * unit * 0.68).clamp(1.0, 26.0)
}

fn candle(cell: &mut Cell, frame: &Frame, row: usize, x: f64, [open, high, low, close]: [f64; 4], width: f64) {
    let palette = &cell.style.palette;
    let color = if close >= open { palette.up } else { palette.down };
    let line = Stroke::new(color, (width * 0.13).clamp(1.0, 2.0));
    let mut wick = BezPath::new();
    wick.move_to(frame.point(x, low));
    wick.line_to(frame.point(x, high));
    let (a, b) = (frame.point(x, open), frame.point(x, close));
    let body = Rect::from_points((a.x - width / 2.0, a.y), (b.x + width / 2.0, b.y));
    let mut parts = Vec::new();
    if high > low {
        parts.push(Node::stroke(cell.part(0, row, "wick"), "wick", wick, line.clone()));
    }
    // Opening and closing at one price is a level line.
    parts.push(if body.height() < 0.5 {
        let level = Outline::polyline(&[Point::new(body.x0, a.y), Point::new(body.x1, a.y)]);
        Node::stroke(cell.part(0, row, "body"), "body", level, line)
    } else {
        Node::fill(cell.part(0, row, "body"), "body", body, color)
    });
    let all = Rect::from_points(frame.point(x, low), frame.point(x, high)).union(body);
    cell.mark_group(0, row, "candle", all, parts);
}

/// Two series to both sides of the middle, categories down the page.
pub(super) fn pyramid(cell: &mut Cell) -> Result<(), DrawError> {
    let (x, series) = (cell.column(Channel::X)?, cell.columns(Channel::Y));
    cell.legend_of_series(Cell::area_sample);
    let most = series.iter().flat_map(|c| numbers(c)).flatten().fold(0.0, f64::max);
    let y = Domain::Numbers { low: -most, high: most, zero: true, tight: false };
    let mut axes = Axes::new(cell.chart, Domain::categories(x), y);
    axes.horizontal = true;
    axes.rising = true;
    axes.absolute = true;
    let frame = cell.axes(axes)?;
    let width = cell.style.bars.width.max(0.75);
    let mut bars = Vec::new();
    for (s, column) in series.iter().enumerate() {
        let sign = if s == 0 { -1.0 } else { 1.0 };
        for (row, value) in numbers(column).into_iter().enumerate() {
            let Some(value) = value else { continue };
            let middle = row as f64;
            let area = frame.rect([middle - width / 2.0, middle + width / 2.0], [0.0, sign * value]);
            bars.push(Bar { series: s, row, value: sign * value, area });
        }
    }
    bars.iter().for_each(|b| bar::put(cell, &frame, b, "bar"));
    let gap = label_gap(cell);
    for bar in &bars {
        let text = written(cell, series[bar.series], bar.value.abs());
        let middle = bar.area.center().y;
        let spot = if bar.series == 0 {
            Spot::new((bar.area.x0 - gap, middle), tamis_draw::text::Anchor::RIGHT)
        } else {
            Spot::new((bar.area.x1 + gap, middle), tamis_draw::text::Anchor::LEFT)
        };
        cell.label(bar.series, bar.row, &text, &[spot]);
    }
    Ok(())
}
