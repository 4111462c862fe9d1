//! Brightness and colour of the whole picture.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::degrade::draw::Draw;
use crate::degrade::plane::{LUMA, byte, rows};
use crate::degrade::range::{Check, Range};
use crate::degrade::{DegradeError, Sheet};

/// Colour jitter, in this order: white balance, saturation, hue, gamma, contrast about the middle grey, brightness. The
/// defaults are small; a contrast of 0.3 to 0.6 with a brightness above 0 makes faded print.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tone {
    /// Shift of all channels in parts of white. -1 to 1.
    pub brightness: Range,
    /// Factor about the middle grey; 1 changes nothing. 0.05 to 4.
    pub contrast: Range,
    /// Exponent; above 1 is darker. 0.2 to 5.
    pub gamma: Range,
    /// 0 is grey, 1 changes nothing. 0 to 3.
    pub saturation: Range,
    /// Turn of the hue in degrees. -180 to 180.
    pub hue: Range,
    /// White balance: above 0 warm as a lamp, below 0 cold as the shade, in parts of the channels. -0.5 to 0.5.
    pub warmth: Range,
}

impl Default for Tone {
    fn default() -> Tone {
        Tone {
            brightness: Range::of(-0.06, 0.06),
            contrast: Range::of(0.8, 1.15),
            gamma: Range::of(0.85, 1.2),
            saturation: Range::of(0.75, 1.2),
            hue: Range::of(-6.0, 6.0),
            warmth: Range::of(-0.04, 0.06),
        }
    }
}

impl Tone {
    /// Nothing changes; to be given the few ranges that do.
    pub const NONE: Tone = Tone {
        brightness: Range::always(0.0),
        contrast: Range::always(1.0),
        gamma: Range::always(1.0),
        saturation: Range::always(1.0),
        hue: Range::always(0.0),
        warmth: Range::always(0.0),
    };

    /// All colour is lost.
    pub const GREY: Tone = Tone { saturation: Range::always(0.0), ..Tone::NONE };

    pub(super) fn check(&self, check: &mut Check) {
        check.range("brightness", &self.brightness, -1.0, 1.0);
        check.range("contrast", &self.contrast, 0.05, 4.0);
        check.range("gamma", &self.gamma, 0.2, 5.0);
        check.range("saturation", &self.saturation, 0.0, 3.0);
        check.range("hue", &self.hue, -180.0, 180.0);
        check.range("warmth", &self.warmth, -0.5, 0.5);
    }

    pub(super) fn apply(&self, sheet: &mut Sheet, draw: &mut Draw<'_>) -> Result<(), DegradeError> {
        let brightness = self.brightness.draw(draw) as f32 * 255.0;
        let (contrast, gamma) = (self.contrast.draw(draw) as f32, self.gamma.draw(draw) as f32);
        let (saturation, hue) = (self.saturation.draw(draw) as f32, self.hue.draw(draw) as f32);
        let warmth = self.warmth.draw(draw) as f32;
        let curve: [u8; 256] = std::array::from_fn(|v| {
            byte(((v as f32 / 255.0).powf(gamma) * 255.0 - 127.5) * contrast + 127.5 + brightness)
        });
        let gains = [1.0 + warmth, 1.0 + 0.2 * warmth, 1.0 - warmth];
        let mixed = product(hue_turn(hue.to_radians()), saturate(saturation, gains));
        rows(
            &mut sheet.pixels,
            #[inline(always)]
            |_, row| {
                for p in row.iter_mut() {
                    let [r, g, b] = [f32::from(p[0]), f32::from(p[1]), f32::from(p[2])];
                    let channel = |row: [f32; 3]| byte(row[0] * r + row[1] * g + row[2] * b);
                    *p = [channel(mixed[0]), channel(mixed[1]), channel(mixed[2]), p[3]];
                }
                for p in row {
                    *p = [curve[usize::from(p[0])], curve[usize::from(p[1])], curve[usize::from(p[2])], p[3]];
                }
            },
        );
        Ok(())
    }
}

/// The white balance, then a stretch of the distance from the brightness before it.
fn saturate(saturation: f32, gains: [f32; 3]) -> [[f32; 3]; 3] {
    let grey = LUMA.map(|share| share * (1.0 - saturation));
    [0, 1, 2].map(|row| [0, 1, 2].map(|c| grey[c] + if row == c { gains[c] * saturation } else { 0.0 }))
}

fn product(a: [[f32; 3]; 3], b: [[f32; 3]; 3]) -> [[f32; 3]; 3] {
    a.map(|row| [0, 1, 2].map(|c| row[0] * b[0][c] + row[1] * b[1][c] + row[2] * b[2][c]))
}

/// A turn about the axis of greys (Rodrigues' formula), which leaves greys alone.
fn hue_turn(angle: f32) -> [[f32; 3]; 3] {
    let (sin, cos) = angle.sin_cos();
    let (same, other) = (cos + (1.0 - cos) / 3.0, (1.0 - cos) / 3.0);
    let side = sin / 3f32.sqrt();
    [[same, other - side, other + side], [other + side, same, other - side], [other - side, other + side, same]]
}
