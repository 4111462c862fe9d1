//! Sunbursts: nested rings whose angles are values.

use tamis_draw::kurbo::{Point, Rect, Vec2};
use tamis_draw::text::Anchor;

use super::pie::{separator, share_text, solid};
use super::polar;
use super::treemap::{legend, shade, tree_of};
use crate::cell::text::{elided, shape};
use crate::cell::words::Words;
use crate::cell::{Cell, Layer, Spot};
use crate::layout::DrawError;
use crate::spec::Channel;
use crate::stats::Tree;

struct Burst<'a> {
    tree: &'a Tree,
    center: Point,
    /// Inner radius of the first ring and thickness of each.
    hole: f64,
    ring: f64,
    names: bool,
}

/// Nested rings.
pub(super) fn sunburst(cell: &mut Cell) -> Result<(), DrawError> {
    let tree = tree_of(cell)?;
    if tree.roots.len() > 1 && cell.rng.unit() < 0.3 {
        legend(cell, &tree);
    }
    let room = cell.plain()?;
    let radius = room.width().min(room.height()) / 2.0;
    let rings = tree.depth() as f64 + 1.0;
    let hole = radius * if cell.rng.unit() < 0.7 { 0.55 / (rings + 0.55) } else { 0.12 };
    let ring = (radius - hole) / rings;
    let mut burst = Burst { tree: &tree, center: room.center(), hole, ring, names: true };
    let mut at = 0.0;
    for root in &tree.roots {
        at = burst.node(cell, *root, at);
    }
    burst.middle(cell);
    cell.view.names = burst.names;
    Ok(())
}

impl Burst<'_> {
    /// Draws a node from an angle on; gives the angle where it ends.
    fn node(&mut self, cell: &mut Cell, node: usize, from: f64) -> f64 {
        let of = &self.tree.nodes[node];
        let sweep = if self.tree.total > 0.0 { of.value / self.tree.total * 360.0 } else { 0.0 };
        let inner = self.hole + self.ring * of.depth as f64;
        let outer = inner + self.ring;
        if sweep.to_radians() * outer < 0.02 {
            cell.anchor(0, of.row, polar::at(self.center, outer, from));
            self.names = false;
            return from + sweep;
        }
        let color = shade(cell, self.tree, node);
        let outline = polar::sector(self.center, [inner, outer], [from, from + sweep]);
        let edge = separator(cell).filter(|_| sweep < 359.9 && sweep.to_radians() * outer > 4.0);
        let edge = edge.or_else(|| {
            Some(tamis_draw::scene::Stroke::new(cell.style.background, 0.8))
                .filter(|_| sweep.to_radians() * outer > 4.0)
        });
        let ground = solid(cell, color);
        cell.mark(0, of.row, "sector", outline, Some(ground.into()), edge);
        self.names &= self.label(cell, node, [from, from + sweep], [inner, outer], ground);
        let mut at = from;
        for child in &of.children {
            at = self.node(cell, *child, at);
        }
        from + sweep
    }

    /// Writes a name: level where it fits, else along the radius; says whether it is written whole.
    fn label(
        &self,
        cell: &mut Cell,
        node: usize,
        [from, to]: [f64; 2],
        [inner, outer]: [f64; 2],
        below: tamis_draw::Color,
    ) -> bool {
        let of = &self.tree.nodes[node];
        let (name, row) = (of.name.as_str(), of.row);
        let id = cell.id(format_args!("name/0.{row}"));
        let middle = (from + to) / 2.0;
        let radius = (inner + outer) / 2.0;
        let base = cell.style.text.label.clone();
        let ink = cell.ink_over(base.color, below.over(cell.style.background), true);
        let base = base.colored(ink);
        for size in [base.size, base.size * 0.85, base.size * 0.75] {
            let style = base.sized(size.max(7.0));
            let mut parts = vec![cell.wrap(id.clone(), "sector label", name, &style, self.ring * 1.3, 2)];
            if cell.chart.value_labels {
                let share = share_text(cell, of.value / self.tree.total * 100.0);
                parts.push(cell.word(cell.id(format_args!("label/0.{row}")), "value label", &share, &style, f64::MAX));
            }
            for parts in [&parts[..], &parts[..1]] {
                let at = if to - from > 359.9 { self.center } else { polar::at(self.center, radius, middle) };
                let bbox = polar::box_of(parts, at, Anchor::CENTER);
                if polar::is_whole(&parts[..1], name) && self.holds(bbox, [from, to], [inner, outer]) {
                    let spot = Spot { over: Some(below), ..Spot::new(at, Anchor::CENTER) };
                    if cell.words(parts, &[spot]) {
                        return true;
                    }
                }
            }
        }
        let room = self.ring - base.size * 0.6;
        for size in [base.size, base.size * 0.85, base.size * 0.72] {
            let style = base.sized(size.max(7.0));
            // The narrow end of the sector must hold the height of the text.
            let breadth = (to - from).min(170.0).to_radians() * (inner + self.ring * 0.18);
            if breadth < style.size * 1.05 {
                continue;
            }
            let line = shape(name, &style);
            let last = size < base.size * 0.8;
            if line.width <= room || (last && room > style.size * 4.0) {
                let line = if line.width <= room { line } else { elided(name, &style, room) };
                let whole = line.text == name;
                return self.radial(cell, id, line, middle, radius) && whole;
            }
        }
        false
    }

    /// Writes a line along the radius, never upside down.
    fn radial(&self, cell: &mut Cell, id: String, line: tamis_draw::text::Line, middle: f64, radius: f64) -> bool {
        let at = polar::at(self.center, radius, middle);
        let angle = 90.0 - middle.rem_euclid(360.0);
        let angle = if middle.rem_euclid(360.0) > 180.0 { angle + 180.0 } else { angle };
        let color = line.color;
        let mut run = line.turned(at, Anchor::CENTER, angle);
        run.color = color;
        cell.text(Layer::Labels, id, "sector label", run);
        true
    }

    fn holds(&self, bbox: Rect, [from, to]: [f64; 2], [inner, outer]: [f64; 2]) -> bool {
        let points = (0..=6).flat_map(|i| {
            let t = f64::from(i) / 6.0;
            let (x, y) = (bbox.x0 + bbox.width() * t, bbox.y0 + bbox.height() * t);
            [Point::new(x, bbox.y0), Point::new(x, bbox.y1), Point::new(bbox.x0, y), Point::new(bbox.x1, y)]
        });
        points.into_iter().all(|p| {
            let d: Vec2 = p - self.center;
            let turned = (d.x.atan2(-d.y).to_degrees() - from).rem_euclid(360.0);
            d.hypot() < outer - 1.5 && d.hypot() > inner + 1.5 && turned < to - from
        })
    }

    /// The sum of all in the hole, where there is room.
    fn middle(&self, cell: &mut Cell) {
        let Ok(value) = cell.column(Channel::Value) else { return };
        if self.hole < cell.style.text.label.size * 2.2 || !value.unit.additive || cell.rng.unit() > 0.5 {
            return;
        }
        let text = cell.style.numbers.write(self.tree.total, usize::from(value.unit.decimals));
        let word = |id: &str, role, text: &str, style| Words {
            id: cell.id(id),
            role,
            lines: vec![elided(text, style, self.hole * 1.6)],
        };
        let parts = [
            word("total", "total", &text, &cell.style.text.axis),
            word("total/name", "total name", "Total", &cell.style.text.label),
        ];
        let room = Rect::from_center_size(self.center, (self.hole * 1.7, self.hole * 1.2));
        cell.words(&parts, &[Spot { within: Some(room), ..Spot::new(self.center, Anchor::CENTER) }]);
    }
}
