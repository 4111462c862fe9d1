//! Sums over the dimensions of vectors, in 64 bits.
//!
//! Each is made of eight sums over every eighth dimension, whatever the width of the machine's registers: every machine
//! gives the same bits.

use pulp::{Arch, Simd, WithSimd};

/// Sums of a pair.
const LANES: usize = 8;
/// Dimensions at a time.
const STEP: usize = 8 * LANES;
/// Vectors that are gone through side by side: while one is fetched from memory, others are added up.
const TOGETHER: usize = 8;

/// The scalar product.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f64 {
    let [sum] = sums(a, &[b], product);
    sum
}

/// The scalar products of a vector with others.
pub(super) fn dots(a: &[f32], others: &[&[f32]]) -> Vec<f64> {
    each(a, others, product)
}

/// The squared length of the difference.
pub(crate) fn squared_distance(a: &[f32], b: &[f32]) -> f64 {
    let [sum] = sums(a, &[b], squared_difference);
    sum
}

/// The squared lengths of a vector's differences from others.
pub(super) fn squared_distances(a: &[f32], others: &[&[f32]]) -> Vec<f64> {
    each(a, others, squared_difference)
}

fn product(x: f32, y: f32) -> f64 {
    f64::from(x) * f64::from(y)
}

fn squared_difference(x: f32, y: f32) -> f64 {
    let difference = f64::from(x) - f64::from(y);
    difference * difference
}

fn each(a: &[f32], others: &[&[f32]], term: impl Fn(f32, f32) -> f64 + Copy) -> Vec<f64> {
    let (together, rest) = others.as_chunks::<TOGETHER>();
    let together = together.iter().flat_map(|others| sums(a, others, term));
    together.chain(rest.iter().flat_map(|other| sums(a, &[*other], term))).collect()
}

fn sums<const N: usize>(a: &[f32], others: &[&[f32]; N], term: impl Fn(f32, f32) -> f64) -> [f64; N] {
    Arch::new().dispatch(Sums { a, others, term })
}

/// A vector's sums with others, in registers as wide as the machine has.
struct Sums<'a, F, const N: usize> {
    a: &'a [f32],
    others: &'a [&'a [f32]; N],
    term: F,
}

impl<F: Fn(f32, f32) -> f64, const N: usize> WithSimd for Sums<'_, F, N> {
    type Output = [f64; N];

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> [f64; N] {
        let Sums { a, others, term } = self;
        let (mut lanes, mut rests) = ([[0.0; LANES]; N], [0.0; N]);
        for (step, a) in a.chunks(STEP).enumerate() {
            for ((b, lanes), rest) in others.iter().zip(&mut lanes).zip(&mut rests) {
                let (a, a_rest) = a.as_chunks::<LANES>();
                let (b, b_rest) = b[step * STEP..].as_chunks::<LANES>();
                for (a, b) in a.iter().zip(b) {
                    for ((sum, x), y) in lanes.iter_mut().zip(a).zip(b) {
                        *sum += term(*x, *y);
                    }
                }
                // Only behind the last step is there anything.
                *rest = a_rest.iter().zip(b_rest).map(|(x, y)| term(*x, *y)).sum();
            }
        }
        std::array::from_fn(|i| lanes[i].iter().sum::<f64>() + rests[i])
    }
}

#[cfg(test)]
mod tests {
    use super::super::kernel::tests::numbers;
    use super::*;

    #[test]
    fn one_by_one_and_side_by_side_the_bits_are_those_of_eight_sums() {
        for dims in [1, 7, 8, 65, 512, 700] {
            let a = numbers(dims, 1);
            let others: Vec<Vec<f32>> = (2..13).map(|seed| numbers(dims, seed)).collect();
            let others: Vec<&[f32]> = others.iter().map(Vec::as_slice).collect();
            let eight = |b: &[f32], term: fn(f32, f32) -> f64| {
                let lane =
                    |lane: usize| (lane..dims / LANES * LANES).step_by(LANES).fold(0.0, |s, i| s + term(a[i], b[i]));
                let rest: f64 = (dims / LANES * LANES..dims).map(|i| term(a[i], b[i])).sum();
                (0..LANES).map(lane).sum::<f64>() + rest
            };
            let expected: Vec<f64> = others.iter().map(|b| eight(b, squared_difference)).collect();
            assert_eq!(squared_distances(&a, &others), expected, "{dims}");
            assert_eq!(others.iter().map(|b| squared_distance(&a, b)).collect::<Vec<_>>(), expected, "{dims}");
            let expected: Vec<f64> = others.iter().map(|b| eight(b, product)).collect();
            assert_eq!(dots(&a, &others), expected, "{dims}");
            assert_eq!(others.iter().map(|b| dot(&a, b)).collect::<Vec<_>>(), expected, "{dims}");
        }
    }
}
