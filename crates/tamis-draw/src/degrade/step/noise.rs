//! Grain of a sensor.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::degrade::convolve::{self, Window};
use crate::degrade::draw::{Draw, Grain};
use crate::degrade::plane::{byte, wide};
use crate::degrade::range::{Check, Range};
use crate::degrade::{DegradeError, Sheet};

/// Gaussian noise. Cameras smooth theirs, so it may spread over more than a pixel, and it differs little from channel
/// to channel. In 8-bit variance, 10 to 400 is usual for cameras in rooms (a deviation of 3 to 20).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Noise {
    /// Deviation in levels of 255. 0 to 120.
    pub sigma: Range,
    /// 0: brightness only; 1: each channel on its own.
    pub chroma: Range,
    /// Size of a grain in pixels. 1 to 8.
    pub grain: Range,
}

impl Default for Noise {
    fn default() -> Noise {
        Noise { sigma: Range::of(2.0, 8.0), chroma: Range::of(0.1, 0.5), grain: Range::of(1.0, 1.6) }
    }
}

impl Noise {
    pub(super) fn check(&self, check: &mut Check) {
        check.range("sigma", &self.sigma, 0.0, 120.0);
        check.range("chroma", &self.chroma, 0.0, 1.0);
        check.range("grain", &self.grain, 1.0, 8.0);
    }

    pub(super) fn apply(&self, sheet: &mut Sheet, draw: &mut Draw<'_>) -> Result<(), DegradeError> {
        let (sigma, chroma) = (self.sigma.draw(draw) as f32, self.chroma.draw(draw) as f32);
        let grain = self.grain.draw(draw) as f32;
        let fields = [draw.noise(), draw.noise(), draw.noise(), draw.noise()];
        let (width, height) = (sheet.pixels.width as usize, sheet.pixels.height as usize);
        let kernel = if grain > 1.05 { convolve::gaussian((grain - 1.0) * 0.5) } else { vec![1.0] };
        // Smoothing takes variance away: as much as the kernel's squares along both axes.
        let left: f32 = kernel.iter().map(|k| k * k).sum();
        let common = (1.0 - chroma * chroma).max(0.0).sqrt() * sigma / left;
        let own = chroma * sigma / left;
        let mut window = Window::new(width, height, 4, &kernel);
        let rgba = &mut sheet.pixels.rgba;
        wide(
            #[inline(always)]
            || {
                for ahead in 0..height + window.radius {
                    if ahead < height {
                        let rows = fields.map(|noise| noise.row(ahead));
                        window.fill(ahead, |to| write(to, rows, common, own));
                    }
                    if let Some(y) = ahead.checked_sub(window.radius) {
                        let row = &mut rgba[y * width * 4..][..width * 4];
                        row.iter_mut().zip(window.row(y)).for_each(|(p, v)| *p = byte(f32::from(*p) + v));
                    }
                }
            },
        );
        Ok(())
    }
}

/// Noise for the pixels of a row: brightness, and each channel on its own. The fourth channel stays.
#[inline(always)]
fn write(row: &mut [f32], [all, red, green, blue]: [Grain; 4], common: f32, own: f32) {
    for (x, p) in row.as_chunks_mut().0.iter_mut().enumerate() {
        let light = common * all.normal(x);
        *p = [light + own * red.normal(x), light + own * green.normal(x), light + own * blue.normal(x), 0.0];
    }
}
