//! The back of the sheet.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::degrade::convolve;
use crate::degrade::draw::Draw;
use crate::degrade::plane::{byte, ground, rows};
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
        rows(pixels, #[inline(always)] |y, row| {
            let from = y as i64 + dy;
            if from < 0 || from >= height as i64 {
                return;
            }
            let back = back.rgba[from as usize * width * 4..][..width * 4].as_chunks::<4>().0;
            // Column x shows column `last - x` of the back.
            let last = width as i64 - 1 + dx;
            let seen = (last - width as i64 + 1).max(0) as usize..(last + 1).clamp(0, width as i64) as usize;
            for (p, from) in row[seen].iter_mut().zip(back[..(last + 1).clamp(0, width as i64) as usize].iter().rev()) {
                for c in 0..3 {
                    let dark = (paper[c] - f32::from(from[c])).max(0.0) / 255.0;
                    p[c] = byte(f32::from(p[c]) * (1.0 - strength * dark));
                }
            }
        });
        Ok(())
    }
}
