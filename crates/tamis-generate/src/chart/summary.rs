//! What a chart shows, in Markdown: the structured summary that Qianfan-VL asks of a model, here from the spec.

use tamis_chart::spec::{Axis, Channel, Chart, Figure};
use tamis_question::emit;

/// The summary of a figure: each chart under its title with its kind, axes, series and, where a reader could write them
/// down, its data.
pub(crate) fn summary(figure: &Figure) -> String {
    let mut parts: Vec<String> = figure.title.iter().map(|title| format!("# {title}")).collect();
    parts.extend(figure.charts.iter().map(chart));
    parts.join("\n\n")
}

fn chart(chart: &Chart) -> String {
    let title = if chart.title.is_empty() { capitalised(chart.kind.words()) } else { chart.title.clone() };
    let mut lines = vec![format!("## {title}"), String::new(), format!("- type: {}", chart.kind.words())];
    let mut tell = |what: &str, text: &str| {
        if !text.is_empty() {
            lines.push(format!("- {what}: {text}"));
        }
    };
    tell("subtitle", &chart.subtitle);
    tell("x axis", &chart.x.title);
    tell("y axis", &chart.y.title);
    tell("second y axis", chart.y2.as_ref().map_or("", |axis: &Axis| &axis.title));
    let series: Vec<&str> = chart.columns(Channel::Y).chain(chart.columns(Channel::Y2)).collect();
    if series.len() > 1 {
        tell("series", &series.join(", "));
    }
    tell("note", &chart.note);
    if let Some(table) = emit::encoded(chart) {
        lines.extend([String::new(), emit::markdown(&table)]);
    }
    lines.join("\n")
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
