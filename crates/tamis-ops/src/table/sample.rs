//! `table.sample`

use std::collections::HashSet;
use std::sync::OnceLock;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::Scope;
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::rng::Rng;
use tamis_core::table::Table;
use tamis_core::value::Fields;
use tamis_core::{Name, Record, StepError, Type};

use super::{Key, Taken};

/// Draws rows of a table at random for each record.
///
/// For personas, topics, taxonomies and few-shot examples. The rows of one record are different ones; records draw
/// independently of each other. With `weight`, rows are drawn in proportion to a column; with `key`, only among the rows
/// whose key is that of the record.
///
/// Reads `key`, writes the fields in `take` (of the first row drawn) and `collect` (lists over all of them, in the order of
/// the draw). A record fails if there are fewer rows than `n`.
///
/// # Example
/// ```yaml example
/// step: { table.sample: { table: topics, n: 2, key: field, collect: { topics: topic } } }
/// tables:
///   topics: [ { field: art, topic: oil }, { field: art, topic: ink }, { field: maths, topic: sets } ]
/// in: { field: art }
/// out: { topics: [ink, oil] }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableSample {
    /// The table.
    table: String,
    /// How many rows, 1 to 10000. Default: 1.
    #[serde(default = "one")]
    n: usize,
    /// The column with the weights, numbers of at least 0. Default: all rows alike.
    weight: Option<String>,
    /// A field of the record: only rows with the same key are drawn. Default: all rows.
    key: Option<String>,
    /// The field of the table that has to be equal. Default: the one of the same name.
    table_key: Option<String>,
    /// Our fields, each with the field of the first row that it receives. Default: none.
    #[serde(default)]
    take: IndexMap<String, String>,
    /// Our fields, each with the field of which it receives the values of all rows as a list. Default: none.
    #[serde(default)]
    collect: IndexMap<String, String>,
}

fn one() -> usize {
    1
}

impl OperatorConfig for TableSample {
    const NAME: &'static str = "table.sample";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let bounded = (1..=10_000).contains(&self.n);
        if !bounded {
            scope.problem("n", format!("expected 1 to 10000 rows, found {}", self.n));
        }
        if self.key.is_none() && self.table_key.is_some() {
            scope.problem("table_key", "`table_key` needs `key`, the field of the record");
            return None;
        }
        let table = super::Bound::find(scope, "table", &self.table)?;
        let key = self.key.as_ref().map(|key| Key::bind(scope, &table, key, self.table_key.as_deref()));
        let weight = match &self.weight {
            Some(name) => {
                let (name, field) = table.field(scope, "weight", name)?;
                if !field.ty.fits(&Type::Float) {
                    scope.problem("weight", format!("expected numbers, but `{name}` of the table is {}", field.ty));
                    return None;
                }
                Some(name)
            }
            None => None,
        };
        let taken = Taken::bind(scope, &table, &self.take, &self.collect, false)?;
        let key = match key {
            Some(key) => Some(key?),
            None => None,
        };
        let sample = Sample { table: table.name, n: self.n, weight, key, taken, all: OnceLock::new() };
        Bound::transform(sample).filter(|_| bounded)
    }
}

struct Sample {
    table: Name,
    n: usize,
    weight: Option<Name>,
    key: Option<Key>,
    taken: Taken,
    /// the weights of the whole table, summed up row by row; the table is the same for all records
    all: OnceLock<Result<Vec<f64>, StepError>>,
}

impl Transform for Sample {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let not_given = || StepError::failed(format!("the table `{}` was not given", self.table));
        let table = &**ctx.host.table(&self.table).ok_or_else(not_given)?;
        let among = self.key.as_ref().map(|key| key.rows(record, table)).transpose()?;
        let count = among.as_ref().map_or(table.len(), |rows| rows.len() as u64);
        if count < self.n as u64 {
            let whose = self.key.as_ref().map_or(String::new(), |key| {
                let (name, value) = key.value(record);
                format!(" with `{name}` = {}", value.to_json())
            });
            let message = format!("expected {} rows in the table `{}`{whose}, found {count}", self.n, self.table);
            return Err(StepError::failed(message));
        }
        let rng = &mut ctx.rng(record);
        let drawn = match (&self.weight, &among) {
            (None, _) => alike(rng, count, self.n),
            (Some(weight), Some(rows)) => {
                let sums = sums(table, weight, rows.iter().copied())?;
                self.weighted(rng, &sums)?
            }
            (Some(weight), None) => {
                let sums = self.all.get_or_init(|| sums(table, weight, 0..table.len()));
                self.weighted(rng, sums.as_ref().map_err(Clone::clone)?)?
            }
        };
        let number = |place: u64| among.as_ref().map_or(place, |rows| rows[place as usize]);
        let rows: Vec<Fields> = drawn.into_iter().map(|place| table.row(number(place))).collect::<Result<_, _>>()?;
        self.taken.put(record, &rows);
        Ok(Verdict::Pass)
    }
}

/// Different places out of `0..count`, each as likely as any other, in the order of the draw.
fn alike(rng: &mut Rng, count: u64, n: usize) -> Vec<u64> {
    if count < 4 * n as u64 {
        let mut all: Vec<u64> = (0..count).collect();
        rng.shuffle(&mut all);
        all.truncate(n);
        return all;
    }
    let (mut drawn, mut seen) = (Vec::with_capacity(n), HashSet::new());
    while drawn.len() < n {
        let place = rng.below(count as usize) as u64;
        if seen.insert(place) {
            drawn.push(place);
        }
    }
    drawn
}

/// The weights of rows, each added to those before it.
fn sums(table: &dyn Table, weight: &str, rows: impl Iterator<Item = u64>) -> Result<Vec<f64>, StepError> {
    let mut sum = 0.0;
    rows.map(|row| {
        let value = table.row(row)?.get(weight).cloned().unwrap_or_default();
        match value.as_float().filter(|n| *n >= 0.0 && n.is_finite()) {
            Some(n) => {
                sum += n;
                Ok(sum)
            }
            None => {
                let found = value.to_json();
                Err(StepError::failed(format!(
                    "expected a weight of at least 0 in row {row} of the table, found {found}"
                )))
            }
        }
    })
    .collect()
}

impl Sample {
    /// Different places in proportion to their weights, in the order of the draw.
    fn weighted(&self, rng: &mut Rng, sums: &[f64]) -> Result<Vec<u64>, StepError> {
        let weight = |i: usize| sums[i] - if i == 0 { 0.0 } else { sums[i - 1] };
        let positive = (0..sums.len()).filter(|i| weight(*i) > 0.0).take(self.n).count();
        if positive < self.n {
            let message = format!("expected {} rows with a weight above 0, found {positive}", self.n);
            return Err(StepError::failed(message));
        }
        let total = sums.last().copied().unwrap_or_default();
        let (mut drawn, mut seen) = (Vec::with_capacity(self.n), HashSet::new());
        // Drawing again is fast unless few rows have nearly all the weight.
        for _ in 0..20 * self.n {
            if drawn.len() == self.n {
                return Ok(drawn);
            }
            let at = rng.unit() * total;
            let place = sums.partition_point(|sum| *sum <= at).min(sums.len() - 1);
            if weight(place) > 0.0 && seen.insert(place) {
                drawn.push(place as u64);
            }
        }
        while drawn.len() < self.n {
            let left: Vec<f64> = (0..sums.len()).map(|i| if seen.contains(&i) { 0.0 } else { weight(i) }).collect();
            let place = rng.weighted(&left);
            seen.insert(place);
            drawn.push(place as u64);
        }
        Ok(drawn)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, example, problems};

    fn with(options: &str) -> String {
        format!(
            "
step: {{ table.sample: {{ table: t, collect: {{ xs: x }}, {options} }} }}
tables: {{ t: [ {{ x: a, w: 1, k: l }}, {{ x: b, w: 0, k: l }}, {{ x: c, w: 1000, k: m }}, {{ x: d, w: 3, k: l }} ] }}
in: {{ id: 1, k: l, none: z }}
"
        )
    }

    fn drawn(options: &str, row: u64) -> Vec<String> {
        let example = example(&with(options)).unwrap();
        let outcome = example.run(&example.bind().unwrap().0, row).unwrap();
        let xs = outcome.passed[0].get("xs").unwrap().as_list().unwrap().to_vec();
        xs.iter().map(|x| x.as_text().unwrap().to_string()).collect()
    }

    #[test]
    fn rows_of_a_record_are_different_and_each_record_draws_its_own() {
        let mut all = std::collections::BTreeSet::new();
        for row in 0..40 {
            let xs = drawn("n: 3", row);
            assert_eq!(xs.iter().collect::<std::collections::BTreeSet<_>>().len(), 3, "{xs:?}");
            all.insert(xs);
        }
        assert!(all.len() > 10, "{all:?}");
    }

    #[test]
    fn weights_count_and_rows_without_weight_are_never_drawn() {
        let first = (0..200).filter(|row| drawn("weight: w", *row) == ["c"]).count();
        assert!(first > 190, "{first}");
        for row in 0..50 {
            let mut xs = drawn("n: 3, weight: w", row);
            xs.sort();
            assert_eq!(xs, ["a", "c", "d"]);
        }
        let heavy = (0..200).filter(|row| drawn("weight: w, key: k", *row) == ["d"]).count();
        assert!((120..180).contains(&heavy), "3 of 4: {heavy}");
    }

    #[test]
    fn too_few_rows_fail_the_record() {
        check(&format!("{}fails: expected 5 rows in the table `t`, found 4", with("n: 5")));
        check(&format!("{}fails: '`none` = \"z\"'", with("key: none, table_key: k")));
        check(&format!("{}fails: weight above 0", with("n: 4, weight: w")));
        assert!(problems(&with("weight: x")).contains("expected numbers"));
        assert!(problems(&with("table_key: k")).contains("needs `key`"));
    }
}
