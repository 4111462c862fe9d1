//! A form with fields filled in by hand, boxes ticked, a signature.

use crate::content::{Author, Date, Pair};
use crate::kind::{Draft, sheet, side_by_side};
use crate::spec::{Align, Block, Class, Inline, Panel, Text, TextStyle, Voice};

pub(crate) fn write(a: &mut Author<'_>) -> Draft {
    let page = sheet(a);
    let title = a.label("form");
    let company = a.company();
    let small = a.small(0.9);
    let fill = a.label("fill");
    let mut body = vec![
        a.text(Class::Text, TextStyle { weight: 700, ..small.clone() }, company),
        a.title(&title, 1.9, Align::Start),
        a.text(Class::Text, small, fill),
        a.gap(6.0),
    ];
    let boxed = a.rng.below(3);
    let number = format!("{:06}", a.rng.below(1_000_000));
    let born =
        Date { year: 1950 + a.rng.below(55) as u32, month: a.rng.below(12) as u32, day: 1 + a.rng.below(28) as u32 };
    let (given, family) = (a.rng.pick(&a.bank.given), a.rng.pick(&a.bank.family));
    let (given, family) = (given.cloned().unwrap_or_default(), family.cloned().unwrap_or_default());
    let street = format!("{} {}", a.rng.pick(&a.bank.streets).cloned().unwrap_or_default(), 1 + a.rng.below(99));
    let city = a.city();
    let occupation = a.rng.pick(&a.bank.jobs).cloned().unwrap_or_default();
    let email = format!("{}{}@example.org", ["info", "mail", "post", "k"][a.rng.below(4)], 10 + a.rng.below(90));
    let phone = a.phone();
    let rows = [
        vec![("last_name", family.clone(), 1.0), ("first_name", given.clone(), 1.0)],
        vec![("birth_date", born.short(a.language), 1.0), ("customer_no", number, 1.0)],
        vec![("street", street, 1.4), ("city", city.clone(), 1.0)],
        vec![("phone", phone, 1.0), ("email", email, 1.2)],
        vec![("occupation", occupation, 1.0)],
    ];
    for row in rows {
        let cells = row.into_iter().map(|(name, value, share)| (share, field(a, name, value, boxed), Align::Start));
        body.push(side_by_side(cells.collect(), 6.0));
        body.push(a.gap(a.look.size * 0.9));
    }
    body.push(choice(a, "status", &["married", "single"]));
    body.push(choice(a, "newsletter", &["yes", "no"]));
    let consent = a.label("consent");
    body.push(a.paragraph(consent));
    body.push(a.gap(12.0));
    body.push(sign(a, &given, &family, &city, boxed));
    Draft::new(title, page, body)
}

/// A label above or in a box or over a line, and what is written there.
fn field(a: &mut Author<'_>, name: &'static str, value: String, boxed: usize) -> Vec<Block> {
    let key = a.label(name);
    let size = a.look.size * 0.82;
    let key_style = TextStyle {
        size,
        color: Some(a.look.faint),
        above: 0.0,
        below: 3.5,
        align: Align::Start,
        sticky: true,
        ..a.style()
    };
    let label = a.text(Class::Key, key_style, key.clone());
    let key_id = id_of(&label);
    let value_id = format!("value/{name}");
    let style = TextStyle {
        size: a.look.size * 1.45,
        voice: Voice::Hand,
        above: a.look.size * 1.05,
        below: 0.0,
        align: Align::Start,
        ..a.style()
    };
    let text = Text {
        id: value_id.clone(),
        class: Class::Value,
        level: 0,
        inlines: vec![Inline::Plain(value.clone())],
        style,
    };
    a.fact(Pair::new(name, &key, value), Some(key_id), value_id);
    let line = |blocks, sides, fill| {
        Block::Panel(Panel {
            fill,
            stroke: Some((a.look.faint, 0.7)),
            sides,
            radius: 0.0,
            inset: [4.0, 4.0],
            height: None,
            bleed: false,
            blocks,
        })
    };
    match boxed {
        0 => vec![line(vec![label, Block::Text(text)], [true; 4], None)],
        1 => vec![label, line(vec![Block::Text(text)], [false, false, true, false], None)],
        _ => vec![label, line(vec![Block::Text(text)], [true; 4], Some(a.look.tint))],
    }
}

fn id_of(block: &Block) -> String {
    match block {
        Block::Text(text) => text.id.clone(),
        _ => String::new(),
    }
}

/// A question and boxes, one of which is ticked.
fn choice(a: &mut Author<'_>, name: &'static str, answers: &[&str]) -> Block {
    let key = a.label(name);
    let picked = a.rng.below(answers.len());
    let key_id = a.id("key");
    let mut inlines = vec![Inline::marked(&key_id, Class::Key, &key), Inline::Gap(1.6)];
    let (mut value, mut value_id) = (String::new(), String::new());
    for (i, answer) in answers.iter().enumerate() {
        let text = a.label(answer);
        let id = format!("value/{name}/{answer}");
        inlines.extend([
            a.check(i == picked),
            Inline::Gap(0.45),
            Inline::marked(&id, Class::Value, &text),
            Inline::Gap(1.6),
        ]);
        if i == picked {
            (value, value_id) = (text, id);
        }
    }
    inlines.pop();
    a.fact(Pair::new(name, &key, value), Some(key_id), value_id);
    let style = TextStyle { align: Align::Start, ..a.style() };
    a.block(Class::Text, style, inlines)
}

fn sign(a: &mut Author<'_>, given: &str, family: &str, city: &str, boxed: usize) -> Block {
    let place = format!("{city}, {}", a.date.short(a.language));
    let left = field(a, "place_date", place, boxed.min(1));
    let name = a.bank.full_name.replace("{given}", given).replace("{family}", family);
    let key = a.label("signature");
    let style = TextStyle { above: 2.0, ..a.small(0.82) };
    let right = vec![a.signature(&name, 52.0, 15.0), a.rule(0.7, a.look.faint), a.text(Class::Key, style, key)];
    Block::Together(vec![side_by_side(vec![(1.0, left, Align::Start), (1.0, right, Align::Start)], 14.0)])
}
