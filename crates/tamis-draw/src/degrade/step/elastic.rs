//! Smooth random shifts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::degrade::draw::Draw;
use crate::degrade::map::{Bend, Map};
use crate::degrade::range::{Check, Range};
use crate::degrade::{DegradeError, Sheet};

/// Elastic distortion: random shifts smoothed by a Gaussian (Simard, Steinkraus and Platt, "Best practices for
/// convolutional neural networks applied to visual document analysis", ICDAR 2003, section 2). The field is held at a
/// quarter of the smoothing's width; where it would fold the picture over itself it is weakened.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Elastic {
    /// Root mean square of the shift in each direction, in pixels. 0 to 200.
    pub amplitude: Range,
    /// Deviation of the smoothing, in pixels. 4 to 2000.
    pub smoothing: Range,
}

impl Default for Elastic {
    fn default() -> Elastic {
        Elastic { amplitude: Range::of(1.0, 3.0), smoothing: Range::of(40.0, 90.0) }
    }
}

impl Elastic {
    pub(super) fn check(&self, check: &mut Check) {
        check.range("amplitude", &self.amplitude, 0.0, 200.0);
        check.range("smoothing", &self.smoothing, 4.0, 2000.0);
    }

    pub(super) fn apply(&self, sheet: &mut Sheet, draw: &mut Draw<'_>) -> Result<(), DegradeError> {
        /// Deviation of the smoothing in nodes.
        const SPREAD: f32 = 2.0;
        let (amplitude, smoothing) = (self.amplitude.draw(draw), self.smoothing.draw(draw));
        let step = smoothing / f64::from(SPREAD);
        let (width, height) = (sheet.pixels.width, sheet.pixels.height);
        sheet.bend(Map::Bend(Bend::random(width, height, step, SPREAD, amplitude, || draw.unit())));
        Ok(())
    }
}
