//! Small operators for the tests: they bind as real ones do and never run.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Deserialize;
use tamis_core::barrier::{Applying, BarrierOperator, Decide, Merging, Parts};
use tamis_core::bind::{Scope, Steps};
use tamis_core::model::RoleKind;
use tamis_core::operator::{Bound, Context, OperatorConfig, OperatorSpec, Transform, Verdict};
use tamis_core::{Record, Schema, StepError, Type};

pub(crate) const REGISTRY: &[OperatorSpec] = &[
    OperatorSpec::of::<Ask>(),
    OperatorSpec::of::<Trim>(),
    OperatorSpec::of::<Require>(),
    OperatorSpec::of::<Choose>(),
    OperatorSpec::of::<Repeat>(),
    OperatorSpec::of::<Each>(),
    OperatorSpec::of::<Dedup>(),
    OperatorSpec::of::<Select>(),
    OperatorSpec::of::<Use>(),
    OperatorSpec::of::<Silent>(),
];

struct Nothing;

impl Transform for Nothing {
    fn apply(&self, _: &mut Record, _: &Context<'_>) -> Result<Verdict, StepError> {
        Ok(Verdict::Pass)
    }
}

/// Asks a model.
///
/// What comes back is kept in a field.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Ask {
    /// The role to ask.
    role: String,
    /// What to ask: a text, or a file of the recipe.
    prompt: String,
    /// The type of the answer.
    #[serde(default = "text")]
    returns: Type,
    /// The field for the answer.
    into: String,
    /// 0 = greedy.
    temperature: Option<f64>,
    /// How many answers.
    #[serde(default)]
    n: u32,
    /// Who judges.
    #[serde(default)]
    axes: Vec<Axis>,
}

fn text() -> Type {
    Type::Text
}

/// What is looked at.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Axis {
    /// Its name.
    name: String,
    /// How it is told.
    #[serde(default)]
    scale: Scale,
}

#[derive(Deserialize, schemars::JsonSchema, Default)]
#[serde(rename_all = "snake_case")]
enum Scale {
    /// one to five
    #[default]
    Five,
    /// yes or no
    Binary,
}

impl OperatorConfig for Ask {
    const NAME: &'static str = "chat.ask";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let _ = (self.temperature, self.n, self.axes.len());
        let role = scope.role("role", &self.role, RoleKind::Chat);
        let prompt = scope.template("prompt", &self.prompt);
        scope.write("into", &self.into, self.returns);
        role.zip(prompt)?;
        Bound::transform(Nothing)
    }
}

/// Takes blanks from both ends of a text.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Trim {
    /// the text
    from: String,
    /// the field for it
    #[serde(default = "trimmed")]
    into: String,
}

fn trimmed() -> String {
    "trimmed".to_string()
}

impl OperatorConfig for Trim {
    const NAME: &'static str = "text.trim";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let from = scope.read("from", &self.from, &Type::Text);
        scope.write("into", &self.into, Type::Text);
        from?;
        Bound::transform(Nothing)
    }
}

/// Lets only records through for which something holds.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Require {
    /// the condition
    that: String,
}

impl OperatorConfig for Require {
    const NAME: &'static str = "gate.require";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        scope.expression("that", &self.that)?;
        Bound::transform(Nothing)
    }
}

/// Goes on in one of several branches.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Choose {
    /// the field that decides
    by: String,
    /// the steps for each value
    cases: IndexMap<String, Steps>,
}

impl OperatorConfig for Choose {
    const NAME: &'static str = "choose.field";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        scope.read_any("by", &self.by)?;
        let schema = scope.schema().clone();
        let bound: Vec<_> = self.cases.keys().map(|case| scope.block(&format!("cases.{case}"), &schema)).collect();
        let branches: Vec<Schema> = bound.into_iter().collect::<Option<Vec<_>>>()?.into_iter().map(|b| b.1).collect();
        scope.join_branches("cases", &branches);
        Bound::transform(Nothing)
    }
}

/// Repeats steps.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Repeat {
    /// what to repeat
    steps: Steps,
}

impl OperatorConfig for Repeat {
    const NAME: &'static str = "repeat";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let _ = self.steps;
        let schema = scope.schema().clone();
        let step = scope.step.clone();
        let fed_back = scope.surroundings().probe("steps", &step, &schema);
        let (_, after) = scope.block("steps", &fed_back)?;
        scope.replace_schema(after);
        Bound::transform(Nothing)
    }
}

/// Works on each item of a list and gathers what comes out.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Each {
    /// the list
    over: String,
    /// the name of an item
    #[serde(rename = "as")]
    item: String,
    /// what to do with it
    steps: Steps,
    /// list to make, from which field of each item
    gather: BTreeMap<String, String>,
}

impl OperatorConfig for Each {
    const NAME: &'static str = "each";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let _ = self.steps;
        let list = scope.read_any("over", &self.over)?;
        let mut inner = scope.schema().clone();
        inner.set(self.item.as_str(), list.ty.element()?);
        let (_, after) = scope.block("steps", &inner)?;
        for (list, item) in &self.gather {
            let Some(field) = after.get(item) else {
                scope.problem(&format!("gather.{list}"), format!("no field `{item}` comes out of the steps"));
                return None;
            };
            scope.write("gather", list, Type::list(field.ty.clone()));
        }
        Bound::transform(Nothing)
    }
}

/// Keeps the first of equal records.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Dedup {
    /// the field that is compared
    by: String,
}

impl OperatorConfig for Dedup {
    const NAME: &'static str = "dedup.exact";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        scope.read_any("by", &self.by)?;
        Bound::barrier(Nothing)
    }
}

impl BarrierOperator for Nothing {
    type Summary = ();
    type Decision = ();

    fn map(&self, _: &[Record], _: &Context<'_>) -> ((), Vec<(usize, StepError)>) {
        ((), Vec::new())
    }

    fn merge(&self, _: &Parts<'_, ()>, _: &mut Decide<'_, ()>, _: &Merging<'_>) -> Result<(), StepError> {
        Ok(())
    }

    fn apply(&self, _: &mut Record, _: usize, (): &(), _: &Applying<'_>) -> Result<Verdict, StepError> {
        Ok(Verdict::Pass)
    }
}

/// Keeps the named fields only.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Select {
    /// the fields
    fields: Vec<String>,
}

impl OperatorConfig for Select {
    const NAME: &'static str = "shape.select";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let mut schema = Schema::new();
        for (i, name) in self.fields.iter().enumerate() {
            let found = scope.read_any(&format!("fields[{i}]"), name)?;
            schema.set(found.name, found.ty);
        }
        scope.replace_schema(schema);
        Bound::transform(Nothing)
    }
}

/// Uses another recipe as a step.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Use {
    /// the recipe
    recipe: String,
}

impl OperatorConfig for Use {
    const NAME: &'static str = "use";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let step = scope.step.clone();
        match scope.surroundings().recipe(&self.recipe, &step, &[]) {
            Ok(used) => {
                for (name, field) in used.output.iter() {
                    scope.write("recipe", name, field.clone());
                }
                Bound::transform(Nothing)
            }
            Err(why) => {
                scope.problem("recipe", why);
                None
            }
        }
    }
}

/// Fails without a word.
#[derive(Deserialize, schemars::JsonSchema)]
struct Silent {}

impl OperatorConfig for Silent {
    const NAME: &'static str = "bad.silent";

    fn bind(self, _: &mut Scope<'_>) -> Option<Bound> {
        None
    }
}
