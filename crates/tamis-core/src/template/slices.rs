//! Names before the brackets of a slice, `names[1:]`: minijinja 3.1 leaves them out of a template's undeclared variables,
//! so they are looked for in a copy of the source that subscripts in place of slicing.

/// The source with subscripts in place of slices, if there are any; good for the names in it and for nothing else.
pub(super) fn as_subscripts(source: &str, whole_is_code: bool) -> Option<String> {
    let mut copy = Copy { text: String::with_capacity(source.len()), open: Vec::new(), found: false };
    let mut rest = source;
    if whole_is_code {
        copy.code(rest, &[]);
        return copy.found.then_some(copy.text);
    }
    while let Some(at) = ["{{", "{%", "{#"].iter().filter_map(|mark| rest.find(mark)).min() {
        let (before, code) = rest.split_at(at + 2);
        copy.text.push_str(before);
        rest = match &before[at..] {
            "{#" => {
                let end = code.find("#}").unwrap_or(code.len());
                copy.text.push_str(&code[..end]);
                &code[end..]
            }
            _ => copy.code(code, &["}}", "%}"]),
        };
    }
    copy.text.push_str(rest);
    copy.found.then_some(copy.text)
}

struct Copy {
    text: String,
    /// the brackets that are open
    open: Vec<char>,
    found: bool,
}

impl Copy {
    /// Copies code up to one of the `ends` that stands outside of brackets and quotes; gives what begins there.
    fn code<'s>(&mut self, code: &'s str, ends: &[&str]) -> &'s str {
        let mut quote = None;
        self.open.clear();
        for (at, c) in code.char_indices() {
            if quote.is_none() && self.open.is_empty() && ends.iter().any(|end| code[at..].starts_with(end)) {
                return &code[at..];
            }
            match (quote, c) {
                (Some(q), _) if q == c => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') => quote = Some(c),
                (None, '(' | '[' | '{') => self.open.push(c),
                (None, ')' | ']' | '}') => drop(self.open.pop()),
                (None, ':') if self.open.last() == Some(&'[') => {
                    self.colon(&code[at + 1..]);
                    continue;
                }
                _ => {}
            }
            self.text.push(c);
        }
        ""
    }

    /// `a:b` becomes `a~b`, with a number where one of the two is left out.
    fn colon(&mut self, behind: &str) {
        self.found = true;
        let nothing = self.text.trim_end().ends_with(['[', '~']);
        self.text.push_str(if nothing { "0~" } else { "~" });
        if behind.trim_start().starts_with([']', ':']) {
            self.text.push('0');
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::template::{Expression, Template};

    #[test]
    fn names_before_a_slice_are_names() {
        let names = |source: &str| Expression::compile(source).unwrap().names().iter().cloned().collect::<Vec<_>>();
        assert_eq!(names("others[:at] + [image] + others[at:]"), ["at", "image", "others"]);
        assert_eq!(names("(a if x else b.c)[-n::2] | join(':')"), ["a", "b", "n", "x"]);
        assert_eq!(names("{'k[:': v[1:2][:], 'l': w['a:b']}"), ["v", "w"]);
        let names = |source: &str| Template::compile("p", source).unwrap().names().iter().cloned().collect::<Vec<_>>();
        assert_eq!(
            names("[no: {# nor[:1] #} {% for x in list[:3] %}{{ {'a': {'b': x[1:]}} }}{% endfor %} a[:1]"),
            ["list"]
        );
    }
}
