//! Views of a story's cube (measure by entity, part and time) as one table of rows and series.

use tamis_core::rng::Rng;

use super::super::library::Measure;
use super::super::random::{between, chance, some_of};
use super::super::story::{Story, is_yearly};
use super::super::title::{self, Vars, View};
use super::{Sheet, room};
use crate::spec::{Axis, Channel, Chart, Kind};
use crate::table::{Cells, Column, Time, Unit};

/// Rows by series, all of one unit.
pub(super) struct Matrix {
    pub(super) rows: Heads,
    /// What a row is: "Country", "Year".
    pub(super) row_name: String,
    /// Series and their values by row.
    pub(super) series: Vec<(String, Vec<f64>)>,
    /// What a series is, where there are several.
    pub(super) series_name: String,
    pub(super) measure: &'static Measure,
    pub(super) view: View,
    pub(super) vars: Vars,
}

/// Names of rows.
pub(super) enum Heads {
    Names(Vec<String>),
    Times(Vec<Time>),
}

/// What a measure must be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Any,
    Positive,
    Sum,
}

impl Story {
    /// A measure that is what is asked; the first if none is (families that lack it are not chosen for such charts).
    pub(super) fn measure(&self, asked: Asked, rng: &mut Rng) -> usize {
        let fits = |m: &Measure| match asked {
            Asked::Any => true,
            Asked::Positive => m.is_positive(),
            Asked::Sum => m.is_sum() && m.is_positive(),
        };
        let all: Vec<usize> = (0..self.family.measures.len()).filter(|m| fits(&self.family.measures[*m])).collect();
        rng.pick(&all).copied().unwrap_or(0)
    }

    /// Some of the entities, by rank.
    pub(super) fn some_entities(&self, least: usize, most: usize, rng: &mut Rng) -> Vec<usize> {
        let len = self.entities.len();
        let count = between(rng, least.min(len), most.min(len));
        some_of(rng, len, count)
    }

    /// One point of the time axis, more often a late one.
    pub(super) fn one_time(&self, rng: &mut Rng) -> usize {
        let last = self.times.len() - 1;
        if chance(rng, 0.5) { last } else { last - rng.below(self.times.len().min(6)) }
    }

    pub(super) fn vars_of(&self, measure: usize) -> Vars {
        let measure = &self.family.measures[measure];
        title::vars(self).set("measure", &measure.name).set("unit", &measure.unit).set("focus", self.name(self.focus))
    }

    /// Times by entities.
    pub(super) fn over_time(&self, measure: usize, ranks: &[usize]) -> Matrix {
        let series = ranks.iter().map(|r| (self.name(*r).to_string(), self.values[measure][*r].clone())).collect();
        let one = ranks.len() == 1;
        let vars = self.vars_of(measure);
        Matrix {
            rows: Heads::Times(self.times.clone()),
            row_name: title::time_word(self, &self.times),
            series,
            series_name: self.family.entity.one.clone(),
            measure: &self.family.measures[measure],
            view: if one { View::TimeOne } else { View::Time },
            vars: if one { vars.set("focus", self.name(ranks[0])) } else { vars },
        }
    }

    /// Times by parts, for one entity.
    pub(super) fn parts_over_time(&self, rank: usize, count: usize) -> Option<Matrix> {
        let (measure, parts) = (self.family.whole()?, self.family.parts.as_ref()?);
        let columns: Vec<Vec<f64>> = (0..self.times.len()).map(|t| self.parts_at(measure, rank, t)).collect();
        let series = parts
            .items
            .iter()
            .take(count)
            .enumerate()
            .map(|(p, name)| (name.clone(), columns.iter().map(|c| c[p]).collect()));
        Some(Matrix {
            rows: Heads::Times(self.times.clone()),
            row_name: title::time_word(self, &self.times),
            series: series.collect(),
            series_name: parts.name.one.clone(),
            measure: &self.family.measures[measure],
            view: View::TimeParts,
            vars: self.vars_of(measure).set("focus", self.name(rank)),
        })
    }

    /// Entities by one series: the measure at a time.
    pub(super) fn now(&self, measure: usize, ranks: &[usize], time: usize) -> Matrix {
        let values = ranks.iter().map(|r| self.values[measure][*r][time]).collect();
        let name = &self.family.measures[measure].name;
        Matrix {
            rows: self.names(ranks),
            row_name: title::capital(&self.family.entity.one),
            series: vec![(name.clone(), values)],
            series_name: String::new(),
            measure: &self.family.measures[measure],
            view: View::Now,
            vars: self.vars_of(measure).set("when", self.times[time].to_string()),
        }
    }

    /// Parts by one series, for one entity at a time.
    pub(super) fn parts_now(&self, rank: usize, time: usize) -> Option<Matrix> {
        let (measure, parts) = (self.family.whole()?, self.family.parts.as_ref()?);
        let name = self.family.measures[measure].name.clone();
        let vars = self.vars_of(measure).set("focus", self.name(rank)).set("when", self.times[time].to_string());
        Some(Matrix {
            rows: Heads::Names(parts.items.clone()),
            row_name: title::capital(&parts.name.one),
            series: vec![(name, self.parts_at(measure, rank, time))],
            series_name: String::new(),
            measure: &self.family.measures[measure],
            view: View::PartsOne,
            // The parts take the place of the entities in phrases like "by {entity}".
            vars: vars.set("entity", &parts.name.one).set("entities", &parts.name.many),
        })
    }

    /// Entities by parts at a time, or the other way round.
    pub(super) fn entities_by_parts(&self, ranks: &[usize], time: usize, turned: bool, count: usize) -> Option<Matrix> {
        let (measure, parts) = (self.family.whole()?, self.family.parts.as_ref()?);
        let cells: Vec<Vec<f64>> = ranks.iter().map(|r| self.parts_at(measure, *r, time)).collect();
        let shown = parts.items.len().min(count);
        let names: Vec<String> = ranks.iter().map(|r| self.name(*r).to_string()).collect();
        let items = parts.items[..shown].to_vec();
        let (entity, part) = (&self.family.entity.one, &parts.name.one);
        let (rows, row_name, series, series_name): (_, _, Vec<(String, Vec<f64>)>, _) = if turned {
            (items, part, names.into_iter().enumerate().map(|(e, n)| (n, cells[e][..shown].to_vec())).collect(), entity)
        } else {
            (
                names,
                entity,
                items.into_iter().enumerate().map(|(p, n)| (n, cells.iter().map(|c| c[p]).collect())).collect(),
                part,
            )
        };
        Some(Matrix {
            rows: Heads::Names(rows),
            row_name: title::capital(row_name),
            series,
            series_name: series_name.clone(),
            measure: &self.family.measures[measure],
            view: View::NowParts,
            vars: self.vars_of(measure).set("when", self.times[time].to_string()),
        })
    }

    /// Entities by a few times, or the other way round.
    pub(super) fn entities_by_times(&self, measure: usize, ranks: &[usize], times: &[usize], turned: bool) -> Matrix {
        let cell = |r: usize, t: usize| self.values[measure][r][t];
        let shown: Vec<Time> = times.iter().map(|t| self.times[*t]).collect();
        let word = title::time_word(self, &shown);
        let vars = self.vars_of(measure).span(&shown);
        let measure = &self.family.measures[measure];
        let by_entity = |r: &usize| (self.name(*r).to_string(), times.iter().map(|t| cell(*r, *t)).collect());
        let by_time = |t: &usize| (self.times[*t].to_string(), ranks.iter().map(|r| cell(*r, *t)).collect());
        let entity = &self.family.entity.one;
        if turned {
            let series = ranks.iter().map(by_entity).collect();
            return Matrix {
                rows: Heads::Times(shown),
                row_name: word,
                series,
                series_name: entity.clone(),
                measure,
                view: View::Years,
                vars,
            };
        }
        let series = times.iter().map(by_time).collect();
        Matrix {
            rows: self.names(ranks),
            row_name: title::capital(entity),
            series,
            series_name: word,
            measure,
            view: View::Years,
            vars,
        }
    }

    fn names(&self, ranks: &[usize]) -> Heads {
        Heads::Names(ranks.iter().map(|r| self.name(*r).to_string()).collect())
    }

    /// `count` times spread over the axis, the last among them.
    pub(super) fn spread_times(&self, count: usize) -> Vec<usize> {
        let last = self.times.len() - 1;
        let count = count.clamp(1, self.times.len());
        if count == 1 { vec![last] } else { (0..count).map(|i| i * last / (count - 1)).collect() }
    }

    /// Whether its times are years, which read well as names of series.
    pub(super) fn has_years(&self) -> bool {
        is_yearly(self)
    }
}

impl Matrix {
    pub(super) fn marks(&self) -> usize {
        self.series.iter().map(|(_, v)| v.len()).sum()
    }

    /// Rows with more than `most` points keep the last ones.
    pub(super) fn latest(mut self, most: usize) -> Matrix {
        let Heads::Times(times) = &mut self.rows else { return self };
        let drop = times.len().saturating_sub(most);
        times.drain(..drop);
        self.series.iter_mut().for_each(|(_, v)| drop_first(v, drop));
        self.vars = self.vars.span(times);
        self
    }

    pub(super) fn unit(&self) -> Unit {
        self.measure.table_unit()
    }

    /// The chart of it: rows as x, series as y.
    pub(super) fn chart(self, kind: Kind, story: &Story, rng: &mut Rng) -> Chart {
        let unit = self.unit();
        let (name, symbol) = (self.measure.name.clone(), self.measure.unit.clone());
        self.chart_of(kind, story, unit, &name, &symbol, rng)
    }

    /// The same with values in another unit than the measure's.
    pub(super) fn chart_of(
        self,
        kind: Kind,
        story: &Story,
        unit: Unit,
        name: &str,
        symbol: &str,
        rng: &mut Rng,
    ) -> Chart {
        let mut sheet = Sheet::default();
        sheet.add(Channel::X, heads(&self.row_name, self.rows));
        for (name, values) in self.series {
            sheet.add(Channel::Y, Column::numbers(name, unit.clone(), values));
        }
        let x = title::plain_axis(&self.row_name, rng);
        let y = match kind {
            Kind::Heatmap => Axis { title: title::capital(&self.series_name), ..Axis::default() },
            _ => title::axis_named(story, name, symbol),
        };
        let chart = sheet.chart(kind, String::new(), x, y);
        super::titled(chart, story, self.view, &self.vars, rng)
    }
}

fn drop_first(values: &mut Vec<f64>, count: usize) {
    values.drain(..count.min(values.len()));
}

/// A column of row heads.
pub(super) fn heads(name: &str, rows: Heads) -> Column {
    match rows {
        Heads::Names(names) => Column::text(name, names),
        Heads::Times(times) => Column {
            name: name.into(),
            unit: Unit::default(),
            cells: Cells::Time(times.into_iter().map(Some).collect()),
        },
    }
}

/// How many series a chart of several shows (ECD: 3 to 6 elements of the second level; fewer in a cell).
pub(super) fn series_count(story: &Story, rng: &mut Rng) -> usize {
    between(rng, 2, room(story, 6, 4))
}
