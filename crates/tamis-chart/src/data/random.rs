//! Draws that several generators share.

use tamis_core::rng::Rng;

/// A draw from the standard normal distribution, as the sum of twelve uniform draws (Irwin-Hall): no logarithm, no
/// cosine, so equal on every machine; no tail beyond 6 standard deviations, which suits invented data.
pub(crate) fn normal(rng: &mut Rng) -> f64 {
    let mut sum = 0u64;
    for _ in 0..4 {
        let bits = rng.bits();
        sum += (bits & 0x1F_FFFF) + ((bits >> 21) & 0x1F_FFFF) + ((bits >> 42) & 0x1F_FFFF);
    }
    sum as f64 / f64::from(1 << 21) - 6.0
}

/// True with this probability.
pub(crate) fn chance(rng: &mut Rng, probability: f64) -> bool {
    rng.unit() < probability
}

/// A whole number from `low` to `high`, both included.
pub(crate) fn between(rng: &mut Rng, low: usize, high: usize) -> usize {
    low + rng.below(high.saturating_sub(low) + 1)
}

/// `count` different indices below `len`, in rising order (all of them if there are fewer).
pub(crate) fn some_of(rng: &mut Rng, len: usize, count: usize) -> Vec<usize> {
    let mut all: Vec<usize> = (0..len).collect();
    rng.shuffle(&mut all);
    all.truncate(count);
    all.sort_unstable();
    all
}

/// `count` shares of 1, none tiny, drawn in no particular order; `spread` near 0 makes them equal, 1 quite unequal.
pub(crate) fn shares(rng: &mut Rng, count: usize, spread: f64) -> Vec<f64> {
    let raw: Vec<f64> =
        (0..count).map(|_| (1.0 - 0.8 * spread) + 2.6 * spread * rng.unit() * rng.unit() + 0.15).collect();
    let sum: f64 = raw.iter().sum();
    raw.into_iter().map(|r| r / sum).collect()
}

/// The nearest multiple of 10^-decimals, written by the shortest decimal that names it.
pub(crate) fn rounded(value: f64, decimals: u8) -> f64 {
    let scale = 10f64.powi(i32::from(decimals));
    let rounded = (value * scale).round() / scale;
    if rounded == 0.0 { 0.0 } else { rounded }
}

/// `total`, a multiple of 10^-decimals, split by `weights` into multiples of 10^-decimals that sum to it exactly
/// (largest remainders).
pub(crate) fn split(total: f64, weights: &[f64], decimals: u8) -> Vec<f64> {
    let scale = 10f64.powi(i32::from(decimals));
    let units = (total * scale).round();
    let sum: f64 = weights.iter().sum();
    let exact: Vec<f64> = weights.iter().map(|w| units * w / sum).collect();
    let mut whole: Vec<f64> = exact.iter().map(|e| e.floor()).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|a, b| (exact[*b] - whole[*b]).total_cmp(&(exact[*a] - whole[*a])).then(a.cmp(b)));
    let left = (units - whole.iter().sum::<f64>()).max(0.0) as usize;
    order.iter().take(left).for_each(|i| whole[*i] += 1.0);
    whole.into_iter().map(|w| w / scale).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tamis_core::RecordId;

    #[test]
    fn normal_draws_have_mean_0_and_deviation_1() {
        let mut rng = Rng::keyed(1, RecordId::input("x"), "normal", &[]);
        let draws: Vec<f64> = (0..20_000).map(|_| normal(&mut rng)).collect();
        let mean = draws.iter().sum::<f64>() / 20_000.0;
        let variance = draws.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
    }

    #[test]
    fn a_split_sums_to_its_total_exactly() {
        let parts = split(100.0, &[1.0, 1.0, 1.0], 0);
        assert_eq!(parts.iter().sum::<f64>(), 100.0);
        assert!(parts.iter().all(|p| p.fract() == 0.0), "{parts:?}");
    }
}
