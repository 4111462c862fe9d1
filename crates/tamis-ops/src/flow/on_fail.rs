//! `route.on_fail`

use futures::future::{BoxFuture, FutureExt, join_all};
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{Scope, Steps};
use tamis_core::block::{self, Block, Outcome};
use tamis_core::operator::{Bound, Context, OperatorConfig, Process, Verdict};
use tamis_core::record::StoryEvent;
use tamis_core::{Name, Record, StepError, Type, Value};

use super::items;

/// Tries one path, and sends what it rejects down another: failed samples are promoted, not dropped.
///
/// For a cheap writer first and an expensive one for what the judge refused. A record that `steps` reject takes `else`
/// with the fields it had before `steps`; its story, and so its bill, keeps both paths. Where `steps` split a record, each
/// part that is rejected takes `else` with the fields of the whole.
///
/// Reads what the steps read, writes what they write (a field that only one path writes may be missing behind), and
/// `note_into` and `values_into` on the second path. What `else` rejects stays rejected.
///
/// # Example
/// ```yaml example
/// step:
///   route.on_fail:
///     steps:
///       - text.template: { template: "yes", into: answer }
///       - text.length: { from: answer, min_chars: 10 }
///     else:
///       - text.template: { template: "Yes, because the first answer was {{ why }}.", into: answer }
///     note_into: why
/// in: { id: 1 }
/// out: { answer: "Yes, because the first answer was too short.", why: too short }
/// ```
///
/// Source: the short and the long path of Bee (arXiv:2510.13795).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteOnFail {
    /// The path that every record tries.
    #[expect(dead_code, reason = "bound through its place in the recipe")]
    steps: Steps,
    /// What sends a record down `else`: `rejected`, `failed` or both. Default: `[rejected]`.
    #[serde(default = "rejected")]
    on: Vec<Mishap>,
    /// The other path.
    #[serde(rename = "else")]
    #[expect(dead_code, reason = "bound through its place in the recipe")]
    otherwise: Steps,
    /// The field that receives the reason or error on the other path. Default: none.
    note_into: Option<String>,
    /// The field that receives the values that decided, by name, on the other path; of a failure there are none. Default:
    /// none.
    values_into: Option<String>,
}

/// How a record can end before its path does.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Mishap {
    /// a gate rejected it
    Rejected,
    /// a step could not work on it
    Failed,
}

fn rejected() -> Vec<Mishap> {
    vec![Mishap::Rejected]
}

impl OperatorConfig for RouteOnFail {
    const NAME: &'static str = "route.on_fail";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        if self.on.is_empty() || (1..self.on.len()).any(|i| self.on[..i].contains(&self.on[i])) {
            scope.problem("on", "expected `rejected`, `failed` or both");
        }
        let before = scope.schema().clone();
        let first = scope.block("steps", &before);
        let note_into = match &self.note_into {
            Some(name) => Some(scope.write("note_into", name, Type::Text)?),
            None => None,
        };
        let values_into = match &self.values_into {
            Some(name) => Some(scope.write("values_into", name, Type::Json)?),
            None => None,
        };
        let with_note = scope.schema().clone();
        let second = scope.block("else", &with_note);
        let ((first, behind_first), (second, behind_second)) = (first?, second?);
        scope.join_branches("steps", &[behind_first, behind_second]);
        let on = |mishap| self.on.contains(&mishap);
        let (on_rejected, on_failed) = (on(Mishap::Rejected), on(Mishap::Failed));
        let whole = on_rejected || on_failed;
        Bound::process(Route { first, second, on_rejected, on_failed, note_into, values_into }).filter(|_| whole)
    }
}

struct Route {
    first: Block,
    second: Block,
    on_rejected: bool,
    on_failed: bool,
    note_into: Option<Name>,
    values_into: Option<Name>,
}

impl Process for Route {
    fn run<'a>(&'a self, record: &'a mut Record, ctx: &'a Context<'a>) -> BoxFuture<'a, Result<Verdict, StepError>> {
        async move {
            let mut outcome = block::run(&self.first.steps, record.clone(), ctx.host).await.map_err(StepError::Stop)?;
            let promoted = self.promoted(record, &mut outcome, ctx);
            let ways = promoted.into_iter().map(|record| block::run(&self.second.steps, record, ctx.host));
            for way in join_all(ways).await {
                outcome.append(way.map_err(StepError::Stop)?);
            }
            Ok(Verdict::Became(outcome))
        }
        .boxed()
    }

    fn waits(&self) -> bool {
        !(block::never_waits(&self.first.steps) && block::never_waits(&self.second.steps))
    }
}

impl Route {
    /// Takes the records out of the outcome that go the second way, as they were before the first.
    fn promoted(&self, before: &Record, outcome: &mut Outcome, ctx: &Context<'_>) -> Vec<Record> {
        // Items of a list that were left out are no mishap of the record: it went on without them.
        let items = items(outcome);
        let mut records = Vec::new();
        let mut promote = |ended: Record, reason: String, values: Vec<(Name, Value)>| {
            records.push(self.again(before, ended, (reason, values), ctx));
        };
        for rejected in std::mem::take(&mut outcome.rejected) {
            if self.on_rejected && !items.contains(&rejected.record.id) {
                promote(rejected.record, rejected.reason, rejected.values);
            } else {
                outcome.rejected.push(rejected);
            }
        }
        for failed in std::mem::take(&mut outcome.failed) {
            if self.on_failed && !items.contains(&failed.record.id) {
                promote(failed.record, failed.error, Vec::new());
            } else {
                outcome.failed.push(failed);
            }
        }
        records.sort_by(|a: &Record, b: &Record| a.path.cmp(&b.path));
        records
    }

    fn again(&self, before: &Record, ended: Record, why: (String, Vec<(Name, Value)>), ctx: &Context<'_>) -> Record {
        let (reason, values) = why;
        let mut record = before.clone();
        (record.id, record.path, record.story) = (ended.id, ended.path, ended.story);
        record.tell(ctx.step, StoryEvent::Branch("else".to_string()));
        record.tell(ctx.step, StoryEvent::Note(reason.clone()));
        if let Some(note) = &self.note_into {
            record.set(note, Value::text(reason));
        }
        if let Some(name) = &self.values_into {
            // Plain JSON is what the field holds: a picture among the values would be a handle that nobody keeps.
            record.set(name, Value::map(values.into_iter().map(|(n, v)| (n, Value::from_plain_json(&v.to_json())))));
        }
        record
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, example, problems};

    #[test]
    fn the_second_path_sees_nothing_of_the_first() {
        check(
            r#"
            step:
              route.on_fail:
                steps: [ text.template: { template: draft, into: answer }, gate.require: { that: "false" } ]
                else: [ text.template: { template: "{{ old }} kept", into: other } ]
            in: { old: text }
            out: { old: text, answer: null, other: text kept }
            "#,
        );
    }

    #[test]
    fn what_decided_is_known_on_the_second_path() {
        check(
            r#"
            step:
              route.on_fail:
                steps: [ text.length: { from: answer, min_words: 3 } ]
                else: []
                values_into: values
            in: { answer: too short }
            out: { values: { words: 2 } }
            "#,
        );
    }

    #[test]
    fn failures_take_the_second_path_only_when_asked_to() {
        let yaml = "
step:
  route.on_fail:
    steps: [ shape.compute: { into: n, value: n / 2, type: int } ]
    else: []
    note_into: why
    OPTIONS
in: { n: 3 }
";
        check(&format!("{}fails: expected int", yaml.replace("OPTIONS", "on: [rejected]")));
        check(&format!(
            "{}out: {{ n: 3, why: '`n / 2`: expected int, found 1.5' }}",
            yaml.replace("OPTIONS", "on: [failed]")
        ));
        assert!(problems(&yaml.replace("OPTIONS", "on: []")).contains("route.on_fail.on`"));
    }

    #[test]
    fn an_item_that_was_left_out_does_not_send_its_record_away() {
        let yaml = "
step:
  route.on_fail:
    steps: [ each: { over: l, as: x, steps: [ gate.require: { that: x > 1 } ], gather: x, into: kept } ]
    else: [ gate.require: { that: 'false' } ]
in: { l: [1, 2] }";
        let example = example(yaml).unwrap();
        let outcome = example.run(&example.bind().unwrap().0, 0).unwrap();
        assert_eq!((outcome.passed.len(), outcome.rejected.len()), (1, 1));
    }

    #[test]
    fn each_rejected_part_of_a_split_record_takes_the_second_path() {
        let yaml = "
step:
  route.on_fail:
    steps: [ shape.explode: { over: l, as: x }, gate.require: { that: x > 1 } ]
    else: [ text.template: { template: again, into: t } ]
in: { l: [1, 2, 0] }";
        let example = example(yaml).unwrap();
        let outcome = example.run(&example.bind().unwrap().0, 0).unwrap();
        let again = outcome.passed.iter().filter(|r| r.get("t").is_some()).count();
        assert_eq!((outcome.passed.len(), again, outcome.rejected.len()), (3, 2, 0));
    }
}
