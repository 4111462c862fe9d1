//! What one check keeps while it goes through a recipe and those that it uses.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;
use tamis_core::Name;
use tamis_core::block::{Step, StepInfo};
use tamis_core::error::did_you_mean;
use tamis_core::model::RoleKind;
use tamis_core::operator::OperatorSpec;

use crate::diagnostic::{Code, Diagnostic};
use crate::files::{Files, as_text};
use crate::node::{Limits, Node, YamlError, parse};
use crate::plan::TablePlan;
use crate::source::{SourceText, Span};

/// Recipes that other recipes use by name.
pub trait Library {
    /// The files of a cookbook recipe.
    ///
    /// # Errors
    /// A sentence for people: there is no such recipe.
    fn find(&self, slug: &str) -> Result<Arc<dyn Files>, String>;
}

/// A library without recipes.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoLibrary;

impl Library for NoLibrary {
    fn find(&self, slug: &str) -> Result<Arc<dyn Files>, String> {
        Err(format!("no recipe is called `{slug}`"))
    }
}

/// How many problems are kept: nobody reads more, and a hostile file could make millions.
const MOST_DIAGNOSTICS: usize = 500;

/// The state of one check.
pub(crate) struct Session<'a> {
    pub(crate) registry: &'a [OperatorSpec],
    pub(crate) library: &'a dyn Library,
    /// roles of the recipe and of those that it uses
    pub(crate) roles: RefCell<BTreeMap<Name, RoleKind>>,
    /// the roles that a step of the plan asks for
    pub(crate) needed: RefCell<BTreeSet<Name>>,
    /// tables of the recipe and of those that it uses
    pub(crate) tables: RefCell<BTreeMap<Name, TablePlan>>,
    /// the recipes that are being read, outermost first
    pub(crate) open_recipes: RefCell<Vec<String>>,
    /// steps bound so far, those that a loop binds again included
    pub(crate) bound: Cell<usize>,
    /// how many probes are going on: nothing is told or kept meanwhile
    muted: Cell<u32>,
    /// how many steps around are left out of the plan
    left_out: Cell<u32>,
    /// the steps by id, in the order in which they were met; those around others before them
    steps: RefCell<IndexMap<String, Option<StepInfo>>>,
    diagnostics: RefCell<Vec<Diagnostic>>,
    used: RefCell<BTreeMap<String, Vec<u8>>>,
}

impl<'a> Session<'a> {
    pub(crate) fn new(registry: &'a [OperatorSpec], library: &'a dyn Library) -> Session<'a> {
        Session {
            registry,
            library,
            roles: RefCell::default(),
            needed: RefCell::default(),
            tables: RefCell::default(),
            open_recipes: RefCell::default(),
            bound: Cell::new(0),
            muted: Cell::new(0),
            left_out: Cell::new(0),
            steps: RefCell::default(),
            diagnostics: RefCell::default(),
            used: RefCell::default(),
        }
    }

    /// Keeps a problem, unless a probe goes on; one that is found twice is kept once.
    pub(crate) fn tell(&self, diagnostic: Diagnostic) {
        if self.muted.get() > 0 {
            return;
        }
        let mut all = self.diagnostics.borrow_mut();
        let known =
            |d: &Diagnostic| d.file == diagnostic.file && d.span == diagnostic.span && d.message == diagnostic.message;
        if all.len() < MOST_DIAGNOSTICS && !all.iter().any(known) {
            all.push(diagnostic);
        }
    }

    /// Works without telling or keeping anything.
    pub(crate) fn muted<T>(&self, work: impl FnOnce() -> T) -> T {
        self.muted.set(self.muted.get() + 1);
        let result = work();
        self.muted.set(self.muted.get() - 1);
        result
    }

    /// Checks what is no part of the plan: problems are told, steps and roles are not kept.
    pub(crate) fn leaving_out<T>(&self, work: impl FnOnce() -> T) -> T {
        self.left_out.set(self.left_out.get() + 1);
        let result = work();
        self.left_out.set(self.left_out.get() - 1);
        result
    }

    /// Notes that a step asks for a role.
    pub(crate) fn need(&self, role: &str) {
        if self.left_out.get() == 0 {
            self.needed.borrow_mut().insert(Name::from(role));
        }
    }

    fn keeps(&self) -> bool {
        self.muted.get() == 0 && self.left_out.get() == 0
    }

    /// Keeps a place for a step before its nested steps are bound.
    pub(crate) fn announce(&self, id: &str) {
        if self.keeps() {
            self.steps.borrow_mut().entry(id.to_string()).or_default();
        }
    }

    /// Keeps a bound step; one that is bound again takes its old place.
    pub(crate) fn keep(&self, step: &Step, at: usize, gate: bool) {
        if self.keeps() {
            let (id, operator, line, tally) = (step.id.clone(), step.operator, step.line, step.tally.clone());
            self.steps.borrow_mut().insert(id.to_string(), Some(StepInfo { id, operator, line, at, gate, tally }));
        }
    }

    /// Every step kept so far.
    pub(crate) fn all_steps(&self) -> Vec<StepInfo> {
        self.steps.borrow().values().flatten().cloned().collect()
    }

    /// Whether an error was told so far.
    pub(crate) fn has_errors(&self) -> bool {
        self.diagnostics.borrow().iter().any(Diagnostic::is_error)
    }

    /// How many errors were told so far.
    pub(crate) fn errors(&self) -> usize {
        self.diagnostics.borrow().iter().filter(|d| d.is_error()).count()
    }

    /// All problems in the order of their places, those of `first` before those of other files.
    pub(crate) fn take_diagnostics(&self, first: &str) -> Vec<Diagnostic> {
        let mut all = std::mem::take(&mut *self.diagnostics.borrow_mut());
        all.sort_by(|a, b| (a.file != first, &a.file, a.span).cmp(&(b.file != first, &b.file, b.span)));
        all
    }

    /// The files read so far, by path, those of used recipes under `used/`.
    pub(crate) fn used_files(&self) -> Vec<(String, Vec<u8>)> {
        self.used.borrow().iter().map(|(path, bytes)| (path.clone(), bytes.clone())).collect()
    }
}

/// The files of one recipe, and the names under which they are shown and kept.
pub(crate) struct Folder<'a> {
    pub(crate) session: &'a Session<'a>,
    pub(crate) files: &'a dyn Files,
    /// stands in front of paths in messages
    pub(crate) shown: String,
    /// stands in front of paths in the copy that a run keeps
    pub(crate) kept: String,
}

impl Folder<'_> {
    /// The text of a file.
    ///
    /// # Errors
    /// A sentence for people, with the nearest name where the file is missing.
    pub(crate) fn text(&self, path: &str) -> Result<SourceText, String> {
        let bytes = self.bytes(path)?;
        let text = as_text(path, bytes.clone())?;
        self.use_file(path, bytes);
        Ok(SourceText::new(&format!("{}{path}", self.shown), &text))
    }

    /// Keeps a file of whatever content and returns the path under which a run finds it.
    ///
    /// # Errors
    /// A sentence for people, with the nearest name where the file is missing.
    pub(crate) fn keep(&self, path: &str) -> Result<String, String> {
        let bytes = self.bytes(path)?;
        Ok(self.use_file(path, bytes))
    }

    fn bytes(&self, path: &str) -> Result<Vec<u8>, String> {
        self.files.read(path).map_err(|why| {
            let listed = if why.ends_with("no such file") { self.files.list() } else { Vec::new() };
            format!("{why}{}", did_you_mean(path, listed.iter().map(String::as_str)))
        })
    }

    fn use_file(&self, path: &str, bytes: Vec<u8>) -> String {
        let kept = format!("{}{}", self.kept, path.strip_prefix("./").unwrap_or(path));
        self.session.used.borrow_mut().insert(kept.clone(), bytes);
        kept
    }

    /// Reads a text as YAML; what is wrong with it is told.
    pub(crate) fn yaml(&self, source: &SourceText, limits: Limits) -> Option<Node> {
        match parse(source, limits) {
            Ok(node) => {
                self.tell_repeated_keys(source, &node);
                Some(node)
            }
            Err(YamlError { message, span, help }) => {
                self.session.tell(Diagnostic::error(Code::Yaml, source, span, message).with_some_help(help));
                None
            }
        }
    }

    fn tell_repeated_keys(&self, source: &SourceText, node: &Node) {
        for entry in node.repeated_keys() {
            let message = format!("the key `{}` appears twice in this map", entry.key);
            self.session.tell(Diagnostic::error(Code::DuplicateKey, source, entry.key_span, message));
        }
    }

    /// A place in front of a whole file that cannot be read.
    pub(crate) fn nowhere(&self, path: &str) -> (SourceText, Span) {
        (SourceText::new(&format!("{}{path}", self.shown), ""), Span::default())
    }
}
