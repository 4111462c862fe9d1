//! Reasoning programs as scripts.

use std::collections::BTreeMap;

use super::lookup::question;
use crate::number::Exact;
use crate::program::{Expr, Op, Point, Program, Quantity, Value, quoted};
use crate::question::SubQuestion;
use crate::wording::is_plural;
use crate::world::World;

/// Most values a script asks for.
const MOST_CALLS: usize = 40;

/// A script that was written from a program.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    calls: Vec<SubQuestion>,
    lines: Vec<(String, String)>,
    last: String,
}

impl Written {
    /// The script as text: calls, lines, then the expression of the answer (before rounding).
    pub fn text(&self) -> String {
        let calls = self.calls.iter().map(|c| format!("{}=VQA({})\n", c.var, quoted(&c.question)));
        let lines = self.lines.iter().map(|(name, value)| format!("{name} = {value}\n"));
        format!("{}{}{}", calls.collect::<String>(), lines.collect::<String>(), self.last)
    }

    /// The questions about single values and their answers, as plain digits where they are numbers.
    pub fn sub_questions(&self) -> Vec<SubQuestion> {
        self.calls.clone()
    }
}

/// The script of a program; `None` where Python's subset has no words for it (trends, dates), or it asks for too much.
pub fn of_program(program: &Program, world: &World) -> Option<Written> {
    let mut writer = Writer { world, names: BTreeMap::new(), calls: Vec::new(), lines: Vec::new() };
    let mut last = Part::Plain(String::new());
    for (name, expr) in &program.steps {
        last = writer.part(expr)?;
        if name != "answer" {
            let part = writer.kept(name, last.clone());
            writer.names.insert(name, part);
        }
    }
    let last = writer.plain(last);
    if writer.calls.len() > MOST_CALLS || last.is_empty() {
        return None;
    }
    Some(Written { calls: writer.calls, lines: writer.lines, last: bare(&last).to_owned() })
}

/// What an expression of a program is in Python.
#[derive(Clone, Debug)]
enum Part {
    /// An expression that is a number, a text, yes or no, or texts.
    Plain(String),
    /// One datum with its value and its key.
    Datum { value: String, key: String },
    /// An expression that is a pair of value and key.
    Pair(String),
    /// Data whose keys are known when the script is written.
    Known(Vec<(String, String)>),
    /// An expression that is a list of pairs of value and key.
    Pairs(String),
}

struct Writer<'a> {
    world: &'a World,
    names: BTreeMap<&'a str, Part>,
    calls: Vec<SubQuestion>,
    lines: Vec<(String, String)>,
}

impl<'a> Writer<'a> {
    fn part(&mut self, expr: &'a Expr) -> Option<Part> {
        Some(match expr {
            Expr::Number(n) => Part::Plain(n.to_string()),
            Expr::Text(t) => Part::Plain(quoted(t)),
            Expr::Word(w) => Part::Plain((*w).to_owned()),
            Expr::Name(n) => self.names.get(n.as_str())?.clone(),
            Expr::Call(op, arguments) => self.call(*op, arguments)?,
        })
    }

    /// A named step as a line of its own, where that says anything.
    fn kept(&mut self, name: &str, part: Part) -> Part {
        match part {
            Part::Plain(text) if is_atom(&text) => Part::Plain(text),
            Part::Plain(text) => Part::Plain(self.line(name, text)),
            Part::Pair(text) => Part::Pair(self.line(name, text)),
            Part::Pairs(text) => Part::Pairs(self.line(name, text)),
            known => known,
        }
    }

    /// Gives a value a name, the same value the same name.
    fn line(&mut self, name: &str, value: String) -> String {
        let value = bare(&value).to_owned();
        if let Some((known, _)) = self.lines.iter().find(|(_, v)| *v == value) {
            return known.clone();
        }
        let taken = |n: &String| self.lines.iter().any(|(known, _)| known == n);
        let mut own = name.to_owned();
        let mut i = 2;
        while taken(&own) {
            own = format!("{name}_{i}");
            i += 1;
        }
        self.lines.push((own.clone(), value));
        own
    }

    fn ask(&mut self, question: String, answer: String) -> String {
        if let Some(call) = self.calls.iter().find(|c| c.question == question) {
            return call.var.clone();
        }
        let var = format!("ans_{}", self.calls.len());
        self.calls.push(SubQuestion { var: var.clone(), question, answer });
        var
    }

    /// Asks for the value of a datum of a part. Where there are several parts, it says of which.
    fn datum(&mut self, part: usize, point: &Point) -> Option<String> {
        if point.value.shown.is_some() {
            return None;
        }
        let question = question(self.world.parts.get(part)?, &point.words);
        Some(self.ask(question, point.value.digits()))
    }

    fn known(&mut self, part: usize, points: Vec<Point>) -> Option<Part> {
        if points.len() > MOST_CALLS {
            return None;
        }
        points.iter().map(|p| Some((quoted(&p.key), self.datum(part, p)?))).collect::<Option<_>>().map(Part::Known)
    }

    fn call(&mut self, op: Op, arguments: &'a [Expr]) -> Option<Part> {
        match op {
            Op::Value | Op::Select | Op::Across | Op::All | Op::BySeries | Op::ByRow => self.read(op, arguments),
            Op::Read | Op::Figure | Op::Lookup | Op::Locate | Op::Cells | Op::Field | Op::Order => {
                self.fact(op, arguments)
            }
            _ => {
                let parts: Option<Vec<Part>> = arguments.iter().map(|a| self.part(a)).collect();
                self.apply(op, parts?)
            }
        }
    }

    fn read(&mut self, op: Op, arguments: &'a [Expr]) -> Option<Part> {
        let part = index(arguments.first()?)?;
        let sheet = &self.world.parts.get(part)?.sheet;
        let name = |i: usize| match arguments.get(i) {
            Some(Expr::Text(t)) => Some(t.as_str()),
            _ => None,
        };
        match op {
            Op::Value => {
                let series = sheet.series(name(1)?).ok()?;
                let Some(row) = name(2) else {
                    // The row comes from an earlier step: looked up among all of them.
                    let key = self.part(arguments.get(2)?)?;
                    let key = self.plain(key);
                    let all = self.known(part, sheet.select(series).ok()?.points)?;
                    let pairs = self.pairs(all)?;
                    return Some(Part::Plain(format!("[v for v, k in {pairs} if k == {key}][0]")));
                };
                let point = sheet.point(series, sheet.row(row).ok()?).ok()?;
                Some(Part::Datum { value: self.datum(part, &point)?, key: quoted(row) })
            }
            Op::Select => self.known(part, sheet.select(sheet.series(name(1)?).ok()?).ok()?.points),
            Op::Across => self.known(part, sheet.across(sheet.row(name(1)?).ok()?).ok()?.points),
            Op::All => None,
            _ => self.folds(op, part, arguments.get(1)?),
        }
    }

    fn folds(&mut self, op: Op, part: usize, by: &Expr) -> Option<Part> {
        let Expr::Word(by) = by else { return None };
        let sheet = &self.world.parts.get(part)?.sheet;
        let of: Vec<(String, Vec<Point>)> = match op {
            Op::BySeries => sheet
                .series
                .iter()
                .map(|s| Some((s.name.clone(), sheet.select(s).ok()?.points)))
                .collect::<Option<_>>()?,
            _ => (0..sheet.rows.len())
                .map(|r| Some((sheet.rows[r].clone(), sheet.across(r).ok()?.points)))
                .collect::<Option<_>>()?,
        };
        let mut known = Vec::new();
        for (key, points) in of {
            let data = self.known(part, points)?;
            known.push((quoted(&key), folded(by, &data)?));
        }
        Some(Part::Known(known))
    }

    /// Whatever is read as a whole: one question, whose answer the program knows.
    fn fact(&mut self, op: Op, arguments: &'a [Expr]) -> Option<Part> {
        let program = Program { steps: vec![("answer".to_owned(), Expr::Call(op, arguments.to_vec()))] };
        let answer = program.run(self.world).ok()?.answer;
        let text = |i: usize| match arguments.get(i) {
            Some(Expr::Text(t)) => t.as_str(),
            _ => "",
        };
        let question = match op {
            Op::Read | Op::Figure => {
                let name = text(arguments.len() - 1);
                format!("What {} the {name}?", if is_plural(name) { "are" } else { "is" })
            }
            Op::Lookup => format!("What stands in the row \"{}\" and the column \"{}\"?", text(1), text(2)),
            Op::Locate => format!("In which row and column does \"{}\" stand?", text(1)),
            Op::Cells => format!("What stands in the row \"{}\"?", text(1)),
            Op::Field => format!("What is the value of the field \"{}\"?", text(0)),
            _ => "Which blocks does the page have, in reading order?".to_owned(),
        };
        let answer = match &answer {
            Value::Number(q) => q.digits(),
            // Long texts are read, not asked for piece by piece.
            value if value.written().contains('\n') || value.written().chars().count() > 300 => return None,
            value => value.written(),
        };
        // A list would come back as one text: nothing can be taken from it.
        if matches!(op, Op::Locate | Op::Cells | Op::Order) {
            return None;
        }
        Some(Part::Plain(self.ask(question, answer)))
    }

    fn apply(&mut self, op: Op, mut parts: Vec<Part>) -> Option<Part> {
        let second = parts.get(1).cloned();
        let third = parts.get(2).cloned();
        let all = parts.clone();
        let first = parts.drain(..).next()?;
        let word = |p: &Option<Part>| match p {
            Some(Part::Plain(t)) => Some(t.clone()),
            _ => None,
        };
        Some(match op {
            Op::Between => {
                let (known, from, to) = (known(first)?, word(&second)?, word(&third)?);
                let at = |key: &str| known.iter().position(|(k, _)| k == key);
                Part::Known(known.get(at(&from)?..=at(&to)?)?.to_vec())
            }
            Op::Without => {
                let key = self.plain(second?);
                let pairs = self.pairs(first)?;
                Part::Pairs(format!("[(v, k) for v, k in {pairs} if k != {key}]"))
            }
            Op::Filter => {
                let bound = self.plain(third?);
                let pairs = self.pairs(first)?;
                Part::Pairs(format!("[(v, k) for v, k in {pairs} if v {} {bound}]", sign(&word(&second)?)?))
            }
            Op::Sort => {
                let reverse = if word(&second)? == "down" { ", reverse=True" } else { "" };
                Part::Pairs(format!("sorted({}{reverse})", self.pairs(first)?))
            }
            Op::Top => Part::Pairs(format!("{}[:{}]", self.pairs(first)?, word(&second)?)),
            Op::Nth => {
                let place: usize = word(&second)?.parse().ok()?;
                Part::Pair(format!("{}[{}]", self.pairs(first)?, place.checked_sub(1)?))
            }
            Op::First => datum(known(first)?.into_iter().next()?),
            Op::Last => datum(known(first)?.into_iter().next_back()?),
            Op::Only => Part::Pair(format!("{}[0]", self.pairs(first)?)),
            Op::ArgMax => Part::Pair(format!("max({})", self.pairs(first)?)),
            Op::ArgMin => Part::Pair(format!("min({})", self.pairs(first)?)),
            Op::Gather => gathered(all)?,
            Op::Rank => {
                let key = word(&second)?;
                let sign = if word(&third)? == "down" { ">" } else { "<" };
                let own = known(first.clone())?.into_iter().find(|(k, _)| *k == key)?.1;
                Part::Plain(format!("(1 + len([v for v, k in {} if v {sign} {own}]))", self.pairs(first)?))
            }
            Op::Key => match first {
                Part::Datum { key, .. } => Part::Plain(key),
                Part::Pair(pair) => Part::Plain(format!("{pair}[1]")),
                _ => return None,
            },
            Op::Val | Op::Round => Part::Plain(self.plain(first)),
            Op::Keys => Part::Plain(format!("[k for v, k in {}]", self.pairs(first)?)),
            Op::Count => match first {
                Part::Plain(list) => Part::Plain(format!("len({list})")),
                data => Part::Plain(format!("len({})", self.pairs(data)?)),
            },
            Op::NoneLeft => Part::Plain(format!("(len({}) == 0)", self.pairs(first)?)),
            Op::Sum | Op::Mean | Op::Median | Op::Range => Part::Plain(folded(op.name(), &first)?),
            Op::Minus => {
                let (a, b) = (known(first)?, known(second?)?);
                let other = |key: &str| b.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone());
                let minus = a.into_iter().map(|(k, v)| Some((k.clone(), format!("({v} - {})", other(&k)?))));
                Part::Known(minus.collect::<Option<_>>()?)
            }
            Op::Sizes => {
                Part::Known(known(first)?.into_iter().map(|(k, v)| (k, format!("abs({})", bare(&v)))).collect())
            }
            Op::Changes => {
                let known = known(first)?;
                let pairs = known.windows(2);
                Part::Known(pairs.map(|p| (p[1].0.clone(), format!("({} - {})", p[1].1, p[0].1))).collect())
            }
            Op::Add | Op::Diff | Op::Gap | Op::Ratio | Op::Percent | Op::Change | Op::Compare => {
                let a = self.plain(first);
                let b = self.plain(if op == Op::Compare { third? } else { second.clone()? });
                Part::Plain(match op {
                    Op::Add => format!("({a} + {b})"),
                    Op::Diff => format!("({a} - {b})"),
                    Op::Gap => format!("abs({a} - {b})"),
                    Op::Ratio => format!("({a} / {b})"),
                    Op::Percent => format!("(100 * {a} / {b})"),
                    Op::Change => format!("(100 * ({b} - {a}) / {a})"),
                    _ => format!("({a} {} {b})", sign(&word(&second)?)?),
                })
            }
            Op::Item => {
                let place: usize = word(&second)?.parse().ok()?;
                Part::Plain(format!("{}[{}]", self.plain(first), place.checked_sub(1)?))
            }
            Op::Place => Part::Plain(format!("({}.index({}) + 1)", self.plain(first), word(&second)?)),
            Op::Has => Part::Plain(format!("({} in {})", word(&second)?, self.plain(first))),
            Op::Same => Part::Plain(format!("({} == {})", self.plain(first), self.plain(second?))),
            _ => return None,
        })
    }

    /// A number, a text or texts as an expression.
    fn plain(&mut self, part: Part) -> String {
        match part {
            Part::Plain(text) => text,
            Part::Datum { value, .. } => value,
            Part::Pair(pair) => format!("{pair}[0]"),
            Part::Known(_) | Part::Pairs(_) => String::new(),
        }
    }

    /// Data as an expression that is a list of pairs, with a line of its own.
    fn pairs(&mut self, part: Part) -> Option<String> {
        match part {
            Part::Pairs(text) => Some(text),
            Part::Known(known) => {
                let pairs: Vec<String> = known.iter().map(|(k, v)| format!("({}, {k})", bare(v))).collect();
                Some(self.line("points", format!("[{}]", pairs.join(", "))))
            }
            _ => None,
        }
    }
}

fn index(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Number(n) if n.is_whole() && n.order(Exact::ZERO).is_ge() => usize::try_from(n.floor()).ok(),
        _ => None,
    }
}

fn known(part: Part) -> Option<Vec<(String, String)>> {
    match part {
        Part::Known(known) => Some(known),
        _ => None,
    }
}

fn datum((key, value): (String, String)) -> Part {
    Part::Datum { value, key }
}

fn gathered(parts: Vec<Part>) -> Option<Part> {
    let all_known = parts.iter().all(|p| matches!(p, Part::Datum { .. }));
    if all_known {
        let known = parts.into_iter().filter_map(|p| match p {
            Part::Datum { value, key } => Some((key, value)),
            _ => None,
        });
        return Some(Part::Known(known.collect()));
    }
    let pairs: Option<Vec<String>> = parts
        .into_iter()
        .map(|p| match p {
            Part::Datum { value, key } => Some(format!("({value}, {key})")),
            Part::Pair(pair) => Some(pair),
            _ => None,
        })
        .collect();
    Some(Part::Pairs(format!("[{}]", pairs?.join(", "))))
}

/// Sums and the like of data.
fn folded(by: &str, part: &Part) -> Option<String> {
    let (values, n) = match part {
        Part::Known(known) => {
            let values: Vec<&str> = known.iter().map(|(_, v)| bare(v)).collect();
            (format!("[{}]", values.join(", ")), Some(values.len()))
        }
        Part::Pairs(pairs) => (format!("[v for v, k in {pairs}]"), None),
        _ => return None,
    };
    Some(match (by, n) {
        ("sum" | "max" | "min", _) => format!("{by}({values})"),
        ("mean", Some(n)) => format!("(sum({values}) / {n})"),
        ("mean", None) => format!("(sum({values}) / len({values}))"),
        ("range", _) => format!("(max({values}) - min({values}))"),
        ("median", Some(n)) if n % 2 == 1 => format!("sorted({values})[{}]", n / 2),
        ("median", Some(n)) => format!("((sorted({values})[{}] + sorted({values})[{}]) / 2)", n / 2 - 1, n / 2),
        _ => return None,
    })
}

fn sign(word: &str) -> Option<&'static str> {
    match word {
        "gt" => Some(">"),
        "lt" => Some("<"),
        "ge" => Some(">="),
        "le" => Some("<="),
        "eq" => Some("=="),
        _ => None,
    }
}

fn is_atom(text: &str) -> bool {
    text.starts_with('"') || text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

/// Without the brackets around the whole.
fn bare(text: &str) -> &str {
    let Some(inner) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) else { return text };
    let mut depth = 0i32;
    let mut in_text = false;
    let mut escaped = false;
    for c in inner.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            '(' if !in_text => depth += 1,
            ')' if !in_text => depth -= 1,
            // A tuple keeps its brackets.
            ',' if !in_text && depth == 0 => return text,
            _ => {}
        }
        if depth < 0 {
            return text;
        }
    }
    inner
}

impl Quantity {
    /// Whether an answer of a script is this number after rounding.
    pub fn agrees(&self, with: Exact) -> bool {
        self.value.rounded(self.decimals) == with.rounded(self.decimals)
    }
}
