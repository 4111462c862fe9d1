//! Pixels from bytes and back: upright, 8 bits, within limits.

use std::io::Cursor;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, ImageFormat, ImageReader};

use super::header::{self, Format, Header};

/// How large a picture may be to be decoded; checked against the header before memory is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// most pixels, width times height; 100 million unless said otherwise
    pub pixels: u64,
    /// most bytes of decoded pixels, before they are reduced to 8 bits; 256 MiB unless said otherwise.
    /// A decoder's own working memory (a progressive JPEG's coefficients) comes on top
    pub bytes: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { pixels: 100_000_000, bytes: 256 << 20 }
    }
}

/// Decodes a picture to upright pixels: `ImageLuma8`, `ImageRgb8` or `ImageRgba8`, in the size its header says.
///
/// - EXIF orientation is applied; colour profiles are not.
/// - A palette and grey of 1, 2 or 4 bits are expanded; 16 bits are rounded to the nearest 8-bit value;
///   grey with alpha becomes `ImageRgba8`.
/// - CMYK and YCCK JPEGs become RGB by `colour = ink * black / 255` over the stored (Adobe: inverted) values,
///   without a profile, as browsers and Pillow do. A JPEG without an Adobe marker is read by that convention, too.
///
/// Errors: a bad header, a picture over the limits, an animation, damaged or incomplete data (a JPEG without its
/// end-of-image marker among them: decoders would fill the missing rows with grey), and JPEGs whose colours would
/// come out wrong.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<DynamicImage, String> {
    let header = header::read(&mut Cursor::new(bytes))?;
    check_limits(&header, limits)?;
    if header.animated {
        return Err(format!("an animated {}, not a picture; extract a frame first", header.format));
    }
    match header.format {
        Format::Jpeg => check_jpeg(bytes)?,
        Format::Webp => check_webp(bytes)?,
        Format::Png | Format::Gif => {}
    }
    let mut image = eight_bits(read_pixels(bytes, header.format, limits)?);
    if header.format == Format::Gif && header.channels == 3 {
        image = DynamicImage::ImageRgb8(image.into_rgb8());
    }
    if let Some(orientation) = image::metadata::Orientation::from_exif(header.orientation.into()) {
        image.apply_orientation(orientation);
    }
    match (image.width(), image.height()) == (header.width, header.height) {
        true => Ok(image),
        false => Err(format!(
            "the header says {}x{} pixels, the data holds {}x{}",
            header.width,
            header.height,
            image.width(),
            image.height()
        )),
    }
}

/// Encodes a picture as PNG, quickly rather than small; the same pixels always give the same bytes.
///
/// Errors: a pixel type that PNG does not have (floating point).
pub fn encode_png(image: &DynamicImage) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive);
    image.write_with_encoder(encoder).map_err(|e| format!("cannot write a PNG: {e}"))?;
    Ok(bytes)
}

fn check_limits(header: &Header, limits: &Limits) -> Result<(), String> {
    let pixels = u64::from(header.width) * u64::from(header.height);
    let size = format!("{}x{} = {:.1} megapixels", header.width, header.height, pixels as f64 / 1e6);
    if pixels > limits.pixels {
        return Err(format!("{size}; at most {:.1} megapixels are decoded", limits.pixels as f64 / 1e6));
    }
    let channels = if header.format == Format::Gif { 4 } else { u64::from(header.channels) };
    let bytes = pixels * channels * u64::from(header.bits).div_ceil(8);
    if bytes > limits.bytes {
        let mebibytes = |n: u64| n as f64 / (1 << 20) as f64;
        let (needed, most) = (mebibytes(bytes), mebibytes(limits.bytes));
        return Err(format!("{size} need {needed:.1} MiB decoded; at most {most:.1} MiB are allowed"));
    }
    Ok(())
}

fn read_pixels(bytes: &[u8], format: Format, limits: &Limits) -> Result<DynamicImage, String> {
    // The header was measured already; this stops a decoder whose data asks for more than its header.
    const WORKING_MEMORY: u64 = 64 << 20;
    let mut allowed = image::Limits::default();
    allowed.max_alloc = Some(limits.bytes.saturating_add(WORKING_MEMORY));
    let (format, name) = match format {
        Format::Jpeg => (ImageFormat::Jpeg, format),
        Format::Png => (ImageFormat::Png, format),
        Format::Webp => (ImageFormat::WebP, format),
        Format::Gif => (ImageFormat::Gif, format),
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(allowed);
    reader.decode().map_err(|e| format!("the {name} data is damaged or incomplete: {e}"))
}

fn eight_bits(image: DynamicImage) -> DynamicImage {
    match image {
        DynamicImage::ImageLuma8(_) | DynamicImage::ImageRgb8(_) | DynamicImage::ImageRgba8(_) => image,
        DynamicImage::ImageLuma16(_) => DynamicImage::ImageLuma8(image.into_luma8()),
        DynamicImage::ImageRgb16(_) => DynamicImage::ImageRgb8(image.into_rgb8()),
        other => DynamicImage::ImageRgba8(other.into_rgba8()),
    }
}

/// Refuses a WebP that ends before it should: the chunk with the orientation stands at the end and would be missed.
fn check_webp(bytes: &[u8]) -> Result<(), String> {
    let Some(size) = bytes.get(4..).and_then(|rest| rest.first_chunk()) else { return Ok(()) };
    let expected = 8 + u64::from(u32::from_le_bytes(*size));
    // Some writers count a last padding byte that they do not write.
    match bytes.len() as u64 + 1 >= expected {
        true => Ok(()),
        false => Err(format!("the WebP is incomplete: {expected} bytes were expected, it has {}", bytes.len())),
    }
}

/// Refuses JPEGs that the decoder would read without complaint, but wrongly.
fn check_jpeg(bytes: &[u8]) -> Result<(), String> {
    let frame = JpegFrame::find(bytes).ok_or("the JPEG header is cut short")?;
    if !bytes[frame.at..].windows(2).rev().any(|pair| pair == [0xff, 0xd9]) {
        return Err("the JPEG is incomplete: its end-of-image marker (ff d9) is missing".to_string());
    }
    match frame.components.as_slice() {
        [_] => Ok(()),
        [_, _, _, _] if frame.adobe == Some(1) => {
            Err("the JPEG has 4 channels and an Adobe marker for 3 (YCbCr); convert it to RGB first".to_string())
        }
        [first, others @ ..] if matches!(others.len(), 2 | 3) => {
            // zune-jpeg upsamples by the first channel: where another one is finer, pixels are displaced.
            let finer = |o: &Component| o.across > first.across || o.down > first.down;
            match others.iter().any(finer) {
                true => {
                    Err("the JPEG stores its first channel coarser than another; convert it to RGB first".to_string())
                }
                false => Ok(()),
            }
        }
        others => {
            Err(format!("a JPEG of {} channels; 1 (grey), 3 (YCbCr, RGB) and 4 (CMYK, YCCK) are read", others.len()))
        }
    }
}

/// What a JPEG says about its channels.
#[derive(Default)]
struct JpegFrame {
    /// position of the frame header
    at: usize,
    components: Vec<Component>,
    /// the colour transform of an Adobe marker before the frame
    adobe: Option<u8>,
}

/// A channel of a JPEG: how many samples it has across and down for each block of pixels.
struct Component {
    across: u8,
    down: u8,
}

impl JpegFrame {
    fn find(bytes: &[u8]) -> Option<JpegFrame> {
        let mut frame = JpegFrame { at: 2, ..JpegFrame::default() };
        loop {
            let [mark, code] = *bytes.get(frame.at..)?.first_chunk()?;
            if mark != 0xff || matches!(code, 0x00 | 0x01 | 0xd0..=0xd8 | 0xff) {
                // between segments, as in the header reader
                frame.at += 1;
                continue;
            }
            let length = usize::from(u16::from_be_bytes(*bytes.get(frame.at + 2..)?.first_chunk()?));
            let body = bytes.get(frame.at + 4..frame.at + 2 + length)?;
            match code {
                0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                    let component = |c: &[u8; 3]| Component { across: c[1] >> 4, down: c[1] & 15 };
                    frame.components = body.get(6..)?.as_chunks().0.iter().map(component).collect();
                    return Some(frame);
                }
                0xee if body.starts_with(b"Adobe") => frame.adobe = body.get(11).copied(),
                _ => {}
            }
            frame.at += 2 + length;
        }
    }
}

#[cfg(test)]
mod tests;
