//! What this crate draws itself: stamps, signatures, ticks, logos, pictures, barcodes, page numbers.

mod barcode;
mod curve;
mod logo;
mod picture;
mod signature;
mod stamp;

use kurbo::{Affine, Point};
use tamis_core::id::RecordId;
use tamis_core::rng::Rng;
use tamis_draw::Color;
use tamis_draw::scene::{Node, Outline, Stroke};
use tamis_draw::text::{self, Anchor, Font, Height, Style};

pub use picture::Subject;

use crate::artist::Drawing;
use crate::spec::{Align, Hole, HoleKind};

/// The drawing of a hole, `scale` being pixels per millimetre; `None` for what others draw.
pub(crate) fn draw(hole: &Hole, scale: f64) -> Option<Drawing> {
    let (width, height) = (hole.width * scale, hole.height * scale);
    let silent = Some(String::new());
    let (node, markdown) = match &hole.kind {
        HoleKind::Chart { .. } | HoleKind::Table { .. } | HoleKind::Formula { .. } => return None,
        HoleKind::Picture { subject, seed } => (picture::draw(*subject, width, height, &mut stream(*seed)), None),
        HoleKind::Logo { color, seed } => (logo::draw(*color, width, height, &mut stream(*seed)), silent),
        HoleKind::Signature { name, color, seed } => {
            (signature::draw(name, *color, width, height, &mut stream(*seed)), silent)
        }
        HoleKind::Stamp { shape, lines, around, color, angle } => {
            (stamp::draw(*shape, lines, around, *color, *angle, width, height), silent)
        }
        HoleKind::Check { checked, color, seed } => {
            let node = check(*checked, *color, width, height, &mut stream(*seed));
            (node, Some(if *checked { "[x]" } else { "[ ]" }.to_string()))
        }
        HoleKind::PageNumber { .. } => (Node::group("page number", "page number", Vec::new()), silent),
        HoleKind::Barcode { text } => (barcode::draw(text, width, height)?, silent),
    };
    let baseline = matches!(hole.kind, HoleKind::Check { .. }).then_some(height * 0.86);
    Some(Drawing { node, width, height, baseline, markdown })
}

fn stream(seed: u64) -> Rng {
    Rng::keyed(seed, RecordId::input("ink"), "draw", &[])
}

/// The number of a page, in a hole of this size.
pub(crate) fn page_number(label: &str, family: &str, size: f64, color: Color, align: Align, hole: (f64, f64)) -> Node {
    let style = Style::new(Font::new(family.to_string()), size, color);
    let (at, anchor) = match align {
        Align::Center => (hole.0 / 2.0, 0.5),
        Align::End => (hole.0, 1.0),
        _ => (0.0, 0.0),
    };
    let run = text::line(label, &style).at(Point::new(at, hole.1 / 2.0), Anchor { x: anchor, y: Height::Middle });
    Node::text("number", "text", run)
}

/// A box, ticked or crossed with a pen or left empty.
fn check(checked: bool, pen: Color, width: f64, height: f64, rng: &mut Rng) -> Node {
    let side = width.min(height) * 0.9;
    let frame = kurbo::Rect::new(0.0, 0.0, side, side).inset(-side * 0.05);
    let mut nodes = vec![Node::stroke("box", "box", frame, Stroke::new(Color::rgb(0x333333), (side * 0.07).max(1.0)))];
    if checked {
        let p = |x: f64, y: f64, rng: &mut Rng| {
            Point::new((x + rng.range(-0.07, 0.07)) * side, (y + rng.range(-0.07, 0.07)) * side)
        };
        let stroke = Stroke::new(pen, (side * 0.12).max(1.4)).round();
        let strokes = if rng.below(3) == 0 {
            vec![[p(0.18, 0.5, rng), p(0.42, 0.8, rng), p(0.95, 0.02, rng)].to_vec()]
        } else {
            vec![vec![p(0.15, 0.15, rng), p(0.85, 0.85, rng)], vec![p(0.85, 0.12, rng), p(0.15, 0.88, rng)]]
        };
        for (i, points) in strokes.iter().enumerate() {
            let outline = Outline::Path(curve::through(points));
            nodes.push(Node::stroke(format!("tick.{i}"), "tick", outline, stroke.clone()));
        }
    }
    Node::group("check", "checkbox", nodes).transformed(Affine::IDENTITY)
}
