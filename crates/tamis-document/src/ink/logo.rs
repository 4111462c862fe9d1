//! Signs of companies that do not exist.

use kurbo::{Affine, Circle, Point, Rect, RoundedRect, Shape as _};
use tamis_core::rng::Rng;
use tamis_draw::Color;
use tamis_draw::scene::{Node, Outline, Stroke};

/// A sign as high as its place, at its left edge.
pub(crate) fn draw(color: Color, width: f64, height: f64, rng: &mut Rng) -> Node {
    let side = width.min(height);
    let light = color.mix(Color::WHITE, rng.range(0.35, 0.6));
    let nodes = match rng.below(7) {
        0 => bars(color, light, rng),
        1 => rings(color, light, rng),
        2 => petals(color, light, rng),
        3 => peaks(color, light),
        4 => blocks(color, light, rng),
        5 => shield(color, light),
        _ => waves(color, light),
    };
    Node::group("logo", "logo", nodes).transformed(Affine::scale(side))
}

fn path(points: &[(f64, f64)]) -> Outline {
    Outline::polygon(&points.iter().map(|p| Point::from(*p)).collect::<Vec<_>>())
}

fn bars(color: Color, light: Color, rng: &mut Rng) -> Vec<Node> {
    let n = 3 + rng.below(2);
    let each = 1.0 / n as f64;
    let bar = |i: usize| {
        let top = 0.75 - 0.75 * (i as f64 + 1.0) / n as f64;
        let rect = Rect::new(i as f64 * each, top, (i as f64 + 0.72) * each, 1.0);
        Node::fill(format!("bar.{i}"), "ground", rect, if i + 1 == n { color } else { light })
    };
    (0..n).map(bar).collect()
}

fn rings(color: Color, light: Color, rng: &mut Rng) -> Vec<Node> {
    let shift = rng.range(0.14, 0.2);
    vec![
        Node::stroke("ring.0", "ground", Circle::new((0.5 - shift, 0.5), 0.26), Stroke::new(color, 0.1)),
        Node::stroke("ring.1", "ground", Circle::new((0.5 + shift, 0.5), 0.26), Stroke::new(light, 0.1)),
    ]
}

fn petals(color: Color, light: Color, rng: &mut Rng) -> Vec<Node> {
    let n = 5 + rng.below(4);
    let petal = |i: usize| {
        let angle = std::f64::consts::TAU * i as f64 / n as f64;
        let ellipse = kurbo::Ellipse::new((0.0, -0.3), (0.11, 0.19), 0.0).to_path(0.002);
        let place = Affine::translate((0.5, 0.5)) * Affine::rotate(angle);
        Node::fill(
            format!("petal.{i}"),
            "ground",
            Outline::Path(place * ellipse),
            if i.is_multiple_of(2) { color } else { light },
        )
    };
    (0..n).map(petal).collect()
}

fn peaks(color: Color, light: Color) -> Vec<Node> {
    vec![
        Node::fill("peak.0", "ground", path(&[(0.3, 0.9), (0.68, 0.25), (1.0, 0.9)]), light),
        Node::fill("peak.1", "ground", path(&[(0.0, 0.9), (0.36, 0.1), (0.72, 0.9)]), color),
    ]
}

fn blocks(color: Color, light: Color, rng: &mut Rng) -> Vec<Node> {
    let skip = rng.below(4);
    let block = |i: usize| {
        let (x, y) = ((i % 2) as f64 * 0.52, (i / 2) as f64 * 0.52);
        let rect = RoundedRect::new(x, y, x + 0.46, y + 0.46, 0.1).to_path(0.002);
        Node::fill(format!("block.{i}"), "ground", Outline::Path(rect), if i == skip { light } else { color })
    };
    (0..4).map(block).collect()
}

fn shield(color: Color, light: Color) -> Vec<Node> {
    let mut outline = kurbo::BezPath::new();
    outline.move_to((0.08, 0.08));
    outline.line_to((0.92, 0.08));
    outline.line_to((0.92, 0.5));
    outline.curve_to((0.92, 0.75), (0.7, 0.9), (0.5, 0.98));
    outline.curve_to((0.3, 0.9), (0.08, 0.75), (0.08, 0.5));
    outline.close_path();
    vec![
        Node::fill("shield", "ground", Outline::Path(outline), color),
        Node::fill(
            "cross",
            "ground",
            path(&[(0.22, 0.5), (0.46, 0.72), (0.8, 0.26), (0.7, 0.2), (0.44, 0.54), (0.3, 0.42)]),
            light,
        ),
    ]
}

fn waves(color: Color, light: Color) -> Vec<Node> {
    let wave = |i: usize| {
        let y = 0.22 + 0.26 * i as f64;
        let points: Vec<Point> =
            (0..=4).map(|k| Point::new(0.06 + 0.22 * k as f64, y + if k % 2 == 0 { 0.07 } else { -0.07 })).collect();
        let stroke = Stroke::new(if i == 1 { light } else { color }, 0.12).round();
        Node::stroke(format!("wave.{i}"), "ground", Outline::Path(crate::ink::curve::through(&points)), stroke)
    };
    (0..3).map(wave).collect()
}
