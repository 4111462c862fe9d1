//! How documents look.

use serde::{Deserialize, Serialize};
use tamis_draw::Color;

/// Fonts, colours and habits of one document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// Families of running text, the first wanted most.
    pub body: Vec<String>,
    /// Families of headings.
    pub display: Vec<String>,
    /// Families with letters of equal width.
    pub mono: Vec<String>,
    /// Families written by hand.
    pub hand: Vec<String>,
    /// Points per em of running text.
    pub size: f64,
    /// From line to line, in em of free room.
    pub leading: f64,
    /// Between paragraphs, in em.
    pub paragraph_gap: f64,
    /// Lines run from edge to edge.
    pub justify: bool,
    /// The sheet.
    pub paper: Color,
    /// Running text.
    pub ink: Color,
    /// What is less important: captions, headers.
    pub faint: Color,
    /// What stands out: headings, rules, table headers.
    pub accent: Color,
    /// A ground on which both ink and accent can be read.
    pub tint: Color,
    /// What pens write with.
    pub pen: Color,
    /// Lines and grounds of tables.
    pub ruling: Ruling,
}

/// Lines and grounds of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ruling {
    /// Thick lines above and below, a thin one under the header.
    Book,
    /// A line around every cell.
    Grid,
    /// A thin line under each row.
    Rows,
    /// Every second row on a ground, the header on the accent.
    Stripes,
    /// The header on the accent, thin lines below.
    Banner,
    /// None at all.
    Open,
}
