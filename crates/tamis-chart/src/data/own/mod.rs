//! Charts of a user's own table: roles of the columns are inferred and reported, rows are streamed, memory is bounded.
//!
//! [`read`] takes a header and rows of raw cells, [`read_csv`] bytes; the [`OwnTable`] says what it understood
//! ([`OwnTable::report`]) and makes charts and figures. Where there are more rows than marks, rows are summed where
//! sums mean something and averaged where they do not, and the chart's note says so.

pub(super) mod build;
pub(super) mod cells;
mod gather;
mod roles;

use tamis_core::rng::Rng;

use crate::spec::{Chart, Diversify, Figure, Kind, LookSpec, OwnColumn, OwnSource, Scenario};

pub use roles::{ColumnRole, Role};

use gather::Gathered;

/// Rows that are looked at before roles are decided.
const LOOKED_AT: usize = 2_000;

/// Columns that are read: of a wider table, the first ones. Memory grows with the columns, so there is an end to them.
pub const MOST_COLUMNS: usize = 64;

/// A table as it was understood, with what charts are made of; its size does not depend on the number of rows.
#[derive(Clone, Debug)]
pub struct OwnTable {
    name: String,
    roles: Vec<ColumnRole>,
    gathered: Gathered,
}

/// Why there is no chart.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: expected {expected}, found {found}; {advice}")]
pub struct OwnError {
    /// Where: the table, a line, a column.
    pub place: String,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub found: String,
    /// What to do.
    pub advice: String,
}

impl OwnError {
    fn new(place: impl Into<String>, expected: &str, found: impl Into<String>, advice: &str) -> OwnError {
        OwnError { place: place.into(), expected: expected.into(), found: found.into(), advice: advice.into() }
    }
}

/// Reads a table row by row. `name` is what titles call it ("Sales 2024"); `rng` draws the sample of rows that
/// distributions are made of.
///
/// # Errors
/// There is no header or no row, or no column that a chart could show.
pub fn read(
    name: &str,
    header: Vec<String>,
    rows: impl IntoIterator<Item = Vec<String>>,
    rng: &mut Rng,
) -> Result<OwnTable, OwnError> {
    read_fallible(name, header, rows.into_iter().map(Ok), rng)
}

/// Reads CSV with a header line; `;` and tabs as separators are recognised.
///
/// # Errors
/// As [`read`]; and where a line is no CSV or no UTF-8.
pub fn read_csv(name: &str, mut bytes: impl std::io::Read, rng: &mut Rng) -> Result<OwnTable, OwnError> {
    let mut start = vec![0; 4096];
    let mut length = 0;
    while length < start.len() {
        match bytes.read(&mut start[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) => {
                return Err(OwnError::new("the file", "bytes", error.to_string(), "check that the file can be read"));
            }
        }
    }
    start.truncate(length);
    let delimiter = delimiter(&start);
    let joined = std::io::Read::chain(std::io::Cursor::new(start), bytes);
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(joined);
    let broken = |error: csv::Error| {
        let line = error.position().map_or_else(|| "the header".to_string(), |p| format!("line {}", p.line()));
        OwnError::new(line, "a line of UTF-8 CSV", error.to_string(), "save the table as UTF-8 CSV")
    };
    let cells = |record: &csv::StringRecord| record.iter().map(str::to_string).collect::<Vec<_>>();
    let header = reader.headers().map(&cells).map_err(broken)?;
    let rows = reader.into_records().map(|r| r.map(|r| cells(&r)).map_err(broken));
    read_fallible(name, header, rows, rng)
}

/// The separator that is most frequent in the first line.
fn delimiter(start: &[u8]) -> u8 {
    let line = start.split(|b| *b == b'\n').next().unwrap_or_default();
    let count = |d: u8| line.iter().filter(|b| **b == d).count();
    // The comma is last: of equals, `max_by_key` takes the last.
    [b'\t', b';', b','].into_iter().max_by_key(|d| count(*d)).unwrap_or(b',')
}

fn read_fallible(
    name: &str,
    header: Vec<String>,
    rows: impl Iterator<Item = Result<Vec<String>, OwnError>>,
    rng: &mut Rng,
) -> Result<OwnTable, OwnError> {
    if header.is_empty() || header.iter().all(|h| h.trim().is_empty()) {
        return Err(OwnError::new("the header", "a name for each column", "none", "write the names in the first line"));
    }
    let mut rows = rows.fuse();
    let mut first = Vec::new();
    for row in rows.by_ref().take(LOOKED_AT) {
        first.push(row?);
    }
    if first.is_empty() {
        return Err(OwnError::new("the table", "at least one row under the header", "none", "give a table with data"));
    }
    let header = &header[..header.len().min(MOST_COLUMNS)];
    let roles = roles::infer(header, &first);
    if roles.iter().all(|r| matches!(r.role, Role::Id | Role::Empty)) {
        let found = "only identifiers and empty columns";
        return Err(OwnError::new("the table", "a column of numbers, dates or categories", found, "add such a column"));
    }
    let mut gathered = Gathered::new(&roles);
    first.iter().for_each(|row| gathered.add(row, &roles, rng));
    drop(first);
    for row in rows {
        gathered.add(&row?, &roles, rng);
    }
    let name = cells::shortened(if name.trim().is_empty() { "Data" } else { name.trim() }, 60);
    Ok(OwnTable { name, roles, gathered })
}

impl OwnTable {
    /// What each column was taken for.
    pub fn roles(&self) -> &[ColumnRole] {
        &self.roles
    }

    /// Rows read.
    pub fn rows(&self) -> u64 {
        self.gathered.rows
    }

    /// What was understood, a line for each column, and how many cells were left out.
    pub fn report(&self) -> Vec<String> {
        let left_out = |i: usize| match self.gathered.unread[i] {
            0 => String::new(),
            n => format!("; {n} cells could not be read and are missing"),
        };
        self.roles.iter().enumerate().map(|(i, r)| format!("{r}{}", left_out(i))).collect()
    }

    /// The same for the spec of a figure.
    pub fn source(&self) -> OwnSource {
        let column = |(i, r): (usize, &ColumnRole)| {
            let unread = match self.gathered.unread[i] {
                0 => String::new(),
                n => format!("; {n} cells could not be read and are missing"),
            };
            OwnColumn { name: r.name.clone(), role: r.role.name().into(), why: format!("{}{unread}", r.why) }
        };
        let columns = self.roles.iter().enumerate().map(column).collect();
        OwnSource { table: self.name.clone(), rows: self.rows(), left_out: 0, columns }
    }

    /// The kinds of charts that this table can be drawn as, in the order of [`Kind::ALL`].
    pub fn kinds(&self) -> Vec<Kind> {
        let possible =
            |k: &&Kind| self.chart(**k, &mut Rng::keyed(0, tamis_core::RecordId::input("kinds"), "own", &[])).is_ok();
        Kind::ALL.iter().filter(possible).copied().collect()
    }

    /// A chart of this kind; valid by [`Chart::validate`].
    ///
    /// # Errors
    /// The table lacks what the kind wants.
    pub fn chart(&self, kind: Kind, rng: &mut Rng) -> Result<Chart, OwnError> {
        let mut chart = build::chart(self, kind, rng)?;
        super::logarithmic_where_wide(&mut chart);
        match chart.validate() {
            Ok(()) => Ok(chart),
            Err(error) => Err(OwnError::new(
                &self.name,
                &error.expected,
                error.found,
                "take one of the kinds that `kinds()` lists",
            )),
        }
    }

    /// A figure with one chart of each of `kinds`, on a grid where there are several.
    ///
    /// # Errors
    /// As [`OwnTable::chart`]; and where `kinds` is empty.
    pub fn figure(&self, kinds: &[Kind], options: &super::Options, rng: &mut Rng) -> Result<Figure, OwnError> {
        if kinds.is_empty() {
            return Err(OwnError::new(
                "the figure",
                "at least one kind of chart",
                "none",
                "take one of those that `kinds()` lists",
            ));
        }
        let diversify = super::figure::strategy(options, rng);
        let mut charts = kinds.iter().map(|k| self.chart(*k, rng)).collect::<Result<Vec<_>, _>>()?;
        if diversify == Some(Diversify::Annotations) {
            charts.iter_mut().for_each(|chart| super::annotate(chart, rng));
        }
        let grid = match (options.grid, kinds.len()) {
            (_, 1) => [1, 1],
            (Some(grid), count) if grid[0] * grid[1] >= count => grid,
            (_, count) if count <= 9 => super::grid_for(count, rng),
            (_, count) => [count.div_ceil(4), 4],
        };
        let grid = self.filled(grid, kinds, &mut charts, rng);
        let name = rng.pick(&options.looks).cloned().unwrap_or_default();
        let size = options.size.unwrap_or_else(|| super::figure::size(grid, rng));
        Ok(Figure {
            size,
            grid,
            charts,
            title: (kinds.len() > 1).then(|| self.name.clone()),
            look: LookSpec { name, seed: rng.seed(), diversify },
            scenario: Scenario {
                theme: "Data".into(),
                story: format!("{}: {} rows", self.name, self.rows()),
                source: Some(self.source()),
            },
        })
    }

    /// Fills the cells that are left with other charts of these kinds; the grid, smaller where there are not so many.
    fn filled(&self, grid: [usize; 2], kinds: &[Kind], charts: &mut Vec<Chart>, rng: &mut Rng) -> [usize; 2] {
        let cells = grid[0] * grid[1];
        for _ in 0..cells * 6 {
            let wanted = if charts.len() < cells { rng.pick(kinds).copied() } else { None };
            let Some(kind) = wanted else { break };
            let is_new = |new: &Chart| charts.iter().all(|old| old.kind != new.kind || old.table != new.table);
            if let Some(chart) = self.chart(kind, rng).ok().filter(is_new) {
                charts.push(chart);
            }
        }
        let count = charts.len();
        let room = super::GRIDS.into_iter().filter(|grid| grid[0] * grid[1] >= count);
        match count < cells && count > 1 {
            true => room.min_by_key(|grid| (grid[0] * grid[1], grid[1].abs_diff(grid[0]))).unwrap_or(grid),
            false => grid,
        }
    }
}

#[cfg(test)]
mod tests;
