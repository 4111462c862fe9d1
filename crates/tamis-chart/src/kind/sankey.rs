//! Sankey diagrams: bands between columns of nodes.

use tamis_draw::Color;
use tamis_draw::kurbo::{BezPath, Point, Rect};
use tamis_draw::scene::Node;
use tamis_draw::text::Anchor;

use super::parts::written;
use super::polar::is_whole;
use crate::cell::words::Words;
use crate::cell::{Cell, Layer, Spot};
use crate::layout::DrawError;
use crate::spec::Channel;
use crate::stats::{Flow, SankeyLayout, sankey as layout};

/// Bands between columns of nodes.
pub(super) fn sankey(cell: &mut Cell) -> Result<(), DrawError> {
    let missing = DrawError::NoColumn { kind: cell.chart.kind, channel: Channel::Source };
    let (network, values) = crate::stats::edges_of(cell.chart).ok_or(missing)?;
    let room = cell.plain()?;
    let size = cell.style.text.label.size;
    let found = layout(&network, &values, (size * 1.25 / room.height()).min(0.05));
    let tallest = (0..=found.layers.iter().copied().max().unwrap_or(0))
        .map(|l| found.layers.iter().filter(|x| **x == l).count())
        .max()
        .unwrap_or(1);
    if tallest as f64 * 2.0 > room.height() {
        return Err(DrawError::TooSmall {
            what: format!("a column of {tallest} nodes"),
            needed: tallest as f64 * 2.0,
            found: room.height(),
        });
    }
    let columns = found.layers.iter().max().map_or(1, |l| l + 1);
    let totals = cell.rng.unit() < 0.3;
    let flat = cell.rng.unit() < 0.35;
    let (thick, alpha) = ((room.width() * 0.022).clamp(6.0, 20.0), 0.35 + 0.2 * cell.rng.unit());
    let alpha = readable_alpha(cell, &found, flat, alpha);
    let slot = room.width() / columns as f64;
    let words: Vec<Vec<Words>> = (0..network.nodes.len())
        .map(|n| node_words(cell, &network.nodes[n], n, found.throughput[n], slot * 0.62, totals))
        .collect();
    // Names of the last column stand to the left of their nodes, over the bands, or beyond them where there is room.
    let beyond = cell.rng.unit() < 0.5;
    let last = columns - 1;
    let widest = words
        .iter()
        .zip(&found.layers)
        .filter(|(_, l)| **l == last)
        .map(|(w, _)| crate::cell::words::measure(w).0)
        .fold(0.0, f64::max);
    let right = if beyond { (widest + size * 0.6).min(room.width() * 0.25) } else { 0.0 };
    let plot = Rect { x1: room.x1 - right, y0: room.y0 + size * 0.3, y1: room.y1 - size * 0.3, ..room };
    let place = Place { plot, thick, last, layout: &found };
    for (row, flow) in found.flows.iter().enumerate() {
        let color = if flat { cell.style.palette.neutral } else { cell.color(flow.from) };
        place.band(cell, row, flow, color.with_alpha(alpha));
    }
    for node in 0..network.nodes.len() {
        let rect = place.node(node);
        if rect.height() > 0.02 {
            let fill = cell.color(node);
            cell.push(Layer::Marks, Node::fill(cell.id(format_args!("node/{node}")), "node", rect, fill));
        }
    }
    let mut whole = true;
    for (node, parts) in words.iter().enumerate() {
        let rect = place.node(node);
        let y = rect.center().y;
        let (after, before) =
            (Spot::new((rect.x1 + size * 0.4, y), Anchor::LEFT), Spot::new((rect.x0 - size * 0.4, y), Anchor::RIGHT));
        let spots = if found.layers[node] == last && !beyond { [before, after] } else { [after, before] };
        // The height of the name alone may fit where name and total do not.
        let done = cell.words(parts, &spots) || cell.words(&parts[..1], &spots);
        whole &= done && is_whole(&parts[..1], &network.nodes[node]);
    }
    cell.view.names = whole;
    place.labels(cell, flat, alpha)
}

/// How much bands may cover, at most `wanted`, so that names on two of them are still read.
fn readable_alpha(cell: &Cell, layout: &SankeyLayout, flat: bool, wanted: f64) -> f64 {
    let (ink, ground) =
        (cell.style.readable(cell.style.text.label.color, cell.style.background), cell.style.background);
    let seen = |color: Color, alpha: f64| {
        let band = color.with_alpha(alpha);
        band.over(band.over(ground)).contrast(ink).min(band.over(ground).contrast(ink))
    };
    let colors: Vec<Color> = match flat {
        true => vec![cell.style.palette.neutral],
        false => layout.flows.iter().map(|f| cell.color(f.from)).collect(),
    };
    let steps = (0..).map(|i| wanted - 0.04 * f64::from(i)).take_while(|a| *a > 0.1);
    steps.into_iter().find(|a| colors.iter().all(|c| seen(*c, *a) >= 3.6)).unwrap_or(0.1)
}

fn node_words(cell: &Cell, name: &str, node: usize, through: f64, width: f64, totals: bool) -> Vec<Words> {
    let style = &cell.style.text.label;
    let mut parts = vec![cell.wrap(cell.id(format_args!("node/{node}/name")), "node label", name, style, width, 2)];
    if let Some(value) = cell.columns(Channel::Value).first().filter(|_| totals) {
        let text = written(cell, value, through);
        let small = style.sized((style.size * 0.9).max(7.0));
        parts.push(cell.word(cell.id(format_args!("node/{node}/value")), "node value", &text, &small, width));
    }
    parts
}

struct Place<'a> {
    plot: Rect,
    thick: f64,
    last: usize,
    layout: &'a SankeyLayout,
}

impl Place<'_> {
    fn x(&self, layer: usize) -> f64 {
        self.plot.x0 + (self.plot.width() - self.thick) * layer as f64 / self.last.max(1) as f64
    }

    fn y(&self, share: f64) -> f64 {
        self.plot.y0 + share * self.plot.height()
    }

    fn node(&self, node: usize) -> Rect {
        let x = self.x(self.layout.layers[node]);
        let [top, bottom] = self.layout.spans[node];
        Rect::new(x, self.y(top), x + self.thick, self.y(bottom))
    }

    /// Where a band leaves and arrives, and how thick it is.
    fn ends(&self, flow: &Flow) -> (Point, Point, f64) {
        let (a, b) = (self.node(flow.from), self.node(flow.to));
        let thick = flow.value * self.layout.unit * self.plot.height();
        (Point::new(a.x1, self.y(flow.start)), Point::new(b.x0, self.y(flow.end)), thick)
    }

    fn band(&self, cell: &mut Cell, row: usize, flow: &Flow, color: Color) {
        let (a, b, thick) = self.ends(flow);
        if thick < 0.02 {
            return cell.anchor(0, row, a.midpoint(b));
        }
        let bend = (b.x - a.x) / 2.0;
        let mut path = BezPath::new();
        path.move_to(a);
        path.curve_to((a.x + bend, a.y), (b.x - bend, b.y), (b.x, b.y));
        path.line_to((b.x, b.y + thick));
        path.curve_to((b.x - bend, b.y + thick), (a.x + bend, a.y + thick), (a.x, a.y + thick));
        path.close_path();
        cell.mark(0, row, "flow", path, Some(color.into()), None);
    }

    /// Values in the middle of bands thick enough for them.
    fn labels(&self, cell: &mut Cell, flat: bool, alpha: f64) -> Result<(), DrawError> {
        let value = cell.columns(Channel::Value).first().copied();
        let Some(value) = value.filter(|_| cell.chart.value_labels) else { return Ok(()) };
        let style = cell.style.text.label.sized((cell.style.text.label.size * 0.92).max(7.0));
        for (row, flow) in self.layout.flows.iter().enumerate() {
            let (a, b, thick) = self.ends(flow);
            if thick < style.size * 0.95 {
                continue;
            }
            let color = if flat { cell.style.palette.neutral } else { cell.color(flow.from) };
            let word = [cell.word(
                cell.id(format_args!("label/0.{row}")),
                "value label",
                &written(cell, value, flow.value),
                &style,
                f64::MAX,
            )];
            let along = [0.5, 0.35, 0.65, 0.25, 0.75, 0.15];
            let spots = along.map(|t| {
                // The bend is a cubic whose ends are level.
                let s = t * t * (3.0 - 2.0 * t);
                let at = Point::new(a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * s + thick / 2.0);
                Spot { over: Some(color.with_alpha(alpha)), ..Spot::new(at, Anchor::CENTER) }
            });
            if cell.words(&word, &spots) {
                cell.value_written(0, row);
            }
        }
        Ok(())
    }
}
