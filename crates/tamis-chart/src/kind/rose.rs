//! Roses: sectors of equal angle whose lengths are values.

use tamis_draw::kurbo::{Circle, Point, Rect};
use tamis_draw::scene::Node;
use tamis_draw::text::Anchor;

use super::parts::{numbers, written};
use super::pie::{sample, separator};
use super::polar::{self, Rim, Rings};
use crate::cell::words::measure;
use crate::cell::{Cell, Layer, Spot};
use crate::layout::DrawError;
use crate::spec::Channel;
use crate::table::Column;

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
    let sectors = Sectors { rings: &rings, series: &series, slot, width, each, colourful };
    sectors.labels(cell);
    rings.labels(cell, sectors.free_angle());
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

/// Where every sector is.
struct Sectors<'a> {
    rings: &'a Rings,
    series: &'a [&'a Column],
    slot: f64,
    width: f64,
    each: f64,
    colourful: bool,
}

impl Sectors<'_> {
    /// Writes values inside where the sector is broad enough for the number, else just beyond it.
    fn labels(&self, cell: &mut Cell) {
        if !cell.chart.value_labels {
            return;
        }
        let size = cell.style.text.label.size;
        for (s, column) in self.series.iter().enumerate() {
            for row in 0..column.len() {
                let Some(value) = column.number(row) else { continue };
                let text = written(cell, column, value);
                let word = [cell.word(
                    cell.id(format_args!("label/{s}.{row}")),
                    "value label",
                    &text,
                    &cell.style.text.label,
                    f64::MAX,
                )];
                let half = measure(&word).0.max(size) / 2.0;
                let middle = self.slot * row as f64 - self.width / 2.0 + self.each * (s as f64 + 0.5);
                let (center, reach) = (self.rings.center, self.rings.reach(value));
                let fill = cell.area_paint(if self.colourful { row } else { s }, None).main_color();
                let inside = reach - half - size * 0.4;
                let fits =
                    inside > 0.0 && self.each.to_radians() * inside > half * 2.3 && cell.style.bars.hatches.is_empty();
                let beyond = polar::at(center, reach + half + size * 0.35, middle);
                let mut spots = Vec::new();
                if fits {
                    spots.push(Spot {
                        over: Some(fill),
                        ..Spot::new(polar::at(center, inside, middle), Anchor::CENTER)
                    });
                }
                if self.is_clear(polar::box_of(&word, beyond, Anchor::CENTER)) {
                    spots.push(Spot::new(beyond, Anchor::CENTER));
                }
                if cell.words(&word, &spots) {
                    cell.value_written(s, row);
                }
            }
        }
    }

    /// The border between two categories whose sectors are shortest.
    fn free_angle(&self) -> f64 {
        let n = self.series[0].len();
        let longest = |row: usize| self.series.iter().filter_map(|c| c.number(row % n)).fold(0.0, f64::max);
        let reach = |row: usize| longest(row).max(longest(row + 1));
        let best = (0..n).reduce(|a, b| if reach(b) + 1e-9 < reach(a) { b } else { a }).unwrap_or(0);
        self.slot * (best as f64 + 0.5)
    }

    /// Whether a box lies over no sector.
    fn is_clear(&self, bbox: Rect) -> bool {
        let points = (0..=4).flat_map(|i| (0..=2).map(move |j| (f64::from(i) / 4.0, f64::from(j) / 2.0)));
        points.map(|(u, v)| Point::new(bbox.x0 + u * bbox.width(), bbox.y0 + v * bbox.height())).all(|p| {
            let d = p - self.rings.center;
            let degrees = d.x.atan2(-d.y).to_degrees();
            let row = (degrees / self.slot).round().rem_euclid(360.0 / self.slot) as usize;
            let off = (degrees - self.slot * row as f64 + self.width / 2.0).rem_euclid(360.0);
            let s = ((off / self.each) as usize).min(self.series.len() - 1);
            let reach = self.series[s].number(row).map_or(0.0, |v| self.rings.reach(v));
            d.hypot() > reach + 1.0
        })
    }
}
