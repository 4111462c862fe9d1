//! What a formula is, and why one is refused.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tamis_draw::Color;

use super::sample::Level;

/// Most bytes of a formula's LaTeX.
pub const MAX_LATEX: usize = 4000;

/// A formula and how it is drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormulaSpec {
    /// Mathematics in LaTeX, without dollars.
    pub latex: String,
    /// How hard it is to read; `None` for a user's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// What it is about ("algebra", "economics").
    #[serde(default)]
    pub topic: String,
    /// The faces of its symbols.
    #[serde(default)]
    pub typeface: Typeface,
    /// What a hand's wobble is drawn from.
    #[serde(default)]
    pub seed: u64,
    /// Pixels per em, 6 to 400.
    pub size: f64,
    /// The colour of its symbols.
    pub ink: Color,
    /// What it is written on.
    #[serde(default)]
    pub paper: Paper,
    /// The colour of the paper.
    pub ground: Color,
    /// Empty space around it, in em.
    #[serde(default)]
    pub margin: f64,
}

impl FormulaSpec {
    /// Black on white, 32 pixels per em, in the classic face.
    pub fn new(latex: impl Into<String>) -> FormulaSpec {
        FormulaSpec {
            latex: latex.into(),
            level: None,
            topic: String::new(),
            typeface: Typeface::Classic,
            seed: 0,
            size: 32.0,
            ink: Color::BLACK,
            paper: Paper::Plain,
            ground: Color::WHITE,
            margin: 1.0,
        }
    }
}

/// The faces of a formula's symbols.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Typeface {
    /// Computer Modern as KaTeX draws it.
    #[default]
    Classic,
    /// The same, heavier.
    Bold,
    /// Letters and digits without serifs.
    Sans,
    /// Letters and digits of a typewriter.
    Typewriter,
    /// Letters and digits of a Times-like text face.
    Times,
    /// As written with a pen.
    Hand,
    /// As written with a broad marker or chalk.
    Marker,
}

impl Typeface {
    /// All of them.
    pub const ALL: [Typeface; 7] = [
        Typeface::Classic,
        Typeface::Bold,
        Typeface::Sans,
        Typeface::Typewriter,
        Typeface::Times,
        Typeface::Hand,
        Typeface::Marker,
    ];

    /// Whether it imitates writing.
    pub fn is_hand(self) -> bool {
        matches!(self, Typeface::Hand | Typeface::Marker)
    }
}

/// What a formula is written on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Paper {
    /// Nothing.
    #[default]
    Plain,
    /// Level lines.
    Ruled,
    /// Squares.
    Squared,
    /// Dots.
    Dotted,
}

/// Why a formula cannot be drawn.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FormulaError {
    /// Nothing is written.
    #[error("expected a formula, found nothing: write LaTeX such as \\frac{{a}}{{b}}")]
    Empty,
    /// Too long.
    #[error("the formula has {length} bytes, at most {MAX_LATEX} are read: split it")]
    Long {
        /// Bytes found.
        length: usize,
    },
    /// Commands that define, load or link are not mathematics.
    #[error("character {position}: {command} is not read in a formula: write it out (near {near:?})")]
    Forbidden {
        /// Characters before it.
        position: usize,
        /// The command.
        command: String,
        /// What stands there.
        near: String,
    },
    /// It does not parse.
    #[error("character {position}: {message} (near {near:?})")]
    Parse {
        /// Characters before the fault; their number if it is at the end.
        position: usize,
        /// What the parser says.
        message: String,
        /// What stands there.
        near: String,
    },
    /// A character that no face has.
    #[error("no face has a glyph for {character:?}: use a LaTeX command for the symbol")]
    Glyph {
        /// Which.
        character: char,
    },
    /// Nothing of it shows.
    #[error("the formula {latex:?} draws nothing: it has only spaces or empty groups")]
    NoInk {
        /// Its first 60 characters.
        latex: String,
    },
    /// Too large to draw.
    #[error("the formula would be {width:.0} x {height:.0} em, at most {limit:.0} are drawn: split it")]
    Large {
        /// Width in em.
        width: f64,
        /// Height in em.
        height: f64,
        /// Most em of a side.
        limit: f64,
    },
    /// A size that cannot be read or held.
    #[error("a size of {size} pixels per em cannot be drawn: expected 6 to 400")]
    Size {
        /// Pixels per em.
        size: f64,
    },
}
