//! Outlines of symbols: KaTeX's fonts, and text faces for letters and digits in other typefaces.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::LazyLock;

use ratex_font::{FontId, katex_ttf_glyph_char};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::prelude::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};
use tamis_draw::kurbo::{BezPath, Rect, Shape};

use super::spec::Typeface;

/// The outline of a symbol in em, y down, its origin on the baseline.
pub(super) struct Glyph {
    pub path: BezPath,
    pub bounds: Rect,
    /// How far the next symbol is, in em.
    pub advance: f64,
}

const KATEX: [&str; 19] = [
    "AMS-Regular",
    "Caligraphic-Regular",
    "Fraktur-Regular",
    "Fraktur-Bold",
    "Main-Bold",
    "Main-BoldItalic",
    "Main-Italic",
    "Main-Regular",
    "Math-BoldItalic",
    "Math-Italic",
    "SansSerif-Bold",
    "SansSerif-Italic",
    "SansSerif-Regular",
    "Script-Regular",
    "Size1-Regular",
    "Size2-Regular",
    "Size3-Regular",
    "Size4-Regular",
    "Typewriter-Regular",
];

static FILES: LazyLock<Vec<Option<Cow<'static, [u8]>>>> =
    LazyLock::new(|| KATEX.iter().map(|name| ratex_katex_fonts::ttf_bytes(&format!("KaTeX_{name}.ttf"))).collect());

type Found = BTreeMap<(String, u32), Option<Rc<Glyph>>>;

thread_local! {
    static GLYPHS: RefCell<Found> = const { RefCell::new(BTreeMap::new()) };
}

/// The outline of a character as the layout names it: a KaTeX face ("Math-Italic") and a code point.
pub(super) fn katex(face: &str, code: u32) -> Option<Rc<Glyph>> {
    let read = || {
        let id = FontId::parse(face)?;
        let file = FILES[KATEX.iter().position(|name| *name == face)?].as_ref()?;
        outline(file, katex_ttf_glyph_char(id, code))
    };
    GLYPHS.with_borrow_mut(|all| all.entry((face.to_string(), code)).or_insert_with(|| read().map(Rc::new)).clone())
}

/// The outline of a character in a face of `tamis-fonts`; `None` when the family or the glyph is not there.
pub(super) fn text(family: &str, italic: bool, code: u32) -> Option<Rc<Glyph>> {
    let read = || {
        let faces = tamis_fonts::faces();
        let face = faces.iter().find(|f| f.family == family && f.italic == italic && f.weight == 400)?;
        outline(face.data, char::from_u32(code)?)
    };
    let key = (format!("{family}/{italic}"), code);
    GLYPHS.with_borrow_mut(|all| all.entry(key).or_insert_with(|| read().map(Rc::new)).clone())
}

/// The outline that a typeface has in place of a KaTeX letter or digit, if it has one.
pub(super) fn substitute(typeface: Typeface, face: &str, code: u32) -> Option<Rc<Glyph>> {
    let italic = face == "Math-Italic";
    let plain = italic || face == "Main-Regular";
    let character = char::from_u32(code)?;
    if !plain || !(character.is_ascii_alphanumeric() || is_greek(character)) {
        return None;
    }
    match typeface {
        Typeface::Sans if character.is_ascii() => {
            katex(if italic { "SansSerif-Italic" } else { "SansSerif-Regular" }, code)
        }
        Typeface::Sans => text("DejaVu Sans", italic, code),
        Typeface::Typewriter if character.is_ascii() => katex("Typewriter-Regular", code),
        Typeface::Times => ["Tinos", "STIX Two Text", "Libertinus Serif", "Liberation Serif"]
            .iter()
            .find_map(|family| text(family, italic, code)),
        _ => None,
    }
}

fn is_greek(c: char) -> bool {
    ('\u{391}'..='\u{3c9}').contains(&c)
}

fn outline(file: &[u8], character: char) -> Option<Glyph> {
    let font = FontRef::new(file).ok()?;
    let glyph = font.charmap().map(character).filter(|g| g.to_u32() != 0)?;
    let em = f64::from(font.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
    let advance = font.glyph_metrics(Size::unscaled(), LocationRef::default()).advance_width(glyph);
    let mut pen = EmPen { path: BezPath::new(), scale: 1.0 / em };
    let settings = DrawSettings::unhinted(Size::unscaled(), LocationRef::default());
    font.outline_glyphs().get(glyph)?.draw(settings, &mut pen).ok()?;
    let bounds = pen.path.bounding_box();
    Some(Glyph { path: pen.path, bounds, advance: f64::from(advance.unwrap_or(0.0)) / em })
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
