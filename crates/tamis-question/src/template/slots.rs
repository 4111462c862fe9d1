//! Filling the slots of templates.

use tamis_core::rng::Rng;

use super::Template;
use super::need::series_holds;
use super::wording::fill;
use crate::number::Exact;
use crate::program::{quoted, with_unit};
use crate::world::{Part, Series, Sheet, World};

/// One filled slot.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Slot {
    /// Its name in the template.
    pub(crate) name: String,
    /// The value itself.
    pub(crate) raw: String,
    /// As it stands in the program.
    pub(crate) code: String,
    /// As it stands in the question.
    pub(crate) say: String,
}

/// All filled slots of a question, and the parts it is about.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Slots {
    /// The part; 0 where the template asks of the whole.
    pub(crate) part: usize,
    /// Another part that it is compared with.
    pub(crate) other: Option<usize>,
    slots: Vec<Slot>,
}

impl Slots {
    pub(crate) fn get(&self, name: &str) -> Option<&Slot> {
        self.slots.iter().find(|s| s.name == name)
    }

    pub(crate) fn raw(&self, name: &str) -> Option<&str> {
        self.get(name).map(|s| s.raw.as_str())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter()
    }

    /// The same with one slot filled otherwise.
    pub(crate) fn with(&self, slot: Slot) -> Slots {
        let mut slots = self.clone();
        slots.slots.retain(|s| s.name != slot.name);
        slots.slots.push(slot);
        slots
    }

    /// The same with two slots exchanged.
    pub(crate) fn flipped(&self, [a, b]: &[String; 2]) -> Option<Slots> {
        let (x, y) = (self.get(a)?.clone(), self.get(b)?.clone());
        Some(self.with(Slot { name: a.clone(), ..y }).with(Slot { name: b.clone(), ..x }))
    }
}

/// The program of a template with these slots.
pub(crate) fn program_text(template: &Template, slots: &Slots) -> Option<String> {
    let reads = template.reads().is_some();
    let word = |name: &str| match (name, slots.get(name)) {
        ("c", _) => Some(slots.part.to_string()),
        ("d", _) => slots.other.map(|d| d.to_string()),
        // Inside quotes (the name of a fact) the slot goes in as it stands there.
        (_, Some(slot)) if reads => slot.code.get(1..slot.code.len() - 1).map(str::to_owned),
        (_, slot) => slot.map(|s| s.code.clone()),
    };
    fill(&template.program(), word)
}

/// Draws all slots; `None` when the picture has nothing for one of them.
pub(crate) fn draw(template: &Template, world: &World, part: Option<usize>, rng: &mut Rng) -> Option<Slots> {
    let mut slots = Slots { part: part.unwrap_or_default(), ..Slots::default() };
    for name in &template.slots {
        if name == "other_series" {
            slots.other = Some(other_part(template, world, &slots, rng)?);
        }
        let choices = choices(name, template, world, &slots, rng);
        slots.slots.push(rng.pick(&choices)?.clone());
        if name == "heading" {
            slots.slots.push(next_block(world, &slots)?);
        }
    }
    Some(slots)
}

/// What else a slot could hold, the other slots staying as they are.
pub(crate) fn others(name: &str, template: &Template, world: &World, slots: &Slots, rng: &mut Rng) -> Vec<Slot> {
    let own = slots.get(name).cloned();
    let mut rest = slots.clone();
    rest.slots.retain(|s| s.name != name);
    let mut found = choices(name, template, world, &rest, rng);
    found.retain(|s| own.as_ref().is_none_or(|o| o.raw != s.raw));
    rng.shuffle(&mut found);
    found
}

fn choices(name: &str, template: &Template, world: &World, slots: &Slots, rng: &mut Rng) -> Vec<Slot> {
    let part = world.parts.get(slots.part).filter(|_| !template.page);
    let Some(part) = part else { return page_choices(name, world) };
    let sheet = &part.sheet;
    let text = |t: &String| Slot::text(name, t);
    let taken = |t: &&String| !slots.iter().any(|s| s.raw == **t);
    match name {
        "series" | "series2" => {
            let fit = |s: &&Series| template.needs.iter().all(|n| series_holds(n, sheet, s));
            sheet.series.iter().filter(fit).map(|s| &s.name).filter(taken).map(text).collect()
        }
        "row" if template.slots.iter().any(|s| s == "later") => {
            sheet.rows.split_last().map_or(Vec::new(), |(_, r)| r.iter().map(text).collect())
        }
        "row" | "row2" => sheet.rows.iter().filter(taken).map(text).collect(),
        "later" => {
            // A stretch of two is no stretch.
            let apart = if template.program().contains("between") { 2 } else { 1 };
            let from = slots.raw("row").and_then(|r| sheet.row(r).ok()).map_or(0, |r| r + apart);
            sheet.rows.get(from..).unwrap_or_default().iter().map(text).collect()
        }
        "n" => (2..sheet.rows.len().min(5)).map(|n| Slot::number(name, n)).collect(),
        "level" => levels(name, sheet, slots),
        "threshold" => (0..3).filter_map(|_| threshold(name, sheet, slots, rng)).collect(),
        "row_peak" => row_peak(name, sheet, slots, rng),
        "open" => sheet.series.first().map(|s| text(&s.name)).into_iter().collect(),
        "close" => sheet.series.last().map(|s| text(&s.name)).into_iter().collect(),
        "other_series" => {
            let other = slots.other.map(|d| &world.parts[d]);
            let own = slots.raw("series").and_then(|s| sheet.series(s).ok());
            let (Some(other), Some(own)) = (other, own) else { return Vec::new() };
            comparable(template, other, own).map(|s| text(&s.name)).collect()
        }
        "other_row" => slots.other.map_or(Vec::new(), |d| world.parts[d].sheet.rows.iter().map(text).collect()),
        "colored" | "color" => colors(name, part),
        _ => cell_choices(name, part),
    }
}

fn page_choices(name: &str, world: &World) -> Vec<Slot> {
    let blocks = &world.blocks;
    match name {
        "field" => {
            let once = |k: &&String| world.fields.iter().filter(|f| f.key == **k).count() == 1;
            world.fields.iter().map(|f| &f.key).filter(once).map(|k| Slot::text(name, k)).collect()
        }
        "block" => (1..=blocks.len().min(8)).map(|n| Slot::number(name, n)).collect(),
        "heading" => {
            let short = |t: &str| !t.trim().is_empty() && t.chars().count() <= 80;
            let once = |t: &str| blocks.iter().filter(|b| b.text == t).count() == 1;
            let last = blocks.len().saturating_sub(1);
            let found = blocks[..last].iter().filter(|b| b.role.contains("heading") && short(&b.text) && once(&b.text));
            found.map(|b| Slot::text(name, &b.text)).collect()
        }
        _ => Vec::new(),
    }
}

fn next_block(world: &World, slots: &Slots) -> Option<Slot> {
    let heading = slots.raw("heading")?;
    let at = world.blocks.iter().position(|b| b.text == heading)?;
    Some(Slot::number("next_block", at + 2))
}

fn cell_choices(name: &str, part: &Part) -> Vec<Slot> {
    let Some(grid) = &part.grid else { return Vec::new() };
    let cells = || grid.rows.iter().flat_map(|r| r.iter().skip(1)).filter(|c| !c.merged);
    let texts: Vec<&String> = match name {
        "cell_row" => grid.rows.iter().filter_map(|r| r.first()).map(|c| &c.text).collect(),
        "cell_column" => grid.columns.iter().skip(1).collect(),
        "cell_text" => cells().map(|c| &c.text).collect(),
        _ => Vec::new(),
    };
    let plain = |t: &&String| !t.trim().is_empty() && t.chars().count() <= 60;
    texts.into_iter().filter(plain).map(|t| Slot::text(name, t)).collect()
}

/// Another chart whose data can be put beside the first one's.
fn other_part(template: &Template, world: &World, slots: &Slots, rng: &mut Rng) -> Option<usize> {
    let part = &world.parts[slots.part];
    let own = part.sheet.series(slots.raw("series")?).ok()?;
    let same_rows = template.needs.iter().any(|n| n == "other_chart_rows");
    let fits = |d: &usize| {
        let other = &world.parts[*d];
        let rows = &other.sheet.rows;
        let rows_fit = !same_rows || (rows.len() > 1 && part.sheet.rows.iter().all(|r| rows.contains(r)));
        *d != slots.part && other.family == "values" && rows_fit && comparable(template, other, own).next().is_some()
    };
    let found: Vec<usize> = (0..world.parts.len()).filter(fits).collect();
    rng.pick(&found).copied()
}

/// The series of another chart that may be compared with one: numbers of the same unit, or any where only the rows are.
fn comparable<'a>(template: &'a Template, other: &'a Part, own: &'a Series) -> impl Iterator<Item = &'a Series> {
    let same_unit = template.needs.iter().any(|n| n == "other_chart");
    other.sheet.series.iter().filter(move |s| s.numeric && (!same_unit || s.unit.symbol == own.unit.symbol))
}

/// Values that stand at exactly one row.
fn levels(name: &str, sheet: &Sheet, slots: &Slots) -> Vec<Slot> {
    let Some(series) = slots.raw("series").and_then(|s| sheet.series(s).ok()) else { return Vec::new() };
    series.cells.iter().flatten().filter_map(|c| Slot::amount(name, c.value, series)).collect()
}

/// A round number between two values that lie far enough apart.
fn threshold(name: &str, sheet: &Sheet, slots: &Slots, rng: &mut Rng) -> Option<Slot> {
    let series = sheet.series(slots.raw("series")?).ok()?;
    let mut cells: Vec<_> = series.cells.iter().flatten().collect();
    cells.sort_by(|a, b| a.value.order(b.value));
    let gaps: Vec<(f64, f64)> = cells
        .windows(2)
        .map(|c| (c[0].value.float() + c[0].error, c[1].value.float() - c[1].error))
        .filter(|(low, high)| low < high)
        .collect();
    let (low, high) = *rng.pick(&gaps)?;
    Slot::amount(name, roundest(low, high)?, series)
}

/// The roundest decimal strictly between two numbers.
fn roundest(low: f64, high: f64) -> Option<Exact> {
    for exponent in (-6..=15).rev() {
        for unit in [5.0, 2.0, 1.0] {
            let step = unit * 10f64.powi(exponent);
            let multiple = (high / step).ceil() - 1.0;
            let number = multiple * step;
            if number > low && number < high {
                let decimals = usize::try_from((-exponent).max(0)).ok()?;
                return Exact::parse(&format!("{number:.decimals$}"));
            }
        }
    }
    None
}

/// The row of the maximum half of the time, so that half of the claims are true.
fn row_peak(name: &str, sheet: &Sheet, slots: &Slots, rng: &mut Rng) -> Vec<Slot> {
    let Some(series) = slots.raw("series").and_then(|s| sheet.series(s).ok()) else { return Vec::new() };
    let values = || series.cells.iter().enumerate().filter_map(|(r, c)| Some((r, c.as_ref()?.value)));
    let peak = values().max_by(|a, b| a.1.order(b.1)).map(|(r, _)| r);
    let row = if rng.below(2) == 0 { peak } else { Some(rng.below(sheet.rows.len())) };
    row.and_then(|r| sheet.rows.get(r)).map(|r| Slot::text(name, r)).into_iter().collect()
}

fn colors(name: &str, part: &Part) -> Vec<Slot> {
    let colored = part.sheet.series.iter().filter_map(|s| {
        let color = part.facts.text(&format!("color of {}", s.name))?;
        Some(Slot::text(name, if name == "color" { color } else { &s.name }))
    });
    colored.collect()
}

impl Slot {
    fn text(name: &str, text: &str) -> Slot {
        Slot { name: name.to_owned(), raw: text.to_owned(), code: quoted(text), say: text.to_owned() }
    }

    fn number(name: &str, n: usize) -> Slot {
        Slot { name: name.to_owned(), raw: n.to_string(), code: n.to_string(), say: n.to_string() }
    }

    fn amount(name: &str, value: Exact, series: &Series) -> Option<Slot> {
        let digits = value.written(value.decimals()?.max(series.unit.decimals.min(value.decimals()?)))?;
        Some(Slot {
            name: name.to_owned(),
            raw: digits.clone(),
            say: with_unit(&digits, &series.unit.symbol),
            code: digits,
        })
    }
}
