//! A form in sections: fields filled in by hand, boxes ticked, small print, a signature, a box for the office.

use crate::content::{Author, Date, Pair};
use crate::kind::invoice::account;
use crate::kind::{Draft, sheet, side_by_side};
use crate::spec::{Align, Block, Class, Inline, Language, Panel, Text, TextStyle, Voice};

pub(crate) fn write(a: &mut Author<'_>) -> Draft {
    let mut page = sheet(a);
    page.margins[0] = page.margins[0].min(22.0);
    // What is asked fits on one sheet; letters with marks above and below take more of it.
    let is_tall = matches!(a.language, Language::Zh | Language::Ja | Language::Ko | Language::Ar | Language::Hi);
    a.look.size = a.look.size.min(if is_tall { 9.0 } else { 10.25 });
    a.look.paragraph_gap = a.look.paragraph_gap.min(if is_tall { 0.8 } else { 0.95 });
    let is_short = !is_tall && page.height > 290.0 && a.look.size < 10.0;
    let dress = Dress { fields: a.rng.below(3), headings: a.rng.below(3), numbered: a.rng.below(2) == 0 };
    let title = a.label("form");
    let mut body = top(a, &title);
    let member = Member::new(a);
    let mut sections = vec![personal(a, dress, &member), contact(a, dress, &member), membership(a, dress)];
    let last: Section = if a.rng.below(2) == 0 { payment } else { emergency };
    sections.push(last(a, dress, &member));
    for (i, (name, blocks)) in sections.into_iter().enumerate() {
        body.push(heading(a, dress, i + 1, name));
        body.extend(blocks);
    }
    body.extend(close(a, dress, &member, is_short));
    Draft::new(title, page, body)
}

/// Writes one section: the name of its heading and what stands below.
type Section = fn(&mut Author<'_>, Dress, &Member) -> (&'static str, Vec<Block>);

/// How the form looks.
#[derive(Clone, Copy)]
struct Dress {
    /// Fields are boxes, lines or grounds.
    fields: usize,
    /// Headings are bars, lines or words.
    headings: usize,
    /// Headings have numbers.
    numbered: bool,
}

/// Who fills it in.
struct Member {
    given: String,
    family: String,
    city: String,
}

impl Member {
    fn new(a: &mut Author<'_>) -> Member {
        let (given, family) = (a.rng.pick(&a.bank.given), a.rng.pick(&a.bank.family));
        Member {
            given: given.cloned().unwrap_or_default(),
            family: family.cloned().unwrap_or_default(),
            city: a.city(),
        }
    }

    fn name(&self, a: &Author<'_>) -> String {
        a.bank.full_name.replace("{given}", &self.given).replace("{family}", &self.family)
    }
}

/// Who asks, what for, and how to fill it in; at times with a sign or a box for a photograph.
fn top(a: &mut Author<'_>, title: &str) -> Vec<Block> {
    let company = a.company();
    let small = a.small(0.9);
    let fill = a.label("fill");
    let words = vec![
        a.text(Class::Text, TextStyle { weight: 700, ..small.clone() }, company),
        a.title(title, 1.9, Align::Start),
        a.text(Class::Text, small, fill),
    ];
    if a.rng.below(2) == 0 {
        return words;
    }
    let logo = a.logo(17.0);
    vec![side_by_side(vec![(5.0, words, Align::Start), (1.0, vec![logo], Align::End)], 6.0)]
}

fn heading(a: &mut Author<'_>, dress: Dress, number: usize, name: &str) -> Block {
    let label = a.label(name);
    let text = if dress.numbered { format!("{number}. {label}") } else { label };
    let mut block = a.heading(2, text);
    let Block::Text(text) = &mut block else { return block };
    (text.style.above, text.style.below) = (a.look.size * 1.2, a.look.size * 0.55);
    text.style.color = Some(a.look.accent);
    if dress.headings == 2 {
        return block;
    }
    (text.style.above, text.style.below) = (0.0, 0.0);
    let bar = dress.headings == 0;
    let panel = Panel {
        fill: bar.then_some(a.look.tint),
        stroke: (!bar).then_some((a.look.accent, 0.9)),
        sides: [false, false, true, false],
        radius: 0.0,
        inset: [if bar { 5.0 } else { 0.0 }, 3.5],
        height: None,
        bleed: false,
        blocks: vec![block],
    };
    let (above, below) = (a.gap(a.look.size * 0.45), a.gap(a.look.size * 0.25));
    Block::Together(vec![above, Block::Panel(panel), below])
}

fn personal(a: &mut Author<'_>, dress: Dress, member: &Member) -> (&'static str, Vec<Block>) {
    let born =
        Date { year: 1950 + a.rng.below(55) as u32, month: a.rng.below(12) as u32, day: 1 + a.rng.below(28) as u32 };
    let occupation = a.rng.pick(&a.bank.jobs).cloned().unwrap_or_default();
    let born = born.short(a.language);
    let mut blocks = vec![
        row(a, dress, vec![("last_name", member.family.clone(), 1.0), ("first_name", member.given.clone(), 1.0)]),
        row(a, dress, vec![("birth_date", born, 1.0), ("occupation", occupation, 1.0)]),
    ];
    blocks.push(choice(a, "status", &["married", "single"]));
    ("personal", blocks)
}

fn contact(a: &mut Author<'_>, dress: Dress, member: &Member) -> (&'static str, Vec<Block>) {
    let street = format!("{} {}", a.rng.pick(&a.bank.streets).cloned().unwrap_or_default(), 1 + a.rng.below(99));
    let zip = (10_000 + a.rng.below(89_999)).to_string();
    let email = format!("{}{}@example.org", ["info", "mail", "post", "k"][a.rng.below(4)], 10 + a.rng.below(90));
    let phone = a.phone();
    let blocks = vec![
        row(a, dress, vec![("street", street, 1.6), ("zip", zip, 0.7), ("city", member.city.clone(), 1.1)]),
        row(a, dress, vec![("phone", phone, 1.0), ("email", email, 1.2)]),
    ];
    ("address_contact", blocks)
}

fn membership(a: &mut Author<'_>, dress: Dress) -> (&'static str, Vec<Block>) {
    let start = a.date.plus(20 + a.rng.below(40) as u32).short(a.language);
    let number = format!("{:06}", a.rng.below(1_000_000));
    let mut blocks = vec![row(a, dress, vec![("customer_no", number, 1.0), ("start", start, 1.0)])];
    blocks.push(choice(a, "member_type", &["adult", "youth", "family"]));
    if a.rng.below(2) == 0 {
        blocks.push(choice(a, "interests", &["sports", "music", "travel", "cooking"]));
    }
    ("membership", blocks)
}

fn payment(a: &mut Author<'_>, dress: Dress, member: &Member) -> (&'static str, Vec<Block>) {
    let (holder, account) = (member.name(a), account(a));
    let fields = row(a, dress, vec![("holder", holder, 1.0), ("account", account, 1.5)]);
    ("payment", vec![fields, choice(a, "interval", &["monthly", "quarterly", "yearly"])])
}

fn emergency(a: &mut Author<'_>, dress: Dress, _: &Member) -> (&'static str, Vec<Block>) {
    let (name, phone) = (a.person(), a.phone());
    // Each label stands once on the form, or nobody could say whose telephone is asked for.
    let fields = row(a, dress, vec![("name", format!("{name}, {phone}"), 1.0)]);
    ("emergency", vec![fields, choice(a, "relation", &["parent", "partner", "friend"])])
}

fn row(a: &mut Author<'_>, dress: Dress, fields: Vec<(&'static str, String, f64)>) -> Block {
    let cells =
        fields.into_iter().map(|(name, value, share)| (share, field(a, name, value, dress.fields), Align::Start));
    let row = side_by_side(cells.collect(), 6.0);
    Block::Together(vec![row])
}

/// Newsletter, small print, consent and signature; then the box that the office fills in.
fn close(a: &mut Author<'_>, dress: Dress, member: &Member, is_short: bool) -> Vec<Block> {
    let mut out = vec![a.gap(a.look.size * 0.6), choice(a, "newsletter", &["yes", "no"])];
    let (privacy, consent) = (a.label("privacy"), a.label("consent"));
    let small = a.small(0.8);
    out.push(a.text(Class::Text, TextStyle { align: Align::Justify, ..small }, privacy));
    out.push(a.paragraph(consent));
    out.push(a.gap(6.0));
    out.push(sign(a, member, dress.fields));
    if is_short && a.rng.below(3) > 0 {
        out.extend([a.gap(10.0), office(a)]);
    }
    out
}

/// What the office writes: on most forms it has not yet.
fn office(a: &mut Author<'_>) -> Block {
    let style = TextStyle { above: 2.0, ..a.small(0.8) };
    let bold = TextStyle { weight: 700, ..style.clone() };
    let title = a.label("office_use");
    let title = a.text(Class::Text, bold, title);
    let columns = ["entry_no", "date", "checked_by"].map(|name| {
        let key = a.label(name);
        let key = a.text(Class::Key, style.clone(), key);
        (1.0, vec![a.gap(15.0), a.rule(0.6, a.look.faint), key], Align::Start)
    });
    Block::Panel(Panel {
        fill: Some(a.look.tint),
        stroke: Some((a.look.faint, 0.6)),
        sides: [true; 4],
        radius: 0.0,
        inset: [7.0, 6.0],
        height: None,
        bleed: false,
        blocks: vec![title, side_by_side(columns.to_vec(), 8.0)],
    })
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
        size: a.look.size * 1.35,
        voice: Voice::Hand,
        above: a.look.size * 0.8,
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

fn sign(a: &mut Author<'_>, member: &Member, fields: usize) -> Block {
    let place = format!("{}, {}", member.city, a.date.short(a.language));
    let left = field(a, "place_date", place, fields.min(1));
    let name = member.name(a);
    let key = a.label("signature");
    let style = TextStyle { above: 2.0, ..a.small(0.82) };
    let right = vec![a.signature(&name, 52.0, 14.0), a.rule(0.7, a.look.faint), a.text(Class::Key, style, key)];
    Block::Together(vec![side_by_side(vec![(1.0, left, Align::Start), (1.0, right, Align::Start)], 14.0)])
}
