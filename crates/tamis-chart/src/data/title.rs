//! Titles, subtitles, notes and axis titles, in the words of the story's language.

use tamis_core::rng::Rng;

use super::library::{Measure, Noun};
use super::random::chance;
use super::story::{Room, Story};
use crate::spec::Axis;
use crate::table::Time;

/// What a chart shows of its story; the key of its titles in `data/phrases.yaml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// A measure of several entities over time.
    Time,
    /// A measure of one entity over time.
    TimeOne,
    /// The parts of a measure of one entity over time.
    TimeParts,
    /// A measure of the entities at one time.
    Now,
    /// A measure of the entities at one time, by parts.
    NowParts,
    /// The parts of a measure of one entity at one time.
    PartsOne,
    /// A measure of the entities at several times.
    Years,
    /// Shares of the parts in a measure of the entities.
    Shares,
    /// Shares of the entities in all of a measure.
    SharesAll,
    /// A measure of the entities at two times.
    Two,
    /// Two measures of one entity over time.
    Mixed,
    /// Two measures of the entities at one time.
    MixedNow,
    /// One value.
    Gauge,
    /// How measures go together.
    Correlation,
    /// The distribution of a quantity.
    Samples,
    /// The distribution of a quantity in several groups.
    SamplesGroups,
    /// The mean of a quantity in several groups, with its error.
    Mean,
    /// Two quantities of observations.
    Pair,
    /// Three quantities of observations or entities.
    Triple,
    /// Many measures of the entities.
    Profiles,
    /// A measure of the entities, largest first, with running shares.
    Ranked,
}

impl View {
    pub(crate) fn key(self) -> &'static str {
        match self {
            View::Time => "time",
            View::TimeOne => "time_one",
            View::TimeParts => "time_parts",
            View::Now => "now",
            View::NowParts => "now_parts",
            View::PartsOne => "parts_one",
            View::Years => "years",
            View::Shares => "shares",
            View::SharesAll => "shares_all",
            View::Two => "two",
            View::Mixed => "mixed",
            View::MixedNow => "mixed_now",
            View::Gauge => "gauge",
            View::Correlation => "correlation",
            View::Samples => "samples",
            View::SamplesGroups => "samples_groups",
            View::Mean => "mean",
            View::Pair => "pair",
            View::Triple => "triple",
            View::Profiles => "profiles",
            View::Ranked => "ranked",
        }
    }
}

/// The words that stand for `{measure}` and the like; a name with a capital gives the word with a capital.
#[derive(Clone, Debug, Default)]
pub(super) struct Vars(Vec<(&'static str, String)>);

impl Vars {
    pub(super) fn set(mut self, name: &'static str, word: impl Into<String>) -> Vars {
        self.0.push((name, word.into()));
        self
    }

    pub(super) fn span(self, times: &[Time]) -> Vars {
        let end = |t: Option<&Time>| t.map(Time::to_string).unwrap_or_default();
        self.set("from", end(times.first())).set("to", end(times.last()))
    }

    /// Whether every name in the template has a word.
    fn fill_all(&self, template: &str) -> bool {
        template.split('{').skip(1).all(|rest| {
            let name = rest.split('}').next().unwrap_or_default().to_lowercase();
            self.get(&name).is_some_and(|word| !word.is_empty())
        })
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(n, _)| *n == name).map(|(_, word)| word.as_str())
    }
}

/// What is always known of a story.
pub(super) fn vars(story: &Story) -> Vars {
    let Noun { one, many } = &story.family.entity;
    let mut vars = Vars::default()
        .set("about", &story.family.about)
        .set("entity", one)
        .set("entities", many)
        .set("sample", &story.family.sample.one)
        .set("samples", &story.family.sample.many)
        .set("mean", &story.phrases.mean)
        .set("share", &story.phrases.share)
        .set("count", story.entities.len().to_string())
        .span(&story.times);
    if let Some(parts) = &story.family.parts {
        vars = vars.set("part", &parts.name.one).set("parts", &parts.name.many);
    }
    vars
}

/// A title for what the chart shows.
pub(super) fn title(story: &Story, view: View, vars: &Vars, rng: &mut Rng) -> String {
    let most = if story.room == Room::Full { 78 } else { 44 };
    let choices: &[String] = story.phrases.titles.get(view.key()).map_or(&[], Vec::as_slice);
    fitting(choices, most, story, vars, rng)
}

/// A phrase of at most `most` characters if a few draws find one, else the shortest drawn.
fn fitting(choices: &[String], most: usize, story: &Story, vars: &Vars, rng: &mut Rng) -> String {
    let mut shortest: Option<String> = None;
    // A phrase with a word that the view does not know would have a hole.
    let known: Vec<&String> = choices.iter().filter(|template| vars.fill_all(template)).collect();
    for _ in 0..6 {
        let Some(template) = rng.pick(&known) else { break };
        let text = capital(&fill(template, vars, story.phrases.lowers));
        let length = text.chars().count();
        if length <= most {
            return text;
        }
        if shortest.as_ref().is_none_or(|s| length < s.chars().count()) {
            shortest = Some(text);
        }
    }
    shortest.unwrap_or_default()
}

/// A subtitle now and then, on a chart that has the room.
pub(super) fn subtitle(story: &Story, view: View, vars: &Vars, rng: &mut Rng) -> String {
    if story.room == Room::Cell || !chance(rng, 0.25) {
        return String::new();
    }
    let choices = &story.phrases.subtitles;
    match choices.get(view.key()).or_else(|| choices.get("other")) {
        Some(choices) => fitting(choices, 90, story, vars, rng),
        None => String::new(),
    }
}

/// "Source: ...", now and then.
pub(super) fn note(story: &Story) -> String {
    match (story.source, story.room) {
        (Some(source), Room::Full) => story.phrases.source.replace("{source}", source),
        _ => String::new(),
    }
}

/// The sentence of a story.
pub(super) fn sentence(story: &Story, rng: &mut Rng) -> String {
    let trends: Vec<&str> = story
        .trends()
        .iter()
        .map(|t| match t {
            super::Trend::Up => "upward",
            super::Trend::Down => "downward",
            super::Trend::Fluctuating => "fluctuating",
        })
        .collect();
    let vars = vars(story).set("trends", listed(&trends));
    match rng.pick(&story.phrases.story) {
        Some(template) => capital(&fill(template, &vars, story.phrases.lowers)),
        None => story.family.about.clone(),
    }
}

/// "a", "a and b", "a, b and c".
fn listed(words: &[&str]) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => words.concat(),
    }
}

/// The title over several charts of one story.
pub(super) fn figure_title(story: &Story, rng: &mut Rng) -> String {
    let choices: &[String] = story.phrases.titles.get("figure").map_or(&[], Vec::as_slice);
    fitting(choices, 80, story, &vars(story), rng)
}

/// An axis with the name and unit of a measure.
pub(super) fn axis(story: &Story, measure: &Measure) -> Axis {
    axis_named(story, &measure.name, &measure.unit)
}

/// An axis with a name and a unit.
pub(super) fn axis_named(story: &Story, name: &str, unit: &str) -> Axis {
    let title = match (unit.is_empty(), story.phrases.axis.get(story.axis_style)) {
        (false, Some(style)) => style.replace("{name}", &capital(name)).replace("{unit}", unit),
        _ => capital(name),
    };
    Axis { title, ..Axis::default() }
}

/// An axis with a name; where everybody sees what it is (years, names) the title is left out now and then.
pub(super) fn plain_axis(name: &str, rng: &mut Rng) -> Axis {
    let title = if chance(rng, 0.2) { String::new() } else { capital(name) };
    Axis { title, ..Axis::default() }
}

/// The word for what a time axis counts.
pub(super) fn time_word(story: &Story, times: &[Time]) -> String {
    let phrases = story.phrases;
    match times.first() {
        Some(Time::Quarter(..)) => &phrases.quarter,
        Some(Time::Month(..)) => &phrases.month,
        Some(Time::Day(..)) => &phrases.day,
        _ => &phrases.year,
    }
    .clone()
}

/// The template with its `{names}` replaced; `lowers` as in [`super::library::Phrases`].
fn fill(template: &str, vars: &Vars, lowers: bool) -> String {
    let mut text = String::with_capacity(template.len() + 40);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text += before;
        let Some((name, after)) = after.split_once('}') else { break };
        let key = name.to_lowercase();
        let word = vars.get(&key).unwrap_or_default();
        let inside = !text.is_empty() && name == key;
        // Names of entities and months keep their capitals.
        let proper = matches!(key.as_str(), "focus" | "from" | "to" | "when");
        text += &match (inside && lowers && !proper, name == key) {
            (true, _) => lower(word),
            (_, false) => capital(word),
            _ => word.to_string(),
        };
        rest = after;
    }
    text + rest
}

/// With a capital first letter.
pub(crate) fn capital(word: &str) -> String {
    // "n = 24" is written so.
    if word.starts_with("n = ") {
        return word.to_string();
    }
    let mut letters = word.chars();
    match letters.next() {
        // "pH", "iOS": a small letter before a capital belongs to the name.
        Some(first) if !letters.clone().next().is_some_and(char::is_uppercase) => {
            first.to_uppercase().chain(letters).collect()
        }
        _ => word.to_string(),
    }
}

/// With a small first letter, unless it is an abbreviation or a single letter.
pub(crate) fn lower(word: &str) -> String {
    let mut letters = word.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => first.to_lowercase().chain(letters).collect(),
        _ => word.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_inside_a_sentence_lose_their_capital_but_abbreviations_do_not() {
        let vars = Vars::default().set("measure", "Wheat yield").set("x", "GDP per capita").set("y", "pH");
        assert_eq!(fill("{measure} and {x}; {measure}", &vars, true), "Wheat yield and GDP per capita; wheat yield");
        assert_eq!(fill("The {Measure}", &vars, true), "The Wheat yield");
        assert_eq!(capital("pH"), "pH");
    }
}
