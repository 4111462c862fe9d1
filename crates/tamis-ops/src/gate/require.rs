//! `gate.require`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::Scope;
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Transform, Verdict};
use tamis_core::template::{Expression, Vars};
use tamis_core::{Name, Record, StepError};

/// Rejects records for which a condition does not hold.
///
/// The condition is an expression of the template language over the record's fields and the recipe's data: comparisons,
/// `and`, `or`, `not`, `in`, filters like `turns | length`. Behind `gate.require: {that: x is not none}` the field `x`
/// counts as there; the same for each part of a condition made of such parts with `and`.
///
/// Reads the fields that the condition names. Rejects with `reason` and the values of these fields; a record fails when
/// the condition cannot be computed.
///
/// # Example
/// ```yaml example
/// step: { gate.require: { that: "turns | length >= 1", reason: no question-answer pair in the reply } }
/// types: { turns: "list<text>" }
/// in: { turns: [] }
/// rejects: no question-answer pair
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GateRequire {
    /// The condition.
    that: String,
    /// Why records are rejected, the same words for all. Default: the condition itself.
    reason: Option<String>,
}

impl OperatorConfig for GateRequire {
    const NAME: &'static str = "gate.require";
    const GATE: bool = true;

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let that = scope.expression("that", &self.that)?;
        if self.reason.as_ref().is_some_and(|reason| reason.trim().is_empty()) {
            scope.problem("reason", "expected words, found nothing");
            return None;
        }
        for name in known_to_be_there(&self.that) {
            if let Some(ty) = scope.schema().get(name).map(|field| field.ty.required().clone()) {
                scope.narrow(&name.into(), ty);
            }
        }
        let shown =
            that.names().iter().filter(|name| scope.schema().contains(name)).map(|n| n.as_str().into()).collect();
        let reason = self.reason.unwrap_or_else(|| format!("`{}` does not hold", self.that));
        Bound::transform(Gate { that, shown, reason })
    }
}

/// The names `x` for which the condition can only hold when `x is not none` does: the parts between `and`, where there
/// is nothing else that could change what `and` means.
fn known_to_be_there(condition: &str) -> Vec<&str> {
    let plain = !condition.contains(['(', '\'', '"']) && ![" or ", " if "].iter().any(|word| condition.contains(word));
    let parts = condition.split(" and ").filter(|_| plain);
    parts.filter_map(|part| part.trim().strip_suffix(" is not none")).map(str::trim).collect()
}

struct Gate {
    that: Expression,
    shown: Vec<Name>,
    reason: String,
}

impl Transform for Gate {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        if self.that.holds(&Vars::of(record, ctx)).map_err(StepError::failed)? {
            return Ok(Verdict::Pass);
        }
        let value = |name: &Name| (name.clone(), record.get(name).cloned().unwrap_or_default());
        Ok(Reject::because(self.reason.as_str(), self.shown.iter().map(value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, example, problems};

    #[test]
    fn a_rejected_record_shows_the_values_that_decided() {
        let example = example("{ step: { gate.require: { that: a > b } }, in: { a: 1, b: 2, c: 3 } }").unwrap();
        let outcome = example.run(&example.bind().unwrap().0, 0).unwrap();
        let rejected = &outcome.rejected[0];
        assert_eq!(rejected.reason, "`a > b` does not hold");
        assert_eq!(rejected.values, [("a".into(), 1.into()), ("b".into(), 2.into())]);
    }

    #[test]
    fn behind_a_test_for_none_the_field_counts_as_there() {
        check(
            r#"
            steps:
              - gate.require: { that: text is not none and n > 1 }
              - text.length: { from: text, min_words: 1 }
            types: { text: text? }
            in: { text: here, n: 2 }
            out: { text: here }
            "#,
        );
        assert_eq!(known_to_be_there("a is not none or b is not none"), [""; 0]);
        assert_eq!(known_to_be_there("a is not none and x == ' and b is not none'"), [""; 0]);
    }

    #[test]
    fn a_picture_that_is_there_keeps_the_boxes_in_its_grid() {
        check(
            r#"
            step: { gate.require: { that: photo is not none } }
            types: { photo: image?, boxes: list<box> of photo }
            in: { photo: 8x8, boxes: [[1, 2, 3, 4]] }
            out: { boxes: [[1, 2, 3, 4]] }
            "#,
        );
    }

    #[test]
    fn a_missing_optional_is_none() {
        check("{ step: { gate.require: { that: x is none } }, types: { x: text? }, in: { a: 1 }, out: { a: 1 } }");
    }

    #[test]
    fn a_condition_that_cannot_be_computed_fails_the_record() {
        check("{ step: { gate.require: { that: a > 1 + t } }, in: { a: 1, t: x }, fails: '`a > 1 + t`' }");
        let told = problems("{ step: { gate.require: { that: lenght > 1 } }, in: { length: 1 } }");
        assert!(told.contains("did you mean `length`"), "{told}");
    }
}
