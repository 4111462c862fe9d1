//! `image.degrade`

use std::collections::BTreeMap;

use image::{DynamicImage, GrayImage, RgbImage};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::Scope;
use tamis_core::geometry::{Motion, PointMap};
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::{Name, Record, StepError, Type, Value};
use tamis_draw::degrade::{self, Preset, Step};
use tamis_draw::kurbo::Point;
use tamis_draw::scene::Pixels;

use super::picture::{Format, Options, Picture, quality};

/// Ages a picture as scanners, cameras, screens, paper and time do, and moves the truth with it.
///
/// A chain of steps (skew, perspective, elastic warp, blur, noise, ink bleed, stains, shadows, moire, JPEG ...), each with
/// ranges that its strength is drawn from, or one of several presets drawn by shares. Whatever moves pixels moves the
/// boxes, points, polygons and masks of the picture with them, point by point where lines bend; what leaves the picture
/// leaves its list.
///
/// Reads `from` and all geometry in its grid. Writes `into` (default: `from` itself), and `preset` if it is named.
///
/// # Example
///
/// ```yaml example
/// step: { image.degrade: { from: image, chain: [ { resample: { scale: [0.5, 0.5], restore: false } } ] } }
/// types: { image: image, regions: list<region> }
/// images: { image: 64x48 }
/// in: { regions: [{ label: dog, box: [10, 10, 40, 30] }] }
/// out: { image: 32x24, regions: [{ label: dog, box: [5, 5, 20, 15] }] }
/// ```
///
/// Presets by shares: `image.degrade: { from: image, presets: { clean: 2, scan: 1, photo: 1 }, preset: wear }`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageDegrade {
    /// The picture.
    from: String,
    /// Steps, first one first: `{ skew: {} }`, `{ preset: scan }`; `tamis schema` lists them all with their ranges.
    #[serde(default)]
    chain: Vec<Step>,
    /// Instead of a chain: presets and their shares. `clean` leaves the picture as it is.
    #[serde(default)]
    presets: IndexMap<String, f64>,
    /// With `presets`: the field for the name of the one that was drawn.
    preset: Option<String>,
    /// The field for the new picture. Default: in place.
    into: Option<String>,
    /// With `into`: geometry of the old picture, and the fields for it in the new one: `{regions: worn_regions}`.
    #[serde(default)]
    carry: BTreeMap<String, String>,
    /// `png` (default, without loss) or `jpeg`.
    #[serde(default)]
    format: Format,
    /// Quality of a JPEG, 1 to 100. Default 90.
    #[serde(default = "quality")]
    quality: u8,
}

/// The name that leaves a picture as it is.
const CLEAN: &str = "clean";

impl OperatorConfig for ImageDegrade {
    const NAME: &'static str = "image.degrade";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        for problem in degrade::check(&self.chain) {
            scope.problem("chain", problem.to_string());
        }
        let chains = chains(scope, self.chain, &self.presets);
        let options = Options {
            from: &self.from,
            into: self.into.as_deref(),
            carry: &self.carry,
            format: self.format,
            quality: self.quality,
            loses: true,
        };
        let picture = Picture::bind(scope, options);
        let preset = match &self.preset {
            Some(name) => Some(scope.write("preset", name, Type::Text)?),
            None => None,
        };
        Bound::transform(Degrade { picture: picture?, chains: chains?, preset })
    }
}

/// A name, its share and its steps.
type Chain = (String, f64, Vec<Step>);

fn chains(scope: &mut Scope<'_>, chain: Vec<Step>, presets: &IndexMap<String, f64>) -> Option<Vec<Chain>> {
    match (chain.is_empty(), presets.is_empty()) {
        (false, true) => return Some(vec![("chain".to_string(), 1.0, chain)]),
        (true, false) => {}
        _ => {
            scope.problem("", "expected what is done in one way: `chain` or `presets`");
            return None;
        }
    }
    let mut chains = Vec::new();
    for (name, share) in presets {
        let preset = serde_json::from_value::<Preset>(serde_json::Value::String(name.clone()));
        match preset {
            _ if !share.is_finite() || *share < 0.0 => {
                scope.problem("presets", format!("expected a share of 0 or more for `{name}`, found {share}"));
            }
            Ok(preset) => chains.push((name.clone(), *share, vec![Step::Preset(preset)])),
            Err(_) if name == CLEAN => chains.push((name.clone(), *share, Vec::new())),
            Err(error) => scope.problem("presets", format!("{error}, or `{CLEAN}`")),
        }
    }
    if chains.iter().all(|(_, share, _)| *share == 0.0) {
        scope.problem("presets", "expected a share above 0");
    }
    (chains.len() == presets.len()).then_some(chains)
}

struct Degrade {
    picture: Picture,
    chains: Vec<Chain>,
    preset: Option<Name>,
}

impl Transform for Degrade {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let mut rng = ctx.rng(record);
        let shares: Vec<f64> = self.chains.iter().map(|(_, share, _)| *share).collect();
        let (name, _, chain) = &self.chains[rng.weighted(&shares)];
        if let Some(preset) = &self.preset {
            record.set(preset, Value::text(&**name));
        }
        if chain.is_empty() {
            self.picture.keep(record)?;
            return Ok(Verdict::Pass);
        }
        let clean = pixels_of(&*self.picture.pixels(record, ctx)?);
        let failed = |e: degrade::DegradeError| StepError::field(&self.picture.from.name, e.to_string());
        let degraded = degrade::apply(clean, chain, &mut || rng.bits()).map_err(failed)?;
        let (width, height) = (degraded.pixels.width, degraded.pixels.height);
        let moved = Moved(&degraded.motion);
        let motion = Motion { map: moved, width: f64::from(width), height: f64::from(height) };
        let mask = |mask: &DynamicImage| {
            let moved =
                degraded.motion.mask(mask.to_luma8().as_raw()).ok_or("a mask of another size than its picture")?;
            // A mask says yes or no: half covered is covered.
            let moved = moved.into_iter().map(|a| if a >= 128 { 255 } else { 0 }).collect();
            let moved = GrayImage::from_raw(width, height, moved).ok_or("a mask of another size than its picture")?;
            Ok(DynamicImage::ImageLuma8(moved))
        };
        let worn = image_of(&degraded.pixels).ok_or_else(|| StepError::failed("the degraded picture has no pixels"))?;
        self.picture.write(record, ctx, &worn, &motion, mask)?;
        Ok(Verdict::Pass)
    }

    fn touches_pixels(&self) -> bool {
        true
    }
}

struct Moved<'m>(&'m degrade::Motion);

impl PointMap for Moved<'_> {
    fn apply(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let moved = self.0.point(Point::new(x, y));
        [moved.x, moved.y]
    }

    fn keeps_lines(&self) -> bool {
        self.0.keeps_lines()
    }
}

fn pixels_of(image: &DynamicImage) -> Pixels {
    let rgba = image.to_rgba8();
    Pixels { width: rgba.width(), height: rgba.height(), rgba: rgba.into_raw() }
}

fn image_of(pixels: &Pixels) -> Option<DynamicImage> {
    let rgb = pixels.rgba.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
    RgbImage::from_raw(pixels.width, pixels.height, rgb).map(DynamicImage::ImageRgb8)
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, problems};

    #[test]
    fn boxes_move_with_the_pixels() {
        check(
            "
step: { image.degrade: { from: image, chain: [ { resample: { scale: [0.5, 0.5], restore: false } } ] } }
types: { image: image, regions: list<region> }
images: { image: 64x48 }
in: { regions: [{ label: dog, box: [10, 10, 40, 30] }] }
out: { image: 32x24, regions: [{ label: dog, box: [5, 5, 20, 15] }] }
",
        );
    }

    #[test]
    fn what_is_done_is_said_in_one_way() {
        let said = problems(
            "
step: { image.degrade: { from: image, presets: { scam: 1 } } }
types: { image: image }
images: { image: 64x48 }
in: {}
out: {}
",
        );
        assert!(said.contains("scam") && said.contains("scan"), "{said}");
    }
}
