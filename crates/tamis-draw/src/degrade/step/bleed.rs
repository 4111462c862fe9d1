//! Ink that runs into the paper.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::degrade::convolve;
use crate::degrade::draw::Draw;
use crate::degrade::draw::smoothstep;
use crate::degrade::plane::{byte, luma};
use crate::degrade::range::{Check, Range};
use crate::degrade::step::strokes::extreme;
use crate::degrade::{DegradeError, Sheet};

/// Ink creeps along the fibres: around strokes the paper takes their colour where the ink of the neighbourhood, uneven
/// with the fibres, is above a threshold, so edges become ragged; a faint halo remains.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Bleed {
    /// How far ink creeps, in pixels. 0.3 to 6.
    pub reach: Range,
    /// How uneven the edge is, 0 (smooth) to 1.
    pub ragged: Range,
    /// Share of the ink's darkness in what is newly inked. 0 to 1.
    pub strength: Range,
}

impl Default for Bleed {
    fn default() -> Bleed {
        Bleed { reach: Range::of(0.6, 1.2), ragged: Range::of(0.3, 0.8), strength: Range::of(0.4, 0.8) }
    }
}

impl Bleed {
    pub(super) fn check(&self, check: &mut Check) {
        check.range("reach", &self.reach, 0.3, 6.0);
        check.range("ragged", &self.ragged, 0.0, 1.0);
        check.range("strength", &self.strength, 0.0, 1.0);
    }

    pub(super) fn apply(&self, sheet: &mut Sheet, draw: &mut Draw<'_>) -> Result<(), DegradeError> {
        let (reach, ragged) = (self.reach.draw(draw) as f32, self.ragged.draw(draw) as f32);
        let (strength, noise) = (self.strength.draw(draw) as f32, draw.noise());
        let pixels = &mut sheet.pixels;
        let (width, height) = (pixels.width as usize, pixels.height as usize);
        let mut wet: Vec<f32> = pixels.rgba.chunks_exact(4).map(|p| 1.0 - luma(p) / 255.0).collect();
        convolve::separable(&mut wet, width, height, 1, &convolve::gaussian(reach));
        let ink = extreme(pixels, reach.ceil() as usize, true);
        for (i, (p, dark)) in pixels.rgba.chunks_exact_mut(4).zip(ink.rgba.chunks_exact(4)).enumerate() {
            let wet = wet[i];
            if wet < 0.02 {
                continue;
            }
            let (x, y) = ((i % width) as f32, (i / width) as f32);
            let fibre = 0.5 * ragged * noise.smooth(x * 0.45, y * 0.45);
            let share = strength * smoothstep(0.12, 0.5, wet * (1.0 + fibre) + 0.12 * fibre) + 0.06 * wet;
            for c in 0..3 {
                let (from, to) = (f32::from(p[c]), f32::from(dark[c]));
                p[c] = byte(from + (to - from) * share.min(1.0));
            }
        }
        Ok(())
    }
}
