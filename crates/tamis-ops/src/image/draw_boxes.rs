//! `image.draw_boxes`

use std::collections::BTreeMap;

use image::{DynamicImage, Rgb, Rgba};
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::{BBox, Record, StepError, Value};

use super::picture::{Format, Options, Picture, quality};
use crate::region::{box_of, box_or_boxes_field};

/// Twelve colours that are told apart easily, the first ones best.
const PALETTE: [&str; 12] = [
    "#e6194b", "#3cb44b", "#4363d8", "#f58231", "#911eb4", "#42d4f4", "#f032e6", "#bfef45", "#ffe119", "#469990",
    "#9a6324", "#800000",
];

/// Draws the outlines of boxes on a picture.
///
/// For visual prompts ("the object in the red box") and for looking at annotations. The line lies inside the box, along
/// whole pixels; a later box is drawn over an earlier one. No pixel moves, so all geometry stays.
///
/// Reads `from` and `boxes`. Writes `into` (default: `from` itself).
///
/// # Example
///
/// ```yaml example
/// step: { image.draw_boxes: { from: image, boxes: regions, colours: ["#ff0000"], into: marked } }
/// types: { image: image, regions: list<region> }
/// images: { image: 64x48 }
/// in: { regions: [{ label: dog, box: [10, 10, 40, 30] }] }
/// out: { marked: 64x48 }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageDrawBoxes {
    /// The picture.
    from: String,
    /// A box, a region, or a list of boxes, regions or structs with a `box`.
    boxes: String,
    /// Colours as `#rrggbb`, used in turn: the first for the first box. Default: twelve that are told apart easily,
    /// from `#e6194b` (red) on.
    #[serde(default = "palette")]
    colours: Vec<String>,
    /// Width of the line in pixels, 1 to 100. Default 3.
    #[serde(default = "three")]
    width: u32,
    /// The field for the new picture. Default: in place.
    into: Option<String>,
    /// With `into`: geometry of the old picture, and the fields for it in the new one: `{regions: marked_regions}`.
    #[serde(default)]
    carry: BTreeMap<String, String>,
    /// `png` (default, without loss) or `jpeg`.
    #[serde(default)]
    format: Format,
    /// Quality of a JPEG, 1 to 100. Default 90.
    #[serde(default = "quality")]
    quality: u8,
}

fn palette() -> Vec<String> {
    PALETTE.map(str::to_string).to_vec()
}

fn three() -> u32 {
    3
}

impl OperatorConfig for ImageDrawBoxes {
    const NAME: &'static str = "image.draw_boxes";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let boxes = box_or_boxes_field(scope, "boxes", &self.boxes);
        if let Some(other) = boxes.as_ref().and_then(|f| f.of.clone()).filter(|of| **of != *self.from) {
            scope.problem("boxes", format!("`{}` is in the pixels of `{other}`, not of `{}`", self.boxes, self.from));
        }
        if !(1..=100).contains(&self.width) {
            scope.problem("width", format!("expected 1 to 100 pixels, found {}", self.width));
        }
        let colours = colours(scope, &self.colours);
        let options = Options {
            from: &self.from,
            into: self.into.as_deref(),
            carry: &self.carry,
            format: self.format,
            quality: self.quality,
            loses: false,
        };
        let picture = Picture::bind(scope, options);
        Bound::transform(DrawBoxes { picture: picture?, boxes: boxes?, colours: colours?, width: self.width })
    }
}

fn colours(scope: &mut Scope<'_>, texts: &[String]) -> Option<Vec<Rgb<u8>>> {
    if texts.is_empty() {
        scope.problem("colours", "expected at least one colour");
        return None;
    }
    let mut colours = Vec::new();
    for (i, text) in texts.iter().enumerate() {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii());
        match digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
            Some(n) => colours.push(Rgb([(n >> 16) as u8, (n >> 8) as u8, n as u8])),
            None => scope.problem(&format!("colours[{i}]"), format!("expected a colour as `#rrggbb`, found `{text}`")),
        }
    }
    (colours.len() == texts.len()).then_some(colours)
}

struct DrawBoxes {
    picture: Picture,
    boxes: FieldRef,
    colours: Vec<Rgb<u8>>,
    width: u32,
}

impl Transform for DrawBoxes {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let boxes = self.boxes.get(record);
        let boxes: Vec<BBox> = match boxes {
            Value::List(items) => items.iter().filter_map(box_of).collect(),
            one => box_of(one).into_iter().collect(),
        };
        if boxes.is_empty() {
            self.picture.keep(record)?;
            return Ok(Verdict::Pass);
        }
        let original = self.picture.pixels(record, ctx)?;
        let mut pixels = coloured(&original);
        for (bbox, colour) in boxes.iter().zip(self.colours.iter().cycle()) {
            outline(&mut pixels, bbox, *colour, self.width);
        }
        self.picture.repaint(record, ctx, &pixels)?;
        Ok(Verdict::Pass)
    }

    fn touches_pixels(&self) -> bool {
        true
    }
}

/// The picture in colour, so that a grey one can take coloured lines.
fn coloured(pixels: &DynamicImage) -> DynamicImage {
    match pixels {
        DynamicImage::ImageRgba8(_) => pixels.clone(),
        other => DynamicImage::ImageRgb8(other.to_rgb8()),
    }
}

/// Draws the outline inside the box; what lies outside the picture is left out.
fn outline(pixels: &mut DynamicImage, bbox: &BBox, colour: Rgb<u8>, line: u32) {
    let inside = |v: f64, size: u32| v.clamp(0.0, f64::from(size)) as u32;
    let (width, height) = (pixels.width(), pixels.height());
    let [x0, y0, x1, y1] = bbox.0;
    let (left, right) = (inside(x0.floor(), width), inside(x1.ceil(), width));
    let (top, bottom) = (inside(y0.floor(), height), inside(y1.ceil(), height));
    // The inner edge of each side; where the box itself sticks out, its side is not in the picture.
    let (inner_left, inner_right) =
        (inside(x0.floor() + f64::from(line), width), inside(x1.ceil() - f64::from(line), width));
    let (inner_top, inner_bottom) =
        (inside(y0.floor() + f64::from(line), height), inside(y1.ceil() - f64::from(line), height));
    for y in top..bottom {
        if y < inner_top || y >= inner_bottom {
            (left..right).for_each(|x| put(pixels, x, y, colour));
        } else {
            let sides = (left..inner_left.min(right)).chain(inner_right.max(inner_left)..right);
            sides.for_each(|x| put(pixels, x, y, colour));
        }
    }
}

fn put(pixels: &mut DynamicImage, x: u32, y: u32, colour: Rgb<u8>) {
    let Rgb([r, g, b]) = colour;
    match pixels {
        DynamicImage::ImageRgb8(pixels) => pixels.put_pixel(x, y, colour),
        DynamicImage::ImageRgba8(pixels) => pixels.put_pixel(x, y, Rgba([r, g, b, 255])),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::kit::{Place, Run, ink, transform};
    use serde_json::{Value as Json, json};

    fn draw(boxes: Json, options: &str) -> Run {
        let place = Place::new("image: image, boxes: list<box>").picture("image", 40, 30).json("boxes", boxes);
        transform::<ImageDrawBoxes>(
            place,
            &format!("{{from: image, boxes: boxes, colours: ['#ffffff', '#ff0000']{options}}}"),
        )
    }

    #[test]
    fn the_line_lies_inside_the_box() {
        let run = draw(json!([[5, 6, 20, 25]]), "");
        let pixels = run.pixels("image").to_rgb8();
        assert_eq!(ink(&run.pixels("image")), [5.0, 6.0, 20.0, 25.0]);
        assert_eq!((pixels[(7, 8)].0, pixels[(8, 9)].0), ([255; 3], [0; 3]));
        assert_eq!(run.get("boxes"), json!([[5.0, 6.0, 20.0, 25.0]]));
    }

    #[test]
    fn colours_are_used_in_turn() {
        let pixels =
            draw(json!([[0, 0, 9, 9], [20, 0, 29, 9], [0, 20, 9, 29]]), ", width: 1").pixels("image").to_rgb8();
        assert_eq!([pixels[(0, 0)].0, pixels[(20, 0)].0, pixels[(0, 20)].0], [[255; 3], [255, 0, 0], [255; 3]]);
    }

    #[test]
    fn a_side_outside_the_picture_is_not_drawn() {
        let pixels = draw(json!([[-50, 5, 20, 900]]), ", width: 2").pixels("image").to_rgb8();
        assert_eq!(
            [pixels[(0, 20)].0, pixels[(10, 29)].0, pixels[(0, 5)].0, pixels[(19, 29)].0],
            [[0; 3], [0; 3], [255; 3], [255; 3]]
        );
    }

    #[test]
    fn no_box_leaves_the_picture_as_it_is() {
        let place =
            || Place::new("image: image, r: region?").held("image", b"no picture at all").value("r", Value::Null);
        assert!(place().problems::<ImageDrawBoxes>("{from: image, boxes: r, colours: [red]}")[0].contains("#rrggbb"));
        transform::<ImageDrawBoxes>(place(), "{from: image, boxes: r}").value("image");
    }
}
