//! The content tree: blocks, which flow down the page, and inlines, which flow along lines.

use serde::{Deserialize, Serialize};
use tamis_draw::Color;

use crate::spec::class::Class;
use crate::spec::hole::Hole;
use crate::spec::table::Table;

/// Part of a document, from small to large.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Block {
    /// A paragraph, heading, caption: one text of one class.
    Text(Text),
    /// Items below each other.
    List {
        /// In order; each has an id of its own.
        items: Vec<Item>,
        /// How far the text stands in from the markers' edge, in points.
        indent: f64,
        /// Between items, in points.
        gap: f64,
    },
    /// A table.
    Table(Table),
    /// What scenes draw: a chart, a picture, a formula, a signature.
    Hole(Hole, Align),
    /// Blocks side by side.
    Row {
        /// From the reading direction's start to its end.
        columns: Vec<Column>,
        /// Between them, in millimetres.
        gap: f64,
        /// Where shorter columns stand.
        align: Align,
    },
    /// Blocks that flow through columns of their own.
    Columns {
        /// How many.
        count: u8,
        /// Between them, in millimetres.
        gutter: f64,
        /// In order.
        blocks: Vec<Block>,
    },
    /// Blocks on a coloured or framed ground.
    Panel(Panel),
    /// Blocks that stay on one page.
    Together(Vec<Block>),
    /// Over the whole width of a page of several columns, at its top.
    Spanning(Vec<Block>),
    /// At the foot of the column it is written in.
    Footnote(Text),
    /// A level line.
    Rule {
        /// Its width in points.
        width: f64,
        /// Its colour.
        color: Color,
        /// Of the width there is, 0 to 1.
        length: f64,
    },
    /// Empty room.
    Space(Space),
    /// The next block starts a page.
    PageBreak,
    /// The next block starts a column.
    ColumnBreak,
}

/// Empty room above the next block.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Space {
    /// Points.
    Points(f64),
    /// What is left of the page, shared out in proportion.
    Share(f64),
}

/// A text that is one block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Unique in the document.
    pub id: String,
    /// What it is.
    pub class: Class,
    /// Level of a heading, from 1; 0 for all else.
    #[serde(default)]
    pub level: u8,
    /// What it says.
    pub inlines: Vec<Inline>,
    /// How it is set.
    pub style: TextStyle,
}

/// One item of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Bullet or number; part of what is read.
    pub marker: String,
    /// What it says.
    pub text: Text,
}

/// One of the columns of a [`Block::Row`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// How wide.
    pub width: Width,
    /// What stands in it.
    pub blocks: Vec<Block>,
    /// How its blocks stand in it.
    pub align: Align,
}

/// How wide a column is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Width {
    /// As wide as what it holds.
    Auto,
    /// Millimetres.
    Fixed(f64),
    /// Of what is left, in proportion.
    Share(f64),
}

/// A ground with blocks on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Panel {
    /// Behind the blocks.
    pub fill: Option<Color>,
    /// Around them: colour and width in points.
    pub stroke: Option<(Color, f64)>,
    /// Of these sides only (top, right, bottom, left).
    pub sides: [bool; 4],
    /// Radius of the corners in points.
    pub radius: f64,
    /// From the edge to the blocks: level and upright, in points.
    pub inset: [f64; 2],
    /// Height in millimetres; as high as the blocks where there is none.
    pub height: Option<f64>,
    /// Over the whole sheet's width, margins and all.
    pub bleed: bool,
    /// What stands on it.
    pub blocks: Vec<Block>,
}

/// How a text is set; sizes are in points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextStyle {
    /// Points per em.
    pub size: f64,
    /// Which of the look's fonts.
    pub voice: Voice,
    /// 400 is regular, 700 bold.
    pub weight: u16,
    /// Slanted.
    pub italic: bool,
    /// The ink; the look's where there is none.
    pub color: Option<Color>,
    /// Where lines stand.
    pub align: Align,
    /// Extra space between letters, in em.
    pub tracking: f64,
    /// Room above, in points; the larger of two neighbours' rooms counts.
    pub above: f64,
    /// Room below, in points.
    pub below: f64,
    /// From the start of the line to the start of the first line's text, in em.
    pub first_indent: f64,
    /// Stays with the block that follows.
    pub sticky: bool,
}

/// Which of a look's fonts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Voice {
    /// Running text.
    Body,
    /// Headings.
    Display,
    /// Letters of equal width.
    Mono,
    /// Written by hand.
    Hand,
}

/// Where something stands in the room it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Align {
    /// Where lines start in the language.
    Start,
    /// In the middle.
    Center,
    /// Where lines end in the language.
    End,
    /// From edge to edge.
    Justify,
    /// At the bottom (of a row).
    Bottom,
}

/// Part of a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Inline {
    /// Characters.
    Plain(String),
    /// Characters set apart.
    Styled {
        /// What it says.
        text: String,
        /// Bold.
        #[serde(default)]
        bold: bool,
        /// Slanted.
        #[serde(default)]
        italic: bool,
        /// Written by hand.
        #[serde(default)]
        hand: bool,
        /// Another ink.
        #[serde(default)]
        color: Option<Color>,
        /// A name for it and what it is: a key, a value.
        #[serde(default)]
        mark: Option<(String, Class)>,
    },
    /// Raised and small: "2" in m².
    Raised(String),
    /// What a scene draws, standing on the line.
    Hole(Hole),
    /// Room along the line that takes what is left.
    Fill,
    /// Room along the line, in em.
    Gap(f64),
    /// A new line.
    Break,
}

impl Text {
    /// What it says, holes left out.
    pub fn plain(&self) -> String {
        self.inlines
            .iter()
            .map(|i| match i {
                Inline::Plain(text) | Inline::Styled { text, .. } | Inline::Raised(text) => text.as_str(),
                Inline::Fill | Inline::Gap(_) | Inline::Break => " ",
                Inline::Hole(_) => "",
            })
            .collect()
    }
}

impl Inline {
    /// Bold characters.
    pub fn bold(text: impl Into<String>) -> Inline {
        Inline::Styled { text: text.into(), bold: true, italic: false, hand: false, color: None, mark: None }
    }

    /// Slanted characters.
    pub fn italic(text: impl Into<String>) -> Inline {
        Inline::Styled { text: text.into(), bold: false, italic: true, hand: false, color: None, mark: None }
    }

    /// Characters with a name.
    pub fn marked(id: impl Into<String>, class: Class, text: impl Into<String>) -> Inline {
        let mark = Some((id.into(), class));
        Inline::Styled { text: text.into(), bold: false, italic: false, hand: false, color: None, mark }
    }
}
