//! A business letter: sender, address, subject, paragraphs, signature.

use crate::content::{Author, Pair};
use crate::kind::{Draft, sheet, side_by_side};
use crate::spec::{Align, Block, Class, TextStyle};

pub(crate) fn write(a: &mut Author<'_>) -> Draft {
    let page = sheet(a);
    let bank = a.bank;
    let (company, writer, reader) = (a.company(), a.person(), a.person());
    let address = a.address();
    let mut body = head(a, &company, &address);
    let receiver: Vec<String> = std::iter::once(reader).chain(a.address()).collect();
    body.push(a.gap(26.0));
    let tight = a.tight();
    body.push(a.lines(&receiver, tight.clone()));
    let date = format!("{}, {}", a.city(), a.date.long(a.language));
    body.push(a.gap(14.0));
    let right = TextStyle { align: Align::End, ..tight.clone() };
    body.push(a.text(Class::Text, right, date));
    let subject = a.one(&bank.letter.subjects);
    body.push(subject_line(a, &subject));
    let greeting = a.one(&bank.letter.greetings);
    body.push(a.paragraph(greeting));
    let mut order: Vec<usize> = (1..bank.letter.sentences.len() - 1).collect();
    a.rng.shuffle(&mut order);
    let first = a.fill(&bank.letter.sentences[0]);
    body.push(a.paragraph(first));
    let join = if a.language.is_unspaced() { "" } else { " " };
    for pair in order.chunks(2).take(2 + a.rng.below(3)) {
        let text: Vec<String> = pair.iter().map(|i| a.fill(&bank.letter.sentences[*i])).collect();
        body.push(a.paragraph(text.join(join)));
    }
    let last = bank.letter.sentences.last().cloned().unwrap_or_default();
    let last = a.fill(&last);
    body.push(a.paragraph(last));
    let closing = a.one(&bank.letter.closings);
    let signature = a.signature(&writer, 48.0, 17.0);
    let job = a.rng.pick(&bank.jobs).cloned().unwrap_or_default();
    let name = a.lines(&[writer, job], tight);
    let mut end = vec![a.paragraph(closing), signature, name];
    if a.rng.below(4) == 0 {
        let word = a.label("received");
        let stamp = a.stamp(&word, "", 46.0, 22.0);
        end = vec![side_by_side(vec![(1.0, end, Align::Start), (1.0, vec![a.gap(20.0), stamp], Align::Center)], 8.0)];
    }
    body.push(Block::Together(end));
    Draft::new(subject, page, body)
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

fn subject_line(a: &mut Author<'_>, subject: &str) -> Block {
    let style = TextStyle { weight: 700, above: 22.0, below: 16.0, align: Align::Start, ..a.style() };
    if a.rng.below(2) == 0 {
        let key = a.label("subject");
        let style = TextStyle { weight: 400, ..style };
        a.pair_line(Pair::new("subject", &key, subject), style, true)
    } else {
        a.text(Class::Heading, style, subject)
    }
}
