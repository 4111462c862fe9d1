//! The law of boxes: all ink of an element lies in its box, and no box is much larger than its ink.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall say where")]

use tamis_draw::kurbo::{Affine, BezPath, Circle, Line, Point, Rect};
use tamis_draw::scene::{Cap, Join, Node, Outline, Scene, Stroke};
use tamis_draw::text::{Anchor, Font, Style, line};
use tamis_draw::{Color, render};

const WIDTH: u32 = 160;
const HEIGHT: u32 = 120;

/// A small generator of its own (splitmix64): scenes must not depend on the code under test.
struct Dice(u64);

impl Dice {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn range(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn below(&mut self, n: u64) -> u64 {
        self.bits() % n
    }

    fn point(&mut self) -> Point {
        Point::new(self.range(2.0, 158.0), self.range(2.0, 118.0))
    }
}

fn stroke(dice: &mut Dice) -> Stroke {
    let mut stroke = Stroke::new(Color::BLACK, dice.range(1.0, 9.0));
    stroke.cap = [Cap::Butt, Cap::Round, Cap::Square][dice.below(3) as usize];
    stroke.join = [Join::Miter, Join::Round, Join::Bevel][dice.below(3) as usize];
    if dice.below(4) == 0 { stroke.dashed(&[dice.range(3.0, 12.0), dice.range(2.0, 8.0)]) } else { stroke }
}

fn outline(dice: &mut Dice) -> Outline {
    match dice.below(4) {
        0 => Rect::from_points(dice.point(), dice.point()).into(),
        1 => Circle::new(dice.point(), dice.range(2.0, 40.0)).into(),
        2 => Line::new(dice.point(), dice.point()).into(),
        _ => {
            let mut path = BezPath::new();
            path.move_to(dice.point());
            path.line_to(dice.point());
            path.quad_to(dice.point(), dice.point());
            path.curve_to(dice.point(), dice.point(), dice.point());
            if dice.below(2) == 0 {
                path.close_path();
            }
            path.into()
        }
    }
}

fn leaf(dice: &mut Dice, id: String) -> Node {
    if dice.below(3) == 0 {
        let texts = ["Revenue 12,400", "gjpqy ÅÉ", "Σ µ 100%", "москва", "fj"];
        let style = Style::new(Font::new("DejaVu Sans"), dice.range(6.0, 40.0), Color::BLACK);
        let angle = [0.0, 0.0, 90.0, 45.0, dice.range(-180.0, 180.0)][dice.below(5) as usize];
        let text = line(texts[dice.below(5) as usize], &style);
        return Node::text(id, "text", text.turned(dice.point(), Anchor::CENTER, angle));
    }
    let outline = outline(dice);
    let fill = (dice.below(2) == 0).then(|| Color::rgb(0x336699).into());
    let stroke = (fill.is_none() || dice.below(2) == 0).then(|| stroke(dice));
    Node::shape(id, "shape", outline, fill, stroke)
}

fn scene(dice: &mut Dice) -> Scene {
    let mut scene = Scene::new(WIDTH, HEIGHT, Color::WHITE);
    for i in 0..1 + dice.below(3) {
        let mut node = leaf(dice, format!("{i}"));
        match dice.below(8) {
            0 => {
                let turn = Affine::rotate_about(dice.range(-3.0, 3.0), Point::new(80.0, 60.0));
                node = Node::group(format!("{i}/group"), "group", vec![node]).transformed(turn);
            }
            1 => {
                let clip = Rect::from_points(dice.point(), dice.point());
                node = Node::group(format!("{i}/clip"), "group", vec![node]).clipped(clip);
            }
            _ => {}
        }
        scene.push(node);
    }
    scene
}

/// The box of the pixels that are covered at least this much (0 to 255).
fn covered(mask: &[u8], width: u32, least: u8) -> Option<Rect> {
    let mut found: Option<Rect> = None;
    for (i, _) in mask.iter().enumerate().filter(|(_, a)| **a >= least) {
        let (x, y) = (f64::from(i as u32 % width), f64::from(i as u32 / width));
        let pixel = Rect::new(x, y, x + 1.0, y + 1.0);
        found = Some(found.map_or(pixel, |r| r.union(pixel)));
    }
    found
}

/// How far a box goes beyond its ink, at the side where that is most.
fn slack(b: Rect, ink: Rect) -> f64 {
    [ink.x0 - b.x0, ink.y0 - b.y0, b.x1 - ink.x1, b.y1 - ink.y1].into_iter().fold(0.0, f64::max)
}

/// The ink of one element as found in a drawing 16 times as large.
fn magnified(scene: &Scene, id: &str) -> Rect {
    const TIMES: u32 = 16;
    let mut large = Scene::new(WIDTH * TIMES, HEIGHT * TIMES, Color::WHITE);
    let scale = Affine::scale(f64::from(TIMES));
    large.push(Node::group("large", "group", scene.nodes.clone()).transformed(scale));
    let mask = render::mask(&large, id).unwrap();
    let ink = covered(&mask, WIDTH * TIMES, 1).unwrap();
    ink.scale_from_origin(1.0 / f64::from(TIMES))
}

fn cut(scene: &Scene, b: Rect) -> bool {
    let clipped = scene.nodes.iter().any(|n| n.id.ends_with("clip"));
    clipped || b.x0 <= 0.0 || b.y0 <= 0.0 || b.x1 >= f64::from(WIDTH) || b.y1 >= f64::from(HEIGHT)
}

#[test]
fn all_ink_lies_in_its_box_and_no_box_is_much_larger() {
    let mut dice = Dice(1);
    let mut checked = 0;
    for round in 0..10_000 {
        let scene = scene(&mut dice);
        for element in scene.elements() {
            let mask = render::mask(&scene, &element.id).unwrap();
            let b = element.bbox;
            // The box of what is cut off is its whole box cut off; its ink may end earlier, or be elsewhere.
            if cut(&scene, b) {
                continue;
            }
            let Some(ink) = covered(&mask, WIDTH, 1) else {
                // What covers no sampled point of any pixel is thinner than a pixel.
                assert!(b.width().min(b.height()) < 2.0, "{round}: {element:?} has no ink");
                continue;
            };
            // Each inked pixel is touched by the box, but for the rounding of coordinates to a half of a pixel.
            let rounded = b.inflate(0.5, 0.5).expand();
            assert!(rounded.union(ink) == rounded, "{round}: {ink:?} leaves {element:?}");
            // A tip that covers less than 1/255 of each pixel shows under a magnifying glass only.
            let tight = slack(b, ink) <= 2.0 || slack(b, magnified(&scene, &element.id)) <= 2.0;
            assert!(tight, "{round}: {element:?} is larger than its ink {ink:?}");
            checked += 1;
        }
    }
    assert!(checked > 8_000, "only {checked} elements were checked");
}

#[test]
fn a_scene_gives_the_same_bytes_on_every_thread() {
    let draw = || {
        let mut dice = Dice(7);
        (0..50).map(|_| render::png(&render::pixels(&scene(&mut dice)).unwrap()).unwrap()).collect::<Vec<_>>()
    };
    let here = draw();
    let there = std::thread::spawn(draw).join().unwrap();
    assert_eq!(here, there);
}
