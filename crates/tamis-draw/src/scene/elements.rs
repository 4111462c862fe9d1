//! The truth of a scene: each node that shows, with its box.

use kurbo::{Affine, Point, Rect};

use crate::scene::node::{Content, Group, Node, Role};
use crate::scene::{Scene, ink};
use crate::text::run::corners;

/// A node that shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// The node's id.
    pub id: String,
    /// What it is, in words.
    pub role: Role,
    /// What is written, for a line of text.
    pub text: Option<String>,
    /// The box of its ink in pixels of the scene, cut off at clips and at the edges of the picture.
    pub bbox: Rect,
    /// The corners of its ink: for a turned line of text the turned box, in reading order from the upper left corner;
    /// for everything else those of `bbox`.
    pub corners: [Point; 4],
    /// Whether some of it lies beyond a clip or an edge of the picture, and is not seen.
    pub cut: bool,
    /// The place in the list of the group it is in.
    pub parent: Option<usize>,
}

impl Scene {
    /// Every node that shows, in paint order, groups before their children. What has no ink within the picture is left
    /// out. Boxes are of ink drawn alone: what lies over a node does not make its box smaller.
    pub fn elements(&self) -> Vec<Element> {
        let page = Rect::new(0.0, 0.0, f64::from(self.width), f64::from(self.height));
        let mut walk = Walk { elements: Vec::new() };
        for node in &self.nodes {
            walk.visit(node, Affine::IDENTITY, page, None);
        }
        walk.elements
    }

    /// The box of one node's ink, in pixels of the scene; `None` when there is no such node or it has no ink.
    pub fn bbox(&self, id: &str) -> Option<Rect> {
        self.elements().into_iter().find(|e| e.id == id).map(|e| e.bbox)
    }
}

struct Walk {
    elements: Vec<Element>,
}

impl Walk {
    fn visit(&mut self, node: &Node, to: Affine, clip: Rect, parent: Option<usize>) -> Option<Rect> {
        match &node.content {
            Content::Group(group) => self.group(node, group, to, clip, parent),
            _ => {
                let whole = ink::bounds(node, to)?;
                let bbox = visible(whole, clip)?;
                let element = self.element(node, bbox, parent);
                element.cut = sticks_out(whole, bbox);
                if let (Content::Text(run), Some(ink)) = (&node.content, node_ink(node)) {
                    let place = to * run.transform();
                    if !ink::is_upright(place) {
                        element.corners = corners(ink).map(|p| place * p);
                    }
                    element.text = Some(run.text.clone());
                }
                Some(bbox)
            }
        }
    }

    fn group(&mut self, node: &Node, group: &Group, to: Affine, clip: Rect, parent: Option<usize>) -> Option<Rect> {
        let to = to * group.transform;
        let clip = match group.clip {
            Some(own) => visible(to.transform_rect_bbox(own), clip)?,
            None => clip,
        };
        if group.opacity <= 0.0 {
            return None;
        }
        let place = self.elements.len();
        self.element(node, clip, parent);
        let boxes = group.children.iter().filter_map(|child| self.visit(child, to, clip, Some(place)));
        let Some(bbox) = boxes.reduce(|a, b| a.union(b)) else {
            self.elements.truncate(place);
            return None;
        };
        let cut = self.elements[place + 1..].iter().any(|e| e.cut);
        let element = &mut self.elements[place];
        (element.bbox, element.corners, element.cut) = (bbox, corners(bbox), cut);
        Some(bbox)
    }

    fn element(&mut self, node: &Node, bbox: Rect, parent: Option<usize>) -> &mut Element {
        let (id, role) = (node.id.clone(), node.role.clone());
        let place = self.elements.len();
        self.elements.push(Element { id, role, text: None, bbox, corners: corners(bbox), cut: false, parent });
        &mut self.elements[place]
    }
}

fn node_ink(node: &Node) -> Option<Rect> {
    match &node.content {
        Content::Text(run) => run.ink(),
        _ => None,
    }
}

/// What of a box is inside a clip; `None` when nothing is.
fn visible(rect: Rect, clip: Rect) -> Option<Rect> {
    let cut = rect.intersect(clip);
    (cut.width() > 0.0 && cut.height() > 0.0).then_some(cut)
}

/// Whether more than the rounding of a curve is missing.
fn sticks_out(whole: Rect, seen: Rect) -> bool {
    const ROUNDING: f64 = 0.05;
    whole.x0 < seen.x0 - ROUNDING
        || whole.y0 < seen.y0 - ROUNDING
        || whole.x1 > seen.x1 + ROUNDING
        || whole.y1 > seen.y1 + ROUNDING
}
