//! Roses: sectors of equal angle whose lengths are values.

use super::parts::{numbers, written};
use super::pie::{sample, separator};
use super::polar::{self, Rim, Rings};
use crate::cell::{Cell, Layer, Spot};
use crate::layout::DrawError;
use crate::spec::Channel;
use tamis_draw::kurbo::Circle;
use tamis_draw::scene::Node;
use tamis_draw::text::Anchor;

/// Sectors around a circle; several series stand side by side in each.
pub(super) fn rose(cell: &mut Cell) -> Result<(), DrawError> {
    let (x, series) = (cell.column(Channel::X)?, cell.columns(Channel::Y));
    cell.legend_of_series(sample);
    let room = cell.plain()?;
    let n = x.len();
    let slot = 360.0 / n as f64;
    let names: Vec<(f64, String)> = (0..n).map(|row| (slot * row as f64, x.written(row))).collect();
    let rim = Rim::new(cell, room, &names);
    let highest = series.iter().flat_map(|c| numbers(c)).flatten().fold(0.0, f64::max);
    let rings = Rings::new(cell, rim.center, rim.radius, highest);
    grid(cell, &rings, n, slot);
    let colourful = series.len() == 1 && n <= 16 && cell.rng.unit() < 0.55;
    let width = slot * if series.len() > 1 { 0.86 } else { 0.94 };
    let each = width / series.len() as f64;
    for (s, column) in series.iter().enumerate() {
        for row in 0..n {
            let Some(value) = column.number(row) else { continue };
            let from = slot * row as f64 - width / 2.0 + each * s as f64;
            let reach = rings.reach(value);
            if reach < 0.3 {
                cell.anchor(s, row, rings.center);
                continue;
            }
            let color = if colourful { row } else { s };
            let outline = polar::sector(rings.center, [0.0, reach], [from, from + each]);
            let fill = cell.area_paint(color, None);
            let edge = separator(cell).filter(|_| each.to_radians() * reach > 4.0);
            cell.mark(s, row, "sector", outline, Some(fill), edge);
        }
    }
    rim.draw(cell, &names);
    for (s, column) in series.iter().enumerate() {
        for row in 0..n {
            let Some(value) = column.number(row) else { continue };
            let middle = slot * row as f64 - width / 2.0 + each * (s as f64 + 0.5);
            let reach = rings.reach(value);
            let text = written(cell, column, value);
            let fill = cell.area_paint(if colourful { row } else { s }, None).main_color();
            let size = cell.style.text.label.size;
            let half = crate::cell::text::shape(&text, &cell.style.text.label).width.max(size) / 2.0;
            // Inside where the sector is broad enough for the number, else just beyond it.
            let inside = reach - half - size * 0.4;
            let fits = inside > 0.0 && each.to_radians() * inside > half * 2.2 && cell.style.bars.hatches.is_empty();
            let within = Spot { over: Some(fill), ..Spot::new(polar::at(rings.center, inside, middle), Anchor::CENTER) };
            let beyond = Spot::new(polar::at(rings.center, reach + half + size * 0.3, middle), Anchor::CENTER);
            let spots = if fits { vec![within, beyond] } else { vec![beyond] };
            cell.label(s, row, &text, &spots);
        }
    }
    let between = slot / 2.0;
    rings.labels(cell, between);
    Ok(())
}

fn grid(cell: &mut Cell, rings: &Rings, n: usize, slot: f64) {
    let stroke = rings.stroke(cell);
    for (i, value) in rings.values().enumerate().collect::<Vec<_>>() {
        let circle = Circle::new(rings.center, rings.reach(value));
        cell.push(Layer::Grid, Node::stroke(cell.id(format_args!("y/grid/{i}")), "gridlines", circle, stroke.clone()));
    }
    if n <= 36 {
        let mut spokes = tamis_draw::kurbo::BezPath::new();
        for i in 0..n {
            spokes.move_to(rings.center);
            spokes.line_to(polar::at(rings.center, rings.radius, slot * (i as f64 + 0.5)));
        }
        cell.push(Layer::Grid, Node::stroke(cell.id("x/grid"), "gridlines", spokes, stroke));
    }
}
