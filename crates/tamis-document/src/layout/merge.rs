//! Puts together what the typesetter takes apart: it starts a new run wherever the font changes or a mark is raised.

use tamis_draw::text::{Glyph, TextRun};

use crate::typeset::SourcePlace;

/// Whether the second run goes on where the first ends, on the same line and alike in size and colour.
pub(crate) fn goes_on(first: &TextRun, second: &TextRun) -> bool {
    let end = first.origin.x + first.glyphs.iter().map(|g| g.advance).sum::<f64>();
    let shift = (second.origin.y - first.origin.y).abs();
    first.size == second.size
        && first.color == second.color
        && (second.origin.x - end).abs() < 0.02
        && shift < 0.6 * first.size
}

/// One run of several that go on from one another: clusters in reading order, each once.
pub(crate) fn merged(runs: Vec<(TextRun, Vec<SourcePlace>)>) -> Option<(TextRun, Vec<SourcePlace>)> {
    if runs.len() == 1 {
        return runs.into_iter().next();
    }
    // Marks are raised or lowered against their letters, which most glyphs are.
    let longest = runs.iter().max_by_key(|r| r.0.glyphs.len())?;
    let (x, y) = (runs.first()?.0.origin.x, longest.0.origin.y);
    let (size, color, angle) = (longest.0.size, longest.0.color, longest.0.angle);
    let mut clusters: Vec<(SourcePlace, String)> = Vec::new();
    for (run, source) in &runs {
        let texts = run.glyphs.iter().map(|g| run.text[g.range.clone()].to_string());
        clusters.extend(source.iter().copied().zip(texts));
    }
    clusters.sort_by_key(|c| c.0);
    clusters.dedup_by_key(|c| c.0);
    let mut text = String::new();
    let mut ranges = Vec::with_capacity(clusters.len());
    for (_, cluster) in &clusters {
        ranges.push(text.len()..text.len() + cluster.len());
        text.push_str(cluster);
    }
    let (mut glyphs, mut places) = (Vec::new(), Vec::new());
    for (run, source) in runs {
        let (dx, dy) = (run.origin.x - x, run.origin.y - y);
        for (glyph, place) in run.glyphs.into_iter().zip(source) {
            let at = clusters.binary_search_by_key(&place, |c| c.0).ok()?;
            glyphs.push(Glyph { x: glyph.x + dx, y: glyph.y + dy, range: ranges[at].clone(), ..glyph });
            places.push(place);
        }
    }
    Some((TextRun { text, size, color, glyphs, origin: (x, y).into(), angle }, places))
}
