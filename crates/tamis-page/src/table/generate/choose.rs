//! What any table may have or lack: caption, unit line, source, footnotes.

use tamis_core::rng::Rng;

use super::super::spec::{Footnote, RowRole};
use super::sheet::{Sheet, some};
use super::words::Words;

const MARKS: [&[&str]; 3] = [&["1", "2", "3", "4"], &["a", "b", "c", "d"], &["*", "†", "‡", "§"]];

pub(super) fn decorate(sheet: &mut Sheet, domain: &str, words: &Words, rng: &mut Rng) {
    if rng.unit() < 0.25 {
        sheet.draft.caption.clear();
    }
    let sourced = matches!(domain, "statistics" | "health" | "survey" | "finance");
    if sourced && rng.unit() < 0.4 && !words.sources.is_empty() {
        let source = &words.sources[rng.below(words.sources.len())];
        sheet.draft.source = words.source.replace("{}", source);
    }
    if sheet.notes && rng.unit() < 0.35 {
        footnotes(sheet, words, rng);
    }
}

/// Marks one to three headers or values, in reading order.
fn footnotes(sheet: &mut Sheet, words: &Words, rng: &mut Rng) {
    let count = 1 + rng.weighted(&[5.0, 3.0, 1.0]);
    let notes = some(&words.notes, count, true, rng);
    let marks = MARKS[rng.below(MARKS.len())];
    sheet.draft.cells.sort_by_key(|c| (c.row, c.column));
    let draft = &mut sheet.draft;
    let open: Vec<usize> = (0..draft.cells.len())
        .filter(|i| {
            let cell = &draft.cells[*i];
            let quiet = matches!(draft.rows[cell.row], RowRole::Group);
            !quiet && !cell.text.trim().is_empty() && cell.text.chars().count() < 30
        })
        .collect();
    let chosen: Vec<usize> = some(&open, notes.len(), true, rng).into_iter().copied().collect();
    for (i, (cell, text)) in chosen.into_iter().zip(notes).enumerate() {
        draft.cells[cell].note = Some(i);
        draft.footnotes.push(Footnote { mark: marks[i].to_string(), text: text.clone() });
    }
}
