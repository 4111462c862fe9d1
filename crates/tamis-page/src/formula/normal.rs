//! LaTeX in one normal form, so that equal formulas compare equal; and commands that are no mathematics.

use super::spec::FormulaError;

/// Commands that define, load, link or write raw code.
const FORBIDDEN: &[&str] = &[
    "def",
    "gdef",
    "edef",
    "xdef",
    "let",
    "futurelet",
    "newcommand",
    "renewcommand",
    "providecommand",
    "global",
    "href",
    "url",
    "includegraphics",
    "input",
    "include",
    "write",
    "openin",
    "openout",
    "csname",
    "catcode",
    "htmlClass",
    "htmlId",
    "htmlStyle",
    "htmlData",
    "loop",
    "expandafter",
    "noexpand",
    "char",
    "kern",
    "hskip",
    "rule",
    "raisebox",
    "vcenter",
    "mathchoice",
];

/// Commands whose argument is words, kept as they are.
const WORDS: &[&str] =
    &["text", "textbf", "textit", "textrm", "textsf", "texttt", "mbox", "operatorname", "tag", "begin", "end"];

pub(super) fn check_commands(latex: &str) -> Result<(), FormulaError> {
    for (at, token) in tokens(latex) {
        if let Token::Command(name) = token
            && FORBIDDEN.contains(&name)
        {
            return Err(FormulaError::Forbidden {
                position: latex[..at].chars().count(),
                command: format!("\\{name}"),
                near: latex[at..].chars().take(20).collect(),
            });
        }
    }
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    /// Without the backslash.
    Command(&'a str),
    Char(char),
    Space,
}

/// Tokens with the byte where each starts; comments are spaces.
fn tokens(latex: &str) -> Vec<(usize, Token<'_>)> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(c) = latex[at..].chars().next() {
        let rest = &latex[at + c.len_utf8()..];
        let (token, length) = match c {
            '\\' => {
                let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
                let length = if letters > 0 { letters } else { rest.chars().next().map_or(0, char::len_utf8) };
                (Token::Command(&rest[..length]), 1 + length)
            }
            '%' => (Token::Space, 1 + rest.find('\n').unwrap_or(rest.len())),
            c if c.is_whitespace() => (Token::Space, c.len_utf8()),
            c => (Token::Char(c), c.len_utf8()),
        };
        out.push((at, token));
        at += length;
    }
    out
}

/// The formula in normal form: no spaces but after a command before a letter; arguments and scripts of more than a
/// letter in braces, scripts always; subscripts before superscripts; `'` as `^{\prime}`; words in `\text` kept.
///
/// What the form does not know it leaves as it is; normal forms are their own normal form.
pub fn normalise(latex: &str) -> String {
    let tokens: Vec<Token<'_>> = tokens(latex).into_iter().map(|(_, t)| t).collect();
    let mut reader = Reader { tokens: &tokens, at: 0 };
    let mut out = Writer::default();
    while !reader.done() {
        reader.sequence(&mut out);
        reader.stray(&mut out);
    }
    out.text
}

struct Reader<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
}

/// Writes pieces, with a space only where two would run together.
#[derive(Default)]
struct Writer {
    text: String,
}

impl Writer {
    fn push(&mut self, piece: &str) {
        let letters = self.text.rfind('\\').is_some_and(|i| {
            let name = &self.text[i + 1..];
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphabetic())
        });
        if letters && piece.starts_with(|c: char| c.is_ascii_alphabetic()) {
            self.text.push(' ');
        }
        self.text.push_str(piece);
    }
}

impl<'a> Reader<'a> {
    fn done(&self) -> bool {
        self.at >= self.tokens.len()
    }

    fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.at).copied()
    }

    fn next(&mut self) -> Option<Token<'a>> {
        let token = self.peek();
        self.at += usize::from(token.is_some());
        token
    }

    fn skip_spaces(&mut self) {
        while self.peek() == Some(Token::Space) {
            self.at += 1;
        }
    }

    /// What closes nothing: kept, so that nothing vanishes.
    fn stray(&mut self, out: &mut Writer) {
        match self.next() {
            Some(Token::Command(name)) if WORDS.contains(&name) => {
                let words = self.words();
                out.push(&format!("\\{name}{words}"));
            }
            Some(Token::Command(name)) => out.push(&format!("\\{name}")),
            Some(Token::Char(c)) => out.push(&c.to_string()),
            Some(Token::Space) | None => {}
        }
    }

    /// Atoms up to what closes them (a brace, `\end`, `\right`) or the end.
    fn sequence(&mut self, out: &mut Writer) {
        loop {
            self.skip_spaces();
            match self.peek() {
                None | Some(Token::Char('}') | Token::Command("end" | "right")) => return,
                Some(Token::Char('^' | '_' | '\'')) => self.scripts(out),
                _ => {
                    let atom = self.atom();
                    out.push(&atom);
                }
            }
        }
    }

    fn scripts(&mut self, out: &mut Writer) {
        let (mut below, mut above) = (String::new(), Writer::default());
        loop {
            self.skip_spaces();
            match self.peek() {
                Some(Token::Char('_')) if below.is_empty() => {
                    self.at += 1;
                    below = self.argument();
                }
                Some(Token::Char('^')) if above.text.replace("\\prime", "").is_empty() => {
                    self.at += 1;
                    above.push(&self.argument());
                }
                Some(Token::Char('\'')) if above.text.is_empty() || above.text.ends_with("\\prime") => {
                    self.at += 1;
                    above.push("\\prime");
                }
                // A third script is the parser's to refuse; it is written as it is.
                Some(Token::Char(c @ ('^' | '_' | '\''))) if below.is_empty() && above.text.is_empty() => {
                    self.at += 1;
                    return out.push(&c.to_string());
                }
                _ => break,
            }
        }
        for (sign, script) in [("_", below), ("^", above.text)] {
            if !script.is_empty() {
                out.push(&format!("{sign}{{{script}}}"));
            }
        }
        // Scripts that were left because one of their kind was there already.
        if let Some(Token::Char(c @ ('^' | '_' | '\''))) = self.peek() {
            self.at += 1;
            out.push(&c.to_string());
        }
    }

    /// What a command takes: the inside of a group, or one token.
    fn argument(&mut self) -> String {
        self.skip_spaces();
        match self.peek() {
            Some(Token::Char('{')) => self.group(),
            Some(Token::Char('}')) | None => String::new(),
            Some(Token::Char('\'')) => {
                self.at += 1;
                String::from("^{\\prime}")
            }
            _ => self.atom(),
        }
    }

    /// The inside of a group in braces.
    fn group(&mut self) -> String {
        self.at += 1;
        let mut inside = Writer::default();
        loop {
            self.sequence(&mut inside);
            match self.peek() {
                Some(Token::Command(_)) => self.stray(&mut inside),
                _ => break,
            }
        }
        self.at += usize::from(!self.done());
        inside.text
    }

    /// From `\begin` or `\left` (already read) to what closes it.
    fn enclosed(&mut self, opening: &str, closing: &str) -> String {
        let fence = |reader: &mut Self| if opening == "begin" { reader.words() } else { reader.delimiter() };
        let mut out = Writer::default();
        out.push(&format!("\\{opening}"));
        out.push(&fence(self));
        self.sequence(&mut out);
        if self.peek() == Some(Token::Command(closing)) {
            self.at += 1;
            out.push(&format!("\\{closing}"));
            out.push(&fence(self));
        }
        out.text
    }

    fn delimiter(&mut self) -> String {
        self.skip_spaces();
        match self.next() {
            Some(Token::Command(name)) => format!("\\{name}"),
            Some(Token::Char(c)) => c.to_string(),
            Some(Token::Space) | None => String::new(),
        }
    }

    fn atom(&mut self) -> String {
        match self.next() {
            Some(Token::Char('{')) => {
                self.at -= 1;
                format!("{{{}}}", self.group())
            }
            Some(Token::Command("begin")) => self.enclosed("begin", "end"),
            Some(Token::Command("left")) => self.enclosed("left", "right"),
            Some(Token::Command(name)) if WORDS.contains(&name) => format!("\\{name}{}", self.words()),
            Some(Token::Command("sqrt")) => {
                let root = self.bracketed();
                format!("\\sqrt{root}{{{}}}", self.argument())
            }
            Some(Token::Command(name)) => {
                let arguments: String = (0..arity(name)).map(|_| format!("{{{}}}", self.argument())).collect();
                format!("\\{name}{arguments}")
            }
            Some(Token::Char(c)) => c.to_string(),
            Some(Token::Space) | None => String::new(),
        }
    }

    /// `[...]` after `\sqrt`, brackets included.
    fn bracketed(&mut self) -> String {
        self.skip_spaces();
        if self.peek() != Some(Token::Char('[')) {
            return String::new();
        }
        let start = self.at;
        let mut inside = Writer::default();
        self.at += 1;
        loop {
            self.skip_spaces();
            match self.peek() {
                Some(Token::Char(']')) => {
                    self.at += 1;
                    return format!("[{}]", guarded(&inside.text));
                }
                None | Some(Token::Char('}')) => {
                    self.at = start;
                    return String::new();
                }
                Some(Token::Char('^' | '_' | '\'')) => self.scripts(&mut inside),
                _ => {
                    let atom = self.atom();
                    inside.push(&atom);
                }
            }
        }
    }

    /// A group of words as it is, spaces as one.
    fn words(&mut self) -> String {
        let star = if self.peek() == Some(Token::Char('*')) { "*" } else { "" };
        self.at += star.len();
        let before = self.at;
        self.skip_spaces();
        if self.peek() != Some(Token::Char('{')) {
            self.at = before;
            return star.to_string();
        }
        let (mut depth, mut text) = (0usize, String::from(star));
        while let Some(token) = self.next() {
            match token {
                Token::Char('{') => depth += 1,
                Token::Char('}') => depth -= 1,
                _ => {}
            }
            match token {
                Token::Command(name) => {
                    text.push('\\');
                    text.push_str(name);
                    if name.ends_with(|c: char| c.is_ascii_alphabetic()) && self.peek() == Some(Token::Space) {
                        text.push(' ');
                    }
                }
                Token::Char(c) => text.push(c),
                Token::Space if text.ends_with(' ') => {}
                Token::Space => text.push(' '),
            }
            if depth == 0 {
                break;
            }
        }
        text
    }
}

/// What stands in brackets, in braces of its own where it begins and ends with two different groups: RaTeX takes the
/// first and the last brace for a pair.
fn guarded(inside: &str) -> String {
    let mut depth = 0usize;
    let closed_early = tokens(inside).iter().any(|(at, token)| {
        match token {
            Token::Char('{') => depth += 1,
            Token::Char('}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && at + 1 < inside.len()
    });
    match inside.starts_with('{') && inside.ends_with('}') && closed_early {
        true => format!("{{{inside}}}"),
        false => inside.to_string(),
    }
}

/// How many arguments a command takes.
fn arity(command: &str) -> usize {
    match command {
        "frac" | "dfrac" | "tfrac" | "cfrac" | "binom" | "dbinom" | "tbinom" | "overset" | "underset" | "stackrel" => 2,
        "hat" | "widehat" | "bar" | "overline" | "underline" | "vec" | "tilde" | "widetilde" | "dot" | "ddot"
        | "check" | "breve" | "acute" | "grave" | "mathring" | "mathbb" | "mathbf" | "mathcal" | "mathfrak"
        | "mathscr" | "mathrm" | "mathsf" | "mathtt" | "mathit" | "boldsymbol" | "bm" | "overbrace" | "underbrace"
        | "overrightarrow" | "overleftarrow" | "boxed" | "pmod" | "substack" | "cancel" => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn equal_formulas_have_one_form() {
        for (written, normal) in [
            (r"\frac12", r"\frac{1}{2}"),
            (r"\frac {a} b", r"\frac{a}{b}"),
            ("x ^ 2 _ i", "x_{i}^{2}"),
            ("x^{2}_i", "x_{i}^{2}"),
            ("f''(x)", r"f^{\prime\prime}(x)"),
            ("f'^2", r"f^{\prime2}"),
            ("f'^{c}", r"f^{\prime c}"),
            (r"\sqrt 2 + \sqrt[ 3 ]{x y}", r"\sqrt{2}+\sqrt[3]{xy}"),
            (r"\sqrt[{a}{b}]x", r"\sqrt[{{a}{b}}]{x}"),
            (r"\sqrt[{a+b}]x", r"\sqrt[{a+b}]{x}"),
            (r"\alpha x + \alpha  2", r"\alpha x+\alpha2"),
            (r"\text{ if  } x", r"\text{ if }x"),
            (r"\left( a \right )", r"\left(a\right)"),
            (r"\begin{cases} a & b \\ c & d \end{cases}", r"\begin{cases}a&b\\c&d\end{cases}"),
            ("a % comment\n+ b", "a+b"),
        ] {
            assert_eq!(normalise(written), normal, "{written}");
        }
    }

    #[test]
    fn a_definition_is_refused_with_its_place() {
        let error = check_commands(r"é + \def\x{y}").unwrap_err();
        assert!(matches!(error, FormulaError::Forbidden { position: 4, .. }), "{error}");
    }

    /// What is drawn, with places to a billionth of an em: widths are added up in another order where a group is opened.
    fn drawn(latex: &str) -> Result<String, String> {
        let tree = ratex_parser::parse(latex).map_err(|e| e.to_string())?;
        let boxes = ratex_layout::layout(&tree, &ratex_layout::LayoutOptions::default());
        Ok(format!("{:.9?}", ratex_layout::to_display_list(&boxes).items))
    }

    #[test]
    fn sampled_formulas_are_drawn_alike_in_normal_form() {
        use tamis_core::id::RecordId;
        use tamis_core::rng::Rng;
        let grammar = &*super::super::grammar::GRAMMAR;
        let mut rng = Rng::keyed(5, RecordId::input("normal"), "test", &[]);
        for topic in grammar.topics() {
            for _ in 0..20 {
                let written = grammar.expand(topic, &mut rng);
                let normal = normalise(&written);
                assert_eq!(normalise(&normal), normal);
                let before = drawn(&written).unwrap_or_else(|e| panic!("{written}: {e}"));
                assert_eq!(drawn(&normal), Ok(before), "{written} became {normal}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_normal_form_is_its_own_and_draws_the_same(pieces in prop::collection::vec(prop::sample::select(vec![
            "a", "b", "2", "+", " ", "{c}", "{d+e}", "^", "_", "'", r"\frac", r"\sqrt", "[", "]", r"\alpha",
            r"\text{a b}", r"\left(", r"\right)", r"\,", r"\hat", "é", "%\n", r"\begin{matrix}a & b \\ c\end{matrix}",
        ]), 0..9)) {
            let written = pieces.concat();
            let once = normalise(&written);
            if let Ok(before) = drawn(&written) {
                prop_assert_eq!(normalise(&once), once.clone());
                prop_assert_eq!(drawn(&once), Ok(before), "{} became {}", written, once);
            }
        }

        #[test]
        fn any_text_is_survived(text in "\\PC{0,60}") {
            normalise(&text);
        }
    }
}
