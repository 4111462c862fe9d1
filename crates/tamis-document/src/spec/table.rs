//! Tables whose cells are texts.

use serde::{Deserialize, Serialize};
use tamis_draw::Color;

use crate::spec::block::{Align, Inline, Width};
use crate::spec::look::Ruling;

/// A table set by the typesetter: it may run over several pages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Unique in the document.
    pub id: String,
    /// Widths and alignments of its columns.
    pub columns: Vec<(Width, Align)>,
    /// How many of the rows are headers; repeated on each page.
    pub header_rows: usize,
    /// Row by row; together with their spans the cells of a row fill its columns.
    pub rows: Vec<Vec<Cell>>,
    /// Points per em.
    pub size: f64,
    /// Lines and grounds.
    pub ruling: Ruling,
    /// From a cell's edge to its text: level and upright, in points.
    pub inset: [f64; 2],
}

/// One cell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// What it says.
    pub inlines: Vec<Inline>,
    /// Columns it covers; at least 1.
    #[serde(default = "one")]
    pub columns: usize,
    /// Bold.
    #[serde(default)]
    pub bold: bool,
    /// Its own ground, over the ruling's.
    #[serde(default)]
    pub fill: Option<Color>,
    /// Its own alignment, over the column's.
    #[serde(default)]
    pub align: Option<Align>,
    /// A line above it, whatever the ruling: width in points.
    #[serde(default)]
    pub line_above: Option<f64>,
}

fn one() -> usize {
    1
}

impl Cell {
    /// A cell with one text.
    pub fn new(text: impl Into<String>) -> Cell {
        Cell { inlines: vec![Inline::Plain(text.into())], columns: 1, ..Cell::default() }
    }

    /// The same in bold.
    pub fn bold(self) -> Cell {
        Cell { bold: true, ..self }
    }

    /// The same over some columns.
    pub fn spanning(self, columns: usize) -> Cell {
        Cell { columns, ..self }
    }

    /// What it says.
    pub fn plain(&self) -> String {
        let mut out = String::new();
        for inline in &self.inlines {
            match inline {
                Inline::Plain(text) | Inline::Styled { text, .. } | Inline::Raised(text) => out.push_str(text),
                Inline::Fill | Inline::Gap(_) | Inline::Break => out.push(' '),
                Inline::Hole(_) => {}
            }
        }
        out
    }
}
