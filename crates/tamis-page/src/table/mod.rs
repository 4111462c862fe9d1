//! Tables: a checked grid of cells with spans, headers, groups and notes; generated or the user's own; drawn in many
//! themes; written as HTML, LaTeX and Markdown.

mod draw;
mod generate;
mod lines;
mod markup;
mod measure;
mod own;
mod spec;
mod theme;

pub use draw::{CellBox, Room, TableScene, draw_table};
pub use generate::{DOMAINS, languages, sample_table};
pub use markup::{MergedCell, escape_html, escape_latex, escape_markdown, html, latex, markdown, markdown_flat};
pub use own::{CsvError, CsvReport, table_from_csv, table_from_rows};
pub use spec::{
    Align, Cell, CellKind, ColumnSpec, Footnote, MAX_COLUMNS, MAX_ROWS, MAX_TEXT, Number, RowRole, Rule, TableDraft,
    TableError, TableSpec, ThemeChoice,
};
pub use theme::{Block, Caption, HeadAlign, RuleForm, RuleStyle, Rules, Theme, ThemeError, theme, theme_for, themes};
