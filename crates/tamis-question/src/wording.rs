//! Small changes to words.

/// A title without what stands in brackets at its end.
pub(crate) fn without_brackets(title: &str) -> String {
    let title = title.trim();
    let open = match title.chars().last() {
        Some(')') => " (",
        Some(']') => " [",
        _ => return title.to_owned(),
    };
    match title.rfind(open) {
        Some(at) if at > 0 => title[..at].trim_end().to_owned(),
        _ => title.to_owned(),
    }
}

/// What values are, from the title of their axis or column: without the unit ("Share, %", "Length in cm"), with a small
/// first letter, and countable: "number of households".
pub(crate) fn measure(title: &str, unit: &str) -> String {
    let title = without_brackets(title);
    let tails = [format!(", {unit}"), format!(" in {unit}"), format!(" / {unit}")];
    let tail = tails.iter().filter(|_| !unit.is_empty()).find_map(|t| title.strip_suffix(t.as_str()));
    let measure = lower_first(tail.unwrap_or(&title).trim());
    let first = |t: &str| t.split(' ').next().unwrap_or_default().to_lowercase();
    let countable =
        matches!(first(unit).as_str(), "" | "thousand" | "thousands" | "million" | "millions" | "billion" | "per")
            || first(unit) == first(&measure);
    if countable && is_plural(&measure) { format!("number of {measure}") } else { measure }
}

/// With a small first letter, unless the word is one of capitals ("GDP") or mixed ("CO2", "pH").
pub(crate) fn lower_first(text: &str) -> String {
    let word = text.split(' ').next().unwrap_or_default();
    let tail = word.chars().skip(1);
    let plain =
        word.chars().count() > 1 && tail.clone().all(|c| c.is_lowercase() || matches!(c, '-' | '\'' | ',' | ':'));
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

/// "first" to "fifth", "6th" and so on.
pub(crate) fn ordinal(n: usize) -> String {
    match n {
        1 => "first".to_owned(),
        2 => "second".to_owned(),
        3 => "third".to_owned(),
        4 => "fourth".to_owned(),
        5 => "fifth".to_owned(),
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
    let head: Vec<&str> = head.collect();
    let Some(word) = head.iter().rev().find(|w| !is_participle(w)) else { return false };
    let singular = ["ss", "us", "is", "ics"].iter().any(|e| word.ends_with(e));
    word.len() > 3 && word.ends_with('s') && !singular && word.chars().all(char::is_alphabetic)
}

/// A word that follows its noun: "cells tested", "goods sold".
fn is_participle(word: &str) -> bool {
    const ODD: [&str; 14] = [
        "absent", "born", "built", "driven", "found", "given", "held", "lost", "made", "sold", "spent", "taken", "won",
        "written",
    ];
    (word.len() > 4 && word.ends_with("ed")) || ODD.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_leave_titles() {
        assert_eq!(measure("Revenue (million USD)", "million USD"), "revenue");
        assert_eq!(measure("Hours given [hours per month]", "hours per month"), "number of hours given");
        assert_eq!(measure("Share, %", "%"), "share");
        assert_eq!(measure("Mean length in cm", "cm"), "mean length");
        assert_eq!(without_brackets("Share of (other) goods"), "Share of (other) goods");
    }

    #[test]
    fn what_is_counted_is_a_number_of_things() {
        assert_eq!(measure("Cells tested", ""), "number of cells tested");
        assert_eq!(measure("Lawyers per 10,000", "per 10,000"), "number of lawyers per 10,000");
        assert_eq!(measure("Sales", "USD"), "sales");
        assert_eq!(measure("Trust index", ""), "trust index");
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
