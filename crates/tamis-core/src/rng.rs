//! Randomness that belongs to a record and a step, so that order and number of threads cannot change a byte.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::id::RecordId;

/// A stream of random numbers keyed by (run seed, record, step, visits of enclosing loops).
///
/// The draws are written here, not taken from a sampling library, so that an upgrade cannot change datasets.
pub struct Rng(ChaCha8Rng);

impl Rng {
    /// The stream of one record in one step; `visits` are the rounds of the loops around it, outermost first.
    pub fn keyed(seed: u64, record: RecordId, step: &str, visits: &[u32]) -> Rng {
        let mut hasher = blake3::Hasher::new_derive_key("tamis record rng");
        hasher.update(&seed.to_le_bytes());
        hasher.update(&record.0);
        hasher.update(step.as_bytes());
        for visit in visits {
            hasher.update(&visit.to_le_bytes());
        }
        Rng(ChaCha8Rng::from_seed(*hasher.finalize().as_bytes()))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A seed to be written into a spec: 53 random bits, so that JSON holds it exactly wherever it is read.
    pub fn seed(&mut self) -> u64 {
        self.bits() >> 11
    }

    /// Uniform in `[0, 1)`, 53 bits.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in `[low, high)`.
    pub fn range(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Uniform in `0..n`, without bias; 0 when `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        if n < 2 {
            return 0;
        }
        let n = n as u64;
        let zone = u64::MAX - (u64::MAX % n + 1) % n;
        loop {
            let bits = self.bits();
            if bits <= zone {
                return (bits % n) as usize;
            }
        }
    }

    /// One of `items`; `None` when there are none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        if items.is_empty() { None } else { Some(&items[self.below(items.len())]) }
    }

    /// An index drawn in proportion to `weights` (each at least 0, some above 0).
    pub fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.unit() * weights.iter().sum::<f64>();
        for (i, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return i;
            }
        }
        weights.iter().rposition(|w| *w > 0.0).unwrap_or(0)
    }

    /// Shuffles in place (Fisher-Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_a_function_of_its_key() {
        let id = RecordId::input("x");
        let draw = |seed, step, visits: &[u32]| Rng::keyed(seed, id, step, visits).bits();
        assert_eq!(draw(1, "a", &[]), draw(1, "a", &[]));
        assert_ne!(draw(1, "a", &[]), draw(2, "a", &[]));
        assert_ne!(draw(1, "a", &[]), draw(1, "b", &[]));
        assert_ne!(draw(1, "a", &[]), draw(1, "a", &[0]));
    }

    #[test]
    fn weighted_draws_follow_their_shares() {
        let mut rng = Rng::keyed(7, RecordId::input("x"), "share", &[]);
        let mut counts = [0; 3];
        (0..15_800).for_each(|_| counts[rng.weighted(&[58.0, 23.0, 77.0])] += 1);
        for (count, share) in counts.iter().zip([5800.0, 2300.0, 7700.0]) {
            assert!((f64::from(*count) - share).abs() < 4.0 * f64::sqrt(share), "{counts:?}");
        }
    }
}
