//! A recipe while its steps are bound: what is known at each place, and what operators may ask.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use tamis_core::bind::{Subrecipe, Surroundings};
use tamis_core::block::{Block, Step};
use tamis_core::model::RoleKind;
use tamis_core::template::Constants;
use tamis_core::{Name, Schema};

use crate::diagnostic::{Code, Diagnostic};
use crate::node::{Kind, Node};
use crate::recipe::Recipe;
use crate::session::Folder;
use crate::source::{SourceText, Span};
use crate::steps::{Level, Silent};

/// A recipe whose steps are being bound.
pub(crate) struct Place<'a> {
    pub(crate) folder: &'a Folder<'a>,
    pub(crate) recipe: &'a Recipe,
    /// the steps that are being bound, outermost first
    pub(crate) open: RefCell<Vec<OpenStep<'a>>>,
    /// names that broken steps mention: nobody knows what they would have been
    pub(crate) silent: RefCell<Silent>,
    pub(crate) history: RefCell<History>,
    /// ids given so far, with the step that has each
    pub(crate) ids: RefCell<BTreeMap<String, Span>>,
}

/// A step that is being bound.
pub(crate) struct OpenStep<'a> {
    pub(crate) id: String,
    /// whether a barrier could stand in its place
    pub(crate) top: bool,
    pub(crate) config: &'a Node,
    /// the lists of nested steps that its operator asked for
    pub(crate) blocks: Vec<Span>,
    /// the files that it read
    pub(crate) files: Vec<SourceText>,
    /// what was wrong with files that it could not read
    pub(crate) file_errors: Vec<String>,
}

/// Who wrote, read and removed what.
#[derive(Default)]
pub(crate) struct History {
    pub(crate) reads: BTreeSet<Name>,
    /// the first step that wrote a name, in order
    pub(crate) writes: Vec<Written>,
    /// the last step that took a name out
    pub(crate) removes: BTreeMap<Name, StepName>,
    pub(crate) roles: BTreeSet<Name>,
    /// the texts of all files that were read, for the search of names
    pub(crate) texts: Vec<String>,
}

/// A step, for messages.
#[derive(Clone, Debug)]
pub(crate) struct StepName {
    pub(crate) id: String,
    pub(crate) line: u32,
    pub(crate) span: Span,
}

/// A field with the step that wrote it first.
pub(crate) struct Written {
    pub(crate) name: Name,
    pub(crate) by: StepName,
}

impl<'a> Place<'a> {
    pub(crate) fn new(folder: &'a Folder<'a>, recipe: &'a Recipe) -> Place<'a> {
        Place {
            folder,
            recipe,
            open: RefCell::default(),
            silent: RefCell::new(Silent::broken(&recipe.broken)),
            history: RefCell::default(),
            ids: RefCell::default(),
        }
    }

    pub(crate) fn tell(&self, code: Code, span: Span, message: impl Into<String>, help: Option<String>) {
        let diagnostic = Diagnostic::error(code, &self.recipe.source, span, message);
        self.folder.session.tell(diagnostic.with_some_help(help));
    }

    pub(crate) fn warn(&self, code: Code, span: Span, message: impl Into<String>, help: Option<String>) {
        let diagnostic = Diagnostic::warning(code, &self.recipe.source, span, message);
        self.folder.session.tell(diagnostic.with_some_help(help));
    }

    pub(crate) fn line(&self, span: Span) -> u32 {
        self.recipe.source.position(span.start).0
    }

    /// Changes the innermost open step called `step`, or the innermost of all.
    fn with_open<T>(&self, step: Option<&str>, change: impl FnOnce(&mut OpenStep<'a>) -> T) -> Option<T> {
        let mut open = self.open.borrow_mut();
        let named = |open: &OpenStep<'a>| step.is_none_or(|step| open.id == step);
        open.iter_mut().rev().find(|step| named(step)).map(change)
    }

    /// The list of nested steps at `at` of a step's config.
    fn nested(&self, at: &str, step: &str) -> Option<&'a Node> {
        let found = self.with_open(Some(step), |open| {
            let config: &'a Node = open.config;
            let found = config.find(at);
            open.blocks.extend(found.exact.then_some(found.node.span));
            found
        })?;
        if found.exact && matches!(found.node.kind, Kind::Seq(_)) {
            return Some(found.node);
        }
        let was = if found.exact { found.node.describe() } else { "nothing".to_string() };
        let message = format!("expected a list of steps at `{at}`, found {was}");
        let help = "each step begins with `- `: `- operator: {option: value}`";
        self.tell(Code::Shape, found.span(), message, Some(help.to_string()));
        None
    }
}

impl Surroundings for Place<'_> {
    fn read_file(&self, path: &str) -> Result<String, String> {
        let read = self.folder.text(path);
        self.with_open(None, |open| match &read {
            Ok(source) => open.files.push(source.clone()),
            Err(why) => open.file_errors.push(why.clone()),
        });
        let text = read?.text().to_string();
        self.history.borrow_mut().texts.push(text.clone());
        Ok(text)
    }

    fn roles(&self) -> &BTreeMap<Name, RoleKind> {
        &self.recipe.roles
    }

    fn use_role(&self, role: &str) {
        self.folder.session.need(role);
        self.history.borrow_mut().roles.insert(Name::from(role));
    }

    fn constants(&self) -> &Constants {
        &self.recipe.constants
    }

    fn block(&self, at: &str, step: &str, schema: &Schema) -> Option<(Block, Schema)> {
        let list = self.nested(at, step)?;
        let level = Level::nested(format!("{step}/{}", branch(at)));
        let bound = self.steps(list, schema.clone(), &level);
        let schema = bound.last_schema().cloned().unwrap_or_else(|| schema.clone());
        let steps = bound.steps.into_iter().map(|(step, _)| step).collect();
        bound.whole.then_some((Block { steps }, schema))
    }

    fn sequence(&self, at: &str, step: &str, prefix: &str, schema: &Schema) -> Option<Vec<(Step, Schema)>> {
        let list = self.nested(at, step)?;
        let top = self.with_open(Some(step), |open| open.top)?;
        let bound = self.steps(list, schema.clone(), &Level::in_place(prefix, top));
        bound.whole.then_some(bound.steps)
    }

    fn probe(&self, at: &str, step: &str, schema: &Schema) -> Schema {
        // What is broken in a probe is perhaps only so because a loop has not fed back anything yet.
        let silent = self.silent.borrow().clone();
        let after = self.folder.session.muted(|| {
            let list = self.nested(at, step)?;
            let level = Level::nested(format!("{step}/{}", branch(at)));
            self.steps(list, schema.clone(), &level).last_schema().cloned()
        });
        *self.silent.borrow_mut() = silent;
        after.unwrap_or_else(|| schema.clone())
    }

    fn tables(&self) -> &BTreeMap<Name, Schema> {
        &self.recipe.rows
    }

    fn own_tables(&self) -> &BTreeSet<Name> {
        &self.recipe.own_tables
    }

    fn recipe(&self, name: &str, step: &str, set: &[(String, Json)]) -> Result<Subrecipe, String> {
        crate::subrecipe::bind(self, name, step, set)
    }
}

/// What a branch adds to the ids of its steps: `cases.short` gives `short/`, `steps` gives nothing.
fn branch(at: &str) -> String {
    let parts: Vec<&str> = at.split(['.', '[']).map(|part| part.trim_end_matches(']')).collect();
    let parts = match parts.as_slice() {
        ["steps"] => return String::new(),
        [inside @ .., "steps"] => inside,
        all => all,
    };
    let named = if parts.len() > 1 { &parts[1..] } else { parts };
    format!("{}/", named.join("."))
}

#[cfg(test)]
mod tests {
    use super::branch;

    #[test]
    fn a_branch_is_named_after_its_path() {
        let expected = [
            ("steps", ""),
            ("cases.short", "short/"),
            ("on_fail", "on_fail/"),
            ("cases[0].steps", "0/"),
            ("cases.a.b", "a.b/"),
            ("else", "else/"),
        ];
        for (at, named) in expected {
            assert_eq!(branch(at), named, "{at}");
        }
    }
}
