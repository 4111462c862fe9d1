//! `text.repetition`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Transform, Verdict};
use tamis_core::{Record, StepError, Type, Value};

use super::words::{hash_without_case, mix, words};
use crate::fields;

/// Rejects records whose text repeats itself, as instructions that were pasted twice and models that got stuck do.
///
/// Two measures, both on words without regard to case. The *ratio* is the share of n-grams (n words in a row) that have
/// stood in the text before: 0 when all differ. The *run* is how many times in a row the same 1 to n words stand: "the
/// the the" is a run of 3. A text with fewer than n words has ratio 0.
///
/// Reads `from`. Rejects with reason `repeats its phrases` or `repeats itself in a row` and the values `ratio` and `run`.
///
/// # Example
/// ```yaml example
/// step: { text.repetition: { from: instruction } }
/// in: { instruction: "Describe it. Describe it. Describe it. Describe it. Describe it." }
/// rejects: in a row
/// ```
///
/// Source: the rule filter of Bee (arXiv:2510.13795), which states no numbers; the measures are those of Gopher
/// (arXiv:2112.11446, table A1) on n-grams instead of characters.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TextRepetition {
    /// The text.
    from: String,
    /// Words in an n-gram, 1 to 20. Default: 4.
    #[serde(default = "four")]
    ngram: usize,
    /// The greatest share of repeated n-grams that passes, 0 to 1. Default: 0.3.
    #[serde(default = "ratio")]
    max_ratio: f64,
    /// The greatest number of times in a row that passes, at least 1. Default: 4.
    #[serde(default = "four")]
    max_run: usize,
}

fn four() -> usize {
    4
}

fn ratio() -> f64 {
    0.3
}

impl OperatorConfig for TextRepetition {
    const NAME: &'static str = "text.repetition";
    const GATE: bool = true;

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let from = scope.read("from", &self.from, &Type::Text);
        let TextRepetition { ngram, max_ratio, max_run, .. } = self;
        let checks = [
            ("ngram", (1..=20).contains(&ngram), format!("expected 1 to 20 words, found {ngram}")),
            ("max_ratio", (0.0..=1.0).contains(&max_ratio), format!("expected a share from 0 to 1, found {max_ratio}")),
            ("max_run", max_run >= 1, "expected at least 1: every word stands there once".to_string()),
        ];
        for (at, _, message) in checks.iter().filter(|(_, holds, _)| !holds) {
            scope.problem(at, message.as_str());
        }
        let holds = checks.iter().all(|(_, holds, _)| *holds);
        Bound::transform(Gate { from: from?, ngram, max_ratio, max_run }).filter(|_| holds)
    }
}

struct Gate {
    from: FieldRef,
    ngram: usize,
    max_ratio: f64,
    max_run: usize,
}

impl Transform for Gate {
    fn apply(&self, record: &mut Record, _: &Context<'_>) -> Result<Verdict, StepError> {
        let hashes: Vec<u64> = words(fields::text(record, &self.from)?).map(hash_without_case).collect();
        let (ratio, run) = (repeated_share(&hashes, self.ngram), longest_run(&hashes, self.ngram));
        let reason = match () {
            () if run > self.max_run => "repeats itself in a row",
            () if ratio > self.max_ratio => "repeats its phrases",
            () => return Ok(Verdict::Pass),
        };
        Ok(Reject::because(reason, [("ratio", Value::Float(ratio)), ("run", Value::Int(run as i64))]))
    }
}

/// The share of windows of `n` that were there before.
fn repeated_share(words: &[u64], n: usize) -> f64 {
    let mut grams: Vec<u64> = words.windows(n).map(|gram| gram.iter().fold(0, |all, word| mix(all ^ word))).collect();
    let total = grams.len();
    if total == 0 {
        return 0.0;
    }
    grams.sort_unstable();
    grams.dedup();
    (total - grams.len()) as f64 / total as f64
}

/// How many times in a row the same 1 to `longest` words stand.
fn longest_run(words: &[u64], longest: usize) -> usize {
    let mut best = usize::from(!words.is_empty());
    for unit in 1..=longest {
        let mut same = 0;
        for (word, later) in words.iter().zip(words.iter().skip(unit)) {
            same = if word == later { same + 1 } else { 0 };
            best = best.max(same / unit + 1);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, problems};

    #[test]
    fn a_run_counts_whole_repetitions_only() {
        assert_eq!(longest_run(&[1, 1, 1, 2], 4), 3);
        assert_eq!(longest_run(&[1, 2, 1, 2, 1], 4), 2);
        assert_eq!(longest_run(&[1, 2, 3], 4), 1);
        assert_eq!(longest_run(&[], 4), 0);
    }

    #[test]
    fn the_ratio_is_the_share_of_grams_seen_before() {
        assert_eq!(repeated_share(&[1, 2, 1, 2, 1], 2), 0.5);
        assert_eq!(repeated_share(&[1, 2], 3), 0.0);
    }

    #[test]
    fn an_ordinary_instruction_passes_and_one_pasted_twice_does_not() {
        let text = "How many red cars are parked beside the house with the green door?";
        check(&format!("{{ step: {{ text.repetition: {{ from: t }} }}, in: {{ t: '{text}' }}, out: {{}} }}"));
        check(&format!(
            "{{ step: {{ text.repetition: {{ from: t }} }}, in: {{ t: '{text} {text}' }}, rejects: its phrases }}"
        ));
    }

    #[test]
    fn numbers_out_of_range_are_problems_all_at_once() {
        let told =
            problems("{ step: { text.repetition: { from: t, ngram: 0, max_ratio: 1.5, max_run: 0 } }, in: { t: x } }");
        assert!(["ngram", "max_ratio", "max_run"].iter().all(|at| told.contains(at)), "{told}");
    }
}
