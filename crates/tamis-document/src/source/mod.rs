//! From the spec to typst source: what is set, and which byte of the source belongs to which element.

mod flow;
mod table;
mod write;

use kurbo::Rect;
use tamis_draw::Color;

use crate::artist::Drawing;
use crate::layout::Drawings;
use crate::spec::{Class, DocumentSpec};

/// A written source and what its bytes mean.
pub(crate) struct Source {
    /// Typst.
    pub text: String,
    /// Elements in the order they are written: parents before children.
    pub regions: Vec<Region>,
    /// From which byte on which region is the innermost one.
    bounds: Vec<(u32, usize)>,
    /// What the numbers of markers stand for.
    pub markers: Vec<Marker>,
}

/// An element whose text stands together in the source.
#[derive(Debug)]
pub(crate) struct Region {
    /// As in the spec; cells of tables are `table/rRcC`.
    pub id: String,
    /// What it is.
    pub class: Class,
    /// The block it is, or is in.
    pub block: usize,
    /// The element whose lines are its lines: a text, a list item, a cell.
    pub unit: usize,
    /// Level of a heading.
    pub level: u8,
    /// Bullet or number of a list item.
    pub marker: String,
    /// Written by hand.
    pub hand: bool,
    /// Drawn by a scene, in a line of text.
    pub is_inline_hole: bool,
}

/// What a marked rectangle is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Marker {
    /// A cell of a table, with its ground.
    Cell {
        /// Its region.
        region: usize,
        /// What is painted there.
        fill: Option<Color>,
    },
    /// The hole of this region.
    Hole {
        /// Its region.
        region: usize,
    },
}

impl Source {
    /// The innermost region of a byte of the source.
    pub(crate) fn region(&self, position: u32) -> Option<usize> {
        let after = self.bounds.partition_point(|(start, _)| *start <= position);
        let region = self.bounds.get(after.checked_sub(1)?)?.1;
        (region != OUTSIDE).then_some(region)
    }
}

const OUTSIDE: usize = usize::MAX;

/// Writes a document; `drawings` are those of its holes, by id, in pixels.
pub(crate) fn write(spec: &DocumentSpec, drawings: &Drawings<'_>) -> Source {
    let mut writer = write::Writer::new(spec, drawings);
    writer.document();
    writer.finish()
}

/// The size of a drawing in points.
pub(crate) fn points(drawing: &Drawing, spec: &DocumentSpec) -> Rect {
    let scale = 72.0 / spec.page.dpi;
    Rect::new(0.0, 0.0, drawing.width * scale, drawing.height * scale)
}
