//! Lists of phrases in configs, and the pattern that finds them.

use regex::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::Value;
use tamis_core::bind::{Scope, is_path};

/// Phrases: a list, the name of a list among the recipe's data, or a file of the recipe with one phrase a line.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Phrases {
    /// the phrases themselves
    List(Vec<String>),
    /// a name in the recipe's `data`, or a path that ends in `.txt`
    Named(String),
}

impl Phrases {
    /// The phrases; told if there is none, one is empty or one is there twice.
    pub(crate) fn read(&self, scope: &mut Scope<'_>, at: &str) -> Option<Vec<String>> {
        let phrases = match self {
            Phrases::List(list) => list.clone(),
            Phrases::Named(path) if is_path(path) => {
                let (_, text) = scope.text(at, path)?;
                text.lines().map(str::trim).filter(|line| !line.is_empty()).map(String::from).collect()
            }
            Phrases::Named(name) => named(scope, at, name)?,
        };
        if phrases.is_empty() {
            scope.problem(at, "expected at least one phrase, found none");
            return None;
        }
        let mut whole = true;
        for (i, phrase) in phrases.iter().enumerate() {
            let twice = phrases[..i].contains(phrase);
            if phrase.trim().is_empty() || twice {
                let what = if twice { "the same phrase is there twice" } else { "expected a phrase, found nothing" };
                scope.problem(&format!("{at}[{i}]"), what);
                whole = false;
            }
        }
        whole.then_some(phrases)
    }
}

fn named(scope: &mut Scope<'_>, at: &str, name: &str) -> Option<Vec<String>> {
    let constants = scope.constants();
    let Some((_, value)) = constants.iter().find(|(n, _)| &**n == name) else {
        let hint = tamis_core::error::did_you_mean(name, constants.iter().map(|(n, _)| &**n));
        let help = "write a list, the path of a `.txt` file, or the name of a list under `data`";
        scope.problem_with_help(at, format!("the recipe has no data `{name}`{hint}"), help);
        return None;
    };
    let phrases: Option<Vec<String>> =
        value.as_list().and_then(|items| items.iter().map(|v| v.as_text().map(String::from)).collect());
    if phrases.is_none() {
        scope.problem(at, format!("expected a list of texts in the recipe's `{name}`"));
    }
    phrases
}

/// A pattern for any of the phrases: white space in them matches any white space, letters at their ends do not match
/// inside a longer word.
pub(crate) fn any_of(phrases: &[String]) -> String {
    let mut phrases: Vec<&str> = phrases.iter().map(|p| p.trim()).collect();
    // Leftmost alternatives win, so that the longer of two phrases has to stand first.
    phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.len()));
    let alternatives: Vec<String> = phrases.iter().map(|phrase| pattern(phrase)).collect();
    format!("(?:{})", alternatives.join("|"))
}

fn pattern(phrase: &str) -> String {
    let words: Vec<String> = phrase.split_whitespace().map(regex::escape).collect();
    let edge = |c: Option<char>| if c.is_some_and(is_word) { r"\b" } else { "" };
    format!("{}{}{}", edge(phrase.chars().next()), words.join(r"\s+"), edge(phrase.chars().next_back()))
}

/// Whether a word boundary means something beside this letter: not in scripts without spaces.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() && (c as u32) < 0x0e00
}

/// Compiles a pattern of the recipe; told if it is none.
pub(crate) fn compile(scope: &mut Scope<'_>, at: &str, pattern: &str, case_sensitive: bool) -> Option<Regex> {
    match RegexBuilder::new(pattern).case_insensitive(!case_sensitive).size_limit(1 << 24).build() {
        Ok(regex) => Some(regex),
        Err(error) => {
            scope.problem_with_help(
                at,
                format!("the pattern is not understood: {error}"),
                "the syntax is that of Rust's `regex`",
            );
            None
        }
    }
}

/// The values that decided, for a text that was too long to show whole.
pub(crate) fn shown(text: &str) -> Value {
    Value::text(tamis_core::convert::shorten(text))
}
