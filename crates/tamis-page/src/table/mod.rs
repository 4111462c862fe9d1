//! Tables: a checked grid of cells with spans, headers, groups and notes.

mod spec;

pub use spec::{
    Align, Cell, CellKind, ColumnSpec, Footnote, Number, RowRole, Rule, TableDraft, TableError, TableSpec, ThemeChoice,
    MAX_COLUMNS, MAX_ROWS, MAX_TEXT,
};
