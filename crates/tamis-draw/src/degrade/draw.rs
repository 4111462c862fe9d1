//! Random numbers: what the caller's stream is asked for, and noise as a function of place.

/// The caller's stream of random bits, and the draws made of it.
pub(super) struct Draw<'a> {
    bits: &'a mut dyn FnMut() -> u64,
}

impl<'a> Draw<'a> {
    pub(super) fn new(bits: &'a mut dyn FnMut() -> u64) -> Draw<'a> {
        Draw { bits }
    }

    /// Uniform in `[0, 1)`.
    pub(super) fn unit(&mut self) -> f64 {
        ((self.bits)() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in `[low, high)`.
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Uniform in `0..n`; `n` is small, so the bias of a product is far below what a run could show.
    pub(super) fn below(&mut self, n: usize) -> usize {
        ((self.unit() * n as f64) as usize).min(n.saturating_sub(1))
    }

    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// -1 or 1.
    pub(super) fn sign(&mut self) -> f64 {
        if self.chance(0.5) { 1.0 } else { -1.0 }
    }

    /// A field of noise of its own.
    pub(super) fn noise(&mut self) -> Noise {
        Noise((self.bits)())
    }
}

/// Noise as a function of place, keyed by bits of the caller's stream: millions of pixels cost one draw, and a pixel's
/// noise does not depend on the order in which pixels are visited.
#[derive(Clone, Copy)]
pub(super) struct Noise(u64);

impl Noise {
    /// 64 bits of the cell (x, y): the finaliser of SplitMix64 over key and place.
    #[inline]
    pub(super) fn bits(self, x: i32, y: i32) -> u64 {
        let place = u64::from(x as u32) | (u64::from(y as u32) << 32);
        let mut z = (self.0 ^ place.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in `[0, 1)`.
    #[inline]
    pub(super) fn unit(self, x: i32, y: i32) -> f32 {
        (self.bits(x, y) >> 40) as f32 / (1u32 << 24) as f32
    }

    /// The noise of row `y`, for grain that every pixel has: a quarter of the work, and many pixels at a time.
    #[inline]
    pub(super) fn row(self, y: usize) -> Grain {
        let bits = self.bits(-1, y as i32);
        Grain([bits as u32, (bits >> 32) as u32])
    }

    /// Smooth noise in `[-1, 1]` with features of size 1 (value noise).
    #[inline]
    pub(super) fn smooth(self, x: f32, y: f32) -> f32 {
        let (fx, fy) = (x.floor(), y.floor());
        let (i, j) = (fx as i32, fy as i32);
        let ease = |t: f32| t * t * (3.0 - 2.0 * t);
        let (u, v) = (ease(x - fx), ease(y - fy));
        let top = mix(self.unit(i, j), self.unit(i.wrapping_add(1), j), u);
        let low = mix(self.unit(i, j.wrapping_add(1)), self.unit(i.wrapping_add(1), j.wrapping_add(1)), u);
        mix(top, low, v) * 2.0 - 1.0
    }

    /// Smooth noise with finer and finer detail: `octaves` layers, each of half the size and half the strength.
    pub(super) fn fractal(self, x: f32, y: f32, octaves: u32) -> f32 {
        let (mut sum, mut total, mut weight, mut scale) = (0.0, 0.0, 1.0, 1.0);
        for octave in 0..octaves {
            let shift = 17.3 * octave as f32;
            sum += weight * self.smooth(x * scale + shift, y * scale - shift);
            total += weight;
            (weight, scale) = (weight * 0.5, scale * 2.0);
        }
        sum / total
    }
}

/// Noise along a row.
#[derive(Clone, Copy)]
pub(super) struct Grain([u32; 2]);

impl Grain {
    /// 32 bits of a place: two rounds of multiplying and shifting ("lowbias32"), each with half of the row's key.
    #[inline(always)]
    fn bits(self, x: u32) -> u32 {
        let z = x.wrapping_mul(0x9e37_79b9) ^ self.0[0];
        let z = (z ^ (z >> 16)).wrapping_mul(0x7feb_352d) ^ self.0[1];
        let z = (z ^ (z >> 15)).wrapping_mul(0x846c_a68b);
        z ^ (z >> 16)
    }

    /// Nearly normal, mean 0, deviation 1: the sum of four uniform bytes, so never beyond 3.46.
    #[inline(always)]
    pub(super) fn normal(self, x: usize) -> f32 {
        let b = self.bits(x as u32);
        let sum = (b & 0xff) + ((b >> 8) & 0xff) + ((b >> 16) & 0xff) + (b >> 24);
        (sum as i32 - 510) as f32 * (1.0 / 147.801)
    }
}

/// Smooth noise for places that are visited side by side: the corners of a cell are drawn once for all places in it.
pub(super) struct Smooth {
    noise: Noise,
    cell: (i32, i32),
    corners: [f32; 4],
}

impl Smooth {
    pub(super) fn new(noise: Noise) -> Smooth {
        let mut smooth = Smooth { noise, cell: (0, 0), corners: [0.0; 4] };
        smooth.look(0, 0);
        smooth
    }

    #[cold]
    fn look(&mut self, i: i32, j: i32) {
        let (right, low) = (i.wrapping_add(1), j.wrapping_add(1));
        self.cell = (i, j);
        self.corners = [(i, j), (right, j), (i, low), (right, low)].map(|(i, j)| self.noise.unit(i, j));
    }

    /// As [`Noise::smooth`].
    #[inline(always)]
    pub(super) fn at(&mut self, x: f32, y: f32) -> f32 {
        let (fx, fy) = (x.floor(), y.floor());
        let cell = (fx as i32, fy as i32);
        if cell != self.cell {
            self.look(cell.0, cell.1);
        }
        let ease = |t: f32| t * t * (3.0 - 2.0 * t);
        let (u, v) = (ease(x - fx), ease(y - fy));
        let [a, b, c, d] = self.corners;
        mix(mix(a, b, u), mix(c, d, u), v) * 2.0 - 1.0
    }
}

/// Smooth noise in layers for places that are visited side by side.
pub(super) struct Fractal<const OCTAVES: usize>([Smooth; OCTAVES]);

impl<const OCTAVES: usize> Fractal<OCTAVES> {
    pub(super) fn new(noise: Noise) -> Fractal<OCTAVES> {
        Fractal(std::array::from_fn(|_| Smooth::new(noise)))
    }

    /// As [`Noise::fractal`].
    #[inline(always)]
    pub(super) fn at(&mut self, x: f32, y: f32) -> f32 {
        let (mut sum, mut total, mut weight, mut scale) = (0.0, 0.0, 1.0, 1.0);
        for (octave, layer) in self.0.iter_mut().enumerate() {
            let shift = 17.3 * octave as f32;
            sum += weight * layer.at(x * scale + shift, y * scale - shift);
            total += weight;
            (weight, scale) = (weight * 0.5, scale * 2.0);
        }
        sum / total
    }
}

/// The value between `a` (0) and `b` (1).
#[inline]
pub(super) fn mix(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

/// 0 up to `low`, 1 from `high` on, smooth between; `low` may be above `high`, which turns it round.
#[inline]
pub(super) fn smoothstep(low: f32, high: f32, x: f32) -> f32 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_for_places_side_by_side_is_the_same_noise() {
        let noise = Noise(7);
        let (mut smooth, mut layers) = (Smooth::new(noise), Fractal::<3>::new(noise));
        for i in 0..2000 {
            let (x, y) = (i as f32 * 0.37 - 200.0, (i / 40) as f32 * 0.61 - 9.0);
            assert_eq!(smooth.at(x, y), noise.smooth(x, y));
            assert_eq!(layers.at(x, y), noise.fractal(x, y, 3));
        }
    }

    #[test]
    fn grain_has_the_mean_and_deviation_it_says() {
        let noise = Noise(3);
        let all: Vec<f32> = (0..200).flat_map(|y| (0..200).map(move |x| noise.row(y).normal(x))).collect();
        let mean = all.iter().sum::<f32>() / all.len() as f32;
        let square = all.iter().map(|v| v * v).sum::<f32>() / all.len() as f32;
        assert!(mean.abs() < 0.02 && (square - 1.0).abs() < 0.03, "{mean} {square}");
        // Neighbours, along a row and across rows, know nothing of each other.
        for step in [1, 200] {
            let along = all.iter().zip(&all[step..]).map(|(a, b)| a * b).sum::<f32>() / all.len() as f32;
            assert!(along.abs() < 0.02, "{step}: {along}");
        }
    }
}
