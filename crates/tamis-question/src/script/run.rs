//! Running scripts: exact numbers, bounded steps and sizes.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use thiserror::Error;

use super::syntax::{Binary, Py as Expr, Statement};
use super::{Script, Unread};
use crate::number::Exact;

/// A value of a script.
#[derive(Clone, Debug, PartialEq)]
pub enum Py {
    /// A number.
    Number(Exact),
    /// A text.
    Text(String),
    /// True or false.
    Bool(bool),
    /// A list or a tuple.
    List(Vec<Py>),
}

/// Why a script has no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// The reader has no answer.
    #[error("`{question}` has no answer: {why}")]
    Unanswered {
        /// What was asked.
        question: String,
        /// Why.
        why: Unread,
    },
    /// A name without a value.
    #[error("there is no `{0}`")]
    Unknown(String),
    /// A value is not what the operation wants.
    #[error("{0}")]
    Type(String),
    /// A divisor of 0, or an index out of range.
    #[error("{0}")]
    Range(&'static str),
    /// Too many steps, or values too large.
    #[error("the script takes more than it may")]
    Budget,
}

/// Most operations.
const MOST_STEPS: usize = 20_000;
/// Most elements of a list, and bytes of a text.
const MOST_SIZE: usize = 2_000;
/// Deepest expression.
const MOST_DEPTH: usize = 150;

impl Script {
    /// Executes it; `reader` answers its questions. The answer is the last expression's value, else the last assigned.
    pub fn run(&self, mut reader: impl FnMut(&str) -> Result<Py, Unread>) -> Result<Py, Fault> {
        let mut machine = Machine { names: BTreeMap::new(), left: MOST_STEPS, depth: 0 };
        let (mut said, mut last) = (None, None);
        for statement in &self.statements {
            match statement {
                Statement::Ask { name, question } => {
                    let unanswered = |why| Fault::Unanswered { question: question.clone(), why };
                    let answer = reader(question).map_err(unanswered)?;
                    machine.names.insert(name.clone(), answer.clone());
                    last = Some(answer);
                }
                Statement::Let { name, value } => {
                    let value = machine.value(value)?;
                    machine.names.insert(name.clone(), value.clone());
                    last = Some(value);
                }
                Statement::Say(value) => said = Some(machine.value(value)?),
            }
        }
        said.or(last).ok_or(Fault::Range("the script says nothing"))
    }
}

struct Machine {
    names: BTreeMap<String, Py>,
    left: usize,
    depth: usize,
}

impl Machine {
    fn value(&mut self, expr: &Expr) -> Result<Py, Fault> {
        self.spend(1)?;
        self.depth += 1;
        let value = if self.depth > MOST_DEPTH { Err(Fault::Budget) } else { self.value_within(expr) };
        self.depth -= 1;
        value
    }

    fn value_within(&mut self, expr: &Expr) -> Result<Py, Fault> {
        match expr {
            Expr::Number(n) => Ok(Py::Number(*n)),
            Expr::Text(t) => Ok(Py::Text(t.clone())),
            Expr::Bool(b) => Ok(Py::Bool(*b)),
            Expr::Name(n) => self.named(n),
            Expr::List(items) => {
                let items: Result<Vec<_>, _> = items.iter().map(|i| self.value(i)).collect();
                Ok(Py::List(items?))
            }
            Expr::Minus(of) => Ok(Py::Number(number(&self.value(of)?)?.negated())),
            Expr::Not(of) => Ok(Py::Bool(!truth(&self.value(of)?))),
            Expr::Binary(op, a, b) => self.binary(*op, a, b),
            Expr::If { condition, yes, no } => {
                let condition = truth(&self.value(condition)?);
                self.value(if condition { yes } else { no })
            }
            Expr::Index(of, at) => {
                let (of, at) = (self.value(of)?, whole(&self.value(at)?)?);
                let list = list(&of)?;
                let at = if at < 0 { at + list.len() as i128 } else { at };
                usize::try_from(at).ok().and_then(|i| list.get(i).cloned()).ok_or(Fault::Range("an index out of range"))
            }
            Expr::Slice(of, from, to) => self.slice(of, from.as_deref(), to.as_deref()),
            Expr::Call { function, arguments, reverse } => self.call(function, arguments, reverse.as_deref()),
            Expr::Method(of, method, argument) => {
                let (of, argument) = (self.value(of)?, self.value(argument)?);
                let list = list(&of)?;
                self.spend(list.len())?;
                let place = match method.as_str() {
                    "index" => list.iter().position(|i| *i == argument).ok_or(Fault::Range("no such element"))?,
                    _ => list.iter().filter(|i| **i == argument).count(),
                };
                Ok(count(place))
            }
            Expr::Each { value, names, list, condition } => self.each(value, names, list, condition.as_deref()),
        }
    }

    fn named(&mut self, name: &str) -> Result<Py, Fault> {
        let value = self.names.get(name).cloned().ok_or_else(|| Fault::Unknown(name.to_owned()))?;
        // A copy costs what it holds, so doubling lists again and again runs out of steps first.
        self.spend(size(&value))?;
        Ok(value)
    }

    fn spend(&mut self, steps: usize) -> Result<(), Fault> {
        self.left = self.left.checked_sub(steps).ok_or(Fault::Budget)?;
        Ok(())
    }

    fn slice(&mut self, of: &Expr, from: Option<&Expr>, to: Option<&Expr>) -> Result<Py, Fault> {
        let of = self.value(of)?;
        let list = list(&of)?;
        let n = list.len() as i128;
        let mut end = |e: Option<&Expr>, default: i128| -> Result<usize, Fault> {
            let at = e.map_or(Ok(default), |e| whole(&self.value(e)?))?;
            let at = if at < 0 { at + n } else { at };
            usize::try_from(at.clamp(0, n)).map_err(|_| Fault::Budget)
        };
        let (from, to) = (end(from, 0)?, end(to, n)?);
        Ok(Py::List(list.get(from..to).unwrap_or_default().to_vec()))
    }

    fn each(&mut self, value: &Expr, names: &[String], over: &Expr, condition: Option<&Expr>) -> Result<Py, Fault> {
        let over = self.value(over)?;
        let kept: Vec<Option<Py>> = names.iter().map(|n| self.names.get(n).cloned()).collect();
        let mut items = Vec::new();
        for item in list(&over)? {
            self.bind(names, item)?;
            if condition.map_or(Ok(true), |c| Ok(truth(&self.value(c)?)))? {
                items.push(self.value(value)?);
            }
        }
        for (name, old) in names.iter().zip(kept) {
            match old {
                Some(old) => self.names.insert(name.clone(), old),
                None => self.names.remove(name),
            };
        }
        Ok(Py::List(items))
    }

    fn bind(&mut self, names: &[String], item: &Py) -> Result<(), Fault> {
        self.spend(size(item))?;
        match names {
            [one] => {
                self.names.insert(one.clone(), item.clone());
            }
            names => {
                let parts = list(item)?;
                if parts.len() != names.len() {
                    return Err(Fault::Type(format!("{} parts were expected, not {}", names.len(), parts.len())));
                }
                for (name, part) in names.iter().zip(parts) {
                    self.names.insert(name.clone(), part.clone());
                }
            }
        }
        Ok(())
    }

    fn binary(&mut self, op: Binary, a: &Expr, b: &Expr) -> Result<Py, Fault> {
        let left = self.value(a)?;
        match op {
            Binary::And => return if truth(&left) { self.value(b) } else { Ok(left) },
            Binary::Or => return if truth(&left) { Ok(left) } else { self.value(b) },
            _ => {}
        }
        let right = self.value(b)?;
        let answer = match op {
            Binary::Eq => equal(&left, &right),
            Binary::Ne => !equal(&left, &right),
            Binary::In => contains(&left, &right)?,
            Binary::NotIn => !contains(&left, &right)?,
            Binary::Lt => order(&left, &right)?.is_lt(),
            Binary::Le => order(&left, &right)?.is_le(),
            Binary::Gt => order(&left, &right)?.is_gt(),
            Binary::Ge => order(&left, &right)?.is_ge(),
            _ => return arithmetic(op, left, right),
        };
        Ok(Py::Bool(answer))
    }

    fn call(&mut self, function: &str, arguments: &[Expr], reverse: Option<&Expr>) -> Result<Py, Fault> {
        let values: Result<Vec<_>, _> = arguments.iter().map(|a| self.value(a)).collect();
        let values = values?;
        let reverse = reverse.map_or(Ok(false), |r| Ok(truth(&self.value(r)?)))?;
        self.spend(values.iter().map(size).sum())?;
        let wrong = || Fault::Type(format!("`{function}` was given arguments that it does not take"));
        match (function, values.as_slice()) {
            ("abs", [x]) => Ok(Py::Number(number(x)?.magnitude())),
            ("float", [x]) => Ok(Py::Number(match x {
                Py::Text(t) => Exact::parse(t.trim()).ok_or_else(wrong)?,
                x => number(x)?,
            })),
            ("int", [x]) => {
                let x = number(x)?;
                let toward_zero = Exact::fraction(x.magnitude().floor() * i128::from(x.sign()), 1);
                toward_zero.map(Py::Number).ok_or(Fault::Budget)
            }
            ("len", [x]) => match x {
                Py::Text(t) => Ok(count(t.chars().count())),
                x => Ok(count(list(x)?.len())),
            },
            ("str", [x]) => Ok(Py::Text(x.to_string())),
            ("sum", [x]) => {
                let total = list(x)?.iter().try_fold(Exact::ZERO, |s, i| s.plus(number(i)?).ok_or(Fault::Budget));
                total.map(Py::Number)
            }
            ("max" | "min", [one]) => extreme(list(one)?, function == "max"),
            ("max" | "min", several) if !several.is_empty() => extreme(several, function == "max"),
            ("sorted", [x]) => sorted(list(x)?, reverse),
            ("round", [x]) => number(x)?.rounded_half_even(0).map(Py::Number).ok_or(Fault::Budget),
            ("round", [x, d]) => {
                let decimals = u8::try_from(whole(d)?).ok().filter(|d| *d <= 12).ok_or_else(wrong)?;
                number(x)?.rounded_half_even(decimals).map(Py::Number).ok_or(Fault::Budget)
            }
            ("range", [n]) => {
                let n = usize::try_from(whole(n)?.max(0)).ok().filter(|n| *n <= MOST_SIZE).ok_or(Fault::Budget)?;
                self.spend(n)?;
                Ok(Py::List((0..n).map(count).collect()))
            }
            _ => Err(wrong()),
        }
    }
}

fn arithmetic(op: Binary, left: Py, right: Py) -> Result<Py, Fault> {
    if let (Binary::Add, Py::List(a), Py::List(b)) = (op, &left, &right) {
        let joined: Vec<Py> = a.iter().chain(b).cloned().collect();
        return if joined.len() > MOST_SIZE { Err(Fault::Budget) } else { Ok(Py::List(joined)) };
    }
    if let (Binary::Add, Py::Text(a), Py::Text(b)) = (op, &left, &right) {
        return if a.len() + b.len() > MOST_SIZE { Err(Fault::Budget) } else { Ok(Py::Text(format!("{a}{b}"))) };
    }
    let (a, b) = (number(&left)?, number(&right)?);
    let divides = matches!(op, Binary::Div | Binary::FloorDiv | Binary::Mod);
    if divides && b.sign() == 0 {
        return Err(Fault::Range("a division by zero"));
    }
    let floored = || Exact::fraction(a.over(b)?.floor(), 1);
    let result = match op {
        Binary::Add => a.plus(b),
        Binary::Sub => a.minus(b),
        Binary::Mul => a.times(b),
        Binary::Div => a.over(b),
        Binary::FloorDiv => floored(),
        Binary::Mod => floored().and_then(|f| a.minus(f.times(b)?)),
        Binary::Pow => power(a, b),
        _ => None,
    };
    result.map(Py::Number).ok_or(Fault::Budget)
}

/// Whole exponents up to 64 only.
fn power(base: Exact, exponent: Exact) -> Option<Exact> {
    let n = exponent.floor();
    if !exponent.is_whole() || n.unsigned_abs() > 64 {
        return None;
    }
    let one = Exact::whole(1);
    let size = (0..n.unsigned_abs()).try_fold(one, |p, _| p.times(base))?;
    if n < 0 { one.over(size) } else { Some(size) }
}

fn extreme(items: &[Py], largest: bool) -> Result<Py, Fault> {
    let mut best = items.first().ok_or(Fault::Range("nothing to choose from"))?;
    for item in &items[1..] {
        let order = order(item, best)?;
        if (largest && order.is_gt()) || (!largest && order.is_lt()) {
            best = item;
        }
    }
    Ok(best.clone())
}

fn sorted(items: &[Py], reverse: bool) -> Result<Py, Fault> {
    // Whatever cannot be compared is found before sorting: a comparison cannot fail halfway.
    for pair in items.windows(2) {
        order(&pair[0], &pair[1])?;
    }
    let mut items = items.to_vec();
    items.sort_by(|a, b| {
        let order = order(a, b).unwrap_or(Ordering::Equal);
        if reverse { order.reverse() } else { order }
    });
    Ok(Py::List(items))
}

fn contains(item: &Py, of: &Py) -> Result<bool, Fault> {
    match (item, of) {
        (Py::Text(part), Py::Text(whole)) => Ok(whole.contains(part.as_str())),
        (item, of) => Ok(list(of)?.iter().any(|i| equal(i, item))),
    }
}

fn equal(a: &Py, b: &Py) -> bool {
    match (a, b) {
        (Py::Bool(_), Py::Number(_)) | (Py::Number(_), Py::Bool(_)) => number(a).ok() == number(b).ok(),
        _ => a == b,
    }
}

fn order(a: &Py, b: &Py) -> Result<Ordering, Fault> {
    match (a, b) {
        (Py::Text(a), Py::Text(b)) => Ok(a.cmp(b)),
        (Py::List(a), Py::List(b)) => {
            for (a, b) in a.iter().zip(b) {
                let order = order(a, b)?;
                if order.is_ne() {
                    return Ok(order);
                }
            }
            Ok(a.len().cmp(&b.len()))
        }
        (a, b) => Ok(number(a)?.order(number(b)?)),
    }
}

fn number(value: &Py) -> Result<Exact, Fault> {
    match value {
        Py::Number(n) => Ok(*n),
        Py::Bool(b) => Ok(Exact::whole(i64::from(*b))),
        other => Err(Fault::Type(format!("a number was expected, found {other}"))),
    }
}

fn whole(value: &Py) -> Result<i128, Fault> {
    let n = number(value)?;
    if n.is_whole() { Ok(n.floor()) } else { Err(Fault::Type("a whole number was expected".to_owned())) }
}

fn list(value: &Py) -> Result<&[Py], Fault> {
    match value {
        Py::List(items) => Ok(items),
        _ => Err(Fault::Type("a list was expected".to_owned())),
    }
}

fn truth(value: &Py) -> bool {
    match value {
        Py::Number(n) => n.sign() != 0,
        Py::Text(t) => !t.is_empty(),
        Py::Bool(b) => *b,
        Py::List(l) => !l.is_empty(),
    }
}

fn count(n: usize) -> Py {
    Py::Number(Exact::whole(i64::try_from(n).unwrap_or(i64::MAX)))
}

/// How many values it holds, and what its texts take.
fn size(value: &Py) -> usize {
    match value {
        Py::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Py::Text(text) => 1 + text.len() / 64,
        _ => 1,
    }
}

/// As Python prints it, except that numbers are exact.
impl std::fmt::Display for Py {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Py::Number(n) => write!(f, "{n}"),
            Py::Text(t) => f.write_str(t),
            Py::Bool(b) => f.write_str(if *b { "True" } else { "False" }),
            Py::List(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    let comma = if i == 0 { "" } else { ", " };
                    write!(f, "{comma}{item}")?;
                }
                f.write_str("]")
            }
        }
    }
}
