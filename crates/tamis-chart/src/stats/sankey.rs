//! Columns of nodes and the bands between them.

use crate::stats::Network;

/// One band: by row of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flow {
    /// The node it starts at.
    pub from: usize,
    /// The node it ends at.
    pub to: usize,
    /// How much flows.
    pub value: f64,
    /// Upper end at the source, 0 to 1 of the height.
    pub start: f64,
    /// Upper end at the target.
    pub end: f64,
}

/// A Sankey diagram in a frame of height 1.
#[derive(Clone, Debug, PartialEq)]
pub struct SankeyLayout {
    /// The column of each node, from 0.
    pub layers: Vec<usize>,
    /// Upper and lower end of each node; lengths are in proportion to throughput.
    pub spans: Vec<[f64; 2]>,
    /// What flows through each node: the larger of what comes in and what goes out.
    pub throughput: Vec<f64>,
    /// The bands, by row.
    pub flows: Vec<Flow>,
    /// Height of one unit of flow.
    pub unit: f64,
}

/// Lays out flows of these values (at least 0) along the edges of a network without circles. Columns by the longest way
/// from a source, targets of nothing at the last column; order within columns by sweeps that move nodes towards the
/// middle of their neighbours (Sugiyama's barycentre method, as d3-sankey). `gap` is the free room between nodes of a column, as a share of the height.
pub fn sankey(network: &Network, values: &[f64], gap: f64) -> SankeyLayout {
    let n = network.nodes.len();
    let (mut into, mut out) = (vec![0.0; n], vec![0.0; n]);
    for ([from, to], value) in network.edges.iter().zip(values) {
        out[*from] += value;
        into[*to] += value;
    }
    let throughput: Vec<f64> = (0..n).map(|i| f64::max(into[i], out[i])).collect();
    let layers = layers(network);
    let count = layers.iter().max().map_or(1, |l| l + 1);
    let mut columns: Vec<Vec<usize>> = vec![Vec::new(); count];
    (0..n).for_each(|node| columns[layers[node]].push(node));
    let unit = columns.iter().map(|c| height_of_unit(c, &throughput, gap)).fold(f64::INFINITY, f64::min);
    let unit = if unit.is_finite() { unit } else { 0.0 };
    let mut spans = vec![[0.0; 2]; n];
    for column in &columns {
        stack(column, &throughput, unit, gap, &mut spans);
    }
    for round in 0..24 {
        let pull = 0.98f64.powi(round);
        let forwards = round % 2 == 0;
        for c in 0..count {
            let c = if forwards { c } else { count - 1 - c };
            relax(&columns[c], network, values, forwards, pull, &mut spans);
            columns[c].sort_by(|a, b| middle(spans[*a]).total_cmp(&middle(spans[*b])).then(a.cmp(b)));
            part(&columns[c], gap_of(&columns[c], gap), &mut spans);
        }
    }
    let flows = bands(network, values, unit, &spans);
    SankeyLayout { layers, spans, throughput, flows, unit }
}

fn layers(network: &Network) -> Vec<usize> {
    let n = network.nodes.len();
    let mut layers = vec![0usize; n];
    // Without circles no way is longer than n - 1.
    for _ in 0..n {
        let mut moved = false;
        for [from, to] in &network.edges {
            if layers[*to] < layers[*from] + 1 && layers[*from] + 1 < n.max(2) {
                layers[*to] = layers[*from] + 1;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    let last = layers.iter().copied().max().unwrap_or(0);
    for (node, layer) in layers.iter_mut().enumerate() {
        if !network.edges.iter().any(|e| e[0] == node) {
            *layer = last;
        }
    }
    layers
}

fn gap_of(column: &[usize], gap: f64) -> f64 {
    // Many nodes share half of the height for their gaps at most.
    gap.min(0.5 / column.len().saturating_sub(1).max(1) as f64)
}

fn height_of_unit(column: &[usize], throughput: &[f64], gap: f64) -> f64 {
    let sum: f64 = column.iter().map(|n| throughput[*n]).sum();
    let free = 1.0 - gap_of(column, gap) * column.len().saturating_sub(1) as f64;
    if sum > 0.0 { free / sum } else { f64::INFINITY }
}

/// Below each other, together in the middle of the height.
fn stack(column: &[usize], throughput: &[f64], unit: f64, gap: f64, spans: &mut [[f64; 2]]) {
    let gap = gap_of(column, gap);
    let all: f64 =
        column.iter().map(|n| throughput[*n] * unit).sum::<f64>() + gap * column.len().saturating_sub(1) as f64;
    let mut at = (1.0 - all) / 2.0;
    for node in column {
        let length = throughput[*node] * unit;
        spans[*node] = [at, at + length];
        at += length + gap;
    }
}

fn middle(span: [f64; 2]) -> f64 {
    (span[0] + span[1]) / 2.0
}

/// Moves nodes towards the mean middle of what they are joined to, weighed by flow.
fn relax(column: &[usize], network: &Network, values: &[f64], forwards: bool, pull: f64, spans: &mut [[f64; 2]]) {
    for node in column {
        let (mut sum, mut weight) = (0.0, 0.0);
        for ([from, to], value) in network.edges.iter().zip(values) {
            let other = match forwards {
                true if to == node => *from,
                false if from == node => *to,
                _ => continue,
            };
            sum += middle(spans[other]) * value;
            weight += value;
        }
        if weight > 0.0 {
            let shift = (sum / weight - middle(spans[*node])) * pull;
            spans[*node] = spans[*node].map(|v| v + shift);
        }
    }
}

/// Moves nodes of a column apart and into the frame.
fn part(column: &[usize], gap: f64, spans: &mut [[f64; 2]]) {
    let mut least = 0.0;
    for node in column {
        let shift = f64::max(0.0, least - spans[*node][0]);
        spans[*node] = spans[*node].map(|v| v + shift);
        least = spans[*node][1] + gap;
    }
    let mut most = 1.0;
    for node in column.iter().rev() {
        let shift = f64::max(0.0, spans[*node][1] - most);
        spans[*node] = spans[*node].map(|v| v - shift);
        most = spans[*node][0] - gap;
    }
}

/// Bands leave a node in the order of their targets and reach one in the order of their sources.
fn bands(network: &Network, values: &[f64], unit: f64, spans: &[[f64; 2]]) -> Vec<Flow> {
    let mut flows: Vec<Flow> = network
        .edges
        .iter()
        .zip(values)
        .map(|([from, to], value)| Flow { from: *from, to: *to, value: *value, start: 0.0, end: 0.0 })
        .collect();
    for node in 0..network.nodes.len() {
        let mut leaving: Vec<usize> = (0..flows.len()).filter(|f| flows[*f].from == node).collect();
        leaving.sort_by(|a, b| middle(spans[flows[*a].to]).total_cmp(&middle(spans[flows[*b].to])).then(a.cmp(b)));
        let mut at = spans[node][0];
        for f in leaving {
            flows[f].start = at;
            at += flows[f].value * unit;
        }
        let mut coming: Vec<usize> = (0..flows.len()).filter(|f| flows[*f].to == node).collect();
        coming.sort_by(|a, b| middle(spans[flows[*a].from]).total_cmp(&middle(spans[flows[*b].from])).then(a.cmp(b)));
        let mut at = spans[node][0];
        for f in coming {
            flows[f].end = at;
            at += flows[f].value * unit;
        }
    }
    flows
}
