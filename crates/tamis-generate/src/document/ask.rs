//! `ask.document`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::{Record, StepError, Type, Value};
use tamis_document::Kind;
use tamis_question::ask_world;
use tamis_question::world::{Block, FormField, PageText, View, World};

use crate::questions::{Questions, Wanted};

/// Asks questions of a page whose answers cannot be wrong: fields to look up, reading order, headings, kind of document.
///
/// Reads `from`, `fields` and `blocks` as `draw.document` wrote them, and `elements` if it is named. Writes `into`. A
/// record is rejected when nothing can be asked.
///
/// # Example
///
/// ```yaml example
/// steps:
///   - make.document: { kinds: { receipt: 1 }, languages: [en], into: document }
///   - draw.document: { from: document, into: image, blocks: blocks, fields: fields, markdown: markdown }
///   - ask.document: { from: document, fields: fields, blocks: blocks, into: questions, wanted: { count: 1, choice: 0 } }
/// in: { id: 1 }
/// out: { questions: [ { question: What is the title of the document?, answer: Summit Analytics } ] }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AskDocument {
    /// The spec that `make.document` made.
    #[serde(default = "document")]
    from: String,
    /// What can be looked up on the page.
    fields: String,
    /// The blocks of the page, in reading order.
    blocks: String,
    /// The page as Markdown; then one may be asked to parse the page.
    markdown: Option<String>,
    /// The elements that `draw.document` wrote; then each question has the boxes of those it is read from.
    elements: Option<String>,
    /// The field for the questions.
    #[serde(default = "into")]
    into: String,
    /// Which questions, and how many.
    #[serde(default)]
    wanted: Wanted,
}

fn document() -> String {
    "document".into()
}

fn into() -> String {
    "questions".into()
}

impl OperatorConfig for AskDocument {
    const NAME: &'static str = "ask.document";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let from = scope.read("from", &self.from, &Type::Json);
        let fields = scope.read_any("fields", &self.fields);
        let blocks = scope.read_any("blocks", &self.blocks);
        let markdown = match &self.markdown {
            Some(name) => Some(scope.read("markdown", name, &Type::Text)?),
            None => None,
        };
        let mut questions = Questions::bind(scope, self.wanted, &self.into, self.elements.as_deref())?;
        questions.ask.document_kinds = Kind::ALL.iter().map(|kind| kind.name().to_string()).collect();
        Bound::transform(AskOf { from: from?, fields: fields?, blocks: blocks?, markdown, questions })
    }
}

struct AskOf {
    from: FieldRef,
    fields: FieldRef,
    blocks: FieldRef,
    markdown: Option<FieldRef>,
    questions: Questions,
}

impl Transform for AskOf {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let view = View { charts: Vec::new(), elements: self.questions.ids(record) };
        let asked = ask_world(&self.world(record), &view, &self.questions.ask, &mut ctx.rng(record));
        self.questions.write(asked, record)
    }
}

impl AskOf {
    fn world(&self, record: &Record) -> World {
        let kind = self.from.get(record).get("kind").and_then(Value::as_text).unwrap_or_default();
        let kind = Kind::ALL.into_iter().find(|k| serde_json::to_value(k).is_ok_and(|v| v.as_str() == Some(kind)));
        let blocks = list(self.blocks.get(record), |block| Block {
            role: text(block, "class"),
            text: text(block, "text"),
            element: text(block, "id"),
        });
        let titles: Vec<&Block> = blocks.iter().filter(|b| b.role == "title").collect();
        let title = match titles[..] {
            [title] => Some((title.text.clone(), title.element.clone())),
            _ => None,
        };
        let fields = list(self.fields.get(record), |field| FormField {
            key: text(field, "key"),
            value: text(field, "value"),
            element: text(field, "name"),
        });
        let markdown = self.markdown.as_ref().and_then(|field| field.get(record).as_text());
        World::of_page(PageText {
            title,
            kind: kind.map(|k| k.name().to_string()).unwrap_or_default(),
            blocks,
            fields: fields.into_iter().filter(|f| !f.key.is_empty()).collect(),
            markdown: markdown.map(str::to_string),
        })
    }
}

fn list<T>(value: &Value, item: impl Fn(&Value) -> T) -> Vec<T> {
    value.as_list().unwrap_or_default().iter().map(item).collect()
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_text).unwrap_or_default().to_string()
}
