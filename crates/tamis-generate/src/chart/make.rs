//! `make.chart`

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_chart::data::{self, Mix, Options};
use tamis_chart::look;
use tamis_chart::spec::{Diversify, Kind};
use tamis_core::bind::Scope;
use tamis_core::error::did_you_mean;
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::{Name, Record, StepError, Type};

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
/// ```yaml
/// - make.chart:
///     kinds: { bar: 2, line: 2, pie: 1 }
///     subplots: { "1": 7, "2": 2, "4": 1 }
///     looks: [matplotlib, excel, newspaper]
///     into: figure
/// - draw.chart: { from: figure, into: image, elements: elements }
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
        let kinds = kinds(scope, &self.kinds);
        let subplots = subplots(scope, &self.subplots);
        let looks = looks(scope, &self.looks);
        let theme = match self.theme.as_deref().map(data::theme_named).transpose() {
            Ok(theme) => theme.map(str::to_string),
            Err(error) => {
                scope.problem("theme", error.to_string());
                None
            }
        };
        for (at, share) in [("languages", self.languages), ("diversified", self.diversified)] {
            if !(0.0..=1.0).contains(&share) {
                scope.problem(at, format!("expected a share of 0 to 1, found {share}"));
            }
        }
        let into = scope.write("into", &self.into, Type::Json);
        let options = Options {
            theme,
            languages: self.languages,
            looks: looks?,
            size: self.size,
            grid: None,
            diversify: self.diversify,
            diversified: self.diversified,
        };
        Bound::transform(Make { kinds: kinds?, subplots: subplots?, options, into: into? })
    }
}

fn kinds(scope: &mut Scope<'_>, shares: &IndexMap<String, f64>) -> Option<Mix> {
    let made = match shares.is_empty() {
        true => Mix::new(Kind::ALL.iter().map(|kind| (*kind, 1.0))),
        false => Mix::named(shares.iter().map(|(name, share)| (name.as_str(), *share))),
    };
    made.map_err(|error| scope.problem("kinds", error.to_string())).ok()
}

fn subplots(scope: &mut Scope<'_>, shares: &IndexMap<String, f64>) -> Option<Vec<(usize, f64)>> {
    if shares.is_empty() {
        return Some(vec![(1, 1.0)]);
    }
    let mut counts = Vec::new();
    for (count, share) in shares {
        match count.parse::<usize>() {
            Ok(n) if (1..=9).contains(&n) && *share >= 0.0 && share.is_finite() => counts.push((n, *share)),
            _ => scope.problem("subplots", format!("expected 1 to 9 charts and a share, found `{count}: {share}`")),
        }
    }
    let some = counts.iter().any(|(_, share)| *share > 0.0);
    if !some {
        scope.problem("subplots", "expected a share above 0");
    }
    (some && counts.len() == shares.len()).then_some(counts)
}

fn looks(scope: &mut Scope<'_>, asked: &[String]) -> Option<Vec<String>> {
    let all = look::names();
    if asked.is_empty() {
        return Some(all.iter().map(|name| name.to_string()).collect());
    }
    let mut good = true;
    for (i, name) in asked.iter().enumerate().filter(|(_, name)| !all.contains(&name.as_str())) {
        let hint = did_you_mean(name, all.iter().copied());
        scope
            .problem(&format!("looks[{i}]"), format!("no look is called `{name}`{hint}; there are {}", all.join(", ")));
        good = false;
    }
    good.then(|| asked.to_vec())
}

struct Make {
    kinds: Mix,
    subplots: Vec<(usize, f64)>,
    options: Options,
    into: Name,
}

impl Transform for Make {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let mut rng = ctx.rng(record);
        let shares: Vec<f64> = self.subplots.iter().map(|(_, share)| *share).collect();
        let (count, _) = self.subplots[rng.weighted(&shares)];
        let kinds = match count {
            1 => vec![self.kinds.draw(&mut rng)],
            n => self.kinds.draw_different(n, &mut rng),
        };
        let figure = data::figure(&kinds, &self.options, &mut rng).map_err(|e| StepError::failed(e.to_string()))?;
        record.set(&self.into, to_value(&self.into, &figure)?);
        Ok(Verdict::Pass)
    }

    fn touches_pixels(&self) -> bool {
        true
    }
}
