//! What is known of a page: words, lines, blocks in reading order, tables, fields, Markdown.
//!
//! Boxes are `[x0, y0, x1, y1]` in pixels of the page, tight around ink.

mod assemble;
mod markdown;
mod read;
mod table;

use kurbo::Rect;
use serde::{Deserialize, Serialize};

pub(crate) use assemble::assemble;
pub(crate) use markdown::document as document_markdown;

use crate::spec::Class;

/// What is known of one page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageTruth {
    /// From 1.
    pub number: usize,
    /// Of all pages.
    pub total: usize,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// In reading order; headers first, footnotes and footers last.
    pub blocks: Vec<Block>,
    /// In reading order.
    pub lines: Vec<Line>,
    /// In reading order.
    pub words: Vec<Word>,
    /// Those set by the typesetter; a part of one that runs over pages.
    pub tables: Vec<Table>,
    /// What can be looked up on this page.
    pub fields: Vec<Field>,
    /// The page's text, page furniture left out.
    pub markdown: String,
}

/// A block, or the part of one that stands on the page in one column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// As in the spec, and in the scene. Parts in different columns share it.
    pub id: String,
    /// What it is.
    pub class: Class,
    /// Its ink.
    pub bbox: [f64; 4],
    /// What is read of it on this page: lines joined, words broken at line ends made whole.
    pub text: String,
    /// Level of a heading, from 1; 0 for all else.
    pub level: u8,
    /// It begins in an earlier column or on an earlier page.
    pub continued: bool,
}

/// A line of a text, list item or cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Its words with one space between them.
    pub text: String,
    /// Its ink.
    pub bbox: [f64; 4],
    /// Place in the list of blocks.
    pub block: usize,
    /// Places in the list of words: from the first to behind the last.
    pub words: std::ops::Range<usize>,
}

/// What stands between spaces. In languages without spaces: a whole line between its marks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// What is read; with a hyphen where it is broken at a line's end.
    pub text: String,
    /// Its ink.
    pub bbox: [f64; 4],
    /// Its ink's corners, where it is turned; in reading order from the upper left one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corners: Option<[[f64; 2]; 4]>,
    /// Place in the list of blocks.
    pub block: usize,
    /// Place in the list of lines; none for words within drawings.
    pub line: Option<usize>,
    /// Written by hand.
    #[serde(default)]
    pub hand: bool,
}

/// A table, or the rows of one that are on the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// As in the spec.
    pub id: String,
    /// Place in the list of blocks.
    pub block: usize,
    /// Of all cells, whether they have ink or not.
    pub bbox: [f64; 4],
    /// Row by row.
    pub cells: Vec<Cell>,
    /// With `thead`, `tbody` and `colspan`.
    pub html: String,
    /// A `tabular` with `\multicolumn`.
    pub latex: String,
    /// Cells over several columns are followed by empty ones.
    pub markdown: String,
}

/// A cell on the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// From 0, in the whole table.
    pub row: usize,
    /// From 0.
    pub column: usize,
    /// Columns it covers.
    pub columns: usize,
    /// It is a header.
    pub header: bool,
    /// What it says.
    pub text: String,
    /// The cell's own box, from line to line.
    pub bbox: [f64; 4],
}

/// Something to look up, on the page it stands on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// The same in every language.
    pub name: String,
    /// The label on the page; empty where there is none.
    pub key: String,
    /// What stands on the page.
    pub value: String,
    /// The value as a number, if it is one.
    pub number: Option<f64>,
    /// Where the label is.
    pub key_bbox: Option<[f64; 4]>,
    /// Where the value is.
    pub value_bbox: [f64; 4],
}

pub(crate) fn array(rect: Rect) -> [f64; 4] {
    [rect.x0, rect.y0, rect.x1, rect.y1]
}
