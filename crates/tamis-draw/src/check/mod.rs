//! What makes a scene unfit for training: text that cannot be read, and elements that are not there.
//!
//! A sample whose picture has such a fault is rejected with its reason; the pixels are never looked at.

mod contrast;
mod overlap;
mod text;

use std::fmt;

use crate::scene::{Role, Scene, leaves};

/// What is asked of a scene.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Least size of text, in pixels per em.
    pub least_size: f64,
    /// Least contrast of text with what lies below it, 1 to 21 (WCAG 2.2 asks for 3 of large text).
    pub least_contrast: f64,
    /// Roles whose text may lie over other text: stamps, watermarks, signatures.
    pub may_overlap: Vec<Role>,
    /// Roles whose nodes may be cut off: what shows through a window on purpose, as in an inset.
    pub may_be_cut: Vec<Role>,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules { least_size: 6.0, least_contrast: 3.0, may_overlap: Vec::new(), may_be_cut: Vec::new() }
    }
}

/// One fault of a scene.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The id of the node at fault.
    pub id: String,
    /// What is wrong with it.
    pub kind: FaultKind,
}

/// What can be wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum FaultKind {
    /// No font has a glyph for this character.
    MissingGlyph(String),
    /// Text goes on beyond its frame or the picture.
    ClippedText,
    /// Its ink lies over that of the text with this id.
    Overlap(String),
    /// Text of this size, in pixels per em.
    SmallText(f64),
    /// Text of this contrast, 1 to 21.
    LowContrast(f64),
    /// The node draws nothing that can be seen.
    NoInk,
}

impl FaultKind {
    /// A short name for counting.
    pub fn name(&self) -> &'static str {
        match self {
            FaultKind::MissingGlyph(_) => "missing glyph",
            FaultKind::ClippedText => "clipped text",
            FaultKind::Overlap(_) => "overlapping labels",
            FaultKind::SmallText(_) => "small text",
            FaultKind::LowContrast(_) => "low contrast",
            FaultKind::NoInk => "no ink",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = &self.id;
        match &self.kind {
            FaultKind::MissingGlyph(text) => write!(f, "{id}: no font has a glyph for a character of {text:?}"),
            FaultKind::ClippedText => write!(f, "{id}: its text goes on beyond its frame or the picture"),
            FaultKind::Overlap(other) => write!(f, "{id}: its text lies over that of {other}"),
            FaultKind::SmallText(size) => write!(f, "{id}: its text is {size:.1} px, too small to be read"),
            FaultKind::LowContrast(ratio) => write!(f, "{id}: its text has a contrast of only {ratio:.1}:1"),
            FaultKind::NoInk => write!(f, "{id}: nothing of it can be seen"),
        }
    }
}

/// Every fault of a scene, in paint order of the nodes at fault.
pub fn faults(scene: &Scene, rules: &Rules) -> Vec<Fault> {
    let leaves = leaves(scene);
    let mut faults: Vec<(usize, FaultKind)> = Vec::new();
    for (i, leaf) in leaves.iter().enumerate() {
        if leaf.seen.is_none() && !rules.may_be_cut.contains(&leaf.node.role) {
            faults.push((i, FaultKind::NoInk));
        }
        faults.extend(text::faults(leaf, rules).into_iter().map(|kind| (i, kind)));
    }
    faults.extend(overlap::faults(&leaves, rules));
    faults.extend(contrast::faults(scene, &leaves, rules));
    faults.sort_by_key(|(i, _)| *i);
    faults.into_iter().map(|(i, kind)| Fault { id: leaves[i].node.id.clone(), kind }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::color::Color;
    use crate::scene::Node;
    use crate::text::{Anchor, Font, Style, line};
    use kurbo::Rect;

    fn label(id: &str, text: &str, size: f64, color: Color, at: (f64, f64)) -> Node {
        Node::text(id, "label", line(text, &Style::new(Font::new("Open Sans"), size, color)).at(at, Anchor::CENTER))
    }

    fn names(nodes: Vec<Node>) -> Vec<&'static str> {
        let mut scene = Scene::new(200, 100, Color::WHITE);
        scene.nodes = nodes;
        faults(&scene, &Rules::default()).iter().map(|f| f.kind.name()).collect()
    }

    #[test]
    fn a_good_scene_has_no_fault() {
        let bar = Node::fill("bar", "bar", Rect::new(10.0, 20.0, 60.0, 90.0), Color::rgb(0x1f3a93));
        let nodes = vec![
            bar,
            label("in", "12", 12.0, Color::WHITE, (35.0, 50.0)),
            label("out", "34", 12.0, Color::BLACK, (120.0, 50.0)),
        ];
        assert_eq!(names(nodes), [""; 0]);
    }

    #[test]
    fn each_fault_is_found() {
        let black = Color::BLACK;
        assert_eq!(names(vec![label("a", "a\u{10FFFD}", 12.0, black, (50.0, 50.0))]), ["missing glyph"]);
        assert_eq!(names(vec![label("a", "a long label", 30.0, black, (190.0, 50.0))]), ["clipped text"]);
        assert_eq!(names(vec![label("a", "tiny", 5.0, black, (50.0, 50.0))]), ["small text"]);
        assert_eq!(names(vec![label("a", "pale", 14.0, Color::rgb(0xcccccc), (50.0, 50.0))]), ["low contrast"]);
        let over = vec![label("a", "one", 14.0, black, (50.0, 50.0)), label("b", "two", 14.0, black, (55.0, 52.0))];
        assert_eq!(names(over), ["overlapping labels"]);
        let hidden = Node::fill("bar", "bar", Rect::new(300.0, 0.0, 310.0, 10.0), black);
        assert_eq!(names(vec![hidden]), ["no ink"]);
        let on_bar = vec![
            Node::fill("bar", "bar", Rect::new(0.0, 0.0, 200.0, 100.0), Color::rgb(0x222222)),
            label("a", "12", 14.0, black, (50.0, 50.0)),
        ];
        assert_eq!(names(on_bar), ["low contrast"]);
    }
}
