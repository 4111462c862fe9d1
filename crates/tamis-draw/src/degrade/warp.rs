//! Pixels that move: each new pixel is looked up where it came from.

use kurbo::Point;

use crate::degrade::plane::{nearest, rows};
use crate::scene::Pixels;

/// New pixels between two points whose origin is computed; between them it is interpolated. The fields that move pixels
/// are smooth over tens of pixels, so this is exact to a few hundredths of a pixel.
const CELL: usize = 8;

/// Places farther than this, in pixels, are worked on one at a time.
const FARTHEST: f32 = 16_000.0;

/// Puts `source` over `ground`: the pixel with its middle at q comes from `back(q)`, between pixels from the four around
/// it. Where there is no source, the ground stays.
pub(super) fn onto(ground: &mut Pixels, source: &Pixels, back: &dyn Fn(Point) -> Point) {
    let (width, height) = (ground.width as usize, ground.height as usize);
    let lattice = Origins::new(width, height, back);
    let (mut xs, mut ys) = (vec![0f32; width], vec![0f32; width]);
    rows(
        ground,
        #[inline(always)]
        |y, out| {
            lattice.row(y, &mut xs, &mut ys);
            for ((xs, ys), out) in xs.chunks(CELL).zip(ys.chunks(CELL)).zip(out.chunks_mut(CELL)) {
                let cell = xs.first_chunk().zip(ys.first_chunk()).zip(out.first_chunk_mut());
                match cell {
                    Some(((xs, ys), out)) if within(source, xs, ys) => inner(source, xs, ys, out),
                    _ => at_the_edge(source, xs, ys, out),
                }
            }
        },
    );
}

fn at_the_edge(source: &Pixels, xs: &[f32], ys: &[f32], out: &mut [[u8; 4]]) {
    for ((x, y), out) in xs.iter().zip(ys).zip(out) {
        if let Some(taps) = Taps::new(*x, *y, source.width, source.height) {
            taps.color(source, out);
        }
    }
}

/// Whether all four pixels around each place of a cell are within the source. Places in a cell stand on a line, so its
/// ends decide.
#[inline(always)]
fn within(source: &Pixels, xs: &[f32; CELL], ys: &[f32; CELL]) -> bool {
    // Short of the last pixels by what rounding to parts of 256 adds.
    let end = |side: u32| (side as f32 - 1.01).min(FARTHEST);
    let (right, low) = (end(source.width), end(source.height));
    [0, CELL - 1].into_iter().all(|k| xs[k] >= 0.0 && ys[k] >= 0.0 && xs[k] < right && ys[k] < low)
}

/// Most places have all four pixels around them within the source: a shorter way to the same value, for a cell at once.
#[inline(always)]
fn inner(source: &Pixels, xs: &[f32; CELL], ys: &[f32; CELL], out: &mut [[u8; 4]; CELL]) {
    let stride = source.width * 4;
    let (mut at, mut fx, mut fy) = ([0u32; CELL], [0u32; CELL], [0u32; CELL]);
    for k in 0..CELL {
        // In parts of 256: a place is below `FARTHEST`.
        let (x, y) = (nearest(xs[k] * 256.0) & 0x3f_ffff, nearest(ys[k] * 256.0) & 0x3f_ffff);
        (fx[k], fy[k]) = (x & 255, y & 255);
        at[k] = (y >> 8).wrapping_mul(stride).wrapping_add((x >> 8) * 4);
    }
    let mut near = [[0u32; CELL]; 4];
    for k in 0..CELL {
        let pair = |at: u32| source.rgba.get(at as usize..).and_then(|from| from.first_chunk::<8>());
        let (Some(above), Some(below)) = (pair(at[k]), pair(at[k].wrapping_add(stride))) else { return };
        let (above, below) = (u64::from_le_bytes(*above), u64::from_le_bytes(*below));
        (near[0][k], near[1][k]) = (above as u32, (above >> 32) as u32);
        (near[2][k], near[3][k]) = (below as u32, (below >> 32) as u32);
    }
    for k in 0..CELL {
        // Two channels at a time, 16 bits for each.
        let across = |left: u32, right: u32| (left & 0xff_00ff) * (256 - fx[k]) + (right & 0xff_00ff) * fx[k];
        let (even, even_low) = (across(near[0][k], near[1][k]), across(near[2][k], near[3][k]));
        let (odd, odd_low) = (across(near[0][k] >> 8, near[1][k] >> 8), across(near[2][k] >> 8, near[3][k] >> 8));
        let down = |top: u32, low: u32| (top * (256 - fy[k]) + low * fy[k] + 32_768) >> 16;
        let (first, third) = (down(even & 0xffff, even_low & 0xffff), down(even >> 16, even_low >> 16));
        let (second, fourth) = (down(odd & 0xffff, odd_low & 0xffff), down(odd >> 16, odd_low >> 16));
        out[k] = (first | second << 8 | third << 16 | fourth << 24).to_le_bytes();
    }
}

/// The same for one byte a pixel, over zeros.
pub(super) fn mask(mask: &[u8], from: (u32, u32), to: (u32, u32), back: &dyn Fn(Point) -> Point) -> Vec<u8> {
    let (width, height) = (to.0 as usize, to.1 as usize);
    let lattice = Origins::new(width, height, back);
    let (mut xs, mut ys) = (vec![0f32; width], vec![0f32; width]);
    let mut moved = vec![0; width * height];
    for (y, out) in moved.chunks_exact_mut(width).enumerate() {
        lattice.row(y, &mut xs, &mut ys);
        for ((x, y), out) in xs.iter().zip(&ys).zip(out) {
            if let Some(taps) = Taps::new(*x, *y, from.0, from.1) {
                *out = taps.grey(mask);
            }
        }
    }
    moved
}

/// Where the middles of new pixels come from, at the nodes of a lattice.
struct Origins {
    columns: usize,
    nodes: Vec<Point>,
}

impl Origins {
    fn new(width: usize, height: usize, back: &dyn Fn(Point) -> Point) -> Origins {
        let (columns, rows) = (width.div_ceil(CELL) + 1, height.div_ceil(CELL) + 1);
        let middle = |i: usize| (i * CELL) as f64 + 0.5;
        let nodes = (0..rows * columns).map(|k| back(Point::new(middle(k % columns), middle(k / columns)))).collect();
        Origins { columns, nodes }
    }

    /// Coordinates of source pixels (their middles at whole numbers) for the new pixels of row `y`.
    #[inline(always)]
    fn row(&self, y: usize, xs: &mut [f32], ys: &mut [f32]) {
        let above = &self.nodes[y / CELL * self.columns..];
        let below = &self.nodes[(y / CELL + 1) * self.columns..];
        let t = (y % CELL) as f64 / CELL as f64;
        for (i, (xs, ys)) in xs.chunks_mut(CELL).zip(ys.chunks_mut(CELL)).enumerate() {
            let (left, right) = (above[i].lerp(below[i], t), above[i + 1].lerp(below[i + 1], t));
            let (dx, dy) = ((right.x - left.x) / CELL as f64, (right.y - left.y) / CELL as f64);
            for (k, (x, y)) in xs.iter_mut().zip(ys).enumerate() {
                (*x, *y) = ((left.x + dx * k as f64 - 0.5) as f32, (left.y + dy * k as f64 - 0.5) as f32);
            }
        }
    }
}

/// The four source pixels around a place and their weights, which sum up to 65,536 with that of the ground.
struct Taps {
    at: [usize; 4],
    weights: [u32; 4],
    ground: u32,
}

impl Taps {
    #[inline]
    fn new(x: f32, y: f32, width: u32, height: u32) -> Option<Taps> {
        if !(x > -1.0 && y > -1.0 && x < width as f32 && y < height as f32) {
            return None;
        }
        let (left, top) = (x.floor(), y.floor());
        let (fx, fy) = (((x - left) * 256.0 + 0.5) as u32, ((y - top) * 256.0 + 0.5) as u32);
        let (i, j) = (left as i64, top as i64);
        let all = [(256 - fx) * (256 - fy), fx * (256 - fy), (256 - fx) * fy, fx * fy];
        let (w, h) = (i64::from(width), i64::from(height));
        let mut taps = Taps { at: [0; 4], weights: [0; 4], ground: 65_536 };
        for (k, weight) in all.into_iter().enumerate() {
            let (i, j) = (i + (k & 1) as i64, j + (k >> 1) as i64);
            if i >= 0 && j >= 0 && i < w && j < h {
                taps.at[k] = (j * w + i) as usize;
                taps.weights[k] = weight;
                taps.ground -= weight;
            }
        }
        Some(taps)
    }

    fn color(&self, source: &Pixels, out: &mut [u8; 4]) {
        let pixel = |k: usize| &source.rgba[self.at[k] * 4..self.at[k] * 4 + 3];
        let (a, b, c, d) = (pixel(0), pixel(1), pixel(2), pixel(3));
        for channel in 0..3 {
            let sum = u32::from(a[channel]) * self.weights[0]
                + u32::from(b[channel]) * self.weights[1]
                + u32::from(c[channel]) * self.weights[2]
                + u32::from(d[channel]) * self.weights[3]
                + u32::from(out[channel]) * self.ground;
            out[channel] = ((sum + 32_768) >> 16) as u8;
        }
    }

    #[inline]
    fn grey(&self, source: &[u8]) -> u8 {
        let sum: u32 = (0..4).map(|k| u32::from(source[self.at[k]]) * self.weights[k]).sum();
        ((sum + 32_768) >> 16) as u8
    }
}
