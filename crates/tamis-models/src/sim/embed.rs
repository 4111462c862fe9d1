//! Vectors that are near where texts share words or pictures share colours: features hashed into a fixed length.

use tamis_core::media::{Limits, decode};
use tamis_core::vector::Vector;

/// The length of vectors, unless told otherwise.
pub(super) const DIMENSION: u32 = 256;
/// A picture is looked at as so many cells a side.
const CELLS: u32 = 8;

/// The vector of a text: its words and their groups of three letters.
pub(super) fn text(text: &str, dimension: u32) -> Vector {
    let mut sum = Sum::new("simulated text vector", dimension);
    for word in text.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        sum.add(word.as_bytes(), 1.0);
        let framed: Vec<char> = format!("^{word}$").chars().collect();
        for letters in framed.windows(3) {
            sum.add(letters.iter().collect::<String>().as_bytes(), 0.5);
        }
    }
    sum.unit()
}

/// The vector of a picture: the colours of its cells.
///
/// Errors, in words: bytes that are no picture.
pub(super) fn picture(bytes: &[u8], dimension: u32) -> Result<Vector, String> {
    let small = decode(bytes, &Limits::default())?.thumbnail_exact(CELLS, CELLS).to_rgb8();
    let mut sum = Sum::new("simulated picture vector", dimension);
    for (x, y, pixel) in small.enumerate_pixels() {
        for (channel, value) in (0_u32..).zip(pixel.0) {
            let feature = [x.to_le_bytes(), y.to_le_bytes(), channel.to_le_bytes()].concat();
            // Each feature goes to several places, so that none hides behind another.
            for copy in 0..4_u8 {
                sum.add(&[feature.as_slice(), &[copy]].concat(), f64::from(value) - 127.5);
            }
        }
    }
    Ok(sum.unit())
}

struct Sum {
    space: &'static str,
    numbers: Vec<f64>,
}

impl Sum {
    fn new(space: &'static str, dimension: u32) -> Sum {
        Sum { space, numbers: vec![0.0; dimension.clamp(1, 65_536) as usize] }
    }

    fn add(&mut self, feature: &[u8], weight: f64) {
        let hash = blake3::Hasher::new_derive_key(self.space).update(feature).finalize();
        let bytes = hash.as_bytes();
        let place = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize % self.numbers.len();
        self.numbers[place] += if bytes[4] & 1 == 0 { weight } else { -weight };
    }

    /// The sum with length 1; what has no features points along the first axis.
    fn unit(mut self) -> Vector {
        let norm = self.numbers.iter().map(|n| n * n).sum::<f64>().sqrt();
        if norm == 0.0 {
            self.numbers[0] = 1.0;
        }
        let norm = if norm == 0.0 { 1.0 } else { norm };
        let numbers: Vec<f32> = self.numbers.iter().map(|n| (n / norm) as f32).collect();
        // Finite by construction.
        Vector::new(numbers).unwrap_or_else(|| text("", 1))
    }
}

#[cfg(test)]
mod tests {
    use super::super::paint;
    use super::*;

    fn cosine(a: &Vector, b: &Vector) -> f64 {
        a.iter().zip(b.iter()).map(|(a, b)| f64::from(a * b)).sum()
    }

    #[test]
    fn like_texts_and_like_pictures_are_near_and_all_have_length_1() {
        let of = |words: &str| text(words, 256);
        let (dog, dogs, tax) = (of("a brown dog runs"), of("two brown dogs run"), of("the annual tax report"));
        assert!(cosine(&dog, &dogs) > cosine(&dog, &tax) + 0.2);
        let png = |words: &str| paint::scene(words, 64, 48);
        let image = image::load_from_memory(&png("a dog")).unwrap();
        let small = tamis_core::media::encode_png(&image.thumbnail(32, 24)).unwrap();
        let of = |bytes: &[u8]| picture(bytes, 256).unwrap();
        let (first, copy, other) = (of(&png("a dog")), of(&small), of(&png("the sea")));
        assert!(cosine(&first, &copy) > 0.95 && cosine(&first, &copy) > cosine(&first, &other) + 0.05);
        assert!((first.norm() - 1.0).abs() < 1e-3 && (dog.norm() - 1.0).abs() < 1e-3);
        assert!(picture(b"no picture", 8).is_err());
        assert_eq!((&*text("", 3), text("a", 7).len()), (&[1.0, 0.0, 0.0][..], 7));
    }
}
