//! Running programs over a world.

use std::collections::BTreeMap;

use super::op::Op;
use super::value::{Point, Points, Quantity, Value};
use super::{Expr, Program, data, say, trend};
use crate::number::Exact;
use crate::refusal::Refusal;
use crate::world::{Fact, FactValue, Part, Sheet, World};

/// What a program came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The answer.
    pub answer: Value,
    /// The executed steps, in order.
    pub steps: Vec<Step>,
    /// Ids of the elements that it looked at, in order, each once.
    pub elements: Vec<String>,
}

/// One executed operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub op: Op,
    /// What it found, as a sentence with the values shown.
    pub words: String,
}

/// Most operations one run may take: a program that is parsed cannot loop, but text may repeat itself.
const MOST_OPERATIONS: usize = 1000;
/// Most elements that are recorded.
const MOST_ELEMENTS: usize = 400;

impl Program {
    /// Runs the program.
    ///
    /// # Errors
    /// Every reason not to ask the question: ties, values too close to tell, missing ones, names that are not there.
    pub fn run(&self, world: &World) -> Result<Run, Refusal> {
        let mut machine =
            Machine { world, names: BTreeMap::new(), steps: Vec::new(), elements: Vec::new(), left: MOST_OPERATIONS };
        let mut answer = Value::Nothing;
        for (name, expr) in &self.steps {
            answer = machine.value(expr)?;
            machine.names.insert(name, answer.clone());
        }
        Ok(Run { answer, steps: machine.steps, elements: machine.elements })
    }
}

struct Machine<'a> {
    world: &'a World,
    names: BTreeMap<&'a str, Value>,
    steps: Vec<Step>,
    elements: Vec<String>,
    left: usize,
}

impl<'a> Machine<'a> {
    fn value(&mut self, expr: &'a Expr) -> Result<Value, Refusal> {
        match expr {
            Expr::Number(n) => Ok(Value::Number(Quantity::pure(*n, n.decimals().unwrap_or(0)))),
            Expr::Text(text) => Ok(Value::Text(text.clone())),
            Expr::Word(word) => Ok(Value::Text((*word).to_owned())),
            Expr::Name(name) => self.names.get(name.as_str()).cloned().ok_or_else(|| Refusal::Unknown(name.clone())),
            Expr::Call(op, arguments) => {
                self.left = self.left.checked_sub(1).ok_or(Refusal::Budget)?;
                let values: Result<Vec<_>, _> = arguments.iter().map(|a| self.value(a)).collect();
                let arguments = Arguments(values?);
                let value = self.apply(*op, &arguments)?;
                self.look(*op, &value);
                if let Some(words) = say::step(*op, &arguments.0, &value) {
                    self.steps.push(Step { op: *op, words });
                }
                Ok(value)
            }
        }
    }

    fn apply(&mut self, op: Op, a: &Arguments) -> Result<Value, Refusal> {
        match op {
            Op::Value | Op::Select | Op::Across | Op::All | Op::BySeries | Op::ByRow => {
                read_sheet(op, &self.part(a.index(0)?)?.sheet, a)
            }
            Op::Read => self.fact(self.part(a.index(0)?)?.facts.get(a.text(1)?), a.text(1)?),
            Op::Figure => self.fact(self.world.facts.get(a.text(0)?), a.text(0)?),
            Op::Lookup | Op::Locate | Op::Cells => self.grid(op, a),
            Op::Field => self.field(a.text(0)?),
            Op::Order => {
                let blocks = &self.world.blocks;
                self.note(blocks.iter().map(|b| b.element.clone()));
                Ok(Value::Texts(blocks.iter().map(|b| b.text.clone()).collect()))
            }
            _ => pure(op, a),
        }
    }

    fn part(&self, index: usize) -> Result<&'a Part, Refusal> {
        self.world.parts.get(index).ok_or_else(|| Refusal::Unknown(format!("part {index}")))
    }

    fn fact(&mut self, fact: Option<Option<&Fact>>, name: &str) -> Result<Value, Refusal> {
        let Some(fact) = fact.ok_or_else(|| Refusal::Unknown(name.to_owned()))? else { return Ok(Value::Nothing) };
        self.note(fact.elements.iter().cloned());
        Ok(match &fact.value {
            FactValue::Text(text) => Value::Text(text.clone()),
            FactValue::Texts(texts) => Value::Texts(texts.clone()),
            FactValue::Count(count) => Value::Number(Quantity::count(*count)),
            FactValue::Flag(flag) => Value::Bool(*flag),
        })
    }

    fn grid(&mut self, op: Op, a: &Arguments) -> Result<Value, Refusal> {
        let grid = self.part(a.index(0)?)?.grid.as_ref().ok_or_else(|| Refusal::Unknown("a table".to_owned()))?;
        let (value, elements) = match op {
            Op::Lookup => {
                let cell = grid.lookup(a.text(1)?, a.text(2)?)?;
                (Value::Text(cell.text.clone()), vec![cell.element.clone()])
            }
            Op::Locate => {
                let (cell, place) = grid.locate(a.text(1)?)?;
                (Value::Texts(place), vec![cell.element.clone()])
            }
            _ => {
                let cells = grid.row(a.text(1)?)?;
                let texts = cells.iter().map(|c| c.text.clone()).collect();
                (Value::Texts(texts), cells.iter().map(|c| c.element.clone()).collect())
            }
        };
        self.note(elements);
        Ok(value)
    }

    fn field(&mut self, key: &str) -> Result<Value, Refusal> {
        let mut found = self.world.fields.iter().filter(|f| f.key == key);
        let field = found.next().ok_or_else(|| Refusal::Unknown(key.to_owned()))?;
        if found.next().is_some() {
            return Err(Refusal::Several);
        }
        if field.value.trim().is_empty() {
            return Ok(Value::Nothing);
        }
        self.note([field.element.clone()]);
        Ok(Value::Text(field.value.clone()))
    }

    /// Records the elements that a reading operation looked at.
    fn look(&mut self, op: Op, value: &Value) {
        let reads = matches!(op, Op::Value | Op::Select | Op::Across | Op::All | Op::BySeries | Op::ByRow);
        match value {
            Value::Point(point) if reads => self.note(point.elements.iter().cloned()),
            Value::Points(points) if reads => self.note(points.points.iter().flat_map(|p| p.elements.iter().cloned())),
            _ => {}
        }
    }

    fn note(&mut self, elements: impl IntoIterator<Item = String>) {
        for element in elements {
            if self.elements.len() < MOST_ELEMENTS && !element.is_empty() && !self.elements.contains(&element) {
                self.elements.push(element);
            }
        }
    }
}

fn read_sheet(op: Op, sheet: &Sheet, a: &Arguments) -> Result<Value, Refusal> {
    Ok(match op {
        Op::Value => Value::Point(sheet.point(sheet.series(a.text(1)?)?, sheet.row(a.text(2)?)?)?),
        Op::Select => Value::Points(sheet.select(sheet.series(a.text(1)?)?)?),
        Op::Across => Value::Points(sheet.across(sheet.row(a.text(1)?)?)?),
        Op::All => {
            let mut points = Vec::new();
            for series in &sheet.series {
                points.extend(sheet.select(series)?.points);
            }
            Value::Points(Points { words: "values in the chart".to_owned(), points })
        }
        Op::BySeries => Value::Points(data::by_series(sheet, a.text(1)?)?),
        _ => Value::Points(data::by_row(sheet, a.text(1)?)?),
    })
}

/// Operations that look at nothing but their arguments.
fn pure(op: Op, a: &Arguments) -> Result<Value, Refusal> {
    let number = |q| Ok(Value::Number(q));
    let points = |p| Ok(Value::Points(p));
    let point = |p: Option<&Point>| p.cloned().map(Value::Point).ok_or(Refusal::Empty);
    match op {
        Op::Between => points(data::between(a.points(0)?, a.text(1)?, a.text(2)?)?),
        Op::Without => points(data::without(a.points(0)?, a.text(1)?)?),
        Op::Filter => points(data::filter(a.points(0)?, a.text(1)?, &a.number(2)?)?),
        Op::Sort => points(data::sorted(a.points(0)?, a.text(1)?)?),
        Op::Top => points(data::top(a.points(0)?, a.index(1)?)?),
        Op::Nth => point(a.index(1)?.checked_sub(1).and_then(|i| a.0[0].points()?.points.get(i))),
        Op::First => point(a.points(0)?.points.first()),
        Op::Last => point(a.points(0)?.points.last()),
        Op::Only => match a.points(0)?.points.as_slice() {
            [one] => Ok(Value::Point(one.clone())),
            [] => Err(Refusal::Empty),
            _ => Err(Refusal::Several),
        },
        Op::ArgMax => Ok(Value::Point(data::extreme(a.points(0)?, "down")?)),
        Op::ArgMin => Ok(Value::Point(data::extreme(a.points(0)?, "up")?)),
        Op::Gather => points(data::gather(&a.0)?),
        Op::Rank => number(data::rank(a.points(0)?, a.text(1)?, a.text(2)?)?),
        Op::Key => match &a.0[0] {
            Value::Point(p) => Ok(Value::Text(p.key.clone())),
            _ => Err(Refusal::Type("only a datum has a key".to_owned())),
        },
        Op::Val => number(a.number(0)?),
        Op::Keys => Ok(Value::Texts(a.points(0)?.points.iter().map(|p| p.key.clone()).collect())),
        Op::Count => number(Quantity::count(a.length(0)?)),
        Op::NoneLeft => Ok(Value::Bool(a.length(0)? == 0)),
        Op::Sum | Op::Mean | Op::Median | Op::Range => number(data::fold(a.points(0)?, op.name())?),
        Op::Minus => points(data::minus(a.points(0)?, a.points(1)?)?),
        Op::Sizes => points(data::sizes(a.points(0)?)),
        Op::Changes => points(data::changes(a.points(0)?)?),
        Op::Trend => Ok(Value::Text(trend::trend(a.points(0)?)?.to_owned())),
        Op::Relation => Ok(Value::Text(trend::relation(a.points(0)?, a.points(1)?)?.to_owned())),
        Op::Add | Op::Diff | Op::Gap => number(data::sum_or_difference(op, &a.number(0)?, &a.number(1)?)?),
        Op::Ratio => number(data::ratio(&a.number(0)?, &a.number(1)?)?),
        Op::Percent => number(data::percent(&a.number(0)?, &a.number(1)?)?),
        Op::Change => number(data::change(&a.number(0)?, &a.number(1)?)?),
        Op::Compare => Ok(Value::Bool(data::compare(&a.number(0)?, a.text(1)?, &a.number(2)?)?)),
        Op::Round => {
            let decimals = u8::try_from(a.index(1)?).ok().filter(|d| *d <= 6).ok_or(Refusal::Overflow)?;
            let q = a.number(0)?;
            q.value.rounded(decimals).ok_or(Refusal::Overflow)?;
            number(Quantity { decimals, ..q })
        }
        Op::Item => {
            let item = a.index(1)?.checked_sub(1).and_then(|i| a.texts(0).ok()?.get(i).cloned());
            item.map(Value::Text).ok_or(Refusal::Empty)
        }
        Op::Place => {
            let texts = a.texts(0)?;
            let text = a.text(1)?;
            let mut places = (0..texts.len()).filter(|i| texts[*i] == text);
            let place = places.next().ok_or(Refusal::Empty)?;
            if places.next().is_some() { Err(Refusal::Labels) } else { number(Quantity::count(place + 1)) }
        }
        Op::Has => {
            let text = a.text(1)?;
            Ok(Value::Bool(a.texts(0)?.iter().any(|t| t == text)))
        }
        Op::Same => Ok(Value::Bool(a.text(0)? == a.text(1)?)),
        _ => Err(Refusal::Type(format!("`{}` reads from a world", op.name()))),
    }
}

/// Arguments of a call, taken as what the operation wants.
struct Arguments(Vec<Value>);

impl Arguments {
    fn index(&self, i: usize) -> Result<usize, Refusal> {
        match &self.0[i] {
            Value::Number(q) if q.value.is_whole() => {
                usize::try_from(q.value.floor()).map_err(|_| Refusal::Unknown(q.value.to_string()))
            }
            _ => Err(Refusal::Type("a whole number was expected".to_owned())),
        }
    }

    fn text(&self, i: usize) -> Result<&str, Refusal> {
        match &self.0[i] {
            Value::Text(text) => Ok(text),
            Value::Nothing => Err(Refusal::Missing),
            _ => Err(Refusal::Type("a text was expected".to_owned())),
        }
    }

    fn texts(&self, i: usize) -> Result<&[String], Refusal> {
        match &self.0[i] {
            Value::Texts(texts) => Ok(texts),
            Value::Nothing => Err(Refusal::Missing),
            _ => Err(Refusal::Type("texts were expected".to_owned())),
        }
    }

    fn length(&self, i: usize) -> Result<usize, Refusal> {
        match &self.0[i] {
            Value::Texts(texts) => Ok(texts.len()),
            Value::Points(points) => Ok(points.points.len()),
            _ => Err(Refusal::Type("only data can be counted".to_owned())),
        }
    }

    fn number(&self, i: usize) -> Result<Quantity, Refusal> {
        self.0[i].quantity().cloned().ok_or_else(|| Refusal::Type("a number was expected".to_owned()))
    }

    fn points(&self, i: usize) -> Result<&Points, Refusal> {
        self.0[i].points().ok_or_else(|| Refusal::Type("data were expected".to_owned()))
    }
}

impl Value {
    /// The data it is.
    fn points(&self) -> Option<&Points> {
        match self {
            Value::Points(points) => Some(points),
            _ => None,
        }
    }
}

/// A whole number as an exact one.
pub(super) fn whole(number: usize) -> Exact {
    Quantity::count(number).value
}
