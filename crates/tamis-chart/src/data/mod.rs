//! Data for charts: invented scenarios over ECD's 25 themes, or a user's own table.
//!
//! A [`Story`] holds who is measured, when, and all the numbers; [`chart`] shows a part of it as one kind of chart, and
//! [`figure`] several parts on a grid. Charts of one story agree, because they show the same numbers. All texts and
//! ranges are in `data/*.yaml` of this crate.

mod annotate;
mod build;
pub(crate) mod calendar;
pub mod call;
mod course;
mod figure;
mod library;
mod mix;
pub mod own;
mod random;
mod story;
mod title;

use tamis_core::rng::Rng;

use crate::spec::{Chart, Kind, Scale};

pub use annotate::annotate;
pub use figure::{GRIDS, Options, SubplotTitles, figure, grid_for};
pub use library::Trend;
pub use mix::{Mix, MixError};
pub use story::{Room, Story, story, story_for};

/// ECD's themes (arXiv:2508.06492, released code).
pub const THEMES: [&str; 25] = [
    "Economics",
    "Psychology",
    "Sociology",
    "Biology",
    "Education",
    "Engineering",
    "Law",
    "Astronomy",
    "Computer Science",
    "Geography",
    "Physics",
    "Chemistry",
    "History",
    "Environmental Science",
    "Anthropology",
    "Media and Journalism",
    "Mathematics",
    "Statistics",
    "Finance",
    "Medicine",
    "Art and Design",
    "Agriculture",
    "Linguistics",
    "Architecture",
    "Sports",
];

/// The share of stories whose labels are in another language than English, among themes that have such.
pub const LANGUAGE_SHARE: f64 = 0.3;

/// A theme that there is not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected one of the 25 themes ({}), found `{found}`{hint}", THEMES.join(", "))]
pub struct UnknownTheme {
    found: String,
    hint: String,
}

/// The theme of this name, in any case.
///
/// # Errors
/// It is none of [`THEMES`].
pub fn theme_named(name: &str) -> Result<&'static str, UnknownTheme> {
    let found = THEMES.into_iter().find(|t| t.eq_ignore_ascii_case(name.trim()));
    found.ok_or_else(|| UnknownTheme { found: name.into(), hint: tamis_core::error::did_you_mean(name, THEMES) })
}

/// A chart of this kind that shows a part of the story, complete and valid.
///
/// Where the story lacks what the kind wants (a story of temperatures has no pie), another story of the same theme is
/// drawn for it; [`Story::supports`] tells, [`story_for`] avoids it.
pub fn chart(kind: Kind, story: &Story, rng: &mut Rng) -> Chart {
    let mut made = if story.supports(kind) {
        build::build(kind, story, rng)
    } else {
        // The theme's name comes from the library, so there is always such a story.
        match story_for(&[kind], Some(story.theme()), 0.0, story.room, rng) {
            Ok(other) => build::build(kind, &other, rng),
            Err(_) => build::build(kind, story, rng),
        }
    };
    logarithmic_where_wide(&mut made);
    made
}

/// A logarithmic value axis where positive data span more than three decades.
fn logarithmic_where_wide(chart: &mut Chart) {
    use crate::spec::Channel::{X, Y};
    let span = |chart: &Chart, channel| {
        let values = chart.drawn(channel).flat_map(|c| (0..c.len()).filter_map(|r| c.number(r)));
        let (low, high) = values.fold((f64::MAX, f64::MIN), |(a, b), v| (a.min(v), b.max(v)));
        if low > 0.0 && high >= low { high / low } else { 0.0 }
    };
    if chart.kind.takes_log() && span(chart, Y) > 1000.0 {
        chart.y.scale = Scale::Log;
    }
    if matches!(chart.kind, Kind::Scatter | Kind::Bubble) && span(chart, X) > 1000.0 {
        chart.x.scale = Scale::Log;
    }
}

#[cfg(test)]
mod tests;
