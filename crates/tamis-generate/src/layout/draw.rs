//! `draw.page`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Transform, Verdict};
use tamis_core::{BBox, Field, Name, Polygon, Record, StepError, Type, Value};
use tamis_draw::check::Rules;
use tamis_page::bestfit::{PageElement, PageSpec, Source, SpecError, scene};

use super::pages::Pages;
use crate::drawing::{Drawing, Format, Options, quality};
use crate::value::read;

/// Draws a packed page: elements drawn by us or cut out of annotated pages, each stretched to its box on white.
///
/// `elements` lists them in the order in which they were placed: `{label, class_id, box, polygon, source, variant}`. The
/// label is the name of the class, `class_id` its number, the polygon the four corners of the box from the upper left one,
/// clockwise. `source` says what is shown: `table/12` is the thirteenth table that we draw, `page.png#3` the fourth region of
/// that page. `variant` is 0 for the original, else the number of the augmented variant. `tamis export --to yolo` writes
/// them as polygons.
///
/// Reads `from`. Writes `into`, and `elements` if it is named.
///
/// # Example
///
/// ```yaml example
/// step: { draw.page: { from: layout, into: image, elements: elements } }
/// types: { layout: json }
/// in:
///   layout:
///     width: 120
///     height: 80
///     seed: 1
///     elements:
///       - class_id: 23
///         class: figure
///         box: [10, 10, 110, 70]
///         source: { drawn: { instance: 0, size: [200, 120] } }
///         variant: 0
/// out:
///   image: 120x80
///   elements: [ { label: figure, class_id: 23, box: [10, 10, 110, 70], source: figure/0, variant: 0 } ]
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DrawPage {
    /// The spec that `make.layout` makes.
    #[serde(default = "layout")]
    from: String,
    /// The field for the picture.
    into: String,
    /// The field for the elements.
    elements: Option<String>,
    /// The table with annotated pages, the same as for `make.layout`.
    pages: Option<String>,
    /// `png` (default), `jpeg` or `webp`.
    #[serde(default)]
    format: Format,
    /// Quality of a JPEG, 1 to 100. Default 90.
    #[serde(default = "quality")]
    quality: u8,
}

fn layout() -> String {
    "layout".into()
}

impl OperatorConfig for DrawPage {
    const NAME: &'static str = "draw.page";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let from = scope.read("from", &self.from, &Type::Json);
        let pages = self.pages.as_ref().map(|name| Pages::bind(scope, name));
        let options = Options { into: &self.into, elements: None, format: self.format, quality: self.quality };
        let drawing = Drawing::bind(scope, options)?;
        let elements = match &self.elements {
            Some(name) => Some(scope.write("elements", name, Field::in_frame(element_type(), drawing.into.clone()))?),
            None => None,
        };
        let pages = match pages {
            Some(pages) => Some(pages?),
            None => None,
        };
        Bound::transform(Draw { from: from?, pages, drawing, elements })
    }
}

struct Draw {
    from: FieldRef,
    pages: Option<Pages>,
    drawing: Drawing,
    elements: Option<Name>,
}

/// Why a page is not drawn: what is wrong with its spec rejects the record, the rest fails it.
enum Fault {
    Spec(String),
    Step(StepError),
}

impl From<SpecError> for Fault {
    fn from(error: SpecError) -> Fault {
        Fault::Spec(error.to_string())
    }
}

impl Transform for Draw {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        match self.page(record, ctx) {
            Ok(verdict) => Ok(verdict),
            Err(Fault::Spec(error)) => Ok(Reject::because("the page cannot be drawn", [("error", Value::text(error))])),
            Err(Fault::Step(error)) => Err(error),
        }
    }

    fn touches_pixels(&self) -> bool {
        true
    }
}

impl Draw {
    fn page(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, Fault> {
        let spec: PageSpec = read(&self.from, record).map_err(Fault::Spec)?;
        let mut files = Vec::new();
        let scene = scene(&spec, |page, rect| {
            let Some(pages) = &self.pages else {
                return Err(Fault::Spec("its elements are cut out of pages; name their table with `pages`".into()));
            };
            if pages.table(ctx).is_none() {
                return Err(Fault::Spec(pages.not_given()));
            }
            let (pixels, file) = pages.crop(page, rect, ctx).map_err(Fault::Step)?;
            files.push(file);
            Ok(pixels)
        })?;
        if let Some(name) = &self.elements {
            let mut files = files.into_iter();
            let elements = spec.elements.iter().map(|element| {
                let source = match element.source {
                    Source::Drawn { instance, .. } => format!("{}/{instance}", element.class),
                    Source::Crop { region, .. } => format!("{}#{region}", files.next().unwrap_or_default()),
                };
                value(element, source)
            });
            record.set(name, Value::list(elements.collect()));
        }
        self.drawing.draw(&scene, &Rules::default(), record, ctx).map_err(Fault::Step)
    }
}

fn element_type() -> Type {
    let fields = [
        ("label", Type::Text),
        ("class_id", Type::Int),
        ("box", Type::Box),
        ("polygon", Type::Polygon),
        ("source", Type::Text),
        ("variant", Type::Int),
    ];
    Type::list(Type::Struct(fields.into_iter().map(|(name, ty)| (Name::from(name), ty)).collect()))
}

fn value(element: &PageElement, source: String) -> Value {
    let [x0, y0, x1, y1] = element.bbox.map(f64::from);
    let corners = [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];
    let fields = [
        ("label", Value::text(&*element.class)),
        ("class_id", Value::Int(element.class_id as i64)),
        ("box", Value::Box(BBox([x0, y0, x1, y1]))),
        ("polygon", Value::Polygon(Polygon(corners.into()).into())),
        ("source", Value::text(source)),
        ("variant", Value::Int(i64::from(element.variant))),
    ];
    Value::map(fields.into_iter().map(|(name, value)| (Name::from(name), value)).collect::<Vec<_>>())
}
