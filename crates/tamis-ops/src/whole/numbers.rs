//! A number of each record, sorted within groups: what percentiles, means and ranks are made of.

use serde::{Deserialize, Serialize};
use tamis_core::barrier::{Merging, Parts, each};
use tamis_core::bind::Scope;
use tamis_core::operator::Context;
use tamis_core::template::{Expression, Vars};
use tamis_core::{Record, StepError};

use super::Missing;
use super::answers::Ends;
use super::group::{By, Group, Groups};
use super::number::Number;
use super::sort::{Cursor, Sorted, Sorter, ascending, number_of};

/// What is read of each record.
pub(crate) struct Numbers {
    pub(crate) number: Number,
    pub(crate) groups: Groups,
    pub(crate) missing: Missing,
    /// only records for which it holds make up the distribution; the others are compared with it
    pub(crate) among: Option<Expression>,
}

/// A record's number in its group; `None` if it takes no part.
#[derive(Serialize, Deserialize)]
pub(crate) struct Sample {
    pub(crate) group: Group,
    pub(crate) number: Option<f64>,
    pub(crate) counts: bool,
}

/// A number in the order of its group.
#[derive(Clone, Copy)]
pub(crate) struct Ranked {
    pub(crate) number: f64,
    /// the record's number in the whole
    pub(crate) at: u64,
    /// whether it makes up the distribution
    pub(crate) counts: bool,
}

impl Numbers {
    /// Binds the options `score`, `by` and `among`; tells every problem.
    pub(crate) fn bind(
        scope: &mut Scope<'_>,
        score: &str,
        by: Option<&By>,
        among: Option<&str>,
        missing: Missing,
    ) -> Option<Numbers> {
        let number = Number::bind(scope, "score", score);
        let groups = Groups::bind(scope, "by", by);
        let among = among.map(|among| scope.expression("among", among));
        let among = match among {
            Some(bound) => Some(bound?),
            None => None,
        };
        Some(Numbers { number: number?, groups: groups?, missing, among })
    }

    /// Sums up a part.
    pub(crate) fn map(&self, records: &[Record], ctx: &Context<'_>) -> (Vec<Sample>, Vec<(usize, StepError)>) {
        each(records, |record| {
            let number = self.number.of(record, ctx)?;
            if number.is_none() {
                self.missing.check(&self.number.name)?;
            }
            let counts = match &self.among {
                Some(among) => among.holds(&Vars::of(record, ctx)).map_err(StepError::failed)?,
                None => true,
            };
            Ok(Sample { group: self.groups.of(record, ctx)?, number, counts })
        })
    }

    /// The numbers of all parts, sorted within their groups.
    pub(crate) fn sort(parts: &Parts<'_, Vec<Sample>>, ctx: &Merging<'_>) -> Result<(InGroups, Ends), StepError> {
        let mut sorter = Sorter::new(ctx.scratch, "numbers");
        let ends = Ends::of(parts, |at, sample: Sample| {
            let Some(number) = sample.number else { return Ok(()) };
            sorter.push([sample.group[0], sample.group[1], ascending(number), at, sample.counts.into()])
        })?;
        Ok((InGroups(sorter.finish()?), ends))
    }
}

/// Numbers sorted by group, then by size, then by the order of the input.
pub(crate) struct InGroups(Sorted<5>);

impl InGroups {
    /// Goes through the groups one after another.
    pub(crate) fn walk(&self) -> Result<Walk<'_>, StepError> {
        Ok(Walk(self.0.cursor()?))
    }
}

/// A walk through groups; several walks side by side look at a group as often as they are.
pub(crate) struct Walk<'a>(Cursor<'a, 5>);

impl Walk<'_> {
    /// The group that comes next.
    pub(crate) fn group(&self) -> Option<Group> {
        self.0.prefix()
    }

    /// Goes through a group.
    pub(crate) fn each(
        &mut self,
        group: Group,
        mut visit: impl FnMut(Ranked) -> Result<(), StepError>,
    ) -> Result<(), StepError> {
        self.0.each_in(&group, |row| visit(ranked(row)))
    }

    /// Goes through those of a group that make up the distribution; gives how many they are.
    pub(crate) fn counting(&mut self, group: Group, mut visit: impl FnMut(f64, u64)) -> Result<u64, StepError> {
        let mut n = 0;
        self.each(group, |ranked| {
            if ranked.counts {
                visit(ranked.number, n);
                n += 1;
            }
            Ok(())
        })?;
        Ok(n)
    }

    /// Goes through those of a group that have the same number as the next one; gives how many they are.
    pub(crate) fn equal(&mut self, mut visit: impl FnMut(Ranked) -> Result<(), StepError>) -> Result<u64, StepError> {
        let Some(equal) = self.0.prefix::<3>() else { return Ok(0) };
        let mut n = 0;
        self.0.each_in(&equal, |row| {
            n += 1;
            visit(ranked(row))
        })?;
        Ok(n)
    }
}

fn ranked([_, _, number, at, counts]: [u64; 5]) -> Ranked {
    Ranked { number: number_of(number), at, counts: counts == 1 }
}

/// A sum whose error does not grow with the number of terms (Neumaier).
#[derive(Default)]
pub(crate) struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    /// Adds a number.
    pub(crate) fn add(&mut self, number: f64) {
        let sum = self.sum + number;
        let (large, small) = if self.sum.abs() >= number.abs() { (self.sum, number) } else { (number, self.sum) };
        self.lost += (large - sum) + small;
        self.sum = sum;
    }

    /// The sum.
    pub(crate) fn value(&self) -> f64 {
        self.sum + self.lost
    }
}

/// Mean and standard deviation (of the whole group, not of a sample) by two walks over a group; `None` if nothing counts.
pub(crate) fn moments(
    first: &mut Walk<'_>,
    second: &mut Walk<'_>,
    group: Group,
) -> Result<Option<(f64, f64)>, StepError> {
    let (mut sum, mut squares) = (Sum::default(), Sum::default());
    let n = first.counting(group, |number, _| sum.add(number))? as f64;
    let mean = sum.value() / n;
    second.counting(group, |number, _| squares.add((number - mean) * (number - mean)))?;
    Ok((n > 0.0).then(|| (mean, (squares.value() / n).sqrt())))
}
