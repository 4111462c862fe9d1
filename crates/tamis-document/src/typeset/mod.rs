//! Typesetting with typst as a library: source text -> frames -> pieces in pixels.
//!
//! The sources are written by this crate alone, and texts from outside stand in them as string literals only (see
//! [`literal`]), so no text can act as markup. There are no files, no packages, no date.

mod fonts;
mod frame;
mod world;

pub(crate) use frame::{Content, Piece, SourcePlace, marker, pieces};
pub(crate) use world::compile;

/// A typst string literal that shows `text` and nothing else: control characters become spaces, and words too long for
/// a line get places where they may be broken.
pub(crate) fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut run = 0;
    for c in text.chars() {
        let c = if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c };
        run = if c.is_whitespace() || c.is_ascii_punctuation() || is_ideograph(c) { 0 } else { run + 1 };
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
        // No language we set has words of more letters without a hyphenation pattern; a longer run would leave the page.
        if run >= LONGEST_RUN && !is_joining(c) {
            out.push(BREAK);
        }
    }
    out.push('"');
    out
}

/// An invisible place where a line may be broken.
pub(crate) const BREAK: char = '\u{200b}';
const LONGEST_RUN: usize = 28;

/// Lines may be broken between these anyway, and where they may not, they must not.
fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

/// Whether a break after this character would tear a cluster apart.
fn is_joining(c: char) -> bool {
    matches!(c, '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{300}'..='\u{36f}' | '\u{1f3fb}'..='\u{1f3ff}')
        || matches!(c, '\u{600}'..='\u{6ff}' | '\u{900}'..='\u{97f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_leave_its_literal() {
        assert_eq!(literal(r#"a"]#eval("1")\"#), r#""a\"]#eval(\"1\")\\""#);
        assert_eq!(literal("a\nb\u{0}c"), "\"a b c\"");
    }

    #[test]
    fn only_words_longer_than_any_real_one_may_be_broken_anywhere() {
        assert!(!literal("Donaudampfschifffahrt").contains(BREAK));
        assert_eq!(literal(&"x".repeat(40)).matches(BREAK).count(), 13);
    }
}
