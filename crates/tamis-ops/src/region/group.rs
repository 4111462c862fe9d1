//! `region.group`

use std::ops::RangeInclusive;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::schema::Field;
use tamis_core::{Name, Record, StepError, Type, Value};

use super::{box_of, boxes_field, elements};

/// Groups regions by their label: `{label, boxes}`, in the order in which the labels first appear.
///
/// For tasks that ask for all boxes of a thing at once. Labels are the same if their texts are; regions without a box
/// are left out. With `max_boxes: 1`, only labels that mean a single thing are kept: those by which it can be referred to.
///
/// Reads `regions`. Writes `into`.
///
/// # Example
///
/// ```yaml example
/// step: { region.group: { regions: regions, into: groups } }
/// types: { regions: list<region> }
/// in:
///   regions:
///     - { label: dog, box: [0, 0, 10, 10] }
///     - { label: cat, box: [5, 5, 9, 9] }
///     - { label: dog, box: [20, 0, 30, 10] }
/// out:
///   groups:
///     - { label: dog, boxes: [[0, 0, 10, 10], [20, 0, 30, 10]] }
///     - { label: cat, boxes: [[5, 5, 9, 9]] }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegionGroup {
    /// A list of regions, or of structs with a `label` and a `box`.
    regions: String,
    /// Fewest boxes of a group; smaller groups are left out. Default 1.
    #[serde(default = "one")]
    min_boxes: usize,
    /// Most boxes of a group; larger groups are left out. Default: any number.
    max_boxes: Option<usize>,
    /// The field for the groups: `list<{label: text, boxes: list<box>}>`.
    into: String,
}

fn one() -> usize {
    1
}

impl OperatorConfig for RegionGroup {
    const NAME: &'static str = "region.group";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let regions = boxes_field(scope, "regions", &self.regions);
        let label = regions.as_ref().and_then(|field| field.ty.element()?.member("label"));
        if regions.is_some() && !label.is_some_and(|ty| ty.fits(&Type::Text)) {
            scope.problem("regions", format!("expected things with a text `label` in `{}`", self.regions));
        }
        let members = [("label", Type::Text), ("boxes", Type::list(Type::Box))];
        let group = Type::Struct(members.into_iter().map(|(name, ty)| (Name::from(name), ty)).collect());
        let of = regions.as_ref().and_then(|field| field.of.clone());
        let into = scope.write("into", &self.into, Field { ty: Type::list(group), of });
        let most = self.max_boxes.unwrap_or(usize::MAX);
        if most == 0 || self.min_boxes > most {
            scope.problem("max_boxes", format!("no group has from {} to {most} boxes", self.min_boxes));
            return None;
        }
        Bound::transform(Group { regions: regions?, boxes: self.min_boxes..=most, into: into? })
    }
}

struct Group {
    regions: FieldRef,
    boxes: RangeInclusive<usize>,
    into: Name,
}

impl Transform for Group {
    fn apply(&self, record: &mut Record, _: &Context<'_>) -> Result<Verdict, StepError> {
        let mut groups: IndexMap<&str, Vec<Value>> = IndexMap::new();
        for region in elements(self.regions.get(record)) {
            if let (Some(label), Some(bbox)) = (region.get("label").and_then(Value::as_text), box_of(region)) {
                groups.entry(label).or_default().push(Value::Box(bbox));
            }
        }
        groups.retain(|_, boxes| self.boxes.contains(&boxes.len()));
        let groups = groups
            .into_iter()
            .map(|(label, boxes)| Value::map([("label", Value::text(label)), ("boxes", Value::list(boxes))]));
        let groups = Value::list(groups.collect());
        record.set(&self.into, groups);
        Ok(Verdict::Pass)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::kit::{Place, transform};
    use serde_json::json;

    #[test]
    fn groups_stay_in_the_frame_of_their_picture() {
        let place = Place::new("image: image, regions: list<region>");
        let schema = place.schema_behind::<RegionGroup>("{regions: regions, into: groups}");
        assert_eq!(schema.get("groups").unwrap().to_string(), "list<{label: text, boxes: list<box>}> of image");
    }

    #[test]
    fn groups_may_be_kept_by_their_size() {
        let regions = json!([{"label": "a", "box": [0, 0, 1, 1]}, {"label": "b", "box": [0, 0, 1, 1]},
            {"label": "a", "box": [2, 2, 3, 3]}]);
        let labels = |options: &str| {
            let place = Place::new("image: image, regions: list<region>").picture("image", 9, 9);
            let place = place.json("regions", regions.clone());
            let run = transform::<RegionGroup>(place, &format!("{{regions: regions, into: groups{options}}}"));
            run.get("groups").as_array().unwrap().iter().map(|g| g["label"].to_string()).collect::<Vec<_>>()
        };
        assert_eq!(labels(", max_boxes: 1"), ["\"b\""]);
        assert_eq!(labels(", min_boxes: 2"), ["\"a\""]);
        let problems = Place::new("regions: list<region>")
            .problems::<RegionGroup>("{regions: regions, max_boxes: 0, into: groups}");
        assert_eq!(problems, ["max_boxes: no group has from 1 to 0 boxes"]);
    }

    #[test]
    fn things_without_a_label_are_a_problem() {
        let problems = Place::new("boxes: list<box>").problems::<RegionGroup>("{regions: boxes, into: groups}");
        assert!(problems[0].contains("label"), "{problems:?}");
    }
}
