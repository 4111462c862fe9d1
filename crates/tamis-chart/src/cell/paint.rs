//! What series look like in this style.

use tamis_draw::Color;
use tamis_draw::kurbo::{Circle, Point, Rect};
use tamis_draw::scene::{Gradient, Hatch, Node, Outline, Paint, Stroke};

use super::{Cell, Sample};
use crate::look::Marker;

impl Cell<'_> {
    /// The colour of a series (or slice, group, node).
    pub(crate) fn color(&self, series: usize) -> Color {
        self.style.color(series)
    }

    /// The fill of a bar or another area of a series, with the style's opacity, hatches and gradients. `toward_base`
    /// are the two points that a gradient runs between, the first at the value's end.
    pub(crate) fn area_paint(&self, series: usize, toward_base: Option<[Point; 2]>) -> Paint {
        self.paint_of(self.color(series), series, toward_base)
    }

    /// The same in a colour of one's choice; `series` chooses the hatch.
    pub(crate) fn paint_of(&self, color: Color, series: usize, toward_base: Option<[Point; 2]>) -> Paint {
        let bars = &self.style.bars;
        let color = color.with_alpha(f64::from(color.a) / 255.0 * bars.opacity);
        let hatch = bars.hatches.get(series % bars.hatches.len().max(1)).copied().flatten();
        if let Some(kind) = hatch {
            let k = self.style.scale;
            let edge = bars.edge.as_ref().map(|e| e.color.with_alpha(0.75));
            let lines = edge.unwrap_or(color.mix(Color::WHITE, 0.75).with_alpha(0.9));
            return Paint::Hatch(Hatch { kind, color: lines, ground: Some(color), spacing: 7.0 * k, width: 1.3 * k });
        }
        match toward_base {
            Some([from, to]) if bars.gradient => {
                let to_color = color.mix(self.style.ground(), 0.45);
                Paint::Gradient(Gradient { from, to, from_color: color, to_color })
            }
            _ => Paint::Solid(color),
        }
    }

    /// The edge of bars of a series.
    pub(crate) fn area_edge(&self) -> Option<Stroke> {
        self.style.bars.edge.clone()
    }

    /// How the line of a series is stroked.
    pub(crate) fn line_stroke(&self, series: usize) -> Stroke {
        let lines = &self.style.lines;
        let mut stroke = Stroke::new(self.color(series), lines.width);
        if let Some(dashes) = lines.dashes.get(series % lines.dashes.len().max(1)) {
            stroke = stroke.dashed(dashes);
        }
        if lines.round { stroke.round() } else { stroke }
    }

    /// The mark at the data of a line, if the style has any.
    pub(crate) fn line_marker(&self, series: usize) -> Option<Marker> {
        let markers = &self.style.lines.markers;
        markers.get(series % markers.len().max(1)).copied()
    }

    /// The mark of a single point of a group.
    pub(crate) fn point_marker(&self, group: usize) -> Marker {
        let markers = &self.style.points.markers;
        markers.get(group % markers.len().max(1)).copied().unwrap_or(Marker::Circle)
    }

    /// The mark at a datum of a line.
    pub(crate) fn line_mark(&self, id: String, role: &'static str, form: Marker, color: Color, at: Point) -> Node {
        let lines = &self.style.lines;
        let outline = marker(form, at, lines.marker_size);
        let (fill, edge) = if lines.hollow {
            (self.style.ground(), Some(Stroke::new(color, (lines.width * 0.8).max(1.0))))
        } else {
            (color, lines.marker_edge.clone())
        };
        Node::shape(id, role, outline, Some(fill.into()), edge)
    }

    /// The legend's sample of a filled series.
    pub(crate) fn area_sample(&self, series: usize) -> Sample {
        Sample::Area(self.area_paint(series, None), self.area_edge())
    }

    /// The legend's sample of a line.
    pub(crate) fn line_sample(&self, series: usize) -> Sample {
        Sample::Line(self.line_stroke(series), self.line_marker(series).map(|m| (m, self.color(series))))
    }
}

/// A mark of this diameter: all forms look equally large.
pub(crate) fn marker(form: Marker, center: Point, size: f64) -> Outline {
    let r = size / 2.0;
    let ring = |n: usize, radius: f64, turn: f64| -> Vec<Point> {
        (0..n)
            .map(|i| {
                let angle = (turn + 360.0 * i as f64 / n as f64).to_radians();
                Point::new(center.x + radius * angle.cos(), center.y + radius * angle.sin())
            })
            .collect()
    };
    match form {
        Marker::Circle => Circle::new(center, r).into(),
        Marker::Square => Rect::from_center_size(center, (size * 0.9, size * 0.9)).into(),
        Marker::Triangle => Outline::polygon(&ring(3, r * 1.2, -90.0)),
        Marker::TriangleDown => Outline::polygon(&ring(3, r * 1.2, 90.0)),
        Marker::Diamond => Outline::polygon(&ring(4, r * 1.15, 0.0)),
        Marker::Pentagon => Outline::polygon(&ring(5, r * 1.1, -90.0)),
        Marker::Star => {
            let (outer, inner) = (ring(5, r * 1.3, -90.0), ring(5, r * 0.55, -54.0));
            Outline::polygon(&outer.into_iter().zip(inner).flat_map(|(a, b)| [a, b]).collect::<Vec<_>>())
        }
        Marker::Plus => Outline::polygon(&plus(center, r, 0.0)),
        Marker::Cross => Outline::polygon(&plus(center, r * 1.1, 45.0)),
    }
}

/// A plus sign of arms as thick as a third of its size.
fn plus(center: Point, r: f64, turn: f64) -> Vec<Point> {
    let t = r / 3.0;
    let corners =
        [(t, r), (t, t), (r, t), (r, -t), (t, -t), (t, -r), (-t, -r), (-t, -t), (-r, -t), (-r, t), (-t, t), (-t, r)];
    let (sin, cos) = f64::to_radians(turn).sin_cos();
    corners.map(|(x, y)| Point::new(center.x + x * cos - y * sin, center.y + x * sin + y * cos)).to_vec()
}
