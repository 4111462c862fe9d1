//! A résumé: a portrait, stations of a life, skills; with or without a coloured side.

use crate::content::Author;
use crate::content::Pair;
use crate::ink::Subject;
use crate::kind::{Draft, side_by_side};
use crate::spec::{Align, Block, Class, Inline, PageSpec, Panel, TextStyle};

pub(crate) fn write(a: &mut Author<'_>) -> Draft {
    let page = PageSpec { margins: [18.0, 18.0, 16.0, 18.0], ..PageSpec::a4() };
    a.look.justify = false;
    let name = a.person();
    let job = a.rng.pick(&a.bank.jobs).cloned().unwrap_or_default();
    let title = a.title(&name, 2.2, Align::Start);
    let style = TextStyle { color: Some(a.look.faint), size: a.look.size * 1.15, ..a.tight() };
    let job = a.text(Class::Text, style, job);
    let contact = contact(a);
    let (stations, skills) = (stations(a), skills(a));
    let body = if a.rng.below(2) == 0 {
        let mut side = vec![a.picture(38.0, 46.0, &[Subject::Portrait]), a.gap(8.0)];
        side.extend(contact);
        side.extend(skills);
        let panel = Panel {
            fill: Some(a.look.tint),
            stroke: None,
            sides: [true; 4],
            radius: 2.0,
            inset: [11.0, 13.0],
            height: None,
            bleed: false,
            blocks: side,
        };
        let main: Vec<Block> = [title, job].into_iter().chain(stations).collect();
        vec![side_by_side(vec![(1.0, vec![Block::Panel(panel)], Align::Start), (2.1, main, Align::Start)], 8.0)]
    } else {
        let portrait = a.picture(30.0, 36.0, &[Subject::Portrait]);
        let left: Vec<Block> = [title, job].into_iter().chain(contact).collect();
        let head = side_by_side(vec![(3.4, left, Align::Start), (1.0, vec![portrait], Align::End)], 8.0);
        [head, a.gap(6.0), a.rule(1.2, a.look.accent)].into_iter().chain(stations).chain(skills).collect()
    };
    Draft::new(name, page, body)
}

fn contact(a: &mut Author<'_>) -> Vec<Block> {
    let style = TextStyle { size: a.look.size * 0.88, ..a.tight() };
    let mail = format!("mail{}@example.org", 10 + a.rng.below(90));
    let (phone, city) = (a.phone(), a.city());
    let fields = [("phone", "phone", phone), ("email", "email", mail), ("city", "city", city)];
    let blocks = fields.map(|(name, label, value)| {
        let key = a.label(label);
        a.pair_line(Pair::new(name, &key, value), style.clone(), true)
    });
    blocks.to_vec()
}

fn stations(a: &mut Author<'_>) -> Vec<Block> {
    let bank = a.bank;
    let mut out = Vec::new();
    let mut year = a.date.year as usize;
    let profile = a.label("profile");
    out.push(a.heading(1, profile));
    let mut points = bank.bullets.clone();
    a.rng.shuffle(&mut points);
    let text = a.sentences(&bank.business.sentences, 3);
    out.push(a.paragraph(text));
    let label = a.label("experience");
    out.push(a.heading(1, label));
    for i in 0..4 {
        let from = year - 1 - a.rng.below(4);
        let to = if i == 0 { a.label("present") } else { year.to_string() };
        year = from;
        let (job, company) = (a.rng.pick(&bank.jobs).cloned().unwrap_or_default(), a.company());
        out.push(station(a, &job, &company, &format!("{from} – {to}")));
        let n = 3;
        let done = (0..n).map(|k| a.fill(&points[(i * 2 + k) % points.len()])).collect();
        out.push(a.bullets(done));
    }
    let label = a.label("education");
    out.push(a.heading(1, label));
    for _ in 0..3 {
        let from = year - 2 - a.rng.below(3);
        let (degree, school) = (a.one(&bank.degrees), a.one(&bank.schools));
        out.push(station(a, &degree, &school, &format!("{from} – {year}")));
        year = from;
    }
    out
}

fn station(a: &mut Author<'_>, what: &str, whence: &str, when: &str) -> Block {
    let style = TextStyle { above: 11.0, below: 6.0, sticky: true, ..a.tight() };
    let when = Inline::Styled {
        text: when.into(),
        bold: false,
        italic: false,
        hand: false,
        color: Some(a.look.faint),
        mark: None,
    };
    let inlines = vec![Inline::bold(what), Inline::Plain(format!(", {whence}")), Inline::Fill, when];
    a.block(Class::Text, style, inlines)
}

fn skills(a: &mut Author<'_>) -> Vec<Block> {
    let mut skills = a.bank.skills.clone();
    a.rng.shuffle(&mut skills);
    skills.truncate(4 + a.rng.below(3));
    let label = a.label("skills");
    vec![a.heading(1, label), a.bullets(skills)]
}
