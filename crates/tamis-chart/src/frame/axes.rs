//! Axes on the page: margins from measured labels, then spines, ticks, grid and titles.

use tamis_draw::kurbo::{BezPath, Line as Segment, Point, Rect};
use tamis_draw::scene::{Node, Stroke};
use tamis_draw::text::{Anchor, Height, Line};

use crate::cell::{Cell, Layer};
use crate::frame::plan::{Plan, Side, Wanted, line_height, plan};
use crate::frame::{Axes, Domain, Frame, Scale};
use crate::layout::DrawError;
use crate::look::{Style, TickSide, YTitle};
use crate::spec::Axis;

/// A plot smaller than this many pixels shows nothing.
const SMALLEST: f64 = 24.0;

/// One axis with its place.
struct Placed {
    name: &'static str,
    side: Side,
    plan: Plan,
    scale: Scale,
    /// The panel it belongs to.
    panel: Rect,
    /// Its title stands level above the plot.
    above: bool,
    /// Its gridlines are those of values.
    is_value: bool,
    /// Its gridlines are drawn (not those of a second axis over the first).
    has_grid: bool,
}

impl Cell<'_> {
    /// Lays out titles, legend and axes, draws them, and gives the frame for the data.
    ///
    /// # Errors
    /// When the plot would be too small to read.
    pub(crate) fn axes(&mut self, axes: Axes) -> Result<Frame, DrawError> {
        self.reserve(true)?;
        let room = self.room;
        let style = self.style;
        let mut margins = [4.0 * style.text.tick.size, 0.0, 0.0, 2.0 * style.text.tick.size];
        let mut placed = Vec::new();
        let mut plot = room;
        for round in 0..4 {
            plot = whole(Rect::new(
                room.x0 + margins[0],
                room.y0 + margins[1],
                room.x1 - margins[2],
                room.y1 - margins[3],
            ));
            self.check_room(plot)?;
            placed = self.place(&axes, plot);
            let needed = self.margins(&placed, plot);
            let close = needed.iter().zip(&margins).all(|(n, m)| *n <= m + 0.01 && *n > m - 3.0);
            if close {
                break;
            }
            // Later rounds only grow, so that the last one holds all labels.
            margins = if round < 2 { needed } else { std::array::from_fn(|i| margins[i].max(needed[i])) };
        }
        let frame = frame(&axes, &placed, plot);
        self.draw_axes(&axes, &placed, &frame);
        self.frame = Some(frame.clone());
        Ok(frame)
    }

    fn check_room(&self, plot: Rect) -> Result<(), DrawError> {
        let found = plot.width().min(plot.height());
        let what = || format!("{}: room for the data beside titles and labels", self.chart.kind.words());
        if found < SMALLEST {
            Err(DrawError::TooSmall { what: what(), needed: SMALLEST, found: found.max(0.0) })
        } else {
            Ok(())
        }
    }

    /// All axes laid out around this plot.
    fn place(&self, axes: &Axes, outer: Rect) -> Vec<Placed> {
        let style = self.style;
        let none = Axis::default();
        let [above, beside] = axes.beside;
        let plot = Rect::new(outer.x0, outer.y0 + above, outer.x1 - beside, outer.y1);
        let (main, lower) = panels(axes, plot, style);
        // Names at the ends of lines take the right side.
        // Plots at the right margin have no room for labels beside them, those above none for a title.
        let right = style.y_right && axes.y2.is_none() && self.direct_room() == 0.0 && axes.beside[1] == 0.0;
        let value_side = match (axes.horizontal, right) {
            (true, _) => Side::Bottom,
            (false, true) => Side::Right,
            (false, false) => Side::Left,
        };
        let mut placed = Vec::new();
        let mut put = |name, domain: &Domain, title: &str, spec: &Axis, side: Side, panel: Rect, grid: bool| {
            let is_value = name != "x";
            let wanted = Wanted {
                domain,
                title,
                spec,
                side,
                absolute: is_value && axes.absolute,
                percent: is_value && axes.percent,
                ends: axes.ends,
            };
            let length = if side.is_level() { panel.width() } else { panel.height() };
            let plan = plan(&wanted, style, length, [self.room.width(), self.room.height()]);
            let ends = match (side.is_level(), is_value) {
                (true, _) => [panel.x0, panel.x1],
                (false, true) => [panel.y1, panel.y0],
                (false, false) if axes.rising => [panel.y1, panel.y0],
                // What follows the data runs down the page.
                (false, false) => [panel.y0, panel.y1],
            };
            let scale = Scale { kind: plan.kind, min: plan.min, max: plan.max, from: ends[0], to: ends[1] };
            // Above the lower of two panels is the upper one.
            let above = style.y_title == YTitle::Above
                && !side.is_level()
                && is_value
                && axes.lower.is_none()
                && axes.beside[0] == 0.0;
            placed.push(Placed { name, side, plan, scale, panel, above, is_value, has_grid: grid });
        };
        let x_side = if axes.horizontal { Side::Left } else { Side::Bottom };
        let x_panel = if axes.horizontal { main } else { Rect { y1: plot.y1, ..main } };
        put("x", &axes.x, &axes.x_title, &self.chart.x, x_side, x_panel, true);
        put("y", &axes.y, &axes.y_title, &self.chart.y, value_side, main, true);
        if let Some(domain) = &axes.y2 {
            let spec = self.chart.y2.as_ref().unwrap_or(&none);
            match lower {
                Some(panel) => put("y2", domain, &axes.y2_title, spec, value_side, panel, true),
                None => put("y2", domain, &axes.y2_title, spec, Side::Right, main, false),
            }
        }
        placed
    }

    /// What labels and titles need: left, top, right, bottom.
    fn margins(&self, placed: &[Placed], plot: Rect) -> [f64; 4] {
        let style = self.style;
        let mut needed = [0.0f64, 0.0, self.direct_room(), 0.0];
        for axis in placed {
            let (outer, [before, after]) = (self.thickness(axis), axis.plan.over);
            let (at, ends) = match axis.side {
                Side::Left => (0, [1, 3]),
                Side::Top => (1, [0, 2]),
                Side::Right => (2, [1, 3]),
                Side::Bottom => (3, [0, 2]),
            };
            needed[at] = needed[at].max(outer);
            // Labels stand out beyond the panel, which may end before the plot does.
            let inner = if axis.side.is_level() {
                [axis.panel.x0 - plot.x0, plot.x1 - axis.panel.x1]
            } else {
                [axis.panel.y0 - plot.y0, plot.y1 - axis.panel.y1]
            };
            needed[ends[0]] = needed[ends[0]].max(before - inner[0]);
            needed[ends[1]] = needed[ends[1]].max(after - inner[1]);
        }
        if placed.iter().any(|a| a.above && !a.plan.title.is_empty()) {
            needed[1] += style.text.axis.size * 1.2 + style.text.tick.size * 0.6;
        }
        needed.map(f64::ceil)
    }

    /// From the plot to the outer edge of an axis.
    fn thickness(&self, axis: &Placed) -> f64 {
        let style = self.style;
        let marks = outer_tick(style);
        let labels = if axis.plan.depth > 0.0 { style.ticks.gap + axis.plan.depth } else { 0.0 };
        let title = if axis.above { 0.0 } else { title_height(&axis.plan.title, style) };
        style.spines.offset + marks + labels + title
    }

    fn draw_axes(&mut self, axes: &Axes, placed: &[Placed], frame: &Frame) {
        let ground = self.style.ground();
        self.push(Layer::Ground, Node::fill(self.id("plot"), "plot area", frame.plot, ground));
        if let Some(lower) = frame.lower {
            self.push(Layer::Ground, Node::fill(self.id("plot/lower"), "plot area", lower, ground));
        }
        for axis in placed {
            self.grid(axis);
            self.tick_marks(axis);
            self.tick_labels(axis);
            self.axis_title(axis, placed);
            let view = Some(axis.plan.view.clone());
            match axis.name {
                "x" => self.view.x = view,
                "y" => self.view.y = view,
                _ => self.view.y2 = view,
            }
        }
        self.spines(frame.plot, "", axes.y2.is_some() && frame.lower.is_none());
        if let Some(lower) = frame.lower {
            self.spines(lower, "lower-", false);
        }
    }

    fn grid(&mut self, axis: &Placed) {
        let grid = &self.style.grid;
        let wanted = if axis.is_value { grid.values } else { grid.others };
        // Lines of the ground's colour over the data are for bars; they would cut lines to pieces.
        if !wanted || !axis.has_grid || (grid.over && !self.chart.kind.has_bars()) {
            return;
        }
        let layer = if grid.over { Layer::Axes } else { Layer::Grid };
        let (major, minor) = (grid.stroke.clone(), grid.minor.clone());
        if let Some(stroke) = minor {
            self.gridlines(layer, axis, "grid/minor", &axis.plan.minor, &stroke);
        }
        let values: Vec<f64> = axis.plan.ticks.iter().map(|t| t.value).collect();
        self.gridlines(layer, axis, "grid", &values, &major);
    }

    /// A line across the panel at each of these values of an axis.
    fn gridlines(&mut self, layer: Layer, axis: &Placed, name: &str, values: &[f64], stroke: &Stroke) {
        let panel = axis.panel;
        for (i, value) in values.iter().enumerate().filter(|(_, v)| axis.scale.holds(**v)) {
            let at = snap(axis.scale.at(*value), stroke.width);
            let line = if axis.side.is_level() {
                Segment::new((at, panel.y0), (at, panel.y1))
            } else {
                Segment::new((panel.x0, at), (panel.x1, at))
            };
            let id = self.id(format_args!("{}/{name}/{i}", axis.name));
            self.push(layer, Node::stroke(id, "gridline", line, stroke.clone()));
        }
    }

    fn tick_marks(&mut self, axis: &Placed) {
        let ticks = &self.style.ticks;
        if ticks.side == TickSide::None || ticks.length <= 0.0 {
            return;
        }
        let mut path = BezPath::new();
        let has_labels = axis.plan.ticks.iter().filter(|t| !t.label.is_empty());
        let major = has_labels.map(|t| (t.value, 1.0));
        let minor = axis.plan.minor.iter().filter(|_| ticks.minor).map(|v| (*v, 0.55));
        for (value, share) in major.chain(minor) {
            let length = ticks.length * share;
            let (out, inward) = match ticks.side {
                TickSide::Out => (length, 0.0),
                TickSide::In => (0.0, length),
                TickSide::Across => (length, length),
                TickSide::None => (0.0, 0.0),
            };
            let at = snap(axis.scale.at(value), ticks.stroke.width);
            segment(&mut path, axis.side, at, edge(axis, axis.side, self.style), out, inward);
            if ticks.mirrored {
                let opposite = opposite(axis.side);
                segment(&mut path, opposite, at, edge(axis, opposite, self.style), out, inward);
            }
        }
        if !path.elements().is_empty() {
            let id = self.id(format_args!("{}/marks", axis.name));
            self.push(Layer::Axes, Node::stroke(id, "tick marks", path, ticks.stroke.clone()));
        }
    }

    fn tick_labels(&mut self, axis: &Placed) {
        let out = outer_tick(self.style) + self.style.ticks.gap;
        let edge = edge(axis, axis.side, self.style);
        for (i, tick) in axis.plan.ticks.iter().enumerate() {
            let at = axis.scale.at(tick.value);
            let id = self.id(format_args!("{}/tick/{i}", axis.name));
            let lines = tick.label.clone();
            match axis.side {
                Side::Bottom if axis.plan.angle != 0.0 => {
                    let Some(line) = lines.into_iter().next() else { continue };
                    let down = if axis.plan.angle < 90.0 { line.size * 0.25 } else { 0.0 };
                    let run = line.turned((at, edge + out + down), Anchor::RIGHT, axis.plan.angle);
                    self.text(Layer::Axes, id, "tick label", run);
                }
                Side::Bottom => self.block(Layer::Axes, id, "tick label", lines, Point::new(at, edge + out), 0.5),
                Side::Top => {
                    let height: f64 = lines.iter().map(line_height).sum();
                    self.block(Layer::Axes, id, "tick label", lines, Point::new(at, edge - out - height), 0.5);
                }
                Side::Left | Side::Right => {
                    let (x, align) = if axis.side == Side::Left { (edge - out, 1.0) } else { (edge + out, 0.0) };
                    let middle = middle_of(&lines);
                    self.block(Layer::Axes, id, "tick label", lines, Point::new(x, at - middle), align);
                }
            }
        }
    }

    fn axis_title(&mut self, axis: &Placed, placed: &[Placed]) {
        let lines = axis.plan.title.clone();
        if lines.is_empty() {
            return;
        }
        let style = self.style;
        let id = self.id(format_args!("{}/title", axis.name));
        let room = self.room;
        let widest = lines.iter().map(|l| l.width).fold(0.0, f64::max);
        if axis.above {
            let over = placed.iter().filter(|p| !p.side.is_level()).map(|p| p.plan.over[0]).fold(0.0, f64::max);
            let top = axis.panel.y0 - over - line_height(&lines[0]) - style.text.tick.size * 0.45;
            let one = crate::cell::text::elided(&self.title_text(axis), &style.text.axis, room.width() * 0.48);
            let (x, align) = match axis.side {
                Side::Right => (room.x1 - self.direct_room(), 1.0),
                _ => ((axis.panel.x0 - self.thickness(axis)).max(room.x0), 0.0),
            };
            return self.block(Layer::Axes, id, "axis title", vec![one], Point::new(x, top), align);
        }
        let marks = style.spines.offset + outer_tick(style);
        let labels = if axis.plan.depth > 0.0 { style.ticks.gap + axis.plan.depth } else { 0.0 };
        let gap = title_gap(style);
        if axis.side.is_level() {
            let middle = axis
                .panel
                .center()
                .x
                .clamp(room.x0 + widest / 2.0, (room.x1 - widest / 2.0).max(room.x0 + widest / 2.0));
            let y = axis.panel.y1 + marks + labels + gap;
            return self.block(Layer::Axes, id, "axis title", lines, Point::new(middle, y), 0.5);
        }
        let middle =
            axis.panel.center().y.clamp(room.y0 + widest / 2.0, (room.y1 - widest / 2.0).max(room.y0 + widest / 2.0));
        let height: f64 = lines.iter().map(line_height).sum();
        let left = match axis.side {
            Side::Left => axis.panel.x0 - marks - labels - gap - height,
            _ => axis.panel.x1 + marks + labels + gap,
        };
        self.upright_block(id, "axis title", lines, Point::new(left, middle));
    }

    fn title_text(&self, axis: &Placed) -> String {
        let joined: Vec<&str> = axis.plan.title.iter().map(|l| l.text.as_str()).collect();
        joined.join(" ")
    }

    /// Lines below each other from `top` on; `align` 0 to the right of it, 1 to its left.
    pub(crate) fn block(
        &mut self,
        layer: Layer,
        id: String,
        role: &'static str,
        lines: Vec<Line>,
        top: Point,
        align: f64,
    ) {
        let anchor = Anchor { x: align, y: Height::Baseline };
        let mut y = top.y;
        let runs = lines.into_iter().map(|line| {
            let at = Point::new(top.x, y + line.size * 0.84);
            y += line_height(&line);
            line.at(at, anchor)
        });
        let runs = runs.collect();
        self.texts_of(layer, id, role, runs);
    }

    /// Lines turned by 90 degrees beside each other from `left` on, their middles at its height.
    fn upright_block(&mut self, id: String, role: &'static str, lines: Vec<Line>, left: Point) {
        let anchor = Anchor { x: 0.5, y: Height::Baseline };
        let mut x = left.x;
        let runs = lines.into_iter().map(|line| {
            let at = Point::new(x + line.size * 0.86, left.y);
            x += line_height(&line);
            line.turned(at, anchor, 90.0)
        });
        let runs = runs.collect();
        self.texts_of(Layer::Axes, id, role, runs);
    }

    fn spines(&mut self, plot: Rect, prefix: &str, second: bool) {
        let spines = &self.style.spines;
        let (w, o) = (spines.stroke.width, spines.offset);
        let out = if o > 0.0 { 0.0 } else { w / 2.0 };
        let (x0, x1) = (snap(plot.x0 - o, w), snap(plot.x1 + o, w));
        let (y0, y1) = (snap(plot.y0 - o, w), snap(plot.y1 + o, w));
        let (l, r, t, b) = (plot.x0 - out, plot.x1 + out, plot.y0 - out, plot.y1 + out);
        let sides = [
            (spines.left, "left", Segment::new((x0, t), (x0, b))),
            (spines.right || (second && spines.left), "right", Segment::new((x1, t), (x1, b))),
            (spines.top, "top", Segment::new((l, y0), (r, y0))),
            (spines.bottom, "bottom", Segment::new((l, y1), (r, y1))),
        ];
        for (_, name, line) in sides.into_iter().filter(|(drawn, ..)| *drawn) {
            let id = self.id(format_args!("spine/{prefix}{name}"));
            self.push(Layer::Axes, Node::stroke(id, "axis line", line, spines.stroke.clone()));
        }
    }

    /// A line at 0 across the plot, where the style has one and the axis passes 0: to be drawn over the data.
    pub(crate) fn zero_line(&mut self, frame: &Frame) {
        let Some(stroke) = self.style.spines.zero.clone() else { return };
        let is_numbers = matches!(self.view.y, Some(crate::layout::AxisView::Numbers { .. }));
        if is_numbers && frame.y.kind == crate::frame::ScaleKind::Linear && frame.y.holds(0.0) {
            let line = value_line(frame, 0.0, stroke.width);
            self.push(Layer::Axes, Node::stroke(self.id("y/zero"), "zero line", line, stroke));
        }
    }
}

/// The line of one value across the plot.
pub(crate) fn value_line(frame: &Frame, value: f64, width: f64) -> Segment {
    let (at, plot) = (snap(frame.y.at(value), width), frame.plot);
    if frame.horizontal {
        Segment::new((at, plot.y0), (at, plot.y1))
    } else {
        Segment::new((plot.x0, at), (plot.x1, at))
    }
}

fn frame(axes: &Axes, placed: &[Placed], outer: Rect) -> Frame {
    let scale = |name| placed.iter().find(|p| p.name == name).map(|p| p.scale.clone());
    let main = placed.iter().find(|p| p.name == "y").map_or(outer, |p| p.panel);
    let lower = placed.iter().find(|p| p.name == "y2" && axes.lower.is_some()).map(|p| p.panel);
    let none = Scale { kind: crate::frame::ScaleKind::Linear, min: 0.0, max: 1.0, from: 0.0, to: 1.0 };
    Frame {
        plot: main,
        x: scale("x").unwrap_or_else(|| none.clone()),
        y: scale("y").unwrap_or(none),
        y2: scale("y2"),
        horizontal: axes.horizontal,
        lower,
        above: Rect::new(main.x0, outer.y0, main.x1, main.y0),
        right: Rect::new(main.x1, main.y0, outer.x1, main.y1),
    }
}

/// The main panel and the one below it.
fn panels(axes: &Axes, plot: Rect, style: &Style) -> (Rect, Option<Rect>) {
    let Some(share) = axes.lower.filter(|_| axes.y2.is_some()) else { return (plot, None) };
    let gap = style.text.tick.size * 1.2;
    let split = (plot.y1 - plot.height() * share).round();
    (Rect { y1: (split - gap).round(), ..plot }, Some(Rect { y0: split, ..plot }))
}

/// How far tick marks stand out.
fn outer_tick(style: &Style) -> f64 {
    match style.ticks.side {
        TickSide::Out | TickSide::Across => style.ticks.length,
        TickSide::In | TickSide::None => style.spines.stroke.width,
    }
}

fn title_gap(style: &Style) -> f64 {
    style.text.axis.size * 0.45
}

fn title_height(lines: &[Line], style: &Style) -> f64 {
    if lines.is_empty() { 0.0 } else { title_gap(style) + lines.iter().map(line_height).sum::<f64>() }
}

/// From the top of a block of lines to the middle of what is seen of it.
fn middle_of(lines: &[Line]) -> f64 {
    let Some(first) = lines.first() else { return 0.0 };
    let between: f64 = lines.iter().skip(1).map(line_height).sum();
    first.size * (0.84 - 0.36) + between / 2.0
}

/// The pixel of a side of the panel, spine offset included.
fn edge(axis: &Placed, side: Side, style: &Style) -> f64 {
    let o = style.spines.offset;
    match side {
        Side::Left => axis.panel.x0 - o,
        Side::Right => axis.panel.x1 + o,
        Side::Top => axis.panel.y0 - o,
        Side::Bottom => axis.panel.y1 + o,
    }
}

fn opposite(side: Side) -> Side {
    match side {
        Side::Left => Side::Right,
        Side::Right => Side::Left,
        Side::Top => Side::Bottom,
        Side::Bottom => Side::Top,
    }
}

fn segment(path: &mut BezPath, side: Side, at: f64, edge: f64, out: f64, inward: f64) {
    let (from, to) = match side {
        Side::Left | Side::Top => (edge - out, edge + inward),
        Side::Right | Side::Bottom => (edge + out, edge - inward),
    };
    if side.is_level() {
        path.move_to((at, from));
        path.line_to((at, to));
    } else {
        path.move_to((from, at));
        path.line_to((to, at));
    }
}

/// The nearest place where a line of this width fills whole pixels.
pub(crate) fn snap(at: f64, width: f64) -> f64 {
    if (width.round() as i64).max(1) % 2 == 1 { (at - 0.5).round() + 0.5 } else { at.round() }
}

fn whole(rect: Rect) -> Rect {
    Rect::new(rect.x0.round(), rect.y0.round(), rect.x1.round(), rect.y1.round())
}
