//! Values as colours: heatmaps and maps of tiles.

use tamis_draw::Color;
use tamis_draw::kurbo::{Rect, RoundedRect, Shape as _};
use tamis_draw::scene::{Hatch, HatchKind, Outline, Paint, Stroke};
use tamis_draw::text::{Anchor, Style as TextStyle};

use super::parts::{numbers, written};
use crate::cell::text::shape;
use crate::cell::{Cell, ColorBar, Spot};
use crate::frame::{Axes, Domain};
use crate::layout::{AxisView, DrawError};
use crate::spec::Channel;

/// Colours for values from the lowest to the highest.
pub(super) struct Shades {
    low: f64,
    high: f64,
    colors: Vec<Color>,
}

impl Shades {
    /// Two-sided around 0 where values lie on both sides of it, else from low to high.
    pub(crate) fn of(cell: &mut Cell, values: impl IntoIterator<Item = f64>) -> Shades {
        let (low, high) = values.into_iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
        if low < 0.0 && high > 0.0 {
            let far = high.max(-low);
            return Shades { low: -far, high: far, colors: cell.style.palette.diverging.clone() };
        }
        // Counts and amounts near 0 start there, so that equal steps are equal shades of something.
        let low = if low > 0.0 && low < 0.15 * high { 0.0 } else { low };
        let high = if high > low { high } else { low + low.abs().max(1.0) };
        Shades { low, high, colors: cell.style.palette.sequential.clone() }
    }

    /// The colour of a value.
    pub(crate) fn color(&self, value: f64) -> Color {
        let Some(last) = self.colors.len().checked_sub(1) else { return Color::BLACK };
        let at = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0) * last as f64;
        let from = (at.floor() as usize).min(last.saturating_sub(1));
        self.colors[from].mix(self.colors[(from + 1).min(last)], at - from as f64)
    }

    /// The colour at a share of the way from low to high.
    pub(crate) fn color_at(&self, share: f64) -> Color {
        self.color(self.low + (self.high - self.low) * share)
    }

    /// The scale beside the plot.
    pub(crate) fn bar(&self, title: &str) -> ColorBar {
        ColorBar { title: title.into(), low: self.low, high: self.high, colors: self.colors.clone() }
    }
}

/// What cells without a value look like.
fn missing(cell: &Cell) -> Paint {
    let ground = cell.below();
    let line = cell.style.text.tick.color.mix(ground, 0.72);
    Paint::Hatch(Hatch {
        kind: HatchKind::Rising,
        color: line,
        ground: Some(ground.mix(line, 0.25)),
        spacing: 6.0,
        width: 1.0,
    })
}

/// The size of text at which all of these fit in a box; `None` where the smallest readable one does not.
fn common_size<'a>(
    texts: impl Iterator<Item = &'a str>,
    style: &TextStyle,
    width: f64,
    height: f64,
) -> Option<TextStyle> {
    let texts: Vec<&str> = texts.collect();
    let sizes = [1.0, 0.9, 0.8, 0.7, 0.62].map(|s| style.sized((style.size * s).max(7.0)));
    sizes.into_iter().find(|s| s.size * 1.25 <= height && texts.iter().all(|t| shape(t, s).width <= width))
}

/// A row for each x, a column for each series, values as colours.
pub(super) fn heatmap(cell: &mut Cell) -> Result<(), DrawError> {
    let (x, series) = (cell.column(Channel::X)?, cell.columns(Channel::Y));
    let shades = Shades::of(cell, series.iter().flat_map(|c| numbers(c)).flatten().collect::<Vec<_>>());
    let unit = &series[0].unit.symbol;
    cell.color_bar(shades.bar(if unit == "%" { "%" } else { unit }));
    let names = Domain::Categories(series.iter().map(|c| c.name.clone()).collect());
    let mut axes = Axes::new(cell.chart, Domain::categories(x), names);
    axes.horizontal = true;
    let frame = cell.axes(axes)?;
    let gap = match cell.rng.below(3) {
        0 => 0.0,
        1 => 0.5,
        _ => 1.2 * cell.style.scale,
    };
    let mut texts = Vec::new();
    for (s, column) in series.iter().enumerate() {
        for row in 0..x.len() {
            let area = frame.rect([row as f64 - 0.5, row as f64 + 0.5], [s as f64 - 0.5, s as f64 + 0.5]);
            let area = area.inset(-gap.min(area.width() / 4.0).min(area.height() / 4.0));
            match column.number(row) {
                Some(value) => {
                    let color = shades.color(value);
                    // Cells that touch overlap by a hair, so that no seam shows.
                    let edge = (gap == 0.0).then(|| Stroke::new(color, 0.4));
                    cell.mark(s, row, "cell", area, Some(color.into()), edge);
                    texts.push((s, row, written(cell, column, value), area, color));
                }
                None => {
                    let id = cell.id(format_args!("missing/{s}.{row}"));
                    let node = tamis_draw::scene::Node::fill(id, "missing cell", area, missing(cell));
                    cell.push(crate::cell::Layer::Marks, node);
                }
            }
        }
    }
    if !cell.chart.value_labels {
        return Ok(());
    }
    let room = frame.rect([-0.5, 0.5], [-0.5, 0.5]);
    let style =
        common_size(texts.iter().map(|t| t.2.as_str()), &cell.style.text.label, room.width() - 4.0, room.height());
    let Some(style) = style else { return Ok(()) };
    for (s, row, text, area, color) in texts {
        let word = [cell.word(cell.id(format_args!("label/{s}.{row}")), "value label", &text, &style, f64::MAX)];
        if cell.words(&word, &[Spot { over: Some(color), ..Spot::new(area.center(), Anchor::CENTER) }]) {
            cell.value_written(s, row);
        }
    }
    Ok(())
}

/// Equal tiles in the places of a map.
pub(super) fn tile_map(cell: &mut Cell) -> Result<(), DrawError> {
    let (x, place, value) = (cell.column(Channel::X)?, cell.column(Channel::Group)?, cell.column(Channel::Value)?);
    let places: Vec<[f64; 2]> = (0..x.len()).map(|row| parse(&place.written(row))).collect();
    let shades = Shades::of(cell, numbers(value).into_iter().flatten().collect::<Vec<_>>());
    let title = if cell.chart.y.title.is_empty() { value.name.clone() } else { cell.chart.y.title.clone() };
    cell.color_bar(shades.bar(&title));
    let room = cell.plain()?;
    let ends =
        |i: usize| places.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), p| (l.min(p[i]), h.max(p[i])));
    let ((top, bottom), (left, right)) = (ends(0), ends(1));
    let side = (room.width() / (right - left + 1.0)).min(room.height() / (bottom - top + 1.0));
    if side < 9.0 {
        let needed = 9.0 * (right - left + 1.0).max(bottom - top + 1.0);
        return Err(DrawError::TooSmall {
            what: "a map of so many tiles".into(),
            needed,
            found: room.width().min(room.height()),
        });
    }
    let side = side.min(room.height() * 0.28);
    let origin = room.center() - ((right - left + 1.0) * side / 2.0, (bottom - top + 1.0) * side / 2.0);
    let gap = side * 0.035 + 0.5;
    let corner = if cell.rng.unit() < 0.35 { side * 0.14 } else { 0.0 };
    let tile = |p: &[f64; 2]| {
        let at = origin + ((p[1] - left) * side, (p[0] - top) * side);
        Rect::from_origin_size(at, (side, side)).inset(-gap)
    };
    let base = cell.style.text.label.clone();
    let names: Vec<String> = (0..x.len()).map(|row| x.written(row)).collect();
    let inner = side - 2.0 * gap - 3.0;
    let values: Vec<Option<String>> =
        (0..x.len()).map(|row| value.number(row).map(|v| written(cell, value, v))).collect();
    let with_values = cell.chart.value_labels;
    let name_style = common_size(
        names.iter().map(String::as_str),
        &base.sized((side * 0.3).min(base.size * 1.3)),
        inner,
        inner * if with_values { 0.55 } else { 1.0 },
    );
    let value_style =
        common_size(values.iter().flatten().map(String::as_str), &base, inner, inner * 0.5).filter(|_| with_values);
    let mut whole = Vec::new();
    for (row, p) in places.iter().enumerate() {
        let area = tile(p);
        let outline: Outline =
            if corner > 0.5 { RoundedRect::from_rect(area, corner).to_path(0.05).into() } else { area.into() };
        let (fill, below) = match value.number(row) {
            Some(v) => (Paint::Solid(shades.color(v)), shades.color(v)),
            None => (missing(cell), missing(cell).main_color()),
        };
        cell.mark(0, row, "tile", outline, Some(fill), None);
        whole.push(label(
            cell,
            row,
            area,
            below,
            &names[row],
            name_style.as_ref(),
            values[row].as_deref(),
            value_style.as_ref(),
        ));
    }
    cell.view.x = Some(AxisView::Categories { written: whole });
    Ok(())
}

#[allow(clippy::too_many_arguments)]
fn label(
    cell: &mut Cell,
    row: usize,
    area: Rect,
    below: Color,
    name: &str,
    name_style: Option<&TextStyle>,
    value: Option<&str>,
    value_style: Option<&TextStyle>,
) -> bool {
    let mut parts = Vec::new();
    let id = cell.id(format_args!("x/tick/{row}"));
    let own;
    // A name that is longer than the others is cut where there is room for some letters.
    let style = match name_style {
        Some(style) => style,
        None => {
            own = cell.style.text.label.sized((area.width() * 0.24).clamp(7.0, cell.style.text.label.size));
            &own
        }
    };
    let word = cell.word(id, "tile label", name, style, area.width() - 3.0);
    let whole = word.lines.iter().all(|l| l.text == name);
    parts.push(word);
    if let (Some(value), Some(style)) = (value, value_style) {
        parts.push(cell.word(cell.id(format_args!("label/0.{row}")), "value label", value, style, f64::MAX));
    }
    let spot = Spot { over: Some(below), within: Some(area), ..Spot::new(area.center(), Anchor::CENTER) };
    if parts.len() > 1 && cell.words(&parts, &[spot]) {
        cell.value_written(0, row);
        return whole;
    }
    cell.words(&parts[..1], &[spot]) && whole
}

fn parse(place: &str) -> [f64; 2] {
    let mut numbers = place.split(',').map(|n| n.trim().parse().unwrap_or(0.0));
    [numbers.next().unwrap_or(0.0), numbers.next().unwrap_or(0.0)]
}
