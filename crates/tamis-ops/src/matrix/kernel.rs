//! Scalar products of many vectors with many others, as fast as the cores multiply.
//!
//! Each product is one chain of fused multiply-adds over the dimensions in their order, whatever the width of the
//! machine's registers: every machine gives the same bits.

use std::ops::Range;

use pulp::{Arch, NullaryFnOnce, Simd, WithSimd};

/// Dimensions at a time, so that the panels of a tile stay in the caches next to the core.
const DEEP: usize = 512;
/// Rows of a tile where there are registers for 24 sums, and where there are for 12.
const TALL: usize = 12;
const LOW: usize = 6;

/// Dimensions of one turn of the loop.
const TOGETHER: usize = 8;

/// Panels of a right factor that meet a panel of the left one while it is in the cache next to the core.
const ABREAST: usize = 4;

/// Numbers that are fetched from memory together.
const LINE: usize = 16;

/// Rows of products are so many numbers long, or a multiple.
pub(crate) const CHUNK: usize = 16;

/// Vectors laid out for the kernel: some at a time, dimension by dimension.
pub(crate) struct Panels {
    pub(super) dims: usize,
    /// vectors in a panel
    pub(super) wide: usize,
    numbers: Vec<f32>,
    /// where the first panel begins: with a line, so that no register is loaded from two of them
    start: usize,
}

impl Panels {
    /// The left factor: vectors that stand one under the other in `rows`.
    pub(crate) fn left(rows: &[f32], dims: usize) -> Panels {
        Panels::pack(rows, dims, Arch::new().dispatch(Shape).tall)
    }

    /// The right factor. Blocks of its columns have to begin at multiples of 32.
    pub(crate) fn right(rows: &[f32], dims: usize) -> Panels {
        Panels::pack(rows, dims, Arch::new().dispatch(Shape).wide)
    }

    fn pack(rows: &[f32], dims: usize, wide: usize) -> Panels {
        let dims = dims.max(1);
        let panels = (rows.len() / dims).div_ceil(wide);
        let mut numbers = vec![0.0; panels * wide * dims + LINE];
        let start = numbers.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE);
        for (panel, rows) in numbers[start..].chunks_exact_mut(wide * dims).zip(rows.chunks(wide * dims)) {
            // Some dimensions at a time, so that what is written stays in the first cache.
            for (some, panel) in panel.chunks_mut(CHUNK * wide).enumerate() {
                for (at, row) in rows.chunks_exact(dims).enumerate() {
                    let row = &row[some * CHUNK..];
                    panel.iter_mut().skip(at).step_by(wide).zip(row).for_each(|(to, from)| *to = *from);
                }
            }
        }
        numbers.truncate(start + panels * wide * dims);
        Panels { dims, wide, numbers, start }
    }

    /// Some dimensions of a panel.
    fn panel(&self, number: usize, dims: &Range<usize>) -> &[f32] {
        &self.numbers[self.place(number, dims.start)..][..dims.len() * self.wide]
    }

    /// Where a dimension of a panel stands, or would if there were one.
    fn place(&self, number: usize, dim: usize) -> usize {
        self.start + (number * self.dims + dim) * self.wide
    }

    /// How many panels there are.
    pub(super) fn panels(&self) -> usize {
        (self.numbers.len() - self.start) / (self.wide * self.dims)
    }
}

/// Products of all vectors of a left factor with some of a right one.
#[derive(Default)]
pub(crate) struct Products {
    tiles: Tiles,
    stride: usize,
    numbers: Vec<f32>,
}

impl Products {
    /// Multiplies with the columns in `columns`, which begin at a multiple of the right factor's width.
    pub(crate) fn fill(&mut self, left: &Panels, right: &Panels, columns: Range<usize>) {
        debug_assert!(left.dims == right.dims && columns.start.is_multiple_of(right.wide));
        let panels = columns.start / right.wide..columns.end.div_ceil(right.wide).min(right.panels());
        self.stride = (panels.len() * right.wide).next_multiple_of(CHUNK);
        self.numbers.resize(left.panels() * left.wide * self.stride, 0.0);
        let Products { tiles, stride, numbers: out } = self;
        Arch::new().dispatch(Fill { left, right, panels, tiles, out, stride: *stride });
    }

    /// The products of one vector of the left factor; behind the last column there is something up to a multiple of
    /// [`CHUNK`].
    pub(crate) fn row(&self, row: usize) -> &[f32] {
        &self.numbers[row * self.stride..][..self.stride]
    }
}

/// Asks for the tile of this machine.
struct Shape;

/// Rows and columns of a tile: two registers to a row, and as many rows as leave registers free for the factors, so that
/// enough sums are under way at once to hide the latency of the multiply-add.
struct Tile {
    tall: usize,
    wide: usize,
}

impl Tile {
    const fn of<S: Simd>() -> Tile {
        Tile { tall: if S::REGISTER_COUNT >= 32 { TALL } else { LOW }, wide: 2 * S::F32_LANES }
    }
}

impl WithSimd for Shape {
    type Output = Tile;

    fn with_simd<S: Simd>(self, _: S) -> Tile {
        Tile::of::<S>()
    }
}

struct Fill<'a> {
    left: &'a Panels,
    right: &'a Panels,
    panels: Range<usize>,
    tiles: &'a mut Tiles,
    out: &'a mut [f32],
    stride: usize,
}

impl WithSimd for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Fill { left, right, panels, tiles, out, stride } = self;
        let (tall, wide, first) = (left.wide, right.wide, panels.start);
        products(simd, (left, right), panels, tiles, Put { tall, wide, first, out, stride });
    }
}

/// Writes products where they belong.
struct Put<'a> {
    tall: usize,
    wide: usize,
    /// the first panel of the right factor
    first: usize,
    out: &'a mut [f32],
    stride: usize,
}

impl<S: Simd> Visit<S> for Put<'_> {
    #[inline(always)]
    fn done(&mut self, _: S, (row, panel): (usize, usize), products: &[f32], _: [S::f32s; 2]) {
        let out = &mut self.out[row * self.tall * self.stride + (panel - self.first) * self.wide..];
        for (to, from) in out.chunks_mut(self.stride).zip(products.chunks_exact(self.wide)) {
            to[..self.wide].copy_from_slice(from);
        }
    }
}

/// What is done with the products of a panel of the left factor and one of the right, by their numbers.
///
/// The greatest product of each column is given with them, which costs less while they are still in registers.
pub(super) trait Visit<S: Simd> {
    /// With how many panels of the left factor one of the right is multiplied at least.
    fn rows(&self, _panel: usize) -> usize {
        usize::MAX
    }

    /// After which [`eighths`] of the dimensions the sums so far of the next panels are looked at: a bit for each, of 1 to 7.
    fn stops(&mut self) -> u8 {
        0
    }

    /// Whether the rest of the sums over so many eighths is wanted.
    fn hopeful(&mut self, _: S, _tile: (usize, usize), _eighth: usize, _greatest: [S::f32s; 2]) -> bool {
        true
    }

    /// Takes the products: a row for each vector of the left factor.
    fn done(&mut self, simd: S, tile: (usize, usize), products: &[f32], greatest: [S::f32s; 2]);
}

/// How many dimensions so many eighths of them are; a last turn of the loop that is not full stands behind the last one.
pub(super) fn eighths(dims: usize, eighths: usize) -> usize {
    dims * eighths / 8 / TOGETHER * TOGETHER
}

/// Sums that are being made: those of one tile after the other.
#[derive(Default)]
pub(super) struct Tiles {
    sums: Vec<f32>,
    /// whether the rest of a tile's sums is still wanted
    wanted: Vec<bool>,
}

impl Tiles {
    fn begin(&mut self, tiles: usize, size: usize) {
        self.sums.resize(tiles * size, 0.0);
        self.wanted.clear();
        self.wanted.resize(tiles, true);
    }
}

/// The products of a left factor with some panels of a right one.
#[inline(always)]
pub(super) fn products<S: Simd>(
    simd: S,
    (left, right): (&Panels, &Panels),
    panels: Range<usize>,
    tiles: &mut Tiles,
    mut visit: impl Visit<S>,
) {
    let size = left.wide * right.wide;
    for start in panels.clone().step_by(ABREAST) {
        let some = start..(start + ABREAST).min(panels.end);
        let rows = some.clone().map(|panel| visit.rows(panel)).max().unwrap_or(0).min(left.panels());
        let stops = visit.stops();
        // Sums that are whole at once need not be kept.
        let kept = stops != 0 || left.dims > DEEP;
        tiles.begin(if kept { rows * ABREAST } else { 1 }, size);
        let mut from = 0;
        while from < left.dims {
            let (dims, eighth) = next(left.dims, from, stops);
            // Right panels come from memory, and who first needs one would wait: each tile asks for a part of a later one.
            let part = if from == 0 { (right.dims * right.wide).div_ceil(rows.max(1)) } else { 0 };
            let step = part.div_ceil((dims.len() / TOGETHER).max(1));
            let mut later = right.numbers.as_ptr().wrapping_add(right.place(start + ABREAST, 0));
            for row in 0..rows {
                let a = left.panel(row, &dims);
                for (at, panel) in some.clone().enumerate() {
                    let place = if kept { row * ABREAST + at } else { 0 };
                    if !tiles.wanted[place] {
                        continue;
                    }
                    let (b, first) = (right.panel(panel, &dims), from == 0);
                    let sums = &mut tiles.sums[place * size..][..size];
                    let soon = later.wrapping_add(at * right.dims * right.wide);
                    let greatest = match const { Tile::of::<S>().tall } {
                        TALL => simd.vectorize(Add::<S, TALL> { simd, a, b, first, sums, soon, step }),
                        _ => simd.vectorize(Add::<S, LOW> { simd, a, b, first, sums, soon, step }),
                    };
                    if dims.end == left.dims {
                        visit.done(simd, (row, panel), sums, greatest);
                    } else if let Some(eighth) = eighth {
                        tiles.wanted[place] = visit.hopeful(simd, (row, panel), eighth, greatest);
                    }
                }
                later = later.wrapping_add(part);
            }
            from = dims.end;
        }
    }
}

/// The next dimensions, and how many eighths of all are gone behind them if that is a stop.
fn next(dims: usize, from: usize, stops: u8) -> (Range<usize>, Option<usize>) {
    let stop = (1..8).filter(|eighth| stops >> eighth & 1 == 1).find(|eighth| eighths(dims, *eighth) > from);
    let to = stop.map_or(dims, |eighth| eighths(dims, eighth));
    if to > from + DEEP { (from..from + DEEP, None) } else { (from..to, stop) }
}

/// Adds the products over some dimensions to a tile of sums; gives the greatest sum of each column.
struct Add<'a, S, const ROWS: usize> {
    simd: S,
    a: &'a [f32],
    b: &'a [f32],
    /// nothing has been added before
    first: bool,
    sums: &'a mut [f32],
    /// what will be wanted soon, and how far from there to what is asked for in the next turn
    soon: *const f32,
    step: usize,
}

impl<S: Simd, const ROWS: usize> NullaryFnOnce for Add<'_, S, ROWS> {
    type Output = [S::f32s; 2];

    #[inline(always)]
    fn call(self) -> [S::f32s; 2] {
        let Add { simd, a, b, first, sums: out, mut soon, step } = self;
        let (out, _) = S::as_mut_simd_f32s(out);
        let Some(out) = out.as_chunks_mut::<2>().0.first_chunk_mut::<ROWS>() else {
            return [simd.splat_f32s(f32::INFINITY); 2];
        };
        let mut sums = if first { [[simd.splat_f32s(0.0); 2]; ROWS] } else { *out };
        let (a, a_rest) = a.as_chunks::<ROWS>().0.as_chunks::<TOGETHER>();
        let (b, b_rest) = S::as_simd_f32s(b).0.as_chunks::<2>().0.as_chunks::<TOGETHER>();
        for (a, b) in a.iter().zip(b) {
            fetch(soon);
            soon = soon.wrapping_add(step);
            a.iter().zip(b).for_each(|(a, b)| add(simd, &mut sums, a, b));
        }
        a_rest.iter().zip(b_rest).for_each(|(a, b)| add(simd, &mut sums, a, b));
        *out = sums;
        let greater = |[a0, a1]: [S::f32s; 2], [b0, b1]: [S::f32s; 2]| [simd.max_f32s(a0, b0), simd.max_f32s(a1, b1)];
        sums[1..].iter().fold(sums[0], |a, b| greater(a, *b))
    }
}

/// Adds the products over one dimension.
#[inline(always)]
fn add<S: Simd, const ROWS: usize>(simd: S, sums: &mut [[S::f32s; 2]; ROWS], a: &[f32; ROWS], b: &[S::f32s; 2]) {
    for (sums, a) in sums.iter_mut().zip(a) {
        let a = simd.splat_f32s(*a);
        sums[0] = simd.mul_add_f32s(a, b[0], sums[0]);
        sums[1] = simd.mul_add_f32s(a, b[1], sums[1]);
    }
}

/// Asks for a line of numbers that will be wanted soon; where there is no way to ask, it comes when it is wanted, and where
/// there is nothing, nothing comes.
#[inline(always)]
fn fetch(number: *const f32) {
    #[cfg(target_arch = "x86_64")]
    if let Some(sse) = pulp::core_arch::x86::Sse::try_new() {
        sse._mm_prefetch::<{ core::arch::x86_64::_MM_HINT_T1 }>(number.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = number;
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Numbers between -0.5 and 0.5 that look drawn.
    pub(in crate::matrix) fn numbers(n: usize, seed: usize) -> Vec<f32> {
        (0..n).map(|i| (((i + seed) * 7919) % 1009) as f32 / 1009.0 - 0.5).collect()
    }

    /// Registers of one width, whatever the machine chooses for itself.
    struct Bits<'a> {
        a: &'a [f32],
        b: &'a [f32],
        dims: usize,
        stops: u8,
    }

    /// Writes down the bits of all products.
    struct Seen {
        tall: usize,
        wide: usize,
        stops: u8,
        rows: Vec<Vec<u32>>,
    }

    impl<S: Simd> Visit<S> for &mut Seen {
        fn stops(&mut self) -> u8 {
            self.stops
        }

        fn done(&mut self, _: S, (row, panel): (usize, usize), products: &[f32], _: [S::f32s; 2]) {
            for (row, found) in self.rows.iter_mut().skip(row * self.tall).zip(products.chunks_exact(self.wide)) {
                row.iter_mut().skip(panel * self.wide).zip(found).for_each(|(to, product)| *to = product.to_bits());
            }
        }
    }

    impl WithSimd for Bits<'_> {
        type Output = Vec<Vec<u32>>;

        fn with_simd<S: Simd>(self, simd: S) -> Vec<Vec<u32>> {
            let Tile { tall, wide } = Tile::of::<S>();
            let (left, right) = (Panels::pack(self.a, self.dims, tall), Panels::pack(self.b, self.dims, wide));
            let rows = vec![vec![0; self.b.len() / self.dims]; self.a.len() / self.dims];
            let mut seen = Seen { tall, wide, stops: self.stops, rows };
            products(simd, (&left, &right), 0..right.panels(), &mut Tiles::default(), &mut seen);
            seen.rows
        }
    }

    #[test]
    fn products_are_the_same_bits_as_one_chain_of_multiply_adds() {
        for (rows, columns, dims) in [(1, 1, 1), (7, 33, 5), (13, 40, 300), (6, 16, 513), (25, 70, 1100)] {
            let (a, b) = (numbers(rows * dims, 1), numbers(columns * dims, 2));
            let chain = |(a, b): (&[f32], &[f32])| a.iter().zip(b).fold(0.0f32, |sum, (x, y)| x.mul_add(*y, sum));
            let row = |a| b.chunks(dims).map(move |b| chain((a, b)).to_bits()).collect::<Vec<u32>>();
            let expected: Vec<Vec<u32>> = a.chunks(dims).map(row).collect();
            for stops in [0, 1 << 3, 0b1111_1110] {
                let bits = || Bits { a: &a, b: &b, dims, stops };
                let what = format!("{rows} x {columns} x {dims}, stops {stops:b}");
                assert_eq!(Arch::new().dispatch(bits()), expected, "{what}");
                assert_eq!(bits().with_simd(pulp::Scalar::new()), expected, "{what}, one by one");
                #[cfg(target_arch = "x86_64")]
                if let Some(narrower) = pulp::x86::V3::try_new() {
                    assert_eq!(bits().with_simd(narrower), expected, "{what}, AVX2");
                }
            }
            let (left, right) = (Panels::left(&a, dims), Panels::right(&b, dims));
            let mut products = Products::default();
            products.fill(&left, &right, 0..columns);
            let row = |row| products.row(row)[..columns].iter().map(|product| product.to_bits()).collect::<Vec<u32>>();
            assert_eq!((0..rows).map(row).collect::<Vec<_>>(), expected);
        }
    }
}
