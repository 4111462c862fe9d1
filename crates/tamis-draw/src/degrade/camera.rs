//! A sheet in space, seen by a camera.

use kurbo::{Point, Rect, Vec2};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::draw::Draw;
use super::map::Projective;
use super::range::{Check, Range};

/// How a flat sheet stands before a pinhole camera that looks at its middle.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct View {
    /// Tilt about the level axis in degrees; above 0 the upper edge is farther away. -50 to 50.
    pub pitch: Range,
    /// Turn about the upright axis in degrees; above 0 the right edge is farther away. -50 to 50.
    pub yaw: Range,
    /// Turn in the plane of the picture in degrees, counter-clockwise. -180 to 180.
    pub roll: Range,
    /// Distance of the camera in lengths of the sheet's longer side; the nearer, the stronger the perspective. 1 to 20.
    pub distance: Range,
}

impl Default for View {
    /// A page held before a telephone: tilted by some degrees, at 1.4 to 2.6 times its length.
    fn default() -> View {
        View {
            pitch: Range::of(-14.0, 14.0),
            yaw: Range::of(-14.0, 14.0),
            roll: Range::of(-4.0, 4.0),
            distance: Range::of(1.4, 2.6),
        }
    }
}

impl View {
    pub(super) fn check(&self, check: &mut Check) {
        check.range("pitch", &self.pitch, -50.0, 50.0);
        check.range("yaw", &self.yaw, -50.0, 50.0);
        check.range("roll", &self.roll, -180.0, 180.0);
        check.range("distance", &self.distance, 1.0, 20.0);
    }

    /// The map from a sheet of `width` x `height` pixels into `room`, filled as far as its shape allows.
    pub(super) fn fit(&self, width: u32, height: u32, room: Rect, draw: &mut Draw<'_>) -> Option<Projective> {
        let mut angle = |range: &Range| range.draw(draw).to_radians();
        let (pitch, yaw, roll) = (angle(&self.pitch), angle(&self.yaw), -angle(&self.roll));
        let (w, h) = (f64::from(width), f64::from(height));
        let far = self.distance.draw(draw) * w.max(h);
        let ((sp, cp), (sy, cy), (sr, cr)) = (pitch.sin_cos(), yaw.sin_cos(), roll.sin_cos());
        // First turned in its plane, then about the upright axis, then about the level one; the camera is at -z.
        let [xx, xy] = [cy * cr, -cy * sr];
        let [zx, zy] = [sy * cr, -sy * sr];
        let [yx, yy] = [cp * sr + sp * zx, cp * cr + sp * zy];
        let [zx, zy] = [-sp * sr + cp * zx, -sp * cr + cp * zy];
        let (mx, my) = (w / 2.0, h / 2.0);
        let row = |a: f64, b: f64, c: f64| [a, b, c - a * mx - b * my];
        let [a, b, c] = row(xx, xy, 0.0);
        let [d, e, f] = row(yx, yy, 0.0);
        let [g, h2, i] = row(zx / far, zy / far, 1.0);
        let seen = Projective::new([a, b, c, d, e, f, g, h2, i])?;
        let corners = [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)].map(|p| seen.point(Point::from(p)));
        let bounds = corners.iter().fold(Rect::from_points(corners[0], corners[0]), |b, p| b.union_pt(*p));
        let scale = (room.width() / bounds.width()).min(room.height() / bounds.height());
        let shift = room.center().to_vec2() - bounds.center().to_vec2() * scale;
        seen.then(scale, scale, Vec2::new(shift.x, shift.y))
    }
}
