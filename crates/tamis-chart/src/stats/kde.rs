//! Kernel density estimates with a Gaussian kernel.

/// A density over one variable.
#[derive(Clone, Debug, PartialEq)]
pub struct Kde {
    values: Vec<f64>,
    /// Standard deviation of the kernel.
    pub bandwidth: f64,
}

impl Kde {
    /// The density of these numbers; bandwidth by Scott's rule (1992), n^(-1/5) times the sample standard deviation, as
    /// SciPy and seaborn take it. `None` for fewer than 2 numbers or numbers that are all alike.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Kde> {
        let values: Vec<f64> = values.into_iter().filter(|v| v.is_finite()).collect();
        let bandwidth = deviation(&values)? * (values.len() as f64).powf(-0.2);
        (bandwidth > 0.0).then_some(Kde { values, bandwidth })
    }

    /// The density at a place.
    pub fn at(&self, x: f64) -> f64 {
        let sum: f64 = self.values.iter().map(|v| kernel((x - v) / self.bandwidth)).sum();
        sum / (self.values.len() as f64 * self.bandwidth)
    }

    /// The density at `count` evenly spaced places (at least 2) that reach `cut` bandwidths beyond the data.
    pub fn curve(&self, count: usize, cut: f64) -> Vec<[f64; 2]> {
        let (low, high) = ends(&self.values);
        let (from, to) = (low - cut * self.bandwidth, high + cut * self.bandwidth);
        let count = count.max(2);
        (0..count).map(|i| from + (to - from) * i as f64 / (count - 1) as f64).map(|x| [x, self.at(x)]).collect()
    }
}

/// A density over two variables, their kernels independent.
#[derive(Clone, Debug, PartialEq)]
pub struct Kde2 {
    points: Vec<[f64; 2]>,
    /// Standard deviations of the kernel in both directions.
    pub bandwidth: [f64; 2],
}

impl Kde2 {
    /// The density of these points; bandwidths by Scott's rule for two variables, n^(-1/6). `None` where a coordinate
    /// does not vary.
    pub fn of(points: Vec<[f64; 2]>) -> Option<Kde2> {
        let factor = (points.len() as f64).powf(-1.0 / 6.0);
        let side = |i: usize| deviation(&points.iter().map(|p| p[i]).collect::<Vec<_>>()).map(|d| d * factor);
        let bandwidth = [side(0)?, side(1)?];
        (bandwidth[0] > 0.0 && bandwidth[1] > 0.0).then_some(Kde2 { points, bandwidth })
    }

    /// The density at each pair of a column of `xs` and a row of `ys`, row by row.
    pub fn grid(&self, xs: &[f64], ys: &[f64]) -> Vec<f64> {
        let [bx, by] = self.bandwidth;
        let mut sums = vec![0.0; xs.len() * ys.len()];
        for [px, py] in &self.points {
            // The kernel is a product: two short lists instead of a table of exponentials.
            let across: Vec<f64> = xs.iter().map(|x| kernel((x - px) / bx)).collect();
            for (row, y) in ys.iter().enumerate() {
                let up = kernel((y - py) / by);
                if up < 1e-12 {
                    continue;
                }
                let cells = sums[row * xs.len()..(row + 1) * xs.len()].iter_mut();
                cells.zip(&across).for_each(|(sum, a)| *sum += a * up);
            }
        }
        let scale = 1.0 / (self.points.len() as f64 * bx * by);
        sums.iter_mut().for_each(|s| *s *= scale);
        sums
    }
}

fn kernel(u: f64) -> f64 {
    const ROOT: f64 = 0.398_942_280_401_432_7;
    ROOT * (-0.5 * u * u).exp()
}

/// The sample standard deviation (n - 1); `None` for fewer than 2 numbers.
fn deviation(values: &[f64]) -> Option<f64> {
    let n = values.len() as f64;
    if values.len() < 2 {
        return None;
    }
    let mean = values.iter().map(|v| v / n).sum::<f64>();
    Some((values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0)).sqrt())
}

fn ends(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)))
}
