//! Outlines of glyphs, in em units with y down; each thread keeps those that it used last.

use std::cell::{OnceCell, RefCell};
use std::num::NonZeroUsize;
use std::rc::Rc;

use kurbo::{BezPath, PathEl, Rect, Shape as _};
use lru::LruCache;
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
    /// The box of its ink in em, y down.
    pub bounds: Rect,
    flat: [OnceCell<Contours>; SIZES],
}

/// Closed lines, in em, y down.
type Contours = Vec<Vec<[f64; 2]>>;

/// How many sizes an outline is flattened for, each twice the one before it.
const SIZES: usize = 12;

impl GlyphOutline {
    /// Its contours as straight lines that are nowhere farther than a sixteenth of a pixel from the curve.
    pub(crate) fn contours(&self, pixels_per_em: f64) -> &Contours {
        // For sizes up to 16, 32, 64 ... pixels: what lines there are does not depend on what was drawn before.
        let size = (0..SIZES - 1).find(|size| pixels_per_em <= f64::from(16u32 << size)).unwrap_or(SIZES - 1);
        self.flat[size].get_or_init(|| flatten(&self.path, 1.0 / 16.0 / f64::from(16u32 << size)))
    }
}

fn flatten(path: &BezPath, tolerance: f64) -> Contours {
    let mut contours = Contours::new();
    kurbo::flatten(path, tolerance, |element| match element {
        PathEl::MoveTo(p) => contours.push(vec![[p.x, p.y]]),
        PathEl::LineTo(p) => {
            if let Some(contour) = contours.last_mut() {
                contour.push([p.x, p.y]);
            }
        }
        _ => {}
    });
    contours
}

type Outlines = LruCache<(FaceId, u16), Option<Rc<GlyphOutline>>>;

/// How many glyphs a thread keeps: 5 to 15 kB each, of some 30,000 in all fonts.
const KEPT: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

thread_local! {
    static OUTLINES: RefCell<Outlines> = RefCell::new(LruCache::new(KEPT));
}

/// The outline of a glyph; `None` when it has no ink.
pub(crate) fn outline(face: FaceId, glyph: u16) -> Option<Rc<GlyphOutline>> {
    OUTLINES.with_borrow_mut(|all| all.get_or_insert((face, glyph), || read(face, glyph)).clone())
}

/// The exact box of a glyph's ink in em, y down; `None` when it has none.
pub(crate) fn bounds(face: FaceId, glyph: u16) -> Option<Rect> {
    outline(face, glyph).map(|o| o.bounds)
}

/// A character of a font file as a path, in em units with y down.
#[derive(Clone, Debug)]
pub struct CharacterOutline {
    /// Empty for a space.
    pub path: BezPath,
    /// The exact box of its ink.
    pub bounds: Rect,
    /// How far the next one is.
    pub advance: f64,
}

/// The outline of a character in a font file; `None` when the file is no font or has no glyph for it.
pub fn character_outline(file: &[u8], character: char) -> Option<CharacterOutline> {
    let font = FontRef::new(file).ok()?;
    let glyph = font.charmap().map(character).filter(|g| g.to_u32() != 0)?;
    let advance = font.glyph_metrics(Size::unscaled(), LocationRef::default()).advance_width(glyph).unwrap_or(0.0);
    let path = em_path(&font, glyph)?;
    Some(CharacterOutline { bounds: path.bounding_box(), path, advance: f64::from(advance) / units_per_em(&font) })
}

fn read(face: FaceId, glyph: u16) -> Option<Rc<GlyphOutline>> {
    let path = em_path(&FontRef::new(face.face().data).ok()?, GlyphId::from(glyph))?;
    let bounds = path.bounding_box();
    if path.elements().is_empty() || bounds.width() <= 0.0 || bounds.height() <= 0.0 {
        return None;
    }
    let skia = crate::render::skia_path(&path)?;
    Some(Rc::new(GlyphOutline { path, skia, bounds, flat: Default::default() }))
}

fn units_per_em(font: &FontRef<'_>) -> f64 {
    f64::from(font.metrics(Size::unscaled(), LocationRef::default()).units_per_em)
}

fn em_path(font: &FontRef<'_>, glyph: GlyphId) -> Option<BezPath> {
    let mut pen = EmPen { path: BezPath::new(), scale: 1.0 / units_per_em(font) };
    let outline = font.outline_glyphs().get(glyph)?;
    outline.draw(DrawSettings::unhinted(Size::unscaled(), LocationRef::default()), &mut pen).ok()?;
    Some(pen.path)
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
