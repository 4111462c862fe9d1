//! `roles`: what models are asked to be.

use std::collections::BTreeMap;

use tamis_core::Name;
use tamis_core::error::did_you_mean;
use tamis_core::model::RoleKind;

use super::{Reader, place};
use crate::diagnostic::Code;
use crate::node::{Entry, Kind, Node};
use crate::source::Span;

impl Reader<'_, '_> {
    /// `writer: chat` or `writer: {kind: chat, about: ...}`
    pub(super) fn roles(&mut self, root: &Node) -> BTreeMap<Name, RoleKind> {
        let mut roles = BTreeMap::new();
        for entry in self.section(root, "roles", "writer: chat") {
            match self.role(entry) {
                Some(kind) => {
                    roles.insert(Name::from(entry.key.as_str()), kind);
                }
                None => {
                    self.broken.insert(entry.key.clone());
                }
            }
        }
        roles
    }

    fn role(&self, entry: &Entry) -> Option<RoleKind> {
        match &entry.value.kind {
            Kind::Text(kind) => self.role_kind(kind, entry.value.span),
            Kind::Map(entries) => self.role_with_note(entry, entries),
            _ => {
                let message = format!("expected a role's kind, found {}", entry.value.describe());
                self.tell(Code::Role, place(entry), message, Some(kinds()));
                None
            }
        }
    }

    fn role_with_note(&self, role: &Entry, entries: &[Entry]) -> Option<RoleKind> {
        for entry in entries.iter().filter(|entry| !matches!(entry.key.as_str(), "kind" | "about")) {
            let hint = did_you_mean(&entry.key, ["kind", "about"]);
            let comma = "a comma inside `{ }` begins a new key; a text with a comma needs quotes around it";
            let help = (entry.value.kind == Kind::Null && entry.key.contains(' ')).then(|| comma.to_string());
            self.tell(Code::UnknownKey, entry.key_span, format!("a role has no key `{}`{hint}", entry.key), help);
        }
        let Some(kind) = role.value.get("kind") else {
            self.tell(Code::Role, role.key_span, format!("the role `{}` has no `kind`", role.key), Some(kinds()));
            return None;
        };
        match kind.as_text() {
            Some(text) => self.role_kind(text, kind.span),
            None => {
                let message = format!("expected a role's kind, found {}", kind.describe());
                self.tell(Code::Role, kind.span, message, Some(kinds()));
                None
            }
        }
    }

    fn role_kind(&self, text: &str, span: Span) -> Option<RoleKind> {
        let kind = text.parse().ok();
        if kind.is_none() {
            let hint = did_you_mean(text, RoleKind::ALL.iter().map(|kind| kind.name()));
            self.tell(Code::Role, span, format!("no kind of role is called `{text}`{hint}"), Some(kinds()));
        }
        kind
    }
}

fn kinds() -> String {
    let names: Vec<&str> = RoleKind::ALL.iter().map(|kind| kind.name()).collect();
    format!("kinds of roles: {}", names.join(", "))
}
