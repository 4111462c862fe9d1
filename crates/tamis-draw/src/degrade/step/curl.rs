//! A page that does not lie flat.

use kurbo::Vec2;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::degrade::draw::Draw;
use crate::degrade::map::{Bend, Map};
use crate::degrade::plane::Slow;
use crate::degrade::range::{Check, Range};
use crate::degrade::{DegradeError, Sheet};

/// A page that rises from the spine of a book: lines of text bend, the page narrows where it is steep and is darker
/// where it turns from the light. The spine is at the left or right edge.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Curl {
    /// How far the line through the top of the page bends, in parts of the page's width. 0 to 0.15.
    pub bend: Range,
    /// How much of the light is lost at the spine. 0 to 0.9.
    pub shade: Range,
}

impl Default for Curl {
    fn default() -> Curl {
        Curl { bend: Range::of(0.01, 0.035), shade: Range::of(0.15, 0.45) }
    }
}

impl Curl {
    pub(super) fn check(&self, check: &mut Check) {
        check.range("bend", &self.bend, 0.0, 0.15);
        check.range("shade", &self.shade, 0.0, 0.9);
    }

    pub(super) fn apply(&self, sheet: &mut Sheet, draw: &mut Draw<'_>) -> Result<(), DegradeError> {
        let (width, height) = (sheet.pixels.width, sheet.pixels.height);
        let (w, h) = (f64::from(width), f64::from(height));
        let (bend, shade) = (self.bend.draw(draw) * w, self.shade.draw(draw));
        let left = draw.chance(0.5);
        let tilt = draw.between(0.3, 1.0);
        // 0 at the spine, 1 at the outer edge.
        let from_spine = move |x: f64| if left { x / w } else { 1.0 - x / w };
        // The height of the page over the table: steep at the spine, flat from the middle on.
        let lift = |t: f64| (1.0 - t.clamp(0.0, 1.0)).powi(3);
        let inward = if left { 1.0 } else { -1.0 };
        let map = Bend::new(width, height, (w / 24.0).max(4.0), |p| {
            let t = lift(from_spine(p.x));
            // The camera looks from above the middle: what is raised goes away from it, more so at the edges.
            let away = p.y / h - 0.5;
            Vec2::new(inward * bend * 0.6 * t, bend * t * (away * 1.2 - tilt * 0.4))
        });
        sheet.bend(Map::Bend(map));
        Slow::new(width, height, |x, _| {
            let t = from_spine(f64::from(x)).max(0.0);
            (1.0 - shade * (-t * 9.0).exp() + 0.03 * shade * (-((t - 0.35) * 5.0).powi(2)).exp()) as f32
        })
        .shade(&mut sheet.pixels);
        Ok(())
    }
}
