//! The room of one chart, and what kinds need to draw in it.

mod label;
mod legend;
mod paint;

use tamis_core::rng::Rng;
use tamis_draw::kurbo::{Point, Rect, Shape as _};
use tamis_draw::scene::{Node, Outline, Paint, Role, Stroke};

use crate::frame::Frame;
use crate::layout::{DrawError, View};
use crate::look::Style;
use crate::spec::{Channel, Chart};
use crate::table::Column;

pub(crate) use label::Spot;
pub(crate) use legend::{ColorBar, Entry, Sample};

/// Over what a node lies, from the bottom up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Layer {
    /// The plot's ground.
    Ground,
    /// Gridlines.
    Grid,
    /// The data.
    Marks,
    /// Spines, ticks, tick labels, axis titles.
    Axes,
    /// Values at marks.
    Labels,
    /// Annotations.
    Notes,
    /// The legend and titles.
    Legend,
}

/// One chart while it is drawn.
pub(crate) struct Cell<'a> {
    /// What is drawn.
    pub chart: &'a Chart,
    /// How, at the size of this cell.
    pub style: &'a Style,
    /// Draws that belong to this chart alone.
    pub rng: Rng,
    /// What is left for axes and data: titles, note and outer legends are outside.
    pub room: Rect,
    /// All of the chart's part of the picture, its margins taken off.
    pub page: Rect,
    prefix: String,
    layers: [Vec<Node>; 7],
    /// Boxes of texts; no two may overlap.
    texts: Vec<Rect>,
    /// Boxes of data, which texts and inner legends keep away from where they can.
    inks: Vec<Rect>,
    /// Where each datum is, for callouts and highlights.
    anchors: Vec<Anchor>,
    legend: Option<legend::Legend>,
    frame: Option<Frame>,
    pub(crate) view: View,
}

#[derive(Clone, Copy, Debug)]
struct Anchor {
    series: usize,
    row: usize,
    bbox: Rect,
}

impl<'a> Cell<'a> {
    pub(crate) fn new(chart: &'a Chart, style: &'a Style, prefix: String, page: Rect, rng: Rng) -> Cell<'a> {
        Cell {
            chart,
            style,
            rng,
            room: page,
            page,
            prefix,
            layers: Default::default(),
            texts: Vec::new(),
            inks: Vec::new(),
            anchors: Vec::new(),
            legend: None,
            frame: None,
            view: View::default(),
        }
    }

    /// The first column drawn as `channel`.
    pub fn column(&self, channel: Channel) -> Result<&'a Column, DrawError> {
        self.columns(channel).into_iter().next().ok_or(DrawError::NoColumn { kind: self.chart.kind, channel })
    }

    /// All columns drawn as `channel`, in order.
    pub fn columns(&self, channel: Channel) -> Vec<&'a Column> {
        let chart = self.chart;
        chart.columns(channel).filter_map(|name| chart.table.column(name)).collect()
    }

    /// The id of a part of this chart: `chart.0/` before `part`.
    pub fn id(&self, part: impl std::fmt::Display) -> String {
        format!("{}/{part}", self.prefix)
    }

    /// Puts a node on a layer. Its id comes from [`Cell::id`].
    pub fn push(&mut self, layer: Layer, node: Node) {
        self.layers[layer as usize].push(node);
    }

    /// The mark of one datum: `mark/S.R`.
    pub fn mark(
        &mut self,
        series: usize,
        row: usize,
        role: impl Into<Role>,
        outline: impl Into<Outline>,
        fill: Option<Paint>,
        stroke: Option<Stroke>,
    ) {
        let outline = outline.into();
        let bbox = outline.bbox();
        let node = Node::shape(self.id(format_args!("mark/{series}.{row}")), role, outline, fill, stroke);
        self.datum(series, row, bbox, node);
    }

    /// The mark of one datum that has several parts, whose ids come from [`Cell::part`].
    pub fn mark_group(&mut self, series: usize, row: usize, role: impl Into<Role>, bbox: Rect, parts: Vec<Node>) {
        let node = Node::group(self.id(format_args!("mark/{series}.{row}")), role, parts);
        self.datum(series, row, bbox, node);
    }

    /// The id of a part of a datum's mark: `mark/S.R/name`.
    pub fn part(&self, series: usize, row: usize, name: impl std::fmt::Display) -> String {
        self.id(format_args!("mark/{series}.{row}/{name}"))
    }

    /// The chart as one node, and what can be seen of it.
    pub(crate) fn finish(self) -> (Node, View) {
        let nodes = self.layers.into_iter().flatten().collect();
        (Node::group(self.prefix, "chart", nodes), self.view)
    }

    fn datum(&mut self, series: usize, row: usize, bbox: Rect, node: Node) {
        self.anchors.push(Anchor { series, row, bbox });
        self.inks.push(bbox);
        self.push(Layer::Marks, node);
    }

    /// Says that data are drawn there, so that texts and the legend keep away: for lines, whose parts are no marks.
    pub fn ink(&mut self, bbox: Rect) {
        self.inks.push(bbox);
    }

    /// Says where a datum is that has no mark of its own box.
    pub fn anchor(&mut self, series: usize, row: usize, at: Point) {
        self.anchors.push(Anchor { series, row, bbox: Rect::from_points(at, at) });
    }
}

trait Bbox {
    fn bbox(&self) -> Rect;
}

impl Bbox for Outline {
    fn bbox(&self) -> Rect {
        match self {
            Outline::Rect(rect) => rect.abs(),
            Outline::Circle(circle) => circle.bounding_box(),
            Outline::Line(line) => line.bounding_box(),
            Outline::Path(path) => path.bounding_box(),
        }
    }
}
