//! What a document is: everything its pages and its truth are made from.

mod block;
mod class;
mod hole;
mod language;
mod look;
mod table;
pub(crate) mod visit;

use serde::{Deserialize, Serialize};

pub use block::{Align, Block, Column, Inline, Item, Panel, Space, Text, TextStyle, Voice, Width};
pub use class::Class;
pub use hole::{Hole, HoleKind, StampShape};
pub use language::Language;
pub use look::{Look, Ruling};
pub use table::{Cell, Table};

pub use crate::kind::Kind;

/// A document: what it says, how it looks and on which pages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentSpec {
    /// What it is.
    pub kind: Kind,
    /// The language of its texts.
    pub language: Language,
    /// What the irregular is drawn from: handwriting, signatures, pictures.
    pub seed: u64,
    /// What a reader would call it.
    pub title: String,
    /// The sheet.
    pub page: PageSpec,
    /// Fonts, colours, rules.
    pub look: Look,
    /// At the top of each page, in the margin; may hold [`HoleKind::PageNumber`].
    #[serde(default)]
    pub header: Vec<Block>,
    /// At the bottom of each page, in the margin; may hold [`HoleKind::PageNumber`].
    #[serde(default)]
    pub footer: Vec<Block>,
    /// In reading order.
    pub body: Vec<Block>,
    /// What can be looked up in it, in reading order.
    #[serde(default)]
    pub facts: Vec<Fact>,
}

/// The sheet: its size, its margins and how finely it is drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageSpec {
    /// Millimetres.
    pub width: f64,
    /// Millimetres.
    pub height: f64,
    /// Top, right, bottom, left, in millimetres.
    pub margins: [f64; 4],
    /// Pixels per inch.
    pub dpi: f64,
    /// Columns that the body flows through.
    pub columns: u8,
    /// Between columns, in millimetres.
    pub gutter: f64,
}

/// One thing a reader can look up: "Total amount" -> "1.234,50 €".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// What it is, the same in every language: `total`, `due_date`, `applicant/phone`.
    pub name: String,
    /// The label on the page; empty where there is none.
    pub key: String,
    /// What stands on the page.
    pub value: String,
    /// The value as a number, if it is one: amounts in units of the currency, shares in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<f64>,
    /// The id of the text that shows the key; the value's is that of `name` behind `value/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// The id of the text, inline or table cell that shows the value.
    pub value_id: String,
}

impl PageSpec {
    /// Upright A4 at 144 pixels per inch.
    pub fn a4() -> PageSpec {
        PageSpec { width: 210.0, height: 297.0, margins: [22.0, 20.0, 22.0, 20.0], dpi: 144.0, columns: 1, gutter: 6.0 }
    }

    /// Pixels per millimetre.
    pub fn scale(&self) -> f64 {
        self.dpi / 25.4
    }

    /// Width and height in pixels.
    pub fn pixels(&self) -> (u32, u32) {
        ((self.width * self.scale()).round() as u32, (self.height * self.scale()).round() as u32)
    }

    /// Width between the margins, in millimetres.
    pub fn text_width(&self) -> f64 {
        self.width - self.margins[1] - self.margins[3]
    }

    /// Height between the margins, in millimetres.
    pub fn text_height(&self) -> f64 {
        self.height - self.margins[0] - self.margins[2]
    }

    /// Width of one of the page's columns, in millimetres.
    pub fn column_width(&self) -> f64 {
        let n = f64::from(self.columns.max(1));
        (self.text_width() - (n - 1.0) * self.gutter) / n
    }
}
