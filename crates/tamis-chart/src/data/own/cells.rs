//! What one raw cell says: a number, a point in time, a name.

use crate::data::calendar::days_in_month;
use crate::table::Time;

/// How a column writes decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::data) enum Decimals {
    /// 1,234.5
    Point,
    /// 1.234,5
    Comma,
}

/// How a column writes days that start with neither a year nor a month's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::data) enum DayOrder {
    DayFirst,
    MonthFirst,
}

/// Magnitudes beyond this have no exact decimals and no place on an axis.
pub(in crate::data) const LARGEST: f64 = 1e15;

/// Whether a cell says that there is nothing.
pub(super) fn is_missing(cell: &str) -> bool {
    const WORDS: [&str; 12] = ["", "-", "–", "—", ".", "..", "na", "n/a", "null", "none", "#n/a", "missing"];
    let cell = cell.trim().to_lowercase();
    WORDS.contains(&cell.as_str()) || is_no_finite_number(&cell)
}

fn is_no_finite_number(cell: &str) -> bool {
    ["nan", "inf", "infinity", "#div/0!"].contains(&cell.trim_start_matches(['+', '-']))
}

/// The number in a cell, and how many decimals it is written with.
pub(in crate::data) fn number(cell: &str, decimals: Decimals) -> Option<(f64, u8)> {
    let mut text: String = cell.chars().filter_map(plain).collect();
    let bracketed = text.starts_with('(') && text.ends_with(')');
    if bracketed {
        text = format!("-{}", &text[1..text.len() - 1]);
    }
    let text = text.trim_start_matches(CURRENCIES).trim_end_matches(CURRENCIES);
    let text = ["USD", "EUR", "GBP", "CHF", "JPY", "INR"]
        .iter()
        .fold(text, |t, c| t.trim_start_matches(c).trim_end_matches(c));
    let (thousands, point) = match decimals {
        Decimals::Point => (',', '.'),
        Decimals::Comma => ('.', ','),
    };
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest.trim_start_matches(CURRENCIES)),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == point) {
        return None;
    }
    let (whole, rest) = digits.split_once(point).unwrap_or((digits, ""));
    let whole: String = match whole.split(thousands).collect::<Vec<_>>().as_slice() {
        [one] => (*one).to_string(),
        // Groups of three; of two in India.
        [first, others @ ..] if (1..=3).contains(&first.len()) && others.iter().all(|g| (2..=3).contains(&g.len())) => {
            whole.replace(thousands, "")
        }
        _ => return None,
    };
    let value: f64 =
        format!("{sign}{}.{rest}", if whole.is_empty() { "0" } else { &whole }).trim_end_matches('.').parse().ok()?;
    let places = if rest.bytes().all(|b| b.is_ascii_digit()) { rest.trim_end_matches('0').len().min(6) } else { 2 };
    (value.is_finite() && value.abs() < LARGEST).then_some((value, places as u8))
}

const CURRENCIES: [char; 7] = ['€', '$', '£', '¥', '₹', '₽', '%'];

/// A character as a number has it; spaces and marks between thousands fall away.
fn plain(c: char) -> Option<char> {
    let digit = |zero: u32| char::from_digit(u32::from(c) - zero, 10);
    match c {
        _ if c.is_whitespace() => None,
        '\'' | '’' | '_' | '\u{200e}' | '\u{200f}' | '\u{61c}' => None,
        '−' => Some('-'),
        '٪' => Some('%'),
        '٫' => Some('.'),
        '٬' => Some(','),
        '\u{660}'..='\u{669}' => digit(0x660),
        '\u{6f0}'..='\u{6f9}' => digit(0x6f0),
        '\u{966}'..='\u{96f}' => digit(0x966),
        '\u{ff10}'..='\u{ff19}' => digit(0xff10),
        _ => Some(c),
    }
}

/// Whether a cell can only be written with a decimal comma.
pub(super) fn has_decimal_comma(cell: &str) -> bool {
    let cell = cell.trim().trim_end_matches(|c: char| !c.is_ascii_digit());
    match (cell.rfind(','), cell.rfind('.')) {
        (Some(comma), Some(point)) => comma > point,
        (Some(comma), None) => cell.matches(',').count() == 1 && cell.len() - comma - 1 != 3,
        _ => false,
    }
}

/// The unit a cell is written with.
pub(super) fn unit(cell: &str) -> Option<&'static str> {
    const UNITS: [(&str, &str); 11] = [
        ("%", "%"),
        ("٪", "%"),
        ("€", "EUR"),
        ("$", "USD"),
        ("£", "GBP"),
        ("¥", "JPY"),
        ("₹", "INR"),
        ("₽", "RUB"),
        ("EUR", "EUR"),
        ("USD", "USD"),
        ("GBP", "GBP"),
    ];
    UNITS.iter().find(|(mark, _)| cell.contains(mark)).map(|(_, unit)| *unit)
}

/// The point in time in a cell. A bare number is a year only if `years` says that the column has such.
pub(in crate::data) fn time(cell: &str, order: DayOrder, years: bool) -> Option<Time> {
    let text = cell.trim();
    // "2021-03-14T08:00:00Z", "2021-03-14 08:00"
    let date = match text.split_once(['T', ' ']) {
        Some((date, clock))
            if date.len() >= 8 && clock.starts_with(|c: char| c.is_ascii_digit()) && clock.contains(':') =>
        {
            date
        }
        _ => text,
    };
    let parts: Vec<&str> = date.split(['-', '/', '.', ' ', ',']).filter(|p| !p.is_empty()).collect();
    let number =
        |p: &str| if p.len() <= 4 && p.bytes().all(|b| b.is_ascii_digit()) { p.parse::<i32>().ok() } else { None };
    let year = |p: &str| number(p).filter(|y| p.len() == 4 && (1000..=2999).contains(y));
    let day = |y: i32, m: i32, d: i32| {
        ((1..=12).contains(&m) && d >= 1 && d <= i32::from(days_in_month(y, m as u8)))
            .then_some(Time::Day(y, m as u8, d as u8))
    };
    match parts.as_slice() {
        [one] if years && year(one).is_some() => year(one).map(Time::Year),
        [one] => quarter(one).or_else(|| {
            let compact = one.len() == 8 && one.bytes().all(|b| b.is_ascii_digit());
            let at = |range| one.get(range).and_then(|t: &str| t.parse().ok());
            if compact { day(year(one.get(0..4)?)?, at(4..6)?, at(6..8)?) } else { None }
        }),
        [a, b] => {
            if let Some(found) = quarter(&format!("{a}{b}")).or_else(|| quarter(&format!("{b}{a}"))) {
                return Some(found);
            }
            let short = |p: &str| {
                year(p).or_else(|| number(p).filter(|_| p.len() == 2).map(|y| if y < 70 { 2000 + y } else { 1900 + y }))
            };
            match (year(a), year(b), month(a)) {
                (_, _, Some(m)) => short(b).map(|y| Time::Month(y, m)),
                (Some(y), None, _) => month(b).or_else(|| in_year(number(b)?)).map(|m| Time::Month(y, m)),
                (None, Some(y), _) => in_year(number(a)?).map(|m| Time::Month(y, m)),
                _ => None,
            }
        }
        [a, b, c] => match (year(a), year(c), month(a), month(b)) {
            (Some(y), _, _, None) => day(y, number(b)?, number(c)?),
            (Some(y), _, _, Some(m)) => day(y, i32::from(m), number(c)?),
            (_, Some(y), Some(m), _) => day(y, i32::from(m), number(b)?),
            (_, Some(y), _, Some(m)) => day(y, i32::from(m), number(a)?),
            (_, Some(y), ..) if order == DayOrder::MonthFirst => day(y, number(a)?, number(b)?),
            (_, Some(y), ..) => day(y, number(b)?, number(a)?),
            _ => None,
        },
        _ => None,
    }
}

fn in_year(month: i32) -> Option<u8> {
    (1..=12).contains(&month).then_some(month as u8)
}

/// "Q32021", "2021Q3".
fn quarter(text: &str) -> Option<Time> {
    let text = text.to_uppercase();
    let (before, after) = text.split_once('Q')?;
    let (year, quarter) = if before.is_empty() { (after.get(1..)?, after.get(..1)?) } else { (before, after) };
    let (year, quarter): (i32, u8) = (year.parse().ok().filter(|_| year.len() == 4)?, quarter.parse().ok()?);
    (1..=4).contains(&quarter).then_some(Time::Quarter(year, quarter))
}

/// A month by its English name or the first three letters of it.
fn month(word: &str) -> Option<u8> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let word = word.to_lowercase();
    if word == "sept" {
        return Some(9);
    }
    NAMES.iter().position(|n| *n == word || (word.len() == 3 && n.starts_with(&word))).map(|m| m as u8 + 1)
}

/// A name that fits beside a mark: one line, at most `most` characters, cut between words where it can be.
pub(super) fn shortened(name: &str, most: usize) -> String {
    let line: String = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let line: String = line.chars().filter(|c| !c.is_control()).collect();
    let Some((end, _)) = line.char_indices().nth(most) else { return line };
    let cut = &line[..end];
    let cut = match cut.rfind(' ') {
        Some(space) if space > end / 2 => &cut[..space],
        _ => cut,
    };
    // Nothing that waits for a next character may stay at the end.
    let joins = |c: char| matches!(c, '\u{200d}' | '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' | ' ' | ',' | '-');
    format!("{}…", cut.trim_end_matches(joins))
}
