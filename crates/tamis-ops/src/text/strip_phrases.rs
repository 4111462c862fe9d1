//! `text.strip_phrases`

use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::{Name, Record, StepError, Type};

use super::phrases::{Phrases, any_of, compile};
use crate::fields;

/// Takes phrases off a text's head and tail, with the punctuation and white space that held them.
///
/// For instructions that suppress reasoning ("Answer directly.", "Answer with a single word."), for polite openings ("Sure!
/// Here is"). Several phrases in a row go one after the other. A text that was nothing but phrases becomes empty;
/// `text.length` rejects those.
///
/// Reads `from`, writes `into` (text).
///
/// # Example
/// ```yaml example
/// step: { text.strip_phrases: { from: text, phrases: ["Answer directly."] } }
/// in: { text: "What is this? Answer directly." }
/// out: { text: "What is this?" }
/// ```
///
/// Source: prompt clean-up in Bee (arXiv:2510.13795).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StripPhrases {
    /// The text.
    from: String,
    /// The field that receives the text without the phrases. Default: the text itself.
    into: Option<String>,
    /// The phrases: a list, the name of a list in the recipe's data, or a `.txt` file with one a line.
    phrases: Phrases,
    /// Where phrases are taken off: `head`, `tail`, `both` or `anywhere`. Default: `both`.
    #[serde(default)]
    at: Place,
    /// Whether upper and lower case differ. Default: false.
    #[serde(default)]
    case_sensitive: bool,
}

/// Where in a text.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// at its beginning
    Head,
    /// at its end
    Tail,
    /// at both ends
    #[default]
    Both,
    /// wherever they stand
    Anywhere,
}

impl OperatorConfig for StripPhrases {
    const NAME: &'static str = "text.strip_phrases";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let from = scope.read("from", &self.from, &Type::Text);
        let into = match &self.into {
            Some(into) => scope.write("into", into, Type::Text),
            None => scope.write("from", &self.from, Type::Text),
        };
        let phrase = any_of(&self.phrases.read(scope, "phrases")?);
        let patterns: &[String] = match self.at {
            Place::Head => &[head(&phrase)],
            Place::Tail => &[tail(&phrase)],
            Place::Both => &[head(&phrase), tail(&phrase)],
            Place::Anywhere => &[format!(r"(?P<space>\s*){phrase}")],
        };
        let patterns =
            patterns.iter().map(|p| compile(scope, "phrases", p, self.case_sensitive)).collect::<Option<_>>();
        Bound::transform(Strip { from: from?, into: into?, patterns: patterns? })
    }
}

fn head(phrase: &str) -> String {
    format!(r"\A(?:\s*{phrase}[\s.,:;!\-–—]*)+")
}

fn tail(phrase: &str) -> String {
    format!(r"(?:[\s,:;(\-–—]*{phrase}[\s.,:;!?)]*)+\z")
}

struct Strip {
    from: FieldRef,
    into: Name,
    patterns: Vec<Regex>,
}

impl Transform for Strip {
    fn apply(&self, record: &mut Record, _: &Context<'_>) -> Result<Verdict, StepError> {
        let text = fields::text(record, &self.from)?;
        let stripped = self.patterns.iter().fold(None::<String>, |stripped, pattern| {
            let text = stripped.as_deref().unwrap_or(text);
            if pattern.is_match(text) { Some(pattern.replace_all(text, "").trim().to_string()) } else { stripped }
        });
        match stripped {
            Some(stripped) => record.set(&self.into, stripped),
            None if *self.into != *self.from.name => {
                let text = self.from.get(record).clone();
                record.set(&self.into, text);
            }
            None => {}
        }
        Ok(Verdict::Pass)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, problems};

    #[test]
    fn several_phrases_at_both_ends_go_one_after_the_other() {
        check(
            r#"
            step:
              text.strip_phrases:
                { from: t, into: u, phrases: [please, "answer briefly", "answer briefly and directly", no explanation] }
            in: { t: "Please: how many cats?\n(Answer  briefly and directly, no explanation.)" }
            out: { u: "how many cats?", t: "Please: how many cats?\n(Answer  briefly and directly, no explanation.)" }
            "#,
        );
    }

    #[test]
    fn the_middle_is_left_alone_unless_asked_for() {
        let text = "Why should one answer directly when asked?";
        check(&format!(
            "{{ step: {{ text.strip_phrases: {{ from: t, phrases: [answer directly] }} }}, in: {{ t: '{text}' }}, out: {{ t: '{text}' }} }}"
        ));
        check(
            r#"
            step: { text.strip_phrases: { from: t, phrases: [answer directly], at: anywhere } }
            in: { t: Now answer directly or not }
            out: { t: Now or not }
            "#,
        );
    }

    #[test]
    fn a_phrase_is_not_cut_out_of_a_word() {
        check(
            "{ step: { text.strip_phrases: { from: t, phrases: [art] } }, in: { t: artful start }, out: { t: artful start } }",
        );
    }

    #[test]
    fn no_phrase_and_the_same_phrase_twice_are_problems() {
        assert!(
            problems("{ step: { text.strip_phrases: { from: t, phrases: [] } }, in: { t: x } }")
                .contains("at least one")
        );
        let told = problems("{ step: { text.strip_phrases: { from: t, phrases: [a, a] } }, in: { t: x } }");
        assert!(told.contains("phrases[1]"), "{told}");
    }
}
