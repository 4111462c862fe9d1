//! How a quantity goes over time and over observations: trends that bend, seasons, noise that remembers, events.

use tamis_core::rng::Rng;

use super::calendar::{self, Step};
use super::library::{Measure, Shape, Trend};
use super::random::{chance, normal, rounded};
use crate::table::Time;

/// What happens to all entities of a story at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shock {
    /// At which point of the time axis.
    pub(super) at: usize,
    /// The share of the level that is lost, or won if negative.
    pub(super) depth: f64,
}

/// The level of an entity from its place in the range, 0 to 1. Wide ranges are walked by factors.
pub(super) fn level(measure: &Measure, place: f64) -> f64 {
    let [low, high] = measure.range;
    if low > 0.0 && high / low > 8.0 { low * (high / low).powf(place) } else { low + (high - low) * place }
}

/// Values at all `times` around `level`.
pub(super) fn course(
    measure: &Measure,
    level: f64,
    trend: Trend,
    times: &[Time],
    shock: Option<Shock>,
    rng: &mut Rng,
) -> Vec<f64> {
    let [low, high] = measure.range;
    // What moves in proportion to itself (money, counts) and what moves along a scale (temperatures, rates).
    let by_factor = low > 0.0 && high / low >= 3.0;
    let unit = if by_factor { level } else { 0.55 * (high - low) };
    let bend = Bend::drawn(trend, rng);
    let (remembered, noise) = (rng.range(0.2, 0.65), rng.range(0.018, 0.055));
    let mut walk = 0.0;
    let outlier = chance(rng, 0.2)
        .then(|| (1 + rng.below(times.len().saturating_sub(2).max(1)), rng.range(0.14, 0.32) * sign(rng)));
    let last = (times.len() - 1).max(1) as f64;
    let mut values = Vec::with_capacity(times.len());
    for (i, time) in times.iter().enumerate() {
        walk = remembered * walk + noise * normal(rng);
        let mut moved = bend.at(i as f64 / last) + walk;
        if let (Some((swing, peak)), Some(phase)) = (measure.season, calendar::phase(*time)) {
            moved += swing * (std::f64::consts::TAU * (phase - (peak - 0.5) / 12.0)).cos();
        }
        if let Some((_, jump)) = outlier.filter(|(at, _)| *at == i) {
            moved += jump;
        }
        if let Some(shock) = shock.filter(|s| i >= s.at) {
            moved -= shock.depth / (1.0 + (i - shock.at) as f64 * 1.3);
        }
        values.push(settled(measure, level + unit * moved));
    }
    values
}

fn sign(rng: &mut Rng) -> f64 {
    if chance(rng, 0.5) { 1.0 } else { -1.0 }
}

/// Within what is plausible (gently) and within what is possible (strictly), rounded.
pub(super) fn settled(measure: &Measure, value: f64) -> f64 {
    let ([low, high], bounds) = (measure.range, measure.bounds());
    let room = 0.12 * (high - low);
    let gentle = match value {
        v if v > high + room => high + room + room * soft((v - high - room) / room),
        v if v < low - room => low - room - room * soft((low - room - v) / room),
        v => v,
    };
    // A value that would fall out of what is possible stays a little inside instead of lying on the edge.
    let [least, most] = bounds;
    let gentle = if gentle < least + 0.25 * (low - least) && low > least {
        least + (low - least) * (0.25 + 0.2 * soft((gentle - least).abs() / room))
    } else {
        gentle
    };
    rounded(gentle.clamp(least, most), measure.decimals())
}

/// Grows like its argument at first and never passes 1.
fn soft(x: f64) -> f64 {
    x / (1.0 + x)
}

/// The bent line a series follows: 0 on average, in shares of its level.
struct Bend {
    rise: f64,
    power: f64,
    turn: Option<(f64, f64)>,
    waves: f64,
    height: f64,
    phase: f64,
}

impl Bend {
    fn drawn(trend: Trend, rng: &mut Rng) -> Bend {
        let rise = match trend {
            Trend::Up => rng.range(0.25, 0.8),
            Trend::Down => -rng.range(0.25, 0.65),
            Trend::Fluctuating => rng.range(-0.08, 0.08),
        };
        let power = [0.5, 0.75, 1.3, 1.8, 2.4][rng.below(5)];
        // A third of the rising and falling series pause or turn for a while.
        let turn =
            (trend != Trend::Fluctuating && chance(rng, 0.35)).then(|| (rng.range(0.3, 0.75), rng.range(0.08, 0.2)));
        let height = if trend == Trend::Fluctuating { rng.range(0.1, 0.24) } else { rng.range(0.0, 0.06) };
        Bend { rise, power, turn, waves: rng.range(1.1, 3.2), height, phase: rng.unit() }
    }

    fn at(&self, u: f64) -> f64 {
        let dent = self.turn.map_or(0.0, |(at, depth)| {
            let off = (u - at) / 0.12;
            depth * self.rise.signum() / (1.0 + off * off)
        });
        let wave = self.height * (std::f64::consts::TAU * (self.waves * u + self.phase)).sin();
        self.rise * (u.powf(self.power) - 0.5) - dent + wave
    }
}

/// Draws of one quantity for one group, around a place in the range (0 to 1), `deviate` in standard deviations.
pub(super) fn sample(measure: &Measure, place: f64, deviate: f64, rng: &mut Rng) -> f64 {
    let [low, high] = measure.range;
    let span = high - low;
    let centre = low + span * (0.3 + 0.4 * place);
    let value = match measure.shape {
        Shape::Normal => centre + 0.16 * span * deviate,
        Shape::Skew => {
            // Log-normal: the median at a fifth to a half of the range.
            let median = span * (0.14 + 0.22 * place);
            low + median * (0.55 * deviate).exp()
        }
        Shape::Bimodal => {
            let side = if chance(rng, 0.4 + 0.2 * place) { 0.22 } else { -0.2 };
            centre + span * (side + 0.085 * deviate)
        }
        Shape::Flat => centre + span * (0.42 * (deviate / (1.0 + 0.35 * deviate.abs()))),
    };
    let [least, most] = measure.bounds();
    let inside = if value < least {
        least + (least - value).min(0.2 * span) * 0.5
    } else if value > most {
        most - (value - most).min(0.2 * span) * 0.5
    } else {
        value
    };
    rounded(inside.clamp(least, most), measure.decimals())
}

/// A time axis of a family: where in its span it starts and how many points it has.
pub(super) fn times(step: Step, from: i32, to: i32, rng: &mut Rng) -> Vec<Time> {
    let years = (to - from + 1).max(1) as usize;
    match step {
        Step::Year => {
            let count = years.min([6, 7, 8, 9, 10, 11, 12, 14, 16, 18, 21][rng.below(11)]);
            let start = from + rng.below(years - count + 1) as i32;
            calendar::axis(step, start, 0, count)
        }
        Step::Quarter => {
            let count = (years * 4).min([8, 9, 10, 12, 12, 14, 16][rng.below(7)]);
            let start = rng.below(years * 4 - count + 1) as u32;
            calendar::axis(step, from, start, count)
        }
        Step::Month => {
            let count = (years * 12).min([10, 12, 12, 12, 15, 18, 24][rng.below(7)]);
            // Most monthly axes start in January.
            let start = if chance(rng, 0.6) {
                12 * rng.below((years * 12 - count) / 12 + 1)
            } else {
                rng.below(years * 12 - count + 1)
            };
            calendar::axis(step, from, start as u32, count)
        }
        Step::Day => {
            let count = [10, 14, 14, 21, 28, 30][rng.below(6)];
            calendar::axis(step, from + rng.below(years) as i32, rng.below(330) as u32, count)
        }
    }
}
