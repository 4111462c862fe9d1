//! Examples over the operators of this crate, and the tests that every operator has to pass.

mod methods;
mod speed;

pub(crate) use tamis_testing::{Example, kept_of};

use crate::REGISTRY;

/// Reads an example.
pub(crate) fn example(yaml: &str) -> Result<Example, String> {
    Example::parse(yaml, REGISTRY)
}

/// Runs an example written like those in the manual and checks what comes out.
#[track_caller]
pub(crate) fn check(yaml: &str) {
    tamis_testing::check(yaml, REGISTRY);
}

/// The problems of an example that does not bind, one a line.
#[track_caller]
pub(crate) fn problems(yaml: &str) -> String {
    tamis_testing::problems(yaml, REGISTRY)
}

tamis_testing::compliance!(REGISTRY, 24);
