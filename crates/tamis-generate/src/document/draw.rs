//! `draw.document`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Transform, Verdict};
use tamis_core::{BBox, Field, Name, Record, StepError, Type, Value};
use tamis_document::spec::{DocumentSpec, Hole};
use tamis_document::truth::PageTruth;
use tamis_document::{Document, Page, lay_out};
use tamis_draw::check::Rules;

use super::artist;
use crate::drawing::{Drawing, Format, Options, quality};
use crate::value::read;

/// Typesets a document and draws its pages: one record for each page.
///
/// Charts, tables and formulas of ours stand in the text. What is said comes from the spec, where it stands from the scene:
/// words, lines and blocks with their boxes and reading order, Markdown, and the fields of forms. Records of pages have
/// the number of the page (from 1) in `page` and how many there are in `pages`. A document is rejected when it cannot be
/// typeset, a page when it could not be read.
///
/// Reads `from`. Writes `into`, and the fields that are named.
///
/// # Example
///
/// ```yaml example
/// steps:
///   - make.document: { kinds: { receipt: 1 }, languages: [en], into: document }
///   - draw.document: { from: document, into: image, words: words, fields: fields, page: page }
/// in: { id: 1 }
/// out: { page: 1 }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DrawDocument {
    /// The spec that `make.document` makes.
    #[serde(default = "document")]
    from: String,
    /// The field for the picture of the page.
    into: String,
    /// The field for all elements of the drawing.
    elements: Option<String>,
    /// The field for the words in reading order: `{text, box, block}`, `block` being the place in the list of blocks.
    words: Option<String>,
    /// The field for the lines in reading order: `{text, box, block}`.
    lines: Option<String>,
    /// The field for the blocks in reading order: `{id, class, text, level, box}`.
    blocks: Option<String>,
    /// The field for what can be looked up: `{name, key, value, box}`.
    fields: Option<String>,
    /// The field for the page as Markdown.
    markdown: Option<String>,
    /// The field for the whole document as Markdown.
    document_markdown: Option<String>,
    /// The field for the number of the page, from 1.
    page: Option<String>,
    /// The field for how many pages there are.
    pages: Option<String>,
    /// `png` (default), `jpeg` or `webp`.
    #[serde(default)]
    format: Format,
    /// Quality of a JPEG, 1 to 100. Default 90.
    #[serde(default = "quality")]
    quality: u8,
}

fn document() -> String {
    "document".into()
}

impl OperatorConfig for DrawDocument {
    const NAME: &'static str = "draw.document";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let from = scope.read("from", &self.from, &Type::Json);
        let elements = self.elements.as_deref();
        let options = Options { into: &self.into, elements, format: self.format, quality: self.quality };
        let drawing = Drawing::bind(scope, options)?;
        let image = drawing.into.clone();
        let mut outputs: Vec<(Name, Output)> = Vec::new();
        let wanted = [
            ("words", &self.words, Output::Words),
            ("lines", &self.lines, Output::Lines),
            ("blocks", &self.blocks, Output::Blocks),
            ("fields", &self.fields, Output::Fields),
            ("markdown", &self.markdown, Output::Markdown),
            ("document_markdown", &self.document_markdown, Output::DocumentMarkdown),
            ("page", &self.page, Output::Page),
            ("pages", &self.pages, Output::Pages),
        ];
        for (at, name, output) in wanted {
            if let Some(name) = name {
                outputs.push((scope.write(at, name, output.field(&image))?, output));
            }
        }
        Bound::transform(Draw { from: from?, drawing, outputs })
    }
}

struct Draw {
    from: FieldRef,
    drawing: Drawing,
    outputs: Vec<(Name, Output)>,
}

impl Transform for Draw {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let laid = read::<DocumentSpec>(&self.from, record).and_then(|spec| {
            let mut artist = |hole: &Hole, scale: f64| artist::draw(&spec, hole, scale);
            lay_out(&spec, &mut artist).map_err(|e| e.to_string())
        });
        let document = match laid {
            Ok(document) => document,
            Err(error) => {
                return Ok(Reject::because("the document cannot be typeset", [("error", Value::text(error))]));
            }
        };
        let mut children = Vec::with_capacity(document.pages.len());
        for (i, page) in document.pages.iter().enumerate() {
            let mut child = record.child(ctx.step, i as u32);
            // Pages stand and fall together: one that cannot be read spoils the document's Markdown.
            if let rejected @ Verdict::Reject(_) = self.page(page, &document, &mut child, ctx)? {
                return Ok(rejected);
            }
            children.push(child);
        }
        Ok(Verdict::Split(children))
    }

    fn touches_pixels(&self) -> bool {
        true
    }
}

impl Draw {
    fn page(
        &self,
        page: &Page,
        document: &Document,
        record: &mut Record,
        ctx: &Context<'_>,
    ) -> Result<Verdict, StepError> {
        for (name, output) in &self.outputs {
            record.set(name, output.value(&page.truth, document));
        }
        let rules = Rules {
            may_overlap: ["stamp", "signature", "watermark"].map(Into::into).to_vec(),
            // Print in documents is small, and white space has no ink.
            ..Rules::default()
        };
        self.drawing.draw(&page.scene, &rules, record, ctx)
    }
}

/// What a field says of a page.
#[derive(Clone, Copy)]
enum Output {
    Words,
    Lines,
    Blocks,
    Fields,
    Markdown,
    DocumentMarkdown,
    Page,
    Pages,
}

impl Output {
    fn field(self, image: &Name) -> Field {
        let structs = |fields: &[(&str, Type)]| {
            Type::list(Type::Struct(fields.iter().map(|(name, ty)| (Name::from(*name), ty.clone())).collect()))
        };
        let placed = [("text", Type::Text), ("box", Type::Box), ("block", Type::Int)];
        let ty = match self {
            Output::Words | Output::Lines => structs(&placed),
            Output::Blocks => structs(&[
                ("id", Type::Text),
                ("class", Type::Text),
                ("text", Type::Text),
                ("level", Type::Int),
                ("box", Type::Box),
            ]),
            Output::Fields => {
                structs(&[("name", Type::Text), ("key", Type::Text), ("value", Type::Text), ("box", Type::Box)])
            }
            Output::Markdown | Output::DocumentMarkdown => return Type::Text.into(),
            Output::Page | Output::Pages => return Type::Int.into(),
        };
        Field::in_frame(ty, image.clone())
    }

    fn value(self, truth: &PageTruth, document: &Document) -> Value {
        match self {
            Output::Words => list(&truth.words, |w| placed(&w.text, w.bbox, w.block)),
            Output::Lines => list(&truth.lines, |l| placed(&l.text, l.bbox, l.block)),
            Output::Blocks => list(&truth.blocks, |b| {
                structure([
                    ("id", Value::text(&*b.id)),
                    ("class", Value::text(b.class.name())),
                    ("text", Value::text(&*b.text)),
                    ("level", Value::Int(i64::from(b.level))),
                    ("box", Value::Box(BBox(b.bbox))),
                ])
            }),
            Output::Fields => list(&truth.fields, |f| {
                structure([
                    ("name", Value::text(&*f.name)),
                    ("key", Value::text(&*f.key)),
                    ("value", Value::text(&*f.value)),
                    ("box", Value::Box(BBox(f.value_bbox))),
                ])
            }),
            Output::Markdown => Value::text(&*truth.markdown),
            Output::DocumentMarkdown => Value::text(&*document.markdown),
            Output::Page => Value::Int(truth.number as i64),
            Output::Pages => Value::Int(truth.total as i64),
        }
    }
}

fn list<T>(items: &[T], value: impl Fn(&T) -> Value) -> Value {
    Value::list(items.iter().map(value).collect())
}

fn placed(text: &str, bbox: [f64; 4], block: usize) -> Value {
    structure([("text", Value::text(text)), ("box", Value::Box(BBox(bbox))), ("block", Value::Int(block as i64))])
}

fn structure<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::map(fields.into_iter().map(|(name, value)| (Name::from(name), value)).collect::<Vec<_>>())
}
