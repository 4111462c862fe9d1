//! What a scanner adds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::degrade::draw::Draw;
use crate::degrade::draw::smoothstep;
use crate::degrade::plane::{Plane, byte, rows};
use crate::degrade::range::{Check, Range};
use crate::degrade::{DegradeError, Sheet};

/// A flat-bed or sheet-fed scanner: dust and hairs on the glass, upright streaks where dirt sat on the line of sensors,
/// and dark edges where the lid did not close.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Scanner {
    /// Specks of dust on a million pixels. 0 to 2000.
    pub dust: Range,
    /// Hairs. 0 to 40.
    pub hairs: Range,
    /// Streaks from top to bottom. 0 to 60.
    pub streaks: Range,
    /// Depth of streaks, in parts of the brightness. 0 to 0.8.
    pub streak_strength: Range,
    /// How dark the edges are. 0 to 1.
    pub edges: Range,
    /// Width of dark edges, in parts of the shorter side. 0 to 0.2.
    pub edge_width: Range,
}

impl Default for Scanner {
    fn default() -> Scanner {
        Scanner {
            dust: Range::of(4.0, 50.0),
            hairs: Range::of(0.0, 2.0),
            streaks: Range::of(0.0, 3.0),
            streak_strength: Range::of(0.02, 0.1),
            edges: Range::of(0.0, 0.45),
            edge_width: Range::of(0.004, 0.02),
        }
    }
}

impl Scanner {
    pub(super) fn check(&self, check: &mut Check) {
        check.range("dust", &self.dust, 0.0, 2000.0);
        check.range("hairs", &self.hairs, 0.0, 40.0);
        check.range("streaks", &self.streaks, 0.0, 60.0);
        check.range("streak_strength", &self.streak_strength, 0.0, 0.8);
        check.range("edges", &self.edges, 0.0, 1.0);
        check.range("edge_width", &self.edge_width, 0.0, 0.2);
    }

    pub(super) fn apply(&self, sheet: &mut Sheet, draw: &mut Draw<'_>) -> Result<(), DegradeError> {
        self.edges(sheet, draw);
        self.streaks(sheet, draw);
        let pixels = &mut sheet.pixels;
        let (width, height) = (f64::from(pixels.width), f64::from(pixels.height));
        let mut dirt = Plane::new(pixels);
        for _ in 0..(self.dust.draw(draw) * width * height / 1e6).round() as usize {
            let (x, y) = (draw.unit() * width, draw.unit() * height);
            let radius = 0.35 * draw.between(0.0, 1.5).exp();
            let stretch = draw.between(0.0, radius) as f32;
            let turn = draw.unit() as f32 * std::f32::consts::TAU;
            let (x, y, r) = (x as f32, y as f32, radius as f32);
            let end = (x + stretch * turn.cos(), y + stretch * turn.sin());
            dirt.line(&[(x, y, r), (end.0, end.1, r * 0.7)], draw.between(0.25, 0.9) as f32);
        }
        for _ in 0..self.hairs.whole(draw) {
            dirt.line(&hair(width, height, draw), draw.between(0.3, 0.75) as f32);
        }
        dirt.stain(pixels, [70.0, 66.0, 62.0]);
        Ok(())
    }
}

fn hair(width: f64, height: f64, draw: &mut Draw<'_>) -> Vec<(f32, f32, f32)> {
    let (mut x, mut y) = (draw.unit() * width, draw.unit() * height);
    let (mut angle, mut bend) = (draw.unit() * std::f64::consts::TAU, draw.between(-0.12, 0.12));
    let step = width.max(height) * draw.between(0.001, 0.0028);
    let mut points = Vec::with_capacity(32);
    for _ in 0..32 {
        points.push((x as f32, y as f32, 0.45));
        bend = (bend + draw.between(-0.04, 0.04)).clamp(-0.3, 0.3);
        (x, y, angle) = (x + step * angle.cos(), y + step * angle.sin(), angle + bend);
    }
    points
}

impl Scanner {
    fn streaks(&self, sheet: &mut Sheet, draw: &mut Draw<'_>) {
        let width = sheet.pixels.width as usize;
        let mut shift = vec![[0f32; 3]; width];
        for _ in 0..self.streaks.whole(draw) {
            let strength = (self.streak_strength.draw(draw) * draw.sign()) as f32;
            let wide = 1 + draw.below(2);
            // One of the three rows of sensors is dirty as often as all of them.
            let only = draw.below(6);
            let from = draw.below(width);
            for column in shift.iter_mut().skip(from).take(wide) {
                (0..3).filter(|c| only > 2 || only == *c).for_each(|c| column[c] += strength);
            }
        }
        if shift.iter().all(|s| *s == [0.0; 3]) {
            return;
        }
        let noise = draw.noise();
        rows(&mut sheet.pixels, #[inline(always)] |y, row| {
            for (x, shift) in shift.iter().enumerate().filter(|(_, s)| **s != [0.0; 3]) {
                let flicker = 0.75 + 0.25 * noise.smooth(x as f32, y as f32 * 0.01);
                (0..3).for_each(|c| row[x][c] = byte(f32::from(row[x][c]) + 255.0 * shift[c] * flicker));
            }
        });
    }

    /// Each edge is dark or not; its inner border wavers a little.
    fn edges(&self, sheet: &mut Sheet, draw: &mut Draw<'_>) {
        let strength = self.edges.draw(draw) as f32;
        let (width, height) = (sheet.pixels.width as f32, sheet.pixels.height as f32);
        let side = width.min(height) * self.edge_width.draw(draw) as f32;
        let dark: Vec<f32> =
            (0..4).map(|_| if draw.chance(0.4) { draw.between(0.4, 1.0) as f32 } else { 0.0 }).collect();
        let noise = draw.noise();
        if strength == 0.0 || side < 0.5 {
            return;
        }
        let reach = side * 2.5;
        let borders = |length: f32, k: usize| -> Vec<f32> {
            let waver = |along: usize| 1.0 + 0.4 * noise.fractal(along as f32 * 0.004, k as f32 * 10.0, 2);
            (0..length as usize).map(|along| side * dark[k] * waver(along)).collect()
        };
        let borders = [borders(height, 0), borders(height, 1), borders(width, 2), borders(width, 3)];
        rows(&mut sheet.pixels, #[inline(always)] |y, row| {
            let (line, y) = (y, y as f32);
            // Away from the upper and the lower edge, only the ends of a row are near one.
            let inner = y >= reach && height - 1.0 - y >= reach;
            let end = (reach.ceil() as usize).min(row.len());
            let (left, right) = if inner { (end, row.len() - end) } else { (row.len(), row.len()) };
            for x in (0..left).chain(right.max(left)..row.len()) {
                let p = &mut row[x];
                let to = [x as f32, width - 1.0 - x as f32, y, height - 1.0 - y];
                let mut light = 1.0;
                for (k, off) in to.into_iter().enumerate().filter(|(k, off)| dark[*k] > 0.0 && *off < reach) {
                    let wide = borders[k][if k < 2 { line } else { x }];
                    light *= 1.0 - strength * dark[k] * smoothstep(wide * 1.5, wide * 0.3, off);
                }
                if light < 1.0 {
                    p[..3].iter_mut().for_each(|c| *c = byte(f32::from(*c) * light));
                }
            }
        });
    }
}
