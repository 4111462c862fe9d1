//! Pixels to files. Alpha is left out: pictures are opaque.

use jpeg_encoder::{ColorType, Encoder};

use crate::render::lossless;
use crate::scene::Pixels;

/// Why pixels could not become a file.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The format's own reason; for JPEG that is a side over 65,535 pixels.
    #[error("a picture of {width} x {height} pixels cannot be written as {format}: {reason}")]
    Refused {
        /// "PNG", "JPEG" or "WebP".
        format: &'static str,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// What the encoder said.
        reason: String,
    },
}

fn refused(format: &'static str, pixels: &Pixels, reason: impl ToString) -> EncodeError {
    EncodeError::Refused { format, width: pixels.width, height: pixels.height, reason: reason.to_string() }
}

/// PNG, without loss, compressed for speed.
pub fn png(pixels: &Pixels) -> Result<Vec<u8>, EncodeError> {
    const LONGEST: u32 = (1 << 31) - 1;
    let expected = u64::from(pixels.width) * u64::from(pixels.height) * 4;
    if expected == 0 || expected != pixels.rgba.len() as u64 || pixels.width.max(pixels.height) > LONGEST {
        let found = format!("expected {expected} bytes, more than 0, found {}", pixels.rgba.len());
        return Err(refused("PNG", pixels, found));
    }
    lossless::encode(pixels).map_err(|e| refused("PNG", pixels, e))
}

/// JPEG at a quality of 1 to 100.
pub fn jpeg(pixels: &Pixels, quality: u8) -> Result<Vec<u8>, EncodeError> {
    let side = |s: u32| u16::try_from(s).map_err(|_| refused("JPEG", pixels, "a side is over 65,535 pixels"));
    let mut file = Vec::new();
    let encoder = Encoder::new(&mut file, quality.clamp(1, 100));
    encoder
        .encode(&rgb(pixels), side(pixels.width)?, side(pixels.height)?, ColorType::Rgb)
        .map_err(|e| refused("JPEG", pixels, e))?;
    Ok(file)
}

/// WebP, without loss.
pub fn webp(pixels: &Pixels) -> Result<Vec<u8>, EncodeError> {
    let mut file = Vec::new();
    image::codecs::webp::WebPEncoder::new_lossless(&mut file)
        .encode(&rgb(pixels), pixels.width, pixels.height, image::ExtendedColorType::Rgb8)
        .map_err(|e| refused("WebP", pixels, e))?;
    Ok(file)
}

fn rgb(pixels: &Pixels) -> Vec<u8> {
    let mut rgb = vec![0; pixels.rgba.len() / 4 * 3];
    for (to, from) in rgb.as_chunks_mut::<3>().0.iter_mut().zip(pixels.rgba.as_chunks::<4>().0) {
        *to = [from[0], from[1], from[2]];
    }
    rgb
}
