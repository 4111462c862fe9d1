//! Variants of an element's pixels, for classes with few instances (DocLayout-YOLO, section 3.1).

use tamis_core::rng::Rng;
use tamis_draw::scene::Pixels;

/// One variant: flips (each with probability 0.5), brightness and contrast (0.5), a crop of 0.5 to 0.9 of the area
/// resized back (0.7), Sobel edges (0.2), a slight elastic warp (0.2), and Gaussian noise always.
pub(super) fn variant(pixels: &Pixels, rng: &mut Rng) -> Pixels {
    let mut out = pixels.clone();
    if rng.unit() < 0.5 {
        out = flipped(&out, true);
    }
    if rng.unit() < 0.5 {
        out = flipped(&out, false);
    }
    if rng.unit() < 0.5 {
        brighten(&mut out, rng);
    }
    if rng.unit() < 0.7 {
        out = cropped(&out, rng);
    }
    if rng.unit() < 0.2 {
        out = sobel(&out);
    }
    if rng.unit() < 0.2 {
        out = elastic(&out, rng);
    }
    noise(&mut out, rng);
    out
}

fn flipped(p: &Pixels, sideways: bool) -> Pixels {
    remap(p, |x, y| {
        let (w, h) = (f64::from(p.width) - 1.0, f64::from(p.height) - 1.0);
        if sideways { (w - x, y) } else { (x, h - y) }
    })
}

fn brighten(p: &mut Pixels, rng: &mut Rng) {
    let (contrast, shift) = (1.0 + rng.range(-0.2, 0.2), rng.range(-0.2, 0.2) * 255.0);
    each_color(p, |c| (c - 127.5) * contrast + 127.5 + shift);
}

fn cropped(p: &Pixels, rng: &mut Rng) -> Pixels {
    let side = rng.range(0.5, 0.9).sqrt();
    let (left, top) = (rng.unit() * (1.0 - side), rng.unit() * (1.0 - side));
    let (w, h) = (f64::from(p.width), f64::from(p.height));
    remap(p, |x, y| (left * w + x * side, top * h + y * side))
}

fn sobel(p: &Pixels) -> Pixels {
    let grey = |x: i64, y: i64| {
        let (x, y) = (x.clamp(0, i64::from(p.width) - 1) as usize, y.clamp(0, i64::from(p.height) - 1) as usize);
        let i = (y * p.width as usize + x) * 4;
        0.299 * f64::from(p.rgba[i]) + 0.587 * f64::from(p.rgba[i + 1]) + 0.114 * f64::from(p.rgba[i + 2])
    };
    let mut out = p.clone();
    for y in 0..i64::from(p.height) {
        for x in 0..i64::from(p.width) {
            let row = |dy: i64| grey(x - 1, y + dy) + 2.0 * grey(x, y + dy) + grey(x + 1, y + dy);
            let column = |dx: i64| grey(x + dx, y - 1) + 2.0 * grey(x + dx, y) + grey(x + dx, y + 1);
            let magnitude = (row(1) - row(-1)).hypot(column(1) - column(-1)).min(255.0) as u8;
            let i = (y as usize * p.width as usize + x as usize) * 4;
            out.rgba[i..i + 3].fill(magnitude);
        }
    }
    out
}

/// Random shifts on a coarse grid, between which pixels move smoothly, and an affine part whose corners move by up to
/// 5 pixels.
fn elastic(p: &Pixels, rng: &mut Rng) -> Pixels {
    const CELLS: usize = 6;
    let shifts: Vec<(f64, f64)> =
        (0..(CELLS + 1) * (CELLS + 1)).map(|_| (rng.range(-2.0, 2.0), rng.range(-2.0, 2.0))).collect();
    let affine: Vec<f64> = (0..6).map(|_| rng.range(-5.0, 5.0)).collect();
    let (w, h) = (f64::from(p.width).max(2.0), f64::from(p.height).max(2.0));
    remap(p, |x, y| {
        let (u, v) = (x / w, y / h);
        let (gx, gy) = (u * CELLS as f64, v * CELLS as f64);
        let (cx, cy) = ((gx as usize).min(CELLS - 1), (gy as usize).min(CELLS - 1));
        let (fx, fy) = (gx - cx as f64, gy - cy as f64);
        let at = |i: usize, j: usize| shifts[(cy + j) * (CELLS + 1) + cx + i];
        let mix = |pick: fn((f64, f64)) -> f64| {
            let top = pick(at(0, 0)) * (1.0 - fx) + pick(at(1, 0)) * fx;
            let bottom = pick(at(0, 1)) * (1.0 - fx) + pick(at(1, 1)) * fx;
            top * (1.0 - fy) + bottom * fy
        };
        let dx = mix(|s| s.0) + affine[0] * u + affine[1] * v + affine[2] * 0.2;
        let dy = mix(|s| s.1) + affine[3] * u + affine[4] * v + affine[5] * 0.2;
        (x + dx, y + dy)
    })
}

/// Gaussian noise of a variance of 100 to 1200 on 8 bits, for each colour on its own.
fn noise(p: &mut Pixels, rng: &mut Rng) {
    let deviation = rng.range(100.0, 1200.0).sqrt();
    each_color(p, |c| {
        // Box and Muller: exact enough, and the same on every machine to the last rounding of 8 bits.
        let (u, v) = (1.0 - rng.unit(), rng.unit());
        c + deviation * (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    });
}

fn each_color(p: &mut Pixels, mut change: impl FnMut(f64) -> f64) {
    for pixel in p.rgba.chunks_exact_mut(4) {
        for c in &mut pixel[..3] {
            *c = change(f64::from(*c)).round().clamp(0.0, 255.0) as u8;
        }
    }
}

/// The picture whose pixel at (x, y) comes from `source(x, y)`, between pixels by both neighbours, edges continued.
fn remap(p: &Pixels, source: impl Fn(f64, f64) -> (f64, f64)) -> Pixels {
    let (w, h) = (p.width as usize, p.height as usize);
    let mut out = p.clone();
    for y in 0..h {
        for x in 0..w {
            let (sx, sy) = source(x as f64, y as f64);
            let (sx, sy) = (sx.clamp(0.0, w as f64 - 1.0), sy.clamp(0.0, h as f64 - 1.0));
            let (x0, y0) = (sx as usize, sy as usize);
            let (x1, y1) = ((x0 + 1).min(w - 1), (y0 + 1).min(h - 1));
            let (fx, fy) = (sx - x0 as f64, sy - y0 as f64);
            for c in 0..4 {
                let at = |x: usize, y: usize| f64::from(p.rgba[(y * w + x) * 4 + c]);
                let top = at(x0, y0) * (1.0 - fx) + at(x1, y0) * fx;
                let bottom = at(x0, y1) * (1.0 - fx) + at(x1, y1) * fx;
                out.rgba[(y * w + x) * 4 + c] = (top * (1.0 - fy) + bottom * fy).round() as u8;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use tamis_core::id::RecordId;
    use tamis_draw::Color;

    use super::*;

    fn ramp() -> Pixels {
        let mut p = Pixels::filled(40, 30, Color::WHITE);
        for (i, pixel) in p.rgba.chunks_exact_mut(4).enumerate() {
            pixel[0] = (i % 40 * 6) as u8;
            pixel[1] = (i / 40 * 8) as u8;
        }
        p
    }

    #[test]
    fn flips_move_corners_and_undo_themselves() {
        let p = ramp();
        let once = flipped(&p, true);
        assert_eq!(once.rgba[0], p.rgba[39 * 4]);
        assert_eq!(flipped(&once, true), p);
    }

    #[test]
    fn a_crop_keeps_the_size_and_shows_a_part() {
        let mut rng = Rng::keyed(1, RecordId::input("crop"), "x", &[]);
        let crop = cropped(&ramp(), &mut rng);
        assert_eq!((crop.width, crop.height), (40, 30));
        let span = |p: &Pixels| p.rgba[39 * 4] - p.rgba[0];
        assert!(span(&crop) < span(&ramp()));
    }

    #[test]
    fn a_flat_picture_has_no_edges_and_noise_of_the_variance_asked_for() {
        let flat = Pixels::filled(64, 64, Color::rgb(0x808080));
        assert!(sobel(&flat).rgba.chunks_exact(4).all(|p| p[0] == 0));
        let mut noisy = flat.clone();
        noise(&mut noisy, &mut Rng::keyed(1, RecordId::input("noise"), "x", &[]));
        let values = noisy.rgba.chunks_exact(4).map(|p| f64::from(p[0]) - 128.0);
        let variance = values.map(|v| v * v).sum::<f64>() / (64.0 * 64.0);
        assert!((90.0..1300.0).contains(&variance), "{variance}");
    }

    #[test]
    fn a_variant_is_a_function_of_its_stream() {
        let draw = || variant(&ramp(), &mut Rng::keyed(1, RecordId::input("v"), "x", &[]));
        assert_eq!(draw(), draw());
        assert_eq!(draw().rgba.len(), ramp().rgba.len());
    }
}
