//! YAML as a tree in which every value and every key knows its place.

use serde_json::{Map, Value as Json};

use crate::source::Span;

mod parse;
mod scalar;

pub use parse::{Limits, YamlError, parse};

/// A value of a YAML file with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// where it stands; for lists and maps in block style this may be their first line only
    pub span: Span,
    /// what it is
    pub kind: Kind,
}

/// What a [`Node`] is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// nothing, `~` or `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// a whole number of 64 bits
    Int(i64),
    /// any other finite number
    Float(f64),
    /// everything else that is no list and no map
    Text(String),
    /// a list
    Seq(Vec<Node>),
    /// a map in the order of the file; keys are texts
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// the key
    pub key: String,
    /// where the key stands
    pub key_span: Span,
    /// the value
    pub value: Node,
}

/// The place that a path leads to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found<'n> {
    /// the node, or its nearest parent that exists
    pub node: &'n Node,
    /// the key in front of it, where it is the value of a map
    pub key: Option<&'n Entry>,
    /// whether the whole path exists
    pub exact: bool,
}

impl Node {
    /// The value behind a key, if this is a map with it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The key with its value, if this is a map with it.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The entries of a map; none for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What it is, in words, for messages: `the text "short"`, `a list`.
    pub fn describe(&self) -> String {
        match &self.kind {
            Kind::Null => "nothing".to_string(),
            Kind::Bool(value) => format!("`{value}`"),
            Kind::Int(value) => format!("the number {value}"),
            Kind::Float(value) => format!("the number {value}"),
            Kind::Text(text) if text.chars().count() > 40 => {
                format!("the text \"{}...\"", text.chars().take(40).collect::<String>().replace('\n', " "))
            }
            Kind::Text(text) => format!("the text \"{}\"", text.replace('\n', " ")),
            Kind::Seq(_) => "a list".to_string(),
            Kind::Map(_) => "a map".to_string(),
        }
    }

    /// As JSON.
    pub fn to_json(&self) -> Json {
        match &self.kind {
            Kind::Null => Json::Null,
            Kind::Bool(value) => Json::Bool(*value),
            Kind::Int(value) => Json::from(*value),
            Kind::Float(value) => Json::from(*value),
            Kind::Text(text) => Json::String(text.clone()),
            Kind::Seq(items) => items.iter().map(Node::to_json).collect(),
            Kind::Map(entries) => {
                let fields: Map<String, Json> =
                    entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect();
                Json::Object(fields)
            }
        }
    }

    /// Follows a dotted path (`cases.short`, `phrases[2]`, `steps[0]`) as far as it exists.
    ///
    /// Keys may have dots of their own: the longest key that the path goes on with is taken.
    pub fn find(&self, path: &str) -> Found<'_> {
        let mut found = Found { node: self, key: None, exact: true };
        let mut rest = path;
        while !rest.is_empty() {
            rest = rest.strip_prefix('.').unwrap_or(rest);
            let Some((next, behind)) = found.node.step_into(rest) else {
                return Found { exact: false, ..found };
            };
            found = next;
            rest = behind;
        }
        found
    }

    fn step_into<'p>(&self, path: &'p str) -> Option<(Found<'_>, &'p str)> {
        match &self.kind {
            Kind::Seq(items) => {
                let (index, behind) = match path.strip_prefix('[') {
                    Some(inside) => inside.split_once(']')?,
                    None => path.split_at(path.find(['.', '[']).unwrap_or(path.len())),
                };
                let node = items.get(index.parse::<usize>().ok()?)?;
                Some((Found { node, key: None, exact: true }, behind))
            }
            Kind::Map(entries) => {
                let goes_on = |rest: &str| rest.is_empty() || rest.starts_with(['.', '[']);
                let leads = |entry: &&Entry| path.strip_prefix(entry.key.as_str()).is_some_and(goes_on);
                let entry = entries.iter().filter(leads).max_by_key(|entry| entry.key.len())?;
                let found = Found { node: &entry.value, key: Some(entry), exact: true };
                Some((found, &path[entry.key.len()..]))
            }
            _ => None,
        }
    }

    /// Calls `visit` on every node, parents first.
    pub fn each<'n>(&'n self, visit: &mut impl FnMut(&'n Node)) {
        visit(self);
        match &self.kind {
            Kind::Seq(items) => items.iter().for_each(|item| item.each(visit)),
            Kind::Map(entries) => entries.iter().for_each(|entry| entry.value.each(visit)),
            _ => {}
        }
    }

    /// The keys that appear a second time in their map, in order.
    pub fn repeated_keys(&self) -> Vec<&Entry> {
        let mut repeated = Vec::new();
        self.each(&mut |node| {
            let mut seen = std::collections::HashSet::new();
            repeated.extend(node.entries().iter().filter(|entry| !seen.insert(entry.key.as_str())));
        });
        repeated
    }
}

impl Found<'_> {
    /// Where to point: at the value, or at the key when the value is a list, a map or nothing.
    pub fn span(&self) -> Span {
        match (&self.node.kind, self.key) {
            (Kind::Seq(_) | Kind::Map(_) | Kind::Null, Some(entry)) => entry.key_span,
            _ => self.node.span,
        }
    }
}
