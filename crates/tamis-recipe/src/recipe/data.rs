//! `data`: lists and tables beside the recipe, visible in templates.

use tamis_core::{Name, Value};

use super::{Reader, place};
use crate::diagnostic::{Code, Diagnostic};
use crate::node::{Entry, Limits, Node};
use crate::source::{SourceText, Span};

impl Reader<'_, '_> {
    /// Data written inline or read from files. A name that is a parameter's too is told.
    pub(super) fn data(&mut self, root: &Node, params: &[(Name, Value)]) -> Vec<(Name, Value)> {
        let mut found = Vec::new();
        for entry in self.section(root, "data", "topics: data/topics.txt") {
            if !self.template_name(entry, "data") {
                continue;
            }
            if params.iter().any(|(name, _)| **name == *entry.key) {
                let message = format!("`{}` is the name of data and of a parameter", entry.key);
                self.tell(Code::Shape, entry.key_span, message, Some("rename one of them".to_string()));
                continue;
            }
            match self.datum(entry) {
                Some(value) => found.push((Name::from(entry.key.as_str()), value)),
                None => {
                    self.broken.insert(entry.key.clone());
                }
            }
        }
        found
    }

    fn datum(&self, entry: &Entry) -> Option<Value> {
        let Some(path) = entry.value.as_text().filter(|text| looks_like_path(text)) else {
            return Some(Value::from_plain_json(&entry.value.to_json()));
        };
        let ending = path.rsplit('.').next().unwrap_or_default();
        if !matches!(ending, "yaml" | "yml" | "json" | "txt" | "md") {
            let message = format!("data is read from .yaml, .json, .txt and .md files, not from `{path}`");
            let help = "a table of records is an input; a small one can be written as a list in a .yaml file";
            self.tell(Code::File, place(entry), message, Some(help.to_string()));
            return None;
        }
        match self.folder.text(path) {
            Ok(source) => self.value_of(&source, ending),
            Err(why) => {
                self.tell(Code::File, place(entry), why, None);
                None
            }
        }
    }

    fn value_of(&self, source: &SourceText, ending: &str) -> Option<Value> {
        match ending {
            "txt" => {
                let lines = source.text().lines().map(str::trim).filter(|line| !line.is_empty());
                Some(Value::list(lines.map(Value::text).collect()))
            }
            "md" => Some(Value::text(source.text())),
            "json" => match serde_json::from_str(source.text()) {
                Ok(json) => Some(Value::from_plain_json(&json)),
                Err(error) => {
                    let line = source.line(error.line());
                    let start = (line.start + error.column().saturating_sub(1)).min(line.end);
                    let message = format!("this is no JSON: {error}");
                    let message = message.split(" at line ").next().unwrap_or_default().to_string();
                    let span = Span::new(start, line.end.min(start + 1));
                    self.session().tell(Diagnostic::error(Code::Yaml, source, span, message));
                    None
                }
            },
            _ => self.folder.yaml(source, Limits::DATA).map(|node| Value::from_plain_json(&node.to_json())),
        }
    }
}

/// Whether a text names a file: no blanks, and an ending that files of data have.
fn looks_like_path(text: &str) -> bool {
    let endings = [".yaml", ".yml", ".json", ".txt", ".md", ".csv", ".tsv", ".jsonl", ".parquet"];
    endings.iter().any(|ending| text.ends_with(ending)) && !text.contains(char::is_whitespace)
}
