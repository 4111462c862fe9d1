//! Barriers on random records, for tests.

use std::fmt::Write;

use proptest::prelude::*;
use tamis_core::block::Block;
use tamis_core::operator::{Bound, Context};
use tamis_core::rng::Rng;
use tamis_core::testing::{LocalHost, record, through_barrier};
use tamis_core::{Name, Record, RecordId, Value};

use crate::testing::example;

/// A barrier bound for records of a schema.
pub(crate) struct Trial(pub(crate) Block);

/// What became of the records, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    /// those who stay, ascending
    pub(crate) kept: Vec<u64>,
    /// the others with reason and values, by number
    pub(crate) rejected: Vec<String>,
    /// those who failed, ascending
    pub(crate) failed: Vec<u64>,
    /// those who stay, in order
    pub(crate) passed: Vec<Record>,
}

impl Trial {
    /// Of a step for fields written as `name: type, name: type`.
    pub(crate) fn of(step: &str, fields: &str) -> Trial {
        let types = format!("{{ {} }}", fields.split(", ").map(quoted).collect::<Vec<_>>().join(", "));
        let example = example(&format!("{{ step: {step}, types: {types} }}")).unwrap();
        Trial(example.bind().unwrap_or_else(|problems| panic!("{}", problems.join("\n"))).0)
    }

    /// Takes records through, `size` to a part.
    pub(crate) fn run(&self, records: &[Vec<(&str, Value)>], size: usize) -> Ended {
        let records = records.iter().enumerate().map(|(i, fields)| record(i as u64, fields.clone())).collect();
        self.run_records(records, size)
    }

    /// The same for random rows.
    pub(crate) fn run_rows(&self, rows: &[Row], size: usize) -> Ended {
        self.run_records(rows.iter().map(Row::record).collect(), size)
    }

    fn run_records(&self, records: Vec<Record>, size: usize) -> Ended {
        let Bound::Barrier(barrier) = &self.0.steps[0].bound else { panic!("the step is no barrier") };
        let host = LocalHost::new(7);
        let ctx = Context { host: &host, step: &self.0.steps[0].id };
        let mut outcome = through_barrier(&**barrier, records, size, &ctx).unwrap();
        outcome.passed.sort_by_key(|record| record.root.ordinal);
        outcome.rejected.sort_by_key(|rejected| rejected.record.root.ordinal);
        let told = |reason: &str, values: &[(Name, Value)]| {
            let mut text = reason.to_string();
            values.iter().for_each(|(name, value)| write!(text, " {name}={}", value.to_json()).unwrap());
            text
        };
        let mut failed: Vec<u64> = outcome.failed.iter().map(|failed| failed.record.root.ordinal).collect();
        failed.sort_unstable();
        Ended {
            kept: outcome.passed.iter().map(|record| record.root.ordinal).collect(),
            rejected: outcome
                .rejected
                .iter()
                .map(|r| format!("{}: {}", r.record.root.ordinal, told(&r.reason, &r.values)))
                .collect(),
            failed,
            passed: outcome.passed,
        }
    }
}

fn quoted(field: &str) -> String {
    let (name, ty) = field.split_once(": ").unwrap();
    format!("{name}: \"{ty}\"")
}

/// A random record: the number of its input row, a kind, a score.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) ordinal: u64,
    pub(crate) kind: &'static str,
    pub(crate) score: i64,
}

impl Row {
    pub(crate) fn record(&self) -> Record {
        record(self.ordinal, [("kind", Value::text(self.kind)), ("score", self.score.into())])
    }

    pub(crate) fn id(&self) -> RecordId {
        self.record().id
    }
}

/// Up to 60 rows with many equal scores.
pub(crate) fn rows() -> impl Strategy<Value = Vec<Row>> {
    let kind = prop_oneof![4 => Just("a"), 2 => Just("b"), 1 => Just("c")];
    prop::collection::vec((kind, -6_i64..6), 0..60).prop_map(|rows| {
        rows.into_iter().enumerate().map(|(i, (kind, score))| Row { ordinal: i as u64, kind, score }).collect()
    })
}

/// The same rows in another order.
pub(crate) fn shuffled(rows: &[Row], seed: u64) -> Vec<Row> {
    let mut rows = rows.to_vec();
    Rng::keyed(seed, RecordId::input("shuffle"), "shuffle", &[]).shuffle(&mut rows);
    rows
}
