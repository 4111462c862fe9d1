//! An examination paper: name and class to fill in, questions with points, room for answers.

use crate::content::{Author, Pair};
use crate::kind::{Draft, numbered, sheet, side_by_side};
use crate::spec::{Align, Block, Class, Inline, Text, TextStyle};

pub(crate) fn write(a: &mut Author<'_>) -> Draft {
    let page = sheet(a);
    let bank = a.bank;
    let subject = a.one(&bank.subjects);
    let title = format!("{}{} {subject}", a.label("exam"), bank.colon);
    let mut body = vec![a.title(&title, 1.7, Align::Center)];
    let minutes = 30 + 15 * a.rng.below(7);
    let tight = a.tight();
    let duration = bank.label("duration").replace("{n}", &minutes.to_string());
    body.push(a.text(Class::Text, TextStyle { align: Align::Center, ..tight.clone() }, duration));
    body.push(pupil(a));
    body.push(a.rule(0.8, a.look.ink));
    let mut questions = bank.exam.clone();
    a.rng.shuffle(&mut questions);
    let n = 5 + a.rng.below(questions.len() - 4);
    let mut total = 0;
    for (i, question) in questions.iter().take(n).enumerate() {
        let points = 2 + a.rng.below(9);
        total += points;
        let choices = *question == bank.exam[6];
        body.push(a.gap(9.0));
        body.push(Block::Together(ask(a, i + 1, question, points, choices)));
    }
    let label = a.label("total");
    let value = format!("{total} {}", a.label("points"));
    let style = TextStyle { align: Align::End, ..a.style() };
    let pair = Pair { number: Some(total as f64), ..Pair::new("total_points", &label, value) };
    body.push(a.pair_line(pair, style, true));
    let mut draft = Draft::new(title, page, body);
    draft.footer = numbered(a, &draft.page);
    draft
}

/// Name, class and date, filled in by hand on most sheets.
fn pupil(a: &mut Author<'_>) -> Block {
    let filled = a.rng.below(3) > 0;
    let (name, date) = (a.person(), a.date.short(a.language));
    let class = format!("{}{}", 5 + a.rng.below(8), ["a", "b", "c"][a.rng.below(3)]);
    let mut columns = Vec::new();
    for (field, label, value, share) in
        [("name", "name", name, 2.0), ("class", "class", class, 1.1), ("date", "date", date, 1.4)]
    {
        let key = format!("{}{}", a.label(label), a.bank.colon);
        let key_id = a.id("key");
        let value_id = format!("value/{field}");
        let mut inlines = vec![Inline::marked(&key_id, Class::Key, &key)];
        if filled {
            inlines.push(Inline::Gap(0.5));
            inlines.push(Inline::Styled {
                text: value.clone(),
                bold: false,
                italic: false,
                hand: true,
                color: None,
                mark: Some((value_id.clone(), Class::Value)),
            });
            a.fact(Pair::new(field, key.trim_end_matches([':', '：', ' ']), value), Some(key_id), value_id);
        }
        let style = a.tight();
        let text = a.block(Class::Text, style, inlines);
        columns.push((share, vec![text, a.rule(0.5, a.look.faint)], Align::Start));
    }
    side_by_side(columns, 7.0)
}

fn ask(a: &mut Author<'_>, number: usize, question: &str, points: usize, choices: bool) -> Vec<Block> {
    let size = a.look.size * 1.08;
    let style =
        TextStyle { size, weight: 700, align: Align::Start, above: 20.0, below: 7.0, sticky: true, ..a.style() };
    let marks = format!("({points} {})", a.label("points"));
    let inlines = vec![Inline::Plain(format!("{} {number}", a.label("question"))), Inline::Fill, Inline::Plain(marks)];
    let id = a.id("heading");
    let heading = Block::Text(Text { id, class: Class::Heading, level: 2, inlines, style });
    let text = a.fill(question);
    let mut out = vec![heading, a.paragraph(text)];
    if choices {
        let picked = a.rng.below(a.bank.choices.len() * 2);
        for (i, choice) in a.bank.choices.clone().into_iter().enumerate() {
            let style = a.tight();
            let inlines = vec![a.check(i == picked), Inline::Gap(0.7), Inline::Plain(choice)];
            out.push(a.block(Class::Text, style, inlines));
        }
        return out;
    }
    for _ in 0..2 + a.rng.below(4) {
        out.push(a.gap(21.0));
        out.push(a.rule(0.4, a.look.faint.mix(a.look.paper, 0.35)));
    }
    out
}
