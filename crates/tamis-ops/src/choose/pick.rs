//! `choose.pick`

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use tamis_core::bind::Scope;
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Transform, Verdict};
use tamis_core::rng::Rng;
use tamis_core::{Field, Name, Record, StepError, Type, Value};

use crate::fields::ListSource;
use tamis_core::typing::type_of;

/// Draws from a list: one of forty phrasings, three of a taxonomy's topics, a few of an image's regions.
///
/// The draw belongs to the record, so that order and number of threads do not change it. Several items are drawn without
/// putting back and come in the order of the draw.
///
/// Reads `from` where it is a field, writes `into`: one item, or a list of `n`. Rejects with reason `not enough items to
/// draw from` and the number there was.
///
/// # Example
/// ```yaml example
/// step: { choose.pick: { from: phrasings, into: question, weights: [0, 1] } }
/// data: { phrasings: ["Describe the image.", "What is shown?"] }
/// in: { id: 7 }
/// out: { question: "What is shown?" }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChoosePick {
    /// What to draw from: a list, the name of a list in the recipe's data, or a list field. A list of texts that stands
    /// here is an enum.
    from: Source,
    /// The field that receives the item or the items.
    into: String,
    /// How many items, at least 1; `into` is a list then. Default: one item by itself.
    n: Option<usize>,
    /// How likely each item is relative to the others: a list of numbers of 0 or more as long as `from`, or the name of
    /// one. Items of weight 0 are never drawn. Default: all alike.
    weights: Option<Source>,
}

/// A list in a config, or the name of one.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Source {
    /// the list itself
    List(Vec<Json>),
    /// the name of a list in the recipe's `data`, or of a list field
    Named(String),
}

impl OperatorConfig for ChoosePick {
    const NAME: &'static str = "choose.pick";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let from = self.from.bind(scope, "from");
        let weights = self.weights.as_ref().map(|weights| weights.bind(scope, "weights"));
        let weights = match weights {
            Some(bound) => Some(bound?),
            None => None,
        };
        let (from, element) = from?;
        let n = self.n.unwrap_or(1);
        let whole = check(scope, n, &from, weights.as_ref());
        let ty = if self.n.is_some() { Type::list(element) } else { element };
        let of = from.frame().cloned().filter(|_| ty.holds_geometry());
        let into = scope.write("into", &self.into, Field { ty, of });
        let weights = weights.map(|(source, _)| source);
        Bound::transform(Pick { from, weights, into: into?, n, one: self.n.is_none() }).filter(|_| whole)
    }
}

impl Source {
    fn bind(&self, scope: &mut Scope<'_>, at: &str) -> Option<(ListSource, Type)> {
        let list = match self {
            Source::Named(name) => return ListSource::bind(scope, at, name),
            Source::List(list) => Value::list(list.iter().map(Value::from_plain_json).collect()),
        };
        let items = list.as_list().unwrap_or_default();
        let labels: Option<Vec<Name>> = items.iter().map(label).collect();
        let distinct = |labels: &Vec<Name>| (1..labels.len()).all(|i| !labels[..i].contains(&labels[i]));
        let ty = match (labels.filter(distinct), type_of(&list)) {
            (Some(labels), _) if !labels.is_empty() => Type::Enum(labels),
            (_, Type::List(element)) => *element,
            (_, other) => other,
        };
        Some((ListSource::Fixed(list), ty))
    }
}

/// The text as a value of an enum, if it can be one.
fn label(value: &Value) -> Option<Name> {
    match value {
        Value::Text(text) if !text.trim().is_empty() && !text.contains(['|', '(', ')']) => Some(text.clone()),
        _ => None,
    }
}

/// What can be told before there is a record.
fn check(scope: &mut Scope<'_>, n: usize, from: &ListSource, weights: Option<&(ListSource, Type)>) -> bool {
    let mut whole = true;
    let mut wrong = |at: &str, message: String| {
        scope.problem(at, message);
        whole = false;
    };
    if n == 0 {
        wrong("n", "expected at least 1, found 0".to_string());
    }
    let length = match from {
        ListSource::Fixed(list) => list.as_list().map(<[_]>::len),
        ListSource::Field(_) => None,
    };
    if let Some(length) = length.filter(|length| *length < n.max(1)) {
        wrong("from", format!("expected at least {} to draw from, found {length}", n.max(1)));
    }
    match weights {
        Some((_, ty)) if !ty.fits(&Type::Float) => {
            wrong("weights", format!("expected a list of numbers, found a list of {ty}"));
        }
        Some((ListSource::Fixed(list), _)) => {
            let weights = numbers(list.as_list().unwrap_or_default());
            if let Err(error) = weights.and_then(|weights| suit(&weights, length.unwrap_or(weights.len()), n)) {
                wrong("weights", error);
            }
        }
        _ => {}
    }
    whole
}

fn numbers(weights: &[Value]) -> Result<Vec<f64>, String> {
    weights.iter().map(|w| w.as_float().ok_or_else(|| "expected a list of numbers".to_string())).collect()
}

/// Whether weights suit a list of `length` items of which `n` are drawn.
fn suit(weights: &[f64], length: usize, n: usize) -> Result<(), String> {
    if weights.len() != length {
        return Err(format!("expected a weight for each of {length} items, found {}", weights.len()));
    }
    if let Some(weight) = weights.iter().find(|w| w.is_nan() || **w < 0.0) {
        return Err(format!("expected weights of 0 or more, found {weight}"));
    }
    match weights.iter().filter(|w| **w > 0.0).count() {
        above if above < n => Err(format!("expected at least {n} weights above 0, found {above}")),
        _ => Ok(()),
    }
}

struct Pick {
    from: ListSource,
    weights: Option<ListSource>,
    into: Name,
    n: usize,
    one: bool,
}

impl Transform for Pick {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let items = self.from.items(record)?;
        if items.len() < self.n {
            let values = [("items", Value::Int(items.len() as i64)), ("n", Value::Int(self.n as i64))];
            return Ok(Reject::because("not enough items to draw from", values));
        }
        let mut rng = ctx.rng(record);
        let drawn = match &self.weights {
            Some(weights) => {
                let weights = numbers(weights.items(record)?).and_then(|w| suit(&w, items.len(), self.n).map(|()| w));
                by_weight(&mut rng, weights.map_err(|e| StepError::field(&self.into, format!("weights: {e}")))?, self.n)
            }
            None => uniform(&mut rng, items.len(), self.n),
        };
        let mut drawn = drawn.into_iter().map(|i| items[i].clone());
        let value = if self.one { drawn.next().unwrap_or_default() } else { Value::list(drawn.collect()) };
        record.set(&self.into, value);
        Ok(Verdict::Pass)
    }
}

/// `n` different indices below `length`, each order alike: the first `n` of a shuffle that remembers only what it moved.
fn uniform(rng: &mut Rng, length: usize, n: usize) -> Vec<usize> {
    let mut moved = std::collections::HashMap::new();
    let draw = |i: usize| {
        let j = i + rng.below(length - i);
        let drawn = *moved.get(&j).unwrap_or(&j);
        let here = *moved.get(&i).unwrap_or(&i);
        moved.insert(j, here);
        drawn
    };
    (0..n).map(draw).collect()
}

fn by_weight(rng: &mut Rng, mut weights: Vec<f64>, n: usize) -> Vec<usize> {
    let draw = |_| {
        let drawn = rng.weighted(&weights);
        weights[drawn] = 0.0;
        drawn
    };
    (0..n).map(draw).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::testing::{check, example, problems};

    #[test]
    fn several_are_drawn_without_putting_back_and_all_alike() {
        let mut rng = Rng::keyed(1, tamis_core::RecordId([7; 16]), "pick", &[]);
        let mut counts = [0; 5];
        for _ in 0..5000 {
            let drawn = uniform(&mut rng, 5, 3);
            assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), 3);
            drawn.iter().for_each(|i| counts[*i] += 1);
        }
        assert!(counts.iter().all(|count| (2800..3200).contains(count)), "{counts:?}");
        let heavy = by_weight(&mut rng, vec![0.0, 1.0, 2.0], 2);
        assert_eq!(heavy.iter().collect::<BTreeSet<_>>(), BTreeSet::from([&1, &2]));
    }

    #[test]
    fn texts_that_stand_in_the_step_are_an_enum() {
        let example = example("{ step: { choose.pick: { from: [a, b], into: k } }, in: { x: 1 } }").unwrap();
        assert_eq!(example.bind().unwrap().1.get("k").unwrap().ty.to_string(), "enum(a|b)");
    }

    #[test]
    fn a_list_of_the_record_that_is_too_short_rejects() {
        check("{ step: { choose.pick: { from: l, into: k, n: 3 } }, in: { l: [1, 2] }, rejects: not enough items }");
        check("{ step: { choose.pick: { from: l, into: k, n: 1 } }, in: { l: [5] }, out: { k: [5] } }");
    }

    #[test]
    fn numbers_that_do_not_go_together_are_problems() {
        let bad =
            |config: &str| problems(&format!("{{ step: {{ choose.pick: {{ into: k, {config} }} }}, in: {{ x: 1 }} }}"));
        assert!(bad("from: [a, b], n: 3").contains("at least 3"));
        assert!(bad("from: [a, b], n: 0").contains("at least 1"));
        assert!(bad("from: [a, b], weights: [1]").contains("each of 2 items"));
        assert!(bad("from: [a, b], weights: [1, -1]").contains("0 or more"));
        assert!(bad("from: [a, b], weights: [a, b]").contains("list of numbers"));
        assert!(bad("from: x").contains("expected a list, but `x` is int"));
    }
}
