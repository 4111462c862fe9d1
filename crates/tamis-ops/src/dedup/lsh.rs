//! Locality-sensitive hashing on disk: of millions of sets, those that are near each other.
//!
//! Sets that agree in all rows of a band of their signatures are compared. Bands are files that are sorted one at a time;
//! the sets lie in a file of their own. In memory are 8 bytes a record for the sets' places, 4 for the union-find, and 8
//! for the band at hand.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use tamis_core::StepError;
use tamis_core::error::StopReason;

use super::shingles::{agreement, jaccard, signature};
use crate::text::words::mix;

/// How signatures are cut up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Banding {
    pub(crate) bands: usize,
    /// rows of a band
    pub(crate) rows: usize,
}

/// Of pairs just as similar as asked for, at least this share is found.
const RECALL: f64 = 0.98;

impl Banding {
    /// The bands with the most rows, and so the fewest comparisons, that find enough pairs at the similarity.
    pub(crate) fn for_similarity(similarity: f64, permutations: usize) -> Banding {
        let power = |x: f64, n: usize| (0..n).fold(1.0, |product, _| product * x);
        let found = |rows: usize| 1.0 - power(1.0 - power(similarity, rows), permutations / rows);
        let rows = (1..=permutations).rev().find(|rows| found(*rows) >= RECALL).unwrap_or(1);
        Banding { bands: permutations / rows, rows }
    }

    /// The permutations in use.
    pub(crate) fn permutations(&self) -> usize {
        self.bands * self.rows
    }

    /// What has to be equal in each band.
    pub(crate) fn keys(&self, signature: &[u32]) -> impl Iterator<Item = u32> {
        let key = |rows: &[u32]| (rows.iter().fold(0, |hash, row| mix(hash ^ u64::from(*row))) >> 32) as u32;
        signature.chunks_exact(self.rows).map(key)
    }
}

/// Sets on disk.
pub(crate) struct Sets {
    file: BufWriter<File>,
    /// where each set begins, and where the last one ends; the top bit says that it is a signature
    starts: Vec<u64>,
    end: u64,
    permutations: usize,
}

/// A set, or the signature of one that is too large to be kept.
pub(crate) struct Shingles {
    pub(crate) numbers: Vec<u32>,
    pub(crate) signature: bool,
}

const SIGNATURE: u64 = 1 << 63;

impl Sets {
    /// None yet, in `folder`.
    pub(crate) fn new(folder: &Path, permutations: usize) -> Result<Sets, StepError> {
        let file = File::options().read(true).write(true).create(true).truncate(true).open(folder.join("sets"));
        let file = BufWriter::new(file.map_err(|e| stop(&e))?);
        Ok(Sets { file, starts: Vec::new(), end: 0, permutations })
    }

    /// Adds the next record's.
    pub(crate) fn push(&mut self, numbers: &[u32], is_signature: bool) -> Result<(), StepError> {
        self.starts.push(self.end | if is_signature { SIGNATURE } else { 0 });
        self.end += 4 * numbers.len() as u64;
        numbers.iter().try_for_each(|number| self.file.write_all(&number.to_le_bytes())).map_err(|e| stop(&e))
    }

    /// All are in.
    pub(crate) fn finish(&mut self) -> Result<(), StepError> {
        self.starts.push(self.end);
        self.file.flush().map_err(|e| stop(&e))
    }

    /// A record's.
    pub(crate) fn get(&self, record: u32) -> Result<Shingles, StepError> {
        let (start, end) = (self.starts[record as usize], self.starts[record as usize + 1]);
        let mut bytes = vec![0; ((end & !SIGNATURE) - (start & !SIGNATURE)) as usize];
        self.file.get_ref().read_exact_at(&mut bytes, start & !SIGNATURE).map_err(|e| stop(&e))?;
        let numbers = bytes.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect();
        Ok(Shingles { numbers, signature: start & SIGNATURE != 0 })
    }

    /// How similar two records are: exact unless one of them is too large.
    pub(crate) fn similarity(&self, a: &Shingles, b: &Shingles) -> f64 {
        let signed = |set: &Shingles| match set.signature {
            true => set.numbers.clone(),
            false => signature(&set.numbers, self.permutations),
        };
        if a.signature || b.signature {
            return agreement(&signed(a), &signed(b));
        }
        jaccard(&a.numbers, &b.numbers)
    }
}

/// Bands on disk: a key and a record at a time.
pub(crate) struct Bands {
    files: Vec<BufWriter<File>>,
}

/// A record is compared with at most so many others of its bucket.
const COMPARED: usize = 64;

impl Bands {
    /// Empty ones in `folder`.
    pub(crate) fn new(folder: &Path, bands: usize) -> Result<Bands, StepError> {
        let file = |band| {
            let path = folder.join(format!("band-{band}"));
            let file = File::options().read(true).write(true).create(true).truncate(true).open(path);
            Ok(BufWriter::new(file.map_err(|e| stop(&e))?))
        };
        Ok(Bands { files: (0..bands).map(file).collect::<Result<_, StepError>>()? })
    }

    /// Files a record.
    pub(crate) fn push(&mut self, record: u32, keys: &[u32]) -> Result<(), StepError> {
        for (file, key) in self.files.iter_mut().zip(keys) {
            let entry = u64::from(*key) << 32 | u64::from(record);
            file.write_all(&entry.to_le_bytes()).map_err(|e| stop(&e))?;
        }
        Ok(())
    }

    /// Unites all records that share a key and are similar enough.
    pub(crate) fn unite(self, sets: &Sets, similarity: f64, clusters: &mut Clusters) -> Result<(), StepError> {
        for file in self.files {
            let mut entries = read_all(file)?;
            entries.sort_unstable();
            for bucket in entries.chunk_by(|a, b| a >> 32 == b >> 32).filter(|bucket| bucket.len() > 1) {
                let records: Vec<u32> = bucket.iter().map(|entry| *entry as u32).collect();
                unite_bucket(&records, sets, similarity, clusters)?;
            }
        }
        Ok(())
    }
}

fn unite_bucket(records: &[u32], sets: &Sets, similarity: f64, clusters: &mut Clusters) -> Result<(), StepError> {
    for (at, record) in records.iter().enumerate().skip(1) {
        let mut own = None;
        for other in records[..at].iter().take(COMPARED) {
            if clusters.root(*other) == clusters.root(*record) {
                continue;
            }
            let set = match &own {
                Some(set) => set,
                None => own.insert(sets.get(*record)?),
            };
            if sets.similarity(set, &sets.get(*other)?) >= similarity {
                clusters.unite(*other, *record);
            }
        }
    }
    Ok(())
}

fn read_all(file: BufWriter<File>) -> Result<Vec<u64>, StepError> {
    let file = file.into_inner().map_err(|e| stop(e.error()))?;
    let mut entries = vec![0; (file.metadata().map_err(|e| stop(&e))?.len() / 8) as usize];
    let mut bytes = vec![0; 1 << 20];
    let mut at = 0;
    for entries in entries.chunks_mut(bytes.len() / 8) {
        let bytes = &mut bytes[..entries.len() * 8];
        file.read_exact_at(bytes, at).map_err(|e| stop(&e))?;
        at += bytes.len() as u64;
        entries.iter_mut().zip(bytes.as_chunks::<8>().0).for_each(|(e, bytes)| *e = u64::from_le_bytes(*bytes));
    }
    Ok(entries)
}

/// Union-find, in which a cluster's root is its first record.
pub(crate) struct Clusters {
    parents: Vec<u32>,
}

impl Clusters {
    /// Each record for itself.
    pub(crate) fn new(records: usize) -> Clusters {
        Clusters { parents: (0..records as u32).collect() }
    }

    /// The first record of a record's cluster.
    pub(crate) fn root(&mut self, mut record: u32) -> u32 {
        while self.parents[record as usize] != record {
            let parent = self.parents[record as usize];
            self.parents[record as usize] = self.parents[parent as usize];
            record = parent;
        }
        record
    }

    /// Makes one cluster of two.
    pub(crate) fn unite(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        self.parents[a.max(b) as usize] = a.min(b);
    }
}

fn stop(error: &std::io::Error) -> StepError {
    StepError::Stop(StopReason::Machine(format!("cannot keep what a barrier needs on disk: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_follow_from_the_similarity() {
        assert_eq!(Banding::for_similarity(0.7, 128), Banding { bands: 25, rows: 5 });
        let close = Banding::for_similarity(0.9, 128);
        assert!(close.rows > 5 && close.permutations() <= 128, "{close:?}");
        assert_eq!(Banding::for_similarity(0.01, 16).rows, 1);
    }

    #[test]
    fn the_first_record_is_the_root_in_whatever_order_clusters_grow() {
        let mut clusters = Clusters::new(6);
        [(4, 5), (2, 4), (0, 5), (3, 1)].iter().for_each(|(a, b)| clusters.unite(*a, *b));
        assert_eq!((0..6).map(|r| clusters.root(r)).collect::<Vec<_>>(), [0, 1, 0, 1, 0, 0]);
    }

    #[test]
    fn long_texts_are_compared_by_their_signatures() {
        let folder = tempfile::tempdir().unwrap();
        let mut sets = Sets::new(folder.path(), 64).unwrap();
        let set: Vec<u32> = (0..100).map(|x| x * 7919).collect();
        sets.push(&set, false).unwrap();
        sets.push(&signature(&set, 64), true).unwrap();
        sets.finish().unwrap();
        let (exact, signed) = (sets.get(0).unwrap(), sets.get(1).unwrap());
        assert_eq!((exact.numbers.len(), signed.numbers.len()), (100, 64));
        assert_eq!(sets.similarity(&exact, &signed), 1.0);
    }
}
