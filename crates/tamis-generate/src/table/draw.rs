//! `draw.table`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Transform, Verdict};
use tamis_core::{BBox, Field, Name, Record, StepError, Type, Value};
use tamis_draw::check::Rules;
use tamis_page::table::{CellBox, Room, TableSpec, draw_table, html, latex, markdown_flat};

use crate::drawing::{Drawing, Format, Options, quality};
use crate::value::read;

/// Draws a table, and writes it as HTML, LaTeX and Markdown.
///
/// `cells` lists the cells in reading order with the box of their place in the grid, rows and columns they cover and
/// what they are: `{row, column, rows, columns, kind, text, box}`. Markdown knows no merged cells: their text is repeated
/// in each place.
///
/// Reads `from`. Writes `into`, and the fields that are named.
///
/// # Example
///
/// ```yaml example
/// step: { draw.table: { from: table, into: image, cells: cells, html: html, markdown: markdown } }
/// types: { table: json }
/// in:
///   table:
///     rows: [head, body]
///     columns: [ { align: start }, { align: end } ]
///     stub: 1
///     cells:
///       - { row: 0, column: 0, text: Club }
///       - { row: 0, column: 1, text: Medals }
///       - { row: 1, column: 0, text: Isar }
///       - { row: 1, column: 1, text: "4", number: { value: 4 } }
/// out: { markdown: "| Club | Medals |\n| :--- | ---: |\n| Isar | 4 |\n" }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DrawTable {
    /// The spec that `make.table` makes.
    #[serde(default = "table")]
    from: String,
    /// The field for the picture.
    into: String,
    /// The field for all elements of the drawing.
    elements: Option<String>,
    /// The field for the cells.
    cells: Option<String>,
    /// The field for the table as HTML.
    html: Option<String>,
    /// The field for the table as LaTeX.
    latex: Option<String>,
    /// The field for the table as Markdown.
    markdown: Option<String>,
    /// Texts wrap so that the table is no wider than this, in pixels, if words allow it. Default 1100.
    #[serde(default = "width")]
    width: f64,
    /// `png` (default), `jpeg` or `webp`.
    #[serde(default)]
    format: Format,
    /// Quality of a JPEG, 1 to 100. Default 90.
    #[serde(default = "quality")]
    quality: u8,
}

fn table() -> String {
    "table".into()
}

fn width() -> f64 {
    Room::default().width
}

/// Writes a table in one notation.
type Write = fn(&TableSpec) -> String;

impl OperatorConfig for DrawTable {
    const NAME: &'static str = "draw.table";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let from = scope.read("from", &self.from, &Type::Json);
        if !(100.0..=8000.0).contains(&self.width) {
            scope.problem("width", format!("expected 100 to 8000 pixels, found {}", self.width));
        }
        let elements = self.elements.as_deref();
        let options = Options { into: &self.into, elements, format: self.format, quality: self.quality };
        let drawing = Drawing::bind(scope, options)?;
        let cells = match &self.cells {
            Some(name) => Some(scope.write("cells", name, Field::in_frame(cell_type(), drawing.into.clone()))?),
            None => None,
        };
        let mut texts: Vec<(Name, Write)> = Vec::new();
        let wanted: [(&str, &Option<String>, Write); 3] =
            [("html", &self.html, html), ("latex", &self.latex, latex), ("markdown", &self.markdown, markdown_flat)];
        for (at, name, write) in wanted {
            if let Some(name) = name {
                texts.push((scope.write(at, name, Type::Text)?, write));
            }
        }
        Bound::transform(Draw { from: from?, drawing, cells, texts, width: self.width })
    }
}

struct Draw {
    from: FieldRef,
    drawing: Drawing,
    cells: Option<Name>,
    texts: Vec<(Name, Write)>,
    width: f64,
}

impl Transform for Draw {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let room = Room { width: self.width, ..Room::default() };
        let drawn = read::<TableSpec>(&self.from, record)
            .and_then(|table| Ok((draw_table(&table, &room).map_err(|e| e.to_string())?, table)));
        let (drawn, table) = match drawn {
            Ok(drawn) => drawn,
            Err(error) => return Ok(Reject::because("the table cannot be drawn", [("error", Value::text(error))])),
        };
        for (name, write) in &self.texts {
            record.set(name, Value::text(write(&table)));
        }
        if let Some(name) = &self.cells {
            record.set(name, Value::list(drawn.cells.iter().map(cell).collect()));
        }
        self.drawing.draw(&drawn.scene, &Rules::default(), record, ctx)
    }

    fn touches_pixels(&self) -> bool {
        true
    }
}

fn cell_type() -> Type {
    let fields = [
        ("row", Type::Int),
        ("column", Type::Int),
        ("rows", Type::Int),
        ("columns", Type::Int),
        ("kind", Type::Text),
        ("text", Type::Text),
        ("box", Type::Box),
    ];
    Type::list(Type::Struct(fields.into_iter().map(|(name, ty)| (Name::from(name), ty)).collect()))
}

fn cell(cell: &CellBox) -> Value {
    let kind = serde_json::to_value(cell.kind).map_or(Value::Null, |json| Value::from_plain_json(&json));
    let fields = [
        ("row", Value::Int(cell.row as i64)),
        ("column", Value::Int(cell.column as i64)),
        ("rows", Value::Int(cell.row_span as i64)),
        ("columns", Value::Int(cell.column_span as i64)),
        ("kind", kind),
        ("text", Value::text(&*cell.text)),
        ("box", Value::Box(BBox(cell.bbox))),
    ];
    Value::map(fields.into_iter().map(|(name, value)| (Name::from(name), value)).collect::<Vec<_>>())
}
