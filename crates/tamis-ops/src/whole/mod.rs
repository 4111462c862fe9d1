//! What barriers that decide over the whole data set share: what they read of a record, sorting that does not have to
//! fit into memory, and decisions brought back into the order of the input.

pub(crate) mod answers;
pub(crate) mod assignment;
pub(crate) mod group;
#[cfg(test)]
mod measure;
pub(crate) mod number;
pub(crate) mod numbers;
pub(crate) mod rank;
pub(crate) mod sort;
#[cfg(test)]
pub(crate) mod trial;

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::Name;
use tamis_core::operator::{Reject, Verdict};
use tamis_core::{StepError, Value};

/// What becomes of a record whose score is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Missing {
    /// it fails
    #[default]
    Fail,
    /// it is rejected
    Reject,
    /// it goes on and takes no part in the decision
    Keep,
}

impl Missing {
    /// What becomes of a record without a score, which takes no part in the decision.
    pub(crate) fn verdict(self, score: &str) -> Verdict {
        match self {
            Missing::Keep => Verdict::Pass,
            Missing::Fail | Missing::Reject => {
                Reject::because("the score is missing", [(Name::from(score), Value::Null)])
            }
        }
    }

    /// The error of a record without a score, where that is one.
    pub(crate) fn check(self, score: &str) -> Result<(), StepError> {
        match self {
            Missing::Fail => Err(StepError::failed(format!(
                "expected a number in `{score}`, found nothing; say `missing: reject` or `missing: keep` if it may be missing"
            ))),
            Missing::Reject | Missing::Keep => Ok(()),
        }
    }
}

/// Whether exactly one of several options is given; told otherwise.
pub(crate) fn one_of(scope: &mut tamis_core::bind::Scope<'_>, options: &[(&str, bool)]) -> bool {
    let given: Vec<&str> = options.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
    if given.len() == 1 {
        return true;
    }
    let all: Vec<String> = options.iter().map(|(name, _)| format!("`{name}`")).collect();
    let found = if given.is_empty() { "none".to_string() } else { given.join(" and ") };
    scope.problem(
        given.last().copied().unwrap_or_default(),
        format!("expected one of {}, found {found}", all.join(", ")),
    );
    false
}

/// Whether a share lies in 0 to 1; told otherwise.
pub(crate) fn is_share(scope: &mut tamis_core::bind::Scope<'_>, at: &str, share: Option<f64>) -> bool {
    let good = share.is_none_or(|share| (0.0..=1.0).contains(&share));
    if !good {
        scope.problem(at, format!("expected a share from 0 to 1, found {}", share.unwrap_or_default()));
    }
    good
}

/// `share` of `of` records, rounded down; the error of decimal fractions does not count.
pub(crate) fn share_of(share: f64, of: u64) -> u64 {
    (share * of as f64 + 1e-9).floor() as u64
}
