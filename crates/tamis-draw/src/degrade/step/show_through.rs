//! The back of the sheet.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::degrade::convolve;
use crate::degrade::draw::Draw;
use crate::degrade::plane::{byte, ground};
use crate::degrade::range::{Check, Range};
use crate::degrade::{DegradeError, Sheet};

/// What is printed on the back shows through thin paper: the sheet's own picture in mirror writing, shifted, blurred and
/// faint. It is no part of the truth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ShowThrough {
    /// How dark the back shows, 0 to 1.
    pub strength: Range,
    /// Deviation of the blur by the paper, in pixels. 0 to 8.
    pub blur: Range,
}

impl Default for ShowThrough {
    fn default() -> ShowThrough {
        ShowThrough { strength: Range::of(0.04, 0.13), blur: Range::of(0.8, 1.8) }
    }
}

impl ShowThrough {
    pub(super) fn check(&self, check: &mut Check) {
        check.range("strength", &self.strength, 0.0, 1.0);
        check.range("blur", &self.blur, 0.0, 8.0);
    }

    pub(super) fn apply(&self, sheet: &mut Sheet, draw: &mut Draw<'_>) -> Result<(), DegradeError> {
        let (strength, blur) = (self.strength.draw(draw) as f32, self.blur.draw(draw) as f32);
        let pixels = &mut sheet.pixels;
        let (width, height) = (pixels.width as usize, pixels.height as usize);
        let (dx, dy) = (draw.between(-0.03, 0.03), draw.between(-0.04, 0.04));
        let (dx, dy) = ((dx * width as f64) as i64, (dy * height as f64) as i64);
        let paper = ground(pixels).map(f32::from);
        let mut back = pixels.clone();
        convolve::blur(&mut back, &convolve::gaussian(blur));
        crate::degrade::plane::each(pixels, |x, y, p| {
            let from_x = width as i64 - 1 - x as i64 + dx;
            let from_y = y as i64 + dy;
            if from_x < 0 || from_y < 0 || from_x >= width as i64 || from_y >= height as i64 {
                return;
            }
            let from = &back.rgba[(from_y as usize * width + from_x as usize) * 4..];
            for c in 0..3 {
                let dark = (paper[c] - f32::from(from[c])).max(0.0) / 255.0;
                p[c] = byte(f32::from(p[c]) * (1.0 - strength * dark));
            }
        });
        Ok(())
    }
}
