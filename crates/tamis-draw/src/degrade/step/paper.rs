//! What a sheet is made of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::degrade::draw::Draw;
use crate::degrade::draw::{mix, smoothstep};
use crate::degrade::plane::{Plane, Slow, factors, multiply, rows};
use crate::degrade::range::{Check, Range};
use crate::degrade::{DegradeError, Sheet};

/// Paper under the ink: a tint, cloudy unevenness, fine grain, fibres and yellowed edges. Colours are multiplied, so
/// white becomes paper and ink stays ink.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Paper {
    /// From white (0) through cream to the brown of old wood-pulp paper (1).
    pub age: Range,
    /// Depth of cloudy unevenness, in parts of the brightness. 0 to 0.3.
    pub clouds: Range,
    /// Deviation of the fine grain, in parts of the brightness. 0 to 0.2.
    pub grain: Range,
    /// Fibres on a square of 100 x 100 pixels. 0 to 40.
    pub fibres: Range,
    /// How much darker the edges are. 0 to 1.
    pub edges: Range,
}

impl Default for Paper {
    fn default() -> Paper {
        Paper {
            age: Range::of(0.05, 0.35),
            clouds: Range::of(0.01, 0.03),
            grain: Range::of(0.006, 0.016),
            fibres: Range::of(0.5, 4.0),
            edges: Range::of(0.0, 0.1),
        }
    }
}

impl Paper {
    pub(super) fn check(&self, check: &mut Check) {
        check.range("age", &self.age, 0.0, 1.0);
        check.range("clouds", &self.clouds, 0.0, 0.3);
        check.range("grain", &self.grain, 0.0, 0.2);
        check.range("fibres", &self.fibres, 0.0, 40.0);
        check.range("edges", &self.edges, 0.0, 1.0);
    }

    pub(super) fn apply(&self, sheet: &mut Sheet, draw: &mut Draw<'_>) -> Result<(), DegradeError> {
        let tint = tint(self.age.draw(draw) as f32);
        let (clouds, grain) = (self.clouds.draw(draw) as f32, self.grain.draw(draw) as f32);
        let (fibres, edges) = (self.fibres.draw(draw), self.edges.draw(draw) as f32);
        let (slow, fine) = (draw.noise(), draw.noise());
        let pixels = &mut sheet.pixels;
        let (width, height) = (pixels.width as f32, pixels.height as f32);
        let side = width.max(height);
        // Clouds scale with the sheet, not with its pixels.
        let cloud = Slow::new(pixels.width, pixels.height, |x, y| {
            let wave = slow.fractal(x / side * 7.0, y / side * 7.0, 5);
            let inward = x.min(width - x).min(y).min(height - y) / side;
            let ragged = inward + 0.03 * slow.fractal(x / side * 15.0, y / side * 15.0 + 40.0, 3);
            let rim = 0.6 * smoothstep(0.035, -0.01, ragged) + 0.4 * smoothstep(0.2, 0.0, ragged);
            clouds * (wave - 0.3) - edges * 0.28 * rim * (1.0 + 0.5 * wave)
        });
        // What darkens old paper turns it brown: blue goes first.
        let yellowing = [1.0, 1.0 + 1.1 * (tint[0] - tint[1]), 1.0 + 1.9 * (tint[0] - tint[2])];
        let fibre = fibre_plane(pixels, fibres, draw);
        let (mut shade, mut dyed) = (vec![0.0; pixels.width as usize], factors(pixels));
        rows(
            pixels,
            #[inline(always)]
            |y, row| {
                cloud.row(y, &mut shade);
                // Grain of single pixels, and over two pixels, which sensors do not average away.
                let (single, double) = (fine.row(y), fine.row(y / 2 + (1 << 30)));
                for (x, (shade, fibre)) in shade.iter_mut().zip(&fibre.v[y * fibre.width..]).enumerate() {
                    let pulp = single.normal(x) + 1.2 * double.normal(x / 2);
                    *shade += grain * 0.6 * pulp - 0.10 * fibre;
                }
                for (dyed, shade) in dyed.iter_mut().zip(&shade) {
                    let channel = |c: usize| tint[c] * (1.0 + shade * yellowing[c]);
                    *dyed = [channel(0), channel(1), channel(2), 1.0];
                }
                multiply(row, &dyed);
            },
        );
        Ok(())
    }
}

/// The colour of paper of an age, in parts of white.
fn tint(age: f32) -> [f32; 3] {
    const AGES: [(f32, [f32; 3]); 4] = [
        (0.0, [0.995, 0.995, 0.99]),
        (0.3, [0.985, 0.97, 0.925]),
        (0.65, [0.945, 0.895, 0.785]),
        (1.0, [0.86, 0.755, 0.58]),
    ];
    let i = AGES.iter().rposition(|(at, _)| *at <= age).unwrap_or(0).min(AGES.len() - 2);
    let ((from, a), (to, b)) = (AGES[i], AGES[i + 1]);
    let t = ((age - from) / (to - from)).clamp(0.0, 1.0);
    [0, 1, 2].map(|c| mix(a[c], b[c], t))
}

fn fibre_plane(pixels: &crate::scene::Pixels, density: f64, draw: &mut Draw<'_>) -> Plane {
    let mut plane = Plane::new(pixels);
    let area = f64::from(pixels.width) * f64::from(pixels.height);
    let count = (density * area / 10_000.0).min(40_000.0) as usize;
    for _ in 0..count {
        let (mut x, mut y) = (draw.unit() * f64::from(pixels.width), draw.unit() * f64::from(pixels.height));
        let (mut angle, bend) = (draw.unit() * std::f64::consts::TAU, draw.between(-0.35, 0.35));
        let (length, strength) = (draw.between(4.0, 16.0), draw.between(0.1, 0.7) as f32);
        let mut points = Vec::with_capacity(8);
        for _ in 0..6 {
            points.push((x as f32, y as f32, 0.35));
            (x, y, angle) = (x + angle.cos() * length / 6.0, y + angle.sin() * length / 6.0, angle + bend);
        }
        plane.line(&points, strength);
    }
    plane
}
