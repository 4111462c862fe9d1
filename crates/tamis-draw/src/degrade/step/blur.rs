//! Out of focus.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::degrade::convolve;
use crate::degrade::draw::Draw;
use crate::degrade::range::{Check, Range};
use crate::degrade::{DegradeError, Sheet};

/// Gaussian blur.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Blur {
    /// Deviation in pixels. 0 to 12.
    pub sigma: Range,
}

impl Default for Blur {
    fn default() -> Blur {
        Blur { sigma: Range::of(0.4, 1.0) }
    }
}

impl Blur {
    pub(super) fn check(&self, check: &mut Check) {
        check.range("sigma", &self.sigma, 0.0, 12.0);
    }

    pub(super) fn apply(&self, sheet: &mut Sheet, draw: &mut Draw<'_>) -> Result<(), DegradeError> {
        convolve::blur(&mut sheet.pixels, &convolve::gaussian(self.sigma.draw(draw) as f32));
        Ok(())
    }
}
