//! Plausible tables of many domains and languages.

mod choose;
mod finance;
mod panel;
mod plans;
mod records;
mod school;
mod sheet;
mod words;

use tamis_core::rng::Rng;

use super::spec::TableSpec;
use super::theme;
use sheet::Sheet;
use words::Words;

/// The domains of generated tables.
pub const DOMAINS: [&str; 12] = [
    "statistics",
    "survey",
    "technical",
    "finance",
    "prices",
    "bank",
    "school",
    "sports",
    "timetable",
    "contract",
    "science",
    "health",
];

/// The languages of generated tables, as in BCP 47.
pub fn languages() -> Vec<&'static str> {
    words::all().iter().map(|w| w.language.as_str()).collect()
}

/// A table of 3 to 20 rows and columns with contents, structure and theme drawn from `rng`.
///
/// `domain` and `language` fix what they name; an unknown name gives none.
pub fn sample_table(domain: Option<&str>, language: Option<&str>, rng: &mut Rng) -> Option<TableSpec> {
    let words = match language {
        Some(language) => words::all().iter().find(|w| w.language == language)?,
        None => words::any(rng),
    };
    let domain = match domain {
        Some(domain) => *DOMAINS.iter().find(|d| **d == domain)?,
        None => DOMAINS[rng.weighted(&[22.0, 8.0, 12.0, 12.0, 8.0, 6.0, 7.0, 7.0, 5.0, 5.0, 7.0, 5.0])],
    };
    // A draw may come out too small, or without a word for it in this language: another is made.
    (0..40).find_map(|_| finished(table(domain, words, rng)?, domain, words, rng))
}

fn table(domain: &str, words: &Words, rng: &mut Rng) -> Option<Sheet> {
    match domain {
        "statistics" => panel::panel(words, "statistics", rng),
        "health" => panel::panel(words, "health", rng),
        "survey" => panel::survey(words, rng),
        "technical" => records::records(words, "technical", rng),
        "science" if rng.unit() < 0.5 => records::benchmark(words, rng),
        "science" => records::records(words, "science", rng),
        "finance" => finance::statement(words, rng),
        "prices" => finance::prices(words, rng),
        "bank" => finance::bank(words, rng),
        "school" => school::grades(words, rng),
        "sports" => school::league(words, rng),
        "timetable" => plans::timetable(words, rng),
        "contract" => plans::contract(words, rng),
        _ => None,
    }
}

fn finished(mut sheet: Sheet, domain: &str, words: &Words, rng: &mut Rng) -> Option<TableSpec> {
    choose::decorate(&mut sheet, domain, words, rng);
    let mut draft = sheet.into_draft();
    draft.domain = domain.to_string();
    draft.language = words.language.clone();
    draft.theme = theme::theme_for(domain, rng);
    let fits = |n: usize| (3..=20).contains(&n);
    let spec = TableSpec::new(draft).ok()?;
    (fits(spec.rows()) && fits(spec.columns())).then_some(spec)
}
