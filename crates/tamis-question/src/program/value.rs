//! What programs compute with.

use std::cmp::Ordering;

use crate::number::Exact;
use crate::refusal::Refusal;

/// What an expression of a program stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number with its unit.
    Number(Quantity),
    /// Words.
    Text(String),
    /// Yes or no.
    Bool(bool),
    /// Several words, in order.
    Texts(Vec<String>),
    /// One datum.
    Point(Point),
    /// Several data, in order.
    Points(Points),
    /// What is asked for is not there; the answer is "Not Applicable".
    Nothing,
}

/// A number, how it is written, and how well it can be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// The exact value.
    pub value: Exact,
    /// As in [`tamis_chart::table::Unit`]; empty for a pure number.
    pub unit: String,
    /// Decimals an answer is rounded to.
    pub decimals: u8,
    /// How far off a careful reader of the picture may be, in the same unit; 0 where the value is written.
    pub error: f64,
    /// What the picture shows in place of the number (a date), if it does.
    pub shown: Option<String>,
}

/// One datum: a mark of a chart or a cell of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// What tells it from the others: the name of its row or of its series.
    pub key: String,
    /// What it is in words: "revenue of Germany in 2020".
    pub words: String,
    /// Its value.
    pub value: Quantity,
    /// Ids of the elements that show it.
    pub elements: Vec<String>,
}

/// Data in an order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Points {
    /// What they are in words: "revenue of Germany".
    pub words: String,
    /// The data.
    pub points: Vec<Point>,
}

impl Quantity {
    /// A pure whole number that everybody sees alike.
    pub fn count(number: usize) -> Quantity {
        Quantity::pure(Exact::whole(i64::try_from(number).unwrap_or(i64::MAX)), 0)
    }

    /// A pure number.
    pub fn pure(value: Exact, decimals: u8) -> Quantity {
        Quantity { value, unit: String::new(), decimals, error: 0.0, shown: None }
    }

    /// The number alone, rounded: `12.5`; a fraction where it cannot be.
    pub fn digits(&self) -> String {
        self.value.written(self.decimals).unwrap_or_else(|| self.value.to_string())
    }

    /// As it is written in an answer: `12.5 million USD`, `45%`, `17`.
    pub fn written(&self) -> String {
        self.shown.clone().unwrap_or_else(|| with_unit(&self.digits(), &self.unit))
    }

    /// Which is larger, if a reader can tell: equal values are a tie, and values closer than the reading error differ
    /// too little.
    pub fn against(&self, other: &Quantity) -> Result<Ordering, Refusal> {
        let order = self.value.order(other.value);
        if order == Ordering::Equal {
            return Err(Refusal::Tie);
        }
        let apart = self.value.minus(other.value).ok_or(Refusal::Overflow)?.magnitude().float();
        // A hair of slack: limits are computed in binary, values at them are decimal.
        if apart < self.error.max(other.error) * (1.0 - 1e-9) { Err(Refusal::Near) } else { Ok(order) }
    }
}

/// A number with its unit as text: percent and degree signs touch the number, words do not.
pub fn with_unit(digits: &str, unit: &str) -> String {
    match unit {
        "" => digits.to_owned(),
        "%" | "°" | "°C" | "°F" | "‰" => format!("{digits}{unit}"),
        _ => format!("{digits} {unit}"),
    }
}

impl Value {
    /// As it is written as an answer.
    pub fn written(&self) -> String {
        match self {
            Value::Number(q) => q.written(),
            Value::Text(t) => t.clone(),
            Value::Bool(b) => if *b { "Yes" } else { "No" }.to_owned(),
            Value::Texts(t) => t.join(", "),
            Value::Point(p) => p.value.written(),
            Value::Points(p) => {
                p.points.iter().map(|p| format!("{}: {}", p.key, p.value.written())).collect::<Vec<_>>().join(", ")
            }
            Value::Nothing => NOT_APPLICABLE.to_owned(),
        }
    }

    /// The number it is or holds.
    pub fn quantity(&self) -> Option<&Quantity> {
        match self {
            Value::Number(q) => Some(q),
            Value::Point(p) => Some(&p.value),
            _ => None,
        }
    }
}

/// The answer to a question about what is not there.
pub const NOT_APPLICABLE: &str = "Not Applicable";
