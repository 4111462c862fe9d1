//! Signatures: an initial, a few waves that get flatter, a flourish.

use kurbo::{Affine, Point, Shape as _};
use tamis_core::rng::Rng;
use tamis_draw::Color;
use tamis_draw::scene::{Node, Outline, Stroke};

use crate::ink::curve;

/// A signature that fills most of its place.
pub(crate) fn draw(name: &str, color: Color, width: f64, height: f64, rng: &mut Rng) -> Node {
    let mut strokes = Vec::new();
    let mut x = 0.0;
    let parts = name.split_whitespace().take(2).map(|w| w.chars().count().clamp(4, 8)).collect::<Vec<_>>();
    for letters in if parts.is_empty() { vec![6] } else { parts } {
        let mut points = initial(x, rng);
        x += 1.1;
        for i in 0..letters {
            // Later letters are smaller and wider: the hand hurries.
            let fade = 1.0 - 0.55 * i as f64 / letters as f64;
            let tall = if rng.below(4) == 0 { 1.5 } else { 0.62 } * fade;
            points.push(Point::new(x + rng.range(0.02, 0.18), -tall * rng.range(0.75, 1.15)));
            points.push(Point::new(x + rng.range(0.28, 0.45), rng.range(-0.12, 0.1)));
            if rng.below(5) == 0 {
                points.push(Point::new(x + rng.range(0.0, 0.2), rng.range(0.5, 0.9)));
            }
            x += rng.range(0.38, 0.62) * (1.3 - 0.3 * fade);
        }
        strokes.push(points);
        x += 0.35;
    }
    if rng.below(3) > 0 {
        let y = rng.range(0.55, 0.95);
        strokes.push(vec![
            Point::new(x * rng.range(0.9, 1.05), y - 0.35),
            Point::new(x * 0.5, y + rng.range(-0.1, 0.15)),
            Point::new(x * rng.range(0.02, 0.2), y + 0.1),
            Point::new(x * 0.55, y + 0.32),
            Point::new(x * rng.range(1.0, 1.15), y - 0.15),
        ]);
    }
    fit(strokes, color, width, height, rng)
}

/// A large loop or two, as capitals are.
fn initial(x: f64, rng: &mut Rng) -> Vec<Point> {
    let mut points = vec![Point::new(x + rng.range(-0.2, 0.3), -0.4)];
    let turns = 4 + rng.below(4);
    for i in 0..turns {
        let angle = i as f64 * rng.range(1.7, 2.3);
        let radius = rng.range(0.5, 0.95);
        points.push(Point::new(x + 0.5 + 0.55 * radius * angle.cos(), -0.85 - radius * angle.sin()));
    }
    points.push(Point::new(x + 0.9, 0.0));
    points
}

fn fit(strokes: Vec<Vec<Point>>, color: Color, width: f64, height: f64, rng: &mut Rng) -> Node {
    let slant = Affine::new([1.0, 0.0, -rng.range(0.12, 0.45), 1.0, 0.0, 0.0]);
    let rise = Affine::rotate(-rng.range(0.0, 0.12));
    let paths: Vec<_> = strokes.iter().map(|p| rise * slant * curve::through(p)).collect();
    let thick = (height * 0.022).clamp(1.3, 3.2);
    let Some(ink) = paths.iter().map(|p| p.bounding_box()).reduce(|a, b| a.union(b)) else {
        return Node::group("signature", "signature", Vec::new());
    };
    let scale = ((width - 2.0 * thick) / ink.width()).min((height - 2.0 * thick) / ink.height());
    let place = Affine::translate((thick, (height - ink.height() * scale) / 2.0))
        * Affine::scale(scale)
        * Affine::translate(-ink.origin().to_vec2());
    let stroke = Stroke::new(color, thick * rng.range(0.85, 1.25)).round();
    let nodes = paths
        .into_iter()
        .enumerate()
        .map(|(i, path)| Node::stroke(format!("stroke.{i}"), "stroke", Outline::Path(place * path), stroke.clone()));
    Node::group("signature", "signature", nodes.collect())
}
