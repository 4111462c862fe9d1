//! A screen as a camera sees it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::degrade::draw::Draw;
use crate::degrade::draw::smoothstep;
use crate::degrade::plane::{Slow, byte, rows};
use crate::degrade::range::{Check, Range};
use crate::degrade::{DegradeError, Sheet};

/// The pixels of a screen seen so near that red, green and blue stripes and the gaps between rows show, and the glare of
/// a lamp or window on its glass. Bands are `moire`'s part, the view from aside and the bezel `photo`'s.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Screen {
    /// Side of a pixel of the screen, in pixels of the photograph. 2 to 24.
    pub pitch: Range,
    /// Depth of the stripes, in parts of the brightness. 0 to 0.9.
    pub stripes: Range,
    /// Brightness of the glare, in parts of white. 0 to 1.
    pub glare: Range,
    /// Light of the room that the glass throws back: black becomes grey. 0 to 0.5.
    pub haze: Range,
}

impl Default for Screen {
    fn default() -> Screen {
        Screen {
            pitch: Range::of(3.0, 4.5),
            stripes: Range::of(0.06, 0.2),
            glare: Range::of(0.0, 0.45),
            haze: Range::of(0.02, 0.09),
        }
    }
}

impl Screen {
    pub(super) fn check(&self, check: &mut Check) {
        check.range("pitch", &self.pitch, 2.0, 24.0);
        check.range("stripes", &self.stripes, 0.0, 0.9);
        check.range("glare", &self.glare, 0.0, 1.0);
        check.range("haze", &self.haze, 0.0, 0.5);
    }

    pub(super) fn apply(&self, sheet: &mut Sheet, draw: &mut Draw<'_>) -> Result<(), DegradeError> {
        let (pitch, stripes) = (self.pitch.draw(draw) as f32, self.stripes.draw(draw) as f32);
        let (glare, haze) = (self.glare.draw(draw) as f32, self.haze.draw(draw) as f32);
        let pixels = &mut sheet.pixels;
        let side = pixels.width.max(pixels.height) as f32;
        let columns: Vec<[f32; 3]> = (0..pixels.width).map(|x| stripe((x as f32 + 0.5) / pitch, stripes)).collect();
        let gaps: Vec<f32> = (0..pixels.height).map(|y| gap((y as f32 + 0.5) / pitch, stripes)).collect();
        let shine = shine(pixels.width, pixels.height, side, draw);
        // Screens are a little colder than lamps, to which cameras tune themselves.
        let tint = [0.97, 0.99, 1.0];
        let mut shining = vec![0.0; pixels.width as usize];
        rows(
            pixels,
            #[inline(always)]
            |y, row| {
                shine.row(y, &mut shining);
                let tint = tint.map(|t| gaps[y] * t);
                for ((p, shine), column) in row.iter_mut().zip(&shining).zip(&columns) {
                    let light = 255.0 * (haze + glare * shine);
                    // Two lights add up, and the sensor fills slowly towards white.
                    let left = 1.0 - light * (1.0 / 300.0);
                    let channel = |c: usize| byte(f32::from(p[c]) * column[c] * tint[c] * left + light);
                    *p = [channel(0), channel(1), channel(2), p[3]];
                }
            },
        );
        Ok(())
    }
}

/// How bright each channel is at a place across the screen's pixels; the mean over a pixel is 1.
fn stripe(at: f32, depth: f32) -> [f32; 3] {
    let wave = |third: f32| 1.0 + depth * ((at - third) * std::f32::consts::TAU).cos();
    [wave(1.0 / 6.0), wave(0.5), wave(5.0 / 6.0)]
}

fn gap(at: f32, depth: f32) -> f32 {
    1.0 - 0.5 * depth * (1.0 - (at * std::f32::consts::TAU).cos()) * 0.5
}

/// A window (an oblong with soft edges, set askew) or a lamp (a disc with a wide halo).
fn shine(width: u32, height: u32, side: f32, draw: &mut Draw<'_>) -> Slow {
    let (x, y) = (draw.unit() as f32 * width as f32, draw.between(-0.1, 0.6) as f32 * height as f32);
    let size = draw.between(0.08, 0.22) as f32 * side;
    let (sin, cos) = (draw.between(-0.5, 0.5) as f32).sin_cos();
    let (window, tall) = (draw.chance(0.5), draw.between(0.8, 1.8) as f32);
    Slow::new(width, height, move |px, py| {
        let (u, v) = (((px - x) * cos + (py - y) * sin) / size, ((py - y) * cos - (px - x) * sin) / size);
        if window {
            let edge = |t: f32, half: f32| smoothstep(half + 0.25, half - 0.25, t.abs());
            let bar = 1.0 - 0.6 * smoothstep(0.12, 0.03, u.abs());
            0.6 * edge(u, 0.8) * edge(v, 0.8 * tall) * bar + 0.3 * (-(u * u + v * v) * 0.35).exp()
        } else {
            (-(u * u + v * v) * 4.0).exp() + 0.35 * (-(u * u + v * v) * 0.5).exp()
        }
    })
}
