//! One pass over the rows into tables of bounded size.

use std::collections::BTreeMap;

use tamis_core::rng::Rng;

use super::cells;
use super::roles::{ColumnRole, Role};
use crate::data::calendar;
use crate::table::Time;

/// Different names or times kept of a column.
pub(super) const KEYS: usize = 4_000;
/// Pairs of time and name kept.
const PAIRS: usize = 12_000;
/// Rows kept for distributions and scatter plots.
pub(super) const SAMPLE: usize = 600;

/// Sum and count of each column of numbers over the rows of a group.
pub(super) type Sums = Vec<(f64, u64)>;

/// What charts are made of.
#[derive(Clone, Debug)]
pub(super) struct Gathered {
    pub(super) rows: u64,
    /// By column: cells that say something which could not be read.
    pub(super) unread: Vec<u64>,
    /// The columns of numbers.
    pub(super) numbers: Vec<usize>,
    /// By column of categories: sums and rows of each name.
    pub(super) names: BTreeMap<usize, BTreeMap<String, (Sums, u64)>>,
    /// By column of categories: rows whose name came too late to be kept.
    pub(super) late: BTreeMap<usize, (Sums, u64)>,
    /// The first column of times, with sums and rows of each.
    pub(super) time: Option<usize>,
    pub(super) times: BTreeMap<Time, (Sums, u64)>,
    /// By time and name of the first column of categories.
    pub(super) pairs: BTreeMap<(Time, String), (Sums, u64)>,
    pub(super) paired: bool,
    step: Coarse,
    /// Sampled rows: the names in the first column of categories, and the numbers.
    pub(super) sample: Vec<(Option<String>, Vec<Option<f64>>)>,
}

/// How coarse times are made to keep their number small.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Coarse {
    AsWritten,
    Month,
    Year,
}

impl Coarse {
    pub(super) fn of(self, time: Time) -> Time {
        match (self, time) {
            (Coarse::Month, Time::Day(y, m, _)) => Time::Month(y, m),
            (Coarse::Year, time) => Time::Year(calendar::year(time)),
            (_, time) => time,
        }
    }
}

impl Gathered {
    pub(super) fn new(roles: &[ColumnRole]) -> Gathered {
        let of =
            |wanted: fn(&Role) -> bool| roles.iter().enumerate().filter(move |(_, r)| wanted(&r.role)).map(|(i, _)| i);
        let categories = || of(|r| *r == Role::Category);
        Gathered {
            rows: 0,
            unread: vec![0; roles.len()],
            numbers: of(|r| matches!(r, Role::Number(_))).collect(),
            names: categories().map(|i| (i, BTreeMap::new())).collect(),
            late: categories().map(|i| (i, Default::default())).collect(),
            time: of(|r| *r == Role::Time).next(),
            times: BTreeMap::new(),
            pairs: BTreeMap::new(),
            paired: true,
            step: Coarse::AsWritten,
            sample: Vec::new(),
        }
    }

    /// How many groups and rows are held.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.names.values().map(BTreeMap::len).sum::<usize>() + self.times.len() + self.pairs.len() + self.sample.len()
    }

    pub(super) fn add(&mut self, row: &[String], roles: &[ColumnRole], rng: &mut Rng) {
        self.rows += 1;
        let raw = |i: usize| row.get(i).map(String::as_str).filter(|c| !cells::is_missing(c));
        let mut numbers = Vec::with_capacity(self.numbers.len());
        for i in &self.numbers {
            let value = raw(*i).and_then(|c| cells::number(c, roles[*i].decimals)).map(|n| n.0);
            self.unread[*i] += u64::from(value.is_none() && row.get(*i).is_some_and(|c| !c.trim().is_empty()));
            numbers.push(value);
        }
        let name = |i: usize| raw(i).map(|c| cells::shortened(c, 40)).filter(|n| !n.is_empty());
        let mut first = None;
        for (i, groups) in &mut self.names {
            let Some(name) = name(*i) else { continue };
            if first.is_none() {
                first = Some(name.clone());
            }
            let full = groups.len() >= KEYS && !groups.contains_key(&name);
            match (full, self.late.get_mut(i)) {
                (true, Some(late)) => count(late, &numbers),
                _ => count(groups.entry(name).or_default(), &numbers),
            }
        }
        if let Some(i) = self.time {
            let time = raw(i).and_then(|c| cells::time(c, roles[i].order, roles[i].years));
            self.unread[i] += u64::from(time.is_none() && raw(i).is_some());
            if let Some(time) = time {
                self.add_time(time, first.as_ref(), &numbers);
            }
        }
        // A reservoir: each row is as likely as any other to be in the sample.
        if self.sample.len() < SAMPLE {
            self.sample.push((first, numbers));
        } else {
            let at = (rng.unit() * self.rows as f64) as usize;
            if at < SAMPLE {
                self.sample[at] = (first, numbers);
            }
        }
    }

    fn add_time(&mut self, time: Time, name: Option<&String>, numbers: &[Option<f64>]) {
        count(self.times.entry(self.step.of(time)).or_default(), numbers);
        if let (true, Some(name)) = (self.paired, name) {
            count(self.pairs.entry((self.step.of(time), name.clone())).or_default(), numbers);
        }
        if self.times.len() > KEYS || self.pairs.len() > PAIRS {
            self.coarsen();
        }
        // Pairs that stay too many even by year are of no use to a chart.
        if self.pairs.len() > PAIRS {
            self.pairs.clear();
            self.paired = false;
        }
    }

    fn coarsen(&mut self) {
        self.step = if self.step == Coarse::AsWritten { Coarse::Month } else { Coarse::Year };
        let step = self.step;
        self.times = merged(std::mem::take(&mut self.times), |t| step.of(t));
        self.pairs = merged(std::mem::take(&mut self.pairs), |(t, n)| (step.of(t), n));
    }
}

/// The groups under new, fewer keys.
pub(super) fn merged<K: Ord, L: Ord>(
    groups: BTreeMap<K, (Sums, u64)>,
    key: impl Fn(K) -> L,
) -> BTreeMap<L, (Sums, u64)> {
    let mut all: BTreeMap<L, (Sums, u64)> = BTreeMap::new();
    for (old, group) in groups {
        merge(all.entry(key(old)).or_default(), &group);
    }
    all
}

pub(super) fn merge(into: &mut (Sums, u64), from: &(Sums, u64)) {
    into.0.resize(from.0.len().max(into.0.len()), (0.0, 0));
    into.0.iter_mut().zip(&from.0).for_each(|(a, b)| *a = (a.0 + b.0, a.1 + b.1));
    into.1 += from.1;
}

fn count(group: &mut (Sums, u64), numbers: &[Option<f64>]) {
    group.0.resize(numbers.len(), (0.0, 0));
    for (sum, value) in group.0.iter_mut().zip(numbers) {
        if let Some(value) = value {
            *sum = (sum.0 + value, sum.1 + 1);
        }
    }
    group.1 += 1;
}
