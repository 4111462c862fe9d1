//! Every example in the manual does what it says.

use super::Example;
use crate::REGISTRY;

#[test]
fn every_operator_has_an_example_and_every_example_holds() {
    let mut wrong = Vec::new();
    for spec in REGISTRY {
        let examples = Example::all_in(&spec.manual());
        if examples.is_empty() {
            wrong.push(format!("{}: no example", spec.name));
        }
        for example in examples {
            if let Err(error) = example.and_then(|example| example.check()) {
                wrong.push(format!("{}: {error}", spec.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_registry_is_sorted_and_every_name_is_there_once() {
    let names: Vec<_> = REGISTRY.iter().map(|spec| spec.name).collect();
    assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "{names:?}");
}
