//! A parameter as declared: its default, and the values that it may have.

use tamis_core::error::did_you_mean;

use super::{Reader, place};
use crate::diagnostic::Code;
use crate::node::{Entry, Kind, Node};

/// The keys of a declaration with more than a default.
pub(crate) const KEYS: &[&str] = &["default", "one_of", "at_least", "at_most", "about"];

/// What a recipe says of a parameter: `28`, or `{default: 28, at_least: 1}`.
pub(super) struct Declared {
    pub(super) default: Node,
    one_of: Option<Vec<Node>>,
    at_least: Option<f64>,
    at_most: Option<f64>,
}

impl Declared {
    /// Whether a value is allowed; of a list, each element has to be.
    pub(super) fn allows(&self, node: &Node) -> Result<(), String> {
        match &node.kind {
            Kind::Seq(items) => items.iter().try_for_each(|item| self.allows_one(item)),
            Kind::Null => Ok(()),
            _ => self.allows_one(node),
        }
    }

    fn allows_one(&self, node: &Node) -> Result<(), String> {
        if let Some(allowed) = &self.one_of
            && !allowed.iter().any(|allowed| alike(&allowed.kind, &node.kind))
        {
            let listed: Vec<String> = allowed.iter().map(plain).collect();
            let hint = did_you_mean(&plain(node), listed.iter().map(String::as_str));
            return Err(format!("expected one of {}, found {}{hint}", listed.join(", "), plain(node)));
        }
        let (Some(n), found) = (number(node), plain(node)) else { return Ok(()) };
        match (self.at_least, self.at_most) {
            (Some(least), _) if n < least => Err(format!("expected at least {least}, found {found}")),
            (_, Some(most)) if n > most => Err(format!("expected at most {most}, found {found}")),
            _ => Ok(()),
        }
    }
}

impl Reader<'_, '_> {
    /// Reads a declaration. A map with the key `default` is the long form.
    pub(super) fn declared(&self, entry: &Entry) -> Declared {
        let Some(default) = entry.value.get("default") else {
            return Declared { default: entry.value.clone(), one_of: None, at_least: None, at_most: None };
        };
        for key in entry.value.entries().iter().filter(|key| !KEYS.contains(&key.key.as_str())) {
            let hint = did_you_mean(&key.key, KEYS.iter().copied());
            let message = format!("a parameter has no key `{}`{hint}", key.key);
            self.tell(Code::UnknownKey, key.key_span, message, Some(format!("its keys: {}", KEYS.join(", "))));
        }
        let one_of = entry.value.entry("one_of").and_then(|one_of| match &one_of.value.kind {
            Kind::Seq(items) if !items.is_empty() => Some(items.clone()),
            _ => {
                let message = format!("expected a list of the allowed values, found {}", one_of.value.describe());
                self.tell(Code::Shape, place(one_of), message, None);
                None
            }
        });
        let bound = |key: &str| self.bound(entry, default, key);
        Declared { default: default.clone(), one_of, at_least: bound("at_least"), at_most: bound("at_most") }
    }

    fn bound(&self, entry: &Entry, default: &Node, key: &str) -> Option<f64> {
        let bound = entry.value.entry(key)?;
        let bounded = |node: &Node| matches!(node.kind, Kind::Int(_) | Kind::Float(_) | Kind::Seq(_) | Kind::Null);
        if !bounded(default) {
            let message =
                format!("`{key}` bounds a number, but the default of `{}` is {}", entry.key, default.describe());
            self.tell(Code::Shape, bound.key_span, message, None);
            return None;
        }
        if number(&bound.value).is_none() {
            let message = format!("expected a number, found {}", bound.value.describe());
            self.tell(Code::Shape, place(bound), message, None);
        }
        number(&bound.value)
    }

    /// Tells of a default that its own declaration does not allow.
    pub(super) fn check_default(&self, entry: &Entry, declared: &Declared) {
        if let Err(why) = declared.allows(&declared.default) {
            let at = entry.value.entry("default").map_or_else(|| place(entry), place);
            self.tell(Code::Parameter, at, format!("the default of `{}` is not allowed: {why}", entry.key), None);
        }
    }
}

fn number(node: &Node) -> Option<f64> {
    match node.kind {
        Kind::Int(n) => Some(n as f64),
        Kind::Float(n) => Some(n),
        _ => None,
    }
}

/// Whether two values are the same, whole numbers as floats.
fn alike(a: &Kind, b: &Kind) -> bool {
    match (a, b) {
        (Kind::Int(n), Kind::Float(x)) | (Kind::Float(x), Kind::Int(n)) => *n as f64 == *x,
        _ => {
            Node { span: Default::default(), kind: a.clone() }.to_json()
                == Node { span: Default::default(), kind: b.clone() }.to_json()
        }
    }
}

fn plain(node: &Node) -> String {
    node.as_text().map_or_else(|| node.to_json().to_string(), str::to_string)
}
