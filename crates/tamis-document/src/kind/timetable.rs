//! A timetable: days across, hours down.

use crate::content::Author;
use crate::kind::Draft;
use crate::spec::{Align, Block, Cell, Class, PageSpec, Ruling, TextStyle, Width};

pub(crate) fn write(a: &mut Author<'_>) -> Draft {
    let page = PageSpec { width: 297.0, height: 210.0, margins: [18.0, 18.0, 16.0, 18.0], ..PageSpec::a4() };
    a.look.ruling = Ruling::Grid;
    a.look.size = a.rng.range(11.0, 12.5);
    let title = a.label("timetable");
    let class = format!("{} {}{}", a.label("class"), 5 + a.rng.below(8), ["a", "b", "c"][a.rng.below(3)]);
    let mut body = vec![a.title(&title, 1.9, Align::Start)];
    let style = TextStyle { color: Some(a.look.faint), ..a.tight() };
    let school = a.one(&a.bank.schools);
    body.push(a.text(Class::Text, style, format!("{class} · {school} · {}", a.date.year)));
    body.push(a.gap(6.0));
    body.push(Block::Table(hours(a)));
    Draft::new(title, page, body)
}

fn hours(a: &mut Author<'_>) -> crate::spec::Table {
    let bank = a.bank;
    let fill = |a: &Author<'_>| Some(a.look.tint);
    let mut header = vec![Cell { fill: fill(a), ..Cell::new(a.label("timeslot")) }];
    header.extend(bank.weekdays.iter().map(|d| Cell { fill: fill(a), ..Cell::new(d.clone()) }));
    let mut rows = vec![header];
    let lesson = [45, 50, 60][a.rng.below(3)];
    let mut minute = 60 * 8 + 15 * a.rng.below(3);
    for hour in 0..6 + a.rng.below(2) {
        let end = minute + lesson;
        let mut row = vec![Cell { fill: fill(a), ..Cell::new(format!("{}–{}", clock(a, minute), clock(a, end))) }];
        if hour == 3 {
            row.push(Cell { align: Some(Align::Center), fill: fill(a), ..Cell::new(a.label("break")).spanning(5) });
            minute += 30;
            row[0] = Cell { fill: fill(a), ..Cell::new(format!("{}–{}", clock(a, end - lesson), clock(a, minute))) };
            rows.push(row);
            continue;
        }
        for _ in 0..5 {
            let subject = a.rng.pick(&bank.subjects).cloned().unwrap_or_default();
            row.push(if hour > 4 && a.rng.below(3) == 0 { Cell::new("") } else { Cell::new(subject) });
        }
        rows.push(row);
        minute = end + 5 * a.rng.below(2);
    }
    let mut columns = vec![(Width::Auto, Align::Start)];
    columns.extend((0..5).map(|_| (Width::Share(1.0), Align::Center)));
    let size = a.look.size;
    let mut table = a.table(columns, 1, rows, size);
    table.inset = [7.0, a.rng.range(12.0, 16.0)];
    table
}

fn clock(a: &Author<'_>, minute: usize) -> String {
    a.bank
        .time
        .replace("{h}", &(minute / 60).to_string())
        .replace("{m}", &format!("{:02}", minute % 60))
        .replace(' ', "\u{a0}")
}
