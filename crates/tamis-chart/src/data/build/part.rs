//! Charts of parts and wholes: pies, waffles, trees, funnels, waterfalls, pyramids, tile maps.

use tamis_core::rng::Rng;

use super::super::course;
use super::super::library::{Map, Measure, Tree, library};
use super::super::random::{between, chance, normal, rounded, some_of, split};
use super::super::story::Story;
use super::super::title::{self, View};
use super::matrix::{Asked, Matrix};
use super::{Sheet, labelled, room};
use crate::spec::{Axis, Channel, Chart, Kind};
use crate::table::{Cells, Column, Unit};

/// Pies, rings and waffles.
pub(super) fn shares(kind: Kind, story: &Story, rng: &mut Rng) -> Chart {
    let time = story.one_time(rng);
    let parts = if chance(rng, 0.6) { story.parts_now(story.focus, time) } else { None };
    let mut matrix = parts.unwrap_or_else(|| {
        let ranks = story.some_entities(3, room(story, 7, 6), rng);
        let matrix = story.now(story.measure(Asked::Sum, rng), &ranks, time);
        Matrix { view: View::SharesAll, ..matrix }
    });
    let in_percent = kind == Kind::Waffle || chance(rng, 0.45);
    let total: f64 = matrix.series[0].1.iter().sum();
    if !in_percent && total > 0.0 {
        let marks = matrix.marks();
        let mut chart = matrix.chart(kind, story, rng);
        chart.value_labels = labelled(marks, 0.6, rng);
        return chart;
    }
    let decimals = if kind == Kind::Waffle { 0 } else { rng.below(2) as u8 };
    let weights: Vec<f64> = matrix.series[0].1.iter().map(|v| v.max(total * 0.004).max(1e-9)).collect();
    matrix.series[0].1 = split(100.0, &weights, decimals);
    matrix.series[0].0 = title::capital(&story.phrases.share);
    let unit = Unit { symbol: "%".into(), decimals, additive: true };
    let share = story.phrases.share.clone();
    let mut chart = matrix.chart_of(kind, story, unit, &share, "%", rng);
    chart.value_labels = chance(rng, if kind == Kind::Waffle { 0.4 } else { 0.75 });
    chart
}

/// Groups with their members and the values of the members.
struct Grown<'a> {
    tree: &'a Tree,
    groups: Vec<(&'a str, Vec<(&'a str, f64)>)>,
}

fn grown(story: &Story, least: usize, rng: &mut Rng) -> Option<Grown<'static>> {
    let tree: &'static Tree = rng.pick(&story.theme.trees)?;
    let count = between(rng, 3.min(tree.groups.len()), tree.groups.len().min(room(story, 6, 4)));
    let chosen = some_of(rng, tree.groups.len(), count);
    let [low, high] = tree.measure.range;
    let mut groups = Vec::new();
    for index in chosen {
        let Some((name, members)) = tree.groups.get_index(index) else { continue };
        let count = between(rng, least.min(members.len()), members.len().min(room(story, 6, 4)));
        let size = rng.range(0.35, 1.0);
        let mut value = || {
            let place = size * (0.1 + 0.9 * rng.unit() * rng.unit().sqrt());
            rounded(low + (high - low) * place, tree.measure.decimals())
                .max(10f64.powi(-i32::from(tree.measure.decimals())))
        };
        // The best known members stand first in the files.
        let named = members.iter().take(count).map(|m| (m.as_str(), value())).collect();
        groups.push((name.as_str(), named));
    }
    Some(Grown { tree, groups })
}

/// Nested rectangles or rings.
pub(super) fn tree(kind: Kind, story: &Story, rng: &mut Rng) -> Chart {
    let (mut names, mut parents, mut values) = (Vec::new(), Vec::new(), Vec::new());
    let grown = grown(story, 2, rng);
    for (group, members) in grown.iter().flat_map(|g| &g.groups) {
        names.push(group.to_string());
        parents.push(None);
        values.push(None);
        for (name, value) in members {
            names.push(name.to_string());
            parents.push(Some(group.to_string()));
            values.push(Some(*value));
        }
    }
    let (heading, name, measure) = match &grown {
        Some(g) => (g.tree.title.clone(), g.tree.name.clone(), Some(&g.tree.measure)),
        None => Default::default(),
    };
    let unit = measure.map(Measure::table_unit).unwrap_or_default();
    let mut sheet = Sheet::default();
    sheet.add(Channel::X, Column::text(name, names));
    sheet.add(Channel::Parent, Column { name: "Group".into(), unit: Unit::default(), cells: Cells::Text(parents) });
    let value = measure.map_or("Value", |m| &m.name);
    sheet.add(Channel::Value, Column { name: value.into(), unit, cells: Cells::Number(values) });
    let mut chart =
        sheet.chart(kind, heading, Axis::default(), measure.map(|m| title::axis(story, m)).unwrap_or_default());
    chart.value_labels = chance(rng, 0.4);
    chart
}

/// The groups of a tree as a pie, the members of the largest as a bar.
pub(super) fn pie_bar(story: &Story, rng: &mut Rng) -> Chart {
    let Some(mut grown) = grown(story, 3, rng) else { return tree(Kind::Treemap, story, rng) };
    let total = |members: &[(&str, f64)]| members.iter().map(|m| m.1).sum::<f64>();
    let decimals = grown.tree.measure.decimals();
    // The largest group is the one with most members to tell apart.
    grown.groups.sort_by(|a, b| total(&b.1).total_cmp(&total(&a.1)));
    let sums: Vec<f64> = grown.groups.iter().map(|(_, m)| rounded(total(m), decimals)).collect();
    let parts = grown.groups[0].1.clone();
    let rows = sums.len().max(parts.len());
    let padded = |values: Vec<f64>| -> Cells {
        Cells::Number(values.into_iter().map(Some).chain(std::iter::repeat(None)).take(rows).collect())
    };
    let named = |names: Vec<&str>| {
        Cells::Text(names.into_iter().map(|n| Some(n.to_string())).chain(std::iter::repeat(None)).take(rows).collect())
    };
    let measure = &grown.tree.measure;
    let unit = measure.table_unit();
    let mut sheet = Sheet::default();
    let mut add = |channel, name: String, unit: Unit, cells| sheet.add(channel, Column { name, unit, cells });
    add(Channel::X, grown.tree.name.clone(), Unit::default(), named(grown.groups.iter().map(|g| g.0).collect()));
    add(Channel::Y, measure.name.clone(), unit.clone(), padded(sums));
    add(Channel::Group, grown.groups[0].0.to_string(), Unit::default(), named(parts.iter().map(|p| p.0).collect()));
    add(
        Channel::Y2,
        format!("{} ({})", measure.name, grown.groups[0].0),
        unit,
        padded(parts.iter().map(|p| p.1).collect()),
    );
    let mut chart = sheet.chart(Kind::PieBar, grown.tree.title.clone(), Axis::default(), title::axis(story, measure));
    chart.value_labels = chance(rng, 0.7);
    chart
}

/// Stages that let fewer and fewer through.
pub(super) fn funnel(story: &Story, rng: &mut Rng) -> Chart {
    let mut sheet = Sheet::default();
    let Some(funnel) = rng.pick(&story.theme.funnels) else { return shares(Kind::Pie, story, rng) };
    let stages = &funnel.stages[..between(rng, 4.min(funnel.stages.len()), funnel.stages.len())];
    let [low, high] = funnel.measure.range;
    let mut value = low * (high / low.max(1e-9)).powf(rng.unit());
    let mut values = Vec::new();
    for _ in stages {
        values.push(rounded(value, funnel.measure.decimals()).max(1.0));
        value *= rng.range(0.38, 0.9);
    }
    sheet.add(Channel::X, Column::text(&funnel.name, stages));
    sheet.add(
        Channel::Y,
        Column::numbers(&funnel.measure.name, Unit { additive: false, ..funnel.measure.table_unit() }, values),
    );
    let x = Axis { title: funnel.name.clone(), ..Axis::default() };
    let mut chart = sheet.chart(Kind::Funnel, funnel.title.clone(), x, title::axis(story, &funnel.measure));
    chart.value_labels = chance(rng, 0.8);
    chart
}

/// A level and its changes.
pub(super) fn waterfall(story: &Story, rng: &mut Rng) -> Chart {
    let Some(ledger) = rng.pick(&story.theme.ledgers) else { return shares(Kind::Pie, story, rng) };
    let [low, high] = ledger.measure.range;
    let decimals = ledger.measure.decimals();
    let start = rounded(low + (high - low) * rng.unit(), decimals);
    let most = room(story, 8, 6);
    let (ups, downs) =
        (between(rng, 1, ledger.up.len().min(most / 2)), between(rng, 1, ledger.down.len().min(most / 2)));
    let mut steps: Vec<(&str, f64)> = Vec::new();
    for (names, count, sign) in [(&ledger.up, ups, 1.0), (&ledger.down, downs, -1.0)] {
        for index in some_of(rng, names.len(), count) {
            let change = start * rng.range(0.03, 0.24);
            steps.push((&names[index], rounded(sign * change, decimals)));
        }
    }
    // Gains first, losses after, or mixed as they came; the level never falls below a quarter of the start.
    if chance(rng, 0.4) {
        rng.shuffle(&mut steps);
    }
    let mut level = start;
    steps.retain(|(_, change)| {
        let stays = level + change > 0.25 * start && *change != 0.0;
        if stays {
            level += change;
        }
        stays
    });
    let names = std::iter::once(ledger.start.as_str()).chain(steps.iter().map(|s| s.0));
    let values: Vec<f64> = std::iter::once(start).chain(steps.iter().map(|s| s.1)).collect();
    let mut sheet = Sheet::default();
    sheet.add(Channel::X, Column::text(&ledger.name, names));
    sheet.add(Channel::Y, Column::numbers(&ledger.measure.name, ledger.measure.table_unit(), values));
    let x = title::plain_axis(&ledger.name, rng);
    let mut chart = sheet.chart(Kind::Waterfall, ledger.title.clone(), x, title::axis(story, &ledger.measure));
    chart.value_labels = chance(rng, 0.7);
    chart
}

/// Two sides over ordered rows.
pub(super) fn pyramid(story: &Story, rng: &mut Rng) -> Chart {
    let Some(pyramid) = rng.pick(&story.theme.pyramids) else { return shares(Kind::Pie, story, rng) };
    let [low, high] = pyramid.measure.range;
    let rows = pyramid.rows.len();
    let decimals = pyramid.measure.decimals();
    // Widest somewhere below the middle or above, thinning out to both ends.
    let (peak, width) = (rng.range(0.05, 0.65), rng.range(0.35, 0.75));
    let tilt = rng.range(-0.12, 0.12);
    let mut sides = [Vec::new(), Vec::new()];
    for row in 0..rows {
        let u = row as f64 / (rows - 1).max(1) as f64;
        let off = (u - peak) / width;
        let shape = 0.08 + 0.82 / (1.0 + off * off * off * off + off * off);
        for (side, values) in sides.iter_mut().enumerate() {
            let sign = if side == 0 { -1.0 } else { 1.0 };
            let factor = 1.0 + sign * tilt * (2.0 * u - 0.6) + 0.05 * normal(rng);
            values.push(rounded((low + (high - low) * shape) * factor, decimals).max(0.0));
        }
    }
    let mut sheet = Sheet::default();
    sheet.add(Channel::X, Column::text(&pyramid.name, &pyramid.rows));
    for (name, values) in pyramid.sides.iter().zip(sides) {
        sheet.add(Channel::Y, Column::numbers(name, pyramid.measure.table_unit(), values));
    }
    let x = title::plain_axis(&pyramid.name, rng);
    sheet.chart(Kind::Pyramid, pyramid.title.clone(), x, title::axis(story, &pyramid.measure))
}

/// A value for every region of a map.
pub(super) fn tile_map(story: &Story, rng: &mut Rng) -> Chart {
    let Some(regional) = rng.pick(&story.theme.regional) else { return shares(Kind::Pie, story, rng) };
    let language =
        |m: &&Map| m.language == story.theme.language && (regional.maps.is_empty() || regional.maps.contains(&m.name));
    let maps: Vec<&Map> = library().maps.iter().filter(language).collect();
    let Some(map) = rng.pick(&maps) else { return shares(Kind::Pie, story, rng) };
    // Neighbours are alike: a slope over the map, one centre, and noise.
    let (across, down) = (rng.range(-1.0, 1.0), rng.range(-1.0, 1.0));
    let [rows, columns] = map.tiles.values().fold([1, 1], |[r, c], t| [r.max(t[0]), c.max(t[1])]);
    let centre = [rng.unit(), rng.unit()];
    let measure = &regional.measure;
    let value = |tile: &[usize; 2]| {
        let (y, x) = (tile[0] as f64 / rows as f64, tile[1] as f64 / columns as f64);
        let near = 1.0 / (1.0 + 6.0 * ((x - centre[0]).powi(2) + (y - centre[1]).powi(2)));
        let place = 0.2 + 0.18 * (across * (x - 0.5) + down * (y - 0.5)) + 0.4 * near + 0.13 * normal(rng);
        course::settled(measure, course::level(measure, place.clamp(0.0, 1.0)))
    };
    let values: Vec<f64> = map.tiles.values().map(value).collect();
    let mut sheet = Sheet::default();
    sheet.add(Channel::X, Column::text(&map.region, map.tiles.keys()));
    sheet.add(Channel::Group, Column::text("Place", map.tiles.values().map(|t| format!("{},{}", t[0], t[1]))));
    sheet.add(Channel::Value, Column::numbers(&measure.name, measure.table_unit(), values));
    let mut chart = sheet.chart(
        Kind::TileMap,
        regional.title.replace("{map}", &map.title),
        Axis::default(),
        title::axis(story, measure),
    );
    chart.value_labels = map.tiles.len() <= 30 && chance(rng, 0.5);
    chart
}
