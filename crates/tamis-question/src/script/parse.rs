//! Reading scripts that others wrote.

use thiserror::Error;

use super::Script;
use super::syntax::{Binary, Py, Statement};
use crate::number::Exact;

/// Longest script, in bytes.
const MOST_BYTES: usize = 16 * 1024;
/// Most lines.
const MOST_LINES: usize = 200;
/// Deepest nesting.
const MOST_DEPTH: usize = 32;
/// Most operators in a row: each makes the tree one deeper.
const MOST_CHAINED: usize = 64;
/// Longest text, in bytes.
const MOST_TEXT: usize = 1000;

/// Why a text is no script.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {message}")]
pub struct ScriptError {
    /// From 1.
    pub line: usize,
    /// What was expected and what was found.
    pub message: String,
}

/// Reads a script of at most 16 KiB, 200 lines, 32 levels deep. Empty lines and comments are skipped.
pub fn parse(text: &str) -> Result<Script, ScriptError> {
    let at = |line: usize, message: String| ScriptError { line, message };
    if text.len() > MOST_BYTES || text.lines().count() > MOST_LINES {
        return Err(at(1, format!("a script of at most {MOST_BYTES} bytes and {MOST_LINES} lines was expected")));
    }
    let mut statements = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let tokens = tokens(line).map_err(|m| at(i + 1, m))?;
        if !tokens.is_empty() {
            statements.push(statement(&tokens).map_err(|m| at(i + 1, m))?);
        }
    }
    if statements.is_empty() {
        return Err(at(1, "a statement was expected, found nothing".to_owned()));
    }
    Ok(Script { statements })
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(Exact),
    Text(String),
    Name(String),
    Sign(&'static str),
}

/// Longer signs first.
const SIGNS: [&str; 22] = [
    "**", "//", "==", "!=", "<=", ">=", "=", "<", ">", "+", "-", "*", "/", "%", "(", ")", "[", "]", ",", ":", ".", ";",
];

fn tokens(line: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = line.trim();
    while let Some(c) = rest.chars().next().filter(|c| *c != '#') {
        let (token, used) = match c {
            '0'..='9' => number(rest)?,
            '"' | '\'' => text(rest, c)?,
            c if c.is_ascii_alphabetic() || c == '_' => {
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
                (Token::Name(rest[..end].to_owned()), end)
            }
            _ => {
                let sign = SIGNS.iter().find(|s| rest.starts_with(**s));
                let sign = sign.ok_or_else(|| format!("`{c}` has no place in a script"))?;
                (Token::Sign(sign), sign.len())
            }
        };
        tokens.push(token);
        rest = rest[used..].trim_start();
    }
    Ok(tokens)
}

fn number(rest: &str) -> Result<(Token, usize), String> {
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_')).unwrap_or(rest.len());
    let digits = rest[..end].replace('_', "");
    let digits = digits.strip_suffix('.').unwrap_or(&digits);
    let number = Exact::parse(digits).ok_or_else(|| format!("expected a decimal number, found `{digits}`"))?;
    Ok((Token::Number(number), end))
}

fn text(rest: &str, quote: char) -> Result<(Token, usize), String> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((i, c)) = chars.next() {
        match c {
            c if c == quote && text.len() <= MOST_TEXT => return Ok((Token::Text(text), i + 1)),
            '\\' => match chars.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, 't')) => text.push('\t'),
                Some((_, 'u')) => {
                    let code: String = (0..4).filter_map(|_| chars.next()).map(|(_, c)| c).collect();
                    let c = u32::from_str_radix(&code, 16).ok().and_then(char::from_u32);
                    text.push(c.ok_or("expected four hexadecimal digits after \\u")?);
                }
                Some((_, c)) => text.push(c),
                None => break,
            },
            c => text.push(c),
        }
    }
    Err(format!("expected a text of at most {MOST_TEXT} bytes that ends in {quote}"))
}

fn statement(tokens: &[Token]) -> Result<Statement, String> {
    let mut reader = Reader { tokens, at: 0 };
    let assigned = match tokens {
        [Token::Name(name), Token::Sign("="), ..] => {
            reader.at = 2;
            Some(name.clone())
        }
        _ => None,
    };
    let value = match tokens.get(reader.at..) {
        Some([Token::Name(vqa), Token::Sign("("), Token::Text(question), Token::Sign(")")]) if vqa == "VQA" => {
            let name = assigned.ok_or("expected the answer of VQA to get a name")?;
            return Ok(Statement::Ask { name, question: question.clone() });
        }
        _ => reader.expression(0)?,
    };
    if reader.at < tokens.len() {
        return Err(reader.expected("the end of the line"));
    }
    Ok(match (assigned, value) {
        (Some(name), value) => Statement::Let { name, value },
        (None, Py::Call { function, mut arguments, .. }) if function == "print" && arguments.len() == 1 => {
            Statement::Say(arguments.swap_remove(0))
        }
        (None, value) => Statement::Say(value),
    })
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
}

impl Reader<'_> {
    fn expression(&mut self, depth: usize) -> Result<Py, String> {
        if depth > MOST_DEPTH {
            return Err(format!("at most {MOST_DEPTH} levels of nesting were expected"));
        }
        let yes = self.chain(depth, 0)?;
        if !self.word("if") {
            return Ok(yes);
        }
        let condition = self.chain(depth + 1, 0)?;
        if !self.word("else") {
            return Err(self.expected("`else`"));
        }
        let no = self.expression(depth + 1)?;
        Ok(Py::If { condition: Box::new(condition), yes: Box::new(yes), no: Box::new(no) })
    }

    /// Binary operators by precedence: or, and, (not), comparisons, sums, products.
    fn chain(&mut self, depth: usize, level: usize) -> Result<Py, String> {
        if depth > MOST_DEPTH {
            return Err(format!("at most {MOST_DEPTH} levels of nesting were expected"));
        }
        if level == 2 && self.word("not") {
            return Ok(Py::Not(Box::new(self.chain(depth + 1, 2)?)));
        }
        if level == 5 {
            return self.signed(depth);
        }
        let mut left = self.chain(depth, level + 1)?;
        // Comparisons do not chain: `a < b < c` means something else in Python.
        let mut chained = 0;
        while let Some(op) = self.operator(level) {
            chained += 1;
            if level == 2 && chained > 1 {
                return Err("comparisons one at a time were expected".to_owned());
            }
            if chained > MOST_CHAINED {
                return Err(format!("at most {MOST_CHAINED} operators in a row were expected"));
            }
            let right = self.chain(depth + 1, level + 1)?;
            left = Py::Binary(op, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn operator(&mut self, level: usize) -> Option<Binary> {
        let token = self.tokens.get(self.at)?;
        let word = |w: &str| matches!(token, Token::Name(n) if n == w);
        let op = match (level, token) {
            (0, _) if word("or") => Binary::Or,
            (1, _) if word("and") => Binary::And,
            (2, Token::Sign("==")) => Binary::Eq,
            (2, Token::Sign("!=")) => Binary::Ne,
            (2, Token::Sign("<=")) => Binary::Le,
            (2, Token::Sign(">=")) => Binary::Ge,
            (2, Token::Sign("<")) => Binary::Lt,
            (2, Token::Sign(">")) => Binary::Gt,
            (2, _) if word("in") => Binary::In,
            (2, _) if word("not") && matches!(self.tokens.get(self.at + 1), Some(Token::Name(n)) if n == "in") => {
                self.at += 1;
                Binary::NotIn
            }
            (3, Token::Sign("+")) => Binary::Add,
            (3, Token::Sign("-")) => Binary::Sub,
            (4, Token::Sign("*")) => Binary::Mul,
            (4, Token::Sign("/")) => Binary::Div,
            (4, Token::Sign("//")) => Binary::FloorDiv,
            (4, Token::Sign("%")) => Binary::Mod,
            _ => return None,
        };
        self.at += 1;
        Some(op)
    }

    fn signed(&mut self, depth: usize) -> Result<Py, String> {
        if depth > MOST_DEPTH {
            return Err(format!("at most {MOST_DEPTH} levels of nesting were expected"));
        }
        if self.sign("-") {
            return Ok(Py::Minus(Box::new(self.signed(depth + 1)?)));
        }
        let base = self.postfix(depth)?;
        if self.sign("**") {
            return Ok(Py::Binary(Binary::Pow, Box::new(base), Box::new(self.signed(depth + 1)?)));
        }
        Ok(base)
    }

    fn postfix(&mut self, depth: usize) -> Result<Py, String> {
        let mut value = self.atom(depth)?;
        for _ in 0..MOST_DEPTH {
            if self.sign("[") {
                value = self.index(value, depth + 1)?;
            } else if self.sign(".") {
                let method = self.name().filter(|m| matches!(m.as_str(), "index" | "count"));
                let method = method.ok_or_else(|| self.expected("`index` or `count`"))?;
                self.must("(")?;
                let argument = self.expression(depth + 1)?;
                self.must(")")?;
                value = Py::Method(Box::new(value), method, Box::new(argument));
            } else {
                return Ok(value);
            }
        }
        Err("fewer indices in a row were expected".to_owned())
    }

    fn index(&mut self, of: Py, depth: usize) -> Result<Py, String> {
        let from = if self.peek(":") { None } else { Some(Box::new(self.expression(depth)?)) };
        if !self.sign(":") {
            self.must("]")?;
            return Ok(Py::Index(Box::new(of), from.ok_or("expected an index")?));
        }
        let to = if self.peek("]") { None } else { Some(Box::new(self.expression(depth)?)) };
        self.must("]")?;
        Ok(Py::Slice(Box::new(of), from, to))
    }

    fn atom(&mut self, depth: usize) -> Result<Py, String> {
        let token = self.tokens.get(self.at).cloned().ok_or_else(|| self.expected("an expression"))?;
        self.at += 1;
        match token {
            Token::Number(n) => Ok(Py::Number(n)),
            Token::Text(t) => Ok(Py::Text(t)),
            Token::Name(n) if n == "True" || n == "False" => Ok(Py::Bool(n == "True")),
            Token::Name(n) if RESERVED.contains(&n.as_str()) => {
                self.at -= 1;
                Err(self.expected("an expression"))
            }
            Token::Name(n) if self.sign("(") => self.call(n, depth + 1),
            Token::Name(n) => Ok(Py::Name(n)),
            Token::Sign("[") => self.list("]", depth + 1),
            Token::Sign("(") => self.list(")", depth + 1),
            Token::Sign(_) => {
                self.at -= 1;
                Err(self.expected("an expression"))
            }
        }
    }

    fn call(&mut self, function: String, depth: usize) -> Result<Py, String> {
        let mut arguments = Vec::new();
        let mut reverse = None;
        while !self.sign(")") {
            if (!arguments.is_empty() || reverse.is_some()) && !self.sign(",") {
                return Err(self.expected("`,` or `)`"));
            }
            if matches!(self.tokens.get(self.at..), Some([Token::Name(n), Token::Sign("="), ..]) if n == "reverse") {
                self.at += 2;
                reverse = Some(Box::new(self.expression(depth)?));
            } else {
                arguments.push(self.element(depth)?);
            }
        }
        Ok(Py::Call { function, arguments, reverse })
    }

    /// An expression, or a comprehension over it.
    fn element(&mut self, depth: usize) -> Result<Py, String> {
        let value = self.expression(depth)?;
        if !self.word("for") {
            return Ok(value);
        }
        let mut names = Vec::new();
        let bracket = self.sign("(");
        loop {
            names.push(self.name().ok_or_else(|| self.expected("a name"))?);
            if !self.sign(",") {
                break;
            }
        }
        if bracket {
            self.must(")")?;
        }
        if !self.word("in") {
            return Err(self.expected("`in`"));
        }
        let list = self.chain(depth, 0)?;
        let condition = if self.word("if") { Some(Box::new(self.chain(depth, 0)?)) } else { None };
        Ok(Py::Each { value: Box::new(value), names, list: Box::new(list), condition })
    }

    fn list(&mut self, end: &'static str, depth: usize) -> Result<Py, String> {
        let mut items = Vec::new();
        let mut commas = 0;
        while !self.sign(end) {
            if items.len() > commas {
                self.must(",")?;
                commas += 1;
                continue;
            }
            items.push(self.element(depth)?);
        }
        let alone = items.len() == 1 && commas == 0;
        match items.pop() {
            Some(each @ Py::Each { .. }) if alone => Ok(each),
            Some(item) if alone && end == ")" => Ok(item),
            last => {
                items.extend(last);
                Ok(Py::List(items))
            }
        }
    }

    fn peek(&self, sign: &str) -> bool {
        matches!(self.tokens.get(self.at), Some(Token::Sign(s)) if *s == sign)
    }

    fn sign(&mut self, sign: &str) -> bool {
        let found = self.peek(sign);
        self.at += usize::from(found);
        found
    }

    fn must(&mut self, sign: &str) -> Result<(), String> {
        if self.sign(sign) { Ok(()) } else { Err(self.expected(&format!("`{sign}`"))) }
    }

    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Name(n)) if n == word);
        self.at += usize::from(found);
        found
    }

    fn name(&mut self) -> Option<String> {
        match self.tokens.get(self.at) {
            Some(Token::Name(n)) if !RESERVED.contains(&n.as_str()) => {
                self.at += 1;
                Some(n.clone())
            }
            _ => None,
        }
    }

    fn expected(&self, what: &str) -> String {
        match self.tokens.get(self.at) {
            Some(Token::Sign(s)) => format!("expected {what}, found `{s}`"),
            Some(Token::Name(n)) => format!("expected {what}, found `{n}`"),
            Some(Token::Number(n)) => format!("expected {what}, found `{n}`"),
            Some(Token::Text(_)) => format!("expected {what}, found a text"),
            None => format!("expected {what}, found the end of the line"),
        }
    }
}

/// Words that are no names: what is not in the subset is refused, not taken for a name.
const RESERVED: [&str; 20] = [
    "and", "or", "not", "in", "if", "else", "for", "while", "def", "class", "import", "from", "lambda", "return",
    "with", "try", "exec", "eval", "global", "del",
];
