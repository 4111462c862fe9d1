//! Operations on data and numbers: exact values, and how far off a reader may be.

use std::cmp::Ordering;

use super::op::Op;
use super::run::whole;
use super::value::{Point, Points, Quantity, Value};
use crate::number::Exact;
use crate::refusal::Refusal;
use crate::world::Sheet;

/// Decimals of shares and rates.
const PERCENT_DECIMALS: u8 = 1;
/// Decimals of ratios.
const RATIO_DECIMALS: u8 = 2;

pub(super) fn by_series(sheet: &Sheet, fold_by: &str) -> Result<Points, Refusal> {
    let mut points = Vec::new();
    for series in &sheet.series {
        let data = sheet.select(series)?;
        points.push(folded(&data, fold_by, series.name.clone(), data.words.clone())?);
    }
    same_units(&points)?;
    Ok(Points { words: format!("{} of each {}", fold_noun(fold_by), sheet.series_noun[0]), points })
}

pub(super) fn by_row(sheet: &Sheet, fold_by: &str) -> Result<Points, Refusal> {
    let mut points = Vec::new();
    for row in 0..sheet.rows.len() {
        let data = sheet.across(row)?;
        points.push(folded(&data, fold_by, sheet.rows[row].clone(), sheet.at(row))?);
    }
    Ok(Points { words: format!("{} of each {}", fold_noun(fold_by), sheet.row_noun[0]), points })
}

fn folded(data: &Points, by: &str, key: String, of: String) -> Result<Point, Refusal> {
    Ok(Point {
        key,
        words: format!("{} {of}", fold_noun(by)),
        value: fold(data, by)?,
        elements: data.points.iter().flat_map(|p| p.elements.iter().cloned()).collect(),
    })
}

fn fold_noun(by: &str) -> &str {
    match by {
        "sum" => "total",
        "mean" => "average",
        "max" => "maximum",
        "min" => "minimum",
        other => other,
    }
}

/// Sum, mean, median, range, largest, smallest.
pub(super) fn fold(data: &Points, by: &str) -> Result<Quantity, Refusal> {
    let unit = same_units(&data.points)?;
    let values: Vec<&Quantity> = data.points.iter().map(|p| &p.value).collect();
    let worst = values.iter().map(|q| q.error).fold(0.0, f64::max);
    let sorted = || {
        let mut v = values.clone();
        v.sort_by(|a, b| a.value.order(b.value));
        v
    };
    let (value, error, more) = match by {
        "sum" => (total(&values)?, values.iter().map(|q| q.error).sum(), 0),
        "mean" => (total(&values)?.over(whole(values.len())).ok_or(Refusal::Overflow)?, worst, 1),
        "median" => {
            let v = sorted();
            let middle = total(&[v[(v.len() - 1) / 2], v[v.len() / 2]])?;
            (middle.over(whole(2)).ok_or(Refusal::Overflow)?, worst, 1)
        }
        "range" => {
            let v = sorted();
            (v[v.len() - 1].value.minus(v[0].value).ok_or(Refusal::Overflow)?, 2.0 * worst, 0)
        }
        "max" => (sorted()[values.len() - 1].value, worst, 0),
        "min" => (sorted()[0].value, worst, 0),
        other => return Err(Refusal::Unknown(other.to_owned())),
    };
    let decimals = values.iter().map(|q| q.decimals).max().unwrap_or(0) + more;
    let unit = if by == "range" { difference_unit(&unit) } else { unit };
    Ok(Quantity { value, unit, decimals, error, shown: None })
}

fn total(values: &[&Quantity]) -> Result<Exact, Refusal> {
    values.iter().try_fold(Exact::ZERO, |sum, q| sum.plus(q.value)).ok_or(Refusal::Overflow)
}

/// The unit all of them have.
fn same_units(points: &[Point]) -> Result<String, Refusal> {
    let unit = &points.first().ok_or(Refusal::Empty)?.value.unit;
    if points.iter().all(|p| p.value.unit == *unit) { Ok(unit.clone()) } else { Err(Refusal::Units) }
}

fn place(data: &Points, key: &str) -> Result<usize, Refusal> {
    let mut places = (0..data.points.len()).filter(|i| data.points[*i].key == key);
    let place = places.next().ok_or_else(|| Refusal::Unknown(key.to_owned()))?;
    if places.next().is_some() { Err(Refusal::Labels) } else { Ok(place) }
}

pub(super) fn between(data: &Points, first: &str, last: &str) -> Result<Points, Refusal> {
    let (from, to) = (place(data, first)?, place(data, last)?);
    let points = data.points.get(from..=to).filter(|p| !p.is_empty()).ok_or(Refusal::Empty)?;
    Ok(Points { words: format!("{} from {first} to {last}", data.words), points: points.to_vec() })
}

pub(super) fn without(data: &Points, key: &str) -> Result<Points, Refusal> {
    let mut points = data.points.clone();
    points.remove(place(data, key)?);
    if points.is_empty() {
        Err(Refusal::Empty)
    } else {
        Ok(Points { words: format!("{} without {key}", data.words), points })
    }
}

pub(super) fn filter(data: &Points, by: &str, than: &Quantity) -> Result<Points, Refusal> {
    let mut points = Vec::new();
    for point in &data.points {
        if compare(&point.value, by, than)? {
            points.push(point.clone());
        }
    }
    Ok(Points { words: data.words.clone(), points })
}

/// Whether a compares so to b, if a reader can tell.
pub(super) fn compare(a: &Quantity, by: &str, b: &Quantity) -> Result<bool, Refusal> {
    let order = match a.against(b) {
        // Two written values that are equal are neither more nor less, and "at least" and "equal" are plain.
        Err(Refusal::Tie) if a.error == 0.0 && b.error == 0.0 && matches!(by, "eq" | "ge" | "le") => Ordering::Equal,
        order => order?,
    };
    Ok(match by {
        "gt" => order == Ordering::Greater,
        "lt" => order == Ordering::Less,
        "ge" => order != Ordering::Less,
        "le" => order != Ordering::Greater,
        _ => order == Ordering::Equal,
    })
}

/// Sorted by value; every two neighbours must be told apart.
pub(super) fn sorted(data: &Points, direction: &str) -> Result<Points, Refusal> {
    let sorted = in_order(data, direction)?;
    for pair in sorted.points.windows(2) {
        pair[0].value.against(&pair[1].value)?;
    }
    Ok(sorted)
}

fn in_order(data: &Points, direction: &str) -> Result<Points, Refusal> {
    same_units(&data.points)?;
    let mut points = data.points.clone();
    points.sort_by(|a, b| a.value.value.order(b.value.value));
    if direction == "down" {
        points.reverse();
    }
    Ok(Points { words: data.words.clone(), points })
}

pub(super) fn extreme(data: &Points, direction: &str) -> Result<Point, Refusal> {
    let mut points = in_order(data, direction)?.points.into_iter();
    let first = points.next().ok_or(Refusal::Empty)?;
    if let Some(second) = points.next() {
        first.value.against(&second.value)?;
    }
    Ok(first)
}

/// The first n. In sorted data the n-th must differ from the next: `sorted` has seen to it.
pub(super) fn top(data: &Points, n: usize) -> Result<Points, Refusal> {
    let points = data.points.get(..n).filter(|p| !p.is_empty()).ok_or(Refusal::Empty)?;
    Ok(Points { words: format!("first {n} of them"), points: points.to_vec() })
}

pub(super) fn gather(values: &[Value]) -> Result<Points, Refusal> {
    let point = |v: &Value| match v {
        Value::Point(p) => Ok(p.clone()),
        _ => Err(Refusal::Type("a datum was expected".to_owned())),
    };
    let points: Result<Vec<_>, _> = values.iter().map(point).collect();
    Ok(Points { words: "values".to_owned(), points: points? })
}

pub(super) fn rank(data: &Points, key: &str, direction: &str) -> Result<Quantity, Refusal> {
    let own = &data.points[place(data, key)?];
    let mut rank = 1;
    for other in data.points.iter().filter(|p| p.key != key) {
        let order = other.value.against(&own.value)?;
        rank += usize::from(order == if direction == "down" { Ordering::Greater } else { Ordering::Less });
    }
    same_units(&data.points)?;
    Ok(Quantity::count(rank))
}

/// Differences of the data that both have; keys of one that the other lacks are a missing value.
pub(super) fn minus(a: &Points, b: &Points) -> Result<Points, Refusal> {
    if a.points.len() != b.points.len() {
        return Err(Refusal::Missing);
    }
    let mut points = Vec::new();
    for left in &a.points {
        let right = &b.points[place(b, &left.key).map_err(|_| Refusal::Missing)?];
        let value = sum_or_difference(Op::Diff, &left.value, &right.value)?;
        points.push(difference(left, right, value));
    }
    Ok(Points { words: format!("{} minus {}", a.words, b.words), points })
}

fn difference(key: &Point, other: &Point, value: Quantity) -> Point {
    let elements = key.elements.iter().chain(&other.elements).cloned().collect();
    Point { key: key.key.clone(), words: format!("difference at {}", key.key), value, elements }
}

pub(super) fn sizes(data: &Points) -> Points {
    let size =
        |p: &Point| Point { value: Quantity { value: p.value.value.magnitude(), ..p.value.clone() }, ..p.clone() };
    Points { words: data.words.clone(), points: data.points.iter().map(size).collect() }
}

pub(super) fn changes(data: &Points) -> Result<Points, Refusal> {
    let mut points = Vec::new();
    for pair in data.points.windows(2) {
        let value = sum_or_difference(Op::Diff, &pair[1].value, &pair[0].value)?;
        points.push(difference(&pair[1], &pair[0], value));
    }
    if points.is_empty() {
        return Err(Refusal::Empty);
    }
    Ok(Points { words: format!("changes of the {}", data.words), points })
}

pub(super) fn sum_or_difference(op: Op, a: &Quantity, b: &Quantity) -> Result<Quantity, Refusal> {
    if a.unit != b.unit {
        return Err(Refusal::Units);
    }
    let value = if op == Op::Add { a.value.plus(b.value) } else { a.value.minus(b.value) };
    let value = value.ok_or(Refusal::Overflow)?;
    let value = if op == Op::Gap { value.magnitude() } else { value };
    Ok(Quantity {
        value,
        unit: if op == Op::Add { a.unit.clone() } else { difference_unit(&a.unit) },
        decimals: a.decimals.max(b.decimals),
        error: a.error + b.error,
        shown: None,
    })
}

/// Shares differ by percentage points, not by percent.
fn difference_unit(unit: &str) -> String {
    if unit == "%" { "percentage points" } else { unit }.to_owned()
}

/// a / b, with the error of a quotient.
fn quotient(a: &Quantity, b: &Quantity) -> Result<(Exact, f64), Refusal> {
    if b.value.sign() == 0 {
        return Err(Refusal::Zero);
    }
    if a.unit != b.unit {
        return Err(Refusal::Units);
    }
    let value = a.value.over(b.value).ok_or(Refusal::Overflow)?;
    let divisor = b.value.float().abs();
    Ok((value, (a.error + b.error * value.float().abs()) / divisor))
}

pub(super) fn ratio(a: &Quantity, b: &Quantity) -> Result<Quantity, Refusal> {
    let (value, error) = quotient(a, b)?;
    Ok(Quantity { error, ..Quantity::pure(value, RATIO_DECIMALS) })
}

fn in_percent(value: Exact, error: f64) -> Result<Quantity, Refusal> {
    let value = value.times(Exact::whole(100)).ok_or(Refusal::Overflow)?;
    let unit = "%".to_owned();
    Ok(Quantity { value, unit, decimals: PERCENT_DECIMALS, error: 100.0 * error, shown: None })
}

pub(super) fn percent(a: &Quantity, b: &Quantity) -> Result<Quantity, Refusal> {
    let (value, error) = quotient(a, b)?;
    in_percent(value, error)
}

pub(super) fn change(a: &Quantity, b: &Quantity) -> Result<Quantity, Refusal> {
    // A rate of change from nothing, or from below nothing, means nothing to a reader.
    if a.value.sign() <= 0 {
        return Err(Refusal::Zero);
    }
    let (value, error) = quotient(b, a)?;
    in_percent(value.minus(Exact::whole(1)).ok_or(Refusal::Overflow)?, error)
}
