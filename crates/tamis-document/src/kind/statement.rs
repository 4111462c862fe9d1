//! A bank statement: bookings whose balance adds up, over some pages.

use crate::content::{Author, Cents, Pair, number};
use crate::kind::{Draft, numbered, sheet, side_by_side};
use crate::spec::{Align, Block, Cell, Class, Inline, Ruling, TextStyle, Width};

pub(crate) fn write(a: &mut Author<'_>) -> Draft {
    let page = sheet(a);
    a.rule_tables(&[Ruling::Rows, Ruling::Stripes, Ruling::Banner, Ruling::Grid, Ruling::Open]);
    let title = a.label("statement");
    let holder: Vec<String> = std::iter::once(a.person()).chain(a.address()).collect();
    let groups: Vec<String> = (0..4).map(|_| (1000 + a.rng.below(9000)).to_string()).collect();
    let tight = a.tight();
    let logo = a.logo(14.0);
    let name = a.company();
    let style = TextStyle { weight: 700, size: a.look.size * 1.3, ..tight.clone() };
    let bank = a.text(Class::Text, style, name);
    let left = vec![logo, bank, a.gap(10.0), a.lines(&holder, tight.clone())];
    let right_style = TextStyle { align: Align::End, ..tight };
    let mut right = vec![a.title(&title, 1.7, Align::End)];
    for (name, key, value) in
        [("account", a.label("account"), groups.join(" ")), ("date", a.label("date"), a.date.short(a.language))]
    {
        right.push(a.pair_line(Pair::new(name, &key, value), right_style.clone(), true));
    }
    let head = side_by_side(vec![(1.0, left, Align::Start), (1.15, right, Align::End)], 8.0);
    let body = vec![head, a.gap(14.0), bookings(a)];
    let mut draft = Draft::new(title, page, body);
    draft.footer = numbered(a, &draft.page);
    draft
}

fn bookings(a: &mut Author<'_>) -> Block {
    let labels = ["date", "item", "debit", "credit", "balance"].map(|l| Cell::new(a.label(l)));
    let mut rows = vec![labels.to_vec()];
    let scale = a.bank.goods[0].1;
    let mut balance: Cents = a.price(scale * 14.0);
    rows.push(sum_row(a, "opening", balance));
    let mut date = a.date;
    let n = 9 + a.rng.below(34);
    for i in 0..n {
        date = date.plus(a.rng.below(3) as u32);
        let credit = i % 9 == 4 || balance < (scale * 200.0) as Cents;
        let (label, near) = match (credit, a.rng.below(5)) {
            (true, _) => ("salary", scale * 11.0),
            (_, 0) => ("rent", scale * 4.0),
            (_, 1) => ("transfer", scale * 0.8),
            _ => ("purchase", scale * 0.3),
        };
        let amount = a.price(near);
        let with =
            if label == "purchase" || label == "transfer" { format!(", {}", a.company()) } else { String::new() };
        let text = format!("{}{with}", a.label(label));
        balance += if credit { amount } else { -amount };
        let (debit, got) = if credit { (String::new(), a.plain(amount)) } else { (a.plain(amount), String::new()) };
        rows.push(vec![
            Cell::new(date.short(a.language)),
            Cell::new(text),
            Cell::new(debit),
            Cell::new(got),
            Cell::new(a.plain(balance)),
        ]);
    }
    rows.push(sum_row(a, "closing", balance));
    let columns = vec![
        (Width::Auto, Align::Start),
        (Width::Share(1.0), Align::Start),
        (Width::Auto, Align::End),
        (Width::Auto, Align::End),
        (Width::Auto, Align::End),
    ];
    let size = a.look.size * 0.88;
    Block::Table(a.table(columns, 1, rows, size))
}

fn sum_row(a: &mut Author<'_>, name: &'static str, balance: Cents) -> Vec<Cell> {
    let (key, written) = (a.label(name), a.money(balance));
    let (key_id, value_id) = (a.id("key"), format!("value/{name}"));
    let cell = |inline, columns, align| Cell {
        inlines: vec![inline],
        columns,
        bold: true,
        align: Some(align),
        ..Cell::default()
    };
    let row = vec![
        cell(Inline::marked(&key_id, Class::Key, &key), 3, Align::Start),
        cell(Inline::marked(&value_id, Class::Value, &written), 2, Align::End),
    ];
    let pair = Pair { number: Some(number(a.language, balance)), ..Pair::new(name, &key, written) };
    a.fact(pair, Some(key_id), value_id);
    row
}
