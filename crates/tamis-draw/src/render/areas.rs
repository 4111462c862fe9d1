//! Outlines of one colour as pixels: the exact area that they cover of each.
//!
//! Signed areas are added up along the outline, a sum for each pixel of what changes there from the pixel before it. Text
//! is most of what is drawn, in outlines of a few pixels' size, and thin lines across the whole picture come next: only
//! what an outline touches is written and gone through, so that both cost what their outlines are long and no more. The
//! general rasteriser sorts edges and samples each row four times; this knows 256 levels.
//!
//! Areas of outlines that lie over each other are added up to the whole pixel, so a shape that overlaps itself is painted
//! as by the non-zero rule.

use kurbo::{Point, Rect};
use tiny_skia as skia;

use crate::color::Color;
use crate::render::blend::{over_255, span};

/// What covers more pixels than this is left to the general rasteriser.
const LARGEST: f64 = 4_194_304.0;

/// The areas of one outline; the room for them is used again.
#[derive(Default)]
pub(super) struct Areas {
    room: Room,
    /// what changes at each pixel, and behind the last one; zero but between `begin` and `paint`
    changes: Vec<f32>,
    /// the first and the last pixel of each row at which something changes
    touched: Vec<[usize; 2]>,
}

/// Pixels of the picture.
#[derive(Clone, Copy, Default)]
struct Room {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
}

const UNTOUCHED: [usize; 2] = [usize::MAX, 0];

impl Room {
    /// Those that `ink` may cover; `None` where that is nothing.
    fn of(ink: Rect, picture: &skia::Pixmap) -> Option<Room> {
        let whole = Rect::new(0.0, 0.0, f64::from(picture.width()), f64::from(picture.height()));
        // A pixel more at each side: what was flattened may stand out a little.
        let seen = ink.inflate(1.0, 1.0).expand().intersect(whole);
        (seen.width() > 0.0 && seen.height() > 0.0).then_some(Room {
            left: seen.x0 as usize,
            top: seen.y0 as usize,
            width: seen.width() as usize,
            height: seen.height() as usize,
        })
    }

    /// A row of changes has room for what lies on its last edge.
    fn stride(&self) -> usize {
        self.width + 2
    }
}

/// What becomes of an outline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begun {
    /// its lines are wanted
    Yes,
    /// nothing of it is in the picture
    Outside,
    /// it is not for here: too large, or nowhere
    No,
}

impl Areas {
    /// Makes room for an outline whose ink lies in `ink`.
    pub(super) fn begin(&mut self, ink: Rect, picture: &skia::Pixmap) -> Begun {
        if !ink.is_finite() {
            return Begun::No;
        }
        let Some(room) = Room::of(ink, picture) else { return Begun::Outside };
        if room.width as f64 * room.height as f64 > LARGEST {
            return Begun::No;
        }
        self.room = room;
        let size = room.stride() * room.height;
        if self.changes.len() < size {
            self.changes.resize(size, 0.0);
        }
        if self.touched.len() < room.height {
            self.touched.resize(room.height, UNTOUCHED);
        }
        Begun::Yes
    }

    /// A closed line through these points.
    pub(super) fn contour(&mut self, points: impl Iterator<Item = Point> + Clone) {
        let Some(last) = points.clone().last() else { return };
        let mut from = last;
        for to in points {
            self.line(from, to);
            from = to;
        }
    }

    /// One side of an outline.
    pub(super) fn line(&mut self, from: Point, to: Point) {
        let corner = kurbo::Vec2::new(self.room.left as f64, self.room.top as f64);
        let (from, to) = (from - corner, to - corner);
        if from.y == to.y {
            return;
        }
        let right = self.room.width as f64;
        let inside = 0.0..=right;
        if inside.contains(&from.x) && inside.contains(&to.x) {
            return self.inside(from, to);
        }
        // Pieces beyond a side lie on it: what is left of the room covers all of its row, what is right of it nothing.
        let mut ends = [0.0, 1.0, 1.0, 1.0];
        let mut pieces = 1;
        let [mut a, mut b] = [0.0, right].map(|side| (side - from.x) / (to.x - from.x));
        if a > b {
            (a, b) = (b, a);
        }
        for at in [a, b] {
            if at > 0.0 && at < 1.0 {
                ends[pieces] = at;
                pieces += 1;
            }
        }
        ends[pieces] = 1.0;
        let along = to - from;
        for piece in 0..pieces {
            let [a, b] = [ends[piece], ends[piece + 1]].map(|at| match at {
                0.0 => from,
                1.0 => to,
                _ => from + along * at,
            });
            self.inside(Point::new(a.x.clamp(0.0, right), a.y), Point::new(b.x.clamp(0.0, right), b.y));
        }
    }

    /// A line within the sides of the room.
    fn inside(&mut self, from: Point, to: Point) {
        let (sign, low, high) = if from.y < to.y { (1.0, from, to) } else { (-1.0, to, from) };
        let first = low.y.max(0.0) as u32 as usize;
        let end = ceil(high.y.clamp(0.0, self.room.height as f64));
        if first >= end {
            return;
        }
        let slope = (high.x - low.x) / (high.y - low.y);
        let (least, most) = if slope < 0.0 { (high.x, low.x) } else { (low.x, high.x) };
        let x = |y: f64| (low.x + (y - low.y) * slope).clamp(least, most);
        let stride = self.room.stride();
        let rows = self.changes[first * stride..end * stride].chunks_exact_mut(stride);
        let mut top = low.y.max(first as f64);
        let mut at_top = x(top);
        for ((row, changes), touched) in (first + 1..).zip(rows).zip(&mut self.touched[first..end]) {
            let bottom = if row < end { row as f64 } else { high.y.min(row as f64) };
            let at_bottom = x(bottom);
            let ends = add(changes, at_top, at_bottom, sign * (bottom - top));
            *touched = [touched[0].min(ends[0]), touched[1].max(ends[1])];
            (top, at_top) = (bottom, at_bottom);
        }
    }

    /// Paints what the lines since `begin` enclose.
    pub(super) fn paint(&mut self, picture: &mut skia::Pixmap, color: Color, clip: Option<&skia::Mask>) {
        let Room { left, top, width, height } = self.room;
        let (stride, across) = (self.room.stride(), picture.width() as usize);
        let data = picture.data_mut().as_chunks_mut::<4>().0;
        let rows = self.changes.chunks_exact_mut(stride).zip(&mut self.touched);
        for (y, (changes, touched)) in rows.take(height).enumerate() {
            let [mut at, last] = std::mem::replace(touched, UNTOUCHED);
            if at > last {
                continue;
            }
            let start = (top + y) * across + left;
            let mut row = |from: usize, to: usize, covered: f32| {
                let alpha = over_255(u32::from(color.a) * (covered.abs().min(1.0) * 255.0 + 0.5) as u32);
                let (from, to) = (start + from, start + to.min(width));
                if alpha > 0 && from < to {
                    span(&mut data[from..to], color, alpha, clip.map(|clip| &clip.data()[from..to]));
                }
            };
            let mut covered = 0.0;
            while at <= last {
                covered += std::mem::take(&mut changes[at]);
                let next = at + 1 + zeros(&changes[at + 1..=last]);
                row(at, next, covered);
                at = next;
            }
        }
    }
}

/// Adds a stretch of a line in one row, `height` high, with its sign; the first and the last place that it changes.
#[inline]
fn add(changes: &mut [f32], a: f64, b: f64, height: f64) -> [usize; 2] {
    let (left, right) = if a < b { (a, b) } else { (b, a) };
    let first = left as u32 as usize;
    let last = ceil(right).max(first + 1);
    let changes = &mut changes[first..=last];
    if let [here, next] = changes {
        let beyond = height * ((left + right) / 2.0 - first as f64);
        *here += (height - beyond) as f32;
        *next += beyond as f32;
        return [first, last];
    }
    // Over several pixels: how much of the row lies to the right of the line, up to each pixel's end.
    let per_pixel = height / (right - left);
    let mut before = 0.0;
    for (at, change) in (first..).zip(changes.iter_mut()) {
        let (from, to) = ((at as f64).max(left), (at as f64 + 1.0).min(right));
        // The part of the line in this pixel, and how far from its right side that lies in the middle.
        let part = (to - from).max(0.0) * per_pixel;
        let covered = part * (at as f64 + 1.0 - (from + to) / 2.0);
        *change += (before + covered) as f32;
        before = part - covered;
    }
    [first, last]
}

/// The least whole number that is not less, of one that is not negative; without a call where there is no instruction.
#[inline]
fn ceil(x: f64) -> usize {
    let whole = x as u32;
    (whole + u32::from(x > f64::from(whole))) as usize
}

/// How many numbers are zero before the first one that is not, eight at a time.
fn zeros(numbers: &[f32]) -> usize {
    let is_zero = |eight: &&[f32; 8]| eight.iter().fold(0, |bits, number| bits | number.to_bits()) == 0;
    let many = 8 * numbers.as_chunks::<8>().0.iter().take_while(is_zero).count();
    many + numbers[many..].iter().take_while(|number| **number == 0.0).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How far an outline covers each pixel of a picture of this size, 0 to 1.
    fn covered(width: u32, height: u32, points: &[[f64; 2]]) -> Vec<f64> {
        let mut picture = skia::Pixmap::new(width, height).unwrap();
        let points: Vec<Point> = points.iter().map(|[x, y]| Point::new(*x, *y)).collect();
        let ink = points.iter().fold(Rect::from_points(points[0], points[0]), |r, p| r.union_pt(*p));
        let mut areas = Areas::default();
        for _ in 0..2 {
            picture.fill(skia::Color::TRANSPARENT);
            assert_eq!(areas.begin(ink, &picture), Begun::Yes);
            areas.contour(points.iter().copied());
            areas.paint(&mut picture, Color::BLACK, None);
        }
        picture.data().chunks_exact(4).map(|p| f64::from(p[3]) / 255.0).collect()
    }

    /// The area of a polygon within a pixel, by cutting it off at the four sides.
    fn by_cutting(points: &[[f64; 2]], x: f64, y: f64) -> f64 {
        let mut polygon = points.to_vec();
        for (axis, side, sign) in [(0, x, 1.0), (0, x + 1.0, -1.0), (1, y, 1.0), (1, y + 1.0, -1.0)] {
            let inside = |p: &[f64; 2]| sign * (p[axis] - side);
            let mut cut = Vec::new();
            for (i, b) in polygon.iter().enumerate() {
                let a = &polygon[(i + polygon.len() - 1) % polygon.len()];
                let (da, db) = (inside(a), inside(b));
                if (da < 0.0) != (db < 0.0) {
                    let t = da / (da - db);
                    cut.push([a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t]);
                }
                if db >= 0.0 {
                    cut.push(*b);
                }
            }
            polygon = cut;
        }
        let cross = |i: usize| {
            let (a, b) = (polygon[i], polygon[(i + 1) % polygon.len()]);
            a[0] * b[1] - a[1] * b[0]
        };
        ((0..polygon.len()).map(cross).sum::<f64>() / 2.0).abs()
    }

    #[test]
    fn each_pixel_has_the_area_that_the_outline_covers_of_it() {
        let triangle = [[2.3, 1.7], [27.9, 9.2], [6.1, 18.8]];
        let thin = [[1.0, 1.0], [29.0, 17.0], [28.5, 17.9], [0.5, 1.9]];
        let beyond = [[-20.0, -7.0], [45.0, 3.5], [33.0, 40.0], [-3.0, 12.25]];
        let level = [[3.0, 4.0], [17.5, 4.0], [17.5, 9.5], [3.0, 9.5]];
        for points in [&triangle[..], &thin, &beyond, &level] {
            for (i, found) in covered(30, 20, points).into_iter().enumerate() {
                let (x, y) = ((i % 30) as f64, (i / 30) as f64);
                let expected = by_cutting(points, x, y);
                assert!((found - expected).abs() < 0.003, "{points:?} at {x}, {y}: {found} instead of {expected}");
            }
        }
    }

    #[test]
    fn the_way_around_does_not_matter_and_what_is_twice_covered_is_covered() {
        let square = [[2.0, 2.0], [12.5, 2.0], [12.5, 8.0], [2.0, 8.0]];
        let mut around = square;
        around.reverse();
        assert_eq!(covered(20, 10, &square), covered(20, 10, &around));
        let twice = [square, square].concat();
        let differ = covered(20, 10, &twice).into_iter().zip(covered(20, 10, &square)).filter(|(a, b)| a != b);
        assert!(differ.into_iter().all(|(twice, once)| once > 0.0 && twice >= once));
    }

    #[test]
    fn what_is_nowhere_or_too_large_is_not_painted() {
        let picture = skia::Pixmap::new(30, 20).unwrap();
        let mut areas = Areas::default();
        assert_eq!(areas.begin(Rect::new(40.0, 0.0, 50.0, 10.0), &picture), Begun::Outside);
        assert_eq!(areas.begin(Rect::new(f64::NAN, 0.0, 50.0, 10.0), &picture), Begun::No);
    }
}
