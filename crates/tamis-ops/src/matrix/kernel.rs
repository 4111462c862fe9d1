//! Scalar products of many vectors with many others, as fast as the cores multiply.
//!
//! Each product is one chain of fused multiply-adds over the dimensions in their order, whatever the width of the
//! machine's registers: every machine gives the same bits.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

/// Rows of a tile: with two registers a row, twelve sums are under way at once, which hides the latency of the
/// multiply-add.
const TALL: usize = 6;
/// Dimensions at a time, so that a panel of columns stays in the first cache.
const DEEP: usize = 256;

/// Rows of products are so many numbers long, or a multiple.
pub(crate) const CHUNK: usize = 16;

/// Vectors laid out for the kernel: some at a time, dimension by dimension.
pub(crate) struct Panels {
    dims: usize,
    wide: usize,
    numbers: Vec<f32>,
}

impl Panels {
    /// The left factor: vectors that stand one under the other in `rows`.
    pub(crate) fn left(rows: &[f32], dims: usize) -> Panels {
        Panels::pack(rows, dims, TALL)
    }

    /// The right factor. Blocks of its columns have to begin at multiples of 32.
    pub(crate) fn right(rows: &[f32], dims: usize) -> Panels {
        Panels::pack(rows, dims, Arch::new().dispatch(Wide))
    }

    fn pack(rows: &[f32], dims: usize, wide: usize) -> Panels {
        let dims = dims.max(1);
        let panels = (rows.len() / dims).div_ceil(wide);
        let mut numbers = vec![0.0; panels * wide * dims];
        for (panel, rows) in numbers.chunks_exact_mut(wide * dims).zip(rows.chunks(wide * dims)) {
            for (at, row) in rows.chunks_exact(dims).enumerate() {
                panel.iter_mut().skip(at).step_by(wide).zip(row).for_each(|(to, from)| *to = *from);
            }
        }
        Panels { dims, wide, numbers }
    }

    fn panel(&self, number: usize, from: usize, deep: usize) -> &[f32] {
        let start = (number * self.dims + from) * self.wide;
        &self.numbers[start..start + deep * self.wide]
    }

    fn panels(&self) -> usize {
        self.numbers.len() / (self.wide * self.dims)
    }
}

/// Products of all vectors of a left factor with some of a right one.
#[derive(Default)]
pub(crate) struct Products {
    stride: usize,
    numbers: Vec<f32>,
}

impl Products {
    /// Multiplies with the columns in `columns`, which begin at a multiple of the right factor's width.
    pub(crate) fn fill(&mut self, left: &Panels, right: &Panels, columns: Range<usize>) {
        debug_assert!(left.dims == right.dims && columns.start.is_multiple_of(right.wide));
        let panels = columns.start / right.wide..columns.end.div_ceil(right.wide).min(right.panels());
        self.stride = (panels.len() * right.wide).next_multiple_of(CHUNK);
        self.numbers.resize(left.panels() * TALL * self.stride, 0.0);
        Arch::new().dispatch(Fill { left, right, panels, out: &mut self.numbers, stride: self.stride });
    }

    /// The products of one vector of the left factor; behind the last column there is something up to a multiple of
    /// [`CHUNK`].
    pub(crate) fn row(&self, row: usize) -> &[f32] {
        &self.numbers[row * self.stride..][..self.stride]
    }
}

/// The width of a right factor's panel on this machine.
struct Wide;

impl WithSimd for Wide {
    type Output = usize;

    fn with_simd<S: Simd>(self, _: S) -> usize {
        2 * S::F32_LANES
    }
}

struct Fill<'a> {
    left: &'a Panels,
    right: &'a Panels,
    panels: Range<usize>,
    out: &'a mut [f32],
    stride: usize,
}

impl WithSimd for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Fill { left, right, panels, out, stride } = self;
        for from in (0..left.dims).step_by(DEEP) {
            let deep = DEEP.min(left.dims - from);
            for (column, panel) in panels.clone().enumerate() {
                let b = right.panel(panel, from, deep);
                for row in 0..left.panels() {
                    let at = row * TALL * stride + column * right.wide;
                    tile(simd, left.panel(row, from, deep), b, &mut out[at..], stride, from == 0);
                }
            }
        }
    }
}

/// Adds the products over some dimensions to a tile of sums.
#[inline(always)]
fn tile<S: Simd>(simd: S, a: &[f32], b: &[f32], out: &mut [f32], stride: usize, first: bool) {
    let mut sums = [[simd.splat_f32s(0.0); 2]; TALL];
    if !first {
        for (sums, out) in sums.iter_mut().zip(out.chunks(stride)) {
            let (stored, _) = S::as_simd_f32s(&out[..2 * S::F32_LANES]);
            *sums = [stored[0], stored[1]];
        }
    }
    let (a, _) = a.as_chunks::<TALL>();
    let (b, _) = S::as_simd_f32s(b).0.as_chunks::<2>();
    for (a, b) in a.iter().zip(b) {
        for (sums, a) in sums.iter_mut().zip(a) {
            let a = simd.splat_f32s(*a);
            sums[0] = simd.mul_add_f32s(a, b[0], sums[0]);
            sums[1] = simd.mul_add_f32s(a, b[1], sums[1]);
        }
    }
    for (sums, out) in sums.iter().zip(out.chunks_mut(stride)) {
        let (stored, _) = S::as_mut_simd_f32s(&mut out[..2 * S::F32_LANES]);
        stored[0] = sums[0];
        stored[1] = sums[1];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_the_same_bits_as_one_chain_of_multiply_adds() {
        let numbers = |n: usize, seed: usize| -> Vec<f32> {
            (0..n).map(|i| (((i + seed) * 7919) % 1009) as f32 / 1009.0 - 0.5).collect()
        };
        for (rows, columns, dims) in [(1, 1, 1), (7, 33, 5), (13, 40, 300), (6, 16, 513)] {
            let (a, b) = (numbers(rows * dims, 1), numbers(columns * dims, 2));
            let (left, right) = (Panels::left(&a, dims), Panels::right(&b, dims));
            let mut products = Products::default();
            products.fill(&left, &right, 0..columns);
            for (i, a) in a.chunks(dims).enumerate() {
                for (j, b) in b.chunks(dims).enumerate() {
                    let expected = a.iter().zip(b).fold(0.0f32, |sum, (x, y)| x.mul_add(*y, sum));
                    assert_eq!(
                        products.row(i)[j].to_bits(),
                        expected.to_bits(),
                        "{rows} x {columns} x {dims}: {i} {j}"
                    );
                }
            }
        }
    }
}
