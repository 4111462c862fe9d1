//! One value on a dial.

use tamis_draw::Color;
use tamis_draw::kurbo::{BezPath, Circle, Point, Rect};
use tamis_draw::scene::{Node, Outline};
use tamis_draw::text::{Anchor, Height};

use super::parts::written;
use super::polar::{self, box_of, outward};
use crate::cell::text::elided;
use crate::cell::words::Words;
use crate::cell::{Cell, Layer, Spot};
use crate::frame::ticks::{self, Range};
use crate::layout::{AxisView, DrawError};
use crate::spec::Channel;

/// A dial from its lower to its upper end.
struct Dial {
    center: Point,
    radius: f64,
    inner: f64,
    /// Angles of the ends, clockwise from the top.
    ends: [f64; 2],
    values: [f64; 2],
}

impl Dial {
    fn angle(&self, value: f64) -> f64 {
        let share = ((value - self.values[0]) / (self.values[1] - self.values[0])).clamp(0.0, 1.0);
        self.ends[0] + (self.ends[1] - self.ends[0]) * share
    }
}

/// A dial with an arc or a needle.
pub(super) fn gauge(cell: &mut Cell) -> Result<(), DrawError> {
    let (x, y) = (cell.column(Channel::X)?, cell.column(Channel::Y)?);
    let value = y.number(0).unwrap_or(0.0);
    let room = cell.plain()?;
    let spec = &cell.chart.y;
    let range = Range {
        data: [value.min(0.0), value.max(0.0)],
        fixed: [spec.min, spec.max],
        zero: true,
        slack: 0.15,
        ends_at_ticks: true,
    };
    let half = cell.rng.unit() < 0.55;
    let ticks = ticks::linear(range, if half { 5.0 } else { 7.0 });
    let values = [ticks.min, ticks.max];
    let ends = if half { [-90.0, 90.0] } else { [-130.0, 130.0] };
    let style = cell.style.text.tick.clone();
    let mut shown = ticks.values.clone();
    // The ends of a dial are always written.
    let near = |a: f64, b: f64| (a - b).abs() < (values[1] - values[0]) * 0.045;
    shown.retain(|v| !near(*v, values[0]) && !near(*v, values[1]));
    shown.insert(0, values[0]);
    shown.push(values[1]);
    let on_steps = ends_on(&shown, ticks.step);
    let texts: Vec<String> = if on_steps {
        cell.style.numbers.axis(&shown, ticks.step)
    } else {
        shown.iter().map(|v| cell.style.numbers.plain(*v)).collect()
    };
    let angle = |v: f64| ends[0] + (ends[1] - ends[0]) * (v - values[0]) / (values[1] - values[0]);
    let labels: Vec<(f64, Vec<Words>)> = shown
        .iter()
        .zip(&texts)
        .enumerate()
        .map(|(i, (v, text))| {
            (
                angle(*v),
                vec![cell.word(cell.id(format_args!("y/tick/{i}")), "tick label", text, &style, room.width() * 0.3)],
            )
        })
        .collect();
    let gap = style.size * 0.55;
    let (center, radius) = dial_within(room, &labels, gap, half);
    let thick = 0.16 + 0.16 * cell.rng.unit();
    let dial = Dial { center, radius, inner: radius * (1.0 - thick), ends, values };
    let needle = cell.rng.unit() < 0.5;
    face(cell, &dial, value, needle);
    let ticks_out: Vec<f64> = shown.clone();
    for (degrees, words) in &labels {
        cell.words(words, &[Spot::new(polar::at(center, radius + gap, *degrees), outward(*degrees))]);
    }
    cell.view.y = Some(AxisView::Numbers { min: values[0], max: values[1], log: false, ticks: ticks_out });
    writing(cell, &dial, half, needle, [&x.written(0), &written(cell, y, value), &y.unit.symbol]);
    Ok(())
}

/// Whether all values are multiples of a step.
fn ends_on(values: &[f64], step: f64) -> bool {
    values.iter().all(|v| (v / step - (v / step).round()).abs() < 1e-6)
}

/// The largest dial in a room with its labels around it and its value below.
fn dial_within(room: Rect, labels: &[(f64, Vec<Words>)], gap: f64, half: bool) -> (Point, f64) {
    let mut radius = room.width().min(room.height() * if half { 1.6 } else { 1.0 }) / 2.0;
    let least = radius * 0.3;
    loop {
        let below = if half { radius * 0.32 } else { radius * 0.75 };
        let unit = Rect::new(-radius, -radius, radius, below);
        let all = labels.iter().fold(unit, |all, (degrees, words)| {
            all.union(box_of(words, polar::at(Point::ORIGIN, radius + gap, *degrees), outward(*degrees)))
        });
        if (all.width() <= room.width() && all.height() <= room.height()) || radius <= least {
            return (room.center() - all.center().to_vec2(), radius);
        }
        radius = (radius * 0.98).max(least);
    }
}

fn face(cell: &mut Cell, dial: &Dial, value: f64, needle: bool) {
    let k = cell.style.scale;
    let radii = [dial.inner, dial.radius];
    let color = cell.color(0);
    let ground = cell.style.background;
    let zones = needle && cell.rng.unit() < 0.6;
    if zones {
        let split = [0.0, 0.6, 0.85, 1.0];
        let palette = &cell.style.palette;
        let mut colors = [palette.up, palette.accent.mix(Color::rgb(0xf2c14e), 0.85), palette.down];
        if cell.rng.unit() < 0.4 {
            colors.reverse();
        }
        for (i, color) in colors.into_iter().enumerate() {
            let at = |s: f64| dial.ends[0] + (dial.ends[1] - dial.ends[0]) * s;
            let outline = polar::sector(dial.center, radii, [at(split[i]), at(split[i + 1])]);
            cell.push(Layer::Grid, Node::fill(cell.id(format_args!("zone/{i}")), "dial zone", outline, color));
        }
    } else {
        let track = color.mix(ground, 0.82);
        let outline = polar::sector(dial.center, radii, dial.ends);
        cell.push(Layer::Grid, Node::fill(cell.id("track"), "dial", outline, track));
    }
    let angle = dial.angle(value);
    let empty = (angle - dial.ends[0]) * dial.radius.to_radians() < 0.5;
    if !needle && !empty {
        let outline = polar::sector(dial.center, radii, [dial.ends[0], angle]);
        return cell.mark(0, 0, "gauge arc", outline, Some(color.into()), None);
    }
    let ink = cell.style.text.title.color;
    let (tip, side) =
        (polar::at(dial.center, dial.inner + (dial.radius - dial.inner) * 0.35, angle), polar::direction(angle + 90.0));
    let half = (dial.radius * 0.022).max(1.5 * k);
    let mut path: BezPath = match Outline::polygon(&[dial.center - side * half, tip, dial.center + side * half]) {
        Outline::Path(path) => path,
        _ => BezPath::new(),
    };
    let hub = Circle::new(dial.center, half * 2.1);
    path.extend(tamis_draw::kurbo::Shape::path_elements(&hub, 0.02));
    cell.mark(0, 0, "needle", path, Some(ink.into()), None);
}

/// The value and what it is.
fn writing(cell: &mut Cell, dial: &Dial, half: bool, needle: bool, [name, value, unit]: [&str; 3]) {
    let text = if unit.is_empty() || unit == "%" { value.to_string() } else { format!("{value} {unit}") };
    let size = cell.style.text.title.size;
    let width = if needle { dial.radius * 1.7 } else { dial.inner * 1.5 };
    let big = cell.style.text.title.sized((dial.radius * 0.24).clamp(size, size * 2.4));
    let fits = |style: &tamis_draw::text::Style| crate::cell::text::shape(&text, style).width <= width;
    let big = [1.0, 0.85, 0.7, 0.55]
        .map(|s| big.sized(big.size * s))
        .into_iter()
        .find(fits)
        .unwrap_or(cell.style.text.label.clone());
    let mut parts = Vec::new();
    if cell.chart.value_labels {
        let line = elided(&text, &big, width);
        parts.push(Words { id: cell.id("label/0.0"), role: "value label", lines: vec![line] });
    }
    parts.push(cell.wrap(cell.id("x/tick/0"), "gauge name", name, &cell.style.text.axis, width, 2));
    // Above the middle there is room only where no needle turns.
    let below = Point::new(dial.center.x, dial.center.y + dial.radius * if half { 0.1 } else { 0.34 });
    let spots = if needle {
        vec![Spot::new(below, Anchor { x: 0.5, y: Height::Top })]
    } else if half {
        let (_, h) = crate::cell::words::measure(&parts);
        vec![
            Spot { over: None, ..Spot::new((dial.center.x, dial.center.y - h * 0.35), Anchor::CENTER) },
            Spot::new(below, Anchor { x: 0.5, y: Height::Top }),
        ]
    } else {
        vec![Spot::new(dial.center, Anchor::CENTER)]
    };
    let spots: Vec<Spot> = spots.into_iter().map(|s| Spot { over: None, within: Some(cell.page), ..s }).collect();
    if cell.words(&parts, &spots) && cell.chart.value_labels {
        cell.value_written(0, 0);
    }
}
