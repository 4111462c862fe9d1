//! Samples counted in bins and smoothed to densities.

use tamis_draw::kurbo::{Point, Rect};
use tamis_draw::scene::{Node, Outline, Stroke};
use tamis_draw::text::{Anchor, Height};

use super::parts::{label_gap, numbers};
use crate::cell::{Cell, Layer, Sample, Spot};
use crate::frame::{Axes, Domain, Frame};
use crate::layout::DrawError;
use crate::spec::{Channel, Kind};
use crate::stats::{Bins, Kde, shared_bins};
use crate::table::Column;

/// Bars of counts, with a smoothed curve for the kind that has one.
pub(super) fn histogram(cell: &mut Cell) -> Result<(), DrawError> {
    let series = cell.columns(Channel::Y);
    let bins = shared_bins(&series);
    let counts: Vec<Vec<usize>> = series.iter().map(|c| bins.counts(numbers(c).into_iter().flatten())).collect();
    let curved = cell.chart.kind == Kind::HistogramDensity;
    cell.legend_of_series(Cell::area_sample);
    let mut highest = counts.iter().flatten().copied().max().unwrap_or(0) as f64;
    let curves: Vec<Vec<[f64; 2]>> = series.iter().map(|c| if curved { curve(c, &bins) } else { Vec::new() }).collect();
    highest = curves.iter().flatten().map(|p| p[1]).fold(highest, f64::max);
    let x = Domain::numbers([bins.edges[0], bins.edges[bins.len()]]);
    let frame = cell.axes(level(cell, x, Domain::numbers([0.0, highest]).with_zero()))?;
    let faded = if series.len() > 1 {
        0.55
    } else if curved {
        0.6
    } else {
        1.0
    };
    for (s, counts) in counts.iter().enumerate() {
        bars(cell, &frame, s, &bins, counts, faded);
    }
    for (s, curve) in curves.iter().enumerate().filter(|(_, c)| !c.is_empty()) {
        let points: Vec<Point> = curve.iter().map(|p| frame.point(p[0], p[1])).collect();
        let mut stroke = cell.line_stroke(s).round();
        stroke.dashes.clear();
        stroke.width = stroke.width.max(1.5);
        // On bars of its own colour a curve is darker.
        stroke.color =
            if series.len() == 1 { stroke.color.mix(cell.style.text.title.color, 0.35) } else { stroke.color };
        cell.ink_line(&points);
        cell.push(
            Layer::Marks,
            Node::stroke(cell.id(format_args!("curve/{s}")), "density curve", Outline::polyline(&points), stroke),
        );
    }
    if series.len() == 1 {
        labels(cell, &frame, &bins, &counts[0], &curves[0]);
    }
    Ok(())
}

fn level(cell: &Cell, x: Domain, y: Domain) -> Axes {
    let mut axes = Axes::new(cell.chart, x, y);
    axes.horizontal = false;
    axes
}

fn bars(cell: &mut Cell, frame: &Frame, s: usize, bins: &Bins, counts: &[usize], faded: f64) {
    let edge = cell
        .area_edge()
        .or_else(|| (faded == 1.0).then(|| Stroke::new(cell.style.ground(), (0.8 * cell.style.scale).max(0.6))));
    let color = cell.color(s);
    for (b, count) in counts.iter().enumerate() {
        let area = frame.rect([bins.edges[b], bins.edges[b + 1]], [0.0, *count as f64]);
        if *count == 0 {
            cell.anchor(s, b, area.center());
            continue;
        }
        let ends = [Point::new(area.center().x, area.y0), Point::new(area.center().x, area.y1)];
        let fill = cell.paint_of(color.with_alpha(faded), s, Some(ends));
        cell.mark(s, b, "histogram bar", area, Some(fill), edge.clone().filter(|e| area.width() > e.width * 3.0));
    }
}

/// The density times the number of samples and the width of a bin, so that it lies over the bars.
fn curve(column: &Column, bins: &Bins) -> Vec<[f64; 2]> {
    let values: Vec<f64> = numbers(column).into_iter().flatten().collect();
    let scale = values.len() as f64 * bins.width();
    let Some(kde) = Kde::of(values) else { return Vec::new() };
    let curve = kde.curve(160, 0.0).into_iter();
    curve.map(|[x, y]| [x, y * scale]).filter(|p| p[0] >= bins.edges[0] && p[0] <= bins.edges[bins.len()]).collect()
}

/// Counts above the bars, where the curve leaves them room.
fn labels(cell: &mut Cell, frame: &Frame, bins: &Bins, counts: &[usize], curve: &[[f64; 2]]) {
    if !cell.chart.value_labels {
        return;
    }
    let (gap, style) = (label_gap(cell), cell.style.text.label.clone());
    let line: Vec<Point> = curve.iter().map(|p| frame.point(p[0], p[1])).collect();
    for (b, count) in counts.iter().enumerate().filter(|(_, c)| **c > 0) {
        let area = frame.rect([bins.edges[b], bins.edges[b + 1]], [0.0, *count as f64]);
        let text = cell.style.numbers.write(*count as f64, 0);
        let word = [cell.word(cell.id(format_args!("label/0.{b}")), "value label", &text, &style, f64::MAX)];
        let room = Rect::new(area.x0 - 2.0, frame.plot.y0, area.x1 + 2.0, frame.plot.y1);
        let spot = Spot {
            within: Some(room),
            ..Spot::new((area.center().x, area.y0 - gap), Anchor { x: 0.5, y: Height::Bottom })
        };
        let bbox = super::polar::box_of(&word, spot.at, spot.anchor);
        let crossed = line.windows(2).any(|p| super::node::crosses(p[0], p[1], bbox));
        if !crossed && cell.words(&word, &[spot]) {
            cell.value_written(0, b);
        }
    }
}

/// Smoothed curves over a common axis, filled.
pub(super) fn density(cell: &mut Cell) -> Result<(), DrawError> {
    let series = cell.columns(Channel::Y);
    // Areas that lie over each other are seen through, in every style.
    let opacity = if series.len() > 1 { cell.style.area_opacity.min(0.4) } else { cell.style.area_opacity };
    cell.legend_of_series(|cell, s| {
        let color = cell.color(s);
        Sample::Area(color.with_alpha(opacity).into(), Some(Stroke::new(color, 1.2)))
    });
    let curves: Vec<Vec<[f64; 2]>> = series
        .iter()
        .map(|c| Kde::of(numbers(c).into_iter().flatten()).map(|k| k.curve(220, 3.0)).unwrap_or_default())
        .collect();
    let x = Domain::numbers(curves.iter().flatten().map(|p| p[0])).tight();
    let y = Domain::numbers(curves.iter().flatten().map(|p| p[1])).with_zero();
    let frame = cell.axes(level(cell, x, y))?;
    let rug = cell.rng.unit() < 0.2 && series.len() == 1;
    for (s, curve) in curves.iter().enumerate().filter(|(_, c)| !c.is_empty()) {
        let points: Vec<Point> = curve.iter().map(|p| frame.point(p[0], p[1])).collect();
        let mut area = points.clone();
        area.push(frame.point(curve[curve.len() - 1][0], 0.0));
        area.push(frame.point(curve[0][0], 0.0));
        let color = cell.color(s);
        let fill = color.with_alpha(opacity);
        cell.mark_plain(s, 0, "density", Outline::polygon(&area), fill);
        cell.ink_line(&points);
        let mut stroke = cell.line_stroke(s);
        stroke.join = tamis_draw::scene::Join::Round;
        cell.push(
            Layer::Marks,
            Node::stroke(cell.id(format_args!("mark/{s}")), "line", Outline::polyline(&points), stroke),
        );
    }
    if rug {
        let mut path = tamis_draw::kurbo::BezPath::new();
        for v in numbers(series[0]).into_iter().flatten() {
            let at = frame.point(v, 0.0);
            path.move_to(at);
            path.line_to((at.x, at.y - frame.plot.height() * 0.025));
        }
        let stroke = Stroke::new(cell.color(0).mix(cell.style.text.tick.color, 0.3), 1.0);
        cell.push(Layer::Marks, Node::stroke(cell.id("rug"), "rug", path, stroke));
    }
    Ok(())
}
