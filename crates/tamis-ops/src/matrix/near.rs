//! Pairs of vectors whose products are great enough, found while the products are still in the first cache.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::kernel::{self, CHUNK, Panels};

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
}

impl Limits {
    /// One half and one floor for each vector.
    pub(crate) fn new(halves: &[f32], floors: &[f32]) -> Limits {
        // What is behind the last vector is near nothing.
        let padded = halves.len().next_multiple_of(2 * CHUNK);
        let level = halves.iter().all(|half| *half == 0.0);
        let (mut halves, mut floors): (Vec<f32>, Vec<f32>) = (halves.to_vec(), floors.to_vec());
        halves.resize(padded, f32::NAN);
        floors.resize(padded, f32::INFINITY);
        Limits { halves, floors, level }
    }
}

/// Finds pairs; the memory for it is used again.
#[derive(Default)]
pub(crate) struct Near {
    sums: Vec<f32>,
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
        (rows, limits): (&Limits, &Limits),
    ) -> &[Pair] {
        debug_assert!(columns.start.is_multiple_of(right.wide));
        let panels = columns.start / right.wide..columns.end.div_ceil(right.wide).min(right.panels());
        self.pairs.clear();
        let Near { sums, pairs } = self;
        Arch::new().dispatch(Sift { left, right, panels, above, rows, columns: limits, sums, pairs });
        &self.pairs
    }
}

struct Sift<'a, F> {
    left: &'a Panels,
    right: &'a Panels,
    panels: Range<usize>,
    above: F,
    rows: &'a Limits,
    columns: &'a Limits,
    sums: &'a mut Vec<f32>,
    pairs: &'a mut Vec<Pair>,
}

impl<F: Fn(usize) -> usize> WithSimd for Sift<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Sift { left, right, panels, above, rows, columns, sums, pairs } = self;
        let (tall, wide, begin) = (left.wide, right.wide, panels.start);
        let level = rows.level && columns.level;
        let halves = rows.halves.chunks(tall).zip(rows.floors.chunks(tall));
        let rows: Vec<Rows<'_>> = halves.map(|(halves, floors)| Rows::new(halves, floors)).collect();
        let wanted = |panel: usize| above((panel - begin + 1) * wide - 1).div_ceil(tall);
        kernel::products(simd, (left, wanted), (right, panels), sums, |row, panel, products, greatest| {
            let column = (panel - begin) * wide;
            let limits = (&columns.halves[column..][..wide], &columns.floors[column..][..wide]);
            // Where a product is a score, one comparison of the greatest ones tells of all rows that none is near.
            if !level || reach(simd, greatest, rows[row].lowest, two::<S>(limits.1)) {
                let first = Pair { row: (row * tall) as u32, column: column as u32, product: 0.0 };
                match level {
                    true => sift(simd, products, limits, &rows[row], first, pairs, |p, _, floor, _, f| {
                        reach(simd, p, floor, f)
                    }),
                    false => sift(simd, products, limits, &rows[row], first, pairs, |p, half, floor, h, f| {
                        let half = simd.splat_f32s(half);
                        let theirs = [simd.sub_f32s(p[0], h[0]), simd.sub_f32s(p[1], h[1])];
                        let own = [simd.sub_f32s(p[0], half), simd.sub_f32s(p[1], half)];
                        reach(simd, theirs, floor, [simd.splat_f32s(f32::INFINITY); 2])
                            || reach(simd, own, f32::INFINITY, f)
                    }),
                }
            }
        });
    }
}

/// What is known of the rows of a tile.
struct Rows<'a> {
    halves: &'a [f32],
    floors: &'a [f32],
    lowest: f32,
}

impl<'a> Rows<'a> {
    fn new(halves: &'a [f32], floors: &'a [f32]) -> Rows<'a> {
        Rows { halves, floors, lowest: floors.iter().copied().fold(f32::INFINITY, f32::min) }
    }
}

/// Whether one of the scores may reach the row's floor or its column's.
#[inline(always)]
fn reach<S: Simd>(simd: S, scores: [S::f32s; 2], floor: f32, floors: [S::f32s; 2]) -> bool {
    let floor = simd.splat_f32s(floor);
    let near = |score, f| simd.greater_than_or_equal_f32s(score, simd.min_f32s(floor, f));
    // Which lane is the first, pulp tells wrongly where masks are bits; but whether there is one, rightly.
    simd.first_true_m32s(simd.or_m32s(near(scores[0], floors[0]), near(scores[1], floors[1]))) < S::F32_LANES
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
    use super::*;

    #[test]
    fn the_pairs_are_those_that_reach_a_floor_on_either_side() {
        for (rows, columns, dims) in [(1, 1, 1), (30, 70, 20), (13, 100, 513)] {
            let (a, b) = (numbers(rows * dims, 1), numbers(columns * dims, 2));
            let (left, right) = (Panels::left(&a, dims), Panels::right(&b, dims));
            let (halves, floors) = (numbers(rows.max(columns), 3), numbers(rows.max(columns), 4));
            let floors: Vec<f32> = floors.iter().map(|floor| floor + 0.6).collect();
            let from = if columns > 32 { 32 } else { 0 };
            let limits = |range: Range<usize>| Limits::new(&halves[range.clone()], &floors[range]);
            let mut near = Near::default();
            let (all, own, theirs) = (from..columns, limits(0..rows), limits(from..columns));
            let found = near.pairs(&left, &right, all.clone(), |_| rows, (&own, &theirs));
            let places = |found: &[Pair]| {
                let mut found: Vec<_> = found.iter().map(|p| (p.row as usize, from + p.column as usize)).collect();
                found.sort_unstable();
                found
            };
            let found = places(found);
            let above = |(row, column): &(usize, usize)| row < column;
            let half = places(near.pairs(&left, &right, all, |column| from + column, (&own, &theirs)));
            assert!(half.iter().filter(|pair| above(pair)).eq(found.iter().filter(|pair| above(pair))));
            let expected = (0..rows).flat_map(|row| (from..columns).map(move |column| (row, column)));
            let expected = expected.filter(|(row, column)| {
                let (a, b) = (&a[row * dims..][..dims], &b[column * dims..][..dims]);
                let product = a.iter().zip(b).fold(0.0f32, |sum, (x, y)| x.mul_add(*y, sum));
                product - halves[*column] >= floors[*row] || product - halves[*row] >= floors[*column]
            });
            let expected: Vec<_> = expected.collect();
            assert_eq!(found, expected, "{rows} x {columns} x {dims}");
            assert!(rows == 1 || (!found.is_empty() && found.len() < rows * (columns - from)));
        }
    }
}
