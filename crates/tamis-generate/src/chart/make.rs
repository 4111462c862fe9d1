//! `make.chart`

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_chart::data::{self, Options};
use tamis_chart::spec::Diversify;
use tamis_core::bind::Scope;
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::{Name, Record, StepError, Type};

use crate::chart::wanted::{Said, Wanted};
use crate::value::to_value;

/// Makes up a chart, or several that tell one story: the data, what is drawn from it and in which look.
///
/// The result is a spec, the truth that `draw.chart` draws and `ask.chart` asks about. Data come from invented scenarios
/// over ECD's 25 themes (arXiv:2508.06492) with plausible units, magnitudes, seasons, noise and outliers; the subplots
/// of one figure share its scenario. No model is asked.
///
/// Writes `into`.
///
/// # Example
///
/// ```yaml example
/// steps:
///   - make.chart: { kinds: { pie: 1 }, theme: Sports, size: [640, 480], looks: [matplotlib], into: figure }
///   - draw.chart: { from: figure, into: image, elements: elements }
/// in: { id: 1 }
/// out: { figure: { grid: [1, 1], charts: [ { kind: pie } ], scenario: { theme: Sports } }, image: 640x480 }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeChart {
    /// The field for the spec.
    #[serde(default = "figure")]
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
    /// The share of figures in other languages than English, 0 to 1. Default 0.3 of the themes that have such.
    #[serde(default = "languages")]
    languages: f64,
    /// Width and height in pixels. Default: drawn, about 500 to 1,600 a side.
    size: Option<[u32; 2]>,
    /// The share of figures that are diversified by one of ECD's strategies, 0 to 1. Default 0.5.
    #[serde(default = "half")]
    diversified: f64,
    /// The strategies, alike: `annotations`, `fonts`, `shading`, `borderless`, `inset`. Default: all.
    #[serde(default = "strategies")]
    diversify: Vec<Diversify>,
}

fn figure() -> String {
    "figure".into()
}

fn languages() -> f64 {
    data::LANGUAGE_SHARE
}

fn half() -> f64 {
    0.5
}

fn strategies() -> Vec<Diversify> {
    Options::default().diversify
}

impl OperatorConfig for MakeChart {
    const NAME: &'static str = "make.chart";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let said = Said {
            kinds: &self.kinds,
            subplots: &self.subplots,
            looks: &self.looks,
            theme: self.theme.as_deref(),
            languages: self.languages,
            size: self.size,
            diversified: self.diversified,
            diversify: &self.diversify,
        };
        let wanted = Wanted::bind(scope, &said);
        let into = scope.write("into", &self.into, Type::Json);
        Bound::transform(Make { wanted: wanted?, into: into? })
    }
}

struct Make {
    wanted: Wanted,
    into: Name,
}

impl Transform for Make {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let mut rng = ctx.rng(record);
        let kinds = self.wanted.draw(&mut rng);
        let figure = data::figure(&kinds, &self.wanted.options, &mut rng);
        let figure = figure.map_err(|e| StepError::failed(e.to_string()))?;
        record.set(&self.into, to_value(&self.into, &figure)?);
        Ok(Verdict::Pass)
    }

    fn touches_pixels(&self) -> bool {
        true
    }
}
