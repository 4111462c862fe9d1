//! The numbers of the method.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The numbers of the method; the defaults are those of the paper and its release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Parameters {
    /// How many elements of the pool may be placed on one page, drawn without replacement. 1 to 5000.
    pub candidates: usize,
    /// The share of large elements among them, 0 to 1.
    pub large_share: f64,
    /// An element is large if both its sides are at least this part of the page's, 0 to 1.
    pub large_side: f64,
    /// Instances with a side below this part of the page's are no elements, 0 to 1.
    pub minimal_side: f64,
    /// The least fill of a bin (area of the element by area of the bin) that is worth placing, 0 to 1.
    pub fill_threshold: f64,
    /// A page ends at the small element that would be one more than these.
    pub small_limit: usize,
    /// A page ends when it has this many elements, 1 to 40.
    pub elements_limit: usize,
    /// Each side of each element shrinks by a factor between these, above 0 and up to 1.
    pub shrink: [f64; 2],
    /// The page's width in pixels lies between these, both possible. 64 to 8000.
    pub page_width: [u32; 2],
    /// Its height by its width lies between these, 0.1 to 10.
    pub page_aspect: [f64; 2],
    /// Its height in pixels is at most this, 64 to 8000.
    pub page_height_limit: u32,
    /// Classes with fewer instances than this are augmented; 0 augments none.
    pub rare_class: usize,
    /// How many variants each of their instances gets, up to 1000.
    pub variants: u32,
}

impl Default for Parameters {
    fn default() -> Parameters {
        Parameters {
            candidates: 500,
            large_share: 0.99,
            large_side: 0.05,
            minimal_side: 0.01,
            fill_threshold: 1e-4,
            small_limit: 5,
            elements_limit: 15,
            shrink: [0.8, 0.95],
            page_width: [1200, 2000],
            page_aspect: [0.7, 1.5],
            page_height_limit: 3000,
            rare_class: 100,
            variants: 50,
        }
    }
}

impl Parameters {
    /// What is out of range: the name of each such number, with what was expected and what was found.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        let mut tell = |good: bool, name: &'static str, expected: &str, found: String| {
            if !good {
                problems.push((name, format!("expected {expected}, found {found}")));
            }
        };
        let shares = [
            ("large_share", self.large_share),
            ("large_side", self.large_side),
            ("minimal_side", self.minimal_side),
            ("fill_threshold", self.fill_threshold),
        ];
        for (name, value) in shares {
            tell((0.0..=1.0).contains(&value), name, "0 to 1", value.to_string());
        }
        tell((1..=5000).contains(&self.candidates), "candidates", "1 to 5000", self.candidates.to_string());
        tell((1..=40).contains(&self.elements_limit), "elements_limit", "1 to 40", self.elements_limit.to_string());
        tell(self.variants <= 1000, "variants", "at most 1000", self.variants.to_string());
        let ranges =
            [("shrink", self.shrink, [f64::MIN_POSITIVE, 1.0]), ("page_aspect", self.page_aspect, [0.1, 10.0])];
        for (name, [low, high], [least, most]) in ranges {
            let good = least <= low && low <= high && high <= most;
            let least = if name == "shrink" { "above 0".to_string() } else { least.to_string() };
            tell(good, name, &format!("two numbers, the lower first, {least} to {most}"), format!("[{low}, {high}]"));
        }
        let [low, high] = self.page_width;
        let good = 64 <= low && low <= high && high <= 8000;
        tell(good, "page_width", "two whole numbers, the lower first, 64 to 8000", format!("[{low}, {high}]"));
        let limit = self.page_height_limit;
        tell((64..=8000).contains(&limit), "page_height_limit", "64 to 8000", limit.to_string());
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_the_paper_are_in_range_and_others_are_told() {
        assert_eq!(Parameters::default().problems(), []);
        let wrong = Parameters {
            candidates: 0,
            large_share: f64::NAN,
            shrink: [0.9, 0.8],
            page_width: [1200, 90_000],
            page_aspect: [0.0, 1.0],
            ..Parameters::default()
        };
        let names: Vec<&str> = wrong.problems().iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["large_share", "candidates", "shrink", "page_aspect", "page_width"]);
    }
}
