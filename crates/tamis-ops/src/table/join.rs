//! `table.join`

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::Scope;
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Transform, Verdict};
use tamis_core::value::Fields;
use tamis_core::{Name, Record, StepError, Value};

use super::{Key, Taken};

/// Joins the rows of a table whose key is that of the record.
///
/// For captions, boxes or answers that lie in another file than the pictures. The table is declared in the recipe
/// (`tables`) and named with `--table` when it runs; its rows stay on disk and are looked up by key. `take` brings values
/// of the first matching row over, `collect` lists over all of them, in the order of the table.
///
/// Reads `key`, writes the fields in `take` and `collect`. A record without a row keeps its way with nothing and empty
/// lists, is rejected with reason `no row in the table`, or fails, as `missing` says.
///
/// # Example
/// ```yaml example
/// step: { table.join: { table: captions, key: id, take: { first: caption }, collect: { captions: caption } } }
/// tables:
///   captions: [ { id: a, caption: A cat. }, { id: b, caption: A dog. }, { id: a, caption: A cat sleeps. } ]
/// in: { id: a }
/// out: { first: A cat., captions: [A cat., A cat sleeps.] }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableJoin {
    /// The table.
    table: String,
    /// The field of the record: a text, a whole number or a bool.
    key: String,
    /// The field of the table that has to be equal. Default: the one of the same name.
    table_key: Option<String>,
    /// Our fields, each with the field of the first matching row that it receives. Default: none.
    #[serde(default)]
    take: IndexMap<String, String>,
    /// Our fields, each with the field of which it receives the values of all matching rows as a list. Default: none.
    #[serde(default)]
    collect: IndexMap<String, String>,
    /// The greatest number of rows in a list, 1 to 100000; further ones are left out. Default: 1000.
    #[serde(default = "most")]
    max: usize,
    /// What becomes of a record without a row: `keep`, `reject` or `fail`. Default: `keep`.
    #[serde(default)]
    missing: Missing,
}

/// What becomes of a record without a row.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Missing {
    /// it goes on without
    #[default]
    Keep,
    /// it is rejected
    Reject,
    /// it fails
    Fail,
}

fn most() -> usize {
    1000
}

impl OperatorConfig for TableJoin {
    const NAME: &'static str = "table.join";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let bounded = (1..=100_000).contains(&self.max);
        if !bounded {
            scope.problem("max", format!("expected 1 to 100000 rows, found {}", self.max));
        }
        let table = super::Bound::find(scope, "table", &self.table)?;
        let key = Key::bind(scope, &table, &self.key, self.table_key.as_deref());
        let taken = Taken::bind(scope, &table, &self.take, &self.collect, self.missing == Missing::Keep);
        let (table, missing) = (table.name, self.missing);
        let join = Join { table, key: key?, taken: taken?, max: self.max, missing };
        Bound::transform(join).filter(|_| bounded)
    }
}

struct Join {
    table: Name,
    key: Key,
    taken: Taken,
    max: usize,
    missing: Missing,
}

impl Transform for Join {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let rows = self.rows(record, ctx)?;
        if rows.is_empty() && self.missing != Missing::Keep {
            let (name, value) = self.key.value(record);
            if self.missing == Missing::Fail {
                let message = format!("no row of the table `{}` has `{name}` = {}", self.table, value.to_json());
                return Err(StepError::field(&name, message));
            }
            let values = [(name, value), ("table".into(), Value::text(&*self.table))];
            return Ok(Reject::because("no row in the table", values));
        }
        self.taken.put(record, &rows);
        Ok(Verdict::Pass)
    }
}

impl Join {
    /// The rows that match; none of a table that the run left out.
    fn rows(&self, record: &Record, ctx: &Context<'_>) -> Result<Vec<Fields>, StepError> {
        let Some(table) = ctx.host.table(&self.table) else { return Ok(Vec::new()) };
        let wanted = if self.taken.wants_all() { self.max } else { 1 };
        self.key.rows(record, &**table)?.iter().take(wanted).map(|row| table.row(*row)).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, example, problems};

    fn with(options: &str, id: &str) -> String {
        format!(
            "
step: {{ table.join: {{ table: notes, key: n, table_key: number, {options} }} }}
tables: {{ notes: [ {{ number: 1, note: one, more: 5 }}, {{ number: 2, note: two }} ] }}
types: {{ n: int? }}
in: {{ n: {id} }}
"
        )
    }

    #[test]
    fn a_record_without_a_row_goes_as_it_is_told() {
        check(&format!("{}out: {{ note: null, all: [] }}", with("take: { note: note }, collect: { all: note }", "7")));
        check(&format!("{}out: {{ note: null }}", with("take: { note: note }", "null")));
        check(&format!("{}rejects: no row in the table", with("take: { note: note }, missing: reject", "7")));
        check(&format!("{}fails: '`n` = 7'", with("take: { note: note }, missing: fail", "7")));
    }

    #[test]
    fn what_is_taken_is_optional_only_where_a_row_may_be_missing() {
        let ty = |options: &str| {
            let (_, schema) = example(&with(options, "1")).unwrap().bind().unwrap();
            schema.get("x").unwrap().ty.to_string()
        };
        assert_eq!(ty("take: { x: note }"), "text?");
        assert_eq!(ty("take: { x: note }, missing: fail"), "text");
        assert_eq!(ty("collect: { x: more }"), "list<int?>");
    }

    #[test]
    fn names_and_types_that_do_not_meet_are_problems() {
        assert!(problems(&with("take: { x: nots }", "1")).contains("no field `nots`; did you mean `note`"));
        assert!(problems(&with("max: 0, take: { x: note }", "1")).contains("1 to 100000"));
        assert!(problems(&with("max: 5", "1")).contains("at least one"));
        let told = problems(&with("take: { x: note }", "1").replace("table: notes", "table: note"));
        assert!(told.contains("no table is called `note`; did you mean `notes`"), "{told}");
        let told = problems(&with("take: { x: note }", "a").replace("int?", "text"));
        assert!(told.contains("`n` is text and `number` of the table is int"), "{told}");
    }
}
