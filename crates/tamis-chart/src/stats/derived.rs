//! What a chart shows that its table does not say: counts of bins, quartiles, shares.

use super::{BoxSummary, Tree, bins, shares};
use crate::spec::{Channel, Chart, Kind};
use crate::table::{Cells, Column, Table, Unit};

/// The numbers a reader sees that are computed from the data; `None` for kinds that draw only what their table says.
///
/// - histograms: `From`, `To` and a count for each series, by bin (the bins of the marks `mark/S.B`);
/// - scatter plots and hexagons with histograms at the margins: edges and counts of both margins;
/// - boxes and violins: quartiles, whisker ends, means and numbers of outliers, by series;
/// - pies, rings, funnels, treemaps, sunbursts: the share of each row in percent (of a funnel: of its first stage);
/// - a pie with a breakdown: also the parts' shares of the largest slice;
/// - Sankey diagrams: what flows through each node.
pub fn derived(chart: &Chart) -> Option<Table> {
    let columns = match chart.kind {
        Kind::Histogram | Kind::HistogramDensity => histogram(chart),
        Kind::ScatterHistogram | Kind::HexHistogram => margins(chart)?,
        Kind::Box | Kind::BoxViolin | Kind::Violin => boxes(chart),
        Kind::Pie | Kind::Donut => of_total(chart)?,
        Kind::Funnel => of_first(chart)?,
        Kind::PieBar => breakdown(chart)?,
        Kind::Treemap | Kind::Sunburst => tree(chart)?,
        Kind::Sankey => throughput(chart)?,
        _ => return None,
    };
    Some(Table { columns })
}

fn column(chart: &Chart, channel: Channel) -> Option<&Column> {
    chart.table.column(chart.column(channel)?)
}

fn numbers(column: &Column) -> impl Iterator<Item = f64> {
    (0..column.len()).filter_map(|r| column.number(r))
}

fn percent() -> Unit {
    Unit { symbol: "%".into(), decimals: 2, additive: true }
}

fn rounded(value: f64, decimals: u8) -> f64 {
    let scale = 10f64.powi(i32::from(decimals));
    (value * scale).round() / scale
}

fn percents(name: &str, values: &[f64]) -> Column {
    Column::numbers(name, percent(), shares(values).into_iter().map(|s| rounded(s, 2)))
}

fn step(column: &Column) -> f64 {
    10f64.powi(-i32::from(column.unit.decimals))
}

/// The bins that histograms of these columns share.
pub(crate) fn shared_bins(columns: &[&Column]) -> super::Bins {
    let least = columns.iter().map(|c| step(c)).fold(f64::INFINITY, f64::min);
    bins(columns.iter().flat_map(|c| numbers(c)), least)
}

fn edges(names: [&str; 2], unit: &Unit, edges: &[f64]) -> [Column; 2] {
    // Edges are round numbers, but may need more decimals than the data.
    let needed =
        (unit.decimals..9).find(|d| edges.iter().all(|e| (rounded(*e, *d) - e).abs() < 1e-9 * e.abs().max(1e-9)));
    let unit = Unit { decimals: needed.unwrap_or(9), additive: false, ..unit.clone() };
    let last = edges.len() - 1;
    [
        Column::numbers(names[0], unit.clone(), edges[..last].iter().copied()),
        Column::numbers(names[1], unit, edges[1..].iter().copied()),
    ]
}

fn count_column(name: &str, counts: Vec<usize>) -> Column {
    Column::numbers(name, Unit::count(), counts.into_iter().map(|c| c as f64))
}

fn histogram(chart: &Chart) -> Vec<Column> {
    let series: Vec<&Column> = chart.drawn(Channel::Y).collect();
    let Some(first) = series.first() else { return Vec::new() };
    let bins = shared_bins(&series);
    let mut columns = Vec::from(edges(["From", "To"], &first.unit, &bins.edges));
    columns.extend(series.iter().map(|c| count_column(&c.name, bins.counts(numbers(c)))));
    columns
}

fn margins(chart: &Chart) -> Option<Vec<Column>> {
    let mut columns = Vec::new();
    for (channel, from, to, count) in
        [(Channel::X, "X from", "X to", "X count"), (Channel::Y, "Y from", "Y to", "Y count")]
    {
        let data = column(chart, channel)?;
        let bins = shared_bins(&[data]);
        columns.extend(edges([from, to], &data.unit, &bins.edges));
        columns.push(count_column(count, bins.counts(numbers(data))));
    }
    Some(columns)
}

fn boxes(chart: &Chart) -> Vec<Column> {
    let series: Vec<&Column> = chart.drawn(Channel::Y).collect();
    let values = |c: &Column| (0..c.len()).map(|r| c.number(r)).collect::<Vec<_>>();
    let found: Vec<(&Column, BoxSummary)> =
        series.iter().filter_map(|c| Some((*c, BoxSummary::of(&values(c))?))).collect();
    let unit = found.first().map(|(c, _)| c.unit.clone()).unwrap_or_default();
    // Quartiles lie at quarters between two data.
    let finer = |more: u8| Unit { decimals: unit.decimals + more, additive: false, ..unit.clone() };
    let number = |name: &str, more: u8, get: &dyn Fn(&BoxSummary) -> f64| {
        let unit = finer(more);
        let decimals = unit.decimals;
        Column::numbers(name, unit, found.iter().map(|(_, s)| rounded(get(s), decimals)))
    };
    vec![
        Column::text("Group", found.iter().map(|(c, _)| c.name.clone())),
        number("Lower whisker", 2, &|s| s.low),
        number("First quartile", 2, &|s| s.q1),
        number("Median", 1, &|s| s.median),
        number("Third quartile", 2, &|s| s.q3),
        number("Upper whisker", 2, &|s| s.high),
        number("Mean", 2, &|s| s.mean),
        count_column("Outliers", found.iter().map(|(_, s)| s.outliers.len()).collect()),
        count_column("Samples", found.iter().map(|(_, s)| s.count).collect()),
    ]
}

fn of_total(chart: &Chart) -> Option<Vec<Column>> {
    let (x, y) = (column(chart, Channel::X)?, column(chart, Channel::Y)?);
    let values: Vec<f64> = numbers(y).collect();
    Some(vec![x.clone(), percents("Share", &values)])
}

fn of_first(chart: &Chart) -> Option<Vec<Column>> {
    let (x, y) = (column(chart, Channel::X)?, column(chart, Channel::Y)?);
    let first = numbers(y).next().filter(|v| *v > 0.0)?;
    let shares = numbers(y).map(|v| rounded(v / first * 100.0, 2));
    Some(vec![x.clone(), Column::numbers("Share of first stage", percent(), shares)])
}

fn breakdown(chart: &Chart) -> Option<Vec<Column>> {
    let (x, y) = (column(chart, Channel::X)?, column(chart, Channel::Y)?);
    let (parts, amounts) = (column(chart, Channel::Group)?, column(chart, Channel::Y2)?);
    let whole: Vec<f64> = numbers(y).collect();
    let of: Vec<f64> = numbers(amounts).collect();
    let total: f64 = whole.iter().sum();
    let of_all = of.iter().map(|v| if total > 0.0 { rounded(v / total * 100.0, 2) } else { 0.0 });
    Some(vec![
        written(x),
        percents("Share", &whole),
        written(parts),
        percents("Share of largest", &of),
        Column::numbers("Share of all", percent(), of_all),
    ])
}

/// The cells of a column of names that are there.
fn written(column: &Column) -> Column {
    match &column.cells {
        Cells::Text(cells) => Column::text(&column.name, cells.iter().flatten().cloned()),
        _ => column.clone(),
    }
}

fn tree(chart: &Chart) -> Option<Vec<Column>> {
    let tree = Tree::of(chart)?;
    let value = column(chart, Channel::Value)?;
    let decimals = value.unit.decimals;
    let share = |v: f64| if tree.total > 0.0 { rounded(v / tree.total * 100.0, 2) } else { 0.0 };
    Some(vec![
        Column::text(&column(chart, Channel::X)?.name, tree.nodes.iter().map(|n| n.name.clone())),
        Column::numbers(&value.name, value.unit.clone(), tree.nodes.iter().map(|n| rounded(n.value, decimals))),
        Column::numbers("Share", percent(), tree.nodes.iter().map(|n| share(n.value))),
    ])
}

fn throughput(chart: &Chart) -> Option<Vec<Column>> {
    let value = column(chart, Channel::Value)?;
    let (network, values) = super::graph::edges_of(chart)?;
    let layout = super::sankey(&network, &values, 0.02);
    let decimals = value.unit.decimals;
    let through = layout.throughput.iter().map(|v| rounded(*v, decimals));
    Some(vec![Column::text("Node", network.nodes.clone()), Column::numbers(&value.name, value.unit.clone(), through)])
}
