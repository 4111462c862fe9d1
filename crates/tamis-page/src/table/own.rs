//! A table from a user's CSV.

use super::spec::{
    Align, Cell, ColumnSpec, MAX_COLUMNS, MAX_ROWS, MAX_TEXT, Number, RowRole, TableDraft, TableError, TableSpec,
    ThemeChoice,
};

/// What was taken of a CSV.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvReport {
    /// Rows of data in the file (counted up to a million).
    pub rows_found: usize,
    /// Rows of data in the table: the first ones.
    pub rows_taken: usize,
    /// Columns of the file.
    pub columns_found: usize,
    /// Columns in the table: the first ones.
    pub columns_taken: usize,
    /// Columns read as numbers.
    pub numeric: Vec<String>,
    /// Texts that were cut to the longest a cell can have.
    pub cut: usize,
}

/// Why a CSV gives no table.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CsvError {
    /// Not read.
    #[error("line {line}: {message}: expected comma-separated values in UTF-8 with a header line")]
    Read {
        /// From 1.
        line: u64,
        /// What is wrong.
        message: String,
    },
    /// Nothing there.
    #[error("the file has a header line and no row of data: add rows")]
    Empty,
    /// A grid that cannot be.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// Most rows that are counted: a report needs no more.
const COUNT_LIMIT: usize = 1_000_000;

/// A table of the first rows (at most `rows`) and columns of a CSV with a header line. The first column is the stub if
/// its cells are words; columns of numbers stand at the end of their cells.
///
/// Missing numbers, NaN and infinities stay as they are written and have no number.
///
/// # Errors
/// No rows, or bytes that are no CSV.
pub fn table_from_csv(csv: &[u8], rows: usize, theme: ThemeChoice) -> Result<(TableSpec, CsvReport), CsvError> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(csv);
    let cells = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
    let head = cells(reader.headers().map_err(read_error)?);
    let limit = rows.clamp(1, MAX_ROWS - 1);
    let mut found = 0;
    let mut first: Vec<Vec<String>> = Vec::new();
    for record in reader.records().take(COUNT_LIMIT) {
        let record = record.map_err(read_error)?;
        found += 1;
        if first.len() < limit {
            first.push(cells(&record));
        }
    }
    let (table, report) = table_from_rows(&head, &first, theme)?;
    Ok((table, CsvReport { rows_found: found, ..report }))
}

/// A table of these rows under these headers, read as [`table_from_csv`] does; missing cells are empty.
///
/// # Errors
/// No rows or no columns.
pub fn table_from_rows(
    head: &[String],
    rows: &[Vec<String>],
    theme: ThemeChoice,
) -> Result<(TableSpec, CsvReport), CsvError> {
    let columns = head.len().min(MAX_COLUMNS);
    let taken = &rows[..rows.len().min(MAX_ROWS - 1)];
    if taken.is_empty() || columns == 0 {
        return Err(CsvError::Empty);
    }
    let mut cut = 0;
    let mut cells = |row: &Vec<String>| {
        (0..columns).map(|c| clean(row.get(c).map_or("", |t| t.trim()), &mut cut)).collect::<Vec<_>>()
    };
    let records: Vec<Vec<String>> = taken.iter().map(&mut cells).collect();
    let names: Vec<String> = cells(&head.to_vec());
    let numeric: Vec<bool> = (0..columns).map(|c| is_numeric(&records, c)).collect();
    let mut report = CsvReport {
        rows_found: rows.len(),
        rows_taken: records.len(),
        columns_found: head.len(),
        columns_taken: columns,
        numeric: Vec::new(),
        cut,
    };
    report.numeric = names.iter().zip(&numeric).filter(|(_, n)| **n).map(|(name, _)| name.clone()).collect();
    Ok((table(names, records, &numeric, theme)?, report))
}

fn table(
    names: Vec<String>,
    records: Vec<Vec<String>>,
    numeric: &[bool],
    theme: ThemeChoice,
) -> Result<TableSpec, TableError> {
    let aligns = numeric.iter().map(|n| if *n { Align::End } else { Align::Start });
    let mut draft = TableDraft {
        rows: std::iter::once(RowRole::Head).chain(records.iter().map(|_| RowRole::Body)).collect(),
        columns: aligns.map(|align| ColumnSpec { align, additive: false, total: false }).collect(),
        stub: usize::from(!numeric[0] && numeric.len() > 1),
        domain: "data".to_string(),
        theme,
        ..TableDraft::default()
    };
    draft.cells.extend(names.iter().enumerate().map(|(c, name)| Cell::new(0, c, name.as_str())));
    for (r, record) in records.iter().enumerate() {
        for (c, text) in record.iter().enumerate() {
            let cell =
                Cell { number: numeric[c].then(|| number(text)).flatten(), ..Cell::new(r + 1, c, text.as_str()) };
            draft.cells.push(cell);
        }
    }
    TableSpec::new(draft)
}

fn read_error(error: csv::Error) -> CsvError {
    let line = error.position().map_or(1, csv::Position::line);
    CsvError::Read { line, message: error.to_string() }
}

/// A text that can be drawn: no control characters, not too long.
fn clean(text: &str, cut: &mut usize) -> String {
    let mut out: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_TEXT).collect();
    if text.chars().count() > MAX_TEXT {
        *cut += 1;
        out.pop();
        out.push('…');
    }
    out
}

/// Whether most of a column's texts are numbers, and all that are neither numbers nor empty are marks of a gap.
fn is_numeric(records: &[Vec<String>], column: usize) -> bool {
    let texts = records.iter().map(|r| r[column].as_str()).filter(|t| !t.is_empty());
    let (mut numbers, mut others) = (0usize, 0usize);
    for text in texts {
        let gap =
            ["-", "–", "n/a", "na", "nan", "null", "inf", "-inf", "infinity"].contains(&text.to_lowercase().as_str());
        match number(text) {
            Some(_) => numbers += 1,
            None if gap => {}
            None => others += 1,
        }
    }
    numbers > 0 && others == 0
}

/// A number as people write them in CSV: `1234.5`, `1,234.5`, `-3`, `12%`, `$40`; the unit is the sign around it.
fn number(text: &str) -> Option<Number> {
    let text = text.trim();
    let (text, unit) = match (text.strip_suffix('%'), text.strip_prefix(['$', '€', '£', '¥', '₹'])) {
        (Some(rest), _) => (rest.trim(), "%".to_string()),
        (_, Some(rest)) => (rest.trim(), text.chars().take(1).collect()),
        _ => (text, String::new()),
    };
    let plain = without_thousands(text)?;
    let decimals = plain.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let decimals = u8::try_from(decimals).ok().filter(|d| *d <= 9)?;
    let value: f64 = plain.parse().ok()?;
    value.is_finite().then_some(Number { value, decimals, unit })
}

/// Digits with one point at most, thousands signs taken out where they stand in their places.
fn without_thousands(text: &str) -> Option<String> {
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = body.split_once('.').map_or((body, None), |(w, f)| (w, Some(f)));
    let groups: Vec<&str> = whole.split(',').collect();
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let grouped = groups.len() == 1 || (groups[0].len() <= 3 && groups[1..].iter().all(|g| g.len() == 3));
    if !grouped || !groups.iter().all(|g| digits(g)) || !fraction.is_none_or(digits) || whole.len() > 18 {
        return None;
    }
    let sign = if text.starts_with('-') { "-" } else { "" };
    let fraction = fraction.map(|f| format!(".{f}")).unwrap_or_default();
    Some(format!("{sign}{}{fraction}", groups.concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(csv: &str) -> Result<(TableSpec, CsvReport), CsvError> {
        table_from_csv(csv.as_bytes(), 20, ThemeChoice::default())
    }

    #[test]
    fn columns_of_numbers_are_found_and_reported() {
        let (table, report) = read("city,people,share\nRome,\"2,800,000\",12.5%\nOslo,n/a,3.0%\n").unwrap();
        assert_eq!(report.numeric, ["people", "share"]);
        assert_eq!(table.stub(), 1);
        let share = table.number(1, 2).unwrap();
        assert_eq!((share.value, share.decimals, share.unit.as_str()), (12.5, 1, "%"));
        assert_eq!(table.number(1, 1).unwrap().value, 2_800_000.0);
        assert!(table.number(2, 1).is_none());
    }

    #[test]
    fn long_files_and_long_texts_are_cut_and_counted() {
        let long = "x".repeat(3000);
        let mut csv = String::from("a\n");
        (0..500).for_each(|_| csv += &format!("{long}\n"));
        let (table, report) = read(&csv).unwrap();
        assert_eq!((report.rows_found, report.rows_taken, table.rows()), (500, 20, 21));
        assert!(report.cut >= 20);
    }

    #[test]
    fn odd_files_give_a_table_or_a_refusal() {
        assert_eq!(read("a,b\n").unwrap_err(), CsvError::Empty);
        assert!(matches!(table_from_csv(b"a,b\n\xff\xfe,1\n", 5, ThemeChoice::default()), Err(CsvError::Read { .. })));
        let (table, _) = read("v\nNaN\ninf\n1e999\n").unwrap();
        assert!(table.cells().iter().all(|c| c.number.is_none()));
        assert!(read("مدينة,😀\nالقاهرة,7\n").is_ok());
    }
}
