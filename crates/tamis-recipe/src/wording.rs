//! Problems of a step in the words of the recipe language, at their place in the file.

use serde_json::Value as Json;
use tamis_core::bind::Problem;
use tamis_core::error::did_you_mean;
use tamis_core::operator::OperatorSpec;

use crate::diagnostic::{Code, Diagnostic};
use crate::node::{Found, Kind};
use crate::place::Place;
use crate::shape::{BESIDE, Shape};
use crate::source::{SourceText, Span, find_word};

impl<'a> Place<'a> {
    /// Tells what an operator found wrong with its options, unless it only follows from an earlier error.
    pub(crate) fn tell_problem(
        &self,
        shape: &Shape<'a>,
        problem: Problem,
        files: &[SourceText],
        file_errors: &[String],
    ) {
        if Doubt::of(&problem.message).is_some_and(|doubt| self.silent.borrow().covers(&doubt)) {
            return;
        }
        let code = code_of(&problem.message, file_errors);
        if let Some(diagnostic) = in_prompt(&problem, code, files, &self.folder.shown) {
            self.folder.session.tell(diagnostic);
            return;
        }
        let found = self.find(shape, &problem.at);
        if self.recipe.references.unknown.contains(&found.node.span) {
            return;
        }
        if let Some((message, span)) = self.type_error(&found, &problem.message) {
            return self.tell(Code::Type, span, message, problem.help);
        }
        let reworded = reword(&shape.spec, &problem, &found);
        let span = match found {
            _ if problem.at.is_empty() => shape.operator.key_span,
            Found { key: Some(entry), .. } if reworded.code == Some(Code::Option) && reworded.at_key => entry.key_span,
            _ => self.narrow(&found, &problem.message),
        };
        let help = reworded.help.or(problem.help);
        self.tell(reworded.code.unwrap_or(code), span, reworded.message, help);
    }

    fn find(&self, shape: &Shape<'a>, at: &str) -> Found<'a> {
        let operator = Found { node: &shape.operator.value, key: Some(shape.operator), exact: true };
        match (at, shape.when) {
            ("when", Some(when)) if shape.operator.value.get("when").is_none() => {
                Found { node: when, key: None, exact: true }
            }
            _ => {
                let found = shape.operator.value.find(at);
                if std::ptr::eq(found.node, operator.node) { operator } else { found }
            }
        }
    }

    /// A type that cannot be read, at the place inside it.
    fn type_error<'m>(&self, found: &Found<'_>, message: &'m str) -> Option<(&'m str, Span)> {
        let (message, place) = message.strip_suffix('`')?.rsplit_once(" at character ")?;
        let (at, text) = place.split_once(" of the type `")?;
        let written = self.recipe.source.slice(found.span());
        let begin = written.find(text)?;
        let offset = text.char_indices().nth(at.parse().ok()?).map_or(text.len(), |(offset, _)| offset);
        let word = text[offset..].chars().take_while(|c| c.is_alphanumeric()).map(char::len_utf8).sum::<usize>();
        let start = found.span().start + begin + offset;
        Some((message, Span::new(start, start + word.max(1))))
    }

    /// The very word inside a text that a problem is about.
    fn narrow(&self, found: &Found<'_>, message: &str) -> Span {
        let span = found.span();
        let doubt = Doubt::of(message).filter(|_| found.node.as_text().is_some());
        let Some(name) = doubt.map(|doubt| doubt.name()) else { return span };
        match find_word(self.recipe.source.slice(span), name) {
            Some(at) => Span::new(span.start + at, span.start + at + name.len()),
            None => span,
        }
    }
}

/// A problem inside a prompt file, at its line there.
fn in_prompt(problem: &Problem, code: Code, files: &[SourceText], shown: &str) -> Option<Diagnostic> {
    let message = &problem.message;
    let path = message.split([':', ' ']).next().unwrap_or_default();
    let file = files.iter().rev().find(|file| file.name().strip_prefix(shown) == Some(path))?;
    let rest = message[path.len()..].trim_start_matches([':', ' ']);
    let (rest, line) = split_line(rest);
    let named = Doubt::of(message).and_then(|doubt| word_in_tag(file.text(), doubt.name()));
    let span = match (line, named) {
        (Some(line), _) => file.line(line),
        (None, Some(span)) => span,
        (None, None) => file.line(1),
    };
    let indent = file.slice(span).len() - file.slice(span).trim_start().len();
    let span = Span::new(span.start + indent, span.end);
    let text = match rest.strip_prefix("uses ") {
        Some(name) => format!("the prompt uses {name}"),
        None => rest.to_string(),
    };
    Some(Diagnostic::error(code, file, span, text).with_some_help(problem.help.clone()))
}

/// `syntax error: ... (line 3)` without its end, and the 3.
fn split_line(message: &str) -> (&str, Option<usize>) {
    let parts = message.strip_suffix(')').and_then(|m| m.rsplit_once(" (line "));
    match parts.map(|(text, line)| (text, line.parse())) {
        Some((text, Ok(line))) => (text, Some(line)),
        _ => (message, None),
    }
}

/// The first place where a name stands inside `{{ }}` or `{% %}`.
fn word_in_tag(text: &str, name: &str) -> Option<Span> {
    let mut at = 0;
    while let Some(open) = text[at..].find("{{").into_iter().chain(text[at..].find("{%")).min() {
        let start = at + open;
        let rest = &text[start..];
        let length = rest.find("}}").into_iter().chain(rest.find("%}")).min().unwrap_or(rest.len());
        if let Some(found) = find_word(&rest[..length], name) {
            return Some(Span::new(start + found, start + found + name.len()));
        }
        at = start + length.max(2);
    }
    None
}

/// What a problem says about a name.
pub(crate) enum Doubt<'m> {
    /// it does not exist
    Unknown(&'m str),
    /// it has the wrong type
    Type(&'m str),
}

impl<'m> Doubt<'m> {
    /// Reads it from the words that [`Scope`](tamis_core::bind::Scope) uses for every operator.
    pub(crate) fn of(message: &'m str) -> Option<Doubt<'m>> {
        let behind = |mark: &str, end: &str| {
            let (_, rest) = message.split_once(mark)?;
            let (name, rest) = rest.split_once('`')?;
            rest.starts_with(end).then_some(name)
        };
        let unknown = behind("no field `", " has been written")
            .or_else(|| behind("uses `", ", which is not defined"))
            .or_else(|| behind("no role is called `", ""));
        unknown.map(Doubt::Unknown).or_else(|| behind(", but `", " is ").map(Doubt::Type))
    }

    fn name(&self) -> &'m str {
        match self {
            Doubt::Unknown(name) | Doubt::Type(name) => name,
        }
    }
}

fn code_of(message: &str, file_errors: &[String]) -> Code {
    if file_errors.iter().any(|error| error == message) {
        Code::File
    } else if message.contains("no role is called") || message.contains(" role, but `") {
        Code::Role
    } else if message.contains("has been written before") || message.contains("which is not defined") {
        Code::UnknownName
    } else if message.contains("syntax error") || message.contains("unknown filter") || message.contains("unknown test")
    {
        Code::Template
    } else if message.starts_with("expected ") && message.contains(", but `") {
        Code::Type
    } else {
        Code::Step
    }
}

/// A problem in the words of the recipe language.
struct Reworded {
    message: String,
    help: Option<String>,
    code: Option<Code>,
    /// points at the key
    at_key: bool,
}

/// Says what the reader of an operator's config found wrong in words that need no knowledge of Rust.
fn reword(spec: &OperatorSpec, problem: &Problem, found: &Found<'_>) -> Reworded {
    let message = &problem.message;
    let plain = Reworded { message: message.clone(), help: None, code: None, at_key: false };
    let option = |message: String, help: Option<String>| Reworded { message, help, code: Some(Code::Option), ..plain };
    if let Some((name, known)) = names_in(message, "unknown field `") {
        let whose = if problem.at.contains(['.', '[']) { "there is" } else { "it has" };
        let hint = did_you_mean(name, known.iter().copied());
        let message = match whose {
            "it has" => format!("`{}` has no option `{name}`{hint}", spec.name),
            _ => format!("there is no option `{name}` here{hint}"),
        };
        let help = if BESIDE.contains(&name) {
            format!("`{name}` stands beside `{}`, indented as far", spec.name)
        } else if found.node.kind == Kind::Null && name.contains(' ') {
            "a comma inside `{ }` begins a new option; a text with a comma needs quotes around it".to_string()
        } else if known.is_empty() {
            "it takes none".to_string()
        } else {
            format!("options: {}", known.join(", "))
        };
        return Reworded { at_key: true, ..option(message, Some(help)) };
    }
    if let Some((name, known)) = names_in(message, "unknown variant `") {
        let hint = did_you_mean(name, known.iter().copied());
        return option(format!("`{name}` is not possible here{hint}"), Some(format!("possible: {}", known.join(", "))));
    }
    if let Some((name, _)) = names_in(message, "missing field `") {
        let top = problem.at.is_empty();
        let message = if top {
            format!("`{}` needs the option `{name}`", spec.name)
        } else {
            format!("`{name}` is missing here")
        };
        let help = if top { meaning(spec, name).map(|text| format!("`{name}`: {text}")) } else { None };
        return option(message, help);
    }
    if let Some((_, expected)) = message.strip_prefix("invalid ").and_then(|m| m.split_once(", expected ")) {
        let expected = expected.split(" at line ").next().unwrap_or(expected);
        return option(format!("expected {}, found {}", in_words(expected), found.node.describe()), None);
    }
    if message.starts_with("data did not match any variant") {
        let help = format!("`tamis ops {}` shows its options", spec.name);
        return option(format!("`{}` cannot read {}", spec.name, found.node.describe()), Some(help));
    }
    plain
}

/// The first name behind `begin`, and the names in backticks behind it.
fn names_in<'m>(message: &'m str, begin: &str) -> Option<(&'m str, Vec<&'m str>)> {
    let (name, rest) = message.strip_prefix(begin)?.split_once('`')?;
    Some((name, rest.split('`').skip(1).step_by(2).collect()))
}

/// The first sentence of an option's documentation.
fn meaning(spec: &OperatorSpec, option: &str) -> Option<String> {
    let schema = (spec.schema)();
    let text = schema.get("properties")?.get(option)?.get("description").and_then(Json::as_str)?;
    Some(text.split("\n\n").next().unwrap_or(text).replace('\n', " "))
}

fn in_words(expected: &str) -> String {
    match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, not below 0".to_string(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".to_string(),
        "f32" | "f64" => "a number".to_string(),
        "a string" | "string" => "a text".to_string(),
        "a boolean" => "`true` or `false`".to_string(),
        "a sequence" => "a list".to_string(),
        "a map" => "a map (`name: value`)".to_string(),
        _ if expected.starts_with("struct ") => "a map (`option: value`)".to_string(),
        _ => expected.to_string(),
    }
}
