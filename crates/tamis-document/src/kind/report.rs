//! A business report: sections, tables, charts, over some pages.

use crate::content::Author;
use crate::kind::{Draft, numbered, sheet};
use crate::spec::{Align, Block, Class, Panel, Ruling, TextStyle};

pub(crate) fn write(a: &mut Author<'_>) -> Draft {
    let page = sheet(a);
    a.rule_tables(&[Ruling::Rows, Ruling::Stripes, Ruling::Banner, Ruling::Grid]);
    let bank = a.bank;
    let title = a.one(&bank.business.titles);
    let company = a.company();
    let width = page.text_width();
    let mut body = vec![a.title(&title, 2.2, Align::Start)];
    let line = format!("{company}, {}", a.date.long(a.language));
    let small = a.small(1.0);
    body.push(a.text(Class::Text, small, line));
    body.push(a.rule(1.2, a.look.accent));
    let mut figures = 0;
    for (i, heading) in bank.business.headings.iter().enumerate() {
        body.push(a.heading(1, format!("{}. {heading}", i + 1)));
        let text = a.sentences(&bank.business.sentences, 3);
        body.push(a.paragraph(text));
        match i {
            0 => body.push(summary(a)),
            1 | 3 if figures < 2 => {
                figures += 1;
                body.push(a.figure(heading, width * 0.78, width * 0.42));
                let text = a.sentences(&bank.business.sentences, 2);
                body.push(a.paragraph(text));
            }
            2 => {
                let rows = 4 + a.rng.below(3);
                body.push(a.figures_table(heading, width, rows));
            }
            _ => {}
        }
    }
    let mut draft = Draft::new(&title, page, body);
    let head = TextStyle { above: 0.0, below: 3.0, ..a.small(0.85) };
    draft.header = vec![a.text(Class::Header, head, format!("{company} · {title}")), a.rule(0.4, a.look.faint)];
    draft.footer = numbered(a, &draft.page);
    draft
}

/// The main points on a ground.
fn summary(a: &mut Author<'_>) -> Block {
    let bank = a.bank;
    let mut points = bank.bullets.clone();
    a.rng.shuffle(&mut points);
    let points = points.iter().take(3 + a.rng.below(2)).map(|p| a.fill(p)).collect();
    let style = TextStyle { weight: 700, color: Some(a.look.accent), ..a.tight() };
    let label = a.label("summary");
    let blocks = vec![a.text(Class::Heading, style, label), a.bullets(points)];
    let (fill, inset) = (Some(a.look.tint), [12.0, 11.0]);
    Block::Panel(Panel { fill, stroke: None, sides: [true; 4], radius: 3.0, inset, height: None, bleed: false, blocks })
}
