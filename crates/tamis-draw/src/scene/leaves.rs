//! The nodes that draw something themselves, with what the groups around them do to them.

use kurbo::{Affine, Rect};

use crate::scene::node::{Content, Node};
use crate::scene::{Scene, ink};

/// A node that is no group.
pub(crate) struct Leaf<'a> {
    pub node: &'a Node,
    /// From its frame to the scene's.
    pub to: Affine,
    /// The product of its groups' opacities, 0 to 1.
    pub opacity: f64,
    /// Its ink in pixels of the scene before anything is cut off; `None` when it has none.
    pub ink: Option<Rect>,
    /// What is left of its ink.
    pub seen: Option<Rect>,
}

/// All leaves in paint order.
pub(crate) fn leaves(scene: &Scene) -> Vec<Leaf<'_>> {
    let page = Rect::new(0.0, 0.0, f64::from(scene.width), f64::from(scene.height));
    let mut leaves = Vec::new();
    scene.nodes.iter().for_each(|n| visit(n, Affine::IDENTITY, page, 1.0, &mut leaves));
    leaves
}

fn visit<'a>(node: &'a Node, to: Affine, clip: Rect, opacity: f64, leaves: &mut Vec<Leaf<'a>>) {
    let Content::Group(group) = &node.content else {
        let ink = ink::bounds(node, to).filter(|_| opacity > 0.0);
        let seen = ink.map(|r| r.intersect(clip)).filter(|r| r.width() > 0.0 && r.height() > 0.0);
        leaves.push(Leaf { node, to, opacity, ink, seen });
        return;
    };
    let to = to * group.transform;
    let clip = group.clip.map_or(clip, |own| to.transform_rect_bbox(own).intersect(clip));
    group.children.iter().for_each(|n| visit(n, to, clip, opacity * group.opacity, leaves));
}
