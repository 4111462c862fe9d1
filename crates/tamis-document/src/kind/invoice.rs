//! An invoice: parties, items, tax, total; every sum is exact.

use crate::content::{Author, Cents, Good, Pair, grouped, number};
use crate::kind::{Draft, numbered, sheet, side_by_side};
use crate::spec::{Align, Block, Cell, Class, Inline, Ruling, TextStyle, Width};

pub(crate) fn write(a: &mut Author<'_>) -> Draft {
    let page = sheet(a);
    a.rule_tables(&[Ruling::Grid, Ruling::Rows, Ruling::Stripes, Ruling::Banner, Ruling::Book]);
    let title = a.label("invoice");
    let mut body = parties(a, &title);
    body.push(a.gap(14.0));
    body.push(items(a, 8));
    let days = 10 + a.rng.below(3) * 10;
    let terms = a.bank.label("terms").replace("{n}", &days.to_string());
    let terms = a.paragraph(terms);
    let mut close = vec![terms];
    if a.rng.below(2) == 0 {
        let (key, account) = (a.label("bank"), account(a));
        let style = a.tight();
        close.push(a.pair_line(Pair::new("account", &key, account), style, true));
    }
    if a.rng.below(2) == 0 {
        let word = a.label("paid");
        let stamp = a.stamp(&word, "", 52.0, 26.0);
        close = vec![side_by_side(vec![(1.3, close, Align::Start), (1.0, vec![stamp], Align::Center)], 8.0)];
    }
    body.push(a.gap(8.0));
    body.push(Block::Together(close));
    let mut draft = Draft::new(title, page, body);
    if a.rng.below(2) == 0 {
        draft.footer = numbered(a, &draft.page);
    }
    draft
}

/// The number of a bank account.
pub(crate) fn account(a: &mut Author<'_>) -> String {
    let groups: Vec<String> = (0..4).map(|_| (1000 + a.rng.below(9000)).to_string()).collect();
    format!("{}{} {}", a.language.code().to_uppercase(), 10 + a.rng.below(90), groups.join(" "))
}

fn parties(a: &mut Author<'_>, title: &str) -> Vec<Block> {
    let seller = a.company();
    let seller_address = a.address();
    let buyer: Vec<String> = std::iter::once(a.person()).chain(a.address()).collect();
    let tight = a.tight();
    let name = TextStyle { size: a.look.size * 1.25, weight: 700, ..tight.clone() };
    let mut left = vec![a.text(Class::Text, name, seller), a.lines(&seller_address, tight.clone())];
    if a.rng.below(3) > 0 {
        left.insert(0, a.logo(15.0));
    }
    let heading = a.title(title, 2.1, Align::End);
    let number = format!("{}-{:04}", a.date.year, 1 + a.rng.below(9998));
    let customer = format!("{}", 10_000 + a.rng.below(89_999));
    let due = a.date.plus(14 + a.rng.below(3) as u32 * 7);
    let right_style = TextStyle { align: Align::End, ..tight.clone() };
    let pairs = [
        ("invoice_no", a.label("invoice_no"), number),
        ("date", a.label("date"), a.date.short(a.language)),
        ("due_date", a.label("due"), due.short(a.language)),
        ("customer_no", a.label("customer_no"), customer),
    ];
    let mut right = vec![heading];
    for (name, key, value) in pairs {
        right.push(a.pair_line(Pair::new(name, &key, value), right_style.clone(), true));
    }
    let head = side_by_side(vec![(1.0, left, Align::Start), (1.0, right, Align::End)], 8.0);
    let to = TextStyle { weight: 700, color: Some(a.look.accent), sticky: true, ..tight.clone() };
    let label = a.label("bill_to");
    vec![head, a.gap(10.0), a.text(Class::Key, to, label), a.lines(&buyer, tight)]
}

/// From three to `most` goods with tax and total.
pub(crate) fn items(a: &mut Author<'_>, most: usize) -> Block {
    let mut goods = a.bank.goods.clone();
    a.rng.shuffle(&mut goods);
    let n = 3 + a.rng.below(goods.len().min(most) - 2);
    let labels = ["item", "quantity", "unit_price", "amount"].map(|l| Cell::new(a.label(l)));
    let mut rows = vec![labels.to_vec()];
    let mut subtotal: Cents = 0;
    for Good(name, near) in goods.into_iter().take(n) {
        let (count, price) = (1 + a.rng.below(9) as i64, a.price(near));
        subtotal += count * price;
        rows.push(vec![
            Cell::new(name),
            Cell::new(count.to_string()),
            Cell::new(a.plain(price)),
            Cell::new(a.plain(count * price)),
        ]);
    }
    // Rates in tenths of a percent; the tax is rounded half up to whole cents.
    let rate = a.rng.pick(&[190i64, 200, 210, 70, 80, 100, 55]).copied().unwrap_or(190);
    let tax = (subtotal * rate + 500) / 1000;
    let percent = if rate % 10 == 0 { (rate / 10).to_string() } else { grouped(a.language, rate as u64, 1) };
    let vat = format!("{} {percent} %", a.label("vat"));
    for (name, key, amount) in
        [("subtotal", a.label("subtotal"), subtotal), ("vat", vat, tax), ("total", a.label("total"), subtotal + tax)]
    {
        rows.push(sum_row(a, name, key, amount));
    }
    let columns = vec![
        (Width::Share(1.0), Align::Start),
        (Width::Auto, Align::End),
        (Width::Auto, Align::End),
        (Width::Auto, Align::End),
    ];
    let mut table = a.table(columns, 1, rows, a.look.size * 0.95);
    table.inset[0] = 7.0;
    Block::Table(table)
}

fn sum_row(a: &mut Author<'_>, name: &'static str, key: String, amount: Cents) -> Vec<Cell> {
    let (key_id, value_id) = (a.id("key"), format!("value/{name}"));
    let written = a.money(amount);
    let is_total = name == "total";
    let cell = |inline: Inline, columns| Cell {
        inlines: vec![inline],
        columns,
        bold: is_total,
        align: Some(Align::End),
        line_above: (name != "vat").then_some(if is_total { 1.0 } else { 0.6 }),
        ..Cell::default()
    };
    let row = vec![
        cell(Inline::marked(&key_id, Class::Key, &key), 3),
        cell(Inline::marked(&value_id, Class::Value, &written), 1),
    ];
    let pair = Pair { number: Some(number(a.language, amount)), ..Pair::new(name, &key, written) };
    a.fact(pair, Some(key_id), value_id);
    row
}
