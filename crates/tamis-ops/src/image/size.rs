//! `image.size`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Transform, Verdict};
use tamis_core::{Record, StepError, Type, Value};

/// Rejects pictures that are too small, too large or too long and thin, by their header alone.
///
/// Sizes are those of the upright picture. A header that cannot be read fails the record.
///
/// Reads `from`. Writes nothing. Rejects with the picture's `width` and `height` and the limit it broke.
///
/// # Example
///
/// ```yaml example
/// step: { image.size: { from: image, min_side: 28, max_aspect: 2 } }
/// images: { image: 90x30 }
/// in: { }
/// rejects: too long and thin
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageSize {
    /// The picture.
    from: String,
    /// Fewest pixels across.
    min_width: Option<u32>,
    /// Fewest pixels down.
    min_height: Option<u32>,
    /// Fewest pixels of the shorter side.
    min_side: Option<u32>,
    /// Most pixels of the longer side.
    max_side: Option<u32>,
    /// Fewest pixels in all.
    min_pixels: Option<u64>,
    /// Most pixels in all.
    max_pixels: Option<u64>,
    /// Highest ratio of the longer to the shorter side, at least 1.
    max_aspect: Option<f64>,
}

impl OperatorConfig for ImageSize {
    const NAME: &'static str = "image.size";
    const GATE: bool = true;

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let from = scope.read("from", &self.from, &Type::Image);
        let sides = [self.min_width, self.min_height, self.min_side, self.max_side];
        let any = sides.iter().any(Option::is_some)
            || self.min_pixels.is_some()
            || self.max_pixels.is_some()
            || self.max_aspect.is_some();
        if !any {
            scope.problem(
                "",
                "expected a limit: min_width, min_height, min_side, max_side, min_pixels, max_pixels or max_aspect",
            );
        }
        if let Some(aspect) = self.max_aspect.filter(|aspect| aspect.is_nan() || *aspect < 1.0) {
            scope.problem("max_aspect", format!("expected the longer by the shorter side, at least 1, found {aspect}"));
        }
        let crossed = |low: Option<u64>, high: Option<u64>| low.zip(high).is_some_and(|(low, high)| low > high);
        let lowest = [self.min_width, self.min_height, self.min_side].into_iter().flatten().max();
        if crossed(lowest.map(u64::from), self.max_side.map(u64::from)) || crossed(self.min_pixels, self.max_pixels) {
            scope.problem("", "no picture can pass: a lower limit is above its upper limit");
        }
        Bound::transform(Size { from: from?, limits: self })
    }
}

struct Size {
    from: FieldRef,
    limits: ImageSize,
}

impl Transform for Size {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let failed = |e: String| StepError::field(&self.from.name, e);
        let media = self.from.get(record).as_media().ok_or_else(|| failed("the picture is missing".to_string()))?;
        let header = media.header(&**ctx.media()).map_err(|e| failed(e.to_string()))?;
        let Some((reason, limit, value)) = self.limits.broken_by(header.width, header.height) else {
            return Ok(Verdict::Pass);
        };
        let size = [("width", header.width), ("height", header.height)].map(|(n, v)| (n, Value::Int(v.into())));
        Ok(Reject::because(reason, size.into_iter().chain([(limit, value)])))
    }
}

impl ImageSize {
    /// The first limit that a picture breaks: the reason, the option's name and its value.
    fn broken_by(&self, width: u32, height: u32) -> Option<(&'static str, &'static str, Value)> {
        const SMALL: &str = "the picture is too small";
        const LARGE: &str = "the picture is too large";
        let (short, long) = (width.min(height), width.max(height));
        let pixels = u64::from(width) * u64::from(height);
        let int = |limit: u64| Value::Int(i64::try_from(limit).unwrap_or(i64::MAX));
        let below = |limit: Option<u32>, n: u32| limit.filter(|limit| n < *limit).map(|limit| int(limit.into()));
        let above = |limit: Option<u32>, n: u32| limit.filter(|limit| n > *limit).map(|limit| int(limit.into()));
        let aspect = f64::from(long) / f64::from(short);
        let checks = [
            (SMALL, "min_width", below(self.min_width, width)),
            (SMALL, "min_height", below(self.min_height, height)),
            (SMALL, "min_side", below(self.min_side, short)),
            (SMALL, "min_pixels", self.min_pixels.filter(|limit| pixels < *limit).map(int)),
            (LARGE, "max_side", above(self.max_side, long)),
            (LARGE, "max_pixels", self.max_pixels.filter(|limit| pixels > *limit).map(int)),
            (
                "the picture is too long and thin",
                "max_aspect",
                self.max_aspect.filter(|l| aspect > *l).map(Value::Float),
            ),
        ];
        checks.into_iter().find_map(|(reason, limit, value)| Some((reason, limit, value?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::kit::{Place, transform};

    #[test]
    fn every_limit_holds_at_its_bound_and_rejects_beyond() {
        for (limit, rejected) in [
            ("min_width: 80", false),
            ("min_width: 81", true),
            ("min_height: 40", false),
            ("min_height: 41", true),
            ("min_side: 41", true),
            ("max_side: 80", false),
            ("max_side: 79", true),
            ("min_pixels: 3201", true),
            ("max_pixels: 3199", true),
            ("max_aspect: 2", false),
            ("max_aspect: 1.9", true),
        ] {
            let place = Place::new("image: image").picture("image", 80, 40);
            let run = transform::<ImageSize>(place, &format!("{{from: image, {limit}}}"));
            assert_eq!(matches!(run.result, Ok(Verdict::Reject(_))), rejected, "{limit}");
        }
    }

    #[test]
    fn limits_that_nothing_can_meet_are_a_problem() {
        let problems = |config: &str| Place::new("image: image").problems::<ImageSize>(config).len();
        assert_eq!(problems("{from: image, min_side: 9, max_side: 8}"), 1);
        assert_eq!(problems("{from: image}"), 1);
        assert_eq!(problems("{from: image, max_aspect: 0.5}"), 1);
    }
}
