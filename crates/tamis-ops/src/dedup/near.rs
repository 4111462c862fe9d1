//! Finding rows whose bits are near, among millions, in memory that grows by a few bytes a row.

use crate::text::words::mix;

/// How far two bit strings may be apart and still match, for each fuzzy key of a row.
///
/// Pigeonhole: two strings of 64 bits within distance d, cut into d + 1 bands, agree in at least one whole band; cut into
/// 4 bands, they are within d / 4 in at least one (multi-index hashing, Norouzi et al. 2012). A row is filed under one band
/// of each key at once, so that a million rows with the same text or the same picture do not end in one bucket.
pub struct Index<'r> {
    rows: &'r Rows,
    tables: Vec<Table>,
}

/// The keys of all rows.
pub struct Rows {
    /// the greatest distance for each fuzzy key
    distances: Vec<u32>,
    exact: Vec<u128>,
    fuzzy: Vec<u64>,
}

impl Rows {
    /// No rows yet, with as many fuzzy keys as there are distances (0 to 16 each).
    pub fn new(distances: Vec<u32>) -> Rows {
        Rows { distances, exact: Vec::new(), fuzzy: Vec::new() }
    }

    /// Adds a row: what has to be equal, and the fuzzy keys.
    pub fn push(&mut self, exact: u128, fuzzy: impl IntoIterator<Item = u64>) {
        self.exact.push(exact);
        self.fuzzy.extend(fuzzy);
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.exact.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty()
    }

    fn fuzzy(&self, row: usize) -> &[u64] {
        let n = self.distances.len();
        &self.fuzzy[row * n..(row + 1) * n]
    }

    /// Whether every key of two rows matches.
    pub fn alike(&self, a: usize, b: usize) -> bool {
        self.exact[a] == self.exact[b]
            && self
                .fuzzy(a)
                .iter()
                .zip(self.fuzzy(b))
                .zip(&self.distances)
                .all(|((x, y), d)| (x ^ y).count_ones() <= *d)
    }
}

/// At most this many tables: each costs 8 bytes a row.
const MAX_TABLES: usize = 32;
/// At most this many lookups a row.
const MAX_LOOKUPS: usize = 2048;
const NONE: u32 = u32::MAX;

/// Rows by one band of each of some keys.
struct Table {
    bands: Vec<Band>,
    /// the latest row of each bucket
    heads: Vec<u32>,
    /// the row before in the same bucket
    next: Vec<u32>,
}

/// Some bits of a fuzzy key, and by which changes of them a match may be missed.
#[derive(Clone)]
struct Band {
    key: usize,
    shift: u32,
    mask: u64,
    flips: Vec<u64>,
}

impl<'r> Index<'r> {
    /// An index into which rows can be put.
    pub fn new(rows: &'r Rows) -> Index<'r> {
        let mut keys: Vec<usize> = (0..rows.distances.len()).collect();
        keys.sort_by_key(|key| rows.distances[*key]);
        let mut combinations: Vec<Vec<Band>> = vec![Vec::new()];
        let mut lookups = 1;
        for key in keys {
            let bands = bands(key, rows.distances[key]);
            lookups *= bands.iter().map(|band| band.flips.len()).sum::<usize>();
            let first = combinations.len() == 1;
            if !first && (combinations.len() * bands.len() > MAX_TABLES || lookups > MAX_LOOKUPS) {
                break;
            }
            let with = |combination: &Vec<Band>| {
                let combination = combination.clone();
                bands.iter().map(move |band| combination.iter().chain([band]).cloned().collect()).collect::<Vec<_>>()
            };
            combinations = combinations.iter().flat_map(with).collect();
        }
        let buckets = rows.len().next_power_of_two();
        let table = |bands| Table { bands, heads: vec![NONE; buckets], next: vec![NONE; rows.len()] };
        Index { rows, tables: combinations.into_iter().map(table).collect() }
    }

    /// Puts a row in.
    pub fn insert(&mut self, row: usize) {
        let (exact, fuzzy) = (self.rows.exact[row], self.rows.fuzzy(row));
        for table in &mut self.tables {
            let hash = table.bands.iter().fold(mix(exact as u64), |hash, band| mix(hash ^ band.of(fuzzy)));
            let bucket = hash as usize & (table.heads.len() - 1);
            table.next[row] = std::mem::replace(&mut table.heads[bucket], row as u32);
        }
    }

    /// The first of the rows put in that is like this one.
    pub fn first_alike(&self, row: usize) -> Option<usize> {
        let (exact, fuzzy) = (self.rows.exact[row], self.rows.fuzzy(row));
        let mut best = None;
        for table in &self.tables {
            table.each_bucket(&table.bands, mix(exact as u64), fuzzy, &mut |bucket| {
                let mut candidate = table.heads[bucket];
                while candidate != NONE {
                    let found = candidate as usize;
                    if best.is_none_or(|best| found < best) && self.rows.alike(row, found) {
                        best = Some(found);
                    }
                    candidate = table.next[found];
                }
            });
        }
        best
    }
}

impl Table {
    /// Every bucket in which a match may be.
    fn each_bucket(&self, bands: &[Band], hash: u64, fuzzy: &[u64], visit: &mut impl FnMut(usize)) {
        match bands.split_first() {
            None => visit(hash as usize & (self.heads.len() - 1)),
            Some((band, rest)) => {
                for flip in &band.flips {
                    self.each_bucket(rest, mix(hash ^ (band.of(fuzzy) ^ flip)), fuzzy, visit);
                }
            }
        }
    }
}

impl Band {
    fn of(&self, fuzzy: &[u64]) -> u64 {
        (fuzzy[self.key] >> self.shift) & self.mask
    }
}

fn bands(key: usize, distance: u32) -> Vec<Band> {
    // Few bands that have to agree whole; for greater distances 4 that may differ a little.
    let (count, radius) = if distance <= 4 { (distance + 1, 0) } else { (4, distance / 4) };
    let edge = |i: u32| 64 * i / count;
    let band = |i: u32| {
        let (shift, width) = (edge(i), edge(i + 1) - edge(i));
        let mask = if width == 64 { u64::MAX } else { (1 << width) - 1 };
        Band { key, shift, mask, flips: flips(width, radius) }
    };
    (0..count).map(band).collect()
}

/// All changes of at most `radius` of `width` bits.
fn flips(width: u32, radius: u32) -> Vec<u64> {
    if radius == 0 {
        return vec![0];
    }
    (0..1u64 << width).filter(|flip| flip.count_ones() <= radius).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Compared with looking at every pair.
        #[test]
        fn no_match_is_missed_and_none_made_up(
            distances in prop::collection::vec(0u32..=16, 0..3),
            seeds in prop::collection::vec((0u8..3, 0u8..4, prop::collection::vec(0u8..64, 0..18)), 1..40),
        ) {
            let mut rows = Rows::new(distances.clone());
            for (exact, base, flipped) in &seeds {
                let bits = flipped.iter().fold(mix(u64::from(*base)), |bits, bit| bits ^ 1 << bit);
                rows.push(u128::from(*exact), distances.iter().enumerate().map(|(i, _)| bits.rotate_left(7 * i as u32)));
            }
            let mut index = Index::new(&rows);
            for row in 0..rows.len() {
                let expected = (0..row).find(|earlier| rows.alike(row, *earlier));
                prop_assert_eq!(index.first_alike(row), expected);
                index.insert(row);
            }
        }
    }
}
