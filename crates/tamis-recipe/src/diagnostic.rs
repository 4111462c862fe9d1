//! What is wrong with a recipe, where, and what to do about it.

use std::fmt;
use std::sync::Arc;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};
use serde::Serialize;

use crate::source::{SourceText, Span};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// the recipe does not start
    Error,
    /// the recipe starts, but probably does not do what was meant
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Severity::Error { "error" } else { "warning" })
    }
}

/// The class of a problem, for tools that filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// the file is no YAML, too large, too deep or no text
    Yaml,
    /// a key appears twice in one map
    DuplicateKey,
    /// a key that the recipe language does not know
    UnknownKey,
    /// a value of the wrong shape
    Shape,
    /// a type that cannot be read, or geometry whose image is not clear
    Type,
    /// a parameter that does not exist or has another type
    Parameter,
    /// a file that is missing, unreadable or outside the recipe's folder
    File,
    /// a role of an unknown kind, or a role nobody asks for
    Role,
    /// no operator has this name
    UnknownOperator,
    /// an option that the operator does not have, or one that is missing or of the wrong shape
    Option,
    /// something that the operator itself refuses
    Step,
    /// a name that no earlier step has written
    UnknownName,
    /// a prompt or condition that cannot be read
    Template,
    /// a step's id that is not valid or not unique
    StepId,
    /// a barrier where none may stand
    Barrier,
    /// an output that is never written or has another type
    Output,
    /// another recipe that cannot be used
    Recipe,
    /// something that nobody uses
    Unused,
    /// steps that no record reaches, or a condition that never changes
    Unreachable,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// A problem with its place. `Display` gives one line: `recipe.yaml:12:7: error: ...`.
#[derive(Clone, Debug, thiserror::Error, Serialize)]
#[error("{file}:{line}:{column}: {severity}: {message}")]
pub struct Diagnostic {
    /// how bad it is
    pub severity: Severity,
    /// its class
    pub code: Code,
    /// the file, as messages show it
    pub file: String,
    /// the line, counted from 1
    pub line: u32,
    /// the column in characters, counted from 1
    pub column: u32,
    /// the bytes to underline
    pub span: Span,
    /// what was expected and what was found
    pub message: String,
    /// what to do next
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// the line for pictures of the place
    #[serde(skip)]
    snippet: Option<Arc<NamedSource<String>>>,
}

/// Lines longer than this are not shown: a recipe on one line of four megabytes would fill the screen.
const LONGEST_SHOWN_LINE: usize = 1000;

impl Diagnostic {
    /// An error at a place of a file.
    pub fn error(code: Code, source: &SourceText, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Error, code, source, span, message.into())
    }

    /// A warning at a place of a file.
    pub fn warning(code: Code, source: &SourceText, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Warning, code, source, span, message.into())
    }

    fn new(severity: Severity, code: Code, source: &SourceText, span: Span, message: String) -> Diagnostic {
        let span = source.first_line(span);
        let (line, column) = source.position(span.start);
        let shown = line as usize;
        let short = (shown.saturating_sub(2)..=shown + 2).all(|n| {
            let line = source.line(n);
            line.end - line.start <= LONGEST_SHOWN_LINE
        });
        let named = || Arc::new(NamedSource::new(source.name(), source.text().to_string()));
        let snippet = (short && !source.text().is_empty()).then(named);
        Diagnostic { severity, code, file: source.name().to_string(), line, column, span, message, help: None, snippet }
    }

    /// The same with a suggestion.
    pub fn with_help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// The same with a suggestion, where there is one.
    pub fn with_some_help(mut self, help: Option<String>) -> Diagnostic {
        self.help = help.or(self.help);
        self
    }

    /// Whether the recipe cannot start because of it.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// As machines read it.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// As people read it: the message, the lines of the file with the place underlined, the suggestion.
    ///
    /// `width` is the terminal's, in characters.
    pub fn pretty(&self, color: bool, width: usize) -> String {
        let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme).with_width(width).with_links(false);
        let mut text = String::new();
        match handler.render_report(&mut text, &Picture(self)) {
            Ok(()) => text,
            Err(_) => self.to_string(),
        }
    }
}

/// A problem whose place is shown beside its message and not in it.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.message)]
struct Picture<'d>(&'d Diagnostic);

impl miette::Diagnostic for Picture<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.0.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(if self.0.is_error() { miette::Severity::Error } else { miette::Severity::Warning })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.0.help.as_deref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.0.snippet.as_deref().map(|snippet| snippet as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.0.snippet.as_ref()?;
        let length = self.0.span.end - self.0.span.start;
        Some(Box::new(std::iter::once(LabeledSpan::new(None, self.0.span.start, length))))
    }
}
