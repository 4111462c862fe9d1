//! Stories: who is measured, when, and what came out. All subplots of a figure are views of one story.

use tamis_core::rng::Rng;

use super::calendar::{self, Step};
use super::course::{self, Shock};
use super::library::{Family, Library, Measure, Phrases, Theme, Trend, library};
use super::random::{chance, normal, shares, some_of, split};
use super::title;
use crate::spec::{Kind, Scenario};
use crate::table::Time;

/// How much room a chart has: labels and series are chosen by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// The whole figure.
    Full,
    /// One cell of a grid.
    Cell,
}

/// A scenario with its numbers: charts of one story agree, because they show the same values.
#[derive(Clone, Debug)]
pub struct Story {
    pub(super) theme: &'static Theme,
    pub(super) family: &'static Family,
    pub(super) phrases: &'static Phrases,
    pub(super) room: Room,
    /// The entities of this story, as indices into the family's.
    pub(super) entities: Vec<usize>,
    /// The one that charts of a single entity show.
    pub(super) focus: usize,
    pub(super) times: Vec<Time>,
    /// By measure, entity (rank in `entities`) and time.
    pub(super) values: Vec<Vec<Vec<f64>>>,
    /// By entity (rank) and part: shares of 1 at the first and at the last time.
    shares: Vec<[Vec<f64>; 2]>,
    /// Places of the entities in the range of the samples, 0 to 1.
    pub(super) places: Vec<f64>,
    pub(super) source: Option<&'static str>,
    /// Which way axis titles are written; alike in all charts of the story.
    pub(super) axis_style: usize,
    trends: Vec<Trend>,
    sentence: String,
}

/// A story of `theme` (any when `None`), mostly in English.
///
/// # Errors
/// The theme is none of [`super::THEMES`].
pub fn story(theme: Option<&str>, rng: &mut Rng) -> Result<Story, super::UnknownTheme> {
    story_for(&[], theme, super::LANGUAGE_SHARE, Room::Full, rng)
}

/// A story from which charts of all these kinds can be made, in a language other than English with this probability
/// (where there is one for the theme).
///
/// # Errors
/// The theme is none of [`super::THEMES`].
pub fn story_for(
    kinds: &[Kind],
    theme: Option<&str>,
    languages: f64,
    room: Room,
    rng: &mut Rng,
) -> Result<Story, super::UnknownTheme> {
    let name = match theme {
        Some(name) => super::theme_named(name)?,
        None => super::THEMES[rng.below(super::THEMES.len())],
    };
    let foreign = chance(rng, languages);
    let (theme, family) = family_for(library(), name, foreign, kinds, rng);
    Ok(Story::drawn(theme, family, room, rng))
}

/// A family of the theme that has what the kinds want; English ones always have it between them.
fn family_for(
    library: &'static Library,
    name: &str,
    foreign: bool,
    kinds: &[Kind],
    rng: &mut Rng,
) -> (&'static Theme, &'static Family) {
    let fits = |(theme, family): &(&Theme, &Family)| kinds.iter().all(|k| theme.can(family, *k));
    let of = |foreign: bool| {
        library
            .themes
            .iter()
            .filter(move |t| t.theme == name && (t.language != "en") == foreign)
            .flat_map(|t| t.families.iter().map(move |f| (t, f)))
    };
    let mut choices: Vec<(&Theme, &Family)> = if foreign { of(true).filter(fits).collect() } else { Vec::new() };
    if choices.is_empty() {
        choices = of(false).filter(fits).collect();
    }
    if choices.is_empty() {
        choices = of(false).collect();
    }
    choices[rng.below(choices.len())]
}

impl Theme {
    /// Whether a chart of this kind can be made from this family or from what else the theme has.
    pub(super) fn can(&self, family: &Family, kind: Kind) -> bool {
        let sums = family.measures.iter().any(|m| m.is_sum() && m.is_positive());
        let positive = family.measures.iter().any(Measure::is_positive);
        match kind {
            Kind::Pie
            | Kind::Donut
            | Kind::Waffle
            | Kind::StackedBar
            | Kind::PercentBar
            | Kind::StackedArea
            | Kind::Pareto => sums,
            Kind::Area | Kind::Rose | Kind::Gauge | Kind::ErrorBar => positive,
            Kind::Radar => !self.profiles.is_empty() || (family.parts.is_some() && family.whole().is_some()),
            Kind::Treemap | Kind::Sunburst | Kind::PieBar => !self.trees.is_empty(),
            Kind::Funnel => !self.funnels.is_empty(),
            Kind::Node => !self.networks.is_empty(),
            Kind::Sankey => !self.flows.is_empty(),
            Kind::Candlestick | Kind::CandlestickVolume => !self.traded.is_empty(),
            Kind::Quiver => !self.vectors.is_empty(),
            Kind::Surface3d | Kind::Contour => !self.fields.is_empty(),
            Kind::Waterfall => !self.ledgers.is_empty(),
            Kind::Gantt => !self.projects.is_empty(),
            Kind::Pyramid => !self.pyramids.is_empty(),
            Kind::TileMap => !self.regional.is_empty(),
            _ => true,
        }
    }
}

impl Story {
    fn drawn(theme: &'static Theme, family: &'static Family, room: Room, rng: &mut Rng) -> Story {
        let phrases = library().phrases(&theme.language);
        let most = if room == Room::Full { 11 } else { 6 };
        let count = super::random::between(rng, 4.min(family.entities.len()), most.min(family.entities.len()));
        let mut entities = some_of(rng, family.entities.len(), count);
        if !family.ordered && chance(rng, 0.5) {
            rng.shuffle(&mut entities);
        }
        let times = course::times(family.time.step, family.time.from, family.time.to, rng);
        let trends = trends(rng);
        let shock = shock(&times, rng);
        let standing: Vec<f64> = entities.iter().map(|_| rng.unit()).collect();
        let values = family
            .measures
            .iter()
            .map(|m| measured(family, m, &entities, &standing, &times, &trends, shock, rng))
            .collect();
        let parts = family.parts.as_ref().map_or(0, |p| p.items.len());
        let shares = entities.iter().map(|_| drifting(parts, rng)).collect();
        let places = standing.iter().map(|p| (0.75 * p + 0.25 * rng.unit()).clamp(0.0, 1.0)).collect();
        let source = if chance(rng, 0.3) { rng.pick(&theme.sources).map(String::as_str) } else { None };
        let focus = rng.below(count);
        let axis_style = rng.below(phrases.axis.len());
        let mut story = Story {
            theme,
            family,
            phrases,
            room,
            entities,
            focus,
            times,
            values,
            shares,
            places,
            source,
            axis_style,
            trends,
            sentence: String::new(),
        };
        story.sentence = title::sentence(&story, rng);
        story
    }

    /// One of ECD's 25 themes.
    pub fn theme(&self) -> &str {
        &self.theme.theme
    }

    /// What a person would say of the data, in one sentence.
    pub fn sentence(&self) -> &str {
        &self.sentence
    }

    /// The language of its labels, as in `de`.
    pub fn language(&self) -> &str {
        &self.theme.language
    }

    /// The names of what is measured, in order.
    pub fn entities(&self) -> impl Iterator<Item = &str> {
        self.entities.iter().map(|e| self.family.entities[*e].name.as_str())
    }

    /// The points of its time axis.
    pub fn times(&self) -> &[Time] {
        &self.times
    }

    /// The trends its series follow, 1 to 3.
    pub fn trends(&self) -> &[Trend] {
        &self.trends
    }

    /// What the figure is about, for the spec.
    pub fn scenario(&self) -> Scenario {
        Scenario { theme: self.theme.theme.clone(), story: self.sentence.clone(), source: None }
    }

    /// Whether a chart of this kind can be made from this story (else from another one of its theme).
    pub fn supports(&self, kind: Kind) -> bool {
        self.theme.can(self.family, kind)
    }

    /// Whether a chart shows this story's own numbers, not something else of its theme (a funnel, a map).
    pub(super) fn tells(&self, chart: &crate::spec::Chart) -> bool {
        let t = self.theme;
        let titles = t
            .trees
            .iter()
            .map(|x| &x.title)
            .chain(t.funnels.iter().map(|x| &x.title))
            .chain(t.flows.iter().map(|x| &x.title));
        let titles = titles
            .chain(t.networks.iter().map(|x| &x.title))
            .chain(t.traded.iter().map(|x| &x.title))
            .chain(t.fields.iter().map(|x| &x.title));
        let titles = titles
            .chain(t.vectors.iter().map(|x| &x.title))
            .chain(t.projects.iter().map(|x| &x.title))
            .chain(t.ledgers.iter().map(|x| &x.title));
        let mut titles = titles
            .chain(t.pyramids.iter().map(|x| &x.title))
            .chain(t.profiles.iter().map(|x| &x.title))
            .chain(t.curves.iter().map(|x| &x.title));
        chart.kind != Kind::TileMap && titles.all(|title| *title != chart.title)
    }

    pub(super) fn name(&self, rank: usize) -> &'static str {
        &self.family.entities[self.entities[rank]].name
    }

    /// The measure's value for an entity at a time, split into the parts, exact in sum.
    pub(super) fn parts_at(&self, measure: usize, rank: usize, time: usize) -> Vec<f64> {
        let [first, last] = &self.shares[rank];
        let u = time as f64 / (self.times.len() - 1).max(1) as f64;
        // The drift is bent and a little restless, so that stacked layers are not ruled with a straight edge.
        let weight = |p: usize| {
            let ripple = 1.0 + 0.05 * ((time * (2 * p + 3) + 7 * p + rank) as f64 * 0.9).sin();
            (first[p] + (last[p] - first[p]) * u * (1.4 - 0.4 * u)) * ripple
        };
        let weights: Vec<f64> = (0..first.len()).map(weight).collect();
        split(self.values[measure][rank][time], &weights, self.family.measures[measure].decimals())
    }
}

/// 1 to 3 of upward, downward and fluctuating.
fn trends(rng: &mut Rng) -> Vec<Trend> {
    let mut all = [Trend::Up, Trend::Down, Trend::Fluctuating];
    rng.shuffle(&mut all);
    all[..=rng.below(3)].to_vec()
}

/// Now and then something happens to everybody: 2020, or a year of its own.
fn shock(times: &[Time], rng: &mut Rng) -> Option<Shock> {
    let at = times.iter().position(|t| calendar::year(*t) == 2020).filter(|at| *at > 0);
    let depth = rng.range(0.06, 0.16);
    match at {
        Some(at) if chance(rng, 0.35) => Some(Shock { at, depth }),
        _ => None,
    }
}

#[allow(clippy::too_many_arguments)]
fn measured(
    family: &Family,
    measure: &Measure,
    entities: &[usize],
    standing: &[f64],
    times: &[Time],
    trends: &[Trend],
    shock: Option<Shock>,
    rng: &mut Rng,
) -> Vec<Vec<f64>> {
    let sizes: Vec<f64> = family.entities.iter().filter_map(|e| e.size).collect();
    let (least, most) = sizes.iter().fold((f64::MAX, f64::MIN), |(a, b), s| (a.min(*s), b.max(*s)));
    let wide = measure.range[0] > 0.0 && measure.range[1] / measure.range[0] > 60.0 && sizes.is_empty();
    // Without known sizes a story keeps to a part of a wide range, so that the small ones can still be seen.
    let (from, width) = if wide && !chance(rng, 0.12) { (rng.range(0.0, 0.5), 0.5) } else { (0.0, 1.0) };
    let one = |(rank, entity): (usize, &usize)| {
        let own = rng.unit();
        let place = match family.entities[*entity].size.filter(|_| measure.is_sum() && most > least) {
            Some(size) => ((size / least).ln() / (most / least).ln() + 0.06 * normal(rng)).clamp(0.0, 1.0),
            None => {
                let related = if measure.r < 0.0 { 1.0 - standing[rank] } else { standing[rank] };
                // The first measure is the standing itself.
                let r = if std::ptr::eq(measure, &family.measures[0]) { 1.0 } else { measure.r.abs() };
                r * related + (1.0 - r) * own
            }
        };
        let trend = match measure.trend {
            Some(trend) if chance(rng, 0.75) => trend,
            _ => trends[rng.below(trends.len())],
        };
        let place = from + width * (0.06 + 0.88 * place);
        course::course(measure, course::level(measure, place), trend, times, shock.filter(|_| measure.is_sum()), rng)
    };
    entities.iter().enumerate().map(one).collect()
}

/// Shares at the start and at the end.
fn drifting(parts: usize, rng: &mut Rng) -> [Vec<f64>; 2] {
    let spread = rng.range(0.35, 1.0);
    let first = shares(rng, parts, spread);
    let moved: Vec<f64> = first.iter().map(|s| s * rng.range(0.55, 1.7)).collect();
    let sum: f64 = moved.iter().sum();
    let last = moved.iter().map(|m| m / sum).collect();
    [first, last]
}

/// Whether a time axis is made of years.
pub(super) fn is_yearly(story: &Story) -> bool {
    story.family.time.step == Step::Year
}
