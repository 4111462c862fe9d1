//! Histogram bins with round edges.

/// Bins of equal width.
#[derive(Clone, Debug, PartialEq)]
pub struct Bins {
    /// Edges from low to high, one more than there are bins. A bin holds its lower edge and not its upper one; the last
    /// bin holds both.
    pub edges: Vec<f64>,
}

/// Bins for all of these numbers: about as many as Freedman and Diaconis (1981) advise, or Sturges (1926) where that is
/// more (as NumPy's `auto`), at least 5 and at most 40, their edges at multiples of a round step (1, 2, 2.5 or 5 times a
/// power of ten). `step` is the distance of neighbouring data (10^-decimals): bins are never narrower.
pub fn bins(values: impl IntoIterator<Item = f64>, step: f64) -> Bins {
    let mut sorted: Vec<f64> = values.into_iter().filter(|v| v.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let (Some(low), Some(high)) = (sorted.first().copied(), sorted.last().copied()) else {
        return Bins { edges: vec![0.0, 1.0] };
    };
    if high <= low {
        let half = if low == 0.0 { 0.5 } else { (low.abs() * 0.05).max(step / 2.0) };
        return Bins { edges: vec![low - half, low + half] };
    }
    let count = wanted(&sorted, high - low);
    let width = round_step((high - low) / count).max(step);
    let (first, last) = ((low / width + 1e-9).floor(), (high / width - 1e-9).ceil());
    let inverse = (1.0 / width).round();
    // A width below 1 is the inverse of a whole number more often than not; dividing by that is exact.
    let exact = width < 1.0 && (1.0 / width - inverse).abs() < 1e-9 * inverse;
    let edge = |n: f64| if exact { n / inverse } else { n * width };
    let mut edges: Vec<f64> = (0..=(last - first).max(1.0) as usize).map(|i| edge(first + i as f64)).collect();
    // Rounding must not push a datum out of its histogram.
    edges[0] = edges[0].min(low);
    let end = edges.len() - 1;
    edges[end] = edges[end].max(high);
    Bins { edges }
}

fn wanted(sorted: &[f64], range: f64) -> f64 {
    let n = sorted.len() as f64;
    let iqr = super::quantile(sorted, 0.75) - super::quantile(sorted, 0.25);
    let sturges = n.log2() + 1.0;
    let freedman = if iqr > 0.0 { range * n.cbrt() / (2.0 * iqr) } else { 0.0 };
    sturges.max(freedman).clamp(5.0, 40.0)
}

/// The round step nearest to this one by ratio.
fn round_step(rough: f64) -> f64 {
    let power = 10f64.powf(rough.log10().floor());
    let share = rough / power;
    let lead = if share < 1.42 {
        1.0
    } else if share < 2.24 {
        2.0
    } else if share < 3.54 {
        2.5
    } else if share < 7.1 {
        5.0
    } else {
        10.0
    };
    lead * power
}

impl Bins {
    /// How many bins there are.
    pub fn len(&self) -> usize {
        self.edges.len().saturating_sub(1)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bin that holds a number; `None` when it is outside.
    pub fn bin(&self, value: f64) -> Option<usize> {
        let last = self.len().checked_sub(1)?;
        if value < self.edges[0] || value > self.edges[last + 1] {
            return None;
        }
        Some((self.edges.partition_point(|e| *e <= value).max(1) - 1).min(last))
    }

    /// How many numbers each bin holds.
    pub fn counts(&self, values: impl IntoIterator<Item = f64>) -> Vec<usize> {
        let mut counts = vec![0; self.len()];
        values.into_iter().filter_map(|v| self.bin(v)).for_each(|b| counts[b] += 1);
        counts
    }

    /// The width of a bin.
    pub fn width(&self) -> f64 {
        (self.edges[self.len()] - self.edges[0]) / self.len() as f64
    }
}
