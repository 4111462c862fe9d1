//! Words for elements (`data/prose.json`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use tamis_core::rng::Rng;

/// Sentences, titles and short lines of one language.
#[derive(Debug, Deserialize)]
pub(super) struct Prose {
    pub sentences: Vec<String>,
    pub titles: Vec<String>,
    pub lines: Vec<String>,
    pub labels: Vec<String>,
}

static PROSE: LazyLock<BTreeMap<String, Prose>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../data/prose.json")).unwrap_or_default());

/// A language by chance: two of three are English; `None` only if the file is empty.
pub(super) fn any(rng: &mut Rng) -> Option<&'static Prose> {
    PROSE.get(if rng.unit() < 0.66 { "en" } else { "zh" })
}

impl Prose {
    /// Sentences, one after the other, of at least `length` characters.
    pub(super) fn text(&self, length: usize, rng: &mut Rng) -> String {
        let mut text = String::new();
        while text.chars().count() < length {
            let sentence = pick(&self.sentences, rng);
            if !text.is_empty() && !text.ends_with('。') {
                text.push(' ');
            }
            text.push_str(sentence);
        }
        text
    }

    pub(super) fn title(&self, rng: &mut Rng) -> &str {
        pick(&self.titles, rng)
    }

    pub(super) fn line(&self, rng: &mut Rng) -> &str {
        pick(&self.lines, rng)
    }

    pub(super) fn label(&self, rng: &mut Rng) -> &str {
        pick(&self.labels, rng)
    }
}

fn pick<'a>(list: &'a [String], rng: &mut Rng) -> &'a str {
    rng.pick(list).map_or("", String::as_str)
}
