//! The pair of element and empty rectangle with the highest fill, found without trying all pairs.

use tamis_draw::kurbo::Rect;

use super::layout::Size;

/// An element in a bin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fit {
    /// Its index among the candidates.
    pub candidate: usize,
    /// The bin.
    pub bin: Rect,
    /// Area of the element by area of the bin.
    pub fill: f64,
}

/// The candidate and the bin with the highest fill; `None` when nothing fits anywhere.
///
/// Bins are all rectangles of the unit page with corners on ticks (0, 1 and all edges of `placed`) that overlap no
/// placed element. Equal fills: the first candidate wins, then the first bin by top, left, bottom, right.
///
/// The highest fill of an element is reached in the smallest bin that holds it, so bins are sorted by area and looked
/// through until the fill must be lower than the best seen; this gives what a scan of all pairs gives.
pub(super) fn best_fit(candidates: &[Size], placed: &[Rect]) -> Option<Fit> {
    let narrowest = candidates.iter().map(|c| c.width).fold(f64::INFINITY, f64::min);
    let lowest = candidates.iter().map(|c| c.height).fold(f64::INFINITY, f64::min);
    let bins = Mesh::new(placed).bins(narrowest, lowest);
    let mut best: Option<Fit> = None;
    for (candidate, size) in candidates.iter().enumerate() {
        let floor = best.map_or(0.0, |b| b.fill);
        if let Some((bin, fill)) = smallest_bin(&bins, *size, floor) {
            best = Some(Fit { candidate, bin, fill });
        }
    }
    best
}

/// The bin with the highest fill above `floor` for one element, and the fill.
fn smallest_bin(bins: &[Bin], size: Size, floor: f64) -> Option<(Rect, f64)> {
    let mut found: Option<(&Bin, f64)> = None;
    for bin in bins {
        let fill = size.area() / bin.area;
        if fill <= floor || found.is_some_and(|(_, best)| fill < best) {
            break;
        }
        let holds = size.width <= bin.rect.width() && size.height <= bin.rect.height();
        // Areas that differ may give the same fill after rounding: then the order of the bins decides.
        if holds && found.is_none_or(|(first, _)| bin.order < first.order) {
            found = Some((bin, fill));
        }
    }
    found.map(|(bin, fill)| (bin.rect, fill))
}

struct Bin {
    rect: Rect,
    area: f64,
    order: usize,
}

/// The ticks and, for each cell between them, whether an element covers it.
struct Mesh {
    x: Vec<f64>,
    y: Vec<f64>,
    /// Covered cells above and to the left of each tick crossing (summed-area table).
    covered: Vec<u32>,
}

impl Mesh {
    fn new(placed: &[Rect]) -> Mesh {
        let x = ticks(placed.iter().flat_map(|r| [r.x0, r.x1]));
        let y = ticks(placed.iter().flat_map(|r| [r.y0, r.y1]));
        let mut covered = vec![0u32; x.len() * y.len()];
        for row in 1..y.len() {
            for column in 1..x.len() {
                let cell = Rect::new(x[column - 1], y[row - 1], x[column], y[row]);
                let inside = placed.iter().any(|r| overlap(*r, cell));
                let at = |r: usize, c: usize| covered[r * x.len() + c];
                let sum = at(row - 1, column) + at(row, column - 1) - at(row - 1, column - 1) + u32::from(inside);
                covered[row * x.len() + column] = sum;
            }
        }
        Mesh { x, y, covered }
    }

    /// The free rectangles at least this wide and high, by area, then in the order of a scan.
    fn bins(&self, width: f64, height: f64) -> Vec<Bin> {
        let mut bins = Vec::new();
        for top in 0..self.y.len() {
            for left in 0..self.x.len() {
                // Below the first covered cell of the leftmost strip nothing that starts here is free.
                for bottom in top + 1..self.y.len() {
                    if !self.is_free(top, left, bottom, left + 1) {
                        break;
                    }
                    let tall = self.y[bottom] - self.y[top] >= height;
                    for right in left + 1..self.x.len() {
                        if !self.is_free(top, left, bottom, right) {
                            break;
                        }
                        let rect = Rect::new(self.x[left], self.y[top], self.x[right], self.y[bottom]);
                        if tall && rect.width() >= width {
                            bins.push(Bin { rect, area: rect.width() * rect.height(), order: bins.len() });
                        }
                    }
                }
            }
        }
        bins.sort_by(|a, b| a.area.total_cmp(&b.area).then(a.order.cmp(&b.order)));
        bins
    }

    fn is_free(&self, top: usize, left: usize, bottom: usize, right: usize) -> bool {
        if right >= self.x.len() {
            return false;
        }
        let at = |r: usize, c: usize| self.covered[r * self.x.len() + c];
        at(bottom, right) + at(top, left) == at(top, right) + at(bottom, left)
    }
}

/// 0, 1 and the edges, ascending, each once.
fn ticks(edges: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut ticks: Vec<f64> = [0.0, 1.0].into_iter().chain(edges).collect();
    ticks.sort_by(f64::total_cmp);
    ticks.dedup();
    ticks
}

/// Whether two rectangles share an area; touching is none.
fn overlap(a: Rect, b: Rect) -> bool {
    a.x0.max(b.x0) < a.x1.min(b.x1) && a.y0.max(b.y0) < a.y1.min(b.y1)
}

#[cfg(test)]
pub(super) mod reference {
    use super::*;

    /// The same by trying all pairs, as the paper says it.
    pub(crate) fn best_fit(candidates: &[Size], placed: &[Rect]) -> Option<Fit> {
        let (x, y) = (ticks(placed.iter().flat_map(|r| [r.x0, r.x1])), ticks(placed.iter().flat_map(|r| [r.y0, r.y1])));
        let mut bins = Vec::new();
        for (top, y0) in y.iter().enumerate() {
            for (left, x0) in x.iter().enumerate() {
                for y1 in &y[top + 1..] {
                    for x1 in &x[left + 1..] {
                        let bin = Rect::new(*x0, *y0, *x1, *y1);
                        if placed.iter().all(|r| !overlap(*r, bin)) {
                            bins.push(bin);
                        }
                    }
                }
            }
        }
        let mut best: Option<Fit> = None;
        for (candidate, size) in candidates.iter().enumerate() {
            for bin in &bins {
                let fill = size.area() / (bin.width() * bin.height());
                let fits = size.width <= bin.width() && size.height <= bin.height();
                if fits && best.is_none_or(|b| fill > b.fill) {
                    best = Some(Fit { candidate, bin: *bin, fill });
                }
            }
        }
        best
    }
}
