//! Pictures: simple scenes in a few colours, as printed illustrations are.

use kurbo::{BezPath, Circle, Ellipse, Point, Rect, Shape as _};
use serde::{Deserialize, Serialize};
use tamis_core::rng::Rng;
use tamis_draw::Color;
use tamis_draw::scene::{Gradient, Node, Outline, Paint, Stroke};

use crate::ink::curve;

/// What a picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// Hills, a sun, trees.
    Landscape,
    /// A row of houses against the sky.
    City,
    /// Head and shoulders.
    Portrait,
    /// A bowl with fruit.
    StillLife,
    /// Circles and stripes.
    Abstract,
    /// Sea and boats.
    Sea,
}

impl Subject {
    /// All of them.
    pub const ALL: [Subject; 6] =
        [Subject::Landscape, Subject::City, Subject::Portrait, Subject::StillLife, Subject::Abstract, Subject::Sea];
}

/// A picture over the whole of its place.
pub(crate) fn draw(subject: Subject, width: f64, height: f64, rng: &mut Rng) -> Node {
    let mut canvas = Canvas { width, height, nodes: Vec::new() };
    match subject {
        Subject::Landscape => landscape(&mut canvas, rng),
        Subject::City => city(&mut canvas, rng),
        Subject::Portrait => portrait(&mut canvas, rng),
        Subject::StillLife => still_life(&mut canvas, rng),
        Subject::Abstract => shapes(&mut canvas, rng),
        Subject::Sea => sea(&mut canvas, rng),
    }
    Node::group("picture", "picture", canvas.nodes).clipped(Rect::new(0.0, 0.0, width, height))
}

struct Canvas {
    width: f64,
    height: f64,
    nodes: Vec<Node>,
}

impl Canvas {
    fn fill(&mut self, outline: impl Into<Outline>, paint: impl Into<Paint>) {
        let outline = outline.into();
        if let Outline::Rect(r) = outline {
            // What lies wholly outside the picture would be an element without ink.
            if r.x1 <= 0.0 || r.y1 <= 0.0 || r.x0 >= self.width || r.y0 >= self.height {
                return;
            }
        }
        let id = format!("part.{}", self.nodes.len());
        self.nodes.push(Node::fill(id, "part", outline, paint));
    }

    fn sky(&mut self, top: Color, bottom: Color) {
        let (from, to) = (Point::new(0.0, 0.0), Point::new(0.0, self.height));
        let gradient = Gradient { from, to, from_color: top, to_color: bottom };
        self.fill(Rect::new(0.0, 0.0, self.width, self.height), Paint::Gradient(gradient));
    }

    /// Ground below a smooth line at a share of the height.
    fn ground(&mut self, level: f64, swing: f64, color: Color, rng: &mut Rng) {
        let n = 5;
        let points: Vec<Point> = (0..=n)
            .map(|i| {
                Point::new(self.width * f64::from(i) / f64::from(n), self.height * (level + rng.range(-swing, swing)))
            })
            .collect();
        let mut path = curve::through(&points);
        path.line_to((self.width, self.height));
        path.line_to((0.0, self.height));
        path.close_path();
        self.fill(path, color);
    }
}

fn one(colors: &[u32], rng: &mut Rng) -> Color {
    Color::rgb(rng.pick(colors).copied().unwrap_or(0x808080))
}

fn landscape(canvas: &mut Canvas, rng: &mut Rng) {
    let (w, h) = (canvas.width, canvas.height);
    canvas.sky(one(&[0x6fa8dc, 0x87b5d9, 0xf2a65a, 0x8fa3c9], rng), one(&[0xeaf3fb, 0xfde8c8, 0xf6e3d4], rng));
    let sun = Circle::new((w * rng.range(0.15, 0.85), h * rng.range(0.16, 0.32)), h.min(w) * rng.range(0.06, 0.1));
    canvas.fill(sun, one(&[0xffd54a, 0xfff1b8, 0xff9e5e], rng));
    let hills = one(&[0x6d8f73, 0x7a9a8a, 0x5f7f9a], rng);
    for (i, level) in [0.55, 0.66, 0.78].into_iter().enumerate() {
        canvas.ground(level, 0.06, hills.mix(Color::rgb(0x1f3d2b), 0.22 * i as f64), rng);
    }
    for _ in 0..4 + rng.below(6) {
        let (x, y) = (w * rng.range(0.03, 0.97), h * rng.range(0.8, 0.95));
        let size = h * rng.range(0.06, 0.13);
        canvas.fill(Rect::new(x - size * 0.06, y - size * 0.3, x + size * 0.06, y + size * 0.2), Color::rgb(0x5b4030));
        let tree =
            [(x - size * 0.4, y - size * 0.2), (x, y - size * 1.3), (x + size * 0.4, y - size * 0.2)].map(Point::from);
        canvas.fill(Outline::polygon(&tree), one(&[0x2f5d3a, 0x3e6b35, 0x27503f], rng));
    }
}

fn city(canvas: &mut Canvas, rng: &mut Rng) {
    let (w, h) = (canvas.width, canvas.height);
    canvas.sky(one(&[0x3b4a6b, 0x7fb2e5, 0xc9d6e8], rng), one(&[0xf4d7b5, 0xe8eef5, 0xf7c59f], rng));
    for (layer, base) in [(0.4, 0x8c96a8), (0.75, 0x4f5d75)] {
        let mut x = -0.02 * w;
        while x < w {
            let width = w * rng.range(0.07, 0.15);
            let top = h * (1.0 - layer * rng.range(0.45, 1.0)).max(0.1);
            let wall = Color::rgb(base).mix(Color::rgb(0xb08d74), rng.range(0.0, 0.5));
            canvas.fill(Rect::new(x, top, x + width, h), wall);
            let lit = Color::rgb(0xffe9a8).mix(wall, rng.range(0.1, 0.5));
            let (columns, pane) = (3, width / 9.0);
            let rows = ((h - top) / (pane * 2.6)).floor().min(14.0) as usize;
            for row in 0..rows {
                for column in 0..columns {
                    if rng.below(3) > 0 {
                        let px = x + width * (0.16 + 0.26 * f64::from(column));
                        let py = top + pane * (1.0 + 2.4 * row as f64);
                        canvas.fill(Rect::new(px, py, px + pane, py + pane * 1.3), lit);
                    }
                }
            }
            x += width * rng.range(1.0, 1.12);
        }
    }
}

fn portrait(canvas: &mut Canvas, rng: &mut Rng) {
    let (w, h) = (canvas.width, canvas.height);
    let ground = one(&[0xd9e2ec, 0xe8dcd0, 0xcfe0d8, 0xdcd6e6], rng);
    canvas.sky(ground.mix(Color::WHITE, 0.3), ground);
    let unit = w.min(h);
    let (cx, cy) = (w / 2.0, h * 0.42);
    let skin = one(&[0xf1c9a5, 0xd9a679, 0xa9744f, 0x7a5236, 0xe6b58f], rng);
    let hair = one(&[0x2d1f18, 0x5b3a24, 0x8d6a3f, 0x7d7d7d, 0x1c1c1c], rng);
    let shirt = one(&[0x2f4a6d, 0x6d3b47, 0x3f5f4f, 0x444a57, 0xb9c3cf], rng);
    let long = rng.below(2) == 0;
    if long {
        canvas.fill(Ellipse::new((cx, cy + 0.06 * unit), (0.24 * unit, 0.33 * unit), 0.0).to_path(0.1), hair);
    }
    let mut body = BezPath::new();
    body.move_to((cx - 0.42 * unit, h));
    body.curve_to((cx - 0.4 * unit, h * 0.74), (cx - 0.14 * unit, h * 0.72), (cx, h * 0.72));
    body.curve_to((cx + 0.14 * unit, h * 0.72), (cx + 0.4 * unit, h * 0.74), (cx + 0.42 * unit, h));
    body.close_path();
    canvas.fill(body, shirt);
    canvas
        .fill(Rect::new(cx - 0.075 * unit, cy + 0.1 * unit, cx + 0.075 * unit, h * 0.76), skin.mix(Color::BLACK, 0.12));
    canvas.fill(Ellipse::new((cx, cy), (0.17 * unit, 0.22 * unit), 0.0).to_path(0.1), skin);
    let mut fringe = BezPath::new();
    fringe.move_to((cx - 0.19 * unit, cy));
    fringe.curve_to((cx - 0.22 * unit, cy - 0.34 * unit), (cx + 0.22 * unit, cy - 0.34 * unit), (cx + 0.19 * unit, cy));
    let dip = rng.range(-0.1, 0.1) * unit;
    fringe.curve_to((cx + 0.15 * unit, cy - 0.16 * unit), (cx + dip, cy - 0.1 * unit), (cx - 0.19 * unit, cy));
    fringe.close_path();
    canvas.fill(fringe, hair);
    for side in [-1.0, 1.0] {
        canvas.fill(Circle::new((cx + side * 0.065 * unit, cy + 0.01 * unit), 0.014 * unit), Color::rgb(0x2b2320));
    }
    let smile = curve::through(
        &[(-0.06, 0.1), (0.0, 0.125), (0.06, 0.1)].map(|(x, y)| Point::new(cx + x * unit, cy + y * unit)),
    );
    canvas.nodes.push(Node::stroke("smile", "part", smile, Stroke::new(Color::rgb(0x8a4b3f), 0.012 * unit).round()));
}

fn still_life(canvas: &mut Canvas, rng: &mut Rng) {
    let (w, h) = (canvas.width, canvas.height);
    let wall = one(&[0xefe3d0, 0xd6e0dd, 0xe9d5cf, 0xcdd7e6], rng);
    canvas.sky(wall, wall.mix(Color::WHITE, 0.35));
    canvas.fill(Rect::new(0.0, h * 0.7, w, h), one(&[0x9c7552, 0x7d5a42, 0xb08a63], rng));
    let unit = w.min(h);
    let (cx, base) = (w / 2.0, h * 0.82);
    for i in 0..5 + rng.below(3) {
        let x = cx + unit * (f64::from(i as u32) - 3.0) * 0.085;
        let fruit = one(&[0xd1432f, 0xe8962e, 0xe3c63c, 0x7ea341, 0x8a3a5e], rng);
        let y = base - unit * rng.range(0.24, 0.32);
        canvas.fill(Circle::new((x, y), unit * rng.range(0.065, 0.085)), fruit);
        canvas.fill(Circle::new((x - unit * 0.02, y - unit * 0.025), unit * 0.016), fruit.mix(Color::WHITE, 0.5));
    }
    let bowl = one(&[0x35506b, 0x8c4a3c, 0x4b6b57, 0xf3efe6], rng);
    let mut path = BezPath::new();
    path.move_to((cx - 0.34 * unit, base - 0.22 * unit));
    path.line_to((cx + 0.34 * unit, base - 0.22 * unit));
    path.curve_to((cx + 0.3 * unit, base - 0.02 * unit), (cx + 0.14 * unit, base), (cx, base));
    path.curve_to(
        (cx - 0.14 * unit, base),
        (cx - 0.3 * unit, base - 0.02 * unit),
        (cx - 0.34 * unit, base - 0.22 * unit),
    );
    path.close_path();
    canvas.fill(path, bowl);
    canvas.fill(
        Rect::new(cx - 0.12 * unit, base - 0.01 * unit, cx + 0.12 * unit, base + 0.03 * unit),
        bowl.mix(Color::BLACK, 0.25),
    );
}

fn shapes(canvas: &mut Canvas, rng: &mut Rng) {
    let (w, h) = (canvas.width, canvas.height);
    let colors = [0xe4572e, 0x17bebb, 0xffc914, 0x2e282a, 0x76b041, 0x4059ad, 0xf4b6c2];
    canvas.fill(Rect::new(0.0, 0.0, w, h), one(&[0xf7f3ea, 0xeef2f5, 0xfaf0e6], rng));
    for _ in 0..7 + rng.below(6) {
        let (x, y) = (w * rng.range(0.0, 1.0), h * rng.range(0.0, 1.0));
        let size = w.min(h) * rng.range(0.08, 0.3);
        let color = one(&colors, rng).with_alpha(rng.range(0.7, 1.0));
        match rng.below(3) {
            0 => canvas.fill(Circle::new((x, y), size / 2.0), color),
            1 => canvas.fill(Rect::new(x - size, y - size * 0.1, x + size, y + size * 0.1), color),
            _ => {
                let corners = [(x, y - size * 0.6), (x + size * 0.6, y + size * 0.4), (x - size * 0.6, y + size * 0.4)];
                canvas.fill(Outline::polygon(&corners.map(Point::from)), color);
            }
        }
    }
}

fn sea(canvas: &mut Canvas, rng: &mut Rng) {
    let (w, h) = (canvas.width, canvas.height);
    canvas.sky(one(&[0x5b9bd5, 0xf2b880, 0x93b7d8], rng), one(&[0xf2f7fb, 0xfbe6cf], rng));
    let water = one(&[0x2a6f97, 0x1f5f7a, 0x3d7ea6], rng);
    for i in 0..4 {
        canvas.ground(0.58 + 0.11 * f64::from(i), 0.012, water.mix(Color::BLACK, 0.1 * f64::from(i)), rng);
    }
    for i in 0..2 + rng.below(3) {
        let (x, y) = (w * rng.range(0.1, 0.9), h * (0.62 + 0.08 * i as f64));
        let size = h * rng.range(0.1, 0.18);
        let hull = [
            (x - size * 0.6, y),
            (x + size * 0.6, y),
            (x + size * 0.4, y + size * 0.22),
            (x - size * 0.4, y + size * 0.22),
        ];
        canvas.fill(Outline::polygon(&hull.map(Point::from)), one(&[0x7a3b2e, 0x33415c, 0x5c4033], rng));
        let sail = [(x, y - size * 0.06), (x, y - size * 1.1), (x + size * 0.5, y - size * 0.06)];
        canvas.fill(Outline::polygon(&sail.map(Point::from)), one(&[0xffffff, 0xf4e9d8, 0xe8c9b0], rng));
    }
}
