//! Timetables and tables of clauses: words, and cells merged where they say the same.

use tamis_core::rng::Rng;

use super::super::spec::{Align, Cell, RowRole};
use super::sheet::{Sheet, some};
use super::words::Words;

/// Hours by days; lessons of two hours span two rows, the pause spans the week.
pub(super) fn timetable(words: &Words, rng: &mut Rng) -> Option<Sheet> {
    let plan = &words.timetable;
    let mut sheet = Sheet::new(words, rng);
    sheet.notes = false;
    sheet.draft.caption = plan.captions[rng.below(plan.captions.len())].clone();
    let days = if rng.unit() < 0.8 { 5 } else { 6 };
    sheet.stub(1);
    (0..days).for_each(|_| _ = sheet.column(Align::Center, false, false));
    let row = sheet.row(RowRole::Head);
    sheet.text(row, 0, plan.time.as_str());
    words.weekdays.iter().take(days).enumerate().for_each(|(i, d)| sheet.text(row, 1 + i, d.as_str()));
    let (morning, afternoon) = (3 + rng.below(2), 2 + rng.below(3));
    let (mut hour, minute) = (8, [0, 15, 30][rng.below(3)]);
    let lessons = some(&plan.lessons, 8.min(plan.lessons.len()), false, rng);
    for (part, hours) in [morning, afternoon].into_iter().enumerate() {
        if part == 1 {
            let row = sheet.row(RowRole::Body);
            sheet.text(row, 0, span(hour, minute));
            sheet.put(Cell::new(row, 1, plan.pause.as_str()).spanning(1, days));
            hour += 1;
        }
        let first = sheet.draft.rows.len();
        for _ in 0..hours {
            let row = sheet.row(RowRole::Body);
            sheet.text(row, 0, span(hour, minute));
            hour += 1;
        }
        for day in 0..days {
            column(&mut sheet, first, hours, 1 + day, &lessons, rng);
        }
    }
    Some(sheet)
}

fn column(sheet: &mut Sheet, first: usize, hours: usize, column: usize, lessons: &[&String], rng: &mut Rng) {
    let (mut at, mut before) = (0, String::new());
    while at < hours {
        let length = if at + 2 <= hours && rng.unit() < 0.3 { 2 } else { 1 };
        let free = rng.unit() < 0.08;
        let mut lesson = lessons[rng.below(lessons.len())].clone();
        if lesson == before {
            lesson = lessons[(rng.below(lessons.len()) + 1) % lessons.len()].clone();
        }
        before.clone_from(&lesson);
        let text = if free { String::new() } else { lesson };
        let length = if free { 1 } else { length };
        sheet.put(Cell::new(first + at, column, text).spanning(length, 1));
        at += length;
    }
}

fn span(hour: usize, minute: usize) -> String {
    format!("{hour}:{minute:02}–{}:{minute:02}", hour + 1)
}

/// Sections of labels and texts.
pub(super) fn contract(words: &Words, rng: &mut Rng) -> Option<Sheet> {
    let form = rng.pick(&words.contracts)?;
    let mut sheet = Sheet::new(words, rng);
    sheet.notes = false;
    sheet.draft.caption = form.caption.clone();
    let spanning = rng.unit() < 0.5;
    sheet.stub(1 + usize::from(spanning));
    sheet.column(Align::Start, false, false);
    if !spanning {
        sheet.column(Align::Start, false, false);
    }
    let row = sheet.row(RowRole::Head);
    if spanning {
        form.head.iter().take(3).enumerate().for_each(|(i, h)| sheet.text(row, i, h.as_str()));
    } else {
        sheet.text(row, 0, form.head[1].as_str());
        sheet.put(Cell::new(row, 1, form.head[2].as_str()).spanning(1, 2));
    }
    for section in &form.sections {
        let rows = some(&section.rows, (1 + rng.below(4)).min(section.rows.len()), true, rng);
        if !spanning {
            sheet.group(&section.name);
        }
        let count = rows.len();
        for (k, clause) in rows.into_iter().enumerate() {
            let row = sheet.row(RowRole::Body);
            let label = clause.first()?;
            let value = |rng: &mut Rng| clause.get(1 + rng.below(clause.len().max(2) - 1)).cloned().unwrap_or_default();
            if spanning && k == 0 {
                sheet.put(Cell::new(row, 0, section.name.as_str()).spanning(count, 1));
            }
            sheet.text(row, usize::from(spanning), label.as_str());
            if spanning {
                let text = value(rng);
                sheet.text(row, 2, text);
                continue;
            }
            let (a, b) = (value(rng), value(rng));
            if a == b || rng.unit() < 0.5 {
                sheet.put(Cell::new(row, 1, a).spanning(1, 2));
            } else {
                sheet.text(row, 1, a);
                sheet.text(row, 2, b);
            }
        }
    }
    Some(sheet)
}
