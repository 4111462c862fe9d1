//! Quantiles and what a box plot draws.

/// A quantile of sorted numbers by linear interpolation between the nearest two: type 7 of Hyndman and Fan, "Sample
/// Quantiles in Statistical Packages" (1996), which NumPy, R, pandas and Matplotlib take by default.
/// `p` is 0 to 1; NaN when there are no numbers.
pub fn quantile(sorted: &[f64], p: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let at = p.clamp(0.0, 1.0) * last as f64;
    let below = at.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * (at - below as f64)
}

/// What a box plot draws of one group (Tukey, "Exploratory Data Analysis", 1977): quartiles by [`quantile`], whiskers at
/// the outermost data within 1.5 times the interquartile range of the box, all data beyond as outliers.
#[derive(Clone, Debug, PartialEq)]
pub struct BoxSummary {
    /// How many numbers there are.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// Lower end of the lower whisker.
    pub low: f64,
    /// Lower edge of the box.
    pub q1: f64,
    /// The line in the box.
    pub median: f64,
    /// Upper edge of the box.
    pub q3: f64,
    /// Upper end of the upper whisker.
    pub high: f64,
    /// The place among the given numbers and the value of each outlier, in the order given.
    pub outliers: Vec<(usize, f64)>,
}

impl BoxSummary {
    /// The summary of these numbers; missing ones are left out. `None` when none is left.
    pub fn of(values: &[Option<f64>]) -> Option<BoxSummary> {
        let mut sorted: Vec<f64> = values.iter().flatten().copied().collect();
        sorted.sort_by(f64::total_cmp);
        let count = sorted.len();
        let (first, last) = (*sorted.first()?, *sorted.last()?);
        let [q1, median, q3] = [0.25, 0.5, 0.75].map(|p| quantile(&sorted, p));
        let reach = 1.5 * (q3 - q1);
        let inside = |v: f64| v >= q1 - reach && v <= q3 + reach;
        // Interpolated quartiles may lie beyond all data inside the fences: whiskers then have no length.
        let low = sorted.iter().copied().find(|v| inside(*v)).unwrap_or(first).min(q1);
        let high = sorted.iter().rev().copied().find(|v| inside(*v)).unwrap_or(last).max(q3);
        let outliers =
            values.iter().enumerate().filter_map(|(i, v)| v.filter(|v| !inside(*v)).map(|v| (i, v))).collect();
        let mean = sorted.iter().map(|v| v / count as f64).sum();
        Some(BoxSummary { count, mean, low, q1, median, q3, high, outliers })
    }
}
