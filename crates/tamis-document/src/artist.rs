//! Who draws what this crate does not: charts, formulas, tables with merged cells, pictures.

use tamis_draw::scene::Node;

use crate::spec::Hole;

/// A scene for a hole.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// What is drawn, its upper left corner at (0, 0); ids need only be unique within it.
    pub node: Node,
    /// Pixels.
    pub width: f64,
    /// Pixels.
    pub height: f64,
    /// From the top down to the baseline, for what stands in a line of text; pixels.
    pub baseline: Option<f64>,
    /// What stands for it in the page's Markdown: `$$x^2$$`, a table; an empty one leaves it out, `None` lets it be
    /// named as a picture.
    pub markdown: Option<String>,
}

/// Draws holes that an outer crate has the means for.
pub trait Artist {
    /// The scene for a hole, no wider and no higher than the hole is (`hole.width * pixels_per_mm` pixels); what is
    /// smaller keeps its size, and the page closes around it. `None` leaves the hole to this crate, which draws all
    /// but charts, tables and formulas.
    fn draw(&mut self, hole: &Hole, pixels_per_mm: f64) -> Option<Drawing>;
}

/// Draws nothing: for documents without charts, formulas and outside tables.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoArtist;

impl Artist for NoArtist {
    fn draw(&mut self, _: &Hole, _: f64) -> Option<Drawing> {
        None
    }
}

impl<F: FnMut(&Hole, f64) -> Option<Drawing>> Artist for F {
    fn draw(&mut self, hole: &Hole, pixels_per_mm: f64) -> Option<Drawing> {
        self(hole, pixels_per_mm)
    }
}
