//! One axis laid out: its ends, its ticks, labels that fit beside each other, the room they take.

use tamis_draw::text::{Line, Style as TextStyle};

use crate::cell::text::{elided, longest_word, shape, wrapped};
use crate::frame::scale::{ScaleKind, time_at};
use crate::frame::ticks::{self, Range};
use crate::frame::{Domain, format};
use crate::layout::AxisView;
use crate::look::Style;
use crate::spec::{Axis, Scale as Law};

/// A side of the plot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
    Top,
    Bottom,
}

impl Side {
    /// Whether an axis there runs across the page.
    pub(crate) fn is_level(self) -> bool {
        matches!(self, Side::Top | Side::Bottom)
    }
}

/// What is to be laid out.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub domain: &'a Domain,
    pub title: &'a str,
    pub spec: &'a Axis,
    pub side: Side,
    pub absolute: bool,
    pub percent: bool,
    /// Free room beyond the first and the last category, in slots.
    pub ends: f64,
}

/// A laid out axis.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub kind: ScaleKind,
    pub min: f64,
    pub max: f64,
    pub ticks: Vec<Tick>,
    pub minor: Vec<f64>,
    /// Degrees that the labels are turned by.
    pub angle: f64,
    /// How deep the labels are, away from the plot.
    pub depth: f64,
    pub title: Vec<Line>,
    /// How far labels stand out beyond the left (upper) and the right (lower) end of the axis.
    pub over: [f64; 2],
    pub view: AxisView,
}

/// A tick with its label, one line or several; none where it would overlap its neighbours.
#[derive(Clone, Debug)]
pub(super) struct Tick {
    pub value: f64,
    pub label: Vec<Line>,
}

/// Lays out an axis of `length` pixels on a page of `page` pixels (width, height).
pub(super) fn plan(wanted: &Wanted, style: &Style, length: f64, page: [f64; 2]) -> Plan {
    let length = length.max(1.0);
    let mut plan = match wanted.domain {
        Domain::Numbers { low, high, zero, tight } => {
            let range = Range {
                data: [if *zero { low.min(0.0) } else { *low }, if *zero { high.max(0.0) } else { *high }],
                fixed: [wanted.spec.min.map(|m| m.min(*low)), wanted.spec.max.map(|m| m.max(*high))],
                zero: *zero && !style.floats,
                slack: if *tight { 0.0 } else { style.slack },
                ends_at_ticks: style.nice_ends && !*tight,
            };
            numbers(wanted, style, length, range)
        }
        Domain::Categories(names) => categories(wanted, style, length, page, names),
        Domain::Times { .. } => times(wanted, style, length),
    };
    let breadth = if wanted.side.is_level() { page[0] } else { page[1] };
    plan.title = wrapped(wanted.title, &style.text.axis, breadth.min(length * 1.25), 2);
    plan
}

/// The least free room between neighbouring labels across the page.
fn gap(style: &Style) -> f64 {
    style.text.tick.size * 0.55
}

fn numbers(wanted: &Wanted, style: &Style, length: f64, range: Range) -> Plan {
    let kind = if wanted.spec.scale == Law::Log && range.data[0] > 0.0 { ScaleKind::Log } else { ScaleKind::Linear };
    let every = if wanted.side.is_level() { style.ticks.every * 1.25 } else { style.ticks.every };
    let mut count = (length / every).clamp(2.0, 14.0);
    loop {
        let found = ticks::values(kind, range, count);
        let lines = number_labels(wanted, style, &found);
        let mut plan = Plan {
            kind,
            min: found.min,
            max: found.max,
            ticks: found
                .values
                .iter()
                .zip(lines)
                .map(|(value, line)| Tick { value: *value, label: vec![line] })
                .collect(),
            minor: found.minor,
            angle: 0.0,
            depth: 0.0,
            title: Vec::new(),
            over: [0.0; 2],
            view: AxisView::Numbers {
                min: found.min,
                max: found.max,
                log: kind == ScaleKind::Log,
                ticks: found.values.clone(),
            },
        };
        if fits(&plan, style, length, wanted.side) || count < 1.3 {
            if count < 1.3 {
                thin(&mut plan, style, length, wanted.side);
                let written = plan.ticks.iter().filter(|t| !t.label.is_empty()).map(|t| t.value).collect();
                plan.view =
                    AxisView::Numbers { min: plan.min, max: plan.max, log: kind == ScaleKind::Log, ticks: written };
            }
            measure(&mut plan, length, wanted.side);
            return plan;
        }
        count *= 0.75;
    }
}

fn number_labels(wanted: &Wanted, style: &Style, found: &ticks::Ticks) -> Vec<Line> {
    let shown: Vec<f64> = found.values.iter().map(|v| if wanted.absolute { v.abs() } else { *v }).collect();
    let texts = style.numbers.axis(&shown, found.step).into_iter();
    texts.map(|t| shape(&if wanted.percent { t + "%" } else { t }, &style.text.tick)).collect()
}

fn times(wanted: &Wanted, style: &Style, length: f64) -> Plan {
    let Domain::Times { step, low, high } = wanted.domain else { unreachable!("only called for times") };
    let slack = (high - low) * style.slack.min(0.05) * if style.nice_ends { 0.4 } else { 1.0 };
    let slack = if high > low { slack } else { 0.5 };
    let (min, max) = (low - slack, high + slack);
    let every = style.ticks.every * if wanted.side.is_level() { 1.1 } else { 0.8 };
    let mut count = (length / every).clamp(2.0, 14.0).max(if high - low <= 12.0 { high - low } else { 0.0 });
    loop {
        let (values, stride) = ticks::times(*step, *low, *high, count);
        let written: Vec<String> =
            values.iter().map(|v| format::time(time_at(*v, *step), *step, stride, style.dates)).collect();
        let lines = written.iter().map(|t| vec![shape(t, &style.text.tick)]);
        let mut plan = Plan {
            kind: ScaleKind::Linear,
            min,
            max,
            ticks: values.iter().zip(lines).map(|(value, label)| Tick { value: *value, label }).collect(),
            minor: Vec::new(),
            angle: 0.0,
            depth: 0.0,
            title: Vec::new(),
            over: [0.0; 2],
            view: AxisView::Times { ticks: written },
        };
        if fits(&plan, style, length, wanted.side) || count < 1.3 {
            if count < 1.3 {
                thin(&mut plan, style, length, wanted.side);
                let kept = plan.ticks.iter().filter_map(|t| t.label.first()).map(|l| l.text.clone()).collect();
                plan.view = AxisView::Times { ticks: kept };
            }
            measure(&mut plan, length, wanted.side);
            return plan;
        }
        count *= 0.75;
    }
}

fn categories(wanted: &Wanted, style: &Style, length: f64, page: [f64; 2], names: &[String]) -> Plan {
    let slots = (names.len().max(1) - 1) as f64 + 2.0 * wanted.ends;
    let slot = length / slots;
    let labels = if wanted.side.is_level() {
        level_names(style, slot, page[1], names)
    } else {
        upright_names(style, slot, page[0], names)
    };
    let written = names.iter().zip(&labels.lines).map(|(name, lines)| is_whole(name, lines)).collect();
    let ticks = labels.lines.into_iter().enumerate().map(|(i, label)| Tick { value: i as f64, label }).collect();
    let mut plan = Plan {
        kind: ScaleKind::Linear,
        min: -wanted.ends,
        max: slots - wanted.ends,
        ticks,
        minor: Vec::new(),
        angle: labels.angle,
        depth: 0.0,
        title: Vec::new(),
        over: [0.0; 2],
        view: AxisView::Categories { written },
    };
    measure(&mut plan, length, wanted.side);
    plan
}

/// Whether the lines say the whole name.
fn is_whole(name: &str, lines: &[Line]) -> bool {
    let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
    let ends_cut = lines.last().is_some_and(|l| l.text.ends_with('\u{2026}')) && !name.ends_with('\u{2026}');
    !lines.is_empty() && !ends_cut && lines.iter().map(|l| letters(&l.text)).sum::<usize>() == letters(name)
}

struct Names {
    lines: Vec<Vec<Line>>,
    angle: f64,
}

/// Names below (above) the plot: level, else wrapped, else turned, else every so many.
fn level_names(style: &Style, slot: f64, height: f64, names: &[String]) -> Names {
    let text = &style.text.tick;
    let gap = gap(style);
    let room = slot - gap;
    let many = names.len() > 200 || slot < text.size * 0.5;
    if let Some(lines) = (!many).then(|| level(text, room, names)).flatten() {
        return Names { lines, angle: 0.0 };
    }
    let line_height = text.size * 1.2;
    let steep = if slot * style.ticks.turn.to_radians().sin() >= line_height { style.ticks.turn } else { 90.0 };
    let longest = (height * 0.3) / steep.to_radians().sin();
    let every = (line_height / (slot * steep.to_radians().sin()).max(1e-9)).ceil().max(1.0) as usize;
    let lines = names
        .iter()
        .enumerate()
        .map(|(i, name)| if i % every == 0 { vec![elided(name, text, longest)] } else { Vec::new() });
    Names { lines: lines.collect(), angle: steep }
}

/// All names level, on up to three lines; `None` if one does not fit.
fn level(text: &TextStyle, room: f64, names: &[String]) -> Option<Vec<Vec<Line>>> {
    let one: Option<Vec<_>> = names.iter().map(|n| single(n, text, room).map(|l| vec![l])).collect();
    one.or_else(|| {
        names
            .iter()
            .map(|name| {
                let fits = name.len() < 200 && longest_word(name, text) <= room;
                let lines = if fits { wrapped(name, text, room, 4) } else { Vec::new() };
                (1..=3).contains(&lines.len()).then_some(lines)
            })
            .collect()
    })
}

fn single(name: &str, text: &TextStyle, room: f64) -> Option<Line> {
    // No letter is narrower than a fifth of its size on average: skip shaping what cannot fit.
    let may_fit = name.chars().count() as f64 * text.size * 0.2 <= room.max(0.0);
    may_fit.then(|| shape(name, text)).filter(|l| l.width <= room)
}

/// Names beside the plot: on as many lines as their slot is high, at most three; else every so many.
fn upright_names(style: &Style, slot: f64, width: f64, names: &[String]) -> Names {
    let text = &style.text.tick;
    let line_height = text.size * 1.22;
    let longest = width * 0.3;
    let lines = ((slot * 0.92 / line_height).floor() as usize).clamp(1, 3);
    let every = (line_height / slot.max(1e-9)).ceil().max(1.0) as usize;
    let lines = names.iter().enumerate().map(|(i, name)| match i % every {
        0 if lines > 1 && longest_word(name, text) <= longest => wrapped(name, text, longest, lines),
        0 => vec![elided(name, text, longest)],
        _ => Vec::new(),
    });
    Names { lines: lines.collect(), angle: 0.0 }
}

impl Plan {
    /// Where a value is along an axis of this length, from its left or lower end.
    fn along(&self, value: f64, length: f64) -> f64 {
        crate::frame::Scale { kind: self.kind, min: self.min, max: self.max, from: 0.0, to: length }.at(value)
    }
}

/// Whether neighbouring one-line labels keep apart.
fn fits(plan: &Plan, style: &Style, length: f64, side: Side) -> bool {
    let gap = gap(style);
    let half = |tick: &Tick| {
        let Some(line) = tick.label.first() else { return 0.0 };
        if side.is_level() { line.width / 2.0 + gap / 2.0 } else { style.text.tick.size * 0.62 }
    };
    plan.ticks.windows(2).all(|pair| {
        let apart = plan.along(pair[1].value, length) - plan.along(pair[0].value, length);
        apart >= half(&pair[0]) + half(&pair[1])
    })
}

/// Takes labels away until the rest keep apart.
fn thin(plan: &mut Plan, style: &Style, length: f64, side: Side) {
    while !fits(plan, style, length, side) && plan.ticks.len() > 1 {
        plan.ticks = plan.ticks.iter().step_by(2).cloned().collect();
    }
}

/// How deep the labels are and how far they stand out.
fn measure(plan: &mut Plan, length: f64, side: Side) {
    let (sin, cos) = plan.angle.to_radians().sin_cos();
    for tick in &plan.ticks {
        if tick.label.is_empty() {
            continue;
        }
        let width = tick.label.iter().map(|l| l.width).fold(0.0, f64::max);
        let height: f64 = tick.label.iter().map(line_height).sum();
        let at = plan.along(tick.value, length);
        let (deep, before, after) = match side {
            Side::Left | Side::Right => (width, height / 2.0, height / 2.0),
            _ if plan.angle == 0.0 => (height, width / 2.0, width / 2.0),
            // Turned labels end at their tick.
            _ => (width * sin + height * cos * 0.5, width * cos + height * sin * 0.5, height * 0.5),
        };
        plan.depth = plan.depth.max(deep);
        let (start, end) = (before - at, after - (length - at));
        // Upright axes run up the page.
        let (start, end) = if side.is_level() { (start, end) } else { (after - (length - at), before - at) };
        plan.over = [plan.over[0].max(start), plan.over[1].max(end)];
    }
}

/// From one line to the next in a label of several.
pub(super) fn line_height(line: &Line) -> f64 {
    line.size * 1.18
}
