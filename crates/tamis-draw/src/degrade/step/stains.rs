//! Rings, drops and spots.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::degrade::draw::Draw;
use crate::degrade::draw::{Noise, smoothstep};
use crate::degrade::plane::Plane;
use crate::degrade::range::{Check, Range};
use crate::degrade::{DegradeError, Sheet};

/// What was spilt: rings of cups, drops of coffee, tide marks of water, and the brown spots of old paper (foxing).
/// Drops dry from the edge, so their rims are darkest. Text under a stain stays readable; boxes stay.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Stains {
    /// Rings of cups. 0 to 10.
    pub rings: Range,
    /// Drops of coffee or ink. 0 to 200.
    pub drops: Range,
    /// Large pale areas with a dark rim. 0 to 10.
    pub tides: Range,
    /// Small brown spots on a million pixels. 0 to 400.
    pub foxing: Range,
    /// How dark, 0 to 1.
    pub strength: Range,
}

impl Default for Stains {
    fn default() -> Stains {
        Stains {
            rings: Range::of(0.0, 1.0),
            drops: Range::of(0.0, 6.0),
            tides: Range::of(0.0, 1.0),
            foxing: Range::of(0.0, 12.0),
            strength: Range::of(0.25, 0.6),
        }
    }
}

impl Stains {
    pub(super) fn check(&self, check: &mut Check) {
        check.range("rings", &self.rings, 0.0, 10.0);
        check.range("drops", &self.drops, 0.0, 200.0);
        check.range("tides", &self.tides, 0.0, 10.0);
        check.range("foxing", &self.foxing, 0.0, 400.0);
        check.range("strength", &self.strength, 0.0, 1.0);
    }

    pub(super) fn apply(&self, sheet: &mut Sheet, draw: &mut Draw<'_>) -> Result<(), DegradeError> {
        let pixels = &mut sheet.pixels;
        let (width, height) = (f64::from(pixels.width), f64::from(pixels.height));
        let side = width.max(height);
        let strength = self.strength.draw(draw) as f32;
        let (mut coffee, mut water) = (Plane::new(pixels), Plane::new(pixels));
        let place = |draw: &mut Draw<'_>| (draw.between(-0.05, 1.05) * width, draw.between(-0.05, 1.05) * height);
        for _ in 0..self.rings.whole(draw) {
            let (at, radius) = (place(draw), draw.between(0.055, 0.085) * side);
            ring(&mut coffee, at, radius, strength, draw);
            let fallen = 2 + draw.below(5);
            (0..fallen).for_each(|_| {
                let (turn, far) = (draw.unit() * std::f64::consts::TAU, radius * draw.between(1.05, 1.7));
                let at = (at.0 + far * turn.cos(), at.1 + far * turn.sin());
                drop(&mut coffee, at, draw.between(0.0008, 0.003) * side, strength, draw.noise());
            });
        }
        for _ in 0..self.drops.whole(draw) {
            let radius = 0.0015 * side * draw.between(0.0, 2.2).exp();
            drop(&mut coffee, place(draw), radius, strength, draw.noise());
        }
        for _ in 0..self.tides.whole(draw) {
            let (at, radius) = (place(draw), draw.between(0.1, 0.25) * side);
            tide(&mut water, at, radius, strength, draw.noise());
        }
        let spots = (self.foxing.draw(draw) * width * height / 1e6).round() as usize;
        for _ in 0..spots {
            let radius = 0.0008 * side * draw.between(0.0, 1.8).exp();
            let (at, dark) = (place(draw), strength * draw.between(0.2, 0.8) as f32);
            water.raise(at.0 as f32, at.1 as f32, radius as f32 * 2.0 + 1.0, |x, y| {
                let far = (x - at.0 as f32).hypot(y - at.1 as f32) / radius.max(0.5) as f32;
                dark * smoothstep(2.0, 0.2, far)
            });
        }
        coffee.stain(pixels, [136.0, 88.0, 44.0]);
        water.stain(pixels, [186.0, 146.0, 92.0]);
        Ok(())
    }
}

/// The foot of a cup: a rim of uneven width that breaks off where it did not touch.
fn ring(plane: &mut Plane, (x, y): (f64, f64), radius: f64, strength: f32, draw: &mut Draw<'_>) {
    let (x, y, radius) = (x as f32, y as f32, radius as f32);
    let (noise, lean) = (draw.noise(), draw.unit() as f32 * std::f32::consts::TAU);
    let width = radius * draw.between(0.035, 0.07) as f32;
    plane.raise(x, y, radius * 1.15 + 2.0, |px, py| {
        let (dx, dy) = (px - x, py - y);
        let far = dx.hypot(dy);
        if (far - radius).abs() > radius * 0.14 + 2.0 {
            // Within the ring a little was left behind.
            return if far < radius { 0.05 * strength * (1.0 + noise.smooth(px * 0.02, py * 0.02)) } else { 0.0 };
        }
        let (u, v) = (dx / far.max(1.0), dy / far.max(1.0));
        // Noise on the unit circle closes without a seam.
        let slow = noise.fractal(u * 1.5 + 7.0, v * 1.5, 3);
        let quick = noise.fractal(u * 14.0, v * 14.0 + 31.0, 2);
        let off = far - radius * (1.0 + 0.008 * slow);
        let width = (width * (1.0 + 0.5 * slow + 0.25 * quick)).max(0.8);
        let touched = smoothstep(-0.9, 0.1, dy.atan2(dx).sin() * lean.sin() + dx / far.max(1.0) * lean.cos() + slow);
        let rim = smoothstep(1.0, 0.2, ((off - width * 0.3) / (width * 0.45)).abs());
        let wash = smoothstep(width * 0.6, 0.0, off) * smoothstep(-width * 2.2, 0.0, off);
        let inside = if off < 0.0 { 0.05 } else { 0.0 };
        strength * ((0.9 * rim).max(0.5 * wash) * touched * (0.75 + 0.25 * quick)).max(inside).max(0.0)
    });
}

/// A drop: darker rim, uneven outline.
fn drop(plane: &mut Plane, (x, y): (f64, f64), radius: f64, strength: f32, noise: Noise) {
    let (x, y, radius) = (x as f32, y as f32, (radius as f32).max(0.6));
    plane.raise(x, y, radius * 1.4 + 2.0, |px, py| {
        let (dx, dy) = (px - x, py - y);
        let far = dx.hypot(dy).max(1e-3);
        let edge = radius * (1.0 + 0.22 * noise.fractal(dx / far * 1.6, dy / far * 1.6, 2));
        let soft = (radius * 0.08).max(0.7);
        let within = smoothstep(edge + soft, edge - soft, far);
        let rim = smoothstep(edge * 0.72, edge * 0.96, far);
        strength * within * (0.42 + 0.5 * rim + 0.12 * noise.smooth(px * 0.1, py * 0.1))
    });
}

/// Water that dried: hardly darker within, a thin wavy rim, now and then a second one.
fn tide(plane: &mut Plane, (x, y): (f64, f64), radius: f64, strength: f32, noise: Noise) {
    let (x, y, radius) = (x as f32, y as f32, radius as f32);
    plane.raise(x, y, radius * 1.6 + 2.0, |px, py| {
        let (dx, dy) = (px - x, py - y);
        let far = dx.hypot(dy).max(1e-3);
        let (u, v) = (dx / far * 1.3, dy / far * 1.3);
        let edge = radius * (1.0 + 0.35 * noise.fractal(u, v, 4) + 0.012 * noise.smooth(px * 0.07, py * 0.07));
        let off = (edge - far) / radius;
        if off < -0.006 {
            return 0.0;
        }
        let rim = smoothstep(-0.006, 0.004, off) * smoothstep(0.10, 0.0, off);
        let second = 0.35 * smoothstep(0.16, 0.17, off) * smoothstep(0.23, 0.17, off);
        let cloud = 0.5 + 0.5 * noise.fractal(px / radius * 3.0, py / radius * 3.0, 3);
        strength * (0.6 * rim).max(second * cloud).max(0.16 * smoothstep(-0.004, 0.01, off) * (0.6 + 0.4 * cloud))
    });
}
