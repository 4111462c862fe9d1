//! Binding: what an operator may ask of its place in a recipe before anything runs.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::block::{Block, Step};
use crate::error::did_you_mean;
use crate::model::RoleKind;
use crate::record::Record;
use crate::schema::{Field, Schema};
use crate::template::{Constants, Expression, Template, is_builtin};
use crate::types::Type;
use crate::value::{Name, Value};

/// Nested steps in an operator's config. What they hold is read by the recipe's own parser through [`Scope::block`].
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Steps(pub Json);

impl schemars::JsonSchema for Steps {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Steps".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "$ref": "#/$defs/Steps" })
    }
}

/// Something wrong with a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// the place inside the operator's config, dotted (`cases.short`, `phrases[2]`); empty for the whole
    pub at: String,
    /// what was expected and what was found
    pub message: String,
    /// a suggestion
    pub help: Option<String>,
}

/// The rest of the recipe as an operator sees it while it binds.
pub trait Surroundings {
    /// The text of a file in the recipe's folder.
    fn read_file(&self, path: &str) -> Result<String, String>;

    /// The declared roles.
    fn roles(&self) -> &BTreeMap<Name, RoleKind>;

    /// Notes that a role is asked for.
    fn use_role(&self, role: &str);

    /// The recipe's data and parameters: names that templates see beside the fields.
    fn constants(&self) -> &Constants;

    /// Binds the nested steps at `at` of the operator's config, for records of `schema`. Problems inside are told to
    /// the recipe itself; `None` if there are any.
    fn block(&self, at: &str, step: &str, schema: &Schema) -> Option<(Block, Schema)>;

    /// Binds the nested steps at `at` like [`Surroundings::block`], for an operator that puts them in its own place
    /// ([`crate::operator::Bound::Sequence`]): each with the fields behind it. Barriers may be among them where the
    /// operator stands at the top level. Their ids begin with `prefix`, which has to differ from call to call.
    fn sequence(&self, at: &str, step: &str, prefix: &str, schema: &Schema) -> Option<Vec<(Step, Schema)>> {
        let _ = (at, step, prefix, schema);
        None
    }

    /// The recipe's tables: rows beside the input, looked up by key.
    fn tables(&self) -> &BTreeMap<Name, Schema> {
        static NONE: BTreeMap<Name, Schema> = BTreeMap::new();
        &NONE
    }

    /// The recipe's tables of any columns, which a run may name or not.
    fn own_tables(&self) -> &BTreeSet<Name> {
        static NONE: BTreeSet<Name> = BTreeSet::new();
        &NONE
    }

    /// The schema behind the nested steps at `at`, as far as it can be told, without telling problems or keeping anything
    /// of the steps: how a loop learns what it feeds back. Steps with problems count with what they write all the same.
    fn probe(&self, at: &str, step: &str, schema: &Schema) -> Schema {
        let _ = (at, step);
        schema.clone()
    }

    /// Binds another recipe as a block: its inputs' schema, its steps, its output's schema with the fields it comes
    /// from. `set` gives its parameters other values than their defaults.
    fn recipe(&self, name: &str, step: &str, set: &[(String, Json)]) -> Result<Subrecipe, String>;
}

/// Another recipe, bound as a block.
pub struct Subrecipe {
    /// the fields it asks for
    pub inputs: Schema,
    /// what it does
    pub block: Block,
    /// the fields it gives
    pub output: Schema,
    /// its data and parameters
    pub constants: Constants,
}

/// The place of a step in a recipe: the fields before it, and what it does to them.
pub struct Scope<'a> {
    /// the step's id
    pub step: String,
    schema: Schema,
    surroundings: &'a dyn Surroundings,
    problems: Vec<Problem>,
    reads: Vec<Name>,
    writes: Vec<Name>,
    /// where fields were overwritten in whose grid geometry lies, and which
    frames: Vec<(String, Name)>,
}

/// A field, or a member inside one (`region.box`), that a step reads.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldRef {
    /// the field
    pub name: Name,
    /// the members inside, outermost first
    pub members: Vec<Name>,
    /// the type found there
    pub ty: Type,
    /// the image in whose frame its geometry is
    pub of: Option<Name>,
}

impl FieldRef {
    /// Its value in a record; [`Value::Null`] when missing.
    pub fn get<'r>(&self, record: &'r Record) -> &'r Value {
        static NULL: Value = Value::Null;
        let mut value = record.get(&self.name).unwrap_or(&NULL);
        for member in &self.members {
            value = value.get(member).unwrap_or(&NULL);
        }
        value
    }

    /// As written.
    pub fn dotted(&self) -> String {
        self.members.iter().fold(self.name.to_string(), |path, member| format!("{path}.{member}"))
    }
}

impl<'a> Scope<'a> {
    /// The place of `step` where records have `schema`.
    pub fn new(step: impl Into<String>, schema: Schema, surroundings: &'a dyn Surroundings) -> Scope<'a> {
        let step = step.into();
        let (problems, reads, writes, frames) = Default::default();
        Scope { step, schema, surroundings, problems, reads, writes, frames }
    }

    /// The fields at this place, with what was written so far by this step.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Replaces all fields: for steps that decide the whole shape of a record.
    pub fn replace_schema(&mut self, schema: Schema) {
        self.writes = schema.names().cloned().collect();
        self.schema = schema;
    }

    /// The rest of the recipe.
    pub fn surroundings(&self) -> &'a dyn Surroundings {
        self.surroundings
    }

    /// Tells a problem at a place inside the config.
    pub fn problem(&mut self, at: &str, message: impl Into<String>) {
        self.problems.push(Problem { at: at.to_string(), message: message.into(), help: None });
    }

    /// Tells a problem with a suggestion.
    pub fn problem_with_help(&mut self, at: &str, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Problem { at: at.to_string(), message: message.into(), help: Some(help.into()) });
    }

    /// The problems so far, the reads, the writes and the schema behind the step.
    ///
    /// A picture that was overwritten while geometry in its grid was not is one more problem: the coordinates would be
    /// those of a picture that is gone.
    pub fn finish(mut self) -> (Vec<Problem>, Vec<Name>, Vec<Name>, Schema) {
        for (at, image) in std::mem::take(&mut self.frames) {
            let stale: Vec<Name> =
                self.schema.carried_by(&image).filter(|name| !self.writes.contains(name)).cloned().collect();
            for name in stale {
                let message = format!("`{name}` is in the grid of `{image}`, which would be overwritten");
                let help = format!(
                    "write the new picture to a field of its own, or take `{name}` out first: \
                     `shape.drop: {{fields: [{name}]}}`"
                );
                self.problem_with_help(&at, message, help);
            }
        }
        (self.problems, self.reads, self.writes, self.schema)
    }

    /// A field that has to fit `want`; told if it is unknown or of another type.
    pub fn read(&mut self, at: &str, path: &str, want: &Type) -> Option<FieldRef> {
        let field = self.read_any(at, path)?;
        if field.ty.fits(want) {
            return Some(field);
        }
        let message = format!("expected {want}, but `{path}` is {}", field.ty);
        if field.ty.required().fits(want) {
            let help = format!(
                "`{path}` may be missing here; test it first with `gate.require: {{that: \"{path} is not none\"}}`"
            );
            self.problem_with_help(at, message, help);
        } else {
            self.problem(at, message);
        }
        None
    }

    /// A field of whatever type; told if it is unknown.
    pub fn read_any(&mut self, at: &str, path: &str) -> Option<FieldRef> {
        let mut members = path.split('.').map(Name::from);
        let name = members.next().unwrap_or_else(|| Name::from(""));
        let Some(field) = self.schema.get(&name).cloned() else {
            self.unknown_field(at, &name);
            return None;
        };
        let mut found = FieldRef { name: name.clone(), members: Vec::new(), ty: field.ty, of: field.of };
        for member in members {
            let Some(ty) = found.ty.member(&member) else {
                self.problem(at, format!("`{}` is {} and has no member `{member}`", found.dotted(), found.ty));
                return None;
            };
            found.ty = if found.ty.is_optional() { Type::optional(ty) } else { ty };
            found.members.push(member);
        }
        self.reads.push(name);
        Some(found)
    }

    fn unknown_field(&mut self, at: &str, name: &str) {
        let names: Vec<&str> = self.schema.names().map(|n| &**n).collect();
        let hint = did_you_mean(name, names.iter().copied());
        let help = format!("fields at this place: {}", if names.is_empty() { "none".into() } else { names.join(", ") });
        self.problem_with_help(at, format!("no field `{name}` has been written before this step{hint}"), help);
    }

    /// Writes a field. Names that begin with `_` are the engine's own.
    ///
    /// Who overwrites a picture also writes the geometry in its grid, moved with the pixels; order does not count. See
    /// [`Scope::finish`].
    pub fn write(&mut self, at: &str, name: &str, field: impl Into<Field>) -> Option<Name> {
        let valid = name.chars().next().is_some_and(char::is_alphabetic)
            && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
        if !valid {
            self.problem(at, format!("`{name}` is no field name: a letter, then letters, digits, `_` or `-`"));
            return None;
        }
        if self.surroundings.constants().iter().any(|(n, _)| &**n == name) {
            self.problem(at, format!("`{name}` is the name of the recipe's data or of a parameter"));
            return None;
        }
        let name = Name::from(name);
        if self.schema.carried_by(&name).next().is_some() {
            self.frames.push((at.to_string(), name.clone()));
        }
        self.schema.set(name.clone(), field);
        self.writes.push(name.clone());
        Some(name)
    }

    /// Says more exactly of which type a field is whose value stays as it is.
    pub fn narrow(&mut self, name: &Name, ty: Type) {
        if let Some(field) = self.schema.get(name).cloned() {
            self.schema.set(name.clone(), Field { ty, ..field });
            self.writes.push(name.clone());
        }
    }

    /// Takes over the fields behind nested steps, which told their problems themselves.
    pub fn take_over(&mut self, behind: Schema) {
        let changed = behind.iter().filter(|(name, field)| self.schema.get(name) != Some(field));
        self.writes.extend(changed.map(|(name, _)| name.clone()));
        self.schema = behind;
    }

    /// Takes a field out of the record.
    pub fn remove(&mut self, name: &str) {
        self.schema.remove(name);
    }

    /// A role that has to be declared and of this kind.
    pub fn role(&mut self, at: &str, name: &str, kind: RoleKind) -> Option<Name> {
        let roles = self.surroundings.roles();
        match roles.get_key_value(name) {
            Some((role, found)) if *found == kind => {
                self.surroundings.use_role(name);
                Some(role.clone())
            }
            Some((_, found)) => {
                self.problem(at, format!("expected a role of the kind {kind}, but `{name}` is declared as {found}"));
                None
            }
            None => {
                let hint = did_you_mean(name, roles.keys().map(|r| &**r));
                let help = format!("declare it at the top: `roles: {{ {name}: {kind} }}`");
                self.problem_with_help(at, format!("no role is called `{name}`{hint}"), help);
                None
            }
        }
    }

    /// A prompt: a file of the recipe (a path ending in `.md`, `.txt` or `.jinja`) or the text itself.
    pub fn template(&mut self, at: &str, text_or_path: &str) -> Option<Template> {
        let schema = self.schema.clone();
        self.template_seeing(at, text_or_path, &schema)
    }

    /// A prompt that sees the fields of `schema`.
    pub fn template_seeing(&mut self, at: &str, text_or_path: &str, schema: &Schema) -> Option<Template> {
        let (name, source) = self.text(at, text_or_path)?;
        match Template::compile(&name, &source) {
            Ok(template) => self
                .check_names(at, &name, template.names().iter(), schema)
                .then(|| template.seeing(self.surroundings.constants())),
            Err(error) => {
                self.problem(at, error.message);
                None
            }
        }
    }

    /// A text written inline or in a file of the recipe, with the name to show in errors.
    pub fn text(&mut self, at: &str, text_or_path: &str) -> Option<(String, String)> {
        if !is_path(text_or_path) {
            return Some(("the text".to_string(), text_or_path.to_string()));
        }
        match self.surroundings.read_file(text_or_path) {
            Ok(source) => Some((text_or_path.to_string(), source)),
            Err(why) => {
                self.problem(at, why);
                None
            }
        }
    }

    /// A condition or computed value.
    pub fn expression(&mut self, at: &str, source: &str) -> Option<Expression> {
        let schema = self.schema.clone();
        self.expression_seeing(at, source, &schema)
    }

    /// A condition or computed value that sees the fields of `schema`.
    pub fn expression_seeing(&mut self, at: &str, source: &str, schema: &Schema) -> Option<Expression> {
        match Expression::compile(source) {
            Ok(expression) => {
                let known = self.check_names(at, &format!("`{source}`"), expression.names().iter(), schema);
                known.then(|| expression.seeing(self.surroundings.constants()))
            }
            Err(error) => {
                self.problem(at, format!("`{source}`: {}", error.message));
                None
            }
        }
    }

    fn check_names<'n>(
        &mut self,
        at: &str,
        whose: &str,
        names: impl Iterator<Item = &'n String>,
        schema: &Schema,
    ) -> bool {
        let mut all_known = true;
        for name in names {
            let constant = self.surroundings.constants().iter().any(|(n, _)| **n == **name);
            if schema.contains(name) {
                self.reads.push(Name::from(name.as_str()));
            } else if !constant && !is_builtin(name) {
                all_known = false;
                let constants = self.surroundings.constants().clone();
                let known: Vec<&str> =
                    schema.names().map(|n| &**n).chain(constants.iter().map(|(n, _)| &**n)).collect();
                let hint = did_you_mean(name, known.iter().copied());
                let message = format!("{whose} uses `{name}`, which is not defined at this place{hint}");
                self.problem_with_help(at, message, format!("names at this place: {}", known.join(", ")));
            }
        }
        all_known
    }

    /// Binds nested steps at `at` of the config, for records of `schema`.
    pub fn block(&mut self, at: &str, schema: &Schema) -> Option<(Block, Schema)> {
        let bound = self.surroundings.block(at, &self.step, schema);
        if bound.is_none() {
            // The problems themselves stand where they are; this only says that the step is not whole.
            self.problems.push(Problem { at: String::new(), message: String::new(), help: None });
        }
        bound
    }

    /// Binds the nested steps at `at` of the config, for an operator that puts them in its own place; see
    /// [`Surroundings::sequence`].
    pub fn sequence(&mut self, at: &str, prefix: &str, schema: &Schema) -> Option<Vec<(Step, Schema)>> {
        let bound = self.surroundings.sequence(at, &self.step, prefix, schema);
        if bound.is_none() {
            self.problems.push(Problem { at: String::new(), message: String::new(), help: None });
        }
        bound
    }

    /// Merges the schemas behind alternative branches: a field that only some write becomes optional; one that they
    /// write in types with nothing in common is a problem.
    pub fn join_branches(&mut self, at: &str, branches: &[Schema]) {
        let mut joined = Schema::new();
        let names: Vec<Name> = branches.iter().flat_map(|b| b.names().cloned()).collect();
        for name in names {
            if joined.contains(&name) {
                continue;
            }
            let found: Vec<&Field> = branches.iter().filter_map(|b| b.get(&name)).collect();
            let mut ty = Some(found[0].ty.clone());
            for field in &found[1..] {
                ty = ty.and_then(|t| t.join(&field.ty));
            }
            match ty {
                Some(ty) => {
                    let ty = if found.len() == branches.len() { ty } else { Type::optional(ty) };
                    joined.set(name.clone(), Field { ty, of: found[0].of.clone() });
                    if self.schema.get(&name) != joined.get(&name) {
                        self.writes.push(name);
                    }
                }
                None => {
                    let types: Vec<String> = found.iter().map(|f| f.ty.to_string()).collect();
                    self.problem(at, format!("the branches write `{name}` in different types: {}", types.join(", ")));
                }
            }
        }
        self.schema = joined;
    }

    /// The recipe's data and parameters.
    pub fn constants(&self) -> Constants {
        self.surroundings.constants().clone()
    }
}

/// Whether a config text names a file of the recipe instead of being the text itself.
pub fn is_path(text: &str) -> bool {
    let ending = [".md", ".txt", ".jinja", ".json", ".yaml", ".yml"].iter().any(|e| text.ends_with(e));
    ending && !text.contains('\n') && !text.contains(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing(BTreeMap<Name, RoleKind>, Constants);

    impl Surroundings for Nothing {
        fn read_file(&self, path: &str) -> Result<String, String> {
            Err(path.to_string())
        }

        fn roles(&self) -> &BTreeMap<Name, RoleKind> {
            &self.0
        }

        fn use_role(&self, _: &str) {}

        fn constants(&self) -> &Constants {
            &self.1
        }

        fn block(&self, _: &str, _: &str, _: &Schema) -> Option<(Block, Schema)> {
            None
        }

        fn recipe(&self, name: &str, _: &str, _: &[(String, Json)]) -> Result<Subrecipe, String> {
            Err(name.to_string())
        }
    }

    /// The problems of a step that stands where there are a picture `photo` and `boxes` in its grid.
    fn problems(step: impl FnOnce(&mut Scope<'_>)) -> Vec<String> {
        let boxes = Field::in_frame(Type::list(Type::Box), "photo".into());
        let schema = [("photo", Field::new(Type::optional(Type::Image))), ("boxes", boxes)].into_iter().collect();
        let nothing = Nothing(BTreeMap::new(), Constants::default());
        let mut scope = Scope::new("step", schema, &nothing);
        step(&mut scope);
        scope.finish().0.iter().map(|problem| format!("{}: {}", problem.at, problem.message)).collect()
    }

    #[test]
    fn a_picture_cannot_be_overwritten_under_geometry_in_its_grid() {
        let told = problems(|scope| drop(scope.write("into", "photo", Type::Image)));
        assert_eq!(told, ["into: `boxes` is in the grid of `photo`, which would be overwritten"]);
        let replaced = problems(|scope| drop(scope.write("into", "photo", Type::Text)));
        assert_eq!(replaced.len(), 1, "what is no picture has no grid at all: {replaced:?}");
    }

    #[test]
    fn who_writes_the_geometry_too_may_overwrite_its_picture_in_any_order() {
        let moved = || Field::in_frame(Type::list(Type::Box), "photo".into());
        for boxes_first in [true, false] {
            let told = problems(|scope| {
                if boxes_first {
                    scope.write("carry", "boxes", moved());
                }
                scope.write("into", "photo", Type::Image);
                if !boxes_first {
                    scope.write("carry", "boxes", moved());
                }
            });
            assert!(told.is_empty(), "{told:?}");
        }
        let gone = problems(|scope| {
            scope.remove("boxes");
            scope.write("into", "photo", Type::Image);
        });
        assert!(gone.is_empty(), "{gone:?}");
    }

    #[test]
    fn a_picture_that_is_known_to_be_there_is_still_the_same_picture() {
        let told = problems(|scope| {
            scope.narrow(&"photo".into(), Type::Image);
            assert_eq!(scope.schema().get("photo").unwrap().ty, Type::Image);
        });
        assert!(told.is_empty(), "{told:?}");
    }
}
