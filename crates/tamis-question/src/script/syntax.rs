//! The syntax that scripts may use.

use crate::number::Exact;

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    /// `name = VQA("question")`
    Ask {
        /// The name of the answer.
        name: String,
        /// What is asked.
        question: String,
    },
    /// `name = expression`
    Let {
        /// The name.
        name: String,
        /// Its value.
        value: Py,
    },
    /// `expression` or `print(expression)`
    Say(Py),
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Py {
    /// A decimal number.
    Number(Exact),
    /// A text.
    Text(String),
    /// `True` or `False`.
    Bool(bool),
    /// A name.
    Name(String),
    /// A list or a tuple.
    List(Vec<Py>),
    /// `-x`
    Minus(Box<Py>),
    /// `not x`
    Not(Box<Py>),
    /// Two operands.
    Binary(Binary, Box<Py>, Box<Py>),
    /// `a if condition else b`
    If {
        /// What decides.
        condition: Box<Py>,
        /// The value when it holds.
        yes: Box<Py>,
        /// The value when it does not.
        no: Box<Py>,
    },
    /// `list[index]`
    Index(Box<Py>, Box<Py>),
    /// `list[from:to]`
    Slice(Box<Py>, Option<Box<Py>>, Option<Box<Py>>),
    /// `function(arguments, reverse=...)`
    Call {
        /// Which function.
        function: String,
        /// Its arguments by place.
        arguments: Vec<Py>,
        /// The argument `reverse` of `sorted`.
        reverse: Option<Box<Py>>,
    },
    /// `list.index(x)` and `list.count(x)`
    Method(Box<Py>, String, Box<Py>),
    /// `[value for a, b in list if condition]`
    Each {
        /// What each element becomes.
        value: Box<Py>,
        /// The names its parts get.
        names: Vec<String>,
        /// The list.
        list: Box<Py>,
        /// Which elements take part.
        condition: Option<Box<Py>>,
    },
}

/// What stands between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are Python's")]
pub enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Mod,
    Pow,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    NotIn,
    And,
    Or,
}
