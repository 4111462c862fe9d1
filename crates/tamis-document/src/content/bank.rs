//! The text bank: one JSON file for each language.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::spec::Language;

/// The texts of one language; `{slots}` are filled by [`crate::content::Author::fill`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bank {
    /// `{}` stands for the number.
    pub currency: String,
    pub date: String,
    pub time: String,
    pub address: Vec<String>,
    pub full_name: String,
    /// What stands between a label and what it labels.
    pub colon: String,
    pub given: Vec<String>,
    pub family: Vec<String>,
    pub streets: Vec<String>,
    pub cities: Vec<String>,
    pub companies: Vec<String>,
    pub restaurants: Vec<String>,
    pub months: Vec<String>,
    pub weekdays: Vec<String>,
    pub goods: Vec<Good>,
    pub groceries: Vec<Good>,
    pub starters: Vec<(String, String)>,
    pub mains: Vec<(String, String)>,
    pub desserts: Vec<(String, String)>,
    pub drinks: Vec<(String, String)>,
    pub jobs: Vec<String>,
    pub degrees: Vec<String>,
    pub schools: Vec<String>,
    pub skills: Vec<String>,
    pub subjects: Vec<String>,
    pub labels: BTreeMap<String, String>,
    pub letter: Letter,
    pub business: Prose,
    pub science: Prose,
    pub news: News,
    pub clauses: Vec<(String, String)>,
    pub exam: Vec<String>,
    pub choices: Vec<String>,
    pub bullets: Vec<String>,
}

/// Something that is sold, and about what it costs.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Good(pub String, pub f64);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Letter {
    pub greetings: Vec<String>,
    pub closings: Vec<String>,
    pub topics: Vec<Topic>,
    /// Items on the agenda of a meeting.
    pub agenda: Vec<String>,
    pub enclosures: Vec<String>,
    /// The last sentence of any letter.
    pub ending: String,
}

/// What a letter is about.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Topic {
    pub subject: String,
    pub shows: Shows,
    /// The sentences of each; the first two lead up to what is shown.
    pub paragraphs: Vec<Vec<String>>,
}

/// What stands between the second and the third paragraph of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Shows {
    /// Nothing.
    Nothing,
    /// Goods and prices.
    Goods,
    /// The agenda of a meeting.
    Agenda,
}

/// Texts on one topic.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Prose {
    pub titles: Vec<String>,
    pub headings: Vec<String>,
    pub sentences: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct News {
    pub papers: Vec<String>,
    pub headlines: Vec<String>,
    pub sentences: Vec<String>,
}

impl Bank {
    /// The bank of a language; read once.
    pub(crate) fn of(language: Language) -> &'static Bank {
        static BANKS: [OnceLock<Bank>; 11] = [const { OnceLock::new() }; 11];
        BANKS[language as usize].get_or_init(|| {
            let text = source(language);
            // The files are part of the program, and a test reads them all.
            serde_json::from_str(text).unwrap_or_else(|e| unreachable!("data/{}.json: {e}", language.code()))
        })
    }

    /// A word of the forms: "Invoice no.".
    pub(crate) fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

fn source(language: Language) -> &'static str {
    match language {
        Language::En => include_str!("../../data/en.json"),
        Language::De => include_str!("../../data/de.json"),
        Language::Fr => include_str!("../../data/fr.json"),
        Language::Es => include_str!("../../data/es.json"),
        Language::Ru => include_str!("../../data/ru.json"),
        Language::El => include_str!("../../data/el.json"),
        Language::Zh => include_str!("../../data/zh.json"),
        Language::Ja => include_str!("../../data/ja.json"),
        Language::Ko => include_str!("../../data/ko.json"),
        Language::Ar => include_str!("../../data/ar.json"),
        Language::Hi => include_str!("../../data/hi.json"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_every_text() {
        let english = Bank::of(Language::En);
        for language in Language::ALL {
            let bank = Bank::of(language);
            assert_eq!(bank.months.len(), 12, "{language:?}");
            let same = |a: &BTreeMap<String, String>| a.keys().cloned().collect::<Vec<_>>();
            assert_eq!(same(&bank.labels), same(&english.labels), "{language:?}");
            assert!(bank.labels.values().all(|l| !l.is_empty()), "{language:?}");
            assert!(bank.goods.len() >= 8, "{language:?}");
            let shows =
                |bank: &Bank| bank.letter.topics.iter().map(|t| (t.shows, t.paragraphs.len())).collect::<Vec<_>>();
            assert_eq!(shows(bank), shows(english), "{language:?}");
            assert_eq!(bank.letter.agenda.len(), english.letter.agenda.len(), "{language:?}");
        }
    }
}
