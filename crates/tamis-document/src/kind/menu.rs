//! The menu of a restaurant: courses, dishes, prices.

use tamis_draw::Color;

use crate::content::{Author, Pair, number};
use crate::kind::Draft;
use crate::spec::{Align, Block, Class, Inline, PageSpec, Panel, Space, TextStyle, Voice};

pub(crate) fn write(a: &mut Author<'_>) -> Draft {
    let mut page = PageSpec { margins: [20.0, 26.0, 18.0, 26.0], ..PageSpec::a4() };
    if a.rng.below(2) == 0 {
        (page.width, page.height) = (148.0, 257.0);
        page.margins = [13.0, 15.0, 12.0, 15.0];
    }
    if page.width > 200.0 {
        a.look.size += 1.5;
    }
    a.look.paper = Color::rgb(a.rng.pick(&[0xfffdf7, 0xfaf4e6, 0xffffff, 0xf6f1ea]).copied().unwrap_or(0xffffff));
    let house = a.one(&a.bank.restaurants);
    let title = a.label("menu");
    let centered = a.rng.below(2) == 0;
    let align = if centered { Align::Center } else { Align::Start };
    let mut body = vec![a.title(&house, 2.3, align)];
    let style = TextStyle { align, tracking: if a.language.script() == "Latn" { 0.12 } else { 0.0 }, ..a.small(1.0) };
    body.push(a.text(Class::Text, style, title.clone()));
    body.push(Block::Rule { width: 1.0, color: a.look.accent, length: 1.0 });
    let bank = a.bank;
    let near = bank.goods[2].1.max(bank.groceries[3].1) * 1.9;
    let courses = [
        ("starters", &bank.starters, 0.9),
        ("mains", &bank.mains, 2.1),
        ("desserts", &bank.desserts, 0.8),
        ("drinks", &bank.drinks, 0.4),
    ];
    for (course, dishes, dear) in courses {
        let heading = a.label(course);
        let mut heading = a.heading(1, heading);
        if let Block::Text(text) = &mut heading {
            text.style.align = align;
            text.style.size = a.look.size * 1.4;
        }
        body.push(Block::Space(Space::Share(1.0)));
        body.push(heading);
        for (i, (dish, with)) in dishes.iter().enumerate() {
            body.extend(entry(a, course, i, dish, with, near * dear, centered));
        }
    }
    body.push(Block::Space(Space::Share(1.0)));
    if a.rng.below(3) == 0 {
        let height = Some(page.text_height());
        let (accent, inset) = (a.look.accent, [14.0, 12.0]);
        let stroke = Some((accent, 1.2));
        body = vec![Block::Panel(Panel {
            fill: None,
            stroke,
            sides: [true; 4],
            radius: 2.0,
            inset,
            height,
            bleed: false,
            blocks: body,
        })];
    }
    Draft::new(format!("{house} – {title}"), page, body)
}

fn entry(a: &mut Author<'_>, course: &str, i: usize, dish: &str, with: &str, near: f64, centered: bool) -> Vec<Block> {
    let price = a.price(near);
    let written = a.money(price);
    let (key_id, value_id) = (a.id("key"), format!("value/{course}/{i}"));
    let name = Inline::Styled {
        text: dish.into(),
        bold: true,
        italic: false,
        hand: false,
        color: None,
        mark: Some((key_id.clone(), Class::Key)),
    };
    let amount = Inline::marked(&value_id, Class::Value, &written);
    let pair = Pair { number: Some(number(a.language, price)), ..Pair::new("price", dish, written) };
    a.fact(pair, Some(key_id), value_id);
    let style = TextStyle { above: 10.0, below: 5.0, sticky: true, voice: Voice::Body, ..a.tight() };
    let small = TextStyle { above: 5.0, below: 5.0, ..a.small(0.92) };
    if centered {
        let style = TextStyle { align: Align::Center, ..style };
        let line = a.block(Class::Text, style, vec![name, Inline::Gap(0.8), amount]);
        let mut out = vec![line];
        if !with.is_empty() {
            out.push(a.text(Class::Text, TextStyle { align: Align::Center, ..small }, with));
        }
        return out;
    }
    let mut out = vec![a.block(Class::Text, style, vec![name, Inline::Fill, amount])];
    if !with.is_empty() {
        out.push(a.text(Class::Text, small, with));
    }
    out
}
