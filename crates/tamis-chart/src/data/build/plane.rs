//! Charts over a plane: level lines, surfaces, arrows.

use tamis_core::rng::Rng;

use super::super::library::{Measure, Motion, Relief};
use super::super::random::{between, normal, rounded};
use super::super::story::Story;
use super::super::title;
use super::{Sheet, room};
use crate::spec::{Channel, Chart, Kind};
use crate::table::{Column, Unit};

/// A value on a full grid.
pub(super) fn surface(kind: Kind, story: &Story, rng: &mut Rng) -> Chart {
    let Some(field) = rng.pick(&story.theme.fields) else { return super::point::scatter(Kind::Scatter, story, rng) };
    let side = room(story, 22, 16);
    let (xs, ys) = (steps(&field.x, between(rng, 14, side)), steps(&field.y, between(rng, 12, side)));
    let relief = Hills::drawn(field.relief, rng);
    let mut heights: Vec<f64> = Vec::with_capacity(xs.len() * ys.len());
    for v in 0..ys.len() {
        for u in 0..xs.len() {
            heights.push(relief.height(u as f64 / (xs.len() - 1) as f64, v as f64 / (ys.len() - 1) as f64));
        }
    }
    let (low, high) = heights.iter().fold((f64::MAX, f64::MIN), |(a, b), h| (a.min(*h), b.max(*h)));
    let [from, to] = field.value.range;
    let value = |h: &f64| {
        let noise = 0.006 * normal(rng);
        rounded(
            from + (to - from) * (0.03 + 0.94 * (h - low) / (high - low).max(1e-9) + noise).clamp(0.0, 1.0),
            field.value.decimals(),
        )
    };
    let values: Vec<f64> = heights.iter().map(value).collect();
    let mut sheet = Sheet::default();
    let across: Vec<f64> = ys.iter().flat_map(|_| xs.iter().copied()).collect();
    let up: Vec<f64> = ys.iter().flat_map(|y| xs.iter().map(|_| *y)).collect();
    sheet.add(Channel::X, Column::numbers(&field.x.name, grid_unit(&field.x), across));
    sheet.add(Channel::Y, Column::numbers(&field.y.name, grid_unit(&field.y), up));
    sheet.add(
        Channel::Value,
        Column::numbers(&field.value.name, Unit { additive: false, ..field.value.table_unit() }, values),
    );
    sheet.chart(kind, field.title.clone(), title::axis(story, &field.x), title::axis(story, &field.y))
}

/// Even steps over a range, to one decimal more than the quantity has, so that they stay even and different.
fn steps(measure: &Measure, count: usize) -> Vec<f64> {
    let [low, high] = measure.range;
    (0..count).map(|i| rounded(low + (high - low) * i as f64 / (count - 1) as f64, measure.decimals() + 1)).collect()
}

fn grid_unit(measure: &Measure) -> Unit {
    Unit { symbol: measure.unit.clone(), decimals: measure.decimals() + 1, additive: false }
}

struct Hills {
    relief: Relief,
    /// Place, width and height.
    hills: Vec<[f64; 4]>,
    turn: f64,
    waves: [f64; 2],
}

impl Hills {
    fn drawn(relief: Relief, rng: &mut Rng) -> Hills {
        let count = between(rng, 2, 4);
        let hills = (0..count)
            .map(|i| {
                [
                    rng.range(0.12, 0.88),
                    rng.range(0.12, 0.88),
                    rng.range(0.12, 0.26),
                    if i == 0 { 1.0 } else { rng.range(-0.5, 0.85) },
                ]
            })
            .collect();
        Hills { relief, hills, turn: rng.range(-0.7, 0.7), waves: [rng.range(1.0, 2.4), rng.range(0.0, 1.0)] }
    }

    /// The height at a place, both coordinates 0 to 1.
    fn height(&self, u: f64, v: f64) -> f64 {
        let mut bumps = 0.0;
        for [x, y, width, height] in &self.hills {
            let off = ((u - x) * (u - x) + (v - y) * (v - y)) / (width * width);
            bumps += height * (-off).exp();
        }
        let across = (u - 0.5) * self.turn.cos() + (v - 0.5) * self.turn.sin();
        match self.relief {
            Relief::Peaks => bumps,
            Relief::Ridge => (-(across * across) / 0.05).exp() * (1.0 + 0.5 * u) + 0.25 * bumps,
            Relief::Bowl => {
                2.2 * ((u - self.hills[0][0]).powi(2) + 1.4 * (v - self.hills[0][1]).powi(2)) + 0.15 * bumps
            }
            Relief::Waves => {
                (std::f64::consts::TAU * (self.waves[0] * across + self.waves[1])).sin()
                    + 0.4 * (std::f64::consts::TAU * v).cos()
                    + 0.3 * bumps
            }
            Relief::Slope => (0.5 + across).max(0.0).powf(1.6) + 0.3 * bumps,
        }
    }
}

/// Arrows on a grid.
pub(super) fn quiver(story: &Story, rng: &mut Rng) -> Chart {
    let Some(field) = rng.pick(&story.theme.vectors) else { return super::point::scatter(Kind::Scatter, story, rng) };
    let count = between(rng, 7, room(story, 12, 9));
    let (xs, ys) = (steps(&field.x, count), steps(&field.y, count));
    let centre = [rng.range(0.3, 0.7), rng.range(0.3, 0.7)];
    let (sign, ripple) = (if rng.below(2) == 0 { 1.0 } else { -1.0 }, rng.range(0.1, 0.35));
    let strength = [field.u.range, field.v.range].map(|r| r[0].abs().max(r[1].abs()));
    let mut columns: [Vec<f64>; 4] = Default::default();
    for (j, y) in ys.iter().enumerate() {
        for (i, x) in xs.iter().enumerate() {
            let place = |n: usize| n as f64 / (count - 1) as f64;
            let (dx, dy) = (place(i) - centre[0], place(j) - centre[1]);
            let far = (dx * dx + dy * dy).sqrt();
            let calm = 1.0 / (0.35 + far);
            let (u, v) = match field.motion {
                Motion::Vortex => (-sign * dy * calm, sign * dx * calm),
                Motion::Shear => (0.25 + 0.7 * place(j), ripple * (std::f64::consts::TAU * place(i)).sin()),
                Motion::Saddle => (sign * dx * 1.4, -sign * dy * 1.4),
                Motion::Source => (dx * calm, dy * calm),
                Motion::Sink => (-dx * calm - 0.3 * dy, -dy * calm + 0.3 * dx),
            };
            let wobble = 0.05;
            columns[0].push(*x);
            columns[1].push(*y);
            columns[2].push(rounded(strength[0] * (u + wobble * normal(rng)), field.u.decimals()));
            columns[3].push(rounded(strength[1] * (v + wobble * normal(rng)), field.v.decimals()));
        }
    }
    let [x, y, u, v] = columns;
    let mut sheet = Sheet::default();
    let component = |m: &Measure| Unit { additive: false, ..m.table_unit() };
    sheet.add(Channel::X, Column::numbers(&field.x.name, grid_unit(&field.x), x));
    sheet.add(Channel::Y, Column::numbers(&field.y.name, grid_unit(&field.y), y));
    sheet.add(Channel::U, Column::numbers(&field.u.name, component(&field.u), u));
    sheet.add(Channel::V, Column::numbers(&field.v.name, component(&field.v), v));
    sheet.chart(Kind::Quiver, field.title.clone(), title::axis(story, &field.x), title::axis(story, &field.y))
}
