//! Handwriting: words of a hand font, each a little off.

use kurbo::Affine;
use tamis_core::rng::Rng;
use tamis_draw::text::{Glyph, TextRun};

/// The words of a run, each turned, raised and scaled a little, its letters dancing on the baseline.
///
/// Glyphs keep their order and their bytes of the text: `source` is cut along with them.
pub(crate) fn scatter(run: &TextRun, source: &[(u32, u32)], rng: &mut Rng) -> Vec<(TextRun, Vec<(u32, u32)>)> {
    let mut words = Vec::new();
    let mut start = 0;
    while start < run.glyphs.len() {
        let is_space = |g: &Glyph| run.text[g.range.clone()].trim().is_empty();
        if is_space(&run.glyphs[start]) {
            start += 1;
            continue;
        }
        let end = run.glyphs[start..].iter().position(is_space).map_or(run.glyphs.len(), |n| start + n);
        words.push((word(run, start, end, rng), source[start..end].to_vec()));
        start = end;
    }
    words
}

fn word(run: &TextRun, start: usize, end: usize, rng: &mut Rng) -> TextRun {
    let glyphs = &run.glyphs[start..end];
    let bytes =
        glyphs.iter().map(|g| g.range.start).min().unwrap_or(0)..glyphs.iter().map(|g| g.range.end).max().unwrap_or(0);
    let scale = rng.range(0.97, 1.04);
    let left = glyphs.first().map_or(0.0, |g| g.x);
    let mut drift = 0.0;
    let glyphs = glyphs
        .iter()
        .map(|g| {
            drift = 0.6 * drift + rng.range(-0.018, 0.018) * run.size;
            Glyph {
                x: (g.x - left) * scale,
                y: g.y + drift,
                advance: g.advance * scale,
                range: g.range.start - bytes.start..g.range.end - bytes.start,
                ..g.clone()
            }
        })
        .collect();
    let lift = rng.range(-0.04, 0.04) * run.size;
    TextRun {
        text: run.text[bytes].to_string(),
        size: run.size * scale,
        color: run.color,
        glyphs,
        origin: Affine::translate((left, lift)) * run.origin,
        angle: rng.range(-1.4, 1.4),
    }
}
