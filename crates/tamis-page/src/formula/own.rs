//! A user's own list of formulas.

use super::normal::normalise;
use super::spec::{FormulaError, FormulaSpec};
use super::typeset::typeset;

/// One line of a user's list.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnFormula {
    /// Its line, from 1.
    pub line: usize,
    /// Its LaTeX in normal form, or why it is refused.
    pub latex: Result<String, FormulaError>,
}

/// The formulas of a list, one on each line; empty lines and lines that begin with `%` are left out. Dollars and
/// `\[ \]` around a formula are taken off. Each is set once, so what is accepted can be drawn.
pub fn own_formulas(list: &str) -> impl Iterator<Item = OwnFormula> + '_ {
    let lines = list.lines().enumerate().map(|(i, line)| (i + 1, line.trim().trim_start_matches('\u{feff}')));
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('%')).map(|(line, text)| {
        let bare = bare(text);
        let latex = typeset(&FormulaSpec::new(bare), "formula").map(|_| normalise(bare));
        OwnFormula { line, latex }
    })
}

/// What stands between the marks of a formula.
fn bare(text: &str) -> &str {
    for (open, close) in [("$$", "$$"), ("$", "$"), ("\\[", "\\]"), ("\\(", "\\)")] {
        if let Some(inside) = text.strip_prefix(open).and_then(|t| t.strip_suffix(close)) {
            return inside.trim();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_gives_formulas_and_refusals_with_their_lines() {
        let found: Vec<OwnFormula> = own_formulas("% mine\n$\\frac12$\n\n\\[x ^ 2\\]\na + \\frac{1}{\n$$").collect();
        assert_eq!(found[0], OwnFormula { line: 2, latex: Ok("\\frac{1}{2}".to_string()) });
        assert_eq!(found[1], OwnFormula { line: 4, latex: Ok("x^{2}".to_string()) });
        assert!(matches!(found[2], OwnFormula { line: 5, latex: Err(FormulaError::Parse { position: 13, .. }) }));
        assert!(found[3].latex.is_err());
    }
}
