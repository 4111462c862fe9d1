//! Pairs of vectors whose products are great enough, found while the products are still in the first cache.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::kernel::{self, CHUNK, Panels, Tiles, Visit};
use super::stops::Stops;
use super::tails::Tail;

/// Dimensions from which on products are looked at before they are whole.
const LEAST: usize = 64;

/// Two vectors that may be near each other: their places in the left factor and among the columns, and their product.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pair {
    pub(crate) row: u32,
    pub(crate) column: u32,
    pub(crate) product: f32,
}

/// What one side takes off the products that the other looks at, and what the scores that it looks at have to reach.
pub(crate) struct Limits {
    halves: Vec<f32>,
    floors: Vec<f32>,
    /// nothing is taken off: a product is a score
    level: bool,
    /// both, by so much lower that rounding does not matter
    low_halves: Vec<f32>,
    low_floors: Vec<f32>,
    /// behind each eighth, for each vector; empty if nothing is known of them
    tails: [Vec<f32>; 8],
}

impl Limits {
    /// One half, one floor and one tail for each vector. With no tails at all, products are made whole before they are looked
    /// at.
    pub(crate) fn new(halves: &[f32], floors: &[f32], tails: &[Tail]) -> Limits {
        Limits {
            halves: padded(halves.iter().copied(), f32::NAN),
            floors: padded(floors.iter().copied(), f32::INFINITY),
            level: halves.iter().all(|half| *half == 0.0),
            low_halves: padded(halves.iter().map(|half| low(*half)), f32::MAX),
            low_floors: padded(floors.iter().map(|floor| low(*floor)), f32::INFINITY),
            tails: std::array::from_fn(|eighth| padded(tails.iter().map(|tail| tail[eighth]), 0.0)),
        }
    }
}

/// The numbers, and `with` behind the last one up to the end of any panel: what stands there is near nothing.
fn padded(numbers: impl ExactSizeIterator<Item = f32>, with: f32) -> Vec<f32> {
    let rest = numbers.len().next_multiple_of(2 * CHUNK) - numbers.len();
    numbers.chain(std::iter::repeat_n(with, rest)).collect()
}

/// A limit, lower by more than adding and taking off may round.
fn low(limit: f32) -> f32 {
    if limit.is_finite() { limit - limit.abs() * 4.0 * f32::EPSILON } else { limit.min(f32::MAX) }
}

/// Finds pairs; the memory for it is used again.
#[derive(Default)]
pub(crate) struct Near {
    tiles: Tiles,
    stops: Stops,
    pairs: Vec<Pair>,
}

impl Near {
    /// The pairs of a left factor's vectors with those of a right one in `columns` for which
    /// `product - column's half >= row's floor` or `product - row's half >= column's floor`; `limits` are those of the rows
    /// and of the columns. Columns begin at a multiple of 32 and are counted from there.
    ///
    /// With a column, only the first `above` rows of it need be compared; other pairs may be found or not.
    pub(crate) fn pairs(
        &mut self,
        left: &Panels,
        right: &Panels,
        columns: Range<usize>,
        above: impl Fn(usize) -> usize,
        limits: (&Limits, &Limits),
    ) -> &[Pair] {
        debug_assert!(columns.start.is_multiple_of(right.wide));
        let panels = columns.start / right.wide..columns.end.div_ceil(right.wide).min(right.panels());
        self.pairs.clear();
        let Near { tiles, stops, pairs } = self;
        Arch::new().dispatch(Search { left, right, panels, above, limits, tiles, stops, pairs });
        &self.pairs
    }
}

struct Search<'a, F> {
    left: &'a Panels,
    right: &'a Panels,
    panels: Range<usize>,
    above: F,
    limits: (&'a Limits, &'a Limits),
    tiles: &'a mut Tiles,
    stops: &'a mut Stops,
    pairs: &'a mut Vec<Pair>,
}

impl<F: Fn(usize) -> usize> WithSimd for Search<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Search { left, right, panels, above, limits: (rows, columns), tiles, stops, pairs } = self;
        let sift = Sift {
            rows: (0..left.panels()).map(|panel| Rows::new(rows, panel * left.wide..(panel + 1) * left.wide)).collect(),
            columns,
            level: rows.level && columns.level,
            // Where little is multiplied, little can be saved.
            known: left.dims >= LEAST && !rows.tails[1].is_empty() && !columns.tails[1].is_empty(),
            dims: left.dims,
            tall: left.wide,
            wide: right.wide,
            begin: panels.start,
            above,
            stops,
            pairs,
        };
        kernel::products(simd, (left, right), panels, tiles, sift);
    }
}

/// Looks for pairs in tiles of products.
struct Sift<'a, F> {
    rows: Vec<Rows<'a>>,
    columns: &'a Limits,
    /// a product is a score, on both sides
    level: bool,
    /// all tails are
    known: bool,
    dims: usize,
    tall: usize,
    wide: usize,
    /// the panel of the first column
    begin: usize,
    above: F,
    stops: &'a mut Stops,
    pairs: &'a mut Vec<Pair>,
}

impl<S: Simd, F: Fn(usize) -> usize> Visit<S> for Sift<'_, F> {
    #[inline(always)]
    fn rows(&self, panel: usize) -> usize {
        (self.above)((panel - self.begin + 1) * self.wide - 1).div_ceil(self.tall)
    }

    #[inline(always)]
    fn stops(&mut self) -> u8 {
        if self.known { self.stops.next(self.dims) } else { 0 }
    }

    #[inline(always)]
    fn hopeful(&mut self, simd: S, (row, panel): (usize, usize), eighth: usize, greatest: [S::f32s; 2]) -> bool {
        let columns = (panel - self.begin) * self.wide..;
        let tail = simd.splat_f32s(self.rows[row].tails[eighth]);
        let tails = two::<S>(&self.columns.tails[eighth][columns.clone()]);
        let most = [0, 1].map(|i| simd.mul_add_f32s(tail, tails[i], greatest[i]));
        let hopeful = self.may_reach(simd, row, columns.start, most);
        if !hopeful {
            self.stops.end(eighth);
        }
        hopeful
    }

    #[inline(always)]
    fn done(&mut self, simd: S, (row, panel): (usize, usize), products: &[f32], greatest: [S::f32s; 2]) {
        let column = (panel - self.begin) * self.wide;
        self.stops.end(8);
        if self.may_reach(simd, row, column, greatest) {
            let first = Pair { row: (row * self.tall) as u32, column: column as u32, product: 0.0 };
            let columns = column..column + self.wide;
            let limits = (&self.columns.halves[columns.clone()], &self.columns.floors[columns]);
            match self.level {
                true => sift(simd, products, limits, &self.rows[row], first, self.pairs, |p, _, floor, _, f| {
                    reach(simd, p, floor, f)
                }),
                false => sift(simd, products, limits, &self.rows[row], first, self.pairs, |p, half, floor, h, f| {
                    let half = simd.splat_f32s(half);
                    let theirs = [simd.sub_f32s(p[0], h[0]), simd.sub_f32s(p[1], h[1])];
                    let own = [simd.sub_f32s(p[0], half), simd.sub_f32s(p[1], half)];
                    reach(simd, theirs, floor, [simd.splat_f32s(f32::INFINITY); 2])
                        || reach(simd, own, f32::INFINITY, f)
                }),
            }
        }
    }
}

impl<F> Sift<'_, F> {
    /// Whether one of a tile's products may reach a floor: one comparison of the greatest ones for all its rows.
    #[inline(always)]
    fn may_reach<S: Simd>(&self, simd: S, row: usize, column: usize, greatest: [S::f32s; 2]) -> bool {
        let Rows { low_floor, low_half, .. } = self.rows[row];
        let (halves, floors) =
            (two::<S>(&self.columns.low_halves[column..]), two::<S>(&self.columns.low_floors[column..]));
        let (floor, half) = (simd.splat_f32s(low_floor), simd.splat_f32s(low_half));
        let near = |i: usize| {
            let least = simd.min_f32s(simd.add_f32s(floor, halves[i]), simd.add_f32s(half, floors[i]));
            simd.greater_than_or_equal_f32s(greatest[i], least)
        };
        any(simd, simd.or_m32s(near(0), near(1)))
    }
}

/// What is known of the rows of a tile.
struct Rows<'a> {
    halves: &'a [f32],
    floors: &'a [f32],
    low_half: f32,
    low_floor: f32,
    /// the longest ones
    tails: Tail,
}

impl<'a> Rows<'a> {
    fn new(limits: &'a Limits, rows: Range<usize>) -> Rows<'a> {
        let rows = rows.start..rows.end.min(limits.halves.len());
        let least = |of: &[f32]| of[rows.clone()].iter().copied().fold(f32::INFINITY, f32::min);
        let longest = |of: &Vec<f32>| of.get(rows.clone()).unwrap_or_default().iter().copied().fold(0.0, f32::max);
        Rows {
            halves: &limits.halves[rows.clone()],
            floors: &limits.floors[rows.clone()],
            low_half: least(&limits.low_halves),
            low_floor: least(&limits.low_floors),
            tails: limits.tails.each_ref().map(longest),
        }
    }
}

/// Whether one of the scores may reach the row's floor or its column's.
#[inline(always)]
fn reach<S: Simd>(simd: S, scores: [S::f32s; 2], floor: f32, floors: [S::f32s; 2]) -> bool {
    let floor = simd.splat_f32s(floor);
    let near = |score, f| simd.greater_than_or_equal_f32s(score, simd.min_f32s(floor, f));
    any(simd, simd.or_m32s(near(scores[0], floors[0]), near(scores[1], floors[1])))
}

/// Whether one lane says yes.
#[inline(always)]
fn any<S: Simd>(simd: S, lanes: S::m32s) -> bool {
    // Which lane is the first, pulp tells wrongly where masks are bits; but whether there is one, rightly.
    simd.first_true_m32s(lanes) < S::F32_LANES
}

/// The pairs of one tile, whose first row and column are those of `first`. `near` tells whether there may be one in a row,
/// by its products, its half and floor, and the columns' halves and floors; behind the last row and column it may say yes,
/// and `collect` no.
#[inline(always)]
fn sift<S: Simd>(
    _: S,
    products: &[f32],
    limits: (&[f32], &[f32]),
    rows: &Rows<'_>,
    first: Pair,
    pairs: &mut Vec<Pair>,
    near: impl Fn([S::f32s; 2], f32, f32, [S::f32s; 2], [S::f32s; 2]) -> bool,
) {
    let wide = limits.0.len();
    let (h, f) = (two::<S>(limits.0), two::<S>(limits.1));
    let (registers, _) = S::as_simd_f32s(products);
    let scores = registers.as_chunks::<2>().0.iter().zip(rows.halves).zip(rows.floors);
    for (row, ((scores, half), floor)) in scores.enumerate() {
        if near(*scores, *half, *floor, h, f) {
            let products = &products[row * wide..][..wide];
            collect(products, limits, (*half, *floor), Pair { row: first.row + row as u32, ..first }, pairs);
        }
    }
}

/// The pairs of one row; `first` is the place of the first column.
#[inline(never)]
fn collect(
    products: &[f32],
    (halves, floors): (&[f32], &[f32]),
    (half, floor): (f32, f32),
    first: Pair,
    pairs: &mut Vec<Pair>,
) {
    for (at, ((product, h), f)) in products.iter().zip(halves).zip(floors).enumerate() {
        if (product - h >= floor) | (product - half >= *f) {
            pairs.push(Pair { column: first.column + at as u32, product: *product, ..first });
        }
    }
}

#[inline(always)]
fn two<S: Simd>(numbers: &[f32]) -> [S::f32s; 2] {
    let (registers, _) = S::as_simd_f32s(numbers);
    [registers[0], registers[1]]
}

#[cfg(test)]
mod tests {
    use super::super::kernel::tests::numbers;
    use super::super::{Metric, heaps, tails};
    use super::*;

    /// The pairs by one product after the other.
    fn by_hand(rows: &Side, columns: &Side, dims: usize) -> Vec<(usize, usize)> {
        let pairs = (0..rows.halves.len()).flat_map(|row| (0..columns.halves.len()).map(move |column| (row, column)));
        let near = |(row, column): &(usize, usize)| {
            let (a, b) = (&rows.numbers[row * dims..][..dims], &columns.numbers[column * dims..][..dims]);
            let product = a.iter().zip(b).fold(0.0f32, |sum, (x, y)| x.mul_add(*y, sum));
            product - columns.halves[*column] >= rows.floors[*row]
                || product - rows.halves[*row] >= columns.floors[*column]
        };
        pairs.filter(near).collect()
    }

    /// Vectors with their limits.
    struct Side {
        numbers: Vec<f32>,
        halves: Vec<f32>,
        floors: Vec<f32>,
    }

    impl Side {
        fn limits(&self, from: usize, tails: &[Tail]) -> Limits {
            Limits::new(&self.halves[from..], &self.floors[from..], tails)
        }

        fn behind(&self, from: usize, dims: usize) -> Side {
            let Side { numbers, halves, floors } = self;
            let numbers = numbers[from * dims..].to_vec();
            Side { numbers, halves: halves[from..].to_vec(), floors: floors[from..].to_vec() }
        }
    }

    fn places(found: &[Pair]) -> Vec<(usize, usize)> {
        let mut found: Vec<_> = found.iter().map(|pair| (pair.row as usize, pair.column as usize)).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn the_pairs_are_those_that_reach_a_floor_on_either_side() {
        for (rows, columns, dims) in [(1, 1, 1), (30, 70, 20), (13, 100, 513)] {
            let side = |count: usize, seed: usize| Side {
                numbers: numbers(count * dims, seed),
                halves: numbers(count, 3),
                floors: numbers(count, 4).iter().map(|floor| floor + 0.6).collect(),
            };
            let (rows, columns) = (side(rows, 1), side(columns, 2));
            let from = if columns.halves.len() > 32 { 32 } else { 0 };
            let (left, right) = (Panels::left(&rows.numbers, dims), Panels::right(&columns.numbers, dims));
            let (own, theirs) = (rows.limits(0, &[]), columns.limits(from, &[]));
            let mut near = Near::default();
            let all = from..columns.halves.len();
            let found = places(near.pairs(&left, &right, all.clone(), |_| usize::MAX, (&own, &theirs)));
            assert_eq!(found, by_hand(&rows, &columns.behind(from, dims), dims), "{dims}");
            let (count, possible) = (found.len(), rows.halves.len() * all.len());
            assert!(possible == 1 || (0 < count && count < possible));
            let above = |(row, column): &(usize, usize)| *row < from + column;
            let half = places(near.pairs(&left, &right, all, |column| from + column, (&own, &theirs)));
            assert!(half.iter().filter(|pair| above(pair)).eq(found.iter().filter(|pair| above(pair))));
        }
    }

    #[test]
    fn sums_that_are_given_up_belong_to_no_pair() {
        for (metric, dims) in [(Metric::Cosine, 513), (Metric::L2, 128), (Metric::L2, 1100)] {
            let points = heaps(400, dims, 1000, 0.5, 3);
            let halves = if metric == Metric::L2 { points.halves() } else { vec![0.0; 400] };
            let side = |range: Range<usize>| Side {
                numbers: points.rows(range.clone()).to_vec(),
                floors: halves[range.clone()].iter().map(|half| 0.8 - half).collect(),
                halves: halves[range].to_vec(),
            };
            let (rows, columns) = (side(0..100), side(100..400));
            let (left, right) = (Panels::left(&rows.numbers, dims), Panels::right(&columns.numbers, dims));
            let own = rows.limits(0, &tails(&rows.numbers, dims));
            let theirs = columns.limits(0, &tails(&columns.numbers, dims));
            let expected = by_hand(&rows, &columns, dims);
            assert!(!expected.is_empty());
            let mut near = Near::default();
            for _ in 0..10 {
                let found = places(near.pairs(&left, &right, 0..300, |_| usize::MAX, (&own, &theirs)));
                assert_eq!(found, expected, "{metric:?} {dims}");
            }
            assert!(near.stops.pays(), "{metric:?} {dims}: nothing was given up");
        }
    }
}
