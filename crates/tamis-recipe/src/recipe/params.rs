//! `params`: the numbers and choices that a run may set.

use std::collections::BTreeSet;

use tamis_core::error::did_you_mean;
use tamis_core::{Name, Value};

use super::{Reader, place};
use crate::diagnostic::Code;
use crate::node::{Entry, Kind, Limits, Node, parse};
use crate::source::{SourceText, Span};

/// The parameters with their values in this run.
pub(super) struct Params {
    pub(super) values: Vec<(Name, Value)>,
    pub(super) overrides: Vec<(String, Value)>,
    nodes: Vec<(String, Node)>,
}

/// Where parameters are asked for in the steps.
#[derive(Default)]
pub(crate) struct References {
    /// the names
    pub(crate) names: BTreeSet<String>,
    /// the places of names that are no parameter's
    pub(crate) unknown: BTreeSet<Span>,
}

impl Reader<'_, '_> {
    /// The parameters, typed by their defaults, with what `set` gives in their place.
    pub(super) fn params(&mut self, root: &Node, set: &[(String, String)]) -> Params {
        let mut params = Params { values: Vec::new(), overrides: Vec::new(), nodes: Vec::new() };
        for entry in self.section(root, "params", "min_side: 28") {
            if !self.template_name(entry, "a parameter") {
                continue;
            }
            let given = set.iter().rev().find(|(name, _)| *name == entry.key);
            let node = match given {
                Some((_, text)) => self.override_of(entry, text),
                None => entry.value.clone(),
            };
            let value = Value::from_plain_json(&node.to_json());
            if node.kind != entry.value.kind {
                params.overrides.push((entry.key.clone(), value.clone()));
            }
            params.values.push((Name::from(entry.key.as_str()), value));
            params.nodes.push((entry.key.clone(), node));
        }
        self.unknown_overrides(root, &params, set);
        params
    }

    fn unknown_overrides(&self, root: &Node, params: &Params, set: &[(String, String)]) {
        let names: Vec<&str> = params.nodes.iter().map(|(name, _)| name.as_str()).collect();
        let span = root.entry("params").map_or(Span::default(), |entry| entry.key_span);
        for (name, text) in set.iter().filter(|(name, _)| !names.contains(&name.as_str())) {
            if self.broken.contains(name) {
                continue;
            }
            let hint = did_you_mean(name, names.iter().copied());
            let message = format!("`--set {name}={text}`: the recipe has no parameter `{name}`{hint}");
            let listed = if names.is_empty() { "none".to_string() } else { names.join(", ") };
            self.tell(Code::Parameter, span, message, Some(format!("its parameters: {listed}")));
        }
    }

    /// The value given for a parameter, of the type of its default; the default itself if it does not fit.
    fn override_of(&self, entry: &Entry, text: &str) -> Node {
        let given = match entry.value.kind {
            Kind::Text(_) => Ok(Kind::Text(text.to_string())),
            _ => parse(&SourceText::new("--set", text), Limits::RECIPE).map(|node| node.kind),
        };
        let fitting = match (&entry.value.kind, given) {
            (Kind::Float(_), Ok(Kind::Int(n))) => Some(Kind::Float(n as f64)),
            (Kind::Null, Ok(kind)) => Some(kind),
            (default, Ok(kind)) if std::mem::discriminant(default) == std::mem::discriminant(&kind) => Some(kind),
            _ => None,
        };
        if let Some(kind) = fitting {
            return Node { span: entry.value.span, kind };
        }
        let message = format!("`--set {}={text}`: expected {}, as its default is", entry.key, what(&entry.value.kind));
        self.tell(Code::Parameter, place(entry), message, None);
        entry.value.clone()
    }

    /// Puts the parameters' values in the place of texts that are exactly `$name`; `$$name` is the text `$name`.
    pub(super) fn fill_in(&self, node: &mut Node, params: &Params, found: &mut References) {
        match &mut node.kind {
            Kind::Seq(items) => items.iter_mut().for_each(|item| self.fill_in(item, params, found)),
            Kind::Map(entries) => entries.iter_mut().for_each(|entry| self.fill_in(&mut entry.value, params, found)),
            Kind::Text(text) => {
                let Some(name) = reference(text) else { return };
                if let Some(plain) = name.strip_prefix('$') {
                    node.kind = Kind::Text(format!("${plain}"));
                    return;
                }
                found.names.insert(name.to_string());
                match params.nodes.iter().find(|(known, _)| known == name) {
                    Some((_, value)) => node.kind = value.kind.clone(),
                    None => {
                        self.unknown_parameter(name, node.span, params);
                        found.unknown.insert(node.span);
                    }
                }
            }
            _ => {}
        }
    }

    fn unknown_parameter(&self, name: &str, span: Span, params: &Params) {
        if self.broken.contains(name) {
            return;
        }
        let hint = did_you_mean(name, params.nodes.iter().map(|(name, _)| name.as_str()));
        let help = format!("declare it: `params: {{ {name}: ... }}`; the text itself is written `$${name}`");
        self.tell(Code::Parameter, span, format!("no parameter is called `{name}`{hint}"), Some(help));
    }
}

/// The name in `$name` or `$$name`, the first `$` left out.
fn reference(text: &str) -> Option<&str> {
    let name = text.strip_prefix('$')?;
    let plain = name.strip_prefix('$').unwrap_or(name);
    let begins = plain.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
    (begins && plain.chars().all(|c| c.is_alphanumeric() || c == '_')).then_some(name)
}

fn what(kind: &Kind) -> &'static str {
    match kind {
        Kind::Null => "anything",
        Kind::Bool(_) => "`true` or `false`",
        Kind::Int(_) => "a whole number",
        Kind::Float(_) => "a number",
        Kind::Text(_) => "a text",
        Kind::Seq(_) => "a list (`[a, b]`)",
        Kind::Map(_) => "a map (`{a: 1}`)",
    }
}
