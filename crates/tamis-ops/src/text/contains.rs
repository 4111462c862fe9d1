//! `text.contains`

use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Transform, Verdict};
use tamis_core::{Record, StepError, Type, Value};

use super::phrases::{Phrases, any_of, compile, shown};
use crate::fields;

/// Rejects records by the phrases in a text.
///
/// With `none_of`, for words that tell on the writer: "as an AI", "the caption says", "based on the bounding boxes". With
/// `any_of`, for words without which a text is of no use. Phrases match whole words, and any white space where they have
/// a space.
///
/// Reads `from`. Rejects with reason `contains a phrase that is ruled out` and the phrase as it stands in the text, or
/// `contains none of the phrases asked for`.
///
/// # Example
/// ```yaml example
/// step: { text.contains: { from: reply, none_of: ["as an AI", "the caption"] } }
/// in: { reply: "According to the Caption, a dog runs." }
/// rejects: ruled out
/// ```
/// ```yaml example
/// step: { text.contains: { from: reply, any_of: ['\\boxed\{.+\}'], regex: true } }
/// in: { reply: 'So it is \boxed{4}.' }
/// out: { reply: 'So it is \boxed{4}.' }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TextContains {
    /// The text.
    from: String,
    /// Phrases of which none may be there: a list, the name of a list in the recipe's data, or a `.txt` file with one a
    /// line.
    none_of: Option<Phrases>,
    /// Phrases of which at least one has to be there, written as in `none_of`.
    any_of: Option<Phrases>,
    /// Whether the phrases are regular expressions. Default: false.
    #[serde(default)]
    regex: bool,
    /// Whether upper and lower case differ. Default: false.
    #[serde(default)]
    case_sensitive: bool,
}

impl OperatorConfig for TextContains {
    const NAME: &'static str = "text.contains";
    const GATE: bool = true;

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let from = scope.read("from", &self.from, &Type::Text);
        let none_of = self.pattern(scope, "none_of", self.none_of.as_ref());
        let any_of = self.pattern(scope, "any_of", self.any_of.as_ref());
        let (none_of, any_of) = (none_of?, any_of?);
        if none_of.is_none() && any_of.is_none() {
            scope.problem("", "expected phrases: `none_of` or `any_of`");
            return None;
        }
        Bound::transform(Search { from: from?, none_of, any_of })
    }
}

impl TextContains {
    /// `Some(None)` when the option is not given, `None` when it is wrong.
    fn pattern(&self, scope: &mut Scope<'_>, at: &str, phrases: Option<&Phrases>) -> Option<Option<Regex>> {
        let Some(phrases) = phrases else { return Some(None) };
        let phrases = phrases.read(scope, at)?;
        if !self.regex {
            return compile(scope, at, &any_of(&phrases), self.case_sensitive).map(Some);
        }
        let mut whole = true;
        for (i, phrase) in phrases.iter().enumerate() {
            whole &= compile(scope, &format!("{at}[{i}]"), phrase, self.case_sensitive).is_some();
        }
        let alternatives: Vec<String> = phrases.iter().map(|phrase| format!("(?:{phrase})")).collect();
        if whole { compile(scope, at, &alternatives.join("|"), self.case_sensitive).map(Some) } else { None }
    }
}

struct Search {
    from: FieldRef,
    none_of: Option<Regex>,
    any_of: Option<Regex>,
}

impl Transform for Search {
    fn apply(&self, record: &mut Record, _: &Context<'_>) -> Result<Verdict, StepError> {
        let text = fields::text(record, &self.from)?;
        if let Some(found) = self.none_of.as_ref().and_then(|pattern| pattern.find(text)) {
            return Ok(Reject::because("contains a phrase that is ruled out", [("found", shown(found.as_str()))]));
        }
        if self.any_of.as_ref().is_some_and(|pattern| !pattern.is_match(text)) {
            return Ok(Reject::because(
                "contains none of the phrases asked for",
                [(&*self.from.name, Value::text(text))],
            ));
        }
        Ok(Verdict::Pass)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, problems};

    #[test]
    fn a_phrase_does_not_match_inside_a_word_and_matches_across_a_line_break() {
        check("{ step: { text.contains: { from: t, none_of: [art] } }, in: { t: a party }, out: { t: a party } }");
        check(
            r#"{ step: { text.contains: { from: t, none_of: [an AI] } }, in: { t: "as an\nai" }, rejects: ruled out }"#,
        );
    }

    #[test]
    fn phrases_come_from_data_or_a_file() {
        check(
            r#"
            step: { text.contains: { from: t, none_of: leaks, any_of: words.txt } }
            data: { leaks: [secret] }
            files: { words.txt: "red\nblue\n" }
            in: { t: a green car }
            rejects: none of the phrases
            "#,
        );
    }

    #[test]
    fn a_broken_pattern_is_a_problem_with_its_place() {
        let told = problems("{ step: { text.contains: { from: t, any_of: [a, '(b'], regex: true } }, in: { t: x } }");
        assert!(told.contains("any_of[1]"), "{told}");
    }
}
