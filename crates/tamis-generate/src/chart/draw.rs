//! `draw.chart`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_chart::scene;
use tamis_chart::spec::Figure;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Transform, Verdict};
use tamis_core::{Name, Record, StepError, Type, Value};
use tamis_draw::check::Rules;

use crate::chart::seen::Seen;
use crate::chart::summary::summary;
use crate::drawing::{Drawing, Format, Options, quality};
use crate::value::{read, to_value};

/// Draws the charts of a spec, and says where each of their elements is.
///
/// Pixels come from the scene, the scene from the spec: the same spec gives the same bytes. `elements` lists every mark,
/// label, line and area with its exact box: `{id, role, text, box, polygon}`, such as `chart.0/mark/1.3` for the fourth
/// datum of the second series. A record is rejected when its spec cannot be drawn, or when the drawing could not be
/// read: a missing glyph, clipped text, labels over one another, text below 6 pixels or below a contrast of 3:1.
///
/// Reads `from`. Writes `into`, and `elements`, `view` and `summary` where they are named.
///
/// # Example
///
/// ```yaml example
/// step: { draw.chart: { from: figure, into: image, elements: elements, summary: summary } }
/// types: { figure: json }
/// in:
///   figure:
///     size: [640, 480]
///     grid: [1, 1]
///     look: { name: matplotlib, seed: 1 }
///     scenario: { theme: Sports, story: Medals at the regatta. }
///     charts:
///       - kind: bar
///         title: Medals by club
///         table:
///           columns:
///             - { name: Club, cells: { type: text, values: [Alster, Isar] } }
///             - { name: Medals, unit: { additive: true }, cells: { type: number, values: [5, 4] } }
///         encodings: [ { channel: x, column: Club }, { channel: y, column: Medals } ]
/// out:
///   image: 640x480
///   summary: "## Medals by club\n\n- type: bar chart\n\n| Club | Medals |\n| --- | ---: |\n| Alster | 5 |\n| Isar | 4 |"
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DrawChart {
    /// The spec: what `make.chart` makes, or a model wrote in the same form.
    #[serde(default = "figure")]
    from: String,
    /// The field for the picture.
    into: String,
    /// The field for the elements.
    elements: Option<String>,
    /// The field for what a reader can see of scales and colours, which `ask.chart` wants.
    view: Option<String>,
    /// The field for a structured summary in Markdown: titles, kind, axes, series, and the data as a table where a reader
    /// could write them down.
    summary: Option<String>,
    /// `png` (default), `jpeg` or `webp`.
    #[serde(default)]
    format: Format,
    /// Quality of a JPEG, 1 to 100. Default 90.
    #[serde(default = "quality")]
    quality: u8,
}

fn figure() -> String {
    "figure".into()
}

impl OperatorConfig for DrawChart {
    const NAME: &'static str = "draw.chart";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let from = scope.read("from", &self.from, &Type::Json);
        let elements = self.elements.as_deref();
        let options = Options { into: &self.into, elements, format: self.format, quality: self.quality };
        let drawing = Drawing::bind(scope, options);
        let view = match &self.view {
            Some(name) => Some(scope.write("view", name, Type::Json)?),
            None => None,
        };
        let summary = match &self.summary {
            Some(name) => Some(scope.write("summary", name, Type::Text)?),
            None => None,
        };
        Bound::transform(Draw { from: from?, drawing: drawing?, view, summary })
    }
}

struct Draw {
    from: FieldRef,
    drawing: Drawing,
    view: Option<Name>,
    summary: Option<Name>,
}

impl Transform for Draw {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let drawn = read::<Figure>(&self.from, record)
            .and_then(|figure| Ok((scene(&figure).map_err(|e| e.to_string())?, figure)));
        let (drawn, figure) = match drawn {
            Ok(drawn) => drawn,
            Err(error) => return Ok(Reject::because("the chart cannot be drawn", [("error", Value::text(error))])),
        };
        if let Some(name) = &self.view {
            record.set(name, to_value(name, &Seen::of(&drawn))?);
        }
        if let Some(name) = &self.summary {
            record.set(name, Value::text(summary(&figure)));
        }
        self.drawing.draw(&drawn.scene, &Rules::default(), record, ctx)
    }

    fn touches_pixels(&self) -> bool {
        true
    }
}
