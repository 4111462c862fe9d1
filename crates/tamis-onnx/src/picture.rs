//! Pictures to numbers: scaled, cut, shifted to the mean and the spread that the model was trained with.

use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, RgbImage};
use serde::{Deserialize, Serialize};

/// How pictures become numbers; unless said otherwise as CLIP was trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pictures {
    /// pixels of a side; asked from the model where it is not said
    pub size: Option<u32>,
    /// how a picture is made square
    pub fit: Fit,
    /// with `fit: crop`, the pixels of the shorter side before the square is cut out; `size` where it is not said
    pub resize: Option<u32>,
    /// how pixels are mixed
    pub filter: Filter,
    /// mean of red, green and blue, 0 to 1
    pub mean: [f32; 3],
    /// spread of red, green and blue
    pub std: [f32; 3],
}

/// How a picture is made square.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// the shorter side is scaled, the middle cut out (CLIP, DINOv2)
    Crop,
    /// both sides are scaled, whatever becomes of the proportions (SigLIP)
    Squash,
}

/// How pixels are mixed when a picture is scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Filter {
    Bicubic,
    Bilinear,
    Lanczos,
    Nearest,
}

impl Default for Pictures {
    fn default() -> Pictures {
        Pictures {
            size: None,
            fit: Fit::Crop,
            resize: None,
            filter: Filter::Bicubic,
            mean: [0.481_454_66, 0.457_827_5, 0.408_210_73],
            std: [0.268_629_54, 0.261_302_6, 0.275_777_1],
        }
    }
}

impl Pictures {
    /// Red, green and blue of a square of `size` pixels, one plane after the other.
    ///
    /// Errors, in words: a picture that cannot be scaled.
    pub(crate) fn numbers(&self, image: &DynamicImage, size: u32) -> Result<Vec<f32>, String> {
        let square = self.square(&on_white(image), size)?;
        let mut numbers = vec![0.0; 3 * square.as_raw().len() / 3];
        let plane = square.as_raw().len() / 3;
        for (i, pixel) in square.pixels().enumerate() {
            for channel in 0..3 {
                let value = f32::from(pixel.0[channel]) / 255.0;
                numbers[channel * plane + i] = (value - self.mean[channel]) / self.std[channel];
            }
        }
        Ok(numbers)
    }

    fn square(&self, image: &RgbImage, size: u32) -> Result<RgbImage, String> {
        let (width, height) = image.dimensions();
        if self.fit == Fit::Squash {
            return self.scale(image, size, size);
        }
        let shorter = self.resize.unwrap_or(size).max(size);
        let longer = |side: u32, other: u32| (u64::from(shorter) * u64::from(side) / u64::from(other.max(1))) as u32;
        let (to_width, to_height) = match width <= height {
            true => (shorter, longer(height, width).max(shorter)),
            false => (longer(width, height).max(shorter), shorter),
        };
        if u64::from(to_width) * u64::from(to_height) > 100_000_000 {
            return Err(format!("{width}x{height} pixels are too thin to be cut square"));
        }
        let scaled = self.scale(image, to_width, to_height)?;
        let (x, y) = ((to_width - size) / 2, (to_height - size) / 2);
        Ok(image::imageops::crop_imm(&scaled, x, y, size, size).to_image())
    }

    fn scale(&self, image: &RgbImage, width: u32, height: u32) -> Result<RgbImage, String> {
        if image.dimensions() == (width, height) {
            return Ok(image.clone());
        }
        let algorithm = match self.filter {
            Filter::Bicubic => ResizeAlg::Convolution(FilterType::CatmullRom),
            Filter::Bilinear => ResizeAlg::Convolution(FilterType::Bilinear),
            Filter::Lanczos => ResizeAlg::Convolution(FilterType::Lanczos3),
            Filter::Nearest => ResizeAlg::Nearest,
        };
        let mut scaled = RgbImage::new(width, height);
        Resizer::new()
            .resize(image, &mut scaled, &ResizeOptions::new().resize_alg(algorithm))
            .map_err(|e| format!("cannot be scaled: {e}"))?;
        Ok(scaled)
    }
}

/// RGB, with what is transparent on white.
fn on_white(image: &DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.to_rgb8();
    }
    let rgba = image.to_rgba8();
    RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let [r, g, b, a] = rgba.get_pixel(x, y).0.map(u32::from);
        image::Rgb([r, g, b].map(|c| ((c * a + 255 * (255 - a) + 127) / 255) as u8))
    })
}
