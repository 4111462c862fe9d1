//! Lines, areas, steps and points with error bars.

use tamis_draw::Color;
use tamis_draw::kurbo::{BezPath, Circle, Point};
use tamis_draw::scene::{Gradient, Node, Outline, Paint, Stroke};

use super::bar::stack;
use super::parts::{domain, label_gap, numbers, point_spots, whisker, written};
use crate::cell::{Cell, Layer, Sample, Spot, marker};
use crate::frame::{Axes, Domain, Frame, places};
use crate::layout::DrawError;
use crate::look::Marker;
use crate::spec::{Channel, Kind};
use crate::table::Column;

/// What is drawn of one series.
pub(super) struct Series<'a> {
    /// Its rank among all series.
    pub rank: usize,
    /// Where its data are along x.
    pub at: &'a [Option<f64>],
    pub values: &'a [Option<f64>],
    /// Its data have marks in any style.
    pub always_marked: bool,
}

/// Lines and step lines.
pub(super) fn lines(cell: &mut Cell) -> Result<(), DrawError> {
    let (x, series) = (cell.column(Channel::X)?, cell.columns(Channel::Y));
    cell.lines_have_ends();
    cell.legend_of_series(Cell::line_sample);
    let frame = cell.axes(level(cell, x, domain(series.iter().copied())))?;
    let at = places(x);
    for (rank, column) in series.iter().enumerate() {
        draw(cell, &frame, &Series { rank, at: &at, values: &numbers(column), always_marked: false });
    }
    labels(cell, &frame, &at, &series);
    Ok(())
}

/// Axes of a kind whose x always runs across the page.
fn level(cell: &Cell, x: &Column, y: Domain) -> Axes {
    let mut axes = Axes::new(cell.chart, Domain::ordered(x), y);
    axes.horizontal = false;
    axes
}

/// The line of one series and a point for each of its data.
pub(super) fn draw(cell: &mut Cell, frame: &Frame, series: &Series) {
    let points: Vec<Option<Point>> =
        series.at.iter().zip(series.values).map(|(x, y)| Some(frame.point((*x)?, (*y)?))).collect();
    let runs = runs(&points, cell.chart.kind == Kind::Step);
    let mut path = BezPath::new();
    for run in runs.iter().filter(|r| r.len() > 1) {
        path.extend(Outline::polyline(run).path());
        cell.ink_line(run);
    }
    let stroke = cell.line_stroke(series.rank);
    if !path.elements().is_empty() {
        let id = cell.id(format_args!("mark/{}", series.rank));
        cell.push(Layer::Marks, Node::stroke(id, "line", path, stroke.clone()));
    }
    let form = cell.line_marker(series.rank).or(series.always_marked.then_some(Marker::Circle));
    for (row, point) in points.iter().enumerate() {
        let Some(point) = *point else { continue };
        let alone = (row == 0 || points[row - 1].is_none()) && points.get(row + 1).is_none_or(Option::is_none);
        data_point(cell, series.rank, row, point, form, &stroke, alone);
    }
    if let Some(end) = points.iter().rev().flatten().next() {
        cell.line_end(series.rank, *end);
    }
}

/// The mark of a datum on a line: the style's, or a disc as wide as the line, which is there but does not show.
fn data_point(cell: &mut Cell, rank: usize, row: usize, at: Point, form: Option<Marker>, stroke: &Stroke, alone: bool) {
    let Some(form) = form else {
        let radius = stroke.width / 2.0 * if alone { 2.0 } else { 1.0 };
        return cell.mark(rank, row, "point", Circle::new(at, radius), Some(stroke.color.into()), None);
    };
    let id = cell.id(format_args!("mark/{rank}.{row}"));
    let node = cell.line_mark(id, "point", form, stroke.color, at);
    cell.datum_node(rank, row, node);
}

/// Runs of points without gaps; as stairs if `steps`.
fn runs(points: &[Option<Point>], steps: bool) -> Vec<Vec<Point>> {
    let mut runs: Vec<Vec<Point>> = vec![Vec::new()];
    for point in points {
        let last = runs.len() - 1;
        match point {
            Some(point) => {
                if let Some(before) = runs[last].last().copied().filter(|_| steps) {
                    runs[last].push(Point::new(point.x, before.y));
                }
                runs[last].push(*point);
            }
            None if !runs[last].is_empty() => runs.push(Vec::new()),
            None => {}
        }
    }
    runs
}

fn labels(cell: &mut Cell, frame: &Frame, at: &[Option<f64>], series: &[&Column]) {
    if !cell.chart.value_labels {
        return;
    }
    let radius =
        if cell.style.lines.markers.is_empty() { cell.style.lines.width } else { cell.style.lines.marker_size / 2.0 };
    for (s, column) in series.iter().enumerate() {
        for (row, x) in at.iter().enumerate() {
            let (Some(x), Some(value)) = (x, column.number(row)) else { continue };
            let text = written(cell, column, value);
            let spots = point_spots(cell, frame.point(*x, value), radius);
            cell.label(s, row, &text, &spots);
        }
    }
}

/// Series filled down to the base, seen through.
pub(super) fn areas(cell: &mut Cell) -> Result<(), DrawError> {
    let (x, series) = (cell.column(Channel::X)?, cell.columns(Channel::Y));
    cell.lines_have_ends();
    cell.legend_of_series(|cell, s| Sample::Area(faded(cell, s).into(), Some(thin(cell, s))));
    let frame = cell.axes(level(cell, x, domain(series.iter().copied()).with_zero()))?;
    let at = places(x);
    for (rank, column) in series.iter().enumerate() {
        let values = numbers(column);
        let points = points(&frame, &at, &values);
        let base = frame.y.at(frame.y.base());
        let below: Vec<Point> = points.iter().map(|p| Point::new(p.x, base)).collect();
        let top = points.iter().map(|p| p.y).fold(base, f64::min);
        let fill = area_fill(cell, &frame, faded(cell, rank), top);
        fill_between(cell, rank, &points, &below, fill, None);
        let stroke = Stroke { dashes: Vec::new(), ..cell.line_stroke(rank) };
        line_over(cell, rank, &points, stroke);
        cell.line_end(rank, points.last().copied().unwrap_or_default());
    }
    labels(cell, &frame, &at, &series);
    Ok(())
}

fn points(frame: &Frame, at: &[Option<f64>], values: &[Option<f64>]) -> Vec<Point> {
    at.iter().zip(values).filter_map(|(x, y)| Some(frame.point((*x)?, (*y)?))).collect()
}

fn faded(cell: &Cell, series: usize) -> Color {
    cell.color(series).with_alpha(cell.style.area_opacity)
}

fn thin(cell: &Cell, series: usize) -> Stroke {
    Stroke::new(cell.color(series), (cell.style.lines.width * 0.6).max(0.8))
}

/// The fill of an area; with gradients it vanishes towards the base.
fn area_fill(cell: &Cell, frame: &Frame, color: Color, top: f64) -> Paint {
    if !cell.style.bars.gradient {
        return color.into();
    }
    let (from, to) = (Point::new(0.0, top), Point::new(0.0, frame.y.at(frame.y.base())));
    Paint::Gradient(Gradient {
        from,
        to,
        from_color: color,
        to_color: color.with_alpha(f64::from(color.a) / 255.0 * 0.1),
    })
}

fn fill_between(cell: &mut Cell, rank: usize, over: &[Point], under: &[Point], fill: Paint, edge: Option<Stroke>) {
    if over.len() < 2 {
        return;
    }
    let ring: Vec<Point> = over.iter().chain(under.iter().rev()).copied().collect();
    let id = cell.id(format_args!("mark/{rank}"));
    let node = Node::shape(id, "area", Outline::polygon(&ring), Some(fill), edge);
    if matches!(&node.content, tamis_draw::scene::Content::Shape(s) if has_area(&s.outline)) {
        cell.push(Layer::Marks, node);
    }
    for pair in over.windows(2).zip(under.windows(2)) {
        let (top, bottom) = (pair.0[0].y.min(pair.0[1].y), pair.1[0].y.max(pair.1[1].y));
        cell.ink(tamis_draw::kurbo::Rect::new(pair.0[0].x, top, pair.0[1].x, bottom));
    }
}

fn has_area(outline: &Outline) -> bool {
    use tamis_draw::kurbo::Shape as _;
    let bbox = outline.path().bounding_box();
    bbox.width() > 0.0 && bbox.height() > 0.0
}

/// The upper edge of an area with the points of its data.
fn line_over(cell: &mut Cell, rank: usize, points: &[Point], stroke: Stroke) {
    if points.len() > 1 {
        let id = cell.id(format_args!("mark/{rank}/line"));
        cell.push(Layer::Marks, Node::stroke(id, "line", Outline::polyline(points), stroke.clone()));
    }
    let form = cell.line_marker(rank);
    for (row, point) in points.iter().enumerate() {
        data_point(cell, rank, row, *point, form, &stroke, false);
    }
}

/// Areas on top of each other.
pub(super) fn stacked_areas(cell: &mut Cell) -> Result<(), DrawError> {
    let (x, series) = (cell.column(Channel::X)?, cell.columns(Channel::Y));
    cell.lines_have_ends();
    cell.legend_of_series(|cell, s| Sample::Area(solid(cell, s).into(), cell.style.separator.clone()));
    let stacks = stack(&series, x.len(), false);
    let top = stacks.iter().flatten().map(|[_, end]| *end).fold(0.0, f64::max);
    let frame = cell.axes(level(cell, x, Domain::numbers([0.0, top]).with_zero()))?;
    let at = places(x);
    for (rank, rows) in stacks.iter().enumerate() {
        let edge = |side: usize| -> Vec<Point> {
            at.iter().zip(rows).filter_map(|(x, ends)| Some(frame.point((*x)?, ends[side]))).collect()
        };
        let (under, over) = (edge(0), edge(1));
        let color = solid(cell, rank);
        fill_between(cell, rank, &over, &under, color.into(), cell.style.separator.clone());
        let stroke = Stroke::new(cell.color(rank), (cell.style.lines.width * 0.6).max(0.8));
        for (row, point) in over.iter().enumerate() {
            let dot = Circle::new(*point, stroke.width / 2.0);
            cell.mark(rank, row, "point", dot, Some(stroke.color.into()), None);
        }
        if let (Some(a), Some(b)) = (over.last(), under.last()) {
            cell.line_end(rank, a.midpoint(*b));
        }
    }
    stacked_labels(cell, &frame, &at, &series, &stacks);
    Ok(())
}

fn solid(cell: &Cell, series: usize) -> Color {
    cell.color(series).with_alpha(cell.style.area_opacity.mul_add(0.35, 0.65))
}

/// Values within their areas, where these are high enough half-way to both neighbours too.
fn stacked_labels(cell: &mut Cell, frame: &Frame, at: &[Option<f64>], series: &[&Column], stacks: &[Vec<[f64; 2]>]) {
    for (s, column) in series.iter().enumerate() {
        let over = solid(cell, s);
        for row in 1..at.len().saturating_sub(1) {
            let (Some(before), Some(x), Some(after)) = (at[row - 1], at[row], at[row + 1]) else { continue };
            let Some(value) = column.number(row) else { continue };
            let half_way = |other: usize, side: usize| (stacks[s][row][side] + stacks[s][other][side]) / 2.0;
            let low = stacks[s][row][0].max(half_way(row - 1, 0)).max(half_way(row + 1, 0));
            let high = stacks[s][row][1].min(half_way(row - 1, 1)).min(half_way(row + 1, 1));
            if high <= low {
                continue;
            }
            let room = frame.rect([(before + x) / 2.0, (x + after) / 2.0], [low, high]).inflate(0.0, -1.0);
            let spot = Spot { at: Point::new(frame.x.at(x), room.center().y), ..Spot::inside(room, over) };
            let text = written(cell, column, value);
            cell.label(s, row, &text, &[spot]);
        }
    }
}

/// Points with error bars.
pub(super) fn error_points(cell: &mut Cell) -> Result<(), DrawError> {
    let (x, series, errors) = (cell.column(Channel::X)?, cell.columns(Channel::Y), cell.columns(Channel::Error));
    cell.legend_of_series(|cell, s| Sample::Point(form(cell, s), cell.color(s)));
    let ends: Vec<f64> = series
        .iter()
        .zip(&errors)
        .flat_map(|(y, e)| numbers(y).into_iter().zip(numbers(e)).filter_map(|(y, e)| Some([y? - e?, y? + e?])))
        .flatten()
        .collect();
    let frame = cell.axes(level(cell, x, Domain::numbers(ends)))?;
    let at = places(x);
    // Series at the same category stand side by side.
    let names = matches!(Domain::ordered(x), Domain::Categories(_));
    let aside = if names { 0.5 / series.len().max(1) as f64 } else { 0.0 };
    for (s, (column, error)) in series.iter().zip(&errors).enumerate() {
        let shift = (s as f64 - (series.len() as f64 - 1.0) / 2.0) * aside;
        for (row, x) in at.iter().enumerate() {
            let (Some(x), Some(value)) = (x, column.number(row)) else { continue };
            error_point(cell, &frame, [s, row], x + shift, value, error.number(row).unwrap_or(0.0));
        }
    }
    for (s, column) in series.iter().enumerate().filter(|_| cell.chart.value_labels) {
        let shift = (s as f64 - (series.len() as f64 - 1.0) / 2.0) * aside;
        for (row, x) in at.iter().enumerate() {
            let (Some(x), Some(value)) = (x, column.number(row)) else { continue };
            let gap = label_gap(cell) + cell.style.lines.marker_size / 2.0;
            let at = frame.point(x + shift, value);
            let spot = Spot::new((at.x + gap, at.y), tamis_draw::text::Anchor::LEFT);
            let text = written(cell, column, value);
            cell.label(s, row, &text, &[spot]);
        }
    }
    Ok(())
}

fn form(cell: &Cell, series: usize) -> Marker {
    cell.line_marker(series).unwrap_or(Marker::Circle)
}

fn error_point(cell: &mut Cell, frame: &Frame, [s, row]: [usize; 2], x: f64, value: f64, error: f64) {
    let at = frame.point(x, value);
    let color = cell.color(s);
    let mut parts = Vec::new();
    if error > 0.0 {
        let stroke = Stroke::new(color, (cell.style.lines.width * 0.75).max(1.0));
        let path = whisker(frame, x, [value - error, value + error], cell.style.bars.cap);
        let id = cell.part(s, row, "error");
        parts.push(Node::stroke(id, "error bar", path, stroke));
        cell.ink_line(&[frame.point(x, value - error), frame.point(x, value + error)]);
    }
    let outline = marker(form(cell, s), at, cell.style.lines.marker_size.max(5.0));
    let id = cell.part(s, row, "point");
    parts.push(Node::shape(id, "point", outline, Some(color.into()), cell.style.lines.marker_edge.clone()));
    let half = cell.style.lines.marker_size / 2.0;
    let bbox = tamis_draw::kurbo::Rect::from_center_size(at, (2.0 * half, 2.0 * half));
    cell.mark_group(s, row, "error point", bbox, parts);
}
