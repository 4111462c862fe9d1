//! Amounts in whole cents, so that sums are exact, and how numbers and dates are written.

use crate::content::Bank;
use crate::spec::Language;

/// An amount in the smallest unit that is written: cents, or whole yen and won.
pub(crate) type Cents = i64;

/// Digits behind the point of an amount.
pub(crate) fn decimals(language: Language) -> u32 {
    if matches!(language, Language::Ja | Language::Ko) { 0 } else { 2 }
}

/// An amount with its currency: "1.234,50 €".
pub(crate) fn money(language: Language, amount: Cents) -> String {
    let sign = if amount < 0 { "\u{2212}" } else { "" };
    let plain = grouped(language, amount.unsigned_abs(), decimals(language));
    // A space that does not break, or an amount could be torn apart at a line's end.
    let pattern = Bank::of(language).currency.replace(' ', "\u{a0}");
    format!("{sign}{}", pattern.replace("{}", &plain))
}

/// An amount as a number of currency units.
pub(crate) fn number(language: Language, amount: Cents) -> f64 {
    amount as f64 / 10f64.powi(decimals(language) as i32)
}

/// A whole number of 10^-decimals, in groups of three digits: 123450 with 2 decimals is "1,234.50".
pub(crate) fn grouped(language: Language, value: u64, decimals: u32) -> String {
    let (point, group) = language.separators();
    let unit = 10u64.pow(decimals);
    let whole = (value / unit).to_string();
    let mut out = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push_str(group);
        }
        out.push(digit);
    }
    if decimals > 0 {
        out.push(point);
        out.push_str(&format!("{:0width$}", value % unit, width = decimals as usize));
    }
    out
}

/// A day; months have 28 days here, so that every date is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Date {
    pub year: u32,
    /// From 0.
    pub month: u32,
    /// From 1.
    pub day: u32,
}

impl Date {
    /// So many days later.
    pub(crate) fn plus(self, days: u32) -> Date {
        let all = (self.year * 12 + self.month) * 28 + self.day - 1 + days;
        Date { year: all / 336, month: all / 28 % 12, day: all % 28 + 1 }
    }

    /// As letters write it: "March 4, 2024".
    pub(crate) fn long(self, language: Language) -> String {
        let bank = Bank::of(language);
        bank.date
            .replace("{d}", &self.day.to_string())
            .replace("{mm}", &(self.month + 1).to_string())
            .replace("{month}", &bank.months[self.month as usize])
            .replace("{y}", &self.year.to_string())
    }

    /// As forms write it, in figures alone.
    pub(crate) fn short(self, language: Language) -> String {
        let (y, m, d) = (self.year, self.month + 1, self.day);
        match language {
            Language::En => format!("{m:02}/{d:02}/{y}"),
            Language::De | Language::Ru => format!("{d:02}.{m:02}.{y}"),
            Language::Zh | Language::Ja | Language::Ko => format!("{y}-{m:02}-{d:02}"),
            _ => format!("{d:02}/{m:02}/{y}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_each_language_writes_them() {
        assert_eq!(grouped(Language::En, 123_456_789, 2), "1,234,567.89");
        assert_eq!(grouped(Language::De, 123_405, 2), "1.234,05");
        assert_eq!(money(Language::Ja, 12_800), "¥12,800");
        assert_eq!(money(Language::De, -5), "\u{2212}0,05\u{a0}€");
    }

    #[test]
    fn days_are_counted_over_the_end_of_the_year() {
        let date = Date { year: 2024, month: 11, day: 20 };
        assert_eq!(date.plus(14), Date { year: 2025, month: 0, day: 6 });
    }
}
