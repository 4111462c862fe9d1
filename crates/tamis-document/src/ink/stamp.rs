//! Stamps: rings with text around, frames with large text.

use kurbo::{Affine, Circle, Point, Rect, RoundedRect, Shape as _};
use tamis_draw::Color;
use tamis_draw::scene::{Node, Outline, Stroke};
use tamis_draw::text::{self, Anchor, Font, Style};

use crate::spec::StampShape;

const FAMILY: &str = "DejaVu Sans";

/// A stamp in the middle of its place, turned by degrees counter-clockwise; ink that lets the paper through a little.
pub(crate) fn draw(
    shape: StampShape,
    lines: &[String],
    around: &str,
    color: Color,
    angle: f64,
    width: f64,
    height: f64,
) -> Node {
    let color = color.with_alpha(0.82);
    let radians = angle.to_radians();
    let (cos, sin) = (radians.cos().abs(), radians.sin().abs());
    let nodes = match shape {
        StampShape::Ring => ring(lines, around, color, width.min(height) / 2.0),
        StampShape::Frame | StampShape::DoubleFrame => {
            // The turned frame fills the place.
            let ratio = aspect(lines);
            let w = (width / (cos + sin / ratio)).min(height / (sin + cos / ratio));
            frame(lines, color, w, w / ratio, shape == StampShape::DoubleFrame)
        }
    };
    let turn = Affine::translate((width / 2.0, height / 2.0)) * Affine::rotate(-radians);
    Node::group("stamp", "stamp", nodes).transformed(turn)
}

fn bold(size: f64, color: Color) -> Style {
    Style::new(Font::new(FAMILY).bold(), size, color)
}

/// Width over height of a frame around these lines.
fn aspect(lines: &[String]) -> f64 {
    let widest = lines.iter().enumerate().map(|(i, l)| text::line(l, &bold(size_of(i), Color::BLACK)).width);
    let widest = widest.fold(1.0, f64::max) + 1.2;
    let tall: f64 = (0..lines.len()).map(size_of).sum::<f64>() * 1.25 + 0.8;
    (widest / tall).clamp(1.2, 6.0)
}

/// The first line is the large one.
fn size_of(line: usize) -> f64 {
    if line == 0 { 1.0 } else { SECOND }
}

/// Size of further lines in a frame and in a ring, where there is less room for the first.
const SECOND: f64 = 0.46;
const SECOND_IN_RING: f64 = 0.78;

fn frame(lines: &[String], color: Color, width: f64, height: f64, double: bool) -> Vec<Node> {
    let thick = height * 0.035;
    let place = Rect::new(-width / 2.0, -height / 2.0, width / 2.0, height / 2.0).inset(-thick);
    let rounded = |rect: Rect, radius: f64| Outline::Path(RoundedRect::from_rect(rect, radius).to_path(0.05));
    let mut nodes = vec![Node::stroke("frame", "frame", rounded(place, height * 0.1), Stroke::new(color, thick * 1.6))];
    let mut inner = place.inset(-thick * 1.5);
    if double {
        inner = place.inset(-thick * 2.6);
        nodes.push(Node::stroke("frame.1", "frame", rounded(inner, height * 0.07), Stroke::new(color, thick * 0.7)));
    }
    nodes.extend(stack(lines, color, inner.inset(-thick * 1.6), SECOND));
    nodes
}

/// Lines below each other, as large as the place allows.
fn stack(lines: &[String], color: Color, place: Rect, second: f64) -> Vec<Node> {
    let size_of = |line: usize| if line == 0 { 1.0 } else { second };
    let total: f64 = (0..lines.len()).map(size_of).sum::<f64>() * 1.22;
    let widest = lines
        .iter()
        .enumerate()
        .map(|(i, l)| text::line(l, &bold(100.0 * size_of(i), color)).width / 100.0)
        .fold(0.01, f64::max);
    let em = (place.height() / total.max(0.1)).min(place.width() / widest);
    let mut y = place.center().y - total * em / 2.0;
    let mut nodes = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let step = size_of(i) * 1.22 * em;
        let run = text::line(line, &bold(size_of(i) * em, color))
            .at(Point::new(place.center().x, y + step / 2.0), Anchor::CENTER);
        nodes.push(Node::text(format!("line.{i}"), "text", run));
        y += step;
    }
    nodes
}

fn ring(lines: &[String], around: &str, color: Color, radius: f64) -> Vec<Node> {
    let thick = radius * 0.045;
    let (outer, inner) = (radius - thick, radius * 0.66);
    let mut nodes = vec![
        Node::stroke("ring", "ring", Circle::new((0.0, 0.0), outer), Stroke::new(color, thick * 1.4)),
        Node::stroke("ring.1", "ring", Circle::new((0.0, 0.0), inner), Stroke::new(color, thick * 0.7)),
    ];
    nodes.extend(bend(around, color, (outer + inner) / 2.0, (outer - inner) * 0.62));
    let side = inner * 0.84;
    nodes.extend(stack(lines, color, Rect::new(-side, -side * 0.62, side, side * 0.62), SECOND_IN_RING));
    nodes
}

/// Text around a circle: whole words stay shaped, each turned to its place, so joined scripts hold together.
fn bend(around: &str, color: Color, radius: f64, size: f64) -> Vec<Node> {
    let joined = around.chars().any(|c| matches!(c, '\u{600}'..='\u{6ff}' | '\u{900}'..='\u{97f}'));
    let parts: Vec<String> = if joined {
        let words = around.split_whitespace().map(String::from);
        words.collect()
    } else {
        around.chars().map(String::from).collect()
    };
    let natural: f64 = parts.iter().map(|p| advance(p, size)).sum();
    let most = std::f64::consts::TAU * radius * 0.94;
    let shrink = (most / natural.max(1.0)).min(1.0);
    let size = size * shrink;
    let spread = if natural * shrink < most * 0.7 { 1.12 } else { 1.0 };
    let total: f64 = natural * shrink * spread;
    let rtl = joined && around.chars().any(|c| matches!(c, '\u{600}'..='\u{6ff}'));
    let mut angle = -std::f64::consts::FRAC_PI_2 - total / radius / 2.0;
    let mut nodes = Vec::new();
    let order: Vec<&String> = if rtl { parts.iter().rev().collect() } else { parts.iter().collect() };
    for (i, part) in order.into_iter().enumerate() {
        let step = advance(part, size) * spread / radius;
        let middle = angle + step / 2.0;
        angle += step;
        if part.trim().is_empty() {
            continue;
        }
        let at = Point::new(radius * middle.cos(), radius * middle.sin());
        let turn = -(middle + std::f64::consts::FRAC_PI_2).to_degrees();
        let run = text::line(part, &bold(size, color)).turned(at, Anchor::CENTER, turn);
        nodes.push(Node::text(format!("around.{i}"), "text", run));
    }
    nodes
}

fn advance(part: &str, size: f64) -> f64 {
    if part.trim().is_empty() { 0.35 * size } else { text::line(part, &bold(size, Color::BLACK)).width + 0.06 * size }
}
