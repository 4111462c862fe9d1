//! Upright rectangles of one colour as pixels: the exact area that they cover of each.
//!
//! Bars, grids, rules, frames and grounds are most of what is drawn beside text. The general rasteriser goes through a
//! pipeline for each row of an edge; here a row is three stretches of pixels that are covered alike.

use kurbo::{Point, Rect};
use tiny_skia as skia;

use crate::color::Color;
use crate::render::blend::{over_255, span};
use crate::scene::{Cap, Join, Outline, Stroke};

/// An upright rectangle, perhaps with a hole that lies in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub whole: Rect,
    pub hole: Rect,
}

impl From<Rect> for Area {
    fn from(whole: Rect) -> Area {
        Area { whole, hole: Rect::ZERO }
    }
}

/// Paints an area.
pub(super) fn paint(picture: &mut skia::Pixmap, area: Area, color: Color, clip: Option<&skia::Mask>) {
    let Area { whole, hole } = area;
    if !(whole.is_finite() && hole.is_finite()) {
        return;
    }
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let stretches = stretches([whole.x0, whole.x1, hole.x0, hole.x1], width);
    let rows = whole.y0.clamp(0.0, height as f64).floor() as usize..whole.y1.clamp(0.0, height as f64).ceil() as usize;
    let data = picture.data_mut().as_chunks_mut::<4>().0;
    let (mut shares, mut alphas) = ([-1.0; 2], Vec::new());
    for y in rows {
        let here = [share(y, whole.y0, whole.y1), share(y, hole.y0, hole.y1)];
        // Most rows are painted as the one above.
        if here != shares {
            let [outside, inside] = here;
            shares = here;
            let alpha = |&[from, to]: &[usize; 2]| {
                let covered = outside * share(from, whole.x0, whole.x1) - inside * share(from, hole.x0, hole.x1);
                (from, to, over_255(u32::from(color.a) * (covered * 255.0 + 0.5) as u32))
            };
            alphas.clear();
            alphas.extend(stretches.iter().map(alpha).filter(|(_, _, alpha)| *alpha > 0));
        }
        for &(from, to, alpha) in &alphas {
            let (from, to) = (y * width + from, y * width + to);
            span(&mut data[from..to], color, alpha, clip.map(|clip| &clip.data()[from..to]));
        }
    }
}

/// How much of a pixel lies between two places.
fn share(pixel: usize, from: f64, to: f64) -> f64 {
    let at = pixel as f64;
    (to.min(at + 1.0) - from.max(at)).max(0.0)
}

/// Pixels of a row, from and to, that are covered alike: none of these edges lies inside one of more than one pixel.
fn stretches(edges: [f64; 4], width: usize) -> Vec<[usize; 2]> {
    let within = |place: f64| place.clamp(0.0, width as f64) as usize;
    let mut ends: Vec<usize> = edges.iter().flat_map(|edge| [within(edge.floor()), within(edge.ceil())]).collect();
    ends.sort_unstable();
    ends.dedup();
    ends.array_windows().copied().collect()
}

/// The most dashes of a line that are painted one by one.
const MOST_DASHES: f64 = 2000.0;

/// What a stroke covers, where that is upright rectangles that do not overlap: level and upright lines, broken or not, and
/// the frame of a rectangle.
pub(super) fn of_stroke(outline: &Outline, stroke: &Stroke) -> Option<Vec<Area>> {
    match outline {
        Outline::Line(line) if (line.p0.x == line.p1.x) != (line.p0.y == line.p1.y) => dashes(line.p0, line.p1, stroke),
        Outline::Rect(rect) if stroke.dashes.is_empty() && stroke.join == Join::Miter => {
            Some(vec![frame(rect.abs(), stroke.width / 2.0)])
        }
        _ => None,
    }
}

fn dashes(from: Point, to: Point, stroke: &Stroke) -> Option<Vec<Area>> {
    let beyond = match stroke.cap {
        Cap::Butt => 0.0,
        Cap::Square => stroke.width / 2.0,
        Cap::Round => return None,
    };
    let length = (to - from).hypot();
    let along = (to - from) / length;
    let half = stroke.width / 2.0;
    let side = kurbo::Vec2::new(-along.y, along.x) * half;
    let piece = |a: f64, b: f64| -> Area {
        Rect::from_points(from + along * (a - beyond) + side, from + along * (b + beyond) - side).into()
    };
    let period: f64 = stroke.dashes.iter().sum();
    if stroke.dashes.is_empty() {
        return Some(vec![piece(0.0, length)]);
    }
    // Caps of neighbours may touch where gaps are short; then it is for the general rasteriser.
    let gaps = stroke.dashes.iter().skip(1).step_by(2);
    let even = stroke.dashes.len().is_multiple_of(2) && stroke.dashes.iter().all(|dash| *dash > 0.0);
    if !even || gaps.clone().any(|gap| *gap <= 2.0 * beyond) || length / period > MOST_DASHES {
        return None;
    }
    let mut pieces = Vec::new();
    let mut at = 0.0;
    for (i, dash) in stroke.dashes.iter().enumerate().cycle() {
        if at >= length {
            break;
        }
        if i.is_multiple_of(2) {
            pieces.push(piece(at, (at + dash).min(length)));
        }
        at += dash;
    }
    Some(pieces)
}

fn frame(rect: Rect, half: f64) -> Area {
    let whole = rect.inflate(half, half);
    let closed = rect.width() <= 2.0 * half || rect.height() <= 2.0 * half;
    Area { whole, hole: if closed { Rect::ZERO } else { rect.inflate(-half, -half) } }
}

#[cfg(test)]
mod tests {
    use kurbo::{Line, Shape as _};

    use crate::render::mask;
    use crate::scene::{Node, Scene};

    use super::*;

    /// How far a stroke covers each pixel of a picture of 40 by 30.
    fn covered(outline: Outline, stroke: Stroke) -> Vec<f64> {
        let mut scene = Scene::new(40, 30, Color::WHITE);
        scene.push(Node::shape("a", "line", outline, None, Some(stroke)));
        mask(&scene, "a").unwrap_or_default().into_iter().map(|a| f64::from(a) / 255.0).collect()
    }

    #[test]
    fn each_pixel_is_covered_as_far_as_the_area_says() {
        let rect = Rect::new(3.3, 4.6, 30.2, 22.9);
        let stroke = Stroke::new(Color::BLACK, 2.5);
        let found = covered(Outline::Rect(rect), stroke);
        let (whole, hole) = (rect.inflate(1.25, 1.25), rect.inflate(-1.25, -1.25));
        for (i, found) in found.iter().enumerate() {
            let (x, y) = ((i % 40) as f64, (i / 40) as f64);
            let pixel = Rect::new(x, y, x + 1.0, y + 1.0);
            let area = |r: Rect| pixel.intersect(r).area().max(0.0);
            let expected = area(whole) - area(hole);
            assert!((found - expected).abs() < 0.003, "{x}, {y}: {found} instead of {expected}");
        }
        let small = covered(Outline::Rect(Rect::new(5.0, 5.0, 6.0, 25.0)), Stroke::new(Color::BLACK, 2.0));
        assert_eq!(small.iter().sum::<f64>(), 3.0 * 22.0, "a frame without a hole");
    }

    #[test]
    fn dashes_stand_where_the_general_rasteriser_puts_them() {
        let line = Line::new((33.5, 10.25), (2.25, 10.25));
        for (dashes, cap) in [(vec![5.0, 2.5], Cap::Butt), (vec![4.0, 3.0, 1.5, 3.0], Cap::Square)] {
            let stroke = Stroke { dashes, cap, ..Stroke::new(Color::BLACK, 1.5) };
            let rects = covered(Outline::Line(line), stroke.clone());
            let path = covered(Outline::Path(line.to_path(0.1)), stroke);
            for (i, (a, b)) in rects.iter().zip(&path).enumerate() {
                assert!((a - b).abs() < 0.13, "{}, {}: {a} beside {b}", i % 40, i / 40);
            }
            assert!(rects.iter().sum::<f64>() > 20.0);
        }
    }

    #[test]
    fn what_sticks_out_of_the_picture_is_cut_off() {
        let found = covered(Outline::Rect(Rect::new(-5.0, -5.0, 50.0, 3.5)), Stroke::new(Color::BLACK, 1.0));
        let inked = |row: usize| found[row * 40..][..40].iter().sum::<f64>();
        assert_eq!([inked(2), inked(3), inked(4)], [0.0, 40.0, 0.0]);
    }
}
