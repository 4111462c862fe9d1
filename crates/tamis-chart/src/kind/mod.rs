//! How each kind is drawn. A kind gets a [`Cell`], asks it for axes or for plain room, and puts its marks there.
//!
//! ```text
//! let x = cell.column(Channel::X)?;                            // the columns it draws
//! cell.legend_of_series();                                     // before axes: an outer legend takes room
//! let frame = cell.axes(Axes::new(cell.chart, Domain::categories(x), Domain::numbers(values).with_zero()))?;
//! cell.mark(series, row, "bar", frame.rect([..], [..]), paint) // every datum: id `mark/S.R`
//! cell.label(series, row, &text, &spots)                       // after all marks; not written where there is no room
//! ```

mod bar;
mod field;
mod funnel;
mod gauge;
mod line;
mod margin;
mod node;
mod parallel;
pub(crate) mod parts;
mod pie;
mod point;
mod polar;
mod radar;
mod rose;
mod sample;
mod sankey;
mod span;
mod spread;
mod stem;
mod sunburst;
mod surface;
mod tiles;
mod treemap;
mod waffle;

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
        Kind::Pie | Kind::Donut => pie::slices(cell),
        Kind::PieBar => pie::with_bar(cell),
        Kind::Rose => rose::rose(cell),
        Kind::Radar => radar::radar(cell),
        Kind::Gauge => gauge::gauge(cell),
        Kind::Treemap => treemap::treemap(cell),
        Kind::Sunburst => sunburst::sunburst(cell),
        Kind::Funnel => funnel::funnel(cell),
        Kind::Waffle => waffle::waffle(cell),
        Kind::Sankey => sankey::sankey(cell),
        Kind::Node => node::node(cell),
        Kind::Parallel => parallel::parallel(cell),
        Kind::Heatmap => tiles::heatmap(cell),
        Kind::TileMap => tiles::tile_map(cell),
        Kind::Histogram | Kind::HistogramDensity => sample::histogram(cell),
        Kind::Density => sample::density(cell),
        Kind::Box | Kind::Violin | Kind::BoxViolin => spread::groups(cell),
        Kind::ScatterHistogram | Kind::ScatterDensity | Kind::HexHistogram => margin::joint(cell),
        Kind::Contour => field::contour(cell),
        Kind::Quiver => field::quiver(cell),
        Kind::Surface3d => surface::surface(cell),
    }
}

impl Kind {
    /// Whether its data are bars, which gridlines may run over.
    pub(crate) fn has_bars(self) -> bool {
        use Kind::{Bar, ErrorBar, Histogram, Pareto, PercentBar, Pyramid, StackedBar, Waterfall};
        matches!(self, Bar | ErrorBar | Histogram | Pareto | PercentBar | Pyramid | StackedBar | Waterfall)
    }
}
