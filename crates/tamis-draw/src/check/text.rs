//! Missing glyphs, sizes, and text that is cut off.

use kurbo::Rect;

use crate::check::{FaultKind, Rules};
use crate::scene::{Content, Leaf};

/// How much of a text's box may be beyond an edge, in pixels: less than antialiasing shows.
const SLACK: f64 = 0.5;

pub(super) fn faults(leaf: &Leaf<'_>, rules: &Rules) -> Vec<FaultKind> {
    let Content::Text(run) = &leaf.node.content else { return Vec::new() };
    let mut faults = Vec::new();
    if run.has_missing_glyph() {
        faults.push(FaultKind::MissingGlyph(run.text.clone()));
    }
    let [a, b, ..] = leaf.to.as_coeffs();
    let size = run.size * a.hypot(b);
    if size < rules.least_size {
        faults.push(FaultKind::SmallText(size));
    }
    let may_be_cut = rules.may_be_cut.contains(&leaf.node.role);
    if let (Some(ink), Some(seen)) = (leaf.ink, leaf.seen)
        && sticks_out(ink, seen)
        && !may_be_cut
    {
        faults.push(FaultKind::ClippedText);
    }
    faults
}

fn sticks_out(ink: Rect, seen: Rect) -> bool {
    seen.x0 - ink.x0 > SLACK || seen.y0 - ink.y0 > SLACK || ink.x1 - seen.x1 > SLACK || ink.y1 - seen.y1 > SLACK
}
