//! A scientific paper in one or two columns.

use crate::content::Author;
use crate::kind::{Draft, numbered, sheet};
use crate::spec::{Align, Block, Class, Inline, Ruling, Text, TextStyle};

pub(crate) fn write(a: &mut Author<'_>, columns: u8) -> Draft {
    let mut page = sheet(a);
    a.look.justify = true;
    a.look.accent = a.look.ink;
    a.rule_tables(&[Ruling::Book, Ruling::Book, Ruling::Rows, Ruling::Grid]);
    if columns == 2 {
        page.columns = 2;
        page.gutter = a.rng.range(6.0, 9.0);
        page.margins[1] = 17.0;
        page.margins[3] = 17.0;
        a.look.size = (a.look.size - 1.0).max(9.0);
    }
    let bank = a.bank;
    let title = a.one(&bank.science.titles);
    let mut head = vec![a.title(&title, if columns == 2 { 1.9 } else { 1.7 }, Align::Center)];
    let authors: Vec<String> = (0..2 + a.rng.below(2)).map(|_| a.person()).collect();
    let centered = TextStyle { align: Align::Center, ..a.tight() };
    head.push(a.text(Class::Text, centered.clone(), authors.join(", ")));
    let school = a.rng.pick(&bank.schools).cloned().unwrap_or_default();
    let italic = TextStyle { italic: true, size: a.look.size * 0.92, ..centered };
    head.push(a.text(Class::Text, italic, school));
    let mut body = vec![];
    let abstract_text = a.sentences(&bank.science.sentences, 3);
    let abstract_text = abstract_block(a, abstract_text);
    if columns == 2 {
        body.push(Block::Spanning(head));
        body.push(abstract_text);
    } else {
        body.extend(head);
        body.push(abstract_text);
    }
    body.push(keywords(a));
    let width = page.column_width();
    for (i, heading) in bank.science.headings.iter().enumerate() {
        body.extend(section(a, i, heading, width));
    }
    body.extend(references(a, &authors));
    let mut draft = Draft::new(&title, page, body);
    draft.footer = numbered(a, &draft.page);
    if a.rng.below(2) == 0 {
        let style = TextStyle { above: 0.0, below: 2.0, align: Align::Center, italic: true, ..a.small(0.85) };
        draft.header = vec![a.text(Class::Header, style, title)];
    }
    draft
}

fn abstract_block(a: &mut Author<'_>, text: String) -> Block {
    let label = a.label("abstract");
    let style = TextStyle { size: a.look.size * 0.94, ..a.style() };
    let inlines = vec![Inline::bold(format!("{label}{}", a.bank.colon)), Inline::Plain(format!(" {text}"))];
    a.block(Class::Text, style, inlines)
}

fn keywords(a: &mut Author<'_>) -> Block {
    let label = a.label("keywords");
    let mut words = a.bank.subjects.clone();
    a.rng.shuffle(&mut words);
    let words = words.into_iter().take(3).collect::<Vec<_>>().join(", ");
    let style = TextStyle { size: a.look.size * 0.94, ..a.style() };
    let inlines = vec![Inline::bold(format!("{label}{}", a.bank.colon)), Inline::Plain(format!(" {words}"))];
    a.block(Class::Text, style, inlines)
}

fn section(a: &mut Author<'_>, i: usize, heading: &str, width: f64) -> Vec<Block> {
    let bank = a.bank;
    let mut out = vec![a.heading(1, format!("{} {heading}", i + 1))];
    let indent = TextStyle { first_indent: if a.language.is_unspaced() { 2.0 } else { 1.2 }, ..a.style() };
    let n = 3 + a.rng.below(3);
    let first = a.sentences(&bank.science.sentences, n);
    out.push(a.paragraph(first));
    if i == 0 {
        let note = a.sentences(&bank.science.sentences, 1);
        let text = a.sentences(&bank.science.sentences, 2);
        out.push(a.block(Class::Text, indent.clone(), vec![Inline::Plain(text), Inline::Raised("1".into())]));
        let style = TextStyle { size: a.look.size * 0.82, above: 2.0, below: 2.0, ..a.style() };
        let inlines = vec![Inline::Raised("1".into()), Inline::Plain(format!(" {note}"))];
        let id = a.id("footnote");
        out.push(Block::Footnote(Text { id, class: Class::Footnote, level: 0, inlines, style }));
        return out;
    }
    match i {
        2 => out.extend(a.formula(width)),
        3 => {
            out.push(a.figure(heading, width * 0.9, width * 0.52));
            let rows = 4 + a.rng.below(2);
            out.push(a.figures_table(heading, width, rows));
        }
        _ => {}
    }
    let n = 2 + a.rng.below(3);
    let more = a.sentences(&bank.science.sentences, n);
    out.push(a.text(Class::Text, indent, more));
    out
}

fn references(a: &mut Author<'_>, authors: &[String]) -> Vec<Block> {
    let bank = a.bank;
    let label = a.label("references");
    let mut out = vec![a.heading(1, label)];
    let n = 4 + a.rng.below(4);
    let markers: Vec<String> = (1..=n).map(|i| format!("[{i}]")).collect();
    let items = (0..n).map(|i| {
        let who = if i == 0 { authors[0].clone() } else { a.person() };
        let what = a.one(&bank.science.titles);
        let (volume, page) = (1 + a.rng.below(40), 1 + a.rng.below(300));
        let year = a.date.year as usize - 1 - a.rng.below(15);
        let whence = a.rng.pick(&bank.schools).cloned().unwrap_or_default();
        let tail = format!(", {volume}, {page}–{}, {year}.", page + 3 + a.rng.below(20));
        vec![Inline::Plain(format!("{who}. {what}. ")), Inline::italic(whence), Inline::Plain(tail)]
    });
    let items = items.collect();
    out.push(a.list(&markers, items));
    out
}
