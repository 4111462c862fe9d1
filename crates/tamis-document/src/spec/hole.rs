//! Places in a document that scenes are put into.

use serde::{Deserialize, Serialize};
use tamis_draw::Color;

use crate::spec::class::Class;

/// A place of a wanted size that is drawn by a scene, ours or an [`crate::Artist`]'s.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hole {
    /// Unique in the document.
    pub id: String,
    /// What it is.
    pub class: Class,
    /// What is to be drawn.
    pub kind: HoleKind,
    /// Millimetres; the most there is room for where the drawing has a size of its own.
    pub width: f64,
    /// Millimetres; the most there is room for where the drawing has a size of its own.
    pub height: f64,
}

/// What is drawn into a [`Hole`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HoleKind {
    /// A chart: an [`crate::Artist`]'s.
    Chart {
        /// What the text around it is about.
        topic: String,
    },
    /// A table: an [`crate::Artist`]'s.
    Table {
        /// What the text around it is about.
        topic: String,
    },
    /// A formula: an [`crate::Artist`]'s.
    Formula {
        /// Points per em of the text around it.
        size: f64,
        /// Its ink.
        color: Color,
        /// Whether it stands in a line of text.
        inline: bool,
    },
    /// A picture; drawn here where no [`crate::Artist`] does.
    Picture {
        /// What it shows.
        subject: crate::ink::Subject,
        /// Its colours are drawn from it.
        seed: u64,
    },
    /// The sign of a company.
    Logo {
        /// Its colour.
        color: Color,
        /// Its form is drawn from it.
        seed: u64,
    },
    /// A signature.
    Signature {
        /// Whose.
        name: String,
        /// The ink.
        color: Color,
        /// Its strokes are drawn from it.
        seed: u64,
    },
    /// A stamp.
    Stamp {
        /// Its form.
        shape: StampShape,
        /// In the middle, from the top down.
        lines: Vec<String>,
        /// Around the middle, for a ring.
        around: String,
        /// The ink.
        color: Color,
        /// Degrees, counter-clockwise.
        angle: f64,
    },
    /// A box to tick.
    Check {
        /// Whether it is ticked.
        checked: bool,
        /// The ink of the tick.
        color: Color,
        /// The tick's strokes are drawn from it.
        seed: u64,
    },
    /// The number of the page; `{n}` and `{total}` stand for numbers.
    PageNumber {
        /// For example "Page {n} of {total}".
        pattern: String,
        /// Points per em.
        size: f64,
        /// The ink.
        color: Color,
        /// Where it stands in the hole.
        align: super::Align,
    },
    /// Bars that stand for a number.
    Barcode {
        /// What they stand for (Code 128, set B): printable ASCII.
        text: String,
    },
}

/// The form of a stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StampShape {
    /// Two circles with text between them.
    Ring,
    /// A frame with rounded corners.
    Frame,
    /// Two frames, one in the other.
    DoubleFrame,
}
