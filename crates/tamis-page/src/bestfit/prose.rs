//! Words for elements (`data/prose.json`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use tamis_core::rng::Rng;

/// What one language has to say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Prose {
    sentences: Vec<String>,
    /// what may stand before a sentence
    openers: Vec<String>,
    titles: Vec<String>,
    /// by class; `{n}` is a number
    lines: BTreeMap<String, Vec<String>>,
    /// by class: how its texts begin
    prefixes: BTreeMap<String, Vec<String>>,
    /// of fields in forms and columns of grids
    labels: Vec<String>,
    /// of boxes in diagrams
    nodes: Vec<String>,
    people: Vec<String>,
    pub mastheads: Vec<String>,
    pub speakers: Vec<String>,
}

static PROSE: LazyLock<BTreeMap<String, Prose>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../data/prose.json")).unwrap_or_default());

/// A language by chance: two of three are English; `None` only if the file is empty.
pub(super) fn any(rng: &mut Rng) -> Option<&'static Prose> {
    PROSE.get(if rng.unit() < 0.66 { "en" } else { "zh" })
}

impl Prose {
    /// Sentences, one after the other, of at least `length` characters; at least one.
    pub(super) fn text(&self, length: usize, rng: &mut Rng) -> String {
        let mut text = self.sentence(rng);
        let mut written = text.chars().count();
        while written < length {
            let sentence = self.sentence(rng);
            text.push_str(self.gap());
            text.push_str(&sentence);
            written += self.gap().len() + sentence.chars().count();
        }
        text
    }

    /// One sentence, now and then with an opener before it.
    pub(super) fn sentence(&self, rng: &mut Rng) -> String {
        let sentence = pick(&self.sentences, rng);
        if rng.unit() < 0.6 {
            return sentence.to_string();
        }
        let mut rest = sentence.chars();
        let first = rest.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
        format!("{}{first}{}", pick(&self.openers, rng), rest.as_str())
    }

    /// What stands between two sentences.
    pub(super) fn gap(&self) -> &'static str {
        if self.is_wide() { "" } else { " " }
    }

    /// The width of a character by its size, on average.
    pub(super) fn character(&self) -> f64 {
        if self.is_wide() { 1.0 } else { 0.48 }
    }

    fn is_wide(&self) -> bool {
        self.sentences.first().is_some_and(|sentence| sentence.ends_with('。'))
    }

    /// A title, or one of two parts.
    pub(super) fn title(&self, two: bool, rng: &mut Rng) -> String {
        let (title, other) = (pick(&self.titles, rng), pick(&self.titles, rng));
        if !two || title == other {
            return title.to_string();
        }
        format!("{title}{}{other}", if self.is_wide() { "：" } else { ": " })
    }

    /// A line of a class.
    pub(super) fn line(&self, class: &str, rng: &mut Rng) -> String {
        let lines = self.lines.get(class).or_else(|| self.lines.get("header"));
        numbered(lines.map_or("", |lines| pick(lines, rng)), rng)
    }

    /// How a text of a class begins; most begin with their first sentence.
    pub(super) fn prefix(&self, class: &str, rng: &mut Rng) -> String {
        self.prefixes.get(class).map(|prefixes| numbered(pick(prefixes, rng), rng)).unwrap_or_default()
    }

    /// An entry of a list of references.
    pub(super) fn reference(&self, rng: &mut Rng) -> String {
        let (people, title, year) = (pick(&self.people, rng), pick(&self.titles, rng), 1965 + rng.below(59));
        let (from, pages) = (1 + rng.below(300), 4 + rng.below(30));
        if self.is_wide() {
            return format!("{people}. {title}[J]. 北岸学报, {year}: {from}-{}.", from + pages);
        }
        format!("{people} ({year}). {title}. Northfield Press, {from}–{}.", from + pages)
    }

    pub(super) fn label(&self, rng: &mut Rng) -> &str {
        pick(&self.labels, rng)
    }

    pub(super) fn node(&self, rng: &mut Rng) -> &str {
        pick(&self.nodes, rng)
    }
}

fn numbered(template: &str, rng: &mut Rng) -> String {
    if !template.contains("{n}") {
        return template.to_string();
    }
    template.replace("{n}", &(1 + rng.below(30)).to_string())
}

fn pick<'a>(list: &'a [String], rng: &mut Rng) -> &'a str {
    rng.pick(list).map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::super::classes::{CLASSES, Painter};
    use super::*;

    #[test]
    fn every_class_of_lines_has_words_in_every_language() {
        assert_eq!(PROSE.len(), 2, "the file is read");
        for class in CLASSES.iter().filter(|c| c.painter == Painter::Line) {
            assert!(PROSE.values().all(|prose| prose.lines.contains_key(class.name)), "{}", class.name);
        }
        let known = |name: &String| CLASSES.iter().any(|c| c.name == name);
        assert!(PROSE.values().all(|prose| prose.lines.keys().chain(prose.prefixes.keys()).all(known)));
    }
}
