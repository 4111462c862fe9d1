//! Fewer pixels.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::degrade::draw::Draw;
use crate::degrade::map::{Map, Projective};
use crate::degrade::plane::{byte, wide};
use crate::degrade::range::{Check, Range};
use crate::degrade::{DegradeError, Sheet};
use crate::scene::Pixels;

/// Fewer pixels, and, if wished, back to as many as before, so that fine detail is lost and the size stays. Going down
/// pixels are averaged, going up they are interpolated.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Resample {
    /// Pixels of a side in between, in parts of what they were. 0.02 to 1.
    pub scale: Range,
    /// Whether the picture gets its size back; if not, boxes shrink with it.
    pub restore: bool,
}

impl Default for Resample {
    fn default() -> Resample {
        Resample { scale: Range::of(0.5, 0.85), restore: true }
    }
}

impl Resample {
    pub(super) fn check(&self, check: &mut Check) {
        check.range("scale", &self.scale, 0.02, 1.0);
    }

    pub(super) fn apply(&self, sheet: &mut Sheet, draw: &mut Draw<'_>) -> Result<(), DegradeError> {
        let scale = self.scale.draw(draw);
        let (width, height) = (sheet.pixels.width, sheet.pixels.height);
        let (w, h) = (side(width, scale), side(height, scale));
        let small = resize(&sheet.pixels, w, h);
        if self.restore {
            sheet.pixels = resize(&small, width, height);
            return Ok(());
        }
        let (sx, sy) = (f64::from(w) / f64::from(width), f64::from(h) / f64::from(height));
        if let Some(map) = Projective::affine([sx, 0.0, 0.0, 0.0, sy, 0.0]) {
            sheet.motion.push(Map::Projective(map), w, h);
            sheet.pixels = small;
        }
        Ok(())
    }
}

/// A side at a scale, at least one pixel.
pub(in crate::degrade) fn side(side: u32, scale: f64) -> u32 {
    ((f64::from(side) * scale).round() as u32).max(1)
}

/// The picture at another size: the outer edges stay outer edges, so nothing is shifted by parts of a pixel.
pub(in crate::degrade) fn resize(pixels: &Pixels, width: u32, height: u32) -> Pixels {
    if (width, height) == (pixels.width, pixels.height) {
        return pixels.clone();
    }
    let (columns, rows) = (weights(pixels.width, width), weights(pixels.height, height));
    let old = pixels.width as usize * 4;
    let mut rgba = Vec::with_capacity(width as usize * height as usize * 4);
    let mut sum = vec![0f32; old];
    wide(
        #[inline(always)]
        || {
            for (first, shares) in &rows {
                sum.fill(0.0);
                for (k, share) in shares.iter().enumerate() {
                    let row = &pixels.rgba[(first + k) * old..][..old];
                    sum.iter_mut().zip(row).for_each(|(s, b)| *s += share * f32::from(*b));
                }
                let sum = sum.as_chunks::<4>().0;
                for (first, shares) in &columns {
                    let mut pixel = [0f32; 4];
                    for (share, from) in shares.iter().zip(&sum[*first..]) {
                        (0..4).for_each(|c| pixel[c] += share * from[c]);
                    }
                    rgba.extend(pixel.map(byte));
                }
            }
        },
    );
    Pixels { width, height, rgba }
}

/// For each new pixel the first old one that takes part, and the shares of it and those after it: a triangle as wide as
/// the larger of both pixels.
fn weights(from: u32, to: u32) -> Vec<(usize, Vec<f32>)> {
    let ratio = f64::from(from) / f64::from(to);
    let reach = ratio.max(1.0);
    (0..to)
        .map(|i| {
            let middle = (f64::from(i) + 0.5) * ratio - 0.5;
            let first = (middle - reach).ceil().max(0.0) as usize;
            let last = (middle + reach).floor().min(f64::from(from - 1)) as usize;
            let share = |j: usize| (1.0 - (j as f64 - middle).abs() / reach).max(0.0) as f32;
            let mut shares: Vec<f32> = (first..=last).map(share).collect();
            let sum: f32 = shares.iter().sum();
            shares.iter_mut().for_each(|s| *s /= sum);
            (first, shares)
        })
        .collect()
}
