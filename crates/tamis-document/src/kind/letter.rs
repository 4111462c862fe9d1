//! A business letter: sender, address, references, subject, paragraphs around a table or an agenda, signature, enclosures.

use crate::content::{Author, Pair, Shows, Topic};
use crate::kind::invoice::{account, items};
use crate::kind::{Draft, sheet, side_by_side};
use crate::spec::{Align, Block, Class, Inline, Ruling, TextStyle};

pub(crate) fn write(a: &mut Author<'_>) -> Draft {
    let mut page = sheet(a);
    let bank = a.bank;
    // A page of a letter holds more than one of a report.
    a.look.size = a.look.size.min(10.75);
    a.look.paragraph_gap = a.look.paragraph_gap.min(1.1);
    a.rule_tables(&[Ruling::Grid, Ruling::Rows, Ruling::Book, Ruling::Open]);
    let (company, writer, reader) = (a.company(), a.person(), a.person());
    let address = a.address();
    let mut body = head(a, &company, &address);
    let receiver: Vec<String> = std::iter::once(reader).chain(a.address()).collect();
    let tight = a.tight();
    let room = a.rng.range(14.0, 30.0).round();
    body.extend([a.gap(room), a.lines(&receiver, tight.clone()), a.gap(12.0)]);
    body.push(if a.rng.below(2) == 0 { references(a, &writer) } else { dated(a) });
    let topic = &bank.letter.topics[a.rng.below(bank.letter.topics.len())];
    let subject = a.fill(&topic.subject);
    body.push(subject_line(a, &subject));
    let greeting = a.one(&bank.letter.greetings);
    body.push(a.paragraph(greeting));
    body.extend(paragraphs(a, topic));
    let mut close = end(a, &writer);
    close.extend(below(a, topic));
    body.push(Block::Together(close));
    let mut footer = Vec::new();
    if a.rng.below(3) > 0 {
        footer = foot(a, &company, &address);
        page.margins[2] = page.margins[2].max(26.0);
    }
    Draft { footer, ..Draft::new(subject, page, body) }
}

/// Logo and name of the sender, over or beside the address.
fn head(a: &mut Author<'_>, company: &str, address: &[String]) -> Vec<Block> {
    let phone = a.phone();
    let centered = a.rng.below(3) == 0;
    let align = if centered { Align::Center } else { Align::Start };
    let size = a.look.size * 1.5;
    let name = TextStyle { size, weight: 700, color: Some(a.look.accent), align, ..a.tight() };
    let name = a.text(Class::Header, name, company);
    let details: Vec<String> = address.iter().cloned().chain([phone]).collect();
    let small = a.small(0.85);
    if centered {
        let line = a.text(Class::Header, TextStyle { align, ..small }, details.join(" · "));
        return vec![name, line, a.rule(0.8, a.look.accent)];
    }
    let style = TextStyle { align: Align::End, ..small };
    let mut details = a.lines(&details, style);
    if let Block::Text(text) = &mut details {
        text.class = Class::Header;
    }
    let left = if a.rng.below(2) == 0 {
        let logo = a.logo(14.0);
        vec![side_by_side(vec![(1.0, vec![logo], Align::Start), (4.2, vec![a.gap(8.0), name], Align::Start)], 4.0)]
    } else {
        vec![name]
    };
    vec![side_by_side(vec![(1.5, left, Align::Start), (1.0, vec![details], Align::End)], 6.0)]
}

/// Place and date, at the end of a line of their own.
fn dated(a: &mut Author<'_>) -> Block {
    let date = format!("{}, {}", a.city(), a.date.long(a.language));
    let right = TextStyle { align: Align::End, ..a.tight() };
    a.text(Class::Text, right, date)
}

/// References of both sides, who may be asked, and the date, side by side under their labels.
fn references(a: &mut Author<'_>, writer: &str) -> Block {
    let initials: String = (0..2).map(|_| char::from(b'a' + a.rng.below(26) as u8)).collect();
    let ours = format!("{initials}/{}-{}", a.date.year % 100, 100 + a.rng.below(900));
    let theirs = format!("{}", 10_000 + a.rng.below(90_000));
    let date = a.date.short(a.language);
    let mut columns = Vec::new();
    for (name, value, share) in
        [("your_ref", theirs, 1.0), ("our_ref", ours, 1.0), ("contact", writer.to_string(), 1.4), ("date", date, 1.0)]
    {
        let key = a.label(name);
        let small = TextStyle { below: 3.0, ..a.small(0.8) };
        let label = a.text(Class::Key, small, key.clone());
        let Block::Text(text) = &label else { continue };
        let (key_id, value_id) = (text.id.clone(), format!("value/{name}"));
        let style = TextStyle { size: a.look.size * 0.95, above: 0.0, ..a.tight() };
        let shown = a.block(Class::Value, style, vec![Inline::marked(&value_id, Class::Value, &value)]);
        a.fact(Pair::new(name, &key, value), Some(key_id), value_id);
        columns.push((share, vec![label, shown], Align::Start));
    }
    side_by_side(columns, 5.0)
}

fn subject_line(a: &mut Author<'_>, subject: &str) -> Block {
    let style = TextStyle { weight: 700, above: 20.0, below: 14.0, align: Align::Start, ..a.style() };
    if a.rng.below(2) == 0 {
        let key = a.label("subject");
        let style = TextStyle { weight: 400, ..style };
        a.pair_line(Pair::new("subject", &key, subject), style, true)
    } else {
        a.text(Class::Heading, style, subject)
    }
}

/// What the topic says, what it shows between, and the usual last sentence.
fn paragraphs(a: &mut Author<'_>, topic: &Topic) -> Vec<Block> {
    let join = if a.language.is_unspaced() { "" } else { " " };
    let mut out = Vec::new();
    // Some letters leave one of the later things unsaid.
    let left_out = a.rng.below(10);
    for (i, sentences) in topic.paragraphs.iter().enumerate() {
        if i >= 2 && i == left_out {
            continue;
        }
        let text: Vec<String> = sentences.iter().map(|s| a.fill(s)).collect();
        out.push(a.paragraph(text.join(join)));
        if i == 1 {
            match topic.shows {
                Shows::Nothing => {}
                Shows::Goods => out.push(items(a, 5)),
                Shows::Agenda => out.push(agenda(a)),
            }
        }
    }
    let ending = a.bank.letter.ending.clone();
    out.push(a.paragraph(ending));
    out
}

fn agenda(a: &mut Author<'_>) -> Block {
    let items = &a.bank.letter.agenda;
    let markers: Vec<String> = (1..=items.len()).map(|n| format!("{n}.")).collect();
    a.list(&markers, items.iter().map(|item| vec![Inline::Plain(item.clone())]).collect())
}

/// The closing, the signature over name and office, and at times a stamp beside them.
fn end(a: &mut Author<'_>, writer: &str) -> Vec<Block> {
    let closing = a.one(&a.bank.letter.closings);
    let signature = a.signature(writer, 48.0, 15.0);
    let job = a.rng.pick(&a.bank.jobs).cloned().unwrap_or_default();
    let tight = a.tight();
    let name = a.lines(&[writer.to_string(), job], tight);
    let end = vec![a.paragraph(closing), signature, name];
    if a.rng.below(4) > 0 {
        return end;
    }
    let word = a.label("received");
    let stamp = a.stamp(&word, "", 46.0, 22.0);
    vec![side_by_side(vec![(1.0, end, Align::Start), (1.0, vec![a.gap(16.0), stamp], Align::Center)], 8.0)]
}

/// Enclosures and who has a copy.
fn below(a: &mut Author<'_>, topic: &Topic) -> Vec<Block> {
    let mut out = Vec::new();
    let style = TextStyle { size: a.look.size * 0.9, ..a.tight() };
    if topic.shows != Shows::Nothing || a.rng.below(3) == 0 {
        let mut enclosures = a.bank.letter.enclosures.clone();
        a.rng.shuffle(&mut enclosures);
        let n = 1 + a.rng.below(3);
        let comma = if a.language.is_unspaced() { "、" } else { ", " };
        let (key, value) = (a.label("enclosures"), enclosures[..n].join(comma));
        out.push(a.gap(6.0));
        out.push(a.pair_line(Pair::new("enclosures", &key, value), style.clone(), true));
    }
    if a.rng.below(3) == 0 {
        let (key, value) = (a.label("copy_to"), a.person());
        out.push(a.pair_line(Pair::new("copy_to", &key, value), style, true));
    }
    out
}

/// Small print of the sender at the foot: where, how, to which account.
fn foot(a: &mut Author<'_>, company: &str, address: &[String]) -> Vec<Block> {
    let style = TextStyle { above: 2.0, below: 2.0, ..a.small(0.74) };
    let (phone, mail) = (a.phone(), format!("office{}@example.org", 10 + a.rng.below(90)));
    let (bank, account, colon) = (a.company(), account(a), a.bank.colon.clone());
    let parts = [
        std::iter::once(company.to_string()).chain(address.iter().cloned()).collect(),
        vec![format!("{}{colon} {phone}", a.label("phone")), format!("{}{colon} {mail}", a.label("email"))],
        vec![format!("{}{colon} {bank}", a.label("bank")), account],
    ];
    let columns = parts.map(|lines: Vec<String>| {
        let mut block = a.lines(&lines, style.clone());
        if let Block::Text(text) = &mut block {
            text.class = Class::Footer;
        }
        (1.0, vec![block], Align::Start)
    });
    vec![a.rule(0.5, a.look.faint), a.gap(3.0), side_by_side(columns.to_vec(), 5.0)]
}
