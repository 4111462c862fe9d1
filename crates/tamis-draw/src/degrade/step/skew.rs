//! A sheet that lies askew.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::degrade::draw::Draw;
use crate::degrade::map::{Map, Projective};
use crate::degrade::range::{Check, Range};
use crate::degrade::{DegradeError, Sheet};

/// A turn about the middle of the picture, a shear and a shift; the frame stays. What comes in from outside has the
/// colour of the ground.
///
/// The usual skew of fed pages is within 2 degrees; document readers are tested up to 15 (DISEC, ICDAR 2013).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Skew {
    /// Degrees, counter-clockwise. -180 to 180.
    pub angle: Range,
    /// How far a pixel of height moves sideways, in pixels. -0.5 to 0.5.
    pub shear: Range,
    /// Shift in both directions, in parts of the longer side. -0.5 to 0.5.
    pub shift: Range,
}

impl Default for Skew {
    fn default() -> Skew {
        Skew { angle: Range::of(-2.0, 2.0), shear: Range::of(-0.01, 0.01), shift: Range::always(0.0) }
    }
}

impl Skew {
    pub(super) fn check(&self, check: &mut Check) {
        check.range("angle", &self.angle, -180.0, 180.0);
        check.range("shear", &self.shear, -0.5, 0.5);
        check.range("shift", &self.shift, -0.5, 0.5);
    }

    pub(super) fn apply(&self, sheet: &mut Sheet, draw: &mut Draw<'_>) -> Result<(), DegradeError> {
        let (sin, cos) = (-self.angle.draw(draw).to_radians()).sin_cos();
        let shear = self.shear.draw(draw);
        let (w, h) = (f64::from(sheet.pixels.width), f64::from(sheet.pixels.height));
        let (dx, dy) = (self.shift.draw(draw) * w.max(h), self.shift.draw(draw) * w.max(h));
        // Sheared, then turned, both about the middle.
        let [a, b, d, e] = [cos, cos * shear - sin, sin, sin * shear + cos];
        let (mx, my) = (w / 2.0, h / 2.0);
        let affine = [a, b, mx - a * mx - b * my + dx, d, e, my - d * mx - e * my + dy];
        if let Some(map) = Projective::affine(affine) {
            sheet.bend(Map::Projective(map));
        }
        Ok(())
    }
}
