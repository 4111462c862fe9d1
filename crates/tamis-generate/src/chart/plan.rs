//! `plan.chart`

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_chart::data::Options;
use tamis_chart::data::call::{self, Wishes};
use tamis_chart::spec::Diversify;
use tamis_core::bind::Scope;
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::{Name, Record, StepError, Type};

use crate::chart::wanted::{Said, Wanted};
use crate::value::to_value;

/// Draws which charts somebody else shall write the scenario and the data of: kinds, grid, look, counts, trends.
///
/// The first half of `make.chart`, for figures whose data a model writes. For each chart the plan holds, beside what was
/// drawn, what its kind wants of its data in words - they come from the checks that `build.chart` makes - and a short
/// example of such data as JSON. A prompt shows them: `plan.charts[0].wants`, `plan.charts[0].example`.
///
/// Writes `into`: `{theme, grid, size, look, titles, titled, charts: [{kind, words, wants, example, first, second, trends,
/// annotated}]}`. `first` is how many groups or categories, `second` how many elements in each, `trends` one to three of
/// `upward`, `downward`, `fluctuating`; where `annotated`, something shall be drawn over the data and named.
///
/// # Example
///
/// ```yaml example
/// step: { plan.chart: { kinds: { funnel: 1 }, theme: Sports, trends: [3, 3], into: plan } }
/// in: { id: 1 }
/// out:
///   plan:
///     theme: Sports
///     grid: [1, 1]
///     charts: [ { kind: funnel, words: funnel chart, trends: [upward, downward, fluctuating] } ]
/// ```
///
/// Source: ECD (arXiv:2508.06492), whose prompts hold the plotting function, an example call and these draws.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanChart {
    /// The field for the plan.
    #[serde(default = "plan")]
    into: String,
    /// Kinds of charts and their shares: `{ bar: 2, line: 1 }`. Default: every kind alike.
    #[serde(default)]
    kinds: IndexMap<String, f64>,
    /// How many charts a figure has, and in which shares: `{ "1": 4, "2": 1 }`. Default: one. Several stand on one of
    /// ECD's twelve grids with room for them, whose other cells repeat the kinds.
    #[serde(default)]
    subplots: IndexMap<String, f64>,
    /// The looks to draw from, alike. Default: all.
    #[serde(default)]
    looks: Vec<String>,
    /// One of ECD's 25 themes. Default: any.
    theme: Option<String>,
    /// Fewest and most groups or categories. Default `[3, 6]`.
    #[serde(default = "first")]
    first: [usize; 2],
    /// Fewest and most elements in each group, or series. Default `[3, 6]`.
    #[serde(default = "second")]
    second: [usize; 2],
    /// How many of the three trends at least and at most, 1 to 3. Default `[1, 3]`.
    #[serde(default = "trends")]
    trends: [usize; 2],
    /// Width and height in pixels. Default: drawn, about 500 to 2,400 a side.
    size: Option<[u32; 2]>,
    /// The share of figures that are diversified by one of ECD's strategies, 0 to 1. Default 0.5.
    #[serde(default = "half")]
    diversified: f64,
    /// The strategies, alike: `annotations`, `fonts`, `shading`, `borderless`, `inset`. Default: all.
    #[serde(default = "strategies")]
    diversify: Vec<Diversify>,
}

fn plan() -> String {
    "plan".into()
}

fn first() -> [usize; 2] {
    Wishes::default().first
}

fn second() -> [usize; 2] {
    Wishes::default().second
}

fn trends() -> [usize; 2] {
    Wishes::default().trends
}

fn half() -> f64 {
    0.5
}

fn strategies() -> Vec<Diversify> {
    Options::default().diversify
}

impl OperatorConfig for PlanChart {
    const NAME: &'static str = "plan.chart";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        for (at, [low, high], most) in
            [("first", self.first, 60), ("second", self.second, 60), ("trends", self.trends, 3)]
        {
            if low == 0 || low > high || high > most {
                scope.problem(at, format!("expected the fewest and the most, 1 to {most}, found [{low}, {high}]"));
            }
        }
        let said = Said {
            kinds: &self.kinds,
            subplots: &self.subplots,
            looks: &self.looks,
            theme: self.theme.as_deref(),
            // The language is that of the prompt.
            languages: 0.0,
            size: self.size,
            diversified: self.diversified,
            diversify: &self.diversify,
        };
        let wanted = Wanted::bind(scope, &said);
        let wishes = Wishes { first: self.first, second: self.second, trends: self.trends };
        let into = scope.write("into", &self.into, Type::Json);
        Bound::transform(Plan { wanted: wanted?, wishes, into: into? })
    }
}

struct Plan {
    wanted: Wanted,
    wishes: Wishes,
    into: Name,
}

impl Transform for Plan {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let mut rng = ctx.rng(record);
        let kinds = self.wanted.draw(&mut rng);
        let plan = call::plan(&kinds, &self.wanted.options, &self.wishes, &mut rng);
        let plan = plan.map_err(|e| StepError::failed(e.to_string()))?;
        record.set(&self.into, to_value(&self.into, &plan)?);
        Ok(Verdict::Pass)
    }
}
