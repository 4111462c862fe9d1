//! Axes: what a kind asks for, and the frame it gets to draw in.

pub(crate) mod axes;
pub(crate) mod format;
mod plan;
pub(crate) mod scale;
pub(crate) mod ticks;

use tamis_draw::kurbo::{Point, Rect};

use crate::spec::{Axis, Chart};
use crate::table::{Cells, Column, Time};
pub(crate) use scale::{Scale, ScaleKind, Step, time_index};

/// What one axis is about.
#[derive(Clone, Debug)]
pub(crate) enum Domain {
    /// Numbers from the lowest to the highest that is drawn. `zero`: the axis reaches 0 (bars, areas).
    /// `tight`: it ends where the data end, without free room (densities, contours).
    Numbers { low: f64, high: f64, zero: bool, tight: bool },
    /// Names, each with a slot of width 1 around its place 0, 1, 2, ...
    Categories(Vec<String>),
    /// Points in time, counted in their steps ([`time_index`]), from the first to the last.
    Times { step: Step, low: f64, high: f64 },
}

/// The axes a kind asks for. `x` follows the data: with `horizontal` it runs down the page.
#[derive(Clone, Debug)]
pub(crate) struct Axes {
    /// Categories, times, or numbers.
    pub x: Domain,
    /// Values.
    pub y: Domain,
    /// Second values.
    pub y2: Option<Domain>,
    /// What is written along the axes; from the chart unless changed.
    pub x_title: String,
    pub y_title: String,
    pub y2_title: String,
    /// `x` runs down the page.
    pub horizontal: bool,
    /// With `horizontal`, `x` runs up the page instead (population pyramids).
    pub rising: bool,
    /// Free room beyond the first and the last category, in slots.
    pub ends: f64,
    /// `y2` has a panel of its own below the plot, of this share of the height.
    pub lower: Option<f64>,
    /// Free room in pixels above and to the right of the plot, for plots at the margins.
    pub beside: [f64; 2],
    /// Values are written without their sign (population pyramids).
    pub absolute: bool,
    /// A percent sign after value ticks.
    pub percent: bool,
}

/// Where a kind draws.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// The plot in pixels.
    pub plot: Rect,
    pub x: Scale,
    pub y: Scale,
    pub y2: Option<Scale>,
    /// `x` runs down the page, `y` across.
    pub horizontal: bool,
    /// The panel of `y2`, if it has one of its own.
    pub lower: Option<Rect>,
    /// The room above the plot that was asked for (empty otherwise).
    pub above: Rect,
    /// The room to the right of it.
    pub right: Rect,
}

impl Domain {
    /// An axis over all these numbers.
    pub(crate) fn numbers(values: impl IntoIterator<Item = f64>) -> Domain {
        let (low, high) = values.into_iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        if low > high {
            return Domain::Numbers { low: 0.0, high: 1.0, zero: false, tight: false };
        }
        Domain::Numbers { low, high, zero: false, tight: false }
    }

    /// The same axis, reaching 0.
    pub(crate) fn with_zero(mut self) -> Domain {
        if let Domain::Numbers { zero, .. } = &mut self {
            *zero = true;
        }
        self
    }

    /// The same axis, without free room at its ends.
    pub(crate) fn tight(mut self) -> Domain {
        if let Domain::Numbers { tight, .. } = &mut self {
            *tight = true;
        }
        self
    }

    /// A category for every row: what bars stand on.
    pub(crate) fn categories(column: &Column) -> Domain {
        Domain::Categories((0..column.len()).map(|row| column.written(row)).collect())
    }

    /// What lines run along: times and numbers as such, names as categories.
    pub(crate) fn ordered(column: &Column) -> Domain {
        match &column.cells {
            Cells::Text(_) => Domain::categories(column),
            Cells::Number(v) => Domain::numbers(v.iter().flatten().copied()).tight(),
            Cells::Time(v) => Domain::times(v.iter().flatten().copied()).unwrap_or_else(|| Domain::categories(column)),
        }
    }

    /// A time axis over all these; `None` when there are none or their steps differ.
    pub(crate) fn times(times: impl IntoIterator<Item = Time>) -> Option<Domain> {
        let mut times = times.into_iter();
        let first = times.next()?;
        let (step, start) = (Step::of(first), time_index(first));
        let (mut low, mut high) = (start, start);
        for time in times {
            if Step::of(time) != step {
                return None;
            }
            (low, high) = (low.min(time_index(time)), high.max(time_index(time)));
        }
        Some(Domain::Times { step, low, high })
    }
}

/// The places of a column's rows on the axis of [`Domain::ordered`]; for [`Domain::categories`] it is the row itself.
pub(crate) fn places(column: &Column) -> Vec<Option<f64>> {
    match &column.cells {
        Cells::Number(v) => v.clone(),
        Cells::Time(v) if Domain::times(v.iter().flatten().copied()).is_some() => {
            v.iter().map(|t| t.map(time_index)).collect()
        }
        _ => (0..column.len()).map(|row| Some(row as f64)).collect(),
    }
}

impl Axes {
    /// Axes with the titles and the direction that the chart says.
    pub(crate) fn new(chart: &Chart, x: Domain, y: Domain) -> Axes {
        let title = |axis: Option<&Axis>| axis.map(|a| a.title.clone()).unwrap_or_default();
        Axes {
            x,
            y,
            y2: None,
            x_title: title(Some(&chart.x)),
            y_title: title(Some(&chart.y)),
            y2_title: title(chart.y2.as_ref()),
            horizontal: chart.horizontal,
            rising: false,
            ends: 0.5,
            lower: None,
            beside: [0.0; 2],
            absolute: false,
            percent: false,
        }
    }
}

impl Frame {
    /// Where a datum is on the page.
    pub(crate) fn point(&self, x: f64, y: f64) -> Point {
        if self.horizontal { Point::new(self.y.at(y), self.x.at(x)) } else { Point::new(self.x.at(x), self.y.at(y)) }
    }

    /// The rectangle between two places and two values: a bar.
    pub(crate) fn rect(&self, x: [f64; 2], y: [f64; 2]) -> Rect {
        Rect::from_points(self.point(x[0], y[0]), self.point(x[1], y[1]))
    }
}
