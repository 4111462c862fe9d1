//! Types of programs, before they run.

use std::collections::BTreeMap;

use super::op::{Kind, Op, WORDS};
use super::{Expr, Program};

/// Where types do not meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeError {
    /// Which step, from 0.
    pub step: usize,
    /// What was expected and what was found.
    pub message: String,
}

/// Checks names, numbers of arguments and their types; gives the kind of the answer.
pub fn check(program: &Program) -> Result<Kind, TypeError> {
    let mut names: BTreeMap<&str, Kind> = BTreeMap::new();
    let mut last = None;
    for (step, (name, expr)) in program.steps.iter().enumerate() {
        let error = |message| TypeError { step, message };
        let kind = kind_of(expr, &names).map_err(error)?;
        if matches!(kind, Kind::Word(_)) {
            return Err(error(format!("`{name}` is a bare word, not a value")));
        }
        if WORDS.contains(&name.as_str()) || last == Some("answer") {
            return Err(error(format!("`{name}` cannot be the name of this step; `answer` names the last")));
        }
        if names.insert(name, kind).is_some() {
            return Err(error(format!("`{name}` is the name of two steps")));
        }
        last = Some(name.as_str());
    }
    match last {
        Some("answer") => Ok(names["answer"]),
        _ => Err(TypeError {
            step: program.steps.len().saturating_sub(1),
            message: "the last step must be called `answer`".to_owned(),
        }),
    }
}

fn kind_of(expr: &Expr, names: &BTreeMap<&str, Kind>) -> Result<Kind, String> {
    Ok(match expr {
        Expr::Number(number) if number.is_whole() => Kind::Index,
        Expr::Number(_) => Kind::Number,
        Expr::Text(_) => Kind::Text,
        Expr::Word(word) => Kind::Word(std::slice::from_ref(
            WORDS.iter().find(|w| *w == word).ok_or_else(|| format!("there is no word `{word}`"))?,
        )),
        // A counted number is no literal: only literals can be an index.
        Expr::Name(name) => match names.get(name.as_str()) {
            Some(Kind::Index) => Kind::Number,
            Some(kind) => *kind,
            None => return Err(format!("no earlier step is called `{name}`")),
        },
        Expr::Call(op, arguments) => {
            check_call(*op, arguments, names)?;
            op.gives()
        }
    })
}

fn check_call(op: Op, arguments: &[Expr], names: &BTreeMap<&str, Kind>) -> Result<(), String> {
    let takes = op.takes();
    if arguments.len() < takes.len() || (op.repeats().is_none() && arguments.len() > takes.len()) {
        let more = if op.repeats().is_some() { " or more" } else { "" };
        return Err(format!("`{}` takes {}{more} arguments, not {}", op.name(), takes.len(), arguments.len()));
    }
    for (i, argument) in arguments.iter().enumerate() {
        let wanted = takes.get(i).copied().or(op.repeats()).unwrap_or(Kind::Any);
        let given = kind_of(argument, names)?;
        if !wanted.accepts(given) {
            let place = i + 1;
            return Err(format!("argument {place} of `{}` is {}, not {}", op.name(), wanted.words(), given.words()));
        }
    }
    Ok(())
}
