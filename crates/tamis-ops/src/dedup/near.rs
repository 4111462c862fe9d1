//! Finding rows whose bits are near, among millions, in memory that grows by a few bytes a row.

use crate::text::words::mix;

/// The rows put in so far, to be found by nearness.
///
/// Pigeonhole: two strings of 64 bits within distance d, cut into d + 1 bands, agree in at least one band; cut into d + 2,
/// in at least two; cut into 4, they are within d / 4 in at least one (multi-index hashing, Norouzi et al. 2012). Rows are
/// filed under what has to agree. With several keys that is a band of each at once, so that a million rows with the same
/// text or the same picture do not end in one bucket.
pub struct Index<'r> {
    rows: &'r Rows,
    /// none where looking at every row is faster
    tables: Vec<Table>,
    all: Vec<u32>,
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

/// At most this many tables: each costs 5 to 6 bytes a row.
const MAX_TABLES: usize = 32;
/// At most this many lookups a row and table.
const MAX_LOOKUPS: usize = 2048;
/// From this distance on, so many buckets would have to be looked into that looking at every row is faster.
const FAR: u32 = 12;
const NONE: u32 = u32::MAX;

/// Rows by some bands of their keys.
struct Table {
    bands: Vec<Band>,
    /// the latest row of each bucket
    heads: Vec<u32>,
    /// the row before in the same bucket
    next: Vec<u32>,
}

/// Some bits of a fuzzy key, and the changes of them that a match may have.
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
        // A quarter of the rows: a few more are looked at in each bucket, and ten million fit into a gigabyte.
        let buckets = (rows.len() / 4).max(1).next_power_of_two();
        let table = |bands| Table { bands, heads: vec![NONE; buckets], next: vec![NONE; rows.len()] };
        Index { rows, tables: filings(&rows.distances).into_iter().map(table).collect(), all: Vec::new() }
    }

    /// Puts a row in.
    pub fn insert(&mut self, row: usize) {
        let (exact, fuzzy) = (self.rows.exact[row], self.rows.fuzzy(row));
        for table in &mut self.tables {
            let hash = table.bands.iter().fold(mix(exact as u64), |hash, band| mix(hash ^ band.of(fuzzy)));
            let bucket = hash as usize & (table.heads.len() - 1);
            table.next[row] = std::mem::replace(&mut table.heads[bucket], row as u32);
        }
        if self.tables.is_empty() {
            self.all.push(row as u32);
        }
    }

    /// The first of the rows put in that is like this one.
    pub fn first_alike(&self, row: usize) -> Option<usize> {
        let (exact, fuzzy) = (self.rows.exact[row], self.rows.fuzzy(row));
        if self.tables.is_empty() {
            return self.all.iter().map(|other| *other as usize).find(|other| self.rows.alike(row, *other));
        }
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

/// The bands under which rows are filed, one list a table; no table where that would be slower than looking at every
/// row. A match agrees in all bands of at least one list, but for their flips.
fn filings(distances: &[u32]) -> Vec<Vec<Band>> {
    if let [distance @ 0..=6] = *distances {
        let bands = bands(0, distance + 2, 0);
        let pair = |i: usize| bands[..i].iter().map(|first| vec![first.clone(), bands[i].clone()]).collect::<Vec<_>>();
        return (1..bands.len()).flat_map(pair).collect();
    }
    let mut keys: Vec<usize> = (0..distances.len()).collect();
    keys.sort_by_key(|key| distances[*key]);
    if keys.first().is_some_and(|key| distances[*key] >= FAR) {
        return Vec::new();
    }
    let mut filings: Vec<Vec<Band>> = vec![Vec::new()];
    let mut lookups = 1;
    for key in keys {
        let bands = match distances[key] {
            distance @ 0..=4 => bands(key, distance + 1, 0),
            distance => bands(key, 4, distance / 4),
        };
        lookups *= bands[0].flips.len();
        let first = filings.len() == 1;
        if !first && (filings.len() * bands.len() > MAX_TABLES || lookups > MAX_LOOKUPS) {
            break;
        }
        let longer = |filing: Vec<Band>| {
            bands.iter().map(move |band| [&*filing, std::slice::from_ref(band)].concat()).collect::<Vec<_>>()
        };
        filings = filings.into_iter().flat_map(longer).collect();
    }
    filings
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

/// A fuzzy key cut into `count` bands that may differ in at most `radius` bits.
fn bands(key: usize, count: u32, radius: u32) -> Vec<Band> {
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
