//! Outlines of glyphs, in em units with y down; made once for each thread.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use kurbo::{BezPath, Rect, Shape as _};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::prelude::{LocationRef, Size};
use skrifa::{FontRef, GlyphId, MetadataProvider};

use crate::text::font::FaceId;

/// What is known of one glyph.
pub(crate) struct GlyphOutline {
    /// In em, y down.
    pub path: BezPath,
    /// The same for the renderer.
    pub skia: tiny_skia::Path,
    bounds: Rect,
}

type Outlines = HashMap<(FaceId, u16), Option<Rc<GlyphOutline>>>;

thread_local! {
    static OUTLINES: RefCell<Outlines> = RefCell::default();
}

/// The outline of a glyph; `None` when it has no ink.
pub(crate) fn outline(face: FaceId, glyph: u16) -> Option<Rc<GlyphOutline>> {
    OUTLINES.with_borrow_mut(|all| all.entry((face, glyph)).or_insert_with(|| read(face, glyph)).clone())
}

/// The exact box of a glyph's ink in em, y down; `None` when it has none.
pub(crate) fn bounds(face: FaceId, glyph: u16) -> Option<Rect> {
    outline(face, glyph).map(|o| o.bounds)
}

fn read(face: FaceId, glyph: u16) -> Option<Rc<GlyphOutline>> {
    let font = FontRef::new(face.face().data).ok()?;
    let em = f64::from(font.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
    let mut pen = EmPen { path: BezPath::new(), scale: 1.0 / em };
    let outline = font.outline_glyphs().get(GlyphId::from(glyph))?;
    outline.draw(DrawSettings::unhinted(Size::unscaled(), LocationRef::default()), &mut pen).ok()?;
    let bounds = pen.path.bounding_box();
    if pen.path.elements().is_empty() || bounds.width() <= 0.0 || bounds.height() <= 0.0 {
        return None;
    }
    let skia = crate::render::skia_path(&pen.path)?;
    Some(Rc::new(GlyphOutline { path: pen.path, skia, bounds }))
}

struct EmPen {
    path: BezPath,
    scale: f64,
}

impl EmPen {
    fn point(&self, x: f32, y: f32) -> (f64, f64) {
        (f64::from(x) * self.scale, -f64::from(y) * self.scale)
    }
}

impl OutlinePen for EmPen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.move_to(self.point(x, y));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.path.line_to(self.point(x, y));
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.path.quad_to(self.point(cx, cy), self.point(x, y));
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        self.path.curve_to(self.point(ax, ay), self.point(bx, by), self.point(x, y));
    }

    fn close(&mut self) {
        self.path.close_path();
    }
}
