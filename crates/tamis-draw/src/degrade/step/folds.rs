//! Creases.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::degrade::draw::Draw;
use crate::degrade::draw::smoothstep;
use crate::degrade::plane::{Slow, byte, rows};
use crate::degrade::range::{Check, Range};
use crate::degrade::{DegradeError, Sheet};

/// A sheet that was folded, or crumpled and smoothed out: the panels take the light differently, along each crease runs
/// a light and a dark edge, and the ink is worn off it. The sheet lies flat again, so nothing moves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Folds {
    /// Level creases, evenly spread as one folds a letter. 0 to 6.
    pub level: Range,
    /// Upright creases. 0 to 6.
    pub upright: Range,
    /// Creases at any angle, as of a crumpled sheet. 0 to 60.
    pub crumpled: Range,
    /// How differently panels take the light, in parts of the brightness. 0 to 0.5.
    pub depth: Range,
    /// Share of a crease where the ink is worn off. 0 to 1.
    pub worn: Range,
}

impl Default for Folds {
    fn default() -> Folds {
        Folds {
            level: Range::of(0.0, 2.0),
            upright: Range::of(0.0, 1.0),
            crumpled: Range::always(0.0),
            depth: Range::of(0.03, 0.09),
            worn: Range::of(0.05, 0.4),
        }
    }
}

/// How far a crease itself is seen, in pixels.
const BESIDE: f32 = 8.0;

/// A crease: a straight line, and how the sheet bends there.
struct Crease {
    normal: (f32, f32),
    at: f32,
    /// Above 0 a ridge, below 0 a valley.
    rise: f32,
    /// How far from the crease the sheet is still bent, in pixels.
    reach: f32,
}

impl Crease {
    fn off(&self, x: f32, y: f32) -> f32 {
        x * self.normal.0 + y * self.normal.1 - self.at
    }

    /// The pixels of a row that are beside the crease, and a few more.
    fn beside(&self, y: f32, width: usize) -> std::ops::Range<usize> {
        let (normal, middle) = (self.normal.0, self.at - y * self.normal.1);
        // The row lies along the crease.
        if normal.abs() < 1e-3 {
            return 0..if middle.abs() > BESIDE + width as f32 * 1e-3 + 1.0 { 0 } else { width };
        }
        let (middle, reach) = (middle / normal, BESIDE / normal.abs() + 2.0);
        (middle - reach) as usize..((middle + reach) as usize).min(width)
    }
}

impl Folds {
    pub(super) fn check(&self, check: &mut Check) {
        check.range("level", &self.level, 0.0, 6.0);
        check.range("upright", &self.upright, 0.0, 6.0);
        check.range("crumpled", &self.crumpled, 0.0, 60.0);
        check.range("depth", &self.depth, 0.0, 0.5);
        check.range("worn", &self.worn, 0.0, 1.0);
    }

    pub(super) fn apply(&self, sheet: &mut Sheet, draw: &mut Draw<'_>) -> Result<(), DegradeError> {
        let pixels = &mut sheet.pixels;
        let (width, height) = (f64::from(pixels.width), f64::from(pixels.height));
        let (depth, worn) = (self.depth.draw(draw) as f32, self.worn.draw(draw) as f32);
        let creases = self.creases(width, height, draw);
        let noise = draw.noise();
        let dimmed = if creases.is_empty() { 0.0 } else { 0.5 };
        Slow::new(pixels.width, pixels.height, |x, y| {
            let bent = creases.iter().map(|c| {
                let off = c.off(x, y);
                // Either side leans the other way and flattens out with distance.
                c.rise * off.signum() * smoothstep(0.0, 6.0, off.abs()) * (-off.abs() / c.reach).exp()
            });
            // Lit on the whole a little less than flat, so that ridges of white paper stand out too.
            1.0 + depth * (bent.sum::<f32>().clamp(-2.0, 1.2) - dimmed)
        })
        .shade(pixels);
        rows(pixels, #[inline(always)] |y, row| {
            let (y, width) = (y as f32 + 0.5, row.len());
            for (crease, x) in creases.iter().flat_map(|c| c.beside(y, width).map(move |x| (c, x))) {
                let (p, x) = (&mut row[x], x as f32 + 0.5);
                let off = crease.off(x, y);
                if off.abs() > BESIDE {
                    continue;
                }
                let off = off + 0.7 * noise.smooth(x * 0.05, y * 0.05);
                let line = (-(off - 1.2) * (off - 1.2) / 1.6).exp() - (-(off + 1.2) * (off + 1.2) / 1.6).exp();
                let flake =
                    smoothstep(1.0 - 1.4 * worn, 1.25 - 1.4 * worn, 0.5 + 0.5 * noise.fractal(x * 0.35, y * 0.35, 2));
                let flake = flake * smoothstep(1.6, 0.4, off.abs()) * 0.75;
                for c in &mut p[..3] {
                    let shaded = f32::from(*c) * (1.0 + (depth * 1.4 + 0.02) * line * crease.rise);
                    *c = byte(shaded + (240.0 - shaded).max(0.0) * flake);
                }
            }
        });
        Ok(())
    }

    fn creases(&self, width: f64, height: f64, draw: &mut Draw<'_>) -> Vec<Crease> {
        let mut creases = Vec::new();
        let mut rows = |count: usize, side: f64, upright: bool, draw: &mut Draw<'_>| {
            for k in 1..=count {
                let at = side * (k as f64 / (count + 1) as f64 + draw.between(-0.012, 0.012));
                let lean = draw.between(-0.004, 0.004);
                let normal = if upright { (1.0, lean as f32) } else { (lean as f32, 1.0) };
                let rise = (draw.sign() * draw.between(0.7, 1.2)) as f32;
                creases.push(Crease { normal, at: at as f32, rise, reach: (side * 0.12) as f32 });
            }
        };
        rows(self.level.whole(draw), height, false, draw);
        rows(self.upright.whole(draw), width, true, draw);
        for _ in 0..self.crumpled.whole(draw) {
            let (sin, cos) = draw.between(0.0, std::f64::consts::TAU).sin_cos();
            let at = draw.unit() * width * cos + draw.unit() * height * sin;
            let rise = (draw.sign() * draw.between(0.2, 0.8)) as f32;
            let reach = (draw.between(0.015, 0.08) * width.max(height)) as f32;
            creases.push(Crease { normal: (cos as f32, sin as f32), at: at as f32, rise, reach });
        }
        creases
    }
}
