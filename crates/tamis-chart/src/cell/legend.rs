//! Legends: which sample stands for which name, or which colour for which value.

use tamis_draw::scene::{Paint, Stroke};
use tamis_draw::Color;

use super::Cell;
use crate::look::Marker;
use crate::spec::Channel;

/// One line of a legend: `legend/S`.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Rank of the series, or of the group or slice.
    pub series: usize,
    /// Its name.
    pub name: String,
    /// What it looks like.
    pub sample: Sample,
}

/// What a series looks like.
#[derive(Clone, Debug)]
pub(crate) enum Sample {
    /// A filled area.
    Area(Paint, Option<Stroke>),
    /// A line, with a mark if its data have one.
    Line(Stroke, Option<(Marker, Color)>),
    /// A point.
    Point(Marker, Color),
}

/// Colours for values, with a scale of its own.
#[derive(Clone, Debug)]
pub(crate) struct ColorBar {
    /// What the values are.
    pub title: String,
    /// The value of the first colour.
    pub low: f64,
    /// The value of the last colour.
    pub high: f64,
    /// From low to high, evenly spaced.
    pub colors: Vec<Color>,
}

/// What is drawn as legend.
#[derive(Clone, Debug)]
pub(super) enum Legend {
    Entries(Vec<Entry>),
    Bar(ColorBar),
}

impl Cell<'_> {
    /// A legend of these entries; to be called before [`Cell::axes`] or [`Cell::plain`]. Not drawn where the chart
    /// wants none.
    pub fn legend(&mut self, entries: Vec<Entry>) {
        if self.chart.legend && !entries.is_empty() {
            self.legend = Some(Legend::Entries(entries));
        }
    }

    /// A legend of the `Y` series with the sample of each, if there is more than one.
    pub fn legend_of_series(&mut self, sample: impl Fn(&Cell, usize) -> Sample) {
        let names: Vec<String> = self.chart.columns(Channel::Y).map(String::from).collect();
        if names.len() > 1 {
            let entries = names.into_iter().enumerate();
            let entries = entries.map(|(series, name)| Entry { series, name, sample: sample(self, series) }).collect();
            self.legend(entries);
        }
    }

    /// A scale of colours at the right of the plot; to be called before [`Cell::axes`] or [`Cell::plain`].
    pub fn color_bar(&mut self, bar: ColorBar) {
        self.legend = Some(Legend::Bar(bar));
    }
}
