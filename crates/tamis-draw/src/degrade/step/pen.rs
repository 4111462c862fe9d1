//! Marks of a pen.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::degrade::draw::Draw;
use crate::degrade::plane::{Plane, luma};
use crate::degrade::range::{Check, Range};
use crate::degrade::{DegradeError, Sheet};

/// Ticks, circles, underlines, crosses and scribbles of somebody's pen, as they stand on worked-through pages. They are
/// put only where the picture is blank, so that they hide nothing, and they are no part of the truth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Pen {
    /// How many marks. 0 to 40.
    pub count: Range,
    /// Width of the line in pixels. 0.5 to 12.
    pub width: Range,
    /// Size of a mark, in parts of the picture's shorter side. 0.005 to 0.3.
    pub size: Range,
}

impl Default for Pen {
    fn default() -> Pen {
        Pen { count: Range::of(1.0, 5.0), width: Range::of(1.8, 3.2), size: Range::of(0.025, 0.07) }
    }
}

impl Pen {
    pub(super) fn check(&self, check: &mut Check) {
        check.range("count", &self.count, 0.0, 40.0);
        check.range("width", &self.width, 0.5, 12.0);
        check.range("size", &self.size, 0.005, 0.3);
    }

    pub(super) fn apply(&self, sheet: &mut Sheet, draw: &mut Draw<'_>) -> Result<(), DegradeError> {
        let pixels = &mut sheet.pixels;
        let side = f64::from(pixels.width.min(pixels.height));
        let width = self.width.draw(draw) as f32;
        let ink = INKS[draw.below(INKS.len())];
        let mut plane = Plane::new(pixels);
        for _ in 0..self.count.whole(draw) {
            let size = (self.size.draw(draw) * side) as f32;
            let mark = mark(draw);
            let Some((x, y)) = blank(pixels, size, draw) else { continue };
            let (turn, wobble, phase) = (draw.between(-0.15, 0.15) as f32, draw.noise(), draw.unit() as f32 * 50.0);
            let points: Vec<(f32, f32, f32)> = smooth(&mark)
                .iter()
                .enumerate()
                .map(|(i, (u, v))| {
                    let along = phase + i as f32 * 0.08;
                    let (u, v) = (u + 0.04 * wobble.smooth(along, 0.0), v + 0.04 * wobble.smooth(along, 9.0));
                    let pressure = 0.5 * width * (1.0 + 0.35 * wobble.smooth(along * 0.7, 20.0));
                    (x + size * (u - turn * v), y + size * (v + turn * u), pressure)
                })
                .collect();
            plane.line(&points, 0.88);
        }
        plane.stain(pixels, ink);
        Ok(())
    }
}

/// Blue, black, red and green ball pens, and a pencil.
const INKS: [[f32; 3]; 5] =
    [[28.0, 52.0, 160.0], [30.0, 30.0, 42.0], [198.0, 32.0, 40.0], [24.0, 120.0, 70.0], [105.0, 105.0, 110.0]];

/// Points of a mark in a square from -0.5 to 0.5.
fn mark(draw: &mut Draw<'_>) -> Vec<(f32, f32)> {
    let mut jitter = |x: f64, y: f64| ((x + draw.between(-0.06, 0.06)) as f32, (y + draw.between(-0.06, 0.06)) as f32);
    let tick = vec![jitter(-0.4, 0.05), jitter(-0.15, 0.4), jitter(0.45, -0.45)];
    let round = |turns: f64, from: f64| (0..=(turns * 8.0) as usize).map(move |k| from + k as f64 / 8.0);
    let circle = |jitter: &mut dyn FnMut(f64, f64) -> (f32, f32)| {
        let at = |t: f64| (0.45 * (t * std::f64::consts::TAU).cos(), 0.32 * (t * std::f64::consts::TAU).sin());
        round(1.15, 0.6).map(|t| jitter(at(t).0, at(t).1)).collect::<Vec<_>>()
    };
    let circle = circle(&mut jitter);
    let rule = (0..5).map(|k| jitter(-0.5 + f64::from(k) * 0.25, 0.0)).map(|(x, y)| (x, y * 0.3)).collect::<Vec<_>>();
    let hook = vec![jitter(-0.2, -0.4), jitter(0.15, -0.45), jitter(0.1, -0.1), jitter(-0.05, 0.1), jitter(-0.05, 0.4)];
    let scribble = (0..12)
        .map(|k| jitter(-0.5 + f64::from(k) * 0.09, if k % 2 == 0 { 0.2 } else { -0.2 }))
        .map(|(x, y)| (x, y * 0.8))
        .collect();
    let marks = [tick, circle, rule, hook, scribble];
    marks[draw.below(marks.len())].clone()
}

/// A Catmull-Rom curve through the points.
fn smooth(points: &[(f32, f32)]) -> Vec<(f32, f32)> {
    const PIECES: usize = 12;
    let at = |i: isize| points[i.clamp(0, points.len() as isize - 1) as usize];
    let mut curve = Vec::with_capacity(points.len() * PIECES);
    for i in 0..points.len() as isize - 1 {
        let (a, b, c, d) = (at(i - 1), at(i), at(i + 1), at(i + 2));
        for k in 0..PIECES {
            let t = k as f32 / PIECES as f32;
            let one = |a: f32, b: f32, c: f32, d: f32| {
                b + 0.5 * t * (c - a + t * (2.0 * a - 5.0 * b + 4.0 * c - d + t * (3.0 * (b - c) + d - a)))
            };
            curve.push((one(a.0, b.0, c.0, d.0), one(a.1, b.1, c.1, d.1)));
        }
    }
    curve.extend(points.last());
    curve
}

/// The middle of a place of this size where the picture is all alike.
fn blank(pixels: &crate::scene::Pixels, size: f32, draw: &mut Draw<'_>) -> Option<(f32, f32)> {
    let (width, height) = (pixels.width as f32, pixels.height as f32);
    let half = size * 0.62;
    if half * 2.0 + 2.0 > width.min(height) {
        return None;
    }
    (0..24).find_map(|_| {
        let x = draw.between(f64::from(half), f64::from(width - half)) as f32;
        let y = draw.between(f64::from(half), f64::from(height - half)) as f32;
        let (mut low, mut high) = (255f32, 0f32);
        for j in (y - half) as usize..=((y + half) as usize).min(pixels.height as usize - 1) {
            for i in ((x - half) as usize..=((x + half) as usize).min(pixels.width as usize - 1)).step_by(2) {
                let seen = luma(&pixels.rgba[(j * pixels.width as usize + i) * 4..]);
                (low, high) = (low.min(seen), high.max(seen));
            }
        }
        (high - low < 40.0 && low > 120.0).then_some((x, y))
    })
}
