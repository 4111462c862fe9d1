//! Scores as judges give them: mostly high, now and then low. So recipes with strict rules pass a part of what they are
//! given, and their gates are seen to work.

use tamis_core::rng::Rng;

/// A whole number from `low` to `high`. Of five, the best comes in 67 of 100 cases, one of the two best in 80, the worst
/// in 5.
pub(super) fn whole(low: i64, high: i64, rng: &mut Rng) -> i64 {
    let steps = (high - low + 1).max(1);
    low + ((quality(rng) * steps as f64) as i64).min(steps - 1)
}

/// A number from `low` to `high` with two decimals.
pub(super) fn decimal(low: f64, high: f64, rng: &mut Rng) -> f64 {
    let score = low + (high - low) * quality(rng);
    ((score * 100.0).round() / 100.0).clamp(low, high.max(low))
}

/// 0 to 1, near 1 most of the time. A product, as powers and logarithms differ from machine to machine in their last bits.
fn quality(rng: &mut Rng) -> f64 {
    let u = rng.unit();
    1.0 - u * u * u * u
}

#[cfg(test)]
mod tests {
    use tamis_core::RecordId;

    use super::*;

    #[test]
    fn scores_are_mostly_high_and_sometimes_low() {
        let mut rng = Rng::keyed(1, RecordId([0; 16]), "test", &[]);
        let mut counts = [0; 6];
        (0..10_000).for_each(|_| counts[whole(1, 5, &mut rng) as usize] += 1);
        assert_eq!(counts[0], 0);
        assert!((6500..6900).contains(&counts[5]) && counts[1] > 400, "{counts:?}");
        assert!(counts[1..].is_sorted(), "{counts:?}");
        let decimals: Vec<f64> = (0..1000).map(|_| decimal(0.0, 1.0, &mut rng)).collect();
        assert!(decimals.iter().all(|score| (0.0..=1.0).contains(score)));
        assert!(decimals.iter().filter(|score| **score > 0.8).count() > 600);
        assert!((0..100).all(|_| whole(3, 3, &mut rng) == 3 && decimal(2.0, 2.0, &mut rng) == 2.0));
    }
}
