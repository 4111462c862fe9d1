//! Points with distributions at the margins.

use tamis_draw::Color;
use tamis_draw::kurbo::{Point, Rect};
use tamis_draw::scene::{Node, Outline, Stroke};

use super::parts::numbers;
use super::tiles::Shades;
use crate::cell::{Cell, Layer, marker};
use crate::frame::{Axes, Domain, Frame};
use crate::layout::DrawError;
use crate::spec::{Channel, Kind};
use crate::stats::{Bins, Hexagons, Kde, hexagons, shared_bins};
use crate::table::Column;

/// Points or hexagons with histograms or densities above and to the right.
pub(super) fn joint(cell: &mut Cell) -> Result<(), DrawError> {
    let (x, y) = (cell.column(Channel::X)?, cell.column(Channel::Y)?);
    let points: Vec<(usize, [f64; 2])> =
        numbers(x).into_iter().zip(numbers(y)).enumerate().filter_map(|(row, (x, y))| Some((row, [x?, y?]))).collect();
    let kind = cell.chart.kind;
    let hexes = (kind == Kind::HexHistogram).then(|| hexagons_of(cell, &points));
    let shades = hexes.as_ref().map(|h| {
        let most = h.cells.iter().map(|c| c.count).max().unwrap_or(1) as f64;
        Shades::of(cell, [0.0, most])
    });
    if let Some(shades) = &shades {
        cell.color_bar(shades.bar("Count"));
    }
    let bins = [shared_bins(&[x]), shared_bins(&[y])];
    // Margins show whole bins; hexagons stand out by half their size.
    let over = |column: &Column, bins: &Bins, i: usize| {
        let corners = hexes.iter().flat_map(|h| h.cells.iter().flat_map(|c| h.corners(c))).map(move |p| p[i]);
        let ends = [bins.edges[0], bins.edges[bins.len()]].into_iter().filter(|_| kind != Kind::ScatterDensity);
        let domain = Domain::numbers(numbers(column).into_iter().flatten().chain(ends).chain(corners));
        if kind == Kind::HexHistogram { domain.tight() } else { domain }
    };
    let mut axes = Axes::new(cell.chart, over(x, &bins[0], 0), over(y, &bins[1], 1));
    axes.horizontal = false;
    let side = (cell.page.height().min(cell.page.width()) * 0.15).round();
    axes.beside = [side, side];
    let frame = cell.axes(axes)?;
    match (&hexes, &shades) {
        (Some(found), Some(shades)) => hex_marks(cell, &frame, found, shades),
        _ => dots(cell, &frame, &points),
    }
    let color = margin_color(cell, shades.as_ref());
    for (i, column) in [x, y].into_iter().enumerate() {
        let margin = Margin::new(cell, &frame, i);
        match kind {
            Kind::ScatterDensity => margin.density(cell, column, color),
            _ => margin.histogram(cell, &bins[i], column, color),
        }
    }
    Ok(())
}

fn hexagons_of(cell: &Cell, points: &[(usize, [f64; 2])]) -> Hexagons {
    let all: Vec<[f64; 2]> = points.iter().map(|p| p.1).collect();
    // The plot is about as broad as the page and a little lower.
    let ratio = (cell.page.height() / cell.page.width() * 1.05).clamp(0.3, 3.0);
    let columns = ((points.len() as f64).sqrt() * 0.9).clamp(8.0, 24.0) as usize;
    hexagons(&all, columns, ratio)
}

fn margin_color(cell: &Cell, shades: Option<&Shades>) -> Color {
    let color = shades.map_or_else(|| cell.color(0), |s| s.color_at(0.62));
    // Margins must be seen on the ground.
    if color.contrast(cell.style.background) >= 1.5 { color } else { cell.color(0) }
}

fn hex_marks(cell: &mut Cell, frame: &Frame, found: &Hexagons, shades: &Shades) {
    for (b, hexagon) in found.cells.iter().enumerate() {
        let corners = found.corners(hexagon).map(|[x, y]| frame.point(x, y));
        let color = shades.color(hexagon.count as f64);
        cell.mark(0, b, "hexagon", Outline::polygon(&corners), Some(color.into()), Some(Stroke::new(color, 0.4)));
    }
}

fn dots(cell: &mut Cell, frame: &Frame, points: &[(usize, [f64; 2])]) {
    let style = &cell.style.points;
    let size = style.size * (120.0 / points.len().max(1) as f64).sqrt().clamp(0.4, 1.0);
    for (row, [x, y]) in points {
        let color = cell.color(0).with_alpha(style.opacity.min(0.85));
        let outline = marker(cell.point_marker(0), frame.point(*x, *y), size);
        cell.mark(0, *row, "point", outline, Some(color.into()), style.edge.clone());
    }
}

/// A strip above the plot (0) or to the right of it (1).
struct Margin<'a> {
    frame: &'a Frame,
    side: usize,
    base: f64,
    depth: f64,
}

impl<'a> Margin<'a> {
    fn new(cell: &Cell, frame: &'a Frame, side: usize) -> Margin<'a> {
        let gap = cell.style.text.tick.size * 0.5;
        let (base, depth) = if side == 0 {
            (frame.plot.y0 - gap, frame.above.height() - gap)
        } else {
            (frame.plot.x1 + gap, frame.right.width() - gap)
        };
        Margin { frame, side, base, depth: depth.max(2.0) }
    }

    /// Where a value is along the strip and a share of its depth.
    fn point(&self, value: f64, share: f64) -> Point {
        if self.side == 0 {
            Point::new(self.frame.x.at(value), self.base - share * self.depth)
        } else {
            Point::new(self.base + share * self.depth, self.frame.y.at(value))
        }
    }

    fn name(&self) -> &'static str {
        if self.side == 0 { "x" } else { "y" }
    }

    fn histogram(&self, cell: &mut Cell, bins: &Bins, column: &Column, color: Color) {
        let counts = bins.counts(numbers(column).into_iter().flatten());
        let most = counts.iter().copied().max().unwrap_or(1).max(1) as f64;
        let edge = Stroke::new(cell.style.background, (0.9 * cell.style.scale).max(0.6));
        for (b, count) in counts.iter().enumerate().filter(|(_, c)| **c > 0) {
            let bar =
                Rect::from_points(self.point(bins.edges[b], 0.0), self.point(bins.edges[b + 1], *count as f64 / most));
            let id = cell.id(format_args!("margin/{}/{b}", self.name()));
            let node = Node::shape(id, "histogram bar", bar, Some(color.with_alpha(0.8).into()), Some(edge.clone()));
            cell.push(Layer::Marks, node);
        }
    }

    fn density(&self, cell: &mut Cell, column: &Column, color: Color) {
        let Some(kde) = Kde::of(numbers(column).into_iter().flatten()) else { return };
        let scale = if self.side == 0 { &self.frame.x } else { &self.frame.y };
        let curve: Vec<[f64; 2]> = (0..=160)
            .map(|i| scale.min + (scale.max - scale.min) * f64::from(i) / 160.0)
            .map(|v| [v, kde.at(v)])
            .collect();
        let most = curve.iter().map(|p| p[1]).fold(f64::MIN_POSITIVE, f64::max);
        let points: Vec<Point> = curve.iter().map(|[v, d]| self.point(*v, d / most)).collect();
        let mut area = points.clone();
        area.push(self.point(scale.max, 0.0));
        area.push(self.point(scale.min, 0.0));
        let name = self.name();
        let fill = Node::fill(
            cell.id(format_args!("margin/{name}/area")),
            "density",
            Outline::polygon(&area),
            color.with_alpha(0.3),
        );
        cell.push(Layer::Marks, fill);
        let stroke = Stroke::new(color, cell.style.lines.width.clamp(1.0, 2.5)).round();
        let line =
            Node::stroke(cell.id(format_args!("margin/{name}")), "density curve", Outline::polyline(&points), stroke);
        cell.push(Layer::Marks, line);
    }
}
