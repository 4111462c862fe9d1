//! The document: what `recipe.yaml` says before any step is looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tamis_core::error::did_you_mean;
use tamis_core::model::RoleKind;
use tamis_core::template::Constants;
use tamis_core::{Name, Schema, Value};

use crate::diagnostic::{Code, Diagnostic};
use crate::node::{Entry, Kind, Limits, Node};
use crate::plan::TablePlan;
use crate::session::{Folder, Session};
use crate::source::{SourceText, Span};

mod data;
mod declared;
mod fields;
mod params;
mod roles;
mod tables;

pub(crate) use declared::KEYS as PARAM_KEYS;
pub(crate) use fields::Wanted;
pub(crate) use params::{Given, References};

/// The name of the document in a recipe's folder.
pub const FILE: &str = "recipe.yaml";

/// The keys of a recipe, in the order in which they are written.
pub(crate) const KEYS: &[&str] =
    &["recipe", "about", "paper", "licence", "params", "data", "tables", "roles", "inputs", "steps", "output"];

/// A recipe as written, with its parameters filled in.
pub(crate) struct Recipe {
    pub(crate) source: SourceText,
    pub(crate) root: Node,
    pub(crate) name: String,
    pub(crate) about: Option<String>,
    pub(crate) paper: Option<String>,
    pub(crate) licence: Option<String>,
    pub(crate) roles: BTreeMap<Name, RoleKind>,
    pub(crate) inputs: Schema,
    pub(crate) tables: BTreeMap<Name, TablePlan>,
    /// the fields of the tables' rows
    pub(crate) rows: BTreeMap<Name, Schema>,
    /// the tables that take any columns
    pub(crate) own_tables: BTreeSet<Name>,
    pub(crate) constants: Constants,
    /// parameters that have another value than in the recipe, for the digest
    pub(crate) overrides: Vec<(String, Value)>,
    /// what stands as `$name` in the steps
    pub(crate) references: References,
    /// the list behind `steps`, parameters filled in; [`Kind::Null`] when it is missing
    pub(crate) steps: Node,
    pub(crate) output: Vec<Wanted>,
    /// names whose declaration is broken: later steps that use them are not told so again
    pub(crate) broken: BTreeSet<String>,
}

impl Recipe {
    /// Reads the document of a folder. What is wrong is told to the session.
    ///
    /// `None` if there is nothing to go on with: no file, no YAML, no map.
    pub(crate) fn read(folder: &Folder<'_>, set: &[Given]) -> Option<Recipe> {
        let source = match folder.text(FILE) {
            Ok(source) => source,
            Err(why) => {
                let (source, span) = folder.nowhere(FILE);
                folder.session.tell(Diagnostic::error(Code::Yaml, &source, span, why));
                return None;
            }
        };
        let root = folder.yaml(&source, Limits::RECIPE)?;
        let reader = Reader { folder, source, broken: BTreeSet::new() };
        reader.is_map(&root).then(|| reader.read(root, set))
    }
}

/// Reads the parts of a document.
struct Reader<'f, 'a> {
    folder: &'f Folder<'a>,
    source: SourceText,
    broken: BTreeSet<String>,
}

impl<'a> Reader<'_, 'a> {
    fn read(mut self, mut root: Node, set: &[Given]) -> Recipe {
        self.unknown_keys(&root);
        let params = self.params(&root, set);
        let mut constants = params.values.clone();
        constants.extend(self.data(&root, &constants));
        let roles = self.roles(&root);
        let inputs = self.inputs(&root, &constants);
        let tables = self.tables(&root);
        let mut references = References::default();
        if let Kind::Map(entries) = &mut root.kind {
            for entry in entries.iter_mut().filter(|entry| entry.key == "steps") {
                self.fill_in(&mut entry.value, &params, &mut references);
            }
        }
        let steps = self.steps(&root);
        let output = self.output(&root);
        Recipe {
            name: self.name(&root),
            about: self.optional_text(&root, "about"),
            paper: self.optional_text(&root, "paper"),
            licence: self.optional_text(&root, "licence"),
            roles,
            inputs,
            rows: tables.iter().filter(|(_, t)| !t.any).map(|(name, t)| (name.clone(), t.schema.clone())).collect(),
            own_tables: tables.iter().filter(|(_, t)| t.any).map(|(name, _)| name.clone()).collect(),
            tables,
            constants: Arc::new(constants),
            overrides: params.overrides,
            references,
            steps,
            output,
            broken: self.broken,
            source: self.source,
            root,
        }
    }

    fn session(&self) -> &'a Session<'a> {
        self.folder.session
    }

    fn tell(&self, code: Code, span: Span, message: impl Into<String>, help: Option<String>) {
        self.session().tell(Diagnostic::error(code, &self.source, span, message).with_some_help(help));
    }

    fn is_map(&self, root: &Node) -> bool {
        let help = Some("a recipe begins with `recipe: NAME`, then `inputs:`, `steps:` and `output:`".to_string());
        match &root.kind {
            Kind::Map(_) => return true,
            Kind::Null => self.tell(Code::Shape, root.span, "the recipe is empty", help),
            _ => {
                let message = format!("expected a map of {}, found {}", KEYS.join(", "), root.describe());
                self.tell(Code::Shape, root.span, message, help);
            }
        }
        false
    }

    fn unknown_keys(&self, root: &Node) {
        for entry in root.entries().iter().filter(|entry| !KEYS.contains(&entry.key.as_str())) {
            let hint = did_you_mean(&entry.key, KEYS.iter().copied());
            let message = format!("a recipe has no key `{}`{hint}", entry.key);
            self.tell(Code::UnknownKey, entry.key_span, message, Some(format!("its keys: {}", KEYS.join(", "))));
        }
    }

    fn name(&self, root: &Node) -> String {
        let valid =
            |text: &&str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
        match root.entry("recipe") {
            None => {
                let help = Some("name it in the first line: `recipe: my-recipe`".to_string());
                self.tell(Code::Shape, Span::default(), "the recipe has no name", help);
            }
            Some(entry) => match entry.value.as_text().filter(valid) {
                Some(name) => return name.to_string(),
                None => {
                    let found = entry.value.describe();
                    let message = format!("expected a name of letters, digits, `-`, `_` and `.`, found {found}");
                    self.tell(Code::Shape, place(entry), message, None);
                }
            },
        }
        String::new()
    }

    fn optional_text(&self, root: &Node, key: &str) -> Option<String> {
        let entry = root.entry(key)?;
        match &entry.value.kind {
            Kind::Text(text) => Some(text.trim().to_string()),
            // `paper: 2304.08485` is a number to YAML, and its last zeros would be lost.
            Kind::Int(_) | Kind::Float(_) => Some(self.source.slice(entry.value.span).to_string()),
            _ => {
                let message = format!("expected a text behind `{key}`, found {}", entry.value.describe());
                self.tell(Code::Shape, place(entry), message, None);
                None
            }
        }
    }

    fn steps(&self, root: &Node) -> Node {
        let missing = Node { span: Span::default(), kind: Kind::Null };
        let Some(entry) = root.entry("steps") else {
            let help = Some("a recipe that does nothing to its input has `steps: []`".to_string());
            self.tell(Code::Shape, Span::default(), "the recipe has no `steps`", help);
            return missing;
        };
        match entry.value.kind {
            Kind::Seq(_) => entry.value.clone(),
            _ => {
                let message = format!("expected a list of steps, found {}", entry.value.describe());
                let help = Some("each step begins with `- `: `- operator: {option: value}`".to_string());
                self.tell(Code::Shape, place(entry), message, help);
                missing
            }
        }
    }

    /// The entries of an optional map; anything else is told.
    fn section<'n>(&self, root: &'n Node, key: &str, example: &str) -> &'n [Entry] {
        let Some(entry) = root.entry(key) else { return &[] };
        match &entry.value.kind {
            Kind::Map(entries) => entries,
            Kind::Null => &[],
            _ => {
                let message = format!("expected a map behind `{key}`, found {}", entry.value.describe());
                self.tell(Code::Shape, place(entry), message, Some(format!("for example `{key}: {{ {example} }}`")));
                &[]
            }
        }
    }

    /// Whether a name may stand in a template; anything else is told.
    fn template_name(&mut self, entry: &Entry, what: &str) -> bool {
        let valid = entry.key.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_')
            && entry.key.chars().all(|c| c.is_alphanumeric() || c == '_');
        if !valid {
            let message = format!("`{}` is no name for {what}: a letter, then letters, digits or `_`", entry.key);
            self.tell(Code::Shape, entry.key_span, message, None);
            self.broken.insert(entry.key.clone());
        }
        valid
    }
}

/// Where to point for the value of an entry.
fn place(entry: &Entry) -> Span {
    crate::node::Found { node: &entry.value, key: Some(entry), exact: true }.span()
}
