//! Networks: discs joined by lines.

use tamis_draw::kurbo::{Circle, Line as Segment, Point, Rect};
use tamis_draw::scene::{Node, Stroke};
use tamis_draw::text::{Anchor, Height};

use super::parts::written;
use super::polar::{box_of, is_whole};
use crate::cell::words::Words;
use crate::cell::{Cell, Layer, Spot};
use crate::layout::DrawError;
use crate::spec::Channel;
use crate::stats::{Network, circular, spring};

/// Discs joined by lines as thick as the edges' values.
pub(super) fn node(cell: &mut Cell) -> Result<(), DrawError> {
    let missing = DrawError::NoColumn { kind: cell.chart.kind, channel: Channel::Source };
    let (network, values) = crate::stats::edges_of(cell.chart).ok_or(missing)?;
    let room = cell.plain()?;
    let n = network.nodes.len();
    let needed = (n as f64).sqrt() * 12.0;
    if room.width().min(room.height()) < needed {
        return Err(DrawError::TooSmall {
            what: format!("a network of {n} nodes"),
            needed,
            found: room.width().min(room.height()),
        });
    }
    let round = n <= 16 && cell.rng.unit() < 0.35;
    let places = if round { circular(&network) } else { spring(&network) };
    let style = cell.style.text.label.clone();
    let longest = (room.width() * 0.2).max(style.size * 5.0);
    let name = |i: usize| {
        cell.wrap(cell.id(format_args!("node/{i}/name")), "node label", &network.nodes[i], &style, longest, 2)
    };
    let names: Vec<Words> = (0..n).map(name).collect();
    let widest = names.iter().map(|w| crate::cell::words::measure(std::slice::from_ref(w)).0).fold(0.0, f64::max);
    let crowd = (12.0 / n as f64).sqrt().clamp(0.25, 1.0);
    let base = (room.width().min(room.height()) * 0.045 * crowd).max(2.5);
    let degrees = network.degrees();
    let most = degrees.iter().copied().max().unwrap_or(1) as f64;
    let by_degree = cell.rng.unit() < 0.6;
    let radius = |i: usize| if by_degree { base * (0.6 + 0.7 * (degrees[i] as f64 / most).sqrt()) } else { base };
    // Names stand below their discs, or beside those at the sides.
    let pad = [(widest / 2.0).max(base * 1.4) + 2.0, base * 1.4 + style.size * 2.6];
    let plot = room.inset((-pad[0].min(room.width() * 0.3), -pad[1].min(room.height() * 0.3)));
    let at: Vec<Point> =
        places.iter().map(|p| Point::new(plot.x0 + p[0] * plot.width(), plot.y0 + p[1] * plot.height())).collect();
    edges(cell, &network, &values, &at, base);
    let many_colours = cell.rng.unit() < 0.5;
    for (i, at) in at.iter().enumerate() {
        let fill = cell.color(if many_colours { i } else { 0 });
        let ring = Stroke::new(cell.style.background, (1.5 * cell.style.scale).max(1.0));
        let node = Node::shape(
            cell.id(format_args!("node/{i}")),
            "node",
            Circle::new(*at, radius(i)),
            Some(fill.into()),
            Some(ring),
        );
        cell.push(Layer::Marks, node);
    }
    let mut whole = true;
    for i in 0..n {
        let done = write_name(cell, &names[i], at[i], radius(i), &network, i, &at);
        whole &= done && is_whole(std::slice::from_ref(&names[i]), &network.nodes[i]);
    }
    cell.view.names = whole;
    edge_labels(cell, &network, &values, &at, &radius);
    Ok(())
}

fn edges(cell: &mut Cell, network: &Network, values: &[f64], at: &[Point], base: f64) {
    let highest = values.iter().copied().fold(0.0, f64::max);
    let weighed = !cell.columns(Channel::Value).is_empty();
    let color = cell.style.palette.neutral.mix(cell.style.background, 0.35);
    for (row, [a, b]) in network.edges.iter().enumerate() {
        let share = if highest > 0.0 && weighed { values[row] / highest } else { 0.35 };
        let stroke = Stroke::new(color, (base * (0.06 + 0.26 * share)).max(0.8)).round();
        let line = Segment::new(at[*a], at[*b]);
        cell.ink_line(&[at[*a], at[*b]]);
        let id = cell.id(format_args!("mark/0.{row}"));
        cell.datum_node_at(
            0,
            row,
            Rect::from_center_size(at[*a].midpoint(at[*b]), (4.0, 4.0)),
            Node::stroke(id, "edge", line, stroke),
        );
    }
}

/// Writes a name at the side of its disc that crosses the fewest edges.
fn write_name(
    cell: &mut Cell,
    name: &Words,
    at: Point,
    radius: f64,
    network: &Network,
    node: usize,
    all: &[Point],
) -> bool {
    let gap = radius + cell.style.text.label.size * 0.35;
    let parts = std::slice::from_ref(name);
    let sides = [
        (Point::new(at.x, at.y + gap), Anchor { x: 0.5, y: Height::Top }),
        (Point::new(at.x, at.y - gap), Anchor { x: 0.5, y: Height::Bottom }),
        (Point::new(at.x + gap, at.y), Anchor::LEFT),
        (Point::new(at.x - gap, at.y), Anchor::RIGHT),
    ];
    let mut spots: Vec<(usize, Spot)> = sides
        .into_iter()
        .map(|(p, anchor)| {
            let bbox = box_of(parts, p, anchor);
            let crossed = network.edges.iter().filter(|[a, b]| crosses(all[*a], all[*b], bbox)).count();
            let covers = all
                .iter()
                .enumerate()
                .filter(|(i, q)| *i != node && bbox.inflate(radius, radius).contains(**q))
                .count();
            let beyond =
                bbox.x0 < cell.page.x0 || bbox.x1 > cell.page.x1 || bbox.y0 < cell.page.y0 || bbox.y1 > cell.page.y1;
            (crossed + 3 * covers + if beyond { 100 } else { 0 }, Spot::new(p, anchor))
        })
        .collect();
    spots.sort_by_key(|(cost, _)| *cost);
    for (cost, spot) in spots {
        if !cell.words(parts, &[spot]) {
            continue;
        }
        if cost > 0 {
            // A halo in the ground's colour keeps the name readable over lines.
            let bbox = box_of(parts, spot.at, spot.anchor);
            let veil = Node::fill(format!("{}/veil", name.id), "veil", bbox, cell.style.background.with_alpha(0.78));
            cell.push(Layer::Axes, veil);
        }
        return true;
    }
    false
}

/// Whether a line passes through a box.
pub(super) fn crosses(a: Point, b: Point, bbox: Rect) -> bool {
    let steps = ((b - a).hypot() / 3.0).ceil().clamp(1.0, 400.0) as usize;
    (0..=steps).any(|i| bbox.contains(a.lerp(b, i as f64 / steps as f64)))
}

fn edge_labels(cell: &mut Cell, network: &Network, values: &[f64], at: &[Point], radius: &impl Fn(usize) -> f64) {
    let Some(column) = cell.columns(Channel::Value).first().copied().filter(|_| cell.chart.value_labels) else {
        return;
    };
    let style = cell.style.text.label.sized((cell.style.text.label.size * 0.88).max(7.0));
    for (row, [a, b]) in network.edges.iter().enumerate() {
        let (from, to) = (at[*a], at[*b]);
        let word = [cell.word(
            cell.id(format_args!("label/0.{row}")),
            "value label",
            &written(cell, column, values[row]),
            &style,
            f64::MAX,
        )];
        let spots: Vec<Spot> = [0.5, 0.42, 0.58, 0.34, 0.66]
            .into_iter()
            .map(|t| Spot::new(from.lerp(to, t), Anchor::CENTER))
            .filter(|s| {
                let bbox = box_of(&word, s.at, s.anchor);
                let on_disc = at.iter().enumerate().any(|(i, p)| bbox.inflate(radius(i), radius(i)).contains(*p));
                // The number must belong to one line only.
                let others =
                    network.edges.iter().enumerate().filter(|(r, [c, d])| *r != row && crosses(at[*c], at[*d], bbox));
                !on_disc && others.count() == 0
            })
            .collect();
        for spot in spots {
            if cell.words(&word, &[spot]) {
                let bbox = box_of(&word, spot.at, spot.anchor);
                let veil = Node::fill(
                    cell.id(format_args!("label/0.{row}/veil")),
                    "veil",
                    bbox,
                    cell.style.background.with_alpha(0.85),
                );
                cell.push(Layer::Axes, veil);
                cell.value_written(0, row);
                break;
            }
        }
    }
}
