//! Funnels: stages below each other, as broad as what is left.

use tamis_draw::kurbo::{Point, Rect, RoundedRect, Shape as _};
use tamis_draw::scene::Outline;
use tamis_draw::text::Anchor;

use super::parts::{numbers, written};
use super::pie::{separator, share_text};
use super::polar::is_whole;
use crate::cell::words::Words;
use crate::cell::{Cell, Spot};
use crate::layout::{AxisView, DrawError};
use crate::spec::Channel;

/// Stages below each other.
pub(super) fn funnel(cell: &mut Cell) -> Result<(), DrawError> {
    let (x, y) = (cell.column(Channel::X)?, cell.column(Channel::Y)?);
    let values: Vec<f64> = numbers(y).into_iter().map(|v| v.unwrap_or(0.0)).collect();
    let room = cell.plain()?;
    let n = values.len();
    let slot = room.height() / n as f64;
    let style = cell.style.text.tick.clone();
    let size = style.size;
    if slot < size * 1.1 {
        let what = format!("a funnel of {n} stages");
        return Err(DrawError::TooSmall { what, needed: n as f64 * size * 1.1, found: room.height() });
    }
    let most = ((slot * 0.92 / (size * 1.2)).floor() as usize).clamp(1, 2);
    let longest = room.width() * 0.28;
    let name = |row: usize| {
        cell.wrap(cell.id(format_args!("x/tick/{row}")), "stage label", &x.written(row), &style, longest, most)
    };
    let names: Vec<Words> = (0..n).map(name).collect();
    let names_width = names.iter().flat_map(|w| &w.lines).map(|l| l.width).fold(0.0, f64::max);
    let tapered = cell.rng.unit() < 0.55;
    let one_colour = cell.rng.unit() < 0.4;
    let shares = cell.rng.unit() < 0.45;
    let right = if shares || cell.chart.value_labels { size * 4.6 } else { size };
    let plot = Rect::new(room.x0 + names_width + size, room.y0, room.x1 - right, room.y1);
    if plot.width() < size * 4.0 {
        return Err(DrawError::TooSmall {
            what: "a funnel beside its names".into(),
            needed: size * 4.0,
            found: plot.width(),
        });
    }
    let largest = values.iter().copied().fold(0.0, f64::max);
    let half = |v: f64| v / largest * plot.width() / 2.0;
    let gap = if tapered { 0.0 } else { (slot * 0.14).min(size * 0.8) };
    let middle = plot.center().x;
    let mut written_names = Vec::new();
    for (row, value) in values.iter().enumerate() {
        let (top, bottom) = (plot.y0 + slot * row as f64 + gap / 2.0, plot.y0 + slot * (row + 1) as f64 - gap / 2.0);
        let h = half(*value);
        let below = if tapered { half(*values.get(row + 1).unwrap_or(value)) } else { h };
        let color = if one_colour {
            cell.color(0).mix(cell.style.background, 0.55 * row as f64 / n as f64)
        } else {
            cell.color(row)
        };
        let area = Rect::new(middle - h, top, middle + h, bottom);
        if area.width() < 0.05 {
            cell.anchor(0, row, area.center());
        } else {
            let outline = if tapered {
                Outline::polygon(&[
                    Point::new(middle - h, top),
                    Point::new(middle + h, top),
                    Point::new(middle + below, bottom),
                    Point::new(middle - below, bottom),
                ])
            } else {
                rounded(area, cell.style.bars.corner)
            };
            let fill = cell.paint_of(color, row, None);
            let edge = separator(cell);
            cell.mark(0, row, "funnel stage", outline, Some(fill), edge);
        }
        let y_middle = (top + bottom) / 2.0;
        let parts = std::slice::from_ref(&names[row]);
        let done = cell.words(parts, &[Spot::new((room.x0 + names_width, y_middle), Anchor::RIGHT)]);
        written_names.push(done && is_whole(parts, &x.written(row)));
        // The narrower end decides what fits.
        let inside = Rect::new(middle - h.min(below), top, middle + h.min(below), bottom);
        label(cell, row, &values, y, inside, color, [middle + h.max(below), y_middle], shares);
    }
    cell.view.names = written_names.iter().all(|w| *w);
    cell.view.x = Some(AxisView::Categories { written: written_names });
    Ok(())
}

#[allow(clippy::too_many_arguments)]
fn label(
    cell: &mut Cell,
    row: usize,
    values: &[f64],
    y: &crate::table::Column,
    inside: Rect,
    color: tamis_draw::Color,
    edge: [f64; 2],
    shares: bool,
) {
    let style = cell.style.text.label.clone();
    let gap = style.size * 0.4;
    let beyond = Spot::new((edge[0] + gap, edge[1]), Anchor::LEFT);
    let patterned = !cell.style.bars.hatches.is_empty() || cell.style.bars.gradient;
    let fill = cell.paint_of(color, row, None).main_color();
    let within = Spot { over: Some(fill), within: Some(inside), ..Spot::new(inside.center(), Anchor::CENTER) };
    if cell.chart.value_labels {
        let text = written(cell, y, values[row]);
        let word = [cell.word(cell.id(format_args!("label/0.{row}")), "value label", &text, &style, f64::MAX)];
        let spots = if patterned { vec![beyond] } else { vec![within, beyond] };
        if cell.words(&word, &spots) {
            cell.value_written(0, row);
        }
    }
    if shares {
        let first = values[0].max(f64::MIN_POSITIVE);
        let text = share_text(cell, values[row] / first * 100.0);
        let word = [cell.word(cell.id(format_args!("share/0.{row}")), "share label", &text, &style, f64::MAX)];
        cell.words(&word, &[beyond]);
    }
}

fn rounded(area: Rect, corner: f64) -> Outline {
    let radius = corner.min(area.width() / 2.0).min(area.height() / 2.0);
    if radius < 0.5 { area.into() } else { RoundedRect::from_rect(area, radius).to_path(0.05).into() }
}
