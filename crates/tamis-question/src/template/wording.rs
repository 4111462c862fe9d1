//! The words that holes of phrasings stand for.
//!
//! Besides slots (as they are said): `{it}` what the values are ("revenue of Germany"), `{at}` where the row is ("in
//! 2020", "for Germany"), `{row_noun}` and `{row_nouns}` ("year", "years"), `{series_noun}`, `{measure}` ("revenue"),
//! `{is}` and `{does}` that go with `{it}`, `{a_it}`, `{nth}`, `{this_chart}`, `{other_chart}`; with a 2 or `other_`
//! for the second of two; with a capital at the start of a sentence.

use super::Slots;
use crate::program::capital;
use crate::wording::{is_plural, ordinal};
use crate::world::{Part, World};

/// Fills the holes of a text in one pass, so that braces in data stay what they are; `{{` is a brace.
pub(crate) fn fill(text: &str, word: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with("{{") || rest.starts_with("}}") {
            out.push_str(&rest[..1]);
            rest = &rest[2..];
        } else {
            let end = rest.find('}')?;
            out.push_str(&word(rest.get(1..end)?)?);
            rest = &rest[end + 1..];
        }
    }
    out.push_str(rest);
    Some(out)
}

/// What the words are taken from.
pub(crate) struct Words<'a> {
    pub(crate) world: &'a World,
    pub(crate) slots: &'a Slots,
    /// What the chart is called, where there are several.
    pub(crate) place: &'a str,
    /// What the other chart is called.
    pub(crate) other_place: &'a str,
    /// All themes there are, in words.
    pub(crate) themes: &'a str,
}

impl Words<'_> {
    /// The words of a hole; `None` when the template has an unknown one.
    pub(crate) fn of(&self, name: &str) -> Option<String> {
        let small = name.strip_prefix(|c: char| c.is_ascii_uppercase()).map(|_| name.to_lowercase());
        if let Some(small) = small {
            return self.of(&small).map(|w| capital(&w));
        }
        if let Some(slot) = self.slots.get(name) {
            return Some(slot.say.clone());
        }
        let part = self.world.parts.get(self.slots.part);
        let noun = |get: fn(&Part) -> &String| part.map(get).cloned();
        match name {
            "it" => self.it("series"),
            "it2" => self.it("series2"),
            "other_it" => self.it("other_series"),
            "at" => self.at("row"),
            "at2" => self.at("row2"),
            "at_later" => self.at("later"),
            "peak_at" => self.at("row_peak"),
            "other_at" => self.at("other_row"),
            "is" => self.verb("it", "is", "are"),
            "other_is" => self.verb("other_it", "is", "are"),
            "is2" => self.verb("it2", "is", "are"),
            "does" => self.verb("it", "does", "do"),
            "a_it" => self.of("it").map(|it| with_article(&it)),
            "measure_is" => self.verb("measure", "is", "are"),
            "measure" => part.map(|p| if p.sheet.measure.is_empty() { "value" } else { &p.sheet.measure }.to_owned()),
            "row_noun" => noun(|p| &p.sheet.row_noun[0]),
            "row_nouns" => noun(|p| &p.sheet.row_noun[1]),
            "series_noun" => noun(|p| &p.sheet.series_noun[0]),
            "series_nouns" => noun(|p| &p.sheet.series_noun[1]),
            "nth" => self.nth("n"),
            "block_nth" => self.nth("block"),
            "this_chart" => Some(if self.place.is_empty() { "the chart" } else { self.place }.to_owned()),
            "other_chart" => Some(self.other_place.to_owned()),
            "themes" => Some(self.themes.to_owned()),
            "period" => part.and_then(|p| p.sheet.series.last()).map(|s| s.unit.symbol.clone()),
            _ => None,
        }
    }

    fn part_of(&self, slot: &str) -> Option<&Part> {
        let part = if slot.starts_with("other") { self.slots.other? } else { self.slots.part };
        self.world.parts.get(part)
    }

    fn it(&self, slot: &str) -> Option<String> {
        let sheet = &self.part_of(slot)?.sheet;
        Some(sheet.it(sheet.series(self.slots.raw(slot)?).ok()?))
    }

    fn at(&self, slot: &str) -> Option<String> {
        Some(self.part_of(slot)?.sheet.at_name(self.slots.raw(slot)?))
    }

    fn nth(&self, slot: &str) -> Option<String> {
        self.slots.raw(slot)?.parse().ok().map(ordinal)
    }

    fn verb(&self, of: &str, one: &str, many: &str) -> Option<String> {
        Some(if is_plural(&self.of(of)?) { many } else { one }.to_owned())
    }
}

/// "a revenue", "an income", "sales".
fn with_article(it: &str) -> String {
    let sound = it.chars().next().map(|c| c.to_ascii_lowercase());
    let silent = ["hour", "honest", "heir"].iter().any(|w| it.starts_with(w));
    let hard = ["uni", "use", "usa", "eu", "one"].iter().any(|w| it.starts_with(w));
    match sound {
        _ if is_plural(it) => it.to_owned(),
        Some('a' | 'e' | 'i' | 'o' | 'u') if !hard => format!("an {it}"),
        _ if silent => format!("an {it}"),
        _ => format!("a {it}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_in_data_stay() {
        let word = |name: &str| (name == "a").then(|| "{b}".to_owned());
        assert_eq!(fill("x {a} y {{z}}", word).as_deref(), Some("x {b} y {z}"));
        assert_eq!(fill("{unknown}", word), None);
    }

    #[test]
    fn articles_follow_the_sound() {
        assert_eq!(with_article("income"), "an income");
        assert_eq!(with_article("use rate"), "a use rate");
        assert_eq!(with_article("sales"), "sales");
    }
}
