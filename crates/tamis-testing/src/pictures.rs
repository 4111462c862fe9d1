//! Pictures for examples: `64x48` is a picture of noise of that size, `64x48#7` another one.

use std::sync::Arc;

use tamis_core::RecordId;
use tamis_core::convert::MediaResolver;
use tamis_core::media::{Media, MediaKind, MediaStore, encode_png};
use tamis_core::rng::Rng;

pub(crate) struct Noise<'a>(pub(crate) &'a dyn MediaStore);

impl MediaResolver for Noise<'_> {
    fn resolve(&self, kind: MediaKind, text: &str) -> Result<Arc<Media>, String> {
        if text == "broken" {
            return self.0.put(kind, b"\x89PNG\r\n\x1a\n and nothing more").map_err(|e| e.to_string());
        }
        let (size, seed) = text.split_once('#').unwrap_or((text, "0"));
        let (width, height) = size.split_once('x').ok_or("expected a picture's size: `64x48`")?;
        let number = |text: &str| text.parse::<u32>().map_err(|_| format!("`{text}` is no number"));
        let (width, height, seed) = (number(width)?, number(height)?, number(seed)?);
        let mut rng = Rng::keyed(u64::from(seed), RecordId::input("noise"), "noise", &[]);
        let mut picture = image::RgbImage::new(width, height);
        picture.pixels_mut().for_each(|p| p.0.copy_from_slice(&rng.bits().to_le_bytes()[..3]));
        let png = encode_png(&image::DynamicImage::ImageRgb8(picture))?;
        self.0.put(kind, &png).map_err(|e| e.to_string())
    }
}
