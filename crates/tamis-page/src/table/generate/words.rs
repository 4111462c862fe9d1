//! The words of each language (`data/words/*.json`).

use std::sync::LazyLock;

use serde::Deserialize;
use tamis_core::rng::Rng;

/// What tables of one language are made of.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    pub language: String,
    /// How often it is drawn.
    pub weight: f64,
    pub decimal: String,
    pub thousands: String,
    /// The digit zero of its own digits, if it has them beside ours.
    #[serde(default)]
    pub zero: Option<char>,
    pub total: String,
    pub mean: String,
    pub change: String,
    /// "In {}": the unit of a whole table.
    pub in_unit: String,
    /// "Source: {}".
    pub source: String,
    pub sources: Vec<String>,
    pub notes: Vec<String>,
    pub missing: Vec<String>,
    pub months: Vec<String>,
    pub weekdays: Vec<String>,
    /// "Q{}".
    pub quarter: String,
    pub people: Vec<String>,
    pub place: String,
    pub places: Vec<Group>,
    pub topics: Vec<Topic>,
    pub survey: Survey,
    pub records: Vec<Records>,
    pub statements: Vec<Statement>,
    pub prices: Vec<Prices>,
    pub bank: Bank,
    pub grades: Grades,
    pub league: League,
    pub timetable: Timetable,
    pub contracts: Vec<Contract>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    pub name: String,
    pub members: Vec<String>,
}

/// One quantity over places and times.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Topic {
    pub domain: String,
    pub caption: String,
    pub unit: String,
    pub low: f64,
    pub high: f64,
    #[serde(default)]
    pub decimals: u8,
    #[serde(default)]
    pub additive: bool,
}

/// Shares of people by two properties.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Survey {
    pub captions: Vec<String>,
    pub head: String,
    pub answers: Vec<Vec<String>>,
    /// Properties with their values.
    pub groups: Vec<Group>,
}

/// Things with several quantities each.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Records {
    pub domain: String,
    pub caption: String,
    pub head: String,
    pub names: Vec<String>,
    pub columns: Vec<Property>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Property {
    /// What it belongs to; neighbours of one group get a common header.
    #[serde(default)]
    pub group: String,
    pub name: String,
    #[serde(default)]
    pub unit: String,
    #[serde(default)]
    pub low: f64,
    #[serde(default)]
    pub high: f64,
    #[serde(default)]
    pub decimals: u8,
    /// Words instead of numbers.
    #[serde(default)]
    pub values: Vec<String>,
}

/// A statement of accounts: groups of items and a result.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Statement {
    pub caption: String,
    pub head: String,
    pub unit: String,
    /// The first adds to the result; the others are taken from it where `balance` is false.
    pub groups: Vec<Group>,
    /// "Total {}" of a group.
    pub group_total: String,
    /// Result, or sum of all groups.
    pub result: String,
    #[serde(default)]
    pub balance: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Prices {
    pub caption: String,
    pub category: String,
    pub item: String,
    pub columns: Vec<String>,
    pub unit: String,
    pub low: f64,
    pub high: f64,
    #[serde(default)]
    pub decimals: u8,
    pub groups: Vec<Group>,
    /// How dear each group is beside the others; 1 where nothing is said.
    #[serde(default)]
    pub scales: Vec<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bank {
    pub caption: String,
    pub date: String,
    pub details: String,
    pub out: String,
    #[serde(rename = "in")]
    pub into: String,
    pub balance: String,
    pub opening: String,
    pub closing: String,
    pub unit: String,
    pub spending: Vec<String>,
    pub income: Vec<String>,
    /// "{d}.{m}.{y}".
    pub day: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Grades {
    pub caption: String,
    pub pupil: String,
    pub subjects: Vec<Group>,
    pub low: f64,
    pub high: f64,
    #[serde(default)]
    pub decimals: u8,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct League {
    pub caption: String,
    pub rank: String,
    pub team: String,
    pub teams: Vec<String>,
    /// Played, won, drawn, lost, for, against, difference, points.
    pub columns: Vec<String>,
    /// What stands over won, drawn, lost and over for, against, difference.
    pub groups: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Timetable {
    pub captions: Vec<String>,
    pub time: String,
    pub lessons: Vec<String>,
    pub pause: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contract {
    pub caption: String,
    /// Sections of clauses: label and possible texts.
    pub sections: Vec<Section>,
    pub head: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    pub name: String,
    pub rows: Vec<Vec<String>>,
}

const FILES: &[&str] = &[
    include_str!("../../../data/words/en.json"),
    include_str!("../../../data/words/de.json"),
    include_str!("../../../data/words/fr.json"),
    include_str!("../../../data/words/es.json"),
    include_str!("../../../data/words/ru.json"),
    include_str!("../../../data/words/zh.json"),
    include_str!("../../../data/words/ja.json"),
    include_str!("../../../data/words/ar.json"),
    include_str!("../../../data/words/hi.json"),
];

static ALL: LazyLock<Vec<Words>> =
    LazyLock::new(|| FILES.iter().filter_map(|file| serde_json::from_str(file).ok()).collect());

/// All languages.
pub(super) fn all() -> &'static [Words] {
    &ALL
}

/// One language by its weight.
pub(super) fn any(rng: &mut Rng) -> &'static Words {
    let weights: Vec<f64> = ALL.iter().map(|w| w.weight).collect();
    &ALL[rng.weighted(&weights)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_read() {
        for file in FILES {
            let words: Words = serde_json::from_str(file).unwrap();
            assert_eq!((words.months.len(), words.weekdays.len()), (12, 7), "{}", words.language);
            assert_eq!(words.league.columns.len(), 8, "{}", words.language);
        }
    }

    #[test]
    fn every_character_has_a_glyph() {
        use tamis_draw::text::{self, Font, Style};
        let style = Style::new(Font::new("Arimo"), 16.0, tamis_draw::Color::BLACK);
        for file in FILES {
            let mut characters: Vec<char> = file.chars().filter(|c| !c.is_control()).collect();
            characters.sort_unstable();
            characters.dedup();
            let missing = |c: &char| text::line(&c.to_string(), &style).has_missing_glyph();
            let missing: String = characters.into_iter().filter(missing).collect();
            assert_eq!(missing, "", "{}", &file[..20]);
        }
    }
}
