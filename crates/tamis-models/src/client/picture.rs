//! Pictures as they are sent: as they are, unless the binding states a maximum or they are stored turned.
//!
//! A picture whose EXIF tag turns it is sent upright: boxes in prompts are in the upright frame, and most servers do not
//! look at the tag.

use std::sync::Arc;

use fast_image_resize::Resizer;
use image::DynamicImage;
use tamis_core::media::{Limits, Media, MediaStore, Orientation, decode, encode_png};
use tokio::runtime::{Handle, RuntimeFlavor};

use crate::bindings::Images;

/// JPEG qualities that are tried, best first, before a picture is made smaller.
const QUALITIES: [u8; 3] = [90, 80, 65];

/// A picture ready to be sent.
pub(super) struct Picture {
    pub(super) bytes: Arc<[u8]>,
    pub(super) mime: &'static str,
}

/// Reads a picture and makes it fit what the model takes; the second value tells what was changed, if anything was.
///
/// Errors, in words: bytes that cannot be read, are no picture, or cannot be decoded where they have to be.
pub(super) fn prepare(
    media: &Media,
    images: &Images,
    store: &dyn MediaStore,
) -> Result<(Picture, Option<String>), String> {
    let bytes = store.read(media).map_err(|e| e.to_string())?;
    let format = image::guess_format(&bytes).map_err(|_| media.error("these bytes are no picture").to_string())?;
    let too_heavy = images.max_bytes.is_some_and(|most| bytes.len() as u64 > most);
    let header = media.header(store).map_err(|e| e.to_string())?;
    let too_large = images.max_side.is_some_and(|most| header.width.max(header.height) > most);
    let turned = header.orientation != Orientation::Upright;
    if !too_heavy && !too_large && !turned {
        return Ok((Picture { bytes, mime: format.to_mime_type() }, None));
    }
    heavy(|| shrink(&bytes, images)).map_err(|e| media.error(e).to_string())
}

fn shrink(bytes: &[u8], images: &Images) -> Result<(Picture, Option<String>), String> {
    let mut image = decode(bytes, &Limits::default())?;
    if let Some(most) = images.max_side {
        image = fit(image, most)?;
    }
    let most = images.max_bytes.unwrap_or(u64::MAX);
    if image.color().has_alpha() {
        let png = encode_png(&image)?;
        if png.len() as u64 <= most {
            return Ok(described(png, "image/png", &image));
        }
    }
    loop {
        for quality in QUALITIES {
            let jpeg = encode_jpeg(&image, quality)?;
            if jpeg.len() as u64 <= most {
                return Ok(described(jpeg, "image/jpeg", &image));
            }
        }
        let side = image.width().max(image.height()) * 7 / 10;
        if side < 16 {
            return Err(format!("cannot be made smaller than {most} bytes"));
        }
        image = fit(image, side)?;
    }
}

/// The same picture with its longer side at most `side`.
fn fit(image: DynamicImage, side: u32) -> Result<DynamicImage, String> {
    let longer = image.width().max(image.height());
    if longer <= side {
        return Ok(image);
    }
    let scaled = |length: u32| (f64::from(length) * f64::from(side) / f64::from(longer)).round().max(1.0) as u32;
    let mut smaller = DynamicImage::new(scaled(image.width()), scaled(image.height()), image.color());
    Resizer::new().resize(&image, &mut smaller, None).map_err(|e| format!("cannot be scaled: {e}"))?;
    Ok(smaller)
}

fn encode_jpeg(image: &DynamicImage, quality: u8) -> Result<Vec<u8>, String> {
    let (width, height) = (u16::try_from(image.width()), u16::try_from(image.height()));
    let (Ok(width), Ok(height)) = (width, height) else {
        return Err(format!("{}x{} pixels are too many for a JPEG", image.width(), image.height()));
    };
    let mut bytes = Vec::new();
    jpeg_encoder::Encoder::new(&mut bytes, quality)
        .encode(&on_white(image), width, height, jpeg_encoder::ColorType::Rgb)
        .map_err(|e| format!("cannot write a JPEG: {e}"))?;
    Ok(bytes)
}

/// RGB, with what is transparent on white.
fn on_white(image: &DynamicImage) -> Vec<u8> {
    match image.color().has_alpha() {
        false => image.to_rgb8().into_raw(),
        true => {
            let over = |channel: u8, alpha: u32| ((u32::from(channel) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
            image.to_rgba8().pixels().flat_map(|p| [0, 1, 2].map(|i| over(p.0[i], u32::from(p.0[3])))).collect()
        }
    }
}

fn described(bytes: Vec<u8>, mime: &'static str, image: &DynamicImage) -> (Picture, Option<String>) {
    let format = if mime == "image/png" { "PNG" } else { "JPEG" };
    let note = format!("re-encoded to {}x{} px, {format} of {} bytes", image.width(), image.height(), bytes.len());
    (Picture { bytes: bytes.into(), mime }, Some(note))
}

/// Runs work on pixels without holding up the other requests, where the runtime has more threads than this one.
pub(super) fn heavy<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}
