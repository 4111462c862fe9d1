//! Steps in a row: each is bound to the fields that the ones before it leave.

use std::collections::BTreeMap;
use std::sync::Arc;

use tamis_core::bind::Scope;
use tamis_core::block::Step;
use tamis_core::operator::{Bound, OperatorSpec};
use tamis_core::template::Expression;
use tamis_core::{Name, Schema};

use crate::diagnostic::Code;
use crate::node::{Kind, Node};
use crate::place::{OpenStep, Place, StepName, Written};
use crate::shape::Shape;
use crate::source::Span;

mod conditional;
mod follow_up;
mod setting;

use setting::Unset;

pub(crate) use follow_up::{Silent, mentions};

/// Where a list of steps stands.
pub(crate) struct Level {
    /// what the ids of its steps begin with
    prefix: String,
    /// whether all records come by, so that barriers may stand here
    top: bool,
}

impl Level {
    /// Behind the recipe's own `steps`.
    pub(crate) fn top() -> Level {
        Level { prefix: String::new(), top: true }
    }

    /// Inside an operator, or in a recipe used by another.
    pub(crate) fn nested(prefix: impl Into<String>) -> Level {
        Level { prefix: prefix.into(), top: false }
    }

    /// In place of an operator: a barrier may stand where the operator could have been one.
    pub(crate) fn in_place(prefix: impl Into<String>, top: bool) -> Level {
        Level { prefix: prefix.into(), top }
    }
}

/// Bound steps, each with the fields behind it.
pub(crate) struct BoundSteps {
    pub(crate) steps: Vec<(Step, Schema)>,
    /// whether every step was bound
    pub(crate) whole: bool,
    /// the fields behind the last step, broken ones included
    last: Option<Schema>,
}

impl BoundSteps {
    pub(crate) fn last_schema(&self) -> Option<&Schema> {
        self.last.as_ref()
    }
}

/// More steps than anybody writes; a bound for loops inside loops that are bound again and again.
const MOST_STEPS: usize = 20_000;

/// How often an operator stands in a list so far.
type Counts = BTreeMap<&'static str, usize>;

impl<'a> Place<'a> {
    /// Binds a list of steps for records of `schema`. What is wrong is told.
    pub(crate) fn steps(&self, list: &'a Node, schema: Schema, level: &Level) -> BoundSteps {
        let mut bound = BoundSteps { steps: Vec::new(), whole: true, last: None };
        let mut before = schema;
        let mut counts = Counts::new();
        let mut unset = Unset::default();
        let mut dead_end = None;
        let Kind::Seq(items) = &list.kind else { return BoundSteps { whole: false, ..bound } };
        for item in items {
            if self.too_many() {
                return BoundSteps { whole: false, ..bound };
            }
            self.unreachable(item, &mut dead_end);
            let (step, after) = match Shape::read(self, item) {
                Some(shape) => match self.decided(&shape) {
                    Some(false) => {
                        bound.whole &= self.left_out(&shape, item, &mut before, &mut unset, level, &mut counts);
                        bound.last = Some(before.clone());
                        continue;
                    }
                    decided => {
                        let shape = if decided.is_some() { shape.always() } else { shape };
                        dead_end = dead_end.or_else(|| shape.rejects_everything().then_some(shape.operator.key_span));
                        self.step(&shape, &before, level, &mut counts)
                    }
                },
                None => (None, before.clone()),
            };
            unset.forget(&before, &after);
            match step {
                Some(Step { bound: Bound::Sequence(steps), .. }) => bound.steps.extend(steps),
                Some(step) => bound.steps.push((step, after.clone())),
                None => {
                    self.silence(item);
                    bound.whole = false;
                }
            }
            bound.last = Some(after.clone());
            before = after;
        }
        bound
    }

    fn too_many(&self) -> bool {
        let bound = &self.folder.session.bound;
        bound.set(bound.get() + 1);
        if bound.get() >= MOST_STEPS {
            self.tell(Code::Shape, Span::default(), format!("the recipe has more than {MOST_STEPS} steps"), None);
        }
        bound.get() >= MOST_STEPS
    }

    /// Tells once that no record comes past the step at `dead_end`.
    fn unreachable(&self, item: &Node, dead_end: &mut Option<Span>) {
        if let Some(span) = dead_end.take() {
            let message = format!("no record comes here: the step on line {} rejects them all", self.line(span));
            self.warn(Code::Unreachable, item.span, message, None);
        }
    }

    fn step(&self, shape: &Shape<'a>, before: &Schema, level: &Level, counts: &mut Counts) -> (Option<Step>, Schema) {
        let id = self.id(shape, level, counts);
        self.folder.session.announce(&id);
        let line = self.line(shape.operator.key_span);
        // What has a condition or is tried again cannot hold a barrier, as it could not be one.
        let top = level.top && shape.when.is_none() && shape.retry == 0;
        let when = match self.condition(shape, before, &id) {
            Ok(when) => when,
            // The rest of the step is checked all the same.
            Err(()) => {
                let (_, after) = self.bind(shape, before, &id, top);
                return (None, after);
            }
        };
        let (found, after) = self.bind(shape, before, &id, top);
        let after = if when.is_some() { self.behind_condition(shape, before, after) } else { after };
        let Some((bound, writes)) = found else { return (None, after) };
        let barrier = matches!(bound, Bound::Barrier(_));
        if barrier && !self.may_be_barrier(shape, level) {
            return (None, after);
        }
        if let Bound::Sequence(_) = bound
            && (shape.when.is_some() || shape.retry > 0)
        {
            let message =
                format!("`{}` stands for several steps and cannot have a `when` or a `retry`", shape.spec.name);
            self.tell(Code::Step, shape.operator.key_span, message, Some("give them to the steps inside".into()));
            return (None, after);
        }
        let operator = shape.spec.name;
        let (retry, tally) = (shape.retry, Arc::default());
        let step = Step { id: id.into(), operator, bound, when, retry, writes, line, tally };
        if !matches!(step.bound, Bound::Sequence(_)) {
            self.folder.session.keep(&step, shape.operator.key_span.start, shape.spec.gate);
        }
        (Some(step), after)
    }

    fn may_be_barrier(&self, shape: &Shape<'a>, level: &Level) -> bool {
        let name = shape.spec.name;
        let span = shape.operator.key_span;
        if !level.top {
            let message = format!("`{name}` has to see all records and cannot stand inside another step");
            let help = "a barrier stands at the top level of the recipe, as a step of its own".to_string();
            self.tell(Code::Barrier, span, message, Some(help));
        } else if let Some(when) = shape.when {
            let message = format!("`{name}` has to see all records and cannot have a `when`");
            self.tell(Code::Barrier, when.span, message, None);
        } else if shape.retry > 0 {
            self.tell(Code::Barrier, span, format!("`{name}` has to see all records and cannot have a `retry`"), None);
        } else {
            return true;
        }
        false
    }

    /// The step's id: the written one, or the operator's name, numbered where it stands again among its siblings.
    fn id(&self, shape: &Shape<'a>, level: &Level, counts: &mut Counts) -> String {
        let prefix = &level.prefix;
        let span = shape.operator.key_span;
        if let Some((id, at)) = shape.id {
            let id = format!("{prefix}{id}");
            match self.take_id(&id, span) {
                None => return id,
                Some(other) => {
                    let message = format!("the id `{id}` is taken by the step on line {}", self.line(other));
                    self.tell(Code::StepId, at, message, Some("ids are unique in a recipe".to_string()));
                }
            }
        }
        loop {
            let count = counts.entry(shape.spec.name).or_insert(0);
            *count += 1;
            let number = if *count == 1 { String::new() } else { format!("#{count}") };
            let id = format!("{prefix}{}{number}", shape.spec.name);
            if self.take_id(&id, span).is_none() {
                return id;
            }
        }
    }

    /// Gives an id to the step at `span`; the step that has it already, if that is another one.
    fn take_id(&self, id: &str, span: Span) -> Option<Span> {
        let mut ids = self.ids.borrow_mut();
        let holder = *ids.entry(id.to_string()).or_insert(span);
        (holder != span).then_some(holder)
    }

    /// The step's `when`; an error if it was told.
    fn condition(&self, shape: &Shape<'a>, before: &Schema, id: &str) -> Result<Option<Expression>, ()> {
        let Some(node) = shape.when else { return Ok(None) };
        let source = match &node.kind {
            Kind::Text(text) => text.trim().to_string(),
            Kind::Bool(value) => value.to_string(),
            _ => {
                let help = "for example `when: captions | length > 1`".to_string();
                let message = format!("expected a condition behind `when`, found {}", node.describe());
                self.tell(Code::Shape, node.span, message, Some(help));
                return Err(());
            }
        };
        match source.as_str() {
            "true" => self.warn(Code::Unreachable, node.span, "`when` always holds", None),
            "false" => self.warn(Code::Unreachable, node.span, "`when` never holds: no record sees this step", None),
            _ => {}
        }
        let mut scope = Scope::new(id, before.clone(), self);
        let expression = scope.expression("when", &source);
        let (problems, reads, ..) = scope.finish();
        self.history.borrow_mut().reads.extend(reads);
        for problem in problems {
            self.tell_problem(shape, problem, &[], &[]);
        }
        expression.map(Some).ok_or(())
    }

    /// Binds the operator. `None` in the first place if something is wrong, which was told.
    fn bind(&self, shape: &Shape<'a>, before: &Schema, id: &str, top: bool) -> (Option<(Bound, Vec<Name>)>, Schema) {
        let config = &shape.operator.value;
        self.open.borrow_mut().push(OpenStep {
            id: id.to_string(),
            top,
            config,
            blocks: Vec::new(),
            files: Vec::new(),
            file_errors: Vec::new(),
        });
        let errors = self.folder.session.errors();
        let mut scope = Scope::new(id, before.clone(), self);
        let bound = (shape.spec.bind)(&config.to_json(), &mut scope);
        let (problems, reads, writes, after) = scope.finish();
        let Some(open) = self.open.borrow_mut().pop() else { return (None, after) };
        let whole = problems.is_empty();
        for problem in problems.into_iter().filter(|problem| !problem.message.is_empty()) {
            self.tell_problem(shape, problem, &open.files, &open.file_errors);
        }
        if bound.is_none() && whole && self.folder.session.errors() == errors {
            self.tell(
                Code::Step,
                shape.operator.key_span,
                format!("`{id}` cannot be built and does not say why"),
                None,
            );
        }
        self.remember(shape, id, &open, reads, before, &after);
        (bound.filter(|_| whole).map(|bound| (bound, writes)), after)
    }

    fn remember(
        &self,
        shape: &Shape<'a>,
        id: &str,
        open: &OpenStep<'a>,
        reads: Vec<Name>,
        before: &Schema,
        after: &Schema,
    ) {
        let span = shape.operator.key_span;
        let by = StepName { id: id.to_string(), line: self.line(span), span };
        let mut history = self.history.borrow_mut();
        history.reads.extend(reads);
        // What a nested step wrote may be taken up by the step around it, which names it in its options.
        if !open.blocks.is_empty() {
            history.reads.extend(mentions(open.config, &open.blocks).into_iter().map(|name| Name::from(name.as_str())));
        }
        for name in after.names().filter(|name| !before.contains(name)) {
            if !history.writes.iter().any(|written| written.name == *name) {
                history.writes.push(Written { name: name.clone(), by: by.clone() });
            }
        }
        for name in before.names().filter(|name| !after.contains(name)) {
            history.removes.insert(name.clone(), by.clone());
        }
    }
}

/// The operators of a registry by name.
pub(crate) fn operator<'r>(registry: &'r [OperatorSpec], name: &str) -> Option<&'r OperatorSpec> {
    registry.iter().find(|spec| spec.name == name)
}
