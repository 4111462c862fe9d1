//! Bars: side by side, with error bars, stacked, as shares; and bars under a line.

use tamis_draw::Color;
use tamis_draw::kurbo::{Point, Rect};
use tamis_draw::scene::{Node, Stroke};

use super::line::{self, Series};
use super::parts::{bar_outline, bar_spots, domain, numbers, whisker, written};
use crate::cell::{Cell, Entry, Layer, Sample, Spot};
use crate::frame::{Axes, Domain, Frame, places};
use crate::layout::DrawError;
use crate::spec::{Channel, Kind};
use crate::table::Column;

/// Bars from the base, those of one category side by side.
pub(super) fn grouped(cell: &mut Cell) -> Result<(), DrawError> {
    let (x, series) = (cell.column(Channel::X)?, cell.columns(Channel::Y));
    let errors = cell.columns(Channel::Error);
    cell.legend_of_series(|cell, s| sample(cell, s));
    let highest = series.iter().zip(0..).flat_map(|(column, s)| {
        let errors = errors.get(s).map(|e| numbers(e)).unwrap_or_default();
        let ends = numbers(column).into_iter().enumerate();
        ends.filter_map(move |(row, v)| {
            let error = errors.get(row).copied().flatten().unwrap_or(0.0);
            v.map(|v| [v - error, v + error])
        })
    });
    let y = Domain::numbers(highest.flatten()).with_zero();
    let frame = cell.axes(Axes::new(cell.chart, Domain::categories(x), y))?;
    let bars = draw_grouped(cell, &frame, &series);
    for (s, column) in errors.iter().enumerate() {
        error_bars(cell, &frame, s, series.len(), series.get(s).copied(), column);
    }
    if errors.is_empty() {
        labels(cell, &frame, &series, &bars);
    } else {
        labels_beyond_errors(cell, &frame, &series, &errors);
    }
    Ok(())
}

/// One drawn bar.
pub(super) struct Bar {
    pub series: usize,
    pub row: usize,
    pub value: f64,
    pub area: Rect,
}

/// Where the bar of a series stands around its category: start and width in slots.
pub(super) fn slot(cell: &Cell, series: usize, count: usize) -> [f64; 2] {
    let bars = &cell.style.bars;
    let count = count.max(1) as f64;
    // One series has no neighbours to keep apart from.
    let width = bars.width / (count + (count - 1.0) * bars.gap);
    [-bars.width / 2.0 + series as f64 * width * (1.0 + bars.gap), width]
}

fn draw_grouped(cell: &mut Cell, frame: &Frame, series: &[&Column]) -> Vec<Bar> {
    let mut bars = Vec::new();
    for (s, column) in series.iter().enumerate() {
        let [start, width] = slot(cell, s, series.len());
        for (row, value) in numbers(column).into_iter().enumerate() {
            let Some(value) = value else { continue };
            let at = row as f64 + start;
            let area = frame.rect([at, at + width], [frame.y.base(), value]);
            bars.push(Bar { series: s, row, value, area });
        }
    }
    for bar in &bars {
        put(cell, frame, bar, "bar");
    }
    bars
}

/// Draws a bar; one of no length has no ink, only a place.
pub(super) fn put(cell: &mut Cell, frame: &Frame, bar: &Bar, role: &'static str) {
    if bar.area.width() < 1e-3 || bar.area.height() < 1e-3 {
        cell.anchor(bar.series, bar.row, bar.area.center());
        return;
    }
    let falls = bar.value < frame.y.base();
    let outline = bar_outline(cell, frame, bar.area, falls);
    let fill = if cell.chart.kind == Kind::ErrorBar {
        cell.paint_of(below_errors(cell, bar.series), bar.series, None)
    } else {
        cell.area_paint(bar.series, Some(ends(frame, bar.area, falls)))
    };
    let edge = cell.area_edge();
    cell.mark(bar.series, bar.row, role, outline, Some(fill), edge);
}

/// The colour of a bar that error bars are seen on.
fn below_errors(cell: &Cell, series: usize) -> Color {
    let (color, ink) = (cell.color(series), error_stroke(cell).color);
    let faded = (0..=6).map(|i| color.mix(cell.style.ground(), f64::from(i) / 10.0));
    faded.into_iter().find(|c| c.contrast(ink) >= 2.5).unwrap_or(color)
}

/// The sample of a series of such bars.
fn sample(cell: &Cell, series: usize) -> Sample {
    if cell.chart.kind == Kind::ErrorBar {
        return Sample::Area(cell.paint_of(below_errors(cell, series), series, None), cell.area_edge());
    }
    cell.area_sample(series)
}

/// The middle of the value's end of a bar and that of its base.
fn ends(frame: &Frame, area: Rect, falls: bool) -> [Point; 2] {
    let c = area.center();
    let ends = if frame.horizontal {
        [Point::new(area.x1, c.y), Point::new(area.x0, c.y)]
    } else {
        [Point::new(c.x, area.y0), Point::new(c.x, area.y1)]
    };
    if falls { [ends[1], ends[0]] } else { ends }
}

fn labels(cell: &mut Cell, frame: &Frame, series: &[&Column], bars: &[Bar]) {
    for bar in bars {
        let text = written(cell, series[bar.series], bar.value);
        let spots = bar_spots(cell, frame, bar.area, bar.series, bar.value < frame.y.base());
        cell.label(bar.series, bar.row, &text, &spots);
    }
}

fn error_bars(cell: &mut Cell, frame: &Frame, s: usize, count: usize, column: Option<&Column>, error: &Column) {
    let [start, width] = slot(cell, s, count);
    let values = column.map(numbers).unwrap_or_default();
    let stroke = error_stroke(cell);
    let cap = cell.style.bars.cap.min(frame.x.unit() * width * 0.6);
    for (row, (value, error)) in values.into_iter().zip(numbers(error)).enumerate() {
        let (Some(value), Some(error)) = (value, error) else { continue };
        if error <= 0.0 {
            continue;
        }
        let path = whisker(frame, row as f64 + start + width / 2.0, [value - error, value + error], cap);
        let id = cell.id(format_args!("error/{s}.{row}"));
        cell.push(Layer::Marks, Node::stroke(id, "error bar", path, stroke.clone()));
    }
}

/// Error bars are dark on light ground and light on dark.
fn error_stroke(cell: &Cell) -> Stroke {
    Stroke::new(cell.style.text.tick.color, (cell.style.lines.width * 0.7).max(1.0))
}

fn labels_beyond_errors(cell: &mut Cell, frame: &Frame, series: &[&Column], errors: &[&Column]) {
    for (s, column) in series.iter().enumerate() {
        let [start, width] = slot(cell, s, series.len());
        let errors = errors.get(s).map(|e| numbers(e)).unwrap_or_default();
        for (row, value) in numbers(column).into_iter().enumerate() {
            let Some(value) = value else { continue };
            let end = value + errors.get(row).copied().flatten().unwrap_or(0.0);
            let at = row as f64 + start;
            let area = frame.rect([at, at + width], [frame.y.base(), end]);
            let spots = bar_spots(cell, frame, area, s, false);
            let text = written(cell, column, value);
            let outside: Vec<Spot> = spots.into_iter().filter(|s| s.over.is_none()).collect();
            cell.label(s, row, &text, &outside);
        }
    }
}

/// Bars on top of each other.
pub(super) fn stacked(cell: &mut Cell) -> Result<(), DrawError> {
    let (x, series) = (cell.column(Channel::X)?, cell.columns(Channel::Y));
    let share = cell.chart.kind == Kind::PercentBar;
    cell.legend_of_series(Cell::area_sample);
    let stacks: Vec<Vec<[f64; 2]>> = stack(&series, x.len(), share);
    let top = stacks.iter().flatten().map(|[_, end]| *end).fold(0.0, f64::max);
    let mut y = Domain::numbers([0.0, top]).with_zero();
    if share {
        y = Domain::Numbers { low: 0.0, high: 100.0, zero: true, tight: true };
    }
    let mut axes = Axes::new(cell.chart, Domain::categories(x), y);
    axes.percent = share;
    let frame = cell.axes(axes)?;
    let width = cell.style.bars.width;
    let mut bars = Vec::new();
    for (s, rows) in stacks.iter().enumerate() {
        for (row, [from, to]) in rows.iter().enumerate() {
            let Some(value) = series[s].number(row) else { continue };
            let middle = row as f64;
            let area = frame.rect([middle - width / 2.0, middle + width / 2.0], [*from, *to]);
            bars.push(Bar { series: s, row, value, area });
        }
    }
    for bar in &bars {
        part(cell, bar);
    }
    for bar in &bars {
        let text = written(cell, series[bar.series], bar.value);
        let color = cell.area_paint(bar.series, None).main_color();
        if cell.style.bars.hatches.is_empty() {
            cell.label(bar.series, bar.row, &text, &[Spot::inside(bar.area, color)]);
        }
    }
    Ok(())
}

/// A part of a stacked bar: no rounded corners and no gradients inside a stack.
fn part(cell: &mut Cell, bar: &Bar) {
    if bar.area.width() < 1e-3 || bar.area.height() < 1e-3 {
        return cell.anchor(bar.series, bar.row, bar.area.center());
    }
    let fill = cell.area_paint(bar.series, None);
    let edge = cell.area_edge().or(cell.style.separator.clone());
    cell.mark(bar.series, bar.row, "bar", bar.area, Some(fill), edge);
}

/// From where to where each part of each stack reaches, by series and row; of 100 if `share`.
pub(super) fn stack(series: &[&Column], rows: usize, share: bool) -> Vec<Vec<[f64; 2]>> {
    let sums: Vec<f64> = (0..rows).map(|r| series.iter().filter_map(|c| c.number(r)).sum()).collect();
    let mut tops = vec![0.0; rows];
    let parts = series.iter().map(|column| {
        let part = |row: usize| {
            let value = column.number(row).unwrap_or(0.0);
            let value = if share && sums[row] > 0.0 { value / sums[row] * 100.0 } else { value };
            let from = tops[row];
            tops[row] += value;
            [from, tops[row]]
        };
        (0..rows).map(part).collect()
    });
    parts.collect()
}

/// Bars of the first axis, lines of the second.
pub(super) fn with_line(cell: &mut Cell) -> Result<(), DrawError> {
    let (x, bars, lines) = (cell.column(Channel::X)?, cell.columns(Channel::Y), cell.columns(Channel::Y2));
    let n = bars.len();
    let mut entries: Vec<Entry> = Vec::new();
    for (s, column) in bars.iter().chain(&lines).enumerate() {
        let sample = if s < n { cell.area_sample(s) } else { cell.line_sample(s) };
        entries.push(Entry { series: s, name: column.name.clone(), sample });
    }
    cell.legend(entries);
    let mut axes = Axes::new(cell.chart, Domain::categories(x), domain(bars.iter().copied()).with_zero());
    axes.horizontal = false;
    axes.y2 = Some(domain(lines.iter().copied()));
    let frame = cell.axes(axes)?;
    let drawn = draw_grouped(cell, &frame, &bars);
    let second = second(&frame);
    let at: Vec<Option<f64>> = (0..x.len()).map(|row| Some(row as f64)).collect();
    for (s, column) in lines.iter().enumerate() {
        line::draw(cell, &second, &Series { rank: n + s, at: &at, values: &numbers(column), always_marked: true });
    }
    labels(cell, &frame, &bars, &drawn);
    Ok(())
}

/// The same frame with the second value axis in place of the first.
pub(super) fn second(frame: &Frame) -> Frame {
    Frame { y: frame.y2.clone().unwrap_or_else(|| frame.y.clone()), ..frame.clone() }
}

/// Bars falling by size and the running share of their sum.
pub(super) fn pareto(cell: &mut Cell) -> Result<(), DrawError> {
    let (x, y) = (cell.column(Channel::X)?, cell.column(Channel::Y)?);
    let values = numbers(y);
    let total: f64 = values.iter().flatten().sum();
    let mut running = 0.0;
    let shares: Vec<Option<f64>> = values
        .iter()
        .map(|v| {
            running += v.unwrap_or(0.0);
            Some(if total > 0.0 { running / total * 100.0 } else { 0.0 })
        })
        .collect();
    let title = cell.chart.y2.as_ref().map(|a| a.title.clone()).filter(|t| !t.is_empty());
    let title = title.unwrap_or_else(|| "Cumulative share (%)".into());
    cell.legend(vec![
        Entry { series: 0, name: y.name.clone(), sample: cell.area_sample(0) },
        Entry { series: 1, name: title.clone(), sample: cell.line_sample(1) },
    ]);
    let mut axes = Axes::new(cell.chart, Domain::categories(x), domain([y]).with_zero());
    axes.horizontal = false;
    axes.y2 = Some(Domain::Numbers { low: 0.0, high: 100.0, zero: true, tight: false });
    axes.y2_title = title;
    let frame = cell.axes(axes)?;
    let drawn = draw_grouped(cell, &frame, &[y]);
    let at = places(x).iter().enumerate().map(|(row, _)| Some(row as f64)).collect::<Vec<_>>();
    line::draw(cell, &second(&frame), &Series { rank: 1, at: &at, values: &shares, always_marked: true });
    labels(cell, &frame, &[y], &drawn);
    Ok(())
}
