//! A grammar of formulas (`data/formula.grammar`) and its expansion.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use tamis_core::rng::Rng;

/// Rules nested deeper than this take their shortest way out.
const DEPTH: usize = 14;

/// All rules by name, each with its alternatives.
pub(super) struct Grammar {
    rules: BTreeMap<String, Vec<Alternative>>,
    topics: Vec<String>,
}

struct Alternative {
    parts: Vec<Part>,
    /// How many rules deep it goes at least.
    depth: usize,
}

enum Part {
    Text(String),
    Rule(String),
    /// A name for what a rule gave; the same name gives the same again.
    Bound {
        name: String,
        rule: Option<String>,
        fresh: bool,
        silent: bool,
    },
    Integer(i64, i64),
    Decimal(f64, f64, usize),
}

/// The grammar of the file.
pub(super) static GRAMMAR: LazyLock<Grammar> =
    LazyLock::new(|| Grammar::read(include_str!("../../data/formula.grammar")));

/// What names stand for, from the outermost rule to the innermost.
type Scope = Vec<(String, String)>;

impl Grammar {
    fn read(text: &str) -> Grammar {
        let mut rules: BTreeMap<String, Vec<Alternative>> = BTreeMap::new();
        let mut topics = Vec::new();
        for line in text.lines().filter(|l| !l.starts_with('#')) {
            let Some((name, text)) = line.split_once(": ") else { continue };
            if name.contains('/') && !topics.iter().any(|t| t == name) {
                topics.push(name.to_string());
            }
            let alternative = Alternative { parts: parts(text), depth: usize::MAX };
            rules.entry(name.to_string()).or_default().push(alternative);
        }
        let mut grammar = Grammar { rules, topics };
        grammar.measure();
        grammar
    }

    /// Finds how deep each alternative goes at least: from rules that are known to rules that use them.
    fn measure(&mut self) {
        loop {
            let known: BTreeMap<String, usize> = self.rules.keys().map(|n| (n.clone(), self.depth(n))).collect();
            let mut changed = false;
            for alternative in self.rules.values_mut().flatten() {
                let deepest = alternative
                    .parts
                    .iter()
                    .filter_map(Part::rule)
                    .map(|r| known.get(r).copied().unwrap_or(usize::MAX))
                    .max();
                let depth = deepest.unwrap_or(0).saturating_add(1);
                changed |= depth < alternative.depth;
                alternative.depth = alternative.depth.min(depth);
            }
            if !changed {
                return;
            }
        }
    }

    fn depth(&self, rule: &str) -> usize {
        self.rules.get(rule).and_then(|a| a.iter().map(|a| a.depth).min()).unwrap_or(usize::MAX)
    }

    /// The rules that are whole formulas: `level/topic`.
    pub(super) fn topics(&self) -> &[String] {
        &self.topics
    }

    /// One formula of a rule.
    pub(super) fn expand(&self, rule: &str, rng: &mut Rng) -> String {
        self.rule(rule, &mut Scope::new(), 0, rng)
    }

    fn rule(&self, name: &str, scope: &mut Scope, depth: usize, rng: &mut Rng) -> String {
        let Some(all) = self.rules.get(name) else { return String::new() };
        let shortest = all.iter().map(|a| a.depth).min().unwrap_or(0);
        let open: Vec<&Alternative> = all.iter().filter(|a| depth + a.depth <= DEPTH || a.depth == shortest).collect();
        let Some(alternative) = rng.pick(&open) else { return String::new() };
        let outer = scope.len();
        let mut text = String::new();
        for part in &alternative.parts {
            join(&mut text, &self.part(part, scope, depth + 1, rng));
        }
        scope.truncate(outer);
        text
    }

    fn part(&self, part: &Part, scope: &mut Scope, depth: usize, rng: &mut Rng) -> String {
        match part {
            Part::Text(text) => text.clone(),
            Part::Rule(rule) => self.rule(rule, scope, depth, rng),
            Part::Integer(low, high) => (low + rng.below((high - low + 1).max(1) as usize) as i64).to_string(),
            Part::Decimal(low, high, places) => format!("{:.*}", places, rng.range(*low, *high)),
            Part::Bound { name, rule, fresh, silent } => {
                let bound = scope.iter().rev().find(|(n, _)| n == name).map(|(_, text)| text.clone());
                let text = match (bound, rule) {
                    (Some(text), None) => text,
                    (Some(text), Some(_)) if !fresh => text,
                    (_, Some(rule)) => {
                        let text = self.new_name(rule, scope, depth, rng);
                        scope.push((name.clone(), text.clone()));
                        text
                    }
                    (None, None) => String::new(),
                };
                if *silent { String::new() } else { text }
            }
        }
    }

    /// What a rule gives, unlike all that is bound: two quantities of a formula have two names.
    fn new_name(&self, rule: &str, scope: &mut Scope, depth: usize, rng: &mut Rng) -> String {
        let mut text = self.rule(rule, scope, depth, rng);
        for _ in 0..30 {
            if scope.iter().all(|(_, other)| *other != text) {
                break;
            }
            text = self.rule(rule, scope, depth, rng);
        }
        text
    }
}

/// Appends a piece, with a space where a command's name would run into its first letter.
fn join(text: &mut String, piece: &str) {
    let command = text.rfind('\\').is_some_and(|i| {
        let name = &text[i + 1..];
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphabetic())
    });
    if command && piece.starts_with(|c: char| c.is_ascii_alphabetic()) {
        text.push(' ');
    }
    text.push_str(piece);
}

impl Part {
    fn rule(&self) -> Option<&str> {
        match self {
            Part::Rule(rule) => Some(rule),
            Part::Bound { rule, .. } => rule.as_deref(),
            _ => None,
        }
    }
}

fn parts(text: &str) -> Vec<Part> {
    let mut out = Vec::new();
    for (i, piece) in text.split('<').enumerate() {
        let (inside, rest) = match piece.split_once('>') {
            Some((inside, rest)) if i > 0 => (Some(inside), rest),
            _ => (None, piece),
        };
        out.extend(inside.map(part));
        if !rest.is_empty() {
            out.push(Part::Text(rest.to_string()));
        }
    }
    out
}

fn part(inside: &str) -> Part {
    let words: Vec<&str> = inside.split(':').collect();
    let bound = |name: &str, rule: Option<&&str>| Part::Bound {
        name: name[1..].to_string(),
        rule: rule.map(|r| (*r).to_string()),
        fresh: name.starts_with('!'),
        silent: name.starts_with('_'),
    };
    match words.as_slice() {
        ["int", low, high] => Part::Integer(low.parse().unwrap_or(1), high.parse().unwrap_or(9)),
        ["dec", low, high, places] => {
            Part::Decimal(low.parse().unwrap_or(0.0), high.parse().unwrap_or(1.0), places.parse().unwrap_or(1))
        }
        [name, rest @ ..] if name.starts_with(['$', '!', '_']) => bound(name, rest.first()),
        _ => Part::Rule(inside.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use tamis_core::id::RecordId;

    use super::*;

    #[test]
    fn every_rule_that_is_used_exists_and_ends() {
        for (name, alternatives) in &GRAMMAR.rules {
            for alternative in alternatives {
                assert!(alternative.depth < 12, "{name} needs {} levels", alternative.depth);
                for rule in alternative.parts.iter().filter_map(Part::rule) {
                    assert!(GRAMMAR.rules.contains_key(rule), "{name} uses {rule}");
                }
            }
        }
    }

    #[test]
    fn names_are_kept_and_differ() {
        let grammar = Grammar::read("v: a\nv: b\nx/y: <$p:v><$q:v><$p>\n");
        let mut rng = Rng::keyed(1, RecordId::input("x"), "grammar", &[]);
        for _ in 0..20 {
            let text = grammar.expand("x/y", &mut rng);
            assert!(text == "aba" || text == "bab", "{text}");
        }
    }

    #[test]
    fn a_name_that_is_read_is_bound_before() {
        for name in GRAMMAR.rules.keys() {
            let mut rng = Rng::keyed(1, RecordId::input(name), "grammar", &[]);
            for _ in 0..30 {
                let text = GRAMMAR.expand(name, &mut rng);
                assert!(!text.contains("{}") && !text.contains("<") && !text.contains(">"), "{name}: {text}");
            }
        }
    }
}
