//! Where data are drawn, coarsely: so that texts and legends keep away without testing every mark.

use tamis_draw::kurbo::{Point, Rect};

/// Side of one square, pixels.
const SIDE: f64 = 2.0;

/// A bitmap of squares.
#[derive(Clone, Debug)]
pub(crate) struct Occupied {
    origin: Point,
    columns: usize,
    rows: usize,
    squares: Vec<bool>,
}

impl Occupied {
    /// Nothing in this room.
    pub(crate) fn new(room: Rect) -> Occupied {
        let columns = (room.width().max(0.0) / SIDE).ceil() as usize + 1;
        let rows = (room.height().max(0.0) / SIDE).ceil() as usize + 1;
        Occupied { origin: room.origin(), columns, rows, squares: vec![false; columns * rows] }
    }

    /// Something fills this box.
    pub(crate) fn add(&mut self, rect: Rect) {
        let [c0, c1] = self.span(rect.x0 - self.origin.x, rect.x1 - self.origin.x, self.columns);
        let [r0, r1] = self.span(rect.y0 - self.origin.y, rect.y1 - self.origin.y, self.rows);
        // A line is made of boxes of one square.
        if c1 == c0 + 1 && r1 == r0 + 1 {
            self.squares[r0 * self.columns + c0] = true;
            return;
        }
        for row in r0..r1 {
            self.squares[row * self.columns + c0..row * self.columns + c1.max(c0)].fill(true);
        }
    }

    /// A line runs along these points.
    pub(crate) fn add_line(&mut self, points: &[Point]) {
        for pair in points.windows(2) {
            let steps = ((pair[1] - pair[0]).hypot() / SIDE).ceil().clamp(1.0, 20_000.0) as usize;
            for i in 0..=steps {
                let at = pair[0].lerp(pair[1], i as f64 / steps as f64);
                self.add(Rect::from_center_size(at, (SIDE, SIDE)));
            }
        }
    }

    /// How much of a box is filled, 0 to 1.
    pub(crate) fn share(&self, rect: Rect) -> f64 {
        let [c0, c1] = self.span(rect.x0 - self.origin.x, rect.x1 - self.origin.x, self.columns);
        let [r0, r1] = self.span(rect.y0 - self.origin.y, rect.y1 - self.origin.y, self.rows);
        let all = (c1.saturating_sub(c0)) * (r1.saturating_sub(r0));
        if all == 0 {
            return 0.0;
        }
        let filled = (r0..r1).map(|row| {
            let row = &self.squares[row * self.columns + c0..row * self.columns + c1];
            row.iter().filter(|s| **s).count()
        });
        filled.sum::<usize>() as f64 / all as f64
    }

    /// The squares whose middles lie between two coordinates; at least one where it lies in the room.
    fn span(&self, from: f64, to: f64, count: usize) -> [usize; 2] {
        let index = |v: f64| (v / SIDE + 0.5).clamp(0.0, count as f64) as u32 as usize;
        let (a, b) = (index(from), index(to));
        if a == b && to > from && a < count { [a, a + 1] } else { [a, b] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_fills_what_it_covers() {
        let mut occupied = Occupied::new(Rect::new(10.0, 10.0, 110.0, 110.0));
        occupied.add(Rect::new(10.0, 10.0, 50.0, 110.0));
        assert_eq!(occupied.share(Rect::new(14.0, 14.0, 46.0, 90.0)), 1.0);
        assert_eq!(occupied.share(Rect::new(54.0, 14.0, 100.0, 90.0)), 0.0);
        assert!((occupied.share(Rect::new(10.0, 10.0, 90.0, 90.0)) - 0.5).abs() < 0.1);
        occupied.add(Rect::new(-1e9, -1e9, 1e9, 1e9));
        assert_eq!(occupied.share(Rect::new(54.0, 14.0, 100.0, 90.0)), 1.0);
    }
}
