//! `repeat`

use futures::future::{BoxFuture, FutureExt, join_all};
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{Scope, Steps};
use tamis_core::block::{self, Block, Outcome};
use tamis_core::operator::{Bound, Context, OperatorConfig, Process, Verdict};
use tamis_core::record::StoryEvent;
use tamis_core::template::{Expression, Vars};
use tamis_core::{Name, Record, StepError, Value};

use super::schema::any_round;
use super::{fail, inside, items, reject};

/// Does the steps again until a condition holds, at most a number of times.
///
/// For writing with a critic: what a round writes is there in the next, so that the critique of round 1 stands in the
/// prompt of round 2. In the first round the fields that the steps themselves write first may be missing; a prompt says
/// `{% if critique %}...{% endif %}`. Each round has randomness of its own.
///
/// Reads what the steps read, writes what they write. A record for which `until` never holds goes on as the last round
/// left it, or is rejected or fails, as `on_exhausted` says. How many rounds it took is told in the record's story.
///
/// # Example
/// ```yaml example
/// step:
///   repeat:
///     steps:
///       - text.template: { template: "{% if draft %}{{ draft }}!{% else %}Hello{% endif %}", into: draft }
///     until: draft | length >= 7
///     max: 5
/// in: { id: 1 }
/// out: { draft: "Hello!!" }
/// ```
///
/// Source: iterative refinement as in InterSyn (arXiv:2506.09427), where K = 3.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// The steps of a round.
    #[expect(dead_code, reason = "bound through its place in the recipe")]
    steps: Steps,
    /// The condition that ends the loop, looked at behind each round.
    until: String,
    /// The greatest number of rounds, 1 to 100.
    max: u32,
    /// What becomes of a record for which the condition does not hold after `max` rounds: `keep`, `reject` or `fail`.
    /// Default: `keep`.
    #[serde(default)]
    on_exhausted: OnExhausted,
    /// The reason or error for `reject` and `fail`. Default: that the condition does not hold after so many rounds.
    reason: Option<String>,
}

/// What becomes of a record when the rounds are used up.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum OnExhausted {
    /// it goes on as the last round left it
    #[default]
    Keep,
    /// it is rejected
    Reject,
    /// it fails
    Fail,
}

impl OperatorConfig for Repeat {
    const NAME: &'static str = "repeat";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let bounded = (1..=100).contains(&self.max);
        if !bounded {
            scope.problem("max", format!("a loop without a bound: expected 1 to 100 rounds, found {}", self.max));
        }
        if self.reason.is_some() && self.on_exhausted == OnExhausted::Keep {
            let help = "say `on_exhausted: reject` or `on_exhausted: fail`";
            scope.problem_with_help("reason", "nothing is rejected here that could have a reason", help);
            return None;
        }
        let before = any_round(scope)?;
        let (block, behind) = scope.block("steps", &before)?;
        let (until, _) = inside(scope, &behind, |inner| inner.expression("until", &self.until));
        let until = until?;
        let shown =
            until.names().iter().filter(|name| behind.contains(name)).map(|name| name.as_str().into()).collect();
        scope.take_over(behind);
        let reason = self.reason.unwrap_or_else(|| format!("`{}` does not hold after {} rounds", self.until, self.max));
        let operator = Loop { block, until, max: self.max, on_exhausted: self.on_exhausted, shown, reason };
        Bound::process(operator).filter(|_| bounded)
    }
}

struct Loop {
    block: Block,
    until: Expression,
    max: u32,
    on_exhausted: OnExhausted,
    shown: Vec<Name>,
    reason: String,
}

impl Process for Loop {
    fn run<'a>(&'a self, record: &'a mut Record, ctx: &'a Context<'a>) -> BoxFuture<'a, Result<Verdict, StepError>> {
        async move {
            let depth = record.visits.len();
            let mut all = Outcome::default();
            // Steps that split a record let each part go through rounds of its own.
            let mut going = vec![record.clone()];
            for round in 0..self.max {
                let ways = going.drain(..).map(|mut record| {
                    record.visits.truncate(depth);
                    record.visits.push(round);
                    block::run(&self.block.steps, record, ctx.host)
                });
                for way in join_all(ways.collect::<Vec<_>>()).await {
                    let mut outcome = way.map_err(StepError::Stop)?;
                    let passed = std::mem::take(&mut outcome.passed);
                    all.append(outcome);
                    for mut record in passed {
                        record.visits.truncate(depth);
                        match self.until.holds(&Vars::of(&record, ctx)) {
                            Ok(true) => all.passed.push(told(record, round + 1, "", ctx)),
                            Ok(false) => going.push(record),
                            Err(error) => fail(&mut all, record, ctx, error, None),
                        }
                    }
                }
            }
            going.into_iter().for_each(|record| self.exhausted(&mut all, record, ctx));
            let items = items(&all);
            for record in
                all.rejected.iter_mut().map(|r| &mut r.record).chain(all.failed.iter_mut().map(|f| &mut f.record))
            {
                if !items.contains(&record.id) {
                    record.visits.truncate(depth);
                }
            }
            Ok(Verdict::Became(all))
        }
        .boxed()
    }

    fn waits(&self) -> bool {
        !block::never_waits(&self.block.steps)
    }
}

fn told(mut record: Record, rounds: u32, how: &str, ctx: &Context<'_>) -> Record {
    let plural = if rounds == 1 { "" } else { "s" };
    record.tell(ctx.step, StoryEvent::Note(format!("{rounds} round{plural}{how}")));
    record
}

impl Loop {
    fn exhausted(&self, all: &mut Outcome, record: Record, ctx: &Context<'_>) {
        let record = told(record, self.max, ", and the condition did not hold", ctx);
        match self.on_exhausted {
            OnExhausted::Keep => all.passed.push(record),
            OnExhausted::Fail => fail(all, record, ctx, self.reason.clone(), None),
            OnExhausted::Reject => {
                let value = |name: &Name| (name.clone(), record.get(name).cloned().unwrap_or(Value::Null));
                let values = self.shown.iter().map(value).collect();
                reject(all, record, ctx, &self.reason, values);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tamis_core::record::StoryEvent;

    use crate::testing::{check, example, problems};

    const COUNT: &str = "
step: { repeat: { steps: [ shape.compute: { into: n, value: n + 1, type: int } ], until: n >= 3, OPTIONS } }
in: { n: 0 }
";

    #[test]
    fn rounds_end_when_the_condition_holds_or_the_bound_is_reached() {
        check(&format!("{}out: {{ n: 3 }}", COUNT.replace("OPTIONS", "max: 5")));
        check(&format!("{}out: {{ n: 2 }}", COUNT.replace("OPTIONS", "max: 2")));
        check(&format!(
            "{}rejects: '`n >= 3` does not hold after 2 rounds'",
            COUNT.replace("OPTIONS", "max: 2, on_exhausted: reject")
        ));
        check(&format!("{}fails: gave up", COUNT.replace("OPTIONS", "max: 2, on_exhausted: fail, reason: gave up")));
    }

    #[test]
    fn the_number_of_rounds_is_told_in_the_story() {
        let example = example(&COUNT.replace("OPTIONS", "max: 5")).unwrap();
        let outcome = example.run(&example.bind().unwrap().0, 0).unwrap();
        let record = &outcome.passed[0];
        assert_eq!(record.story[0].event, StoryEvent::Note("3 rounds".into()));
        assert!(record.visits.is_empty());
    }

    #[test]
    fn a_critique_is_fed_back_and_may_be_missing_in_the_first_round() {
        check(
            r#"
            step:
              repeat:
                steps:
                  - text.template: { template: "draft{% if critique %} without {{ critique }}{% endif %}", into: draft }
                  - text.template: { template: "{{ draft | length }} letters", into: critique }
                until: "'without' in draft"
                max: 3
            in: { id: 1 }
            out: { draft: draft without 5 letters }
            "#,
        );
        let told = problems(
            r#"
            step:
              repeat:
                steps:
                  - text.length: { from: critique, min_words: 1 }
                  - text.template: { template: x, into: critique }
                until: "true"
                max: 3
            in: { id: 1 }
            "#,
        );
        assert!(told.contains("`critique` is text?"), "{told}");
    }

    #[test]
    fn every_round_draws_afresh() {
        let yaml = "
step:
  repeat:
    steps: [ choose.pick: { from: [a, b, c, d, e, f, g, h], into: k }, shape.compute: { into: all, value: all + k, type: text } ]
    until: all | length == 8
    max: 8
in: { all: '' }";
        let example = example(yaml).unwrap();
        let outcome = example.run(&example.bind().unwrap().0, 0).unwrap();
        let all = outcome.passed[0].get("all").unwrap().as_text().unwrap().to_string();
        let different: std::collections::BTreeSet<char> = all.chars().collect();
        assert!(all.len() == 8 && different.len() > 1, "{all}");
    }

    #[test]
    fn a_loop_without_a_bound_is_a_problem() {
        assert!(problems(&COUNT.replace("OPTIONS", "max: 0")).contains("without a bound"));
        assert!(problems(&COUNT.replace("OPTIONS", "max: 101")).contains("without a bound"));
        assert!(problems(&COUNT.replace(", OPTIONS", "")).contains("max"));
        assert!(problems(&COUNT.replace("OPTIONS", "max: 1, reason: x")).contains("on_exhausted"));
    }

    #[test]
    fn a_field_that_changes_its_type_from_round_to_round_is_a_problem() {
        let told = problems(
            "{ step: { repeat: { steps: [ shape.compute: { into: n, value: '\"x\"', type: text } ], until: 'true', max: 2 } }, in: { n: 0 } }",
        );
        assert!(told.contains("`n` is int in the first round and text in the second"), "{told}");
    }
}
