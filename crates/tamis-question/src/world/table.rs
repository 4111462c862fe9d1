//! What a table shows.

use tamis_chart::table::Unit;
use tamis_page::table::{self, Cell as TableCell, CellKind, RowRole, TableSpec};

use super::facts::Facts;
use super::page::{Grid, GridCell};
use super::sheet::{Cell, Series, Sheet};
use super::{Part, World};
use crate::number::Exact;

impl World {
    /// What a table shows. Elements are called `{prefix}table/cell/2.3` and so on, as
    /// [`tamis_page::table::draw_table`] names them; the prefix is what the page puts before that.
    pub fn of_table(spec: &TableSpec, prefix: &str) -> World {
        let grid = grid(spec, prefix);
        let sheet = sheet(spec, &grid);
        let part = Part {
            family: "table",
            kind: "table".to_owned(),
            noun: "table".to_owned(),
            places: Vec::new(),
            facts: facts(spec, &grid, prefix),
            sheet,
            grid: Some(grid),
        };
        World { parts: vec![part], ..World::default() }
    }

    /// A formula: its LaTeX and the id of its element.
    pub fn of_formula(latex: &str, element: &str) -> World {
        let mut facts = Facts::default();
        facts.put("LaTeX", latex, [element.to_owned()]);
        let part = Part {
            family: "formula",
            kind: "formula".to_owned(),
            noun: "formula".to_owned(),
            facts,
            ..Part::default()
        };
        World { parts: vec![part], ..World::default() }
    }
}

fn facts(spec: &TableSpec, grid: &Grid, prefix: &str) -> Facts {
    let draft = spec.draft();
    let mut facts = Facts::default();
    facts.put("caption", draft.caption.as_str(), [format!("{prefix}table/caption")]);
    facts.put("source", draft.source.as_str(), [format!("{prefix}table/source")]);
    let body = spec.body_rows().count();
    let groups = draft.rows.contains(&RowRole::Group);
    // With groups, what a row is becomes a matter of opinion.
    if !groups {
        facts.put("number of rows", body, []);
    }
    facts.put("number of columns", spec.columns(), []);
    if spec.head() == 1 && grid.columns.len() == spec.columns() && grid.columns.iter().all(|c| !c.trim().is_empty()) {
        let elements = spec.cells().iter().filter(|c| c.row == 0).map(|c| id(prefix, c));
        facts.put("headers", grid.columns.clone(), elements);
    }
    if let Ok(markdown) = table::markdown(spec) {
        facts.put("as Markdown", markdown.trim_end(), []);
    }
    facts.put("as HTML", table::html(spec).trim_end(), []);
    facts.put("as LaTeX", table::latex(spec).trim_end(), []);
    facts
}

fn id(prefix: &str, cell: &TableCell) -> String {
    format!("{prefix}table/cell/{}.{}", cell.row, cell.column)
}

/// Rows and columns by name: innermost headers where they tell all apart, else the whole paths.
fn grid(spec: &TableSpec, prefix: &str) -> Grid {
    // Without a stub the first column names the rows.
    let stub = spec.stub().max(1);
    let column_paths: Vec<Vec<&TableCell>> = (stub..spec.columns()).map(|c| spec.column_headers(c)).collect();
    let corner = spec.column_headers(0);
    let mut columns = vec![joined(&corner)];
    columns.extend(names(&column_paths));
    let rows: Vec<usize> = (spec.head()..spec.rows()).filter(|r| spec.draft().rows[*r] != RowRole::Group).collect();
    let row_paths: Vec<Vec<&TableCell>> = rows
        .iter()
        .map(|r| match spec.stub() {
            0 => spec.cell(*r, 0).into_iter().collect(),
            _ => spec.row_headers(*r),
        })
        .collect();
    let row_names = names(&row_paths);
    let cells = |row: usize, name: &String| {
        let first = spec.cell(row, stub - 1).map(|c| id(prefix, c)).unwrap_or_default();
        let mut cells = vec![GridCell { text: name.clone(), element: first, merged: false }];
        cells.extend((stub..spec.columns()).filter_map(|column| spec.cell(row, column)).map(|c| GridCell {
            text: plain(&c.text),
            element: id(prefix, c),
            merged: c.row_span > 1 || c.column_span > 1 || spec.kind(c) != CellKind::Data,
        }));
        cells
    };
    Grid {
        columns,
        plain: stub == 1 && spec.cells().iter().all(|c| c.row_span == 1 && c.column_span == 1),
        rows: rows.iter().zip(&row_names).map(|(r, name)| cells(*r, name)).collect(),
    }
}

fn names(paths: &[Vec<&TableCell>]) -> Vec<String> {
    let short: Vec<String> = paths.iter().map(|p| p.last().map(|c| plain(&c.text)).unwrap_or_default()).collect();
    let alike = |a: &String| short.iter().filter(|b| *b == a).count() > 1;
    paths.iter().zip(&short).map(|(path, short)| if alike(short) { joined(path) } else { short.clone() }).collect()
}

fn joined(path: &[&TableCell]) -> String {
    path.iter().map(|c| plain(&c.text)).collect::<Vec<_>>().join(" / ")
}

/// Without line breaks.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The columns of numbers, over the body rows.
fn sheet(spec: &TableSpec, grid: &Grid) -> Sheet {
    let stub = spec.stub().max(1);
    let body: Vec<usize> = spec.body_rows().collect();
    let shown: Vec<usize> = (spec.head()..spec.rows()).filter(|r| spec.draft().rows[*r] != RowRole::Group).collect();
    let place = |row: &usize| shown.iter().position(|r| r == row);
    let rows = body.iter().filter_map(place).map(|r| grid.rows[r][0].text.clone()).collect();
    let series = (stub..spec.columns()).filter_map(|column| {
        let numbers: Option<Vec<_>> = body.iter().map(|r| spec.number(*r, column)).collect();
        let numbers = numbers?;
        let unit = &numbers.first()?.unit;
        if numbers.iter().any(|n| n.unit != *unit) {
            return None;
        }
        let decimals = numbers.iter().map(|n| n.decimals).max()?;
        let cells = body.iter().zip(&numbers).zip(body.iter().filter_map(place)).map(|((_, n), r)| {
            let cell = &grid.rows[r][column + 1 - stub];
            let value = Exact::of_data(n.value, n.decimals)?;
            (!cell.merged).then(|| Cell { value, error: 0.0, shown: None, element: cell.element.clone() })
        });
        let name = grid.columns[column + 1 - stub].clone();
        Some(Series {
            measure: Some(format!("\"{name}\"")),
            unit: Unit { symbol: unit.clone(), decimals, additive: spec.draft().columns[column].additive },
            numeric: true,
            cells: cells.collect(),
            name,
        })
    });
    Sheet {
        rows,
        series: series.collect(),
        row_noun: ["row".to_owned(), "rows".to_owned()],
        series_noun: ["column".to_owned(), "columns".to_owned()],
        ..Sheet::default()
    }
}
