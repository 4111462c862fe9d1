//! How long vectors still are behind their first dimensions: what bounds a product that is not whole yet.

use super::kernel::eighths;
use super::sums::dot;

/// The lengths of a vector's tails, behind so many eighths of its dimensions.
pub(crate) type Tail = [f32; 8];

/// The tails of vectors that stand one under the other in `rows`.
///
/// By Cauchy and Schwarz, the product of two tails is not greater than that of their lengths. Over `d` dimensions, a chain of
/// multiply-adds is off by `d` halves of an epsilon of the whole lengths' product at most; so the lengths are given a little
/// greater. For a share `s` of the whole length, that is by `e / s` or by the root of `e`, whichever is less: the product of
/// any two is then greater by `e` at least, and `e` is four times what rounding needs.
pub(crate) fn tails(rows: &[f32], dims: usize) -> Vec<Tail> {
    let spare = 2.0 * dims as f64 * f64::from(f32::EPSILON);
    let tail = |row: &[f32]| {
        let mut squares = [0.0; 9];
        for eighth in (0..8).rev() {
            let part = &row[eighths(dims, eighth)..if eighth == 7 { dims } else { eighths(dims, eighth + 1) }];
            squares[eighth] = squares[eighth + 1] + dot(part, part);
        }
        let length =
            |square: f64| square.sqrt() + (spare * squares[0] / square.sqrt()).min((spare * squares[0]).sqrt());
        std::array::from_fn(|eighth| length(squares[eighth]).min(f32::MAX.into()) as f32)
    };
    rows.chunks_exact(dims.max(1)).map(tail).collect()
}

#[cfg(test)]
mod tests {
    use super::super::kernel::tests::numbers;
    use super::*;

    #[test]
    fn no_product_is_greater_than_what_is_known_of_it() {
        for dims in [1, 9, 64, 100, 513] {
            let rows = numbers(40 * dims, 5);
            let tails = tails(&rows, dims);
            let chain = |a: &[f32], b: &[f32]| a.iter().zip(b).fold(0.0f32, |sum, (x, y)| x.mul_add(*y, sum));
            for (a, a_tail) in rows.chunks(dims).zip(&tails) {
                // The product with itself is where the bound is met.
                for (b, b_tail) in rows.chunks(dims).zip(&tails) {
                    for eighth in 0..8 {
                        let some = eighths(dims, eighth);
                        let bound = a_tail[eighth].mul_add(b_tail[eighth], chain(&a[..some], &b[..some]));
                        assert!(chain(a, b) <= bound, "{dims} {eighth}");
                    }
                }
            }
            let close =
                tails[0][4] * tails[0][4] / dot(&rows[eighths(dims, 4)..dims], &rows[eighths(dims, 4)..dims]) as f32;
            assert!(close < 1.1, "{dims}: {close}");
        }
    }
}
