//! Pixels that move: each new pixel is looked up where it came from.

use kurbo::Point;

use crate::scene::Pixels;

/// New pixels between two points whose origin is computed; between them it is interpolated. The fields that move pixels
/// are smooth over tens of pixels, so this is exact to a few hundredths of a pixel.
const CELL: usize = 8;

/// Puts `source` over `ground`: the pixel with its middle at q comes from `back(q)`, between pixels from the four around
/// it. Where there is no source, the ground stays.
pub(super) fn onto(ground: &mut Pixels, source: &Pixels, back: &dyn Fn(Point) -> Point) {
    let (width, height) = (ground.width as usize, ground.height as usize);
    let lattice = Origins::new(width, height, back);
    let mut row = vec![(0f32, 0f32); width];
    for (y, out) in ground.rgba.chunks_exact_mut(width * 4).enumerate() {
        lattice.row(y, &mut row);
        for ((x, y), out) in row.iter().zip(out.chunks_exact_mut(4)) {
            if !inner(source, *x, *y, out)
                && let Some(taps) = Taps::new(*x, *y, source.width, source.height)
            {
                taps.color(source, out);
            }
        }
    }
}

/// Most places have all four pixels around them within the source: a shorter way to the same value. Says whether this
/// was one.
#[inline]
fn inner(source: &Pixels, x: f32, y: f32, out: &mut [u8]) -> bool {
    if !(x >= 0.0 && y >= 0.0 && x < source.width as f32 - 1.0 && y < source.height as f32 - 1.0) {
        return false;
    }
    // Not below 0, so cutting off is rounding down.
    let (i, j) = (x as u32, y as u32);
    let (fx, fy) = (((x - i as f32) * 256.0 + 0.5) as u32, ((y - j as f32) * 256.0 + 0.5) as u32);
    let stride = source.width as usize * 4;
    let first = j as usize * stride + i as usize * 4;
    let (above, below) = (&source.rgba[first..first + 8], &source.rgba[first + stride..first + stride + 8]);
    for c in 0..3 {
        let top = u32::from(above[c]) * (256 - fx) + u32::from(above[c + 4]) * fx;
        let low = u32::from(below[c]) * (256 - fx) + u32::from(below[c + 4]) * fx;
        out[c] = ((top * (256 - fy) + low * fy + 32_768) >> 16) as u8;
    }
    true
}

/// The same for one byte a pixel, over zeros.
pub(super) fn mask(mask: &[u8], from: (u32, u32), to: (u32, u32), back: &dyn Fn(Point) -> Point) -> Vec<u8> {
    let (width, height) = (to.0 as usize, to.1 as usize);
    let lattice = Origins::new(width, height, back);
    let mut row = vec![(0f32, 0f32); width];
    let mut moved = vec![0; width * height];
    for (y, out) in moved.chunks_exact_mut(width).enumerate() {
        lattice.row(y, &mut row);
        for ((x, y), out) in row.iter().zip(out) {
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
    fn row(&self, y: usize, out: &mut [(f32, f32)]) {
        let above = &self.nodes[y / CELL * self.columns..];
        let below = &self.nodes[(y / CELL + 1) * self.columns..];
        let t = (y % CELL) as f64 / CELL as f64;
        for (i, cell) in out.chunks_mut(CELL).enumerate() {
            let (left, right) = (above[i].lerp(below[i], t), above[i + 1].lerp(below[i + 1], t));
            let (dx, dy) = ((right.x - left.x) / CELL as f64, (right.y - left.y) / CELL as f64);
            for (k, place) in cell.iter_mut().enumerate() {
                *place = ((left.x + dx * k as f64 - 0.5) as f32, (left.y + dy * k as f64 - 0.5) as f32);
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

    #[inline]
    fn color(&self, source: &Pixels, out: &mut [u8]) {
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
