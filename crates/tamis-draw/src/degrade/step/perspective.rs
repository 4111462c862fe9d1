//! A sheet seen from aside.

use kurbo::Rect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::degrade::camera::View;
use crate::degrade::draw::Draw;
use crate::degrade::map::Map;
use crate::degrade::range::{Check, Range};
use crate::degrade::{DegradeError, Sheet};

/// The sheet in space before a pinhole camera, fitted into the frame, so that nothing of it is lost. What comes in from
/// outside has the colour of the ground; for a desk around the sheet see `photo`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Perspective {
    /// How the sheet stands.
    pub view: View,
    /// Room between sheet and frame, in parts of the frame's sides. 0 to 0.4.
    pub margin: Range,
}

impl Default for Perspective {
    fn default() -> Perspective {
        Perspective { view: View::default(), margin: Range::of(0.0, 0.02) }
    }
}

impl Perspective {
    pub(super) fn check(&self, check: &mut Check) {
        self.view.check(check);
        check.range("margin", &self.margin, 0.0, 0.4);
    }

    pub(super) fn apply(&self, sheet: &mut Sheet, draw: &mut Draw<'_>) -> Result<(), DegradeError> {
        let (width, height) = (sheet.pixels.width, sheet.pixels.height);
        let margin = self.margin.draw(draw);
        let room = Rect::new(0.0, 0.0, width.into(), height.into());
        let room = room.inflate(-margin * room.width(), -margin * room.height());
        if let Some(map) = self.view.fit(width, height, room, draw) {
            sheet.bend(Map::Projective(map));
        }
        Ok(())
    }
}
