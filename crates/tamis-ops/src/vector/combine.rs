//! `vector.combine`

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::{Name, Record, StepError, Type, Value, Vector};

use super::{same_size, vector};

/// Adds up vectors of a record by weight: `a + 0.2 b`.
///
/// For one place of a picture with its caption in a space that both share. Each vector is scaled to length 1 before, so
/// that the weights alone decide; the sum can be scaled to length 1 too.
///
/// Reads the vectors that `weights` names. Writes `into`, a `vector`. A record fails when they have different dimensions, or
/// when one that is to be scaled is zero.
///
/// # Example
///
/// ```yaml example
/// step: { vector.combine: { weights: { image_vector: 1, caption_vector: 0.5 }, into: joint } }
/// types: { image_vector: vector, caption_vector: vector }
/// in: { image_vector: [2, 0], caption_vector: [0, 8] }
/// out: { joint: AACAPwAAAD8= }
/// ```
///
/// Source: SMiR (arXiv:2501.03675), where a joint embedding is that of the picture + 0.2 that of its caption.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VectorCombine {
    /// The vectors with their weights, at least two: `{image_vector: 1, caption_vector: 0.2}`. Weights are finite and may be
    /// negative.
    weights: IndexMap<String, f64>,
    /// Whether each vector is scaled to length 1 before. Default true.
    #[serde(default = "yes")]
    normalise_each: bool,
    /// Whether the sum is scaled to length 1. Default false.
    #[serde(default)]
    normalise_result: bool,
    /// The field for the sum.
    into: String,
}

fn yes() -> bool {
    true
}

impl OperatorConfig for VectorCombine {
    const NAME: &'static str = "vector.combine";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        if self.weights.len() < 2 {
            scope.problem("weights", format!("expected at least two vectors, found {}", self.weights.len()));
        }
        let mut terms = Vec::new();
        for (name, weight) in &self.weights {
            let at = format!("weights.{name}");
            if !weight.is_finite() {
                scope.problem(&at, format!("expected a finite number, found {weight}"));
            }
            terms.extend(scope.read(&at, name, &Type::Vector).map(|field| (field, *weight)));
        }
        let whole = self.weights.len() >= 2 && terms.len() == self.weights.len();
        let into = scope.write("into", &self.into, Type::Vector);
        let (normalise_each, normalise_result) = (self.normalise_each, self.normalise_result);
        Bound::transform(Combine { terms, normalise_each, normalise_result, into: into? }).filter(|_| whole)
    }
}

struct Combine {
    terms: Vec<(FieldRef, f64)>,
    normalise_each: bool,
    normalise_result: bool,
    into: Name,
}

impl Transform for Combine {
    fn apply(&self, record: &mut Record, _: &Context<'_>) -> Result<Verdict, StepError> {
        let vectors = self.terms.iter().map(|(field, _)| Ok((field, vector(record, field)?)));
        let vectors = vectors.collect::<Result<Vec<_>, StepError>>()?;
        same_size(vectors.iter().copied())?;
        let mut sum = vec![0.0_f64; vectors.first().map_or(0, |(_, vector)| vector.len())];
        for ((field, vector), (_, weight)) in vectors.iter().zip(&self.terms) {
            let scale = if self.normalise_each { weight / length(field, vector)? } else { *weight };
            sum.iter_mut().zip(vector.iter()).for_each(|(sum, n)| *sum += f64::from(*n) * scale);
        }
        let too_large = || StepError::field(&self.into, "the sum is larger than a vector can hold");
        let sum = Vector::new(sum.into_iter().map(|n| n as f32).collect::<Vec<f32>>()).ok_or_else(too_large)?;
        if self.normalise_result && sum.norm() == 0.0 {
            return Err(StepError::field(&self.into, "the sum is zero, which has no direction"));
        }
        record.set(&self.into, Value::Vector(if self.normalise_result { sum.normalised() } else { sum }));
        Ok(Verdict::Pass)
    }
}

fn length(field: &FieldRef, vector: &Vector) -> Result<f64, StepError> {
    match vector.norm() {
        0.0 => {
            let message = format!("`{}` is a vector of zeros, which has no direction", field.dotted());
            Err(StepError::field(&field.name, message))
        }
        norm => Ok(norm),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, example, problems};

    fn yaml(config: &str, a: &str, b: &str, end: &str) -> String {
        format!(
            "{{ step: {{ vector.combine: {{ into: s, {config} }} }}, types: {{ a: vector, b: vector }}, in: {{ a: {a}, b: {b} }}, {end} }}"
        )
    }

    fn sum(config: &str, a: &str, b: &str) -> Vec<f32> {
        let example = example(&yaml(config, a, b, "out: {}")).unwrap();
        let (block, _) = example.bind().unwrap();
        let outcome = example.run(&block, 0).unwrap();
        outcome.passed[0].get("s").unwrap().as_vector().unwrap().to_vec()
    }

    #[test]
    fn weights_count_behind_scaling_and_the_sum_is_scaled_when_asked_for() {
        assert_eq!(sum("weights: { a: 1, b: 0.2 }", "[3, 4]", "[0, -9]"), [0.6, 0.6]);
        assert_eq!(sum("weights: { a: 1, b: 2 }, normalise_each: false", "[3, 4]", "[0, 1]"), [3.0, 6.0]);
        assert_eq!(sum("weights: { a: 3, b: -4 }, normalise_result: true", "[9, 0]", "[0, 1]"), [0.6, -0.8]);
    }

    #[test]
    fn sums_that_mean_nothing_fail_the_record() {
        let fails = |config: &str, a: &str, b: &str, why: &str| check(&yaml(config, a, b, &format!("fails: '{why}'")));
        fails("weights: { a: 1, b: 1 }", "[1, 2]", "[1, 2, 3]", "`b` has 3 dimensions, but `a` has 2");
        fails("weights: { a: 1, b: 1 }", "[1, 2]", "[0, 0]", "`b` is a vector of zeros");
        fails("weights: { a: 1, b: -1 }, normalise_result: true", "[1, 2]", "[2, 4]", "the sum is zero");
        fails("weights: { a: 3, b: 1 }, normalise_each: false", "[3e38]", "[1]", "larger than a vector can hold");
    }

    #[test]
    fn problems_name_their_option() {
        let told = problems(&yaml("weights: { a: 1 }", "[1]", "[1]", "out: {}"));
        assert!(told.contains("vector.combine.weights") && told.contains("at least two"), "{told}");
        let told = problems(&yaml("weights: { a: 1, c: 1 }", "[1]", "[1]", "out: {}"));
        assert!(told.contains("weights.c"), "{told}");
    }
}
