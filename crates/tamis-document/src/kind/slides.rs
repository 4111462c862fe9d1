//! A deck of slides: a cover, points, a chart, a table.

use crate::content::Author;
use crate::kind::{Draft, side_by_side};
use crate::spec::{Align, Block, Class, PageSpec, Panel, Ruling, Space, TextStyle};

pub(crate) fn write(a: &mut Author<'_>) -> Draft {
    let bank = a.bank;
    let page = PageSpec {
        width: 254.0,
        height: 142.9,
        margins: [14.0, 18.0, 15.0, 18.0],
        dpi: 144.0,
        columns: 1,
        gutter: 8.0,
    };
    a.look.size = 17.0;
    a.look.justify = false;
    a.look.paragraph_gap = 0.9;
    a.rule_tables(&[Ruling::Rows, Ruling::Stripes, Ruling::Banner]);
    let dark = a.rng.below(4) == 0;
    if dark {
        a.look.paper = a.look.accent.mix(tamis_draw::Color::BLACK, 0.55);
        a.look.ink = tamis_draw::Color::rgb(0xf2f2f2);
        a.look.accent =
            tamis_draw::Color::rgb(a.rng.pick(&[0xffc857, 0x7fd1ae, 0x9cc9ff, 0xffab91]).copied().unwrap_or(0xffc857));
        a.look.faint = a.look.ink.mix(a.look.paper, 0.3);
        a.look.tint = a.look.paper.mix(a.look.ink, 0.1);
    }
    let title = a.one(&bank.business.titles);
    let company = a.company();
    let mut body = cover(a, &title, &company);
    let mut headings = bank.business.headings.clone();
    a.rng.shuffle(&mut headings);
    for (i, heading) in headings.iter().take(3 + a.rng.below(2)).enumerate() {
        body.push(Block::PageBreak);
        body.push(slide_title(a, heading));
        match i {
            0 => {
                let points = points(a, 5);
                body.push(a.bullets(points));
            }
            1 => {
                let points = points(a, 3);
                let left = a.bullets(points);
                let figure = a.figure(heading, 104.0, 66.0);
                body.push(side_by_side(
                    vec![(1.0, vec![left], Align::Start), (1.05, vec![figure], Align::Center)],
                    10.0,
                ));
            }
            2 => body.push(a.figures_table(heading, page.text_width(), 4)),
            _ => {
                let text = a.sentences(&bank.business.sentences, 2);
                body.push(a.paragraph(text));
                body.push(quote(a));
            }
        }
    }
    let mut draft = Draft::new(&title, page, body);
    let width = draft.page.text_width();
    draft.footer = vec![a.page_number("{n}", Align::End, width)];
    draft
}

fn points(a: &mut Author<'_>, n: usize) -> Vec<String> {
    let mut points = a.bank.bullets.clone();
    a.rng.shuffle(&mut points);
    points.iter().take(n).map(|p| a.fill(p)).collect()
}

fn cover(a: &mut Author<'_>, title: &str, company: &str) -> Vec<Block> {
    let name = a.person();
    let date = a.date.long(a.language);
    let heading = a.title(title, 2.3, Align::Start);
    let style = a.tight();
    let lines = a.lines(&[name, company.to_string()], style);
    let small = a.small(0.85);
    let date = a.text(Class::Text, small, date);
    let mut out = vec![Block::Space(Space::Share(1.0))];
    if a.rng.below(2) == 0 {
        out.push(a.logo(20.0));
    }
    out.extend([heading, a.rule(2.0, a.look.accent), a.gap(6.0), lines, date, Block::Space(Space::Share(1.4))]);
    out
}

fn slide_title(a: &mut Author<'_>, text: &str) -> Block {
    let mut heading = a.heading(1, text);
    if let Block::Text(text) = &mut heading {
        text.style.size = a.look.size * 1.6;
        text.style.above = 0.0;
        text.style.below = 18.0;
    }
    heading
}

fn quote(a: &mut Author<'_>) -> Block {
    let bank = a.bank;
    let text = a.sentences(&bank.business.sentences, 1);
    let style = TextStyle { italic: true, ..a.tight() };
    let blocks = vec![a.text(Class::Text, style, text)];
    let stroke = Some((a.look.accent, 3.0));
    let sides = if a.language.is_rtl() { [false, true, false, false] } else { [false, false, false, true] };
    Block::Panel(Panel {
        fill: Some(a.look.tint),
        stroke,
        sides,
        radius: 0.0,
        inset: [16.0, 14.0],
        height: None,
        bleed: false,
        blocks,
    })
}
