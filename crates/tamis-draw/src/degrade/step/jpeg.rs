//! Through a JPEG file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::degrade::draw::Draw;
use crate::degrade::range::{Check, Range};
use crate::degrade::{DegradeError, Sheet};
use crate::render;

/// Written as JPEG and read again, as often as the picture was passed on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Jpeg {
    /// Quality as libjpeg counts it, whole numbers. 1 to 100.
    pub quality: Range,
    /// How many times. 1 to 10.
    pub times: Range,
}

impl Default for Jpeg {
    fn default() -> Jpeg {
        Jpeg { quality: Range::of(35.0, 88.0), times: Range::always(1.0) }
    }
}

impl Jpeg {
    pub(super) fn check(&self, check: &mut Check) {
        check.range("quality", &self.quality, 1.0, 100.0);
        check.range("times", &self.times, 1.0, 10.0);
    }

    pub(super) fn apply(&self, sheet: &mut Sheet, draw: &mut Draw<'_>) -> Result<(), DegradeError> {
        for _ in 0..self.times.whole(draw).max(1) {
            let quality = self.quality.whole(draw).clamp(1, 100) as u8;
            let file = render::jpeg(&sheet.pixels, quality).map_err(|e| DegradeError::Jpeg(e.to_string()))?;
            let read = image::load_from_memory_with_format(&file, image::ImageFormat::Jpeg)
                .map_err(|e| DegradeError::Jpeg(e.to_string()))?;
            sheet.pixels.rgba = read.to_rgba8().into_raw();
        }
        Ok(())
    }
}
