//! A contract: parties, numbered clauses, two signatures, a stamp.

use crate::content::{Author, Pair};
use crate::kind::{Draft, numbered, sheet, side_by_side};
use crate::spec::{Align, Block, Class, Inline, TextStyle};

pub(crate) fn write(a: &mut Author<'_>) -> Draft {
    let page = sheet(a);
    let title = a.label("contract");
    let (client, contractor) = (a.company(), a.person());
    let mut body = vec![a.title(&title, 1.8, Align::Center)];
    let centered = TextStyle { align: Align::Center, ..a.tight() };
    let between = a.label("between");
    body.push(a.text(Class::Text, centered.clone(), between));
    let and = a.label("and");
    for (name, party) in [("client", &client), ("contractor", &contractor)] {
        let key = a.label(name);
        body.push(a.pair_line(Pair::new(name, &key, party), centered.clone(), true));
        let address = a.address();
        body.push(a.lines(&address, centered.clone()));
        if name == "client" {
            body.push(a.text(Class::Text, centered.clone(), and.clone()));
        }
    }
    body.push(a.gap(8.0));
    let sign = if a.rng.below(2) == 0 { "§ " } else { "" };
    let clauses = a.bank.clauses.clone();
    for (i, (name, text)) in clauses.iter().take(5 + a.rng.below(clauses.len() - 4)).enumerate() {
        body.push(a.heading(2, format!("{sign}{}{} {name}", i + 1, if sign.is_empty() { "." } else { "" })));
        let text = a.fill(text);
        body.extend(sentences(a, &text, i));
    }
    body.push(a.gap(16.0));
    body.push(signatures(a, &client, &contractor));
    let mut draft = Draft::new(title, page, body);
    draft.footer = numbered(a, &draft.page);
    draft
}

/// A clause as one paragraph, or its sentences as numbered paragraphs.
fn sentences(a: &mut Author<'_>, text: &str, clause: usize) -> Vec<Block> {
    let parts: Vec<&str> =
        text.split_inclusive(['.', '。', '।']).map(str::trim).filter(|p| p.chars().count() > 8).collect();
    let is_clean = parts.iter().map(|p| p.len()).sum::<usize>() + parts.len() >= text.len() - 2 && !text.contains("{");
    if parts.len() < 2 || a.rng.below(2) == 0 || !is_clean || text.chars().any(|c| c.is_ascii_digit()) {
        return vec![a.paragraph(text)];
    }
    let markers: Vec<String> = (1..=parts.len()).map(|i| format!("{}.{i}", clause + 1)).collect();
    vec![a.list(&markers, parts.into_iter().map(|p| vec![Inline::Plain(p.into())]).collect())]
}

fn signatures(a: &mut Author<'_>, client: &str, contractor: &str) -> Block {
    let day = a.date.long(a.language);
    let place = format!("{}, {day}", a.city());
    let place = a.paragraph(place);
    let writer = a.person();
    let side = |a: &mut Author<'_>, who: &str, name: &str, role: &str| {
        let role = a.label(role);
        let style = TextStyle { above: 3.0, ..a.small(0.85) };
        vec![a.signature(name, 50.0, 16.0), a.rule(0.6, a.look.ink), a.lines(&[who.to_string(), role], style)]
    };
    let left = side(a, client, &writer, "client");
    let right = side(a, contractor, contractor, "contractor");
    let mut columns = vec![(1.0, left, Align::Start), (1.0, right, Align::Start)];
    if a.rng.below(2) == 0 {
        let word = a.label("approved");
        let around = format!("{client} ★ ");
        columns.push((0.7, vec![a.stamp(&word, around.trim(), 36.0, 36.0)], Align::Center));
    }
    Block::Together(vec![place, a.gap(6.0), side_by_side(columns, 9.0)])
}
