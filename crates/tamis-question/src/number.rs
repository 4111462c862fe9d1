//! Exact numbers, and the one rounding rule of all answers.
//!
//! Data are decimals; answers are sums, means and ratios of them. All of these are rational numbers, so they are kept as
//! such: nothing is rounded until the answer is written, and then by one rule: **half away from zero, on the exact
//! value**. 0.125 at two decimals is 0.13, -2.5 at none is -3, and 1/3 + 1/6 at none is 1. Binary floating point takes no
//! part in it, so whoever computes with fractions (Python's `fractions`) gets the same text.

use std::cmp::Ordering;
use std::fmt;

/// Most decimals a number is read or written with.
pub const MOST_DECIMALS: u8 = 12;

/// A rational number: `numerator / denominator`, reduced, the denominator above 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Exact {
    numerator: i128,
    denominator: i128,
}

impl Exact {
    /// Nothing.
    pub const ZERO: Exact = Exact { numerator: 0, denominator: 1 };

    /// A whole number.
    pub fn whole(number: i64) -> Exact {
        Exact { numerator: i128::from(number), denominator: 1 }
    }

    /// `numerator / denominator`; `None` when the denominator is 0 or the fraction does not fit.
    pub fn fraction(numerator: i128, denominator: i128) -> Option<Exact> {
        if denominator == 0 || numerator == i128::MIN || denominator == i128::MIN {
            return None;
        }
        let by = gcd(numerator.unsigned_abs(), denominator.unsigned_abs());
        let by = i128::try_from(by).ok()? * denominator.signum();
        Some(Exact { numerator: numerator / by, denominator: denominator / by })
    }

    /// A datum with so many decimals: the decimal number that a table shows, not the binary fraction behind it.
    /// `None` for NaN, infinities and numbers from 1e18.
    pub fn of_data(number: f64, decimals: u8) -> Option<Exact> {
        if !number.is_finite() || number.abs() >= 1e18 {
            return None;
        }
        Exact::parse(&format!("{number:.*}", usize::from(decimals.min(MOST_DECIMALS))))
    }

    /// The shortest decimal that reads back as this binary number; `None` beyond 1e18 or 12 decimals.
    pub fn of_float(number: f64) -> Option<Exact> {
        if !number.is_finite() || number.abs() >= 1e18 { None } else { Exact::parse(&format!("{number}")) }
    }

    /// Reads `-12.50`; `None` for all but an optional sign, up to 18 digits, a point and up to 12 digits.
    pub fn parse(text: &str) -> Option<Exact> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        let pointless = part.is_empty() && digits.contains('.');
        if whole.is_empty() || whole.len() > 18 || part.len() > usize::from(MOST_DECIMALS) || pointless {
            return None;
        }
        if !all_digits(whole) || !all_digits(part) {
            return None;
        }
        let value: i128 = format!("{whole}{part}").parse().ok()?;
        Exact::fraction(if negative { -value } else { value }, power(u8::try_from(part.len()).ok()?)?)
    }

    /// The sum; `None` when it does not fit.
    pub fn plus(self, other: Exact) -> Option<Exact> {
        let left = self.numerator.checked_mul(other.denominator)?;
        let right = other.numerator.checked_mul(self.denominator)?;
        Exact::fraction(left.checked_add(right)?, self.denominator.checked_mul(other.denominator)?)
    }

    /// The difference; `None` when it does not fit.
    pub fn minus(self, other: Exact) -> Option<Exact> {
        self.plus(other.negated())
    }

    /// The product; `None` when it does not fit.
    pub fn times(self, other: Exact) -> Option<Exact> {
        // Reducing crosswise first keeps products of long decimals small.
        let a = Exact::fraction(self.numerator, other.denominator)?;
        let b = Exact::fraction(other.numerator, self.denominator)?;
        Exact::fraction(a.numerator.checked_mul(b.numerator)?, a.denominator.checked_mul(b.denominator)?)
    }

    /// The quotient; `None` when the divisor is 0 or it does not fit.
    pub fn over(self, other: Exact) -> Option<Exact> {
        self.times(Exact::fraction(other.denominator, other.numerator)?)
    }

    /// The number with its sign turned.
    pub fn negated(self) -> Exact {
        Exact { numerator: -self.numerator, denominator: self.denominator }
    }

    /// The number without its sign.
    pub fn magnitude(self) -> Exact {
        Exact { numerator: self.numerator.abs(), denominator: self.denominator }
    }

    /// -1, 0 or 1.
    pub fn sign(self) -> i32 {
        self.numerator.signum() as i32
    }

    /// Which is larger.
    pub fn order(self, other: Exact) -> Ordering {
        // The difference of two numbers overflows only where their integer parts, or their floats, differ already.
        match self.minus(other) {
            Some(difference) => difference.numerator.cmp(&0),
            None => self.float().total_cmp(&other.float()),
        }
    }

    /// The largest whole number not above this one.
    pub fn floor(self) -> i128 {
        self.numerator.div_euclid(self.denominator)
    }

    /// Whether it is a whole number.
    pub fn is_whole(self) -> bool {
        self.denominator == 1
    }

    /// Rounded to `decimals` places, half away from zero; `None` when it does not fit.
    pub fn rounded(self, decimals: u8) -> Option<Exact> {
        Exact::fraction(self.scaled(decimals)?, power(decimals)?)
    }

    /// Rounded to `decimals` places, half to even, as Python's `round` documents it.
    pub fn rounded_half_even(self, decimals: u8) -> Option<Exact> {
        let scale = power(decimals)?;
        let scaled = self.times(Exact::fraction(scale, 1)?)?;
        let floor = scaled.floor();
        let rest = scaled.minus(Exact::fraction(floor, 1)?)?;
        let up = match rest.order(Exact { numerator: 1, denominator: 2 }) {
            Ordering::Less => false,
            Ordering::Equal => floor % 2 != 0,
            Ordering::Greater => true,
        };
        Exact::fraction(floor + i128::from(up), scale)
    }

    /// As it is written with `decimals` places after [`rounded`](Exact::rounded): `-12.50`; never `-0.0`.
    pub fn written(self, decimals: u8) -> Option<String> {
        let scaled = self.scaled(decimals)?;
        let digits = format!("{:0>1$}", scaled.unsigned_abs(), usize::from(decimals) + 1);
        let (whole, part) = digits.split_at(digits.len() - usize::from(decimals));
        let sign = if scaled < 0 { "-" } else { "" };
        Some(if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") })
    }

    /// The fewest decimals that write it exactly; `None` when no number of them up to 12 does.
    pub fn decimals(self) -> Option<u8> {
        (0..=MOST_DECIMALS).find(|d| power(*d).is_some_and(|p| p % self.denominator == 0))
    }

    /// The nearest binary number, for bounds and drawing.
    pub fn float(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }

    /// The number times 10^decimals, rounded half away from zero to a whole number.
    fn scaled(self, decimals: u8) -> Option<i128> {
        let twice = self.numerator.checked_mul(power(decimals)?)?.checked_mul(2)?;
        // (2n + d) / 2d, with the sign put aside, is n/d rounded half up.
        let up = twice.unsigned_abs().checked_add(self.denominator.unsigned_abs())?;
        let size = i128::try_from(up / self.denominator.unsigned_abs().checked_mul(2)?).ok()?;
        Some(if twice < 0 { -size } else { size })
    }
}

fn power(decimals: u8) -> Option<i128> {
    10i128.checked_pow(u32::from(decimals))
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

/// Exactly, where decimals can; else as a fraction `1/3`.
impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.decimals().and_then(|d| self.written(d)) {
            Some(text) => f.write_str(&text),
            None => write!(f, "{}/{}", self.numerator, self.denominator),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Exact {
        Exact::parse(text).unwrap_or_else(|| panic!("{text} is no number"))
    }

    #[test]
    fn halves_round_away_from_zero_on_the_decimal_value() {
        for (text, decimals, want) in [
            ("0.125", 2, "0.13"),
            ("-0.125", 2, "-0.13"),
            ("2.675", 2, "2.68"),
            ("2.5", 0, "3"),
            ("-2.5", 0, "-3"),
            ("2.4999", 0, "2"),
            ("-0.04", 1, "0.0"),
            ("0.05", 1, "0.1"),
            ("1234", 2, "1234.00"),
        ] {
            assert_eq!(number(text).written(decimals).as_deref(), Some(want), "{text} at {decimals}");
        }
    }

    #[test]
    fn thirds_add_up_to_one() {
        let third = Exact::fraction(1, 3).unwrap();
        let sum = third.plus(third).and_then(|s| s.plus(third)).unwrap();
        assert_eq!(sum, Exact::whole(1));
        assert_eq!(third.to_string(), "1/3");
    }

    #[test]
    fn python_rounds_halves_to_even() {
        assert_eq!(number("2.5").rounded_half_even(0), Some(Exact::whole(2)));
        assert_eq!(number("-2.5").rounded_half_even(0), Some(Exact::whole(-2)));
        assert_eq!(number("3.5").rounded_half_even(0), Some(Exact::whole(4)));
        assert_eq!(number("0.375").rounded_half_even(2), Some(number("0.38")));
    }

    #[test]
    fn a_datum_is_the_decimal_that_is_shown() {
        let sum = Exact::of_data(0.1, 1).and_then(|a| a.plus(Exact::of_data(0.2, 1)?)).unwrap();
        assert_eq!(sum, number("0.3"));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-", ".5", "5.", "1e9", "+1", "1.2.3", "--1", "12345678901234567890", "0.1234567890123", "٣"]
        {
            assert_eq!(Exact::parse(text), None, "{text}");
        }
        assert_eq!(Exact::of_data(f64::NAN, 2), None);
        assert_eq!(Exact::of_data(1e18, 0), None);
    }

    #[test]
    fn what_does_not_fit_is_none_not_a_panic() {
        let huge = Exact::fraction(i128::MAX, 1).unwrap();
        assert_eq!(huge.times(huge), None);
        assert_eq!(huge.plus(huge), None);
        assert_eq!(huge.written(2), None);
        assert_eq!(Exact::whole(1).over(Exact::ZERO), None);
        assert_eq!(huge.order(Exact::ZERO), Ordering::Greater);
    }
}
