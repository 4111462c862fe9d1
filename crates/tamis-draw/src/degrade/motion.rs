//! Where points of the clean picture are in the degraded one.

use kurbo::{Point, Rect};

use super::map::Map;
use super::warp;

/// How the pixels moved: from points of the clean picture to points of the degraded one.
///
/// The frame of both is that of scenes: pixels, origin at the top left corner, y down.
#[derive(Clone, Debug, PartialEq)]
pub struct Motion {
    from: (u32, u32),
    to: (u32, u32),
    maps: Vec<Map>,
}

/// Where an outline went.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    /// Its corners, cut off at the frame of the degraded picture; fewer than three when nothing is left in it. Sides
    /// that bend are followed by points at most 8 pixels apart.
    pub polygon: Vec<Point>,
    /// The smallest upright box around `polygon`; `None` when nothing is left in the frame.
    pub bbox: Option<Rect>,
    /// The share of its area that lies beyond the frame and is not seen, 0 to 1.
    pub clipped: f64,
}

impl Motion {
    /// Nothing moves in a picture of this size.
    pub fn still(width: u32, height: u32) -> Motion {
        Motion { from: (width, height), to: (width, height), maps: Vec::new() }
    }

    pub(super) fn push(&mut self, map: Map, width: u32, height: u32) {
        self.maps.push(map);
        self.to = (width, height);
    }

    /// This motion, then `next` of the picture it led to.
    pub fn then(mut self, next: Motion) -> Motion {
        self.maps.extend(next.maps);
        self.to = next.to;
        self
    }

    /// Width and height of the clean picture.
    pub fn old_size(&self) -> (u32, u32) {
        self.from
    }

    /// Width and height of the degraded picture.
    pub fn new_size(&self) -> (u32, u32) {
        self.to
    }

    /// Whether every point stays where it is.
    pub fn is_still(&self) -> bool {
        self.maps.is_empty()
    }

    /// Whether straight lines stay straight.
    pub fn keeps_lines(&self) -> bool {
        self.maps.iter().all(Map::keeps_lines)
    }

    /// Where a point goes; it may lie beyond the frame.
    pub fn point(&self, p: Point) -> Point {
        self.maps.iter().fold(p, |p, map| map.point(p))
    }

    /// Where a point of the degraded picture came from.
    pub fn back(&self, p: Point) -> Point {
        self.maps.iter().rev().fold(p, |p, map| map.back(p))
    }

    /// Where a point goes, if that is within the frame.
    pub fn point_in_frame(&self, p: Point) -> Option<Point> {
        Some(self.point(p)).filter(|p| self.frame().inflate(1e-9, 1e-9).contains(*p))
    }

    /// Where an upright box goes.
    pub fn rect(&self, rect: Rect) -> Moved {
        self.polygon(&crate::text::run::corners(rect))
    }

    /// Where an outline goes.
    pub fn polygon(&self, corners: &[Point]) -> Moved {
        let whole = self.outline(corners);
        let frame = self.frame();
        let sides = [(0, frame.x0, 1.0), (0, frame.x1, -1.0), (1, frame.y0, 1.0), (1, frame.y1, -1.0)];
        let polygon = sides.iter().fold(whole.clone(), |left, (axis, at, sign)| cut(&left, *axis, *at, *sign));
        let bbox = bounds(&polygon).filter(|b| b.area() > 0.0);
        let clipped = match (area(&whole), bbox) {
            (_, None) => 1.0,
            (all, Some(_)) if all > 0.0 => (1.0 - area(&polygon) / all).clamp(0.0, 1.0),
            _ => 0.0,
        };
        Moved { polygon, bbox, clipped }
    }

    /// A mask of the clean picture (0 to 255, one byte a pixel, row by row) as a mask of the degraded one, sampled as
    /// pixels are; outside the clean picture it is 0. `None` when its length is not that of the clean picture.
    pub fn mask(&self, mask: &[u8]) -> Option<Vec<u8>> {
        let (width, height) = self.from;
        if mask.len() != width as usize * height as usize {
            return None;
        }
        if self.is_still() {
            return Some(mask.to_vec());
        }
        Some(warp::mask(mask, self.from, self.to, &|p| self.back(p)))
    }

    fn frame(&self) -> Rect {
        Rect::new(0.0, 0.0, f64::from(self.to.0), f64::from(self.to.1))
    }

    fn outline(&self, corners: &[Point]) -> Vec<Point> {
        /// Pixels between two points of a side that is followed.
        const STEP: f64 = 8.0;
        /// Points of one side, at most.
        const MOST: f64 = 512.0;
        let keeps_lines = self.keeps_lines();
        let mut moved = Vec::with_capacity(corners.len());
        for (i, p) in corners.iter().enumerate() {
            let q = corners[(i + 1) % corners.len()];
            let pieces = if keeps_lines { 1.0 } else { ((q - *p).hypot() / STEP).ceil().clamp(1.0, MOST) };
            moved.extend((0..pieces as usize).map(|k| self.point(p.lerp(q, k as f64 / pieces))));
        }
        moved
    }
}

/// Keeps the part with `sign * (p[axis] - at) >= 0` (Sutherland and Hodgman).
fn cut(corners: &[Point], axis: usize, at: f64, sign: f64) -> Vec<Point> {
    let side = |p: Point| sign * (if axis == 0 { p.x } else { p.y } - at);
    let mut kept = Vec::with_capacity(corners.len() + 2);
    for (i, p) in corners.iter().enumerate() {
        let q = corners[(i + 1) % corners.len()];
        let (here, there) = (side(*p), side(q));
        if here >= 0.0 {
            kept.push(*p);
        }
        if (here > 0.0 && there < 0.0) || (here < 0.0 && there > 0.0) {
            kept.push(p.lerp(q, here / (here - there)));
        }
    }
    kept
}

fn bounds(points: &[Point]) -> Option<Rect> {
    let (first, rest) = points.split_first()?;
    Some(rest.iter().fold(Rect::from_points(*first, *first), |b, p| b.union_pt(*p)))
}

/// Area of a polygon without crossings, whichever way round (the shoelace formula).
fn area(points: &[Point]) -> f64 {
    let next = |i: usize| points[(i + 1) % points.len()];
    let twice: f64 = points.iter().enumerate().map(|(i, p)| p.to_vec2().cross(next(i).to_vec2())).sum();
    twice.abs() / 2.0
}
