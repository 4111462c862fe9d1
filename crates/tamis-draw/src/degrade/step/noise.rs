//! Grain of a sensor.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::degrade::draw::Draw;
use crate::degrade::plane::{byte, each};
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
        let layer = |field: usize, share: f32| {
            let noise = fields[field];
            if share == 0.0 { Vec::new() } else { grains(noise, width, height, grain, sigma * share) }
        };
        let all = layer(0, (1.0 - chroma * chroma).max(0.0).sqrt());
        let own = [layer(1, chroma), layer(2, chroma), layer(3, chroma)];
        each(&mut sheet.pixels, |x, y, p| {
            let i = y * width + x;
            let common = all.get(i).copied().unwrap_or(0.0);
            for c in 0..3 {
                p[c] = byte(f32::from(p[c]) + common + own[c].get(i).copied().unwrap_or(0.0));
            }
        });
        Ok(())
    }
}

/// Noise of a deviation whose grains are `size` pixels wide.
fn grains(noise: crate::degrade::draw::Noise, width: usize, height: usize, size: f32, sigma: f32) -> Vec<f32> {
    let mut v: Vec<f32> =
        (0..width * height).map(|i| sigma * noise.normal((i % width) as i32, (i / width) as i32)).collect();
    if size > 1.05 {
        let kernel = crate::degrade::convolve::gaussian((size - 1.0) * 0.5);
        // Smoothing takes variance away: as much as the kernel's squares along both axes.
        let left: f32 = kernel.iter().map(|k| k * k).sum();
        crate::degrade::convolve::separable(&mut v, width, height, 1, &kernel);
        v.iter_mut().for_each(|v| *v /= left);
    }
    v
}
