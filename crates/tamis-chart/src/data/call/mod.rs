//! Charts whose scenario and data somebody else writes: what ECD asks a language model for in place of a program.
//!
//! A [`Plan`] says which charts are wanted and what each kind wants of its data; a [`Call`] is what was written for one of
//! them, in place of a call of a plotting function. [`Call::chart`] turns it into the same spec that the generator makes,
//! by the same checks, and says what does not fit in words that a writer can mend it by.

mod cells;
mod plan;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::own::build::axis_title;
use crate::channels::SpecError;
use crate::spec::{Annotation, Axis, Channel, Chart, Encoding, Kind};
use crate::table::{Cells, Column, Table, Unit};

pub use plan::{CallsError, Plan, Planned, Wishes, plan};

/// The most columns of a call.
const MOST_COLUMNS: usize = 40;
/// The most cells of a column.
const MOST_ROWS: usize = 4_000;
/// The most characters of a name or a title.
const MOST_LETTERS: usize = 120;

/// The scenario and the data of one chart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// What the figure is about, as an overall title says it.
    pub subject: String,
    /// The scenario in one sentence: who measured what, where and when.
    pub story: String,
    /// The chart's own title.
    pub title: String,
    /// The title of the horizontal axis, its unit as it is written; the column's name where it is left out.
    #[serde(default)]
    pub x: Option<String>,
    /// The title of the value axis; the column's name where it is left out and there is one series.
    #[serde(default)]
    pub y: Option<String>,
    /// The title of the second value axis, of kinds that have one.
    #[serde(default)]
    pub y2: Option<String>,
    /// The data, column by column, in the order in which they are drawn.
    pub columns: Vec<CallColumn>,
    /// What is drawn over the data and named.
    #[serde(default)]
    pub annotations: Option<Vec<CallAnnotation>>,
}

/// One column: what it is called, what it is drawn as, and its cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallColumn {
    /// As a legend or a table head says it.
    pub name: String,
    /// What it is drawn as.
    pub channel: Channel,
    /// The unit of its numbers, as it is written behind one; none for a pure number.
    #[serde(default)]
    pub unit: Option<String>,
    /// Whether sums over its rows mean something. Default: no.
    #[serde(default)]
    pub additive: Option<bool>,
    /// Its cells, if they are names or times ("2021", "2021 Q3", "2021-03", "2021-03-14"); `null` where one is missing.
    #[serde(default)]
    pub names: Option<Vec<Option<String>>>,
    /// Its cells, if they are numbers; `null` where one is missing.
    #[serde(default)]
    pub numbers: Option<Vec<Option<f64>>>,
}

/// What [`Annotation`] says, with every member there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallAnnotation {
    /// Which.
    pub kind: CallAnnotationKind,
    /// What is written at it; a highlight has no words.
    #[serde(default)]
    pub label: Option<String>,
    /// Where a threshold lies.
    #[serde(default)]
    pub value: Option<f64>,
    /// The lower end of a band.
    #[serde(default)]
    pub from: Option<f64>,
    /// The upper end of a band.
    #[serde(default)]
    pub to: Option<f64>,
    /// The column of the datum that a callout or a highlight is about.
    #[serde(default)]
    pub series: Option<String>,
    /// Its row, from 0.
    #[serde(default)]
    pub row: Option<usize>,
}

/// The kinds of annotations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallAnnotationKind {
    /// a level line with a name
    Threshold,
    /// a band with a name
    Band,
    /// an arrow with words at one datum
    Callout,
    /// one datum that stands out
    Highlight,
}

impl Call {
    /// The chart that was written, complete and valid.
    ///
    /// # Errors
    /// The first thing that the kind cannot be drawn from, with column and row.
    pub fn chart(&self, kind: Kind) -> Result<Chart, SpecError> {
        let error = |expected: String, found: String, advice: &str| {
            let (channel, column, row) = (None, None, None);
            Err(SpecError { kind, channel, column, row, expected, found, advice: advice.into() })
        };
        if self.columns.len() > MOST_COLUMNS {
            let found = format!("{} columns", self.columns.len());
            return error(format!("at most {MOST_COLUMNS} columns"), found, "leave the least important ones out");
        }
        let columns = self.columns.iter().map(|c| c.column(kind)).collect::<Result<Vec<_>, _>>()?;
        let encodings = self.columns.iter().zip(&columns);
        let encodings = encodings.map(|(said, made)| Encoding { channel: said.channel, column: made.name.clone() });
        let mut chart = Chart {
            kind,
            title: String::new(),
            subtitle: String::new(),
            note: String::new(),
            encodings: encodings.collect(),
            table: Table { columns },
            x: Axis::default(),
            y: Axis::default(),
            y2: None,
            annotations: Vec::new(),
            legend: true,
            value_labels: false,
            horizontal: false,
        };
        let text = |what: &str, text: &str| line(text).map_err(|found| too_long(kind, what, found));
        chart.title = text("title", &self.title)?;
        chart.x.title = self.x.as_deref().map_or_else(|| Ok(name_of(&chart, Channel::X)), |t| text("`x`", t))?;
        chart.y.title = self.y.as_deref().map_or_else(|| Ok(name_of(&chart, Channel::Y)), |t| text("`y`", t))?;
        let second = [(Channel::Y2, kind != Kind::PieBar), (Channel::Volume, true)];
        if let Some((channel, _)) = second.into_iter().find(|(c, axis)| *axis && chart.column(*c).is_some()) {
            let title = self.y2.as_deref().map_or_else(|| Ok(name_of(&chart, channel)), |t| text("`y2`", t))?;
            chart.y2 = Some(Axis { title, ..Axis::default() });
        }
        for annotation in self.annotations.iter().flatten() {
            chart.annotations.push(annotation.annotation(kind)?);
        }
        super::logarithmic_where_wide(&mut chart);
        chart.validate()?;
        Ok(chart)
    }

    /// A chart as it would be written.
    pub fn of(chart: &Chart, subject: &str, story: &str) -> Call {
        let said = |title: &str| (!title.is_empty()).then(|| title.to_string());
        let column = |e: &Encoding| chart.table.column(&e.column).map(|c| CallColumn::of(c, e.channel));
        Call {
            subject: subject.into(),
            story: story.into(),
            title: chart.title.clone(),
            x: said(&chart.x.title),
            y: said(&chart.y.title),
            y2: chart.y2.as_ref().and_then(|axis| said(&axis.title)),
            columns: chart.encodings.iter().filter_map(column).collect(),
            annotations: None,
        }
    }
}

impl CallColumn {
    fn of(column: &Column, channel: Channel) -> CallColumn {
        let (names, numbers) = match &column.cells {
            Cells::Text(names) => (Some(names.clone()), None),
            Cells::Time(times) => (Some(times.iter().map(|t| t.map(|t| t.to_string())).collect()), None),
            Cells::Number(numbers) => (None, Some(numbers.clone())),
        };
        let unit = (!column.unit.symbol.is_empty()).then(|| column.unit.symbol.clone());
        let additive = numbers.is_some().then_some(column.unit.additive);
        CallColumn { name: column.name.clone(), channel, unit, additive, names, numbers }
    }

    fn column(&self, kind: Kind) -> Result<Column, SpecError> {
        let name = line(&self.name).map_err(|found| too_long(kind, "name of a column", found))?;
        let unit = line(self.unit.as_deref().unwrap_or_default()).map_err(|found| too_long(kind, "unit", found))?;
        let (cells, decimals) = cells::typed(self, kind, &name, &unit)?;
        let unit = match cells {
            Cells::Number(_) => Unit { symbol: unit, decimals, additive: self.additive.unwrap_or(false) },
            Cells::Text(_) | Cells::Time(_) => Unit::default(),
        };
        Ok(Column { name, unit, cells })
    }
}

impl CallAnnotation {
    fn annotation(&self, kind: Kind) -> Result<Annotation, SpecError> {
        let lacks = |expected: &str| SpecError {
            kind,
            channel: None,
            column: None,
            row: None,
            expected: format!("an annotation with {expected}"),
            found: "none".into(),
            advice: "complete or drop the annotation".into(),
        };
        let words = || {
            let label = line(self.label.as_deref().unwrap_or_default());
            let label = label.map_err(|found| too_long(kind, "label of an annotation", found))?;
            if label.is_empty() { Err(lacks("a `label`")) } else { Ok(label) }
        };
        let number = |number: Option<f64>, what| number.ok_or_else(|| lacks(what));
        let series = || self.series.clone().ok_or_else(|| lacks("the `series` that it is about"));
        let row = || self.row.ok_or_else(|| lacks("a `row`, from 0"));
        Ok(match self.kind {
            CallAnnotationKind::Threshold => {
                Annotation::Threshold { value: number(self.value, "a `value`")?, label: words()? }
            }
            CallAnnotationKind::Band => {
                let (from, to) = (number(self.from, "a `from`")?, number(self.to, "a `to`")?);
                Annotation::Band { from, to, label: words()? }
            }
            CallAnnotationKind::Callout => Annotation::Callout { series: series()?, row: row()?, label: words()? },
            CallAnnotationKind::Highlight => Annotation::Highlight { series: series()?, row: row()? },
        })
    }
}

/// The title of an axis that nobody gave one: the name of its only column, with the unit.
fn name_of(chart: &Chart, channel: Channel) -> String {
    let mut drawn = chart.drawn(channel);
    match (drawn.next(), drawn.next()) {
        (Some(column), None) => axis_title(&column.name, &column.unit.symbol),
        _ => String::new(),
    }
}

/// A text on one line, without what cannot be drawn; its length where it is too long.
fn line(text: &str) -> Result<String, usize> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line: String = words.join(" ").chars().filter(|c| !c.is_control()).collect();
    let letters = line.chars().count();
    if letters > MOST_LETTERS { Err(letters) } else { Ok(line) }
}

fn too_long(kind: Kind, what: &str, letters: usize) -> SpecError {
    let expected = format!("a {what} of at most {MOST_LETTERS} characters");
    let (channel, column, row) = (None, None, None);
    SpecError { kind, channel, column, row, expected, found: format!("{letters}"), advice: "say it shorter".into() }
}
