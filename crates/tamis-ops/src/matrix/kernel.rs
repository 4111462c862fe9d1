//! Scalar products of many vectors with many others, as fast as the cores multiply.
//!
//! Each product is one chain of fused multiply-adds over the dimensions in their order, whatever the width of the
//! machine's registers: every machine gives the same bits.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

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
    dims: usize,
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

    /// Some dimensions of a panel; nothing behind the last one.
    fn panel(&self, number: usize, from: usize, deep: usize) -> &[f32] {
        let start = self.start + (number * self.dims + from) * self.wide;
        self.numbers.get(start..start + deep * self.wide).unwrap_or_default()
    }

    /// How many panels there are.
    pub(super) fn panels(&self) -> usize {
        (self.numbers.len() - self.start) / (self.wide * self.dims)
    }
}

/// Products of all vectors of a left factor with some of a right one.
#[derive(Default)]
pub(crate) struct Products {
    sums: Vec<f32>,
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
        let Products { sums, stride, numbers: out } = self;
        Arch::new().dispatch(Fill { left, right, panels, sums, out, stride: *stride });
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
    sums: &'a mut Vec<f32>,
    out: &'a mut [f32],
    stride: usize,
}

impl WithSimd for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Fill { left, right, panels, sums, out, stride } = self;
        let (tall, wide, first) = (left.wide, right.wide, panels.start);
        products(simd, (left, |_| left.panels()), (right, panels), sums, |row, panel, products, _| {
            let out = &mut out[row * tall * stride + (panel - first) * wide..];
            for (to, from) in out.chunks_mut(stride).zip(products.chunks_exact(wide)) {
                to[..wide].copy_from_slice(from);
            }
        });
    }
}

/// The products of a left factor with some panels of a right one; `rows` tells of each of these with how many panels of the
/// left one at least.
///
/// When the products of a panel of either are there, `done` gets their numbers, the products, a row for each vector of the
/// left one, and the greatest one of each column, which costs less while they are still in registers. `sums` is room for
/// them.
#[inline(always)]
pub(super) fn products<S: Simd>(
    simd: S,
    (left, rows): (&Panels, impl Fn(usize) -> usize),
    (right, panels): (&Panels, Range<usize>),
    sums: &mut Vec<f32>,
    mut done: impl FnMut(usize, usize, &[f32], [S::f32s; 2]),
) {
    let size = left.wide * right.wide;
    // Sums that are done at once need not be kept.
    let at_once = left.dims <= DEEP;
    sums.resize(if at_once { size } else { size * ABREAST * left.panels() }, 0.0);
    for start in panels.clone().step_by(ABREAST) {
        let some = start..(start + ABREAST).min(panels.end);
        let rows = some.clone().map(&rows).max().unwrap_or(0).min(left.panels());
        for from in (0..left.dims).step_by(DEEP) {
            let deep = DEEP.min(left.dims - from);
            for row in 0..rows {
                let a = left.panel(row, from, deep);
                for panel in some.clone() {
                    let b = right.panel(panel, from, deep);
                    let soon = part(right.panel(panel + ABREAST, from, deep), row, rows);
                    let at = if at_once { 0 } else { (row * ABREAST + panel - start) * size };
                    let sums = &mut sums[at..at + size];
                    let greatest = match const { Tile::of::<S>().tall } {
                        TALL => tile::<S, TALL>(simd, a, b, soon, sums, from == 0),
                        _ => tile::<S, LOW>(simd, a, b, soon, sums, from == 0),
                    };
                    if from + deep == left.dims {
                        done(row, panel, sums, greatest);
                    }
                }
            }
        }
    }
}

/// One of so many parts of a panel, or nothing. A right panel comes from memory, and the first tile of it would wait for it:
/// each tile asks for a part of one that comes later.
#[inline(always)]
fn part(panel: &[f32], number: usize, of: usize) -> &[f32] {
    let size = panel.len().div_ceil(of).max(LINE);
    let rest = panel.get(number * size..).unwrap_or_default();
    &rest[..size.min(rest.len())]
}

/// Adds the products over some dimensions to a tile of sums, and fetches what is wanted `soon`; the greatest sum of each
/// column.
#[inline(always)]
fn tile<S: Simd, const ROWS: usize>(
    simd: S,
    a: &[f32],
    b: &[f32],
    soon: &[f32],
    out: &mut [f32],
    first: bool,
) -> [S::f32s; 2] {
    let (out, _) = S::as_mut_simd_f32s(out);
    let Some(out) = out.as_chunks_mut::<2>().0.first_chunk_mut::<ROWS>() else {
        return [simd.splat_f32s(f32::INFINITY); 2];
    };
    let mut sums = if first { [[simd.splat_f32s(0.0); 2]; ROWS] } else { *out };
    let (a, a_rest) = a.as_chunks::<ROWS>().0.as_chunks::<TOGETHER>();
    let (b, b_rest) = S::as_simd_f32s(b).0.as_chunks::<2>().0.as_chunks::<TOGETHER>();
    let step = soon.len().div_ceil(a.len().max(1)).max(1);
    for (at, (a, b)) in a.iter().zip(b).enumerate() {
        fetch(soon.get(at * step));
        a.iter().zip(b).for_each(|(a, b)| add(simd, &mut sums, a, b));
    }
    a_rest.iter().zip(b_rest).for_each(|(a, b)| add(simd, &mut sums, a, b));
    *out = sums;
    let greater = |[a0, a1]: [S::f32s; 2], [b0, b1]: [S::f32s; 2]| [simd.max_f32s(a0, b0), simd.max_f32s(a1, b1)];
    sums[1..].iter().fold(sums[0], |a, b| greater(a, *b))
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

/// Asks for a line of numbers that will be wanted soon; where there is no way to ask, it comes when it is wanted.
#[inline(always)]
fn fetch(number: Option<&f32>) {
    #[cfg(target_arch = "x86_64")]
    if let (Some(number), Some(sse)) = (number, pulp::core_arch::x86::Sse::try_new()) {
        sse._mm_prefetch::<{ core::arch::x86_64::_MM_HINT_T1 }>(std::ptr::from_ref(number).cast());
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
    }

    impl WithSimd for Bits<'_> {
        type Output = Vec<Vec<u32>>;

        fn with_simd<S: Simd>(self, simd: S) -> Vec<Vec<u32>> {
            let Tile { tall, wide } = Tile::of::<S>();
            let (left, right) = (Panels::pack(self.a, self.dims, tall), Panels::pack(self.b, self.dims, wide));
            let mut rows = vec![vec![0; self.b.len() / self.dims]; self.a.len() / self.dims];
            products(
                simd,
                (&left, |_| usize::MAX),
                (&right, 0..right.panels()),
                &mut Vec::new(),
                |row, panel, found, _| {
                    for (row, found) in rows.iter_mut().skip(row * tall).zip(found.chunks_exact(wide)) {
                        row.iter_mut().skip(panel * wide).zip(found).for_each(|(to, product)| *to = product.to_bits());
                    }
                },
            );
            rows
        }
    }

    #[test]
    fn products_are_the_same_bits_as_one_chain_of_multiply_adds() {
        for (rows, columns, dims) in [(1, 1, 1), (7, 33, 5), (13, 40, 300), (6, 16, 513), (25, 70, 1100)] {
            let (a, b) = (numbers(rows * dims, 1), numbers(columns * dims, 2));
            let chain = |(a, b): (&[f32], &[f32])| a.iter().zip(b).fold(0.0f32, |sum, (x, y)| x.mul_add(*y, sum));
            let row = |a| b.chunks(dims).map(move |b| chain((a, b)).to_bits()).collect::<Vec<u32>>();
            let expected: Vec<Vec<u32>> = a.chunks(dims).map(row).collect();
            let bits = || Bits { a: &a, b: &b, dims };
            assert_eq!(Arch::new().dispatch(bits()), expected, "{rows} x {columns} x {dims}");
            assert_eq!(bits().with_simd(pulp::Scalar::new()), expected, "{rows} x {columns} x {dims}, one by one");
            #[cfg(target_arch = "x86_64")]
            if let Some(narrower) = pulp::x86::V3::try_new() {
                assert_eq!(bits().with_simd(narrower), expected, "{rows} x {columns} x {dims}, AVX2");
            }
            let (left, right) = (Panels::left(&a, dims), Panels::right(&b, dims));
            let mut products = Products::default();
            products.fill(&left, &right, 0..columns);
            let row = |row| products.row(row)[..columns].iter().map(|product| product.to_bits()).collect::<Vec<u32>>();
            assert_eq!((0..rows).map(row).collect::<Vec<_>>(), expected);
        }
    }
}
