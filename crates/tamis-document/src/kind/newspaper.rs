//! The front page of a newspaper: a masthead over columns of stories.

use crate::content::Author;
use crate::kind::{Draft, side_by_side};
use crate::spec::{Align, Block, Class, Inline, PageSpec, TextStyle, Voice};

pub(crate) fn write(a: &mut Author<'_>) -> Draft {
    let bank = a.bank;
    a.look.justify = !matches!(a.language.script(), "Deva" | "Arab");
    a.look.size = a.rng.range(8.6, 9.6);
    a.look.paragraph_gap = 0.62;
    a.look.accent = a.look.ink;
    let columns = 3 + a.rng.below(2) as u8;
    let mut page = PageSpec { columns, gutter: 5.0, margins: [14.0, 13.0, 14.0, 13.0], ..PageSpec::a4() };
    if a.rng.below(2) == 0 {
        (page.width, page.height) = (235.0, 315.0);
    }
    let name = a.one(&bank.news.papers);
    let mut headlines = bank.news.headlines.clone();
    a.rng.shuffle(&mut headlines);
    let with_picture = a.rng.below(3) > 0;
    let mut body = vec![Block::Spanning(masthead(a, &name, &headlines[0], page.text_width(), with_picture))];
    // Stories are written until the columns under the masthead are nearly full.
    let mut room =
        f64::from(columns) * (page.text_height() - if with_picture { 62.0 + page.text_width() * 0.34 } else { 52.0 });
    let sample = a.sentences(&bank.news.sentences, 3);
    let sample = a.paragraph(sample);
    let mut deal = Deal::new(a);
    let paragraphs = (room / headlines.len() as f64 / height(a, &sample, page.column_width())).ceil() as usize;
    for (i, headline) in headlines.iter().enumerate() {
        let mut story = self::story(a, &mut deal, i, paragraphs.clamp(2, 14), page.column_width());
        if i > 0 {
            // A headline stays with the beginning of its story, whatever column that is in.
            let rest = story.split_off(2);
            let mut top = vec![a.gap(4.0), a.rule(0.5, a.look.faint), headline_block(a, headline, 1.45)];
            top.extend(story);
            story = std::iter::once(Block::Together(top)).chain(rest).collect();
        }
        room -= story.iter().map(|b| height(a, b, page.column_width())).sum::<f64>();
        if room < 0.0 && i > 0 {
            // The last story is cut to what there is room for.
            while room < 0.0 && story.len() > 2 {
                room += story.pop().map_or(0.0, |b| height(a, &b, page.column_width()));
            }
            if room >= 0.0 {
                body.extend(story);
            }
            break;
        }
        body.extend(story);
    }
    Draft::new(name, page, body)
}

fn masthead(a: &mut Author<'_>, name: &str, headline: &str, width: f64, with_picture: bool) -> Vec<Block> {
    let style = TextStyle {
        size: 34.0,
        voice: Voice::Display,
        weight: 700,
        align: Align::Center,
        above: 2.0,
        below: 9.0,
        ..a.style()
    };
    let title = a.text(Class::Title, style, name);
    let small = TextStyle { above: 2.5, below: 2.5, ..a.small(0.9) };
    let day = format!("{}, {}", a.rng.pick(&a.bank.weekdays).cloned().unwrap_or_default(), a.date.long(a.language));
    let place = a.city();
    let (near, price) = (if a.bank.groceries[0].1 > 20.0 { a.bank.groceries[0].1 } else { 2.0 }, 0);
    let price = price + a.price(near);
    let price = a.money(price);
    let line = side_by_side(
        vec![
            (1.0, vec![a.text(Class::Header, small.clone(), place)], Align::Start),
            (1.6, vec![a.text(Class::Header, TextStyle { align: Align::Center, ..small.clone() }, day)], Align::Center),
            (1.0, vec![a.text(Class::Header, TextStyle { align: Align::End, ..small }, price)], Align::End),
        ],
        4.0,
    );
    let rule = a.rule(1.0, a.look.ink);
    let mut out = vec![title, rule.clone(), line, rule, a.gap(6.0), headline_block(a, headline, 2.9)];
    if with_picture {
        out.push(a.picture(width, width * 0.34, &crate::ink::Subject::ALL));
        let bank = a.bank;
        let caption = a.sentences(&bank.news.sentences, 1);
        let style = TextStyle { italic: true, above: 4.0, below: 2.0, ..a.small(0.88) };
        out.push(a.text(Class::Caption, style, caption));
    }
    out
}

/// About how high a block will be, in millimetres.
fn height(a: &Author<'_>, block: &Block, width: f64) -> f64 {
    const MM: f64 = 0.3528;
    let em = match a.language.script() {
        "Hans" if a.language == crate::spec::Language::Ko => 0.74,
        "Hans" => 0.97,
        "Arab" | "Deva" => 0.37,
        "Latn" => 0.45,
        _ => 0.5,
    };
    match block {
        Block::Text(text) => {
            let size = text.style.size * MM;
            let lines = (text.plain().chars().count() as f64 * em * size / width).ceil();
            lines * size * (0.74 + a.look.leading) + (text.style.above + text.style.below) / 2.0 * MM
        }
        Block::Hole(hole, _) => hole.height + 3.0,
        Block::Together(blocks) => blocks.iter().map(|b| height(a, b, width)).sum(),
        _ => 2.5,
    }
}

fn headline_block(a: &mut Author<'_>, text: &str, scale: f64) -> Block {
    let size = a.look.size * scale;
    let style = TextStyle {
        size,
        voice: Voice::Display,
        weight: 700,
        align: Align::Start,
        above: size * 0.5,
        below: size * 0.5,
        sticky: true,
        ..a.style()
    };
    let id = a.id("heading");
    Block::Text(crate::spec::Text {
        id,
        class: Class::Heading,
        level: 1,
        inlines: vec![Inline::Plain(text.into())],
        style,
    })
}

/// Sentences in an order of their own: none comes again before all others have been.
struct Deal {
    order: Vec<usize>,
    next: usize,
}

impl Deal {
    fn new(a: &mut Author<'_>) -> Deal {
        let mut order: Vec<usize> = (0..a.bank.news.sentences.len()).collect();
        a.rng.shuffle(&mut order);
        Deal { order, next: 0 }
    }

    fn sentences(&mut self, a: &mut Author<'_>, n: usize) -> String {
        let mut picked = Vec::with_capacity(n);
        for _ in 0..n {
            let at = self.order[self.next % self.order.len()];
            self.next += 1;
            picked.push(a.fill(&a.bank.news.sentences[at]));
        }
        picked.join(if a.language.is_unspaced() { "" } else { " " })
    }
}

/// Byline, paragraphs, a picture in one of the stories.
fn story(a: &mut Author<'_>, deal: &mut Deal, i: usize, paragraphs: usize, width: f64) -> Vec<Block> {
    let bank = a.bank;
    let mut out = Vec::new();
    let author = a.person();
    let byline = TextStyle { italic: true, below: 4.0, above: 3.0, ..a.small(0.9) };
    out.push(a.text(Class::Text, byline, author));
    let city = a.city();
    let paragraphs = paragraphs + a.rng.below(2);
    for p in 0..paragraphs {
        let text = deal.sentences(a, 3);
        if p == 0 {
            let style = a.style();
            let lead = vec![Inline::bold(format!("{city}{}", a.bank.colon)), Inline::Plain(format!(" {text}"))];
            out.push(a.block(Class::Text, style, lead));
        } else {
            let style = TextStyle { first_indent: 1.0, ..a.style() };
            out.push(a.text(Class::Text, style, text));
        }
        if p == 1 && i == 1 {
            out.push(a.gap(2.0));
            out.push(a.picture(width, width * 0.66, &crate::ink::Subject::ALL));
            let caption = a.sentences(&bank.news.sentences, 1);
            let style = TextStyle { italic: true, above: 3.5, below: 5.0, ..a.small(0.88) };
            out.push(a.text(Class::Caption, style, caption));
        }
    }
    out
}
