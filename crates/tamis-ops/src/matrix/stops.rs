//! When to look at sums that are not whole yet, whether the rest of them is wanted.
//!
//! It costs something, and how early it can be seen depends on the vectors: some tiles are looked at after each eighth of the
//! dimensions, and the others where these show that it pays.

/// So many times, what is learnt once is used.
const USES: usize = 64;
/// What a look costs, in dimensions.
const LOOK: f32 = 16.0;
/// After each eighth: bits 1 to 7.
const ALL: u8 = 0b1111_1110;

/// After which eighths to look, and what is known of it.
#[derive(Default)]
pub(super) struct Stops {
    best: u8,
    uses: usize,
    learning: bool,
    /// how many tiles were given up after so many eighths, of those that were looked at after each; at 8, those that were not
    ended: [f32; 9],
}

impl Stops {
    /// The stops of the next tiles, for vectors of `dims` dimensions.
    pub(super) fn next(&mut self, dims: usize) -> u8 {
        if self.learning {
            self.learn(dims);
        }
        self.learning = self.uses.is_multiple_of(USES);
        self.uses += 1;
        if self.learning { ALL } else { self.best }
    }

    /// A tile has come to its end after so many eighths.
    pub(super) fn end(&mut self, eighth: usize) {
        if self.learning {
            self.ended[eighth] += 1.0;
        }
    }

    /// Whether tiles are looked at before they are whole.
    #[cfg(test)]
    pub(super) fn pays(&self) -> bool {
        self.best != 0
    }

    fn learn(&mut self, dims: usize) {
        let look = LOOK / dims as f32;
        let costs = (0..=ALL / 2).map(|stops| (stops << 1, cost(&self.ended, stops << 1, look)));
        self.best = costs.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(stops, _)| stops);
        // What comes now is more like what came last.
        self.ended.iter_mut().for_each(|tiles| *tiles /= 2.0);
    }
}

/// What tiles cost with these stops, in whole tiles, if a look costs so much.
fn cost(ended: &[f32; 9], stops: u8, look: f32) -> f32 {
    let one = |end: usize| {
        let (mut looks, mut work) = (0.0, 1.0);
        for eighth in (1..8).filter(|eighth| stops >> eighth & 1 == 1) {
            looks += look;
            if eighth >= end {
                work = eighth as f32 / 8.0;
                break;
            }
        }
        looks + work
    };
    ended.iter().enumerate().map(|(end, tiles)| tiles * one(end)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is used behind some tiles that end after so many eighths.
    fn learnt(ends: &[usize], dims: usize) -> u8 {
        let mut stops = Stops::default();
        assert_eq!(stops.next(dims), ALL);
        ends.iter().for_each(|end| stops.end(*end));
        stops.next(dims)
    }

    #[test]
    fn tiles_are_looked_at_where_it_pays() {
        assert_eq!(learnt(&[8; 100], 512), 0, "none can be given up");
        assert_eq!(learnt(&[3; 100], 512), 1 << 3);
        assert_eq!(learnt(&[], 512), 0);
        let some = [[3; 50], [8; 50]].concat();
        assert_eq!(learnt(&some, 512), 1 << 3);
        let two = [[2; 50], [6; 50]].concat();
        assert_eq!(learnt(&two, 512), 1 << 2 | 1 << 6);
        assert_eq!(learnt(&[vec![7; 10], vec![8; 90]].concat(), 64), 0, "a look costs more than it saves");
    }

    #[test]
    fn what_was_learnt_is_used_for_a_while_and_then_learnt_again() {
        let mut stops = Stops::default();
        stops.next(512);
        (0..100).for_each(|_| stops.end(4));
        assert!((1..USES).all(|_| stops.next(512) == 1 << 4));
        assert_eq!(stops.next(512), ALL);
        (0..100).for_each(|_| stops.end(8));
        assert_eq!(stops.next(512), 1 << 4, "a third of the tiles still end early");
    }
}
