//! What each kind of chart wants of its data, and whether a chart has it.
//!
//! [`Kind::wants`] and [`Kind::laws`] are data: generators fill charts by them, [`crate::spec::Chart::validate`] checks charts by
//! them, and whoever draws a chart that is valid need not check again.

mod check;
mod laws;
mod words;

use crate::spec::{Channel, Kind};

pub use laws::Law;

/// One channel that a kind of chart wants or takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Want {
    /// Which.
    pub channel: Channel,
    /// The fewest columns; 0 where the channel may be left out.
    pub least: usize,
    /// The most columns.
    pub most: usize,
    /// The types the columns' cells may have.
    pub cells: &'static [CellType],
    /// What holds for every value of the column.
    pub rules: &'static [Rule],
    /// Whether cells may be missing.
    pub gaps: bool,
}

/// The type of a column's cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellType {
    /// Names.
    Text,
    /// Finite numbers.
    Number,
    /// Points in time.
    Time,
}

/// What holds for the values of one column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// No value comes twice.
    Distinct,
    /// Numbers and times grow from row to row; says nothing of names.
    Increasing,
    /// No number is larger than the one before.
    Falling,
    /// No number below 0.
    NonNegative,
    /// Whole numbers.
    Whole,
    /// The sum of the column is this.
    SumsTo(f64),
    /// Not all are 0.
    SomeAboveZero,
    /// At least so many numbers: fewer make no distribution.
    Samples(usize),
}

use CellType::{Number, Text, Time};
use Rule::{Distinct, Falling, Increasing, NonNegative, Samples, SomeAboveZero, SumsTo, Whole};

const ORDERED: &[CellType] = &[Text, Time, Number];
const CATEGORY: &[CellType] = &[Text, Time];

const fn want(channel: Channel, cells: &'static [CellType], rules: &'static [Rule]) -> Want {
    Want { channel, least: 1, most: 1, cells, rules, gaps: false }
}

impl Want {
    const fn times(self, least: usize, most: usize) -> Want {
        Want { least, most, ..self }
    }

    const fn or_more(self) -> Want {
        Want { most: usize::MAX, ..self }
    }

    const fn at_least(self, least: usize) -> Want {
        Want { least, most: usize::MAX, ..self }
    }

    const fn gaps(self) -> Want {
        Want { gaps: true, ..self }
    }
}

/// Categories, times or numbers in their order.
const X_ORDERED: Want = want(Channel::X, ORDERED, &[Distinct, Increasing]);
/// Categories or periods.
const X_CATEGORY: Want = want(Channel::X, CATEGORY, &[Distinct, Increasing]);
/// Names.
const X_NAMES: Want = want(Channel::X, &[Text], &[Distinct]);
/// One series of numbers.
const Y: Want = want(Channel::Y, &[Number], &[]);
/// One series of numbers that are at least 0.
const Y_POSITIVE: Want = want(Channel::Y, &[Number], &[NonNegative]);
/// Parts of a whole.
const Y_PARTS: Want = want(Channel::Y, &[Number], &[NonNegative, SomeAboveZero]);
const GROUP: Want = want(Channel::Group, &[Text], &[]).times(0, 1);
const X_NUMBER: Want = want(Channel::X, &[Number], &[]);
const VALUE: Want = want(Channel::Value, &[Number], &[]);
const VALUE_POSITIVE: Want = want(Channel::Value, &[Number], &[NonNegative, SomeAboveZero]);
const ERROR: Want = want(Channel::Error, &[Number], &[NonNegative]).or_more();
const SOURCE: Want = want(Channel::Source, &[Text], &[]);
const TARGET: Want = want(Channel::Target, &[Text], &[]);
/// Samples: the column's length is its own.
const SAMPLES: Want = want(Channel::Y, &[Number], &[Samples(5)]).or_more().gaps();
const PRICE: &[Rule] = &[NonNegative];

const CANDLES: [Want; 5] = [
    X_CATEGORY,
    want(Channel::Open, &[Number], PRICE),
    want(Channel::High, &[Number], PRICE),
    want(Channel::Low, &[Number], PRICE),
    want(Channel::Close, &[Number], PRICE),
];

impl Kind {
    /// The channels this kind wants or takes. A channel that is not in the list is refused.
    pub fn wants(self) -> &'static [Want] {
        match self {
            Kind::Line => const { &[X_ORDERED, Y.or_more().gaps()] },
            Kind::Area | Kind::Step => const { &[X_ORDERED, Y.or_more()] },
            Kind::Bar => const { &[X_CATEGORY, Y.or_more().gaps()] },
            Kind::Pie | Kind::Donut => const { &[X_NAMES, Y_PARTS] },
            Kind::ErrorPoint => const { &[X_ORDERED, Y.or_more(), ERROR] },
            Kind::ErrorBar => const { &[X_CATEGORY, Y_POSITIVE.or_more(), ERROR] },
            Kind::Treemap | Kind::Sunburst => {
                const { &[X_NAMES, want(Channel::Parent, &[Text], &[]).gaps(), VALUE_POSITIVE.gaps()] }
            }
            Kind::Funnel => const { &[X_NAMES, want(Channel::Y, &[Number], &[NonNegative, SomeAboveZero, Falling])] },
            Kind::Node => const { &[SOURCE, TARGET, VALUE_POSITIVE.times(0, 1)] },
            Kind::Density | Kind::Histogram | Kind::HistogramDensity => const { &[SAMPLES] },
            Kind::Box | Kind::Violin | Kind::BoxViolin => const { &[SAMPLES] },
            Kind::Bubble => {
                const { &[X_NUMBER, Y, want(Channel::Size, &[Number], &[NonNegative, SomeAboveZero]), GROUP] }
            }
            Kind::Candlestick => &CANDLES,
            Kind::CandlestickVolume => {
                const {
                    &[
                        CANDLES[0],
                        CANDLES[1],
                        CANDLES[2],
                        CANDLES[3],
                        CANDLES[4],
                        want(Channel::Volume, &[Number], &[NonNegative, SomeAboveZero]),
                    ]
                }
            }
            Kind::Heatmap => const { &[X_CATEGORY, Y.or_more().gaps()] },
            Kind::Radar => const { &[X_NAMES, Y_POSITIVE.or_more()] },
            Kind::Rose => const { &[X_CATEGORY, Y_PARTS.or_more()] },
            Kind::Quiver => {
                const { &[X_NUMBER, Y, want(Channel::U, &[Number], &[]), want(Channel::V, &[Number], &[])] }
            }
            Kind::Surface3d | Kind::Contour => const { &[X_NUMBER, Y, VALUE] },
            Kind::Scatter => const { &[X_NUMBER, Y, GROUP] },
            Kind::ScatterHistogram | Kind::ScatterDensity | Kind::HexHistogram => const { &[X_NUMBER, Y] },
            Kind::BarLine => const { &[X_CATEGORY, Y.or_more(), want(Channel::Y2, &[Number], &[]).or_more()] },
            Kind::PieBar => {
                const {
                    &[
                        X_NAMES.gaps(),
                        Y_PARTS.gaps(),
                        want(Channel::Group, &[Text], &[Distinct]).gaps(),
                        want(Channel::Y2, &[Number], &[NonNegative, SomeAboveZero]).gaps(),
                    ]
                }
            }
            Kind::StackedBar | Kind::PercentBar => const { &[X_CATEGORY, Y_POSITIVE.at_least(2)] },
            Kind::StackedArea => const { &[X_ORDERED, Y_POSITIVE.at_least(2)] },
            Kind::Waterfall => const { &[X_NAMES, Y] },
            Kind::Gantt => {
                const { &[X_NAMES, want(Channel::Start, &[Time], &[]), want(Channel::End, &[Time], &[]), GROUP] }
            }
            Kind::Lollipop => const { &[X_CATEGORY, Y] },
            Kind::Slope => const { &[X_NAMES, Y.times(2, 2)] },
            Kind::Dumbbell => const { &[X_CATEGORY, Y.times(2, 2)] },
            Kind::Sankey => const { &[SOURCE, TARGET, VALUE_POSITIVE] },
            Kind::Waffle => const { &[X_NAMES, want(Channel::Y, &[Number], &[NonNegative, Whole, SumsTo(100.0)])] },
            Kind::Parallel => const { &[X_NAMES, Y.at_least(3)] },
            Kind::TileMap => const { &[X_NAMES, want(Channel::Group, &[Text], &[Distinct]), VALUE.gaps()] },
            Kind::Gauge => const { &[X_NAMES, Y] },
            Kind::Pyramid => const { &[X_CATEGORY, Y_PARTS.times(2, 2)] },
            Kind::Pareto => const { &[X_NAMES, want(Channel::Y, &[Number], &[NonNegative, SomeAboveZero, Falling])] },
        }
    }

    /// What holds between the columns.
    pub fn laws(self) -> &'static [Law] {
        match self {
            Kind::Line | Kind::Area | Kind::Step | Kind::StackedArea | Kind::Waterfall | Kind::Funnel => {
                &[Law::Rows(2, usize::MAX)]
            }
            Kind::Pie | Kind::Donut | Kind::Waffle | Kind::Pareto | Kind::Slope => &[Law::Rows(2, usize::MAX)],
            Kind::ErrorPoint | Kind::ErrorBar => &[Law::Rows(1, usize::MAX), Law::OneErrorForEachSeries],
            Kind::Radar | Kind::Rose => &[Law::Rows(3, usize::MAX)],
            Kind::Treemap | Kind::Sunburst => &[Law::Tree],
            Kind::Node => &[Law::Edges],
            Kind::Sankey => &[Law::Edges, Law::Acyclic],
            Kind::Density | Kind::Histogram | Kind::HistogramDensity | Kind::Box | Kind::Violin | Kind::BoxViolin => {
                &[Law::SamplesDiffer]
            }
            Kind::Candlestick | Kind::CandlestickVolume => &[Law::Rows(2, usize::MAX), Law::HighAndLow],
            Kind::Surface3d | Kind::Contour => &[Law::FullGrid],
            Kind::Quiver | Kind::Scatter | Kind::ScatterHistogram | Kind::ScatterDensity | Kind::HexHistogram => {
                &[Law::Rows(3, usize::MAX)]
            }
            Kind::Bubble => &[Law::Rows(2, usize::MAX)],
            Kind::PieBar => &[Law::Rows(2, usize::MAX), Law::PartsOfLargest],
            Kind::PercentBar => &[Law::Rows(1, usize::MAX), Law::RowsSumTo(100.0)],
            Kind::Gantt => &[Law::Rows(1, usize::MAX), Law::StartBeforeEnd],
            Kind::Parallel => &[Law::Rows(2, usize::MAX)],
            Kind::TileMap => &[Law::Rows(2, usize::MAX), Law::Places],
            Kind::Gauge => &[Law::Rows(1, 1), Law::OnTheDial],
            Kind::Bar
            | Kind::BarLine
            | Kind::Heatmap
            | Kind::StackedBar
            | Kind::Lollipop
            | Kind::Dumbbell
            | Kind::Pyramid => &[Law::Rows(1, usize::MAX)],
        }
    }

    /// Whether its columns of samples may have different lengths.
    pub fn is_of_samples(self) -> bool {
        matches!(
            self,
            Kind::Density | Kind::Histogram | Kind::HistogramDensity | Kind::Box | Kind::Violin | Kind::BoxViolin
        )
    }

    /// Whether its value axis may be logarithmic. Lengths from 0 and stacks have no logarithm.
    pub fn takes_log(self) -> bool {
        matches!(
            self,
            Kind::Line
                | Kind::Step
                | Kind::ErrorPoint
                | Kind::Scatter
                | Kind::Bubble
                | Kind::Dumbbell
                | Kind::Slope
                | Kind::Box
        )
    }
}

impl Channel {
    /// As it is written in a spec: `x`, `y2`.
    pub fn name(self) -> &'static str {
        match self {
            Channel::X => "x",
            Channel::Y => "y",
            Channel::Y2 => "y2",
            Channel::Group => "group",
            Channel::Size => "size",
            Channel::Error => "error",
            Channel::Open => "open",
            Channel::High => "high",
            Channel::Low => "low",
            Channel::Close => "close",
            Channel::Volume => "volume",
            Channel::Parent => "parent",
            Channel::Source => "source",
            Channel::Target => "target",
            Channel::Value => "value",
            Channel::Start => "start",
            Channel::End => "end",
            Channel::U => "u",
            Channel::V => "v",
        }
    }
}

/// Why a chart cannot be drawn: what was expected, what was found, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text())]
pub struct SpecError {
    /// The kind of chart.
    pub kind: Kind,
    /// The channel at fault, where there is one.
    pub channel: Option<Channel>,
    /// The column at fault, where there is one.
    pub column: Option<String>,
    /// The row at fault, from 0, where there is one.
    pub row: Option<usize>,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub found: String,
    /// What to do.
    pub advice: String,
}

impl SpecError {
    fn text(&self) -> String {
        let mut place = self.kind.words().to_string();
        if let Some(channel) = self.channel {
            place += &format!(", channel `{}`", channel.name());
        }
        if let Some(column) = &self.column {
            place += &format!(", column `{}`", shortened(column));
        }
        if let Some(row) = self.row {
            place += &format!(", row {row}");
        }
        format!("{place}: expected {}, found {}; {}", self.expected, self.found, self.advice)
    }
}

/// A name short enough for a message.
fn shortened(name: &str) -> String {
    match name.char_indices().nth(60) {
        Some((end, _)) => format!("{}...", &name[..end]),
        None => name.to_string(),
    }
}

#[cfg(test)]
mod tests;
