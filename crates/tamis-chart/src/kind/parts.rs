//! What several kinds need: columns as numbers, written values, places for labels, whiskers.

use tamis_draw::kurbo::{BezPath, Point, Rect};
use tamis_draw::scene::Outline;
use tamis_draw::text::{Anchor, Height};

use crate::cell::{Cell, Spot};
use crate::frame::{Domain, Frame};
use crate::look::LabelPlace;
use crate::table::{Cells, Column};

/// Middle of the baseline.
pub(crate) const BASE: Anchor = Anchor { x: 0.5, y: Height::Baseline };

/// A column as numbers, `None` where a cell is missing.
pub(crate) fn numbers(column: &Column) -> Vec<Option<f64>> {
    match &column.cells {
        Cells::Number(v) => v.clone(),
        _ => vec![None; column.len()],
    }
}

/// An axis over all numbers of these columns.
pub(crate) fn domain<'a>(columns: impl IntoIterator<Item = &'a Column>) -> Domain {
    Domain::numbers(columns.into_iter().flat_map(|c| numbers(c).into_iter().flatten()))
}

/// A value as it is written at a mark: all its decimals, a percent sign if it is a percentage.
pub(crate) fn written(cell: &Cell, column: &Column, value: f64) -> String {
    let number = cell.style.numbers.write(value, usize::from(column.unit.decimals));
    if column.unit.symbol == "%" { number + "%" } else { number }
}

/// Free room between a mark and its label.
pub(crate) fn label_gap(cell: &Cell) -> f64 {
    cell.style.text.label.size * 0.32
}

/// Places for a value at a bar that ends at `end` (away from its base), by the style's taste.
pub(crate) fn bar_spots(cell: &Cell, frame: &Frame, bar: Rect, series: usize, falls: bool) -> Vec<Spot> {
    let gap = label_gap(cell);
    let color = cell.area_paint(series, None).main_color();
    let patterned = !cell.style.bars.hatches.is_empty() || cell.style.bars.gradient;
    let cap = cell.style.text.label.size * 0.72;
    let (x, y) = (bar.center().x, bar.center().y);
    let outside = match (frame.horizontal, falls) {
        (false, false) => Spot::new((x, bar.y0 - gap), BASE),
        (false, true) => Spot::new((x, bar.y1 + gap + cap), BASE),
        (true, false) => Spot::new((bar.x1 + gap, y), Anchor::LEFT),
        (true, true) => Spot::new((bar.x0 - gap, y), Anchor::RIGHT),
    };
    let inside = match (frame.horizontal, falls) {
        (false, false) => Spot::new((x, bar.y0 + gap + cap), BASE),
        (false, true) => Spot::new((x, bar.y1 - gap), BASE),
        (true, false) => Spot::new((bar.x1 - gap, y), Anchor::RIGHT),
        (true, true) => Spot::new((bar.x0 + gap, y), Anchor::LEFT),
    };
    let room = bar.inflate(-1.0, -1.0);
    let inside = Spot { over: Some(color), within: Some(room), ..inside };
    let center = Spot { within: Some(room), ..Spot::inside(bar, color) };
    match cell.style.labels {
        // Text over hatches and gradients is hard to read.
        _ if patterned => vec![outside],
        LabelPlace::Outside => vec![outside, inside],
        LabelPlace::Inside => vec![inside, outside],
        LabelPlace::Center => vec![center, outside],
    }
}

/// Places for a value at a point: above, below, to the sides.
pub(crate) fn point_spots(cell: &Cell, at: Point, radius: f64) -> Vec<Spot> {
    let gap = label_gap(cell) + radius;
    let cap = cell.style.text.label.size * 0.72;
    vec![
        Spot::new((at.x, at.y - gap), BASE),
        Spot::new((at.x, at.y + gap + cap), BASE),
        Spot::new((at.x + gap + 1.0, at.y), Anchor::LEFT),
        Spot::new((at.x - gap - 1.0, at.y), Anchor::RIGHT),
    ]
}

/// A bar's outline, its corners rounded at the value's end.
pub(crate) fn bar_outline(cell: &Cell, frame: &Frame, bar: Rect, falls: bool) -> Outline {
    let radius = cell.style.bars.corner.min(bar.width() / 2.0).min(bar.height() / 2.0);
    if radius < 0.5 {
        return bar.into();
    }
    // Corners of the value's end: which of the rectangle's, clockwise from the upper left.
    let round = match (frame.horizontal, falls) {
        (false, false) => [true, true, false, false],
        (false, true) => [false, false, true, true],
        (true, false) => [false, true, true, false],
        (true, true) => [true, false, false, true],
    };
    let corners = [(bar.x0, bar.y0), (bar.x1, bar.y0), (bar.x1, bar.y1), (bar.x0, bar.y1)].map(Point::from);
    let along = [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)].map(tamis_draw::kurbo::Vec2::from);
    let mut path = BezPath::new();
    for i in 0..4 {
        let (corner, before, after) = (corners[i], along[(i + 3) % 4], along[i]);
        let r = if round[i] { radius } else { 0.0 };
        let (from, to) = (corner - before * r, corner + after * r);
        if i == 0 {
            path.move_to(from)
        } else {
            path.line_to(from)
        }
        if r > 0.0 {
            // A quarter of a circle (error below 0.03% of the radius).
            let k = 0.552_285 * r;
            path.curve_to(from + before * k, to - after * k, to);
        }
    }
    path.close_path();
    path.into()
}

/// A whisker from `low` to `high` at `x` with caps, on the page.
pub(crate) fn whisker(frame: &Frame, x: f64, [low, high]: [f64; 2], cap: f64) -> BezPath {
    let (a, b) = (frame.point(x, low), frame.point(x, high));
    let half = if frame.horizontal { (0.0, cap / 2.0) } else { (cap / 2.0, 0.0) };
    let mut path = BezPath::new();
    path.move_to(a);
    path.line_to(b);
    if cap > 0.0 {
        for end in [a, b] {
            path.move_to(end - half);
            path.line_to(end + half);
        }
    }
    path
}
