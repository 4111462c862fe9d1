//! Charts of flows and links.

use tamis_core::rng::Rng;

use super::super::random::{between, chance, rounded, shares, split};
use super::super::story::Story;
use super::super::title;
use super::{Sheet, room};
use crate::spec::{Axis, Channel, Chart, Kind};
use crate::table::Column;

struct Edges {
    from: Vec<String>,
    to: Vec<String>,
    values: Vec<f64>,
}

/// Flows from layer to layer; what flows into a node of a middle layer flows out of it, less a small loss at most.
pub(super) fn sankey(story: &Story, rng: &mut Rng) -> Chart {
    let Some(flow) = rng.pick(&story.theme.flows) else { return network(story, rng) };
    let [low, high] = flow.measure.range;
    let decimals = flow.measure.decimals();
    let layers: Vec<&[String]> = flow.layers.iter().map(|l| &l[..l.len().min(room(story, 6, 4))]).collect();
    let mut amounts =
        split(rounded(low + (high - low) * rng.unit(), decimals), &shares(rng, layers[0].len(), 0.8), decimals);
    let mut edges = Edges { from: Vec::new(), to: Vec::new(), values: Vec::new() };
    for pair in layers.windows(2) {
        let mut arrived = vec![0.0; pair[1].len()];
        for (node, amount) in pair[0].iter().zip(&amounts) {
            // Not everything flows everywhere.
            let mut weights: Vec<f64> =
                shares(rng, pair[1].len(), 1.0).into_iter().map(|w| if chance(rng, 0.25) { 0.0 } else { w }).collect();
            if weights.iter().all(|w| *w == 0.0) {
                weights[rng.below(pair[1].len())] = 1.0;
            }
            for (target, value) in split(*amount, &weights, decimals).into_iter().enumerate().filter(|(_, v)| *v > 0.0)
            {
                edges.from.push(node.clone());
                edges.to.push(pair[1][target].clone());
                edges.values.push(value);
                arrived[target] = rounded(arrived[target] + value, decimals);
            }
        }
        amounts = arrived;
    }
    chart(Kind::Sankey, &flow.title, &flow.ends, edges, &flow.measure, story)
}

/// Nodes and weighted edges: a ring or chain that holds it together, and some more.
pub(super) fn network(story: &Story, rng: &mut Rng) -> Chart {
    let mut edges = Edges { from: Vec::new(), to: Vec::new(), values: Vec::new() };
    let Some(network) = rng.pick(&story.theme.networks) else {
        return super::part::shares(Kind::Pie, story, rng);
    };
    let count = between(rng, 5.min(network.nodes.len()), network.nodes.len().min(room(story, 10, 7)));
    let mut nodes: Vec<&String> = network.nodes.iter().collect();
    rng.shuffle(&mut nodes);
    nodes.truncate(count);
    let mut pairs: Vec<(usize, usize)> = (1..count).map(|n| (rng.below(n), n)).collect();
    for _ in 0..between(rng, count / 3, count) {
        let (a, b) = (rng.below(count), rng.below(count));
        let new = a != b && !pairs.contains(&(a, b)) && !pairs.contains(&(b, a));
        if new {
            pairs.push((a, b));
        }
    }
    let [low, high] = network.measure.range;
    for (a, b) in pairs {
        edges.from.push(nodes[a].clone());
        edges.to.push(nodes[b].clone());
        let value = low + (high - low) * rng.unit() * rng.unit();
        edges
            .values
            .push(rounded(value, network.measure.decimals()).max(10f64.powi(-i32::from(network.measure.decimals()))));
    }
    chart(Kind::Node, &network.title, &network.ends, edges, &network.measure, story)
}

fn chart(
    kind: Kind,
    heading: &str,
    ends: &[String; 2],
    edges: Edges,
    measure: &'static super::super::library::Measure,
    story: &Story,
) -> Chart {
    let mut sheet = Sheet::default();
    sheet.add(Channel::Source, Column::text(&ends[0], edges.from));
    sheet.add(Channel::Target, Column::text(&ends[1], edges.to));
    sheet.add(Channel::Value, Column::numbers(&measure.name, measure.table_unit(), edges.values));
    sheet.chart(kind, heading.to_string(), Axis::default(), title::axis(story, measure))
}
