//! Points, boxes and polygons in absolute pixels, and how they move when the pixels of their image move.
//!
//! Frame: origin at the top left corner of the top left pixel, x to the right, y down. A box `[x0, y0, x1, y1]` covers
//! `x0 <= x < x1`, so a whole image of width w has x from 0 to w.

use serde::{Deserialize, Serialize};

use crate::value::{Fields, Name, Value};

/// `[x, y]` in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point(pub [f64; 2]);

/// `[x0, y0, x1, y1]` in pixels, `x0 <= x1`, `y0 <= y1`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BBox(pub [f64; 4]);

/// Corners in order, at least three.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Polygon(pub Vec<[f64; 2]>);

impl BBox {
    /// The box spanned by two corners, whichever they are.
    pub fn spanning(a: [f64; 2], b: [f64; 2]) -> BBox {
        BBox([a[0].min(b[0]), a[1].min(b[1]), a[0].max(b[0]), a[1].max(b[1])])
    }

    /// Width in pixels.
    pub fn width(&self) -> f64 {
        self.0[2] - self.0[0]
    }

    /// Height in pixels.
    pub fn height(&self) -> f64 {
        self.0[3] - self.0[1]
    }

    /// Area in square pixels.
    pub fn area(&self) -> f64 {
        self.width() * self.height()
    }

    /// The part inside `other`; `None` when nothing is left.
    pub fn intersect(&self, other: &BBox) -> Option<BBox> {
        let [a, b] = [self.0, other.0];
        let cut = BBox([a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])]);
        (cut.width() > 0.0 && cut.height() > 0.0).then_some(cut)
    }

    /// Intersection over union, 0 to 1.
    pub fn iou(&self, other: &BBox) -> f64 {
        let common = self.intersect(other).map_or(0.0, |b| b.area());
        let union = self.area() + other.area() - common;
        if union > 0.0 { common / union } else { 0.0 }
    }

    /// Whether `other` lies wholly inside.
    pub fn contains(&self, other: &BBox) -> bool {
        let [a, b] = [self.0, other.0];
        a[0] <= b[0] && a[1] <= b[1] && a[2] >= b[2] && a[3] >= b[3]
    }

    fn corners(&self) -> [[f64; 2]; 4] {
        let [x0, y0, x1, y1] = self.0;
        [[x0, y0], [x1, y0], [x1, y1], [x0, y1]]
    }
}

/// An affine map of the plane: `x' = a x + b y + c`, `y' = d x + e y + f`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine(pub [f64; 6]);

impl Affine {
    /// Moves by `(x, y)` pixels.
    pub fn shift(x: f64, y: f64) -> Affine {
        Affine([1.0, 0.0, x, 0.0, 1.0, y])
    }

    /// Stretches by `x` and `y`.
    pub fn scale(x: f64, y: f64) -> Affine {
        Affine([x, 0.0, 0.0, 0.0, y, 0.0])
    }

    /// Where the point goes.
    pub fn apply(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let [a, b, c, d, e, f] = self.0;
        [a * x + b * y + c, d * x + e * y + f]
    }
}

/// Where points of the plane go.
pub trait PointMap {
    /// Where one point goes.
    fn apply(&self, point: [f64; 2]) -> [f64; 2];

    /// Whether straight lines stay straight; if not, the sides of boxes and polygons are followed point by point.
    fn keeps_lines(&self) -> bool;
}

impl PointMap for Affine {
    fn apply(&self, point: [f64; 2]) -> [f64; 2] {
        Affine::apply(self, point)
    }

    fn keeps_lines(&self) -> bool {
        true
    }
}

/// How the pixels of one image moved: a map, then a cut to a new frame of `width` x `height` pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Motion<M = Affine> {
    /// old pixels to new pixels
    pub map: M,
    /// width of the new image
    pub width: f64,
    /// height of the new image
    pub height: f64,
}

impl<M: PointMap> Motion<M> {
    /// The value after the motion, or `None` when nothing of it is left in the new frame.
    ///
    /// Boxes and polygons are cut to the frame, points outside it are lost, elements that are lost leave their list.
    /// A region whose box is lost is lost. Masks are pictures and are moved by the operator itself through `mask`.
    pub fn apply(&self, value: &Value, mask: &mut dyn FnMut(&Value) -> Option<Value>) -> Option<Value> {
        match value {
            Value::Point(p) => {
                let [x, y] = self.map.apply(p.0);
                let inside = x >= 0.0 && y >= 0.0 && x <= self.width && y <= self.height;
                inside.then_some(Value::Point(Point([x, y])))
            }
            Value::Box(b) => self.bbox(b).intersect(&self.frame()).map(Value::Box),
            Value::Polygon(p) => self.polygon(p).map(|p| Value::Polygon(std::sync::Arc::new(p))),
            Value::Media(_) => mask(value),
            Value::List(items) => Some(Value::list(items.iter().filter_map(|v| self.apply(v, mask)).collect())),
            Value::Map(fields) => self.fields(fields, mask),
            other => Some(other.clone()),
        }
    }

    fn fields(&self, fields: &Fields, mask: &mut dyn FnMut(&Value) -> Option<Value>) -> Option<Value> {
        let mut moved: Vec<(Name, Value)> = Vec::with_capacity(fields.len());
        for (name, value) in fields {
            match self.apply(value, mask) {
                Some(value) => moved.push((name.clone(), value)),
                None if matches!(value, Value::Box(_) | Value::Point(_)) => return None,
                None => moved.push((name.clone(), Value::Null)),
            }
        }
        Some(Value::map(moved))
    }

    fn frame(&self) -> BBox {
        BBox([0.0, 0.0, self.width, self.height])
    }

    /// The smallest box around where a box goes.
    fn bbox(&self, bbox: &BBox) -> BBox {
        let outline = self.outline(&bbox.corners());
        let low = |axis: usize| outline.iter().map(|p| p[axis]).fold(f64::INFINITY, f64::min);
        let high = |axis: usize| outline.iter().map(|p| p[axis]).fold(f64::NEG_INFINITY, f64::max);
        BBox([low(0), low(1), high(0), high(1)])
    }

    /// Where the corners of an outline go, and points between them if its sides do not stay straight.
    fn outline(&self, corners: &[[f64; 2]]) -> Vec<[f64; 2]> {
        /// Pixels between two points of a side that is followed.
        const STEP: f64 = 8.0;
        /// Points of one side, at most.
        const MOST: f64 = 256.0;
        let mut moved = Vec::with_capacity(corners.len());
        for (i, p) in corners.iter().enumerate() {
            let q = &corners[(i + 1) % corners.len()];
            let length = (q[0] - p[0]).hypot(q[1] - p[1]);
            let pieces = if self.map.keeps_lines() { 1.0 } else { (length / STEP).ceil().clamp(1.0, MOST) };
            let between = |t: f64| [p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])];
            moved.extend((0..pieces as usize).map(|k| self.map.apply(between(k as f64 / pieces))));
        }
        moved
    }

    /// Sutherland-Hodgman against the four sides of the frame.
    fn polygon(&self, polygon: &Polygon) -> Option<Polygon> {
        let mut corners = self.outline(&polygon.0);
        let sides = [(0, 0.0, 1.0), (0, self.width, -1.0), (1, 0.0, 1.0), (1, self.height, -1.0)];
        for (axis, at, sign) in sides {
            corners = cut_by(&corners, axis, at, sign);
        }
        (corners.len() >= 3).then_some(Polygon(corners))
    }
}

/// Keeps the part of the polygon with `sign * (p[axis] - at) >= 0`.
fn cut_by(corners: &[[f64; 2]], axis: usize, at: f64, sign: f64) -> Vec<[f64; 2]> {
    let side = |p: &[f64; 2]| sign * (p[axis] - at);
    let mut kept = Vec::with_capacity(corners.len() + 1);
    for (i, p) in corners.iter().enumerate() {
        let q = &corners[(i + 1) % corners.len()];
        if side(p) >= 0.0 {
            kept.push(*p);
        }
        if (side(p) > 0.0 && side(q) < 0.0) || (side(p) < 0.0 && side(q) > 0.0) {
            let t = side(p) / (side(p) - side(q));
            kept.push([p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])]);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crop(x: f64, y: f64, width: f64, height: f64) -> Motion {
        Motion { map: Affine::shift(-x, -y), width, height }
    }

    #[test]
    fn a_crop_moves_cuts_and_drops() {
        let regions = Value::list(vec![
            Value::region("in", BBox([12.0, 12.0, 18.0, 18.0])),
            Value::region("cut", BBox([0.0, 0.0, 15.0, 15.0])),
            Value::region("out", BBox([50.0, 50.0, 60.0, 60.0])),
        ]);
        let moved = crop(10.0, 10.0, 20.0, 20.0).apply(&regions, &mut |_| None).unwrap();
        let boxes: Vec<_> =
            moved.as_list().unwrap().iter().map(|r| r.get("box").unwrap().as_box().unwrap().0).collect();
        assert_eq!(boxes, [[2.0, 2.0, 8.0, 8.0], [0.0, 0.0, 5.0, 5.0]]);
    }

    #[test]
    fn a_polygon_is_cut_at_the_frame() {
        let triangle = Polygon(vec![[-10.0, 0.0], [10.0, 0.0], [10.0, 20.0]]);
        let cut = crop(0.0, 0.0, 20.0, 20.0).polygon(&triangle).unwrap();
        assert_eq!(cut.0, [[0.0, 0.0], [10.0, 0.0], [10.0, 20.0], [0.0, 10.0]]);
    }

    #[test]
    fn the_sides_of_a_box_are_followed_where_they_bend() {
        struct Bulge;
        impl PointMap for Bulge {
            fn apply(&self, [x, y]: [f64; 2]) -> [f64; 2] {
                [x, y + 10.0 * (x / 100.0 * std::f64::consts::PI).sin()]
            }
            fn keeps_lines(&self) -> bool {
                false
            }
        }
        let motion = Motion { map: Bulge, width: 200.0, height: 200.0 };
        let BBox([x0, y0, x1, y1]) = motion.bbox(&BBox([0.0, 20.0, 100.0, 40.0]));
        assert_eq!([x0, y0, x1], [0.0, 20.0, 100.0]);
        assert!((y1 - 50.0).abs() < 0.1, "the lower side bulges by 10: {y1}");
    }

    #[test]
    fn iou_of_half_overlap() {
        let [a, b] = [BBox([0.0, 0.0, 2.0, 1.0]), BBox([1.0, 0.0, 3.0, 1.0])];
        assert!((a.iou(&b) - 1.0 / 3.0).abs() < 1e-12);
    }
}
