//! Answering a script's questions from the data behind a picture: the reader of single values, by lookup.

use thiserror::Error;

use super::Py;
use crate::question::SubQuestion;
use crate::wording::is_plural;
use crate::world::{Cell, Part, Series, World};

/// Why a question about a single value has no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unread {
    /// It names no category and no time of the picture.
    #[error("it names nothing that the picture has a value for")]
    Nothing,
    /// It names several.
    #[error("it names several values: {0}")]
    Several(String),
    /// There are several series, and it names none of them.
    #[error("it does not say which series: {0}")]
    Series(String),
    /// Two labels are alike.
    #[error("the picture has two labels `{0}`")]
    Labels(String),
    /// The datum is missing.
    #[error("the value is missing")]
    Missing,
    /// The picture shows it by size or colour only.
    #[error("no scale and no label shows the value")]
    Unreadable,
}

/// Answers questions about single values by the names in them: "What is the revenue of Asia in 2003?".
///
/// A question in the words that [`of_program`](super::of_program) writes is answered as it is meant; any other by the
/// labels that it names. One that could mean two values has no answer: nothing is guessed.
pub struct Lookup<'a> {
    world: &'a World,
    asked: Vec<SubQuestion>,
}

impl<'a> Lookup<'a> {
    /// A reader of this picture.
    pub fn of(world: &'a World) -> Lookup<'a> {
        Lookup { world, asked: Vec::new() }
    }

    /// The answer to one question.
    pub fn answer(&self, question: &str) -> Result<Py, Unread> {
        if let Some((series, cell)) = self.world.parts.iter().find_map(|part| as_written(part, question)) {
            return value(series, cell);
        }
        let text = folded(question);
        let parts: Vec<&Part> = self.world.parts.iter().filter(|p| p.places.iter().any(|n| said(&text, n))).collect();
        let parts = if parts.is_empty() { self.world.parts.iter().collect() } else { parts };
        let mut found: Vec<Result<Py, Unread>> = parts.iter().map(|part| in_part(part, &text)).collect();
        // Of several charts, those that know nothing of what is named do not count.
        if found.len() > 1 {
            found.retain(|f| *f != Err(Unread::Nothing));
        }
        match found.len() {
            0 => Err(Unread::Nothing),
            1 => found.swap_remove(0),
            n => Err(Unread::Several(format!("in {n} charts"))),
        }
    }

    /// The same for the call whose answer is called `var`; it is kept.
    pub fn ask(&mut self, var: &str, question: &str) -> Result<Py, Unread> {
        let answer = self.answer(question)?;
        let kept = SubQuestion { var: var.to_owned(), question: question.to_owned(), answer: answer.to_string() };
        self.asked.push(kept);
        Ok(answer)
    }

    /// What was asked and answered, in order.
    pub fn into_asked(self) -> Vec<SubQuestion> {
        self.asked
    }
}

/// The question about a datum of a part; where there are several parts, it says of which.
pub(super) fn question(part: &Part, words: &str) -> String {
    let is = if is_plural(words) { "are" } else { "is" };
    match part.places.first() {
        Some(place) => format!("In {place}, what {is} the {words}?"),
        None => format!("What {is} the {words}?"),
    }
}

/// The datum that a question in our own words is about.
fn as_written<'p>(part: &'p Part, asked: &str) -> Option<(&'p Series, Option<&'p Cell>)> {
    let sheet = &part.sheet;
    let at = |s: &'p Series| {
        let row = (0..sheet.rows.len()).find(|r| question(part, &sheet.datum(s, *r)) == asked)?;
        Some((s, s.cells.get(row).and_then(Option::as_ref)))
    };
    sheet.series.iter().find_map(at)
}

fn in_part(part: &Part, text: &str) -> Result<Py, Unread> {
    let sheet = &part.sheet;
    let names: Vec<(Label, String)> = (sheet.rows.iter().enumerate().map(|(r, n)| (Label::Row(r), n)))
        .chain(sheet.series.iter().enumerate().map(|(s, n)| (Label::Series(s), &n.name)))
        .chain(sheet.series.iter().enumerate().filter_map(|(s, n)| Some((Label::Series(s), n.measure.as_ref()?))))
        .map(|(label, name)| (label, folded(name)))
        .collect();
    let spans = spans(&names, text);
    let mut rows: Vec<usize> =
        spans.iter().filter_map(|s| if let Label::Row(r) = s { Some(*r) } else { None }).collect();
    let mut series: Vec<usize> =
        spans.iter().filter_map(|s| if let Label::Series(s) = s { Some(*s) } else { None }).collect();
    rows.sort_unstable();
    rows.dedup();
    series.sort_unstable();
    series.dedup();
    let row = match rows.as_slice() {
        [] => return Err(Unread::Nothing),
        [one] => *one,
        [a, b, ..] if sheet.rows[*a] == sheet.rows[*b] => return Err(Unread::Labels(sheet.rows[*a].clone())),
        several => return Err(Unread::Several(listed(several.iter().map(|r| sheet.rows[*r].as_str())))),
    };
    let series = match (series.as_slice(), sheet.series.len()) {
        (_, 1) => 0,
        ([one], _) => *one,
        ([], _) => return Err(Unread::Series(listed(sheet.series.iter().map(|s| s.name.as_str())))),
        (several, _) => return Err(Unread::Several(listed(several.iter().map(|s| sheet.series[*s].name.as_str())))),
    };
    let series = &sheet.series[series];
    value(series, series.cells.get(row).and_then(Option::as_ref))
}

fn value(series: &Series, cell: Option<&Cell>) -> Result<Py, Unread> {
    let cell = cell.ok_or(Unread::Missing)?;
    match &cell.shown {
        Some(shown) => Ok(Py::Text(shown.clone())),
        None if series.numeric => Ok(Py::Number(cell.value)),
        None => Err(Unread::Unreadable),
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Label {
    Row(usize),
    Series(usize),
}

/// The labels that a text names; one inside a longer one ("2020" in "Plan 2020") is not named by it.
fn spans(names: &[(Label, String)], text: &str) -> Vec<Label> {
    let found: Vec<(Label, usize, usize)> = names
        .iter()
        .flat_map(|(label, name)| places(text, name).map(move |at| (*label, at, at + name.len())))
        .collect();
    let within =
        |(_, from, to): &(Label, usize, usize)| found.iter().any(|(_, f, t)| f <= from && to <= t && t - f > to - from);
    found.iter().filter(|span| !within(span)).map(|(label, ..)| *label).collect()
}

/// Where a name stands in a text as whole words.
fn places<'t>(text: &'t str, name: &'t str) -> impl Iterator<Item = usize> + 't {
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let whole = move |at: &usize| {
        let (first, last) = (name.chars().next(), name.chars().next_back());
        let (before, after) = (text[..*at].chars().next_back(), text[at + name.len()..].chars().next());
        let inside_a_word = is_word(before) && is_word(first) || is_word(after) && is_word(last);
        !inside_a_word
    };
    let any = !name.is_empty();
    text.match_indices(if any { name } else { "\u{0}" }).map(|(at, _)| at).filter(whole)
}

fn said(text: &str, name: &str) -> bool {
    places(text, &folded(name)).next().is_some()
}

/// In small letters, with one space between words.
fn folded(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.take(6).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Exact;
    use crate::world::Sheet;
    use tamis_chart::table::Unit;

    fn cell(value: i64) -> Option<Cell> {
        Some(Cell { value: Exact::whole(value), error: 0.0, shown: None, element: String::new() })
    }

    fn series(name: &str, values: [i64; 3]) -> Series {
        Series {
            name: name.into(),
            unit: Unit::default(),
            numeric: true,
            cells: values.into_iter().map(cell).collect(),
            ..Series::default()
        }
    }

    fn part(names: &[&str]) -> Part {
        let rows = ["2019", "2020", "2020 plan"].map(String::from).to_vec();
        let series = names.iter().enumerate().map(|(i, n)| series(n, [1, 2, 3].map(|v| v + 10 * i as i64))).collect();
        Part {
            sheet: Sheet { rows, series, times: true, measure: "revenue".into(), ..Sheet::default() },
            ..Part::default()
        }
    }

    fn answer(names: &[&str], question: &str) -> Result<Py, Unread> {
        let world = World { parts: vec![part(names)], ..World::default() };
        Lookup::of(&world).answer(question)
    }

    fn number(n: i64) -> Result<Py, Unread> {
        Ok(Py::Number(Exact::whole(n)))
    }

    #[test]
    fn a_value_is_found_by_the_labels_that_are_named() {
        assert_eq!(answer(&["Revenue"], "What is the value of 2020?"), number(2));
        assert_eq!(answer(&["Asia", "East Asia"], "How much did ASIA make in  2019?"), number(1));
        assert_eq!(answer(&["Asia", "East Asia"], "What is the revenue of East Asia in 2020?"), number(12));
    }

    #[test]
    fn the_longer_label_is_the_one_that_is_named() {
        assert_eq!(answer(&["Revenue"], "What is the value of 2020 plan?"), number(3));
        assert_eq!(answer(&["Asia", "East Asia"], "East Asia in 2020 plan?"), number(13));
    }

    #[test]
    fn nothing_is_guessed() {
        let said = |names: &[&str], question: &str| answer(names, question).map_err(|e| e.to_string()).unwrap_err();
        assert_eq!(said(&["Revenue"], "What is the highest value?"), Unread::Nothing.to_string());
        assert_eq!(said(&["Revenue"], "What is the value of 12020?"), Unread::Nothing.to_string());
        assert_eq!(said(&["Revenue"], "2019 and 2020?"), "it names several values: 2019, 2020");
        assert_eq!(said(&["Asia", "Africa"], "In 2019?"), "it does not say which series: Asia, Africa");
        assert_eq!(said(&["Asia", "Africa"], "Asia or Africa in 2019?"), "it names several values: Asia, Africa");
    }

    #[test]
    fn what_no_scale_shows_is_not_read() {
        let mut part = part(&["Revenue"]);
        part.sheet.series[0].numeric = false;
        part.sheet.series[0].cells[0] = None;
        let world = World { parts: vec![part], ..World::default() };
        assert_eq!(Lookup::of(&world).answer("2020?"), Err(Unread::Unreadable));
        assert_eq!(Lookup::of(&world).answer("2019?"), Err(Unread::Missing));
    }

    #[test]
    fn of_several_charts_the_one_that_is_named_is_read() {
        let (mut a, mut b) = (part(&["Revenue"]), part(&["Revenue"]));
        a.places = vec!["the left chart".into()];
        b.places = vec!["the right chart".into()];
        b.sheet.series[0].cells[0] = cell(7);
        let world = World { parts: vec![a, b], ..World::default() };
        assert_eq!(Lookup::of(&world).answer("In the right chart, what is the value of 2019?"), number(7));
        assert!(matches!(Lookup::of(&world).answer("What is the value of 2019?"), Err(Unread::Several(_))));
    }
}
