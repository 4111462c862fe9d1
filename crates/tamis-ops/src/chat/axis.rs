//! The axes of a judge: what is scored, and on which scale.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use tamis_core::{Type, Value};

/// What is scored, and on which scale.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Axis {
    /// What is scored, in words.
    pub(super) about: String,
    /// `[low, high]` in whole numbers, in decimals if a bound is written as one, or `yes-no`.
    pub(super) scale: Scale,
}

/// A scale of scores.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(try_from = "Json")]
#[schemars(with = "Json")]
pub(super) enum Scale {
    /// yes or no
    YesNo,
    /// whole numbers, bounds included
    Whole(i64, i64),
    /// decimals, bounds included
    Decimal(f64, f64),
}

impl TryFrom<Json> for Scale {
    type Error = String;

    fn try_from(json: Json) -> Result<Scale, String> {
        let bounds = json.as_array().map(Vec::as_slice);
        match (json.as_str(), bounds) {
            (Some("yes-no"), _) => Ok(Scale::YesNo),
            (_, Some([low, high])) => match (low.as_i64().zip(high.as_i64()), low.as_f64().zip(high.as_f64())) {
                (Some((low, high)), _) => Ok(Scale::Whole(low, high)),
                (_, Some((low, high))) => Ok(Scale::Decimal(low, high)),
                _ => Err(format!("expected numbers in the scale, found {json}")),
            },
            _ => Err(format!("expected a scale such as `[1, 5]` or `yes-no`, found {json}")),
        }
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scale::YesNo => f.write_str("true or false"),
            Scale::Whole(low, high) => write!(f, "a whole number from {low} to {high}"),
            Scale::Decimal(low, high) => write!(f, "a number from {low} to {high}"),
        }
    }
}

impl Scale {
    /// The type of a score.
    pub(super) fn ty(&self) -> Type {
        match self {
            Scale::YesNo => Type::Bool,
            Scale::Whole(..) => Type::Int,
            Scale::Decimal(..) => Type::Float,
        }
    }

    /// The bounds, as a JSON schema has them.
    pub(super) fn bounds(&self) -> Option<(Json, Json)> {
        match self {
            Scale::YesNo => None,
            Scale::Whole(low, high) => Some((json!(low), json!(high))),
            Scale::Decimal(low, high) => Some((json!(low), json!(high))),
        }
    }

    /// What is wrong with the scale itself.
    pub(super) fn check(&self) -> Result<(), String> {
        let rises = match self {
            Scale::YesNo => true,
            Scale::Whole(low, high) => low < high,
            Scale::Decimal(low, high) => low < high,
        };
        if rises { Ok(()) } else { Err(format!("expected the lower bound first, found {self}")) }
    }

    /// An error if the score is not on the scale.
    pub(super) fn admits(&self, score: &Value) -> Result<(), String> {
        let inside = match self {
            Scale::YesNo => score.as_bool().is_some(),
            Scale::Whole(low, high) => score.as_int().is_some_and(|n| (*low..=*high).contains(&n)),
            Scale::Decimal(low, high) => score.as_float().is_some_and(|n| (*low..=*high).contains(&n)),
        };
        if inside { Ok(()) } else { Err(format!("expected {self}, found {}", score.to_json())) }
    }

    /// The last `[[n]]` in a text, else the last number in it that is on the scale.
    pub(super) fn last_in(&self, text: &str) -> Option<Value> {
        let marked = text.rmatch_indices("[[").find_map(|(at, _)| {
            let (inside, _) = text[at + 2..].split_once("]]")?;
            self.score(inside.trim())
        });
        marked.or_else(|| {
            let numbers = text.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'));
            numbers.rev().find_map(|number| self.score(number.trim_matches('.').trim_end_matches('-')))
        })
    }

    fn score(&self, text: &str) -> Option<Value> {
        let score = match self {
            Scale::YesNo => return None,
            Scale::Whole(..) => Value::Int(i64::from_str(text).ok()?),
            Scale::Decimal(..) => Value::Float(f64::from_str(text).ok()?),
        };
        self.admits(&score).is_ok().then_some(score)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_whole_decimal_or_yes_no() {
        let scale = |json: Json| serde_json::from_value::<Scale>(json);
        assert_eq!(scale(json!([1, 5])).unwrap(), Scale::Whole(1, 5));
        assert_eq!(scale(json!([0.0, 1])).unwrap(), Scale::Decimal(0.0, 1.0));
        assert_eq!(scale(json!("yes-no")).unwrap(), Scale::YesNo);
        assert!(scale(json!([1])).is_err() && scale(json!("1-5")).is_err());
    }

    #[test]
    fn the_last_mark_on_the_scale_counts_then_the_last_number() {
        let scale = Scale::Whole(1, 10);
        for (text, score) in [
            ("[[3]] then [[ 7 ]]", Some(7)),
            ("[[3]] of [[99]]", Some(3)),
            ("a 4, no, 8.", Some(8)),
            ("8/100", Some(8)),
            ("fine", None),
        ] {
            assert_eq!(scale.last_in(text), score.map(Value::Int), "{text}");
        }
        assert_eq!(Scale::Decimal(0.0, 1.0).last_in("so 0.75."), Some(Value::Float(0.75)));
    }
}
