//! A writing hand: strokes that wobble, lean and never come out twice alike.

use tamis_core::rng::Rng;
use tamis_draw::kurbo::{Affine, BezPath, ParamCurve, PathEl, PathSeg, Point, Rect, Vec2};
use tamis_draw::text::CharacterOutline;

use super::pen::{self, PenStroke};

/// One writer with one pen; all lengths in em.
pub(super) struct Hand {
    rng: Rng,
    /// Width of the pen.
    pen: f64,
    /// How far letters lean to the right: x by y.
    slant: f64,
    /// How far points go astray.
    shake: f64,
    /// How much sizes and heights of letters differ.
    unrest: f64,
}

/// A written symbol, in em.
pub(super) struct Written {
    /// To be filled.
    pub areas: Vec<BezPath>,
    /// The width of a stroke around them, 0 for none.
    pub outline: f64,
}

/// The width of thin stems of printed symbols.
const STEM: f64 = 0.045;

impl Hand {
    pub(super) fn new(mut rng: Rng, marker: bool) -> Hand {
        let pen = if marker { rng.range(0.075, 0.11) } else { rng.range(0.04, 0.065) };
        let (slant, shake, unrest) = (rng.range(-0.08, 0.22), rng.range(0.006, 0.02), rng.range(0.5, 1.4));
        Hand { rng, pen, slant, shake, unrest }
    }

    /// The areas that the pen covers when it writes a character where KaTeX has `own`.
    pub(super) fn symbol(&mut self, face: &str, character: char, own: &CharacterOutline) -> Written {
        let fancy = ["AMS", "Caligraphic", "Fraktur", "Script"].iter().any(|f| face.starts_with(f));
        let known = pen::strokes(character).filter(|_| !fancy);
        let place = self.posture(own.bounds);
        match known {
            Some(strokes) => {
                let room = inset(own.bounds, self.pen / 2.0);
                Written { areas: strokes.iter().map(|s| self.stroke(s, room, place)).collect(), outline: 0.0 }
            }
            None => Written { areas: vec![place * self.wobbled(&own.path)], outline: self.outline() },
        }
    }

    /// How much wider than a printed stem the pen is, in em: what printed outlines lack beside written ones.
    pub(super) fn outline(&self) -> f64 {
        (self.pen - STEM).max(0.0)
    }

    /// A ruled line drawn without a ruler.
    pub(super) fn line(&mut self, from: Point, to: Point) -> BezPath {
        let steps = ((to - from).hypot() / 0.5).ceil().clamp(2.0, 200.0) as usize;
        let tilt = self.rng.range(-0.012, 0.012) * (to - from).hypot().min(4.0);
        let points = (0..=steps).map(|i| {
            let t = i as f64 / steps as f64;
            from.lerp(to, t) + Vec2::new(0.0, tilt * (t - 0.5)) + self.astray(0.6)
        });
        let points: Vec<Point> = points.collect();
        self.inked(&smooth(&points.iter().map(|p| (*p, false)).collect::<Vec<_>>()))
    }

    /// An outline whose points went astray together, so that it stays closed and keeps its form.
    pub(super) fn wobbled(&mut self, path: &BezPath) -> BezPath {
        let (phase, turn) = (self.rng.range(0.0, 6.3), self.rng.range(0.0, 6.3));
        let (fx, fy) = (self.rng.range(5.0, 9.0), self.rng.range(5.0, 9.0));
        let shake = self.shake * 1.1;
        let bend = |p: Point| {
            let dx = (fy * p.y + phase).sin() + 0.5 * (2.3 * fx * p.x + turn).sin();
            let dy = (fx * p.x + turn).sin() + 0.5 * (2.3 * fy * p.y + phase).sin();
            p + shake * Vec2::new(dx, dy)
        };
        let mut out = BezPath::new();
        // Long straight sides get points to bend at.
        for element in divided(path).elements() {
            out.push(match *element {
                PathEl::MoveTo(p) => PathEl::MoveTo(bend(p)),
                PathEl::LineTo(p) => PathEl::LineTo(bend(p)),
                PathEl::QuadTo(a, p) => PathEl::QuadTo(bend(a), bend(p)),
                PathEl::CurveTo(a, b, p) => PathEl::CurveTo(bend(a), bend(b), bend(p)),
                PathEl::ClosePath => PathEl::ClosePath,
            });
        }
        out
    }

    /// How this letter stands: a little turned, larger or smaller, higher or lower.
    fn posture(&mut self, bounds: Rect) -> Affine {
        let u = self.unrest;
        let foot = Point::new(bounds.center().x, 0.0).to_vec2();
        let turn = (self.rng.range(-3.0, 3.0) * u).to_radians();
        let scale = 1.0 + self.rng.range(-0.06, 0.04) * u;
        // What is wide or tall is not turned or leant as far, or it would leave its room.
        let calm = (0.6 / bounds.width().max(bounds.height()).max(0.6)).powi(2);
        let lean = Affine::new([1.0, 0.0, -self.slant * calm, 1.0, 0.0, 0.0]);
        let lift = Vec2::new(self.rng.range(-0.012, 0.012), self.rng.range(-0.022, 0.022)) * u;
        Affine::translate(foot + lift)
            * Affine::rotate(turn * calm)
            * Affine::scale(1.0 + (scale - 1.0) * calm)
            * about(lean, bounds.center().y)
            * Affine::translate(-foot)
    }

    fn stroke(&mut self, stroke: &PenStroke, room: Rect, place: Affine) -> BezPath {
        let points: Vec<(Point, bool)> = stroke
            .iter()
            .map(|(p, corner)| {
                let at = Point::new(room.x0 + p.x * room.width(), room.y0 + p.y * room.height());
                (place * at + self.astray(1.0), *corner)
            })
            .collect();
        self.inked(&smooth(&points))
    }

    fn astray(&mut self, share: f64) -> Vec2 {
        let s = self.shake * share;
        Vec2::new(self.rng.range(-s, s), self.rng.range(-s, s))
    }

    /// The area of a pen that follows points: a little wider where it presses, thinner where it lifts.
    fn inked(&mut self, points: &[Point]) -> BezPath {
        let (phase, beat) = (self.rng.range(0.0, 6.3), self.rng.range(2.0, 4.0));
        let last = points.len().saturating_sub(1).max(1) as f64;
        let half = |i: usize| {
            let t = i as f64 / last;
            let press = 1.0 + 0.16 * (beat * 2.0 * t + phase).sin();
            let lift = 0.72 + 0.28 * (8.0 * t.min(1.0 - t)).min(1.0);
            self.pen / 2.0 * press * lift
        };
        ribbon(points, half)
    }
}

/// A linear map that leaves the height `y` where it is.
fn about(map: Affine, y: f64) -> Affine {
    Affine::translate((0.0, y)) * map * Affine::translate((0.0, -y))
}

/// A box smaller by `by` on each side; a narrow one (a bracket) keeps half of its width.
fn inset(rect: Rect, by: f64) -> Rect {
    rect.inset((-by.min(0.25 * rect.width()), -by.min(0.5 * rect.height())))
}

/// Points close together on the curve through the given ones (Catmull-Rom, centripetal enough for letters).
fn smooth(points: &[(Point, bool)]) -> Vec<Point> {
    let mut out = vec![points[0].0];
    for i in 1..points.len() {
        let (a, b) = (points[i - 1], points[i]);
        let before = if a.1 || i < 2 { a.0 } else { points[i - 2].0 };
        let after = if b.1 || i + 1 >= points.len() { b.0 } else { points[i + 1].0 };
        let (ta, tb) = ((b.0 - before) / 6.0, (after - a.0) / 6.0);
        let curve = tamis_draw::kurbo::CubicBez::new(a.0, a.0 + ta, b.0 - tb, b.0);
        let steps = ((b.0 - a.0).hypot() / 0.03).ceil().clamp(3.0, 24.0) as usize;
        out.extend((1..=steps).map(|k| curve.eval(k as f64 / steps as f64)));
    }
    out
}

/// The area within `half(i)` of the line through `points`, with round ends.
fn ribbon(points: &[Point], half: impl Fn(usize) -> f64) -> BezPath {
    let direction = |i: usize| {
        let (a, b) = (points[i.saturating_sub(1)], points[(i + 1).min(points.len() - 1)]);
        let d = b - a;
        if d.hypot() > 1e-9 { d / d.hypot() } else { Vec2::new(1.0, 0.0) }
    };
    let side = |i: usize, sign: f64| {
        let d = direction(i);
        points[i] + sign * half(i) * Vec2::new(-d.y, d.x)
    };
    let last = points.len() - 1;
    let cap = |i: usize, out: Vec2, sign: f64| -> Vec<Point> {
        let across = Vec2::new(-out.y, out.x);
        (1..6)
            .map(|k| {
                let angle = std::f64::consts::PI * f64::from(k) / 6.0;
                points[i] + half(i) * (sign * angle.cos() * across + angle.sin() * out)
            })
            .collect()
    };
    let mut edge: Vec<Point> = (0..=last).map(|i| side(i, 1.0)).collect();
    edge.extend(cap(last, direction(last), 1.0));
    edge.extend((0..=last).rev().map(|i| side(i, -1.0)));
    edge.extend(cap(0, -direction(0), 1.0));
    let mut path = BezPath::new();
    for (i, p) in edge.into_iter().enumerate() {
        if i == 0 { path.move_to(p) } else { path.line_to(p) }
    }
    path.close_path();
    path
}

/// The same outline with long segments cut into pieces of at most 0.4 em.
fn divided(path: &BezPath) -> BezPath {
    let mut out = BezPath::new();
    for element in path.elements() {
        if let PathEl::MoveTo(p) = element {
            out.move_to(*p);
        }
    }
    if out.elements().len() > 1 || path.elements().iter().all(|e| !matches!(e, PathEl::LineTo(_))) {
        return path.clone();
    }
    for segment in path.segments() {
        match segment {
            PathSeg::Line(line) => {
                let steps = ((line.p1 - line.p0).hypot() / 0.4).ceil().clamp(1.0, 200.0) as usize;
                (1..=steps).for_each(|k| out.line_to(line.eval(k as f64 / steps as f64)));
            }
            PathSeg::Quad(q) => out.quad_to(q.p1, q.p2),
            PathSeg::Cubic(c) => out.curve_to(c.p1, c.p2, c.p3),
        }
    }
    out.close_path();
    out
}
