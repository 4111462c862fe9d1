//! Keeping quiet about what only follows from an earlier error.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::operator;
use crate::node::{Kind, Node};
use crate::place::Place;
use crate::source::Span;
use crate::wording::Doubt;

/// Names of which nobody knows what they would have been, had an earlier step been whole.
#[derive(Clone, Default)]
pub(crate) struct Silent {
    /// may exist
    names: BTreeSet<String>,
    /// may have another type
    retyped: BTreeSet<String>,
}

impl Silent {
    /// Names whose declaration is broken.
    pub(crate) fn broken(names: &BTreeSet<String>) -> Silent {
        Silent { names: names.clone(), retyped: BTreeSet::new() }
    }

    /// Whether a field of this name may exist.
    pub(crate) fn may_exist(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether a problem only follows from an earlier one.
    pub(crate) fn covers(&self, doubt: &Doubt<'_>) -> bool {
        let field = |name: &str| name.split('.').next().unwrap_or(name).to_string();
        match doubt {
            Doubt::Unknown(name) => self.names.contains(&field(name)),
            Doubt::Type(name) => self.retyped.contains(&field(name)),
        }
    }

    /// Notes the names in the options of a broken step.
    fn collect(&mut self, node: &Node, written: bool) {
        match &node.kind {
            Kind::Text(text) => self.note(text, written),
            Kind::Seq(items) => items.iter().for_each(|item| self.collect(item, written)),
            Kind::Map(entries) => {
                for entry in entries {
                    self.note(&entry.key, written);
                    self.collect(&entry.value, written || matches!(entry.key.as_str(), "into" | "as"));
                }
            }
            _ => {}
        }
    }

    fn note(&mut self, text: &str, written: bool) {
        let is_name = text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
        if is_name && written {
            self.retyped.insert(text.to_string());
        }
        if is_name {
            self.names.insert(text.to_string());
        }
    }
}

impl Place<'_> {
    /// Notes every name that a broken step mentions, and those that its operator writes unasked.
    pub(super) fn silence(&self, step: &Node) {
        let mut silent = self.silent.borrow_mut();
        silent.collect(step, false);
        let specs = step.entries().iter().filter_map(|entry| operator(self.folder.session.registry, &entry.key));
        for name in specs.flat_map(|spec| default_names(&(spec.schema)())) {
            silent.note(&name, true);
        }
    }
}

/// The texts that stand as defaults in an operator's options.
fn default_names(schema: &schemars::Schema) -> Vec<String> {
    let properties = schema.get("properties").and_then(Json::as_object);
    let defaults = properties.into_iter().flat_map(|all| all.values().filter_map(|p| p.get("default")?.as_str()));
    defaults.map(str::to_string).collect()
}

/// The words in the options of a step, lists of nested steps at `except` left out.
pub(crate) fn mentions(config: &Node, except: &[Span]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(config, except, &mut found);
    found
}

fn collect(node: &Node, except: &[Span], found: &mut BTreeSet<String>) {
    if except.contains(&node.span) && matches!(node.kind, Kind::Seq(_)) {
        return;
    }
    match &node.kind {
        Kind::Text(text) => words(text, found),
        Kind::Seq(items) => items.iter().for_each(|item| collect(item, except, found)),
        Kind::Map(entries) => {
            for entry in entries {
                words(&entry.key, found);
                collect(&entry.value, except, found);
            }
        }
        _ => {}
    }
}

fn words(text: &str, found: &mut BTreeSet<String>) {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    found.extend(text.split(|c| !word(c)).filter(|word| !word.is_empty()).map(str::to_string));
}
