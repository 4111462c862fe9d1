//! `image.crop`

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::geometry::Motion;
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::template::{Expression, Vars};
use tamis_core::{Affine, BBox, Record, StepError, Type, Value};

use super::picture::{Format, Options, Picture, quality};

/// Cuts a picture to a box.
///
/// The cut goes along whole pixels and holds every pixel that the box touches. Everything in the picture's grid moves
/// with it: boxes and polygons are cut, points and boxes outside are lost; they leave their list, or become missing where
/// they stand alone. In place that happens by itself; with `into`, name what shall move in `carry`.
///
/// Reads `from` and `box`. Writes `into` (default: `from` itself) and the geometry that moves. A box without area inside
/// the picture fails the record.
///
/// # Example
///
/// ```yaml example
/// step:
///   image.crop: { from: image, box: head, margin: 0.5, into: portrait, carry: { eyes: portrait_eyes } }
/// types: { image: image, head: box, eyes: list<point> }
/// images: { image: 64x48 }
/// in: { head: [20, 10, 30, 20], eyes: [[22, 14], [28, 14], [60, 40]] }
/// out: { portrait: 20x20, portrait_eyes: [[7, 9], [13, 9]] }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageCrop {
    /// The picture.
    from: String,
    /// The box: a field, numbers `[x0, y0, x1, y1]` in pixels, or an expression that gives either
    /// (`"[0, 0, image.width / 2, image.height]"`).
    #[serde(rename = "box")]
    bbox: BoxOption,
    /// How much the box is enlarged on each side, in parts of its width and height, 0 to 10. Default 0.
    #[serde(default)]
    margin: f64,
    /// Whether a box that sticks out is cut to the picture; otherwise it fails the record. Default true.
    #[serde(default = "yes")]
    clamp: bool,
    /// The field for the new picture. Default: in place.
    into: Option<String>,
    /// With `into`: geometry of the old picture, and the fields for it in the new one: `{regions: crop_regions}`.
    #[serde(default)]
    carry: BTreeMap<String, String>,
    /// `png` (default, without loss) or `jpeg`.
    #[serde(default)]
    format: Format,
    /// Quality of a JPEG, 1 to 100. Default 90.
    #[serde(default = "quality")]
    quality: u8,
}

/// A box as written in a recipe.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(try_from = "Json")]
#[schemars(untagged)]
enum BoxOption {
    /// numbers
    Numbers([f64; 4]),
    /// a field or an expression
    Text(String),
}

impl TryFrom<Json> for BoxOption {
    type Error = String;

    fn try_from(json: Json) -> Result<BoxOption, String> {
        let wrong = || format!("expected a field, an expression or four numbers [x0, y0, x1, y1], found {json}");
        match &json {
            Json::String(text) => Ok(BoxOption::Text(text.clone())),
            other => <[f64; 4]>::deserialize(other).map(BoxOption::Numbers).map_err(|_| wrong()),
        }
    }
}

fn yes() -> bool {
    true
}

impl OperatorConfig for ImageCrop {
    const NAME: &'static str = "image.crop";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        if !(0.0..=10.0).contains(&self.margin) {
            scope.problem("margin", format!("expected 0 to 10, found {}", self.margin));
        }
        let bbox = BoxSource::bind(scope, self.bbox, &self.from);
        let options = Options {
            from: &self.from,
            into: self.into.as_deref(),
            carry: &self.carry,
            format: self.format,
            quality: self.quality,
            loses: true,
        };
        let picture = Picture::bind(scope, options);
        Bound::transform(Crop { picture: picture?, bbox: bbox?, margin: self.margin, clamp: self.clamp })
    }
}

/// Where the box comes from.
enum BoxSource {
    Fixed(BBox),
    Field(FieldRef),
    Computed(Expression),
}

impl BoxSource {
    fn bind(scope: &mut Scope<'_>, option: BoxOption, image: &str) -> Option<BoxSource> {
        let text = match option {
            BoxOption::Numbers([a, b, c, d]) => return Some(BoxSource::Fixed(BBox::spanning([a, b], [c, d]))),
            BoxOption::Text(text) => text,
        };
        let is_name = text.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c));
        if !is_name {
            return scope.expression("box", &text).map(BoxSource::Computed);
        }
        let field = scope.read_any("box", &text)?;
        if *field.ty.required() != Type::Box {
            scope.problem("box", format!("expected box, but `{text}` is {}", field.ty));
            return None;
        }
        if let Some(other) = field.of.as_ref().filter(|of| ***of != *image) {
            scope.problem("box", format!("`{text}` is in the pixels of `{other}`, not of `{image}`"));
            return None;
        }
        Some(BoxSource::Field(field))
    }

    fn of(&self, record: &Record, ctx: &Context<'_>) -> Result<BBox, StepError> {
        let wrong = |value: &Value| StepError::failed(format!("expected a box to cut to, found {}", value.to_json()));
        match self {
            BoxSource::Fixed(bbox) => Ok(*bbox),
            BoxSource::Field(field) => {
                let missing = || StepError::field(&field.name, format!("`{}` is missing", field.dotted()));
                field.get(record).as_box().ok_or_else(missing)
            }
            BoxSource::Computed(expression) => {
                let value = expression.eval(&Vars::of(record, ctx)).map_err(StepError::failed)?;
                value.as_box().or_else(|| four_numbers(&value)).ok_or_else(|| wrong(&value))
            }
        }
    }
}

fn four_numbers(value: &Value) -> Option<BBox> {
    let numbers: Vec<f64> = value.as_list()?.iter().map(Value::as_float).collect::<Option<_>>()?;
    let [a, b, c, d] = numbers.as_slice().try_into().ok()?;
    Some(BBox::spanning([a, b], [c, d]))
}

struct Crop {
    picture: Picture,
    bbox: BoxSource,
    margin: f64,
    clamp: bool,
}

impl Transform for Crop {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let header = self.picture.header(record, ctx)?;
        let bbox = self.bbox.of(record, ctx)?;
        let [x, y, width, height] = self.cut(&bbox, header.width, header.height)?;
        if [x, y, width, height] == [0, 0, header.width, header.height] {
            self.picture.keep_and_cut(record, ctx)?;
            return Ok(Verdict::Pass);
        }
        let pixels = self.picture.pixels(record, ctx)?.crop_imm(x, y, width, height);
        let map = Affine::shift(-f64::from(x), -f64::from(y));
        let motion = Motion { map, width: f64::from(width), height: f64::from(height) };
        self.picture.write(record, ctx, &pixels, &motion, |mask| Ok(mask.crop_imm(x, y, width, height)))?;
        Ok(Verdict::Pass)
    }

    fn touches_pixels(&self) -> bool {
        true
    }
}

impl Crop {
    /// The cut in whole pixels: x, y, width, height.
    fn cut(&self, bbox: &BBox, width: u32, height: u32) -> Result<[u32; 4], StepError> {
        let frame = BBox([0.0, 0.0, f64::from(width), f64::from(height)]);
        let (dx, dy) = (bbox.width() * self.margin, bbox.height() * self.margin);
        let [x0, y0, x1, y1] = bbox.0;
        let grown = BBox([x0 - dx, y0 - dy, x1 + dx, y1 + dy]);
        let outside = |what: &str| {
            StepError::failed(format!("the box [{x0}, {y0}, {x1}, {y1}] {what} the picture of {width}x{height} pixels"))
        };
        if !self.clamp && !frame.contains(&grown) {
            return Err(outside("sticks out of"));
        }
        let cut = grown.intersect(&frame).ok_or_else(|| outside("has no area inside"))?;
        let [left, top, right, bottom] = [cut.0[0].floor(), cut.0[1].floor(), cut.0[2].ceil(), cut.0[3].ceil()];
        Ok([left as u32, top as u32, (right - left) as u32, (bottom - top) as u32])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::kit::{Place, ink, jpeg_on_its_side, painted, transform};
    use serde_json::json;

    fn place() -> Place {
        let place = Place::new("image: image, boxes: list<box>, head: box, m: mask, other: image, far: box");
        let place = place.pixels("image", &painted(60, 40, [20, 10, 30, 25]));
        let mask = place.mask(&painted(60, 40, [20, 10, 30, 25]));
        place
            .value("m", mask)
            .picture("other", 2, 2)
            .json("boxes", json!([[20, 10, 30, 25], [0, 0, 4, 4]]))
            .json("head", json!([15.5, 5, 40, 30.2]))
            .json("far", json!([0, 0, 3, 3]))
    }

    #[test]
    fn boxes_and_masks_lie_on_what_they_marked() {
        let run = transform::<ImageCrop>(place(), "{from: image, box: head}");
        let pixels = run.pixels("image");
        assert_eq!((pixels.width(), pixels.height()), (25, 26));
        assert_eq!(run.get("boxes"), json!([ink(&pixels)]));
        assert_eq!(ink(&run.pixels("m")), ink(&pixels));
    }

    #[test]
    fn a_box_alone_that_is_lost_becomes_missing() {
        assert_eq!(
            place().schema_behind::<ImageCrop>("{from: image, box: head}").get("far").unwrap().ty,
            "box?".parse().unwrap()
        );
        assert!(transform::<ImageCrop>(place(), "{from: image, box: head}").value("far").is_null());
    }

    #[test]
    fn a_new_picture_leaves_the_old_and_carries_what_is_named() {
        let run = transform::<ImageCrop>(place(), "{from: image, box: head, into: cut, carry: {boxes: cut_boxes}}");
        assert_eq!(run.get("cut_boxes"), json!([ink(&run.pixels("cut"))]));
        assert_eq!(run.get("boxes")[0], json!([20.0, 10.0, 30.0, 25.0]));
        let schema = place().schema_behind::<ImageCrop>("{from: image, box: head, into: cut, carry: {boxes: b}}");
        assert_eq!(schema.get("b").unwrap().of.as_deref(), Some("cut"));
    }

    #[test]
    fn a_cut_of_the_whole_picture_keeps_its_bytes_and_still_cuts_boxes() {
        let place = Place::new("image: image, boxes: list<box>").held("image", &jpeg_on_its_side(60, 40, [0; 4]));
        let before = place.value_of("image").clone();
        let place = place.json("boxes", json!([[-5, -5, 10, 10], [90, 90, 99, 99]]));
        let run = transform::<ImageCrop>(place, "{from: image, box: [0, 0, 40, 60]}");
        assert_eq!(*run.value("image"), before);
        assert_eq!(run.get("boxes"), json!([[0.0, 0.0, 10.0, 10.0]]));
    }

    #[test]
    fn numbers_expressions_and_margins_give_the_box() {
        let cut = |options: &str| {
            let run = transform::<ImageCrop>(place(), &format!("{{from: image, {options}}}"));
            let pixels = run.pixels("image");
            [pixels.width(), pixels.height()]
        };
        assert_eq!(cut("box: [20, 10, 30, 20]"), [10, 10]);
        assert_eq!(cut("box: '[0, 0, image.width / 2, image.height]'"), [30, 40]);
        assert_eq!(cut("box: 'boxes[0]'"), [10, 15]);
        assert_eq!(cut("box: [20, 10, 30, 20], margin: 0.1"), [12, 12]);
        assert_eq!(cut("box: [-5, -5, 100, 20]"), [60, 20]);
    }

    #[test]
    fn a_box_that_sticks_out_or_is_empty_fails() {
        let failed = |options: &str| transform::<ImageCrop>(place(), &format!("{{from: image, {options}}}")).failed();
        assert!(failed("box: [-5, 0, 9, 9], clamp: false").contains("sticks out"));
        assert!(failed("box: [70, 0, 90, 9]").contains("no area inside"));
        assert!(failed("box: [5, 5, 5, 9]").contains("no area inside"));
    }

    #[test]
    fn a_picture_turned_by_exif_is_cut_upright() {
        // Upright, it is 40x60 with its paint at [15, 20, 30, 30].
        let place = Place::new("image: image, b: box").held("image", &jpeg_on_its_side(60, 40, [20, 10, 30, 25]));
        let run =
            transform::<ImageCrop>(place.json("b", json!([15, 20, 30, 30])), "{from: image, box: b, margin: 0.2}");
        let pixels = run.pixels("image");
        assert_eq!((pixels.width(), pixels.height()), (21, 14));
        let found = ink(&pixels);
        let moved = run.value("b").as_box().unwrap().0;
        assert!(found.iter().zip(moved).all(|(a, b)| (a - b).abs() <= 1.0), "{found:?} {moved:?}");
    }

    #[test]
    fn problems_name_their_option() {
        let problems = |config: &str| place().problems::<ImageCrop>(config).join("\n");
        assert!(problems("{from: other, box: head}").contains("in the pixels of `image`"));
        assert!(problems("{from: image, box: head, carry: {boxes: b}}").starts_with("carry:"));
        assert!(problems("{from: image, box: boxes}").contains("expected box"));
        assert!(problems("{from: image, box: [1, 2]}").contains("four numbers"));
        assert!(problems("{from: other, box: [0, 0, 1, 1], into: image}").contains("would be overwritten"));
    }
}
