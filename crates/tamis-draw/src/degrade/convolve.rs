//! Weighted sums of neighbouring pixels; the edge pixels go on beyond the edge.

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
    let mut v: Vec<f32> = pixels.rgba.iter().map(|b| f32::from(*b)).collect();
    separable(&mut v, pixels.width as usize, pixels.height as usize, 4, kernel);
    pixels.rgba.iter_mut().zip(&v).for_each(|(b, v)| *b = (v + 0.5) as u8);
}

/// The same for `width * height` values of `channels` numbers each.
pub(super) fn separable(v: &mut [f32], width: usize, height: usize, channels: usize, kernel: &[f32]) {
    let radius = kernel.len() / 2;
    let stride = width * channels;
    let mut padded = vec![0.0; (width + 2 * radius) * channels];
    for row in v.chunks_exact_mut(stride) {
        pad(row, &mut padded, channels, radius);
        row.fill(0.0);
        for (k, weight) in kernel.iter().enumerate() {
            add(row, &padded[k * channels..], *weight);
        }
    }
    let source = v.to_vec();
    for (y, row) in v.chunks_exact_mut(stride).enumerate() {
        row.fill(0.0);
        for (k, weight) in kernel.iter().enumerate() {
            let from = (y + k).saturating_sub(radius).min(height - 1);
            add(row, &source[from * stride..], *weight);
        }
    }
}

/// A sum over shifted copies: `(dx, dy, weight)` each.
pub(super) fn sparse(pixels: &mut Pixels, kernel: &[(i32, i32, f32)]) {
    let (width, height) = (pixels.width as usize, pixels.height as usize);
    let radius = kernel.iter().map(|(dx, _, _)| dx.unsigned_abs() as usize).max().unwrap_or(0);
    let stride = (width + 2 * radius) * 4;
    let mut padded = vec![0.0; stride * height];
    for (row, out) in pixels.rgba.chunks_exact(width * 4).zip(padded.chunks_exact_mut(stride)) {
        let row: Vec<f32> = row.iter().map(|b| f32::from(*b)).collect();
        pad(&row, out, 4, radius);
    }
    let mut sum = vec![0.0; width * 4];
    for (y, row) in pixels.rgba.chunks_exact_mut(width * 4).enumerate() {
        sum.fill(0.0);
        for (dx, dy, weight) in kernel {
            let from = (y as i64 + i64::from(*dy)).clamp(0, height as i64 - 1) as usize;
            let start = (radius as i64 + i64::from(*dx)) as usize * 4;
            add(&mut sum, &padded[from * stride + start..], *weight);
        }
        row.iter_mut().zip(&sum).for_each(|(b, v)| *b = (v + 0.5) as u8);
    }
}

fn pad(row: &[f32], padded: &mut [f32], channels: usize, radius: usize) {
    let (start, end) = (radius * channels, radius * channels + row.len());
    padded[start..end].copy_from_slice(row);
    for k in 0..radius {
        padded.copy_within(start..start + channels, k * channels);
        padded.copy_within(end - channels..end, end + k * channels);
    }
}

#[inline]
fn add(sum: &mut [f32], values: &[f32], weight: f32) {
    sum.iter_mut().zip(values).for_each(|(s, v)| *s += weight * v);
}
