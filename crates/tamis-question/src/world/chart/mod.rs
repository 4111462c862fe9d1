//! What a figure of charts shows: facts and data from the spec, and from the view only how it was drawn.

mod data;
mod facts;
mod values;

use std::collections::BTreeSet;

use tamis_chart::spec::{Chart, Figure, Kind};

use super::{Part, World};

/// How a figure was drawn, as far as questions depend on it. All of it may be left out: then limits are guessed from
/// the data, nothing is asked about colours, and every element is taken to be there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// By chart, in the order of the figure.
    pub charts: Vec<ChartView>,
    /// Ids of all elements of the scene. When given, a question about a text that was not drawn is not asked, and
    /// values count as written only where their labels are.
    pub elements: Option<BTreeSet<String>>,
}

/// How one chart was drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChartView {
    /// Ends of the x axis, where it is one of numbers.
    pub x: Option<[f64; 2]>,
    /// Ends of the value axis.
    pub y: Option<[f64; 2]>,
    /// Ends of the second value axis.
    pub y2: Option<[f64; 2]>,
    /// The colour of each series in words ("blue"), by rank; `None` where no word fits well. For charts that colour
    /// rows (pies), by row.
    pub colors: Vec<Option<String>>,
}

impl View {
    /// Whether an element was drawn, as far as is known.
    pub(crate) fn shows(&self, id: &str) -> bool {
        self.elements.as_ref().is_none_or(|e| e.contains(id))
    }

    pub(crate) fn chart(&self, k: usize) -> ChartView {
        self.charts.get(k).cloned().unwrap_or_default()
    }
}

impl World {
    /// What a figure shows.
    pub fn of_figure(figure: &Figure, view: &View) -> World {
        let parts = (0..figure.charts.len()).map(|k| part(figure, k, view)).collect();
        World { facts: facts::of_figure(figure), parts, ..World::default() }
    }
}

fn part(figure: &Figure, k: usize, view: &View) -> Part {
    let chart = &figure.charts[k];
    let sheet = data::sheet(chart, k, view);
    Part {
        family: family(chart.kind),
        kind: chart.kind.name().to_owned(),
        noun: chart.kind.words().to_owned(),
        places: places(figure, k),
        facts: facts::of_chart(figure, k, &sheet, view),
        sheet,
        grid: None,
    }
}

/// What templates call kinds that are read alike.
fn family(kind: Kind) -> &'static str {
    match kind {
        Kind::Density | Kind::Histogram | Kind::Box | Kind::Violin | Kind::HistogramDensity | Kind::BoxViolin => {
            "samples"
        }
        Kind::Scatter | Kind::Bubble | Kind::ScatterHistogram | Kind::ScatterDensity | Kind::HexHistogram => "cloud",
        Kind::Quiver | Kind::Surface3d | Kind::Contour => "field",
        Kind::Node | Kind::Sankey => "flow",
        Kind::Candlestick | Kind::CandlestickVolume => "prices",
        Kind::Gantt => "tasks",
        _ => "values",
    }
}

/// How a reader finds a chart among the others, in several ways; nothing for the only one.
fn places(figure: &Figure, k: usize) -> Vec<String> {
    if figure.charts.len() < 2 {
        return Vec::new();
    }
    let mut places = vec![by_position(figure.grid, figure.charts.len(), k)];
    let title = figure.charts[k].title.trim();
    let shared = |get: fn(&Chart) -> &str| {
        let own = get(&figure.charts[k]).trim().to_owned();
        figure.charts.iter().filter(|c| get(c).trim() == own).count() > 1
    };
    let letter = title.len() == 3 && title.starts_with('(') && title.ends_with(')');
    if letter && !shared(|c| &c.title) {
        places.push(format!("chart {title}"));
    } else if !title.is_empty() && title.chars().count() <= 80 && !shared(|c| &c.title) {
        places.push(format!("the chart titled \"{title}\""));
    }
    if !shared(|c| c.kind.words()) {
        places.push(format!("the {}", figure.charts[k].kind.words()));
    }
    places
}

/// "the top left chart", "the chart in row 2, column 3".
fn by_position([rows, columns]: [usize; 2], n: usize, k: usize) -> String {
    let (row, column) = (k / columns.max(1), k % columns.max(1));
    let down = match (rows, row) {
        (1, _) => "",
        (2 | 3, 0) => "top",
        (2, 1) | (3, 2) => "bottom",
        (3, 1) => "middle",
        _ => return in_words(row, column),
    };
    let full = n == rows * columns;
    let along = match (columns, column) {
        (1, _) => "",
        (2 | 3, 0) => "left",
        (2, 1) | (3, 2) => "right",
        (3, 1) => "center",
        _ => return in_words(row, column),
    };
    // In a row that is not full, "center" and "right" are doubtful.
    if !full && row + 1 == rows && columns > 1 {
        return in_words(row, column);
    }
    let words: Vec<&str> = [down, along].into_iter().filter(|w| !w.is_empty()).collect();
    format!("the {} chart", words.join(" "))
}

fn in_words(row: usize, column: usize) -> String {
    format!("the chart in row {}, column {}", row + 1, column + 1)
}
