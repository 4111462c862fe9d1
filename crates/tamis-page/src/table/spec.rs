//! What a table is: the truth that questions are answered from.
//!
//! A [`TableDraft`] is what people and files write; [`TableSpec`] is a draft whose cells tile the grid exactly, so all
//! that is built on it (layout, HTML, questions) need not doubt it.

mod check;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most rows of a grid, header rows included.
pub const MAX_ROWS: usize = 60;
/// Most columns of a grid.
pub const MAX_COLUMNS: usize = 30;
/// Most characters of one text.
pub const MAX_TEXT: usize = 600;

/// A table before it is checked. Rows and columns count from 0 at the upper left (reading order of the language is the
/// layout's affair: column 0 stands at the right in an Arabic table).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableDraft {
    /// Above or below the table; empty for none.
    #[serde(default)]
    pub caption: String,
    /// What holds for the whole table, below the caption ("In million EUR"); empty for none.
    #[serde(default)]
    pub subtitle: String,
    /// Where the figures come from, below the table; empty for none.
    #[serde(default)]
    pub source: String,
    /// What each row is. Its length is the number of rows; rows of the head come first.
    pub rows: Vec<RowRole>,
    /// What each column is. Its length is the number of columns.
    pub columns: Vec<ColumnSpec>,
    /// How many of the first columns hold row headers (the stub).
    #[serde(default)]
    pub stub: usize,
    /// The cells in any order; together they cover each place of the grid once.
    pub cells: Vec<Cell>,
    /// Notes at the foot, in the order in which they are written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub footnotes: Vec<Footnote>,
    /// What it is about, one of the generator's domains ("finance"); "data" for a user's own table.
    #[serde(default)]
    pub domain: String,
    /// The language of its words, as in BCP 47 ("en", "de", "zh").
    #[serde(default)]
    pub language: String,
    /// How it looks.
    #[serde(default)]
    pub theme: ThemeChoice,
}

/// Which theme, and the seed of its variations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThemeChoice {
    /// A name of the theme list; empty for the plain one.
    #[serde(default)]
    pub name: String,
    /// What sizes, paddings and the like are drawn from.
    #[serde(default)]
    pub seed: u64,
}

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RowRole {
    /// Column headers.
    Head,
    /// One wide cell that names the rows below it, down to the next group or total.
    Group,
    /// Data.
    Body,
    /// Sums over the rows of its group.
    Subtotal,
    /// Sums over all body rows.
    Total,
}

/// What a column is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnSpec {
    /// Where texts stand in its body cells.
    #[serde(default)]
    pub align: Align,
    /// Whether the sum of its body rows means something (amounts: yes; rates, dates, temperatures: no).
    #[serde(default)]
    pub additive: bool,
    /// Whether it holds sums over other columns of its row, so that adding it to them would count twice.
    #[serde(default)]
    pub total: bool,
}

/// Where a text stands between the sides of its cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// Where a line begins: left, or right in right-to-left languages.
    #[default]
    Start,
    /// In the middle.
    Center,
    /// Where a line ends.
    End,
}

/// One cell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// Its first row.
    pub row: usize,
    /// Its first column.
    pub column: usize,
    /// How many rows it covers.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub row_span: usize,
    /// How many columns it covers.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub column_span: usize,
    /// As it is written, without the mark of its note; a line break starts a new line.
    #[serde(default)]
    pub text: String,
    /// The number it writes, if it writes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Number>,
    /// Which footnote it bears, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<usize>,
}

fn one() -> usize {
    1
}

fn is_one(n: &usize) -> bool {
    *n == 1
}

/// A number as data, whatever signs it is written with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Number {
    /// A multiple of `10^-decimals`.
    pub value: f64,
    /// Decimal places it is written with, at most 9.
    #[serde(default)]
    pub decimals: u8,
    /// Its unit as an answer would write it ("million EUR", "%", "kg"); empty for a pure number.
    #[serde(default)]
    pub unit: String,
}

/// A note at the foot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Footnote {
    /// What refers to it: "*", "a", "1".
    pub mark: String,
    /// What it says.
    pub text: String,
}

/// What a cell is; follows from where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CellKind {
    /// In the head, over data.
    ColumnHeader,
    /// In the head, over the stub only.
    Corner,
    /// In the stub.
    RowHeader,
    /// The wide cell of a group row.
    Group,
    /// Anything else.
    Data,
}

/// A table whose cells tile its grid exactly. Read-only: change the draft ([`TableSpec::into_draft`]) and build again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "TableDraft", into = "TableDraft")]
pub struct TableSpec {
    draft: TableDraft,
    /// For each place, row by row, the cell that covers it.
    places: Vec<usize>,
}

/// The law a draft breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Numbers of rows and columns.
    Size,
    /// Where rows of the head, groups and stub may be.
    Structure,
    /// Cells lie inside the grid and cover each place once.
    Tiling,
    /// Numbers, texts and notes of cells.
    Content,
}

/// Why a draft is no table, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TableError {
    /// Which law.
    pub rule: Rule,
    /// What was expected and found, where, and what to do.
    pub message: String,
}

impl TableSpec {
    /// Checks a draft. Cells are put in reading order (row by row).
    ///
    /// # Errors
    /// The first law that the draft breaks, with the place and what to do.
    pub fn new(mut draft: TableDraft) -> Result<TableSpec, TableError> {
        check::size(&draft)?;
        check::structure(&draft)?;
        draft.cells.sort_by_key(|c| (c.row, c.column));
        let places = check::tile(&draft)?;
        draft.cells.iter().try_for_each(|c| check::cell(&draft, c))?;
        check::notes(&draft)?;
        Ok(TableSpec { draft, places })
    }

    /// Everything as it was written, cells in reading order.
    pub fn draft(&self) -> &TableDraft {
        &self.draft
    }

    /// The draft, to be changed and checked again.
    pub fn into_draft(self) -> TableDraft {
        self.draft
    }

    /// Number of rows, head included.
    pub fn rows(&self) -> usize {
        self.draft.rows.len()
    }

    /// Number of columns, stub included.
    pub fn columns(&self) -> usize {
        self.draft.columns.len()
    }

    /// How many rows the head has.
    pub fn head(&self) -> usize {
        self.draft.rows.iter().take_while(|r| **r == RowRole::Head).count()
    }

    /// How many columns the stub has.
    pub fn stub(&self) -> usize {
        self.draft.stub
    }

    /// The cells in reading order.
    pub fn cells(&self) -> &[Cell] {
        &self.draft.cells
    }

    /// The cell that covers a place; `None` outside the grid.
    pub fn cell(&self, row: usize, column: usize) -> Option<&Cell> {
        self.cell_index(row, column).map(|i| &self.draft.cells[i])
    }

    /// The index in [`TableSpec::cells`] of the cell that covers a place; `None` outside the grid.
    pub fn cell_index(&self, row: usize, column: usize) -> Option<usize> {
        (row < self.rows() && column < self.columns()).then(|| self.places[row * self.columns() + column])
    }

    /// What a cell is.
    pub fn kind(&self, cell: &Cell) -> CellKind {
        if self.draft.rows[cell.row] == RowRole::Head {
            let corner = cell.column + cell.column_span <= self.draft.stub;
            return if corner { CellKind::Corner } else { CellKind::ColumnHeader };
        }
        match self.draft.rows[cell.row] {
            RowRole::Group => CellKind::Group,
            _ if cell.column < self.draft.stub => CellKind::RowHeader,
            _ => CellKind::Data,
        }
    }

    /// The headers over a column from the outermost to the innermost, each cell once; empty texts left out.
    pub fn column_headers(&self, column: usize) -> Vec<&Cell> {
        path((0..self.head()).filter_map(|row| self.cell(row, column)))
    }

    /// The headers of a row from the outermost to the innermost: its group, then its stub cells; empty texts left out.
    pub fn row_headers(&self, row: usize) -> Vec<&Cell> {
        let group = self.group(row).and_then(|g| self.cell(g, 0));
        path(group.into_iter().chain((0..self.draft.stub).filter_map(|c| self.cell(row, c))))
    }

    /// The group row that a body row or a subtotal belongs to; `None` where there is none.
    pub fn group(&self, row: usize) -> Option<usize> {
        let roles = self.draft.rows.get(..=row)?;
        if !matches!(roles[row], RowRole::Body | RowRole::Subtotal) {
            return None;
        }
        let nearest = roles[..row].iter().rposition(|r| matches!(r, RowRole::Group | RowRole::Total))?;
        (roles[nearest] == RowRole::Group).then_some(nearest)
    }

    /// The rows of data: neither head nor group nor sums.
    pub fn body_rows(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.rows()).filter(|r| self.draft.rows[*r] == RowRole::Body)
    }

    /// The number at a place; `None` where there is none.
    pub fn number(&self, row: usize, column: usize) -> Option<&Number> {
        self.cell(row, column)?.number.as_ref()
    }
}

impl TryFrom<TableDraft> for TableSpec {
    type Error = TableError;

    fn try_from(draft: TableDraft) -> Result<TableSpec, TableError> {
        TableSpec::new(draft)
    }
}

impl From<TableSpec> for TableDraft {
    fn from(spec: TableSpec) -> TableDraft {
        spec.draft
    }
}

impl Cell {
    /// A cell of one place.
    pub fn new(row: usize, column: usize, text: impl Into<String>) -> Cell {
        Cell { row, column, row_span: 1, column_span: 1, text: text.into(), number: None, note: None }
    }

    /// The same over more rows and columns.
    pub fn spanning(self, row_span: usize, column_span: usize) -> Cell {
        Cell { row_span, column_span, ..self }
    }

    /// The same with the number that its text writes.
    pub fn with_number(self, number: Number) -> Cell {
        Cell { number: Some(number), ..self }
    }
}

fn path<'a>(cells: impl Iterator<Item = &'a Cell>) -> Vec<&'a Cell> {
    let mut path: Vec<&Cell> = Vec::new();
    for cell in cells {
        if !cell.text.trim().is_empty() && path.last().is_none_or(|last| !std::ptr::eq(*last, cell)) {
            path.push(cell);
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn draft(rows: usize, columns: usize, cells: Vec<Cell>) -> TableDraft {
        let mut roles = vec![RowRole::Body; rows];
        roles[0] = RowRole::Head;
        TableDraft { rows: roles, columns: vec![ColumnSpec::default(); columns], stub: 1, cells, ..Default::default() }
    }

    fn singles(rows: usize, columns: usize) -> Vec<Cell> {
        (0..rows * columns).map(|i| Cell::new(i / columns, i % columns, format!("c{i}"))).collect()
    }

    #[test]
    fn a_hole_is_named() {
        let mut cells = singles(3, 3);
        cells.remove(5);
        let error = TableSpec::new(draft(3, 3, cells)).unwrap_err();
        assert_eq!(error.rule, Rule::Tiling);
        assert!(error.message.contains("row 1, column 2"), "{error}");
    }

    #[test]
    fn an_overlap_is_named_with_both_cells() {
        let mut cells = singles(3, 3);
        cells[4].column_span = 2;
        let error = TableSpec::new(draft(3, 3, cells)).unwrap_err();
        assert!(error.message.contains("\"c4\"") && error.message.contains("\"c5\""), "{error}");
    }

    #[test]
    fn spans_that_overflow_are_refused_and_not_added() {
        let mut cells = singles(3, 3);
        cells[8].row_span = usize::MAX;
        assert_eq!(TableSpec::new(draft(3, 3, cells)).unwrap_err().rule, Rule::Tiling);
    }

    #[test]
    fn a_head_cell_ends_in_the_head() {
        let mut cells = singles(3, 2);
        cells[1].row_span = 2;
        cells.remove(3);
        let error = TableSpec::new(draft(3, 2, cells)).unwrap_err();
        assert!(error.message.contains("from the head into the data"), "{error}");
    }

    #[test]
    fn a_number_is_what_its_decimals_can_write() {
        let mut cells = singles(2, 2);
        cells[3].number = Some(Number { value: 0.123, decimals: 1, unit: String::new() });
        let error = TableSpec::new(draft(2, 2, cells)).unwrap_err();
        assert!(error.message.contains("round it to 0.1"), "{error}");
    }

    #[test]
    fn header_paths_go_from_outside_to_inside() {
        let mut roles = vec![RowRole::Head, RowRole::Head, RowRole::Group, RowRole::Body, RowRole::Total];
        roles.push(RowRole::Body);
        let mut cells = vec![
            Cell::new(0, 0, "Region").spanning(2, 1),
            Cell::new(0, 1, "2024").spanning(1, 2),
            Cell::new(1, 1, "Q1"),
            Cell::new(1, 2, "Q2"),
            Cell::new(2, 0, "North").spanning(1, 3),
        ];
        cells.extend((3..6).flat_map(|r| (0..3).map(move |c| Cell::new(r, c, format!("{r}.{c}")))));
        let columns = vec![ColumnSpec::default(); 3];
        let spec = TableSpec::new(TableDraft { rows: roles, columns, stub: 1, cells, ..Default::default() }).unwrap();
        let texts = |cells: Vec<&Cell>| cells.iter().map(|c| c.text.clone()).collect::<Vec<_>>();
        assert_eq!(texts(spec.column_headers(2)), ["2024", "Q2"]);
        assert_eq!(texts(spec.row_headers(3)), ["North", "3.0"]);
        assert_eq!(texts(spec.row_headers(5)), ["5.0"]);
        assert_eq!(spec.kind(&spec.cells()[0]), CellKind::Corner);
    }

    proptest! {
        #[test]
        fn a_spec_survives_json(rows in 2usize..8, columns in 2usize..8) {
            let spec = TableSpec::new(draft(rows, columns, singles(rows, columns))).unwrap();
            let json = serde_json::to_string(&spec).unwrap();
            prop_assert_eq!(serde_json::from_str::<TableSpec>(&json).unwrap(), spec);
        }

        #[test]
        fn what_is_accepted_covers_each_place_once(
            rows in 2usize..6,
            columns in 2usize..6,
            changes in prop::collection::vec((0usize..36, 0usize..4, 0usize..4), 0..4),
            drops in prop::collection::vec(0usize..36, 0..4),
        ) {
            let mut cells = singles(rows, columns);
            for (at, row_span, column_span) in changes {
                let at = at % cells.len();
                (cells[at].row_span, cells[at].column_span) = (row_span, column_span);
            }
            for at in drops {
                cells.remove(at % cells.len());
                if cells.is_empty() { break; }
            }
            if let Ok(spec) = TableSpec::new(draft(rows, columns, cells)) {
                let area: usize = spec.cells().iter().map(|c| c.row_span * c.column_span).sum();
                prop_assert_eq!(area, rows * columns);
                for row in 0..rows {
                    for column in 0..columns {
                        let cell = spec.cell(row, column).unwrap();
                        prop_assert!((cell.row..cell.row + cell.row_span).contains(&row));
                        prop_assert!((cell.column..cell.column + cell.column_span).contains(&column));
                    }
                }
            }
        }
    }
}
