//! Fields over a plane: contours and arrows.

use tamis_draw::Color;
use tamis_draw::kurbo::{BezPath, Circle, Point, Rect, Vec2};
use tamis_draw::scene::{Node, Outline, Stroke};
use tamis_draw::text::Anchor;

use super::polar::box_of;
use super::tiles::Shades;
use crate::cell::{Cell, Layer, Spot};
use crate::frame::ticks::{self, Range};
use crate::frame::{Axes, Domain, Frame};
use crate::layout::DrawError;
use crate::spec::Channel;
use crate::stats::{Grid, Ring, regions};

/// The heights of a chart on its grid.
pub(super) fn grid_of(cell: &Cell) -> Result<Grid, DrawError> {
    let (x, y, value) = (cell.column(Channel::X)?, cell.column(Channel::Y)?, cell.column(Channel::Value)?);
    let points = (0..x.len()).filter_map(|row| Some([x.number(row)?, y.number(row)?, value.number(row)?]));
    Grid::of(points).ok_or(DrawError::NoColumn { kind: cell.chart.kind, channel: Channel::Value })
}

/// What heights are called at their scale of colours: the value's name and unit.
pub(super) fn height_title(cell: &Cell) -> Result<String, DrawError> {
    let value = cell.column(Channel::Value)?;
    let unit = &value.unit.symbol;
    let named = unit.is_empty() || value.name.contains(unit.as_str());
    Ok(if named { value.name.clone() } else { format!("{} ({unit})", value.name) })
}

/// Bands between levels, with lines and their heights.
pub(super) fn contour(cell: &mut Cell) -> Result<(), DrawError> {
    let grid = grid_of(cell)?;
    let [low, high] = grid.ends();
    let shades = Shades::of(cell, [low, high]);
    cell.color_bar(shades.bar(&height_title(cell)?));
    let ends = |axis: &[f64]| Domain::numbers([axis[0], axis[axis.len() - 1]]).tight();
    let mut axes = Axes::new(cell.chart, ends(&grid.xs), ends(&grid.ys));
    axes.horizontal = false;
    let frame = cell.axes(axes)?;
    let count = 6.0 + 5.0 * cell.rng.unit();
    let range = Range { data: [low, high], fixed: [None; 2], zero: false, slack: 0.0, ends_at_ticks: false };
    let found = ticks::linear(range, count);
    let levels: Vec<f64> = found.values.iter().copied().filter(|v| *v > low && *v < high).collect();
    let filled = cell.rng.unit() < 0.75;
    let lined = !filled || cell.rng.unit() < 0.6;
    let labelled = lined && (cell.chart.value_labels || cell.rng.unit() < 0.5);
    bands(cell, &frame, &grid, &levels, &shades, [low, high], filled);
    if lined {
        let texts = cell.style.numbers.axis(&levels, found.step);
        for (i, level) in levels.iter().enumerate() {
            let text = labelled.then(|| texts[i].clone());
            isolines(cell, &frame, &grid, i, *level, &shades, filled, text);
        }
    }
    Ok(())
}

/// The colour of the band above a level: that of its middle.
fn band_color(shades: &Shades, levels: &[f64], band: usize, [low, high]: [f64; 2]) -> Color {
    let from = if band == 0 { low } else { levels[band - 1] };
    let to = levels.get(band).copied().unwrap_or(high);
    shades.color((from + to) / 2.0)
}

fn bands(cell: &mut Cell, frame: &Frame, grid: &Grid, levels: &[f64], shades: &Shades, ends: [f64; 2], filled: bool) {
    if !filled {
        return;
    }
    for band in 0..=levels.len() {
        let level = if band == 0 { ends[0] - 1.0 - ends[0].abs() } else { levels[band - 1] };
        let path = path(frame, &regions(grid, level));
        if path.elements().is_empty() {
            continue;
        }
        let color = band_color(shades, levels, band, ends);
        cell.mark_plain(0, band, "contour band", Outline::Path(path), color);
    }
}

fn path(frame: &Frame, rings: &[Ring]) -> BezPath {
    let mut path = BezPath::new();
    for ring in rings {
        for (i, [x, y]) in ring.iter().enumerate() {
            let at = frame.point(*x, *y);
            if i == 0 { path.move_to(at) } else { path.line_to(at) }
        }
        path.close_path();
    }
    path
}

#[allow(clippy::too_many_arguments)]
fn isolines(
    cell: &mut Cell,
    frame: &Frame,
    grid: &Grid,
    i: usize,
    level: f64,
    shades: &Shades,
    filled: bool,
    text: Option<String>,
) {
    let pieces = open_pieces(frame, grid, &regions(grid, level));
    let color = match filled {
        true => cell.ink_over(cell.style.text.tick.color, shades.color(level), true).with_alpha(0.7),
        false => cell.style.readable(shades.color(level), cell.style.ground()),
    };
    let mut all = BezPath::new();
    pieces.iter().for_each(|p| all.extend(Outline::polyline(p).path()));
    if all.elements().is_empty() {
        return;
    }
    let width = if filled { 0.9 } else { (cell.style.lines.width * 0.75).max(1.2) } * cell.style.scale.max(0.7);
    let stroke = Stroke { join: tamis_draw::scene::Join::Round, ..Stroke::new(color, width) };
    let id = cell.id(if filled { format!("level/{i}") } else { format!("mark/0.{i}") });
    cell.push(Layer::Marks, Node::stroke(id, "contour line", all, stroke));
    let Some(text) = text else { return };
    let style = cell.style.text.label.sized((cell.style.text.label.size * 0.82).max(7.0));
    let word = [cell.word(cell.id(format_args!("level/{i}/label")), "contour label", &text, &style, f64::MAX)];
    let ground = if filled { shades.color(level) } else { cell.style.ground() };
    for piece in pieces.iter().filter(|p| length(p) > style.size * 8.0) {
        // Where the line runs straight and level a number lies best on it.
        let mut spots: Vec<(f64, Point)> = candidates(piece, style.size);
        spots.sort_by(|a, b| a.0.total_cmp(&b.0));
        let spot = spots.into_iter().map(|(_, at)| at).find(|at| {
            let bbox = box_of(&word, *at, Anchor::CENTER);
            frame.plot.inset(-3.0).contains_rect(bbox) && cell.is_free(bbox.inflate(style.size, style.size * 0.6))
        });
        let Some(at) = spot else { continue };
        let spot = Spot { over: filled.then_some(ground), ..Spot::new(at, Anchor::CENTER) };
        if cell.words(&word, &[spot]) {
            let bbox = box_of(&word, at, Anchor::CENTER);
            let veil = Node::fill(cell.id(format_args!("level/{i}/veil")), "veil", bbox, ground.with_alpha(0.92));
            cell.push(Layer::Axes, veil);
            return;
        }
    }
}

fn length(piece: &[Point]) -> f64 {
    piece.windows(2).map(|p| (p[1] - p[0]).hypot()).sum()
}

/// Places along a line with the cost of a level text there: its steepness.
fn candidates(piece: &[Point], size: f64) -> Vec<(f64, Point)> {
    let reach = 3usize;
    (reach..piece.len().saturating_sub(reach))
        .map(|i| {
            let way = piece[i + reach] - piece[i - reach];
            let steep = way.y.abs() / way.hypot().max(1e-6);
            (steep + way.hypot().recip() * size * 0.05, piece[i])
        })
        .collect()
}

/// The parts of rings that do not run along the border of the grid, on the page.
fn open_pieces(frame: &Frame, grid: &Grid, rings: &[Ring]) -> Vec<Vec<Point>> {
    let (x, y) = ([grid.xs[0], grid.xs[grid.xs.len() - 1]], [grid.ys[0], grid.ys[grid.ys.len() - 1]]);
    let along = |a: &[f64; 2], b: &[f64; 2]| {
        x.iter().any(|e| a[0] == *e && b[0] == *e) || y.iter().any(|e| a[1] == *e && b[1] == *e)
    };
    let mut pieces = Vec::new();
    for ring in rings {
        let n = ring.len();
        let border: Vec<bool> = (0..n).map(|i| along(&ring[i], &ring[(i + 1) % n])).collect();
        // A piece starts after a side that runs along the border; a ring without one is a piece of its own.
        let start = (0..n).find(|i| border[(i + n - 1) % n]).unwrap_or(0);
        let mut piece: Vec<Point> = Vec::new();
        for k in 0..n {
            let i = (start + k) % n;
            let at = frame.point(ring[i][0], ring[i][1]);
            piece.push(at);
            if border[i] {
                pieces.push(std::mem::take(&mut piece));
            } else if k + 1 == n {
                let next = ring[(i + 1) % n];
                piece.push(frame.point(next[0], next[1]));
            }
        }
        pieces.push(piece);
    }
    pieces.retain(|p| p.len() > 1);
    pieces
}

/// Arrows from points.
pub(super) fn quiver(cell: &mut Cell) -> Result<(), DrawError> {
    let (x, y) = (cell.column(Channel::X)?, cell.column(Channel::Y)?);
    let (u, v) = (cell.column(Channel::U)?, cell.column(Channel::V)?);
    let rows: Vec<(usize, [f64; 4])> =
        (0..x.len()).filter_map(|r| Some((r, [x.number(r)?, y.number(r)?, u.number(r)?, v.number(r)?]))).collect();
    let strength = |d: &[f64; 4]| d[2].hypot(d[3]);
    let most = rows.iter().map(|(_, d)| strength(d)).fold(0.0, f64::max);
    let coloured = cell.rng.unit() < 0.6;
    let shades = coloured.then(|| Shades::of(cell, [0.0, most.max(f64::MIN_POSITIVE)]));
    if let Some(shades) = &shades {
        let unit = &u.unit.symbol;
        cell.color_bar(shades.bar(&if unit.is_empty() {
            "Magnitude".to_string()
        } else {
            format!("Magnitude ({unit})")
        }));
    }
    let mut axes = Axes::new(cell.chart, padded(&rows, 0), padded(&rows, 1));
    axes.horizontal = false;
    let frame = cell.axes(axes)?;
    let at: Vec<Point> = rows.iter().map(|(_, d)| frame.point(d[0], d[1])).collect();
    let longest = spacing(&at, frame.plot) * 0.95;
    let middle = cell.rng.unit() < 0.4;
    for ((row, d), at) in rows.iter().zip(&at) {
        let share = if most > 0.0 { strength(d) / most } else { 0.0 };
        let color = shades.as_ref().map_or_else(|| cell.color(0), |s| s.color(strength(d)));
        let color = cell.style.readable(color, cell.style.ground());
        if share * longest < 0.4 {
            cell.mark(0, *row, "arrow", Circle::new(*at, 1.2), Some(color.into()), None);
            continue;
        }
        // Up on the page is up in the data.
        let way = Vec2::new(d[2], -d[3]) / strength(d) * share * longest;
        let tail = if middle { *at - way / 2.0 } else { *at };
        let outline = arrow(tail, way, (longest * 0.055).clamp(0.8, 2.4));
        cell.mark(0, *row, "arrow", outline, Some(color.into()), None);
    }
    Ok(())
}

/// Room around the points of a grid for arrows at its edge.
fn padded(rows: &[(usize, [f64; 4])], i: usize) -> Domain {
    let values = || rows.iter().map(|(_, d)| d[i]);
    let (low, high) = values().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    let room = (high - low) * 0.06;
    Domain::numbers([low - room, high + room])
}

/// About the distance from a point to its neighbours.
fn spacing(points: &[Point], plot: Rect) -> f64 {
    let by_area = (plot.area() / points.len().max(1) as f64).sqrt();
    let nearest =
        |p: &Point| points.iter().map(|q| (*q - *p).hypot()).filter(|d| *d > 1e-6).fold(f64::INFINITY, f64::min);
    let mut found: Vec<f64> = points.iter().take(200).map(nearest).filter(|d| d.is_finite()).collect();
    found.sort_by(f64::total_cmp);
    found.get(found.len() / 2).copied().unwrap_or(by_area).clamp(by_area * 0.35, by_area * 1.6)
}

/// An arrow of this half thickness; its head is a third of it at most.
fn arrow(tail: Point, way: Vec2, half: f64) -> Outline {
    let length = way.hypot();
    let unit = way / length;
    let side = Vec2::new(-unit.y, unit.x);
    let head = (half * 6.0).min(length * 0.55);
    let half = half.min(head * 0.3);
    let (tip, neck) = (tail + way, tail + unit * (length - head));
    let wing = side * head * 0.42;
    let notch = neck + unit * head * 0.15;
    Outline::polygon(&[
        tail + side * half,
        notch + side * half,
        neck + wing,
        tip,
        neck - wing,
        notch - side * half,
        tail - side * half,
    ])
}
