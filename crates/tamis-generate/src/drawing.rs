//! From a scene to fields of a record: the picture, and the truth of where everything is.

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::Scope;
use tamis_core::media::MediaKind;
use tamis_core::operator::{Context, Reject, Verdict};
use tamis_core::{BBox, Field, Name, Polygon, Record, StepError, Type, Value};
use tamis_draw::check::{self, Rules};
use tamis_draw::render;
use tamis_draw::scene::{Element, Pixels, Scene};

/// How a drawn picture is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// without loss
    #[default]
    Png,
    /// smaller, with loss
    Jpeg,
    /// without loss, smaller than PNG, slower
    Webp,
}

pub(crate) fn quality() -> u8 {
    90
}

/// What the config of a drawing step says of its results.
pub(crate) struct Options<'o> {
    pub into: &'o str,
    pub elements: Option<&'o str>,
    pub format: Format,
    pub quality: u8,
}

/// The fields that a drawing step writes, bound.
pub(crate) struct Drawing {
    pub into: Name,
    elements: Option<Name>,
    format: Format,
    quality: u8,
}

impl Drawing {
    pub(crate) fn bind(scope: &mut Scope<'_>, options: Options<'_>) -> Option<Drawing> {
        let Options { into, elements, format, quality } = options;
        if !(1..=100).contains(&quality) {
            scope.problem("quality", format!("expected 1 to 100, found {quality}"));
        }
        let into = scope.write("into", into, Type::Image)?;
        let elements = match elements {
            Some(name) => Some(scope.write("elements", name, Field::in_frame(element_type(), into.clone()))?),
            None => None,
        };
        Some(Drawing { into, elements, format, quality })
    }

    /// Draws a scene into the record, or rejects the record because of what nobody could read.
    pub(crate) fn draw(
        &self,
        scene: &Scene,
        rules: &Rules,
        record: &mut Record,
        ctx: &Context<'_>,
    ) -> Result<Verdict, StepError> {
        if let Some(reject) = fault(scene, rules) {
            return Ok(reject);
        }
        let Some(pixels) = render::pixels(scene) else {
            let size = Value::text(format!("{} x {}", scene.width, scene.height));
            return Ok(Reject::because("a picture of this size cannot be drawn", [("size", size)]));
        };
        record.set(&self.into, self.store(&pixels, ctx)?);
        if let Some(name) = &self.elements {
            record.set(name, Value::list(scene.elements().iter().map(element).collect()));
        }
        Ok(Verdict::Pass)
    }

    /// Pixels as a picture.
    pub(crate) fn store(&self, pixels: &Pixels, ctx: &Context<'_>) -> Result<Value, StepError> {
        let file = match self.format {
            Format::Png => render::png(pixels),
            Format::Jpeg => render::jpeg(pixels, self.quality),
            Format::Webp => render::webp(pixels),
        };
        let file = file.map_err(|e| StepError::field(&self.into, e.to_string()))?;
        Ok(ctx.made(MediaKind::Image, file))
    }
}

/// The rejection of a scene with a fault; `None` for a good one.
pub(crate) fn fault(scene: &Scene, rules: &Rules) -> Option<Verdict> {
    let faults = check::faults(scene, rules);
    let first = faults.first()?;
    let values = [("fault", Value::text(first.to_string())), ("faults", Value::Int(faults.len() as i64))];
    Some(Reject::because(format!("the drawing cannot be read: {}", first.kind.name()), values))
}

/// `{id, role, text?, box, polygon?}`: a polygon only where the box is not upright.
fn element_type() -> Type {
    let fields = [
        ("id", Type::Text),
        ("role", Type::Text),
        ("text", Type::optional(Type::Text)),
        ("box", Type::Box),
        ("polygon", Type::optional(Type::Polygon)),
    ];
    Type::list(Type::Struct(fields.into_iter().map(|(name, ty)| (Name::from(name), ty)).collect()))
}

fn element(element: &Element) -> Value {
    let b = element.bbox;
    let polygon = || Polygon(element.corners.iter().map(|p| [hundredth(p.x), hundredth(p.y)]).collect());
    let upright = element.corners[0].y == element.corners[1].y && element.corners[0].x < element.corners[1].x;
    Value::map(vec![
        (Name::from("id"), Value::text(&*element.id)),
        (Name::from("role"), Value::text(&*element.role)),
        (Name::from("text"), element.text.as_deref().map_or(Value::Null, Value::text)),
        (Name::from("box"), Value::Box(BBox([b.x0, b.y0, b.x1, b.y1].map(hundredth)))),
        (Name::from("polygon"), if upright { Value::Null } else { Value::Polygon(polygon().into()) }),
    ])
}

/// Coordinates are written to a hundredth of a pixel.
fn hundredth(x: f64) -> f64 {
    (x * 100.0).round() / 100.0
}
