//! Single pixels black or white.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::degrade::draw::Draw;
use crate::degrade::plane::each;
use crate::degrade::range::{Check, Range};
use crate::degrade::{DegradeError, Sheet};

/// Salt and pepper: pixels that failed, or specks of toner, each a square of whole pixels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Salt {
    /// Share of white pixels. 0 to 0.5.
    pub white: Range,
    /// Share of black pixels. 0 to 0.5.
    pub black: Range,
    /// Side of a speck in pixels, whole numbers. 1 to 6.
    pub size: Range,
}

impl Default for Salt {
    fn default() -> Salt {
        Salt { white: Range::of(0.0, 0.004), black: Range::of(0.0, 0.002), size: Range::always(1.0) }
    }
}

impl Salt {
    pub(super) fn check(&self, check: &mut Check) {
        check.range("white", &self.white, 0.0, 0.5);
        check.range("black", &self.black, 0.0, 0.5);
        check.range("size", &self.size, 1.0, 6.0);
    }

    pub(super) fn apply(&self, sheet: &mut Sheet, draw: &mut Draw<'_>) -> Result<(), DegradeError> {
        let (white, black) = (self.white.draw(draw) as f32, self.black.draw(draw) as f32);
        let (size, noise) = (self.size.whole(draw).max(1), draw.noise());
        each(&mut sheet.pixels, #[inline(always)] |x, y, p| {
            let drawn = noise.unit((x / size) as i32, (y / size) as i32);
            if drawn < white {
                p[..3].fill(255);
            } else if drawn > 1.0 - black {
                p[..3].fill(0);
            }
        });
        Ok(())
    }
}
