//! From characters to glyphs: shaping, bidirectional order, fallback between families, line breaks.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use parley::fontique::{Blob, Collection, CollectionOptions, FontInfoOverride, SourceCache};
use parley::style::{FontFamily, FontFamilyName, FontStyle, FontWeight, GenericFamily, OverflowWrap, StyleProperty};
use parley::{FontContext, Layout, LayoutContext};

use crate::text::font::{FaceId, Style};
use crate::text::run::{Glyph, Line};

/// The name by which the shaper knows all of [`FALLBACKS`]: it need not look up each for every line.
const FALLBACK: GenericFamily = GenericFamily::SystemUi;

/// Families that are asked, in this order, for characters that the wanted one lacks.
const FALLBACKS: &[&str] =
    &["DejaVu Sans", "Noto Sans", "Noto Sans CJK SC", "Noto Naskh Arabic", "Noto Sans Devanagari", "Noto Emoji"];

/// One line. Line breaks in the text count as spaces.
pub fn line(text: &str, style: &Style) -> Line {
    let text =
        if text.contains(['\n', '\r', '\t']) { Cow::Owned(text.replace(['\n', '\r', '\t'], " ")) } else { text.into() };
    SHAPER.with_borrow_mut(|shaper| shaper.lines(&text, style, None)).pop().unwrap_or_else(|| empty(style))
}

/// Lines no wider than `width` pixels, broken where the language allows it and inside a word only if it alone is wider.
/// A line break in the text is kept. An empty text has one empty line.
pub fn paragraph(text: &str, style: &Style, width: f64) -> Vec<Line> {
    let mut lines = Vec::new();
    for part in text.split('\n') {
        let part = part.trim_end_matches('\r').replace('\t', " ");
        let broken = SHAPER.with_borrow_mut(|shaper| shaper.lines(&part, style, Some(width)));
        if broken.is_empty() { lines.push(empty(style)) } else { lines.extend(broken) }
    }
    lines
}

fn empty(style: &Style) -> Line {
    Line {
        text: String::new(),
        size: style.size,
        color: style.color,
        glyphs: Vec::new(),
        width: 0.0,
        ascent: 0.8 * style.size,
        descent: 0.2 * style.size,
    }
}

thread_local! {
    static SHAPER: RefCell<Shaper> = RefCell::new(Shaper::new());
}

struct Shaper {
    fonts: FontContext,
    layouts: LayoutContext<()>,
    /// From the identity of a font's bytes to its face.
    faces: HashMap<u64, FaceId>,
}

impl Shaper {
    fn new() -> Shaper {
        let options = CollectionOptions { shared: false, system_fonts: false };
        let mut collection = Collection::new(options);
        let mut faces = HashMap::new();
        for (i, face) in (0u16..).zip(tamis_fonts::faces()) {
            let blob = Blob::new(Arc::new(face.data));
            faces.insert(blob.id(), FaceId(i));
            let style = if face.italic { FontStyle::Italic } else { FontStyle::Normal };
            let named = FontInfoOverride {
                family_name: Some(face.family),
                weight: Some(FontWeight::new(f32::from(face.weight))),
                style: Some(style),
                ..Default::default()
            };
            collection.register_fonts(blob, Some(named));
        }
        let fallbacks: Vec<_> = FALLBACKS.iter().filter_map(|name| collection.family_id(name)).collect();
        collection.set_generic_families(FALLBACK, fallbacks.into_iter());
        let fonts = FontContext { collection, source_cache: SourceCache::default() };
        Shaper { fonts, layouts: LayoutContext::new(), faces }
    }

    fn lines(&mut self, text: &str, style: &Style, width: Option<f64>) -> Vec<Line> {
        // The layout of an empty text has a line whose range is not empty.
        if text.is_empty() {
            return Vec::new();
        }
        let layout = self.layout(text, style, width);
        layout.lines().map(|line| self.line(&line, text, style)).collect()
    }

    fn layout(&mut self, text: &str, style: &Style, width: Option<f64>) -> Layout<()> {
        let wanted = FontFamilyName::Named(Cow::Borrowed(&*style.font.family));
        let families = [wanted, FontFamilyName::Generic(FALLBACK)];
        let mut builder = self.layouts.ranged_builder(&mut self.fonts, text, 1.0, false);
        builder.push_default(StyleProperty::FontFamily(FontFamily::List(Cow::Borrowed(&families))));
        builder.push_default(StyleProperty::FontSize(style.size as f32));
        builder.push_default(StyleProperty::FontWeight(FontWeight::new(f32::from(style.font.weight))));
        let slope = if style.font.italic { FontStyle::Italic } else { FontStyle::Normal };
        builder.push_default(StyleProperty::FontStyle(slope));
        builder.push_default(StyleProperty::LetterSpacing(style.letter_spacing as f32));
        builder.push_default(StyleProperty::OverflowWrap(OverflowWrap::Anywhere));
        let mut layout = builder.build(text);
        layout.break_all_lines(width.map(|w| w as f32));
        layout
    }

    fn line(&self, line: &parley::Line<'_, ()>, text: &str, style: &Style) -> Line {
        let bytes = line.text_range();
        let mut glyphs: Vec<Glyph> = Vec::new();
        let (mut pen, mut ascent, mut descent) = (0.0f64, 0.0f64, 0.0f64);
        for run in line.runs() {
            let face = self.faces.get(&run.font().data.id()).copied().unwrap_or(FaceId(0));
            let metrics = run.font_metrics();
            ascent = ascent.max(f64::from(metrics.ascent));
            descent = descent.max(f64::from(metrics.descent));
            for cluster in run.visual_clusters() {
                let range = cluster.text_range();
                let range = range.start - bytes.start..range.end - bytes.start;
                if cluster.is_ligature_continuation()
                    && let Some(last) = glyphs.last_mut()
                {
                    last.range.end = last.range.end.max(range.end);
                }
                for glyph in cluster.glyphs() {
                    let advance = f64::from(glyph.advance);
                    let (x, y) = (pen + f64::from(glyph.x), f64::from(glyph.y));
                    glyphs.push(Glyph { face, id: glyph.id as u16, x, y, advance, range: range.clone() });
                    pen += advance;
                }
            }
        }
        let metrics = line.metrics();
        let width = f64::from(metrics.advance - metrics.hanging_advance);
        // A line of right-to-left text hangs its trailing space at its left end.
        let first = glyphs.iter().map(|g| g.x).fold(f64::INFINITY, f64::min);
        let visible = text[bytes.clone()].trim_end();
        if line.runs().next().is_some_and(|r| r.is_rtl()) && metrics.hanging_advance > 0.0 && first.is_finite() {
            glyphs.iter_mut().for_each(|g| g.x -= f64::from(metrics.hanging_advance));
        }
        glyphs.retain(|g| g.range.start < visible.len());
        let text = visible.to_string();
        Line { text, size: style.size, color: style.color, glyphs, width, ascent, descent }
    }
}
