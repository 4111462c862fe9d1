//! Charts from what was gathered.

use tamis_core::rng::Rng;

use super::gather::{Coarse, Gathered, Sums, merge, merged};
use super::roles::Role;
use super::{OwnError, OwnTable};
use crate::data::random::rounded;
use crate::spec::{Axis, Channel, Chart, Encoding, Kind};
use crate::table::{Cells, Column, Table, Time, Unit};

/// Categories drawn: the largest; the rest is "Other" where it can be summed.
const MOST: usize = 12;
/// Points of a time axis; beyond it, times are made coarser.
const POINTS: usize = 120;

/// What is drawn: a column of numbers, or how many rows there are.
#[derive(Clone)]
struct Measure {
    name: String,
    unit: Unit,
    /// Its rank among the numbers; `None` counts rows.
    rank: Option<usize>,
}

/// Values of some measures for categories or times.
struct Groups {
    x: Column,
    /// Values by measure.
    values: Vec<Vec<Option<f64>>>,
    note: Vec<String>,
    about: String,
}

pub(super) fn chart(own: &OwnTable, kind: Kind, rng: &mut Rng) -> Result<Chart, OwnError> {
    let maker = Maker { own, g: &own.gathered };
    match kind {
        Kind::Bar | Kind::Lollipop | Kind::Pareto | Kind::Pie | Kind::Donut | Kind::Rose | Kind::Radar => {
            maker.grouped(kind, rng)
        }
        Kind::Line | Kind::Area | Kind::Step | Kind::StackedArea | Kind::StackedBar | Kind::Heatmap => {
            maker.over_time(kind, rng)
        }
        Kind::BarLine => maker.bar_line(rng),
        Kind::Histogram | Kind::Density | Kind::HistogramDensity | Kind::Box | Kind::Violin | Kind::BoxViolin => {
            maker.distribution(kind, rng)
        }
        Kind::Scatter | Kind::ScatterHistogram | Kind::ScatterDensity | Kind::HexHistogram | Kind::Bubble => {
            maker.points(kind, rng)
        }
        Kind::Parallel => maker.parallel(),
        _ => Err(maker.lacks("data that a table of rows can give", kind)),
    }
}

struct Maker<'a> {
    own: &'a OwnTable,
    g: &'a Gathered,
}

impl Maker<'_> {
    fn lacks(&self, expected: &str, kind: Kind) -> OwnError {
        let found: Vec<String> = self.own.roles.iter().take(12).map(ToString::to_string).collect();
        OwnError::new(
            format!("{} as a {}", self.own.name, kind.words()),
            expected,
            found.join("; "),
            "take one of the kinds that `kinds()` lists",
        )
    }

    /// The measures; the number of rows where no column has numbers.
    fn measures(&self) -> Vec<Measure> {
        let of = |(rank, i): (usize, &usize)| match &self.own.roles[*i].role {
            Role::Number(unit) => {
                Some(Measure { name: self.own.roles[*i].name.clone(), unit: unit.clone(), rank: Some(rank) })
            }
            _ => None,
        };
        let found: Vec<Measure> = self.g.numbers.iter().enumerate().filter_map(of).collect();
        if found.is_empty() {
            vec![Measure { name: "Number of rows".into(), unit: Unit::count(), rank: None }]
        } else {
            found
        }
    }

    fn measure(&self, rng: &mut Rng, fits: impl Fn(&Measure) -> bool) -> Option<Measure> {
        let fitting: Vec<Measure> = self.measures().into_iter().filter(|m| fits(m)).collect();
        rng.pick(&fitting).cloned()
    }

    /// The largest categories of a column, with the values of the measures.
    fn categories(&self, column: usize, measures: &[Measure], least_other: bool) -> Groups {
        let none = std::collections::BTreeMap::new();
        let groups = self.g.names.get(&column).unwrap_or(&none);
        let first = &measures[0];
        let size = |g: &(Sums, u64)| value(first, g).unwrap_or(f64::MIN);
        let mut order: Vec<(&String, &(Sums, u64))> = groups.iter().collect();
        order.sort_by(|a, b| size(b.1).total_cmp(&size(a.1)).then(a.0.cmp(b.0)));
        let (count, shown) = (order.len(), order.len().min(MOST));
        let (kept, rest) = order.split_at(shown);
        let mut names: Vec<String> = kept.iter().map(|k| k.0.clone()).collect();
        let mut all: Vec<(Sums, u64)> = kept.iter().map(|k| k.1.clone()).collect();
        let late = self.g.late.get(&column).filter(|l| l.1 > 0);
        let mut note = Vec::new();
        if !rest.is_empty() {
            let total = if late.is_some() { format!("more than {count}") } else { count.to_string() };
            if least_other && measures.iter().all(|m| m.unit.additive) {
                let mut other = (Vec::new(), 0);
                rest.iter().map(|r| r.1).chain(late).for_each(|g| merge(&mut other, g));
                let taken = names.iter().any(|n| n == "Other");
                names.push(if taken { "All other".into() } else { "Other".into() });
                all.push(other);
                note.push(format!("The {shown} largest of {total}; the rest is summed."));
            } else {
                note.push(format!("The {shown} largest of {total}."));
            }
        }
        note.extend(self.merged_rows(measures, all.iter().map(|g| g.1)));
        let values = measures.iter().map(|m| all.iter().map(|g| value(m, g)).collect()).collect();
        let about = self.own.roles[column].name.clone();
        Groups { x: Column::text(&about, names), values, note, about }
    }

    /// Says how several rows became one mark.
    fn merged_rows(&self, measures: &[Measure], mut rows: impl Iterator<Item = u64>) -> Option<String> {
        if measures.iter().all(|m| m.rank.is_none()) || !rows.any(|n| n > 1) {
            return None;
        }
        let how = match (measures.iter().all(|m| m.unit.additive), measures.iter().any(|m| m.unit.additive)) {
            (true, _) => "Sums",
            (false, true) => "Sums or means",
            _ => "Means",
        };
        Some(format!("{how} over {} rows.", self.g.rows))
    }

    /// Times that are few enough, with the values of the measures.
    fn times(&self, measures: &[Measure]) -> Option<Groups> {
        let column = self.g.time?;
        let mut groups = self.g.times.clone();
        for step in [Coarse::Month, Coarse::Year] {
            if groups.len() > POINTS {
                groups = merged(groups, |t| step.of(t));
            }
        }
        let groups = one_step(groups);
        let mut note = Vec::new();
        let skipped = groups.len().saturating_sub(2 * POINTS);
        if skipped > 0 {
            note.push(format!("The last {} of {} times.", 2 * POINTS, groups.len()));
        }
        let kept: Vec<(Time, (Sums, u64))> = groups.into_iter().skip(skipped).collect();
        note.extend(self.merged_rows(measures, kept.iter().map(|g| g.1.1)));
        let values = measures.iter().map(|m| kept.iter().map(|g| value(m, &g.1)).collect()).collect();
        let about = self.own.roles[column].name.clone();
        let x = Column {
            name: about.clone(),
            unit: Unit::default(),
            cells: Cells::Time(kept.iter().map(|g| Some(g.0)).collect()),
        };
        Some(Groups { x, values, note, about })
    }

    /// One series over categories, or over times where there is no category.
    fn grouped(&self, kind: Kind, rng: &mut Rng) -> Result<Chart, OwnError> {
        let parts = matches!(kind, Kind::Pie | Kind::Donut | Kind::Pareto);
        let measure = self
            .measure(rng, |m| !parts || m.unit.additive)
            .ok_or_else(|| self.lacks("numbers that may be summed", kind))?;
        let columns: Vec<usize> = self.g.names.iter().filter(|(_, n)| n.len() > 1).map(|(i, _)| *i).collect();
        let measures = [measure];
        let groups = match rng.pick(&columns) {
            Some(column) => {
                self.categories(*column, &measures, !matches!(kind, Kind::Radar | Kind::Lollipop | Kind::Pareto))
            }
            None if matches!(kind, Kind::Bar | Kind::Lollipop) => {
                self.times(&measures).ok_or_else(|| self.lacks("a column of categories or dates", kind))?
            }
            None => return Err(self.lacks("a column with two categories or more", kind)),
        };
        let long = groups.x.len() > 6;
        let mut chart = self.drawn(kind, groups, &measures, &[])?;
        chart.horizontal = long
            && matches!(kind, Kind::Bar | Kind::Lollipop)
            && matches!(chart.table.columns[0].cells, Cells::Text(_));
        Ok(chart)
    }

    /// Series over time: one for a measure, or one for each of the largest categories.
    fn over_time(&self, kind: Kind, rng: &mut Rng) -> Result<Chart, OwnError> {
        let stacked = matches!(kind, Kind::StackedArea | Kind::StackedBar);
        let measure = self
            .measure(rng, |m| !stacked || m.unit.additive)
            .ok_or_else(|| self.lacks("numbers that may be summed", kind))?;
        let several = stacked || kind == Kind::Heatmap || rng.below(2) == 0;
        if several && let Some((groups, series)) = self.by_time_and_name(&measure, stacked) {
            return self.drawn(kind, groups, &series, &[]);
        }
        if stacked || kind == Kind::Heatmap {
            return Err(self.lacks("dates and a column of categories", kind));
        }
        let measures = [measure];
        let groups = self.times(&measures).ok_or_else(|| self.lacks("a column of dates", kind))?;
        self.drawn(kind, groups, &measures, &[])
    }

    /// A measure by time for the largest categories of the first column that has such.
    fn by_time_and_name(&self, measure: &Measure, filled: bool) -> Option<(Groups, Vec<Measure>)> {
        let time = self.g.time.filter(|_| self.g.paired && !self.g.pairs.is_empty())?;
        let mut pairs = self.g.pairs.clone();
        for step in [Coarse::Month, Coarse::Year] {
            if pairs.keys().map(|k| k.0).collect::<std::collections::BTreeSet<_>>().len() > POINTS / 2 {
                pairs = merged(pairs, |(t, n)| (step.of(t), n));
            }
        }
        let mut totals: std::collections::BTreeMap<&String, (Sums, u64)> = Default::default();
        pairs.iter().for_each(|((_, name), group)| merge(totals.entry(name).or_default(), group));
        let mut names: Vec<(&String, f64)> =
            totals.iter().map(|(n, g)| (*n, value(measure, g).unwrap_or(f64::MIN))).collect();
        names.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
        let count = names.len();
        names.truncate(6);
        if names.len() < 2 {
            return None;
        }
        let times: std::collections::BTreeSet<Time> =
            one_step(pairs.keys().map(|k| (k.0, ())).collect()).into_keys().collect();
        let at = |t: &Time, n: &String| {
            pairs.get(&(*t, n.clone())).and_then(|g| value(measure, g)).or(filled.then_some(0.0))
        };
        let values = names.iter().map(|(n, _)| times.iter().map(|t| at(t, n)).collect()).collect();
        let mut note =
            if count > names.len() { vec![format!("The {} largest of {count}.", names.len())] } else { Vec::new() };
        note.extend(self.merged_rows(std::slice::from_ref(measure), pairs.values().map(|g| g.1)));
        let series = names.iter().map(|(n, _)| Measure { name: (*n).clone(), ..measure.clone() }).collect();
        let x = Column {
            name: self.own.roles[time].name.clone(),
            unit: Unit::default(),
            cells: Cells::Time(times.into_iter().map(Some).collect()),
        };
        Some((Groups { x, values, note, about: measure.name.clone() }, series))
    }

    fn bar_line(&self, rng: &mut Rng) -> Result<Chart, OwnError> {
        let kind = Kind::BarLine;
        let mut measures = self.measures();
        rng.shuffle(&mut measures);
        measures.truncate(2);
        if measures.len() < 2 {
            return Err(self.lacks("two columns of numbers", kind));
        }
        let groups = match (self.times(&measures), self.g.names.iter().find(|(_, n)| n.len() > 1)) {
            (Some(groups), _) => groups,
            (None, Some((column, _))) => self.categories(*column, &measures, false),
            _ => return Err(self.lacks("a column of categories or dates", kind)),
        };
        let mut groups = groups;
        complete_rows(&mut groups);
        self.drawn(kind, groups, &measures, &[1])
    }

    /// Series as columns; those whose rank is in `second` on the second axis.
    fn drawn(&self, kind: Kind, mut groups: Groups, measures: &[Measure], second: &[usize]) -> Result<Chart, OwnError> {
        let gaps = kind.wants().iter().any(|w| w.channel == Channel::Y && w.gaps);
        if !gaps {
            complete_rows(&mut groups);
        }
        if groups.x.is_empty() || groups.values.iter().all(|v| v.iter().all(Option::is_none)) {
            return Err(self.lacks("cells with values", kind));
        }
        let several = measures.len() > 1 && second.is_empty();
        let first = &measures[0];
        let value_name = if several { groups.about.clone() } else { first.name.clone() };
        let mut columns = vec![(Channel::X, groups.x)];
        for (i, (measure, values)) in measures.iter().zip(groups.values).enumerate() {
            let unit = shown(measure, &values);
            let cells = values.into_iter().map(|v| v.map(|v| rounded(v, unit.decimals))).collect();
            let channel = if second.contains(&i) { Channel::Y2 } else { Channel::Y };
            columns.push((channel, Column { name: measure.name.clone(), unit, cells: Cells::Number(cells) }));
        }
        let title = match second.first().and_then(|s| measures.get(*s)) {
            Some(other) => format!("{} and {} by {}", first.name, other.name, groups.about),
            None if several => format!("{}: {value_name} over time", self.own.name),
            None => format!("{value_name} by {}", groups.about),
        };
        let mut chart = self.sheet(kind, title, columns, axis_title(&value_name, &first.unit.symbol));
        chart.note = groups.note.join(" ");
        chart.y2 = second
            .first()
            .and_then(|s| measures.get(*s))
            .map(|m| Axis { title: axis_title(&m.name, &m.unit.symbol), ..Axis::default() });
        Ok(chart)
    }

    fn sheet(&self, kind: Kind, title: String, columns: Vec<(Channel, Column)>, y: String) -> Chart {
        let mut named: Vec<Column> = Vec::new();
        let mut encodings = Vec::new();
        for (channel, mut column) in columns {
            let wanted = column.name.clone();
            let mut number = 2;
            while named.iter().any(|c| c.name == column.name) {
                column.name = format!("{wanted} ({number})");
                number += 1;
            }
            encodings.push(Encoding { channel, column: column.name.clone() });
            named.push(column);
        }
        let x = named.first().map(|c| axis_title(&c.name, &c.unit.symbol)).unwrap_or_default();
        Chart {
            kind,
            title: super::cells::shortened(&title, 90),
            subtitle: String::new(),
            note: String::new(),
            table: Table { columns: named },
            encodings,
            x: Axis { title: x, ..Axis::default() },
            y: Axis { title: y, ..Axis::default() },
            y2: None,
            annotations: Vec::new(),
            legend: true,
            value_labels: false,
            horizontal: false,
        }
    }

    fn sampled(&self) -> String {
        let n = self.g.sample.len() as u64;
        if n < self.g.rows { format!("A random sample of {n} of {} rows.", self.g.rows) } else { String::new() }
    }

    /// Samples of one measure, split by the largest categories where these have enough.
    fn distribution(&self, kind: Kind, rng: &mut Rng) -> Result<Chart, OwnError> {
        let measure = self.measure(rng, |m| m.rank.is_some()).ok_or_else(|| self.lacks("a column of numbers", kind))?;
        let rank = measure.rank.unwrap_or_default();
        let mut groups: std::collections::BTreeMap<&str, Vec<f64>> = Default::default();
        let mut all = Vec::new();
        for (name, numbers) in &self.g.sample {
            let Some(v) = numbers[rank] else { continue };
            all.push(v);
            if let Some(name) = name {
                groups.entry(name).or_default().push(v);
            }
        }
        let mut large: Vec<(&str, Vec<f64>)> =
            groups.into_iter().filter(|(_, v)| v.len() >= 8 && v.iter().any(|x| *x != v[0])).collect();
        large.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then(a.0.cmp(b.0)));
        large.truncate(if matches!(kind, Kind::Box | Kind::Violin | Kind::BoxViolin) { 8 } else { 3 });
        let split = large.len() > 1;
        let series = if split {
            large.into_iter().map(|(n, v)| (n.to_string(), v)).collect()
        } else {
            vec![(measure.name.clone(), all)]
        };
        let longest = series.iter().map(|s| s.1.len()).max().unwrap_or(0);
        let unit = Unit { additive: false, ..measure.unit.clone() };
        let padded = |v: Vec<f64>| {
            Cells::Number(
                v.into_iter()
                    .map(|x| Some(rounded(x, unit.decimals)))
                    .chain(std::iter::repeat(None))
                    .take(longest)
                    .collect(),
            )
        };
        let columns = series
            .into_iter()
            .map(|(name, v)| (Channel::Y, Column { name, unit: unit.clone(), cells: padded(v) }))
            .collect();
        let upright = matches!(kind, Kind::Box | Kind::Violin | Kind::BoxViolin);
        let value_title = axis_title(&measure.name, &measure.unit.symbol);
        let count = if matches!(kind, Kind::Density) { "Density" } else { "Count" };
        let mut chart = self.sheet(
            kind,
            format!("Distribution of {}", measure.name),
            columns,
            if upright { value_title.clone() } else { count.into() },
        );
        chart.x.title = if upright { String::new() } else { value_title };
        chart.note = self.sampled();
        Ok(chart)
    }

    /// Rows as points.
    fn points(&self, kind: Kind, rng: &mut Rng) -> Result<Chart, OwnError> {
        let mut measures: Vec<Measure> = self.measures().into_iter().filter(|m| m.rank.is_some()).collect();
        rng.shuffle(&mut measures);
        let wanted = if kind == Kind::Bubble { 3 } else { 2 };
        let advice = if wanted == 3 { "three columns of numbers" } else { "two columns of numbers" };
        if measures.len() < wanted {
            return Err(self.lacks(advice, kind));
        }
        if wanted == 3 {
            // The size of a circle cannot be below 0.
            let positive =
                |m: &Measure| self.g.sample.iter().all(|(_, n)| m.rank.and_then(|r| n[r]).is_none_or(|v| v >= 0.0));
            let at = measures
                .iter()
                .position(positive)
                .ok_or_else(|| self.lacks("numbers of at least 0 for the size", kind))?;
            let size = measures.remove(at);
            measures.insert(2, size);
        }
        measures.truncate(wanted);
        let most = if kind == Kind::Bubble { 60 } else { super::gather::SAMPLE };
        let all =
            |n: &Vec<Option<f64>>| measures.iter().map(|m| m.rank.and_then(|r| n[r])).collect::<Option<Vec<f64>>>();
        let rows: Vec<(Option<&String>, Vec<f64>)> =
            self.g.sample.iter().filter_map(|(name, n)| Some((name.as_ref(), all(n)?))).take(most).collect();
        let named = matches!(kind, Kind::Scatter | Kind::Bubble) && rows.iter().all(|r| r.0.is_some());
        let names: std::collections::BTreeSet<&String> = rows.iter().filter_map(|r| r.0).collect();
        let channels = [Channel::X, Channel::Y, Channel::Size];
        let mut columns: Vec<(Channel, Column)> = measures
            .iter()
            .enumerate()
            .map(|(i, m)| {
                let unit = Unit { additive: false, ..m.unit.clone() };
                (
                    channels[i],
                    Column::numbers(&m.name, unit.clone(), rows.iter().map(|r| rounded(r.1[i], unit.decimals))),
                )
            })
            .collect();
        if named && (2..=6).contains(&names.len()) {
            let column = self.g.names.keys().next().map_or("Group", |i| &self.own.roles[*i].name);
            columns.push((Channel::Group, Column::text(column, rows.iter().filter_map(|r| r.0.cloned()))));
        }
        let (x, y) = (&measures[0], &measures[1]);
        let mut chart =
            self.sheet(kind, format!("{} and {}", y.name, x.name), columns, axis_title(&y.name, &y.unit.symbol));
        chart.note = if rows.len() < self.g.sample.len() {
            format!("{} of {} rows.", rows.len(), self.g.rows)
        } else {
            self.sampled()
        };
        Ok(chart)
    }

    /// The largest categories on all measures.
    fn parallel(&self) -> Result<Chart, OwnError> {
        let kind = Kind::Parallel;
        let mut measures = self.measures();
        measures.truncate(7);
        let column = self.g.names.iter().find(|(_, n)| n.len() > 1).map(|(i, _)| *i);
        let (Some(column), true) = (column, measures.len() >= 3) else {
            return Err(self.lacks("categories and three columns of numbers", kind));
        };
        let groups = self.categories(column, &measures, false);
        let title = format!("{} compared", groups.about);
        let mut chart = self.drawn(kind, groups, &measures, &[])?;
        chart.title = title;
        Ok(chart)
    }
}

/// Rows in which a value is missing are left out, and the note says how many.
fn complete_rows(groups: &mut Groups) {
    let keep: Vec<bool> = (0..groups.x.len()).map(|r| groups.values.iter().all(|v| v[r].is_some())).collect();
    let dropped = keep.iter().filter(|k| !**k).count();
    if dropped == 0 {
        return;
    }
    fn kept<T: Clone>(cells: &[T], keep: &[bool]) -> Vec<T> {
        cells.iter().zip(keep).filter(|(_, k)| **k).map(|(c, _)| c.clone()).collect()
    }
    groups.values.iter_mut().for_each(|v| *v = kept(v, &keep));
    groups.x.cells = match &groups.x.cells {
        Cells::Text(v) => Cells::Text(kept(v, &keep)),
        Cells::Number(v) => Cells::Number(kept(v, &keep)),
        Cells::Time(v) => Cells::Time(kept(v, &keep)),
    };
    groups.note.push(format!("{dropped} without a value left out."));
}

/// The times of the most frequent step: a chart of days does not end in a year.
fn one_step<T>(groups: std::collections::BTreeMap<Time, T>) -> std::collections::BTreeMap<Time, T> {
    let step = |t: &Time| match t {
        Time::Year(_) => 0,
        Time::Quarter(..) => 1,
        Time::Month(..) => 2,
        Time::Day(..) => 3,
    };
    let mut counts = [0usize; 4];
    groups.keys().for_each(|t| counts[step(t)] += 1);
    let most = (0..4).max_by_key(|s| counts[*s]).unwrap_or(0);
    groups.into_iter().filter(|(t, _)| step(t) == most).collect()
}

/// The value of a measure for a group: the sum where sums mean something, else the mean.
fn value(measure: &Measure, group: &(Sums, u64)) -> Option<f64> {
    let Some(rank) = measure.rank else { return Some(group.1 as f64) };
    let (sum, count) = *group.0.get(rank)?;
    match (count, measure.unit.additive) {
        (0, _) => None,
        (_, true) => Some(sum),
        (n, false) => Some(sum / n as f64),
    }
}

/// The unit of the values drawn; means of whole numbers get a decimal.
fn shown(measure: &Measure, values: &[Option<f64>]) -> Unit {
    let mut unit = measure.unit.clone();
    if !unit.additive && unit.decimals == 0 && values.iter().flatten().any(|v| v.fract() != 0.0) {
        unit.decimals = 1;
    }
    unit
}

pub(in crate::data) fn axis_title(name: &str, unit: &str) -> String {
    if unit.is_empty() { name.to_string() } else { format!("{name} ({unit})") }
}
