//! The scene: a vector tree in which every node has an id, a role and an exact box.

mod elements;
pub(crate) mod ink;
mod leaves;
mod node;
mod paint;

pub use elements::Element;

pub(crate) use leaves::{Leaf, leaves};
pub use node::{Content, Group, Image, Node, Outline, Pixels, Role, Shape};
pub use paint::{Cap, Gradient, Hatch, HatchKind, Join, Paint, Stroke};

use crate::color::Color;

/// What is drawn, in paint order: later nodes lie over earlier ones.
#[derive(Clone, Debug)]
pub struct Scene {
    /// Width of the picture in pixels.
    pub width: u32,
    /// Height of the picture in pixels.
    pub height: u32,
    /// What shows where nothing is drawn; opaque.
    pub background: Color,
    /// The nodes at the top of the tree.
    pub nodes: Vec<Node>,
}

impl Scene {
    /// An empty scene.
    pub fn new(width: u32, height: u32, background: Color) -> Scene {
        Scene { width, height, background, nodes: Vec::new() }
    }

    /// Puts a node over all there is.
    pub fn push(&mut self, node: Node) {
        self.nodes.push(node);
    }

    /// The node of this id, wherever it is in the tree.
    pub fn find(&self, id: &str) -> Option<&Node> {
        self.nodes.iter().find_map(|n| n.find(id))
    }
}
