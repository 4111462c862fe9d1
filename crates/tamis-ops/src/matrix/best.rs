//! The best few of many candidates.

/// The best candidates so far: the greatest score first; of equal ones, the one with the lower number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Best {
    keep: usize,
    found: Vec<(f32, u32)>,
}

impl Best {
    /// None so far, of which `keep` are wanted.
    pub(crate) fn new(keep: usize) -> Best {
        Best { keep, found: Vec::new() }
    }

    /// The score below which a candidate cannot be among the best.
    pub(crate) fn floor(&self) -> f32 {
        match self.found.last() {
            Some((score, _)) if self.found.len() == self.keep => *score,
            _ => f32::NEG_INFINITY,
        }
    }

    /// Takes a candidate if it is among the best.
    pub(crate) fn offer(&mut self, score: f32, candidate: u32) {
        let worse = |(s, c): &(f32, u32)| *s < score || (*s == score && *c > candidate);
        if self.found.len() < self.keep {
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
        let mut none = Best::new(0);
        none.offer(1.0, 1);
        assert_eq!(none.candidates().count(), 0);
    }
}
