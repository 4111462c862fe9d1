//! Grades and league tables: rows whose last columns follow from the others.

use tamis_core::rng::Rng;

use super::super::spec::{Align, Cell, RowRole};
use super::sheet::{Quantity, Sheet, between, some};
use super::words::Words;

/// Pupils by subjects, with the mean of each row when it is exact to the decimals shown.
pub(super) fn grades(words: &Words, rng: &mut Rng) -> Option<Sheet> {
    let grades = &words.grades;
    let mut sheet = Sheet::new(words, rng);
    sheet.draft.caption = grades.caption.clone();
    let groups: Vec<(&str, Vec<&String>)> = grades
        .subjects
        .iter()
        .map(|g| (g.name.as_str(), some(&g.members, 1 + rng.below(g.members.len().min(3)), true, rng)))
        .collect();
    let count = groups.iter().map(|g| g.1.len()).sum::<usize>();
    let two = rng.unit() < 0.6;
    let rows = 1 + usize::from(two);
    sheet.stub(1);
    (0..count).for_each(|_| _ = sheet.column([Align::End, Align::Center][usize::from(two)], false, false));
    let mean = rng.unit() < 0.6;
    if mean {
        sheet.column(Align::End, false, true);
    }
    (0..rows).for_each(|_| _ = sheet.row(RowRole::Head));
    sheet.put(Cell::new(0, 0, grades.pupil.as_str()).spanning(rows, 1));
    let mut column = 1;
    for (name, subjects) in &groups {
        if two {
            sheet.put(Cell::new(0, column, *name).spanning(1, subjects.len()));
        }
        for subject in subjects {
            sheet.text(rows - 1, column, subject.as_str());
            column += 1;
        }
    }
    if mean {
        sheet.put(Cell::new(0, column, words.mean.as_str()).spanning(rows, 1));
    }
    let mark = Quantity { unit: String::new(), decimals: grades.decimals, additive: false };
    let average = Quantity { decimals: grades.decimals + 1, ..mark.clone() };
    for name in some(&words.people, (4 + rng.below(13)).min(words.people.len()), false, rng) {
        let row = sheet.row(RowRole::Body);
        sheet.text(row, 0, name.as_str());
        let marks: Vec<i64> = (0..count).map(|_| between(grades.low, grades.high, grades.decimals, rng)).collect();
        marks.iter().enumerate().for_each(|(i, m)| sheet.number(row, 1 + i, *m, &mark));
        if mean {
            let ticks = (marks.iter().sum::<i64>() as f64 * 10.0 / count as f64).round() as i64;
            sheet.number(row, column, ticks, &average);
        }
    }
    Some(sheet)
}

/// Teams in the order of their points; played = won + drawn + lost, points = 3 won + drawn.
pub(super) fn league(words: &Words, rng: &mut Rng) -> Option<Sheet> {
    let league = &words.league;
    let mut sheet = Sheet::new(words, rng);
    sheet.draft.caption = league.caption.clone();
    let count = (5 + rng.below(13)).min(league.teams.len());
    let played = 2 * (count as i64 - 1);
    let mut rows: Vec<(&String, [i64; 8])> =
        some(&league.teams, count, false, rng).into_iter().map(|t| (t, season(played, rng))).collect();
    rows.sort_by_key(|(_, s)| (-s[7], -s[6], -s[4]));
    let goals = rng.unit() < 0.7;
    let shown: Vec<usize> = (0..8).filter(|i| goals || !(4..7).contains(i)).collect();
    let grouped = goals && rng.unit() < 0.4 && league.groups.len() == 2;
    sheet.stub(2);
    shown.iter().for_each(|i| {
        _ = sheet.column([Align::Center, Align::End][usize::from(goals)], matches!(i, 1..=5), *i == 0 || *i > 5)
    });
    let head = 1 + usize::from(grouped);
    (0..head).for_each(|_| _ = sheet.row(RowRole::Head));
    sheet.put(Cell::new(0, 0, league.rank.as_str()).spanning(head, 1));
    sheet.put(Cell::new(0, 1, league.team.as_str()).spanning(head, 1));
    if grouped {
        sheet.put(Cell::new(0, 3, league.groups[0].as_str()).spanning(1, 3));
        sheet.put(Cell::new(0, 6, league.groups[1].as_str()).spanning(1, 3));
    }
    for (c, i) in shown.iter().enumerate() {
        let inner = grouped && (1..7).contains(i);
        let cell = Cell::new(usize::from(inner), 2 + c, league.columns[*i].as_str());
        sheet.put(if grouped && !inner { cell.spanning(2, 1) } else { cell });
    }
    let plain = Quantity { unit: String::new(), decimals: 0, additive: true };
    for (rank, (team, season)) in rows.iter().enumerate() {
        let row = sheet.row(RowRole::Body);
        sheet.text(row, 0, (rank + 1).to_string());
        sheet.text(row, 1, team.as_str());
        for (c, i) in shown.iter().enumerate() {
            sheet.number(row, 2 + c, season[*i], &plain);
            if let Some(cell) = sheet.draft.cells.last_mut().filter(|_| *i == 6 && season[6] > 0) {
                cell.text = format!("+{}", cell.text);
            }
        }
    }
    Some(sheet)
}

fn season(played: i64, rng: &mut Rng) -> [i64; 8] {
    let strength = rng.range(0.15, 0.7);
    let won = (played as f64 * strength).round() as i64;
    let drawn = ((played - won) as f64 * rng.range(0.1, 0.6)).round() as i64;
    let lost = played - won - drawn;
    let scored = 2 * won + drawn + rng.below(played as usize / 2 + 1) as i64;
    let conceded = 2 * lost + drawn + rng.below(played as usize / 2 + 1) as i64;
    [played, won, drawn, lost, scored, conceded, scored - conceded, 3 * won + drawn]
}
