//! How values become positions on the page.

use crate::table::Time;

/// One axis: values from `min` to `max` lie between the pixels `from` and `to` (which may run backwards: up the page).
#[derive(Clone, Debug)]
pub(crate) struct Scale {
    /// In proportion or by logarithm.
    pub kind: ScaleKind,
    /// The value at `from`; for categories -0.5, so that category 0 has its middle at 0.
    pub min: f64,
    /// The value at `to`; for n categories n - 0.5.
    pub max: f64,
    /// Pixel of `min`.
    pub from: f64,
    /// Pixel of `max`.
    pub to: f64,
}

/// The law of a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScaleKind {
    /// In proportion. Categories and times are whole numbers on such a scale.
    Linear,
    /// By the logarithm to base 10.
    Log,
}

impl Scale {
    /// The pixel of a value.
    pub(crate) fn at(&self, value: f64) -> f64 {
        let share = match self.kind {
            ScaleKind::Linear => (value - self.min) / (self.max - self.min),
            ScaleKind::Log => (value.max(f64::MIN_POSITIVE) / self.min).log10() / (self.max / self.min).log10(),
        };
        self.from + share * (self.to - self.from)
    }

    /// How many pixels one unit is long; of a category its slot.
    pub(crate) fn unit(&self) -> f64 {
        ((self.to - self.from) / (self.max - self.min)).abs()
    }

    /// Whether a value is on the axis.
    pub(crate) fn holds(&self, value: f64) -> bool {
        value >= self.min && value <= self.max
    }

    /// Where bars and areas stand: 0 if the axis has it, else the end nearest to it.
    pub(crate) fn base(&self) -> f64 {
        match self.kind {
            ScaleKind::Linear => 0f64.clamp(self.min, self.max),
            ScaleKind::Log => self.min,
        }
    }
}

/// The step of a time axis; times are counted in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Year,
    Quarter,
    Month,
    Day,
}

impl Step {
    /// The step that a time is told in.
    pub(crate) fn of(time: Time) -> Step {
        match time {
            Time::Year(_) => Step::Year,
            Time::Quarter(..) => Step::Quarter,
            Time::Month(..) => Step::Month,
            Time::Day(..) => Step::Day,
        }
    }
}

/// A time as a number of its steps: years, quarters or months since year 0, days since 1970-01-01.
pub(crate) fn time_index(time: Time) -> f64 {
    match time {
        Time::Year(y) => f64::from(y),
        Time::Quarter(y, q) => f64::from(y) * 4.0 + f64::from(q) - 1.0,
        Time::Month(y, m) => f64::from(y) * 12.0 + f64::from(m) - 1.0,
        Time::Day(y, m, d) => days(y, m, d) as f64,
    }
}

/// The time of a number of steps.
pub(crate) fn time_at(index: f64, step: Step) -> Time {
    let i = index.round() as i64;
    match step {
        Step::Year => Time::Year(i as i32),
        Step::Quarter => Time::Quarter(i.div_euclid(4) as i32, i.rem_euclid(4) as u8 + 1),
        Step::Month => Time::Month(i.div_euclid(12) as i32, i.rem_euclid(12) as u8 + 1),
        Step::Day => civil(i),
    }
}

/// Days since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn days(year: i32, month: u8, day: u8) -> i64 {
    let y = i64::from(year) - i64::from(month <= 2);
    let era = y.div_euclid(400);
    let of_era = y.rem_euclid(400);
    let month = (i64::from(month) + 9) % 12;
    let of_year = (153 * month + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The inverse of [`days`].
fn civil(days: i64) -> Time {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let y = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * y + y / 4 - y / 100);
    let m = (5 * of_year + 2) / 153;
    let day = of_year - (153 * m + 2) / 5 + 1;
    let month = if m < 10 { m + 3 } else { m - 9 };
    Time::Day((y + era * 400 + i64::from(month <= 2)) as i32, month as u8, day as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_as_the_calendar_does() {
        assert_eq!(days(1970, 1, 1), 0);
        assert_eq!(days(2000, 3, 1) - days(2000, 2, 28), 2);
        assert_eq!(days(1900, 3, 1) - days(1900, 2, 28), 1);
        for day in [-800_000, -1, 0, 59, 60, 11_016, 19_000, 50_000] {
            assert_eq!(time_index(time_at(f64::from(day), Step::Day)), f64::from(day));
        }
    }

    #[test]
    fn a_logarithmic_scale_puts_the_geometric_mean_in_the_middle() {
        let scale = Scale { kind: ScaleKind::Log, min: 1.0, max: 100.0, from: 0.0, to: 200.0 };
        assert!((scale.at(10.0) - 100.0).abs() < 1e-9);
    }
}
