//! Programs as calls to a reader of single values, then Python: the serialisation of Synthesize Step-by-Step
//! (arXiv:2403.16385).
//!
//! ```text
//! ans_0=VQA("What is the revenue in 2002?")
//! ans_1=VQA("What is the revenue in 2003?")
//! ans_1 - ans_0
//! ```
//!
//! [`of_program`] writes one for a reasoning program; [`parse`] reads one that a model wrote, and [`Script::run`]
//! executes it; [`execute`] does both over a picture, whose values [`Lookup`] reads. No Python runs here: only this subset does, on exact numbers and within bounds on size, depth, steps
//! and memory: numbers, texts, lists, tuples, names, `+ - * / // % **`, comparisons, `and or not in`,
//! `a if c else b`, indexing and slices, comprehensions over one list, and the functions `abs float int len max min
//! range round sorted str sum` and the methods `.index .count`. Anything else is refused.

mod execute;
mod lookup;
mod parse;
mod run;
mod syntax;
mod write;

pub use execute::{Executed, NotExecuted, execute};
pub use lookup::{Lookup, Unread};
pub use parse::{ScriptError, parse};
pub use run::{Fault, Py};
pub use syntax::{Binary, Py as PyExpr, Statement};
pub use write::{Written, of_program};

/// A parsed script.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    /// Its statements in order; the last expression, or else the last assignment, is the answer.
    pub statements: Vec<Statement>,
}

impl Script {
    /// The questions it asks of a reader, with the names of their answers, in order.
    pub fn calls(&self) -> impl Iterator<Item = (&str, &str)> {
        self.statements.iter().filter_map(|s| match s {
            Statement::Ask { name, question } => Some((name.as_str(), question.as_str())),
            _ => None,
        })
    }
}
