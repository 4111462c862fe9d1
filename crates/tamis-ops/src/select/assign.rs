//! `select.assign`

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tamis_core::barrier::{Applying, BarrierOperator, Before, Decide, Merging, Parts, Place, each};
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Verdict};
use tamis_core::template::{Expression, Vars};
use tamis_core::{Field, Name, Record, RecordId, Schema, StepError, Type, Value};

use crate::whole::answers::{Answers, Ends};
use crate::whole::assignment::assign;
use crate::whole::group::{By, Group, Groups};
use crate::whole::sort::{Cursor, Sorter, halves};

/// Pairs records of two kinds one to one so that they fit best: captions with pictures, questions with documents.
///
/// `left` says which records are of the first kind; all others are of the second. Each left record receives fields of its
/// partner (`take`) and goes on; the partner ends in it. Of all ways to pair, the one with the most pairs is taken, and of
/// those, the one with the greatest sum of scores. Records without a partner are rejected.
///
/// The score of a pair is the cosine of two vectors, or an expression over `left` and `right`; where it gives `none`, the
/// pair is not made. With `block`, only records with the same value are paired. The work grows with the cube of a block:
/// larger ones than `max_block` are cut, by the records' ids, into pieces of equal size, and pairs are the best in each.
///
/// Reads what its options name, writes the fields of `take` and `score_as`. Rejects with reason `no partner was found`.
///
/// # Example
/// ```yaml example
/// step: { select.assign: { left: query is not none, score: "0 - (left.size - right.size) | abs", take: { answer: text } } }
/// types: { query: text?, text: text?, size: int }
/// in:
///   - { query: a, size: 2 }
///   - { text: long, size: 9 }
///   - { query: b, size: 7 }
///   - { text: short, size: 1 }
/// outs: [ { query: a, answer: short }, { query: b, answer: long } ]
/// ```
///
/// Source: Kuhn 1955, Munkres 1957, Jonker and Volgenant 1987.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelectAssign {
    /// A condition: the records of the first kind.
    left: String,
    /// A field with a vector: the score of a pair is the cosine, -1 to 1.
    vectors: Option<String>,
    /// The score of a pair instead: an expression over the fields of `left` and `right`.
    score: Option<String>,
    /// Pairs with a lower score are not made. Default: none is too low.
    min: Option<f64>,
    /// A field or expression, or a list of them: only records with the same values are paired. Default: all.
    block: Option<By>,
    /// Most records of a kind that are paired at a time, 1 to 5000. Default 500.
    #[serde(default = "five_hundred")]
    max_block: usize,
    /// The fields that a left record receives, each with the partner's field: `{picture: image}`.
    take: IndexMap<String, String>,
    /// The field that receives the score. Default: none.
    score_as: Option<String>,
}

fn five_hundred() -> usize {
    500
}

impl OperatorConfig for SelectAssign {
    const NAME: &'static str = "select.assign";
    const GATE: bool = true;

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let before = scope.schema().clone();
        let left = scope.expression("left", &self.left);
        let fit = self.fit(scope, &before);
        let groups = Groups::bind(scope, "block", self.block.as_ref());
        if !(1..=5000).contains(&self.max_block) {
            scope.problem("max_block", format!("expected 1 to 5000, found {}", self.max_block));
            return None;
        }
        let take = self.take(scope);
        let score_as = match &self.score_as {
            Some(name) => Some(scope.write("score_as", name, Type::Float)?),
            None => None,
        };
        let min = self.min.unwrap_or(f64::NEG_INFINITY);
        let assign = Assign {
            left: left?,
            fit: fit?,
            min,
            groups: groups?,
            max_block: self.max_block as u64,
            take: take?,
            score_as,
        };
        Bound::barrier(assign)
    }
}

impl SelectAssign {
    fn fit(&self, scope: &mut Scope<'_>, before: &Schema) -> Option<Fit> {
        match (&self.vectors, &self.score) {
            (Some(vectors), None) => scope.read("vectors", vectors, &Type::Vector).map(Fit::Vectors),
            (None, Some(score)) => {
                let fields =
                    Type::Struct(before.iter().map(|(name, field)| (name.clone(), field.ty.clone())).collect());
                let sides = [("left", fields.clone()), ("right", fields)];
                let sides: Schema = sides.into_iter().map(|(name, ty)| (Name::from(name), Field::new(ty))).collect();
                scope.expression_seeing("score", score, &sides).map(Fit::Score)
            }
            _ => {
                scope.problem("", "expected one of `vectors` and `score`");
                None
            }
        }
    }

    /// What is taken of the partner; geometry goes with its picture.
    fn take(&self, scope: &mut Scope<'_>) -> Option<Vec<(Name, FieldRef)>> {
        if self.take.is_empty() {
            scope.problem("take", "expected at least one field, found none");
            return None;
        }
        // All are read before any is written: `{a: b, b: a}` exchanges them.
        let found: Vec<Option<FieldRef>> =
            self.take.iter().map(|(into, from)| scope.read_any(&format!("take.{into}"), from)).collect();
        let mut taken = Vec::new();
        for ((into, from), found) in self.take.iter().zip(found) {
            let at = format!("take.{into}");
            let Some(found) = found else { continue };
            let picture = |image: &Name| self.take.iter().find(|(_, from)| ***from == **image);
            let of = match &found.of {
                None => None,
                Some(image) => match picture(image) {
                    Some((into, _)) => Some(Name::from(into.as_str())),
                    None => {
                        scope.problem(&at, format!("`{from}` is in the grid of `{image}`; take that too"));
                        continue;
                    }
                },
            };
            taken.extend(scope.write(&at, into, Field { ty: found.ty.clone(), of }).map(|into| (into, found)));
        }
        (taken.len() == self.take.len()).then_some(taken)
    }
}

enum Fit {
    Vectors(FieldRef),
    Score(Expression),
}

struct Assign {
    left: Expression,
    fit: Fit,
    min: f64,
    groups: Groups,
    max_block: u64,
    take: Vec<(Name, FieldRef)>,
    score_as: Option<Name>,
}

/// A record's block, whether it is a left one, its id.
type Row = (Group, bool, RecordId);

/// A record that found a partner.
#[derive(Serialize, Deserialize)]
struct Paired {
    row: u32,
    partner: Partner,
}

#[derive(Serialize, Deserialize)]
enum Partner {
    /// of a left record: where it is, and the score
    Right(Place, f64),
    /// of a right record: its id
    Left(RecordId),
}

/// A record in a piece of a block.
#[derive(Clone, Copy)]
struct Member {
    at: u64,
    id: [u64; 2],
    place: Place,
}

impl BarrierOperator for Assign {
    type Summary = Vec<Row>;
    type Decision = Vec<Paired>;

    fn map(&self, records: &[Record], ctx: &Context<'_>) -> (Vec<Row>, Vec<(usize, StepError)>) {
        each(records, |record| {
            if let Fit::Vectors(field) = &self.fit {
                field.get(record).as_vector().ok_or_else(|| crate::fields::unlike("a vector", record, field))?;
            }
            let left = self.left.holds(&Vars::of(record, ctx)).map_err(StepError::failed)?;
            Ok((self.groups.of(record, ctx)?, left, record.id))
        })
    }

    fn merge(
        &self,
        parts: &Parts<'_, Vec<Row>>,
        decide: &mut Decide<'_, Vec<Paired>>,
        ctx: &Merging<'_>,
    ) -> Result<(), StepError> {
        let mut sorter = Sorter::<6>::new(ctx.scratch, "blocks");
        let ends = Ends::of(parts, |at, (group, left, id): Row| {
            let [high, low] = halves(id.0);
            sorter.push([group[0], group[1], u64::from(!left), high, low, at])
        })?;
        let sorted = sorter.finish()?;
        let mut answers = Answers::<4>::new(ctx.scratch);
        let (mut sizes, mut left, mut right) = (sorted.cursor()?, sorted.cursor()?, sorted.cursor()?);
        while let Some([high, low]) = sizes.prefix::<2>() {
            let [lefts, rights] = [[high, low, 0], [high, low, 1]];
            let (n, m) = (count(&mut sizes, &lefts)?, count(&mut sizes, &rights)?);
            right.each_in(&lefts, |_| Ok(()))?;
            let pieces = n.max(m).div_ceil(self.max_block);
            for piece in 0..pieces {
                let of = |size: u64| size * (piece + 1) / pieces - size * piece / pieces;
                let lefts = members(&mut left, of(n), &ends)?;
                let rights = members(&mut right, of(m), &ends)?;
                self.pair(&lefts, &rights, parts.before(), ctx, &mut answers)?;
            }
            left.each_in(&rights, |_| Ok(()))?;
        }
        answers.each_part(&ends, |answers| decide.put(&answers.into_iter().map(paired).collect()))
    }

    fn apply(
        &self,
        record: &mut Record,
        row: usize,
        paired: &Vec<Paired>,
        ctx: &Applying<'_>,
    ) -> Result<Verdict, StepError> {
        let Ok(found) = paired.binary_search_by_key(&row, |paired| paired.row as usize) else {
            return Ok(Reject::because("no partner was found", self.groups.shown(record, ctx.ctx)?));
        };
        match &paired[found].partner {
            Partner::Left(left) => Ok(Verdict::Gathered(vec![left.child(ctx.ctx.step, 0)])),
            Partner::Right(place, score) => {
                let partner = ctx.before.record(*place)?;
                let mut pair = record.child(ctx.ctx.step, 0);
                self.take.iter().for_each(|(into, from)| pair.set(into, from.get(&partner).clone()));
                self.score_as.iter().for_each(|name| pair.set(name, *score));
                Ok(Verdict::Split(vec![pair]))
            }
        }
    }
}

impl Assign {
    fn pair(
        &self,
        lefts: &[Member],
        rights: &[Member],
        before: &dyn Before,
        ctx: &Merging<'_>,
        answers: &mut Answers<4>,
    ) -> Result<(), StepError> {
        if lefts.is_empty() || rights.is_empty() {
            return Ok(());
        }
        let scores = self.scores(lefts, rights, before, ctx)?;
        let known = || scores.iter().flatten().copied();
        let (least, greatest) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
        // A further pair is worth more than all that scores can differ.
        let pair = (greatest - least) * (lefts.len().min(rights.len()) + 1) as f64 + 1.0;
        let score = |l: usize, r: usize| scores[l * rights.len() + r];
        let worth = |l: usize, r: usize| score(l, r).map_or(0.0, |score| pair + (score - least));
        for (l, r) in assign(lefts.len(), rights.len(), &worth).into_iter().enumerate() {
            let Some((r, score)) = r.and_then(|r| Some((r, score(l, r)?))) else { continue };
            let (left, right) = (lefts[l], rights[r]);
            let place = u64::from(right.place.part) << 32 | u64::from(right.place.row);
            answers.push([left.at, 0, place, score.to_bits()])?;
            answers.push([right.at, 1, left.id[0], left.id[1]])?;
        }
        Ok(())
    }

    /// The score of each pair that may be, row by row.
    fn scores(
        &self,
        lefts: &[Member],
        rights: &[Member],
        before: &dyn Before,
        ctx: &Merging<'_>,
    ) -> Result<Vec<Option<f64>>, StepError> {
        let records =
            |members: &[Member]| members.iter().map(|m| before.record(m.place)).collect::<Result<Vec<_>, _>>();
        let (lefts, rights) = (records(lefts)?, records(rights)?);
        let scores = match &self.fit {
            Fit::Vectors(field) => cosines(field, &lefts, &rights)?,
            Fit::Score(expression) => expressions(expression, &lefts, &rights, ctx)?,
        };
        Ok(scores.into_iter().map(|score| score.filter(|score| *score >= self.min)).collect())
    }
}

fn cosines(field: &FieldRef, lefts: &[Record], rights: &[Record]) -> Result<Vec<Option<f64>>, StepError> {
    let vector = |record: &Record| field.get(record).as_vector().map(|vector| vector.normalised());
    let rights: Vec<_> = rights.iter().map(vector).collect();
    let mut scores = Vec::with_capacity(lefts.len() * rights.len());
    for left in lefts.iter().map(vector) {
        for right in &rights {
            let (Some(left), Some(right)) = (&left, right) else {
                scores.push(None);
                continue;
            };
            if left.len() != right.len() {
                let message = format!(
                    "`{}`: vectors of {} and {} dimensions cannot be compared",
                    field.dotted(),
                    left.len(),
                    right.len()
                );
                return Err(StepError::failed(message));
            }
            scores.push(Some(left.iter().zip(right.iter()).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()));
        }
    }
    Ok(scores)
}

fn expressions(
    expression: &Expression,
    lefts: &[Record],
    rights: &[Record],
    ctx: &Merging<'_>,
) -> Result<Vec<Option<f64>>, StepError> {
    let fields =
        |record: &Record| Value::map(record.fields().iter().map(|(name, value)| (name.clone(), value.clone())));
    let rights: Vec<Value> = rights.iter().map(fields).collect();
    let mut scores = Vec::with_capacity(lefts.len() * rights.len());
    for left in lefts.iter().map(fields) {
        for right in &rights {
            let sides = vec![("left".into(), left.clone()), ("right".into(), right.clone())];
            let vars = Vars::new(sides, ctx.ctx.media().clone());
            let value = expression.eval(&vars).map_err(StepError::failed)?;
            let score = value.as_float().filter(|score| score.is_finite());
            if score.is_none() && !value.is_null() {
                let found = tamis_core::convert::shorten(&value.to_json().to_string());
                let source = expression.source();
                return Err(StepError::failed(format!("`{source}`: expected a number or none, found {found}")));
            }
            scores.push(score);
        }
    }
    Ok(scores)
}

fn count(cursor: &mut Cursor<'_, 6>, prefix: &[u64]) -> Result<u64, StepError> {
    let mut n = 0;
    cursor.each_in(prefix, |_| {
        n += 1;
        Ok(())
    })?;
    Ok(n)
}

fn members(cursor: &mut Cursor<'_, 6>, n: u64, ends: &Ends) -> Result<Vec<Member>, StepError> {
    let mut members = Vec::with_capacity(n as usize);
    for _ in 0..n {
        if let Some([_, _, _, high, low, at]) = cursor.next()? {
            members.push(Member { at, id: [high, low], place: ends.place(at) });
        }
    }
    Ok(members)
}

fn paired((row, [_, side, first, second]): (u32, [u64; 4])) -> Paired {
    let partner = if side == 0 {
        let place = Place { part: (first >> 32) as u32, row: first as u32 };
        Partner::Right(place, f64::from_bits(second))
    } else {
        let id = u128::from(first) << 64 | u128::from(second);
        Partner::Left(RecordId(id.to_be_bytes()))
    };
    Paired { row, partner }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, problems};
    use crate::whole::trial::Trial;

    #[test]
    fn vectors_are_paired_by_their_cosine_and_the_rest_is_rejected() {
        check(
            r#"
            step: { select.assign: { left: q, vectors: v, min: 0.5, take: { partner: name }, score_as: fit } }
            types: { v: vector }
            in:
              - { q: true, name: a, v: [1, 0] }
              - { q: true, name: b, v: [0, 3] }
              - { q: false, name: c, v: [0, 1] }
              - { q: false, name: d, v: [-1, 0] }
            outs: [ { name: b, partner: c, fit: 1 } ]
            "#,
        );
    }

    #[test]
    fn blocks_that_are_too_large_are_cut_into_pieces_and_nobody_is_left_out_for_it() {
        let step = "{ select.assign: { left: side == 0, score: 'none if left.n == 0 else 0 - left.n * right.n', block: b, max_block: 3, take: { m: n } } }";
        let trial = Trial::of(step, "side: int, n: int, b: int");
        let row = |i: i64| vec![("side", (i % 2).into()), ("n", (i + 1).into()), ("b", (i / 40).into())];
        let records: Vec<_> = (0..80).map(row).collect();
        let ended = trial.run(&records, 7);
        assert_eq!((ended.passed.len(), ended.rejected.len()), (40, 0));
        let same_block = |record: &Record| {
            let (n, m) = (record.get("n").unwrap().as_int().unwrap(), record.get("m").unwrap().as_int().unwrap());
            (n - 1) / 40 == (m - 1) / 40
        };
        assert!(ended.passed.iter().all(same_block));
        let whole: Vec<_> = trial.run(&records, 80).passed.iter().map(|r| r.fields().to_vec()).collect();
        assert_eq!(whole, ended.passed.iter().map(|r| r.fields().to_vec()).collect::<Vec<_>>());
    }

    #[test]
    fn more_pairs_are_better_than_one_good_one() {
        // 0 fits 2 best, but 1 fits nobody else.
        let step = "{ select.assign: { left: n < 2, score: 'none if left.n == 1 and right.n == 3 else (9 if left.n == 0 and right.n == 2 else 1)', take: { m: n } } }";
        let ended = Trial::of(step, "n: int").run(&[0, 1, 2, 3].map(|n: i64| vec![("n", n.into())]), 2);
        let pairs: Vec<_> = ended.passed.iter().map(|record| record.get("m").unwrap().as_int().unwrap()).collect();
        assert_eq!(pairs, [3, 2]);
    }

    #[test]
    fn what_cannot_be_paired_or_taken_is_a_problem() {
        let bad = |options: &str| {
            problems(&format!(
                "{{ step: {{ select.assign: {{ left: n > 1, {options} }} }}, images: {{ i: 8x8 }}, types: {{ b: box }}, in: [{{ n: 1 }}] }}"
            ))
        };
        assert!(bad("take: { m: n }").contains("`vectors` and `score`"));
        assert!(bad("score: left.n, take: {}").contains("at least one field"));
        assert!(bad("score: n, take: { m: n }").contains("not defined"));
        assert!(bad("score: left.n, take: { m: b }").contains("in the grid of `i`; take that too"));
        assert!(bad("score: left.n, take: { m: x }").contains("no field `x`"));
        assert!(bad("score: left.n, take: { m: n }, max_block: 0").contains("1 to 5000"));
    }
}
