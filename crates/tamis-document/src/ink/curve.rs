//! Smooth curves.

use kurbo::{BezPath, Point};

/// A smooth curve through points (Catmull-Rom).
pub(crate) fn through(points: &[Point]) -> BezPath {
    let mut path = BezPath::new();
    let Some(first) = points.first() else { return path };
    path.move_to(*first);
    for i in 1..points.len() {
        let at = |k: usize| points[k.min(points.len() - 1)];
        let (before, from, to, after) = (at(i.saturating_sub(2)), at(i - 1), at(i), at(i + 1));
        path.curve_to(from + (to - before) / 6.0, to - (after - from) / 6.0, to);
    }
    path
}
