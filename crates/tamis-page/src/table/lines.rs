//! Which rules a theme draws where, cut at merged cells.

use super::spec::{RowRole, TableSpec};
use super::theme::{RuleStyle, Theme};

/// A rule along one boundary of the grid.
pub(super) struct DrawnRule {
    pub style: RuleStyle,
    /// Level, between rows; else upright, between columns.
    pub level: bool,
    /// Which boundary, from 0.
    pub at: usize,
    /// From which column (or row) to which.
    pub from: usize,
    pub to: usize,
    /// Shorter at both ends.
    pub trimmed: bool,
}

pub(super) fn rules(table: &TableSpec, theme: &Theme) -> Vec<DrawnRule> {
    let mut out = Vec::new();
    for at in 0..=table.columns() {
        let style = |row: usize| upright(table, theme, at, row);
        runs(table.rows(), style, |style, from, to| {
            out.push(DrawnRule { style, level: false, at, from, to, trimmed: false })
        });
    }
    for at in 0..=table.rows() {
        let style = |column: usize| level(table, theme, at, column);
        runs(table.columns(), style, |style, from, to| {
            out.push(DrawnRule { style, level: true, at, from, to, trimmed: false })
        });
    }
    if let Some(style) = &theme.rules.spanner {
        for cell in table.cells().iter().filter(|c| c.column_span > 1 && c.row + c.row_span < table.head()) {
            let (at, from, to) = (cell.row + cell.row_span, cell.column, cell.column + cell.column_span);
            out.push(DrawnRule { style: style.clone(), level: true, at, from, to, trimmed: true });
        }
    }
    out
}

/// Neighbouring places of one style become one rule.
fn runs(count: usize, style: impl Fn(usize) -> Option<RuleStyle>, mut emit: impl FnMut(RuleStyle, usize, usize)) {
    let mut open: Option<(RuleStyle, usize)> = None;
    for i in 0..=count {
        let here = if i < count { style(i) } else { None };
        if let Some((style, from)) = open.take_if(|(style, _)| here.as_ref() != Some(style)) {
            emit(style, from, i);
        }
        if let (None, Some(style)) = (&open, here) {
            open = Some((style, i));
        }
    }
}

/// What lies between row `at - 1` and row `at` in a column.
fn level(table: &TableSpec, theme: &Theme, at: usize, column: usize) -> Option<RuleStyle> {
    let rules = &theme.rules;
    if at == 0 {
        return rules.top.clone();
    }
    if at == table.rows() {
        return rules.bottom.clone();
    }
    if table.cell_index(at - 1, column) == table.cell_index(at, column) {
        return None;
    }
    let (above, below) = (table.draft().rows[at - 1], table.draft().rows[at]);
    let row = || rules.row.clone();
    match (above, below) {
        (RowRole::Head, RowRole::Head) => rules.head_row.clone(),
        (RowRole::Head, _) => rules.head.clone().or_else(row),
        (_, RowRole::Group) => rules.group.clone().or_else(row),
        (_, RowRole::Total) => rules.total.clone().or_else(row),
        _ => row(),
    }
}

/// What lies between column `at - 1` and column `at` in a row.
fn upright(table: &TableSpec, theme: &Theme, at: usize, row: usize) -> Option<RuleStyle> {
    let rules = &theme.rules;
    if at == 0 || at == table.columns() {
        return rules.side.clone();
    }
    if table.cell_index(row, at - 1) == table.cell_index(row, at) {
        return None;
    }
    let head = table.draft().rows[row] == RowRole::Head;
    if head && rules.head_column.is_some() {
        return rules.head_column.clone();
    }
    if at == table.stub() && rules.stub.is_some() {
        return rules.stub.clone();
    }
    rules.column.clone()
}
