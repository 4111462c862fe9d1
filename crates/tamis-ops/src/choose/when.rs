//! `choose.when`

use futures::future::{BoxFuture, FutureExt};
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{Scope, Steps};
use tamis_core::operator::{Bound, Context, OperatorConfig, Process, Verdict};
use tamis_core::template::{Expression, Vars};
use tamis_core::{Record, StepError};

use super::Branch;

/// Takes each record the first way whose condition holds.
///
/// For decisions that are more than the value of one field: sizes, scores, several fields at once. Where one field
/// decides, `choose.case` also checks that no value is forgotten.
///
/// Reads what the conditions and steps read, writes what the steps write. A record for which nothing holds takes `else`,
/// or goes on as it is. The branch is told in the record's story; a record fails when a condition cannot be computed.
///
/// # Example
/// ```yaml example
/// step:
///   choose.when:
///     branches:
///       - that: regions | length > 20
///         name: crowded
///         steps: [ text.template: { template: Name a few objects., into: question } ]
///     else: [ text.template: { template: Name every object., into: question } ]
/// in: { regions: [cat, dog] }
/// out: { question: Name every object. }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChooseWhen {
    /// The branches in the order in which they are tried.
    branches: Vec<Conditional>,
    /// The steps where no condition holds. Default: none, the record goes on as it is.
    #[serde(rename = "else")]
    otherwise: Option<Steps>,
}

/// A branch with its condition.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Conditional {
    /// The condition: an expression over the record's fields.
    that: String,
    /// The branch's name in the record's story. Default: the condition.
    name: Option<String>,
    /// The steps.
    steps: Steps,
}

impl OperatorConfig for ChooseWhen {
    const NAME: &'static str = "choose.when";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        if self.branches.is_empty() {
            scope.problem("branches", "expected at least one branch, found none");
        }
        let (mut branches, mut behind, mut reachable) = (Vec::new(), Vec::new(), true);
        for (i, Conditional { that, name, steps }) in self.branches.iter().enumerate() {
            let at = format!("branches[{i}]");
            let same = |earlier: &&Conditional| earlier.that.trim() == that.trim() || earlier.that.trim() == "true";
            if let Some(earlier) = self.branches[..i].iter().find(same) {
                let message = format!("unreachable branch: `{}` has held before it is tried", earlier.that);
                scope.problem(&format!("{at}.that"), message);
                reachable = false;
            }
            let condition = scope.expression(&format!("{at}.that"), that);
            let branch = Branch::bind(scope, &format!("{at}.steps"), name.as_ref().unwrap_or(that), steps);
            if let (Some(condition), Some((branch, schema))) = (condition, branch) {
                branches.push((condition, branch));
                behind.push(schema);
            }
        }
        let otherwise = self.otherwise.unwrap_or_default();
        let (otherwise, schema) = Branch::bind(scope, "else", "else", &otherwise)?;
        behind.push(schema);
        if branches.len() < self.branches.len() || branches.is_empty() || !reachable {
            return None;
        }
        scope.join_branches("branches", &behind);
        Bound::process(When { branches, otherwise })
    }
}

struct When {
    branches: Vec<(Expression, Branch)>,
    otherwise: Branch,
}

impl Process for When {
    fn run<'a>(&'a self, record: &'a mut Record, ctx: &'a Context<'a>) -> BoxFuture<'a, Result<Verdict, StepError>> {
        async move { self.branch(&Vars::of(record, ctx))?.take(record, ctx).await }.boxed()
    }

    fn waits(&self) -> bool {
        self.branches.iter().map(|(_, branch)| branch).chain([&self.otherwise]).any(Branch::waits)
    }
}

impl When {
    fn branch(&self, vars: &Vars) -> Result<&Branch, StepError> {
        for (condition, branch) in &self.branches {
            if condition.holds(vars).map_err(StepError::failed)? {
                return Ok(branch);
            }
        }
        Ok(&self.otherwise)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, problems};

    #[test]
    fn the_first_condition_that_holds_decides() {
        check(
            r#"
            step:
              choose.when:
                branches:
                  - { that: n > 1, steps: [ text.template: { template: many, into: t } ] }
                  - { that: n > 0, steps: [ text.template: { template: one, into: t } ] }
            in: { n: 5 }
            out: { t: many }
            "#,
        );
        check("{ step: { choose.when: { branches: [ { that: n > 9, steps: [] } ] } }, in: { n: 5 }, out: { n: 5 } }");
    }

    #[test]
    fn a_branch_that_is_never_reached_is_a_problem() {
        let told = problems(
            "{ step: { choose.when: { branches: [ { that: n > 1, steps: [] }, { that: n > 1, steps: [] } ] } }, in: { n: 5 } }",
        );
        assert!(told.contains("branches[1].that") && told.contains("unreachable"), "{told}");
        assert!(problems("{ step: { choose.when: { branches: [] } }, in: { n: 5 } }").contains("at least one branch"));
    }
}
