//! What the tests of operators share: examples in YAML, a recipe's surroundings in miniature, and the tests that every
//! operator has to pass.

mod binding;
mod compliance;
mod example;
mod examples;
mod methods;
mod pictures;
mod speed;

pub(crate) use example::{Example, kept_of};

/// Runs an example written like those in the manual and checks what comes out.
#[track_caller]
pub(crate) fn check(yaml: &str) {
    if let Err(error) = Example::parse(yaml).and_then(|example| example.check()) {
        panic!("{error}\n{yaml}");
    }
}

/// The problems of an example that does not bind, one a line.
#[track_caller]
pub(crate) fn problems(yaml: &str) -> String {
    let example = Example::parse(yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"));
    match example.bind() {
        Ok(_) => panic!("it binds without a problem\n{yaml}"),
        Err(problems) => problems.join("\n"),
    }
}
