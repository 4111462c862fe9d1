//! Charts of points: scatter plots with and without margins, bubbles.

use tamis_core::rng::Rng;

use super::super::course;
use super::super::library::Measure;
use super::super::random::{between, chance, normal};
use super::super::story::Story;
use super::super::title::{self, View};
use super::{Sheet, room, titled};
use crate::spec::{Channel, Chart, Kind};
use crate::table::{Column, Unit};

/// How the second quantity bends with the first.
#[derive(Clone, Copy)]
enum Relation {
    Straight,
    Saturating,
    Accelerating,
    Hill,
}

const RELATIONS: [Relation; 6] = [
    Relation::Straight,
    Relation::Straight,
    Relation::Straight,
    Relation::Saturating,
    Relation::Accelerating,
    Relation::Hill,
];

/// Two quantities of observations, in groups or not.
pub(super) fn scatter(kind: Kind, story: &Story, rng: &mut Rng) -> Chart {
    let (x, y) = pair(story, rng);
    let groups = match kind {
        Kind::Scatter if chance(rng, 0.6) => story.some_entities(2, 4, rng),
        _ => vec![story.focus],
    };
    let total = match kind {
        Kind::HexHistogram => between(rng, 350, room(story, 900, 500)),
        Kind::Scatter => between(rng, 30, room(story, 150, 70)),
        _ => between(rng, 70, 240),
    };
    let relation = RELATIONS[rng.below(RELATIONS.len())];
    let each = total / groups.len();
    let (mut names, mut xs, mut ys) = (Vec::new(), Vec::new(), Vec::new());
    for rank in &groups {
        // Groups lie apart along the relation and off it.
        let place = if groups.len() > 1 { story.places[*rank] } else { 0.5 };
        let (a, b) = points(x, y, place, relation, each, rng);
        names.extend(std::iter::repeat_n(story.name(*rank), each));
        xs.extend(a);
        ys.extend(b);
    }
    let mut sheet = Sheet::default();
    sheet.add(Channel::X, Column::numbers(&x.name, observed(x), xs));
    sheet.add(Channel::Y, Column::numbers(&y.name, observed(y), ys));
    if groups.len() > 1 {
        sheet.add(Channel::Group, Column::text(title::capital(&story.family.entity.one), names));
    }
    let chart = sheet.chart(kind, String::new(), title::axis(story, x), title::axis(story, y));
    let vars = title::vars(story).set("x", &x.name).set("y", &y.name).set("n", (each * groups.len()).to_string());
    titled(chart, story, View::Pair, &vars, rng)
}

/// Three quantities: of the entities, or of observations with a measure as size.
pub(super) fn bubble(story: &Story, rng: &mut Rng) -> Chart {
    let sizes: Vec<&Measure> = story.family.measures.iter().filter(|m| m.is_sum() && m.is_positive()).collect();
    let size = rng.pick(&sizes).copied();
    let (x, y) = pair(story, rng);
    let size = size.or_else(|| story.family.measures.iter().find(|m| m.is_positive())).unwrap_or(x);
    let by_entity = chance(rng, 0.5);
    let relation = RELATIONS[rng.below(RELATIONS.len())];
    let groups = if by_entity { story.some_entities(4, 7, rng) } else { story.some_entities(2, 4, rng) };
    let each = if by_entity { 1 } else { between(rng, 12, room(story, 32, 20)) / groups.len() };
    let (mut names, mut xs, mut ys, mut areas) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for rank in &groups {
        let (a, b) = points(x, y, story.places[*rank], relation, each.max(1), rng);
        names.extend(std::iter::repeat_n(story.name(*rank), a.len()));
        let m = story.family.measures.iter().position(|m| m.name == size.name);
        let typical = m.map_or(size.range[1], |m| story.values[m][*rank][story.times.len() - 1]);
        areas.extend(a.iter().map(|_| {
            let factor = if by_entity { 1.0 } else { 0.45 + 1.1 * rng.unit() * rng.unit() };
            super::super::random::rounded(typical * factor, size.decimals())
                .max(10f64.powi(-i32::from(size.decimals())))
        }));
        xs.extend(a);
        ys.extend(b);
    }
    let mut sheet = Sheet::default();
    sheet.add(Channel::X, Column::numbers(&x.name, observed(x), xs));
    sheet.add(Channel::Y, Column::numbers(&y.name, observed(y), ys));
    sheet.add(Channel::Size, Column::numbers(&size.name, size.table_unit(), areas));
    sheet.add(Channel::Group, Column::text(title::capital(&story.family.entity.one), names));
    let chart = sheet.chart(Kind::Bubble, String::new(), title::axis(story, x), title::axis(story, y));
    let vars = title::vars(story).set("x", &x.name).set("y", &y.name).set("size", &size.name);
    titled(chart, story, View::Triple, &vars, rng)
}

fn observed(measure: &Measure) -> Unit {
    Unit { additive: false, ..measure.table_unit() }
}

/// Two quantities of observations, the first of the family as x in most charts.
fn pair(story: &Story, rng: &mut Rng) -> (&'static Measure, &'static Measure) {
    let samples = &story.family.samples;
    let second = 1 + rng.below((samples.len() - 1).max(1));
    let (a, b) = (&samples[0], &samples[second.min(samples.len() - 1)]);
    if chance(rng, 0.75) { (a, b) } else { (b, a) }
}

fn points(
    x: &Measure,
    y: &Measure,
    place: f64,
    relation: Relation,
    count: usize,
    rng: &mut Rng,
) -> (Vec<f64>, Vec<f64>) {
    // The correlation is known of the pair with the family's first sample; of that one itself, none is.
    let r = if y.r != 0.0 { y.r } else { x.r };
    let (mut xs, mut ys) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for _ in 0..count {
        let a = normal(rng);
        let bent = match relation {
            Relation::Straight => a,
            Relation::Saturating => 1.5 * (a + 0.9) / (1.0 + 0.45 * (a + 0.9).abs()) - 0.6,
            Relation::Accelerating => 0.75 * a + 0.28 * (a * a - 1.0),
            Relation::Hill => 0.35 * a - 0.55 * (a * a - 1.0),
        };
        let b = r * bent + (1.0 - r * r).max(0.05).sqrt() * normal(rng);
        let across = 0.15 + 0.7 * place;
        let up = if r < 0.0 { 1.0 - across } else { across };
        xs.push(course::sample(x, across, a, rng));
        ys.push(course::sample(y, up, b, rng));
    }
    (xs, ys)
}
