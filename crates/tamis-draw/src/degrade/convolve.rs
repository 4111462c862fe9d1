//! Weighted sums of neighbouring pixels; the edge pixels go on beyond the edge.

use crate::degrade::plane::{byte, wide};
use crate::scene::Pixels;

/// A Gaussian of deviation `sigma` pixels, out to three deviations, of odd length and sum 1.
pub(super) fn gaussian(sigma: f32) -> Vec<f32> {
    if sigma <= 0.0 {
        return vec![1.0];
    }
    let radius = (3.0 * sigma).ceil().max(1.0) as i32;
    let weights = (-radius..=radius).map(|i| (-(i * i) as f32 / (2.0 * sigma * sigma)).exp());
    let weights: Vec<f32> = weights.collect();
    let sum: f32 = weights.iter().sum();
    weights.into_iter().map(|w| w / sum).collect()
}

/// Blurs pixels by a kernel of odd length along both axes.
pub(super) fn blur(pixels: &mut Pixels, kernel: &[f32]) {
    if kernel.len() < 2 {
        return;
    }
    let (width, height) = (pixels.width as usize, pixels.height as usize);
    let mut window = Window::new(width, height, 4, kernel);
    wide(
        #[inline(always)]
        || {
            for ahead in 0..height + window.radius {
                if ahead < height {
                    let row = &pixels.rgba[ahead * window.stride..][..window.stride];
                    window.fill(ahead, |to| to.iter_mut().zip(row).for_each(|(t, f)| *t = f32::from(*f)));
                }
                if let Some(y) = ahead.checked_sub(window.radius) {
                    let out = &mut pixels.rgba[y * window.stride..][..window.stride];
                    out.iter_mut().zip(window.row(y)).for_each(|(b, v)| *b = byte(*v));
                }
            }
        },
    );
}

/// The same for `width * height` values of `channels` numbers each.
pub(super) fn separable(v: &mut [f32], width: usize, height: usize, channels: usize, kernel: &[f32]) {
    let mut window = Window::new(width, height, channels, kernel);
    wide(
        #[inline(always)]
        || {
            for ahead in 0..height + window.radius {
                if ahead < height {
                    let row = &v[ahead * window.stride..][..window.stride];
                    window.fill(ahead, |to| to.copy_from_slice(row));
                }
                if let Some(y) = ahead.checked_sub(window.radius) {
                    v[y * window.stride..][..window.stride].copy_from_slice(window.row(y));
                }
            }
        },
    );
}

/// The rows that a kernel sees at once, smoothed along themselves: a picture goes through in one pass, and what is worked
/// on stays in the cache. A row goes in `radius` rows before it comes out.
pub(super) struct Window<'k> {
    kernel: &'k [f32],
    pub(super) radius: usize,
    height: usize,
    channels: usize,
    /// Numbers in a row.
    pub(super) stride: usize,
    padded: Vec<f32>,
    rows: Vec<f32>,
    out: Vec<f32>,
}

impl<'k> Window<'k> {
    /// For pictures of a size, with numbers for each pixel, and a kernel of odd length.
    pub(super) fn new(width: usize, height: usize, channels: usize, kernel: &'k [f32]) -> Window<'k> {
        let (radius, stride) = (kernel.len() / 2, width * channels);
        let padded = vec![0.0; stride + 2 * radius * channels];
        let (rows, out) = (vec![0.0; stride * kernel.len()], vec![0.0; stride]);
        Window { kernel, radius, height, channels, stride, padded, rows, out }
    }

    /// Takes in row `y`, which `write` writes.
    #[inline(always)]
    pub(super) fn fill(&mut self, y: usize, write: impl FnOnce(&mut [f32])) {
        let start = self.radius * self.channels;
        write(&mut self.padded[start..start + self.stride]);
        pad(&mut self.padded, self.channels, self.radius);
        let row = &mut self.rows[y % self.kernel.len() * self.stride..][..self.stride];
        let (padded, channels) = (&self.padded, self.channels);
        sum(row, self.kernel, |k| &padded[k * channels..]);
    }

    /// Row `y`, smoothed both ways.
    #[inline(always)]
    pub(super) fn row(&mut self, y: usize) -> &[f32] {
        let (rows, stride, radius) = (&self.rows, self.stride, self.radius);
        let (last, count) = (self.height - 1, self.kernel.len());
        sum(&mut self.out, self.kernel, |k| {
            let from = (y + k).saturating_sub(radius).min(last);
            &rows[from % count * stride..][..stride]
        });
        &self.out
    }
}

/// The weighted sum of as many rows as there are weights, in their order.
#[inline(always)]
fn sum<'r>(out: &mut [f32], weights: &[f32], row: impl Fn(usize) -> &'r [f32]) {
    const LANES: usize = 32;
    let whole = out.len() - out.len() % LANES;
    for at in (0..whole).step_by(LANES) {
        let mut sums = [0.0f32; LANES];
        for (k, weight) in weights.iter().enumerate() {
            let values = &row(k)[at..at + LANES];
            (0..LANES).for_each(|i| sums[i] += *weight * values[i]);
        }
        out[at..at + LANES].copy_from_slice(&sums);
    }
    out[whole..].fill(0.0);
    for (k, weight) in weights.iter().enumerate() {
        add(&mut out[whole..], &row(k)[whole..], *weight);
    }
}

/// A sum over shifted copies: `(dx, dy, weight)` each.
pub(super) fn sparse(pixels: &mut Pixels, kernel: &[(i32, i32, f32)]) {
    let (width, height) = (pixels.width as usize, pixels.height as usize);
    let radius = kernel.iter().map(|(dx, _, _)| dx.unsigned_abs() as usize).max().unwrap_or(0);
    let stride = (width + 2 * radius) * 4;
    let mut padded = vec![0.0; stride * height];
    let weights: Vec<f32> = kernel.iter().map(|(_, _, weight)| *weight).collect();
    let mut out = vec![0.0; width * 4];
    wide(
        #[inline(always)]
        || {
            for (row, to) in pixels.rgba.chunks_exact(width * 4).zip(padded.chunks_exact_mut(stride)) {
                to[radius * 4..].iter_mut().zip(row).for_each(|(t, f)| *t = f32::from(*f));
                pad(to, 4, radius);
            }
            for (y, row) in pixels.rgba.chunks_exact_mut(width * 4).enumerate() {
                sum(&mut out, &weights, |k| {
                    let (dx, dy, _) = kernel[k];
                    let from = (y as i64 + i64::from(dy)).clamp(0, height as i64 - 1) as usize;
                    let start = (radius as i64 + i64::from(dx)) as usize * 4;
                    &padded[from * stride + start..][..width * 4]
                });
                row.iter_mut().zip(&out).for_each(|(b, v)| *b = byte(*v));
            }
        },
    );
}

/// Lets the first and the last pixel of a row go on into the room beside it.
fn pad(padded: &mut [f32], channels: usize, radius: usize) {
    let (start, end) = (radius * channels, padded.len() - radius * channels);
    for k in 0..radius {
        padded.copy_within(start..start + channels, k * channels);
        padded.copy_within(end - channels..end, end + k * channels);
    }
}

#[inline(always)]
fn add(sum: &mut [f32], values: &[f32], weight: f32) {
    sum.iter_mut().zip(values).for_each(|(s, v)| *s += weight * v);
}
