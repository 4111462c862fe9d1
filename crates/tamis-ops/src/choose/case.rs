//! `choose.case`

use futures::future::{BoxFuture, FutureExt};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope, Steps};
use tamis_core::error::did_you_mean;
use tamis_core::operator::{Bound, Context, OperatorConfig, Process, Verdict};
use tamis_core::{Name, Record, StepError, Type, Value};

use super::Branch;
use crate::fields;

/// Takes each record the way that a field names.
///
/// For a kind drawn by `choose.share`, a verdict of a judge, a label of the source. Behind the branches, a field that only
/// some of them write may be missing.
///
/// Reads `of` and what the steps read, writes what they write. Over an enum every value has its case or there is `else`;
/// over a text there is always `else`. The branch is told in the record's story.
///
/// # Example
/// ```yaml example
/// step:
///   choose.case:
///     of: kind
///     cases:
///       short: [ text.template: { template: "Briefly: {{ question }}", into: prompt } ]
///       long: [ text.template: { template: "At length: {{ question }}", into: prompt } ]
/// types: { kind: enum(short|long) }
/// in: { kind: long, question: Why? }
/// out: { prompt: "At length: Why?" }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChooseCase {
    /// The field that decides: an enum, a text or a bool (cases `true` and `false`).
    of: String,
    /// The steps for each value. An empty list lets the record go on as it is.
    cases: IndexMap<String, Steps>,
    /// The steps for values without a case, and for a missing value. Default: none; every value needs its case then.
    #[serde(rename = "else")]
    otherwise: Option<Steps>,
}

impl OperatorConfig for ChooseCase {
    const NAME: &'static str = "choose.case";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let of = scope.read_any("of", &self.of);
        let whole = of.as_ref().is_some_and(|of| self.covers(scope, &of.ty));
        let mut cases = IndexMap::new();
        let mut behind = Vec::new();
        for (label, steps) in &self.cases {
            if let Some((branch, schema)) = Branch::bind(scope, &format!("cases.{label}"), label, steps) {
                cases.insert(Name::from(label.as_str()), branch);
                behind.push(schema);
            }
        }
        let otherwise = self.otherwise.as_ref().map(|steps| Branch::bind(scope, "else", "else", steps));
        let otherwise = match otherwise {
            Some(bound) => {
                let (branch, schema) = bound?;
                behind.push(schema);
                Some(branch)
            }
            None => None,
        };
        if cases.len() < self.cases.len() || !whole {
            return None;
        }
        scope.join_branches("cases", &behind);
        Bound::process(Case { of: of?, cases, otherwise })
    }
}

impl ChooseCase {
    /// Whether every value has its branch and every branch its value.
    fn covers(&self, scope: &mut Scope<'_>, ty: &Type) -> bool {
        let values: Vec<Name> = match ty.required() {
            Type::Enum(values) => values.clone(),
            Type::Bool => vec!["true".into(), "false".into()],
            Type::Text => Vec::new(),
            _ => {
                scope.problem("of", format!("expected an enum, a text or a bool, but `{}` is {ty}", self.of));
                return false;
            }
        };
        let mut whole = true;
        let mut wrong = |at: &str, message: String| {
            scope.problem(at, message);
            whole = false;
        };
        if self.cases.is_empty() {
            wrong("cases", "expected at least one case, found none".to_string());
        }
        if *ty.required() != Type::Text {
            for label in self.cases.keys().filter(|label| !values.iter().any(|v| **v == ***label)) {
                let hint = did_you_mean(label, values.iter().map(|v| &**v));
                let message = format!("unreachable branch: `{}` is never `{label}`, it is {ty}{hint}", self.of);
                wrong(&format!("cases.{label}"), message);
            }
        }
        let left: Vec<&str> = values.iter().map(|v| &**v).filter(|v| !self.cases.contains_key(*v)).collect();
        let may_be_missing = ty.is_optional();
        match (&self.otherwise, *ty.required() == Type::Text) {
            (None, true) => wrong("cases", format!("`{}` is a text and may be anything; add `else`", self.of)),
            (None, false) if !left.is_empty() => {
                wrong("cases", format!("no case for {}; add it, or `else`", left.join(", ")));
            }
            (None, _) if may_be_missing => wrong("cases", format!("`{}` may be missing here; add `else`", self.of)),
            (Some(_), false) if left.is_empty() && !may_be_missing => {
                wrong("else", format!("unreachable branch: every value of `{}` has its case", self.of));
            }
            _ => {}
        }
        whole
    }
}

struct Case {
    of: FieldRef,
    cases: IndexMap<Name, Branch>,
    otherwise: Option<Branch>,
}

impl Process for Case {
    fn run<'a>(&'a self, record: &'a mut Record, ctx: &'a Context<'a>) -> BoxFuture<'a, Result<Verdict, StepError>> {
        async move {
            let branch = match self.of.get(record) {
                Value::Text(value) => self.cases.get(value),
                Value::Bool(value) => self.cases.get(if *value { "true" } else { "false" }),
                _ => None,
            };
            match branch.or(self.otherwise.as_ref()) {
                Some(branch) => branch.take(record, ctx).await,
                None => Err(fields::unlike(&format!("one of {}", self.labels()), record, &self.of)),
            }
        }
        .boxed()
    }

    fn waits(&self) -> bool {
        self.cases.values().chain(&self.otherwise).any(Branch::waits)
    }
}

impl Case {
    fn labels(&self) -> String {
        let labels: Vec<&str> = self.cases.keys().map(|label| &**label).collect();
        labels.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use tamis_core::record::StoryEvent;

    use crate::testing::{check, example, problems};

    fn with(cases: &str, ty: &str) -> String {
        format!("{{ step: {{ choose.case: {{ of: k, {cases} }} }}, types: {{ k: {ty} }}, in: {{ k: a }} }}")
    }

    #[test]
    fn what_only_some_branches_write_may_be_missing_behind_them() {
        let yaml = with("cases: { a: [ text.template: { template: x, into: y } ], b: [] }", "enum(a|b)");
        let (_, schema) = example(&yaml).unwrap().bind().unwrap();
        assert_eq!(schema.get("y").unwrap().ty.to_string(), "text?");
    }

    #[test]
    fn the_branch_is_told_in_the_story() {
        let example = example(&with("cases: { a: [], b: [] }", "enum(a|b)")).unwrap();
        let outcome = example.run(&example.bind().unwrap().0, 0).unwrap();
        assert_eq!(outcome.passed[0].story[0].event, StoryEvent::Branch("a".into()));
    }

    #[test]
    fn every_value_needs_a_branch_and_every_branch_a_value() {
        assert!(problems(&with("cases: { a: [] }", "enum(a|b)")).contains("no case for b"));
        assert!(
            problems(&with("cases: { a: [], c: [] }", "enum(a|b)")).contains("unreachable branch: `k` is never `c`")
        );
        assert!(problems(&with("cases: { a: [], b: [] }, else: []", "enum(a|b)")).contains("unreachable branch"));
        assert!(problems(&with("cases: { a: [] }", "text")).contains("add `else`"));
        assert!(problems(&with("cases: { a: [], b: [] }", "enum(a|b)?")).contains("may be missing"));
        assert!(problems(&with("cases: {}, else: []", "text")).contains("at least one case"));
    }

    #[test]
    fn problems_inside_a_branch_and_outside_are_told_together() {
        let told = problems(&with("cases: { a: [ text.length: { from: no, min_words: 1 } ] }", "enum(a|b)"));
        assert!(told.contains("text.length") && told.contains("no case for b"), "{told}");
    }

    #[test]
    fn a_text_without_its_case_goes_down_else() {
        check(
            r#"
            step: { choose.case: { of: k, cases: { a: [] }, else: [ text.template: { template: other, into: y } ] } }
            in: { k: z }
            out: { y: other }
            "#,
        );
        check(
            "{ step: { choose.case: { of: k, cases: { true: [], false: [ gate.require: { that: k } ] } } }, in: { k: false }, rejects: '`k`' }",
        );
    }
}
