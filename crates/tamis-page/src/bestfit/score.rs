//! How good a layout is.

use tamis_draw::kurbo::Rect;

/// How far elements are from sharing an edge or a middle line with another, the mean over the elements of a unit page;
/// lower is better, 0 for a single element.
///
/// `min(g(dxL), g(dxC), g(dxR), g(dyT), g(dyC), g(dyB))` with `g(x) = -ln(1 - x)`, each distance to the nearest other
/// element (arXiv:2410.12628, after LayoutGAN++). The paper's 0.0009 fits the mean over elements after the rescale.
pub fn align(rects: &[Rect]) -> f64 {
    if rects.len() < 2 {
        return 0.0;
    }
    let lines: Vec<[f64; 6]> = rects.iter().map(lines).collect();
    let cost = |i: usize| {
        let others = lines.iter().enumerate().filter(|(j, _)| *j != i);
        let distances = others.flat_map(|(_, other)| (0..6).map(|k| (lines[i][k] - other[k]).abs()));
        let nearest = distances.fold(f64::INFINITY, f64::min);
        -(1.0 - nearest).max(f64::MIN_POSITIVE).ln()
    };
    (0..rects.len()).map(cost).sum::<f64>() / rects.len() as f64
}

/// The sum of the elements' areas by that of the unit page; higher is better.
pub fn density(rects: &[Rect]) -> f64 {
    rects.iter().map(|r| r.area()).sum()
}

fn lines(r: &Rect) -> [f64; 6] {
    let centre = r.center();
    [r.x0, centre.x, r.x1, r.y0, centre.y, r.y1]
}
