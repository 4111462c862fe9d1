//! Reasoning programs: a small typed language over what a picture shows.
//!
//! A program is a list of named steps; the last is the answer:
//!
//! ```text
//! peak = argmax(select(0, "Revenue"))
//! low = argmin(select(0, "Revenue"))
//! answer = diff(peak, low)
//! ```
//!
//! [`parse`] reads this form (and bounds its size, so hostile text costs nothing), `Display` writes it, and
//! [`Program::run`] executes it over a [`World`](crate::world::World): the answer, the executed steps in words, the
//! elements it looked at. A program whose answer would not be the same for every careful reader of the picture is
//! refused when it runs: the gates are in the operations (see [`Refusal`](crate::Refusal)).

mod check;
mod data;
mod op;
mod run;
mod say;
mod text;
mod trend;
mod value;

pub use check::check;
pub use op::{Kind, Op, WORDS};
pub use run::{Run, Step};
pub(crate) use say::capital;
pub(crate) use text::quoted;
pub use text::{ParseError, parse};
pub use value::{NOT_APPLICABLE, Point, Points, Quantity, Value, with_unit};

use crate::number::Exact;

/// A program: named steps, the last of which is called `answer`.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// The steps: name and expression. Names differ; a step uses names of earlier steps only.
    pub steps: Vec<(String, Expr)>,
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A number, decimal.
    Number(Exact),
    /// A text.
    Text(String),
    /// A bare word that says how: `gt`, `down`, `sum`.
    Word(&'static str),
    /// What an earlier step gave.
    Name(String),
    /// An operation on its arguments.
    Call(Op, Vec<Expr>),
}

impl Program {
    /// The expression of the answer.
    pub fn answer(&self) -> Option<&Expr> {
        self.steps.last().map(|(_, expr)| expr)
    }
}
