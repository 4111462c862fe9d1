//! The laws that make a draft a table.

use super::{Cell, MAX_COLUMNS, MAX_ROWS, MAX_TEXT, Number, RowRole, Rule, TableDraft, TableError};

/// How many rows and columns there may be.
pub(super) fn size(draft: &TableDraft) -> Result<(), TableError> {
    let (rows, columns) = (draft.rows.len(), draft.columns.len());
    if !(1..=MAX_ROWS).contains(&rows) || !(1..=MAX_COLUMNS).contains(&columns) {
        return refuse(
            Rule::Size,
            format!(
                "expected 1 to {MAX_ROWS} rows and 1 to {MAX_COLUMNS} columns, found {rows} rows and {columns} columns: \
                 take a part of the table"
            ),
        );
    }
    Ok(())
}

/// The head above, the stub at the side, and data beside both.
pub(super) fn structure(draft: &TableDraft) -> Result<(), TableError> {
    let head = draft.rows.iter().take_while(|r| **r == RowRole::Head).count();
    if let Some(row) = draft.rows.iter().skip(head).position(|r| *r == RowRole::Head) {
        let row = row + head;
        return refuse(Rule::Structure, format!("row {row} is a head row below a row of data: head rows come first"));
    }
    if head == draft.rows.len() {
        return refuse(Rule::Structure, format!("all {head} rows are head rows: add a row of data"));
    }
    if draft.stub >= draft.columns.len() {
        let (stub, columns) = (draft.stub, draft.columns.len());
        return refuse(
            Rule::Structure,
            format!("the stub has {stub} of {columns} columns: leave at least one column for data"),
        );
    }
    Ok(())
}

/// For each place the index of the cell that covers it.
pub(super) fn tile(draft: &TableDraft) -> Result<Vec<usize>, TableError> {
    let (rows, columns) = (draft.rows.len(), draft.columns.len());
    let mut places = vec![usize::MAX; rows * columns];
    for (index, cell) in draft.cells.iter().enumerate() {
        let name = name(cell);
        let last = |at: usize, span: usize, end: usize| at.checked_add(span).filter(|e| span > 0 && *e <= end);
        let (Some(bottom), Some(right)) =
            (last(cell.row, cell.row_span, rows), last(cell.column, cell.column_span, columns))
        else {
            return refuse(
                Rule::Tiling,
                format!(
                    "{name} spans {} x {} and leaves the grid of {rows} x {columns} (rows x columns): spans are at \
                     least 1 and end inside",
                    cell.row_span, cell.column_span
                ),
            );
        };
        for row in cell.row..bottom {
            for column in cell.column..right {
                let place = &mut places[row * columns + column];
                if let Some(other) = draft.cells.get(*place) {
                    return refuse(
                        Rule::Tiling,
                        format!(
                            "{name} and {} both cover row {row}, column {column}: make a span smaller or drop one",
                            self::name(other)
                        ),
                    );
                }
                *place = index;
            }
        }
    }
    if let Some(hole) = places.iter().position(|p| *p == usize::MAX) {
        let (row, column) = (hole / columns, hole % columns);
        return refuse(
            Rule::Tiling,
            format!("no cell covers row {row}, column {column}: add one (with an empty text if nothing is written)"),
        );
    }
    Ok(places)
}

/// What a cell may span, hold and bear.
pub(super) fn cell(draft: &TableDraft, cell: &Cell) -> Result<(), TableError> {
    let name = name(cell);
    let roles = &draft.rows[cell.row..cell.row + cell.row_span];
    if roles.iter().any(|r| (*r == RowRole::Head) != (roles[0] == RowRole::Head)) {
        return refuse(
            Rule::Structure,
            format!("{name} reaches from the head into the data: end its row span at the head"),
        );
    }
    let (first, end) = (cell.column, cell.column + cell.column_span);
    let body = !matches!(roles[0], RowRole::Head | RowRole::Group);
    if body && first < draft.stub && end > draft.stub {
        return refuse(
            Rule::Structure,
            format!(
                "{name} reaches from the stub (columns below {}) into the data: end its column span there",
                draft.stub
            ),
        );
    }
    if roles.len() > 1 && roles.iter().any(|r| *r != RowRole::Head && *r != RowRole::Body) {
        return refuse(
            Rule::Structure,
            format!("{name} spans a group, subtotal or total row: only head and body rows are merged downwards"),
        );
    }
    if roles[0] == RowRole::Group && cell.column == 0 && cell.text.trim().is_empty() {
        return refuse(Rule::Content, format!("{name} heads a group and has no text: write the group's name"));
    }
    text(&name, &cell.text)?;
    number(&name, cell.number.as_ref())?;
    match cell.note {
        Some(n) if n >= draft.footnotes.len() => refuse(
            Rule::Content,
            format!("{name} bears footnote {n}, but there are {} (counted from 0)", draft.footnotes.len()),
        ),
        _ => Ok(()),
    }
}

fn text(name: &str, text: &str) -> Result<(), TableError> {
    let length = text.chars().count();
    if length > MAX_TEXT {
        return refuse(Rule::Content, format!("{name} has {length} characters, at most {MAX_TEXT} fit: shorten it"));
    }
    if let Some(c) = text.chars().find(|c| c.is_control() && *c != '\n') {
        return refuse(
            Rule::Content,
            format!("{name} holds the control character {c:?}, which cannot be drawn: remove it"),
        );
    }
    Ok(())
}

fn number(name: &str, number: Option<&Number>) -> Result<(), TableError> {
    let Some(Number { value, decimals, .. }) = number else { return Ok(()) };
    if !value.is_finite() || *decimals > 9 {
        return refuse(
            Rule::Content,
            format!("{name} has the number {value} with {decimals} decimals: numbers are finite, decimals 0 to 9"),
        );
    }
    let written: f64 = format!("{value:.*}", usize::from(*decimals)).parse().unwrap_or(f64::NAN);
    if written != *value {
        return refuse(
            Rule::Content,
            format!("{name} has the number {value}, which {decimals} decimals cannot write: round it to {written}"),
        );
    }
    Ok(())
}

/// The texts around the grid: footnotes have marks that differ, and each is borne by a cell.
pub(super) fn notes(draft: &TableDraft) -> Result<(), TableError> {
    let texts = [("caption", &draft.caption), ("subtitle", &draft.subtitle), ("source", &draft.source)];
    texts.iter().try_for_each(|(name, written)| text(&format!("the {name}"), written))?;
    for (index, note) in draft.footnotes.iter().enumerate() {
        let name = format!("footnote {index}");
        text(&name, &note.text)?;
        if note.mark.is_empty() || note.mark.chars().count() > 4 || note.mark.contains(char::is_whitespace) {
            return refuse(
                Rule::Content,
                format!("{name} has the mark {:?}: expected 1 to 4 characters such as \"*\"", note.mark),
            );
        }
        if draft.footnotes[..index].iter().any(|n| n.mark == note.mark) {
            return refuse(
                Rule::Content,
                format!("{name} has the mark {:?} of another footnote: marks differ", note.mark),
            );
        }
        if !draft.cells.iter().any(|c| c.note == Some(index)) {
            return refuse(
                Rule::Content,
                format!("no cell bears {name} ({:?}): drop it or set a cell's note", note.mark),
            );
        }
    }
    Ok(())
}

fn name(cell: &Cell) -> String {
    let text: String = cell.text.chars().take(20).collect();
    format!("the cell at row {}, column {} ({text:?})", cell.row, cell.column)
}

fn refuse<T>(rule: Rule, message: String) -> Result<T, TableError> {
    Err(TableError { rule, message })
}
