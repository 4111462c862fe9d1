//! Labels that lie over one another, by their turned boxes.

use kurbo::Point;

use crate::check::{FaultKind, Rules};
use crate::scene::{Content, Leaf};
use crate::text::run::corners;

/// How deep two boxes may go into one another, in pixels: ink boxes of neighbouring lines may touch.
const SLACK: f64 = 0.75;

struct Label {
    leaf: usize,
    corners: [Point; 4],
    left: f64,
    right: f64,
}

pub(super) fn faults(leaves: &[Leaf<'_>], rules: &Rules) -> Vec<(usize, FaultKind)> {
    let mut labels: Vec<_> = leaves.iter().enumerate().filter_map(|(i, l)| label(i, l, rules)).collect();
    labels.sort_by(|a, b| a.left.total_cmp(&b.left));
    let mut faults = Vec::new();
    for (i, label) in labels.iter().enumerate() {
        let near = labels[i + 1..].iter().take_while(|other| other.left < label.right);
        for other in near.filter(|other| depth(&label.corners, &other.corners) > SLACK) {
            let (below, above) = (label.leaf.min(other.leaf), label.leaf.max(other.leaf));
            faults.push((above, FaultKind::Overlap(leaves[below].node.id.clone())));
        }
    }
    faults
}

fn label(leaf: usize, of: &Leaf<'_>, rules: &Rules) -> Option<Label> {
    let Content::Text(run) = &of.node.content else { return None };
    if of.seen.is_none() || rules.may_overlap.contains(&of.node.role) {
        return None;
    }
    let place = of.to * run.transform();
    let corners = corners(run.ink()?).map(|p| place * p);
    let xs = corners.map(|p| p.x);
    let left = xs.into_iter().fold(f64::INFINITY, f64::min);
    let right = xs.into_iter().fold(f64::NEG_INFINITY, f64::max);
    Some(Label { leaf, corners, left, right })
}

/// How far two convex quadrilaterals go into one another: the least shift that parts them, in pixels; at most 0 when
/// they are apart (separating axes).
fn depth(a: &[Point; 4], b: &[Point; 4]) -> f64 {
    let sides = |q: &[Point; 4]| [q[1] - q[0], q[2] - q[1]];
    let axes = sides(a).into_iter().chain(sides(b)).filter(|side| side.hypot() > 1e-9);
    axes.map(|side| {
        let axis = kurbo::Vec2::new(-side.y, side.x) / side.hypot();
        let reach = |q: &[Point; 4]| {
            let at = q.map(|p| p.to_vec2().dot(axis));
            (at.into_iter().fold(f64::INFINITY, f64::min), at.into_iter().fold(f64::NEG_INFINITY, f64::max))
        };
        let ((a0, a1), (b0, b1)) = (reach(a), reach(b));
        a1.min(b1) - a0.max(b0)
    })
    .fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kurbo::{Affine, Rect};

    #[test]
    fn depth_is_the_least_shift_that_parts() {
        let a = corners(Rect::new(0.0, 0.0, 10.0, 4.0));
        assert!((depth(&a, &corners(Rect::new(8.0, 1.0, 20.0, 3.0))) - 2.0).abs() < 1e-9);
        assert!(depth(&a, &corners(Rect::new(11.0, 0.0, 20.0, 4.0))) < 0.0);
        // Upright boxes of these two overlap, the turned ones do not.
        let slanted = corners(Rect::new(0.0, 0.0, 20.0, 2.0)).map(|p| Affine::rotate(-0.8) * p);
        let beside =
            corners(Rect::new(0.0, 0.0, 20.0, 2.0)).map(|p| Affine::translate((6.0, 0.0)) * Affine::rotate(-0.8) * p);
        assert!(depth(&slanted, &beside) < 0.0);
    }
}
