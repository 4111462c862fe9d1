//! Filters and tests that do not exist, found when a template is compiled: the template engine itself would only notice
//! when it renders.

use minijinja::{Environment, ErrorKind, context};

use crate::error::did_you_mean;

/// The filters and tests that prompts use most, for suggestions.
const COMMON: &[&str] = &[
    "unit",
    "norm",
    "text",
    "join",
    "length",
    "lower",
    "upper",
    "trim",
    "round",
    "first",
    "last",
    "default",
    "tojson",
    "replace",
    "sort",
    "unique",
    "map",
    "select",
    "selectattr",
    "reject",
    "rejectattr",
    "title",
    "int",
    "float",
    "string",
    "list",
    "items",
    "reverse",
    "sum",
    "min",
    "max",
    "batch",
    "slice",
    "indent",
    "split",
    "lines",
    "abs",
    "bool",
    "attr",
    "capitalize",
    "count",
    "groupby",
    "zip",
    "chain",
    "dictsort",
    "pprint",
    "safe",
    "escape",
    "urlencode",
];

/// What is wrong with the first name behind `|` or `is` that the engine does not know.
pub(super) fn unknown(env: &Environment<'_>, source: &str, whole_is_code: bool) -> Option<String> {
    let code = if whole_is_code { source.to_string() } else { code_of(source) };
    names_behind(&code).into_iter().find_map(|(kind, name)| {
        let probe = if kind == "filter" { format!("none | {name}") } else { format!("none is {name}") };
        let error = env.compile_expression(&probe).and_then(|e| e.eval(context! {})).err()?;
        let unknown = matches!(error.kind(), ErrorKind::UnknownFilter | ErrorKind::UnknownTest);
        unknown.then(|| format!("no {kind} is called `{name}`{}", did_you_mean(&name, COMMON.iter().copied())))
    })
}

/// What stands between `{{ }}` and `{% %}`, comments left out.
fn code_of(source: &str) -> String {
    let mut code = String::new();
    let mut rest = source;
    while let Some(at) = rest.find("{{").into_iter().chain(rest.find("{%")).chain(rest.find("{#")).min() {
        let close = match &rest[at..at + 2] {
            "{{" => "}}",
            "{%" => "%}",
            _ => "#}",
        };
        let inside = &rest[at + 2..];
        let end = inside.find(close).unwrap_or(inside.len());
        if close != "#}" {
            code.push_str(&inside[..end]);
            code.push('\n');
        }
        rest = inside.get(end + 2..).unwrap_or_default();
    }
    code
}

/// The names that stand where a filter or a test has to stand, texts in quotes left out.
fn names_behind(code: &str) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut quote = None;
    for c in code.chars() {
        match quote {
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c.is_alphanumeric() || c == '_' => match words.last_mut() {
                Some(word) if word.starts_with(|w: char| w.is_alphanumeric() || w == '_') => word.push(c),
                _ => words.push(c.to_string()),
            },
            None if c.is_whitespace() => words.push(String::new()),
            None => words.push(c.to_string()),
        }
    }
    words.retain(|word| !word.is_empty());
    for (i, word) in words.iter().enumerate() {
        let next = |n: usize| words.get(i + n).filter(|w| w.starts_with(|c: char| c.is_alphabetic() || c == '_'));
        let is_name = |w: &&String| !matches!(w.as_str(), "not" | "none" | "true" | "false");
        if word == "|" {
            found.extend(next(1).map(|name| ("filter", name.clone())));
        } else if word == "is" {
            let test = next(1).filter(|w| *w != "not").or_else(|| next(2)).filter(is_name);
            found.extend(test.map(|name| ("test", name.clone())));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::template::{Expression, Template};

    #[test]
    fn a_filter_that_does_not_exist_is_found_before_anything_is_rendered() {
        let error = Template::compile("p.md", "a | b\n{{ x | uper }}").unwrap_err();
        assert_eq!(error.message, "p.md: no filter is called `uper`; did you mean `upper`?");
        assert!(Expression::compile("x is evn").unwrap_err().message.contains("no test is called `evn`"));
    }

    #[test]
    fn what_exists_and_what_stands_in_quotes_is_left_alone() {
        for good in
            ["{{ x | join(', ') | upper }}", "{{ 'a | b is c' }}", "{% if x is not none %}y{% endif %}", "{# x | no #}"]
        {
            assert!(Template::compile("p", good).is_ok(), "{good}");
        }
        assert!(Expression::compile("x is defined and x is not none and (x | length) > 1").is_ok());
    }
}
