//! Charts of each kind from a story.

mod flow;
mod grid;
mod matrix;
mod part;
mod plane;
mod point;
mod sample;
mod time;

use tamis_core::rng::Rng;

use super::random::chance;
use super::story::{Room, Story};
use super::title::{self, Vars, View};
use crate::spec::{Axis, Channel, Chart, Encoding, Kind};
use crate::table::{Column, Table};

/// A chart of this kind that shows a part of the story.
pub(super) fn build(kind: Kind, story: &Story, rng: &mut Rng) -> Chart {
    let mut chart = match kind {
        Kind::Line => time::line(story, rng),
        Kind::Area | Kind::StackedArea | Kind::Step => time::series(kind, story, rng),
        Kind::Candlestick | Kind::CandlestickVolume => time::candles(kind, story, rng),
        Kind::Gantt => time::gantt(story, rng),
        Kind::Bar | Kind::StackedBar | Kind::PercentBar | Kind::Heatmap => grid::several(kind, story, rng),
        Kind::BarLine => grid::bar_line(story, rng),
        Kind::Lollipop | Kind::Pareto => grid::single(kind, story, rng),
        Kind::Slope | Kind::Dumbbell => grid::two_times(kind, story, rng),
        Kind::Radar => grid::radar(story, rng),
        Kind::Rose => grid::rose(story, rng),
        Kind::Gauge => grid::gauge(story, rng),
        Kind::Parallel => grid::parallel(story, rng),
        Kind::Pie | Kind::Donut | Kind::Waffle => part::shares(kind, story, rng),
        Kind::Treemap | Kind::Sunburst => part::tree(kind, story, rng),
        Kind::PieBar => part::pie_bar(story, rng),
        Kind::Funnel => part::funnel(story, rng),
        Kind::Waterfall => part::waterfall(story, rng),
        Kind::Pyramid => part::pyramid(story, rng),
        Kind::TileMap => part::tile_map(story, rng),
        Kind::Sankey => flow::sankey(story, rng),
        Kind::Node => flow::network(story, rng),
        Kind::Histogram | Kind::Density | Kind::HistogramDensity => sample::distribution(kind, story, rng),
        Kind::Box | Kind::Violin | Kind::BoxViolin => sample::distribution(kind, story, rng),
        Kind::ErrorPoint | Kind::ErrorBar => sample::means(kind, story, rng),
        Kind::Scatter | Kind::ScatterHistogram | Kind::ScatterDensity | Kind::HexHistogram => {
            point::scatter(kind, story, rng)
        }
        Kind::Bubble => point::bubble(story, rng),
        Kind::Quiver => plane::quiver(story, rng),
        Kind::Surface3d | Kind::Contour => plane::surface(kind, story, rng),
    };
    if chart.note.is_empty() {
        chart.note = title::note(story);
    }
    chart
}

/// Columns with what they are drawn as.
#[derive(Default)]
struct Sheet {
    columns: Vec<Column>,
    encodings: Vec<Encoding>,
}

impl Sheet {
    /// Adds a column; a name that is there already gets a number.
    fn add(&mut self, channel: Channel, mut column: Column) {
        if column.name.trim().is_empty() {
            column.name = channel.name().to_string();
        }
        let wanted = column.name.clone();
        let mut number = 2;
        while self.columns.iter().any(|c| c.name == column.name) {
            column.name = format!("{wanted} {number}");
            number += 1;
        }
        self.encodings.push(Encoding { channel, column: column.name.clone() });
        self.columns.push(column);
    }

    fn chart(self, kind: Kind, title: String, x: Axis, y: Axis) -> Chart {
        Chart {
            kind,
            title,
            subtitle: String::new(),
            note: String::new(),
            table: Table { columns: self.columns },
            encodings: self.encodings,
            x,
            y,
            y2: None,
            annotations: Vec::new(),
            legend: true,
            value_labels: false,
            horizontal: false,
        }
    }
}

/// Title and subtitle of a view.
fn titled(mut chart: Chart, story: &Story, view: View, vars: &Vars, rng: &mut Rng) -> Chart {
    chart.title = title::title(story, view, vars, rng);
    chart.subtitle = title::subtitle(story, view, vars, rng);
    if chart.subtitle == chart.title {
        chart.subtitle.clear();
    }
    chart
}

/// Whether values are written at the marks: now and then, where there are few.
fn labelled(marks: usize, probability: f64, rng: &mut Rng) -> bool {
    marks <= 24 && chance(rng, probability)
}

/// Whether categories run down the page: often where their names are long.
fn lying(names: impl Iterator<Item = impl AsRef<str>>, rng: &mut Rng) -> bool {
    let lengths: Vec<usize> = names.map(|n| n.as_ref().chars().count()).collect();
    let longest = lengths.iter().copied().max().unwrap_or(0);
    let wide: usize = lengths.iter().sum();
    chance(rng, if longest > 16 || wide > 90 { 0.8 } else { 0.22 })
}

/// The larger number for a whole figure, the smaller for a cell.
fn room(story: &Story, full: usize, cell: usize) -> usize {
    if story.room == Room::Full { full } else { cell }
}
