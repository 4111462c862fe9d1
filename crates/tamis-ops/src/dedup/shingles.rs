//! Texts as sets of n-grams, and sets as MinHash signatures.

use crate::text::words::{mix, words};

/// How a text becomes a set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shingling {
    pub(crate) ngram: usize,
    pub(crate) characters: bool,
    pub(crate) keep_case: bool,
    pub(crate) keep_punctuation: bool,
}

impl Shingling {
    /// The hashes of a text's n-grams, ascending, each once. A text with fewer than n units is one n-gram; one without
    /// any has none.
    pub(crate) fn set(&self, text: &str) -> Vec<u32> {
        let lowered;
        let text = if self.keep_case {
            text
        } else {
            lowered = text.to_lowercase();
            &lowered
        };
        let units: Vec<u64> = match (self.characters, self.keep_punctuation) {
            (false, false) => words(text).map(hash).collect(),
            (false, true) => text.split_whitespace().map(hash).collect(),
            (true, false) => characters(words(text)),
            (true, true) => characters(text.split_whitespace()),
        };
        if units.is_empty() {
            return Vec::new();
        }
        let windows = units.windows(self.ngram.min(units.len()));
        // The high half of a well-mixed hash.
        let mut set: Vec<u32> = windows.map(|units| (units.iter().fold(0, join) >> 32) as u32).collect();
        set.sort_unstable();
        set.dedup();
        set
    }
}

fn join(hash: u64, unit: &u64) -> u64 {
    mix(hash.rotate_left(5) ^ unit)
}

/// The characters of some words with one space between the words.
fn characters<'t>(words: impl Iterator<Item = &'t str>) -> Vec<u64> {
    let mut units = Vec::new();
    for word in words {
        if !units.is_empty() {
            units.push(u64::from(' '));
        }
        units.extend(word.chars().map(u64::from));
    }
    units
}

/// FNV-1a, which is quick on short words; the mixing comes with the joining.
fn hash(word: &str) -> u64 {
    word.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// The share of what two ascending lists have in common in what they have together.
pub(crate) fn jaccard(a: &[u32], b: &[u32]) -> f64 {
    let (mut i, mut j, mut common) = (0, 0, 0usize);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        common += usize::from(x == y);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    common as f64 / (a.len() + b.len() - common).max(1) as f64
}

/// The least value of a set under each of many permutations. Two sets agree in a place with the probability of their
/// Jaccard similarity (Broder 1997).
pub(crate) fn signature(set: &[u32], permutations: usize) -> Vec<u32> {
    let spread: Vec<u64> = set.iter().map(|x| mix(u64::from(*x) + 1)).collect();
    let least = |permutation: u64| {
        // Multiply-shift: the high half of a random odd multiple.
        let (factor, offset) = (mix(2 * permutation + 1) | 1, mix(2 * permutation + 2));
        let value = |x: &u64| (x.wrapping_mul(factor).wrapping_add(offset) >> 32) as u32;
        spread.iter().map(value).min().unwrap_or(u32::MAX)
    };
    (0..permutations as u64).map(least).collect()
}

/// The share of places in which two signatures agree: an estimate of the sets' similarity.
pub(crate) fn agreement(a: &[u32], b: &[u32]) -> f64 {
    a.iter().zip(b).filter(|(x, y)| x == y).count() as f64 / a.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: Shingling = Shingling { ngram: 3, characters: false, keep_case: false, keep_punctuation: false };

    #[test]
    fn sets_do_not_see_case_and_punctuation_unless_asked_to() {
        let [a, b] = ["A red car, parked.", "a RED car parked"];
        assert_eq!(WORDS.set(a), WORDS.set(b));
        assert_ne!(Shingling { keep_case: true, ..WORDS }.set(a), Shingling { keep_case: true, ..WORDS }.set(b));
        let punctuated = Shingling { keep_punctuation: true, ..WORDS };
        assert_ne!(punctuated.set(a), punctuated.set(b));
        let letters = Shingling { characters: true, ngram: 2, ..WORDS };
        assert_eq!(letters.set("ab  a!").len(), 3);
        assert_eq!((WORDS.set("one two").len(), WORDS.set("?!").len(), WORDS.set("a b c d").len()), (1, 0, 2));
    }

    #[test]
    fn jaccard_is_what_is_common_over_what_there_is() {
        assert_eq!(jaccard(&[1, 2, 3], &[2, 3, 4]), 0.5);
        assert_eq!((jaccard(&[], &[]), jaccard(&[1], &[1])), (0.0, 1.0));
    }

    #[test]
    fn signatures_estimate_the_similarity() {
        for common in [10u32, 50, 90] {
            let set = |from: u32| -> Vec<u32> {
                let mut set: Vec<u32> = (from..from + 100).map(|x| mix(u64::from(x)) as u32).collect();
                set.sort_unstable();
                set
            };
            let (a, b) = (set(0), set(100 - common));
            let truth = jaccard(&a, &b);
            let estimate = agreement(&signature(&a, 1024), &signature(&b, 1024));
            // Four standard deviations of 1024 draws.
            assert!((estimate - truth).abs() < 4.0 * (truth * (1.0 - truth) / 1024.0).sqrt(), "{estimate} {truth}");
        }
    }
}
