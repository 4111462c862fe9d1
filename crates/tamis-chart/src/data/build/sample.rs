//! Charts of distributions: histograms, densities, boxes, violins, means with errors.

use tamis_core::rng::Rng;

use super::super::course;
use super::super::library::Measure;
use super::super::random::{between, chance, normal, rounded};
use super::super::story::Story;
use super::super::title::{self, View};
use super::matrix::{Heads, heads};
use super::{Sheet, labelled, lying, room, titled};
use crate::spec::{Axis, Channel, Chart, Kind};
use crate::table::{Column, Unit};

/// Samples of one quantity, of one group or several.
pub(super) fn distribution(kind: Kind, story: &Story, rng: &mut Rng) -> Chart {
    let upright = matches!(kind, Kind::Box | Kind::Violin | Kind::BoxViolin);
    let measure = &story.family.samples[rng.below(story.family.samples.len())];
    let ranks = match (upright, kind) {
        (true, _) => story.some_entities(3, room(story, 7, 5), rng),
        (_, Kind::HistogramDensity) if chance(rng, 0.7) => vec![story.focus],
        (_, Kind::Histogram) if chance(rng, 0.55) => vec![story.focus],
        (_, Kind::Density) => story.some_entities(1, 4, rng),
        _ => story.some_entities(2, 3, rng),
    };
    let one = ranks.len() == 1;
    let size = if upright { between(rng, 25, 90) } else { between(rng, 60, if one { 400 } else { 180 }) };
    let unit = Unit { additive: false, ..measure.table_unit() };
    let mut sheet = Sheet::default();
    for rank in &ranks {
        let name = if one && !upright { measure.name.clone() } else { story.name(*rank).to_string() };
        // Real groups differ a little in size.
        let size = if one || chance(rng, 0.6) { size } else { size - rng.below(size / 4) };
        sheet.add(Channel::Y, Column::numbers(name, unit.clone(), draws(measure, story.places[*rank], size, rng)));
    }
    let value = title::axis(story, measure);
    let counted = match kind {
        Kind::Histogram | Kind::HistogramDensity => rng.pick(&story.phrases.count).cloned().unwrap_or_default(),
        _ => story.phrases.density.clone(),
    };
    let (x, y) = if upright {
        (title::plain_axis(&story.family.entity.one, rng), value)
    } else {
        (value, Axis { title: counted, ..Axis::default() })
    };
    let names: Vec<&str> = ranks.iter().map(|r| story.name(*r)).collect();
    let mut chart = sheet.chart(kind, String::new(), x, y);
    chart.horizontal = kind == Kind::Box && lying(names.iter(), rng);
    let vars = title::vars(story).set("x", &measure.name).set("n", size.to_string());
    titled(chart, story, if one { View::Samples } else { View::SamplesGroups }, &vars, rng)
}

/// `count` samples with one or two strays now and then; never all alike.
fn draws(measure: &Measure, place: f64, count: usize, rng: &mut Rng) -> Vec<f64> {
    let mut values: Vec<f64> = (0..count).map(|_| course::sample(measure, place, normal(rng), rng)).collect();
    if chance(rng, 0.4) {
        let far = if chance(rng, 0.75) { 3.2 } else { -3.2 };
        values[0] = course::sample(measure, place, far + 0.4 * normal(rng), rng);
    }
    let step = 10f64.powi(-i32::from(measure.decimals()));
    if values.iter().all(|v| *v == values[0]) {
        values[0] = rounded(values[0] + step, measure.decimals());
    }
    rng.shuffle(&mut values);
    values
}

/// Means with errors: groups in one or two years, or groups over time.
pub(super) fn means(kind: Kind, story: &Story, rng: &mut Rng) -> Chart {
    let positive: Vec<&Measure> =
        story.family.samples.iter().filter(|m| m.is_positive() || kind == Kind::ErrorPoint).collect();
    let measure = rng.pick(&positive).copied().unwrap_or(&story.family.samples[0]);
    let over_time = kind == Kind::ErrorPoint && chance(rng, 0.45);
    let ranks = story.some_entities(if over_time { 1 } else { 3 }, if over_time { 3 } else { room(story, 8, 5) }, rng);
    let most = room(story, 10, 6).min(story.times.len());
    let last = &story.times[story.times.len() - most..];
    let ends = [story.times[0], story.times[story.times.len() - 1]];
    let several = story.has_years() && ends[0] != ends[1] && chance(rng, 0.45);
    let (rows, row_name, series): (Heads, String, Vec<String>) = if over_time {
        let names = ranks.iter().map(|r| story.name(*r).to_string()).collect();
        (Heads::Times(last.to_vec()), title::time_word(story, last), names)
    } else {
        let names: Vec<String> = ranks.iter().map(|r| story.name(*r).to_string()).collect();
        let series = if several {
            ends.iter().map(ToString::to_string).collect()
        } else {
            vec![title::capital(&format!("{} {}", story.phrases.mean, measure.name))]
        };
        (Heads::Names(names), title::capital(&story.family.entity.one), series)
    };
    let names: Vec<String> = match &rows {
        Heads::Names(names) => names.clone(),
        Heads::Times(_) => Vec::new(),
    };
    let count = if over_time { last.len() } else { ranks.len() };
    let decimals = measure.decimals() + u8::from(measure.count);
    let unit = Unit { symbol: measure.unit.clone(), decimals, additive: false };
    let span = measure.range[1] - measure.range[0];
    let mut sheet = Sheet::default();
    sheet.add(Channel::X, heads(&row_name, rows));
    let mut errors = Vec::new();
    for (s, name) in series.iter().enumerate() {
        let (mut values, mut halves) = (Vec::new(), Vec::new());
        let (mut drift, strength) = (0.0, rng.range(0.02, 0.07));
        for row in 0..count {
            drift = 0.6 * drift + 0.07 * normal(rng);
            let place = if over_time { story.places[ranks[s]] } else { story.places[ranks[row]] };
            let raw = course::sample(
                &Measure { decimals: Some(decimals), count: false, shape: Default::default(), ..measure.clone() },
                (place + drift).clamp(0.0, 1.0),
                drift + 0.15 * s as f64,
                rng,
            );
            let half =
                rounded(span * strength * (0.55 + 0.9 * rng.unit()), decimals).max(10f64.powi(-i32::from(decimals)));
            values.push(raw);
            halves.push(half);
        }
        sheet.add(Channel::Y, Column::numbers(name, unit.clone(), values));
        errors.push((name.clone(), halves));
    }
    let error = rng.pick(&story.phrases.error).cloned().unwrap_or_default();
    for (name, halves) in errors {
        let name = if series.len() == 1 { title::capital(&error) } else { format!("{name} ({error})") };
        sheet.add(Channel::Error, Column::numbers(name, unit.clone(), halves));
    }
    let x = title::plain_axis(&row_name, rng);
    let mut chart = sheet.chart(kind, String::new(), x, title::axis(story, measure));
    chart.horizontal = kind == Kind::ErrorBar && !names.is_empty() && lying(names.iter(), rng) && chance(rng, 0.5);
    chart.value_labels = series.len() == 1 && labelled(count, 0.15, rng);
    let vars = title::vars(story).set("x", &measure.name).set("error", error);
    titled(chart, story, View::Mean, &vars, rng)
}
