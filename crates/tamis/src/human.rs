//! Words and colours for people.

use std::io::IsTerminal;

fn painted(code: &str, text: &str) -> String {
    let terminal = std::io::stderr().is_terminal() && std::io::stdout().is_terminal();
    let plain = std::env::var_os("NO_COLOR").is_some() || !terminal;
    if plain { text.to_string() } else { format!("\x1b[{code}m{text}\x1b[0m") }
}

/// For errors.
pub fn red(text: &str) -> String {
    painted("1;31", text)
}

/// For things done.
pub fn green(text: &str) -> String {
    painted("1;32", text)
}

/// For suggestions and names.
pub fn cyan(text: &str) -> String {
    painted("36", text)
}

/// For side remarks.
pub fn dim(text: &str) -> String {
    painted("2", text)
}

/// `12 345 678`
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// `1 sample`, `2 samples`
pub fn counted(n: u64, thing: &str) -> String {
    format!("{} {thing}{}", count(n), if n == 1 { "" } else { "s" })
}

/// The same for a thing whose plural is not made with an `s`.
pub fn counted_as(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// `$0.0042`, `$12.30`
pub fn money(usd: f64) -> String {
    if usd == 0.0 {
        "$0".to_string()
    } else if usd < 0.1 {
        format!("${usd:.4}")
    } else {
        format!("${usd:.2}")
    }
}

/// `0.42 s`, `3 min 05 s`, `2 h 10 min`
pub fn duration(seconds: f64) -> String {
    let whole = seconds as u64;
    match whole {
        0..10 => format!("{seconds:.2} s"),
        10..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// Text cut to `width` characters on a terminal; whole where a program reads.
pub fn brief(text: &str, width: usize) -> String {
    line(text, if std::io::stdout().is_terminal() { width } else { usize::MAX })
}

/// Text cut to `width` characters, with a sign that it was cut; line breaks become spaces.
pub fn line(text: &str, width: usize) -> String {
    let flat: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match flat.char_indices().nth(width) {
        Some(_) => flat.chars().take(width.saturating_sub(1)).chain(['…']).collect(),
        None => flat,
    }
}

/// Rows as columns, each as wide as its widest cell; the last is not padded.
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|r| r.get(column)).map(|c| c.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (i, cell) in row.iter().enumerate() {
            let padding = if i + 1 < row.len() { widths[i] - cell.chars().count() + 2 } else { 0 };
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', padding));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_cut() {
        assert_eq!(count(0), "0");
        assert_eq!(count(1_234_567), "1 234 567");
        assert_eq!(counted(1, "sample"), "1 sample");
        assert_eq!(money(0.00421), "$0.0042");
        assert_eq!(duration(185.0), "3 min 05 s");
        assert_eq!(line("a\nb  c", 10), "a b c");
        assert_eq!(line("abcdef", 4), "abc…");
    }
}
