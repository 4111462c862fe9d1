//! From files to a plan: every problem at once, or none and a plan.

use std::collections::BTreeMap;

use tamis_core::block::{Block, Step};
use tamis_core::model::RoleKind;
use tamis_core::operator::{Bound, OperatorSpec};
use tamis_core::template::Constants;
use tamis_core::{Name, Schema, Value};

use crate::diagnostic::{Code, Diagnostic};
use crate::files::{Files, MemoryFolder};
use crate::finish::{output_schema, unused};
use crate::node::{Kind, Limits, Node};
use crate::place::Place;
use crate::plan::{Plan, Stage};
use crate::recipe::{FILE, Given, Recipe};
use crate::session::{Folder, Library, NoLibrary, Session};
use crate::source::{SourceText, Span};
use crate::steps::{BoundSteps, Level};

/// What a check needs to know beside the files.
pub struct Options<'a> {
    /// parameters given for this run, name and value as written: `--set min_side=56`
    pub set: Vec<(String, String)>,
    /// recipes that can be used by name
    pub library: &'a dyn Library,
    /// stands in front of file names in messages: `cookbook/llava/`
    pub shown_at: String,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options { set: Vec::new(), library: &NoLibrary, shown_at: String::new() }
    }
}

/// What a check found.
pub struct Checked {
    /// the plan, if there is no error
    pub plan: Option<Plan>,
    /// all problems, in the order of the file, those of other files behind
    pub diagnostics: Vec<Diagnostic>,
}

impl Checked {
    /// Whether there is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Checks the recipe in a folder: reads `recipe.yaml`, binds its steps to the operators of the registry, and cuts them
/// into stages.
///
/// Asks no model and writes nothing. Problems never end the check at the first; a plan comes only without errors.
pub fn check(files: &dyn Files, registry: &[OperatorSpec], options: &Options<'_>) -> Checked {
    let session = Session::new(registry, options.library);
    let shown = options.shown_at.clone();
    let folder = Folder { session: &session, files, shown, kept: String::new() };
    session.open_recipes.borrow_mut().push(files.identity());
    let set: Vec<Given> = options.set.iter().map(|(name, text)| Given::argument(name, text)).collect();
    let plan = Recipe::read(&folder, &set).and_then(|recipe| plan(&folder, &recipe));
    let diagnostics = session.take_diagnostics(&format!("{}{FILE}", options.shown_at));
    let broken = diagnostics.iter().any(Diagnostic::is_error);
    Checked { plan: plan.filter(|_| !broken), diagnostics }
}

fn plan(folder: &Folder<'_>, recipe: &Recipe) -> Option<Plan> {
    *folder.session.roles.borrow_mut() = recipe.roles.clone();
    *folder.session.tables.borrow_mut() = recipe.tables.clone();
    let place = Place::new(folder, recipe);
    let bound = place.steps(&recipe.steps, recipe.inputs.clone(), &Level::top());
    let end = bound.last_schema().unwrap_or(&recipe.inputs).clone();
    let output = output_schema(&place, &end);
    unused(&place);
    if !bound.whole || folder.session.has_errors() {
        return None;
    }
    let files = folder.session.used_files();
    Some(Plan {
        name: recipe.name.clone(),
        paper: recipe.paper.clone(),
        about: recipe.about.clone(),
        licence: recipe.licence.clone(),
        digest: digest(&files, &recipe.overrides),
        roles: needed(folder.session),
        inputs: recipe.inputs.clone(),
        tables: folder.session.tables.borrow().clone(),
        stages: stages(bound, recipe.inputs.clone()),
        all_steps: folder.session.all_steps(),
        output,
        constants: recipe.constants.clone(),
        files: std::sync::Arc::new(files),
    })
}

/// The roles that steps of the plan ask for.
fn needed(session: &Session<'_>) -> BTreeMap<Name, RoleKind> {
    let mut roles = session.roles.borrow().clone();
    roles.retain(|role, _| session.needed.borrow().contains(role));
    roles
}

/// Cuts steps behind their barriers.
fn stages(bound: BoundSteps, inputs: Schema) -> Vec<Stage> {
    let mut stages = Vec::new();
    let mut block = Block::default();
    let mut schema = inputs;
    for (step, behind) in bound.steps {
        if matches!(step.bound, Bound::Barrier(_)) {
            let block = std::mem::take(&mut block);
            stages.push(Stage { block, barrier: Some(step), schema: schema.clone() });
        } else {
            block.steps.push(step);
        }
        schema = behind;
    }
    stages.push(Stage { block, barrier: None, schema });
    stages
}

/// The content address of the files that a recipe uses and of the parameters that differ from it.
fn digest(files: &[(String, Vec<u8>)], overrides: &[(String, Value)]) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut part = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    part(b"tamis recipe 1");
    part(&(files.len() as u64).to_le_bytes());
    for (path, bytes) in files {
        part(path.as_bytes());
        part(bytes);
    }
    let mut overrides: Vec<_> = overrides.iter().map(|(name, value)| (name, value.to_json().to_string())).collect();
    overrides.sort();
    for (name, value) in overrides {
        part(name.as_bytes());
        part(value.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

/// What a bare list of steps finds beside it.
#[derive(Clone, Debug, Default)]
pub struct Beside<'a> {
    /// the roles with their kinds
    pub roles: &'a [(&'a str, RoleKind)],
    /// data and parameters
    pub constants: Constants,
    /// the fields of the tables' rows
    pub tables: BTreeMap<Name, Schema>,
}

/// Binds a bare list of steps, or a single one, to records of `schema`: for the examples in the operators' manuals and
/// for their tests.
///
/// A barrier may stand among them; it is an ordinary [`Step`] of the block that comes back, beside the fields behind
/// the last step. Prompt files are read from `files`.
///
/// # Errors
/// Every problem, warnings included where there is an error.
pub fn bind_steps(
    yaml: &str,
    schema: Schema,
    beside: Beside<'_>,
    files: &dyn Files,
    registry: &[OperatorSpec],
) -> Result<(Block, Schema), Vec<Diagnostic>> {
    let session = Session::new(registry, &NoLibrary);
    let folder = Folder { session: &session, files, shown: String::new(), kept: String::new() };
    let bound = bind_list(&folder, yaml, schema, beside);
    match bound {
        Some(bound) if !session.has_errors() => Ok(bound),
        _ => Err(session.take_diagnostics(STEPS_FILE)),
    }
}

/// The name of a bare list of steps in messages.
const STEPS_FILE: &str = "steps.yaml";

fn bind_list(folder: &Folder<'_>, yaml: &str, inputs: Schema, beside: Beside<'_>) -> Option<(Block, Schema)> {
    let source = SourceText::new(STEPS_FILE, yaml);
    let root = folder.yaml(&source, Limits::RECIPE)?;
    let steps = match root.kind {
        Kind::Map(_) => Node { span: root.span, kind: Kind::Seq(vec![root.clone()]) },
        Kind::Seq(_) => root.clone(),
        _ => {
            let message = format!("expected a list of steps, found {}", root.describe());
            folder.session.tell(Diagnostic::error(Code::Shape, &source, Span::default(), message));
            return None;
        }
    };
    let recipe = Recipe {
        source,
        root,
        name: "steps".to_string(),
        about: None,
        paper: None,
        licence: None,
        roles: beside.roles.iter().map(|(name, kind)| (Name::from(*name), *kind)).collect(),
        inputs,
        tables: Default::default(),
        rows: beside.tables,
        own_tables: Default::default(),
        constants: beside.constants,
        overrides: Vec::new(),
        references: Default::default(),
        steps,
        output: Vec::new(),
        broken: Default::default(),
    };
    *folder.session.roles.borrow_mut() = recipe.roles.clone();
    let place = Place::new(folder, &recipe);
    let bound = place.steps(&recipe.steps, recipe.inputs.clone(), &Level::top());
    let end = bound.last_schema().unwrap_or(&recipe.inputs).clone();
    let steps: Vec<Step> = bound.steps.into_iter().map(|(step, _)| step).collect();
    bound.whole.then_some((Block { steps }, end))
}

/// Files for [`bind_steps`] where there are none.
pub fn no_files() -> MemoryFolder {
    MemoryFolder::default()
}
