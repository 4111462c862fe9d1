//! The best few of many candidates.

use smallvec::SmallVec;

/// So many stand beside the rest of what is known of them, and not elsewhere in memory: a candidate that is offered finds all
/// in two or three lines.
const AT_HAND: usize = 20;

/// The best candidates so far: the greatest score first; of equal ones, the one with the lower number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Best {
    /// how many are wanted
    wanted: usize,
    /// how far below the last of them a score may be
    slack: f32,
    /// how many are kept at most
    most: usize,
    found: SmallVec<[(f32, u32); AT_HAND]>,
}

impl Best {
    /// None so far, of which `wanted` are wanted.
    pub(crate) fn new(wanted: usize) -> Best {
        Best::with_slack(wanted, 0.0, wanted)
    }

    /// The same, and those whose score is no more than `slack` below the last one's, `most` in all.
    pub(crate) fn with_slack(wanted: usize, slack: f32, most: usize) -> Best {
        Best { wanted, slack, most, found: SmallVec::new() }
    }

    /// The score below which a candidate cannot be among the best.
    pub(crate) fn floor(&self) -> f32 {
        let score = |place: usize| place.checked_sub(1).and_then(|at| self.found.get(at)).map(|(score, _)| *score);
        let near = score(self.wanted).map_or(f32::NEG_INFINITY, |score| score - self.slack);
        score(self.most).unwrap_or(f32::NEG_INFINITY).max(near)
    }

    /// Takes a candidate if it is among the best.
    pub(crate) fn offer(&mut self, score: f32, candidate: u32) {
        let worse = |(s, c): &(f32, u32)| *s < score || (*s == score && *c > candidate);
        if self.found.len() < self.most {
            self.found.push((score, candidate));
        } else if !self.found.last().is_some_and(worse) {
            return;
        }
        let mut at = self.found.len() - 1;
        while at > 0 && worse(&self.found[at - 1]) {
            self.found[at] = self.found[at - 1];
            at -= 1;
        }
        self.found[at] = (score, candidate);
        let floor = self.floor();
        while self.found.last().is_some_and(|(score, _)| *score < floor) {
            self.found.pop();
        }
    }

    /// Takes over what another one has found.
    pub(crate) fn absorb(&mut self, other: &Best) {
        other.found.iter().for_each(|(score, candidate)| self.offer(*score, *candidate));
    }

    /// The candidates, best first.
    pub(crate) fn candidates(&self) -> impl Iterator<Item = u32> {
        self.found.iter().map(|(_, candidate)| *candidate)
    }
}

/// The nearest of some rows, with their distances.
pub(crate) type Nearest = Vec<(u32, f64)>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_do_not_depend_on_the_order_of_the_candidates() {
        let candidates = [(0.5, 3), (0.9, 7), (0.5, 1), (0.1, 0), (0.5, 2)];
        let mut one = Best::new(3);
        candidates.iter().for_each(|(score, number)| one.offer(*score, *number));
        let mut other = Best::new(3);
        candidates.iter().rev().for_each(|(score, number)| other.offer(*score, *number));
        assert_eq!(one.candidates().collect::<Vec<_>>(), [7, 1, 2]);
        assert_eq!(other.found, one.found);
        assert_eq!(one.floor(), 0.5);
        let mut near = Best::with_slack(2, 0.25, 4);
        candidates.iter().for_each(|(score, number)| near.offer(*score, *number));
        assert_eq!(near.candidates().collect::<Vec<_>>(), [7, 1, 2, 3], "three are alike, and one is too far");
        assert_eq!(near.floor(), 0.5, "more than four are not kept");
        [(0.8, 8), (0.7, 9)].iter().for_each(|(score, number)| near.offer(*score, *number));
        assert_eq!((near.candidates().collect::<Vec<_>>(), near.floor()), (vec![7, 8, 9], 0.8 - 0.25));
        let mut none = Best::new(0);
        none.offer(1.0, 1);
        assert_eq!(none.candidates().count(), 0);
    }
}
