//! Outlines of one colour as pixels: the exact area that they cover of each.
//!
//! Signed areas are added up along the outline, a sum for each pixel of what changes there from the pixel before it. Text
//! is most of what is drawn, in outlines of a few pixels' size, and thin lines across the whole picture come next: only
//! what an outline touches is written and gone through, so that both cost what their outlines are long and no more. The
//! general rasteriser sorts edges and samples each row four times; this knows 256 levels.
//!
//! Areas of outlines that lie over each other are added up to the whole pixel, so a shape that overlaps itself is painted
//! as by the non-zero rule.

use std::hint::select_unpredictable;
use std::ops::Range;

use kurbo::{Point, Rect};
use pulp::{Arch, Simd, WithSimd};
use tiny_skia as skia;

use crate::color::Color;
use crate::render::blend::{over_255, over_block, span};

/// What covers more pixels than this is left to the general rasteriser.
const LARGEST: f64 = 4_194_304.0;

/// Pixels of a block, which are painted together: about as many as a line or a letter's stem is wide.
pub(super) const BLOCK: usize = 8;

/// Changes of a band of rows that is painted before the next one is begun: they stay in the cache next to the core.
const BAND: usize = 16_384;

/// The areas of one outline; the room for them is used again.
#[derive(Default)]
pub(super) struct Areas {
    room: Room,
    sides: Vec<Side>,
    /// what changes at each pixel of a band, and behind the last one; zero but in `paint`
    changes: Vec<f32>,
    /// a bit for each block of a row in which something changes; what lies between is neither read nor written
    touched: Vec<u64>,
}

/// A line within the sides of the room, from its upper end down.
struct Side {
    high: Point,
    low: Point,
    /// how far it goes to the right, a row
    slope: f64,
    /// 1 for one that went down, -1 for one that went up
    sign: f64,
}

/// Pixels of the picture.
#[derive(Clone, Copy, Default)]
struct Room {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
}

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

    /// A row of changes has room for what lies on its last edge, and ends with a block.
    fn stride(&self) -> usize {
        (self.width + 3).next_multiple_of(BLOCK)
    }

    /// How many words the bits of a row's blocks fill.
    fn words(&self) -> usize {
        (self.stride() / BLOCK).div_ceil(u64::BITS as usize)
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
        self.sides.clear();
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

    /// A line within the left and the right side of the room.
    fn inside(&mut self, from: Point, to: Point) {
        let (sign, high, low) = if from.y < to.y { (1.0, from, to) } else { (-1.0, to, from) };
        if low.y > 0.0 && high.y < self.room.height as f64 {
            self.sides.push(Side { high, low, slope: (low.x - high.x) / (low.y - high.y), sign });
        }
    }

    /// Paints what the lines since `begin` enclose.
    pub(super) fn paint(&mut self, picture: &mut skia::Pixmap, color: Color, clip: Option<&skia::Mask>) {
        let Areas { room, sides, changes, touched } = self;
        let (stride, words) = (room.stride(), room.words());
        let rows = (BAND / stride).max(1);
        changes.resize(changes.len().max(rows * stride), 0.0);
        touched.resize(touched.len().max(rows * words), 0);
        for top in (0..room.height).step_by(rows) {
            let band = top..(top + rows).min(room.height);
            let changes = Rows { changes, stride, touched, words };
            Arch::new().dispatch(PaintBand { sides, changes, band, room: *room, picture, color, clip });
        }
    }
}

/// Changes of some rows.
struct Rows<'a> {
    changes: &'a mut [f32],
    stride: usize,
    touched: &'a mut [u64],
    words: usize,
}

impl<'a> Rows<'a> {
    /// From one of them on.
    #[inline(always)]
    fn from(&mut self, row: usize) -> Rows<'_> {
        let Rows { changes, stride, touched, words } = self;
        Rows {
            changes: &mut changes[row * *stride..],
            touched: &mut touched[row * *words..],
            stride: *stride,
            words: *words,
        }
    }

    /// Takes the first one away.
    #[inline(always)]
    fn next(&mut self) -> (&'a mut [f32], &'a mut [u64]) {
        let (changes, rest) = std::mem::take(&mut self.changes).split_at_mut(self.stride);
        let (touched, others) = std::mem::take(&mut self.touched).split_at_mut(self.words);
        (self.changes, self.touched) = (rest, others);
        (changes, touched)
    }
}

impl Side {
    /// Adds the part of it in a band of rows.
    #[inline(always)]
    fn add(&self, band: Range<usize>, rows: &mut Rows<'_>) {
        let Side { high, low, slope, sign } = self;
        let first = (high.y as u32 as usize).max(band.start);
        let end = ceil(less(low.y, band.end as f64));
        if first >= end {
            return;
        }
        let (least, most) = if *slope < 0.0 { (low.x, high.x) } else { (high.x, low.x) };
        let x = |y: f64| less(greater(high.x + (y - high.y) * slope, least), most);
        let mut rows = rows.from(first - band.start);
        let mut top = greater(high.y, first as f64);
        let mut at_top = x(top);
        for row in first..end {
            let bottom = less(low.y, (row + 1) as f64);
            let at_bottom = x(bottom);
            let (changes, touched) = rows.next();
            let [from, to] = add(changes, at_top, at_bottom, sign * (bottom - top));
            for block in from / BLOCK..=to / BLOCK {
                touched[block / 64] |= 1 << (block % 64);
            }
            (top, at_top) = (bottom, at_bottom);
        }
    }
}

/// Paints a band of rows: adds what changes in them, and forgets it.
struct PaintBand<'a> {
    sides: &'a [Side],
    changes: Rows<'a>,
    band: Range<usize>,
    room: Room,
    picture: &'a mut skia::Pixmap,
    color: Color,
    clip: Option<&'a skia::Mask>,
}

impl WithSimd for PaintBand<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let PaintBand { sides, mut changes, band, room, picture, color, clip } = self;
        sides.iter().for_each(|side| side.add(band.clone(), &mut changes));
        let across = picture.width() as usize;
        let pixels = picture.data_mut().as_chunks_mut::<4>().0;
        for row in band {
            let row = (room.top + row) * across;
            let row = row + room.left..row + across;
            let clip = clip.map(|clip| &clip.data()[row.clone()]);
            paint_row(&mut pixels[row], color, clip, changes.next());
        }
    }
}

#[inline(always)]
fn paint_row(pixels: &mut [[u8; 4]], color: Color, clip: Option<&[u8]>, (changes, touched): (&mut [f32], &mut [u64])) {
    let blocks = changes.as_chunks_mut::<BLOCK>().0;
    let (mut covered, mut alpha, mut painted) = (0.0f32, 0, 0);
    for (word, bits) in touched.iter_mut().enumerate() {
        while *bits != 0 {
            let block = word * 64 + bits.trailing_zeros() as usize;
            *bits &= *bits - 1;
            let from = (block * BLOCK).min(pixels.len());
            if alpha > 0 {
                span(&mut pixels[painted..from], color, alpha, clip.map(|clip| &clip[painted..from]));
            }
            let mut sums = std::mem::take(&mut blocks[block]);
            for sum in &mut sums {
                covered += *sum;
                *sum = covered;
            }
            let mut alphas = [0; BLOCK];
            for (alpha, covered) in alphas.iter_mut().zip(sums) {
                *alpha = over_255(u32::from(color.a) * level(covered));
            }
            alpha = alphas[BLOCK - 1];
            painted = (from + BLOCK).min(pixels.len());
            if let Some(clip) = clip {
                let clip = alphas.iter_mut().zip(&clip[from..painted]);
                clip.for_each(|(alpha, clip)| *alpha = over_255(*alpha * u32::from(*clip)));
            }
            over_block(&mut pixels[from..painted], color, alphas);
        }
    }
}

/// A share of a pixel in 255ths, to the nearest; in steps that a processor takes for several at once.
#[inline(always)]
fn level(covered: f32) -> u32 {
    /// A number so great that its last digit is that of the ones.
    const WHOLE: f32 = 8_388_608.0;
    let share = covered.abs().min(1.0) * 255.0 + 0.5;
    let even = share + WHOLE - WHOLE;
    let down = if even > share { 1.0 } else { 0.0 };
    (even - down + WHOLE).to_bits() & 0x1ff
}

/// Adds a stretch of a line in one row, `height` high, with its sign; the first and the last place that it changes.
#[inline(always)]
fn add(changes: &mut [f32], a: f64, b: f64, height: f64) -> [usize; 2] {
    let (left, right) = if a < b { (a, b) } else { (b, a) };
    let first = left as u32 as usize;
    let last = ceil(right).max(first + 1);
    let begin = first as f64;
    // How much of the line there is to a pixel, and of that, what lies to the right of it in the pixel and beyond.
    let per_pixel = height / (right - left);
    let pixel = |from: f64, to: f64, end: f64| {
        let part = greater(to - from, 0.0) * per_pixel;
        let covered = part * (end - (from + to) / 2.0);
        (covered, part - covered)
    };
    let changes = &mut changes[first..];
    if last <= first + 2
        && let Some(changes) = changes.first_chunk_mut::<3>()
    {
        // Most stretches go over one pixel or two, and which it is nobody foresees.
        let beyond = height * ((left + right) / 2.0 - begin);
        let one = [height - beyond, beyond, 0.0];
        let (here, before) = pixel(left, less(right, begin + 1.0), begin + 1.0);
        let (next, behind) = pixel(begin + 1.0, right, begin + 2.0);
        let two = [here, before + next, behind];
        for (change, (one, two)) in changes.iter_mut().zip(one.into_iter().zip(two)) {
            *change += select_unpredictable(last > first + 1, two, one) as f32;
        }
        return [first, last];
    }
    let mut before = 0.0;
    for (at, change) in (first..=last).zip(changes) {
        let (from, to) = (greater(at as f64, left), less(at as f64 + 1.0, right));
        let (covered, behind) = pixel(from, to, at as f64 + 1.0);
        *change += (before + covered) as f32;
        before = behind;
    }
    [first, last]
}

/// Of two numbers the less, in one step where `min` also asks whether there are any.
#[inline(always)]
fn less(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

/// Of two numbers the greater.
#[inline(always)]
fn greater(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

/// The least whole number that is not less, of one that is not negative; without a call where there is no instruction.
#[inline(always)]
fn ceil(x: f64) -> usize {
    let whole = x as u32;
    (whole + u32::from(x > f64::from(whole))) as usize
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
    fn what_reaches_over_many_blocks_and_bands_is_as_exact() {
        let (width, height) = (1500, 60);
        let outline = [[3.4, 1.2], [1490.7, 30.6], [700.2, 58.9], [12.5, 55.1], [640.0, 31.0]];
        assert!(width as usize > 64 * BLOCK && (width * height) as usize > 4 * BAND);
        for (i, found) in covered(width, height, &outline).into_iter().enumerate() {
            let (x, y) = (i as u32 % width, i as u32 / width);
            let expected = by_cutting(&outline, f64::from(x), f64::from(y));
            assert!((found - expected).abs() < 0.003, "at {x}, {y}: {found} instead of {expected}");
        }
    }

    #[test]
    fn levels_are_the_nearest() {
        for step in 0..=100_000 {
            let covered = step as f32 / 100_000.0;
            assert_eq!(level(covered), (covered * 255.0 + 0.5) as u32, "{covered}");
            assert_eq!(level(-covered), level(covered));
        }
        assert_eq!(level(1.5), 255);
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
