//! Arithmetic with the calendar (proleptic Gregorian), enough for time axes.

use crate::table::Time;

/// How long a step of a time axis is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Day,
    Month,
    Quarter,
    Year,
}

/// Days in a month, 1 to 12.
pub(crate) fn days_in_month(year: i32, month: u8) -> u8 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The day so many days after 1 January of `year`; `days` may run into later years.
pub(crate) fn day_of_year(mut year: i32, mut days: u32) -> Time {
    loop {
        for month in 1..=12 {
            let length = u32::from(days_in_month(year, month));
            if days < length {
                return Time::Day(year, month, days as u8 + 1);
            }
            days -= length;
        }
        year += 1;
    }
}

/// The day of the week, 0 for Monday (Sakamoto's method).
pub(crate) fn weekday(year: i32, month: u8, day: u8) -> u8 {
    const SHIFT: [i32; 12] = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];
    let y = if month < 3 { year - 1 } else { year };
    let sunday_first = (y + y / 4 - y / 100 + y / 400 + SHIFT[usize::from(month) - 1] + i32::from(day)).rem_euclid(7);
    ((sunday_first + 6) % 7) as u8
}

/// `count` steps in a row, the first in `year` (for steps shorter than a year, `offset` steps into it).
pub(crate) fn axis(step: Step, year: i32, offset: u32, count: usize) -> Vec<Time> {
    let place = |i: usize, per_year: u32| {
        let n = offset + i as u32;
        (year + (n / per_year) as i32, (n % per_year) as u8 + 1)
    };
    let at = |i: usize| match step {
        Step::Year => Time::Year(year + i as i32),
        Step::Quarter => {
            let (y, q) = place(i, 4);
            Time::Quarter(y, q)
        }
        Step::Month => {
            let (y, m) = place(i, 12);
            Time::Month(y, m)
        }
        Step::Day => day_of_year(year, offset + i as u32),
    };
    (0..count).map(at).collect()
}

/// `count` weekdays from `offset` days into `year` on: days on which markets trade.
pub(crate) fn trading_days(year: i32, offset: u32, count: usize) -> Vec<Time> {
    let open = |t: &Time| matches!(*t, Time::Day(y, m, d) if weekday(y, m, d) < 5);
    (offset..).map(|n| day_of_year(year, n)).filter(open).take(count).collect()
}

/// The place in the year, 0 to 1 (the middle of the period); a whole year has none.
pub(crate) fn phase(time: Time) -> Option<f64> {
    match time {
        Time::Year(_) => None,
        Time::Quarter(_, q) => Some((f64::from(q) - 0.5) / 4.0),
        Time::Month(_, m) => Some((f64::from(m) - 0.5) / 12.0),
        Time::Day(_, m, d) => Some((f64::from(m) - 1.0 + f64::from(d) / 31.0) / 12.0),
    }
}

/// The calendar year.
pub(crate) fn year(time: Time) -> i32 {
    match time {
        Time::Year(y) | Time::Quarter(y, _) | Time::Month(y, _) | Time::Day(y, _, _) => y,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_run_over_the_end_of_a_leap_year() {
        assert_eq!(day_of_year(2024, 59), Time::Day(2024, 2, 29));
        assert_eq!(day_of_year(2024, 366), Time::Day(2025, 1, 1));
    }

    #[test]
    fn weekdays_agree_with_known_days() {
        assert_eq!(weekday(2000, 1, 1), 5, "1 January 2000 was a Saturday");
        assert_eq!(weekday(2024, 2, 29), 3, "29 February 2024 was a Thursday");
    }

    #[test]
    fn months_run_into_the_next_year() {
        assert_eq!(axis(Step::Month, 2021, 11, 2), [Time::Month(2021, 12), Time::Month(2022, 1)]);
    }
}
