//! `text.length`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Transform, Verdict};
use tamis_core::{Record, StepError, Type, Value};

use super::words::words;
use crate::fields;

/// Rejects records whose text is too short or too long.
///
/// Length is counted in characters (Unicode scalar values, white space at the ends left out) or in words (runs of
/// letters and digits; each character of a script without spaces is a word). Both ends are included.
///
/// Reads `from`. Rejects with reason `too short` or `too long` and the number that decided.
///
/// # Example
/// ```yaml example
/// step: { text.length: { from: answer, min_words: 3 } }
/// in: { answer: "A cat." }
/// rejects: too short
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TextLength {
    /// The text.
    from: String,
    /// The least number of characters. Default: no limit.
    min_chars: Option<usize>,
    /// The greatest number of characters. Default: no limit.
    max_chars: Option<usize>,
    /// The least number of words. Default: no limit.
    min_words: Option<usize>,
    /// The greatest number of words. Default: no limit.
    max_words: Option<usize>,
}

impl OperatorConfig for TextLength {
    const NAME: &'static str = "text.length";
    const GATE: bool = true;

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let from = scope.read("from", &self.from, &Type::Text);
        let chars = limits(scope, "chars", self.min_chars, self.max_chars);
        let words = limits(scope, "words", self.min_words, self.max_words);
        let (chars, words) = (chars?, words?);
        if chars.is_none() && words.is_none() {
            scope.problem("", "expected a limit: `min_chars`, `max_chars`, `min_words` or `max_words`");
            return None;
        }
        Bound::transform(Measure { from: from?, chars, words })
    }
}

struct Limits {
    unit: &'static str,
    min: usize,
    max: usize,
}

/// `Some(None)` when nothing is limited, `None` when no text could pass.
fn limits(scope: &mut Scope<'_>, unit: &'static str, min: Option<usize>, max: Option<usize>) -> Option<Option<Limits>> {
    if min.is_none() && max.is_none() {
        return Some(None);
    }
    let limits = Limits { unit, min: min.unwrap_or(0), max: max.unwrap_or(usize::MAX) };
    if limits.min > limits.max {
        let Limits { min, max, .. } = limits;
        scope.problem(&format!("max_{unit}"), format!("no text has at least {min} and at most {max} {unit}"));
        return None;
    }
    Some(Some(limits))
}

impl Limits {
    fn judge(&self, length: usize) -> Option<Verdict> {
        let reason = match length {
            n if n < self.min => "too short",
            n if n > self.max => "too long",
            _ => return None,
        };
        Some(Reject::because(reason, [(self.unit, Value::Int(length as i64))]))
    }
}

struct Measure {
    from: FieldRef,
    chars: Option<Limits>,
    words: Option<Limits>,
}

impl Transform for Measure {
    fn apply(&self, record: &mut Record, _: &Context<'_>) -> Result<Verdict, StepError> {
        let text = fields::text(record, &self.from)?.trim();
        let by_chars = self.chars.as_ref().and_then(|limits| limits.judge(text.chars().count()));
        let by_words = || self.words.as_ref().and_then(|limits| limits.judge(words(text).count()));
        Ok(by_chars.or_else(by_words).unwrap_or(Verdict::Pass))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, problems};

    #[test]
    fn both_ends_of_a_range_pass() {
        check(
            "{ step: { text.length: { from: t, min_chars: 3, max_chars: 3 } }, in: { t: ' äöü ' }, out: { t: ' äöü ' } }",
        );
        check("{ step: { text.length: { from: t, max_words: 2 } }, in: { t: one two three }, rejects: too long }");
    }

    #[test]
    fn limits_that_no_text_can_meet_and_no_limits_at_all_are_problems() {
        let told = problems("{ step: { text.length: { from: t, min_words: 3, max_words: 2 } }, in: { t: x } }");
        assert!(told.contains("max_words"), "{told}");
        assert!(problems("{ step: { text.length: { from: t } }, in: { t: x } }").contains("expected a limit"));
    }
}
