//! Rectangles of given areas that fill a rectangle.

use tamis_draw::kurbo::Rect;

/// One rectangle for each value, of areas in proportion, as square as can be: "Squarified Treemaps" (Bruls, Huizing,
/// van Wijk, 2000). Values are laid from large to small from the upper left corner; the result is in the order given.
/// Values that are not above 0 get an empty rectangle.
pub fn squarify(values: &[f64], room: Rect) -> Vec<Rect> {
    let mut order: Vec<usize> = (0..values.len()).filter(|i| values[*i] > 0.0 && values[*i].is_finite()).collect();
    order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    let total: f64 = order.iter().map(|i| values[*i]).sum();
    let mut rects = vec![Rect::from_origin_size(room.origin(), (0.0, 0.0)); values.len()];
    if total <= 0.0 || room.area() <= 0.0 {
        return rects;
    }
    let scale = room.area() / total;
    let mut left = room;
    let mut rest = &order[..];
    while !rest.is_empty() {
        let side = left.width().min(left.height());
        let area = |i: &usize| values[*i] * scale;
        let mut row = 1;
        let (mut sum, largest) = (area(&rest[0]), area(&rest[0]));
        let mut worst = worst_ratio(sum, largest, largest, side);
        while row < rest.len() {
            let next = area(&rest[row]);
            let ratio = worst_ratio(sum + next, largest, next, side);
            if ratio > worst {
                break;
            }
            (sum, worst, row) = (sum + next, ratio, row + 1);
        }
        let is_last = row == rest.len();
        left = lay_row(&rest[..row], &mut rects, left, sum, is_last, area);
        rest = &rest[row..];
    }
    rects
}

/// The worst ratio of sides in a row of this area along a side.
fn worst_ratio(sum: f64, largest: f64, smallest: f64, side: f64) -> f64 {
    let (s, w) = (sum * sum, side * side);
    (w * largest / s).max(s / (w * smallest))
}

/// Lays a row along the shorter side; gives what is left.
fn lay_row(
    row: &[usize],
    rects: &mut [Rect],
    left: Rect,
    sum: f64,
    is_last: bool,
    area: impl Fn(&usize) -> f64,
) -> Rect {
    let upright = left.width() >= left.height();
    let side = if upright { left.height() } else { left.width() };
    // The last row takes all there is, so that no rounding leaves a gap.
    let depth = if is_last { left.area() / side } else { sum / side };
    let mut at = if upright { left.y0 } else { left.x0 };
    for i in row {
        let length = area(i) / sum * side;
        rects[*i] = if upright {
            Rect::new(left.x0, at, left.x0 + depth, at + length)
        } else {
            Rect::new(at, left.y0, at + length, left.y0 + depth)
        };
        at += length;
    }
    if upright { Rect { x0: left.x0 + depth, ..left } } else { Rect { y0: left.y0 + depth, ..left } }
}
