//! Moved while the shutter was open.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::degrade::convolve;
use crate::degrade::draw::Draw;
use crate::degrade::range::{Check, Range};
use crate::degrade::{DegradeError, Sheet};

/// The mean along a straight line whose middle is the pixel, so that nothing moves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MotionBlur {
    /// Length of the line in pixels. 0 to 40.
    pub length: Range,
    /// Its direction in degrees, counter-clockwise from level. -180 to 180.
    pub angle: Range,
}

impl Default for MotionBlur {
    fn default() -> MotionBlur {
        MotionBlur { length: Range::of(1.0, 4.0), angle: Range::of(-90.0, 90.0) }
    }
}

impl MotionBlur {
    pub(super) fn check(&self, check: &mut Check) {
        check.range("length", &self.length, 0.0, 40.0);
        check.range("angle", &self.angle, -180.0, 180.0);
    }

    pub(super) fn apply(&self, sheet: &mut Sheet, draw: &mut Draw<'_>) -> Result<(), DegradeError> {
        let (length, angle) = (self.length.draw(draw), self.angle.draw(draw));
        convolve::sparse(&mut sheet.pixels, &kernel(length, angle));
        Ok(())
    }
}

/// Points at most half a pixel apart along the line, each shared among the four pixels around it.
fn kernel(length: f64, angle: f64) -> Vec<(i32, i32, f32)> {
    let (sin, cos) = (-angle.to_radians()).sin_cos();
    let count = (length * 2.0).ceil() as i32 + 1;
    let mut cells: Vec<(i32, i32, f32)> = Vec::new();
    for k in 0..count {
        let along = if count == 1 { 0.0 } else { (f64::from(k) / f64::from(count - 1) - 0.5) * length };
        let (x, y) = (along * cos, along * sin);
        let (i, j) = (x.floor(), y.floor());
        let (u, v) = (x - i, y - j);
        for (di, dj, share) in
            [(0, 0, (1.0 - u) * (1.0 - v)), (1, 0, u * (1.0 - v)), (0, 1, (1.0 - u) * v), (1, 1, u * v)]
        {
            if share > 1e-6 {
                add(&mut cells, i as i32 + di, j as i32 + dj, (share / f64::from(count)) as f32);
            }
        }
    }
    cells
}

fn add(cells: &mut Vec<(i32, i32, f32)>, x: i32, y: i32, weight: f32) {
    match cells.iter_mut().find(|(i, j, _)| (*i, *j) == (x, y)) {
        Some(cell) => cell.2 += weight,
        None => cells.push((x, y, weight)),
    }
}
