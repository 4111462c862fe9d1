//! Small changes to words.

/// A title without the unit in brackets at its end.
pub(crate) fn without_unit(title: &str) -> String {
    let title = title.trim();
    match title.rfind(" (") {
        Some(at) if title.ends_with(')') && at > 0 => title[..at].trim_end().to_owned(),
        _ => title.to_owned(),
    }
}

/// With a small first letter, unless the word is one of capitals ("GDP") or mixed ("CO2", "pH").
pub(crate) fn lower_first(text: &str) -> String {
    let word = text.split(' ').next().unwrap_or_default();
    let tail = word.chars().skip(1);
    let plain = word.chars().count() > 1 && tail.clone().all(|c| c.is_lowercase() || matches!(c, '-' | '\'' | ',' | ':'));
    if !plain {
        return text.to_owned();
    }
    let mut chars = text.chars();
    chars.next().map(|c| c.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// The plural of a noun, by the rules of spelling.
pub(crate) fn plural(noun: &str) -> String {
    let vowel_y = ["ay", "ey", "oy", "uy"].iter().any(|e| noun.ends_with(e));
    match noun {
        n if n.ends_with("person") => format!("{}people", &n[..n.len() - 6]),
        n if n.ends_with('y') && !vowel_y => format!("{}ies", &n[..n.len() - 1]),
        n if ["s", "x", "z", "ch", "sh"].iter().any(|e| n.ends_with(e)) => format!("{n}es"),
        n => format!("{n}s"),
    }
}

/// "first", "second", "third", "4th" and so on.
pub(crate) fn ordinal(n: usize) -> String {
    match n {
        1 => "first".to_owned(),
        2 => "second".to_owned(),
        3 => "third".to_owned(),
        n => match (n % 10, n % 100) {
            (1, h) if h != 11 => format!("{n}st"),
            (2, h) if h != 12 => format!("{n}nd"),
            (3, h) if h != 13 => format!("{n}rd"),
            _ => format!("{n}th"),
        },
    }
}

/// Whether a noun phrase takes "are": its first head word ends in a plural s.
pub(crate) fn is_plural(measure: &str) -> bool {
    let head = measure.split([' ', ',']).take_while(|w| !matches!(*w, "of" | "per" | "in" | "for" | "by"));
    let Some(word) = head.last() else { return false };
    let singular = ["ss", "us", "is", "ics"].iter().any(|e| word.ends_with(e));
    word.len() > 3 && word.ends_with('s') && !singular && word.chars().all(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_leave_titles() {
        assert_eq!(without_unit("Revenue (million USD)"), "Revenue");
        assert_eq!(without_unit("Share of (other) goods"), "Share of (other) goods");
    }

    #[test]
    fn only_plain_words_lose_their_capital() {
        assert_eq!(lower_first("Revenue of shops"), "revenue of shops");
        assert_eq!(lower_first("GDP per head"), "GDP per head");
        assert_eq!(lower_first("CO2"), "CO2");
    }

    #[test]
    fn plurals_are_spelled() {
        for (one, many) in [("country", "countries"), ("day", "days"), ("branch", "branches"), ("city", "cities")] {
            assert_eq!(plural(one), many);
        }
    }

    #[test]
    fn sales_are_and_a_number_is() {
        assert!(is_plural("sales") && is_plural("total sales in shops"));
        assert!(!is_plural("number of sales") && !is_plural("GDP") && !is_plural("emphasis"));
    }
}
