//! What is written on a chart or known of it.

use tamis_chart::spec::{Annotation, Axis, Channel, Chart, Figure, Kind};

use super::View;
use crate::emit;
use crate::world::facts::Facts;
use crate::world::sheet::Sheet;

/// Longest answer that lists names.
const MOST_LISTED: usize = 12;

/// What is known of the whole figure.
pub(super) fn of_figure(figure: &Figure) -> Facts {
    let mut facts = Facts::default();
    let charts = figure.charts.len();
    match &figure.title {
        Some(title) if charts > 1 => facts.put("overall title", title.as_str(), ["figure/title".to_owned()]),
        _ => facts.absent("overall title"),
    }
    facts.put("number of charts", charts, []);
    facts.put("number of rows of charts", figure.grid[0], []);
    facts.put("number of columns of charts", figure.grid[1], []);
    if charts == figure.grid[0] * figure.grid[1] {
        facts.put("layout", format!("{} by {}", figure.grid[0], figure.grid[1]), []);
    }
    if figure.scenario.theme != "Data" {
        facts.put("topic", figure.scenario.theme.as_str(), []);
    }
    let mut kinds: Vec<&str> = figure.charts.iter().map(|c| c.kind.words()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    facts.put("number of kinds of charts", kinds.len(), []);
    facts.put("kinds of charts", kinds.into_iter().map(str::to_owned).collect::<Vec<_>>(), []);
    facts
}

/// What is known of one chart.
pub(super) fn of_chart(figure: &Figure, k: usize, sheet: &Sheet, view: &View) -> Facts {
    let chart = &figure.charts[k];
    let id = |what: &str| format!("chart.{k}/{what}");
    let mut facts = Facts::default();
    facts.put("title", chart.title.as_str(), [id("title")]);
    facts.put("subtitle", chart.subtitle.as_str(), [id("subtitle")]);
    facts.put("note", chart.note.as_str(), [id("note")]);
    facts.put("kind", chart.kind.words(), []);
    axes(&mut facts, chart, k);
    legend(&mut facts, chart, k);
    annotations(&mut facts, chart, k);
    colors(&mut facts, chart, k, view);
    facts.put("value labels", chart.value_labels, []);
    if matches!(chart.kind, Kind::Bar | Kind::Box | Kind::Lollipop | Kind::StackedBar | Kind::PercentBar) {
        facts.put("direction", if chart.horizontal { "horizontal" } else { "vertical" }, []);
    }
    rows(&mut facts, chart, sheet);
    data(&mut facts, chart);
    facts
}

/// Kinds with an x axis and a y axis that carry the titles of the spec.
fn has_axes(kind: Kind) -> bool {
    use Kind::*;
    matches!(
        kind,
        Line | Bar
            | Area
            | ErrorPoint
            | ErrorBar
            | StackedBar
            | PercentBar
            | StackedArea
            | Step
            | Lollipop
            | Dumbbell
            | BarLine
            | Waterfall
            | Pareto
            | Scatter
            | Bubble
            | Candlestick
            | ScatterHistogram
            | ScatterDensity
            | HexHistogram
            | Contour
            | Quiver
    )
}

/// Kinds that clearly have no axes at all.
fn has_no_axes(kind: Kind) -> bool {
    use Kind::*;
    matches!(kind, Pie | Donut | Treemap | Funnel | Node | Sankey | Sunburst | Waffle | PieBar)
}

fn axes(facts: &mut Facts, chart: &Chart, k: usize) {
    let id = |axis: &str| format!("chart.{k}/{axis}/title");
    if has_axes(chart.kind) {
        // A reader's x axis is the one along the page.
        let (along, up) =
            if chart.horizontal { (("y", &chart.y), ("x", &chart.x)) } else { (("x", &chart.x), ("y", &chart.y)) };
        facts.put("x-axis title", along.1.title.as_str(), [id(along.0)]);
        facts.put("y-axis title", up.1.title.as_str(), [id(up.0)]);
    }
    if has_no_axes(chart.kind) {
        facts.absent("x-axis title");
        facts.absent("y-axis title");
    }
    match &chart.y2 {
        Some(Axis { title, .. }) if chart.kind == Kind::BarLine => {
            facts.put("second y-axis title", title.as_str(), [id("y2")]);
        }
        None if has_axes(chart.kind) && chart.kind != Kind::Pareto => facts.absent("second y-axis title"),
        _ => {}
    }
}

/// The names a legend holds: series, where there are several.
fn legend(facts: &mut Facts, chart: &Chart, k: usize) {
    use Kind::*;
    let series: Vec<String> = chart.columns(Channel::Y).chain(chart.columns(Channel::Y2)).map(str::to_owned).collect();
    let by_series = matches!(
        chart.kind,
        Line | Bar
            | Area
            | ErrorPoint
            | ErrorBar
            | Radar
            | StackedBar
            | PercentBar
            | StackedArea
            | Step
            | BarLine
            | Dumbbell
            | Pyramid
    );
    if !by_series {
        return;
    }
    facts.put("number of series", series.len(), []);
    if chart.legend && series.len() > 1 {
        let elements = (0..series.len()).map(|s| format!("chart.{k}/legend/{s}"));
        facts.put("number of legend entries", series.len(), elements.clone());
        if series.len() <= MOST_LISTED {
            facts.put("legend entries", series, elements);
        }
    } else if series.len() == 1 {
        facts.absent("legend entries");
        facts.absent("number of legend entries");
    }
}

fn annotations(facts: &mut Facts, chart: &Chart, k: usize) {
    let thresholds: Vec<(usize, f64, &str)> = chart
        .annotations
        .iter()
        .enumerate()
        .filter_map(|(i, a)| match a {
            Annotation::Threshold { value, label } => Some((i, *value, label.as_str())),
            _ => None,
        })
        .collect();
    match thresholds.as_slice() {
        [(i, _, label)] => facts.put("label of the reference line", *label, [format!("chart.{k}/annotation/{i}")]),
        [] if has_axes(chart.kind) => facts.absent("label of the reference line"),
        _ => {}
    }
    let callouts: Vec<(usize, &str)> = chart
        .annotations
        .iter()
        .enumerate()
        .filter_map(|(i, a)| match a {
            Annotation::Callout { label, .. } => Some((i, label.as_str())),
            _ => None,
        })
        .collect();
    if let [(i, label)] = callouts.as_slice() {
        facts.put("text of the callout", *label, [format!("chart.{k}/annotation/{i}")]);
    }
}

/// Colours of series, where each series has one that no other has.
fn colors(facts: &mut Facts, chart: &Chart, k: usize, view: &View) {
    let seen = view.chart(k).colors;
    let names: Vec<&str> = chart.columns(Channel::Y).chain(chart.columns(Channel::Y2)).collect();
    if names.len() < 2 || seen.len() != names.len() {
        return;
    }
    for (rank, (name, color)) in names.iter().zip(&seen).enumerate() {
        let Some(color) = color else { continue };
        if seen.iter().flatten().filter(|c| *c == color).count() == 1 {
            let element = format!("chart.{k}/legend/{rank}");
            facts.put(&format!("color of {name}"), color.as_str(), [element.clone()]);
            facts.put(&format!("series in {color}"), *name, [element]);
        }
    }
}

fn rows(facts: &mut Facts, chart: &Chart, sheet: &Sheet) {
    let names = &sheet.rows;
    if names.is_empty() || matches!(chart.kind, Kind::Scatter | Kind::Bubble) {
        return;
    }
    let clouds = [Kind::ScatterHistogram, Kind::ScatterDensity, Kind::HexHistogram];
    if clouds.contains(&chart.kind) {
        return;
    }
    let first = |r: usize| sheet.series.first().and_then(|s| s.cells.get(r)?.as_ref()).map(|c| c.element.clone());
    if names.len() <= 30 {
        facts.put("number of rows", names.len(), (0..names.len()).filter_map(first));
    }
    if names.len() <= MOST_LISTED {
        facts.put("names of rows", names.clone(), (0..names.len()).filter_map(first));
    }
    if has_axes(chart.kind) && !chart.horizontal {
        facts.put("first row", names[0].as_str(), first(0));
        facts.put("last row", names[names.len() - 1].as_str(), first(names.len() - 1));
    }
}

/// The data as a reader would write them down, where there are few enough and all can be read.
fn data(facts: &mut Facts, chart: &Chart) {
    let Some(table) = emit::encoded(chart) else { return };
    facts.put("data as Markdown", emit::markdown(&table), []);
    facts.put("data as CSV", emit::csv(&table), []);
    facts.put("data as JSON", emit::json(&chart.title, &table), []);
}
