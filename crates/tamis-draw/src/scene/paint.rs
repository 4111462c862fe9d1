//! What shapes are filled and stroked with.

use kurbo::Point;

use crate::color::Color;

/// What an area is filled with.
#[derive(Clone, Debug, PartialEq)]
pub enum Paint {
    /// One colour.
    Solid(Color),
    /// Colours along a line.
    Gradient(Gradient),
    /// Lines or dots over a colour.
    Hatch(Hatch),
}

impl From<Color> for Paint {
    fn from(color: Color) -> Paint {
        Paint::Solid(color)
    }
}

impl Paint {
    /// The colour a reader would name: the solid one, the middle of a gradient, the lines of a hatch without ground.
    pub fn main_color(&self) -> Color {
        match self {
            Paint::Solid(color) => *color,
            Paint::Gradient(g) => g.from_color.mix(g.to_color, 0.5),
            Paint::Hatch(h) => h.ground.unwrap_or(h.color),
        }
    }

    /// Whether any of it can be seen.
    pub fn is_visible(&self) -> bool {
        match self {
            Paint::Solid(color) => color.a > 0,
            Paint::Gradient(g) => g.from_color.a > 0 || g.to_color.a > 0,
            Paint::Hatch(h) => h.color.a > 0 || h.ground.is_some_and(|c| c.a > 0),
        }
    }
}

/// A linear gradient between two points of the node's own frame; beyond them the end colours go on.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient {
    /// Where the first colour is reached.
    pub from: Point,
    /// Where the second colour is reached.
    pub to: Point,
    /// The first colour.
    pub from_color: Color,
    /// The second colour.
    pub to_color: Color,
}

/// A regular pattern; its phase is fixed to the node's own frame, so equal nodes look equal.
#[derive(Clone, Debug, PartialEq)]
pub struct Hatch {
    /// Which pattern.
    pub kind: HatchKind,
    /// The colour of lines or dots.
    pub color: Color,
    /// The colour between them, if any.
    pub ground: Option<Color>,
    /// Distance from line to line or dot to dot, in pixels.
    pub spacing: f64,
    /// Width of the lines, diameter of the dots, in pixels.
    pub width: f64,
}

/// The patterns of [`Hatch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HatchKind {
    /// Lines rising to the right.
    Rising,
    /// Lines falling to the right.
    Falling,
    /// Both diagonals.
    Crossed,
    /// Level lines.
    Horizontal,
    /// Upright lines.
    Vertical,
    /// Level and upright lines.
    Grid,
    /// Dots.
    Dots,
}

/// How an outline is stroked; half of the width lies on each side of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Stroke {
    /// The colour.
    pub color: Color,
    /// Width in pixels, above 0.
    pub width: f64,
    /// Lengths of dashes and gaps in turn, in pixels; empty for an unbroken line.
    pub dashes: Vec<f64>,
    /// The form of the ends.
    pub cap: Cap,
    /// The form of the corners.
    pub join: Join,
}

impl Stroke {
    /// An unbroken line with butt ends and mitred corners.
    pub fn new(color: Color, width: f64) -> Stroke {
        Stroke { color, width, dashes: Vec::new(), cap: Cap::Butt, join: Join::Miter }
    }

    /// The same line broken into dashes and gaps (pixels).
    pub fn dashed(mut self, dashes: &[f64]) -> Stroke {
        self.dashes = dashes.to_vec();
        self
    }

    /// The same line with round ends and corners.
    pub fn round(mut self) -> Stroke {
        (self.cap, self.join) = (Cap::Round, Join::Round);
        self
    }
}

/// Ends of a stroke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cap {
    /// Cut off at the end point.
    Butt,
    /// A half circle beyond it.
    Round,
    /// A half square beyond it.
    Square,
}

/// Corners of a stroke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// Pointed (limit 4, then cut).
    Miter,
    /// Round.
    Round,
    /// Cut.
    Bevel,
}
