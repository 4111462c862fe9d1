//! What a YAML text without quotes means: the core schema of YAML 1.2.

use super::Kind;

/// The value of a text without quotes.
///
/// What would lose something as a number stays a text: leading zeros (`007`), underscores (`1_000`), `.inf`, `.nan`.
/// `yes`, `no`, `on` and `off` are texts, as YAML 1.2 has it.
///
/// # Errors
/// A whole number beyond 64 bits.
pub(super) fn plain(text: &str) -> Result<Kind, String> {
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        _ => number(text)?.unwrap_or_else(|| Kind::Text(text.to_string())),
    })
}

fn number(text: &str) -> Result<Option<Kind>, String> {
    let radix = [("0x", 16), ("0o", 8)].iter().find_map(|(mark, radix)| Some((text.strip_prefix(mark)?, *radix)));
    if let Some((digits, radix)) = radix {
        let all = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
        return if all { whole(text, i64::from_str_radix(digits, radix)) } else { Ok(None) };
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let leading_zero = unsigned.len() > 1 && unsigned.starts_with('0') && !unsigned[1..].starts_with(['.', 'e', 'E']);
    let digits = unsigned.chars().filter(char::is_ascii_digit).count();
    if leading_zero || digits == 0 {
        return Ok(None);
    }
    if digits == unsigned.len() {
        return whole(text, text.parse());
    }
    let float_like = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && unsigned.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-'));
    let value = if float_like { text.parse::<f64>().ok() } else { None };
    Ok(value.filter(|value| value.is_finite()).map(Kind::Float))
}

fn whole(text: &str, parsed: Result<i64, std::num::ParseIntError>) -> Result<Option<Kind>, String> {
    let beyond =
        |_| format!("the number {text} is beyond the 64 bits of a whole number; quote it to keep it as a text");
    parsed.map(|value| Some(Kind::Int(value))).map_err(beyond)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_truth_and_nothing_are_told_from_texts() {
        assert_eq!(plain("-12"), Ok(Kind::Int(-12)));
        assert_eq!(plain("0x1F"), Ok(Kind::Int(31)));
        assert_eq!(plain("0.5"), Ok(Kind::Float(0.5)));
        assert_eq!(plain("1e3"), Ok(Kind::Float(1000.0)));
        assert_eq!(plain("True"), Ok(Kind::Bool(true)));
        assert_eq!(plain("~"), Ok(Kind::Null));
        for text in ["007", "1_000", "yes", ".inf", "1e999", "2304.08485.1", "1-2", "e5", "+", "-", ".", "é"] {
            assert_eq!(plain(text), Ok(Kind::Text(text.into())), "{text}");
        }
        assert!(plain("99999999999999999999").unwrap_err().contains("64 bits"));
    }
}
