//! Points counted in hexagons.

/// Hexagons of one size that tile a plot, with how many points each holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Hexagons {
    /// Those that hold a point, by row from below and then from left to right.
    pub cells: Vec<Hexagon>,
    /// From the middle of a hexagon to the middle of the next in its row, in units of x.
    pub across: f64,
    /// From one row of hexagons to the next but one (whose middles lie above each other), in units of y.
    pub up: f64,
}

/// One hexagon that stands on a corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hexagon {
    /// Its middle, in the units of the data.
    pub center: [f64; 2],
    /// How many points it holds.
    pub count: usize,
}

impl Hexagons {
    /// The corners of a hexagon, in the units of the data.
    pub fn corners(&self, hexagon: &Hexagon) -> [[f64; 2]; 6] {
        let (dx, dy) = (self.across / 2.0, self.up / 6.0);
        let corners = [(dx, -dy), (dx, dy), (0.0, 2.0 * dy), (-dx, dy), (-dx, -dy), (0.0, -2.0 * dy)];
        corners.map(|(x, y)| [hexagon.center[0] + x, hexagon.center[1] + y])
    }
}

/// Counts points in about `columns` hexagons across (at least 2): two lattices of rectangles, the nearer middle wins
/// (Carr, Littlefield, Nicholson and Littlefield, 1987; as Matplotlib's `hexbin`). `ratio` is the plot's height by its
/// width on the page, so that hexagons are regular there.
pub fn hexagons(points: &[[f64; 2]], columns: usize, ratio: f64) -> Hexagons {
    let ends = |i: usize| {
        let (low, high) =
            points.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), p| (l.min(p[i]), h.max(p[i])));
        if high > low { (low, high - low) } else { (low, 1.0) }
    };
    if points.is_empty() {
        return Hexagons { cells: Vec::new(), across: 1.0, up: 1.0 };
    }
    let ((x0, width), (y0, height)) = (ends(0), ends(1));
    let columns = columns.max(2) as f64;
    let rows = (columns * ratio / 3f64.sqrt()).round().max(1.0);
    let (across, up) = (width / columns, height / rows);
    let mut counts: std::collections::BTreeMap<(i64, i64), usize> = std::collections::BTreeMap::new();
    for [x, y] in points {
        let (u, v) = ((x - x0) / across, (y - y0) / up);
        let (i1, j1) = (u.round(), v.round());
        let (i2, j2) = (u.floor(), v.floor());
        let near = (u - i1).powi(2) + 3.0 * (v - j1).powi(2);
        let far = (u - i2 - 0.5).powi(2) + 3.0 * (v - j2 - 0.5).powi(2);
        // Middles in halves, so that both lattices share one key.
        let key = if near <= far { (2 * j1 as i64, 2 * i1 as i64) } else { (2 * j2 as i64 + 1, 2 * i2 as i64 + 1) };
        *counts.entry(key).or_default() += 1;
    }
    let cells = counts.into_iter().map(|((j, i), count)| {
        let center = [x0 + i as f64 / 2.0 * across, y0 + j as f64 / 2.0 * up];
        Hexagon { center, count }
    });
    Hexagons { cells: cells.collect(), across, up }
}
