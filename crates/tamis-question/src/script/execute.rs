//! The execution gate of Synthesize Step-by-Step: parse a script, read its values, run it, take the answer.

use thiserror::Error;

use super::{Fault, Lookup, Py, ScriptError, parse};
use crate::question::SubQuestion;
use crate::world::World;

/// What a script came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executed {
    /// The answer as text: `12.5`, `Yes`, `Asia`, `Asia, Africa`.
    pub answer: String,
    /// The values that it asked for, in order, with what was read.
    pub sub_questions: Vec<SubQuestion>,
}

/// Why a script has no answer that could be held to.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotExecuted {
    /// It is not in the language.
    #[error("{0}")]
    Parse(#[from] ScriptError),
    /// It does not run.
    #[error("{0}")]
    Run(#[from] Fault),
    /// It reads nothing from the picture.
    #[error("it asks for no value of the picture")]
    NoCall,
    /// What comes out is no answer.
    #[error("its answer is {0}")]
    Answer(&'static str),
}

/// Longest answer, in characters.
const LONGEST: usize = 200;

/// Executes a script over a picture. A number with more than `decimals` decimals is rounded to them, half away from zero.
///
/// # Errors
/// The script is not in the language, asks for what the picture does not show beyond doubt, fails, or comes to nothing
/// that is an answer.
pub fn execute(text: &str, world: &World, decimals: u8) -> Result<Executed, NotExecuted> {
    let script = parse(text)?;
    if script.calls().next().is_none() {
        return Err(NotExecuted::NoCall);
    }
    let names: Vec<&str> = script.calls().map(|(name, _)| name).collect();
    let mut lookup = Lookup::of(world);
    let mut at = 0;
    let value = script.run(|question| {
        at += 1;
        lookup.ask(names.get(at - 1).copied().unwrap_or_default(), question)
    })?;
    Ok(Executed { answer: written(&value, decimals)?, sub_questions: lookup.into_asked() })
}

fn written(value: &Py, decimals: u8) -> Result<String, NotExecuted> {
    let text = match value {
        Py::Number(n) => {
            let places = n.decimals().map_or(decimals, |exact| exact.min(decimals));
            n.written(places).ok_or(NotExecuted::Answer("a number too large to write"))?
        }
        Py::Bool(yes) => if *yes { "Yes" } else { "No" }.to_owned(),
        Py::Text(text) => text.trim().to_owned(),
        Py::List(items) if items.iter().any(|i| matches!(i, Py::List(_))) => {
            return Err(NotExecuted::Answer("a list of lists"));
        }
        Py::List(items) => items.iter().map(|i| written(i, decimals)).collect::<Result<Vec<_>, _>>()?.join(", "),
    };
    match text.chars().count() {
        0 => Err(NotExecuted::Answer("empty")),
        n if n > LONGEST => Err(NotExecuted::Answer("too long")),
        _ => Ok(text),
    }
}
