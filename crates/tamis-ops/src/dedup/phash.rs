//! The perceptual hash of a picture: 64 bits that survive scaling, recompression and small changes of colour.

use std::f64::consts::PI;
use std::sync::LazyLock;

use image::DynamicImage;

/// The side of the small grey picture that is hashed.
const SIDE: usize = 32;
/// The lowest frequencies in each direction that make the hash.
const LOW: usize = 8;

/// The pHash of a picture: grey, 32 x 32, discrete cosine transform, one bit for each of the 8 x 8 lowest frequencies:
/// whether it is above their median.
///
/// Written here in whole numbers and not taken from a library, because hashes decide which records stay: the same picture
/// has to have the same bits on every machine and after every upgrade.
pub fn phash(picture: &DynamicImage) -> u64 {
    let frequencies = low_frequencies(&small_grey(picture));
    let mut sorted = frequencies;
    sorted.sort_unstable();
    let twice_median = sorted[LOW * LOW / 2 - 1] + sorted[LOW * LOW / 2];
    frequencies.iter().enumerate().fold(0, |bits, (i, f)| bits | u64::from(2 * f > twice_median) << i)
}

/// The mean brightness of each cell of a 32 x 32 grid over the picture, times 256.
fn small_grey(picture: &DynamicImage) -> [[i64; SIDE]; SIDE] {
    let picture = picture.to_rgb8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut sums = [[0u64; SIDE]; SIDE];
    for (y, row) in picture.as_raw().chunks_exact((3 * width).max(3)).enumerate() {
        let grey = |x: usize| {
            let [r, g, b] = [0, 1, 2].map(|channel| u64::from(row[3 * x + channel]));
            (299 * r + 587 * g + 114 * b) / 1000
        };
        let mut cells = [0u64; SIDE];
        (0..width).for_each(|x| overlaps(x, width, |cell, share| cells[cell] += share * grey(x)));
        overlaps(y, height, |cell, share| {
            sums[cell].iter_mut().zip(cells).for_each(|(sum, cell)| *sum += share * cell);
        });
    }
    let area = (width * height).max(1) as u64;
    sums.map(|row| row.map(|sum| ((sum << 8) / area) as i64))
}

/// The cells that pixel `at` of `length` lies in, with the share of it that does (of `SIDE` shares).
fn overlaps(at: usize, length: usize, mut visit: impl FnMut(usize, u64)) {
    let (start, end) = (at * SIDE, (at + 1) * SIDE);
    for cell in start / length..=(end - 1) / length {
        let share = end.min((cell + 1) * length) - start.max(cell * length);
        visit(cell, share as u64);
    }
}

/// Cosines times 2^14, so that what follows is exact.
static COSINES: LazyLock<[[i64; SIDE]; LOW]> = LazyLock::new(|| {
    let cosine = |k: usize, n: usize| (PI * (2 * n + 1) as f64 * k as f64 / (2 * SIDE) as f64).cos();
    std::array::from_fn(|k| std::array::from_fn(|n| (cosine(k, n) * f64::from(1 << 14)).round() as i64))
});

fn low_frequencies(grey: &[[i64; SIDE]; SIDE]) -> [i64; LOW * LOW] {
    let along = |values: &dyn Fn(usize) -> i64, k: usize| (0..SIDE).map(|n| COSINES[k][n] * values(n)).sum::<i64>();
    let rows: [[i64; SIDE]; LOW] = std::array::from_fn(|k| std::array::from_fn(|y| along(&|x| grey[y][x], k)));
    std::array::from_fn(|i| along(&|y| rows[i % LOW][y], i / LOW))
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, Rgb, RgbImage, imageops::FilterType};

    use super::*;

    /// A scene of soft blobs.
    fn scene(seed: f64, width: u32, height: u32) -> DynamicImage {
        let picture = RgbImage::from_fn(width, height, |x, y| {
            let (x, y) = (f64::from(x) / f64::from(width), f64::from(y) / f64::from(height));
            let wave = |a: f64, b: f64| {
                ((a * x + b * y + seed) * 7.0).sin() * 60.0 + ((b * x - a * y) * 5.0 + seed).cos() * 50.0
            };
            Rgb([wave(1.0, 2.0), wave(2.0, seed), wave(seed, 1.0)].map(|v| (v + 128.0) as u8))
        });
        DynamicImage::ImageRgb8(picture)
    }

    fn distance(a: &DynamicImage, b: &DynamicImage) -> u32 {
        (phash(a) ^ phash(b)).count_ones()
    }

    #[test]
    fn scaling_and_brightness_change_few_bits_and_another_scene_many() {
        let picture = scene(1.0, 320, 240);
        assert!(distance(&picture, &picture.resize_exact(111, 83, FilterType::Triangle)) <= 4);
        assert!(distance(&picture, &picture.brighten(12)) <= 4);
        assert!(distance(&picture, &scene(2.5, 320, 240)) > 12);
    }

    #[test]
    fn the_bits_are_the_same_on_every_machine() {
        let picture = RgbImage::from_fn(90, 70, |x, y| Rgb([x * y / 30, x * x / 40, y * y / 20].map(|v| v as u8)));
        assert_eq!(format!("{:016x}", phash(&DynamicImage::ImageRgb8(picture))), "2a05babbae03ae55");
    }

    #[test]
    fn pictures_smaller_than_the_grid_have_hashes_too() {
        phash(&DynamicImage::new_rgb8(1, 1));
        phash(&DynamicImage::new_luma8(3, 100));
    }
}
