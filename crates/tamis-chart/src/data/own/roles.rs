//! What each column is taken for.

use std::collections::BTreeSet;

use super::cells::{self, DayOrder, Decimals};
use crate::table::{Time, Unit};

/// What a column is taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// Points in time.
    Time,
    /// Names that group rows.
    Category,
    /// Numbers, with their unit.
    Number(Unit),
    /// Names or numbers that say which row it is: not drawn.
    Id,
    /// No cell says anything: not drawn.
    Empty,
}

/// A column and what it is taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnRole {
    /// The name as it is drawn: the header without its unit.
    pub name: String,
    /// What it is taken for.
    pub role: Role,
    /// Different values among the first rows.
    pub distinct: usize,
    /// What speaks for the role, in words: "240 of 240 cells are dates".
    pub why: String,
    pub(super) decimals: Decimals,
    pub(super) order: DayOrder,
    pub(super) years: bool,
}

impl Role {
    /// One word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Role::Time => "time",
            Role::Category => "category",
            Role::Number(_) => "number",
            Role::Id => "identifier",
            Role::Empty => "empty",
        }
    }
}

impl std::fmt::Display for ColumnRole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: ", self.name)?;
        match &self.role {
            Role::Time => write!(f, "time"),
            Role::Category => write!(f, "category ({} different among the first rows)", self.distinct),
            Role::Number(unit) => {
                let symbol = if unit.symbol.is_empty() { "no unit" } else { &unit.symbol };
                let sums = if unit.additive { "may be summed" } else { "is averaged, not summed" };
                write!(f, "number ({symbol}, {} decimals, {sums})", unit.decimals)
            }
            Role::Id => write!(f, "identifier, not drawn"),
            Role::Empty => write!(f, "empty, not drawn"),
        }
    }
}

/// The roles of all columns, from the header and the first rows.
pub(super) fn infer(header: &[String], rows: &[Vec<String>]) -> Vec<ColumnRole> {
    let mut roles: Vec<ColumnRole> = Vec::with_capacity(header.len());
    for (i, title) in header.iter().enumerate() {
        let cells: Vec<&str> =
            rows.iter().filter_map(|r| r.get(i)).map(|c| c.trim()).filter(|c| !cells::is_missing(c)).collect();
        let mut column = one(title, &cells, rows.len());
        if column.name.is_empty() {
            column.name = format!("Column {}", i + 1);
        }
        let wanted = column.name.clone();
        let mut number = 2;
        while roles.iter().any(|r| r.name == column.name) {
            column.name = format!("{wanted} {number}");
            number += 1;
        }
        roles.push(column);
    }
    roles
}

fn one(title: &str, cells: &[&str], rows: usize) -> ColumnRole {
    let (name, unit) = split(title);
    let words: Vec<String> = title.to_lowercase().split(|c: char| !c.is_alphanumeric()).map(str::to_string).collect();
    let says = |list: &[&str]| words.iter().any(|w| list.contains(&w.as_str()));
    let distinct = cells.iter().collect::<BTreeSet<_>>().len();
    let decimals = if cells.iter().any(|c| cells::has_decimal_comma(c)) { Decimals::Comma } else { Decimals::Point };
    let order = if cells.iter().any(|c| second_over_12(c)) { DayOrder::MonthFirst } else { DayOrder::DayFirst };
    let years = says(&[
        "year", "years", "yr", "jahr", "année", "annee", "año", "ano", "date", "time", "period", "год", "年", "年份",
    ]);
    // A column may have a tenth of cells of another type; these are missing.
    let most = |count: usize| !cells.is_empty() && count * 10 >= cells.len() * 9;
    let times = cells.iter().filter(|c| cells::time(c, order, years).is_some()).count();
    let numbers: Vec<(f64, u8)> = cells.iter().filter_map(|c| cells::number(c, decimals)).collect();
    let id_word = says(&["id", "uuid", "guid", "key", "index", "code", "zip", "postcode", "phone", "row", "nr", "no"])
        || title.trim().is_empty()
        || title.starts_with("Unnamed");
    let n = cells.len();
    let (role, why) = if cells.is_empty() {
        (Role::Empty, "no cell says anything".to_string())
    } else if most(times) {
        let is_year = |c: &&&str| matches!(cells::time(c, order, years), Some(Time::Year(_)));
        let by = if cells.iter().filter(is_year).count() == times { "years" } else { "dates" };
        (Role::Time, format!("{times} of {n} cells are {by}"))
    } else if most(numbers.len()) {
        let whole = numbers.iter().all(|n| n.1 == 0);
        let counted = numbers.windows(2).all(|w| w[1].0 == w[0].0 + 1.0);
        if whole && id_word && distinct * 10 >= n * 9 {
            (Role::Id, format!("whole numbers, {distinct} of {n} different, under a name like that of a key"))
        } else if whole && counted && rows > 20 {
            (Role::Id, "whole numbers that count up by one".to_string())
        } else {
            let unit = number_unit(unit, cells, &numbers, &words);
            let of = if unit.symbol.is_empty() { "without a unit".to_string() } else { format!("in {}", unit.symbol) };
            let sums = if unit.additive { "may be summed" } else { "are averaged, not summed" };
            let why = format!("{} of {n} cells are numbers, {of}; they {sums}", numbers.len());
            (Role::Number(unit), why)
        }
    } else if distinct == n && rows > 20 && (id_word || cells.iter().all(|c| looks_like_a_key(c))) {
        (Role::Id, format!("all {n} texts are different and look like keys"))
    } else {
        let numbers = if numbers.is_empty() { String::new() } else { format!(", {} of them numbers", numbers.len()) };
        (Role::Category, format!("{distinct} different texts in {n} cells{numbers}"))
    };
    let name = if matches!(role, Role::Number(_)) { name } else { title.trim().to_string() };
    ColumnRole { name: cells::shortened(&name, 40), role, distinct, why, decimals, order, years }
}

fn looks_like_a_key(cell: &str) -> bool {
    cell.len() >= 4
        && !cell.contains(' ')
        && cell.bytes().filter(u8::is_ascii_digit).count() >= 3
        && cell.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_:".contains(&b))
}

/// Whether the second number of a date is too large for a month: "03/14/2021".
fn second_over_12(cell: &str) -> bool {
    let parts: Vec<&str> = cell.split(['/', '.', '-']).collect();
    parts.len() == 3 && parts[2].len() >= 4 && parts[1].parse::<u8>().is_ok_and(|m| m > 12)
}

/// "Revenue (million USD)" is `Revenue` in `million USD`.
fn split(title: &str) -> (String, String) {
    let title = title.trim();
    for (open, close) in [('(', ')'), ('[', ']')] {
        if let Some((name, unit)) = title.strip_suffix(close).and_then(|t| t.rsplit_once(open))
            && !name.trim().is_empty()
            && unit.chars().count() <= 24
        {
            return (name.trim().to_string(), unit.trim().to_string());
        }
    }
    (title.to_string(), String::new())
}

fn number_unit(header: String, cells: &[&str], numbers: &[(f64, u8)], words: &[String]) -> Unit {
    const LEVELS: [&str; 38] = [
        "rate",
        "share",
        "percent",
        "percentage",
        "average",
        "avg",
        "mean",
        "median",
        "price",
        "temperature",
        "temp",
        "index",
        "score",
        "rating",
        "ratio",
        "age",
        "height",
        "speed",
        "density",
        "latitude",
        "longitude",
        "per",
        "humidity",
        "pressure",
        "ph",
        "level",
        "growth",
        "open",
        "opening",
        "high",
        "low",
        "close",
        "closing",
        "max",
        "min",
        "satisfaction",
        "grade",
        "margin",
    ];
    let written = cells.first().and_then(|c| cells::unit(c)).unwrap_or_default();
    let symbol = if header.is_empty() { written.to_string() } else { header };
    let level = words.iter().any(|w| LEVELS.contains(&w.as_str()))
        || symbol.starts_with(['%', '°'])
        || symbol.contains('/')
        || symbol.contains(" per ");
    Unit { symbol, decimals: numbers.iter().map(|n| n.1).max().unwrap_or(0), additive: !level }
}
