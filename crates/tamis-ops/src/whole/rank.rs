//! Keeping some records of each group: groups are sorted by what decides, and each keeps its first ones.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use tamis_core::barrier::{Applying, BarrierOperator, Decide, Merging, Parts, each};
use tamis_core::operator::{Context, Reject, Verdict};
use tamis_core::record::StoryEvent;
use tamis_core::{Name, Record, RecordId, StepError, Value};

use super::Missing;
use super::answers::{Answers, Ends};
use super::group::{Group, Groups};
use super::number::Number;
use super::sort::{Sorted, Sorter, ascending, halves};

/// Which records of a group come first.
pub(crate) enum Order {
    /// those with the best score; of equal ones, those with the smaller id
    Score { score: Number, lowest: bool, missing: Missing },
    /// a random order that belongs to the seed and the records
    Random,
    /// the same, but records with a greater weight tend to the front (Efraimidis and Spirakis 2006)
    Weighted(Number),
    /// the order of the input
    Input,
}

impl Order {
    fn number(&self) -> Option<&Number> {
        match self {
            Order::Score { score, .. } | Order::Weighted(score) => Some(score),
            Order::Random | Order::Input => None,
        }
    }

    /// The place of a record, smaller ones first; `None` if it takes no part.
    fn key(&self, record: &Record, ctx: &Context<'_>) -> Result<Option<u64>, StepError> {
        match self {
            Order::Input => Ok(Some(0)),
            Order::Random => Ok(Some(ctx.rng(record).bits())),
            Order::Score { score, lowest, missing } => match score.of(record, ctx)? {
                Some(score) => Ok(Some(ascending(if *lowest { score } else { -score }))),
                None => missing.check(&score.name).map(|()| None),
            },
            Order::Weighted(weight) => match weight.of(record, ctx)? {
                Some(0.0) => Ok(None),
                Some(weight) if weight > 0.0 => {
                    let unit = (ctx.rng(record).bits() >> 11) as f64 + 0.5;
                    Ok(Some(ascending(-(unit / (1_u64 << 53) as f64).ln() / weight)))
                }
                found => {
                    let found = found.map_or("nothing".to_string(), |weight| weight.to_string());
                    Err(StepError::failed(format!(
                        "expected a weight of 0 or more in `{}`, found {found}",
                        weight.name
                    )))
                }
            },
        }
    }

    /// What becomes of a record that takes no part.
    fn outside(&self, number: Option<f64>) -> Option<Verdict> {
        match (self, number) {
            (Order::Score { score, missing, .. }, None) => Some(missing.verdict(&score.name)),
            (Order::Weighted(weight), Some(0.0)) => {
                Some(Reject::because("its weight is 0", [(weight.name.clone(), Value::Float(0.0))]))
            }
            _ => None,
        }
    }
}

/// How many of a group stay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Take {
    /// the first so many
    First(u64),
    /// each by chance, drawn from its random place; for [`Order::Random`] only
    Chance(f64),
}

/// What a group gets.
pub(crate) struct Limit {
    pub(crate) take: Take,
    /// told in the story of the group's first record
    pub(crate) note: Option<String>,
}

impl From<Take> for Limit {
    fn from(take: Take) -> Limit {
        Limit { take, note: None }
    }
}

/// How large the groups are.
#[derive(Debug, Default)]
pub(crate) struct Census {
    /// records in all
    pub(crate) records: u64,
    /// how many groups have so many records
    pub(crate) sizes: BTreeMap<u64, u64>,
    /// the sizes of the groups that were asked for
    pub(crate) named: HashMap<Group, u64>,
}

/// Gives each group its limit, by the group and its size; asked once for each group, in the order of the groups.
pub(crate) type Limiting<'a> = Box<dyn FnMut(Group, u64) -> Limit + 'a>;

/// How many records of each group stay.
pub(crate) trait Limits: Send + Sync {
    /// Whether limits depend on other groups too, and on which by name.
    fn looks_at(&self) -> Option<Vec<Group>> {
        None
    }

    /// Sets the limits, and says what is told to all who are rejected.
    fn set(&self, census: &Census) -> (Limiting<'_>, Vec<(String, String)>);

    /// Why a record of this group is rejected.
    fn reason(&self, group: Group) -> &str;
}

/// A barrier that keeps some records of each group.
pub(crate) struct Ranking<L> {
    pub(crate) groups: Groups,
    pub(crate) order: Order,
    pub(crate) limits: L,
}

/// What is known of a record: its group, its place there, its id.
pub(crate) type Row = (Group, Option<u64>, RecordId);

/// What becomes of a part.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Cut {
    /// those who go, by row
    out: Vec<Beyond>,
    /// what is told in the stories of some who stay, by row
    notes: Vec<(u32, String)>,
    /// what is told to all who go
    told: Vec<(String, String)>,
}

/// A record that goes.
#[derive(Debug, Serialize, Deserialize)]
struct Beyond {
    row: u32,
    rank: u64,
    limit: f64,
    of: u64,
}

/// In an answer: the record goes.
const OUT: u64 = u64::MAX;

impl<L: Limits> BarrierOperator for Ranking<L> {
    type Summary = Vec<Row>;
    type Decision = Cut;

    fn map(&self, records: &[Record], ctx: &Context<'_>) -> (Vec<Row>, Vec<(usize, StepError)>) {
        each(records, |record| Ok((self.groups.of(record, ctx)?, self.order.key(record, ctx)?, record.id)))
    }

    fn merge(
        &self,
        parts: &Parts<'_, Vec<Row>>,
        decide: &mut Decide<'_, Cut>,
        ctx: &Merging<'_>,
    ) -> Result<(), StepError> {
        let by_input = matches!(self.order, Order::Input);
        let mut sorter = Sorter::<6>::new(ctx.scratch, "groups");
        let ends = Ends::of(parts, |at, (group, key, id): Row| {
            let Some(key) = key else { return Ok(()) };
            let [high, low] = halves(id.0);
            sorter.push([group[0], group[1], if by_input { at } else { key }, high, low, at])
        })?;
        let sorted = sorter.finish()?;
        let census = match self.limits.looks_at() {
            Some(named) => census(&sorted, &named)?,
            None => Census::default(),
        };
        let (limiting, told) = self.limits.set(&census);
        let (answers, notes) = cut(&sorted, limiting, ctx)?;
        drop(sorted);
        answers.each_part(&ends, |answers| {
            let mut part = Cut { told: told.clone(), ..Cut::default() };
            for (row, [_, kind, rank, limit, of]) in answers {
                match notes.get(kind as usize) {
                    Some(note) => part.notes.push((row, note.clone())),
                    None => part.out.push(Beyond { row, rank, limit: f64::from_bits(limit), of }),
                }
            }
            decide.put(&part)
        })
    }

    fn apply(&self, record: &mut Record, row: usize, part: &Cut, ctx: &Applying<'_>) -> Result<Verdict, StepError> {
        let number = self.order.number().map(|number| number.of(record, ctx.ctx)).transpose()?.flatten();
        if let Some(verdict) = self.order.outside(number) {
            return Ok(verdict);
        }
        let Ok(out) = part.out.binary_search_by_key(&row, |beyond| beyond.row as usize) else {
            if let Ok(note) = part.notes.binary_search_by_key(&row, |(row, _)| *row as usize) {
                record.tell(ctx.ctx.step, StoryEvent::Note(part.notes[note].1.clone()));
            }
            return Ok(Verdict::Pass);
        };
        let group = self.groups.of(record, ctx.ctx)?;
        let mut values = self.groups.shown(record, ctx.ctx)?;
        values.extend(self.order.number().zip(number).map(|(n, value)| (n.name.clone(), Value::Float(value))));
        values.extend(self.values(&part.out[out]));
        values.extend(part.told.iter().map(|(name, text)| (Name::from(name.as_str()), Value::text(text.as_str()))));
        Ok(Reject::because(self.limits.reason(group), values))
    }
}

impl<L> Ranking<L> {
    fn values(&self, beyond: &Beyond) -> impl Iterator<Item = (Name, Value)> {
        let whole = beyond.limit.fract() == 0.0 && beyond.limit >= 1.0 || beyond.limit == 0.0;
        let limit = if whole { Value::Int(beyond.limit as i64) } else { Value::Float(beyond.limit) };
        let rank = matches!(self.order, Order::Score { .. }).then_some(("rank", beyond.rank));
        let numbers = rank.into_iter().chain([("of", beyond.of)]).map(|(name, n)| (name.into(), Value::Int(n as i64)));
        numbers.chain([(Name::from(if whole { "kept" } else { "chance" }), limit)])
    }
}

fn census(sorted: &Sorted<6>, named: &[Group]) -> Result<Census, StepError> {
    let mut census = Census::default();
    let mut cursor = sorted.cursor()?;
    while let Some(group) = cursor.prefix::<2>() {
        let mut size = 0;
        cursor.each_in(&group, |_| {
            size += 1;
            Ok(())
        })?;
        census.records += size;
        *census.sizes.entry(size).or_default() += 1;
        if named.contains(&group) {
            census.named.insert(group, size);
        }
    }
    Ok(census)
}

/// Goes through the groups with two cursors: one finds out how large a group is, the other one decides.
fn cut(
    sorted: &Sorted<6>,
    mut limiting: Limiting<'_>,
    ctx: &Merging<'_>,
) -> Result<(Answers<5>, Vec<String>), StepError> {
    let (mut answers, mut notes) = (Answers::<5>::new(ctx.scratch), Vec::new());
    let (mut sizes, mut rows) = (sorted.cursor()?, sorted.cursor()?);
    while let Some(group) = sizes.prefix::<2>() {
        let (mut size, mut rank) = (0, 0);
        sizes.each_in(&group, |_| {
            size += 1;
            Ok(())
        })?;
        let Limit { take, mut note } = limiting(group, size);
        rows.each_in(&group, |[_, _, key, _, _, at]| {
            rank += 1;
            let (stays, limit) = match take {
                Take::First(limit) => (rank <= limit, limit as f64),
                Take::Chance(chance) => (((key >> 11) as f64) < chance * (1_u64 << 53) as f64, chance),
            };
            if !stays {
                return answers.push([at, OUT, rank, limit.to_bits(), size]);
            }
            let Some(note) = note.take() else { return Ok(()) };
            notes.push(note);
            answers.push([at, notes.len() as u64 - 1, rank, limit.to_bits(), size])
        })?;
    }
    Ok((answers, notes))
}
