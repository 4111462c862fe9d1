//! Sorting that does not have to fit into memory: sorted runs on disk, merged while they are read.
//!
//! A row is an array of words and rows are ordered word by word; what has to be sorted is written so that this is its
//! order ([`ascending`], [`halves`]). Sorted rows can be read as often as wanted.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use tamis_core::StepError;
use tamis_core::error::StopReason;

/// How much a sorter holds before it writes a run.
const MEMORY: usize = 32 << 20;
/// How many runs are merged at a time; a bound for open files.
const FAN_IN: usize = 128;

/// A float as a word in the same order. -0 and 0 are the same.
pub(crate) fn ascending(number: f64) -> u64 {
    let bits = (number + 0.0).to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

/// The float of [`ascending`].
pub(crate) fn number_of(word: u64) -> f64 {
    f64::from_bits(if word >> 63 == 1 { word & !(1 << 63) } else { !word })
}

/// 128 bits as two words in the same order.
pub(crate) fn halves(bytes: [u8; 16]) -> [u64; 2] {
    let bits = u128::from_be_bytes(bytes);
    [(bits >> 64) as u64, bits as u64]
}

/// Takes rows of `W` words in any order.
pub(crate) struct Sorter<const W: usize> {
    folder: PathBuf,
    name: &'static str,
    most: usize,
    rows: Vec<[u64; W]>,
    runs: Vec<PathBuf>,
    written: usize,
}

impl<const W: usize> Sorter<W> {
    /// What does not fit into memory goes into `folder`, in files that begin with `name`.
    pub(crate) fn new(folder: &Path, name: &'static str) -> Sorter<W> {
        Sorter::holding(folder, name, MEMORY / (8 * W))
    }

    fn holding(folder: &Path, name: &'static str, most: usize) -> Sorter<W> {
        Sorter { folder: folder.to_path_buf(), name, most, rows: Vec::new(), runs: Vec::new(), written: 0 }
    }

    /// Takes a row.
    pub(crate) fn push(&mut self, row: [u64; W]) -> Result<(), StepError> {
        if self.rows.len() >= self.most {
            self.spill()?;
        }
        self.rows.push(row);
        Ok(())
    }

    /// All rows, sorted.
    pub(crate) fn finish(mut self) -> Result<Sorted<W>, StepError> {
        if !self.runs.is_empty() {
            self.spill()?;
            self.rows = Vec::new();
        }
        self.rows.sort_unstable();
        Ok(Sorted { rows: self.rows, runs: self.runs })
    }

    fn spill(&mut self) -> Result<(), StepError> {
        self.rows.sort_unstable();
        let path = self.next_path();
        let mut run = Run::create(&path)?;
        self.rows.iter().try_for_each(|row| run.write(row))?;
        run.finish()?;
        self.rows.clear();
        self.runs.push(path);
        if self.runs.len() >= FAN_IN { self.merge_runs() } else { Ok(()) }
    }

    fn merge_runs(&mut self) -> Result<(), StepError> {
        let path = self.next_path();
        let mut whole = Run::create(&path)?;
        let parts = Sorted::<W> { rows: Vec::new(), runs: std::mem::replace(&mut self.runs, vec![path]) };
        let mut cursor = parts.cursor()?;
        while let Some(row) = cursor.next()? {
            whole.write(&row)?;
        }
        whole.finish()?;
        parts.runs.iter().try_for_each(std::fs::remove_file).map_err(broken)
    }

    fn next_path(&mut self) -> PathBuf {
        self.written += 1;
        self.folder.join(format!("{}-{:06}.run", self.name, self.written))
    }
}

struct Run(BufWriter<File>);

impl Run {
    fn create(path: &Path) -> Result<Run, StepError> {
        File::create(path).map(|file| Run(BufWriter::with_capacity(1 << 18, file))).map_err(broken)
    }

    fn write<const W: usize>(&mut self, row: &[u64; W]) -> Result<(), StepError> {
        row.iter().try_for_each(|word| self.0.write_all(&word.to_le_bytes())).map_err(broken)
    }

    fn finish(mut self) -> Result<(), StepError> {
        self.0.flush().map_err(broken)
    }
}

/// Sorted rows, in memory or on disk.
pub(crate) struct Sorted<const W: usize> {
    rows: Vec<[u64; W]>,
    runs: Vec<PathBuf>,
}

impl<const W: usize> Sorted<W> {
    /// Reads from the first row on; several cursors may read at the same time.
    pub(crate) fn cursor(&self) -> Result<Cursor<'_, W>, StepError> {
        let mut readers = Vec::with_capacity(self.runs.len());
        let mut heads = BinaryHeap::with_capacity(self.runs.len());
        for (i, path) in self.runs.iter().enumerate() {
            let mut reader = BufReader::with_capacity(1 << 16, File::open(path).map_err(broken)?);
            if let Some(row) = read(&mut reader)? {
                heads.push(Reverse((row, i)));
            }
            readers.push(reader);
        }
        let mut cursor = Cursor { rows: self.rows.iter(), readers, heads, head: None };
        cursor.head = cursor.following()?;
        Ok(cursor)
    }
}

/// A place among sorted rows.
pub(crate) struct Cursor<'a, const W: usize> {
    rows: std::slice::Iter<'a, [u64; W]>,
    readers: Vec<BufReader<File>>,
    heads: BinaryHeap<Reverse<([u64; W], usize)>>,
    head: Option<[u64; W]>,
}

impl<const W: usize> Cursor<'_, W> {
    /// The row that comes next.
    pub(crate) fn head(&self) -> Option<&[u64; W]> {
        self.head.as_ref()
    }

    /// Takes the next row.
    pub(crate) fn next(&mut self) -> Result<Option<[u64; W]>, StepError> {
        let next = if self.head.is_some() { self.following()? } else { None };
        Ok(std::mem::replace(&mut self.head, next))
    }

    /// Takes the rows whose first words are `prefix`.
    pub(crate) fn each_in(
        &mut self,
        prefix: &[u64],
        mut visit: impl FnMut([u64; W]) -> Result<(), StepError>,
    ) -> Result<(), StepError> {
        while self.head.is_some_and(|row| row.starts_with(prefix)) {
            if let Some(row) = self.next()? {
                visit(row)?;
            }
        }
        Ok(())
    }

    /// The next `words` words of the next row, the name of the rows that begin with them.
    pub(crate) fn prefix<const P: usize>(&self) -> Option<[u64; P]> {
        self.head.and_then(|row| row[..P].try_into().ok())
    }

    fn following(&mut self) -> Result<Option<[u64; W]>, StepError> {
        let Some(mut least) = self.heads.peek_mut() else { return Ok(self.rows.next().copied()) };
        let Reverse((row, i)) = *least;
        match read(&mut self.readers[i])? {
            Some(next) => *least = Reverse((next, i)),
            None => drop(PeekMut::pop(least)),
        }
        Ok(Some(row))
    }
}

fn read<const W: usize>(from: &mut BufReader<File>) -> Result<Option<[u64; W]>, StepError> {
    let mut row = [0; W];
    let mut word = [0; 8];
    for (i, slot) in row.iter_mut().enumerate() {
        match from.read_exact(&mut word) {
            Ok(()) => *slot = u64::from_le_bytes(word),
            Err(error) if i == 0 && error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(broken(error)),
        }
    }
    Ok(Some(row))
}

fn broken(error: io::Error) -> StepError {
    StepError::Stop(StopReason::Machine(format!("a barrier cannot sort on disk: {error}")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all<const W: usize>(sorted: &Sorted<W>) -> Vec<[u64; W]> {
        let mut cursor = sorted.cursor().unwrap();
        std::iter::from_fn(|| cursor.next().unwrap()).collect()
    }

    proptest! {
        #[test]
        fn rows_come_back_sorted_whatever_fits_into_memory(
            rows in prop::collection::vec(any::<[u64; 2]>(), 0..700),
            most in 1_usize..40,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let mut sorter = Sorter::holding(folder.path(), "test", most);
            rows.iter().for_each(|row| sorter.push(*row).unwrap());
            let sorted = sorter.finish().unwrap();
            let mut expected = rows;
            expected.sort_unstable();
            prop_assert_eq!(all(&sorted), &expected[..]);
            prop_assert_eq!(all(&sorted), expected);
        }

        #[test]
        fn numbers_keep_their_order_as_words(a in prop::num::f64::NORMAL, b in prop::num::f64::NORMAL) {
            prop_assert_eq!(a.total_cmp(&b), ascending(a).cmp(&ascending(b)));
            prop_assert_eq!(number_of(ascending(a)), a);
        }
    }

    #[test]
    fn both_zeros_are_one_number() {
        assert_eq!(ascending(-0.0), ascending(0.0));
    }

    #[test]
    fn runs_beyond_the_fan_in_are_merged_on_the_way() {
        let folder = tempfile::tempdir().unwrap();
        let mut sorter = Sorter::holding(folder.path(), "test", 1);
        (0..400_u64).for_each(|n| sorter.push([n.wrapping_mul(7919) % 400]).unwrap());
        let sorted = sorter.finish().unwrap();
        assert!(sorted.runs.len() < FAN_IN, "{}", sorted.runs.len());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), sorted.runs.len());
        assert_eq!(all(&sorted), (0..400).map(|n| [n]).collect::<Vec<_>>());
    }

    #[test]
    fn a_run_that_is_cut_short_stops_the_run() {
        let folder = tempfile::tempdir().unwrap();
        let mut sorter = Sorter::<2>::holding(folder.path(), "test", 1);
        (0..3).for_each(|n| sorter.push([n, n]).unwrap());
        let sorted = sorter.finish().unwrap();
        File::options().write(true).open(&sorted.runs[0]).unwrap().set_len(9).unwrap();
        assert!(matches!(sorted.cursor().map(|_| ()), Err(StepError::Stop(_))));
    }
}
