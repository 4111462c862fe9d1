//! `text.parse_tags`

use indexmap::IndexMap;
use regex::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::error::did_you_mean;
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Transform, Verdict};
use tamis_core::{Name, Record, StepError, Type, Value};

use crate::fields;

/// Takes texts out of tags: `<think>...</think><answer>...</answer>`.
///
/// For reasoning models and for prompts that ask for parts by name. Case and attributes of a tag do not matter, white
/// space at the ends of its text is left out. A tag that is not closed is not there: the reply was cut off.
///
/// Reads `from`, writes a text for each of `tags` (a list of texts with `take: all`). Rejects with reason `a tag is not
/// there`, the tag and the text.
///
/// # Example
/// ```yaml example
/// step: { text.parse_tags: { from: reply, tags: { think: thinking, answer: answer } } }
/// in: { reply: "<think>Two and two.</think> <Answer> 4 </Answer>" }
/// out: { thinking: Two and two., answer: "4" }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParseTags {
    /// The text.
    from: String,
    /// The tags, each with the field that receives its text.
    tags: IndexMap<String, String>,
    /// Tags that need not be there; their fields stay missing then (an empty list with `take: all`). Default: none.
    #[serde(default)]
    optional: Vec<String>,
    /// Which text counts where a tag is there several times: `first`, `last`, or `all` for a list. Default: `first`.
    #[serde(default)]
    take: Take,
}

/// Which of several texts in tags of the same name.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Take {
    /// the first
    #[default]
    First,
    /// the last
    Last,
    /// every one, as a list
    All,
}

impl OperatorConfig for ParseTags {
    const NAME: &'static str = "text.parse_tags";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let from = scope.read("from", &self.from, &Type::Text);
        if self.tags.is_empty() {
            scope.problem("tags", "expected at least one tag, found none");
            return None;
        }
        for (i, name) in self.optional.iter().enumerate().filter(|(_, name)| !self.tags.contains_key(*name)) {
            let hint = did_you_mean(name, self.tags.keys().map(String::as_str));
            scope.problem(&format!("optional[{i}]"), format!("`{name}` is not among the tags{hint}"));
        }
        let known = self.optional.iter().all(|name| self.tags.contains_key(name));
        let tags = self.tags.iter().map(|(name, into)| self.tag(scope, name, into)).collect::<Vec<_>>();
        let tags = tags.into_iter().collect::<Option<Vec<_>>>();
        Bound::transform(Parse { from: from?, tags: tags?, take: self.take }).filter(|_| known)
    }
}

impl ParseTags {
    fn tag(&self, scope: &mut Scope<'_>, name: &str, into: &str) -> Option<Tag> {
        let at = format!("tags.{name}");
        let optional = self.optional.iter().any(|tag| tag == name);
        let ty = match self.take {
            Take::All => Type::list(Type::Text),
            _ if optional => Type::optional(Type::Text),
            _ => Type::Text,
        };
        let twice = self.tags.iter().filter(|(_, field)| *field == into).count() > 1;
        if twice {
            scope.problem(&at, format!("two tags write `{into}`"));
        }
        let into = scope.write(&at, into, ty);
        let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ':' | '.'));
        let tag = regex::escape(name);
        let pattern = format!(r"<{tag}(?:\s[^>]*)?>(.*?)</{tag}\s*>");
        let regex = RegexBuilder::new(&pattern).case_insensitive(true).dot_matches_new_line(true).build();
        let regex = regex.ok().filter(|_| plain && !name.is_empty());
        if regex.is_none() {
            scope.problem(&at, format!("`{name}` is no tag: letters, digits, `_` or `-` are expected"));
        }
        Some(Tag { name: name.into(), regex: regex?, into: into?, optional }).filter(|_| !twice)
    }
}

struct Parse {
    from: FieldRef,
    tags: Vec<Tag>,
    take: Take,
}

struct Tag {
    name: Name,
    regex: Regex,
    into: Name,
    optional: bool,
}

impl Transform for Parse {
    fn apply(&self, record: &mut Record, _: &Context<'_>) -> Result<Verdict, StepError> {
        let text = fields::text(record, &self.from)?;
        let mut values = Vec::with_capacity(self.tags.len());
        for tag in &self.tags {
            let mut found =
                tag.regex.captures_iter(text).map(|c| Value::text(c.get(1).map_or("", |m| m.as_str().trim())));
            let value = match self.take {
                Take::First => found.next(),
                Take::Last => found.last(),
                Take::All => Some(found.collect::<Vec<_>>()).filter(|all| !all.is_empty()).map(Value::list),
            };
            match (value, self.take) {
                (Some(value), _) => values.push(value),
                (None, Take::All) if tag.optional => values.push(Value::list(Vec::new())),
                (None, _) if tag.optional => values.push(Value::Null),
                (None, _) => {
                    let values = [("tag".into(), Value::Text(tag.name.clone())), (self.from.name.clone(), text.into())];
                    return Ok(Reject::because::<Name>("a tag is not there", values));
                }
            }
        }
        self.tags.iter().zip(values).for_each(|(tag, value)| record.set(&tag.into, value));
        Ok(Verdict::Pass)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, problems};

    #[test]
    fn a_tag_that_is_not_closed_is_not_there() {
        check("{ step: { text.parse_tags: { from: t, tags: { a: x } } }, in: { t: '<a>one' }, rejects: not there }");
        check(
            "{ step: { text.parse_tags: { from: t, tags: { a: x }, optional: [a] } }, in: { t: '<a>one' }, out: { x: null } }",
        );
    }

    #[test]
    fn of_several_the_last_or_all_are_taken_when_asked_for() {
        let text = "<step n=\"1\">one</step><step>\ntwo\n</step>";
        for (take, out) in [("first", "one"), ("last", "two"), ("all", "[one, two]")] {
            check(&format!(
                "{{ step: {{ text.parse_tags: {{ from: t, tags: {{ step: x }}, take: {take} }} }}, in: {{ t: {text:?} }}, out: {{ x: {out} }} }}"
            ));
        }
    }

    #[test]
    fn wrong_names_are_problems() {
        let told = problems(
            "{ step: { text.parse_tags: { from: t, tags: { 'a b': x, c: y, d: y }, optional: [e] } }, in: { t: x } }",
        );
        assert!(told.contains("`a b` is no tag") && told.contains("two tags write `y`"), "{told}");
        assert!(told.contains("optional[0]"), "{told}");
    }
}
