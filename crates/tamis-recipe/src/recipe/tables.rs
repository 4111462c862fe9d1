//! `tables`: rows beside the input, looked up by key.

use std::collections::BTreeMap;

use tamis_core::error::did_you_mean;
use tamis_core::{Name, Schema, Type};

use super::{Reader, Wanted, place};
use crate::diagnostic::Code;
use crate::node::{Entry, Kind, Node};
use crate::plan::TablePlan;

const KEYS: &[&str] = &["from", "fields", "optional"];

/// Stands for the fields of a table of any columns.
const ANY: &str = "any";

impl Reader<'_, '_> {
    /// `captions: {image_id: text, caption: text}`, `topics: {from: data/topics.csv, fields: {topic: text}}` for a file
    /// of the recipe, `pages: {optional: true, fields: {image: image}}` for one that a run may leave out, or `own: any`
    /// for what a user may bring.
    pub(super) fn tables(&mut self, root: &Node) -> BTreeMap<Name, TablePlan> {
        let mut tables = BTreeMap::new();
        for entry in self.section(root, "tables", "captions: {image_id: text, caption: text}") {
            let found = self.template_name(entry, "a table").then(|| self.table(entry)).flatten();
            match found {
                Some(table) => {
                    tables.insert(Name::from(entry.key.as_str()), table);
                }
                None => {
                    self.broken.insert(entry.key.clone());
                }
            }
        }
        tables
    }

    fn table(&mut self, entry: &Entry) -> Option<TablePlan> {
        if entry.value.as_text() == Some(ANY) {
            return Some(TablePlan { schema: Schema::new(), any: true, file: None, optional: true });
        }
        let long = entry.value.entry("fields").filter(|fields| matches!(fields.value.kind, Kind::Map(_)));
        let fields = match (long, &entry.value.kind) {
            (Some(fields), _) => &fields.value,
            (None, Kind::Map(entries)) if !entries.is_empty() => &entry.value,
            _ => {
                let message = format!("expected the fields of a row, found {}", entry.value.describe());
                let help = format!("for example `{0}: {{ image_id: text, caption: text }}`, or `{0}: any`", entry.key);
                self.tell(Code::Shape, place(entry), message, Some(help));
                return None;
            }
        };
        if long.is_some() {
            for key in entry.value.entries().iter().filter(|key| !KEYS.contains(&key.key.as_str())) {
                let hint = did_you_mean(&key.key, KEYS.iter().copied());
                self.tell(Code::UnknownKey, key.key_span, format!("a table has no key `{}`{hint}", key.key), None);
            }
        }
        let schema = self.row(fields)?;
        let file = match long.and_then(|_| entry.value.entry("from")) {
            Some(from) => Some(self.table_file(from, &schema)?),
            None => None,
        };
        let optional = match long.and_then(|_| entry.value.entry("optional")) {
            Some(optional) => self.optional(optional, file.is_some())?,
            None => false,
        };
        Some(TablePlan { schema, any: false, file, optional })
    }

    fn optional(&self, entry: &Entry, has_file: bool) -> Option<bool> {
        let Kind::Bool(optional) = entry.value.kind else {
            let message = format!("expected true or false, found {}", entry.value.describe());
            self.tell(Code::Shape, place(entry), message, None);
            return None;
        };
        if optional && has_file {
            let message = "a table with `from` is always there".to_string();
            self.tell(Code::Shape, place(entry), message, Some("take `optional` out".to_string()));
            return None;
        }
        Some(optional)
    }

    fn row(&mut self, fields: &Node) -> Option<Schema> {
        let wanted: Vec<Wanted> = fields.entries().iter().map(|field| self.wanted(field)).collect();
        let mut schema = Schema::new();
        for field in &wanted {
            schema.set(field.name.clone(), self.input(field, &wanted)?);
        }
        (!schema.is_empty()).then_some(schema)
    }

    /// The path of a table in the recipe's folder, under which the run keeps it.
    fn table_file(&self, from: &Entry, schema: &Schema) -> Option<String> {
        let Some(path) = from.value.as_text() else {
            let message = format!("expected the path of a file of the recipe, found {}", from.value.describe());
            self.tell(Code::Shape, place(from), message, None);
            return None;
        };
        if let Some((name, _)) = schema.iter().find(|(_, field)| Type::holds_media(&field.ty)) {
            let message = format!("`{name}` holds pictures or sound, which a table in the recipe's folder cannot");
            let help = "leave `from` out and give the table with `--table NAME=PATH`".to_string();
            self.tell(Code::File, place(from), message, Some(help));
            return None;
        }
        match self.folder.keep(path) {
            Ok(kept) => Some(kept),
            Err(why) => {
                self.tell(Code::File, place(from), why, None);
                None
            }
        }
    }
}
