//! How each kind is drawn. A kind gets a [`Cell`], asks it for axes or for plain room, and puts its marks there.
//!
//! ```text
//! let x = cell.column(Channel::X)?;                            // the columns it draws
//! cell.legend_of_series();                                     // before axes: an outer legend takes room
//! let frame = cell.axes(Axes::new(cell.chart, Domain::categories(x), Domain::numbers(values).from_zero()))?;
//! cell.mark(series, row, "bar", frame.rect([..], [..]), paint) // every datum: id `mark/S.R`
//! cell.label(series, row, &text, &spots)                       // after all marks; not written where there is no room
//! ```

mod bar;
mod line;
pub(crate) mod parts;
mod point;
mod span;
mod stem;

use crate::cell::Cell;
use crate::layout::DrawError;
use crate::spec::Kind;

/// Draws the data of the cell's chart.
pub(crate) fn draw(cell: &mut Cell) -> Result<(), DrawError> {
    match cell.chart.kind {
        Kind::Bar | Kind::ErrorBar => bar::grouped(cell),
        Kind::StackedBar | Kind::PercentBar => bar::stacked(cell),
        Kind::BarLine => bar::with_line(cell),
        Kind::Pareto => bar::pareto(cell),
        Kind::Line | Kind::Step => line::lines(cell),
        Kind::Area => line::areas(cell),
        Kind::StackedArea => line::stacked_areas(cell),
        Kind::ErrorPoint => line::error_points(cell),
        Kind::Scatter => point::scatter(cell),
        Kind::Bubble => point::bubbles(cell),
        Kind::Lollipop => stem::lollipops(cell),
        Kind::Dumbbell => stem::dumbbells(cell),
        Kind::Slope => stem::slopes(cell),
        Kind::Waterfall => span::waterfall(cell),
        Kind::Gantt => span::gantt(cell),
        Kind::Candlestick | Kind::CandlestickVolume => span::candlesticks(cell),
        Kind::Pyramid => span::pyramid(cell),
        kind => Err(DrawError::NotDrawn { kind }),
    }
}

impl Kind {
    /// Whether its data are bars, which gridlines may run over.
    pub(crate) fn has_bars(self) -> bool {
        use Kind::{Bar, ErrorBar, Histogram, Pareto, PercentBar, Pyramid, StackedBar, Waterfall};
        matches!(self, Bar | ErrorBar | Histogram | Pareto | PercentBar | Pyramid | StackedBar | Waterfall)
    }
}
