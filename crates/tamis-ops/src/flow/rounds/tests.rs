//! Rounds in which nothing goes wrong, and all the ways in which something does.

use std::sync::Arc;

use tamis_core::operator::Context;
use tamis_core::record::StoryEvent;
use tamis_core::testing::{LocalHost, record, through_barrier};
use tamis_core::{Record, Value};

use super::barrier::GuardedBarrier;
use super::memory::Memory;
use super::{Forgives, Step};
use crate::testing::{check, example, problems};

const GROW: &str = "
step:
  rounds:
    count: 3
    counter: r
    steps:
      - shape.compute: { into: n, value: n * 10 + r, type: int }
      - STEP
    OPTIONS
in: { n: 0 }
";

fn grow(step: &str, options: &str) -> String {
    GROW.replace("STEP", step).replace("OPTIONS", options)
}

#[test]
fn a_record_falls_back_to_its_last_good_version_and_goes_on() {
    check(&format!("{}out: {{ n: 123 }}", grow("gate.require: { that: n > 0 }", "")));
    check(&format!("{}out: {{ n: 13 }}", grow("gate.require: { that: r != 2 }", "")));
    check(&format!("{}out: {{ n: 12 }}", grow("gate.require: { that: r < 3 }", "")));
    // A division by zero fails the record in round 2 only.
    check(&format!("{}out: {{ n: 13 }}", grow("shape.compute: { into: m, value: 2 / (r - 2), type: float }", "")));
}

#[test]
fn a_record_whose_every_round_fails_comes_out_as_it_went_in() {
    let yaml = "
step:
  rounds:
    count: 2
    keep: { n: ns }
    steps:
      - shape.compute: { into: n, value: n + 1, type: int }
      - text.template: { template: '{{ n }}', into: t }
      - shape.drop: { fields: [gone] }
      - gate.require: { that: n < 0 }
in: { n: 0, gone: here }
out: { n: 0, gone: here, t: null, ns: [0, null, null] }
";
    check(yaml);
    let example = example(yaml).unwrap();
    let outcome = example.run(&example.bind().unwrap().0, 0).unwrap();
    let record = &outcome.passed[0];
    let mut names: Vec<&str> = record.fields().iter().map(|(name, _)| &**name).collect();
    names.sort_unstable();
    assert_eq!(names, ["gone", "n", "ns"], "what was hidden is gone");
    let notes: Vec<_> = record.story.iter().map(|entry| (entry.step.as_str(), &entry.event)).collect();
    let note = |round| StoryEvent::Note(format!("back to the version before round {round}: `n < 0` does not hold"));
    assert_eq!(notes, [("rounds/1/gate.require", &note(1)), ("rounds/2/gate.require", &note(2))]);
}

#[test]
fn without_a_fallback_a_gate_ends_the_record() {
    check(&format!("{}rejects: '`r < 2`'", grow("gate.require: { that: r < 2 }", "fallback: false")));
    check(&format!("{}rejects: '`r < 2`'", grow("gate.require: { that: r < 2 }", "fallback: [failed]")));
    let failing = "shape.compute: { into: m, value: 2 / (r - 2), type: float }";
    check(&format!("{}fails: 2 / (r - 2)", grow(failing, "fallback: [rejected]")));
}

#[test]
fn the_fields_of_a_round_are_there_in_the_next_and_may_be_missing_behind() {
    let yaml = "
step:
  rounds:
    count: 2
    steps:
      - text.template: { template: '{% if t %}{{ t }}!{% else %}a{% endif %}', into: t }
in: { id: 1 }
out: { t: a! }
";
    check(yaml);
    let behind = |yaml: &str| example(yaml).unwrap().bind().unwrap().1.get("t").unwrap().ty.to_string();
    assert_eq!(behind(yaml), "text?");
    assert_eq!(behind(&yaml.replace("count: 2", "count: 2\n    fallback: false")), "text");
}

#[test]
fn conditions_tries_and_branches_work_inside_a_round() {
    check(
        r#"
        step:
          rounds:
            count: 2
            counter: r
            steps:
              - when: r == 2
                choose.when:
                  branches:
                    - { that: "true", name: only, steps: [ text.template: { template: "{{ t }}{{ r }}", into: t }, gate.require: { that: t != "x" } ] }
              - retry: 1
                chat.ask: { role: writer, prompt: "{{ t }}", returns: int, into: n }
        in: { t: a }
        replies: ["no number", "still none", "nor this", "and this", "5"]
        out: { t: a2, n: 5 }
        "#,
    );
}

#[test]
fn rounds_inside_rounds_fall_back_on_their_own() {
    let yaml = |inner: &str, outer: &str| {
        format!(
            "
step:
  rounds:
    count: 2
    counter: r
    steps:
      - rounds:
          count: 2
          counter: s
          steps:
            - text.template: {{ template: '{{{{ t }}}}{{{{ r }}}}{{{{ s }}}} ', into: t }}
            - gate.require: {{ that: {inner} }}
      - gate.require: {{ that: {outer} }}
in: {{ t: '' }}
"
        )
    };
    check(&format!("{}out: {{ t: '11 12 21 22 ' }}", yaml("'true'", "'true'")));
    check(&format!("{}out: {{ t: '12 22 ' }}", yaml("s > 1", "'true'")));
    check(&format!("{}out: {{ t: '22 ' }}", yaml("s > 1", "r > 1")));
}

#[test]
fn items_of_a_list_end_on_their_own_and_a_step_that_splits_is_refused() {
    let yaml = "
step:
  rounds:
    count: 1
    steps: [ each: { over: l, as: x, steps: [ gate.require: { that: x > 1 } ], gather: x, into: l } ]
in: { l: [1, 2] }
out: { l: [2] }
";
    check(yaml);
    let example = example(yaml).unwrap();
    assert_eq!(example.run(&example.bind().unwrap().0, 0).unwrap().rejected.len(), 1);
    let told =
        problems("{ step: { rounds: { count: 1, steps: [ shape.explode: { over: l, as: x } ] } }, in: { l: [1] } }");
    assert!(told.contains("several records of one"), "{told}");
    check(
        "
step:
  rounds:
    count: 1
    steps: [ choose.when: { branches: [ { that: 'true', name: a, steps: [ shape.explode: { over: l, as: x } ] } ] } ]
in: { l: [1, 2] }
fails: makes several records of one in a round
",
    );
}

#[test]
fn wrong_options_are_told_together() {
    let told = problems(
        "{ step: { rounds: { count: 0, keep: { m: ms }, steps: [ gate.require: { that: 'true' } ] } }, in: { n: 1 } }",
    );
    assert!(told.contains("1 to 20 rounds") && told.contains("no field `m`"), "{told}");
    let told = problems("{ step: { rounds: { count: 1, counter: n, steps: [] } }, in: { n: 1 } }");
    assert!(told.contains("`n` is a field already"), "{told}");
    let told = problems("{ step: { rounds: { count: 1, steps: [] } }, in: { n: 1 } }");
    assert!(told.contains("at least one step"), "{told}");
    let told = problems(
        "{ step: { each: { over: l, as: x, gather: x, into: l, steps: [ rounds: { count: 1, steps: [ dedup.keys: { keys: [ { exact: x } ] } ] } ] } }, in: { l: [1] } }",
    );
    assert!(told.contains("has to see all records"), "{told}");
}

/// The barrier of `rounds` around `dedup.keys`, with records of which some fell back before.
fn barrier(forgives: Forgives) -> (GuardedBarrier, Memory) {
    let yaml = "{ step: { dedup.keys: { keys: [ { exact: x } ] } }, in: [ { x: 1 } ] }";
    let (block, _) = example(yaml).unwrap().bind().unwrap();
    let step: Step = block.steps.into_iter().next().unwrap();
    let tamis_core::operator::Bound::Barrier(barrier) = step.bound else { panic!("no barrier") };
    let memory = Memory::new("rounds");
    let guard =
        GuardedBarrier { barrier, memory: memory.clone(), forgives, round: 1, id: step.id, tally: Arc::default() };
    (guard, memory)
}

fn rows(memory: &Memory, fallen: &[u64]) -> Vec<Record> {
    let row = |n: u64| {
        let mut record = record(n, [("x", Value::Int(n as i64 % 3))]);
        let mut state = memory.take(&mut record);
        state.fallen = fallen.contains(&n);
        memory.put(&mut record, state);
        record
    };
    (0..9).map(row).collect()
}

#[test]
fn a_barrier_does_not_see_who_fell_back_before_it() {
    let host = LocalHost::new(1);
    let ctx = Context { host: &host, step: "dedup.keys" };
    for size in [1, 2, 4, 9] {
        let (guard, memory) = barrier(Forgives { rejected: true, failed: true });
        let outcome = through_barrier(&guard, rows(&memory, &[0, 3, 5]), size, &ctx).unwrap();
        let mut fallen: Vec<u64> = Vec::new();
        for mut record in outcome.passed {
            if memory.take(&mut record).fallen {
                fallen.push(record.root.ordinal);
            }
        }
        // 0 and 3 are out, so 6 is the first of its kind; 4, 7 and 8 repeat 1 and 2.
        assert_eq!(fallen, [0, 3, 4, 5, 7, 8], "in parts of {size}");
        assert_eq!(guard.tally.counts().rejected, 3);
        let (guard, memory) = barrier(Forgives { rejected: false, failed: true });
        let outcome = through_barrier(&guard, rows(&memory, &[0, 3, 5]), size, &ctx).unwrap();
        let rejected: Vec<u64> = outcome.rejected.iter().map(|r| r.record.root.ordinal).collect();
        assert_eq!(rejected, [4, 7, 8]);
    }
}
