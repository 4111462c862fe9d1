//! `vector.similarity`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::Scope;
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::{Name, Record, StepError, Type, Value};

use super::{Pair, dot};

/// How alike two vectors of a record are.
///
/// For how well a caption fits its picture, or a rewrite its original. Follow it with `gate.require`.
///
/// Reads `a` and `b`. Writes `into`: the cosine of the angle between them (-1 to 1, 1 for the same direction), or their
/// dot product. A record fails when they have different dimensions, or with `cosine` when one is zero.
///
/// # Example
///
/// ```yaml example
/// step: { vector.similarity: { a: image_vector, b: caption_vector, into: fit } }
/// types: { image_vector: vector, caption_vector: vector }
/// in: { image_vector: [1, 0], caption_vector: [3, 4] }
/// out: { fit: 0.6 }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VectorSimilarity {
    /// One vector.
    a: String,
    /// The other one.
    b: String,
    /// `cosine` (default) or `dot`.
    #[serde(default)]
    measure: Measure,
    /// The field for the similarity.
    into: String,
}

/// How similarity is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Measure {
    /// by direction alone
    #[default]
    Cosine,
    /// by direction and length
    Dot,
}

impl OperatorConfig for VectorSimilarity {
    const NAME: &'static str = "vector.similarity";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let pair = Pair::bind(scope, &self.a, &self.b);
        let into = scope.write("into", &self.into, Type::Float);
        Bound::transform(Similarity { pair: pair?, measure: self.measure, into: into? })
    }
}

struct Similarity {
    pair: Pair,
    measure: Measure,
    into: Name,
}

impl Transform for Similarity {
    fn apply(&self, record: &mut Record, _: &Context<'_>) -> Result<Verdict, StepError> {
        let value = match self.measure {
            Measure::Cosine => self.pair.cosine(record)?,
            Measure::Dot => self.pair.of(record).map(|(a, b)| dot(a, b))?,
        };
        record.set(&self.into, Value::Float(value));
        Ok(Verdict::Pass)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    fn step(config: &str, a: &str, b: &str, end: &str) {
        check(&format!(
            "{{ step: {{ vector.similarity: {{ a: x, b: y, into: s, {config} }} }}, types: {{ x: vector, y: vector }}, in: {{ x: {a}, y: {b} }}, {end} }}"
        ));
    }

    #[test]
    fn the_dot_product_counts_length_and_the_cosine_does_not() {
        step("measure: dot", "[1, 2]", "[3, 4]", "out: { s: 11 }");
        step("measure: cosine", "[2, 0]", "[-5, 0]", "out: { s: -1 }");
    }

    #[test]
    fn vectors_of_different_size_and_zeros_fail_the_record() {
        step("measure: dot", "[1, 2]", "[3]", "fails: '`y` has 1 dimensions, but `x` has 2'");
        step("measure: cosine", "[1, 2]", "[0, 0]", "fails: '`y` is a vector of zeros'");
        step("measure: dot", "[1, 2]", "[0, 0]", "out: { s: 0 }");
    }
}
