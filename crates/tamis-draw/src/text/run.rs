//! Lines of shaped text: glyphs where they stand, and the boxes of lines, words and glyphs.

use std::ops::Range;

use kurbo::{Affine, Point, Rect};

use crate::color::Color;
use crate::text::font::FaceId;
use crate::text::outline;

/// A shaped line that has not been put anywhere: its baseline starts at (0, 0).
#[derive(Clone, Debug)]
pub struct Line {
    /// The text, in logical order.
    pub text: String,
    /// Pixels per em.
    pub size: f64,
    /// The ink.
    pub color: Color,
    /// From left to right.
    pub glyphs: Vec<Glyph>,
    /// Sum of advances in pixels, trailing spaces left out.
    pub width: f64,
    /// From the baseline up to the font's ascent, in pixels.
    pub ascent: f64,
    /// From the baseline down to the font's descent, in pixels, at least 0.
    pub descent: f64,
}

/// A line of text that stands somewhere.
#[derive(Clone, Debug)]
pub struct TextRun {
    /// The text, in logical order.
    pub text: String,
    /// Pixels per em.
    pub size: f64,
    /// The ink.
    pub color: Color,
    /// From left to right along the baseline.
    pub glyphs: Vec<Glyph>,
    /// Where the baseline starts.
    pub origin: Point,
    /// How the baseline is turned about `origin`: degrees, counter-clockwise.
    pub angle: f64,
}

/// One glyph of a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Glyph {
    /// Of which face.
    pub face: FaceId,
    /// Its number there; 0 is the box shown for a missing character.
    pub id: u16,
    /// Along the baseline from its start, in pixels.
    pub x: f64,
    /// Down from the baseline, in pixels.
    pub y: f64,
    /// How far the next one is, in pixels.
    pub advance: f64,
    /// The bytes of the text it shows.
    pub range: Range<usize>,
}

/// A word of a line: what stands between spaces.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// The bytes of the text.
    pub range: Range<usize>,
    /// Its ink, in the frame of the run's node, corners in reading order from the upper left one.
    pub corners: [Point; 4],
}

/// Which point of a line's box (width by ascent + descent) is put somewhere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Anchor {
    /// 0 the left end, 0.5 the middle, 1 the right end.
    pub x: f64,
    /// Which height.
    pub y: Height,
}

/// Heights of a line that can be anchored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Height {
    /// The baseline.
    Baseline,
    /// The ascent.
    Top,
    /// Half of the way from the baseline to the height of capitals: where digits have their middle.
    Middle,
    /// The descent.
    Bottom,
}

impl Anchor {
    /// Left end of the baseline.
    pub const START: Anchor = Anchor { x: 0.0, y: Height::Baseline };
    /// Middle of the top edge: for texts below something.
    pub const TOP: Anchor = Anchor { x: 0.5, y: Height::Top };
    /// Middle of the bottom edge: for texts above something.
    pub const BOTTOM: Anchor = Anchor { x: 0.5, y: Height::Bottom };
    /// Middle of the left edge: for texts to the right of something.
    pub const LEFT: Anchor = Anchor { x: 0.0, y: Height::Middle };
    /// Middle of the right edge: for texts to the left of something.
    pub const RIGHT: Anchor = Anchor { x: 1.0, y: Height::Middle };
    /// The middle.
    pub const CENTER: Anchor = Anchor { x: 0.5, y: Height::Middle };
}

impl Line {
    /// Ascent and descent together: the height of the line's box in pixels.
    pub fn height(&self) -> f64 {
        self.ascent + self.descent
    }

    /// The line with its `anchor` at `at`, level.
    pub fn at(self, at: impl Into<Point>, anchor: Anchor) -> TextRun {
        self.turned(at, anchor, 0.0)
    }

    /// The line with its `anchor` at `at`, turned about it by degrees counter-clockwise.
    pub fn turned(self, at: impl Into<Point>, anchor: Anchor, angle: f64) -> TextRun {
        let down = match anchor.y {
            Height::Baseline => 0.0,
            Height::Top => self.ascent,
            Height::Middle => CAP_HEIGHT * self.size / 2.0,
            Height::Bottom => -self.descent,
        };
        let shift = turn(angle) * Point::new(-anchor.x * self.width, down);
        let origin = at.into() + shift.to_vec2();
        TextRun { text: self.text, size: self.size, color: self.color, glyphs: self.glyphs, origin, angle }
    }

    /// Whether a character has no glyph in any font.
    pub fn has_missing_glyph(&self) -> bool {
        self.glyphs.iter().any(|g| g.id == 0)
    }

    /// The ink's box around a baseline that starts at (0, 0); `None` when there is none (spaces).
    pub fn ink(&self) -> Option<Rect> {
        ink(&self.glyphs, self.size)
    }
}

/// Height of capitals and digits in em; near enough for all our families to centre a text by.
const CAP_HEIGHT: f64 = 0.715;

/// A turn about (0, 0) by degrees counter-clockwise as the reader sees it (y points down).
pub(crate) fn turn(angle: f64) -> Affine {
    if angle == 0.0 { Affine::IDENTITY } else { Affine::rotate(-angle.to_radians()) }
}

fn ink(glyphs: &[Glyph], size: f64) -> Option<Rect> {
    glyphs.iter().filter_map(|g| g.ink(size)).reduce(|a, b| a.union(b))
}

impl Glyph {
    /// Its ink's box in the frame of the baseline; `None` for a space.
    pub fn ink(&self, size: f64) -> Option<Rect> {
        let em = outline::bounds(self.face, self.id)?;
        Some(Rect::new(self.x + em.x0 * size, self.y + em.y0 * size, self.x + em.x1 * size, self.y + em.y1 * size))
    }
}

impl TextRun {
    /// From the frame of the baseline to the frame of the node.
    pub fn transform(&self) -> Affine {
        Affine::translate(self.origin.to_vec2()) * turn(self.angle)
    }

    /// Whether a character has no glyph in any font.
    pub fn has_missing_glyph(&self) -> bool {
        self.glyphs.iter().any(|g| g.id == 0)
    }

    /// The ink's box in the frame of the baseline; `None` when there is none (spaces).
    pub fn ink(&self) -> Option<Rect> {
        ink(&self.glyphs, self.size)
    }

    /// The words with their boxes.
    pub fn words(&self) -> Vec<Word> {
        let transform = self.transform();
        word_ranges(&self.text)
            .filter_map(|range| {
                let within = |g: &&Glyph| g.range.start >= range.start && g.range.start < range.end;
                let ink = self.glyphs.iter().filter(within).filter_map(|g| g.ink(self.size));
                let corners = corners(ink.reduce(|a, b| a.union(b))?).map(|p| transform * p);
                Some(Word { range, corners })
            })
            .collect()
    }
}

fn word_ranges(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.split_whitespace().map(|word| {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        start..start + word.len()
    })
}

/// The corners of a box from the upper left one, clockwise.
pub(crate) fn corners(rect: Rect) -> [Point; 4] {
    [
        Point::new(rect.x0, rect.y0),
        Point::new(rect.x1, rect.y0),
        Point::new(rect.x1, rect.y1),
        Point::new(rect.x0, rect.y1),
    ]
}
