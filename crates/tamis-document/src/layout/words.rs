//! From placed glyphs to fragments of words: what stands between spaces within one run and one element.

use kurbo::{Affine, Point, Rect};
use tamis_draw::text::TextRun;

/// A word, or the part of one that a single run shows.
#[derive(Clone, Debug)]
pub(crate) struct Fragment {
    /// What is read: clusters with where in the source each was written, in reading order.
    ///
    /// A mark that stands higher than its letter comes as a run of its own with the same cluster.
    pub clusters: Vec<((u32, u32), String)>,
    /// Its ink, in pixels of the page.
    pub bbox: Rect,
    /// Its ink's corners, where it is turned.
    pub corners: Option<[Point; 4]>,
    /// Of the source: the innermost element.
    pub region: usize,
    /// Where in the source it was written; grows in reading order.
    pub key: (u32, u32),
    /// No space stands before it in its run.
    pub glued_before: bool,
    /// No space stands after it in its run.
    pub glued_after: bool,
    /// Height of the baseline on the page, in pixels.
    pub baseline: f64,
    /// Pixels per em.
    pub size: f64,
}

/// The fragments of a run that stands at `transform`; `regions` and `source` are those of its glyphs.
pub(crate) fn fragments(run: &TextRun, transform: Affine, regions: &[usize], source: &[(u32, u32)]) -> Vec<Fragment> {
    let place = transform * run.transform();
    let mut order: Vec<usize> = (0..run.glyphs.len()).collect();
    order.sort_by_key(|i| (run.glyphs[*i].range.start, *i));
    let mut out: Vec<Fragment> = Vec::new();
    let mut i = 0;
    while i < order.len() {
        let first = order[i];
        if is_blank(run, first) {
            i += 1;
            continue;
        }
        let end = (i..order.len())
            .find(|j| is_blank(run, order[*j]) || regions[order[*j]] != regions[first])
            .unwrap_or(order.len());
        out.extend(fragment(run, place, &order[i..end], regions[first], source));
        if let Some(last) = out.last_mut() {
            last.glued_before = i == 0 || !is_blank(run, order[i - 1]);
            last.glued_after = end == order.len() || !is_blank(run, order[end]);
        }
        i = end;
    }
    out
}

fn is_blank(run: &TextRun, glyph: usize) -> bool {
    run.text[run.glyphs[glyph].range.clone()].chars().all(char::is_whitespace)
}

fn fragment(run: &TextRun, place: Affine, glyphs: &[usize], region: usize, source: &[(u32, u32)]) -> Option<Fragment> {
    let mut clusters: Vec<((u32, u32), String)> = Vec::new();
    for glyph in glyphs {
        let key = source[*glyph];
        if clusters.last().is_none_or(|c| c.0 != key) {
            clusters.push((key, run.text[run.glyphs[*glyph].range.clone()].to_string()));
        }
    }
    clusters.sort_by_key(|c| c.0);
    let ink = glyphs.iter().filter_map(|g| run.glyphs[*g].ink(run.size)).reduce(|a, b| a.union(b))?;
    let turned = run.angle != 0.0 || place.as_coeffs()[1] != 0.0;
    let corners =
        [(ink.x0, ink.y0), (ink.x1, ink.y0), (ink.x1, ink.y1), (ink.x0, ink.y1)].map(|p| place * Point::from(p));
    Some(Fragment {
        key: clusters.first()?.0,
        clusters,
        bbox: place.transform_rect_bbox(ink),
        corners: turned.then_some(corners),
        region,
        glued_before: false,
        glued_after: false,
        baseline: (place * Point::ORIGIN).y,
        size: run.size,
    })
}
