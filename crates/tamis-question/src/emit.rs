//! Data tables as text: Markdown, CSV, JSON.

use serde_json::{Map, Value, json};
use tamis_chart::spec::{Channel, Chart, Kind};
use tamis_chart::table::{Cells, Column, Table};

/// Most cells of a table that is asked for as text.
const MOST_CELLS: usize = 120;

/// The columns that are drawn, each once, in the order of the table; `None` where a reader could not write them down:
/// samples, clouds, fields, and long tables.
pub fn encoded(chart: &Chart) -> Option<Table> {
    use Kind::*;
    let unreadable = matches!(
        chart.kind,
        Density
            | Histogram
            | Box
            | Violin
            | HistogramDensity
            | BoxViolin
            | Scatter
            | Bubble
            | ScatterHistogram
            | ScatterDensity
            | HexHistogram
            | Quiver
            | Surface3d
            | Contour
            | Heatmap
            | TileMap
            | Parallel
            | Node
            | PieBar
    );
    let drawn = |c: &&Column| chart.encodings.iter().any(|e| e.column == c.name && e.channel != Channel::Error);
    let table = Table { columns: chart.table.columns.iter().filter(drawn).cloned().collect() };
    let cells = table.rows() * table.columns.len();
    (!unreadable && cells > 0 && cells <= MOST_CELLS).then_some(table)
}

/// A pipe table with a header row; numbers as the data have them, empty where missing.
pub fn markdown(table: &Table) -> String {
    let escape = |t: &str| t.replace('|', "\\|").replace('\n', " ");
    let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = row(table.columns.iter().map(|c| escape(&heading(c))).collect());
    text += &row(table.columns.iter().map(|c| if is_number(c) { "---:" } else { "---" }.to_owned()).collect());
    for r in 0..table.rows() {
        text += &row(table.columns.iter().map(|c| escape(&c.written(r))).collect());
    }
    text.truncate(text.trim_end().len());
    text
}

/// Comma-separated values with a header row, quoted where RFC 4180 wants it.
pub fn csv(table: &Table) -> String {
    let escape = |t: String| match t.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", t.replace('"', "\"\"")),
        false => t,
    };
    let mut lines = vec![table.columns.iter().map(|c| escape(heading(c))).collect::<Vec<_>>().join(",")];
    for r in 0..table.rows() {
        lines.push(table.columns.iter().map(|c| escape(c.written(r))).collect::<Vec<_>>().join(","));
    }
    lines.join("\n")
}

/// MMC's form (arXiv:2311.10774): an object with the keys `title` and `data`, the data row by row.
pub fn json(title: &str, table: &Table) -> String {
    let row = |r: usize| {
        let cells = table.columns.iter().map(|c| (heading(c), cell(c, r)));
        Value::Object(cells.collect::<Map<_, _>>())
    };
    json!({ "title": title, "data": (0..table.rows()).map(row).collect::<Vec<_>>() }).to_string()
}

fn cell(column: &Column, row: usize) -> Value {
    let written = column.written(row);
    match written.is_empty() {
        true => Value::Null,
        // The decimal as it is written, not its binary neighbour.
        false if is_number(column) => serde_json::from_str(&written).unwrap_or(Value::Null),
        false => Value::from(written),
    }
}

fn is_number(column: &Column) -> bool {
    matches!(column.cells, Cells::Number(_))
}

/// The column's name, with its unit if it does not say it.
fn heading(column: &Column) -> String {
    let unit = &column.unit.symbol;
    if unit.is_empty() || column.name.contains(unit.as_str()) {
        column.name.clone()
    } else {
        format!("{} ({unit})", column.name)
    }
}
