//! Pictures of samples, made small.

use fast_image_resize::{ResizeOptions, Resizer};
use image::{DynamicImage, RgbaImage};
use tamis_core::media::{self, Media, MediaStore};
use tamis_core::{Name, Schema, Type, Value};
use tamis_draw::scene::Pixels;

/// The fields that hold pictures.
pub fn fields(schema: &Schema) -> Vec<&Name> {
    schema.iter().filter(|(_, f)| is_image(&f.ty)).map(|(name, _)| name).collect()
}

fn is_image(ty: &Type) -> bool {
    match ty {
        Type::Image => true,
        Type::Optional(inner) | Type::List(inner) => is_image(inner),
        _ => false,
    }
}

/// The first picture of a value.
pub fn first(value: &Value) -> Option<&Media> {
    match value {
        Value::Media(handle) => Some(handle),
        Value::List(items) => items.iter().find_map(first),
        _ => None,
    }
}

/// A picture of at most `side` pixels a side, never enlarged, and by how much it shrank.
pub fn small(handle: &Media, store: &dyn MediaStore, side: u32) -> Result<(Pixels, f64), String> {
    let bytes = store.read(handle).map_err(|e| e.to_string())?;
    let picture = media::decode(&bytes, &media::Limits::default())?;
    let (w, h) = (f64::from(picture.width()), f64::from(picture.height()));
    let scale = (f64::from(side) / w.max(h)).min(1.0);
    let shrunk = |s: f64| ((s * scale).round() as u32).max(1);
    let mut small = DynamicImage::ImageRgba8(RgbaImage::new(shrunk(w), shrunk(h)));
    let whole = DynamicImage::ImageRgba8(picture.to_rgba8());
    Resizer::new().resize(&whole, &mut small, &ResizeOptions::new()).map_err(|e| e.to_string())?;
    let small = small.into_rgba8();
    Ok((Pixels { width: small.width(), height: small.height(), rgba: small.into_raw() }, scale))
}
