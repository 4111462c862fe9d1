//! One number for each pixel: masks that are painted, and slow fields such as light.

use crate::scene::Pixels;

/// How strongly something lies on each pixel, 0 to 1.
pub(super) struct Plane {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) v: Vec<f32>,
}

impl Plane {
    pub(super) fn new(pixels: &Pixels) -> Plane {
        let (width, height) = (pixels.width as usize, pixels.height as usize);
        Plane { width, height, v: vec![0.0; width * height] }
    }

    /// Raises to `value(x, y)` what is lower, over the pixels within `reach` of a place.
    pub(super) fn raise(&mut self, x: f32, y: f32, reach: f32, value: impl Fn(f32, f32) -> f32) {
        let span = |at: f32, side: usize| {
            let low = (at - reach).floor().clamp(0.0, side as f32) as usize;
            low..(at + reach + 1.0).ceil().clamp(0.0, side as f32) as usize
        };
        let (columns, rows) = (span(x, self.width), span(y, self.height));
        for j in rows {
            for i in columns.clone() {
                let value = value(i as f32 + 0.5, j as f32 + 0.5);
                let here = &mut self.v[j * self.width + i];
                *here = here.max(value);
            }
        }
    }

    /// A disc with an antialiased edge.
    pub(super) fn disc(&mut self, x: f32, y: f32, radius: f32, strength: f32) {
        // A disc thinner than a pixel covers less of it.
        let (radius, strength) = (radius.max(0.5), strength * (radius * 2.0).min(1.0));
        self.raise(x, y, radius + 1.0, |px, py| strength * (radius + 0.5 - (px - x).hypot(py - y)).clamp(0.0, 1.0));
    }

    /// A line through points, `(x, y, radius)` each.
    pub(super) fn line(&mut self, points: &[(f32, f32, f32)], strength: f32) {
        for pair in points.windows(2) {
            let [(x0, y0, r0), (x1, y1, r1)] = [pair[0], pair[1]];
            let pieces = ((x1 - x0).hypot(y1 - y0) / (r0.min(r1) * 0.7).max(0.4)).ceil().clamp(1.0, 4096.0);
            for k in 0..=pieces as usize {
                let t = k as f32 / pieces;
                self.disc(x0 + (x1 - x0) * t, y0 + (y1 - y0) * t, r0 + (r1 - r0) * t, strength);
            }
        }
    }

    /// Lets a colour show through where the plane says so, as ink or dirt on paper does: channels are multiplied.
    pub(super) fn stain(&self, pixels: &mut Pixels, color: [f32; 3]) {
        rows(
            pixels,
            #[inline(always)]
            |y, row| {
                for (p, a) in row.iter_mut().zip(&self.v[y * self.width..]).filter(|(_, a)| **a > 0.0) {
                    (0..3).for_each(|c| p[c] = byte(f32::from(p[c]) * (1.0 - a + a * color[c] / 255.0)));
                }
            },
        );
    }
}

/// A field that changes slowly: computed at every 8th pixel, interpolated between.
pub(super) struct Slow {
    columns: usize,
    v: Vec<f32>,
}

const STEP: usize = 8;

impl Slow {
    pub(super) fn new(width: u32, height: u32, value: impl Fn(f32, f32) -> f32) -> Slow {
        let columns = (width as usize).div_ceil(STEP) + 1;
        let rows = (height as usize).div_ceil(STEP) + 1;
        let at = |i: usize| (i * STEP) as f32;
        Slow { columns, v: (0..rows * columns).map(|k| value(at(k % columns), at(k / columns))).collect() }
    }

    /// The field along row `y`, a number for each pixel.
    #[inline(always)]
    pub(super) fn row(&self, y: usize, out: &mut [f32]) {
        let above = &self.v[y / STEP * self.columns..][..self.columns];
        let below = &self.v[(y / STEP + 1) * self.columns..][..self.columns];
        let t = (y % STEP) as f32 / STEP as f32;
        for (i, cell) in out.chunks_mut(STEP).enumerate() {
            let node = |i: usize| above[i] + (below[i] - above[i]) * t;
            let (left, right) = (node(i), node(i + 1));
            for (k, value) in cell.iter_mut().enumerate() {
                *value = left + (right - left) * (k as f32 / STEP as f32);
            }
        }
    }

    /// Multiplies every pixel by the field.
    pub(super) fn shade(&self, pixels: &mut Pixels) {
        let (mut light, mut factors) = (vec![0.0; pixels.width as usize], factors(pixels));
        rows(
            pixels,
            #[inline(always)]
            |y, row| {
                self.row(y, &mut light);
                for (f, light) in factors.iter_mut().zip(&light) {
                    *f = [*light, *light, *light, 1.0];
                }
                multiply(row, &factors);
            },
        );
    }
}

/// Room for a factor of each channel of each pixel of a row. The fourth is the alpha, and 1.
pub(super) fn factors(pixels: &Pixels) -> Vec<[f32; 4]> {
    vec![[1.0; 4]; pixels.width as usize]
}

/// Multiplies each channel of each pixel of a row.
#[inline(always)]
pub(super) fn multiply(row: &mut [[u8; 4]], factors: &[[f32; 4]]) {
    for (p, factor) in row.as_flattened_mut().iter_mut().zip(factors.as_flattened()) {
        *p = byte(f32::from(*p) * factor);
    }
}

/// Visits every pixel, row by row.
#[inline(always)]
pub(super) fn each(pixels: &mut Pixels, mut change: impl FnMut(usize, usize, &mut [u8; 4])) {
    rows(
        pixels,
        #[inline(always)]
        |y, row| {
            for (x, p) in row.iter_mut().enumerate() {
                change(x, y, p);
            }
        },
    );
}

/// Visits every row.
#[inline(always)]
pub(super) fn rows(pixels: &mut Pixels, mut change: impl FnMut(usize, &mut [[u8; 4]])) {
    let stride = pixels.width as usize * 4;
    wide(
        #[inline(always)]
        || {
            // A `for_each` would be compiled on its own, for narrow registers.
            for (y, row) in pixels.rgba.chunks_exact_mut(stride).enumerate() {
                change(y, row.as_chunks_mut().0);
            }
        },
    );
}

/// Runs loops with the widest registers this machine has. Nothing is rounded another way by that: every machine gives the
/// same bytes.
#[inline(always)]
pub(super) fn wide<R>(loops: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(loops)
}

/// The nearest byte.
#[inline(always)]
pub(super) fn byte(v: f32) -> u8 {
    nearest(v.clamp(0.0, 255.0)) as u8
}

/// The nearest whole number to a number between -4 and 4 million; its lowest 22 bits, two's complement, are right.
///
/// So large a number is added that no bits are left for fractions. `as` would look at each number by itself.
#[inline(always)]
pub(super) fn nearest(v: f32) -> u32 {
    (v + 12_582_912.0).to_bits()
}

/// Shares of the channels in the brightness (Rec. 601).
pub(super) const LUMA: [f32; 3] = [0.299, 0.587, 0.114];

/// Brightness as seen (Rec. 601), 0 to 255.
#[inline(always)]
pub(super) fn luma(p: &[u8]) -> f32 {
    LUMA[0] * f32::from(p[0]) + LUMA[1] * f32::from(p[1]) + LUMA[2] * f32::from(p[2])
}

/// The colour of the ground: the middle one, channel by channel, of the pixels along the edges.
pub(super) fn ground(pixels: &Pixels) -> [u8; 3] {
    let (width, height) = (pixels.width as usize, pixels.height as usize);
    let mut counts = [[0usize; 256]; 3];
    let mut total = 0;
    let mut count = |x: usize, y: usize| {
        let p = &pixels.rgba[(y * width + x) * 4..];
        (0..3).for_each(|c| counts[c][usize::from(p[c])] += 1);
        total += 1;
    };
    (0..width).for_each(|x| [0, height - 1].into_iter().for_each(|y| count(x, y)));
    (0..height).for_each(|y| [0, width - 1].into_iter().for_each(|x| count(x, y)));
    counts.map(|channel| {
        let mut seen = 0;
        let middle = channel.iter().position(|n| {
            seen += n;
            seen * 2 >= total
        });
        middle.unwrap_or(255) as u8
    })
}
