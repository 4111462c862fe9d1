//! Where the nodes of a network stand.

use crate::spec::{Channel, Chart};
use crate::table::Cells;

/// Nodes in the order in which edges name them, and edges between them.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Names.
    pub nodes: Vec<String>,
    /// From and to, as places in `nodes`, by row of the table.
    pub edges: Vec<[usize; 2]>,
}

impl Network {
    /// The network of these edges.
    pub fn of<'a>(edges: impl IntoIterator<Item = (&'a str, &'a str)>) -> Network {
        let mut network = Network { nodes: Vec::new(), edges: Vec::new() };
        let mut places = std::collections::BTreeMap::new();
        for (from, to) in edges {
            let ends = [from, to].map(|name| {
                *places.entry(name.to_string()).or_insert_with(|| {
                    network.nodes.push(name.to_string());
                    network.nodes.len() - 1
                })
            });
            network.edges.push(ends);
        }
        network
    }

    /// How many edges each node has.
    pub fn degrees(&self) -> Vec<usize> {
        let mut degrees = vec![0; self.nodes.len()];
        self.edges.iter().flatten().for_each(|n| degrees[*n] += 1);
        degrees
    }

    /// The number of edges on the shortest way between each two nodes; one more than the longest way where there is
    /// none.
    fn distances(&self) -> Vec<Vec<f64>> {
        let n = self.nodes.len();
        let mut near: Vec<Vec<usize>> = vec![Vec::new(); n];
        for [a, b] in &self.edges {
            near[*a].push(*b);
            near[*b].push(*a);
        }
        let ways: Vec<Vec<Option<usize>>> = (0..n).map(|start| steps_from(start, &near)).collect();
        let longest = ways.iter().flatten().flatten().copied().max().unwrap_or(0);
        let far = |way: &Option<usize>| way.unwrap_or(longest.clamp(1, 3) + 1) as f64;
        ways.iter().map(|row| row.iter().map(far).collect()).collect()
    }
}

/// The network of a chart of edges and what each edge carries (1 where nothing is said), by row.
pub(crate) fn edges_of(chart: &Chart) -> Option<(Network, Vec<f64>)> {
    let column = |c| chart.column(c).and_then(|name| chart.table.column(name));
    let (Cells::Text(from), Cells::Text(to)) = (&column(Channel::Source)?.cells, &column(Channel::Target)?.cells)
    else {
        return None;
    };
    let pairs = from.iter().zip(to).map(|(a, b)| Some((a.as_deref()?, b.as_deref()?)));
    let network = Network::of(pairs.collect::<Option<Vec<_>>>()?);
    let value = column(Channel::Value);
    let values = (0..network.edges.len()).map(|row| value.map_or(Some(1.0), |v| v.number(row)).unwrap_or(0.0).max(0.0));
    let values = values.collect();
    Some((network, values))
}

fn steps_from(start: usize, near: &[Vec<usize>]) -> Vec<Option<usize>> {
    let mut steps = vec![None; near.len()];
    steps[start] = Some(0);
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for next in &near[at] {
            if steps[*next].is_none() {
                steps[*next] = steps[at].map(|s| s + 1);
                queue.push_back(*next);
            }
        }
    }
    steps
}

/// Nodes on a circle, neighbours where the edges allow: x and y from 0 to 1, the first node at the top, clockwise.
pub fn circular(network: &Network) -> Vec<[f64; 2]> {
    let order = along_edges(network);
    let n = order.len().max(1) as f64;
    let mut places = vec![[0.5, 0.5]; network.nodes.len()];
    for (i, node) in order.into_iter().enumerate() {
        let (sin, cos) = (std::f64::consts::TAU * i as f64 / n).sin_cos();
        places[node] = [0.5 + 0.5 * sin, 0.5 - 0.5 * cos];
    }
    places
}

/// Nodes by a walk that prefers edges, so that neighbours on the circle are joined.
fn along_edges(network: &Network) -> Vec<usize> {
    let n = network.nodes.len();
    let mut near: Vec<Vec<usize>> = vec![Vec::new(); n];
    for [a, b] in &network.edges {
        near[*a].push(*b);
        near[*b].push(*a);
    }
    let (mut order, mut seen) = (Vec::with_capacity(n), vec![false; n]);
    for start in 0..n {
        let mut stack = vec![start];
        while let Some(at) = stack.pop() {
            if std::mem::replace(&mut seen[at], true) {
                continue;
            }
            order.push(at);
            stack.extend(near[at].iter().rev().filter(|m| !seen[**m]));
        }
    }
    order
}

/// Nodes as far apart as the edges between them are many: stress majorization (Gansner, Koren and North, 2004) from
/// the circle on. x and y from 0 to 1, both ends reached.
pub fn spring(network: &Network) -> Vec<[f64; 2]> {
    let n = network.nodes.len();
    let mut places = circular(network);
    if n < 3 {
        return places;
    }
    let distances = network.distances();
    // A circle is symmetric enough to be stuck on; a spiral is not.
    for (i, place) in places.iter_mut().enumerate() {
        let pull = 0.6 + 0.4 * (i as f64 * 0.618_034).fract();
        *place = place.map(|v| (v - 0.5) * pull * distances.iter().flatten().fold(1.0, |m: f64, d| m.max(*d)));
    }
    let rounds = if n > 150 { 40 } else { 220 };
    for _ in 0..rounds {
        for i in 0..n {
            let (mut sum, mut weights) = ([0.0, 0.0], 0.0);
            for j in (0..n).filter(|j| *j != i) {
                let d = distances[i][j];
                let weight = 1.0 / (d * d);
                let off = [places[i][0] - places[j][0], places[i][1] - places[j][1]];
                let length = off[0].hypot(off[1]).max(1e-9);
                for axis in 0..2 {
                    sum[axis] += weight * (places[j][axis] + d * off[axis] / length);
                }
                weights += weight;
            }
            places[i] = sum.map(|s| s / weights);
        }
    }
    unit(&upright(places))
}

/// Turned so that the longest direction lies level.
fn upright(places: Vec<[f64; 2]>) -> Vec<[f64; 2]> {
    let n = places.len() as f64;
    let mean = [0, 1].map(|a| places.iter().map(|p| p[a]).sum::<f64>() / n);
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for p in &places {
        let (x, y) = (p[0] - mean[0], p[1] - mean[1]);
        (xx, xy, yy) = (xx + x * x, xy + x * y, yy + y * y);
    }
    let angle = 0.5 * f64::atan2(2.0 * xy, xx - yy);
    let (sin, cos) = angle.sin_cos();
    places
        .into_iter()
        .map(|p| {
            let (x, y) = (p[0] - mean[0], p[1] - mean[1]);
            [x * cos + y * sin, y * cos - x * sin]
        })
        .collect()
}

fn unit(places: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let ends =
        [0, 1].map(|a| places.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), p| (l.min(p[a]), h.max(p[a]))));
    let scale = |v: f64, (low, high): (f64, f64)| if high > low { (v - low) / (high - low) } else { 0.5 };
    places.iter().map(|p| [scale(p[0], ends[0]), scale(p[1], ends[1])]).collect()
}
