//! `text.match`

use indexmap::IndexMap;
use regex::{Captures, Regex};
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::error::did_you_mean;
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Transform, Verdict};
use tamis_core::{Name, Record, StepError, Type, Value};

use super::phrases::compile;
use super::{Otherwise, Which};
use crate::fields;

/// Takes typed values out of a text with a regular expression.
///
/// For verdicts and scores that stand somewhere in free text ("Score: 4/5", "Answer: (B)"). Named groups `(?P<name>...)`
/// become fields. Without groups it is a gate: the text matches or the record is rejected.
///
/// Reads `from`, writes one field for each of `groups`. Rejects with reason `does not match` and the text; a group whose
/// text is not of its type counts as no match.
///
/// # Example
/// ```yaml example
/// step: { text.match: { from: reply, pattern: 'score:\s*(?P<score>\d+)', groups: { score: int } } }
/// in: { reply: "Good picture. Score: 4 of 5" }
/// out: { score: 4 }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TextMatch {
    /// The text.
    from: String,
    /// The regular expression, in the syntax of Rust's `regex`; it may match anywhere in the text.
    pattern: String,
    /// The named groups to keep, with the type of the field that each becomes: `text`, `int`, `float`, `bool` (yes, no,
    /// true, false) or an enum (without regard to case); with `?` where the group need not take part. Default: none.
    #[serde(default)]
    groups: IndexMap<String, Type>,
    /// Which match counts where there are several: `first` or `last`. Default: `first`.
    #[serde(default)]
    which: Which,
    /// Whether upper and lower case differ. Default: false.
    #[serde(default)]
    case_sensitive: bool,
    /// What becomes of a record whose text does not match: `reject`, or `missing` to leave the fields missing. Default:
    /// `reject`.
    #[serde(default)]
    otherwise: Otherwise,
}

impl OperatorConfig for TextMatch {
    const NAME: &'static str = "text.match";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let from = scope.read("from", &self.from, &Type::Text);
        let regex = compile(scope, "pattern", &self.pattern, self.case_sensitive);
        if self.otherwise == Otherwise::Missing && self.groups.is_empty() {
            scope.problem("otherwise", "without groups there is no field that could stay missing");
            return None;
        }
        let mut groups = Vec::new();
        for (name, ty) in &self.groups {
            let at = format!("groups.{name}");
            if !matches!(ty.required(), Type::Text | Type::Int | Type::Float | Type::Bool | Type::Enum(_)) {
                scope.problem(&at, format!("expected text, int, float, bool or an enum, found {ty}"));
                continue;
            }
            let written = match self.otherwise {
                Otherwise::Reject => ty.clone(),
                Otherwise::Missing => Type::optional(ty.clone()),
            };
            let into = scope.write(&at, name, written);
            let Some(regex) = &regex else { continue };
            let known: Vec<&str> = regex.capture_names().flatten().collect();
            match regex.capture_names().position(|n| n == Some(name)) {
                Some(index) => groups.extend(into.map(|into| Group { index, into, ty: ty.clone() })),
                None => {
                    let hint = did_you_mean(name, known.iter().copied());
                    scope.problem(&at, format!("the pattern has no group `(?P<{name}>...)`{hint}"));
                }
            }
        }
        let whole = groups.len() == self.groups.len();
        let operator = Match { from: from?, regex: regex?, groups, which: self.which, otherwise: self.otherwise };
        if whole { Bound::transform(operator) } else { None }
    }
}

struct Match {
    from: FieldRef,
    regex: Regex,
    groups: Vec<Group>,
    which: Which,
    otherwise: Otherwise,
}

struct Group {
    index: usize,
    into: Name,
    ty: Type,
}

impl Transform for Match {
    fn apply(&self, record: &mut Record, _: &Context<'_>) -> Result<Verdict, StepError> {
        let text = fields::text(record, &self.from)?;
        let values = self.find(text).and_then(|captures| {
            self.groups.iter().map(|group| group.value(&captures)).collect::<Option<Vec<Value>>>()
        });
        match (values, self.otherwise) {
            (Some(values), _) => {
                self.groups.iter().zip(values).for_each(|(group, value)| record.set(&group.into, value))
            }
            (None, Otherwise::Missing) => self.groups.iter().for_each(|group| record.set(&group.into, Value::Null)),
            (None, Otherwise::Reject) => {
                let text = self.from.get(record).clone();
                return Ok(Reject::because("does not match", [(self.from.name.clone(), text)]));
            }
        }
        Ok(Verdict::Pass)
    }
}

impl Match {
    fn find<'t>(&self, text: &'t str) -> Option<Captures<'t>> {
        match self.which {
            Which::First => self.regex.captures(text),
            Which::Last => self.regex.captures_iter(text).last(),
        }
    }
}

impl Group {
    fn value(&self, captures: &Captures<'_>) -> Option<Value> {
        match captures.get(self.index) {
            Some(found) => typed(found.as_str().trim(), self.ty.required()),
            None => self.ty.is_optional().then_some(Value::Null),
        }
    }
}

fn typed(text: &str, ty: &Type) -> Option<Value> {
    match ty {
        Type::Text => Some(Value::text(text)),
        Type::Int => text.parse().ok().map(Value::Int),
        Type::Float => text.parse().ok().filter(|n: &f64| n.is_finite()).map(Value::Float),
        Type::Bool => match text.to_lowercase().as_str() {
            "yes" | "true" => Some(Value::Bool(true)),
            "no" | "false" => Some(Value::Bool(false)),
            _ => None,
        },
        Type::Enum(values) => values.iter().find(|v| v.to_lowercase() == text.to_lowercase()).cloned().map(Value::Text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, problems};

    #[test]
    fn groups_become_fields_of_their_types() {
        check(
            r#"
            step:
              text.match:
                from: t
                pattern: '(?P<ok>yes|no), (?P<kind>\w+) (?P<share>[\d.]+)(?: \((?P<note>.*)\))?'
                groups: { ok: bool, kind: enum(Chart|Table), share: float, note: text? }
            in: { t: "Yes, chart 0.5" }
            out: { ok: true, kind: Chart, share: 0.5, note: null }
            "#,
        );
    }

    #[test]
    fn the_last_match_counts_when_asked_for() {
        check(
            r#"
            step: { text.match: { from: t, pattern: 'answer: (?P<a>\w+)', groups: { a: text }, which: last } }
            in: { t: "Answer: one. No, answer: two." }
            out: { a: two }
            "#,
        );
    }

    #[test]
    fn without_a_match_the_record_is_rejected_or_the_fields_stay_missing() {
        check("{ step: { text.match: { from: t, pattern: '^\\d+$' } }, in: { t: four }, rejects: does not match }");
        check(
            r#"
            step: { text.match: { from: t, pattern: '(?P<n>\d+)', groups: { n: int }, otherwise: missing } }
            in: { t: four }
            out: { n: null }
            "#,
        );
    }

    #[test]
    fn a_group_that_the_pattern_lacks_is_a_problem_with_a_suggestion() {
        let told = problems(
            "{ step: { text.match: { from: t, pattern: '(?P<score>.)', groups: { scroe: int } } }, in: { t: x } }",
        );
        assert!(told.contains("groups.scroe") && told.contains("did you mean `score`"), "{told}");
    }
}
