//! Where ticks are: round numbers, powers of ten, regular dates.

use crate::frame::scale::{ScaleKind, Step, time_at, time_index};
use crate::table::Time;

/// The ends of a value axis and its ticks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ticks {
    /// Value at the start of the axis.
    pub min: f64,
    /// Value at its end.
    pub max: f64,
    /// From low to high.
    pub values: Vec<f64>,
    /// Between them, without labels.
    pub minor: Vec<f64>,
    /// Distance between ticks; 0 on a logarithmic axis.
    pub step: f64,
}

/// What a value axis must hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Range {
    /// Lowest and highest value drawn, 0 included where the axis must reach it.
    pub data: [f64; 2],
    /// Ends fixed by the spec.
    pub fixed: [Option<f64>; 2],
    /// Marks stand on 0: no free room beyond it.
    pub zero: bool,
    /// Free room beyond the data, as a share of their range.
    pub slack: f64,
    /// The axis ends at ticks.
    pub ends_at_ticks: bool,
}

/// About `count` round ticks for a linear axis.
pub(crate) fn linear(range: Range, count: f64) -> Ticks {
    let [mut low, mut high] = range.data;
    if high - low <= f64::EPSILON * high.abs().max(low.abs()).max(1e-300) * 8.0 {
        // One value only: an axis around it.
        let around = if low == 0.0 { 1.0 } else { low.abs() * 0.2 };
        let stands = range.zero || range.fixed[0].is_some();
        (low, high) = (if stands && low >= 0.0 { low } else { low - around }, high + around);
    }
    let room = (high - low) * range.slack;
    let stands = |end: f64| range.zero && end == 0.0;
    let free = [if stands(low) { low } else { low - room }, if stands(high) { high } else { high + room }];
    let ends = [range.fixed[0].unwrap_or(free[0]), range.fixed[1].unwrap_or(free[1])];
    let step = step(ends[1] - ends[0], count);
    let mut ends = ends;
    if range.ends_at_ticks {
        // Rounding outwards starts from the data: free room is only kept where they would touch the end.
        let start =
            (if stands(low) { low } else { low - room * 0.2 }, if stands(high) { high } else { high + room * 0.2 });
        if range.fixed[0].is_none() {
            ends[0] = (start.0 / step + 1e-9).floor() * step;
        }
        if range.fixed[1].is_none() {
            ends[1] = (start.1 / step - 1e-9).ceil() * step;
        }
    }
    let values = multiples(step, ends);
    let minor = multiples(step / minor_parts(step), ends);
    let minor = minor.into_iter().filter(|m| values.iter().all(|v| (v - m).abs() > step * 1e-6)).collect();
    Ticks { min: ends[0], max: ends[1], values, minor, step }
}

/// The round step that comes nearest to `count` ticks over a length.
fn step(length: f64, count: f64) -> f64 {
    let rough = length / count.max(1.0);
    let power = 10f64.powf(rough.log10().floor());
    let share = rough / power;
    // The steps in use, chosen at the geometric means between them.
    let nice = if share < 1.42 {
        1.0
    } else if share < 2.24 {
        2.0
    } else if share < 3.54 {
        2.5
    } else if share < 7.1 {
        5.0
    } else {
        10.0
    };
    nice * power
}

/// Into how many parts small ticks divide a step.
fn minor_parts(step: f64) -> f64 {
    let lead = step / 10f64.powf(step.log10().floor() + 1e-12);
    if (1.5..2.2).contains(&lead) { 4.0 } else { 5.0 }
}

/// The multiples of a step within the ends. Computed from whole numbers, so that 0.3 is 0.3.
fn multiples(step: f64, [from, to]: [f64; 2]) -> Vec<f64> {
    let first = (from / step - 1e-6).ceil();
    let last = (to / step + 1e-6).floor();
    if !first.is_finite() || !last.is_finite() || last - first > 10_000.0 {
        return Vec::new();
    }
    // A step below 1 is the inverse of a whole number more often than not; dividing by that is exact.
    let inverse = (1.0 / step).round();
    let exact = step < 1.0 && (1.0 / step - inverse).abs() < 1e-9 * inverse;
    (0..=(last - first) as usize)
        .map(|i| first + i as f64)
        .map(|n| if exact { n / inverse } else { n * step })
        .map(|v| if v == 0.0 { 0.0 } else { v })
        .collect()
}

/// Ticks at powers of ten; at 2 and 5 times these as well where there are few.
pub(crate) fn logarithmic(range: Range, count: f64) -> Ticks {
    let low = range.fixed[0].filter(|v| *v > 0.0).unwrap_or(range.data[0]).max(1e-300);
    let high = range.fixed[1].unwrap_or(range.data[1]).max(low * 1.0001);
    let (mut min, mut max) = (low, high);
    let decades = (high / low).log10();
    let room = 10f64.powf((decades * range.slack).max(0.02));
    if range.ends_at_ticks || decades < 0.7 {
        let fine = decades < 1.5;
        if range.fixed[0].is_none() {
            min = round_down(low, fine);
        }
        if range.fixed[1].is_none() {
            max = round_up(high, fine);
        }
    } else {
        if range.fixed[0].is_none() {
            min = low / room;
        }
        if range.fixed[1].is_none() {
            max = high * room;
        }
    }
    let (first, last) = ((min.log10() - 1e-9).floor() as i32, (max.log10() + 1e-9).ceil() as i32);
    let inside = |v: &f64| *v >= min * (1.0 - 1e-9) && *v <= max * (1.0 + 1e-9);
    let at = |leads: &[f64], every: i32| -> Vec<f64> {
        let powers = (first..=last).filter(|p| p.rem_euclid(every) == 0);
        powers.flat_map(|p| leads.iter().map(move |l| power(*l, p))).filter(inside).collect()
    };
    let every = ((max / min).log10() / count.max(1.0) - 1e-9).ceil().max(1.0) as i32;
    let mut values = at(&[1.0], every);
    if values.len() < 3 {
        values = at(&[1.0, 2.0, 5.0], 1);
    }
    if values.len() < 2 {
        values = at(&[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0], 1);
    }
    let minor = at(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0], 1);
    let minor = minor.into_iter().filter(|m| !values.contains(m)).collect();
    Ticks { min, max, values, minor, step: 0.0 }
}

/// `lead` times ten to a power, exact for whole numbers.
fn power(lead: f64, power: i32) -> f64 {
    if power >= 0 { lead * 10f64.powi(power) } else { lead / 10f64.powi(-power) }
}

fn round_down(value: f64, fine: bool) -> f64 {
    let p = (value.log10() + 1e-9).floor() as i32;
    let leads: &[f64] = if fine { &[5.0, 2.0, 1.0] } else { &[1.0] };
    leads.iter().map(|l| power(*l, p)).find(|v| *v <= value * (1.0 + 1e-9)).unwrap_or(value)
}

fn round_up(value: f64, fine: bool) -> f64 {
    let p = (value.log10() - 1e-9).floor() as i32;
    let leads: &[f64] = if fine { &[2.0, 5.0, 10.0] } else { &[10.0] };
    leads.iter().map(|l| power(*l, p)).find(|v| *v >= value * (1.0 - 1e-9)).unwrap_or(value)
}

/// The ticks for an axis by its law.
pub(crate) fn values(kind: ScaleKind, range: Range, count: f64) -> Ticks {
    match kind {
        ScaleKind::Linear => linear(range, count),
        ScaleKind::Log => logarithmic(range, count),
    }
}

/// At most about `count` regular times from `low` to `high`, counted in steps; and how many steps apart they are.
pub(crate) fn times(step: Step, low: f64, high: f64, count: f64) -> (Vec<f64>, i64) {
    let rough = ((high - low) / count.max(1.0)).max(1e-9);
    let strides: &[i64] = match step {
        Step::Year => &[1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000],
        Step::Quarter => &[1, 2, 4, 8, 20, 40, 80, 200, 400],
        Step::Month => &[1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200],
        Step::Day => &[1, 2, 7, 14, MONTH, 2 * MONTH, 3 * MONTH, 6 * MONTH, YEAR, 2 * YEAR, 5 * YEAR, 10 * YEAR],
    };
    let stride = strides.iter().copied().find(|s| *s as f64 >= rough).unwrap_or(strides[strides.len() - 1]);
    if step == Step::Day && stride >= MONTH {
        return (month_starts(low, high, stride / MONTH), stride);
    }
    // Weeks begin on Mondays; 1970-01-01 was a Thursday. Two days apart, the first is the start.
    let origin = if step == Step::Day && stride % 7 == 0 {
        4.0
    } else if step == Step::Day {
        low
    } else {
        0.0
    };
    let stride_f = stride as f64;
    let first = ((low - origin) / stride_f - 1e-9).ceil();
    let last = ((high - origin) / stride_f + 1e-9).floor();
    let ticks = (0..=(last - first).max(-1.0) as i64).map(|i| origin + (first + i as f64) * stride_f);
    if last < first {
        return (vec![low], stride);
    }
    (ticks.collect(), stride)
}

/// Days in a month and months in a year as strides: such strides begin on first days.
pub(crate) const MONTH: i64 = 30;
pub(crate) const YEAR: i64 = 360;

fn month_starts(low: f64, high: f64, every: i64) -> Vec<f64> {
    let (Time::Day(y0, m0, _), Time::Day(y1, m1, _)) = (time_at(low, Step::Day), time_at(high, Step::Day)) else {
        return Vec::new();
    };
    let (first, last) = (i64::from(y0) * 12 + i64::from(m0) - 1, i64::from(y1) * 12 + i64::from(m1) - 1);
    (first..=last)
        .filter(|m| m.rem_euclid(every) == 0)
        .map(|m| time_index(Time::Day(m.div_euclid(12) as i32, m.rem_euclid(12) as u8 + 1, 1)))
        .filter(|d| *d >= low && *d <= high)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Range = Range { data: [0.0, 97.0], fixed: [None; 2], zero: true, slack: 0.05, ends_at_ticks: true };

    #[test]
    fn ticks_are_round_and_hold_the_data() {
        let ticks = linear(PLAIN, 5.0);
        assert_eq!(ticks.values, [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert_eq!((ticks.min, ticks.max), (0.0, 100.0));
    }

    #[test]
    fn small_steps_give_exact_numbers() {
        let ticks = linear(Range { data: [0.0, 0.62], ..PLAIN }, 6.0);
        assert_eq!(ticks.values[..4], [0.0, 0.1, 0.2, 0.3]);
    }

    #[test]
    fn an_axis_of_one_value_has_a_length() {
        for data in [[0.0, 0.0], [5.0, 5.0], [-3.0, -3.0], [1e300, 1e300], [1e-300, 1e-300]] {
            for zero in [false, true] {
                let ticks = linear(Range { data, zero, ..PLAIN }, 5.0);
                assert!(ticks.max > ticks.min && ticks.min <= data[0] && data[1] <= ticks.max, "{data:?} {ticks:?}");
            }
        }
    }

    #[test]
    fn logarithmic_ticks_are_powers_of_ten() {
        let ticks = logarithmic(Range { data: [3.0, 42_000.0], ..PLAIN }, 6.0);
        assert_eq!(ticks.values, [1.0, 10.0, 100.0, 1000.0, 10_000.0, 100_000.0]);
        let narrow = logarithmic(Range { data: [30.0, 60.0], ends_at_ticks: false, ..PLAIN }, 6.0);
        assert!(narrow.values.len() >= 2, "{narrow:?}");
    }

    #[test]
    fn months_are_ticked_at_regular_months() {
        let (ticks, stride) = times(Step::Month, 2020.0 * 12.0 + 1.0, 2022.0 * 12.0, 5.0);
        assert_eq!(stride, 6);
        assert!(ticks.iter().all(|t| t % 6.0 == 0.0));
        let start = time_index(Time::Day(2021, 1, 20));
        let (days, _) = times(Step::Day, start, start + 200.0, 7.0);
        assert!(days.iter().all(|d| matches!(time_at(*d, Step::Day), Time::Day(_, _, 1))));
    }
}
