//! Ink over what is there, in whole numbers: the same bytes on every machine.

use crate::color::Color;
use crate::render::areas::BLOCK;

/// Pixels that are painted together.
const TOGETHER: usize = 4;

/// Paints pixels that are covered alike, `alpha` being the ink's, 0 to 255; `clip` has one number for each pixel.
#[inline]
pub(super) fn span(pixels: &mut [[u8; 4]], color: Color, alpha: u32, clip: Option<&[u8]>) {
    match clip {
        None if alpha == 255 => fill(pixels, [color.r, color.g, color.b, 255]),
        None => {
            let (together, rest) = pixels.as_chunks_mut::<TOGETHER>();
            if !together.is_empty() {
                let ink = Ink::new(color, alpha);
                together.iter_mut().for_each(|pixels| ink.over(pixels.as_flattened_mut()));
            }
            rest.iter_mut().for_each(|pixel| over(pixel, color, alpha));
        }
        Some(clip) => {
            for (pixel, clip) in pixels.iter_mut().zip(clip) {
                over(pixel, color, over_255(alpha * u32::from(*clip)));
            }
        }
    }
}

/// Makes all pixels alike.
pub(super) fn fill(pixels: &mut [[u8; 4]], like: [u8; 4]) {
    match like {
        // Grounds are white more often than not, and bytes that are all alike are written faster.
        [a, b, c, d] if a == b && b == c && c == d => pixels.as_flattened_mut().fill(a),
        _ => pixels.fill(like),
    }
}

/// Paints a block of pixels, or as many of them as there are, each with its own alpha.
#[inline(always)]
pub(super) fn over_block(pixels: &mut [[u8; 4]], color: Color, alphas: [u32; BLOCK]) {
    if let Ok(block) = <&mut [[u8; 4]; BLOCK]>::try_from(&mut *pixels) {
        block.iter_mut().zip(alphas).for_each(|(pixel, alpha)| over(pixel, color, alpha));
    } else {
        pixels.iter_mut().zip(alphas).for_each(|(pixel, alpha)| over(pixel, color, alpha));
    }
}

/// Paints one pixel: two channels in each half of a number.
#[inline(always)]
fn over(pixel: &mut [u8; 4], color: Color, alpha: u32) {
    const EVEN: u32 = 0x00ff_00ff;
    let (ink, under) = (u32::from_le_bytes([color.r, color.g, color.b, 255]), u32::from_le_bytes(*pixel));
    // No sum is greater than 255 times 255 and a half: 16 bits are enough.
    let mixed = |shift: u32| {
        let sum = ((ink >> shift) & EVEN) * alpha + ((under >> shift) & EVEN) * (255 - alpha) + 0x0080_0080;
        ((sum + ((sum >> 8) & EVEN)) >> 8) & EVEN
    };
    *pixel = (mixed(0) | (mixed(8) << 8)).to_le_bytes();
}

/// A colour and how much of it is put on.
struct Ink {
    /// what is added to the channels of each pixel, in 255ths, and what rounds the sum
    added: [u16; 4 * TOGETHER],
    under: u16,
}

impl Ink {
    fn new(color: Color, alpha: u32) -> Ink {
        let channels = [color.r, color.g, color.b, 255];
        let added = std::array::from_fn(|i| u16::from(channels[i % 4]) * alpha as u16 + 128);
        Ink { added, under: 255 - alpha as u16 }
    }

    /// Over the channels of some pixels. No sum is greater than 255 times 255 and a half: 16 bits are enough.
    #[inline]
    fn over(&self, channels: &mut [u8]) {
        for (p, added) in channels.iter_mut().zip(self.added) {
            let sum = added + u16::from(*p) * self.under;
            *p = ((sum + (sum >> 8)) >> 8) as u8;
        }
    }
}

/// A product of two bytes as a byte, to the nearest.
#[inline(always)]
pub(super) fn over_255(product: u32) -> u32 {
    let v = product + 128;
    (v + (v >> 8)) >> 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_channel_is_mixed_to_the_nearest() {
        for alpha in 0..=255u32 {
            for under in 0..=255u32 {
                let color = Color { r: 0, g: 77, b: 255, a: 255 };
                let mut pixels = [[under as u8; 4]; 5];
                span(&mut pixels, color, alpha, None);
                let mixed = |ink: u32| ((f64::from(ink * alpha + under * (255 - alpha)) / 255.0) + 0.5).floor() as u8;
                assert_eq!(pixels, [[0, 77, 255, 255].map(mixed); 5], "{alpha} over {under}");
                let mut clipped = [[under as u8; 4]; 5];
                span(&mut clipped, color, alpha, Some(&[255; 5]));
                assert_eq!(clipped, pixels);
            }
        }
    }
}
