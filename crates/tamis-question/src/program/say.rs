//! Executed steps in words, with the values shown.

use super::op::Op;
use super::value::{Points, Quantity, Value, with_unit};
use crate::wording::is_plural;

/// Most values that a sentence lists.
const MOST_LISTED: usize = 12;
/// Longest text that a sentence quotes, in characters.
const MOST_QUOTED: usize = 300;

/// The sentence of a step; `None` for those that only take apart what an earlier one found.
pub(super) fn step(op: Op, arguments: &[Value], result: &Value) -> Option<String> {
    Some(match (op, result) {
        (_, Value::Nothing) => "Nothing of this kind is there.".to_owned(),
        (Op::Value, Value::Point(p)) => {
            format!("The {} {} {}.", p.words, if is_plural(&p.words) { "are" } else { "is" }, p.value.written())
        }
        (Op::Select | Op::Across | Op::All | Op::BySeries | Op::ByRow | Op::Minus | Op::Changes, Value::Points(p)) => {
            format!("The {}: {}.", p.words, listed(p))
        }
        (Op::Between | Op::Top, Value::Points(p)) => format!("Taken from these: {}.", listed(p)),
        (Op::Filter, Value::Points(p)) => filter(arguments, p),
        (Op::Sort, Value::Points(p)) => {
            let ends = if direction_down(&arguments[1]) { "largest to smallest" } else { "smallest to largest" };
            format!("From {ends}: {}.", listed(p))
        }
        (Op::Nth, Value::Point(p)) => {
            format!("Number {} is {} with {}.", arguments[1].written(), p.key, p.value.written())
        }
        (Op::First | Op::Last | Op::Only, Value::Point(p)) => {
            let which = match op {
                Op::First => "first",
                Op::Last => "last",
                _ => "only one",
            };
            format!("The {which} is {} with {}.", p.key, p.value.written())
        }
        (Op::ArgMax | Op::ArgMin, Value::Point(p)) => {
            let which = if op == Op::ArgMax { "largest" } else { "smallest" };
            format!("The {which} is {} with {}.", p.key, p.value.written())
        }
        (Op::Rank, Value::Number(q)) => format!("{} takes place {}.", arguments[1].written(), q.written()),
        (Op::NoneLeft, Value::Bool(yes)) => {
            format!("So there is {} such case.", if *yes { "no" } else { "at least one" })
        }
        (Op::Count, Value::Number(q)) => format!("That makes {}.", q.written()),
        (Op::Sum | Op::Mean | Op::Median | Op::Range, Value::Number(q)) => fold(op, arguments, q)?,
        (Op::Trend, Value::Text(t)) => format!("From first to last the values are {t}."),
        (Op::Relation, Value::Text(t)) => match t.as_str() {
            "none" => "The two do not go together.".to_owned(),
            t => format!("The two go together: the relation is {t}."),
        },
        (Op::Add | Op::Diff | Op::Gap | Op::Ratio | Op::Percent | Op::Change, Value::Number(q)) => {
            binary(op, arguments[0].quantity()?, arguments[1].quantity()?, q)
        }
        (Op::Compare, Value::Bool(yes)) => compare(arguments, *yes)?,
        (Op::Round, Value::Number(q)) => {
            let before = arguments[0].quantity()?;
            if before.value == q.value.rounded(q.decimals)? {
                return None;
            }
            format!("Rounded: {}.", q.written())
        }
        (Op::Read | Op::Figure, value) => {
            let (name, found) = (arguments.last()?.written(), value.written());
            // Whole tables and pages are the answer, not a step to it.
            if found.contains('\n') || found.chars().count() > MOST_QUOTED {
                return None;
            }
            format!("The {name}: {found}.")
        }
        (Op::Lookup, value) => {
            format!(
                "In the row {} and the column {} stands {}.",
                arguments[1].written(),
                arguments[2].written(),
                value.written()
            )
        }
        (Op::Locate, Value::Texts(place)) => {
            format!("{} stands in the row {}, column {}.", arguments[1].written(), place.first()?, place.last()?)
        }
        (Op::Cells, value) => format!("The row {}: {}.", arguments[1].written(), value.written()),
        (Op::Field, value) => format!("The field {} says {}.", arguments[0].written(), value.written()),
        (Op::Item, value) => format!("Number {} is {}.", arguments[1].written(), value.written()),
        (Op::Place, value) => format!("{} is number {}.", arguments[1].written(), value.written()),
        (Op::Has, Value::Bool(yes)) => {
            format!("{} is {} them.", arguments[1].written(), if *yes { "among" } else { "not among" })
        }
        (Op::Same, Value::Bool(yes)) => format!("The two are {}.", if *yes { "the same" } else { "different" }),
        _ => return None,
    })
}

fn listed(points: &Points) -> String {
    let n = points.points.len();
    let unit = points.points.first().map(|p| p.value.unit.as_str()).unwrap_or_default();
    let alike = points.points.iter().all(|p| p.value.unit == unit && p.value.shown.is_none());
    let one = |p: &super::Point| match alike {
        true => format!("{} {}", p.key, p.value.digits()),
        false => format!("{} {}", p.key, p.value.written()),
    };
    let mut texts: Vec<String> = points.points.iter().take(MOST_LISTED).map(one).collect();
    if n > MOST_LISTED {
        texts.push(format!("and {} more", n - MOST_LISTED));
    }
    let tail = if alike && !unit.is_empty() { format!(" ({unit})") } else { String::new() };
    format!("{}{tail}", texts.join(", "))
}

fn direction_down(value: &Value) -> bool {
    matches!(value, Value::Text(t) if t == "down")
}

fn sign_words(sign: &Value) -> &'static str {
    match sign {
        Value::Text(t) if t == "gt" => "above",
        Value::Text(t) if t == "lt" => "below",
        Value::Text(t) if t == "ge" => "at least",
        Value::Text(t) if t == "le" => "at most",
        _ => "exactly",
    }
}

fn filter(arguments: &[Value], left: &Points) -> String {
    let bound = arguments[2].written();
    match left.points.is_empty() {
        true => format!("None of them is {} {bound}.", sign_words(&arguments[1])),
        false => format!("{} {bound}: {}.", capital(sign_words(&arguments[1])), listed(left)),
    }
}

/// The first letter as a capital.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn fold(op: Op, arguments: &[Value], result: &Quantity) -> Option<String> {
    let points = match &arguments[0] {
        Value::Points(p) => &p.points,
        _ => return None,
    };
    let value = equals(result);
    let digits: Vec<String> = points.iter().map(|p| operand(&p.value)).collect();
    let terms = if digits.len() <= MOST_LISTED {
        digits.join(" + ")
    } else {
        format!("the sum of the {} values", digits.len())
    };
    Some(match op {
        Op::Sum => format!("Their sum: {terms} {value}."),
        Op::Mean => format!("Their average: ({terms}) / {} {value}.", digits.len()),
        Op::Median => format!("The value in the middle {value}."),
        _ => {
            let mut sorted: Vec<&Quantity> = points.iter().map(|p| &p.value).collect();
            sorted.sort_by(|a, b| a.value.order(b.value));
            format!("Largest minus smallest: {} - {} {value}.", sorted.last()?.digits(), operand(sorted.first()?))
        }
    })
}

/// `= 12.5 kg` where the result is exact, `≈ 12.33 kg` where it is rounded.
fn equals(result: &Quantity) -> String {
    let exact = result.value.rounded(result.decimals) == Some(result.value);
    format!("{} {}", if exact { "=" } else { "≈" }, with_unit(&result.digits(), &result.unit))
}

/// The digits, in brackets when there is a sign.
fn operand(q: &Quantity) -> String {
    let digits = q.digits();
    if digits.starts_with('-') { format!("({digits})") } else { digits }
}

fn binary(op: Op, a: &Quantity, b: &Quantity, result: &Quantity) -> String {
    let (x, y) = (operand(a), operand(b));
    let value = equals(result);
    match op {
        Op::Add => format!("{x} + {y} {value}."),
        Op::Diff => format!("{x} - {y} {value}."),
        Op::Gap if a.value.order(b.value).is_lt() => format!("{y} - {x} {value}."),
        Op::Gap => format!("{x} - {y} {value}."),
        Op::Ratio => format!("{x} / {y} {value}."),
        Op::Percent => format!("100 * {x} / {y} {value}."),
        _ => format!("100 * ({y} - {x}) / {x} {value}."),
    }
}

fn compare(arguments: &[Value], yes: bool) -> Option<String> {
    let (a, b) = (arguments[0].quantity()?, arguments[2].quantity()?);
    let not = if yes { "" } else { "not " };
    Some(format!("{} is {not}{} {}.", a.written(), sign_words(&arguments[1]), b.written()))
}
