//! What the tests of operators share: examples in YAML, a recipe's surroundings in miniature, and the tests that every
//! operator has to pass. Only tests depend on this crate.

#![allow(clippy::unwrap_used, reason = "what is wrong with a test ends it with a panic")]

mod binding;
mod example;
mod pictures;

pub mod compliance;

pub use example::{Example, kept_of};

use tamis_core::operator::OperatorSpec;

/// The operators that an example may use.
pub type Registry = &'static [OperatorSpec];

/// Runs an example written like those in the manual and checks what comes out.
#[track_caller]
pub fn check(yaml: &str, registry: Registry) {
    if let Err(error) = Example::parse(yaml, registry).and_then(|example| example.check()) {
        panic!("{error}\n{yaml}");
    }
}

/// The problems of an example that does not bind, one a line.
#[track_caller]
pub fn problems(yaml: &str, registry: Registry) -> String {
    let example = Example::parse(yaml, registry).unwrap_or_else(|error| panic!("{error}\n{yaml}"));
    match example.bind() {
        Ok(_) => panic!("it binds without a problem\n{yaml}"),
        Err(problems) => problems.join("\n"),
    }
}

/// The tests that every operator of a registry has to pass, on its own examples. Each example runs for so many rows in
/// turn, backwards, and on eight threads.
#[macro_export]
macro_rules! compliance {
    ($registry:expr, $rows:expr) => {
        #[test]
        fn every_operator_has_an_example_and_every_example_holds() {
            $crate::compliance::examples_hold($registry);
        }

        #[test]
        fn the_registry_is_sorted_and_every_name_is_there_once() {
            $crate::compliance::sorted($registry);
        }

        #[test]
        fn the_result_is_the_same_twice_and_on_eight_threads() {
            $crate::compliance::the_same_in_any_order($registry, $rows);
        }

        #[test]
        fn a_barrier_decides_the_same_however_the_input_is_cut_into_parts() {
            $crate::compliance::the_same_in_any_parts($registry);
        }

        #[test]
        fn nothing_vanishes() {
            $crate::compliance::nothing_vanishes($registry);
        }

        #[test]
        fn every_manual_page_has_its_sections_and_every_option_its_description() {
            $crate::compliance::documented($registry);
        }

        #[test]
        fn a_misspelt_option_is_refused_with_a_suggestion() {
            $crate::compliance::misspelt_options_are_refused($registry);
        }

        #[test]
        fn a_field_that_is_not_there_is_refused_by_name_with_a_suggestion() {
            $crate::compliance::missing_fields_are_refused($registry);
        }

        #[test]
        fn a_field_of_another_type_is_refused_by_name() {
            $crate::compliance::other_types_are_refused($registry);
        }
    };
}
