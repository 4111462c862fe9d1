//! `vector.distance`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::Scope;
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::{Name, Record, StepError, Type, Value, Vector};

use super::Pair;

/// How far two vectors of a record are from each other.
///
/// Reads `a` and `b`. Writes `into`: their Euclidean distance, or 1 minus the cosine of the angle between them (0 to 2). A
/// record fails when they have different dimensions, or with `cosine` when one is zero.
///
/// # Example
///
/// ```yaml example
/// step: { vector.distance: { a: before_vector, b: after_vector, into: moved } }
/// types: { before_vector: vector, after_vector: vector }
/// in: { before_vector: [1, 2], after_vector: [4, 6] }
/// out: { moved: 5 }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VectorDistance {
    /// One vector.
    a: String,
    /// The other one.
    b: String,
    /// `euclidean` (default) or `cosine`.
    #[serde(default)]
    measure: Measure,
    /// The field for the distance.
    into: String,
}

/// How distance is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Measure {
    /// along the straight line
    #[default]
    Euclidean,
    /// by direction alone
    Cosine,
}

impl OperatorConfig for VectorDistance {
    const NAME: &'static str = "vector.distance";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let pair = Pair::bind(scope, &self.a, &self.b);
        let into = scope.write("into", &self.into, Type::Float);
        Bound::transform(Distance { pair: pair?, measure: self.measure, into: into? })
    }
}

struct Distance {
    pair: Pair,
    measure: Measure,
    into: Name,
}

impl Transform for Distance {
    fn apply(&self, record: &mut Record, _: &Context<'_>) -> Result<Verdict, StepError> {
        let value = match self.measure {
            Measure::Euclidean => self.pair.of(record).map(|(a, b)| euclidean(a, b))?,
            Measure::Cosine => 1.0 - self.pair.cosine(record)?,
        };
        record.set(&self.into, Value::Float(value));
        Ok(Verdict::Pass)
    }
}

fn euclidean(a: &Vector, b: &Vector) -> f64 {
    let square = |(a, b): (&f32, &f32)| (f64::from(*a) - f64::from(*b)).powi(2);
    a.iter().zip(b.iter()).map(square).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    fn step(config: &str, a: &str, b: &str, end: &str) {
        check(&format!(
            "{{ step: {{ vector.distance: {{ a: x, b: y, into: d, {config} }} }}, types: {{ x: vector, y: vector }}, in: {{ x: {a}, y: {b} }}, {end} }}"
        ));
    }

    #[test]
    fn the_same_direction_has_no_cosine_distance() {
        step("measure: cosine", "[1, 0]", "[7, 0]", "out: { d: 0 }");
        step("measure: cosine", "[1, 0]", "[0, 2]", "out: { d: 1 }");
        step("measure: euclidean", "[1, 0]", "[7, 0]", "out: { d: 6 }");
    }

    #[test]
    fn vectors_of_different_size_and_zeros_fail_the_record() {
        step("measure: euclidean", "[1, 2]", "[3]", "fails: '`y` has 1 dimensions, but `x` has 2'");
        step("measure: cosine", "[0, 0]", "[3, 1]", "fails: '`x` is a vector of zeros'");
    }
}
