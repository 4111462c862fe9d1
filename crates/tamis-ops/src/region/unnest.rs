//! `region.unnest`

use std::cmp::Ordering;

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::record::StoryEvent;
use tamis_core::{Name, Record, StepError, Type, Value};

use super::{box_of, boxes_field, elements};

/// More regions than this are hardly meant: each is compared with each.
const MOST: usize = 10_000;

/// Keeps a large set of regions of which none lies inside another.
///
/// Two regions are nested when one contains the other, equal ones included: their boxes, or with `by: span` the
/// stretches of a caption that name them (`start` and `end`, counted in characters, `end` not included).
///
/// The set is found greedily: the region nested with the fewest of those still in question is kept (of equals the
/// smaller, then the earlier), what is nested with it is dropped, and so on. So of a group and the three people in it the
/// three people stay. Order is kept; regions without a box or span stay. More than 10,000 regions fail the record.
///
/// Reads `regions`. Writes `into` (default: `regions` itself).
///
/// # Example
///
/// ```yaml example
/// step: { region.unnest: { regions: regions } }
/// types: { regions: list<region> }
/// in:
///   regions:
///     - { label: two dogs, box: [0, 0, 100, 60] }
///     - { label: a dog, box: [5, 10, 40, 50] }
///     - { label: another dog, box: [60, 10, 95, 50] }
/// out:
///   regions:
///     - { label: a dog, box: [5, 10, 40, 50] }
///     - { label: another dog, box: [60, 10, 95, 50] }
/// ```
///
/// Source: Qwen-VL (arXiv:2308.12966), "recursive" boxes of GRIT.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegionUnnest {
    /// A list of regions, boxes, or structs with a `box`.
    regions: String,
    /// What must not be nested: `box` (default) or `span`.
    #[serde(default)]
    by: By,
    /// The field for what is left. Default: in place.
    into: Option<String>,
}

/// What must not be nested.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// boxes in the picture
    #[default]
    Box,
    /// stretches of the caption
    Span,
}

impl OperatorConfig for RegionUnnest {
    const NAME: &'static str = "region.unnest";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let regions = match self.by {
            By::Box => boxes_field(scope, "regions", &self.regions)?,
            By::Span => spans_field(scope, &self.regions)?,
        };
        let mut field = scope.schema().get(&regions.name)?.clone();
        field.ty = regions.ty.clone();
        let into = match (&self.into, regions.members.is_empty()) {
            (Some(into), _) => scope.write("into", into, field),
            (None, true) => scope.write("regions", &regions.name, field),
            (None, false) => {
                scope.problem("into", format!("`{}` is a member; name a field for what is left", regions.dotted()));
                None
            }
        };
        Bound::transform(Unnest { regions, by: self.by, into: into? })
    }
}

fn spans_field(scope: &mut Scope<'_>, name: &str) -> Option<FieldRef> {
    let field = scope.read_any("regions", name)?;
    let element = field.ty.element();
    let number = |member: &str| element.as_ref()?.member(member).filter(|ty| *ty.required() == Type::Int);
    if matches!(field.ty, Type::List(_)) && number("start").is_some() && number("end").is_some() {
        return Some(field);
    }
    let message = format!("expected a list of things with `start: int` and `end: int`, but `{name}` is {}", field.ty);
    scope.problem("regions", message);
    None
}

struct Unnest {
    regions: FieldRef,
    by: By,
    into: Name,
}

impl Transform for Unnest {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let all = elements(self.regions.get(record));
        if all.len() > MOST {
            let message = format!("{} regions are too many to compare with each other; at most {MOST}", all.len());
            return Err(StepError::field(&self.regions.name, message));
        }
        let extents: Vec<Option<Extent>> = all.iter().map(|region| self.extent(region)).collect();
        let stays = without_nesting(&extents);
        let kept: Vec<Value> = all.iter().zip(&stays).filter(|(_, stays)| **stays).map(|(r, _)| r.clone()).collect();
        let (before, after) = (all.len(), kept.len());
        if after < before {
            let note = format!("dropped {} of {before} regions nested with others", before - after);
            record.tell(ctx.step, StoryEvent::Note(note));
        }
        record.set(&self.into, Value::list(kept));
        Ok(Verdict::Pass)
    }
}

impl Unnest {
    fn extent(&self, region: &Value) -> Option<Extent> {
        let number = |name: &str| region.get(name)?.as_int();
        match self.by {
            By::Box => box_of(region).map(|b| Extent([b.0[0], b.0[1], b.0[2], b.0[3]])),
            By::Span => Some(Extent([number("start")? as f64, 0.0, number("end")? as f64, 1.0])),
        }
    }
}

/// `[x0, y0, x1, y1]`; a span is one row high.
struct Extent([f64; 4]);

impl Extent {
    fn contains(&self, other: &Extent) -> bool {
        let [a, b] = [self.0, other.0];
        a[0] <= b[0] && a[1] <= b[1] && a[2] >= b[2] && a[3] >= b[3]
    }

    fn area(&self) -> f64 {
        (self.0[2] - self.0[0]) * (self.0[3] - self.0[1])
    }
}

/// Which of them stay.
fn without_nesting(extents: &[Option<Extent>]) -> Vec<bool> {
    let nested = |a: usize, b: usize| match (&extents[a], &extents[b]) {
        (Some(x), Some(y)) => a != b && (x.contains(y) || y.contains(x)),
        _ => false,
    };
    let n = extents.len();
    let mut open = vec![true; n];
    let mut stays = vec![true; n];
    let mut conflicts: Vec<usize> = (0..n).map(|a| (0..n).filter(|b| nested(a, *b)).count()).collect();
    let area = |i: usize| extents[i].as_ref().map_or(0.0, Extent::area);
    let before = |a: &usize, b: &usize| -> Ordering {
        // Those least in conflict first: they cost the fewest others.
        area(*a).total_cmp(&area(*b)).then(a.cmp(b))
    };
    while let Some(next) =
        (0..n).filter(|i| open[*i]).min_by(|a, b| conflicts[*a].cmp(&conflicts[*b]).then(before(a, b)))
    {
        open[next] = false;
        let losers: Vec<usize> = (0..n).filter(|i| open[*i] && nested(next, *i)).collect();
        for loser in losers {
            open[loser] = false;
            stays[loser] = false;
            (0..n).filter(|i| open[*i] && nested(loser, *i)).for_each(|i| conflicts[i] -= 1);
        }
    }
    stays
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::kit::{Place, transform};
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    fn unnest(boxes: Json) -> Json {
        let place = Place::new("boxes: list<box>").json("boxes", boxes);
        transform::<RegionUnnest>(place, "{regions: boxes}").get("boxes")
    }

    #[test]
    fn of_a_group_and_its_members_the_members_stay() {
        assert_eq!(
            unnest(json!([[0, 0, 9, 9], [1, 1, 2, 2], [3, 3, 4, 4]])),
            json!([[1.0, 1.0, 2.0, 2.0], [3.0, 3.0, 4.0, 4.0]])
        );
    }

    #[test]
    fn a_small_box_inside_two_overlapping_ones_gives_way_to_both() {
        let boxes = json!([[4, 0, 6, 10], [0, 0, 6, 10], [4, 0, 10, 10]]);
        assert_eq!(unnest(boxes), json!([[0.0, 0.0, 6.0, 10.0], [4.0, 0.0, 10.0, 10.0]]));
    }

    #[test]
    fn of_equal_boxes_the_first_stays() {
        let place = Place::new("regions: list<region>");
        let same = json!([{"label": "a", "box": [0, 0, 5, 5]}, {"label": "b", "box": [0, 0, 5, 5]}]);
        let run = transform::<RegionUnnest>(place.json("regions", same), "{regions: regions}");
        assert_eq!(run.get("regions").as_array().unwrap().len(), 1);
        assert_eq!(run.get("regions")[0]["label"], "a");
    }

    #[test]
    fn phrases_are_unnested_by_their_spans() {
        let place = Place::new("p: list<{label: text, start: int, end: int}>");
        let phrases = json!([
            {"label": "a man with a hat", "start": 0, "end": 16},
            {"label": "a man", "start": 0, "end": 5},
            {"label": "a hat", "start": 11, "end": 16},
        ]);
        let run = transform::<RegionUnnest>(place.json("p", phrases), "{regions: p, by: span}");
        let labels: Vec<Json> = run.get("p").as_array().unwrap().iter().map(|p| p["label"].clone()).collect();
        assert_eq!(labels, ["a man", "a hat"]);
    }

    proptest! {
        #[test]
        fn nothing_is_nested_afterwards_and_nothing_more_could_stay(corners in prop::collection::vec((0..8, 0..8, 1..8, 1..8), 0..20)) {
            let extent = |&(x, y, w, h): &(i32, i32, i32, i32)| Some(Extent([x, y, x + w, y + h].map(f64::from)));
            let extents: Vec<_> = corners.iter().map(extent).collect();
            let nested = |a: usize, b: usize| {
                let (a, b) = (extents[a].as_ref().unwrap(), extents[b].as_ref().unwrap());
                a.contains(b) || b.contains(a)
            };
            let stays = without_nesting(&extents);
            for a in 0..extents.len() {
                let clash = (0..extents.len()).any(|b| a != b && stays[b] && nested(a, b));
                prop_assert_eq!(stays[a], !clash);
            }
        }
    }
}
