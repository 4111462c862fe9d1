//! A till receipt: narrow, monospaced, as long as its items.

use crate::content::{Author, Cents, Pair, number};
use crate::kind::Draft;
use crate::spec::{Align, Block, Cell, Class, Hole, HoleKind, Inline, PageSpec, Ruling, TextStyle, Voice, Width};

pub(crate) fn write(a: &mut Author<'_>) -> Draft {
    a.look.ruling = Ruling::Open;
    a.look.accent = a.look.ink;
    a.look.size = 8.5;
    a.look.justify = false;
    if a.rng.below(3) > 0 {
        a.look.body = a.look.mono.clone();
    }
    let title = a.label("receipt");
    let shop = a.company();
    let address = a.address();
    let style = TextStyle { align: Align::Center, above: 3.0, below: 4.0, ..a.style() };
    let name = TextStyle { size: a.look.size * 1.5, weight: 700, voice: Voice::Body, ..style.clone() };
    let mut body = vec![a.text(Class::Title, name, shop), a.lines(&address, style.clone()), a.gap(6.0)];
    let time = a
        .bank
        .time
        .replace("{h}", &(8 + a.rng.below(12)).to_string())
        .replace("{m}", &format!("{:02}", a.rng.below(60)));
    let left = TextStyle { align: Align::Start, ..style.clone() };
    let when = format!("{} {time}", a.date.short(a.language));
    for (name, key, value) in
        [("date", a.label("date"), when), ("cashier", a.label("cashier"), (1 + a.rng.below(9)).to_string())]
    {
        body.push(a.pair_line(Pair::new(name, &key, value), left.clone(), false));
    }
    let (table, rows) = items(a);
    body.extend([a.gap(4.0), table, a.gap(8.0)]);
    let thanks = a.label("thanks");
    body.push(a.text(Class::Text, style, thanks));
    let code: String = (0..10).map(|_| char::from(b'0' + a.rng.below(10) as u8)).collect();
    let hole = Hole {
        id: a.id("barcode"),
        class: Class::Figure,
        kind: HoleKind::Barcode { text: code },
        width: 52.0,
        height: 11.0,
    };
    body.push(Block::Hole(hole, Align::Center));
    // The roll is cut where the text ends.
    let step = if a.language.has_italics() { 5.0 } else { 5.6 };
    let page = PageSpec {
        width: 80.0,
        height: 74.0 + step * rows as f64,
        margins: [7.0, 6.0, 5.0, 6.0],
        columns: 1,
        ..PageSpec::a4()
    };
    Draft::new(title, page, body)
}

fn items(a: &mut Author<'_>) -> (Block, usize) {
    let mut goods = a.bank.groceries.clone();
    a.rng.shuffle(&mut goods);
    let mut rows = Vec::new();
    let mut total: Cents = 0;
    for good in goods.iter().take(3 + a.rng.below(8)) {
        let (count, price) = (1 + a.rng.below(3) as i64, a.price(good.1));
        total += count * price;
        let name = if count > 1 { format!("{} × {}", count, good.0) } else { good.0.clone() };
        rows.push(vec![Cell::new(name), Cell::new(a.plain(count * price))]);
    }
    let note: Cents = if a.language == crate::spec::Language::Ja {
        1000
    } else {
        10i64.pow(crate::content::decimals(a.language)) * 10
    };
    let cash = (total / note + 1) * note;
    for (name, amount) in [("total", total), ("cash", cash), ("change", cash - total)] {
        let (key, written) = (a.label(name), a.money(amount));
        let (key_id, value_id) = (a.id("key"), format!("value/{name}"));
        let cell = |inline| Cell {
            inlines: vec![inline],
            columns: 1,
            bold: name == "total",
            line_above: (name == "total").then_some(0.8),
            ..Cell::default()
        };
        rows.push(vec![
            cell(Inline::marked(&key_id, Class::Key, &key)),
            cell(Inline::marked(&value_id, Class::Value, &written)),
        ]);
        let pair = Pair { number: Some(number(a.language, amount)), ..Pair::new(name, &key, written) };
        a.fact(pair, Some(key_id), value_id);
    }
    let n = rows.len();
    let columns = vec![(Width::Share(1.0), Align::Start), (Width::Auto, Align::End)];
    let size = a.look.size;
    let mut table = a.table(columns, 0, rows, size);
    table.inset = [1.0, 3.0];
    (Block::Table(table), n)
}
