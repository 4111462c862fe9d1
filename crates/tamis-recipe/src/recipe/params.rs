//! `params`: the numbers and choices that a run may set.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use tamis_core::error::did_you_mean;
use tamis_core::{Name, Value};

use super::declared::Declared;
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

/// A value given for a parameter.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) name: String,
    value: GivenValue,
}

#[derive(Clone, Debug)]
enum GivenValue {
    /// `--set name=text`: a text is taken as it is
    Argument(String),
    /// `set: {name: value}` of a step that uses the recipe
    Value(Json),
}

impl Given {
    /// From the command line.
    pub(crate) fn argument(name: &str, text: &str) -> Given {
        Given { name: name.to_string(), value: GivenValue::Argument(text.to_string()) }
    }

    /// From another recipe.
    pub(crate) fn value(name: &str, value: &Json) -> Given {
        Given { name: name.to_string(), value: GivenValue::Value(value.clone()) }
    }

    /// As it was written, for messages.
    fn shown(&self) -> String {
        match &self.value {
            GivenValue::Argument(text) => format!("--set {}={text}", self.name),
            GivenValue::Value(value) => format!("set: {{ {}: {value} }}", self.name),
        }
    }

    /// What it is where a value like `default` is expected.
    fn kind(&self, default: &Kind) -> Option<Kind> {
        let text = match (&self.value, default) {
            (GivenValue::Argument(text), Kind::Text(_)) => return Some(Kind::Text(text.clone())),
            (GivenValue::Argument(text), _) => text.clone(),
            (GivenValue::Value(value), _) => value.to_string(),
        };
        parse(&SourceText::new("--set", &text), Limits::RECIPE).map(|node| node.kind).ok()
    }
}

impl Reader<'_, '_> {
    /// The parameters, typed by their defaults, with what `set` gives in their place.
    pub(super) fn params(&mut self, root: &Node, set: &[Given]) -> Params {
        let mut params = Params { values: Vec::new(), overrides: Vec::new(), nodes: Vec::new() };
        for entry in self.section(root, "params", "min_side: 28") {
            if !self.template_name(entry, "a parameter") {
                continue;
            }
            let declared = self.declared(entry);
            self.check_default(entry, &declared);
            let given = set.iter().rev().find(|given| given.name == entry.key);
            let node = match given {
                Some(given) => self.override_of(entry, &declared, given),
                None => declared.default.clone(),
            };
            let value = Value::from_plain_json(&node.to_json());
            if node.kind != declared.default.kind {
                params.overrides.push((entry.key.clone(), value.clone()));
            }
            params.values.push((Name::from(entry.key.as_str()), value));
            params.nodes.push((entry.key.clone(), node));
        }
        self.unknown_overrides(root, &params, set);
        params
    }

    fn unknown_overrides(&self, root: &Node, params: &Params, set: &[Given]) {
        let names: Vec<&str> = params.nodes.iter().map(|(name, _)| name.as_str()).collect();
        let span = root.entry("params").map_or(Span::default(), |entry| entry.key_span);
        for given in set.iter().filter(|given| !names.contains(&given.name.as_str())) {
            let name = &given.name;
            if self.broken.contains(name) {
                continue;
            }
            let hint = did_you_mean(name, names.iter().copied());
            let message = format!("`{}`: the recipe has no parameter `{name}`{hint}", given.shown());
            let listed = if names.is_empty() { "none".to_string() } else { names.join(", ") };
            self.tell(Code::Parameter, span, message, Some(format!("its parameters: {listed}")));
        }
    }

    /// The value given for a parameter, of the type of its default; the default itself if it does not fit.
    fn override_of(&self, entry: &Entry, declared: &Declared, given: &Given) -> Node {
        let default = &declared.default;
        let fitting = match (&default.kind, given.kind(&default.kind)) {
            (Kind::Float(_), Some(Kind::Int(n))) => Some(Kind::Float(n as f64)),
            (Kind::Null, kind) => kind,
            (default, Some(kind)) if std::mem::discriminant(default) == std::mem::discriminant(&kind) => Some(kind),
            _ => None,
        };
        let Some(kind) = fitting else {
            let message = format!("`{}`: expected {}, as its default is", given.shown(), what(&default.kind));
            self.tell(Code::Parameter, place(entry), message, None);
            return default.clone();
        };
        let node = Node { span: default.span, kind };
        match declared.allows(&node) {
            Ok(()) => node,
            Err(why) => {
                self.tell(Code::Parameter, place(entry), format!("`{}`: {why}", given.shown()), None);
                default.clone()
            }
        }
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
