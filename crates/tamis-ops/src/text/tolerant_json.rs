//! JSON as language models write it: fenced, with prose around, trailing commas, curly quotes.
//!
//! What is missing is never made up: a reply that was cut in the middle of a value is an error.

use std::iter::Peekable;
use std::str::CharIndices;

use serde_json::{Map, Value as Json};
use tamis_core::convert::shorten;

/// Brackets inside brackets at most this deep.
const MAX_DEPTH: usize = 64;
/// How many opening brackets in prose are tried as the start of a value.
const MAX_STARTS: usize = 64;

/// Reads the JSON value in `text`.
///
/// In this order: the text as it is; a fenced block; the longest object or list that stands somewhere in it. Read
/// leniently: trailing commas, curly and single quotes, line breaks inside texts, `True`/`False`/`None`, comments,
/// keys without quotes. The error says what was found instead.
pub fn parse(text: &str) -> Result<Json, String> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err("expected JSON, found nothing".to_string());
    }
    if let Ok(json) = serde_json::from_str(text) {
        return Ok(json);
    }
    let mut first_error = None;
    for block in fenced(text) {
        match whole(block) {
            Ok(json) => return Ok(json),
            Err(error) => first_error.get_or_insert((block, error)),
        };
    }
    match longest(text) {
        Ok(json) => Ok(json),
        Err(error) => Err(explain(text, first_error.or(error))),
    }
}

/// Where and why the value could not be read, with what stood there.
fn explain(text: &str, error: Option<(&str, Bad)>) -> String {
    match error {
        Some((source, Bad { at, expected })) => {
            let before = &source[..at];
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
            let found = source[at..].trim_start();
            let found = if found.is_empty() { "the end".to_string() } else { format!("`{}`", shorten(found)) };
            format!("the JSON breaks off at line {line}, column {column}: expected {expected}, found {found}")
        }
        None => format!("expected JSON, found `{}`", shorten(text)),
    }
}

/// The contents of the fenced blocks, first to last.
fn fenced(text: &str) -> impl Iterator<Item = &str> {
    text.split("```").skip(1).step_by(2).map(|block| {
        let tag = block.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(block.len());
        block[tag..].trim()
    })
}

fn whole(text: &str) -> Result<Json, Bad> {
    let mut reader = Reader::new(text);
    let json = reader.value(0)?;
    reader.space();
    match reader.chars.peek() {
        None => Ok(json),
        Some(_) => Err(reader.bad("the end")),
    }
}

/// The longest object or list in the text; the error is that of the first attempt.
fn longest(text: &str) -> Result<Json, Option<(&str, Bad)>> {
    let mut best: Option<(usize, Json)> = None;
    let mut first_error = None;
    let mut at = 0;
    for _ in 0..MAX_STARTS {
        let Some(start) = text[at..].find(['{', '[']).map(|found| at + found) else { break };
        let mut reader = Reader::new(&text[start..]);
        match reader.value(0) {
            Ok(json) => {
                let length = reader.at();
                if best.as_ref().is_none_or(|(longest, _)| length > *longest) {
                    best = Some((length, json));
                }
                at = start + length;
            }
            Err(error) => {
                first_error.get_or_insert((&text[start..], error));
                at = start + 1;
            }
        }
    }
    match (best, first_error) {
        // A short list inside a broken value is a piece of it, not the answer.
        (Some((length, json)), Some((source, error))) if error.at <= length || source.len() < length => Ok(json),
        (Some((_, json)), None) => Ok(json),
        (_, error) => Err(error),
    }
}

struct Bad {
    at: usize,
    expected: &'static str,
}

struct Reader<'a> {
    text: &'a str,
    chars: Peekable<CharIndices<'a>>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Reader<'a> {
        Reader { text, chars: text.char_indices().peekable() }
    }

    fn at(&mut self) -> usize {
        self.chars.peek().map_or(self.text.len(), |(at, _)| *at)
    }

    fn bad(&mut self, expected: &'static str) -> Bad {
        Bad { at: self.at(), expected }
    }

    fn value(&mut self, depth: usize) -> Result<Json, Bad> {
        self.space();
        match self.chars.peek().map(|(_, c)| *c) {
            Some('{' | '[') if depth == MAX_DEPTH => Err(self.bad("less nesting")),
            Some('{') => self.object(depth),
            Some('[') => self.list(depth),
            Some(c) if closing_quotes(c).is_some() => self.quoted().map(Json::String),
            _ => self.word(),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, Bad> {
        self.chars.next();
        let mut fields = Map::new();
        loop {
            self.space();
            if self.eat('}') {
                return Ok(Json::Object(fields));
            }
            let key = self.key()?;
            self.space();
            if !self.eat(':') {
                return Err(self.bad("`:`"));
            }
            let value = self.value(depth + 1)?;
            fields.insert(key, value);
            self.space();
            if !self.eat(',') && self.chars.peek().is_none_or(|(_, c)| *c != '}') {
                return Err(self.bad("`,` or `}`"));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Json, Bad> {
        self.chars.next();
        let mut items = Vec::new();
        loop {
            self.space();
            if self.eat(']') {
                return Ok(Json::Array(items));
            }
            items.push(self.value(depth + 1)?);
            self.space();
            if !self.eat(',') && self.chars.peek().is_none_or(|(_, c)| *c != ']') {
                return Err(self.bad("`,` or `]`"));
            }
        }
    }

    fn key(&mut self) -> Result<String, Bad> {
        match self.chars.peek() {
            Some((_, c)) if closing_quotes(*c).is_some() => self.quoted(),
            _ => {
                let word = self.take_word();
                if word.is_empty() { Err(self.bad("a key")) } else { Ok(word.to_string()) }
            }
        }
    }

    fn quoted(&mut self) -> Result<String, Bad> {
        let Some((start, open)) = self.chars.next() else { return Err(self.bad("a text")) };
        let closing = closing_quotes(open).unwrap_or(&['"']);
        let mut text = String::new();
        while let Some((at, c)) = self.chars.next() {
            match c {
                '\\' => self.escape(&mut text),
                // An apostrophe or a quotation inside a text in single or curly quotes is part of it.
                c if closing.contains(&c) && (open == '"' || ends_a_text(&self.text[at + c.len_utf8()..])) => {
                    return Ok(text);
                }
                c => text.push(c),
            }
        }
        Err(Bad { at: start, expected: "a text with its closing quote" })
    }

    fn escape(&mut self, text: &mut String) {
        let Some((_, c)) = self.chars.next() else { return };
        match c {
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            'b' => text.push('\u{8}'),
            'f' => text.push('\u{c}'),
            '"' | '\\' | '/' | '\'' => text.push(c),
            'u' => match self.code_point() {
                Some(c) => text.push(c),
                None => text.push_str("\\u"),
            },
            // Not an escape of JSON: LaTeX, usually. It stays as it was written.
            other => text.extend(['\\', other]),
        }
    }

    /// `XXXX`, or a surrogate pair `XXXX\uXXXX`.
    fn code_point(&mut self) -> Option<char> {
        let at = self.at();
        let unit = |at: usize| self.text.get(at..at + 4).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        let high = unit(at)?;
        let (code, length) = match (high, self.text.get(at + 4..at + 6)) {
            (0xD800..0xDC00, Some("\\u")) => {
                (0x10000 + ((high - 0xD800) << 10) + unit(at + 6)?.checked_sub(0xDC00)?, 10)
            }
            _ => (high, 4),
        };
        let c = char::from_u32(code)?;
        self.chars.nth(length - 1);
        Some(c)
    }

    fn word(&mut self) -> Result<Json, Bad> {
        let at = self.at();
        match self.take_word() {
            "true" | "True" => Ok(Json::Bool(true)),
            "false" | "False" => Ok(Json::Bool(false)),
            "null" | "None" => Ok(Json::Null),
            word => serde_json::from_str(word).map_err(|_| Bad { at, expected: "a value" }),
        }
    }

    fn take_word(&mut self) -> &'a str {
        let start = self.at();
        while self.chars.next_if(|(_, c)| c.is_alphanumeric() || matches!(c, '_' | '-' | '+' | '.')).is_some() {}
        let end = self.at();
        &self.text[start..end]
    }

    fn eat(&mut self, c: char) -> bool {
        self.chars.next_if(|(_, next)| *next == c).is_some()
    }

    /// White space and comments.
    fn space(&mut self) {
        loop {
            while self.chars.next_if(|(_, c)| c.is_whitespace()).is_some() {}
            let at = self.at();
            let rest = &self.text[at..];
            let comment = if rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                rest.find("*/").map_or(rest.len(), |end| end + 2)
            } else {
                return;
            };
            while self.chars.next_if(|(i, _)| *i < at + comment).is_some() {}
        }
    }
}

fn closing_quotes(open: char) -> Option<&'static [char]> {
    match open {
        '"' => Some(&['"']),
        '“' | '”' | '„' => Some(&['”', '“', '"']),
        '\'' => Some(&['\'']),
        '‘' | '’' => Some(&['’', '‘', '\'']),
        _ => None,
    }
}

fn ends_a_text(rest: &str) -> bool {
    let rest = rest.trim_start();
    rest.is_empty() || rest.starts_with([',', ':', '}', ']'])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fences_prose_commas_and_quotes_do_not_matter() {
        for text in [
            "{\"a\": [1, 2], \"b\": \"it's\"}",
            "```json\n{\"a\": [1, 2,], \"b\": \"it's\",}\n```",
            "Sure! As you asked [see below]:\n{a: [1, 2], // numbers\n 'b': 'it's'}\nAnything else?",
            "{“a”: [1, 2], “b”: “it's”}",
        ] {
            assert_eq!(parse(text), Ok(json!({"a": [1, 2], "b": "it's"})), "{text}");
        }
    }

    #[test]
    fn what_was_cut_off_is_an_error_and_not_half_a_value() {
        let error = parse("{\"questions\": [{\"q\": \"What\"}, {\"q\": \"Wh").unwrap_err();
        assert!(error.contains("line 1, column 37") && error.contains("closing quote"), "{error}");
        assert!(parse("I cannot help with that.").unwrap_err().contains("found `I cannot"));
        assert!(parse("  ").is_err());
    }

    #[test]
    fn python_words_line_breaks_and_latex_survive() {
        let json = parse("{'ok': True, 'none': None, 'text': \"a\nb \\( x \\)\", 'e': \"\\u00e9\\ud83d\\ude00\"}");
        assert_eq!(json, Ok(json!({"ok": true, "none": null, "text": "a\nb \\( x \\)", "e": "é😀"})));
    }

    #[test]
    fn hostile_nesting_ends_soon() {
        assert!(parse(&"[".repeat(1_000_000)).is_err());
        assert!(parse(&"{a:".repeat(300_000)).is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[\\[\\]{}\",:'\\\\a1 \n“”/*`u]{0,60}") {
            let _ = parse(&text);
        }
    }
}
