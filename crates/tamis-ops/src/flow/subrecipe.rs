//! `use`

use futures::future::{BoxFuture, FutureExt};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use tamis_core::bind::{FieldRef, Scope, Subrecipe};
use tamis_core::block::{self, Block, Outcome};
use tamis_core::error::did_you_mean;
use tamis_core::operator::{Bound, Context, OperatorConfig, Process, Verdict};
use tamis_core::{Field, Name, Record, Schema, StepError, Type};

/// Uses another recipe as a step.
///
/// Its steps see only the fields they are given, and only the outputs that are asked for come back; the record keeps all
/// its own fields. Its roles are declared here too, under the same names.
///
/// Reads the fields in `with`, writes the fields in `into`. What its gates reject is rejected here, with their reasons.
///
/// # Example
/// ```yaml example
/// step: { use: { recipe: greet, with: { name: person }, set: { word: Hello }, into: { hello: greeting } } }
/// recipes:
///   greet:
///     params: { word: Hi }
///     inputs: { name: text }
///     steps: [ text.template: { template: "{{ word }} {{ name }}!", into: greeting } ]
///     output: { greeting: text }
/// in: { person: Ann }
/// out: { hello: "Hello Ann!", person: Ann, greeting: null }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Use {
    /// The other recipe: a name of the cookbook, or the path of a folder.
    recipe: String,
    /// Its inputs, each with the field of ours that it receives. Default: an input that is not named receives our field of
    /// the same name.
    #[serde(default)]
    with: IndexMap<String, String>,
    /// Its parameters, each with the value that it has here in place of its default. What it does not allow is told.
    #[serde(default)]
    set: IndexMap<String, Json>,
    /// Our fields, each with the output of the other recipe that it receives.
    into: IndexMap<String, String>,
}

impl OperatorConfig for Use {
    const NAME: &'static str = "use";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let set: Vec<(String, Json)> = self.set.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let bound = scope.surroundings().recipe(&self.recipe, &scope.step, &set);
        let Subrecipe { inputs, block, output, .. } = match bound {
            Ok(recipe) => recipe,
            Err(why) => {
                scope.problem("recipe", why);
                return None;
            }
        };
        let given = self.given(scope, &inputs);
        let taken = self.taken(scope, &inputs, &output);
        Bound::process(Detour { given: given?, block, taken: taken? })
    }
}

impl Use {
    /// The inputs of the other recipe with the fields of ours.
    fn given(&self, scope: &mut Scope<'_>, inputs: &Schema) -> Option<Vec<(Name, FieldRef)>> {
        let mut whole = true;
        for name in self.with.keys().filter(|name| !inputs.contains(name)) {
            let hint = did_you_mean(name, inputs.names().map(|n| &**n));
            scope.problem(&format!("with.{name}"), format!("`{}` has no input `{name}`{hint}", self.recipe));
            whole = false;
        }
        let mut given: Vec<(Name, FieldRef)> = Vec::new();
        for (name, input) in inputs.iter() {
            let (at, ours) = match self.with.get(&**name) {
                Some(ours) => (format!("with.{name}"), ours.as_str()),
                None if scope.schema().contains(name) => ("with".to_string(), &**name),
                None if input.ty.is_optional() => continue,
                None => {
                    scope.problem("with", format!("`{}` needs its input `{name}` ({})", self.recipe, input.ty));
                    whole = false;
                    continue;
                }
            };
            match scope.read(&at, ours, &input.ty) {
                Some(field) => given.push((name.clone(), field)),
                None => whole = false,
            }
        }
        for (name, field) in &given {
            whole &= same_grid(scope, inputs, &given, name, field);
        }
        whole.then_some(given)
    }

    /// Our fields with the outputs of the other recipe.
    fn taken(&self, scope: &mut Scope<'_>, inputs: &Schema, output: &Schema) -> Option<Vec<(Name, Name)>> {
        if self.into.is_empty() {
            scope.problem("into", "expected at least one `our_field: their_output`, found none");
            return None;
        }
        let mut taken = Vec::new();
        for (ours, theirs) in &self.into {
            let at = format!("into.{ours}");
            let Some(field) = output.get(theirs) else {
                let hint = did_you_mean(theirs, output.names().map(|n| &**n));
                scope.problem(&at, format!("`{}` has no output `{theirs}`{hint}", self.recipe));
                continue;
            };
            let of = match &field.of {
                Some(image) => Some(self.our_image(scope, &at, inputs, image)?),
                None => None,
            };
            let into = scope.write(&at, ours, Field { ty: field.ty.clone(), of });
            taken.extend(into.map(|into| (into, Name::from(theirs.as_str()))));
        }
        (taken.len() == self.into.len()).then_some(taken)
    }

    /// Our name for an image of the other recipe.
    fn our_image(&self, scope: &mut Scope<'_>, at: &str, inputs: &Schema, image: &str) -> Option<Name> {
        let output = self.into.iter().find(|(_, theirs)| *theirs == image).map(|(ours, _)| ours.as_str());
        let input = || inputs.contains(image).then(|| self.with.get(image).map_or(image, String::as_str));
        let ours = output.or_else(input);
        if ours.is_none() {
            scope.problem(at, format!("its coordinates are in the grid of `{image}`, which is not taken over"));
        }
        ours.map(Name::from)
    }
}

/// Whether geometry goes over together with the image in whose grid it is.
fn same_grid(scope: &mut Scope<'_>, inputs: &Schema, given: &[(Name, FieldRef)], name: &str, field: &FieldRef) -> bool {
    let theirs = inputs.get(name).and_then(|input| input.of.as_ref());
    let Some((image, (_, ours))) = theirs.and_then(|image| Some((image, given.iter().find(|(n, _)| n == image)?)))
    else {
        return true;
    };
    if field.of.as_ref() == Some(&ours.name) && ours.ty == Type::Image {
        return true;
    }
    let found = field.of.as_deref().unwrap_or("no image");
    let message =
        format!("`{name}` has to be in the grid of `{}` (its `{image}`), but is in that of {found}", ours.name);
    scope.problem(&format!("with.{name}"), message);
    false
}

struct Detour {
    given: Vec<(Name, FieldRef)>,
    block: Block,
    taken: Vec<(Name, Name)>,
}

impl Process for Detour {
    fn run<'a>(&'a self, record: &'a mut Record, ctx: &'a Context<'a>) -> BoxFuture<'a, Result<Verdict, StepError>> {
        async move {
            let mut inner = record.clone();
            inner
                .set_fields(self.given.iter().map(|(name, field)| (name.clone(), field.get(record).clone())).collect());
            let mut outcome = block::run(&self.block.steps, inner, ctx.host).await.map_err(StepError::Stop)?;
            self.back(record, &mut outcome);
            Ok(Verdict::Became(outcome))
        }
        .boxed()
    }

    fn waits(&self) -> bool {
        !block::never_waits(&self.block.steps)
    }
}

impl Detour {
    /// Gives all records our fields back: with the outputs where they passed, as they were where they did not.
    fn back(&self, ours: &Record, outcome: &mut Outcome) {
        for record in &mut outcome.passed {
            let inner = std::mem::replace(record, ours.clone());
            for (into, output) in &self.taken {
                record.set(into, inner.get(output).cloned().unwrap_or_default());
            }
            (record.id, record.path, record.story) = (inner.id, inner.path, inner.story);
        }
        let rejected = outcome.rejected.iter_mut().map(|rejected| &mut rejected.record);
        for record in rejected.chain(outcome.failed.iter_mut().map(|failed| &mut failed.record)) {
            let mut fields = ours.fields().to_vec();
            fields.extend(record.fields().iter().filter(|(name, _)| ours.get(name).is_none()).cloned());
            record.set_fields(fields);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, problems};

    fn with(step: &str) -> String {
        format!(
            "
step: {{ use: {{ recipe: longer, {step} }} }}
recipes:
  longer:
    inputs: {{ text: text, n: int? }}
    steps: [ text.length: {{ from: text, min_chars: 3 }}, text.template: {{ template: '{{{{ text }}}}!', into: out }} ]
    output: {{ out: text }}
in: {{ text: ab, other: abc }}
"
        )
    }

    #[test]
    fn an_input_of_the_same_name_need_not_be_named_and_a_rejected_record_is_ours() {
        check(&format!("{}rejects: too short", with("into: { text: out }")));
        check(&format!("{}out: {{ text: ab, other: abc! }}", with("with: { text: other }, into: { other: out }")));
    }

    #[test]
    fn parameters_are_set_to_values_that_they_may_have() {
        let with = |set: &str| {
            format!(
                "
step: {{ use: {{ recipe: few, set: {{ {set} }}, into: {{ out: out }} }} }}
recipes:
  few:
    params: {{ n: {{ default: 1, at_least: 1, at_most: 9 }}, tone: {{ default: plain, one_of: [plain, loud] }} }}
    inputs: {{ text: text }}
    steps: [ text.template: {{ template: '{{{{ text }}}} {{{{ n + 1 }}}} {{{{ tone }}}}', into: out }} ]
    output: {{ out: text }}
in: {{ text: a }}
"
            )
        };
        check(&format!("{}out: {{ out: a 6 loud }}", with("n: 5, tone: loud")));
        assert!(problems(&with("n: 10")).contains("expected at most 9, found 10"));
        assert!(problems(&with("n: '5'")).contains("expected a whole number"));
        assert!(problems(&with("tone: lout")).contains("expected one of plain, loud, found lout; did you mean `loud`"));
        assert!(problems(&with("m: 1")).contains("has no parameter `m`"));
    }

    #[test]
    fn names_that_the_other_recipe_lacks_are_problems_with_suggestions() {
        let told = problems(&with("with: { txet: other }, into: { x: outt }"));
        assert!(told.contains("no input `txet`; did you mean `text`"), "{told}");
        assert!(told.contains("no output `outt`; did you mean `out`"), "{told}");
        assert!(problems(&with("with: { n: other }, into: { x: out }")).contains("expected int?"));
        let told = problems("{ step: { use: { recipe: none, into: { x: y } } }, in: { a: 1 } }");
        assert!(told.contains("no recipe is called `none`"), "{told}");
    }
}
