//! Ink that grows or shrinks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::degrade::draw::Draw;
use crate::degrade::plane::{byte, wide};
use crate::degrade::range::{Check, Range};
use crate::degrade::{DegradeError, Sheet};
use crate::scene::Pixels;

/// Erosion and dilation of dark ink on a light ground: every pixel takes the darkest (thick) or lightest (thin) value
/// around it, mixed with what it was. Steps of a pixel would be coarse for small text, so `amount` is the finer control.
/// (Qianfan-VL names erosion and dilation among its document degradations.)
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Strokes {
    /// Whether strokes grow or shrink.
    pub kind: Change,
    /// Radius of the neighbourhood in pixels, whole numbers. 1 to 8.
    pub radius: Range,
    /// Share of the changed value. 0 to 1.
    pub amount: Range,
}

/// What happens to strokes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// dark strokes grow
    Thicken,
    /// dark strokes shrink
    Thin,
    /// one or the other
    Either,
}

impl Default for Strokes {
    fn default() -> Strokes {
        Strokes { kind: Change::Either, radius: Range::always(1.0), amount: Range::of(0.2, 0.6) }
    }
}

impl Strokes {
    pub(super) fn check(&self, check: &mut Check) {
        check.range("radius", &self.radius, 1.0, 8.0);
        check.range("amount", &self.amount, 0.0, 1.0);
    }

    pub(super) fn apply(&self, sheet: &mut Sheet, draw: &mut Draw<'_>) -> Result<(), DegradeError> {
        let darker = match self.kind {
            Change::Thicken => true,
            Change::Thin => false,
            Change::Either => draw.chance(0.5),
        };
        let radius = self.radius.whole(draw).max(1);
        let amount = self.amount.draw(draw) as f32;
        let changed = extreme(&sheet.pixels, radius, darker);
        wide(
            #[inline(always)]
            || {
                for (p, e) in sheet.pixels.rgba.iter_mut().zip(&changed.rgba) {
                    let (from, to) = (f32::from(*p), f32::from(*e));
                    *p = byte(from + (to - from) * amount);
                }
            },
        );
        Ok(())
    }
}

/// The darkest or lightest value, channel by channel, of the pixels within `radius`: a cross for 1, else a square.
pub(in crate::degrade) fn extreme(pixels: &Pixels, radius: usize, darker: bool) -> Pixels {
    // Two copies of the loops, each with its own operation, run many times faster than one that is told which.
    if darker { spread(pixels, radius, |a, b| a.min(b)) } else { spread(pixels, radius, |a, b| a.max(b)) }
}

fn spread(pixels: &Pixels, radius: usize, pick: impl Fn(u8, u8) -> u8 + Copy) -> Pixels {
    let (width, height) = (pixels.width as usize, pixels.height as usize);
    let stride = width * 4;
    let mut level = pixels.clone();
    for (row, out) in pixels.rgba.chunks_exact(stride).zip(level.rgba.chunks_exact_mut(stride)) {
        for shift in (1..=radius.min(width - 1)).map(|k| k * 4) {
            fold(&mut out[shift..], &row[..stride - shift], pick);
            fold(&mut out[..stride - shift], &row[shift..], pick);
        }
    }
    let source = if radius == 1 { &pixels.rgba } else { &level.rgba };
    let mut upright = level.rgba.clone();
    for shift in (1..=radius.min(height - 1)).map(|k| k * stride) {
        let end = source.len() - shift;
        fold(&mut upright[shift..], &source[..end], pick);
        fold(&mut upright[..end], &source[shift..], pick);
    }
    Pixels { width: pixels.width, height: pixels.height, rgba: upright }
}

#[inline]
fn fold(out: &mut [u8], with: &[u8], pick: impl Fn(u8, u8) -> u8) {
    out.iter_mut().zip(with).for_each(|(o, w)| *o = pick(*o, *w));
}
