//! Maps of the plane that can be followed both ways.

use kurbo::{Point, Vec2};

/// How one step moves points.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Map {
    Projective(Projective),
    Bend(Bend),
}

impl Map {
    pub(super) fn point(&self, p: Point) -> Point {
        match self {
            Map::Projective(map) => project(&map.to, p),
            Map::Bend(map) => map.point(p),
        }
    }

    /// Where the point came from.
    pub(super) fn back(&self, p: Point) -> Point {
        match self {
            Map::Projective(map) => project(&map.from, p),
            Map::Bend(map) => map.back(p),
        }
    }

    pub(super) fn keeps_lines(&self) -> bool {
        matches!(self, Map::Projective(_))
    }
}

/// A 3 x 3 matrix on (x, y, 1), row by row, and its inverse.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Projective {
    to: [f64; 9],
    from: [f64; 9],
}

impl Projective {
    /// `None` when the plane would fall into a line.
    pub(super) fn new(to: [f64; 9]) -> Option<Projective> {
        let [a, b, c, d, e, f, g, h, i] = to;
        let minors = [
            e * i - f * h,
            c * h - b * i,
            b * f - c * e,
            f * g - d * i,
            a * i - c * g,
            c * d - a * f,
            d * h - e * g,
            b * g - a * h,
            a * e - b * d,
        ];
        let det = a * minors[0] + b * minors[3] + c * minors[6];
        (det.is_finite() && det.abs() > 1e-12).then(|| Projective { to, from: minors.map(|m| m / det) })
    }

    /// `x' = a x + b y + c`, `y' = d x + e y + f`.
    pub(super) fn affine([a, b, c, d, e, f]: [f64; 6]) -> Option<Projective> {
        Projective::new([a, b, c, d, e, f, 0.0, 0.0, 1.0])
    }

    /// The same map followed by a stretch and a shift.
    pub(super) fn then(&self, sx: f64, sy: f64, shift: Vec2) -> Option<Projective> {
        let [a, b, c, d, e, f, g, h, i] = self.to;
        let (x, y) = (shift.x, shift.y);
        Projective::new([
            sx * a + x * g,
            sx * b + x * h,
            sx * c + x * i,
            sy * d + y * g,
            sy * e + y * h,
            sy * f + y * i,
            g,
            h,
            i,
        ])
    }

    pub(super) fn point(&self, p: Point) -> Point {
        project(&self.to, p)
    }
}

fn project(m: &[f64; 9], p: Point) -> Point {
    let depth = m[6] * p.x + m[7] * p.y + m[8];
    // Beyond the horizon there is no image of the point: it is kept far away in its direction.
    let depth = if depth.abs() < 1e-9 { 1e-9 } else { depth };
    Point::new((m[0] * p.x + m[1] * p.y + m[2]) / depth, (m[3] * p.x + m[4] * p.y + m[5]) / depth)
}

/// Every point is shifted by a smooth field: a uniform cubic B-spline over shifts at the nodes of a grid.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bend {
    step: f64,
    columns: usize,
    rows: usize,
    shifts: Vec<Vec2>,
}

/// The most by which shifts of two neighbouring nodes may differ, in parts of their distance. Below 0.5 the map never
/// folds over itself and the way back converges.
const STEEPEST: f64 = 0.3;

impl Bend {
    /// The field over a picture with nodes each `step` pixels; `shift` gives the shift of the node at a point. A field
    /// so steep that the picture would fold over itself is weakened as a whole.
    pub(super) fn new(width: u32, height: u32, step: f64, mut shift: impl FnMut(Point) -> Vec2) -> Bend {
        let nodes = |side: u32| (f64::from(side) / step).ceil() as usize + 4;
        let (columns, rows) = (nodes(width), nodes(height));
        let place = |i: usize, j: usize| Point::new((i as f64 - 1.0) * step, (j as f64 - 1.0) * step);
        let mut shifts = Vec::with_capacity(columns * rows);
        for j in 0..rows {
            shifts.extend((0..columns).map(|i| shift(place(i, j))));
        }
        let mut bend = Bend { step, columns, rows, shifts };
        let steepest = bend.steepest();
        if steepest > STEEPEST {
            bend.shifts.iter_mut().for_each(|s| *s *= STEEPEST / steepest);
        }
        bend
    }

    /// The same with independent shifts smoothed by a Gaussian of `spread` nodes and brought to a root mean square of
    /// `amplitude` pixels in each direction.
    pub(super) fn random(
        width: u32,
        height: u32,
        step: f64,
        spread: f32,
        amplitude: f64,
        mut unit: impl FnMut() -> f64,
    ) -> Bend {
        let bend = Bend::new(width, height, step, |_| Vec2::ZERO);
        let kernel = super::convolve::gaussian(spread);
        let mut axis = || {
            let mut v: Vec<f32> = bend.shifts.iter().map(|_| (unit() * 2.0 - 1.0) as f32).collect();
            super::convolve::separable(&mut v, bend.columns, bend.rows, 1, &kernel);
            let square: f64 = v.iter().map(|x| f64::from(*x).powi(2)).sum();
            let scale = amplitude / (square / v.len() as f64).sqrt().max(1e-9);
            v.into_iter().map(move |x| f64::from(x) * scale)
        };
        let (x, y): (Vec<f64>, Vec<f64>) = (axis().collect(), axis().collect());
        let shifts: Vec<Vec2> = x.into_iter().zip(y).map(|(x, y)| Vec2::new(x, y)).collect();
        let mut place = shifts.into_iter();
        Bend::new(width, height, step, |_| place.next().unwrap_or(Vec2::ZERO))
    }

    fn steepest(&self) -> f64 {
        let mut most: f64 = 0.0;
        for j in 0..self.rows {
            for i in 0..self.columns {
                let here = self.shifts[j * self.columns + i];
                let right =
                    if i + 1 < self.columns { self.shifts[j * self.columns + i + 1] - here } else { Vec2::ZERO };
                let below = if j + 1 < self.rows { self.shifts[(j + 1) * self.columns + i] - here } else { Vec2::ZERO };
                most = most.max(right.hypot()).max(below.hypot());
            }
        }
        most / self.step
    }

    fn point(&self, p: Point) -> Point {
        p + self.shift(p)
    }

    /// Fixed-point iteration of `p = q - shift(p)`.
    fn back(&self, q: Point) -> Point {
        let mut p = q;
        for _ in 0..40 {
            let next = q - self.shift(p);
            let moved = (next - p).hypot2();
            p = next;
            if moved < 1e-8 {
                break;
            }
        }
        p
    }

    fn shift(&self, p: Point) -> Vec2 {
        let (i, u) = self.cell(p.x, self.columns);
        let (j, v) = self.cell(p.y, self.rows);
        let mut sum = Vec2::ZERO;
        for (dj, wv) in v.iter().enumerate() {
            let row = &self.shifts[(j + dj) * self.columns + i..][..4];
            let along = row[0] * u[0] + row[1] * u[1] + row[2] * u[2] + row[3] * u[3];
            sum += along * *wv;
        }
        sum
    }

    /// The first of the four nodes around a coordinate, and their weights; beyond the grid its edge goes on.
    fn cell(&self, x: f64, nodes: usize) -> (usize, [f64; 4]) {
        let x = (x / self.step).clamp(0.0, (nodes - 4) as f64);
        let i = (x as usize).min(nodes - 4);
        let t = x - i as f64;
        let s = 1.0 - t;
        let weights = [s * s * s, 3.0 * t * t * t - 6.0 * t * t + 4.0, 3.0 * s * s * s - 6.0 * s * s + 4.0, t * t * t];
        (i, weights.map(|w| w / 6.0))
    }
}
