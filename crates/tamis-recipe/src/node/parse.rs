//! Reading YAML within limits.
//!
//! The tree is built from the parser's events with a stack of its own, so that no nesting of a hostile file can use up
//! the thread's.

use std::collections::HashMap;

use serde_saphyr::granit_parser::{self, Event, Parser, ScalarStyle, ScanError, Tag};

use super::scalar::plain;
use super::{Entry, Kind, Node};
use crate::source::{SourceText, Span};

/// How much a file may hold; what is beyond is refused before it costs memory.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// bytes; also of all texts together, those repeated by `*aliases` counted each time
    pub bytes: usize,
    /// values, those repeated by `*aliases` counted each time
    pub nodes: usize,
}

impl Limits {
    /// For recipes: 4 MiB, 100,000 values.
    pub const RECIPE: Limits = Limits { bytes: 4 << 20, nodes: 100_000 };
    /// For data files: 16 MiB, a million values.
    pub const DATA: Limits = Limits { bytes: 16 << 20, nodes: 1_000_000 };
}

/// Lists and maps inside each other.
const MAX_DEPTH: usize = 64;

/// Why a text is no YAML, or none that is read here.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct YamlError {
    /// what was expected and what was found
    pub message: String,
    /// where
    pub span: Span,
    /// what to do about it
    pub help: Option<String>,
}

/// Reads a YAML text. An empty one is [`Kind::Null`].
///
/// Keys that appear twice are kept; [`Node::repeated_keys`] finds them all.
///
/// # Errors
/// No YAML, more than the limits allow, nested more than 64 deep, or several documents in one file.
pub fn parse(source: &SourceText, limits: Limits) -> Result<Node, YamlError> {
    let text = source.text();
    if text.len() > limits.bytes {
        return Err(too_large(text.len(), limits.bytes));
    }
    let mut builder = Builder { limits, nodes: 0, bytes: 0, open: Vec::new(), anchors: HashMap::new(), root: None };
    for event in Parser::new_from_str_with_options(text, options()) {
        let (event, span) = event.map_err(|error| explain(source, &error))?;
        builder.take(event, bytes(span))?;
    }
    let nothing = Node { span: Span::default(), kind: Kind::Null };
    Ok(builder.root.unwrap_or(nothing))
}

/// The refusal of a file beyond the limit.
pub(crate) fn too_large(bytes: usize, limit: usize) -> YamlError {
    let mebibytes = |n: usize| n as f64 / f64::from(1 << 20);
    let message = format!("the file has {:.1} MiB; at most {:.0} MiB are read", mebibytes(bytes), mebibytes(limit));
    error(message, Span::default()).with_help("records belong in the input, long lists in files under `data/`")
}

fn options() -> granit_parser::Options {
    let mut options = granit_parser::Options::default();
    options.set_emit_comments(false);
    options
}

fn bytes(span: granit_parser::Span) -> Span {
    span.byte_range().map_or(Span::default(), |range| Span::new(range.start, range.end))
}

fn error(message: impl Into<String>, span: Span) -> YamlError {
    YamlError { message: message.into(), span, help: None }
}

fn too_deep(span: Span) -> YamlError {
    error(format!("lists and maps are nested more than {MAX_DEPTH} deep"), span)
}

impl YamlError {
    fn with_help(self, help: &str) -> YamlError {
        YamlError { help: Some(help.to_string()), ..self }
    }
}

fn explain(source: &SourceText, found: &ScanError) -> YamlError {
    let at = found.marker().byte_offset().unwrap_or(0);
    let line = source.slice(source.line(source.position(at).0 as usize));
    // The scanner runs ahead of the tree and has a limit of its own.
    if found.info().contains("recursion limit") {
        return too_deep(Span::new(at, at));
    }
    let refused = error(format!("this is no YAML: {}", found.info()), Span::new(at, at));
    if line.trim_start_matches(' ').starts_with('\t') {
        refused.with_help("indent with spaces: YAML does not allow tabs")
    } else if found.info().contains("mapping values") {
        refused.with_help("a text that contains `: ` needs quotes around it; a key begins a line of its own")
    } else {
        refused
    }
}

struct Builder {
    limits: Limits,
    nodes: usize,
    bytes: usize,
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    root: Option<Node>,
}

/// A list or map that is being read.
struct Open {
    span: Span,
    anchor: usize,
    /// what was counted before it
    before: (usize, usize),
    items: Items,
}

enum Items {
    Seq(Vec<Node>),
    Map { entries: Vec<Entry>, key: Option<(String, Span)> },
}

/// A node that aliases may repeat, with what it counts.
struct Anchored {
    node: Node,
    nodes: usize,
    bytes: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        match event {
            Event::DocumentStart(..) if self.root.is_some() => {
                Err(error("a second document begins here; a file holds one", span))
            }
            Event::Scalar(text, style, anchor, tag) => self.scalar(&text, style, anchor, tag.as_deref(), span),
            Event::SequenceStart(_, anchor, tag) => self.begin(Items::Seq(Vec::new()), anchor, tag.as_deref(), span),
            Event::MappingStart(_, anchor, tag) => {
                self.begin(Items::Map { entries: Vec::new(), key: None }, anchor, tag.as_deref(), span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(anchor) => self.alias(anchor, span),
            _ => Ok(()),
        }
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<(), YamlError> {
        refuse_tag(tag, span)?;
        self.count(1, text.len(), span)?;
        let is_text = style != ScalarStyle::Plain || tag.is_some();
        if self.awaits_key() {
            let kind = if is_text { Kind::Text(text.to_string()) } else { plain(text).unwrap_or(Kind::Null) };
            return match kind {
                Kind::Null => Err(error("a key is missing in front of `:`", span)),
                _ => self.key(text, span),
            };
        }
        let kind = if is_text { Kind::Text(text.to_string()) } else { plain(text).map_err(|m| error(m, span))? };
        self.finish(Node { span, kind }, anchor, (self.nodes - 1, self.bytes - text.len()))
    }

    fn key(&mut self, text: &str, span: Span) -> Result<(), YamlError> {
        if text == "<<" {
            return Err(error("the merge key `<<` is not read here; write the keys out", span));
        }
        if let Some(Open { items: Items::Map { key, .. }, .. }) = self.open.last_mut() {
            *key = Some((text.to_string(), span));
        }
        Ok(())
    }

    fn begin(&mut self, items: Items, anchor: usize, tag: Option<&Tag>, span: Span) -> Result<(), YamlError> {
        refuse_tag(tag, span)?;
        if self.awaits_key() {
            return Err(error("expected a text as key, found a list or a map", span));
        }
        if self.open.len() == MAX_DEPTH {
            return Err(too_deep(span));
        }
        let before = (self.nodes, self.bytes);
        self.count(1, 0, span)?;
        self.open.push(Open { span, anchor, before, items });
        Ok(())
    }

    fn end(&mut self, span: Span) -> Result<(), YamlError> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let (kind, last) = match open.items {
            Items::Seq(items) => {
                let last = items.last().map_or(0, |item| item.span.end);
                (Kind::Seq(items), last)
            }
            Items::Map { entries, .. } => {
                let last = entries.last().map_or(0, |entry| entry.value.span.end.max(entry.key_span.end));
                (Kind::Map(entries), last)
            }
        };
        // In block style the end is told where the next thing begins; what is inside ends earlier.
        let end = if span.end > span.start { span.end } else { last };
        self.finish(Node { span: Span::new(open.span.start, end), kind }, open.anchor, open.before)
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), YamlError> {
        let Some(anchored) = self.anchors.get(&anchor) else {
            return Err(error("this alias stands inside the value that it repeats", span));
        };
        let (nodes, bytes) = (anchored.nodes, anchored.bytes);
        self.count(nodes, bytes, span)?;
        let node = self.anchors[&anchor].node.clone();
        if !self.awaits_key() {
            return self.finish(node, 0, (0, 0));
        }
        match node.kind {
            Kind::Text(text) => self.key(&text, span),
            _ => Err(error("expected a text as key", span)),
        }
    }

    /// Puts a finished node where it belongs.
    fn finish(&mut self, node: Node, anchor: usize, before: (usize, usize)) -> Result<(), YamlError> {
        if anchor != 0 {
            let counted = Anchored { node: node.clone(), nodes: self.nodes - before.0, bytes: self.bytes - before.1 };
            // The copy kept for aliases costs memory too.
            self.count(counted.nodes, counted.bytes, node.span)?;
            self.anchors.insert(anchor, counted);
        }
        match self.open.last_mut().map(|open| &mut open.items) {
            Some(Items::Seq(items)) => items.push(node),
            Some(Items::Map { entries, key }) => {
                let (key, key_span) = key.take().unwrap_or_default();
                // A value that is not there is told at the end of the line; its key says more.
                let missing = node.kind == Kind::Null && node.span.start == node.span.end;
                let value = if missing { Node { span: key_span, ..node } } else { node };
                entries.push(Entry { key, key_span, value });
            }
            None => self.root = Some(node),
        }
        Ok(())
    }

    fn awaits_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { items: Items::Map { key: None, .. }, .. }))
    }

    fn count(&mut self, nodes: usize, bytes: usize, span: Span) -> Result<(), YamlError> {
        self.nodes = self.nodes.saturating_add(nodes);
        self.bytes = self.bytes.saturating_add(bytes);
        if self.nodes > self.limits.nodes {
            let message = format!("the file holds more than {} values, aliases counted", self.limits.nodes);
            return Err(error(message, span));
        }
        if self.bytes > self.limits.bytes {
            let message = format!("the texts of the file have more than {} bytes, aliases counted", self.limits.bytes);
            return Err(error(message, span));
        }
        Ok(())
    }
}

fn refuse_tag(tag: Option<&Tag>, span: Span) -> Result<(), YamlError> {
    match tag {
        Some(tag) if tag.core_suffix() != Some("str") => {
            Err(error(format!("the tag `{}` is not read here", tag.original()), span))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
