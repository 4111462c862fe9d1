//! `each`

use futures::future::{BoxFuture, FutureExt, join_all};
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope, Steps};
use tamis_core::block::{self, Block, Outcome, Split};
use tamis_core::operator::{Bound, Context, OperatorConfig, Process, Verdict};
use tamis_core::template::{Expression, Vars};
use tamis_core::{Field, Name, Record, Schema, StepError, Type, Value};

use super::{fail, inside, reject, written};
use crate::fields::ListSource;
use crate::typing::framed;
use tamis_core::typing::fit;

/// Does the steps for each element of a list, all at once, and gathers what they make into a list.
///
/// For a question about each region, an answer to each question, a verdict on each sentence. Each element goes its way in
/// a record of its own that also has all fields of the outer one; only what is gathered comes back, in the order of the
/// list. An element that a gate rejects or that fails stays visible among the rejects and failures; the outer record goes
/// on without it.
///
/// Reads `over` and what the steps read, writes `into` (a list). Rejects with reason `too few items came back` when fewer
/// than `min` are gathered.
///
/// # Example
/// ```yaml example
/// step:
///   each:
///     over: names
///     as: name
///     steps:
///       - gate.require: { that: name != "nobody" }
///       - text.template: { template: "Where is {{ name }}?", into: question }
///     gather: question
///     into: questions
/// in: { names: [Ann, nobody, Bob] }
/// out: { questions: [Where is Ann?, Where is Bob?], name: null }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Each {
    /// The list: a field, or the name of a list in the recipe's data.
    over: String,
    /// The name of the element inside the steps.
    #[serde(rename = "as")]
    item: String,
    /// The name of the element's place in the list, from 0, inside the steps. Default: none.
    index_as: Option<String>,
    /// What is done with each element.
    #[expect(dead_code, reason = "bound through its place in the recipe")]
    steps: Steps,
    /// What comes back of each element: a field behind the steps, or an expression over the fields there.
    gather: String,
    /// The type of the gathered value where `gather` is an expression. Default: the field's type.
    #[serde(rename = "type")]
    ty: Option<Type>,
    /// The field of the outer record that receives the list.
    into: String,
    /// The least number of gathered items with which the record goes on. Default: 0.
    #[serde(default)]
    min: usize,
    /// What becomes of the record when an element fails: `drop` to go on without that element, or `fail`. Rejected
    /// elements are always left out. Default: `drop`.
    #[serde(default)]
    on_item_fail: OnItemFail,
}

/// What becomes of a record when an element of its list fails.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum OnItemFail {
    /// it goes on without that element
    #[default]
    Drop,
    /// it fails
    Fail,
}

impl OperatorConfig for Each {
    const NAME: &'static str = "each";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let (over, element) = ListSource::bind(scope, "over", &self.over)?;
        let (names, schema) = self.item_schema(scope, &over, element);
        let (item, index) = names?;
        let (block, behind) = scope.block("steps", &schema)?;
        let gather = self.gather(scope, &behind);
        let (gather, field) = gather?;
        let of = self.frame(scope, &block, field.of);
        let field = Field { ty: Type::list(field.ty), of: of? };
        let into = scope.write("into", &self.into, field)?;
        let (min, on_item_fail) = (self.min, self.on_item_fail);
        Bound::process(FanOut { over, item, index, block, gather, into, min, on_item_fail })
    }
}

type ItemNames = (Name, Option<Name>);

impl Each {
    /// The fields that the steps see.
    fn item_schema(&self, scope: &mut Scope<'_>, over: &ListSource, element: Type) -> (Option<ItemNames>, Schema) {
        let schema = scope.schema().clone();
        inside(scope, &schema, |inner| {
            let mut taken = false;
            for (at, name) in [("as", Some(&self.item)), ("index_as", self.index_as.as_ref())] {
                if let Some(name) = name.filter(|name| inner.schema().contains(name)) {
                    inner.problem(at, format!("`{name}` is a field already; inside the steps it would be hidden"));
                    taken = true;
                }
            }
            if self.index_as.as_ref() == Some(&self.item) {
                inner.problem("index_as", format!("`{}` is the element", self.item));
                taken = true;
            }
            let item = inner.write("as", &self.item, Field { ty: element, of: over.frame().cloned() });
            let index = match &self.index_as {
                Some(name) => Some(inner.write("index_as", name, Type::Int)?),
                None => None,
            };
            item.map(|item| (item, index)).filter(|_| !taken)
        })
    }

    /// What comes back of an item.
    fn gather(&self, scope: &mut Scope<'_>, behind: &Schema) -> Option<(Gather, Field)> {
        let name = self.gather.split('.').next().unwrap_or_default();
        let field =
            behind.contains(name) && !self.gather.contains(|c: char| !(c.is_alphanumeric() || "._-".contains(c)));
        let (gather, _) = inside(scope, behind, |inner| {
            if field || self.ty.is_none() {
                if !field
                    && Expression::compile(&self.gather).is_ok_and(|e| e.source().contains([' ', '|', '[', '{', '(']))
                {
                    inner.problem("type", format!("`{}` is an expression; say what type its value has", self.gather));
                    return None;
                }
                let found = inner.read_any("gather", &self.gather)?;
                if let Some(want) = self.ty.as_ref().filter(|want| !found.ty.fits(want)) {
                    inner.problem("type", format!("expected {want}, but `{}` is {}", self.gather, found.ty));
                    return None;
                }
                let field = Field { ty: found.ty.clone(), of: found.of.clone() };
                return Some((Gather::Field(found), field));
            }
            let ty = self.ty.clone()?;
            let expression = inner.expression("gather", &self.gather);
            let field = framed(inner, ty.clone(), None);
            Some((Gather::Expression(expression?, ty), field?))
        });
        gather
    }

    /// The image in whose grid the gathered geometry is: one that is the same outside.
    fn frame(&self, scope: &mut Scope<'_>, block: &Block, of: Option<Name>) -> Option<Option<Name>> {
        let Some(image) = of else { return Some(None) };
        if scope.schema().contains(&image) && !written(block).contains(&image) {
            return Some(Some(image));
        }
        let message =
            format!("what is gathered has coordinates in the grid of `{image}`, which stays inside the steps");
        scope.problem("gather", message);
        None
    }
}

struct FanOut {
    over: ListSource,
    item: Name,
    index: Option<Name>,
    block: Block,
    gather: Gather,
    into: Name,
    min: usize,
    on_item_fail: OnItemFail,
}

enum Gather {
    Field(FieldRef),
    Expression(Expression, Type),
}

impl Process for FanOut {
    fn run<'a>(&'a self, record: &'a mut Record, ctx: &'a Context<'a>) -> BoxFuture<'a, Result<Verdict, StepError>> {
        async move {
            let children = self.children(record, ctx)?;
            let ids = children.iter().map(|child| child.id).collect();
            let ways = children.into_iter().map(|child| block::run(&self.block.steps, child, ctx.host));
            let mut outcome = Outcome::default();
            for way in join_all(ways).await {
                outcome.append(way.map_err(StepError::Stop)?);
            }
            Ok(Verdict::Became(self.gathered(record, ids, outcome, ctx)))
        }
        .boxed()
    }

    fn waits(&self) -> bool {
        !block::never_waits(&self.block.steps)
    }
}

impl FanOut {
    fn children(&self, record: &Record, ctx: &Context<'_>) -> Result<Vec<Record>, StepError> {
        let child = |(i, item): (usize, &Value)| {
            let mut child = record.child(ctx.step, i as u32);
            child.set(&self.item, item.clone());
            if let Some(index) = &self.index {
                child.set(index, i as i64);
            }
            child
        };
        Ok(self.over.items(record)?.iter().enumerate().map(child).collect())
    }

    /// Brings the items that passed back into their record.
    fn gathered(
        &self,
        record: &Record,
        children: Vec<tamis_core::RecordId>,
        items: Outcome,
        ctx: &Context<'_>,
    ) -> Outcome {
        let (mut parent, told) = (record.clone(), record.story.len());
        let Outcome { passed, rejected, failed, splits, gathered } = items;
        let mut outcome = Outcome { passed: Vec::new(), rejected, failed, splits, gathered };
        let (mut values, mut gathered) = (Vec::new(), Vec::new());
        for item in passed {
            match self.gather.of(&item, ctx) {
                Ok(value) => {
                    gathered.push(item.id);
                    // What the items cost and went through is part of the record's story.
                    parent.story.extend(item.story.into_iter().skip(told));
                    values.push(value);
                }
                Err(error) => fail(&mut outcome, item, ctx, error, Some(self.into.clone())),
            }
        }
        let (step, count) = (ctx.step.to_string(), values.len());
        outcome.splits.push(Split { parent: record.id, step, children, gathered, parent_stays: true });
        let first_error = outcome.failed.first().map(|failed| failed.error.clone());
        match first_error.filter(|_| self.on_item_fail == OnItemFail::Fail) {
            Some(error) => {
                let error = format!("an item of `{}` failed: {error}", self.into);
                fail(&mut outcome, parent, ctx, error, Some(self.into.clone()));
            }
            None if count < self.min => {
                let number = |n: usize| Value::Int(n as i64);
                let values = vec![("items".into(), number(count)), ("min".into(), number(self.min))];
                reject(&mut outcome, parent, ctx, "too few items came back", values);
            }
            None => {
                parent.set(&self.into, Value::list(values));
                outcome.passed.push(parent);
            }
        }
        outcome
    }
}

impl Gather {
    fn of(&self, item: &Record, ctx: &Context<'_>) -> Result<Value, String> {
        match self {
            Gather::Field(field) => Ok(field.get(item).clone()),
            Gather::Expression(expression, ty) => {
                let value = expression.eval(&Vars::of(item, ctx))?;
                fit(value, ty).map_err(|error| format!("`{}`: {error}", expression.source()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, example, problems};

    const HALVES: &str = "
step:
  each:
    { over: l, as: x, index_as: i, steps: [ shape.compute: { into: y, value: 6 / x, type: int } ], gather: y, into: ys, OPTIONS }
in: { l: [1, 4, 2] }
";

    fn outcome(yaml: &str) -> tamis_core::block::Outcome {
        let example = example(yaml).unwrap();
        example.run(&example.bind().unwrap_or_else(|p| panic!("{p:?}")).0, 0).unwrap()
    }

    #[test]
    fn an_item_that_fails_is_left_out_and_stays_visible() {
        let outcome = outcome(&HALVES.replace("OPTIONS", "min: 2"));
        assert_eq!(outcome.passed[0].get("ys").unwrap().to_json(), serde_json::json!([6, 3]));
        assert!(outcome.failed[0].error.contains("expected int, found 1.5"));
        let split = &outcome.splits[0];
        assert!(split.parent_stays && split.children.len() == 3 && split.gathered.len() == 2);
        assert_eq!(split.children[1], outcome.failed[0].record.id);
    }

    #[test]
    fn the_record_fails_or_is_rejected_with_its_items_when_asked_for() {
        check(&format!("{}fails: an item of `ys` failed", HALVES.replace("OPTIONS", "on_item_fail: fail")));
        check(&format!("{}rejects: too few", HALVES.replace("OPTIONS", "min: 3")));
    }

    #[test]
    fn an_expression_is_gathered_with_its_type() {
        check(
            r#"
            step:
              each:
                over: topics
                as: topic
                steps: []
                gather: "{'topic': topic, 'length': topic | length}"
                type: "{topic: text, length: int}"
                into: rows
            data: { topics: [sea, city] }
            in: { id: 1 }
            out: { rows: [{ topic: sea, length: 3 }, { topic: city, length: 4 }] }
            "#,
        );
    }

    #[test]
    fn names_that_hide_a_field_and_expressions_without_a_type_are_problems() {
        let bad = |config: &str| {
            problems(&format!(
                "{{ step: {{ each: {{ over: l, steps: [], into: r, {config} }} }}, in: {{ l: [1], t: x }} }}"
            ))
        };
        assert!(bad("as: t, gather: t").contains("would be hidden"));
        assert!(bad("as: x, gather: x + 1").contains("say what type"));
        assert!(bad("as: x, gather: xx").contains("did you mean `x`"));
        assert!(bad("as: x, gather: x, min: -1").contains("each.min"));
    }

    #[test]
    fn boxes_are_gathered_in_the_grid_of_an_image_that_stays() {
        let yaml = "
step: { each: { over: l, as: x, steps: [], gather: x, into: r } }
types: { l: list<box> }
images: { i: 8x8 }
in: { l: [[1, 2, 3, 4]] }
out: { r: [[1, 2, 3, 4]] }";
        check(yaml);
        let (_, schema) = example(yaml).unwrap().bind().unwrap();
        assert_eq!(schema.get("r").unwrap().to_string(), "list<box> of i");
    }
}
