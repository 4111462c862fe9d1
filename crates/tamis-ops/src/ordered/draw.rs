//! `ordered.draw`

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tamis_core::barrier::{Applying, BarrierOperator, Decide, Merging, Parts, each};
use tamis_core::bind::Scope;
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Verdict};
use tamis_core::rng::Rng;
use tamis_core::{Name, Record, RecordId, StepError, Type, Value};

use crate::fields::ListSource;
use crate::whole::group::{Group, of_value};

/// Draws elements of a list for each record so that none is drawn more than so often in the whole data set.
///
/// Goes through the records in the order of the input: each draws `n` different elements at random among those that were
/// drawn fewer than `at_most` times, so that rare and common ones appear alike. The list is a field or the recipe's data.
/// Each record's draws belong to the seed and its id. Remembers the distinct elements with their counts.
///
/// Reads `from`, writes `into`. Rejects with reason `used up`, `left` and `n`, where fewer than `n` elements are left.
///
/// # Example
/// ```yaml example
/// step: { ordered.draw: { from: entities, n: 2, at_most: 1, into: drawn } }
/// data: { entities: [nodule, effusion, fracture, oedema, mass] }
/// in: [ { id: 1 }, { id: 2 }, { id: 3 } ]
/// kept: [0, 1]
/// ```
///
/// Source: medical vision-language pretraining with synthetic data (arXiv:2410.13523): 9 entities of one set, at most 15
/// uses of each.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderedDraw {
    /// The list: a field, or the recipe's data.
    from: String,
    /// How many elements each record draws, at least 1.
    n: u32,
    /// How many records may draw an element, at least 1.
    at_most: u32,
    /// The field that receives them, in the order in which they were drawn.
    into: String,
}

impl OperatorConfig for OrderedDraw {
    const NAME: &'static str = "ordered.draw";
    const GATE: bool = true;

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let list = ListSource::bind(scope, "from", &self.from);
        let mut whole = true;
        for (at, number) in [("n", self.n), ("at_most", self.at_most)] {
            if number == 0 {
                scope.problem(at, "expected at least 1, found 0");
                whole = false;
            }
        }
        let (from, element) = list?;
        let field = tamis_core::Field { ty: Type::list(element), of: from.frame().cloned() };
        let into = scope.write("into", &self.into, field)?;
        let fixed = match &from {
            ListSource::Fixed(list) => Some(list.as_list().unwrap_or_default().iter().map(of_value).collect()),
            ListSource::Field(_) => None,
        };
        let draw = Draw { from, fixed, n: self.n as usize, at_most: self.at_most, into };
        if whole { Bound::barrier(draw) } else { None }
    }
}

struct Draw {
    from: ListSource,
    fixed: Option<Vec<Group>>,
    n: usize,
    at_most: u32,
    into: Name,
}

/// What a record draws from: its own list, or the recipe's.
#[derive(Serialize, Deserialize)]
struct Row {
    id: RecordId,
    list: Vec<Group>,
}

/// What a record drew, by place in its list; or how many elements were left.
type Drawn = Result<Vec<u32>, u32>;

impl Draw {
    fn draw(&self, list: &[Group], mut rng: Rng, used: &mut HashMap<Group, u32>) -> Drawn {
        let mut seen = std::collections::HashSet::new();
        let free = |group: &Group| used.get(group).copied().unwrap_or_default() < self.at_most;
        let mut left: Vec<u32> =
            (0..list.len()).filter(|i| free(&list[*i]) && seen.insert(list[*i])).map(|i| i as u32).collect();
        if left.len() < self.n {
            return Err(left.len() as u32);
        }
        for i in 0..self.n {
            let other = i + rng.below(left.len() - i);
            left.swap(i, other);
        }
        left.truncate(self.n);
        left.iter().for_each(|i| *used.entry(list[*i as usize]).or_default() += 1);
        Ok(left)
    }
}

impl BarrierOperator for Draw {
    type Summary = Vec<Row>;
    type Decision = Vec<Drawn>;

    fn map(&self, records: &[Record], _: &Context<'_>) -> (Vec<Row>, Vec<(usize, StepError)>) {
        each(records, |record| {
            let own = if self.fixed.is_some() { &[] } else { self.from.items(record)? };
            Ok(Row { id: record.id, list: own.iter().map(of_value).collect() })
        })
    }

    fn merge(
        &self,
        parts: &Parts<'_, Vec<Row>>,
        decide: &mut Decide<'_, Vec<Drawn>>,
        ctx: &Merging<'_>,
    ) -> Result<(), StepError> {
        let mut used = HashMap::new();
        for part in parts.iter() {
            let draw = |row: &Row| {
                let rng = Rng::keyed(ctx.ctx.host.seed(), row.id, ctx.ctx.step, &[]);
                self.draw(self.fixed.as_ref().unwrap_or(&row.list), rng, &mut used)
            };
            decide.put(&part?.iter().map(draw).collect())?;
        }
        Ok(())
    }

    fn apply(
        &self,
        record: &mut Record,
        row: usize,
        drawn: &Vec<Drawn>,
        _: &Applying<'_>,
    ) -> Result<Verdict, StepError> {
        let places = match drawn.get(row) {
            Some(Ok(places)) => places,
            Some(Err(left)) => {
                let told = [("left", Value::Int((*left).into())), ("n", Value::Int(self.n as i64))];
                return Ok(Reject::because("used up", told));
            }
            None => return Err(StepError::failed("the barrier did not decide on this record; please report it")),
        };
        let items = self.from.items(record)?;
        let drawn = places.iter().filter_map(|place| items.get(*place as usize)).cloned().collect();
        record.set(&self.into, Value::list(drawn));
        Ok(Verdict::Pass)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tamis_core::Value;

    use crate::testing::problems;
    use crate::whole::trial::Trial;

    #[test]
    fn common_and_rare_elements_are_drawn_alike() {
        // 0 is in every list, the others in few; none is drawn more than 5 times, and no element twice by one record.
        let trial = Trial::of("{ ordered.draw: { from: l, n: 2, at_most: 5, into: d } }", "l: list<int>");
        let list = |i: i64| vec![("l", Value::list([0, 0, i % 7 + 1, i % 5 + 8].map(Value::Int).to_vec()))];
        let records: Vec<_> = (0..40).map(list).collect();
        let ended = trial.run(&records, 3);
        let mut counts: BTreeMap<i64, u32> = BTreeMap::new();
        for record in &ended.passed {
            let drawn: Vec<i64> =
                record.get("d").unwrap().as_list().unwrap().iter().map(|v| v.as_int().unwrap()).collect();
            assert!(drawn.len() == 2 && drawn[0] != drawn[1]);
            drawn.into_iter().for_each(|n| *counts.entry(n).or_default() += 1);
        }
        assert!(counts.values().all(|count| *count <= 5), "{counts:?}");
        assert_eq!(counts[&0], 5);
        assert!(ended.rejected.iter().all(|told| told.contains("used up left=") && told.ends_with("n=2")));
        let whole = trial.run(&records, 40);
        assert_eq!((whole.kept, whole.rejected), (ended.kept, ended.rejected));
    }

    #[test]
    fn draws_that_cannot_be_are_problems() {
        let told = problems("{ step: { ordered.draw: { from: k, n: 0, at_most: 0, into: d } }, in: [{ k: x }] }");
        assert!(told.contains("expected a list") && told.contains(".n`") && told.contains("at_most"), "{told}");
    }
}
