//! What a chart is: its data, what is drawn from it, and in which look. The truth that questions are answered from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::table::Table;

/// A picture with one chart, or several on a grid that tell one story.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// Width and height in pixels.
    pub size: [u32; 2],
    /// Rows and columns of the grid; `[1, 1]` for a single chart.
    pub grid: [usize; 2],
    /// The charts, row by row; at most as many as there are cells.
    pub charts: Vec<Chart>,
    /// Over all charts; only where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The look all charts share.
    pub look: LookSpec,
    /// What the figure is about, for questions on topics and for those who read the data.
    pub scenario: Scenario,
}

/// What a figure is about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// One of ECD's 25 themes, "Economics" to "Sports"; "Data" for a user's own table.
    pub theme: String,
    /// One sentence a person would say of the data.
    pub story: String,
    /// The user's table that the data come from, and what its columns were taken for; none for data that are made up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<OwnSource>,
}

/// A user's own table, as it was understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnSource {
    /// Its name.
    pub table: String,
    /// Rows that were read.
    pub rows: u64,
    /// Rows that could not be read and were left out.
    #[serde(default)]
    pub left_out: u64,
    /// Its columns, in their order; at most [`crate::data::own::MOST_COLUMNS`].
    pub columns: Vec<OwnColumn>,
}

/// A column of a user's own table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnColumn {
    /// As it is drawn.
    pub name: String,
    /// What it was taken for: `time`, `category`, `number`, `identifier`, `empty`.
    pub role: String,
    /// Why.
    pub why: String,
}

/// Which look, and the seed of its variations; together they fix every line width, colour and font.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LookSpec {
    /// A name from [`crate::look`].
    pub name: String,
    /// What the look's parameters are drawn from.
    pub seed: u64,
    /// ECD's diversification strategy, if one is applied (arXiv:2508.06492, section 3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diversify: Option<Diversify>,
}

/// ECD's strategies to diversify a figure; the data never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Diversify {
    /// (a) annotations, arrows, thresholds with names, uncertainty bars, highlights.
    Annotations,
    /// (b) a strong change of font.
    Fonts,
    /// (c) gradients, area shading, transparency, grid and background.
    Shading,
    /// (d) axis borders removed.
    Borderless,
    /// (e) a small zoomed-in inset.
    Inset,
}

/// One chart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Chart {
    /// What kind of chart.
    pub kind: Kind,
    /// Above the chart; empty for none.
    #[serde(default)]
    pub title: String,
    /// Below the title, smaller; empty for none.
    #[serde(default)]
    pub subtitle: String,
    /// At the foot ("Source: ..."); empty for none.
    #[serde(default)]
    pub note: String,
    /// The data. Its columns' units are the units of answers.
    pub table: Table,
    /// Which column is drawn as what. [`Kind::wants`] says what each kind wants.
    pub encodings: Vec<Encoding>,
    /// The horizontal axis (the category axis of a horizontal bar chart is still `x`: it follows the data, not the page).
    #[serde(default)]
    pub x: Axis,
    /// The value axis.
    #[serde(default)]
    pub y: Axis,
    /// The second value axis, of kinds that have one (`bar_line`, `candlestick_volume`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y2: Option<Axis>,
    /// Lines, bands and notes that are drawn over the data and named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<Annotation>,
    /// Whether there is a legend when there is more than one series.
    #[serde(default = "yes")]
    pub legend: bool,
    /// Whether values are written at the marks.
    #[serde(default)]
    pub value_labels: bool,
    /// Categories run down the page and values across it (bars, boxes, lollipops).
    #[serde(default)]
    pub horizontal: bool,
}

fn yes() -> bool {
    true
}

/// One column drawn as one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Encoding {
    /// As what.
    pub channel: Channel,
    /// Which column of the table, by its name.
    pub column: String,
}

/// What a column is drawn as. Several `Y` columns are several series, in this order; the column's name is the series'.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Categories, times or numbers along the x axis; slices of a pie; spokes of a radar; rows of a heatmap.
    X,
    /// Values of one series; in kinds made of samples (histogram, density, box, violin) the samples of one group.
    Y,
    /// Values of one series on the second value axis.
    Y2,
    /// A category that colours a mark (scatter, bubble, Gantt) or names its group.
    Group,
    /// The area of a bubble.
    Size,
    /// Half the length of the error bar of the `Y` column of the same rank, in the units of `Y`.
    Error,
    /// Opening price.
    Open,
    /// Highest price.
    High,
    /// Lowest price.
    Low,
    /// Closing price.
    Close,
    /// Traded volume, drawn below.
    Volume,
    /// The name of a node's parent in a tree; empty at the root's children.
    Parent,
    /// Where a flow or an edge starts.
    Source,
    /// Where it ends.
    Target,
    /// Value of a flow, an edge, a leaf, a cell.
    Value,
    /// When a task starts.
    Start,
    /// When it ends.
    End,
    /// Arrow's component along x.
    U,
    /// Arrow's component along y.
    V,
}

/// One axis.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// The axis title, unit included as it is written ("Revenue (million USD)"); empty for none.
    #[serde(default)]
    pub title: String,
    /// How values become lengths; categories and times have scales of their own whatever is said here.
    #[serde(default)]
    pub scale: Scale,
    /// The value at its start, if not chosen from the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The value at its end, if not chosen from the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
}

/// How values become lengths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// In proportion.
    #[default]
    Linear,
    /// By its logarithm to base 10; all values above 0.
    Log,
}

/// Something named that is drawn over the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Annotation {
    /// A level line across the plot at a value of the value axis.
    Threshold {
        /// Where.
        value: f64,
        /// What is written at it.
        label: String,
    },
    /// A band between two values of the value axis.
    Band {
        /// Lower end.
        from: f64,
        /// Upper end.
        to: f64,
        /// What is written in it.
        label: String,
    },
    /// An arrow with words at one datum.
    Callout {
        /// Which series, by column name.
        series: String,
        /// Which row, from 0.
        row: usize,
        /// What is written.
        label: String,
    },
    /// One datum drawn so that it stands out.
    Highlight {
        /// Which series, by column name.
        series: String,
        /// Which row, from 0.
        row: usize,
    },
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $text:literal $words:literal),* $(,)?) => {
        /// Kinds of charts. The first 29 are ECD's (22 single, 7 overlays).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        pub enum Kind { $($(#[$doc])* #[serde(rename = $text)] $name),* }

        impl Kind {
            /// Every kind, in the order of the list.
            pub const ALL: &'static [Kind] = &[$(Kind::$name),*];

            /// As it is written in recipes: `stacked_bar`.
            pub fn name(self) -> &'static str {
                match self { $(Kind::$name => $text),* }
            }

            /// As a person says it: "stacked bar chart".
            pub fn words(self) -> &'static str {
                match self { $(Kind::$name => $words),* }
            }
        }
    };
}

kinds! {
    /// X categories, times or numbers; one Y or more.
    Line "line" "line chart",
    /// X categories; one Y or more, side by side.
    Bar "bar" "bar chart",
    /// X names; one Y, all at least 0.
    Pie "pie" "pie chart",
    /// X; one Y or more, each filled down to 0, seen through.
    Area "area" "area chart",
    /// X; one Y or more as points with Error.
    ErrorPoint "error_point" "error point chart",
    /// X names, Parent, Value: nested rectangles.
    Treemap "treemap" "treemap",
    /// X stages, one Y that falls.
    Funnel "funnel" "funnel chart",
    /// Source, Target, Value: nodes and edges.
    Node "node" "node-link graph",
    /// One Y or more of samples, as smoothed densities.
    Density "density" "density plot",
    /// One Y or more of samples, counted in bins.
    Histogram "histogram" "histogram",
    /// One Y or more of samples, as boxes and whiskers.
    Box "box" "box plot",
    /// X and Y numbers, Size, Group if any.
    Bubble "bubble" "bubble chart",
    /// X times, Open, High, Low, Close.
    Candlestick "candlestick" "candlestick chart",
    /// X row names; each Y a column of cells.
    Heatmap "heatmap" "heatmap",
    /// X spokes; one Y or more.
    Radar "radar" "radar chart",
    /// X sectors; one Y or more: length of the sector is the value.
    Rose "rose" "rose chart",
    /// X, Y, U, V numbers: arrows.
    Quiver "quiver" "quiver plot",
    /// X and Y numbers and Value on a full grid: a surface seen from the side.
    Surface3d "surface_3d" "3D surface plot",
    /// X; one Y or more with Error, as bars.
    ErrorBar "error_bar" "bar chart with error bars",
    /// X and Y numbers, Group if any.
    Scatter "scatter" "scatter plot",
    /// One Y or more of samples, as mirrored densities.
    Violin "violin" "violin plot",
    /// X and Y numbers and Value on a full grid: level lines.
    Contour "contour" "contour plot",
    /// X and Y numbers, with histograms of both at the margins.
    ScatterHistogram "scatter_histogram" "scatter plot with marginal histograms",
    /// X and Y numbers, with densities of both at the margins.
    ScatterDensity "scatter_density" "scatter plot with marginal densities",
    /// X and Y numbers counted in hexagons, with histograms at the margins.
    HexHistogram "hex_histogram" "hexbin plot with marginal histograms",
    /// One Y or more of samples: histogram and density.
    HistogramDensity "histogram_density" "histogram with density curve",
    /// X categories; Y as bars, Y2 as lines on a second axis.
    BarLine "bar_line" "combined bar and line chart",
    /// One Y or more of samples: a box inside a violin.
    BoxViolin "box_violin" "violin plot with boxes",
    /// X names, one Y as a pie; the largest slice's parts (Y2, Group names them) as a bar beside it.
    PieBar "pie_bar" "pie chart with a breakdown bar",
    /// X categories; two Y or more on top of each other.
    StackedBar "stacked_bar" "stacked bar chart",
    /// The same, as shares of 100%.
    PercentBar "percent_bar" "100% stacked bar chart",
    /// X ordered; two Y or more on top of each other.
    StackedArea "stacked_area" "stacked area chart",
    /// X steps; one Y of changes; the last bar is the total.
    Waterfall "waterfall" "waterfall chart",
    /// X tasks, Start, End (times), Group if any.
    Gantt "gantt" "Gantt chart",
    /// X ordered; one Y or more, constant between points.
    Step "step" "step chart",
    /// X categories; one Y as a dot on a stem.
    Lollipop "lollipop" "lollipop chart",
    /// X names of lines; exactly two Y: before and after.
    Slope "slope" "slope chart",
    /// X categories; exactly two Y, as dots joined by a line.
    Dumbbell "dumbbell" "dumbbell chart",
    /// Source, Target, Value: bands between columns of nodes.
    Sankey "sankey" "Sankey diagram",
    /// X names, Parent, Value: nested rings.
    Sunburst "sunburst" "sunburst chart",
    /// X names; one Y of shares, as coloured squares of 100.
    Waffle "waffle" "waffle chart",
    /// X names of lines; three Y or more, each an upright axis of its own.
    Parallel "parallel" "parallel coordinates plot",
    /// Candlesticks over bars of Volume.
    CandlestickVolume "candlestick_volume" "candlestick chart with volume",
    /// X names of regions, Y and Value... X, Group as "row,column", Value: equal tiles in the places of a map.
    TileMap "tile_map" "tile map",
    /// X names; one Y, as a ring.
    Donut "donut" "donut chart",
    /// One row: X name, one Y on a dial.
    Gauge "gauge" "gauge chart",
    /// X categories; exactly two Y, to the left and to the right of the middle.
    Pyramid "pyramid" "population pyramid",
    /// X categories; one Y as bars falling by size, and their running share as a line (computed) on a second axis.
    Pareto "pareto" "Pareto chart",
}

impl Chart {
    /// The names of the columns drawn as `channel`, in order.
    pub fn columns(&self, channel: Channel) -> impl Iterator<Item = &str> {
        self.encodings.iter().filter(move |e| e.channel == channel).map(|e| e.column.as_str())
    }

    /// The name of the first column drawn as `channel`.
    pub fn column(&self, channel: Channel) -> Option<&str> {
        self.columns(channel).next()
    }
}
