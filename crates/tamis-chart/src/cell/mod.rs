//! The room of one chart, and what kinds need to draw in it.

mod color_bar;
mod direct;
mod hand;
mod inset;
mod label;
mod legend;
mod notes;
mod occupied;
mod paint;
pub(crate) mod text;
mod titles;
pub(crate) mod words;

use tamis_core::rng::Rng;
use tamis_draw::kurbo::{Point, Rect, Shape as _};
use tamis_draw::scene::{Content, Node, Outline, Paint, Role, Stroke};

use crate::frame::Frame;
use crate::layout::{DrawError, View};
use crate::look::{LegendPlace, Style};
use crate::spec::{Channel, Chart};
use crate::table::Column;

use occupied::Occupied;

pub(crate) use color_bar::ColorBar;
pub(crate) use label::Spot;
pub(crate) use legend::{Entry, Sample};
pub(crate) use paint::marker;

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
    /// Where data are, which texts and inner legends keep away from where they can.
    inks: Occupied,
    /// Where each datum is, for callouts and highlights.
    anchors: Vec<Anchor>,
    titles: Vec<titles::Block>,
    legend: Option<legend::Legend>,
    laid: Option<(legend::Laid, LegendPlace)>,
    bar: Option<color_bar::LaidBar>,
    /// Series whose names stand at the ends of their lines.
    direct: Vec<Entry>,
    has_ends: bool,
    at_ends: bool,
    ends: Vec<(usize, Point)>,
    pub(crate) frame: Option<Frame>,
    /// The plot had no room for the legend when it was drawn before.
    crowded: bool,
    pub(crate) view: View,
}

/// The plot has no room for its legend: the chart is to be drawn again with the legend outside.
#[derive(Debug)]
pub(crate) struct Crowded;

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
            inks: Occupied::new(page),
            anchors: Vec::new(),
            titles: Vec::new(),
            legend: None,
            laid: None,
            bar: None,
            direct: Vec::new(),
            has_ends: false,
            at_ends: false,
            ends: Vec::new(),
            frame: None,
            crowded: false,
            view: View::default(),
        }
    }

    /// The same cell for a second try, after [`Cell::finish`] found no room for the legend.
    pub(crate) fn crowded(mut self) -> Self {
        self.crowded = true;
        self
    }

    /// Lays out titles and legend and gives the room for the data of kinds without axes.
    ///
    /// # Errors
    /// When the room would be too small to read.
    pub(crate) fn plain(&mut self) -> Result<Rect, DrawError> {
        self.reserve(false)?;
        let found = self.room.width().min(self.room.height());
        if found < 24.0 {
            let what = format!("{}: room for the data beside titles and legend", self.chart.kind.words());
            return Err(DrawError::TooSmall { what, needed: 24.0, found: found.max(0.0) });
        }
        Ok(self.room)
    }

    pub(crate) fn reserve(&mut self, framed: bool) -> Result<(), DrawError> {
        self.reserve_titles();
        self.reserve_legend(framed)
    }

    /// The first column drawn as `channel`.
    pub(crate) fn column(&self, channel: Channel) -> Result<&'a Column, DrawError> {
        self.columns(channel).into_iter().next().ok_or(DrawError::NoColumn { kind: self.chart.kind, channel })
    }

    /// All columns drawn as `channel`, in order.
    pub(crate) fn columns(&self, channel: Channel) -> Vec<&'a Column> {
        let chart = self.chart;
        chart.columns(channel).filter_map(|name| chart.table.column(name)).collect()
    }

    /// The id of a part of this chart: `chart.0/` before `part`.
    pub(crate) fn id(&self, part: impl std::fmt::Display) -> String {
        format!("{}/{part}", self.prefix)
    }

    /// Puts a node on a layer. Its id comes from [`Cell::id`].
    pub(crate) fn push(&mut self, layer: Layer, node: Node) {
        self.layers[layer as usize].push(node);
    }

    /// The mark of one datum: `mark/S.R`.
    pub(crate) fn mark(
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

    /// The mark of one datum whose box is no obstacle: an area below a curve, which is told by [`Cell::ink_line`].
    pub(crate) fn mark_plain(
        &mut self,
        series: usize,
        row: usize,
        role: impl Into<Role>,
        outline: Outline,
        fill: impl Into<Paint>,
    ) {
        let bbox = outline.bbox();
        let node = Node::fill(self.id(format_args!("mark/{series}.{row}")), role, outline, fill);
        self.datum_node_at(series, row, bbox, node);
    }

    /// The mark of one datum that has several parts, whose ids come from [`Cell::part`].
    pub(crate) fn mark_group(
        &mut self,
        series: usize,
        row: usize,
        role: impl Into<Role>,
        bbox: Rect,
        parts: Vec<Node>,
    ) {
        let node = Node::group(self.id(format_args!("mark/{series}.{row}")), role, parts);
        self.datum(series, row, bbox, node);
    }

    /// The id of a part of a datum's mark: `mark/S.R/name`.
    pub(crate) fn part(&self, series: usize, row: usize, name: impl std::fmt::Display) -> String {
        self.id(format_args!("mark/{series}.{row}/{name}"))
    }

    /// The chart as one node, and what can be seen of it.
    pub(crate) fn finish(mut self) -> Result<(Node, View), Crowded> {
        if let Some(frame) = self.frame.clone() {
            self.zero_line(&frame);
        }
        self.draw_direct()?;
        self.draw_bar();
        self.draw_titles();
        self.draw_legend()?;
        self.draw_inset();
        self.draw_notes();
        let mut nodes: Vec<Node> = self.layers.into_iter().flatten().collect();
        if let Some(amplitude) = self.style.hand {
            hand::roughen(&mut nodes, amplitude, &mut self.rng);
        }
        Ok((Node::group(self.prefix, "chart", nodes), self.view))
    }

    /// The mark of one datum that is a shape already, of id `mark/S.R`.
    pub(crate) fn datum_node(&mut self, series: usize, row: usize, node: Node) {
        let bbox = match &node.content {
            Content::Shape(shape) => shape.outline.bbox(),
            _ => Rect::ZERO,
        };
        self.datum(series, row, bbox, node);
    }

    /// The same for a node of any kind; `bbox` is where its words would point to.
    pub(crate) fn datum_node_at(&mut self, series: usize, row: usize, bbox: Rect, node: Node) {
        self.anchors.push(Anchor { series, row, bbox });
        self.push(Layer::Marks, node);
    }

    fn datum(&mut self, series: usize, row: usize, bbox: Rect, node: Node) {
        self.anchors.push(Anchor { series, row, bbox });
        self.inks.add(bbox);
        self.push(Layer::Marks, node);
    }

    /// Says that data fill this box, so that texts and the legend keep away.
    pub(crate) fn ink(&mut self, bbox: Rect) {
        self.inks.add(bbox);
    }

    /// Says that a line of data runs along these points.
    pub(crate) fn ink_line(&mut self, points: &[Point]) {
        self.inks.add_line(points);
    }

    /// Says where a datum is that has no mark of its own box.
    pub(crate) fn anchor(&mut self, series: usize, row: usize, at: Point) {
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
