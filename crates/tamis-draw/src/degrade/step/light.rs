//! Light that is not even.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::degrade::draw::Draw;
use crate::degrade::plane::Slow;
use crate::degrade::range::{Check, Range};
use crate::degrade::{DegradeError, Sheet};

/// Light from one side, falling off over the sheet, and the darker corners of a lens.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Light {
    /// How much darker the far side is. 0 to 0.95.
    pub fall: Range,
    /// How much darker the corners are. 0 to 0.95.
    pub vignette: Range,
}

impl Default for Light {
    fn default() -> Light {
        Light { fall: Range::of(0.08, 0.32), vignette: Range::of(0.0, 0.15) }
    }
}

impl Light {
    pub(super) fn check(&self, check: &mut Check) {
        check.range("fall", &self.fall, 0.0, 0.95);
        check.range("vignette", &self.vignette, 0.0, 0.95);
    }

    pub(super) fn apply(&self, sheet: &mut Sheet, draw: &mut Draw<'_>) -> Result<(), DegradeError> {
        let (fall, vignette) = (self.fall.draw(draw) as f32, self.vignette.draw(draw) as f32);
        let (width, height) = (sheet.pixels.width as f32, sheet.pixels.height as f32);
        let angle = draw.unit() as f32 * std::f32::consts::TAU;
        // The lamp stands beyond the edge; light falls off with the square of the distance.
        let far = draw.between(0.75, 1.4) as f32;
        let (lx, ly) = (0.5 + far * angle.cos(), 0.5 + far * angle.sin());
        let near = far - 0.5;
        let dim = |u: f32, v: f32| {
            let lamp = (near * near + 0.4) / ((u - lx).powi(2) + (v - ly).powi(2) + 0.4);
            let corner = ((u - 0.5).powi(2) + (v - 0.5).powi(2)) * 2.0;
            (1.0 - fall + fall * lamp.min(1.0)) * (1.0 - vignette * corner * corner.sqrt())
        };
        Slow::new(sheet.pixels.width, sheet.pixels.height, |x, y| dim(x / width, y / height)).shade(&mut sheet.pixels);
        Ok(())
    }
}
