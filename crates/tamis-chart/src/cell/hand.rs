//! Lines that tremble as if drawn by hand.

use std::f64::consts::TAU;

use tamis_core::rng::Rng;
use tamis_draw::kurbo::{BezPath, ParamCurve as _, ParamCurveArclen as _, PathEl, PathSeg, Point, Vec2};
use tamis_draw::scene::{Content, Node, Outline, Shape, Stroke};

/// Distance between wobbles along a line, in multiples of the amplitude.
const STEP: f64 = 9.0;

/// Makes every outline below these nodes tremble by up to about `amplitude` pixels. Texts stay as they are: their
/// hand is in the font.
pub(super) fn roughen(nodes: &mut [Node], amplitude: f64, rng: &mut Rng) {
    for node in nodes {
        // Grounds, veils and dots too small to tremble stay exact.
        if matches!(&*node.role, "plot area" | "veil" | "legend frame" | "colour") {
            continue;
        }
        match &mut node.content {
            Content::Group(group) => roughen(&mut group.children, amplitude, rng),
            Content::Shape(shape) => rough_shape(shape, amplitude, rng),
            Content::Text(_) | Content::Image(_) => {}
        }
    }
}

fn rough_shape(shape: &mut Shape, amplitude: f64, rng: &mut Rng) {
    let path = match &shape.outline {
        Outline::Circle(circle) if circle.radius < amplitude * 2.0 => return,
        Outline::Circle(circle) => {
            let amplitude = amplitude.min(circle.radius * 0.09);
            shape.outline = Outline::Path(tremble(&shape.outline.path(), amplitude, rng));
            return;
        }
        outline => outline.path(),
    };
    shape.outline = Outline::Path(tremble(&path, amplitude, rng));
    if let Some(stroke) = &mut shape.stroke {
        *stroke = Stroke { dashes: std::mem::take(&mut stroke.dashes), ..stroke.clone().round() };
    }
}

/// The same path through points pushed aside by a slow random swing; its corners move least.
fn tremble(path: &BezPath, amplitude: f64, rng: &mut Rng) -> BezPath {
    let mut out = BezPath::new();
    let mut swing = Swing::new(rng);
    let mut points: Vec<Point> = Vec::new();
    let mut closed = false;
    let mut flush = |points: &mut Vec<Point>, closed: bool| {
        if points.len() > 1 {
            smooth(&mut out, points, closed);
        }
        points.clear();
    };
    for (element, segment) in path.elements().iter().zip(segments(path)) {
        match element {
            PathEl::MoveTo(at) => {
                flush(&mut points, closed);
                closed = false;
                points.push(*at + swing.at(0.0, amplitude * 0.5, rng));
            }
            PathEl::ClosePath => closed = true,
            _ => {}
        }
        let Some(segment) = segment else { continue };
        let length = segment.arclen(0.1);
        if length < 1e-6 {
            continue;
        }
        let pieces = (length / (STEP * amplitude.max(0.3))).ceil().clamp(1.0, 4000.0) as usize;
        for i in 1..=pieces {
            let share = i as f64 / pieces as f64;
            let size = if i == pieces { amplitude * 0.5 } else { amplitude };
            points.push(segment.eval(share) + swing.at(length / pieces as f64, size, rng));
        }
        if matches!(element, PathEl::ClosePath) {
            // The end meets the start again.
            if let (Some(first), Some(last)) = (points.first().copied(), points.last_mut()) {
                *last = first;
            }
        }
    }
    flush(&mut points, closed);
    out
}

/// The segment each element draws.
fn segments(path: &BezPath) -> Vec<Option<PathSeg>> {
    let mut segments = path.segments();
    let (mut last, mut first) = (Point::ZERO, Point::ZERO);
    path.elements()
        .iter()
        .map(|element| match element {
            PathEl::MoveTo(at) => {
                (last, first) = (*at, *at);
                None
            }
            PathEl::ClosePath => {
                let closes = last != first;
                last = first;
                if closes { segments.next() } else { None }
            }
            other => {
                last = other.end_point().unwrap_or(last);
                segments.next()
            }
        })
        .collect()
}

/// A curve through all points whose tangents follow its neighbours (Catmull-Rom), corners kept round.
fn smooth(out: &mut BezPath, points: &[Point], closed: bool) {
    out.move_to(points[0]);
    let n = points.len();
    for i in 0..n - 1 {
        let before = if i > 0 { points[i - 1] } else { points[i] };
        let after = if i + 2 < n { points[i + 2] } else { points[i + 1] };
        let (a, b) = (points[i], points[i + 1]);
        // Tight tangents: a corner of a bar does not bulge.
        let pull = 0.09;
        out.curve_to(a + (b - before) * pull, b - (after - a) * pull, b);
    }
    if closed {
        out.close_path();
    }
}

/// A displacement that swings slowly along a line.
struct Swing {
    phase: [f64; 2],
}

impl Swing {
    fn new(rng: &mut Rng) -> Swing {
        Swing { phase: [rng.range(0.0, TAU), rng.range(0.0, TAU)] }
    }

    fn at(&mut self, moved: f64, amplitude: f64, rng: &mut Rng) -> Vec2 {
        self.phase[0] += moved / 22.0 + rng.range(-0.5, 0.5);
        self.phase[1] += moved / 27.0 + rng.range(-0.5, 0.5);
        Vec2::new(self.phase[0].sin(), self.phase[1].sin()) * (amplitude * 0.6)
    }
}
