//! Scatter plots and bubbles.

use tamis_draw::kurbo::{Circle, Point, Rect};
use tamis_draw::scene::{Node, Stroke};

use super::parts::numbers;
use crate::cell::{Cell, Entry, Sample, marker};
use crate::frame::{Axes, Domain};
use crate::layout::DrawError;
use crate::look::Marker;
use crate::spec::{Channel, Scale};
use crate::table::Column;

/// The groups of rows: names in the order they first come, and each row's group.
pub(super) fn groups(column: Option<&Column>, rows: usize) -> (Vec<String>, Vec<usize>) {
    let Some(column) = column else { return (Vec::new(), vec![0; rows]) };
    let mut names: Vec<String> = Vec::new();
    let of = (0..rows).map(|row| {
        let name = column.written(row);
        names.iter().position(|n| *n == name).unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        })
    });
    let of = of.collect();
    (names, of)
}

/// Points, coloured by group.
pub(super) fn scatter(cell: &mut Cell) -> Result<(), DrawError> {
    let (x, y) = (cell.column(Channel::X)?, cell.column(Channel::Y)?);
    let (names, group) = groups(cell.columns(Channel::Group).first().copied(), x.len());
    legend(cell, &names);
    let frame = cell.axes(level(cell, padded(x, 0.0, cell.chart.x.scale), padded(y, 0.0, cell.chart.y.scale)))?;
    let points = &cell.style.points;
    // Many points are drawn smaller, as people do.
    let size = points.size * (120.0 / x.len().max(1) as f64).sqrt().clamp(0.45, 1.0);
    for (row, (x, y)) in numbers(x).into_iter().zip(numbers(y)).enumerate() {
        let (Some(x), Some(y)) = (x, y) else { continue };
        let color = cell.color(group[row]).with_alpha(points.opacity);
        let outline = marker(cell.point_marker(group[row]), frame.point(x, y), size);
        cell.mark(0, row, "point", outline, Some(color.into()), points.edge.clone());
    }
    Ok(())
}

fn legend(cell: &mut Cell, names: &[String]) {
    let sample = |g| Sample::Point(cell.point_marker(g), cell.color(g));
    let entries = names.iter().enumerate();
    let entries = entries.map(|(g, name)| Entry { series: g, name: name.clone(), sample: sample(g) }).collect();
    if names.len() > 1 {
        cell.legend(entries);
    }
}

fn level(cell: &Cell, x: Domain, y: Domain) -> Axes {
    let mut axes = Axes::new(cell.chart, x, y);
    axes.horizontal = false;
    axes
}

/// An axis over a column with free room of a share of its range at both ends.
fn padded(column: &Column, share: f64, scale: Scale) -> Domain {
    let domain = Domain::numbers(numbers(column).into_iter().flatten());
    match domain {
        Domain::Numbers { low, high, zero, tight } if scale == Scale::Log && low > 0.0 => {
            let room = (high / low).powf(share);
            Domain::Numbers { low: low / room, high: high * room, zero, tight }
        }
        Domain::Numbers { low, high, zero, tight } => {
            let room = (high - low) * share;
            // Room around counts and lengths does not make them negative.
            let start = if low >= 0.0 { (low - room).max(0.0f64.min(low)) } else { low - room };
            Domain::Numbers { low: start, high: high + room, zero, tight }
        }
        other => other,
    }
}

/// Discs whose areas are values.
pub(super) fn bubbles(cell: &mut Cell) -> Result<(), DrawError> {
    let (x, y, size) = (cell.column(Channel::X)?, cell.column(Channel::Y)?, cell.column(Channel::Size)?);
    let (names, group) = groups(cell.columns(Channel::Group).first().copied(), x.len());
    let entries: Vec<Entry> = names
        .iter()
        .enumerate()
        .map(|(g, name)| Entry { series: g, name: name.clone(), sample: Sample::Point(Marker::Circle, cell.color(g)) })
        .collect();
    if names.len() > 1 {
        cell.legend(entries);
    }
    let frame = cell.axes(level(cell, padded(x, 0.12, cell.chart.x.scale), padded(y, 0.14, cell.chart.y.scale)))?;
    let largest = numbers(size).into_iter().flatten().fold(0.0, f64::max);
    let crowd = (14.0 / x.len().max(1) as f64).sqrt().clamp(0.35, 1.0);
    let most = frame.plot.width().min(frame.plot.height()) * 0.085 * crowd;
    let rows: Vec<(usize, Point, f64)> = numbers(x)
        .into_iter()
        .zip(numbers(y))
        .enumerate()
        .filter_map(|(row, (x, y))| Some((row, frame.point(x?, y?), most * (size.number(row)? / largest).sqrt())))
        .collect();
    let mut order: Vec<usize> = (0..rows.len()).collect();
    // Large ones first, so that small ones lie over them.
    order.sort_by(|a, b| rows[*b].2.total_cmp(&rows[*a].2));
    for (row, at, radius) in order.into_iter().map(|i| rows[i]) {
        if radius < 0.05 {
            cell.anchor(0, row, at);
            continue;
        }
        let color = cell.color(group[row]);
        let edge = cell.style.points.edge.clone().unwrap_or_else(|| Stroke::new(color, 1.0));
        let fill = color.with_alpha(cell.style.points.opacity.min(0.75));
        let node = Node::shape(
            cell.id(format_args!("mark/0.{row}")),
            "bubble",
            Circle::new(at, radius),
            Some(fill.into()),
            Some(edge),
        );
        cell.datum_node(0, row, node);
    }
    label_bubbles(cell, size, &rows, &group);
    Ok(())
}

/// Sizes in discs that no other disc lies over.
fn label_bubbles(cell: &mut Cell, size: &Column, rows: &[(usize, Point, f64)], group: &[usize]) {
    for (i, (row, at, radius)) in rows.iter().enumerate().filter(|_| cell.chart.value_labels) {
        let apart = |(j, (_, other, r)): (usize, &(usize, Point, f64))| j == i || other.distance(*at) > radius + r;
        let Some(value) = size.number(*row).filter(|_| rows.iter().enumerate().all(apart)) else { continue };
        let text = super::parts::written(cell, size, value);
        let room = Rect::from_center_size(*at, (radius * 1.7, radius * 1.7));
        let color = cell.color(group[*row]).with_alpha(cell.style.points.opacity.min(0.75));
        cell.label(0, *row, &text, &[crate::cell::Spot::inside(room, color)]);
    }
}
