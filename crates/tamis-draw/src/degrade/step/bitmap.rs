//! Black and white only.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::degrade::draw::Draw;
use crate::degrade::plane::luma;
use crate::degrade::range::{Check, Range};
use crate::degrade::step::resample;
use crate::degrade::{DegradeError, Sheet};

/// One bit a pixel, as fax machines and old scanners write it, at fewer pixels if wished (Qianfan-VL: "bitmap
/// conversion"). The size of the picture stays.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Bitmap {
    /// Brightness from which a pixel is white, 0 to 1. 0.05 to 0.95.
    pub threshold: Range,
    /// Pixels of a side before the threshold, in parts of the picture's; a page drawn at 144 dpi has 0.7 of a "fine"
    /// fax's 204 dpi, so there 1 is a fax and lower values are worse ones. 0.1 to 1.
    pub scale: Range,
    /// How greys are shown.
    pub dither: Dither,
    /// Unevenness of the threshold: ragged edges. Deviation of brightness, 0 to 0.3.
    pub uneven: Range,
}

/// How greys are shown in black and white.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dither {
    /// not at all: darker than the threshold is black
    None,
    /// by a regular pattern of dots (Bayer, 4 x 4)
    Ordered,
    /// by handing the error on to the pixels after it (Floyd and Steinberg)
    Diffusion,
}

impl Default for Bitmap {
    fn default() -> Bitmap {
        Bitmap {
            threshold: Range::of(0.45, 0.7),
            scale: Range::always(1.0),
            dither: Dither::None,
            uneven: Range::of(0.0, 0.04),
        }
    }
}

impl Bitmap {
    pub(super) fn check(&self, check: &mut Check) {
        check.range("threshold", &self.threshold, 0.05, 0.95);
        check.range("scale", &self.scale, 0.1, 1.0);
        check.range("uneven", &self.uneven, 0.0, 0.3);
    }

    pub(super) fn apply(&self, sheet: &mut Sheet, draw: &mut Draw<'_>) -> Result<(), DegradeError> {
        let (threshold, scale) = (self.threshold.draw(draw) as f32 * 255.0, self.scale.draw(draw));
        let (uneven, noise) = (self.uneven.draw(draw) as f32 * 255.0, draw.noise());
        let (width, height) = (sheet.pixels.width, sheet.pixels.height);
        let (w, h) = (resample::side(width, scale), resample::side(height, scale));
        let mut small = resample::resize(&sheet.pixels, w, h);
        let row = w as usize;
        let mut grey: Vec<f32> = small.rgba.chunks_exact(4).map(luma).collect();
        let mut grain = noise.row(0);
        for i in 0..grey.len() {
            let (x, y) = (i % row, i / row);
            let limit = match self.dither {
                Dither::Ordered => 16.0 + (f32::from(BAYER[y % 4][x % 4]) - 7.5) / 16.0 * 255.0 + threshold - 16.0,
                _ => threshold,
            };
            if x == 0 {
                grain = noise.row(y);
            }
            let seen = grey[i] + uneven * grain.normal(x);
            let white = if seen >= limit { 255.0 } else { 0.0 };
            if self.dither == Dither::Diffusion {
                let error = grey[i] - white;
                diffuse(&mut grey, row, i, error);
            }
            grey[i] = white;
        }
        for (p, white) in small.rgba.chunks_exact_mut(4).zip(&grey) {
            p[..3].fill(*white as u8);
        }
        sheet.pixels = resample::resize(&small, width, height);
        Ok(())
    }
}

const BAYER: [[u8; 4]; 4] = [[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]];

fn diffuse(grey: &mut [f32], row: usize, i: usize, error: f32) {
    let (first, last) = (i.is_multiple_of(row), (i + 1).is_multiple_of(row));
    let mut hand = |at: usize, share: f32, within: bool| {
        if let Some(v) = grey.get_mut(at).filter(|_| within) {
            *v += error * share / 16.0;
        }
    };
    hand(i + 1, 7.0, !last);
    hand((i + row).wrapping_sub(1), 3.0, !first);
    hand(i + row, 5.0, true);
    hand(i + row + 1, 1.0, !last);
}
