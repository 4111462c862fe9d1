//! Regions of a field above a level, by marching squares.

use std::collections::BTreeMap;

/// Heights on a grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Where the columns are, rising.
    pub xs: Vec<f64>,
    /// Where the rows are, rising.
    pub ys: Vec<f64>,
    /// Heights row by row: `values[row * xs.len() + column]`.
    pub values: Vec<f64>,
}

/// A closed line; the region lies to its left (y up). Points are x, y; the last joins the first.
pub type Ring = Vec<[f64; 2]>;

impl Grid {
    /// The grid of scattered rows of a full grid; `None` when a place is missing.
    pub fn of(points: impl IntoIterator<Item = [f64; 3]>) -> Option<Grid> {
        let points: Vec<[f64; 3]> = points.into_iter().collect();
        let axis = |i: usize| {
            let mut at: Vec<f64> = points.iter().map(|p| p[i]).collect();
            at.sort_by(f64::total_cmp);
            at.dedup();
            at
        };
        let (xs, ys) = (axis(0), axis(1));
        let mut values = vec![f64::NAN; xs.len() * ys.len()];
        for [x, y, value] in &points {
            let column = xs.partition_point(|v| v < x);
            let row = ys.partition_point(|v| v < y);
            values[row * xs.len() + column] = *value;
        }
        let full = !values.is_empty() && values.iter().all(|v| v.is_finite());
        full.then_some(Grid { xs, ys, values })
    }

    /// The height at a column and a row.
    pub fn at(&self, column: usize, row: usize) -> f64 {
        self.values[row * self.xs.len() + column]
    }

    /// The lowest and the highest height.
    pub fn ends(&self) -> [f64; 2] {
        self.values.iter().fold([f64::INFINITY, f64::NEG_INFINITY], |[l, h], v| [l.min(*v), h.max(*v)])
    }
}

/// An edge of the padded grid that a contour crosses: from a corner to the right (0) or up (1).
type Crossing = (usize, usize, u8);

/// The closed lines around everything that is at least as high as `level`. Heights between corners are linear; a saddle
/// is decided by the mean of its four corners. Beyond the grid lies nothing, so that regions end at its border. Holes
/// run the other way round: the non-zero rule fills regions as they are.
pub fn regions(grid: &Grid, level: f64) -> Vec<Ring> {
    let (w, h) = (grid.xs.len() + 2, grid.ys.len() + 2);
    let height = |c: usize, r: usize| {
        let inside = (1..w - 1).contains(&c) && (1..h - 1).contains(&r);
        if inside { grid.at(c - 1, r - 1) } else { f64::NEG_INFINITY }
    };
    let mut next: BTreeMap<Crossing, Crossing> = BTreeMap::new();
    for r in 0..h - 1 {
        for c in 0..w - 1 {
            let corners = [height(c, r), height(c + 1, r), height(c + 1, r + 1), height(c, r + 1)];
            for (from, to) in segments(corners, level) {
                next.insert(edge(c, r, from), edge(c, r, to));
            }
        }
    }
    let mut rings = Vec::new();
    while let Some((&start, _)) = next.iter().next() {
        let mut ring = Vec::new();
        let mut at = start;
        while let Some(to) = next.remove(&at) {
            let point = place(grid, &height, at, level);
            if ring.last() != Some(&point) {
                ring.push(point);
            }
            at = to;
        }
        if ring.first() == ring.last() && ring.len() > 1 {
            ring.pop();
        }
        if ring.len() > 2 {
            rings.push(ring);
        }
    }
    rings
}

/// Sides of a cell: 0 below, 1 right, 2 above, 3 left.
fn edge(c: usize, r: usize, side: u8) -> Crossing {
    match side {
        0 => (c, r, 0),
        1 => (c + 1, r, 1),
        2 => (c, r + 1, 0),
        _ => (c, r, 1),
    }
}

/// The pieces of the contour in a cell, the high ground at their left; corners from the lower left one,
/// counter-clockwise.
fn segments(corners: [f64; 4], level: f64) -> Vec<(u8, u8)> {
    let case = corners.iter().enumerate().fold(0, |case, (i, v)| case | (usize::from(*v >= level) << i));
    let high_middle = || corners.iter().sum::<f64>() / 4.0 >= level;
    match case {
        1 => vec![(0, 3)],
        2 => vec![(1, 0)],
        3 => vec![(1, 3)],
        4 => vec![(2, 1)],
        5 if high_middle() => vec![(0, 1), (2, 3)],
        5 => vec![(0, 3), (2, 1)],
        6 => vec![(2, 0)],
        7 => vec![(2, 3)],
        8 => vec![(3, 2)],
        9 => vec![(0, 2)],
        10 if high_middle() => vec![(3, 0), (1, 2)],
        10 => vec![(1, 0), (3, 2)],
        11 => vec![(1, 2)],
        12 => vec![(3, 1)],
        13 => vec![(0, 1)],
        14 => vec![(3, 0)],
        _ => Vec::new(),
    }
}

/// Where the level is crossed; at the border, the border itself.
fn place(grid: &Grid, height: &impl Fn(usize, usize) -> f64, (c, r, direction): Crossing, level: f64) -> [f64; 2] {
    let (c1, r1) = if direction == 0 { (c + 1, r) } else { (c, r + 1) };
    let (a, b) = (height(c, r), height(c1, r1));
    let share = match (a.is_finite(), b.is_finite()) {
        (true, true) => (level - a) / (b - a),
        (true, false) => 0.0,
        _ => 1.0,
    };
    let along = |at: usize, to: usize, axis: &[f64]| {
        let last = axis.len() - 1;
        let (from, to) = (axis[at.saturating_sub(1).min(last)], axis[to.saturating_sub(1).min(last)]);
        from + (to - from) * share
    };
    [along(c, c1, &grid.xs), along(r, r1, &grid.ys)]
}
