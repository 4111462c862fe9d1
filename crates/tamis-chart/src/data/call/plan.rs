//! What somebody is asked to write: kinds, counts and trends drawn as ECD does, and what each kind wants of its data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tamis_core::rng::Rng;

use super::super::figure::{grid_for, size, strategy, subplot_title};
use super::super::random::{between, chance, some_of};
use super::super::title::figure_title;
use super::super::{Options, Room, SubplotTitles, UnknownTheme, annotate, story_for, theme_named};
use super::Call;
use crate::channels::SpecError;
use crate::spec::{Diversify, Figure, Kind, LookSpec, Scenario};

/// A figure whose scenario and data are still to be written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// One of the 25 themes.
    pub theme: String,
    /// Rows and columns.
    pub grid: [usize; 2],
    /// Width and height in pixels.
    pub size: [u32; 2],
    /// The look that all charts share.
    pub look: LookSpec,
    /// How the charts of a grid are titled.
    pub titles: SubplotTitles,
    /// Whether there is a title over all charts.
    pub titled: bool,
    /// The charts, row by row.
    pub charts: Vec<Planned>,
}

/// One chart to be written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    /// What kind of chart.
    pub kind: Kind,
    /// As a person says it: "pie chart".
    pub words: String,
    /// What it wants of its data, a line for each channel, from [`Kind::wants_in_words`].
    pub wants: String,
    /// A call of this kind about something else, as JSON.
    pub example: String,
    /// How many groups or categories.
    pub first: usize,
    /// How many elements in each, or series.
    pub second: usize,
    /// One to three of upward, downward, fluctuating.
    pub trends: Vec<String>,
    /// Whether something shall be drawn over the data and named.
    pub annotated: bool,
}

/// From what counts and trends are drawn, ends included; ECD's are the default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wishes {
    /// Groups or categories.
    pub first: [usize; 2],
    /// Elements in each, or series.
    pub second: [usize; 2],
    /// How many of the three trends.
    pub trends: [usize; 2],
}

impl Default for Wishes {
    fn default() -> Wishes {
        Wishes { first: [3, 6], second: [3, 6], trends: [1, 3] }
    }
}

/// Why there is no figure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallsError {
    /// A call does not fit its kind.
    #[error("chart {number} ({}): {error}", .error.kind.words())]
    Chart {
        /// Which, from 1.
        number: usize,
        /// What does not fit.
        error: Box<SpecError>,
    },
    /// Another number of calls than there are charts.
    #[error("expected 1 to {charts} calls, one for each chart of the plan, found {calls}; write one for each chart")]
    Count {
        /// Charts of the plan.
        charts: usize,
        /// Calls.
        calls: usize,
    },
}

const TRENDS: [&str; 3] = ["upward", "downward", "fluctuating"];

/// A plan for a figure with each of `kinds` once, on a grid whose other cells repeat them.
///
/// # Errors
/// The theme in the options is none of [`super::super::THEMES`].
pub fn plan(kinds: &[Kind], options: &Options, wishes: &Wishes, rng: &mut Rng) -> Result<Plan, UnknownTheme> {
    let theme = match &options.theme {
        Some(name) => theme_named(name)?,
        None => super::super::THEMES[rng.below(super::super::THEMES.len())],
    };
    let grid = match (kinds.len(), options.grid) {
        (0 | 1, None) => [1, 1],
        (_, Some(grid)) => grid,
        (count, None) => grid_for(count, rng),
    };
    let cells = grid[0] * grid[1];
    let titles = [SubplotTitles::Plain, SubplotTitles::Lettered, SubplotTitles::LettersOnly][rng.below(3)];
    let diversify = strategy(options, rng);
    let charts = (0..cells).map(|cell| {
        let kind = kinds.get(cell).copied().or_else(|| rng.pick(kinds).copied()).unwrap_or(Kind::Bar);
        let count = between(rng, wishes.trends[0], wishes.trends[1]);
        let trends = some_of(rng, TRENDS.len(), count);
        Planned {
            kind,
            words: kind.words().into(),
            wants: kind.wants_in_words(),
            example: serde_json::to_string(&example(kind, rng)).unwrap_or_default(),
            first: between(rng, wishes.first[0], wishes.first[1]),
            second: between(rng, wishes.second[0], wishes.second[1]),
            trends: trends.into_iter().map(|t| TRENDS[t].to_string()).collect(),
            annotated: diversify == Some(Diversify::Annotations) && annotate::has_value_axis(kind),
        }
    });
    let charts = charts.collect();
    let titled = cells > 1 && (titles == SubplotTitles::LettersOnly || chance(rng, 0.6));
    let name = rng.pick(&options.looks).cloned().unwrap_or_default();
    let size = options.size.unwrap_or_else(|| size(grid, rng));
    Ok(Plan {
        theme: theme.into(),
        grid,
        size,
        look: LookSpec { name, seed: rng.seed(), diversify },
        titles,
        titled,
        charts,
    })
}

impl Plan {
    /// The figure of the calls that were written so far, the first charts of the plan.
    ///
    /// # Errors
    /// The first call that its chart cannot be drawn from.
    pub fn figure(&self, calls: &[Call]) -> Result<Figure, CallsError> {
        let first = match calls {
            [first, ..] if calls.len() <= self.charts.len() => first,
            _ => return Err(CallsError::Count { charts: self.charts.len(), calls: calls.len() }),
        };
        let several = self.charts.len() > 1;
        let chart = |(cell, (call, planned)): (usize, (&Call, &Planned))| {
            let made = call.chart(planned.kind);
            let mut chart = made.map_err(|error| CallsError::Chart { number: cell + 1, error: Box::new(error) })?;
            if several {
                chart.title = subplot_title(&chart.title, self.titles, cell);
            }
            Ok(chart)
        };
        let charts = calls.iter().zip(&self.charts).enumerate().map(chart).collect::<Result<Vec<_>, _>>()?;
        let number = |error| CallsError::Chart { number: 1, error: Box::new(error) };
        let line = |what, text: &str| {
            super::line(text).map_err(|letters| number(super::too_long(self.charts[0].kind, what, letters)))
        };
        let subject = line("subject", &first.subject)?;
        Ok(Figure {
            size: self.size,
            grid: self.grid,
            charts,
            title: (several && self.titled && !subject.is_empty()).then_some(subject),
            look: self.look.clone(),
            scenario: Scenario { theme: self.theme.clone(), story: first.story.trim().into(), source: None },
        })
    }
}

/// A call as it would be written for a made-up chart of this kind, short enough for a prompt.
pub(super) fn example(kind: Kind, rng: &mut Rng) -> Call {
    // Any theme has such a story, so this one is found.
    let Ok(story) = story_for(&[kind], None, 0.0, Room::Cell, rng) else { return Call::default() };
    let chart = super::super::chart(kind, &story, rng);
    let subject = figure_title(&story, rng);
    let whole = Call::of(&chart, &subject, &story.scenario().story);
    let short = shortened(&whole, kind);
    if short.chart(kind).is_ok() { short } else { whole }
}

/// The first rows; of a grid, the rows of its first places.
fn shortened(call: &Call, kind: Kind) -> Call {
    const ROWS: usize = 12;
    const PLACES: usize = 4;
    let mut short = call.clone();
    let rows: Vec<usize> = if matches!(kind, Kind::Surface3d | Kind::Contour) {
        let numbers = |c: usize| call.columns.get(c).and_then(|c| c.numbers.as_deref()).unwrap_or_default();
        let first = |values: &[Option<f64>]| {
            let mut seen: Vec<Option<f64>> = Vec::new();
            values.iter().for_each(|v| {
                if seen.len() < PLACES && !seen.contains(v) {
                    seen.push(*v)
                }
            });
            seen
        };
        let (xs, ys) = (first(numbers(0)), first(numbers(1)));
        let inside = |r: &usize| xs.contains(&numbers(0)[*r]) && ys.contains(&numbers(1)[*r]);
        (0..numbers(0).len().min(numbers(1).len())).filter(inside).collect()
    } else {
        (0..ROWS).collect()
    };
    for column in &mut short.columns {
        if let Some(names) = &mut column.names {
            *names = rows.iter().filter_map(|r| names.get(*r).cloned()).collect();
        }
        if let Some(numbers) = &mut column.numbers {
            *numbers = rows.iter().filter_map(|r| numbers.get(*r).copied()).collect();
        }
    }
    short
}
