//! `rounds`

mod barrier;
mod guard;
mod memory;
mod turn;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{Scope, Steps};
use tamis_core::block::Step;
use tamis_core::operator::{Bound, OperatorConfig, OperatorSpec};
use tamis_core::{Field, Name, Schema, Type};

use self::barrier::GuardedBarrier;
use self::guard::Guard;
use self::memory::Memory;
use self::turn::Turn;
use super::schema::any_round;
use super::{inside, on_fail::Mishap};
use crate::shape::explode::ShapeExplode;

/// Does the steps a number of times over the whole data set; a record that does not get through a round falls back to
/// its last good version.
///
/// For evolving a data set: each round rewrites every record and keeps a rewrite only if it is better. A record that a
/// step of the round rejects, or that fails in it, is put back to what it was at the beginning of the round; the reason
/// is told in its story, it skips the rest of the round and takes part in the next. So the gates of a round decide about
/// the round, not about the record. With `fallback: false` they end the record as they do anywhere else.
///
/// At the top level of a recipe a round may hold barriers (deduplication, top-k, a hand-over to a trainer between two
/// rounds): all records finish the steps before it first. A record that fell back takes no part in the barriers of its
/// round. Inside other steps there are rounds without barriers.
///
/// What a round writes is there in the next; in the first round the fields that the steps themselves write first may be
/// missing. The ids of the steps begin with the round: `rounds/2/chat.ask`. Each round has randomness of its own. A step
/// that makes several records of one has no place in a round with a fallback. To loop until a condition holds, use
/// `repeat`.
///
/// Reads what the steps read; writes what they write, and the fields in `keep`. With a fallback, a field that only the
/// steps write may be missing behind the rounds. What the steps reject is rejected only without a fallback.
///
/// # Example
/// ```yaml example
/// step:
///   rounds:
///     count: 3
///     counter: round
///     keep: { text: versions }
///     steps:
///       - text.template: { template: "{{ text }}{{ round }}", into: text }
///       - gate.require: { that: round != 2, reason: no better than before }
/// in: { text: a }
/// out: { text: a13, versions: [a, a1, null, a13], round: null }
/// ```
///
/// Source: the rounds of evolution and elimination of MMEvol (arXiv:2409.05840), where there are three.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rounds {
    /// The number of rounds, 1 to 20.
    count: u32,
    /// The steps of a round.
    #[expect(dead_code, reason = "bound through its place in the recipe")]
    steps: Steps,
    /// Whether a record that does not get through a round is put back to what it was at its beginning: `true`, `false`,
    /// or a list of what is forgiven, `rejected` or `failed`. Default: `true`, which is both.
    #[serde(default)]
    fallback: Fallback,
    /// The name of the round's number, from 1, inside the steps. Default: none.
    counter: Option<String>,
    /// Fields whose versions are kept, each with the field that receives them: a list of the value before the first round
    /// and behind each, nothing where the round fell back. Default: none.
    #[serde(default)]
    keep: IndexMap<String, String>,
}

/// What sends a record back to the beginning of its round.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Fallback {
    /// rejections and failures, or nothing
    All(bool),
    /// these
    Some(Vec<Mishap>),
}

impl Default for Fallback {
    fn default() -> Fallback {
        Fallback::All(true)
    }
}

impl Fallback {
    fn on(&self, mishap: Mishap) -> bool {
        match self {
            Fallback::All(all) => *all,
            Fallback::Some(some) => some.contains(&mishap),
        }
    }

    fn forgives(&self) -> Forgives {
        Forgives { rejected: self.on(Mishap::Rejected), failed: self.on(Mishap::Failed) }
    }
}

/// What a record survives.
#[derive(Clone, Copy)]
struct Forgives {
    rejected: bool,
    failed: bool,
}

/// The steps of ours that make several records of one, told before anything runs; others are found when they do.
const SPLITTING: &[OperatorSpec] = &[OperatorSpec::of::<ShapeExplode>()];

impl OperatorConfig for Rounds {
    const NAME: &'static str = "rounds";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let bounded = (1..=20).contains(&self.count);
        if !bounded {
            scope.problem("count", format!("expected 1 to 20 rounds, found {}", self.count));
        }
        let counter = match &self.counter {
            Some(name) => Some(self.counter(scope, name)?),
            None => None,
        };
        let start = any_round(scope)?;
        let versions = self.versions(scope, &start);
        let start = if self.keep.is_empty() { start } else { any_round(scope)? };
        let plan = Rounding {
            memory: Memory::new(&scope.step),
            forgives: self.fallback.forgives(),
            counter,
            versions: versions?,
            start,
        };
        let count = if bounded { self.count } else { 1 };
        let steps = plan.bind(scope, count)?;
        bounded.then_some(Bound::Sequence(steps))
    }
}

impl Rounds {
    fn counter(&self, scope: &mut Scope<'_>, name: &str) -> Option<Name> {
        if scope.schema().contains(name) {
            scope.problem("counter", format!("`{name}` is a field already; inside the steps it would be hidden"));
            return None;
        }
        scope.write("counter", name, Type::Int)
    }

    /// The fields whose versions are kept, with the fields that receive them.
    fn versions(&self, scope: &mut Scope<'_>, start: &Schema) -> Option<Vec<(Name, Name)>> {
        let forgives = self.fallback.forgives();
        let mut versions = Vec::new();
        for (field, into) in &self.keep {
            let at = format!("keep.{field}");
            let (found, _) = inside(scope, start, |inner| inner.read_any(&at, field));
            let Some(found) = found else { continue };
            if !found.members.is_empty() {
                scope.problem(&at, format!("expected a whole field, found the member `{field}`"));
                continue;
            }
            if start.contains(into) {
                scope.problem(&at, format!("`{into}` is a field already; the versions would take its place"));
                continue;
            }
            let whole = !(forgives.rejected || forgives.failed);
            let ty = if whole { found.ty } else { Type::optional(found.ty) };
            let written = scope.write(&at, into, Field { ty: Type::list(ty), of: found.of });
            versions.extend(written.map(|into| (found.name, into)));
        }
        (versions.len() == self.keep.len()).then_some(versions)
    }
}

/// What all rounds of one step share while they are bound.
struct Rounding {
    memory: Memory,
    forgives: Forgives,
    counter: Option<Name>,
    versions: Vec<(Name, Name)>,
    /// the fields at the beginning of any round
    start: Schema,
}

impl Rounding {
    fn bind(&self, scope: &mut Scope<'_>, count: u32) -> Option<Vec<(Step, Schema)>> {
        let id = scope.step.clone();
        let mut steps = Vec::new();
        let mut behind = self.start.clone();
        let mut line = 0;
        for round in 1..=count {
            let inner = scope.sequence("steps", &format!("{id}/{round}/"), &self.start)?;
            let Some((_, last)) = inner.last() else {
                scope.problem("steps", "expected at least one step in a round, found none");
                return None;
            };
            behind = last.clone();
            line = inner[0].0.line;
            self.turn(&mut steps, format!("{id}/{round}"), line, round - 1, false, self.start.clone());
            let all: Vec<Schema> = inner.iter().map(|(_, schema)| schema.clone()).collect();
            for (step, schema) in inner {
                self.no_split(scope, &step);
                let schema = if self.falls_back() { self.memory.schema(&schema, &self.start, &all) } else { schema };
                steps.push((self.guarded(step, round), schema));
            }
        }
        self.still_there(scope, &behind);
        let mut end = if self.falls_back() { self.start.clone() } else { behind };
        if let Some(counter) = &self.counter {
            end.remove(counter);
        }
        self.turn(&mut steps, format!("{id}/end"), line, count, true, end.clone());
        scope.take_over(end);
        Some(steps)
    }

    fn falls_back(&self) -> bool {
        self.forgives.rejected || self.forgives.failed
    }

    /// What is done between two rounds, if there is anything to do.
    fn turn(&self, steps: &mut Vec<(Step, Schema)>, id: String, line: u32, done: u32, last: bool, schema: Schema) {
        if !self.falls_back() && self.counter.is_none() && self.versions.is_empty() {
            return;
        }
        let (memory, counter, versions) = (self.memory.clone(), self.counter.clone(), self.versions.clone());
        let turn = Turn { memory, counter, versions, done, last };
        let writes = turn.writes();
        let step = Step {
            id: id.into(),
            operator: Rounds::NAME,
            bound: Bound::Transform(Box::new(turn)),
            when: None,
            retry: 0,
            writes,
            line,
            tally: Default::default(),
        };
        steps.push((step, schema));
    }

    /// A step that sends back what it would reject or fail.
    fn guarded(&self, mut step: Step, round: u32) -> Step {
        if !self.falls_back() {
            return step;
        }
        let (memory, forgives) = (self.memory.clone(), self.forgives);
        if let Bound::Barrier(barrier) = step.bound {
            let (id, tally) = (step.id.clone(), step.tally.clone());
            step.bound = Bound::Barrier(Box::new(GuardedBarrier { barrier, memory, forgives, round, id, tally }));
            return step;
        }
        Step {
            id: step.id.clone(),
            operator: step.operator,
            when: None,
            retry: 0,
            writes: step.writes.clone(),
            line: step.line,
            // What the step did is in the tally of its own.
            tally: Default::default(),
            bound: Bound::Process(Box::new(Guard { step, memory, forgives, round })),
        }
    }

    fn no_split(&self, scope: &mut Scope<'_>, step: &Step) {
        if self.falls_back() && SPLITTING.iter().any(|spec| spec.name == step.operator) {
            let message = format!(
                "`{}` on line {} makes several records of one; which of them would fall back?",
                step.operator, step.line
            );
            let help = "do it before or behind the rounds, use `each` inside them, or say `fallback: false`";
            scope.problem_with_help("steps", message, help);
        }
    }

    fn still_there(&self, scope: &mut Scope<'_>, behind: &Schema) {
        let kept = self.versions.iter().flat_map(|(field, into)| [field, into]);
        let gone: Vec<Name> = kept.chain(&self.counter).filter(|name| !behind.contains(name)).cloned().collect();
        for name in gone {
            scope.problem("steps", format!("the steps take out `{name}`, which the rounds need"));
        }
    }
}

#[cfg(test)]
mod tests;
