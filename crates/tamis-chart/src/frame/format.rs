//! How numbers and times are written at ticks.

use crate::frame::scale::Step;
use crate::frame::ticks::{MONTH, YEAR};
use crate::look::{Dates, Numbers};
use crate::table::Time;

impl Numbers {
    /// A number with so many decimals, in groups of three digits.
    pub(crate) fn write(&self, value: f64, decimals: usize) -> String {
        let written = format!("{value:.decimals$}");
        let (sign, digits) = match written.strip_prefix('-') {
            // What rounds to nothing has no sign.
            Some(digits) if digits.bytes().any(|b| b.is_ascii_digit() && b != b'0') => (self.minus(), digits),
            Some(digits) => ("", digits),
            None => ("", &*written),
        };
        let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
        format!("{sign}{}{rest}", self.grouped(whole))
    }

    fn minus(&self) -> &'static str {
        if self.true_minus { "\u{2212}" } else { "-" }
    }

    fn grouped(&self, whole: &str) -> String {
        let Some(mark) = self.group.filter(|_| whole.len() > 3) else { return whole.to_string() };
        // Four digits stay together where the mark is a space, as typographers want it.
        if mark != ',' && whole.len() == 4 {
            return whole.to_string();
        }
        let mut out = String::with_capacity(whole.len() * 4 / 3 + 1);
        for (i, c) in whole.chars().enumerate() {
            if i > 0 && (whole.len() - i).is_multiple_of(3) {
                out.push(mark);
            }
            out.push(c);
        }
        out
    }

    /// All labels of an axis: as many decimals as its step needs, one magnitude for all.
    pub(crate) fn axis(&self, values: &[f64], step: f64) -> Vec<String> {
        let largest = values.iter().fold(0f64, |m, v| m.max(v.abs()));
        if step == 0.0 {
            return values.iter().map(|v| self.plain(*v)).collect();
        }
        let (unit, suffix) = if self.compact { magnitude(largest) } else { (1.0, "") };
        if largest >= 1e15 || (largest > 0.0 && step < 1e-9) {
            return values.iter().map(|v| if *v == 0.0 { "0".into() } else { scientific(*v) }).collect();
        }
        let decimals = decimals(step / unit);
        let write = |v: &f64| {
            if *v == 0.0 && !suffix.is_empty() {
                return "0".to_string();
            }
            format!("{}{suffix}", self.write(v / unit, decimals))
        };
        values.iter().map(write).collect()
    }

    /// One number as it is, in as few digits as it has.
    pub(crate) fn plain(&self, value: f64) -> String {
        if value != 0.0 && (value.abs() >= 1e15 || value.abs() < 1e-6) {
            return scientific(value);
        }
        let (unit, suffix) = if self.compact { magnitude(value.abs()) } else { (1.0, "") };
        let scaled = value / unit;
        let decimals = (0..=9)
            .find(|d| ((scaled * 10f64.powi(*d)).round() / 10f64.powi(*d) - scaled).abs() <= 1e-9 * scaled.abs());
        format!("{}{suffix}", self.write(scaled, decimals.unwrap_or(9) as usize))
    }
}

/// The unit that a number is told in, and its sign.
fn magnitude(value: f64) -> (f64, &'static str) {
    match value {
        v if v >= 1e12 => (1e12, "T"),
        v if v >= 1e9 => (1e9, "B"),
        v if v >= 1e6 => (1e6, "M"),
        v if v >= 1e4 => (1e3, "k"),
        _ => (1.0, ""),
    }
}

/// How many decimals a step has, at most 9.
pub(crate) fn decimals(step: f64) -> usize {
    (0..9)
        .find(|d| {
            let scaled = step * 10f64.powi(*d);
            (scaled - scaled.round()).abs() < 1e-6 * scaled.abs().max(1e-12)
        })
        .unwrap_or(9) as usize
}

fn scientific(value: f64) -> String {
    let written = format!("{value:.2e}");
    let (lead, power) = written.split_once('e').unwrap_or((&written, "0"));
    format!("{}e{power}", lead.trim_end_matches('0').trim_end_matches('.'))
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A time at a tick, told no finer than ticks `stride` steps apart need.
pub(crate) fn time(time: Time, step: Step, stride: i64, dates: Dates) -> String {
    let month = |m: u8| MONTHS[usize::from(m.clamp(1, 12)) - 1];
    match (time, dates) {
        (Time::Year(y), _) => y.to_string(),
        (Time::Quarter(y, _), _) if stride % 4 == 0 => y.to_string(),
        (Time::Quarter(y, q), Dates::Words) => format!("Q{q} {y}"),
        (Time::Quarter(y, q), _) => format!("{y} Q{q}"),
        (Time::Month(y, _), _) if stride % 12 == 0 => y.to_string(),
        (Time::Day(y, 1, 1), _) if step == Step::Day && stride % YEAR == 0 => y.to_string(),
        (Time::Month(y, m), _) => month_of(y, m, dates),
        (Time::Day(y, m, _), _) if stride >= MONTH => month_of(y, m, dates),
        (Time::Day(..), Dates::Iso) => time.to_string(),
        (Time::Day(_, m, d), Dates::Words) => format!("{} {d}", month(m)),
        (Time::Day(_, m, d), Dates::Short) => format!("{d} {}", month(m)),
    }
}

fn month_of(year: i32, month: u8, dates: Dates) -> String {
    let name = MONTHS[usize::from(month.clamp(1, 12)) - 1];
    match dates {
        Dates::Iso => format!("{year}-{month:02}"),
        Dates::Words => format!("{name} {year}"),
        Dates::Short => format!("{name} \u{2019}{:02}", year.rem_euclid(100)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Numbers = Numbers { group: Some(','), compact: false, true_minus: false };
    const COMPACT: Numbers = Numbers { compact: true, ..PLAIN };

    #[test]
    fn labels_of_an_axis_have_the_decimals_of_its_step() {
        assert_eq!(PLAIN.axis(&[0.0, 0.5, 1.0], 0.5), ["0.0", "0.5", "1.0"]);
        assert_eq!(PLAIN.axis(&[-1500.0, 0.0, 1500.0], 1500.0), ["-1,500", "0", "1,500"]);
        assert_eq!(COMPACT.axis(&[0.0, 500_000.0, 1_000_000.0], 500_000.0), ["0", "0.5M", "1.0M"]);
        assert_eq!(COMPACT.axis(&[0.0, 10_000.0, 20_000.0], 10_000.0), ["0", "10k", "20k"]);
    }

    #[test]
    fn what_rounds_to_nothing_has_no_sign() {
        assert_eq!(PLAIN.write(-0.001, 1), "0.0");
    }

    #[test]
    fn one_number_has_as_few_digits_as_it_needs() {
        assert_eq!(PLAIN.plain(1234.5), "1,234.5");
        assert_eq!(PLAIN.plain(0.1 + 0.2), "0.3");
        assert_eq!(COMPACT.plain(2_500_000.0), "2.5M");
        assert_eq!(PLAIN.plain(1e18), "1e18");
    }

    #[test]
    fn times_are_told_as_fine_as_their_ticks() {
        assert_eq!(time(Time::Month(2021, 1), Step::Month, 12, Dates::Words), "2021");
        assert_eq!(time(Time::Month(2021, 3), Step::Month, 3, Dates::Words), "Mar 2021");
        assert_eq!(time(Time::Day(2021, 3, 14), Step::Day, 7, Dates::Iso), "2021-03-14");
    }
}
