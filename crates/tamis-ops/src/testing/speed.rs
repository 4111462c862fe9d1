//! How fast the text operators are: `cargo test --release -p tamis-ops speed -- --ignored --nocapture`.

use std::time::Instant;

use futures::executor::block_on;
use tamis_core::Value;
use tamis_core::block;
use tamis_core::testing::{LocalHost, record};

use super::example;

const TEN: &str = r#"
steps:
  - text.strip_phrases:
      { from: instruction, phrases: [answer directly, answer with a single word, no explanation needed, please] }
  - text.length: { from: instruction, min_words: 3, max_chars: 2000 }
  - text.repetition: { from: instruction }
  - text.contains: { from: reply, none_of: [as an ai, the caption says, bounding box, i cannot] }
  - text.parse_turns: { from: reply, into: turns }
  - gate.require: { that: turns | length >= 1, reason: no pair }
  - text.match: { from: instruction, pattern: '(?P<what>\w+)\?$', groups: { what: text }, otherwise: missing }
  - choose.share: { into: kind, shares: { short: 30, long: 70 } }
  - text.template: { template: "[{{ kind }}] {{ instruction }}", into: prompt }
  - shape.drop: { fields: [reply] }
in:
  instruction: "Look at the picture of the street. How many red cars are parked beside the house? Answer directly."
  reply: "Question:\nHow many cars are there?\n===\nAnswer:\nThere are two red cars beside the house.\n===\nQuestion:\nWhat colour is the door?\n===\nAnswer:\nThe door is green."
"#;

#[test]
#[ignore = "a measurement: cargo test --release -p tamis-ops --lib speed -- --ignored --nocapture"]
fn speed_of_ten_text_operators() {
    const RECORDS: u64 = 200_000;
    let example = example(TEN).unwrap();
    let (block, _) = example.bind().unwrap_or_else(|problems| panic!("{}", problems.join("\n")));
    let host = LocalHost::new(1);
    let fields: Vec<(tamis_core::Name, Value)> = example.records(0, &host).unwrap()[0].fields().to_vec();
    let time = |steps: &[block::Step]| {
        let begin = Instant::now();
        let mut passed = 0;
        for row in 0..RECORDS {
            let row = record(row, fields.clone());
            passed += block_on(block::run(steps, row, &host)).unwrap().passed.len();
        }
        assert!(passed > 0);
        begin.elapsed().as_secs_f64()
    };
    let all = time(&block.steps);
    for step in &block.steps {
        let counts = step.tally.counts();
        println!("{:<20} entered {} rejected {}", step.operator, counts.entered, counts.rejected);
    }
    println!("{:.0} operator applications a second", RECORDS as f64 * block.steps.len() as f64 / all);
    println!("{:.2} us a record without operators", time(&[]) / RECORDS as f64 * 1e6);
    let mut before = 0.0;
    for n in 1..=block.steps.len() {
        let until = time(&block.steps[..n]);
        println!("{:<20} {:.2} us", block.steps[n - 1].operator, (until - before) / RECORDS as f64 * 1e6);
        before = until;
    }
}

#[test]
#[ignore = "a measurement: cargo test --release -p tamis-ops --lib speed -- --ignored --nocapture"]
fn speed_of_deduplicating_a_million_records() {
    use crate::dedup::near::{Index, Rows};
    use crate::text::words::mix;

    const MILLION: u64 = 1_000_000;
    let all = [(vec![], MILLION), (vec![3], MILLION), (vec![4], MILLION), (vec![3, 4], MILLION), (vec![6], MILLION)];
    for (distances, count) in all.into_iter().chain([(vec![8], MILLION / 10), (vec![16], MILLION / 10)]) {
        let mut rows = Rows::new(distances.clone());
        // Texts repeat often, pictures seldom; one row in ten is near an earlier one.
        for row in 0..count {
            let original = if row % 10 == 9 { row - 9 } else { row };
            let bits =
                |key: usize| mix(mix(original + 1).wrapping_add(key as u64)) ^ u64::from(row % 10 == 9) << (row % 64);
            let exact = if distances.is_empty() { u128::from(original) } else { 0 };
            rows.push(exact, (0..distances.len()).map(bits));
        }
        let begin = Instant::now();
        let mut index = Index::new(&rows);
        let mut removed = 0;
        for row in 0..rows.len() {
            match index.first_alike(row) {
                Some(_) => removed += 1,
                None => index.insert(row),
            }
        }
        println!("distances {distances:?}: {removed} of {count} removed in {:.1} s", begin.elapsed().as_secs_f64());
    }
}
