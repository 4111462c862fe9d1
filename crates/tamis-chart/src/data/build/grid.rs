//! Charts of categories: bars, heatmaps, lollipops, slopes, radars, roses, gauges, parallel coordinates.

use tamis_core::rng::Rng;

use super::super::course;
use super::super::library::Profile;
use super::super::random::{between, chance, normal, rounded, some_of};
use super::super::story::{Room, Story};
use super::super::title::{self, View};
use super::matrix::{Asked, Heads, Matrix, heads, series_count};
use super::{Sheet, labelled, lying, room, titled};
use crate::spec::{Axis, Channel, Chart, Kind};
use crate::table::{Cells, Column, Time, Unit};

/// Bars (grouped, stacked, to 100%) and heatmaps: rows by series.
pub(super) fn several(kind: Kind, story: &Story, rng: &mut Rng) -> Chart {
    let matrix = match kind {
        Kind::Bar => bars(story, rng),
        Kind::Heatmap => match chance(rng, 0.12) {
            true => return correlation(story, rng),
            false => cells(story, rng),
        },
        _ => stacks(story, rng),
    };
    let names: Vec<String> = match &matrix.rows {
        Heads::Names(names) => names.clone(),
        Heads::Times(_) => Vec::new(),
    };
    let (marks, several) = (matrix.marks(), matrix.series.len() > 1);
    let mut chart = match kind {
        Kind::PercentBar => percent(matrix, story, rng),
        _ => matrix.chart(kind, story, rng),
    };
    if kind != Kind::Heatmap {
        chart.horizontal = !names.is_empty() && lying(names.iter(), rng);
        chart.value_labels = labelled(marks, if several { 0.2 } else { 0.4 }, rng);
    } else {
        chart.value_labels = marks <= 80 && chance(rng, 0.55);
    }
    if matches!(kind, Kind::Bar | Kind::Heatmap) && marks > 8 && several && chance(rng, 0.05) {
        leave_a_gap(&mut chart, rng);
    }
    chart
}

fn bars(story: &Story, rng: &mut Rng) -> Matrix {
    let time = story.one_time(rng);
    let measure = story.measure(Asked::Any, rng);
    let few = story.some_entities(3, room(story, 6, 4), rng);
    match rng.below(10) {
        0..=3 => {
            let all = story.some_entities(4, room(story, 11, 6), rng);
            sorted_maybe(story.now(measure, &all, time), story, rng)
        }
        4 | 5 if story.has_years() => {
            story.entities_by_times(measure, &few, &story.spread_times(2 + rng.below(2)), false)
        }
        6 | 7 => {
            let count = series_count(story, rng);
            let turned = chance(rng, 0.3);
            match story.entities_by_parts(&few, time, turned, count) {
                Some(matrix) => matrix,
                None => story.now(measure, &few, time),
            }
        }
        8 => story.parts_now(story.focus, time).unwrap_or_else(|| story.now(measure, &few, time)),
        _ => {
            let times = story.spread_times(between(rng, 3, room(story, 6, 4)));
            let some = &few[..few.len().min(4)];
            story.entities_by_times(measure, some, &times, true)
        }
    }
}

/// Rows by parts of a whole.
fn stacks(story: &Story, rng: &mut Rng) -> Matrix {
    let count = between(rng, 3, room(story, 6, 5));
    let few = story.some_entities(3, room(story, 8, 5), rng);
    let time = story.one_time(rng);
    if chance(rng, 0.3)
        && let Some(matrix) = story.parts_over_time(story.focus, usize::MAX)
    {
        return matrix.latest(room(story, 10, 6));
    }
    if let Some(matrix) = story.entities_by_parts(&few, time, false, usize::MAX).filter(|_| chance(rng, 0.85)) {
        return matrix;
    }
    let measure = story.measure(Asked::Sum, rng);
    let some = &few[..few.len().min(count)];
    story.over_time(measure, some).latest(room(story, 10, 6))
}

fn cells(story: &Story, rng: &mut Rng) -> Matrix {
    let measure = story.measure(Asked::Any, rng);
    let ranks = story.some_entities(4, room(story, 10, 6), rng);
    if chance(rng, 0.35)
        && let Some(matrix) = story.entities_by_parts(&ranks, story.one_time(rng), chance(rng, 0.3), usize::MAX)
    {
        return matrix;
    }
    let most = room(story, 12, 6).min(story.times.len());
    let times: Vec<usize> = (story.times.len() - most..story.times.len()).collect();
    let mut matrix = story.entities_by_times(measure, &ranks, &times, false);
    matrix.view = View::Time;
    matrix
}

/// Rows of one series are sorted by value in half of the charts, unless their order means something.
fn sorted_maybe(mut matrix: Matrix, story: &Story, rng: &mut Rng) -> Matrix {
    if !story.family.ordered && chance(rng, 0.5) {
        sort_falling(&mut matrix);
    }
    matrix
}

fn sort_falling(matrix: &mut Matrix) {
    let (Heads::Names(names), Some((_, values))) = (&mut matrix.rows, matrix.series.first_mut()) else { return };
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*b].total_cmp(&values[*a]).then(a.cmp(b)));
    *names = order.iter().map(|i| names[*i].clone()).collect();
    *values = order.iter().map(|i| values[*i]).collect();
}

/// Each row in percent of its sum, exact in sum.
fn percent(mut matrix: Matrix, story: &Story, rng: &mut Rng) -> Chart {
    let decimals = rng.below(2) as u8;
    let rows = matrix.series.first().map_or(0, |(_, v)| v.len());
    for row in 0..rows {
        let weights: Vec<f64> = matrix.series.iter().map(|(_, v)| v[row].max(1e-9)).collect();
        let shares = super::super::random::split(100.0, &weights, decimals);
        matrix.series.iter_mut().zip(shares).for_each(|((_, v), share)| v[row] = share);
    }
    matrix.view = if matrix.view == View::NowParts { View::Shares } else { matrix.view };
    let unit = Unit { symbol: "%".into(), decimals, additive: false };
    let name = format!("{} ({})", matrix.measure.name, story.phrases.share);
    let shown = if chance(rng, 0.5) { story.phrases.share.clone() } else { name };
    matrix.chart_of(Kind::PercentBar, story, unit, &shown, "%", rng)
}

/// Takes one value out, not at an end.
fn leave_a_gap(chart: &mut Chart, rng: &mut Rng) {
    let series: Vec<usize> = (1..chart.table.columns.len()).collect();
    let Some(column) = rng.pick(&series).copied() else { return };
    if let Cells::Number(values) = &mut chart.table.columns[column].cells
        && values.len() > 3
    {
        let row = 1 + rng.below(values.len() - 2);
        values[row] = None;
    }
}

/// How the measures and samples of the family go together: a symmetric matrix.
fn correlation(story: &Story, rng: &mut Rng) -> Chart {
    let all: Vec<&str> = story.family.measures.iter().chain(&story.family.samples).map(|m| m.name.as_str()).collect();
    let names: Vec<&str> = all.iter().copied().take(room(story, 7, 5)).collect();
    let factors: Vec<[f64; 2]> = names.iter().map(|_| [rng.range(-1.0, 1.0), rng.range(-1.0, 1.0)]).collect();
    let norm = |f: &[f64; 2]| (f[0] * f[0] + f[1] * f[1] + 0.25).sqrt();
    let unit = Unit { symbol: String::new(), decimals: 2, additive: false };
    let mut sheet = Sheet::default();
    sheet.add(Channel::X, Column::text(title::capital(&story.phrases.correlation), names.iter().copied()));
    for (a, name) in names.iter().enumerate() {
        let value = |b: usize| match a == b {
            true => 1.0,
            false => rounded(
                (factors[a][0] * factors[b][0] + factors[a][1] * factors[b][1])
                    / (norm(&factors[a]) * norm(&factors[b])),
                2,
            ),
        };
        sheet.add(Channel::Y, Column::numbers(*name, unit.clone(), (0..names.len()).map(value)));
    }
    let mut chart = sheet.chart(Kind::Heatmap, String::new(), Axis::default(), Axis::default());
    chart.value_labels = chance(rng, 0.7);
    titled(chart, story, View::Correlation, &title::vars(story), rng)
}

/// One series, largest first where the kind wants it.
pub(super) fn single(kind: Kind, story: &Story, rng: &mut Rng) -> Chart {
    let asked = if kind == Kind::Pareto { Asked::Sum } else { Asked::Any };
    let time = story.one_time(rng);
    let parts = if chance(rng, 0.4) { story.parts_now(story.focus, time) } else { None };
    let mut matrix = parts.unwrap_or_else(|| {
        let ranks = story.some_entities(5, room(story, 11, 6), rng);
        story.now(story.measure(asked, rng), &ranks, time)
    });
    if kind == Kind::Pareto {
        matrix.view = View::Ranked;
        sort_falling(&mut matrix);
    } else {
        matrix = sorted_maybe(matrix, story, rng);
    }
    let names: Vec<String> = match &matrix.rows {
        Heads::Names(names) => names.clone(),
        Heads::Times(_) => Vec::new(),
    };
    let marks = matrix.marks();
    let mut chart = matrix.chart(kind, story, rng);
    chart.value_labels = labelled(marks, 0.3, rng);
    chart.horizontal = kind == Kind::Lollipop && lying(names.iter(), rng);
    if kind == Kind::Pareto {
        let share = title::axis_named(story, &story.phrases.share, "%");
        chart.y2 = Some(Axis { min: Some(0.0), max: Some(100.0), ..share });
    }
    chart
}

/// Entities at two times.
pub(super) fn two_times(kind: Kind, story: &Story, rng: &mut Rng) -> Chart {
    let measure = story.measure(Asked::Any, rng);
    let ranks = story.some_entities(3, room(story, 8, 5), rng);
    let last = story.times.len() - 1;
    let first = rng.below((last / 2).max(1));
    let mut matrix = story.entities_by_times(measure, &ranks, &[first, last], false);
    matrix.view = View::Two;
    let marks = matrix.marks();
    let mut chart = matrix.chart(kind, story, rng);
    chart.horizontal = kind == Kind::Dumbbell && chance(rng, 0.75);
    chart.value_labels = labelled(marks, if kind == Kind::Slope { 0.6 } else { 0.35 }, rng);
    chart
}

/// Bars of one measure and lines of another.
pub(super) fn bar_line(story: &Story, rng: &mut Rng) -> Chart {
    let bar = story.measure(Asked::Positive, rng);
    let others: Vec<usize> = (0..story.family.measures.len()).filter(|m| *m != bar).collect();
    let line = rng.pick(&others).copied().unwrap_or(bar);
    let second = &story.family.measures[line];
    let yearly = chance(rng, 0.65);
    let (mut matrix, values): (Matrix, Vec<f64>) = if yearly {
        let most = room(story, 14, 8);
        let matrix = story.over_time(bar, &[story.focus]).latest(most);
        let drop = story.times.len().saturating_sub(most);
        (matrix, story.values[line][story.focus][drop..].to_vec())
    } else {
        let ranks = story.some_entities(4, room(story, 9, 6), rng);
        let time = story.one_time(rng);
        let values = ranks.iter().map(|r| story.values[line][*r][time]).collect();
        (story.now(bar, &ranks, time), values)
    };
    matrix.view = if yearly { View::Mixed } else { View::MixedNow };
    matrix.vars = matrix.vars.set("y", &second.name);
    // The legend names the two measures, not the entity.
    if let Some((name, _)) = matrix.series.first_mut() {
        *name = matrix.measure.name.clone();
    }
    let mut chart = matrix.chart(Kind::BarLine, story, rng);
    chart.table.columns.push(Column::numbers(&second.name, second.table_unit(), values));
    chart.encodings.push(crate::spec::Encoding { channel: Channel::Y2, column: second.name.clone() });
    chart.y2 = Some(title::axis(story, second));
    chart
}

/// Scores on criteria, or the parts of several entities.
pub(super) fn radar(story: &Story, rng: &mut Rng) -> Chart {
    let profile = rng.pick(&story.theme.profiles);
    if let Some(profile) = profile.filter(|_| chance(rng, 0.75)) {
        return scores(profile, story, rng);
    }
    let ranks = story.some_entities(1, 3, rng);
    match (
        story.entities_by_parts(&ranks, story.one_time(rng), true, usize::MAX).filter(|m| m.series[0].1.len() >= 3),
        profile,
    ) {
        (Some(matrix), _) => matrix.chart(Kind::Radar, story, rng),
        (None, Some(profile)) => scores(profile, story, rng),
        // A family without parts in a theme without profiles: entities as spokes.
        (None, None) => {
            let all: Vec<usize> = (0..story.entities.len()).collect();
            story.now(story.measure(Asked::Positive, rng), &all, story.one_time(rng)).chart(Kind::Radar, story, rng)
        }
    }
}

fn scores(profile: &'static Profile, story: &Story, rng: &mut Rng) -> Chart {
    let spokes = between(rng, 5.min(profile.spokes.len()), profile.spokes.len().min(room(story, 9, 6)));
    let chosen = some_of(rng, profile.spokes.len(), spokes);
    let count = between(rng, 1, 4).min(profile.of.len());
    let of = some_of(rng, profile.of.len(), count);
    let mut sheet = Sheet::default();
    sheet.add(Channel::X, Column::text(&profile.name, chosen.iter().map(|s| profile.spokes[*s].as_str())));
    let [low, high] = profile.measure.range;
    for series in of {
        let general = rng.range(0.3, 0.75);
        let values: Vec<f64> = chosen
            .iter()
            .map(|_| {
                course::settled(&profile.measure, low + (high - low) * (general + 0.2 * normal(rng)).clamp(0.02, 0.98))
            })
            .collect();
        sheet.add(Channel::Y, Column::numbers(&profile.of[series], profile.measure.table_unit(), values));
    }
    sheet.chart(Kind::Radar, profile.title.clone(), Axis::default(), title::axis(story, &profile.measure))
}

/// Sectors: months of a year where there is a season, else parts or entities.
pub(super) fn rose(story: &Story, rng: &mut Rng) -> Chart {
    let time = story.one_time(rng);
    let monthly = story.times.len() >= 12 && matches!(story.times[0], Time::Month(..));
    let matrix = if monthly && chance(rng, 0.6) {
        story.over_time(story.measure(Asked::Positive, rng), &[story.focus]).latest(12)
    } else if let Some(parts) = story.parts_now(story.focus, time).filter(|m| m.marks() >= 3 && chance(rng, 0.5)) {
        parts
    } else {
        let ranks = story.some_entities(4, room(story, 9, 6), rng);
        story.now(story.measure(Asked::Positive, rng), &ranks, time)
    };
    let mut chart = matrix.chart(Kind::Rose, story, rng);
    chart.value_labels = chance(rng, 0.4);
    chart
}

/// One value on a dial whose ends are round numbers.
pub(super) fn gauge(story: &Story, rng: &mut Rng) -> Chart {
    let measure = story.measure(Asked::Positive, rng);
    let time = story.one_time(rng);
    let matrix = story.now(measure, &[story.focus], time);
    let value = matrix.series[0].1[0];
    let measure = matrix.measure;
    let [least, most] = measure.bounds();
    let max = if most.is_finite() { most } else { nice_above(value.max(measure.range[1].min(value * 2.2)).max(1e-9)) };
    let mut chart = Matrix { view: View::Gauge, ..matrix }.chart(Kind::Gauge, story, rng);
    chart.y.min = Some(least.max(0.0));
    chart.y.max = Some(max);
    chart.x.title.clear();
    chart.value_labels = true;
    chart
}

/// The next of 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten that is not below.
pub(super) fn nice_above(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    let step = [1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0].into_iter().find(|s| s * power >= value);
    let nice = step.unwrap_or(10.0) * power;
    // Powers of ten are not exact below 1: the decimal that is meant is.
    format!("{nice:.6}").parse().unwrap_or(nice)
}

/// The entities on all measures of the family, one axis each.
pub(super) fn parallel(story: &Story, rng: &mut Rng) -> Chart {
    let time = story.one_time(rng);
    let ranks = story.some_entities(4, room(story, 9, 6), rng);
    let mut sheet = Sheet::default();
    sheet.add(
        Channel::X,
        heads(
            &title::capital(&story.family.entity.one),
            Heads::Names(ranks.iter().map(|r| story.name(*r).into()).collect()),
        ),
    );
    for (m, measure) in story.family.measures.iter().enumerate() {
        let values = ranks.iter().map(|r| story.values[m][*r][time]);
        sheet.add(Channel::Y, Column::numbers(&measure.name, measure.table_unit(), values));
    }
    let more = room(story, 3, 2).max(3usize.saturating_sub(story.family.measures.len()));
    for measure in story.family.samples.iter().take(more) {
        let mean = |r: &usize| course::sample(measure, story.places[*r], 0.25 * normal(rng), rng);
        let values: Vec<f64> = ranks.iter().map(mean).collect();
        sheet.add(Channel::Y, Column::numbers(&measure.name, Unit { additive: false, ..measure.table_unit() }, values));
    }
    let axes = sheet.columns.len() - 1;
    let vars = title::vars(story).set("n", axes.to_string()).set("when", story.times[time].to_string());
    let chart = sheet.chart(Kind::Parallel, String::new(), Axis::default(), Axis::default());
    let mut chart = titled(chart, story, View::Profiles, &vars, rng);
    if story.room == Room::Cell {
        chart.subtitle.clear();
    }
    chart
}
