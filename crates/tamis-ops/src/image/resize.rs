//! `image.resize`

use std::collections::BTreeMap;

use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::{ColorType, DynamicImage};
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::Scope;
use tamis_core::geometry::Motion;
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::{Affine, Record, StepError};

use super::picture::{Format, Options, Picture, quality};

/// Most pixels of a side after resizing.
const MOST: u32 = 65_535;

/// Resizes a picture, and what lies in its pixels with it.
///
/// The new size is given in one way: `max_side`, `width` and `height` (one of them keeps the shape, both may stretch), or
/// `scale`. Boxes, points and polygons in the picture's grid are scaled with it, masks by their nearest pixel. In place
/// that happens by itself; with `into`, name what shall move in `carry`. A picture that has its size already is passed on
/// as the bytes it is, without being decoded.
///
/// Reads `from`. Writes `into` (default: `from` itself) and the geometry that moves.
///
/// # Example
///
/// ```yaml example
/// step: { image.resize: { from: image, max_side: 32 } }
/// types: { image: image, boxes: list<box> }
/// images: { image: 64x48 }
/// in: { boxes: [[10, 20, 30, 40]] }
/// out: { image: 32x24, boxes: [[5, 10, 15, 20]] }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageResize {
    /// The picture.
    from: String,
    /// Pixels of the longer side.
    max_side: Option<u32>,
    /// Pixels across.
    width: Option<u32>,
    /// Pixels down.
    height: Option<u32>,
    /// Factor for both sides, above 0.
    scale: Option<f64>,
    /// Whether a picture that would have to grow is passed on as it is. Default: true with `max_side`, else false.
    never_enlarge: Option<bool>,
    /// `lanczos3` (default), `bilinear`, `bicubic`, `box` or `nearest`.
    #[serde(default)]
    filter: Filter,
    /// The field for the new picture. Default: in place.
    into: Option<String>,
    /// With `into`: geometry of the old picture, and the fields for it in the new one: `{regions: small_regions}`.
    #[serde(default)]
    carry: BTreeMap<String, String>,
    /// `png` (default, without loss) or `jpeg`.
    #[serde(default)]
    format: Format,
    /// Quality of a JPEG, 1 to 100. Default 90.
    #[serde(default = "quality")]
    quality: u8,
}

/// How new pixels are computed from old ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Filter {
    /// sharp
    #[default]
    Lanczos3,
    /// soft
    Bilinear,
    /// Catmull-Rom
    Bicubic,
    /// mean of the pixels covered
    Box,
    /// no mixing
    Nearest,
}

impl OperatorConfig for ImageResize {
    const NAME: &'static str = "image.resize";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let target = self.target(scope);
        let options = Options {
            from: &self.from,
            into: self.into.as_deref(),
            carry: &self.carry,
            format: self.format,
            quality: self.quality,
            loses: false,
        };
        let picture = Picture::bind(scope, options);
        let (picture, target) = (picture?, target?);
        let never_enlarge = self.never_enlarge.unwrap_or(matches!(target, Target::MaxSide(_)));
        Bound::transform(Resize { picture, target, never_enlarge, filter: self.filter })
    }
}

impl ImageResize {
    fn target(&self, scope: &mut Scope<'_>) -> Option<Target> {
        for (at, side) in [("max_side", self.max_side), ("width", self.width), ("height", self.height)] {
            if let Some(side) = side.filter(|side| !(1..=MOST).contains(side)) {
                scope.problem(at, format!("expected 1 to {MOST} pixels, found {side}"));
                return None;
            }
        }
        if let Some(scale) = self.scale.filter(|scale| !(*scale > 0.0 && *scale <= 1000.0)) {
            scope.problem("scale", format!("expected above 0 and at most 1000, found {scale}"));
            return None;
        }
        match (self.max_side, self.width, self.height, self.scale) {
            (Some(side), None, None, None) => Some(Target::MaxSide(side)),
            (None, Some(width), Some(height), None) => Some(Target::Exactly(width, height)),
            (None, Some(width), None, None) => Some(Target::Width(width)),
            (None, None, Some(height), None) => Some(Target::Height(height)),
            (None, None, None, Some(scale)) => Some(Target::Scale(scale)),
            _ => {
                scope.problem("", "expected the new size in one way: `max_side`, `width` and `height`, or `scale`");
                None
            }
        }
    }
}

/// The new size.
enum Target {
    MaxSide(u32),
    Exactly(u32, u32),
    Width(u32),
    Height(u32),
    Scale(f64),
}

impl Target {
    fn size(&self, width: u32, height: u32) -> (u32, u32) {
        let (w, h) = (f64::from(width), f64::from(height));
        let by = |factor: f64| (rounded(w * factor), rounded(h * factor));
        match *self {
            Target::MaxSide(side) => by(f64::from(side) / w.max(h)),
            Target::Exactly(width, height) => (width, height),
            Target::Width(width) => (width, by(f64::from(width) / w).1),
            Target::Height(height) => (by(f64::from(height) / h).0, height),
            Target::Scale(scale) => by(scale),
        }
    }
}

fn rounded(side: f64) -> u32 {
    (side.round() as u32).max(1)
}

struct Resize {
    picture: Picture,
    target: Target,
    never_enlarge: bool,
    filter: Filter,
}

impl Transform for Resize {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let header = self.picture.header(record, ctx)?;
        let (width, height) = self.target.size(header.width, header.height);
        let grows = width > header.width || height > header.height;
        if (width, height) == (header.width, header.height) || (grows && self.never_enlarge) {
            self.picture.keep(record)?;
            return Ok(Verdict::Pass);
        }
        let limits = tamis_core::media::Limits::default();
        if width > MOST || height > MOST || u64::from(width) * u64::from(height) > limits.pixels {
            let most = limits.pixels / 1_000_000;
            let message =
                format!("{width}x{height} pixels are too many; at most {MOST} a side and {most} million in all");
            return Err(StepError::field(&self.picture.from.name, message));
        }
        let pixels = self.picture.pixels(record, ctx)?;
        let failed = |e: String| StepError::field(&self.picture.from.name, e);
        let resized = resized(&pixels, width, height, self.filter).map_err(failed)?;
        let (new, old) = ([width, height].map(f64::from), [header.width, header.height].map(f64::from));
        let map = Affine::scale(new[0] / old[0], new[1] / old[1]);
        let motion = Motion { map, width: new[0], height: new[1] };
        // A mask holds numbers of things, which must not be mixed.
        let mask = |mask: &DynamicImage| resized_mask(mask, width, height);
        self.picture.write(record, ctx, &resized, &motion, mask)?;
        Ok(Verdict::Pass)
    }

    fn touches_pixels(&self) -> bool {
        true
    }
}

fn resized_mask(mask: &DynamicImage, width: u32, height: u32) -> Result<DynamicImage, String> {
    resized(mask, width, height, Filter::Nearest)
}

fn resized(pixels: &DynamicImage, width: u32, height: u32, filter: Filter) -> Result<DynamicImage, String> {
    let algorithm = match filter {
        Filter::Nearest => ResizeAlg::Nearest,
        Filter::Lanczos3 => ResizeAlg::Convolution(FilterType::Lanczos3),
        Filter::Bilinear => ResizeAlg::Convolution(FilterType::Bilinear),
        Filter::Bicubic => ResizeAlg::Convolution(FilterType::CatmullRom),
        Filter::Box => ResizeAlg::Convolution(FilterType::Box),
    };
    let mut out = match pixels.color() {
        ColorType::L8 => DynamicImage::new_luma8(width, height),
        ColorType::Rgb8 => DynamicImage::new_rgb8(width, height),
        ColorType::Rgba8 => DynamicImage::new_rgba8(width, height),
        other => return Err(format!("expected pixels of 8 bits, found {other:?}")),
    };
    let options = ResizeOptions::new().resize_alg(algorithm);
    Resizer::new().resize(pixels, &mut out, &options).map_err(|e| format!("cannot resize: {e}"))?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::kit::{Place, Run, ink, jpeg_on_its_side, painted, transform};
    use serde_json::json;

    fn resize(options: &str) -> Run {
        let place = Place::new("image: image, boxes: list<box>, m: mask, point: point");
        let mask = place.mask(&painted(60, 40, [20, 10, 30, 25]));
        let place = place
            .pixels("image", &painted(60, 40, [20, 10, 30, 25]))
            .value("m", mask)
            .json("boxes", json!([[20, 10, 30, 25]]))
            .json("point", json!([60, 40]));
        transform::<ImageResize>(place, &format!("{{from: image, {options}}}"))
    }

    fn size(run: &Run) -> [u32; 2] {
        let pixels = run.pixels("image");
        [pixels.width(), pixels.height()]
    }

    #[test]
    fn boxes_and_masks_lie_on_what_they_marked() {
        for options in ["scale: 2", "width: 120, height: 160", "max_side: 30, filter: nearest", "scale: 2, filter: box"]
        {
            let run = resize(options);
            let found = ink(&run.pixels("image"));
            let moved = run.value("boxes").as_list().unwrap()[0].as_box().unwrap().0;
            assert!(found.iter().zip(moved).all(|(a, b)| (a - b).abs() <= 1.0), "{options}: {found:?} {moved:?}");
            let mask = ink(&run.pixels("m"));
            assert!(mask.iter().zip(moved).all(|(a, b)| (a - b).abs() <= 1.0), "{options}: {mask:?} {moved:?}");
        }
    }

    #[test]
    fn sizes_are_given_in_one_way() {
        assert_eq!(size(&resize("max_side: 30")), [30, 20]);
        assert_eq!(size(&resize("width: 30")), [30, 20]);
        assert_eq!(size(&resize("height: 80")), [120, 80]);
        assert_eq!(size(&resize("scale: 0.001")), [1, 1]);
        let problems = |options: &str| {
            Place::new("image: image").problems::<ImageResize>(&format!("{{from: image, {options}}}")).join("\n")
        };
        assert!(problems("max_side: 3, scale: 2").contains("in one way"));
        assert!(problems("scale: 0").starts_with("scale:"));
    }

    #[test]
    fn a_small_picture_is_not_enlarged_nor_decoded() {
        let whole = jpeg_on_its_side(60, 40, [0; 4]);
        let place = Place::new("image: image").held("image", &whole[..whole.len() - 2]);
        let run = transform::<ImageResize>(place, "{from: image, max_side: 100}");
        assert_eq!(run.value("image").as_media().unwrap().known_bytes(), Some(whole.len() as u64 - 2));
        assert_eq!(size(&resize("max_side: 120, never_enlarge: false")), [120, 80]);
    }

    #[test]
    fn a_picture_turned_by_exif_is_resized_upright() {
        let place = Place::new("image: image").held("image", &jpeg_on_its_side(60, 40, [20, 10, 30, 25]));
        let run = transform::<ImageResize>(place, "{from: image, scale: 2}");
        assert_eq!(size(&run), [80, 120]);
        let found = ink(&run.pixels("image"));
        assert!(found.iter().zip([30.0, 40.0, 60.0, 60.0]).all(|(a, b)| (a - b).abs() <= 2.0), "{found:?}");
    }

    #[test]
    fn a_jpeg_is_written_when_asked_for() {
        let run = resize("scale: 2, format: jpeg, quality: 80");
        let format = run.value("image").as_media().unwrap().known_header().unwrap().format;
        assert_eq!(format, tamis_core::media::Format::Jpeg);
    }

    #[test]
    fn a_mask_of_another_size_fails_the_record() {
        let place = Place::new("image: image, m: mask").picture("image", 9, 9);
        let mask = place.mask(&DynamicImage::new_luma8(8, 8));
        let run = transform::<ImageResize>(place.value("m", mask), "{from: image, scale: 2}");
        assert_eq!(run.failed(), "a mask has 8x8 pixels, but its picture has 9x9");
    }
}
