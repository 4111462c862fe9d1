//! Decisions that are found in some order, given back in the order of the input.

use std::path::Path;

use tamis_core::StepError;
use tamis_core::barrier::{Parts, Place};

use super::sort::{Cursor, Sorted, Sorter};

/// Where each part ends when all summed up records are counted in the order of the input.
#[derive(Default)]
pub(crate) struct Ends(Vec<u64>);

impl Ends {
    /// Goes through the rows of all summaries, each with its number in the whole.
    pub(crate) fn of<T: serde::de::DeserializeOwned>(
        parts: &Parts<'_, Vec<T>>,
        mut visit: impl FnMut(u64, T) -> Result<(), StepError>,
    ) -> Result<Ends, StepError> {
        let (mut ends, mut at) = (Ends::default(), 0);
        for part in parts.iter() {
            for row in part? {
                visit(at, row)?;
                at += 1;
            }
            ends.0.push(at);
        }
        Ok(ends)
    }

    /// Where the record with this number stands.
    pub(crate) fn place(&self, at: u64) -> Place {
        let part = self.0.partition_point(|end| *end <= at);
        let first = if part == 0 { 0 } else { self.0[part - 1] };
        Place { part: part as u32, row: (at - first) as u32 }
    }
}

/// Takes answers in any order: the record's number first, then `W - 1` words about it.
pub(crate) struct Answers<const W: usize>(Sorter<W>);

impl<const W: usize> Answers<W> {
    /// What does not fit into memory goes into `scratch`.
    pub(crate) fn new(scratch: &Path) -> Answers<W> {
        Answers(Sorter::new(scratch, "answers"))
    }

    /// Takes the answer about one record.
    pub(crate) fn push(&mut self, answer: [u64; W]) -> Result<(), StepError> {
        self.0.push(answer)
    }

    /// Gives the answers of each part, with the row instead of the number, in order.
    pub(crate) fn each_part(
        self,
        ends: &Ends,
        mut part: impl FnMut(Vec<(u32, [u64; W])>) -> Result<(), StepError>,
    ) -> Result<(), StepError> {
        let sorted: Sorted<W> = self.0.finish()?;
        let mut cursor: Cursor<'_, W> = sorted.cursor()?;
        let mut first = 0;
        for end in &ends.0 {
            let mut answers = Vec::new();
            while cursor.head().is_some_and(|answer| answer[0] < *end) {
                answers.extend(cursor.next()?.map(|answer| ((answer[0] - first) as u32, answer)));
            }
            part(answers)?;
            first = *end;
        }
        Ok(())
    }
}
