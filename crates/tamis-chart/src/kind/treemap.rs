//! Treemaps: nested rectangles whose areas are values.

use tamis_draw::Color;
use tamis_draw::kurbo::{Point, Rect};
use tamis_draw::text::{Anchor, Height, Style as TextStyle};

use super::parts::written;
use super::pie::solid;
use super::polar::is_whole;
use crate::cell::words::{Words, measure};
use crate::cell::{Cell, Entry, Spot};
use crate::layout::DrawError;
use crate::look::LegendPlace;
use crate::spec::Channel;
use crate::stats::{Tree, squarify};
use crate::table::Column;

/// Nested rectangles.
pub(super) fn treemap(cell: &mut Cell) -> Result<(), DrawError> {
    let tree = tree_of(cell)?;
    let value = cell.column(Channel::Value)?;
    let nested = tree.depth() > 0;
    // Groups are named by a strip above their leaves, or in a legend.
    let strips =
        nested && (!cell.chart.legend || cell.style.legend.place == LegendPlace::Direct || cell.rng.unit() < 0.6);
    if nested && !strips {
        legend(cell, &tree);
    }
    let room = cell.plain()?;
    let mut map = Map { tree: &tree, value, strips, gap: (1.5 * cell.style.scale).max(1.0), names: true };
    let gap = map.gap * 2.0;
    map.level(cell, &tree.roots, room, if nested { gap } else { map.gap });
    if strips || !nested {
        cell.view.names = map.names;
    }
    Ok(())
}

/// The chart's tree.
pub(super) fn tree_of(cell: &Cell) -> Result<Tree, DrawError> {
    Tree::of(cell.chart).ok_or(DrawError::NoColumn { kind: cell.chart.kind, channel: Channel::Parent })
}

/// A legend of the root's children.
pub(super) fn legend(cell: &mut Cell, tree: &Tree) {
    let entry = |(rank, n): (usize, &usize)| Entry {
        series: rank,
        name: tree.nodes[*n].name.clone(),
        sample: crate::cell::Sample::Area(cell.area_paint(rank, None), cell.area_edge()),
    };
    let entries = tree.roots.iter().enumerate().map(entry).collect();
    cell.legend(entries);
}

/// The colour of a node: its branch's, lighter from child to child.
pub(super) fn shade(cell: &Cell, tree: &Tree, node: usize) -> Color {
    let branch = tree.nodes[node].branch;
    let rank = tree.roots.iter().position(|r| *r == branch).unwrap_or(0);
    let base = cell.color(rank);
    let Some(parent) = tree.nodes[node].parent else { return base };
    let family = &tree.nodes[parent].children;
    let place = family.iter().position(|c| *c == node).unwrap_or(0) as f64 / family.len().max(2) as f64;
    let depth = tree.nodes[node].depth as f64;
    base.mix(Color::WHITE, (0.1 * (depth - 1.0) + 0.42 * place).min(0.6))
}

struct Map<'a> {
    tree: &'a Tree,
    value: &'a Column,
    strips: bool,
    gap: f64,
    /// Whether all leaves' names are written whole.
    names: bool,
}

impl Map<'_> {
    fn level(&mut self, cell: &mut Cell, nodes: &[usize], room: Rect, gap: f64) {
        let values: Vec<f64> = nodes.iter().map(|n| self.tree.nodes[*n].value).collect();
        for (node, area) in nodes.iter().zip(squarify(&values, room)) {
            self.node(cell, *node, area, gap);
        }
    }

    fn node(&mut self, cell: &mut Cell, node: usize, area: Rect, gap: f64) {
        let of = &self.tree.nodes[node];
        // Gaps are taken off both neighbours alike, so that areas stay in proportion but for the gap.
        let inner = area.inset(-(gap / 2.0).min(area.width() / 4.0).min(area.height() / 4.0));
        if inner.width() < 0.05 || inner.height() < 0.05 {
            self.names = false;
            return cell.anchor(0, of.row, area.center());
        }
        let color = shade(cell, self.tree, node);
        if of.children.is_empty() {
            let edge = cell.style.bars.edge.clone().filter(|_| inner.width() > 6.0 && inner.height() > 6.0);
            cell.mark(0, of.row, "treemap cell", inner, Some(solid(cell, color).into()), edge);
            return self.leaf(cell, node, inner, color);
        }
        let strip = self.strip(cell, node, inner, color);
        let children = of.children.clone();
        self.level(cell, &children, Rect { y0: inner.y0 + strip, ..inner }, self.gap);
    }

    /// The name of a group above its leaves; gives its height, 0 where there is no room.
    fn strip(&mut self, cell: &mut Cell, node: usize, area: Rect, color: Color) -> f64 {
        let of = &self.tree.nodes[node];
        let style = cell.style.text.label.bold();
        let height = style.size * 1.6;
        let wide = area.width() > style.size * 3.5 && area.height() > height * 2.2;
        if !self.strips || !wide {
            self.names &= !self.strips;
            let ground = cell.style.background;
            cell.mark(0, of.row, "treemap group", area, Some(ground.into()), None);
            return 0.0;
        }
        let dark = color.mix(Color::BLACK, 0.22);
        cell.mark(0, of.row, "treemap group", area, Some(dark.into()), None);
        let word = cell.word(
            cell.id(format_args!("name/0.{}", of.row)),
            "group label",
            &of.name,
            &style,
            area.width() - style.size,
        );
        let at = Point::new(area.x0 + style.size * 0.5, area.y0 + height / 2.0);
        let strip = Rect { y1: area.y0 + height, ..area };
        let whole = is_whole(std::slice::from_ref(&word), &of.name);
        let done =
            cell.words(&[word], &[Spot { over: Some(dark), within: Some(strip), ..Spot::new(at, Anchor::LEFT) }]);
        self.names &= done && whole;
        height
    }

    fn leaf(&mut self, cell: &mut Cell, node: usize, area: Rect, color: Color) {
        let of = &self.tree.nodes[node];
        let base = &cell.style.text.label;
        let pad = base.size * 0.4;
        let room = area.inset(-pad);
        let large = (area.area().sqrt() / 9.0).clamp(base.size * 0.8, base.size * 1.5);
        let sizes = [large, base.size, base.size * 0.85, base.size * 0.72].map(|s| s.max(7.0));
        let corner = cell.style.title_align == crate::look::TitleAlign::Left;
        let spot = if corner {
            Spot {
                over: Some(color),
                within: Some(room.inflate(1.0, 1.0)),
                ..Spot::new(room.origin(), Anchor { x: 0.0, y: Height::Top })
            }
        } else {
            Spot { over: Some(color), within: Some(room.inflate(1.0, 1.0)), ..Spot::new(area.center(), Anchor::CENTER) }
        };
        let spot = Spot { over: Some(solid(cell, color)), ..spot };
        for with_value in [true, false] {
            for size in sizes {
                let parts = self.words(cell, node, &base.sized(size), room, with_value);
                let Some(parts) = parts else { continue };
                if cell.words(&parts, &[spot]) {
                    if parts.len() > 1 {
                        cell.value_written(0, of.row);
                    }
                    return;
                }
            }
        }
        self.names = false;
    }

    /// The name of a leaf, whole, and its value where that is wanted; `None` where they are broader than the room.
    fn words(&self, cell: &Cell, node: usize, style: &TextStyle, room: Rect, with_value: bool) -> Option<Vec<Words>> {
        let of = &self.tree.nodes[node];
        let longest = crate::cell::text::longest_word(&of.name, style);
        if room.width() <= 0.0 || longest > room.width() || of.name.len() > 300 {
            return None;
        }
        let mut parts =
            vec![cell.wrap(cell.id(format_args!("name/0.{}", of.row)), "cell label", &of.name, style, room.width(), 3)];
        if !is_whole(&parts, &of.name) {
            return None;
        }
        if with_value && cell.chart.value_labels {
            let text = written(cell, self.value, of.value);
            let small = style.sized((style.size * 0.9).max(7.0));
            parts.push(cell.word(cell.id(format_args!("label/0.{}", of.row)), "value label", &text, &small, f64::MAX));
        }
        let (width, height) = measure(&parts);
        (width <= room.width() && height <= room.height()).then_some(parts)
    }
}
