//! Whole figures: one chart, or several of one story on a grid.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tamis_core::rng::Rng;

use super::random::{between, chance};
use super::story::{Room, story_for};
use super::{annotate, title};
use crate::spec::{Chart, Diversify, Figure, Kind, LookSpec};

/// ECD's 12 grids: up to 4x4 without 1x1, 3x4, 4x3 and 4x4.
pub const GRIDS: [[usize; 2]; 12] =
    [[1, 2], [1, 3], [1, 4], [2, 1], [2, 2], [2, 3], [2, 4], [3, 1], [3, 2], [3, 3], [4, 1], [4, 2]];

/// How a figure is made; the default draws everything.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// One of [`super::THEMES`]; any when `None`.
    pub theme: Option<String>,
    /// The share of figures in another language than English, 0 to 1.
    pub languages: f64,
    /// Names of looks to draw from (of `crate::look`).
    pub looks: Vec<String>,
    /// Width and height in pixels; drawn when `None`.
    pub size: Option<[u32; 2]>,
    /// The grid, for several charts; drawn from those of [`GRIDS`] that have cells enough when `None`.
    pub grid: Option<[usize; 2]>,
    /// The strategies to diversify by, drawn from uniformly (ECD applies one to every figure); none when empty.
    pub diversify: Vec<Diversify>,
    /// The share of figures that are diversified, 0 to 1.
    pub diversified: f64,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            theme: None,
            languages: super::LANGUAGE_SHARE,
            looks: vec!["matplotlib".into()],
            size: None,
            grid: None,
            diversify: vec![
                Diversify::Annotations,
                Diversify::Fonts,
                Diversify::Shading,
                Diversify::Borderless,
                Diversify::Inset,
            ],
            diversified: 0.5,
        }
    }
}

/// How the charts of a grid are titled (ECD, released code).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SubplotTitles {
    /// The title alone.
    Plain,
    /// "(a) " and the title.
    Lettered,
    /// "(a)" alone.
    LettersOnly,
}

/// A figure with each of `kinds` once: one chart for one kind, else a grid whose remaining cells hold more charts of
/// these kinds. All charts show one story.
///
/// # Errors
/// The theme in the options is none of [`super::THEMES`].
pub fn figure(kinds: &[Kind], options: &Options, rng: &mut Rng) -> Result<Figure, super::UnknownTheme> {
    let grid = match (kinds.len(), options.grid) {
        (0 | 1, None) => [1, 1],
        (_, Some(grid)) => grid,
        (count, None) => grid_for(count, rng),
    };
    let cells = grid[0] * grid[1];
    let single = cells <= 1;
    let room = if single { Room::Full } else { Room::Cell };
    let story = story_for(kinds, options.theme.as_deref(), options.languages, room, rng)?;
    let titles = [SubplotTitles::Plain, SubplotTitles::Lettered, SubplotTitles::LettersOnly][rng.below(3)];
    let diversify = strategy(options, rng);
    let mut charts: Vec<Chart> = Vec::with_capacity(cells);
    for cell in 0..cells {
        let drawn = || kinds.get(cell).copied();
        let kind = drawn().or_else(|| rng.pick(kinds).copied()).unwrap_or(Kind::Bar);
        let mut chart = different(kind, &story, &charts, rng);
        if diversify == Some(Diversify::Annotations) {
            annotate(&mut chart, rng);
        }
        // Who labels the bars of one chart labels those of all.
        if let Some(alike) = charts.iter().find(|c| c.kind == chart.kind) {
            chart.value_labels = alike.value_labels;
        }
        if !single {
            chart.title = subplot_title(&chart.title, titles, cell);
        }
        charts.push(chart);
    }
    // A figure whose charts have letters only needs a title to be understood.
    let titled = !single && (titles == SubplotTitles::LettersOnly || chance(rng, 0.6));
    let mut scenario = story.scenario();
    if let ([chart], false) = (charts.as_slice(), charts.first().is_some_and(|c| story.tells(c))) {
        scenario.story.clone_from(&chart.title);
    }
    let name = rng.pick(&options.looks).cloned().unwrap_or_default();
    Ok(Figure {
        size: options.size.unwrap_or_else(|| size(grid, rng)),
        grid,
        charts,
        title: titled.then(|| title::figure_title(&story, rng)),
        look: LookSpec { name, seed: rng.seed(), diversify },
        scenario,
    })
}

/// The strategy that a figure is diversified by, if any.
pub(super) fn strategy(options: &Options, rng: &mut Rng) -> Option<Diversify> {
    match options.diversify.is_empty() || !chance(rng, options.diversified) {
        true => None,
        false => rng.pick(&options.diversify).copied(),
    }
}

/// A grid with at least `count` cells, uniformly from ECD's; the largest where none has so many.
pub fn grid_for(count: usize, rng: &mut Rng) -> [usize; 2] {
    let fitting: Vec<[usize; 2]> = GRIDS.into_iter().filter(|g| g[0] * g[1] >= count).collect();
    rng.pick(&fitting).copied().unwrap_or([3, 3])
}

/// A chart that is not the same as one before it, if a few draws find one.
fn different(kind: Kind, story: &super::Story, before: &[Chart], rng: &mut Rng) -> Chart {
    let mut chart = super::chart(kind, story, rng);
    for _ in 0..4 {
        if before.iter().all(|b| b.kind != chart.kind || b.title != chart.title && b.table != chart.table) {
            break;
        }
        chart = super::chart(kind, story, rng);
    }
    chart
}

pub(super) fn subplot_title(title: &str, titles: SubplotTitles, cell: usize) -> String {
    let letter = char::from(b'a' + (cell % 26) as u8);
    match titles {
        SubplotTitles::Plain => title.into(),
        SubplotTitles::Lettered => format!("({letter}) {title}"),
        SubplotTitles::LettersOnly => format!("({letter})"),
    }
}

/// A size in pixels: of single charts 640 to 1100 wide; of grids by the cell, 2400 at most.
pub(super) fn size([rows, columns]: [usize; 2], rng: &mut Rng) -> [u32; 2] {
    if rows * columns == 1 {
        let width = between(rng, 32, 55) * 20;
        let aspect = [1.2, 1.33, 1.33, 1.5, 1.6, 1.78][rng.below(6)];
        return [width as u32, (width as f64 / aspect / 20.0).round() as u32 * 20];
    }
    let (wide, high) = (between(rng, 21, 27) * 20, between(rng, 17, 21) * 20);
    [(wide * columns).min(2400) as u32, (high * rows + 60).min(2000) as u32]
}
