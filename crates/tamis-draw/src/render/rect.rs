//! Upright rectangles of one colour as pixels: the exact area that they cover of each.
//!
//! Bars, grids, rules, frames and grounds are most of what is drawn beside text. The general rasteriser goes through a
//! pipeline for each row of an edge; here a row is three stretches of pixels that are covered alike.

use kurbo::{Point, Rect};
use pulp::{Arch, Simd, WithSimd};
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
    if area.whole.is_finite() && area.hole.is_finite() {
        // For the instructions of this machine: dashes come by the thousand.
        Arch::new().dispatch(PaintArea { picture, area, color, clip });
    }
}

struct PaintArea<'a> {
    picture: &'a mut skia::Pixmap,
    area: Area,
    color: Color,
    clip: Option<&'a skia::Mask>,
}

impl WithSimd for PaintArea<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let PaintArea { picture, area: Area { whole, hole }, color, clip } = self;
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let within = |place: f64, end: usize| place.clamp(0.0, end as f64) as usize;
        let rows = within(whole.y0.floor(), height)..within(whole.y1.ceil(), height);
        let hole_edges = if hole.width() > 0.0 { [hole.x0, hole.x1] } else { [whole.x1; 2] };
        let edges = [whole.x0, hole_edges[0], hole_edges[1], whole.x1];
        let stretches = stretches(edges.map(|edge| [within(edge.floor(), width), within(edge.ceil(), width)]));
        let data = picture.data_mut().as_chunks_mut::<4>().0;
        let (mut shares, mut alphas) = ([-1.0; 2], [0; STRETCHES]);
        for y in rows {
            let here = [share(y, whole.y0, whole.y1), share(y, hole.y0, hole.y1)];
            // Most rows are painted as the one above.
            if here != shares {
                let [outside, inside] = here;
                shares = here;
                for (alpha, [from, _]) in alphas.iter_mut().zip(stretches) {
                    let covered = outside * share(from, whole.x0, whole.x1) - inside * share(from, hole.x0, hole.x1);
                    *alpha = over_255(u32::from(color.a) * (covered * 255.0 + 0.5) as u32);
                }
            }
            let row = y * width..(y + 1) * width;
            let (pixels, clip) = (&mut data[row.clone()], clip.map(|clip| &clip.data()[row]));
            for (&[from, to], &alpha) in stretches.iter().zip(&alphas) {
                if from < to && alpha > 0 {
                    span(&mut pixels[from..to], color, alpha, clip.map(|clip| &clip[from..to]));
                }
            }
        }
    }
}

/// How much of a pixel lies between two places.
#[inline(always)]
fn share(pixel: usize, from: f64, to: f64) -> f64 {
    let at = pixel as f64;
    (to.min(at + 1.0) - from.max(at)).max(0.0)
}

/// Into how many stretches four edges divide a row: up to one, the pixel that it lies in, and so on.
const STRETCHES: usize = 7;

/// Pixels of a row, from and to, that are covered alike, by the pixel of each edge from left to right, from and to: none of
/// the edges lies inside a stretch of more than one pixel. Some are empty.
#[inline(always)]
fn stretches(mut edges: [[usize; 2]; 4]) -> [[usize; 2]; STRETCHES] {
    let ends = edges.as_flattened_mut();
    // Two edges may lie in one pixel.
    for i in 1..ends.len() {
        ends[i] = ends[i].max(ends[i - 1]);
    }
    std::array::from_fn(|i| [ends[i], ends[i + 1]])
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
