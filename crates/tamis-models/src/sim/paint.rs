//! Small pictures drawn from a text: a sky, a ground and some shapes, different for each text and the same for the same.

use image::{DynamicImage, GrayImage, Rgb, RgbImage};
use tamis_core::RecordId;
use tamis_core::media::encode_png;
use tamis_core::rng::Rng;

/// The size of pictures for which none is asked.
pub(crate) const SIZE: (u32, u32) = (256, 256);
/// The longest side of a picture.
pub(crate) const LARGEST: u32 = 2048;

/// A PNG of this size, at least 1 x 1.
pub(crate) fn scene(text: &str, width: u32, height: u32) -> Vec<u8> {
    png(picture(text, width.max(1), height.max(1)))
}

/// The same picture with something drawn into it that the text decides, where the mask is bright.
pub(crate) fn edited(image: &DynamicImage, text: &str, mask: Option<&GrayImage>) -> Vec<u8> {
    let before = image.to_rgb8();
    let mut image = before.clone();
    let mut rng = rng(text);
    for _ in 0..3 {
        shape(&mut image, &mut rng);
    }
    if let Some(mask) = mask.filter(|mask| mask.dimensions() == before.dimensions()) {
        for ((pixel, old), mask) in image.pixels_mut().zip(before.pixels()).zip(mask.pixels()) {
            if mask.0[0] < 128 {
                *pixel = *old;
            }
        }
    }
    png(image)
}

fn picture(text: &str, width: u32, height: u32) -> RgbImage {
    let mut rng = rng(text);
    let (sky, ground) = (colour(&mut rng, 150..250), colour(&mut rng, 40..160));
    let horizon = f64::from(height) * rng.range(0.45, 0.8);
    let mut image = RgbImage::from_fn(width, height, |_, y| {
        let depth = f64::from(y) / f64::from(height);
        let shade = |base: u8| (f64::from(base) * (0.75 + 0.25 * depth)).round() as u8;
        Rgb(if f64::from(y) < horizon { sky.map(shade) } else { ground.map(shade) })
    });
    for _ in 0..3 + rng.below(4) {
        shape(&mut image, &mut rng);
    }
    image
}

/// Draws a rectangle, an ellipse or a triangle.
fn shape(image: &mut RgbImage, rng: &mut Rng) {
    let (width, height) = (f64::from(image.width()), f64::from(image.height()));
    let (cx, cy) = (width * rng.range(0.1, 0.9), height * rng.range(0.2, 0.9));
    let (rx, ry) = (width * rng.range(0.06, 0.2), height * rng.range(0.06, 0.2));
    let (colour, kind) = (colour(rng, 20..240), rng.below(3));
    let bounds = |centre: f64, radius: f64, most: f64| {
        ((centre - radius).max(0.0) as u32, (centre + radius).ceil().min(most) as u32)
    };
    let ((left, right), (top, bottom)) = (bounds(cx, rx, width), bounds(cy, ry, height));
    for y in top..bottom {
        for x in left..right {
            let (dx, dy) = ((f64::from(x) + 0.5 - cx) / rx, (f64::from(y) + 0.5 - cy) / ry);
            let inside = match kind {
                0 => true,
                1 => dx * dx + dy * dy <= 1.0,
                _ => dx.abs() <= (dy + 1.0) / 2.0,
            };
            if inside {
                image.put_pixel(x, y, Rgb(colour));
            }
        }
    }
}

fn colour(rng: &mut Rng, range: std::ops::Range<u8>) -> [u8; 3] {
    [(); 3].map(|()| rng.range(f64::from(range.start), f64::from(range.end)) as u8)
}

fn rng(text: &str) -> Rng {
    let mut id = [0; 16];
    id.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
    Rng::keyed(0, RecordId(id), "simulated picture", &[])
}

fn png(image: RgbImage) -> Vec<u8> {
    // Writing a picture of pixels into memory cannot fail.
    encode_png(&DynamicImage::ImageRgb8(image)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_differ_as_their_texts_do_and_an_edit_is_seen() {
        let (dog, cat) = (scene("a dog", 64, 48), scene("a cat", 64, 48));
        assert_eq!(dog, scene("a dog", 64, 48));
        assert_ne!(dog, cat);
        let image = image::load_from_memory(&dog).unwrap();
        assert_eq!((image.width(), image.height()), (64, 48));
        let edited = image::load_from_memory(&edited(&image, "add a hat", None)).unwrap().to_rgb8();
        let changed = edited.pixels().zip(image.to_rgb8().pixels()).filter(|(a, b)| a != b).count();
        assert!(changed > 64 * 48 / 50, "{changed} pixels");
    }
}
