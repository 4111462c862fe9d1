//! Surfaces seen from the side, in a box with three axes.

use tamis_draw::Color;
use tamis_draw::kurbo::{Line as Segment, Point, Rect, Vec2};
use tamis_draw::scene::{Join, Node, Outline, Stroke};
use tamis_draw::text::{Anchor, Height};

use super::field::{grid_of, height_title};
use super::tiles::Shades;
use crate::cell::text::{elided, shape};
use crate::cell::{Cell, Layer};
use crate::frame::ticks::{self, Range, Ticks};
use crate::layout::{AxisView, DrawError};
use crate::spec::Channel;
use crate::stats::{Grid, View3, project};

/// The box on the page: unit coordinates to pixels.
struct Stage {
    view: View3,
    scale: f64,
    origin: Point,
    /// Height of the box by its width.
    tall: f64,
}

impl Stage {
    fn at(&self, [x, y, z]: [f64; 3]) -> Point {
        let [across, up, _] = project(self.view, [x, y, (z - 0.5) * self.tall + 0.5]);
        Point::new(self.origin.x + across * self.scale, self.origin.y - up * self.scale)
    }

    fn depth(&self, p: [f64; 3]) -> f64 {
        project(self.view, p)[2]
    }
}

/// One axis: its ticks and the edge of the box where it is written.
struct Edge {
    name: &'static str,
    title: String,
    ticks: Ticks,
    from: [f64; 3],
    to: [f64; 3],
}

/// A surface over a grid.
pub(super) fn surface(cell: &mut Cell) -> Result<(), DrawError> {
    let grid = grid_of(cell)?;
    let [low, high] = grid.ends();
    let shades = Shades::of(cell, [low, high]);
    let title = height_title(cell)?;
    let with_bar = cell.rng.unit() < 0.75;
    if with_bar {
        cell.color_bar(shades.bar(""));
    }
    let room = cell.plain()?;
    if room.width() < 120.0 || room.height() < 120.0 {
        let found = room.width().min(room.height());
        return Err(DrawError::TooSmall { what: "a surface in a box with three axes".into(), needed: 120.0, found });
    }
    let view = View3 { azimuth: cell.rng.range(28.0, 58.0), elevation: cell.rng.range(22.0, 36.0) };
    let tall = 0.62;
    let edges = edges(cell, &grid, [low, high], title);
    let stage = stage(cell, room, view, tall, &edges);
    walls(cell, &stage, &edges);
    let height = |v: f64| (v - edges[2].ticks.min) / (edges[2].ticks.max - edges[2].ticks.min);
    quads(cell, &stage, &grid, height, &shades);
    for edge in &edges {
        write_axis(cell, &stage, edge);
    }
    cell.view.x = numbers(&edges[0].ticks);
    cell.view.y = numbers(&edges[1].ticks);
    Ok(())
}

fn numbers(ticks: &Ticks) -> Option<AxisView> {
    Some(AxisView::Numbers { min: ticks.min, max: ticks.max, log: false, ticks: ticks.values.clone() })
}

/// x and y along the lower front edges, heights at the left.
fn edges(cell: &Cell, grid: &Grid, heights: [f64; 2], title: String) -> [Edge; 3] {
    let fixed = |axis: &[f64]| [axis[0], axis[axis.len() - 1]];
    let ticks = |data: [f64; 2], tight: bool| {
        let range = Range {
            data,
            fixed: if tight { data.map(Some) } else { [None; 2] },
            zero: false,
            slack: 0.03,
            ends_at_ticks: false,
        };
        ticks::linear(range, 4.5)
    };
    let chart = cell.chart;
    let name = |own: &str, channel: Channel| {
        if own.is_empty() { chart.column(channel).unwrap_or_default().to_string() } else { own.to_string() }
    };
    [
        Edge {
            name: "x",
            title: name(&chart.x.title, Channel::X),
            ticks: ticks(fixed(&grid.xs), true),
            from: [0.0, 0.0, 0.0],
            to: [1.0, 0.0, 0.0],
        },
        Edge {
            name: "y",
            title: name(&chart.y.title, Channel::Y),
            ticks: ticks(fixed(&grid.ys), true),
            from: [1.0, 0.0, 0.0],
            to: [1.0, 1.0, 0.0],
        },
        Edge { name: "z", title, ticks: ticks(heights, false), from: [0.0, 0.0, 0.0], to: [0.0, 0.0, 1.0] },
    ]
}

/// The largest box in the room that leaves place for labels and titles.
fn stage(cell: &Cell, room: Rect, view: View3, tall: f64, edges: &[Edge; 3]) -> Stage {
    let size = cell.style.text.tick.size;
    let corners = (0..8).map(|i| [f64::from(i & 1), f64::from((i >> 1) & 1), f64::from((i >> 2) & 1)]);
    let unit = Stage { view, scale: 1.0, origin: Point::ORIGIN, tall };
    let bounds =
        corners.map(|c| unit.at(c)).map(|p| Rect::from_points(p, p)).reduce(|a, b| a.union(b)).unwrap_or(Rect::ZERO);
    let heights = cell.style.numbers.axis(&edges[2].ticks.values, edges[2].ticks.step);
    let widest = heights.iter().map(|t| shape(t, &cell.style.text.tick).width).fold(0.0, f64::max);
    let left = widest + size * 3.4;
    let inner = Rect::new(room.x0 + left, room.y0 + size * 0.6, room.x1 - size * 4.2, room.y1 - size * 3.4);
    let scale = (inner.width() / bounds.width()).min(inner.height() / bounds.height());
    let origin = inner.center() - bounds.center().to_vec2() * scale;
    Stage { view, scale, origin, tall }
}

/// The floor and the two far walls, with gridlines at the ticks.
fn walls(cell: &mut Cell, stage: &Stage, edges: &[Edge; 3]) {
    let ground = cell.style.plot.unwrap_or(cell.style.background.mix(cell.style.text.tick.color, 0.035));
    let line = cell.style.text.tick.color.mix(cell.style.background, 0.78);
    let stroke = Stroke::new(line, 0.8);
    let faces: [(&str, [[f64; 3]; 4]); 3] = [
        ("floor", [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 1.0, 0.0]]),
        ("left", [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.0, 1.0]]),
        ("back", [[0.0, 1.0, 0.0], [1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]]),
    ];
    for (name, corners) in faces {
        let outline = Outline::polygon(&corners.map(|c| stage.at(c)));
        let node = Node::shape(
            cell.id(format_args!("wall/{name}")),
            "wall",
            outline,
            Some(ground.into()),
            Some(stroke.clone()),
        );
        cell.push(Layer::Ground, node);
    }
    let mut path = tamis_draw::kurbo::BezPath::new();
    let mut line = |a: [f64; 3], b: [f64; 3]| {
        path.move_to(stage.at(a));
        path.line_to(stage.at(b));
    };
    let shares = |e: &Edge| -> Vec<f64> {
        e.ticks.values.iter().map(|v| (v - e.ticks.min) / (e.ticks.max - e.ticks.min)).collect()
    };
    for x in shares(&edges[0]) {
        line([x, 0.0, 0.0], [x, 1.0, 0.0]);
        line([x, 1.0, 0.0], [x, 1.0, 1.0]);
    }
    for y in shares(&edges[1]) {
        line([0.0, y, 0.0], [1.0, y, 0.0]);
        line([0.0, y, 0.0], [0.0, y, 1.0]);
    }
    for z in shares(&edges[2]) {
        line([0.0, 0.0, z], [0.0, 1.0, z]);
        line([0.0, 1.0, z], [1.0, 1.0, z]);
    }
    cell.push(Layer::Grid, Node::stroke(cell.id("grid"), "gridlines", path, stroke));
}

/// The pieces between four neighbouring data, from back to front: a piece is that of its datum at the lower left.
fn quads(cell: &mut Cell, stage: &Stage, grid: &Grid, height: impl Fn(f64) -> f64, shades: &Shades) {
    let (w, h) = (grid.xs.len(), grid.ys.len());
    let share = |axis: &[f64], i: usize| (axis[i] - axis[0]) / (axis[axis.len() - 1] - axis[0]);
    let corner = |c: usize, r: usize| [share(&grid.xs, c), share(&grid.ys, r), height(grid.at(c, r))];
    let row_of = rows(cell, grid);
    let mut order: Vec<(f64, usize, usize)> = Vec::new();
    for r in 0..h {
        for c in 0..w {
            let at = corner(c, r);
            match (c + 1 < w, r + 1 < h) {
                (true, true) => {
                    let far = corner(c + 1, r + 1);
                    order.push((stage.depth([(at[0] + far[0]) / 2.0, (at[1] + far[1]) / 2.0, 0.5]), c, r));
                }
                _ => cell.anchor(0, row_of[r * w + c], stage.at(at)),
            }
        }
    }
    order.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mesh = cell.rng.unit() < 0.75;
    for (_, c, r) in order {
        let corners = [corner(c, r), corner(c + 1, r), corner(c + 1, r + 1), corner(c, r + 1)];
        let mean =
            [(c, r), (c + 1, r), (c + 1, r + 1), (c, r + 1)].map(|(c, r)| grid.at(c, r)).iter().sum::<f64>() / 4.0;
        let color = shades.color(mean);
        let edge = if mesh { color.mix(Color::BLACK, 0.28) } else { color };
        let stroke = Stroke { join: Join::Round, ..Stroke::new(edge, if mesh { 0.7 } else { 0.5 }) };
        let outline = Outline::polygon(&corners.map(|p| stage.at(p)));
        cell.mark(0, row_of[r * w + c], "surface piece", outline, Some(color.into()), Some(stroke));
    }
}

/// The row of the table for each place of the grid.
fn rows(cell: &Cell, grid: &Grid) -> Vec<usize> {
    let mut found = vec![0; grid.values.len()];
    if let (Ok(x), Ok(y)) = (cell.column(Channel::X), cell.column(Channel::Y)) {
        for row in 0..x.len() {
            let (Some(x), Some(y)) = (x.number(row), y.number(row)) else { continue };
            let (c, r) = (grid.xs.partition_point(|v| *v < x), grid.ys.partition_point(|v| *v < y));
            found[r * grid.xs.len() + c] = row;
        }
    }
    found
}

fn write_axis(cell: &mut Cell, stage: &Stage, edge: &Edge) {
    let style = cell.style.text.tick.clone();
    let between =
        |share: f64| -> [f64; 3] { std::array::from_fn(|i| edge.from[i] + (edge.to[i] - edge.from[i]) * share) };
    let (a, b) = (stage.at(edge.from), stage.at(edge.to));
    let stroke = Stroke::new(cell.style.text.tick.color.mix(cell.style.background, 0.25), 1.0);
    cell.push(Layer::Axes, Node::stroke(cell.id(edge.name), "axis line", Segment::new(a, b), stroke.clone()));
    let along = (b - a) / (b - a).hypot();
    // Away from the box: down and to the side, or left for heights.
    let out = match edge.name {
        "z" => Vec2::new(-1.0, 0.0),
        _ => {
            let n = Vec2::new(-along.y, along.x);
            if n.y > 0.0 { n } else { -n }
        }
    };
    let anchor = match edge.name {
        "z" => Anchor::RIGHT,
        "x" => Anchor { x: 0.7, y: Height::Top },
        _ => Anchor { x: 0.0, y: Height::Top },
    };
    let texts = cell.style.numbers.axis(&edge.ticks.values, edge.ticks.step);
    let mut reach = 4.0f64;
    for (i, (value, text)) in edge.ticks.values.iter().zip(texts).enumerate() {
        let share = (value - edge.ticks.min) / (edge.ticks.max - edge.ticks.min);
        // Where two edges meet one number stands, not two.
        if edge.name == "y" && share < 0.03 {
            continue;
        }
        let at = stage.at(between(share));
        let mark = Segment::new(at, at + out * 4.0);
        let line = shape(&text, &style);
        let run = line.at(at + out * (4.0 + style.size * 0.3), anchor);
        let Some(bbox) = run.ink().map(|b| run.transform().transform_rect_bbox(b)) else { continue };
        if !cell.is_free(bbox) {
            continue;
        }
        let corners = [(bbox.x0, bbox.y0), (bbox.x1, bbox.y0), (bbox.x0, bbox.y1), (bbox.x1, bbox.y1)];
        reach = corners.iter().map(|c| (Point::from(*c) - at).dot(out)).fold(reach, f64::max);
        cell.push(
            Layer::Axes,
            Node::stroke(cell.id(format_args!("{}/mark/{i}", edge.name)), "tick mark", mark, stroke.clone()),
        );
        cell.text(Layer::Axes, cell.id(format_args!("{}/tick/{i}", edge.name)), "tick label", run);
    }
    axis_title(cell, edge, a.midpoint(b), along, out * reach);
}

/// Along its edge, beyond the labels, which reach this far from it.
fn axis_title(cell: &mut Cell, edge: &Edge, middle: Point, along: Vec2, reach: Vec2) {
    let style = cell.style.text.axis.clone();
    let page = cell.page;
    if edge.title.is_empty() {
        return;
    }
    let angle = if edge.name == "z" { 90.0 } else { -along.y.atan2(along.x).to_degrees() };
    let out = reach / reach.hypot();
    // Long titles are cut, and then again, until they fit the page and lie over no label.
    for (share, far) in [(0.6, 0.85), (0.45, 0.85), (0.35, 1.3), (0.25, 0.85)] {
        let length = if edge.name == "z" { page.height() } else { page.width() };
        let at = middle + reach + out * style.size * far;
        let run = elided(&edge.title, &style, length * share).turned(at, Anchor::CENTER, angle);
        let Some(ink) = run.ink() else { return };
        let bbox = run.transform().transform_rect_bbox(ink);
        if page.inflate(4.0, 4.0).contains_rect(bbox) {
            return cell.text(Layer::Axes, cell.id(format_args!("{}/title", edge.name)), "axis title", run);
        }
    }
}
