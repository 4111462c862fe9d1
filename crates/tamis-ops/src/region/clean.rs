//! `region.clean`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::geometry::Motion;
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Transform, Verdict};
use tamis_core::record::StoryEvent;
use tamis_core::{Affine, BBox, Name, Record, StepError, Type, Value};

use super::{box_of, boxes_field, elements};

/// Drops regions without area or outside their picture and cuts the others to it.
///
/// For annotations from outside, before anything is drawn, cropped or written into a prompt. The picture's size comes
/// from its header; no pixel is decoded. A region without a box stays if it has a polygon or mask. How many were dropped
/// is told in the record's story.
///
/// Reads `regions` and `image`. Writes `into` (default: `regions` itself). Rejects the record if fewer than `min`
/// regions are left.
///
/// # Example
///
/// ```yaml example
/// step: { region.clean: { regions: regions } }
/// types: { image: image, regions: list<region> }
/// images: { image: 64x48 }
/// in:
///   regions:
///     - { label: cut, box: [50, 10, 80, 20] }
///     - { label: flat, box: [5, 5, 5, 30] }
///     - { label: outside, box: [70, 0, 90, 9] }
/// out: { regions: [{ label: cut, box: [50, 10, 64, 20] }] }
/// ```
///
/// Source: Qwen-VL (arXiv:2308.12966), cleaning of the grounding data.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegionClean {
    /// A list of regions, boxes, or structs with a `box`.
    regions: String,
    /// The picture. Default: the one in whose pixels the regions are.
    image: Option<String>,
    /// Smallest area in square pixels, after the cut. Default 1.
    #[serde(default = "one")]
    min_area: f64,
    /// What becomes of a region that sticks out of its picture: `clip` (default) cuts it to the picture, `drop` drops
    /// it.
    #[serde(default)]
    outside: Outside,
    /// Fewest regions that have to be left. Default 0: a record may go on without any.
    #[serde(default)]
    min: usize,
    /// The field for what is left. Default: in place.
    into: Option<String>,
}

/// What becomes of a region that sticks out of its picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outside {
    /// it is cut to the picture
    #[default]
    Clip,
    /// it is dropped
    Drop,
}

fn one() -> f64 {
    1.0
}

impl OperatorConfig for RegionClean {
    const NAME: &'static str = "region.clean";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let regions = boxes_field(scope, "regions", &self.regions);
        let frame = regions.as_ref().and_then(|field| field.of.clone());
        let image = match (self.image, frame) {
            (Some(name), _) => scope.read("image", &name, &Type::Image),
            (None, Some(frame)) => scope.read("regions", &frame, &Type::Image),
            (None, None) => {
                if regions.is_some() {
                    let message = format!("in the pixels of which picture is `{}`? Name it with `image`", self.regions);
                    scope.problem("image", message);
                }
                None
            }
        };
        if !(self.min_area >= 0.0 && self.min_area.is_finite()) {
            scope.problem("min_area", format!("expected 0 or more square pixels, found {}", self.min_area));
        }
        let regions = regions?;
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
        Bound::transform(Clean {
            regions,
            image: image?,
            min_area: self.min_area,
            outside: self.outside,
            min: self.min,
            into: into?,
        })
    }
}

struct Clean {
    regions: FieldRef,
    image: FieldRef,
    min_area: f64,
    outside: Outside,
    min: usize,
    into: Name,
}

impl Transform for Clean {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let missing = || StepError::field(&self.image.name, "the picture is missing");
        let image = self.image.get(record).as_media().ok_or_else(missing)?;
        let header = image.header(&**ctx.media()).map_err(|e| StepError::field(&self.image.name, e.to_string()))?;
        let (width, height) = (f64::from(header.width), f64::from(header.height));
        let stay = Motion { map: Affine::shift(0.0, 0.0), width, height };
        let all = elements(self.regions.get(record));
        let kept: Vec<Value> = all.iter().filter_map(|region| self.clean(region, &stay)).collect();
        let (before, after) = (all.len(), kept.len());
        if after < before {
            let note = format!("dropped {} of {before} regions without area or outside the picture", before - after);
            record.tell(ctx.step, StoryEvent::Note(note));
        }
        if after < self.min {
            let values = [("regions", before), ("left", after), ("min", self.min)];
            let values = values.map(|(name, n)| (name, Value::Int(n as i64)));
            return Ok(Reject::because("too few regions inside the picture", values));
        }
        record.set(&self.into, Value::list(kept));
        Ok(Verdict::Pass)
    }
}

impl Clean {
    /// The region as it stays; `None` if it is dropped.
    fn clean(&self, region: &Value, stay: &Motion) -> Option<Value> {
        let Some(bbox) = box_of(region) else {
            let has = |name| region.get(name).is_some_and(|value| !value.is_null());
            return (has("polygon") || has("mask")).then(|| region.clone());
        };
        let frame = BBox([0.0, 0.0, stay.width, stay.height]);
        if self.outside == Outside::Drop && !frame.contains(&bbox) {
            return None;
        }
        let clipped = bbox.intersect(&frame)?;
        if clipped.area() < self.min_area {
            return None;
        }
        // What lies inside is passed on as it is, so that a polygon that is exact stays exact.
        if frame.contains(&bbox) { Some(region.clone()) } else { stay.apply(region, &mut |mask| Some(mask.clone())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::kit::{Place, Run, transform};
    use serde_json::{Value as Json, json};

    fn clean(options: &str, boxes: Json) -> Run {
        let place = Place::new("image: image, boxes: list<box>").picture("image", 64, 48).json("boxes", boxes);
        transform::<RegionClean>(place, &format!("{{regions: boxes{options}}}"))
    }

    #[test]
    fn boxes_are_cut_to_the_picture_or_dropped() {
        let boxes = json!([[-5, -5, 10, 10], [0, 0, 64, 48], [1, 1, 1, 9], [64, 0, 70, 9], [1, 1, 1.5, 1.5]]);
        assert_eq!(clean("", boxes.clone()).get("boxes"), json!([[0.0, 0.0, 10.0, 10.0], [0.0, 0.0, 64.0, 48.0]]));
        assert_eq!(clean(", outside: drop", boxes).get("boxes"), json!([[0.0, 0.0, 64.0, 48.0]]));
    }

    #[test]
    fn what_was_dropped_is_told() {
        let run = clean("", json!([[1, 1, 1, 9], [0, 0, 9, 9]]));
        assert_eq!(run.record.story.len(), 1);
        assert!(clean("", json!([[0, 0, 9, 9]])).record.story.is_empty());
    }

    #[test]
    fn too_few_left_rejects() {
        assert_eq!(clean(", min: 1", json!([[1, 1, 1, 9]])).rejected(), "too few regions inside the picture");
        assert_eq!(clean("", json!([[1, 1, 1, 9]])).get("boxes"), json!([]));
    }

    #[test]
    fn an_unreadable_picture_fails_the_record() {
        let place = Place::new("image: image, boxes: list<box>").held("image", b"none").json("boxes", json!([]));
        transform::<RegionClean>(place, "{regions: boxes}").failed();
    }
}
