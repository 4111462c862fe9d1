//! The text form of programs.

use std::fmt;

use thiserror::Error;

use super::op::{Op, WORDS};
use super::{Expr, Program};
use crate::number::Exact;

/// Longest text that is parsed, in bytes.
const MOST_BYTES: usize = 32 * 1024;
/// Most steps.
const MOST_STEPS: usize = 64;
/// Deepest nesting of calls.
const MOST_DEPTH: usize = 24;
/// Most expressions in all.
const MOST_EXPRESSIONS: usize = 1000;

/// Why a text is no program.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ParseError {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What was expected and what was found.
    pub message: String,
}

/// Reads a program: one `name = expression` a line, the last named `answer`; and [checks](super::check) its types.
///
/// At most 32 KiB, 64 steps, 1,000 expressions, 24 deep.
pub fn parse(text: &str) -> Result<Program, ParseError> {
    let at = |line, column, message: String| ParseError { line, column, message };
    if text.len() > MOST_BYTES {
        return Err(at(1, 1, format!("a program of at most {MOST_BYTES} bytes was expected, not of {}", text.len())));
    }
    let mut steps = Vec::new();
    let mut left = MOST_EXPRESSIONS;
    for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        if steps.len() == MOST_STEPS {
            return Err(at(i + 1, 1, format!("at most {MOST_STEPS} steps were expected")));
        }
        let mut reader = Reader { rest: line, line, left };
        let step = reader.step().map_err(|message| at(i + 1, reader.column(), message))?;
        left = reader.left;
        steps.push(step);
    }
    let program = Program { steps };
    super::check(&program).map_err(|e| at(e.step + 1, 1, e.message))?;
    Ok(program)
}

struct Reader<'a> {
    rest: &'a str,
    line: &'a str,
    left: usize,
}

impl<'a> Reader<'a> {
    fn column(&self) -> usize {
        self.line[..self.line.len() - self.rest.len()].chars().count() + 1
    }

    fn step(&mut self) -> Result<(String, Expr), String> {
        let name = self.name().ok_or_else(|| self.expected("a name"))?.to_owned();
        self.sign('=')?;
        let expr = self.expression(0)?;
        self.space();
        if self.rest.is_empty() { Ok((name, expr)) } else { Err(self.expected("the end of the line")) }
    }

    fn expression(&mut self, depth: usize) -> Result<Expr, String> {
        self.left = self.left.checked_sub(1).ok_or("a program of fewer expressions was expected")?;
        if depth > MOST_DEPTH {
            return Err(format!("calls nested at most {MOST_DEPTH} deep were expected"));
        }
        self.space();
        match self.rest.bytes().next() {
            Some(b'"') => self.text(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.call(depth),
        }
    }

    fn call(&mut self, depth: usize) -> Result<Expr, String> {
        let name = self.name().ok_or_else(|| self.expected("an expression"))?;
        self.space();
        if !self.rest.starts_with('(') {
            let word = WORDS.iter().find(|w| **w == name);
            return Ok(word.map_or_else(|| Expr::Name(name.to_owned()), |w| Expr::Word(w)));
        }
        let op = Op::of_name(name).ok_or_else(|| format!("there is no operation `{name}`"))?;
        self.sign('(')?;
        let mut arguments = Vec::new();
        self.space();
        while !self.rest.starts_with(')') {
            if !arguments.is_empty() {
                self.sign(',')?;
            }
            arguments.push(self.expression(depth + 1)?);
            self.space();
        }
        self.sign(')')?;
        Ok(Expr::Call(op, arguments))
    }

    fn number(&mut self) -> Result<Expr, String> {
        let end = self.rest.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).unwrap_or(self.rest.len());
        let written = &self.rest[..end];
        let number = Exact::parse(written).ok_or_else(|| self.expected("a decimal number"))?;
        self.rest = &self.rest[end..];
        Ok(Expr::Number(number))
    }

    /// A JSON string.
    fn text(&mut self) -> Result<Expr, String> {
        let bytes = self.rest.as_bytes();
        let mut end = 1;
        while end < bytes.len() && bytes[end] != b'"' {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        let written = self.rest.get(..=end).ok_or_else(|| self.expected("a text in double quotes"))?;
        let text =
            serde_json::from_str(written).map_err(|_| self.expected("a text in double quotes, as JSON has it"))?;
        self.rest = &self.rest[end + 1..];
        Ok(Expr::Text(text))
    }

    fn name(&mut self) -> Option<&'a str> {
        self.space();
        let end = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(self.rest.len());
        let name = &self.rest[..end];
        if !name.bytes().next().is_some_and(|b| b.is_ascii_lowercase()) || name.len() > 64 {
            return None;
        }
        self.rest = &self.rest[end..];
        Some(name)
    }

    fn sign(&mut self, sign: char) -> Result<(), String> {
        self.space();
        self.rest = self.rest.strip_prefix(sign).ok_or_else(|| self.expected(&format!("`{sign}`")))?;
        Ok(())
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn expected(&self, what: &str) -> String {
        match self.rest.chars().next() {
            Some(_) => format!("expected {what}, found `{}`", self.rest.chars().take(20).collect::<String>()),
            None => format!("expected {what}, found the end of the line"),
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (name, expr)) in self.steps.iter().enumerate() {
            let end = if i == 0 { "" } else { "\n" };
            write!(f, "{end}{name} = {expr}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expr::Number(number) => write!(f, "{number}"),
            Expr::Text(text) => f.write_str(&quoted(text)),
            Expr::Word(word) => f.write_str(word),
            Expr::Name(name) => f.write_str(name),
            Expr::Call(op, arguments) => {
                write!(f, "{}(", op.name())?;
                for (i, argument) in arguments.iter().enumerate() {
                    let comma = if i == 0 { "" } else { ", " };
                    write!(f, "{comma}{argument}")?;
                }
                f.write_str(")")
            }
        }
    }
}

/// A text as a JSON string.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
