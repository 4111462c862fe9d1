//! `region.match`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Transform, Verdict};
use tamis_core::{BBox, Field, Name, Record, StepError, Type, Value};

use super::{box_of, boxes_field, elements};
use crate::whole::assignment::assign;

/// Matches two lists of regions one to one: the pairs that have the greatest sum of overlaps.
///
/// For predicted and annotated boxes of the same picture: which one found which, which were missed, which were made up. The
/// overlap is the intersection over union of the boxes; pairs below `min_iou` are not made. With `same_label`, only regions
/// with the same label are paired. Regions without a box stay unmatched.
///
/// Reads `left` and `right`, which have to be in the same picture. Writes `into`: pairs of the places in both lists
/// (from 0), in the order of `left`, with their overlap; and the places without a partner to `left_over` and `right_over`.
/// Rejects a record with fewer than `min_pairs` pairs or with more than `max_regions` regions in a list.
///
/// # Example
/// ```yaml example
/// step: { region.match: { left: found, right: annotated, into: pairs, left_over: made_up } }
/// types: { found: list<box>, annotated: list<region> }
/// images: { image: 64x48 }
/// in:
///   found: [[0, 0, 10, 10], [40, 0, 44, 4], [1, 0, 11, 10]]
///   annotated: [ { label: cat, box: [1, 0, 11, 10] }, { label: dog, box: [0, 0, 10, 8] } ]
/// out:
///   pairs: [ { left: 0, right: 1, iou: 0.8 }, { left: 2, right: 0, iou: 1 } ]
///   made_up: [1]
/// ```
///
/// Source: Kuhn 1955 and Munkres 1957; matching of predictions with annotations as in DETR (arXiv:2005.12872, section 3.1).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegionMatch {
    /// A list of boxes, of regions, or of structs with a `box`.
    left: String,
    /// The other one.
    right: String,
    /// The least intersection over union of a pair, above 0, at most 1. Default 0.5.
    #[serde(default = "half")]
    min_iou: f64,
    /// Whether a pair has to have the same `label`. Default: no.
    #[serde(default)]
    same_label: bool,
    /// Fewest pairs; a record with fewer is rejected. Default 0.
    #[serde(default)]
    min_pairs: usize,
    /// Most regions in a list; the work grows with the cube of it. Default 1000.
    #[serde(default = "thousand")]
    max_regions: usize,
    /// The field for the pairs: `list<{left: int, right: int, iou: float}>`.
    into: String,
    /// The field for the places in `left` without a partner: `list<int>`. Default: none.
    left_over: Option<String>,
    /// The same for `right`. Default: none.
    right_over: Option<String>,
}

fn half() -> f64 {
    0.5
}

fn thousand() -> usize {
    1000
}

impl OperatorConfig for RegionMatch {
    const NAME: &'static str = "region.match";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let left = boxes_field(scope, "left", &self.left);
        let right = boxes_field(scope, "right", &self.right);
        let mut whole = true;
        if !(self.min_iou > 0.0 && self.min_iou <= 1.0) {
            scope.problem("min_iou", format!("expected above 0 and at most 1, found {}", self.min_iou));
            whole = false;
        }
        if let (Some(left), Some(right)) = (&left, &right) {
            if left.of != right.of {
                let frame = |field: &FieldRef| field.of.as_deref().unwrap_or("no picture").to_string();
                let message =
                    format!("`{}` is in the grid of {}, `{}` of {}", self.left, frame(left), self.right, frame(right));
                scope.problem("right", message);
                whole = false;
            }
            for (at, field) in [("left", left), ("right", right)].into_iter().filter(|_| self.same_label) {
                let label = field.ty.element().and_then(|element| element.member("label"));
                if !label.is_some_and(|label| label.required().fits(&Type::Text)) {
                    scope.problem(
                        at,
                        format!("`same_label` needs things with a text `label`, but `{}` is {}", field.name, field.ty),
                    );
                    whole = false;
                }
            }
        }
        let members = [("left", Type::Int), ("right", Type::Int), ("iou", Type::Float)];
        let pair = Type::Struct(members.into_iter().map(|(name, ty)| (Name::from(name), ty)).collect());
        let into = scope.write("into", &self.into, Field::new(Type::list(pair)));
        let mut over = |at: &str, name: &Option<String>| match name {
            Some(name) => scope.write(at, name, Type::list(Type::Int)).map(Some),
            None => Some(None),
        };
        let (left_over, right_over) = (over("left_over", &self.left_over), over("right_over", &self.right_over));
        let matching = Match {
            left: left?,
            right: right?,
            min_iou: self.min_iou,
            same_label: self.same_label,
            min_pairs: self.min_pairs,
            max_regions: self.max_regions,
            into: into?,
            left_over: left_over?,
            right_over: right_over?,
        };
        if whole { Bound::transform(matching) } else { None }
    }
}

struct Match {
    left: FieldRef,
    right: FieldRef,
    min_iou: f64,
    same_label: bool,
    min_pairs: usize,
    max_regions: usize,
    into: Name,
    left_over: Option<Name>,
    right_over: Option<Name>,
}

impl Transform for Match {
    fn apply(&self, record: &mut Record, _: &Context<'_>) -> Result<Verdict, StepError> {
        let (left, right) = (elements(self.left.get(record)), elements(self.right.get(record)));
        for (field, list) in [(&self.left, left), (&self.right, right)] {
            if list.len() > self.max_regions {
                let told = [(field.name.clone(), Value::Int(list.len() as i64))];
                return Ok(Reject::because("too many regions to match", told));
            }
        }
        let pairs = self.pairs(left, right);
        if pairs.len() < self.min_pairs {
            let told = [("pairs", Value::Int(pairs.len() as i64)), ("min_pairs", Value::Int(self.min_pairs as i64))];
            return Ok(Reject::because("too few regions match", told));
        }
        let places = |n: usize, taken: Vec<usize>| {
            Value::list((0..n).filter(|i| !taken.contains(i)).map(|i| Value::Int(i as i64)).collect())
        };
        let left_over = places(left.len(), pairs.iter().map(|pair| pair.0).collect());
        let right_over = places(right.len(), pairs.iter().map(|pair| pair.1).collect());
        let pair = |(left, right, iou): (usize, usize, f64)| {
            Value::map([("left", (left as i64).into()), ("right", (right as i64).into()), ("iou", Value::Float(iou))])
        };
        record.set(&self.into, Value::list(pairs.into_iter().map(pair).collect()));
        let over = [(&self.left_over, left_over), (&self.right_over, right_over)];
        over.into_iter().for_each(|(name, places)| name.iter().for_each(|name| record.set(name, places.clone())));
        Ok(Verdict::Pass)
    }
}

impl Match {
    fn pairs(&self, left: &[Value], right: &[Value]) -> Vec<(usize, usize, f64)> {
        let boxes = |list: &[Value]| list.iter().map(box_of).collect::<Vec<Option<BBox>>>();
        let (left_boxes, right_boxes) = (boxes(left), boxes(right));
        let label = |element: &Value| element.get("label").and_then(Value::as_text).map(str::to_owned);
        // A pair that may not be is worth nothing, as is none.
        let worth = |l: usize, r: usize| {
            let alike = !self.same_label || label(&left[l]) == label(&right[r]);
            let iou = left_boxes[l].zip(right_boxes[r]).map_or(0.0, |(a, b)| a.iou(&b));
            if alike && iou >= self.min_iou { iou } else { 0.0 }
        };
        let worths: Vec<f64> =
            (0..left.len()).flat_map(|l| (0..right.len()).map(move |r| (l, r))).map(|(l, r)| worth(l, r)).collect();
        let columns = right.len();
        let assigned = assign(left.len(), columns, &|l, r| worths[l * columns + r]);
        let pair = |(l, r): (usize, Option<usize>)| r.map(|r| (l, r, worths[l * columns + r]));
        assigned.into_iter().enumerate().filter_map(pair).filter(|(_, _, iou)| *iou > 0.0).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, problems};

    #[test]
    fn the_sum_decides_and_not_the_first_best_pair() {
        // The best single pair is (0, 0); with it, 1 would have no partner.
        check(
            r#"
            step: { region.match: { left: a, right: b, min_iou: 0.1, into: pairs, right_over: missed } }
            types: { a: list<box>, b: list<box> }
            images: { image: 64x48 }
            in: { a: [[0, 0, 10, 10], [3, 0, 13, 10]], b: [[1, 0, 11, 10], [0, 0, 8, 10], [50, 0, 60, 9]] }
            out: { pairs: [ { left: 0, right: 1, iou: 0.8 }, { left: 1, right: 0, iou: 0.6666666666666666 } ], missed: [2] }
            "#,
        );
    }

    #[test]
    fn labels_may_have_to_be_the_same() {
        check(
            r#"
            step: { region.match: { left: a, right: a, same_label: true, into: pairs } }
            types: { a: list<region> }
            images: { image: 64x48 }
            in: { a: [ { label: x, box: [0, 0, 9, 9] }, { label: y, box: [0, 0, 9, 9] }, { label: z } ] }
            out: { pairs: [ { left: 0, right: 0, iou: 1 }, { left: 1, right: 1, iou: 1 } ] }
            "#,
        );
    }

    #[test]
    fn too_few_pairs_and_too_many_regions_reject() {
        let example = |options: &str, rejects: &str| {
            check(&format!(
                "{{ step: {{ region.match: {{ left: a, right: b, into: p, {options} }} }}, images: {{ i: 9x9 }},
                types: {{ a: list<box>, b: list<box> }}, in: {{ a: [[0, 0, 2, 2]], b: [] }}, rejects: {rejects} }}"
            ));
        };
        example("min_pairs: 1", "too few regions match");
        example("max_regions: 0", "too many regions");
    }

    #[test]
    fn lists_that_cannot_be_matched_are_problems() {
        let bad = |options: &str| {
            problems(&format!(
                "{{ step: {{ region.match: {{ left: a, right: b, into: p, {options} }} }}, images: {{ i: 9x9, j: 9x9 }},
                types: {{ a: list<box> of i, b: list<box> of j, n: int }}, in: {{ n: 1 }} }}"
            ))
        };
        assert!(bad("min_iou: 0").contains("above 0"));
        assert!(bad("same_label: true").contains("needs things with a text `label`"));
        assert!(bad("min_pairs: 1").contains("is in the grid of i, `b` of j"));
    }
}
